/*
 * load_feature.c -- one feature against the other side: shares per bin or category, both curves, the statistic over time, a table of numbers.
 */
#include "load_drift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

#define CATEGORIES  60 /* that are shown; the rest is counted together */
#define NAMED       6  /* new and vanished ones */
#define EXPECTED    5  /* rows at least, for one that is not there to have vanished */
#define TIME_POINTS 30 /* of the statistic over time: one is what a cell of the heat map is */

/* ---- bins of numbers ---- */

static double
psi_of(double p, double q)
{
	p = fmax(p, PSI_FLOOR);
	q = fmax(q, PSI_FLOOR);
	return (q - p) * log(q / p);
}

static const char *
number_text(struct loading *l, double v)
{
	char text[16];

	short_number(text, v);
	return arena_strdup(l->mem, text);
}

static void
add_bin(struct part_feature *p, const char *label, double upper, struct feature_bin shares)
{
	shares.label = label;
	shares.upper = upper;
	p->bins[p->n_bins++] = shares;
}

static void
value_bins(struct loading *l, struct part_feature *p, const struct binning *b, double n1, double n2)
{
	for (size_t i = 0; i <= b->n_edges; i++) {
		const double ref = b->ref[i] / n1, now = b->cur[i] / n2;

		if (i == b->n_edges && now == 0)
			continue;
		add_bin(p, i < b->n_edges ? number_text(l, b->edge[i]) : "other", NAN,
			(struct feature_bin){.reference = ref, .now = now, .psi = psi_of(ref, now)});
	}
}

/* Which per cent of the reference is at or below an edge: the largest tenth whose value it is. */
static int
percent_at(const struct reference_feature *ref, const struct binning *b, size_t i)
{
	double below = 0;

	for (size_t k = 0; k <= i; k++)
		below += b->ref[k];
	return i < b->n_edges ? (int)floor(below / ref->hist->count * 10 + 1e-9) * 10 : 100;
}

/* Deciles; what lies outside the reference's range stands beside them, and counts for PSI in the outermost ones. */
static void
decile_bins(struct loading *l, struct part_feature *p, const struct binning *b, const struct reference_feature *ref,
	    const struct feature_in *now)
{
	const double n1 = ref->hist->count, n2 = now->h->count;
	const double below = fmax(view_feature_beyond(ref, now, false) / n2, 0),
		     above = fmax(view_feature_beyond(ref, now, true) / n2, 0); /* 0 also where it is not known */

	if (below > 0)
		add_bin(p, "below", ref->min, (struct feature_bin){.reference = 0, .now = below, .psi = NAN});
	for (size_t i = 0; i <= b->n_edges; i++) {
		const double r = b->ref[i] / n1, q = b->cur[i] / n2;
		const double inside = fmax(q - (i == 0 ? below : 0) - (i == b->n_edges ? above : 0), 0);

		add_bin(p, arena_printf(l->mem, "%d", percent_at(ref, b, i)), i < b->n_edges ? b->edge[i] : ref->max,
			(struct feature_bin){.reference = r, .now = inside, .psi = psi_of(r, q)});
	}
	if (ref->edges != NULL)
		add_bin(p, "above", above > 0 ? now->h->bins->max : NAN,
			(struct feature_bin){.reference = 0, .now = above, .psi = NAN});
}

static void
numeric_bins(struct loading *l, struct part_feature *p, const struct reference_feature *ref,
	     const struct feature_in *now)
{
	struct binning b;

	if (drift_binning(&b, ref->hist, now->h) < 0)
		return;
	p->bins = arena_calloc(l->mem, BINNING_MAX + 3, sizeof *p->bins);
	p->by_value = b.by_value;
	if (b.by_value)
		value_bins(l, p, &b, ref->hist->count, now->h->count);
	else
		decile_bins(l, p, &b, ref, now);
}

/* ---- curves ---- */

/* Now's share at equal steps of the reference's share, each with what lies up to the next. */
static void
make_curve(struct loading *l, struct part_feature *p, const struct reference_feature *ref, const struct feature_in *now)
{
	struct curve_point *at;
	const size_t n = drift_curve(l->mem, ref->hist, now->h, &at);
	double *v = arena_alloc(l->mem, CHART_POINTS * sizeof *v);
	size_t k = 0;

	if (n == 0)
		return;
	for (size_t i = 0; i < CHART_POINTS; i++) {
		while (k + 1 < n && at[k].ref < (double)i / (CHART_POINTS - 1))
			k++;
		v[i] = at[k].cur;
	}
	v[CHART_POINTS - 1] = 1;
	p->curve = v;
	for (int i = 0; i < 6; i++)
		p->curve_label[i] = number_text(l, i == 0   ? ref->min
						   : i == 5 ? ref->max
							    : histogram_quantile(ref->hist, i / 5.0));
}

