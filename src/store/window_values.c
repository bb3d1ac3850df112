/*
 * window_values.c -- rows into windows of the answer.
 *
 * Between two edges of the grid (plan.c) nothing asks for less than the whole, so rows there are added up into one window before they are
 * decoded: increase(x[1h]) gets one window per series. A row of counts by category is one series per category; which ones a selector means is
 * decided per value.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"
#include "store_reader.h"

static bool
value_wanted(const struct reader *r, const struct stored_series *w, const char *name)
{
	for (size_t i = 0; i < r->q->n_matchers; i++)
		if (strcmp(r->q->matchers[i].name, w->by) == 0 && !matcher_match_value(&r->q->matchers[i], name))
			return false;
	return true;
}

static void
index_values(struct reading *d)
{
	d->n_slots = d->n_slots != 0 ? 2 * d->n_slots : 16;
	free(d->slots);
	d->slots = xcalloc(d->n_slots, sizeof(*d->slots));
	for (size_t i = 0; i < d->n; i++) {
		size_t at = d->values[i].hash & (d->n_slots - 1);
		while (d->slots[at] != 0)
			at = (at + 1) & (d->n_slots - 1);
		d->slots[at] = (uint32_t)i + 1;
	}
}

static struct value *
add_value(struct reading *d, const char *name, uint64_t hash, bool wanted)
{
	xgrow(d->values, d->n, d->cap);
	d->values[d->n] = (struct value){.name = name, .hash = hash, .wanted = wanted, .last_end = INT64_MIN};
	return &d->values[d->n++];
}

struct value *
category_value(struct reader *r, struct reading *d, const char *name, size_t n)
{
	uint64_t hash = hash_bytes(name, n, 0);

	if (2 * (d->n + 1) > d->n_slots)
		index_values(d);
	size_t at = hash & (d->n_slots - 1);
	for (; d->slots[at] != 0; at = (at + 1) & (d->n_slots - 1)) {
		struct value *v = &d->values[d->slots[at] - 1];
		if (v->hash == hash && strncmp(v->name, name, n) == 0 && v->name[n] == '\0')
			return v;
	}
	char *copy = arena_strndup(r->mem, name, n);
	d->slots[at] = (uint32_t)d->n + 1;
	return add_value(d, copy, hash, value_wanted(r, d->series, copy));
}

struct value *
only_value(struct reading *d)
{
	return d->n > 0 ? &d->values[0] : add_value(d, NULL, 0, true);
}

/* ---- windows ---- */

static int
append(struct reader *r, struct value *v, struct window_point p)
{
	if (v->n == v->cap) {
		size_t cap = v->cap != 0 ? 2 * v->cap : 4;
		v->at = arena_realloc(r->mem, v->at, v->cap * sizeof(p), cap * sizeof(p));
		v->cap = cap;
	}
	v->at[v->n++] = p;
	if (r->q->max_samples > 0 && ++r->samples > r->q->max_samples)
		return too_many_samples(r->e);
	return 0;
}

int
decode_histogram(struct reader *r, const struct buf *blob, const struct histogram **h, double *count)
{
	struct histogram *out = NULL;

	if (sketch_histogram(r->mem, blob->p, blob->len, documents_find_edges, r->s, &out, r->e) < 0)
		return -1;
	*h = out;
	*count = out->count;
	return 0;
}

const struct histogram *
empty_histogram(struct reader *r, const struct stored_series *w)
{
	static const struct histogram no_observations = {.schema = 8, .hint = RESET_GAUGE};
	const struct edges *edges = w->sketch == SKETCH_EDGES ? documents_find_edges(r->s, w->edges) : NULL;

	if (w->sketch == SKETCH_EXPO)
		return &no_observations;
	if (edges == NULL)
		return NULL;
	struct histogram *h = arena_calloc(r->mem, 1, sizeof(*h));
	struct edge_bins *bins = arena_calloc(r->mem, 1, sizeof(*bins));
	*bins = (struct edge_bins){.edges = edges, .min = INFINITY, .max = -INFINITY};
	*h = (struct histogram){.schema = HIST_EDGES, .hint = RESET_GAUGE, .bins = bins};
	return h;
}

