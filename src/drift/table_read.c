/*
 * table_read.c -- a data set, read once, in chunks of whole records that workers take in turn.
 *
 * Worker w takes chunks w, w + n, w + 2n, ...: it waits for its turn, reads its chunk and what was left over from the one before, cuts
 * after the last whole record, passes the rest and the turn on, and parses outside the lock. Which rows a sink
 * gets therefore depends on the data alone, and so do sums of doubles.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "table_private.h"

#define CHUNK       (1u << 20)
#define RECORD_MAX  ((size_t)64 << 20)
#define WORKERS_MAX 16

struct chunk {
	int64_t lines;
};

struct reader {
	pthread_mutex_t lock;
	pthread_cond_t turned;
	const struct table_spec *spec;
	struct source *source;
	bool json, ended, failed;
	struct err err;
	size_t workers, turn, next_chunk;
	struct buf rest; /* what is behind the last whole record */
	struct chunk *chunks;
	size_t n_chunks, cap_chunks;
	int64_t rows;
};

struct job {
	struct reader *r;
	struct worker w;
	size_t me;
	struct buf text;
	size_t bad_chunk;
	int64_t bad_line;
	bool bad;
};

void
worker_cell(struct worker *w, size_t column, const char *p, size_t n, enum cell_kind kind)
{
	xgrow(w->cells, w->n_cells, w->cap_cells);
	w->cells[w->n_cells++] = (struct cell){column, p, n, kind};
}

static bool
differs(const struct worker *w, size_t column, const char *wanted)
{
	const struct cell *c;

	if (column == SIZE_MAX || wanted == NULL)
		return false;
	c = &w->cells[column];
	return c->n > 0 && (strlen(wanted) != c->n || memcmp(wanted, c->p, c->n) != 0);
}

void
worker_row(struct worker *w)
{
	if (differs(w, w->model, w->spec->model) || differs(w, w->version, w->spec->version)) {
		w->skipped_rows++;
	} else {
		w->sink->row(w->sink->arg, w->cells, w->n_cells);
		w->rows++;
	}
	w->n_cells = 0;
	if (w->scratch_used) {
		arena_reset(w->scratch);
		w->scratch_used = false;
	}
}

void
worker_bad(struct worker *w)
{
	if (w->bad_rows++ == 0)
		w->first_bad_line = w->lines;
	w->n_cells = 0;
}

/* Reads until there is a whole record or nothing more: job's text gets it, r->rest what is behind it. Under the lock. */
static int
read_chunk(struct reader *r, struct job *j)
{
	size_t (*last)(const char *, size_t) = r->json ? json_last_record : csv_last_record;

	buf_reset(&j->text);
	buf_add(&j->text, buf_str(&r->rest), r->rest.len);
	buf_reset(&r->rest);
	for (;;) {
		size_t whole;

		while (!r->ended && j->text.len < CHUNK) {
			long n;

			buf_reserve(&j->text, CHUNK + 1);
			n = source_read(r->source, j->text.p + j->text.len, CHUNK, &r->err);
			if (n < 0)
				return -1;
			r->ended = n == 0;
			j->text.len += (size_t)n;
		}
		if (r->ended)
			return 0;
		whole = last(j->text.p, j->text.len);
		if (whole > 0) {
			buf_add(&r->rest, j->text.p + whole, j->text.len - whole);
			j->text.len = whole;
			return 0;
		}
		if (j->text.len > RECORD_MAX)
			return err_set(&r->err, ERR_FILE,
				       "'%s' has a record of more than 64 MiB: is a quote not closed?", r->spec->path);
		buf_reserve(&j->text, CHUNK + 1);
		{
			long n = source_read(r->source, j->text.p + j->text.len, CHUNK, &r->err);

			if (n < 0)
				return -1;
			r->ended = n == 0;
			j->text.len += (size_t)n;
		}
	}
}

static bool
stopped(const struct reader *r)
{
	return r->failed || (r->ended && r->rest.len == 0) || (r->spec->cancel != NULL && *r->spec->cancel);
}

/* The next chunk for this worker; false at the end. */
static bool
take_chunk(struct reader *r, struct job *j, size_t *number)
{
	bool got = false;

	pthread_mutex_lock(&r->lock);
	while (r->turn != j->me && !stopped(r))
		pthread_cond_wait(&r->turned, &r->lock);
	if (!stopped(r)) {
		r->failed = read_chunk(r, j) < 0;
		got = !r->failed && j->text.len > 0;
		*number = r->next_chunk++;
		xgrow(r->chunks, r->n_chunks, r->cap_chunks);
		r->chunks[r->n_chunks++] = (struct chunk){0};
		r->turn = (r->turn + 1) % r->workers;
	}
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->lock);
	return got;
}

static void
parse_chunk(struct reader *r, struct job *j, size_t number)
{
	int64_t rows = j->w.rows, bad = j->w.bad_rows;

	j->w.lines = 0;
	(r->json ? json_feed : csv_feed)(&j->w, j->text.p, j->text.len);
	if (bad == 0 && j->w.bad_rows > 0) {
		j->bad = true;
		j->bad_chunk = number;
		j->bad_line = j->w.first_bad_line;
	}
	pthread_mutex_lock(&r->lock);
	r->chunks[number].lines = j->w.lines;
	r->rows += j->w.rows - rows;
	if (r->spec->progress != NULL)
		r->spec->progress(r->spec->progress_arg, source_taken(r->source), r->rows);
	pthread_mutex_unlock(&r->lock);
}

