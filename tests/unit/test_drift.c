/*
 * test_drift.c -- the statistics against values from elsewhere, and what must hold for any data.
 *
 * Unless another origin is named, expected values come from scipy 1.10.1; those of ks_exact from counting lattice paths with integers
 * of any size. The script (Python 3):
 *
 *   exact: inside[x][y] = number of paths from (0,0) to (x,y) through cells with |x*n2/g - y*n1/g| < h;
 *          p = 1 - inside[n1][n2] / C(n1+n2, n1), as a Fraction
 *   kstwo: scipy.stats.kstwo.sf(d, n)                 chi2: scipy.stats.chi2.sf(x, df), logsf / ln 10
 *   textbook: class Lcg as in tests/drift_rows.h, rows(2024, 1000, 35, 10, 45000, 15000) and rows(2025, 500, 28, 8, 44000, 15000),
 *          each row age = mean + dev * bell, income likewise, purchases = poisson5;
 *          scipy.stats.ks_2samp, wasserstein_distance, math.fsum / n
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drift_rows.h"
#include "mlwatch/arena.h"
#include "mlwatch/baseline.h"
#include "mlwatch/buf.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

static void
close_to(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.17g, expected %.17g", got, want);
}

static void
ks_exact__counts_paths_as_integers_do(void **state)
{
	static const struct {
		uint64_t n1, n2, h;
		double p, log10p;
	} t[] = {
	    {7, 5, 12, 0.73737373737373735, -0.13231233447709378},
	    {40, 25, 90, 0.0024970309124088463, -2.6025760811947194},
	    {300, 200, 70, 0.07212870919414853, -1.141891839817049},
	    {1000, 777, 77700, 0.00028908154527242254, -3.5389796324461713},
	    {950, 19, 600, 1.0625241714745262e-07, -6.9736611813542595},
	    {64, 64, 20, 0.0036549418370471769, -2.4371195298006327},
	};
	double log10p;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		close_to(ks_exact_sf(t[i].n1, t[i].n2, t[i].h, &log10p), t[i].p, 1e-12);
		close_to(log10p, t[i].log10p, 1e-12);
		close_to(ks_exact_sf(t[i].n2, t[i].n1, t[i].h, NULL), t[i].p, 1e-12); /* symmetric */
	}
}

/* Disjoint sides: two of C(n1+n2, n1) orders. log10 by lgamma. */
static void
ks_exact__has_a_logarithm_where_the_value_underflows(void **state)
{
	const double n1 = 3000, n2 = 2999;
	double log10p, want = (log(2) + lgamma(n1 + 1) + lgamma(n2 + 1) - lgamma(n1 + n2 + 1)) / log(10);

	(void)state;
	assert_true(ks_exact_sf(3000, 2999, 3000 * 2999, &log10p) == 0);
	close_to(log10p, want, 1e-10);
	ks_exact_sf(3000, 3000, 3000, &log10p);
	close_to(log10p, (log(2) + 2 * lgamma(n1 + 1) - lgamma(2 * n1 + 1)) / log(10), 1e-10);
}