/* ---- categories ---- */

static int
largest_first(const void *x, const void *y)
{
	const struct feature_bin *a = x, *b = y;
	const double va = fmax(a->reference, a->now), vb = fmax(b->reference, b->now);

	return va > vb ? -1 : va < vb ? 1 : strcmp(a->label, b->label);
}

/* "m_5411 (31 %), m_5412 (2 %) and 12 more": those of one side only. */
static const char *
named(struct loading *l, const struct part_feature *p, bool fresh, double rows)
{
	struct buf text = BUF_INIT;
	const char *out = NULL;
	int n = 0;

	for (size_t i = 0; i < p->n_bins; i++) {
		const struct feature_bin *b = &p->bins[i];
		char share[32];

		if (fresh ? !(b->reference == 0 && b->now > 0) : !(b->now == 0 && b->reference * rows >= EXPECTED))
			continue;
		quantity_text(share, (struct quantity){fresh ? b->now : b->reference, UNIT_SHARE, NULL});
		if (n++ < NAMED)
			buf_addf(&text, "%s%s (%s%s)", text.len > 0 ? ", " : "", b->label, fresh ? "" : "was ", share);
	}
	if (n > NAMED)
		buf_addf(&text, " and %d more", n - NAMED);
	if (n > 0)
		out = arena_strdup(l->mem, buf_str(&text));
	buf_release(&text);
	return out;
}

static void
category_bins(struct loading *l, struct part_feature *p, const struct reference_feature *ref,
	      const struct feature_in *now)
{
	const struct category_table t = category_table(l->mem, ref->categories, now->categories);
	double n1 = 0;

	for (size_t i = 0; i < t.t.k; i++)
		n1 += t.t.ref[i];
	p->bins = arena_calloc(l->mem, t.t.k + 1, sizeof *p->bins);
	for (size_t i = 0; i < t.t.k; i++) {
		const double r = n1 > 0 ? t.t.ref[i] / n1 : 0, q = now->rows > 0 ? t.t.cur[i] / now->rows : 0;

		add_bin(p, arena_strdup(l->mem, t.names[i]), NAN,
			(struct feature_bin){.reference = r, .now = q, .psi = psi_of(r, q)});
	}
	if (p->n_bins > 1)
		qsort(p->bins, p->n_bins, sizeof *p->bins, largest_first);
	p->fresh = named(l, p, true, now->rows);
	p->vanished = named(l, p, false, now->rows);
	if (p->n_bins > CATEGORIES)
		p->n_bins = CATEGORIES;
	p->chi2 = chi2_contingency(&t.t).statistic;
	p->chi2_dof = chi2_contingency(&t.t).dof;
}

/* ---- the table of numbers ---- */

static struct feature_side
side_of_stretch(const char *name, const struct reference_feature *ref, const struct feature_in *in)
{
	const struct reference_feature mine = as_reference(name, in);
	const bool edges = in->h != NULL && in->h->schema == HIST_EDGES && in->h->count > 0;
	struct feature_side s = {.name = name,
				 .rows = in->rows,
				 .missing_share = in->missing > 0 ? in->missing / (in->missing + in->rows) : 0,
				 .invalid = in->invalid,
				 .mean = mine.mean,
				 .stddev = mine.stddev,
				 .min = edges ? mine.min : NAN,
				 .max = edges ? mine.max : NAN,
				 .p50 = in->h != NULL ? histogram_quantile(in->h, 0.5) : NAN,
				 .p90 = in->h != NULL ? histogram_quantile(in->h, 0.9) : NAN,
				 .below_share = NAN,
				 .above_share = NAN,
				 .categories = (double)in->categories.n};

	if (ref != NULL && in->rows > 0) {
		s.below_share = view_feature_beyond(ref, in, false) / in->rows;
		s.above_share = view_feature_beyond(ref, in, true) / in->rows;
	}
	return s;
}

static struct feature_side
side_of_reference(const struct reference_feature *r)
{
	return (struct feature_side){.name = "reference",
				     .rows = (double)(r->rows - r->missing),
				     .missing_share = r->rows > 0 ? (double)r->missing / (double)r->rows : 0,
				     .invalid = NAN,
				     .mean = r->categorical ? NAN : r->mean,
				     .stddev = r->categorical ? NAN : r->stddev,
				     .min = r->categorical ? NAN : r->min,
				     .max = r->categorical ? NAN : r->max,
				     .p50 = r->categorical ? NAN : histogram_quantile(r->hist, 0.5),
				     .p90 = r->categorical ? NAN : histogram_quantile(r->hist, 0.9),
				     .below_share = NAN,
				     .above_share = NAN,
				     .categories = (double)r->categories.n};
}

