/*
 * test_drift_functions.c -- the drift functions of PromQL: over ranges and instant vectors, with the reference and with each other,
 * and what they say when they cannot judge. That their numbers are right is test_drift.c's business; here they must be
 * the same as those of src/drift on the same rows.
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
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/promql.h"
#include "mlwatch/sketch.h"

#define NOW   (INT64_C(1772366400) * MS_SECOND)
#define ALIVE MS_HOUR
#define EDGES 100
#define ROWS  600

struct world {
	struct arena *mem;
	struct memory_storage *store;
	struct references *refs;
	struct edges *edges;
	struct histogram *ref_hist;
	struct promql promql;
	struct edgehist *last_quarter, *quarter_before; /* what the windows hold */
};

static struct labels
labels_of(struct arena *mem, const char *text)
{
	struct labels l;

	assert_int_equal(labels_parse(mem, text, &l, NULL), 0);
	return l;
}

/* fraud 3.2.0: amount (numeric) and country (de 50, fr 30, it 20). */
static void
add_reference(struct world *w)
{
	static const struct category_count countries[] = {{"de", 50}, {"fr", 30}, {"it", 20}};
	struct reference *r = reference_open(&(struct reference_head){"fraud", "3.2.0", "2026-01-01", ROWS});
	struct reference_feature amount = {.name = "amount", .rows = ROWS},
				 country = {.name = "country", .categorical = true, .rows = 100};
	struct edgehist *h;
	struct lcg g = {1};
	double at[EDGES];

	for (int i = 0; i < EDGES; i++)
		at[i] = i;
	w->edges = edges_make(at, EDGES, 50);
	h = edgehist_open(w->edges);
	for (int i = 0; i < ROWS; i++)
		edgehist_add(h, floor(EDGES * lcg_uniform(&g)));
	w->ref_hist = edgehist_histogram(w->mem, h);
	amount.edges = w->edges;
	amount.hist = w->ref_hist;
	amount.mean = histogram_moments(w->ref_hist).mean;
	amount.stddev = histogram_moments(w->ref_hist).stddev;
	country.categories = (struct category_set){countries, 3};
	reference_add(r, &amount);
	reference_add(r, &country);
	references_add(w->refs, r);
	edgehist_close(h);
}

/* 30 minutes of 10 s windows with 4 rows each: the first quarter of an hour as in training, the last one 20 higher. */
static void
add_windows(struct world *w)
{
	struct labels l =
	    labels_of(w->mem, "ml_feature{job=\"j\",model=\"fraud\",version=\"3.2.0\",feature=\"amount\"}");
	struct labels other =
	    labels_of(w->mem, "ml_feature{job=\"j\",model=\"fraud\",version=\"3.2.0\",feature=\"unknown\"}");
	struct lcg g = {2};

	w->last_quarter = edgehist_open(w->edges);
	w->quarter_before = edgehist_open(w->edges);
	for (int64_t start = NOW - 30 * MS_MINUTE; start < NOW; start += 10 * MS_SECOND) {
		bool late = start >= NOW - 15 * MS_MINUTE;
		struct edgehist *h = edgehist_open(w->edges), *sum = late ? w->last_quarter : w->quarter_before;
		struct histogram *plain;
		double v[4];

		for (int i = 0; i < 4; i++)
			v[i] = floor(80 * lcg_uniform(&g)) + (late ? 20 : 0);
		edgehist_add_n(h, v, 4);
		edgehist_add_n(sum, v, 4);
		memory_storage_append_window(w->store, l, start, start + 10 * MS_SECOND, 4,
					     edgehist_histogram(w->mem, h), ALIVE);
		assert_int_equal(
		    histogram_parse_test(w->mem, "{{schema:0 count:2 sum:3 buckets:[1 1]}}", 40, &plain, NULL), 0);
		memory_storage_append_window(w->store, other, start, start + 10 * MS_SECOND, 2, plain, ALIVE);
		edgehist_close(h);
	}
}

