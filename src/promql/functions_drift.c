/*
 * functions_drift.c -- the drift functions of PromQL: what src/drift computes, over vectors of histograms and
 * category counts. See functions.h for how a row works.
 *
 * Each element (histograms) or each group of elements that differ in the label `category` only (counts) is compared with its
 * reference, or with the element of the same labels of the second argument, which then is the reference side. What
 * cannot be judged -- no reference, other edges, nothing on the other side -- yields a warning and no sample, never a zero.
 * A window without values yields no sample.
 */
#include "functions_drift.h"

#include <math.h>
#include <string.h>

#include "mlwatch/sketch.h"

/* ---- the measures ---- */

static struct contingency
bins_of(const struct sides *s, struct binning *b)
{
	drift_binning(b, s->ref, s->cur);
	return binning_table(b);
}

static double
measure_ks(const struct sides *s)
{
	struct ks k;

	drift_ks(&k, s->ref, s->cur);
	return k.statistic;
}

static double
measure_ks_pvalue(const struct sides *s)
{
	struct ks k;

	drift_ks(&k, s->ref, s->cur);
	return ks_pvalue(&k, NULL);
}

static double
measure_wasserstein(const struct sides *s)
{
	struct wasserstein w;

	drift_wasserstein(&w, s->ref, s->cur);
	return wasserstein_normed(w.value, s->ref_stddev);
}

/* The measures on shares: of decile bins or of categories. */
#define ON_SHARES(NAME, FUNCTION)                                                                                      \
	static double NAME##_numeric(const struct sides *s)                                                            \
	{                                                                                                              \
		struct binning b;                                                                                      \
		struct contingency t = bins_of(s, &b);                                                                 \
                                                                                                                       \
		return FUNCTION(&t);                                                                                   \
	}                                                                                                              \
	static double NAME##_categorical(const struct sides *s)                                                        \
	{                                                                                                              \
		return FUNCTION(&s->t.t);                                                                              \
	}

ON_SHARES(measure_psi, psi)
ON_SHARES(measure_psi_pvalue, psi_pvalue)
ON_SHARES(measure_js, js_distance)
ON_SHARES(measure_hellinger, hellinger_distance)
ON_SHARES(measure_tvd, total_variation)

static double
measure_chi2(const struct sides *s)
{
	return chi2_contingency(&s->t.t).statistic;
}

static double
measure_chi2_pvalue(const struct sides *s)
{
	return chi2_contingency(&s->t.t).pvalue;
}

static double
measure_new_share(const struct sides *s)
{
	return new_share(&s->t.t);
}

static double
measure_rows(const struct sides *s)
{
	return s->rows;
}

/* ---- references ---- */

const struct reference_feature *
drift_find_reference(const struct drift_call *c, struct labels l, const struct edges *edges)
{
	const char *model = labels_get(l, "model"), *version = labels_get(l, "version"),
		   *feature = labels_get(l, "feature");
	const struct reference *r = references_find(c->references, model, version);
	const struct reference_feature *f = r != NULL ? reference_feature_find(r, feature) : NULL, *other;

	for (size_t i = 0; f == NULL && (r = references_next(c->references, model, version, &i)) != NULL;) {
		other = reference_feature_find(r, feature);
		if (other != NULL && (edges == NULL || (other->edges != NULL && other->edges->id == edges->id)))
			f = other;
	}
	return f;
}

void
drift_warn_no_reference(const struct drift_call *c, const struct measure *m, struct labels l)
{
	drift_warn(c, "%s: no reference for feature \"%s\" of model \"%s\" version \"%s\"", m->name,
		   labels_get(l, "feature"), labels_get(l, "model"), labels_get(l, "version"));
}

void
drift_result(const struct drift_call *c, struct labels l, double v)
{
	if (!isnan(v))
		drift_emit(c, l, v);
}

void
drift_warn_no_other_side(const struct drift_call *c, const struct measure *m, struct labels l)
{
	drift_warn(c, "%s: nothing to compare feature \"%s\" of model \"%s\" with on the other side", m->name,
		   labels_get(l, "feature"), labels_get(l, "model"));
}

static void
compare_all(const struct drift_call *c, const struct measure *m)
{
	for (size_t i = 0; i < c->n_a; i++)
		if (c->a[i].h != NULL)
			drift_compare_histogram(c, m, &c->a[i]);
	drift_compare_categories(c, m);
}

/* ---- the table ---- */

#define MEASURES(X)                                                                                                    \
	X(drift_ks, measure_ks, NULL, false)                                                                           \
	X(drift_ks_pvalue, measure_ks_pvalue, NULL, false)                                                             \
	X(drift_psi, measure_psi_numeric, measure_psi_categorical, false)                                              \
	X(drift_psi_pvalue, measure_psi_pvalue_numeric, measure_psi_pvalue_categorical, false)                         \
	X(drift_js, measure_js_numeric, measure_js_categorical, false)                                                 \
	X(drift_hellinger, measure_hellinger_numeric, measure_hellinger_categorical, false)                            \
	X(drift_tvd, measure_tvd_numeric, measure_tvd_categorical, false)                                              \
	X(drift_wasserstein, measure_wasserstein, NULL, false)                                                         \
	X(drift_chi2, NULL, measure_chi2, false)                                                                       \
	X(drift_chi2_pvalue, NULL, measure_chi2_pvalue, false)                                                         \
	X(drift_new_share, NULL, measure_new_share, false)                                                             \
	X(drift_rows, measure_rows, measure_rows, true)

#define EVAL(NAME, NUMERIC, CATEGORICAL, FREE)                                                                         \
	static void eval_##NAME(const struct drift_call *c)                                                            \
	{                                                                                                              \
		static const struct measure m = {#NAME, NUMERIC, CATEGORICAL, FREE};                                   \
                                                                                                                       \
		compare_all(c, &m);                                                                                    \
	}
MEASURES(EVAL)

#define ROW(NAME, NUMERIC, CATEGORICAL, FREE) {#NAME, 1, 2, eval_##NAME},
const struct drift_function drift_functions[] = {MEASURES(ROW)};
const size_t n_drift_functions = sizeof drift_functions / sizeof *drift_functions;