/* Another stretch of the same length that ended before this one. */
static void
read_side(struct loading *l, struct part_feature *p, int side, const char *name, const struct stretch_of *now,
	  const struct reference_feature *ref, int64_t back_ms)
{
	struct stretch_of of = *now;
	struct feature_in in;
	struct stretch x;

	of.to -= back_ms;
	if (stretch_read(&l->src, &of, &x, &l->err) == 0) {
		in = stretch_feature(&x, l->mem, of.model, of.version, of.feature);
		if (in.rows > 0)
			p->side[side] = side_of_stretch(name, ref, &in);
	}
	stretch_release(&x);
}

/* ---- all of it ---- */

static void
over_time(struct loading *l, struct part_feature *p, const struct part_feature *before)
{
	struct stretch_of of = drift_stretch(l, p->f.name, l->src.now, 0);
	struct buf expr = BUF_INIT;

	p->span = chart_span(l);
	p->width_ms = of.width_ms = drift_cell_width(l, TIME_POINTS);
	view_drift_expression(&expr, statistic_kind(l->q->statistic, p->f.categorical)->function, &of, p->f.categorical,
			      l->q->baseline);
	if (before != NULL && before->width_ms != p->width_ms)
		before = NULL;
	l->back_ms = l->src.now - baseline_end(l->q->baseline, l->src.now, of.width_ms);
	p->over_time = load_track(l, buf_str(&expr), p->span, before != NULL ? &before->over_time : NULL,
				  before != NULL ? before->span : p->span);
	buf_release(&expr);
}

static void
compare_numbers(struct loading *l, struct part_feature *p, struct reference_feature *ref, struct feature_in *now)
{
	struct drift_feature d;
	struct edges *e;

	compare_whole(&d, l->mem, ref, now);
	p->wasserstein = d.wasserstein;
	e = on_same_edges(l->mem, &ref->hist, &now->h);
	if (e != NULL) {
		ref->edges = e;
		ref->min = ref->hist->bins->min;
		ref->max = ref->hist->bins->max;
	}
	if (ref->hist != NULL) {
		numeric_bins(l, p, ref, now);
		make_curve(l, p, ref, now);
	}
	edges_unref(e);
}

static void
read_now(struct loading *l, struct part_feature *p, const struct stretch_of *of,
	 const struct reference_feature *trained)
{
	struct reference_feature ref;
	struct other_side other = {0};
	struct feature_in in;
	struct stretch x;

	if (stretch_read(&l->src, of, &x, &l->err) == 0 && other_read(l, of, &other) == 0) {
		in = stretch_feature(&x, l->mem, of->model, of->version, of->feature);
		p->side[SIDE_NOW] = side_of_stretch("now", trained, &in);
		if (!other_feature(l, &other, of->feature, p->f.categorical, &ref))
			ref = as_reference(of->feature, &(struct feature_in){0});
		p->edges = ref.hist != NULL && ref.hist->schema == HIST_EDGES ? (int)ref.hist->bins->edges->n : 0;
		if (p->f.categorical) {
			category_bins(l, p, &ref, &in);
		} else if (ref.hist != NULL && in.h != NULL && ref.hist->count > 0 && in.h->count > 0) {
			compare_numbers(l, p, &ref, &in);
		}
	}
	other_release(&other);
	stretch_release(&x);
}

void *
load_feature(struct loading *l)
{
	const struct part_features *all = l->s->features;
	struct part_feature *p = arena_calloc(l->mem, 1, sizeof *p);
	const struct reference *ref = drift_reference(l);
	const struct reference_feature *trained;
	struct stretch_of of;
	size_t i = 0;

	p->wasserstein = NAN;
	while (all != NULL && l->s->feature != NULL && i < all->n && strcmp(all->at[i].name, l->s->feature) != 0)
		i++;
	if (all == NULL || l->s->feature == NULL || i == all->n)
		return p;
	p->f = all->at[i];
	p->f.name = arena_strdup(l->mem, p->f.name);
	p->f.unit_hint = p->f.unit_hint != NULL ? arena_strdup(l->mem, p->f.unit_hint) : NULL;
	p->window = all->window;
	p->against = arena_strdup(l->mem, all->against);
	of = drift_stretch(l, p->f.name, p->window.to, p->window.to - p->window.from);
	of.counts = true;
	trained = ref != NULL ? reference_feature_find(ref, p->f.name) : NULL;
	if (trained != NULL)
		p->side[SIDE_REFERENCE] = side_of_reference(trained);
	read_now(l, p, &of, trained);
	read_side(l, p, SIDE_WEEK, "week ago", &of, trained, 7 * MS_DAY);
	if (l->q->baseline == BASELINE_PREVIOUS)
		read_side(l, p, SIDE_BEFORE, "before", &of, trained, of.width_ms);
	over_time(l, p, l->before);
	return p;
}