static void
ks_one_sample__agrees_with_scipy(void **state)
{
	static const struct {
		uint64_t n;
		double d, p, relative;
	} t[] = {
	    {3, 0.7, 0.054000000000000027, 1e-12},      {12, 0.25, 0.37790643265028168, 1e-10},
	    {60, 0.11, 0.43137495417951088, 1e-10},     {139, 0.05, 0.86043967985924719, 1e-10},
	    {139, 0.2, 2.3829672649172915e-05, 1e-9},   {400, 0.03, 0.85341154536734265, 1e-5},
	    {400, 0.09, 0.0028652847831479775, 1e-9},   {5000, 0.012, 0.4639912166690191, 1e-6},
	    {5000, 0.05, 2.6523052328711187e-11, 1e-9}, {700000, 0.0015, 0.085611826064906693, 1e-6},
	    {20, 0.6, 2.0483011649719853e-07, 1e-10},   {900, 0.0009, 1, 1e-12},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		close_to(ks_one_sample_sf(t[i].n, t[i].d), t[i].p, t[i].relative);
	assert_true(isnan(ks_one_sample_sf(0, 0.5)));
	assert_true(ks_one_sample_sf(10, 1) == 0 && ks_one_sample_sf(10, 0) == 1);
}

static void
chi2__tail_and_its_logarithm(void **state)
{
	static const struct {
		double x, df, p, log10p;
	} t[] = {
	    {3.3, 2, 0.19204990862075405, -0.71658589514036564},
	    {0.02, 5, 0.99999701239846805, -1.2975007976581597e-06},
	    {77.5, 12, 1.2344643268451645e-11, -10.908521455653592},
	    {1234.5, 40, 7.567504939812571e-233, -232.12104728687845},
	};
	double log10p;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		close_to(chi2_sf(t[i].x, t[i].df, &log10p), t[i].p, 1e-9);
		close_to(log10p, t[i].log10p, 1e-9);
	}
	assert_true(chi2_sf(2500, 9, &log10p) == 0 && isfinite(log10p) && log10p < -500);
	assert_true(chi2_sf(5, 0, &log10p) == 1 && log10p == 0);
	assert_true(isnan(chi2_sf(NAN, 3, NULL)));
}

static void
tables__of_counts(void **state)
{
	static const double r[] = {120, 80, 44, 6, 0}, c[] = {100, 95, 30, 3, 7}, r2[] = {30, 12}, c2[] = {18, 25};
	const struct contingency t = {r, c, 5}, t4 = {r, c, 4}, two = {r2, c2, 2};
	struct chi2 x = chi2_contingency(&t), g = g_contingency(&t);

	(void)state;
	close_to(x.statistic, 13.301350380499319, 1e-12);
	close_to(x.pvalue, 0.0098934605941613223, 1e-10);
	assert_true(x.dof == 4);
	close_to(g.statistic, 16.032130640457474, 1e-12);
	close_to(g.pvalue, 0.0029763507822011225, 1e-10);
	close_to(chi2_goodness_of_fit(&t4).statistic, 11.145152179691658, 1e-12);
	close_to(chi2_goodness_of_fit(&t4).pvalue, 0.010966326337665065, 1e-10);
	assert_true(isinf(chi2_goodness_of_fit(&t).statistic) && chi2_goodness_of_fit(&t).pvalue == 0);
	close_to(psi(&t), 0.2179859878763446, 1e-12);
	close_to(psi_pvalue(&t), 2.6211212178597663e-05, 1e-9);
	close_to(js_distance(&t), 0.15383339619447217, 1e-12);
	close_to(hellinger_distance(&t), 0.14487096674061667, 1e-12);
	close_to(total_variation(&t), 0.11404255319148934, 1e-12);
	close_to(new_share(&t), 7.0 / 235, 1e-15);
	close_to(fisher_exact_pvalue(&two), 0.0085429521190048176, 1e-10);
	close_to(chi2_contingency_yates(&two).pvalue, 0.011400172800365751, 1e-10);
}

static void
tables__without_data_are_nan_not_zero(void **state)
{
	static const double none[] = {0, 0}, some[] = {3, 4};
	const struct contingency t[] = {{none, some, 2}, {some, none, 2}, {NULL, NULL, 0}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(isnan(psi(&t[i])) && isnan(js_distance(&t[i])) && isnan(hellinger_distance(&t[i])));
		assert_true(isnan(total_variation(&t[i])) && isnan(new_share(&t[i])) && isnan(psi_pvalue(&t[i])));
		assert_true(isnan(chi2_contingency(&t[i]).pvalue) && isnan(chi2_goodness_of_fit(&t[i]).pvalue));
	}
}