static void *
work(void *arg)
{
	struct job *j = arg;
	size_t number;

	while (take_chunk(j->r, j, &number))
		parse_chunk(j->r, j, number);
	return NULL;
}

/* The first chunk's beginning: what format, and for CSV the header. */
static int
begin(struct reader *r, char ***header, size_t *n_header, char *separator)
{
	struct job j = {0};
	size_t used = 0, at = 0;

	if (read_chunk(r, &j) < 0) {
		buf_release(&j.text);
		return -1;
	}
	if (j.text.len >= 3 && memcmp(j.text.p, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	used = at;
	while (used < j.text.len && strchr(" \t\r\n", j.text.p[used]) != NULL && j.text.p[used] != '\0')
		used++;
	r->json = r->spec->format == TABLE_JSON ||
		  (r->spec->format == TABLE_GUESS && used < j.text.len && j.text.p[used] == '{');
	used = 0;
	if (!r->json && j.text.len > at)
		*header = csv_header(j.text.p + at, j.text.len - at, separator, r->spec->no_header, n_header, &used);
	at += used;
	buf_add(&j.text, buf_str(&r->rest), r->rest.len);
	buf_reset(&r->rest);
	buf_add(&r->rest, buf_str(&j.text) + at, j.text.len - at);
	buf_release(&j.text);
	return 0;
}

static size_t
find_column(char **names, size_t n, const char *wanted, const char *name)
{
	for (size_t i = 0; wanted != NULL && i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static void
worker_open(struct job *j, struct reader *r, const struct table_sink *sink, char **header, size_t n_header,
	    char separator)
{
	struct worker *w = &j->w;

	j->r = r;
	w->spec = r->spec;
	w->sink = sink;
	w->separator = separator;
	w->header = (const char *const *)header;
	w->n_header = n_header;
	w->model = find_column(header, n_header, r->spec->model, "model");
	w->version = find_column(header, n_header, r->spec->version, "version");
	w->scratch = arena_open();
	for (size_t i = 0; i < n_header; i++)
		sink->column(sink->arg, header[i]);
}

static void
worker_close(struct job *j)
{
	free(j->w.cells);
	arena_close(j->w.scratch);
	json_columns_close(j->w.columns);
	buf_release(&j->text);
}

static void
collect(const struct reader *r, const struct job *jobs, struct table_stats *stats, bool header)
{
	stats->bytes = source_taken(r->source);
	for (size_t i = 0; i < r->workers; i++) {
		const struct job *j = &jobs[i];
		int64_t line = j->bad_line + header;

		stats->rows += j->w.rows;
		stats->bad_rows += j->w.bad_rows;
		stats->skipped_rows += j->w.skipped_rows;
		for (size_t k = 0; j->bad && k < j->bad_chunk; k++)
			line += r->chunks[k].lines;
		if (j->bad && (stats->first_bad_line == 0 || line < stats->first_bad_line))
			stats->first_bad_line = line;
	}
	stats->cancelled = r->spec->cancel != NULL && *r->spec->cancel;
}

/* The first job runs here, the others in threads of their own; fewer of them where threads are not to be had. */
static void
run_jobs(struct reader *r, struct job *jobs, size_t n)
{
	pthread_t threads[WORKERS_MAX];
	size_t started = 1;

	pthread_mutex_lock(&r->lock); /* nobody takes a chunk before it is known among how many */
	while (started < n && pthread_create(&threads[started], NULL, work, &jobs[started]) == 0)
		started++;
	r->workers = started;
	pthread_mutex_unlock(&r->lock);
	work(&jobs[0]);
	for (size_t i = 1; i < started; i++)
		pthread_join(threads[i], NULL);
}

int
table_read(const struct table_spec *spec, const struct table_sink *sinks, size_t n, struct table_stats *stats,
	   struct err *e)
{
	struct reader r = {.spec = spec, .workers = n, .err = ERR_INIT};
	struct job *jobs = xcalloc(n, sizeof *jobs);
	char **header = NULL, separator = spec->separator;
	size_t n_header = 0;
	int rc;

	assert(n >= 1 && n <= WORKERS_MAX);
	*stats = (struct table_stats){0};
	rc = source_open(&r.source, spec->path, e);
	if (rc < 0)
		goto out;
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.turned, NULL);
	rc = begin(&r, &header, &n_header, &separator);
	for (size_t i = 0; i < n; i++) {
		jobs[i].me = i;
		worker_open(&jobs[i], &r, &sinks[i], header, n_header, separator);
	}
	if (rc == 0)
		run_jobs(&r, jobs, n);
	if (rc < 0 || r.failed)
		rc = err_set(e, r.err.kind, "%s", r.err.text);
	collect(&r, jobs, stats, !r.json && !spec->no_header);
	for (size_t i = 0; i < n; i++)
		worker_close(&jobs[i]);
	for (size_t i = 0; i < n_header; i++)
		free(header[i]);
	free(header);
	pthread_cond_destroy(&r.turned);
	pthread_mutex_destroy(&r.lock);
	buf_release(&r.rest);
	free(r.chunks);
	source_close(r.source);
out:
	free(jobs);
	return rc;
}
