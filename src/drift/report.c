/*
 * report.c -- one feature against what is current, and a verdict over all of them. Pure: no files, no text.
 *
 * A feature is judged by size with significance as a veto: a distance alone alarms in 95 % of drift-free windows of 50 rows, a p-value
 * alone in every window of 100,000.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/baseline.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"

#define SIGNIFICANT        0.05
#define HIGHLY_SIGNIFICANT 0.001
#define CRITICAL_TIMES     2.5
#define SHAPE_BINS         8

const char *const drift_severity_word[] = {
    [DRIFT_NONE] = "none", [DRIFT_WARNING] = "warning", [DRIFT_CRITICAL] = "critical"};

static void
shares(struct drift_feature *out, const struct contingency *t)
{
	out->psi = psi(t);
	out->psi_pvalue = psi_pvalue(t);
	out->js = js_distance(t);
	out->hellinger = hellinger_distance(t);
	out->tvd = total_variation(t);
}

/* Below which value so many of the reference lie, to a bin. */
static double
reference_quantile(const struct histogram *h, double share)
{
	const struct edge_bins *b = h->bins;
	double cum = 0;

	for (size_t i = 0; i < b->n; i++) {
		cum += b->count[i];
		if (cum >= share * h->count)
			return b->bin[i] / 2 < b->edges->n ? b->edges->at[b->bin[i] / 2] : b->max;
	}
	return b->max;
}

static void
shape_of(const struct histogram *h, double lo, double hi, float *out)
{
	const struct edge_bins *b = h->bins;

	for (size_t i = 0; i < b->n && h->count > 0; i++) {
		size_t k = b->bin[i] / 2;
		double v = b->count[i] > 0 && b->bin[i] % 2 == 0 ? b->sum[i] / b->count[i] : b->edges->at[k];
		double place = hi > lo ? (v - lo) / (hi - lo) * SHAPE_BINS : SHAPE_BINS / 2;

		place = place < 0 ? 0 : place > SHAPE_BINS - 1 ? SHAPE_BINS - 1 : place;
		out[(size_t)place] += (float)(b->count[i] / h->count);
	}
}

static void
compare_numeric(struct drift_feature *out, const struct reference_feature *ref, const struct histogram *cur)
{
	struct binning bins;
	struct wasserstein w;
	struct moments m = histogram_moments(cur);
	struct contingency t;
	double lo, hi;

	out->n_current = cur->count;
	out->cur.mean = m.mean;
	out->cur.stddev = m.stddev;
	out->cur.min = cur->bins->min;
	out->cur.max = cur->bins->max;
	if (drift_ks(&out->ks, ref->hist, cur) < 0 || isnan(out->ks.statistic))
		return;
	out->analysed = true;
	out->ks.bound += ref->rank_error;
	out->statistic = out->ks.statistic;
	out->pvalue = ks_pvalue(&out->ks, &out->method);
	drift_binning(&bins, ref->hist, cur);
	t = binning_table(&bins);
	shares(out, &t);
	drift_wasserstein(&w, ref->hist, cur);
	out->wasserstein = w.value;
	out->wasserstein_bound = w.bound;
	out->wasserstein_normed = wasserstein_normed(w.value, ref->stddev);
	lo = reference_quantile(ref->hist, 0.005);
	hi = reference_quantile(ref->hist, 0.995);
	out->n_shape = SHAPE_BINS;
	shape_of(ref->hist, lo, hi, out->shape_ref);
	shape_of(cur, lo, hi, out->shape_cur);
}

struct ranked {
	double n;
	size_t at;
};

static int
by_count(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : (x->at > y->at) - (x->at < y->at);
}

static void
category_shape(struct drift_feature *out, const struct contingency *t)
{
	struct ranked *r = xcalloc(t->k + 1, sizeof *r);

	for (size_t i = 0; i < t->k; i++)
		r[i] = (struct ranked){t->ref[i] / out->n_reference + t->cur[i] / out->n_current, i};
	qsort(r, t->k, sizeof *r, by_count);
	out->n_shape = t->k < SHAPE_BINS ? t->k : SHAPE_BINS;
	for (size_t i = 0; i < out->n_shape; i++) {
		out->shape_ref[i] = (float)(t->ref[r[i].at] / out->n_reference);
		out->shape_cur[i] = (float)(t->cur[r[i].at] / out->n_current);
	}
	free(r);
}

static void
compare_categories(struct drift_feature *out, const struct reference_feature *ref, struct category_set cur,
		   struct arena *mem)
{
	struct category_table c = category_table(mem, ref->categories, cur);

	for (size_t i = 0; i < c.t.k; i++)
		out->n_current += c.t.cur[i];
	if (!(out->n_reference > 0) || !(out->n_current > 0))
		return;
	out->analysed = true;
	out->chi2 = chi2_contingency(&c.t);
	shares(out, &c.t);
	out->statistic = out->tvd;
	out->pvalue = out->chi2.pvalue;
	out->new_share = new_share(&c.t);
	category_shape(out, &c.t);
}

void
drift_feature_compare(struct drift_feature *out, const struct reference_feature *ref, const struct histogram *cur_hist,
		      struct category_set cur_categories, struct arena *mem)
{
	const struct drift_side none = {NAN, NAN, NAN, NAN, 0};

	*out = (struct drift_feature){.reference = ref, .n_reference = (double)(ref->rows - ref->missing)};
	out->ks.statistic = out->statistic = out->pvalue = out->pvalue_adjusted = NAN;
	out->psi = out->psi_pvalue = out->js = out->hellinger = out->tvd = out->new_share = NAN;
	out->wasserstein = out->wasserstein_normed = out->wasserstein_bound = NAN;
	out->ref = out->cur = none;
	out->ref.missing = ref->missing;
	if (ref->categorical) {
		compare_categories(out, ref, cur_categories, mem);
		return;
	}
	out->ref = (struct drift_side){ref->mean, ref->stddev, ref->min, ref->max, ref->missing};
	if (cur_hist != NULL && cur_hist->count > 0)
		compare_numeric(out, ref, cur_hist);
}

static enum drift_severity
severity_of(const struct drift_feature *f, const struct drift_policy *p)
{
	double size = f->statistic, chance = f->pvalue_adjusted;

	if (!f->analysed || !(chance < SIGNIFICANT))
		return DRIFT_NONE;
	if (p->judge == JUDGE_PVALUE)
		return chance < HIGHLY_SIGNIFICANT ? DRIFT_CRITICAL : DRIFT_WARNING;
	if (!(size > p->limit))
		return DRIFT_NONE;
	return size > CRITICAL_TIMES * p->limit ? DRIFT_CRITICAL : DRIFT_WARNING;
}

void
drift_judge(struct drift_report *r, const struct drift_policy *policy)
{
	double *p = xcalloc(r->n + 1, sizeof *p);

	r->columns = r->drifted = 0;
	for (size_t i = 0; i < r->n; i++)
		p[i] = r->at[i].analysed ? r->at[i].pvalue : NAN;
	adjust_pvalues(p, r->n, policy->correction);
	for (size_t i = 0; i < r->n; i++) {
		r->at[i].pvalue_adjusted = p[i];
		r->at[i].severity = severity_of(&r->at[i], policy);
		r->columns += r->at[i].analysed;
		r->drifted += r->at[i].severity != DRIFT_NONE;
	}
	r->share_drifted = r->columns > 0 ? (double)r->drifted / (double)r->columns : 0;
	r->action_required = r->share_drifted > policy->share;
	free(p);
}
