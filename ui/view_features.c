/*
 * view_features.c -- drift of a model's features in one stretch of time: how far each is from its reference or from another stretch, and what
 * is said of it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "view_drift.h"

/* An edge at the extreme of the reference tells exactly what lies beyond; otherwise what was counted as out of range does. */
double
view_feature_beyond(const struct reference_feature *ref, const struct feature_in *now, bool above)
{
	const struct histogram *h = now->h;
	const double extreme = above ? ref->max : ref->min;
	double n = 0;
	bool edge = false;

	if (ref->edges == NULL)
		return NAN;
	for (size_t i = 0; i < ref->edges->n && !edge; i++)
		edge = ref->edges->at[i] == extreme;
	if (h == NULL || h->schema != HIST_EDGES || !edge)
		return above ? now->above : now->below;
	for (size_t i = 0; i < h->bins->n; i++) {
		const size_t k = h->bins->bin[i] / 2;
		const bool between = h->bins->bin[i] % 2 == 0;
		const double *at = h->bins->edges->at;

		if (above ? (between ? k > 0 && at[k - 1] >= extreme : at[k] > extreme)
			  : (between ? k < h->bins->edges->n && at[k] <= extreme : at[k] < extreme))
			n += h->bins->count[i];
	}
	return n;
}

static int
new_categories(const struct reference_feature *ref, const struct feature_in *now)
{
	int n = 0;

	for (size_t i = 0; i < now->categories.n; i++) {
		size_t k = 0;

		while (k < ref->categories.n && strcmp(ref->categories.at[k].name, now->categories.at[i].name) != 0)
			k++;
		n += k == ref->categories.n;
	}
	return n;
}

enum health
view_feature_health(const struct view_feature *f)
{
	const double x = f->value / f->limit;

	return f->few_rows || isnan(x) ? HEALTH_UNKNOWN
	       : x <= 1                ? HEALTH_OK
	       : x <= 2.5              ? HEALTH_WARNING
				       : HEALTH_BROKEN;
}

static void
fill_numbers(struct view_feature *f, struct arena *mem, const struct reference_feature *ref,
	     const struct feature_in *now)
{
	const struct reference_feature mine = as_reference(ref->name, now);
	const struct histogram *r = ref->hist, *h = now->h;
	struct edges *e = on_same_edges(mem, &r, &h);
	struct curve_point *curve, gap;
	const size_t n = r != NULL && h != NULL ? drift_curve(mem, r, h, &curve) : 0;

	f->mean = mine.mean;
	f->stddev = mine.stddev;
	f->ref_mean = ref->mean;
	f->ref_stddev = ref->stddev;
	f->unit_hint = view_unit_hint(mem, f->mean, f->ref_mean);
	edges_unref(e);
	if (n == 0)
		return;
	gap = curve_gap(curve, n);
	f->gap.at = gap.at;
	f->gap.ref = gap.ref;
	f->gap.now = gap.cur;
	f->above_share = view_feature_beyond(ref, now, true) / now->rows;
	f->below_share = view_feature_beyond(ref, now, false) / now->rows;
}

bool
view_few_rows(enum drift_against b, const struct reference_feature *ref, const struct feature_in *now)
{
	return now->rows < MIN_ROWS || (b != BASELINE_REFERENCE && ref->rows - ref->missing < MIN_ROWS);
}

void
view_feature_fill(struct view_feature *f, struct arena *mem, const struct view_drift_how *how,
		  const struct reference_feature *ref, const struct feature_in *now)
{
	struct drift_feature d = {.analysed = true, .pvalue = NAN, .psi = NAN};
	double value;

	if (how->value_only) {
		value = compare_one(how->statistic, mem, ref, now);
	} else {
		compare_whole(&d, mem, ref, now);
		value = statistic_of(how->statistic, &d);
	}
	*f = (struct view_feature){.name = arena_strdup(mem, ref->name),
				   .categorical = ref->categorical,
				   .few_rows = view_few_rows(how->baseline, ref, now),
				   .statistic = statistic_kind(how->statistic, ref->categorical)->word,
				   .value = value,
				   .bound = d.ks.bound,
				   .pvalue = d.pvalue,
				   .psi = d.psi,
				   .rows = now->rows,
				   .missing_share = now->missing > 0 ? now->missing / (now->missing + now->rows) : 0,
				   .new_share = d.new_share,
				   .mean = NAN,
				   .stddev = NAN,
				   .ref_mean = NAN,
				   .ref_stddev = NAN,
				   .ref_rows = (double)(ref->rows - ref->missing),
				   .ref_missing_share = ref->rows > 0 ? (double)ref->missing / (double)ref->rows : 0,
				   .above_share = NAN,
				   .below_share = NAN,
				   .gap = {NAN, NAN, NAN}};
	if (ref->categorical && ref->rows > 0)
		f->new_categories = new_categories(ref, now);
	else if (!ref->categorical)
		fill_numbers(f, mem, ref, now);
}