static struct sketch_sum *
take_sum(struct reader *r)
{
	if (r->n_sums > 0)
		return r->sums[--r->n_sums];
	if (r->made_sums == READER_SUMS)
		return NULL;
	r->made_sums++;
	return sketch_sum_open();
}

static void
give_back_sum(struct reader *r, struct reading *d)
{
	sketch_sum_reset(d->sum);
	r->sums[r->n_sums++] = d->sum;
	d->sum = NULL;
}

static int
sum_histogram(struct reader *r, struct reading *d, struct window_point *p)
{
	struct histogram *h;

	if (sketch_sum_histogram(r->mem, d->sum, documents_find_edges, r->s, &h, r->e) < 0)
		return -1;
	p->h = h;
	p->count = h->count;
	give_back_sum(r, d);
	return 0;
}

static int
emit(struct reader *r, struct reading *d, struct value *v)
{
	struct window_point p = {v->start, v->end, v->count, NULL};
	int rc = 0;

	v->pending = false;
	v->count = 0;
	if (d->sum != NULL)
		rc = sum_histogram(r, d, &p);
	else if (d->blob.len > 0)
		rc = decode_histogram(r, &d->blob, &p.h, &p.count);
	else if (is_histogram(d) && (p.h = empty_histogram(r, d->series)) == NULL)
		rc = err_set(r->e, ERR_WORLD, "the edges of a feature histogram are unknown");
	d->blob.len = 0;
	return rc < 0 ? -1 : append(r, v, p);
}

void
settle_pending(struct reader *r, struct reading *d)
{
	if (d->sum == NULL)
		return;
	d->blob.len = 0;
	sketch_sum_encode(&d->blob, d->sum);
	give_back_sum(r, d);
}

/* into += blob, for any kind but counts */
int
merge_into(struct reader *r, struct buf *into, const void *p, size_t n)
{
	if (into->len == 0) {
		buf_add(into, p, n);
		return 0;
	}
	r->spare.len = 0;
	if (sketch_merge(&r->spare, into->p, into->len, p, n, r->e) < 0)
		return -1;
	struct buf was = *into;
	*into = r->spare;
	r->spare = was;
	return 0;
}

/* One more row of a histogram. */
static int
add_histogram(struct reader *r, struct reading *d, const void *p, size_t n)
{
	if (d->sum == NULL && d->blob.len > 0 && (d->sum = take_sum(r)) != NULL &&
	    sketch_sum_add(d->sum, d->blob.p, d->blob.len, r->e) < 0)
		return -1;
	return d->sum != NULL ? sketch_sum_add(d->sum, p, n, r->e) : merge_into(r, &d->blob, p, n);
}

int
emit_pending(struct reader *r, struct reading *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->values[i].pending && emit(r, d, &d->values[i]) < 0)
			return -1;
	return 0;
}

static void
grow_window(struct value *v, int64_t start, int64_t end)
{
	if (!v->pending)
		v->start = start;
	v->end = end;
	v->pending = true;
}

static void
add_category(void *arg, const char *name, size_t n, uint64_t count)
{
	struct category_arg *c = arg;
	struct value *v = category_value(c->r, c->d, name, n);

	if (!v->wanted)
		return;
	grow_window(v, c->start, c->end);
	if (!c->r->life_only)
		v->count += (double)count;
}

int
take_row(struct reader *r, struct reading *d, int64_t start, int64_t end, const void *p, size_t n)
{
	r->rows++;
	r->empty = 0;
	d->quiet = false;
	if (d->bucket != r->bucket && emit_pending(r, d) < 0)
		return -1;
	d->bucket = r->bucket;
	if (d->series->sketch == SKETCH_CATEGORIES) {
		struct category_arg arg = {r, d, start, end};
		return sketch_categories(p, n, add_category, &arg, r->e);
	}
	r->seen += d->n == 0;
	struct value *v = only_value(d);
	grow_window(v, start, end);
	if (r->life_only)
		return 0;
	if (d->series->sketch == SKETCH_COUNT) {
		v->count += sketch_blob_count(p, n);
		return 0;
	}
	return add_histogram(r, d, p, n);
}
