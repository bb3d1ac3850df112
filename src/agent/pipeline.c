/*
 * pipeline.c -- see pipeline.h. Nothing here knows SQL, PromQL or the loop.
 */
#include "pipeline_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#define HEADER_MAX    65536
#define WAITING_BYTES ((size_t)6 << 20)
#define SHARE_BYTES   ((size_t)4 << 20) /* of one log, then it is the next one's turn */
#define DOCUMENTS_MS  (2 * MS_SECOND)

/* Models that earlier runs have counted are no news. */
static void
know_models(struct log *l, struct store *store)
{
	struct storage storage = store_storage(store);
	struct arena *mem = arena_open();
	struct series_list found = {0};
	struct matcher m[2] = {{0}};
	const struct select q = {.matchers = m, .n_matchers = 2, .maxt = INT64_MAX / 2, .flags = SELECT_LABELS_ONLY};

	if (matcher_init(&m[0], MATCH_EQ, METRIC_NAME, "ml_predictions_total", NULL) == 0 &&
	    matcher_init(&m[1], MATCH_EQ, "job", l->config->job, NULL) == 0 &&
	    storage.select(storage.self, &q, mem, &found, NULL) == 0)
		for (size_t i = 0; i < found.n; i++)
			windows_version_known(l->windows, labels_get(found.at[i].labels, "model"),
					      labels_get(found.at[i].labels, "version"), 0);
	matcher_release(&m[0]);
	matcher_release(&m[1]);
	arena_close(mem);
}

static int
log_open_one(struct log *l, const struct config_log *c, const struct references *refs, struct store *store,
	     struct err *e)
{
	struct tail_offset *saved = NULL;
	size_t n = 0;
	int rc;

	l->config = c;
	l->facts = xcalloc(1, sizeof *l->facts);
	if (store_get_offsets(store, c->job, &saved, &n, e) < 0)
		return -1;
	l->decoder = decoder_open(&c->decode, e);
	rc = l->decoder != NULL ? 0 : -1;
	if (rc == 0) {
		l->tail = tail_open(&c->tail, saved, n, e);
		rc = l->tail != NULL ? 0 : -1;
	}
	store_offsets_free(saved, n);
	if (rc == 0) {
		l->windows = windows_open(&c->window, refs);
		know_models(l, store);
	}
	return rc;
}

int
pipeline_open(struct pipeline **out, const struct config *c, const struct references *refs, struct store *store,
	      struct err *e)
{
	struct pipeline *p = xcalloc(1, sizeof *p);

	pthread_mutex_init(&p->totals_lock, NULL);
	p->logs = xcalloc(c->n_logs > 0 ? c->n_logs : 1, sizeof *p->logs);
	for (size_t i = 0; i < c->n_logs; i++) {
		p->logs[i].owner = p;
		snprintf(p->logs[i].entry, sizeof p->logs[i].entry, "prediction_logs[%zu]", i);
		p->n++;
		if (log_open_one(&p->logs[i], &c->logs[i], refs, store, e) < 0) {
			pipeline_close(p);
			return -1;
		}
	}
	facts_recall(p, store);
	*out = p;
	return 0;
}

void
pipeline_close(struct pipeline *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		if (p->logs[i].tail != NULL)
			tail_close(p->logs[i].tail);
		if (p->logs[i].decoder != NULL)
			decoder_close(p->logs[i].decoder);
		if (p->logs[i].windows != NULL)
			windows_close(p->logs[i].windows);
		facts_close(p->logs[i].facts);
	}
	pthread_mutex_destroy(&p->totals_lock);
	free(p->logs);
	free(p);
}

void
pipeline_of_past(struct pipeline *p, int64_t from_ms)
{
	p->past = true;
	p->now_ms = from_ms;
}

struct pipeline_tails {
	size_t n;
	struct {
		char *job;
		struct tail *tail;
		struct log_facts *facts;
	} at[];
};

struct pipeline_tails *
pipeline_give_tails(struct pipeline *p)
{
	struct pipeline_tails *tails = xcalloc(1, sizeof *tails + (p != NULL ? p->n : 0) * sizeof tails->at[0]);

	tails->n = p != NULL ? p->n : 0;
	for (size_t i = 0; i < tails->n; i++) {
		tails->at[i].job = xstrdup(p->logs[i].config->job);
		tails->at[i].tail = p->logs[i].tail;
		tails->at[i].facts = p->logs[i].facts;
		p->logs[i].tail = NULL;
		p->logs[i].facts = NULL;
	}
	return tails;
}

