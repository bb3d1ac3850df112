/*
 * sample_select.c -- sample series for PromQL: chunks, then what is not yet in chunks.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_samples.h"
#include "store_select.h"
#include "store_windows.h"

enum { SQL_ONE, SQL_HOUR, SQL_OLDEST };

static const char *const sql[] = {
    [SQL_ONE] = "SELECT k, samples FROM sample_chunk WHERE k=?1",
    [SQL_HOUR] = "SELECT k, samples FROM sample_chunk WHERE k BETWEEN ?1 AND ?2",
    [SQL_OLDEST] = "SELECT min(k) FROM sample_chunk",
};
static const struct store_migration schema[] = {{1, ""}};
const struct store_part store_sample_select_part = STORE_PART("sample select", schema, sql);

struct gathered {
	const struct stored_series *series;
	struct sample_list list;
};

struct gatherer {
	struct store *s;
	const struct select *q;
	struct err *e;
	struct gathered *at;
	size_t n;
	size_t samples;
	bool histograms; /* there are any at all */
	bool labels_only;
	size_t seen; /* series of which there is a sample */
};

/* Drops from at[first] on what is not in (mint, maxt]; they ascend. */
static void
keep_between(struct sample_list *l, size_t first, int64_t mint, int64_t maxt)
{
	size_t lo = first;

	while (l->n > first && l->at[l->n - 1].t > maxt)
		l->n--;
	while (lo < l->n && l->at[lo].t <= mint)
		lo++;
	if (lo > first)
		memmove(&l->at[first], &l->at[lo], (l->n - lo) * sizeof(*l->at));
	l->n -= lo - first;
}

static int
take_chunk(struct gatherer *g, struct gathered *d, const void *p, size_t n)
{
	struct sample_list *l = &d->list;
	size_t was = l->n;

	if (g->labels_only && was > 0)
		return 0;
	if (p == NULL || chunk_decode(p, n, l) < 0)
		return err_set(g->e, ERR_FILE, "'%s' is damaged: a chunk of samples", g->s->path);
	keep_between(l, was, g->q->mint, g->q->maxt);
	if (g->labels_only && l->n > 0) { /* that there is one is enough */
		l->at = xreallocarray(l->at, 1, sizeof *l->at);
		l->n = l->cap = 1;
	}
	g->samples += l->n - was;
	g->seen += was == 0 && l->n > 0;
	return g->q->max_samples > 0 && g->samples > g->q->max_samples ? too_many_samples(g->e) : 0;
}

static int
chunks_one_by_one(struct gatherer *g, int64_t hour)
{
	for (size_t i = 0; i < g->n; i++) {
		sqlite3_stmt *st =
		    store_query(g->s, PART_SAMPLE_SELECT, SQL_ONE, g->e, "i", chunk_key(hour, g->at[i].series->id));
		int rc = st == NULL ? -1 : store_step(g->s, st, g->e);
		if (rc == 1) {
			rc = take_chunk(g, &g->at[i], sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1));
			store_end(st);
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int
chunks_of_hour(struct gatherer *g, int64_t hour)
{
	int64_t first = g->at[0].series->id, last = g->at[g->n - 1].series->id;
	int rc = -1;
	size_t i = 0;

	if (last - first + 1 > 16 * (int64_t)g->n)
		return chunks_one_by_one(g, hour);
	sqlite3_stmt *st =
	    store_query(g->s, PART_SAMPLE_SELECT, SQL_HOUR, g->e, "ii", chunk_key(hour, first), chunk_key(hour, last));
	while (st != NULL && (rc = store_step(g->s, st, g->e)) == 1) {
		int64_t id = key_series(sqlite3_column_int64(st, 0));
		while (g->at[i].series->id < id)
			i++;
		if (g->at[i].series->id != id)
			continue;
		if (take_chunk(g, &g->at[i], sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)) < 0) {
			store_end(st);
			return -1;
		}
	}
	return rc;
}

static int
gather_chunks(struct gatherer *g)
{
	int64_t key, newest = samples_newest_chunked(g->s), from = sane_time(g->q->mint), to = g->q->maxt;

	if (newest == INT64_MIN || from >= newest)
		return 0;
	if (store_get_int(g->s, PART_SAMPLE_SELECT, SQL_OLDEST, INT64_MAX, &key, g->e) < 0)
		return -1;
	if (key == INT64_MAX)
		return 0;
	if (from < chunk_key_start(key))
		from = chunk_key_start(key);
	if (to > newest)
		to = newest;
	for (int64_t hour = floor_to(from, CHUNK_MS); hour <= to && !(g->labels_only && g->seen == g->n);
	     hour += CHUNK_MS)
		if (chunks_of_hour(g, hour) < 0)
			return -1;
	return 0;
}

static int
gather_head(struct gatherer *g)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct sample_list *head = samples_head(g->s, g->at[i].series->id);
		if (head == NULL)
			continue;
		size_t lo = 0, hi = head->n;
		while (lo < hi) {
			size_t mid = (lo + hi) / 2;
			if (head->at[mid].t <= g->q->mint)
				lo = mid + 1;
			else
				hi = mid;
		}
		size_t was = g->at[i].list.n;
		for (; lo < head->n && head->at[lo].t <= g->q->maxt; lo++)
			sample_list_put(&g->at[i].list, head->at[lo]);
		g->samples += g->at[i].list.n - was;
		if (g->q->max_samples > 0 && g->samples > g->q->max_samples)
			return too_many_samples(g->e);
	}
	return 0;
}

