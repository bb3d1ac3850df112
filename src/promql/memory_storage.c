/*
 * memory_storage.c -- series kept in memory, as a struct storage.
 *
 * A plain list with a hash of the labels beside it; selection looks at every series. Good for
 * thousands of series, which is what tests and rule unit tests have.
 */
#include "mlwatch/memory_storage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/xalloc.h"

struct kept {
	struct labels *labels;
	uint64_t hash;
	enum series_kind kind;
	int64_t alive_ms;
	struct point *points;
	int64_t *starts; /* parallel to points, or NULL */
	struct window_point *windows;
	size_t n, cap;
};

struct memory_storage {
	struct storage view;
	struct arena *mem; /* histograms */
	struct kept *at;
	size_t n, cap;
	size_t *slots; /* index + 1 into at; open addressing */
	size_t n_slots;
};

static int memory_select(void *self, const struct select *q, struct arena *mem, struct series_list *out, struct err *e);

struct memory_storage *
memory_storage_open(void)
{
	struct memory_storage *m = xcalloc(1, sizeof *m);

	m->view.self = m;
	m->view.select = memory_select;
	m->mem = arena_open();
	return m;
}

void
memory_storage_clear(struct memory_storage *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->at[i].labels);
		free(m->at[i].points);
		free(m->at[i].starts);
		free(m->at[i].windows);
	}
	free(m->at);
	free(m->slots);
	m->at = NULL;
	m->slots = NULL;
	m->n = m->cap = m->n_slots = 0;
	arena_reset(m->mem);
}

void
memory_storage_close(struct memory_storage *m)
{
	if (m == NULL)
		return;
	memory_storage_clear(m);
	arena_close(m->mem);
	free(m);
}

size_t
memory_storage_series(const struct memory_storage *m)
{
	return m->n;
}
const struct storage *
memory_storage_view(struct memory_storage *m)
{
	return &m->view;
}

static size_t *
slot_of(const struct memory_storage *m, struct labels l, uint64_t hash)
{
	size_t mask = m->n_slots - 1, i = (size_t)hash & mask;

	while (m->slots[i] != 0) {
		const struct kept *k = &m->at[m->slots[i] - 1];

		if (k->hash == hash && labels_equal(*k->labels, l))
			break;
		i = (i + 1) & mask;
	}
	return &m->slots[i];
}

static void
grow_slots(struct memory_storage *m)
{
	free(m->slots);
	m->n_slots = m->n_slots != 0 ? m->n_slots * 2 : 64;
	m->slots = xcalloc(m->n_slots, sizeof *m->slots);
	for (size_t i = 0; i < m->n; i++)
		*slot_of(m, *m->at[i].labels, m->at[i].hash) = i + 1;
}

static struct kept *
find_or_add(struct memory_storage *m, struct labels l, enum series_kind kind)
{
	uint64_t hash = labels_hash(l);
	size_t *slot;

	if ((m->n + 1) * 2 > m->n_slots)
		grow_slots(m);
	slot = slot_of(m, l, hash);
	if (*slot == 0) {
		xgrow(m->at, m->n, m->cap);
		m->at[m->n] = (struct kept){.labels = labels_dup(l), .hash = hash, .kind = kind};
		*slot = ++m->n;
	}
	assert(m->at[*slot - 1].kind == kind);
	return &m->at[*slot - 1];
}