static void
raw__tests_on_values(void **state)
{
	static const double a[] = {1.5, 2, 2, 3.25, 7, 7, 9}, b[] = {0.5, 2, 3, 4, 4, 8, 11, 12};
	struct rank_test c = raw_cramer_von_mises(a, 7, b, 8), m = raw_mann_whitney(a, 7, b, 8);

	(void)state;
	close_to(raw_wasserstein(a, 7, b, 8), 1.5982142857142856, 1e-14);
	close_to(raw_energy(a, 7, b, 8), 0.76411046054766674, 1e-13);
	close_to(c.statistic, 0.077579365079365026, 1e-12);
	close_to(c.pvalue, 0.79886890983355829, 1e-9);
	assert_true(m.statistic == 23);
	close_to(m.pvalue, 0.6005663217989579, 1e-12);
}

/* Adjusted by hand: sorted 0.001 0.01 0.03 0.04 0.5. */
static void
adjust__bonferroni_holm_and_benjamini_hochberg(void **state)
{
	static const double p[] = {0.03, NAN, 0.001, 0.5, 0.01, 0.04};
	static const double want[3][6] = {{0.15, NAN, 0.005, 1, 0.05, 0.2},
					  {0.09, NAN, 0.005, 0.5, 0.04, 0.09},
					  {0.05, NAN, 0.005, 0.5, 0.025, 0.05}};
	static const enum correction how[] = {CORRECTION_BONFERRONI, CORRECTION_HOLM, CORRECTION_BH};

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		double q[6];

		memcpy(q, p, sizeof q);
		adjust_pvalues(q, 6, how[k]);
		for (size_t i = 0; i < 6; i++)
			if (i == 1)
				assert_true(isnan(q[i]));
			else
				close_to(q[i], want[k][i], 1e-12);
	}
}

/* ---- summaries ---- */

#define ROWS_MAX 4000

struct column {
	double v[ROWS_MAX];
	size_t n;
};

/* A reference feature as `mlwatch baseline` makes it, with so many bins. */
static struct reference *
reference_of(const struct column *c, size_t max_bins)
{
	const struct baseline_spec spec = {
	    .head = {"m", "1", "2026-01-01", 0}, .max_bins = max_bins, .only = {(const char *[]){"x"}, 1}};
	struct baseline *b = baseline_open(&spec);
	struct table_sink s = baseline_sink(b);
	struct reference *r;
	char text[64];

	s.column(s.arg, "x");
	for (size_t i = 0; i < c->n; i++) {
		int n = snprintf(text, sizeof text, "%.17g", c->v[i]);

		s.row(s.arg, &(struct cell){0, text, (size_t)n, CELL_TEXT}, 1);
	}
	r = baseline_finish(b, NULL, NULL);
	baseline_close(b);
	assert_int_equal(reference_features(r), 1);
	return r;
}

static void
sort_column(struct column *c)
{
	raw_sort(c->v, c->n);
}

static const struct edges *
edges_by_id(void *arg, uint64_t id)
{
	const struct edges *e = arg;

	return e->id == id ? e : NULL;
}

/* The values spread over windows in a random way, encoded, merged in a random order, decoded. */
static struct histogram *
through_windows(struct arena *mem, struct edges *e, const struct column *c, struct lcg *g)
{
	enum { WINDOWS = 9 };
	struct edgehist *h[WINDOWS];
	struct buf blob[WINDOWS] = {0};
	struct histogram *out;

	for (size_t i = 0; i < WINDOWS; i++)
		h[i] = edgehist_open(e);
	for (size_t i = 0; i < c->n; i++)
		edgehist_add(h[lcg_below(g, WINDOWS)], c->v[i]);
	for (size_t i = 0; i < WINDOWS; i++) {
		edgehist_encode(&blob[i], h[i]);
		edgehist_close(h[i]);
	}
	for (size_t n = WINDOWS; n > 1; n--) {
		size_t i = lcg_below(g, n), j = (i + 1 + lcg_below(g, n - 1)) % n;
		struct buf merged = BUF_INIT;

		assert_int_equal(sketch_merge(&merged, blob[i].p, blob[i].len, blob[j].p, blob[j].len, NULL), 0);
		buf_release(&blob[i]);
		blob[i] = merged;
		buf_release(&blob[j]);
		blob[j] = blob[n - 1];
	}
	assert_int_equal(sketch_histogram(mem, blob[0].p, blob[0].len, edges_by_id, e, &out, NULL), 0);
	buf_release(&blob[0]);
	return out;
}

