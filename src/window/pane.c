/*
 * pane.c -- windows that are being filled, and what they become when they are closed.
 *
 * Numeric values wait in small batches, so that a histogram of 32 KB is touched once per batch and not once per
 * record, and a window with few records never needs its own before it is closed. Open panes are bounded in memory: the longest
 * unused one is closed early. That costs nothing but a second increment for its window if more comes for it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "window_private.h"

#include "mlwatch/xalloc.h"

/* What the sketches of a pane hold grows as they are filled; it is added up when the pane is left for another. */
static void
pane_measure(struct windows *w, struct pane *p)
{
	size_t bytes = sizeof *p + p->n_stats * sizeof *p->stats + expo_bytes(p->latency) + expo_bytes(p->score) +
		       categories_bytes(p->predictions) + categories_bytes(p->statuses);

	for (size_t i = 0; i < p->n_stats; i++) {
		const struct stat *s = &p->stats[i];

		bytes += s->cap_waiting * sizeof *s->waiting;
		if (s->expo != NULL)
			bytes += expo_bytes(s->expo);
		if (s->edgehist != NULL)
			bytes += (2 * p->model->features[i]->edges->n + 1) * 16;
		if (s->categories != NULL)
			bytes += categories_bytes(s->categories);
	}
	w->pane_bytes += bytes - p->bytes;
	p->bytes = bytes;
}

static struct pane *
pane_open(struct windows *w, struct model *m, int64_t start)
{
	struct pane *p = xcalloc(1, sizeof *p);

	p->model = m;
	p->start = start;
	p->end = start + w->spec.width_ms;
	p->predictions = categories_open_shared(m->classes);
	p->statuses = categories_open_shared(m->statuses);
	p->latency = expo_open();
	p->score = expo_open();
	p->sibling = m->panes;
	m->panes = p;
	pane_measure(w, p);
	xgrow(w->panes, w->n_panes, w->cap_panes);
	w->panes[w->n_panes++] = p;
	return p;
}

static void
panes_shrink(struct windows *w, const struct pane *keep)
{
	while (w->n_panes > 1 && (w->pane_bytes > PANE_BYTES || w->n_panes > PANES_MAX)) {
		struct pane *oldest = NULL;

		for (size_t i = 0; i < w->n_panes; i++)
			if (w->panes[i] != keep && (oldest == NULL || w->panes[i]->used < oldest->used))
				oldest = w->panes[i];
		if (oldest->used + PANE_IN_USE > w->counts.records && w->pane_bytes <= PANE_BYTES_MOST &&
		    w->n_panes <= PANES_MAX)
			break;
		pane_close(w, oldest);
	}
}

static int64_t
window_start(int64_t t, int64_t width)
{
	int64_t rest = t % width;

	return t - rest - (rest < 0 ? width : 0);
}

struct pane *
pane_of(struct windows *w, struct model *m, int64_t t)
{
	struct pane *p = m->pane;

	if (p == NULL || t < p->start || t >= p->end) {
		if (p != NULL)
			pane_measure(w, p);
		for (p = m->panes; p != NULL && (t < p->start || t >= p->end); p = p->sibling)
			;
		if (p == NULL)
			p = pane_open(w, m, window_start(t, w->spec.width_ms));
		m->pane = p;
		p->used = w->counts.records;
		panes_shrink(w, p);
	}
	p->used = w->counts.records;
	return p;
}

struct stat *
pane_stat(struct pane *p, const struct feature *f)
{
	if (f->index >= p->n_stats) {
		size_t n = p->model->n_features > f->index ? p->model->n_features : f->index + 1;

		p->stats = xreallocarray(p->stats, n, sizeof *p->stats);
		memset(p->stats + p->n_stats, 0, (n - p->n_stats) * sizeof *p->stats);
		p->n_stats = n;
	}
	return &p->stats[f->index];
}

/* How many lie outside what is expected. */
static void
out_of_bounds(const struct feature *f, struct stat *s, const double *v, size_t n)
{
	uint32_t below = 0, above = 0;

	for (size_t i = 0; i < n; i++) {
		below += v[i] < f->lowest;
		above += v[i] > f->highest;
	}
	s->below += below;
	s->above += above;
}

static void
pane_file(struct feature *f, struct stat *s)
{
	size_t n = s->n_waiting;

	if (n == 0)
		return;
	if (f->edges != NULL) {
		if (s->edgehist == NULL)
			s->edgehist = edgehist_open(f->edges);
		edgehist_add_n(s->edgehist, s->waiting, n);
	} else {
		if (s->expo == NULL)
			s->expo = expo_open();
		expo_add_n(s->expo, s->waiting, n);
	}
	if (f->bounded)
		out_of_bounds(f, s, s->waiting, n);
	if (f->ref != NULL) {
		double sum = 0, sumsq = 0;

		for (size_t i = 0; i < n; i++) {
			sum += s->waiting[i];
			sumsq += s->waiting[i] * s->waiting[i];
		}
		f->fresh.n += n;
		f->fresh.sum += sum;
		f->fresh.sumsq += sumsq;
	}
	s->n_waiting = 0;
}

void
pane_file_outcomes(struct pane *p)
{
	expo_add_n(p->latency, p->latencies, p->n_latencies);
	expo_add_n(p->score, p->scores, p->n_scores);
	p->n_latencies = p->n_scores = 0;
}