static void
add_categories(struct world *w)
{
	static const struct {
		const char *name;
		double each;
	} now[] = {{"de", 6}, {"fr", 2}, {"it", 1}, {"xx", 1}};
	char text[160];

	for (size_t i = 0; i < 4; i++) {
		struct labels l;

		snprintf(
		    text, sizeof text,
		    "ml_feature_category_total{model=\"fraud\",version=\"3.2.0\",feature=\"country\",category=\"%s\"}",
		    now[i].name);
		l = labels_of(w->mem, text);
		for (int64_t start = NOW - 10 * MS_MINUTE; start < NOW; start += MS_MINUTE)
			memory_storage_append_window(w->store, l, start, start + MS_MINUTE, now[i].each, NULL, ALIVE);
	}
}

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	w->mem = arena_open();
	w->store = memory_storage_open();
	w->refs = references_open();
	add_reference(w);
	add_windows(w);
	add_categories(w);
	w->promql.storage = memory_storage_view(w->store);
	w->promql.references = w->refs;
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	edgehist_close(w->last_quarter);
	edgehist_close(w->quarter_before);
	memory_storage_close(w->store);
	references_close(w->refs);
	edges_unref(w->edges);
	arena_close(w->mem);
	free(w);
	return 0;
}

struct answer {
	size_t n;
	double v;
	size_t warnings;
	char labels[256], warning[256];
};