static double
draw(int shape, struct lcg *g)
{
	switch (shape) {
	case 0:
		return lcg_bell(g);
	case 1:
		return floor(20 * lcg_uniform(g)) / 4;
	case 2:
		return 1 / (1 - lcg_uniform(g));
	case 3:
		return lcg_uniform(g) < 0.6 ? 0 : lcg_bell(g) - 3;
	default:
		return 1e15 + floor(300 * lcg_uniform(g));
	}
}

static void
ks__of_merged_windows_is_exact_or_within_its_bound(void **state)
{
	static struct column ref, cur;
	struct lcg g = {77};

	(void)state;
	for (int round = 0; round < 60; round++) {
		size_t bins = round % 3 == 0 ? 50 : 4000;
		struct arena *mem = arena_open();
		struct reference *r;
		const struct reference_feature *f;
		struct ks raw, k;
		struct wasserstein w;
		double exact;

		ref.n = 2 + lcg_below(&g, 1500);
		cur.n = 1 + lcg_below(&g, 1500);
		for (size_t i = 0; i < ref.n; i++)
			ref.v[i] = draw(round % 5, &g);
		for (size_t i = 0; i < cur.n; i++)
			cur.v[i] = draw(round % 5, &g) * (round % 2 ? 1 : 1.125);
		r = reference_of(&ref, bins);
		f = reference_feature_at(r, 0);
		drift_ks(&k, f->hist, through_windows(mem, f->edges, &cur, &g));
		drift_wasserstein(&w, f->hist, through_windows(mem, f->edges, &cur, &g));
		sort_column(&ref);
		sort_column(&cur);
		raw = drift_ks_raw(ref.v, ref.n, cur.v, cur.n);
		exact = raw_wasserstein(ref.v, ref.n, cur.v, cur.n);
		assert_int_equal(k.den, raw.den);
		if (bins == 4000) {
			assert_int_equal(k.num, raw.num);
			assert_true(k.bound == 0);
		} else {
			assert_true(k.num <= raw.num);
			assert_true(k.statistic + k.bound >= raw.statistic);
			assert_true(k.bound <= 1.0 / 50 + 2.0 / (double)ref.n);
		}
		assert_true(exact >= w.value * (1 - 1e-9) - 1e-6);
		assert_true(exact <= (w.value + w.bound) * (1 + 1e-9) + 1e-6);
		reference_close(r);
		arena_close(mem);
	}
}

/* Reference 1, 2, 3, 4; current 3, 3, 4, 5: shares at or below each by counting. */
static void
curve__has_both_distribution_functions_after_every_bin(void **state)
{
	static const double ref[] = {1, 2, 3, 4}, cur[] = {3, 3, 4, 5};
	static const struct curve_point want[] = {{1, 0.25, 0}, {2, 0.5, 0}, {3, 0.75, 0.5}, {4, 1, 0.75}, {5, 1, 1}};
	struct arena *mem = arena_open();
	struct edges *e = edges_make(ref, 4, 0);
	struct edgehist *a = edgehist_open(e), *b = edgehist_open(e), *none = edgehist_open(e);
	struct curve_point *at, gap;
	struct ks k;

	(void)state;
	edgehist_add_n(a, ref, 4);
	edgehist_add_n(b, cur, 4);
	assert_int_equal(drift_curve(mem, edgehist_histogram(mem, a), edgehist_histogram(mem, b), &at), 5);
	for (size_t i = 0; i < 5; i++)
		assert_memory_equal(&at[i], &want[i], sizeof *at);
	gap = curve_gap(at, 5); /* half of the reference is at or below 2, nothing of the other */
	assert_true(gap.at == 2 && gap.ref == 0.5 && gap.cur == 0);
	drift_ks(&k, edgehist_histogram(mem, a), edgehist_histogram(mem, b));
	assert_true(k.statistic == gap.ref - gap.cur);
	assert_int_equal(drift_curve(mem, edgehist_histogram(mem, a), edgehist_histogram(mem, none), &at), 0);
	edgehist_close(a);
	edgehist_close(b);
	edgehist_close(none);
	edges_unref(e);
	arena_close(mem);
}