void
pipeline_take_tails(struct pipeline *p, struct pipeline_tails *tails)
{
	for (size_t i = 0; i < tails->n; i++) {
		for (size_t j = 0; p != NULL && j < p->n; j++)
			if (strcmp(p->logs[j].config->job, tails->at[i].job) == 0) {
				struct log_facts *older = p->logs[j].facts; /* as the store has them */

				tail_inherit(p->logs[j].tail, tails->at[i].tail);
				p->logs[j].facts = tails->at[i].facts;
				tails->at[i].facts = older;
			}
		tail_close(tails->at[i].tail);
		facts_close(tails->at[i].facts);
		free(tails->at[i].job);
	}
	free(tails);
}

static void
on_record(void *arg, const struct record *r)
{
	struct log *l = arg;

	if (r->time_ms > l->file->newest_ms)
		l->file->newest_ms = r->time_ms;
	if (l->owner->past && r->time_ms > l->owner->now_ms)
		l->owner->now_ms = r->time_ms;
	windows_add(l->windows, r);
}

static void
on_bad(void *arg, const struct bad_line *b)
{
	facts_bad_line(arg, b);
}

static void
on_lines(void *arg, const struct tail_offset *file, const char *p, size_t n)
{
	struct log *l = arg;
	const struct decode_sink sink = {l, on_record, on_bad};
	const int64_t bad = l->bad_lines;
	int64_t lines;

	facts_chunk(l, file, file->offset - (int64_t)n);
	lines = (int64_t)decoder_feed(l->decoder, p, n, &sink);
	facts_lines(l, lines);
	l->bytes += (int64_t)n;
	tail_count(l->tail, lines, l->bad_lines - bad);
}

static void
on_new_file(void *arg, const struct tail_offset *file)
{
	struct log *l = arg;

	(void)file;
	decoder_new_file(l->decoder);
}

static void
ignore_record(void *arg, const struct record *r)
{
	(void)arg;
	(void)r;
}

/* In the middle of a CSV file the decoder must know its columns: the header is read again, and not counted. */
static void
on_resume(void *arg, const struct tail_offset *file)
{
	const struct decode_sink sink = {NULL, ignore_record, NULL};
	struct log *l = arg;
	char head[HEADER_MAX];
	size_t n;

	(void)file;
	if (l->config->decode.format != FORMAT_CSV)
		return;
	decoder_new_file(l->decoder);
	n = tail_head(l->tail, head, sizeof head);
	if (n > 0)
		decoder_feed(l->decoder, head, n, &sink);
}

static void
on_too_long(void *arg, const struct tail_offset *file, const char *start, size_t n)
{
	struct log *l = arg;
	const struct decode_sink sink = {l, ignore_record, on_bad};

	facts_chunk(l, file, file->offset);
	facts_lines(l, 1);
	decoder_too_long(l->decoder, start, n, &sink);
	tail_count(l->tail, 1, 1);
}

static void
on_tail_event(void *arg, const char *kind, const char *path, const char *text)
{
	struct log *l = arg;
	const struct store_event ev = {.t = l->owner->now_ms,
				       .kind = "log",
				       .severity = strcmp(kind, "lost") == 0 ? "warning" : "info",
				       .subject = l->config->job,
				       .text = text,
				       .ref = path};

	batch_event(l->owner->into, &ev);
}

static void
on_increment(void *arg, const struct increment *i)
{
	batch_increment(arg, i);
}

static void
drain_events(struct log *l, struct batch *b)
{
	const struct window_event *ev;
	size_t n = windows_events(l->windows, l->owner->now_ms, &ev);

	for (size_t i = 0; i < n; i++) {
		const struct store_event out = {.t = ev[i].t,
						.kind = ev[i].kind,
						.severity = ev[i].severity,
						.subject = ev[i].model[0] != '\0' ? ev[i].model : l->config->job,
						.model = ev[i].model,
						.text = ev[i].text,
						.ref = ev[i].feature};
		batch_event(b, &out);
	}
}

/* One log: reads a share, drains, and notes the offsets that the drained increments came from. */
static int64_t
read_log(struct log *l, int64_t now_ms, size_t max_bytes)
{
	const struct tail_sink sink = {.arg = l,
				       .lines = on_lines,
				       .new_file = on_new_file,
				       .resume = on_resume,
				       .too_long = on_too_long,
				       .event = on_tail_event};
	struct err e = ERR_INIT;
	int64_t got = tail_poll(l->tail, now_ms, max_bytes, &sink, &e);

	l->last_error[0] = '\0';
	if (got < 0)
		memcpy(l->last_error, e.text, sizeof l->last_error - 1);
	return got;
}

/* Of a log with few lines per window many windows are read at once: what they become must not fill the memory. */
static bool
enough_waits(const struct pipeline *p)
{
	size_t bytes = 0;

	for (size_t i = 0; i < p->n; i++)
		bytes += windows_waiting_bytes(p->logs[i].windows);
	return bytes > WAITING_BYTES;
}

