/*
 * load_drift.c -- drift of a model's features now; what the other parts about drift share.
 */
#include "load_drift.h"

#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"

#define LEAST_CELLS 6 /* of a map: fewer show no onset, however few rows there are */

struct view_drift_how
drift_how(const struct request *q)
{
	return (struct view_drift_how){
	    .window_ms = q->drift_window_ms, .baseline = q->baseline, .statistic = q->statistic};
}

const struct reference *
drift_reference(const struct loading *l)
{
	return l->s->model != NULL ? references_find(reader_references(l->reader), l->s->model, l->s->version) : NULL;
}

/* "reference fraud-3.2.0 of 2026-10-30" */
static const char *
against(struct loading *l, int64_t window_ms)
{
	const struct reference *r = drift_reference(l);
	struct buf window = BUF_INIT;
	const char *text;

	duration_format(&window, window_ms);
	if (l->q->baseline == BASELINE_WEEK)
		text = "the same time a week ago";
	else if (l->q->baseline == BASELINE_PREVIOUS)
		text = arena_printf(l->mem, "the %s before", buf_str(&window));
	else if (r == NULL)
		text = "no reference";
	else
		text = arena_printf(l->mem, "reference %s%s%s of %s", reference_model(r),
				    reference_version(r)[0] != '\0' ? "-" : "", reference_version(r),
				    reference_created(r));
	buf_release(&window);
	return text;
}

void *
load_features(struct loading *l)
{
	struct view_drift_how how = drift_how(l->q);
	struct part_features *p = arena_calloc(l->mem, 1, sizeof *p);

	how.value_only = l->q->page == PAGE_OVERVIEW;
	p->no_reference = how.baseline == BASELINE_REFERENCE && drift_reference(l) == NULL;
	if (l->s->model != NULL)
		view_features(&l->src, l->mem, l->s->model, l->s->version, &how, &p->at, &p->n, &l->err);
	else
		how.window_ms = DRIFT_WINDOW_MS;
	p->window = (struct time_span){l->src.now - how.window_ms, l->src.now};
	p->against = against(l, how.window_ms);
	return p;
}

/* ---- sides ---- */

struct stretch_of
drift_stretch(const struct loading *l, const char *feature, int64_t to, int64_t width_ms)
{
	return (struct stretch_of){
	    .model = l->s->model, .version = l->s->version, .feature = feature, .to = to, .width_ms = width_ms};
}

int
other_read(struct loading *l, const struct stretch_of *now, struct other_side *out)
{
	struct stretch_of then = *now;

	memset(out, 0, sizeof *out);
	if (l->q->baseline == BASELINE_REFERENCE) {
		out->ref = drift_reference(l);
		return 0;
	}
	then.to = baseline_end(l->q->baseline, now->to, now->width_ms);
	return stretch_read(&l->src, &then, &out->stretch, &l->err);
}

void
other_release(struct other_side *o)
{
	stretch_release(&o->stretch);
}

bool
other_feature(const struct loading *l, const struct other_side *o, const char *name, bool categorical,
	      struct reference_feature *out)
{
	const struct reference_feature *f;
	struct feature_in in;

	if (l->q->baseline == BASELINE_REFERENCE) {
		f = o->ref != NULL ? reference_feature_find(o->ref, name) : NULL;
		if (f != NULL)
			*out = *f;
		return f != NULL;
	}
	in = stretch_feature(&o->stretch, l->mem, l->s->model, l->s->version, name);
	*out = as_reference(name, &in);
	out->categorical = categorical;
	return in.rows > 0;
}

/* ---- cells ---- */

/* Rows a millisecond on the average of the range. */
static double
rows_per_ms(struct loading *l)
{
	struct promql_result r;
	struct buf expr = BUF_INIT;
	double rows = 0;

	buf_addstr(&expr, "sum(increase(ml_predictions_total{model=");
	labels_quote(&expr, l->s->model);
	buf_addstr(&expr, ",version=");
	labels_quote(&expr, l->s->version);
	buf_addstr(&expr, "}[");
	duration_format(&expr, l->q->range_ms);
	buf_addstr(&expr, "]))");
	if (view_query_text(&l->src, buf_str(&expr), &r, &l->err) == 0 && r.type == VALUE_VECTOR && r.n > 0)
		rows = r.vector[0].v;
	promql_result_release(&r);
	buf_release(&expr);
	return rows / (double)l->q->range_ms;
}

int64_t
drift_cell_width(struct loading *l, int columns)
{
	static const int64_t nice[] = {10 * MS_SECOND, 30 * MS_SECOND, MS_MINUTE,  2 * MS_MINUTE, 5 * MS_MINUTE,
				       10 * MS_MINUTE, 30 * MS_MINUTE, MS_HOUR,    2 * MS_HOUR,   6 * MS_HOUR,
				       12 * MS_HOUR,   MS_DAY,         2 * MS_DAY, 5 * MS_DAY};
	const double rate = rows_per_ms(l);
	const int64_t range = l->q->range_ms, since = baseline_end(l->q->baseline, l->src.now - range, range);
	const int64_t windows = store_resolution(l->src.store, since, &l->err);
	int64_t width = 0;

	for (size_t i = 0; i < sizeof nice / sizeof *nice; i++) {
		if (nice[i] * (columns > 0 ? columns : 1) < range || (windows > 0 && nice[i] % windows != 0))
			continue;
		if (width > 0 && nice[i] * LEAST_CELLS > range)
			break;
		width = nice[i];
		if (rate * (double)width >= MIN_ROWS)
			break;
	}
	return width > 0 ? width : range;
}