static void
ks__of_histograms_on_other_edges_is_refused(void **state)
{
	const double one[] = {1, 2}, two[] = {1, 3};
	struct arena *mem = arena_open();
	struct edges *e = edges_make(one, 2, 0), *o = edges_make(two, 2, 0);
	struct edgehist *h = edgehist_open(e), *i = edgehist_open(o);
	struct ks k;

	(void)state;
	assert_int_equal(drift_ks(&k, edgehist_histogram(mem, h), edgehist_histogram(mem, i)), -1);
	assert_int_equal(drift_ks(&k, edgehist_histogram(mem, h), edgehist_histogram(mem, h)), 0);
	assert_true(isnan(k.statistic) && isnan(ks_pvalue(&k, NULL))); /* nobody there */
	edgehist_close(h);
	edgehist_close(i);
	edges_unref(e);
	edges_unref(o);
	arena_close(mem);
}

/* ---- a textbook case: age drifts, purchases do not ---- */

struct people {
	struct column age, income, purchases;
};

static void
draw_people(struct people *p, uint64_t seed, size_t n, double age, double age_dev, double income, double income_dev)
{
	struct lcg g = {seed};

	for (size_t i = 0; i < n; i++) {
		p->age.v[i] = age + age_dev * lcg_bell(&g);
		p->income.v[i] = income + income_dev * lcg_bell(&g);
		p->purchases.v[i] = lcg_poisson5(&g);
	}
	p->age.n = p->income.n = p->purchases.n = n;
}

static void
textbook__figures_are_those_of_scipy(void **state)
{
	static const struct {
		const char *name;
		double ks, p, wasserstein, ref_mean, cur_mean;
		enum drift_severity severity;
	} want[] = {
	    {"age", 0.312, 4.1102516796870586e-29, 6.9045913887348789, 34.919266526048538, 28.024096706983006,
	     DRIFT_CRITICAL},
	    {"income", 0.042999999999999997, 0.5639454005192106, 966.92815329586665, 44339.803847418072,
	     44207.017885852474, DRIFT_NONE},
	    {"purchases", 0.035999999999999997, 0.77628185253862736, 0.15100000000000013, 5.0549999999999997,
	     5.1799999999999997, DRIFT_NONE},
	};
	static struct people ref, cur;
	const struct drift_policy policy = {JUDGE_SIZE, 0.1, CORRECTION_NONE, 0.3};
	const struct column *rs[] = {&ref.age, &ref.income, &ref.purchases},
			    *cs[] = {&cur.age, &cur.income, &cur.purchases};

	(void)state;
	draw_people(&ref, 2024, 1000, 35, 10, 45000, 15000);
	draw_people(&cur, 2025, 500, 28, 8, 44000, 15000);
	for (size_t i = 0; i < 3; i++) {
		struct arena *mem = arena_open();
		struct reference *r = reference_of(rs[i], 1000);
		const struct reference_feature *f = reference_feature_at(r, 0);
		struct edgehist *h = edgehist_open(f->edges);
		struct drift_feature d;
		struct drift_report report = {.at = &d, .n = 1};

		edgehist_add_n(h, cs[i]->v, cs[i]->n);
		drift_feature_compare(&d, f, edgehist_histogram(mem, h), (struct category_set){0}, mem);
		drift_judge(&report, &policy);
		close_to(d.ks.statistic, want[i].ks, 1e-12);
		close_to(d.pvalue, want[i].p, 1e-9);
		assert_true(d.method == KS_EXACT && d.ks.bound == 0);
		close_to(d.ref.mean, want[i].ref_mean, 1e-12);
		close_to(d.cur.mean, want[i].cur_mean, 1e-12);
		assert_true(want[i].wasserstein >= d.wasserstein * (1 - 1e-12));
		assert_true(want[i].wasserstein <= (d.wasserstein + d.wasserstein_bound) * (1 + 1e-12));
		assert_int_equal(d.severity, want[i].severity);
		edgehist_close(h);
		reference_close(r);
		arena_close(mem);
	}
}