/* A file that is not read to its end holds back what is known to be whole. */
static void
add_file(struct pipeline_totals *t, const struct log *l, const struct tail_status *s)
{
	const struct tail_offset id = {.device = s->device, .inode = s->inode};
	int64_t newest;

	t->lag_bytes += s->lag_bytes;
	if (s->lag_bytes == 0 || s->inode == 0)
		return;
	newest = log_file_of(&l->facts->files, &id)->newest_ms;
	if (newest < t->whole_ms)
		t->whole_ms = newest;
}

static void
sum_up(struct pipeline *p)
{
	struct pipeline_totals t = {.whole_ms = INT64_MAX};

	for (size_t i = 0; i < p->n; i++) {
		const struct log *l = &p->logs[i];
		struct window_counts w = windows_counts(l->windows);
		struct tail_status *files;
		size_t n = tail_status(l->tail, &files);

		for (size_t k = 0; k < n; k++)
			add_file(&t, l, &files[k]);
		free(files);
		t.models += w.models;
		t.lines += l->lines;
		t.bytes += l->bytes;
		t.records += (int64_t)w.records;
		t.bad_lines += l->bad_lines;
		if (w.newest_ms > t.newest_ms)
			t.newest_ms = w.newest_ms;
	}
	if (t.whole_ms > t.newest_ms)
		t.whole_ms = t.newest_ms;
	pthread_mutex_lock(&p->totals_lock);
	p->totals = t;
	pthread_mutex_unlock(&p->totals_lock);
}

bool
pipeline_read(struct pipeline *p, int64_t now_ms, size_t max_bytes, int64_t max_ms, struct batch *b)
{
	const int64_t until = clock_monotonic() + max_ms;
	size_t total = 0;
	bool more = true;

	if (!p->past)
		p->now_ms = now_ms;
	p->into = b;
	for (size_t i = 0; i < p->n; i++)
		decoder_clock(p->logs[i].decoder, now_ms);
	while (more && total < max_bytes && clock_monotonic() < until && !enough_waits(p)) {
		more = false;
		for (size_t i = 0; i < p->n; i++) {
			int64_t got = read_log(&p->logs[i], now_ms, max_bytes < SHARE_BYTES ? max_bytes : SHARE_BYTES);
			if (got > 0) {
				more = true;
				total += (size_t)got;
			}
		}
	}
	for (size_t i = 0; i < p->n; i++) {
		struct log *l = &p->logs[i];
		const struct tail_offset *at;
		size_t n;

		windows_drain(l->windows, on_increment, b);
		drain_events(l, b);
		facts_events(l, b, false);
		n = tail_offsets(l->tail, &at);
		batch_offsets(b, l->config->job, at, n);
	}
	if (p->now_ms - p->told_ms >= DOCUMENTS_MS || p->now_ms < p->told_ms || (p->more && !more))
		facts_documents(p, b);
	sum_up(p);
	p->more = more;
	p->into = NULL;
	return more;
}

void
pipeline_end(struct pipeline *p, int64_t now_ms, struct batch *b)
{
	if (!p->past)
		p->now_ms = now_ms;
	for (size_t i = 0; i < p->n; i++)
		facts_events(&p->logs[i], b, true);
	facts_documents(p, b);
}

void
pipeline_committed(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		tail_commit(p->logs[i].tail); /* files that were read to their end are closed */
}

void
pipeline_notice(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		tail_notice(p->logs[i].tail);
}

size_t
pipeline_directories(struct pipeline *p, char ***dirs)
{
	char **all = NULL;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		char **some;
		size_t k = tail_directories(p->logs[i].tail, &some);

		all = xreallocarray(all, n + k + 1, sizeof *all);
		for (size_t j = 0; j < k; j++)
			all[n++] = xstrdup(some[j]);
		path_list_free(some, k);
	}
	*dirs = all;
	return n;
}

size_t
log_status(const struct log *l, struct tail_status **out)
{
	const size_t n = tail_status(l->tail, out);

	for (size_t i = 0; l->owner->past && i < n; i++) {
		struct tail_status *s = &(*out)[i];
		const struct tail_offset id = {.device = s->device, .inode = s->inode};

		s->size = s->offset;
		s->lag_bytes = 0;
		if (s->last_read_ms > 0)
			s->last_read_ms = l->owner->now_ms;
		s->written_ms = s->inode != 0 ? log_file_of(&l->facts->files, &id)->newest_ms : 0;
	}
	return n;
}

struct pipeline_totals
pipeline_totals(struct pipeline *p)
{
	struct pipeline_totals t;

	pthread_mutex_lock(&p->totals_lock);
	t = p->totals;
	pthread_mutex_unlock(&p->totals_lock);
	return t;
}