static struct answer
ask(const struct world *w, const char *text)
{
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(text, &e);
	struct answer a = {0};
	struct buf b = BUF_INIT;

	if (x == NULL || promql_instant(&w->promql, x, NOW, &r, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	a.n = r.n;
	a.warnings = r.n_annotations;
	if (r.n > 0) {
		a.v = r.vector[0].v;
		labels_format(&b, r.vector[0].labels);
		snprintf(a.labels, sizeof a.labels, "%s", buf_str(&b));
	}
	if (r.n_annotations > 0)
		snprintf(a.warning, sizeof a.warning, "%s", r.annotations[0].text);
	buf_release(&b);
	promql_result_release(&r);
	expr_close(x);
	return a;
}

static void
is(const struct world *w, const char *text, double want)
{
	struct answer a = ask(w, text);

	if (a.n != 1 || !(fabs(a.v - want) <= 1e-12 * fabs(want)) || a.warnings > 0)
		fail_msg("%s: %zu results, %.17g for %.17g, %s", text, a.n, a.v, want, a.warning);
}

static void
functions__of_a_range_compare_its_increase_with_the_reference(void **state)
{
	struct world *w = *state;
	struct histogram *cur = edgehist_histogram(w->mem, w->last_quarter);
	struct binning b;
	struct contingency t;
	struct wasserstein d;
	struct ks k;

	drift_ks(&k, w->ref_hist, cur);
	drift_binning(&b, w->ref_hist, cur);
	t = binning_table(&b);
	drift_wasserstein(&d, w->ref_hist, cur);
	assert_true(k.n2 == 360 && k.statistic > 0.15);
#define AMOUNT "ml_feature{feature=\"amount\"}[15m]"
	is(w, "drift_ks(" AMOUNT ")", k.statistic);
	is(w, "drift_ks_pvalue(" AMOUNT ")", ks_pvalue(&k, NULL));
	is(w, "drift_psi(" AMOUNT ")", psi(&t));
	is(w, "drift_psi_pvalue(" AMOUNT ")", psi_pvalue(&t));
	is(w, "drift_js(" AMOUNT ")", js_distance(&t));
	is(w, "drift_hellinger(" AMOUNT ")", hellinger_distance(&t));
	is(w, "drift_tvd(" AMOUNT ")", total_variation(&t));
	is(w, "drift_wasserstein(" AMOUNT ")", wasserstein_normed(d.value, histogram_moments(w->ref_hist).stddev));
	is(w, "drift_rows(" AMOUNT ")", 360);
	assert_string_equal(ask(w, "drift_ks(" AMOUNT ")").labels,
			    "{feature=\"amount\",job=\"j\",model=\"fraud\",version=\"3.2.0\"}");
}

static void
functions__of_an_instant_vector_give_the_same(void **state)
{
	struct world *w = *state;
	double range = ask(w, "drift_ks(" AMOUNT ")").v;

	is(w, "drift_ks(sum by (model, version, feature) (increase(" AMOUNT ")))", range);
	is(w, "drift_ks(sum by (model, feature) (increase(" AMOUNT ")))", range); /* found by its edges */
	is(w, "drift_ks(increase(" AMOUNT "))", range);
	is(w, "avg by (model) (drift_ks(" AMOUNT ") > bool 0.1)", 1);
}

static void
functions__of_two_arguments_need_no_reference(void **state)
{
	struct world *w = *state;
	struct ks k;

	drift_ks(&k, edgehist_histogram(w->mem, w->quarter_before), edgehist_histogram(w->mem, w->last_quarter));
	is(w, "drift_ks(" AMOUNT ", " AMOUNT " offset 15m)", k.statistic);
	is(w, "drift_ks_pvalue(" AMOUNT ", " AMOUNT " offset 15m)", ks_pvalue(&k, NULL));
	w->promql.references = NULL;
	is(w, "drift_ks(" AMOUNT ", " AMOUNT " offset 15m)", k.statistic);
	/* of a feature that was never binned: exponential buckets, here the same on both sides */
	is(w, "drift_ks(ml_feature{feature=\"unknown\"}[15m], ml_feature{feature=\"unknown\"}[15m] offset 15m)", 0);
	is(w, "drift_tvd(ml_feature_category_total[5m], ml_feature_category_total[5m] offset 5m)", 0);
}

/* de 60, fr 20, it 10, xx 10 against 50, 30, 20: by hand. */
static void
functions__of_categories(void **state)
{
	struct world *w = *state;
	static const double r[] = {50, 30, 20, 0}, c[] = {60, 20, 10, 10};
	const struct contingency t = {r, c, 4};

	is(w, "drift_rows(ml_feature_category_total[10m])", 100);
	is(w, "drift_new_share(ml_feature_category_total[10m])", 0.1);
	is(w, "drift_tvd(ml_feature_category_total[10m])", 0.2);
	is(w, "drift_chi2(ml_feature_category_total[10m])", 100.0 / 110 + 2 + 100.0 / 30 + 10);
	is(w, "drift_chi2_pvalue(ml_feature_category_total[10m])", chi2_contingency(&t).pvalue);
	is(w, "drift_psi(ml_feature_category_total[10m])", psi(&t));
	is(w, "drift_tvd(sum by (model, feature, category) (increase(ml_feature_category_total[10m])))", 0.2);
	assert_string_equal(ask(w, "drift_tvd(ml_feature_category_total[10m])").labels,
			    "{feature=\"country\",model=\"fraud\",version=\"3.2.0\"}");
}

static void
warns(const struct world *w, const char *text, const char *says)
{
	struct answer a = ask(w, text);

	if (a.n != 0 || a.warnings == 0 || strstr(a.warning, says) == NULL)
		fail_msg("%s: %zu results, %zu warnings: %s", text, a.n, a.warnings, a.warning);
}

static void
functions__warn_and_yield_nothing_where_they_cannot_judge(void **state)
{
	struct world *w = *state;

	warns(w, "drift_ks(ml_feature{feature=\"unknown\"}[15m])", "no reference");
	warns(w, "drift_chi2(" AMOUNT ")", "numeric");
	warns(w, "drift_ks(ml_feature_category_total[10m])", "categorical");
	warns(w, "drift_ks(" AMOUNT ", ml_feature{feature=\"nothing\"}[15m])", "nothing to compare");
	w->promql.references = NULL;
	warns(w, "drift_ks(" AMOUNT ")", "no reference");
	warns(w, "drift_tvd(ml_feature_category_total[10m])", "no reference");
	assert_int_equal(ask(w, "drift_ks(ml_feature{feature=\"absent\"}[15m])").n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(functions__of_a_range_compare_its_increase_with_the_reference, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(functions__of_an_instant_vector_give_the_same, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(functions__of_two_arguments_need_no_reference, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(functions__of_categories, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(functions__warn_and_yield_nothing_where_they_cannot_judge, set_up,
					    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