void
view_feature_judge(struct view_feature *f, const struct drift_limits *l, const char *model, const char *version,
		   enum statistic statistic)
{
	const struct statistic_kind *kind = statistic_kind(statistic, f->categorical);
	const struct label at[] = {{"feature", f->name}, {"model", model}, {"version", version}};
	const struct labels labels = {at, 3};

	f->limit = drift_limit(l, kind->function, &labels, kind->limit, &f->limit_is_default);
	f->health = view_feature_health(f);
}

static int
worst_first(const void *x, const void *y)
{
	const struct view_feature *a = x, *b = y;
	const double va = a->few_rows || isnan(a->value) ? -1 : a->value / a->limit;
	const double vb = b->few_rows || isnan(b->value) ? -1 : b->value / b->limit;

	return va > vb ? -1 : va < vb ? 1 : strcmp(a->name, b->name);
}

/* ---- all of a model ---- */

struct work {
	const struct view_source *s;
	struct arena *mem;
	const char *model, *version;
	const struct view_drift_how *how;
	const struct drift_limits *limits;
	struct stretch now, other; /* other: in the reference's place */
	struct view_feature *out;
	size_t n;
};

static void
add(struct work *w, const struct reference_feature *ref)
{
	const struct feature_in now = stretch_feature(&w->now, w->mem, w->model, w->version, ref->name);
	struct view_feature *f = &w->out[w->n++];

	view_feature_fill(f, w->mem, w->how, ref, &now);
	view_feature_judge(f, w->limits, w->model, w->version, w->how->statistic);
}

static void
against_reference(struct work *w, const struct reference *ref)
{
	w->out = arena_calloc(w->mem, reference_features(ref) + 1, sizeof *w->out);
	for (size_t i = 0; i < reference_features(ref); i++)
		add(w, reference_feature_at(ref, i));
}

static void
against_stretch(struct work *w)
{
	const char **names;
	const size_t n = stretch_features(&w->now, w->mem, &names);

	w->out = arena_calloc(w->mem, n + 1, sizeof *w->out);
	for (size_t i = 0; i < n; i++) {
		const struct feature_in now = stretch_feature(&w->now, w->mem, w->model, w->version, names[i]),
					then = stretch_feature(&w->other, w->mem, w->model, w->version, names[i]);
		struct reference_feature ref = as_reference(names[i], &then);

		ref.categorical = now.h == NULL; /* also when there was nothing then */
		add(w, &ref);
	}
}

int
view_features(const struct view_source *s, struct arena *mem, const char *model, const char *version,
	      struct view_drift_how *how, struct view_feature **out, size_t *n, struct err *e)
{
	const struct reference *ref =
	    s->promql->references != NULL ? references_find(s->promql->references, model, version) : NULL;
	struct stretch_of of = {.model = model, .version = version, .to = s->now, .counts = true};
	struct work w = {.s = s, .mem = mem, .model = model, .version = version, .how = how};
	struct drift_limits *limits = drift_limits_open(s);
	int rc = 0;

	*n = 0;
	w.limits = limits;
	if (how->window_ms == 0)
		how->window_ms = drift_window(limits, model, version);
	of.width_ms = how->window_ms;
	if (ref == NULL && how->baseline == BASELINE_REFERENCE) {
		drift_limits_close(limits);
		return 0;
	}
	rc = stretch_read(s, &of, &w.now, e);
	of.to = baseline_end(how->baseline, of.to, of.width_ms);
	if (rc == 0 && how->baseline != BASELINE_REFERENCE)
		rc = stretch_read(s, &of, &w.other, e);
	if (rc == 0 && how->baseline == BASELINE_REFERENCE)
		against_reference(&w, ref);
	else if (rc == 0)
		against_stretch(&w);
	if (w.n > 0)
		qsort(w.out, w.n, sizeof *w.out, worst_first);
	*out = w.out;
	*n = w.n;
	stretch_release(&w.now);
	stretch_release(&w.other);
	drift_limits_close(limits);
	return rc;
}