/* No room for one more: make some, up to a batch; then file them. */
void
pane_wait_grow(struct feature *f, struct stat *s)
{
	uint32_t cap = s->cap_waiting == 0 ? 16 : PANE_BATCH;

	if (s->cap_waiting == PANE_BATCH) {
		pane_file(f, s);
		return;
	}
	s->waiting = xreallocarray(s->waiting, cap, sizeof *s->waiting);
	s->cap_waiting = cap;
}

static void
pend(struct windows *w, struct series *series, const struct pane *p, enum sketch_kind kind, struct edges *edges,
     size_t at)
{
	xgrow(w->pending, w->n_pending, w->cap_pending);
	w->pending[w->n_pending] = (struct pending){series, edges, p->start, kind, at, w->blobs.len - at, w->n_pending};
	w->n_pending++;
}

static void
pend_count(struct windows *w, struct series *series, const struct pane *p, uint64_t n)
{
	size_t at = w->blobs.len;

	sketch_count_encode(&w->blobs, n);
	pend(w, series, p, SKETCH_COUNT, NULL, at);
}

static void
pend_expo(struct windows *w, struct series *series, const struct pane *p, const struct expo *h)
{
	size_t at = w->blobs.len;

	if (h == NULL || expo_count(h) == 0)
		return;
	expo_encode(&w->blobs, h);
	pend(w, series, p, SKETCH_EXPO, NULL, at);
}

static void
pend_categories(struct windows *w, struct series *series, const struct pane *p, const struct categories *c)
{
	size_t at = w->blobs.len;

	if (c == NULL || categories_total(c) == 0)
		return;
	categories_encode(&w->blobs, c);
	pend(w, series, p, SKETCH_CATEGORIES, NULL, at);
}

static void
pend_edgehist(struct windows *w, struct series *series, const struct pane *p, const struct edgehist *h)
{
	size_t at = w->blobs.len;

	if (h == NULL || edgehist_count(h) == 0)
		return;
	edgehist_encode(&w->blobs, h);
	pend(w, series, p, SKETCH_EDGES, (struct edges *)edgehist_edges(h), at);
}

static void
pend_invalid(struct windows *w, const struct pane *p, struct feature *f, struct stat *s)
{
	static const char *const word[VIOLATIONS] = {"type", "below", "above", "category", "pattern", "required"};

	s->invalid[BAD_VALUE_BELOW] += s->below;
	s->invalid[BAD_VALUE_ABOVE] += s->above;
	for (int i = 0; i < VIOLATIONS; i++) {
		if (s->invalid[i] == 0)
			continue;
		if (f->invalid[i] == NULL)
			f->invalid[i] = series_make(w, "ml_feature_invalid_total", p->model, f->name, word[i], NULL);
		pend_count(w, f->invalid[i], p, s->invalid[i]);
	}
}

static void
pend_feature(struct windows *w, struct pane *p, struct feature *f, struct stat *s)
{
	int64_t since = p->start - f->zero_at;

	pend_edgehist(w, f->values, p, s->edgehist);
	pend_expo(w, f->values, p, s->expo);
	pend_categories(w, f->values, p, s->categories);
	if (s->missing > 0 || since >= ZERO_EVERY_MS || since <= -ZERO_EVERY_MS) {
		pend_count(w, f->missing, p, s->missing);
		f->zero_at = p->start;
	}
	pend_invalid(w, p, f, s);
}

static void
stat_release(struct stat *s)
{
	free(s->waiting);
	expo_close(s->expo);
	edgehist_close(s->edgehist);
	categories_close(s->categories);
}

static void
pane_forget(struct windows *w, struct pane *p)
{
	struct pane **link = &p->model->panes;

	while (*link != p)
		link = &(*link)->sibling;
	*link = p->sibling;
	if (p->model->pane == p)
		p->model->pane = NULL;
	for (size_t i = 0; i < w->n_panes; i++)
		if (w->panes[i] == p)
			w->panes[i] = w->panes[--w->n_panes];
	w->pane_bytes -= p->bytes;
}

void
pane_close(struct windows *w, struct pane *p)
{
	struct model *m = p->model;

	for (size_t i = 0; i < p->n_stats; i++)
		if (p->stats[i].n_waiting > 0)
			pane_file(m->features[i], &p->stats[i]);
	pane_file_outcomes(p);
	feature_events(w, p);
	pend_count(w, m->errors, p, p->errors); /* zero too: a ratio needs it */
	pend_categories(w, m->predictions, p, p->predictions);
	pend_categories(w, m->responses, p, p->statuses);
	pend_expo(w, m->latency, p, p->latency);
	pend_expo(w, m->score, p, p->score);
	for (size_t i = 0; i < p->n_stats; i++) {
		pend_feature(w, p, m->features[i], &p->stats[i]);
		stat_release(&p->stats[i]);
	}
	pane_forget(w, p);
	categories_close(p->predictions);
	categories_close(p->statuses);
	expo_close(p->latency);
	expo_close(p->score);
	free(p->stats);
	free(p);
}

static int
newest_first(const void *x, const void *y)
{
	const struct pane *a = *(struct pane *const *)x, *b = *(struct pane *const *)y;

	return (a->start < b->start) - (a->start > b->start);
}

/* The oldest first, so that what happened is seen in its order. */
void
panes_close(struct windows *w)
{
	if (w->n_panes > 1)
		qsort(w->panes, w->n_panes, sizeof *w->panes, newest_first);
	while (w->n_panes > 0)
		pane_close(w, w->panes[w->n_panes - 1]);
}
