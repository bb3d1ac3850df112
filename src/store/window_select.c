/*
 * window_select.c -- window series for PromQL: a question in, series out. See window_read.c, window_values.c and window_life.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/histogram.h"
#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"
#include "store_reader.h"

static void
answer(struct reader *r, struct series_list *out, const struct reading *d, const struct value *v, struct labels labels,
       const struct histogram *total)
{
	const struct stored_series *w = d->series;
	bool labels_only = r->q->flags & SELECT_LABELS_ONLY;
	bool histograms = w->sketch == SKETCH_EXPO || w->sketch == SKETCH_EDGES;

	if (v->name != NULL)
		labels = labels_with(r->mem, labels, w->by, v->name);
	series_list_add(r->mem, out,
			(struct series){
			    .labels = labels,
			    .kind = SERIES_WINDOWS,
			    .n = labels_only ? 0 : v->n,
			    .windows = labels_only ? NULL : v->at,
			    .alive_ms = r->s->alive_ms,
			    .last_end_before = v->last_end,
			    .total_before = v->total,
			    .total_before_h = total,
			    .histograms = histograms,
			    .empty = histograms && v->n == 0 ? empty_histogram(r, w) : NULL,
			});
}

static int
answer_all(struct reader *r, struct series_list *out)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct reading *d = &r->at[i];
		const struct histogram *total = NULL;
		struct labels labels = {NULL, 0};
		if ((r->q->flags & SELECT_TOTALS) && d->n > 0 && find_total(r, &r->at[i], &total) < 0)
			return -1;
		for (size_t j = 0; j < d->n; j++) {
			const struct value *v = &d->values[j];
			if (!v->wanted || (v->n == 0 && v->last_end == INT64_MIN))
				continue;
			if (labels.n == 0) /* once for all categories */
				labels = labels_copy(r->mem, d->series->labels);
			answer(r, out, d, v, labels, total);
		}
	}
	return 0;
}

static int
by_series_labels(const void *a, const void *b)
{
	const struct reading *x = *(const struct reading *const *)a, *y = *(const struct reading *const *)b;

	return labels_cmp(x->series->labels, y->series->labels);
}

/* Whether two series of the answer may have the same labels: what was counted on other edges, or by another label. It is told by the stored
 * ones, of which there are far fewer than categories. */
static bool
may_be_same(const struct reader *r)
{
	const struct reading **order = xmalloc(r->n * sizeof(*order));
	size_t n = 0;
	bool same = false;

	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].n > 0) {
			order[n++] = &r->at[i];
			same = same || strcmp(order[0]->series->by != NULL ? order[0]->series->by : "",
					      r->at[i].series->by != NULL ? r->at[i].series->by : "") != 0;
		}
	qsort(order, n, sizeof(*order), by_series_labels);
	for (size_t i = 1; i < n && !same; i++)
		same = labels_equal(order[i - 1]->series->labels, order[i]->series->labels);
	free(order);
	return same;
}

static struct grid
grid_of(const struct store *s, const struct select *q)
{
	int64_t mint = sane_time(q->mint), maxt = sane_time(q->maxt);
	struct grid g = {
	    .first_t = maxt, .step_ms = q->step_ms, .range_ms = q->range_ms, .width_ms = s->windows->level[0].width_ms};

	if (q->flags & SELECT_NARROW) { /* every edge of the narrowest windows is one */
		g.first_t = floor_to(mint, g.width_ms);
		g.step_ms = g.range_ms = g.width_ms;
		return g;
	}
	if (q->step_ms > 0 && q->range_ms > 0)
		g.first_t = mint + q->range_ms;
	else if (q->step_ms >
		 0) /* an instant selector reaches back a lookback that we are not told; the last is at maxt */
		g.first_t = maxt - floor_to(maxt - mint, q->step_ms);
	g.alive_ms = maxt - mint > s->alive_ms ? s->alive_ms : 0;
	return g;
}

int
select_windows(struct store *s, const struct select *q, bool whole, struct arena *mem, struct series_list *out,
	       struct err *e)
{
	struct series_matched m = series_match(s, SERIES_WINDOWS, q->matchers, q->n_matchers);

	if (m.n == 0 || s->windows->n == 0 || q->maxt <= q->mint)
		return 0;
	struct reader r = {.s = s, .q = q, .mem = mem, .e = e, .grid = grid_of(s, q), .n = m.n, .whole = whole};
	r.cut = floor_to(sane_time(q->mint), r.grid.width_ms);
	if (windows_extent(s, &r.oldest, &r.newest, e) < 0)
		return -1;
	r.at = xcalloc(m.n, sizeof(*r.at));
	for (size_t i = 0; i < m.n; i++) {
		r.at[i].series = series_at(s, m.at[i]);
		r.at[i].place = m.at[i];
	}
	size_t first = out->n;
	int rc = read_windows(&r);
	if (rc == 0)
		rc = find_life(&r);
	if (rc == 0)
		rc = answer_all(&r, out);
	if (rc == 0 && may_be_same(&r))
		join_same_labels(mem, out, first);
	for (size_t i = 0; i < m.n; i++) {
		free(r.at[i].values);
		free(r.at[i].slots);
		buf_release(&r.at[i].blob);
		sketch_sum_close(r.at[i].sum);
	}
	while (r.n_sums > 0)
		sketch_sum_close(r.sums[--r.n_sums]);
	buf_release(&r.spare);
	free(r.at);
	return r.moved ? 1 : rc;
}
