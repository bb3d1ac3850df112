/*
 * select.c -- the store as the PromQL engine's storage: one consistent view per question.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_samples.h"
#include "store_select.h"
#include "store_windows.h"

int
too_many_samples(struct err *e)
{
	return err_set(e, ERR_WORLD, "query processing would load too many samples into memory in query execution");
}

void
series_list_add(struct arena *mem, struct series_list *out, struct series one)
{
	if (out->n == out->cap) {
		size_t cap = out->cap != 0 ? 2 * out->cap : 16;
		out->at = arena_realloc(mem, out->at, out->cap * sizeof(one), cap * sizeof(one));
		out->cap = cap;
	}
	out->at[out->n++] = one;
}

/* ---- series of the same labels ---- */

static int
by_labels_then_place(const void *a, const void *b)
{
	const struct series *x = *(const struct series *const *)a, *y = *(const struct series *const *)b;
	int c = labels_cmp(x->labels, y->labels);

	return c != 0 ? c : (x > y) - (x < y);
}

/* What of `older` lies wholly between the windows of `newer`, and all of `newer`, in order. */
static void
join(struct arena *mem, struct series *older, const struct series *newer)
{
	struct window_point *at = arena_alloc(mem, (older->n + newer->n + 1) * sizeof(*at));
	size_t n = 0, j = 0;

	for (size_t i = 0; i < older->n; i++) {
		const struct window_point *w = &older->windows[i];
		while (j < newer->n && newer->windows[j].start < w->start)
			at[n++] = newer->windows[j++];
		bool clear =
		    (n == 0 || at[n - 1].end <= w->start) && (j == newer->n || newer->windows[j].start >= w->end);
		if (clear)
			at[n++] = *w;
	}
	while (j < newer->n)
		at[n++] = newer->windows[j++];
	older->windows = at;
	older->n = n;
	older->histograms = newer->histograms;
	older->empty = newer->empty;
	if (newer->last_end_before > older->last_end_before)
		older->last_end_before = newer->last_end_before;
	if (newer->total_before_h != NULL || older->total_before_h == NULL) {
		older->total_before = newer->total_before;
		older->total_before_h = newer->total_before_h;
	}
}

void
join_same_labels(struct arena *mem, struct series_list *out, size_t first)
{
	size_t n = out->n - first, kept = first;

	if (n < 2)
		return;
	struct series **order = xmalloc(n * sizeof(struct series *));
	for (size_t i = 0; i < n; i++)
		order[i] = &out->at[first + i];
	qsort(order, n, sizeof(struct series *), by_labels_then_place);
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i + 1; j < n && labels_equal(order[i]->labels, order[j]->labels); j++) {
			join(mem, order[i], order[j]);
			order[j]->kind = (enum series_kind) - 1; /* taken up */
		}
	}
	free(order);
	for (size_t i = first; i < out->n; i++)
		if (out->at[i].kind != (enum series_kind) - 1)
			out->at[kept++] = out->at[i];
	out->n = kept;
}

/* ---- the storage ---- */

static int
store_select(void *self, const struct select *q, struct arena *mem, struct series_list *out, struct err *e)
{
	struct store *s = self;

	int rc = 1;

	for (bool whole = false; rc > 0; whole = true) {
		if (store_read_begin(s, e) < 0)
			return -1;
		rc = windows_refresh(s, e);
		if (rc == 0)
			rc = select_windows(s, q, whole, mem, out, e);
		if (rc == 0)
			rc = select_samples(s, q, mem, out, e);
		store_read_end(s);
	}
	return rc;
}

struct storage
store_storage(struct store *s)
{
	return (struct storage){.self = s, .select = store_select};
}