/* ---- points ---- */

struct points {
	struct arena *mem;
	struct point *at;
	size_t n, cap;
};

static void
add_point(struct points *p, struct point one)
{
	if (p->n == p->cap) {
		size_t cap = p->cap != 0 ? 2 * p->cap : 16;
		p->at = arena_realloc(p->mem, p->at, p->cap * sizeof(one), cap * sizeof(one));
		p->cap = cap;
	}
	p->at[p->n++] = one;
}

static void
add_histogram(void *arg, int64_t t, const struct histogram *h)
{
	add_point(arg, (struct point){t, 0, h});
}

static int
by_time(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return (x->h != NULL) - (y->h != NULL);
}

/* Numbers and histograms of one series in order; of both at one time the number stays. */
static int
points_of(struct gatherer *g, const struct gathered *d, struct points *p)
{
	const size_t floats = d->list.n;
	size_t kept = 0;

	if (g->labels_only && floats > 0) {
		p->n = floats;
		return 0;
	}
	p->at = floats > 0 ? arena_alloc(p->mem, floats * sizeof(*p->at)) : NULL;
	p->n = p->cap = floats;
	for (size_t j = 0; j < floats; j++)
		p->at[j] = (struct point){d->list.at[j].t, d->list.at[j].v, NULL};
	if (!g->histograms)
		return 0;
	if (histogram_rows_get(g->s, d->series->id, g->q->mint, g->q->maxt, p->mem, add_histogram, p, g->e) < 0)
		return -1;
	if (p->n == floats)
		return 0;
	qsort(p->at, p->n, sizeof(*p->at), by_time);
	for (size_t i = 1; i < p->n; i++)
		if (p->at[i].t != p->at[kept].t)
			p->at[++kept] = p->at[i];
	p->n = kept + 1;
	return 0;
}

static int
answer(struct gatherer *g, struct arena *mem, struct series_list *out)
{
	bool labels_only = g->labels_only;

	if (histogram_rows_any(g->s, &g->histograms, g->e) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++) {
		struct points p = {.mem = mem};
		if (points_of(g, &g->at[i], &p) < 0)
			return -1;
		free(g->at[i].list.at); /* there may be very many */
		g->at[i].list = (struct sample_list){0};
		if (p.n == 0)
			continue;
		series_list_add(mem, out,
				(struct series){
				    .labels = labels_copy(mem, g->at[i].series->labels),
				    .kind = SERIES_SAMPLES,
				    .n = labels_only ? 0 : p.n,
				    .points = labels_only ? NULL : p.at,
				    .last_end_before = INT64_MIN,
				});
	}
	return 0;
}

int
select_samples(struct store *s, const struct select *q, struct arena *mem, struct series_list *out, struct err *e)
{
	struct series_matched m = series_match(s, SERIES_SAMPLES, q->matchers, q->n_matchers);

	if (m.n == 0 || q->maxt <= q->mint)
		return 0;
	if (samples_refresh(s, e) < 0)
		return -1;
	struct gatherer g = {.s = s,
			     .q = q,
			     .e = e,
			     .n = m.n,
			     .at = xcalloc(m.n, sizeof(*g.at)),
			     .labels_only = (q->flags & SELECT_LABELS_ONLY) != 0};
	for (size_t i = 0; i < m.n; i++)
		g.at[i].series = series_at(s, m.at[i]);
	int rc = gather_chunks(&g);
	if (rc == 0)
		rc = gather_head(&g);
	if (rc == 0)
		rc = answer(&g, mem, out);
	for (size_t i = 0; i < m.n; i++)
		free(g.at[i].list.at);
	free(g.at);
	return rc;
}