/* ---- no drift, no noise ---- */

#define FEATURES 47
#define WINDOWS  1000

struct alarms {
	size_t n, at_5, at_1, below_half;
};

/* Of so few rows D takes few values: each p-value is computed once. */
static double
ks_pvalue_once(const struct ks *k, double *known)
{
	double *p = &known[k->num / 100];

	if (*p == 0)
		*p = ks_pvalue(k, NULL);
	return *p;
}

static void
count_alarm(struct alarms *a, double p)
{
	assert_true(p >= 0 && p <= 1);
	a->n++;
	a->at_5 += p < 0.05;
	a->at_1 += p < 0.01;
	a->below_half += p < 0.5;
}

static void
assert_uniform(const struct alarms *a)
{
	double n = (double)a->n;

	assert_in_range((uintmax_t)(1e4 * (double)a->at_5 / n), 400, 560);
	assert_in_range((uintmax_t)(1e4 * (double)a->at_1 / n), 70, 125);
	assert_in_range((uintmax_t)(1e4 * (double)a->below_half / n), 4700, 5300);
}

/* 47 features, 1000 windows of 100 rows from the reference's own distribution; a fresh reference of 500 rows for every window,
 * since the p-values of one reference's windows are not independent of each other. Raw values: what bins give is the same (above). */
static void
no_drift__false_alarms_are_as_many_as_the_pvalue_says(void **state)
{
	struct lcg g = {4747};
	struct alarms ks = {0}, chi2 = {0}, shares = {0};
	double known[501] = {0};

	(void)state;
	for (int w = 0; w < WINDOWS; w++)
		for (int f = 0; f < FEATURES; f++) {
			double all[12] = {0}, now[12] = {0};
			struct contingency t = {all, now, 12};
			struct ks k = {.n1 = 500, .n2 = 100, .den = 50000};
			double c1 = 0, c2 = 0;

			/* KS on ranks: of a continuous distribution only the order of the rows matters */
			for (int i = 0, left1 = 500, left2 = 100; i < 600; i++) {
				bool one = lcg_uniform(&g) * (left1 + left2) < left1;
				uint64_t d;

				left1 -= one;
				left2 -= !one;
				c1 += one;
				c2 += !one;
				d = (uint64_t)fabs(c1 * 100 - c2 * 500);
				k.num = d > k.num ? d : k.num;
				(one ? all
				     : now)[i % 12]++; /* twelve categories of equal size, independent of the order */
			}
			count_alarm(&ks, ks_pvalue_once(&k, known));
			count_alarm(&chi2, chi2_contingency(&t).pvalue);
			count_alarm(&shares, psi_pvalue(&t));
		}
	assert_int_equal(ks.n, FEATURES * WINDOWS);
	assert_uniform(&ks);
	assert_uniform(&chi2);
	/* PSI's is a large-sample approximation; a dozen bins of eight rows each are a small sample */
	assert_in_range(shares.at_5, shares.n * 4 / 100, shares.n * 9 / 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ks_exact__counts_paths_as_integers_do),
	    cmocka_unit_test(ks_exact__has_a_logarithm_where_the_value_underflows),
	    cmocka_unit_test(ks_one_sample__agrees_with_scipy),
	    cmocka_unit_test(chi2__tail_and_its_logarithm),
	    cmocka_unit_test(tables__of_counts),
	    cmocka_unit_test(tables__without_data_are_nan_not_zero),
	    cmocka_unit_test(raw__tests_on_values),
	    cmocka_unit_test(adjust__bonferroni_holm_and_benjamini_hochberg),
	    cmocka_unit_test(ks__of_merged_windows_is_exact_or_within_its_bound),
	    cmocka_unit_test(curve__has_both_distribution_functions_after_every_bin),
	    cmocka_unit_test(ks__of_histograms_on_other_edges_is_refused),
	    cmocka_unit_test(textbook__figures_are_those_of_scipy),
	    cmocka_unit_test(no_drift__false_alarms_are_as_many_as_the_pvalue_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