/* The place of time t among the points: the first that is not earlier. */
static size_t
lower_bound(const struct kept *k, int64_t t)
{
	size_t lo = 0, hi = k->n;

	if (k->n == 0 || k->points[k->n - 1].t < t)
		return k->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->points[mid].t < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct point *
place(struct kept *k, int64_t t)
{
	size_t at = lower_bound(k, t);

	if (at < k->n && k->points[at].t == t)
		return &k->points[at];
	if (k->n == k->cap) {
		k->cap = k->cap != 0 ? k->cap * 2 : 8;
		k->points = xreallocarray(k->points, k->cap, sizeof *k->points);
		if (k->starts != NULL)
			k->starts = xreallocarray(k->starts, k->cap, sizeof *k->starts);
	}
	memmove(&k->points[at + 1], &k->points[at], (k->n - at) * sizeof *k->points);
	if (k->starts != NULL) {
		memmove(&k->starts[at + 1], &k->starts[at], (k->n - at) * sizeof *k->starts);
		k->starts[at] = 0;
	}
	k->n++;
	return &k->points[at];
}

void
memory_storage_append(struct memory_storage *m, struct labels l, int64_t t, double v)
{
	*place(find_or_add(m, l, SERIES_SAMPLES), t) = (struct point){.t = t, .v = v};
}

void
memory_storage_append_histogram(struct memory_storage *m, struct labels l, int64_t t, const struct histogram *h)
{
	struct kept *k = find_or_add(m, l, SERIES_SAMPLES);
	struct point *p = place(k, t);
	struct histogram *copy = histogram_copy(m->mem, h);
	const struct histogram *before = p > k->points ? p[-1].h : NULL;

	/* As Prometheus' storage: what follows another histogram in one chunk was not reset. */
	if (copy->hint == RESET_UNKNOWN && before != NULL && before->hint != RESET_GAUGE &&
	    !histogram_detect_reset(copy, before))
		copy->hint = RESET_NO;
	*p = (struct point){.t = t, .h = copy};
}

void
memory_storage_start(struct memory_storage *m, struct labels l, int64_t t, int64_t start)
{
	struct kept *k = find_or_add(m, l, SERIES_SAMPLES);
	size_t at = lower_bound(k, t);

	if (at >= k->n || k->points[at].t != t)
		return;
	if (k->starts == NULL)
		k->starts = xcalloc(k->cap, sizeof *k->starts);
	k->starts[at] = start;
}

void
memory_storage_append_window(struct memory_storage *m, struct labels l, int64_t start, int64_t end, double count,
			     const struct histogram *h, int64_t alive_ms)
{
	struct kept *k = find_or_add(m, l, SERIES_WINDOWS);

	assert(k->n == 0 || k->windows[k->n - 1].end <= start);
	xgrow(k->windows, k->n, k->cap);
	k->windows[k->n++] = (struct window_point){
	    .start = start, .end = end, .count = count, .h = h != NULL ? histogram_copy(m->mem, h) : NULL};
	k->alive_ms = alive_ms;
}

static bool
select_points(const struct kept *k, const struct select *q, struct series *s)
{
	size_t lo = lower_bound(k, q->mint + 1), hi = lo + 0;

	while (hi < k->n && k->points[hi].t <= q->maxt)
		hi++;
	s->points = k->points + lo;
	s->starts = k->starts != NULL ? k->starts + lo : NULL;
	s->n = hi - lo;
	return s->n > 0;
}

static const struct histogram *
empty_like(struct arena *mem, const struct histogram *h)
{
	struct histogram *empty = arena_calloc(mem, 1, sizeof *empty);

	empty->schema = h->schema;
	empty->hint = RESET_GAUGE;
	empty->zero_threshold = h->zero_threshold;
	empty->n_custom = h->n_custom;
	empty->custom = h->custom;
	return empty;
}

/* The total of the first n windows, in mem. */
static const struct histogram *
total_of(struct arena *mem, const struct window_point *w, size_t n)
{
	const struct histogram *total = NULL;
	struct arena *scratch = arena_open();

	for (size_t i = 0; i < n; i++) {
		if (w[i].h != NULL)
			total = total == NULL ? w[i].h : histogram_add(scratch, total, w[i].h, NULL);
		if (total != NULL && (i % 64 == 63 || i + 1 == n)) {
			total = histogram_copy(mem, total);
			arena_reset(scratch);
		}
	}
	arena_close(scratch);
	return total;
}

static bool
select_windows(const struct kept *k, const struct select *q, struct arena *mem, struct series *s)
{
	size_t lo = 0, hi;

	s->alive_ms = k->alive_ms;
	s->last_end_before = INT64_MIN;
	for (; lo < k->n && k->windows[lo].end <= q->mint; lo++) {
		s->last_end_before = k->windows[lo].end;
		s->total_before += k->windows[lo].count;
	}
	if (q->flags & SELECT_TOTALS)
		s->total_before_h = total_of(mem, k->windows, lo);
	s->histograms = k->n > 0 && k->windows[0].h != NULL;
	if (s->histograms && k->windows[0].h->schema != HIST_EDGES)
		s->empty = empty_like(mem, k->windows[0].h);
	for (hi = lo; hi < k->n && k->windows[hi].start < q->maxt; hi++)
		;
	s->windows = k->windows + lo;
	s->n = hi - lo;
	return s->n > 0 || (s->last_end_before != INT64_MIN && s->last_end_before > q->mint - k->alive_ms);
}

static int
memory_select(void *self, const struct select *q, struct arena *mem, struct series_list *out, struct err *e)
{
	const struct memory_storage *m = self;
	size_t samples = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct kept *k = &m->at[i];
		struct series s = {.labels = *k->labels, .kind = k->kind};

		if (!matchers_match(q->matchers, q->n_matchers, *k->labels))
			continue;
		if (!(k->kind == SERIES_SAMPLES ? select_points(k, q, &s) : select_windows(k, q, mem, &s)))
			continue;
		if (q->flags & SELECT_LABELS_ONLY)
			s.n = 0;
		samples += s.n;
		if (q->max_samples != 0 && samples > q->max_samples)
			return err_set(e, ERR_WORLD,
				       "query processing would load too many samples into memory in query execution");
		if (out->n == out->cap) {
			size_t cap = out->cap != 0 ? out->cap * 2 : 16;

			out->at = arena_realloc(mem, out->at, out->cap * sizeof *out->at, cap * sizeof *out->at);
			out->cap = cap;
		}
		out->at[out->n++] = s;
	}
	return 0;
}
