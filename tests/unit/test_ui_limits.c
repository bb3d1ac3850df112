/*
 * test_ui_limits.c -- whose limit a rule's constant is, and the unit of what it is compared with: recorded names seen through, the model that a rule
 * is about, one quantile or another. The rules are a document in a store, as the agent writes it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../ui/view_private.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"

static const char rules[] =
    "[{\"name\":\"model:latency_seconds:p95\",\"alerting\":false,\"expr\":\"histogram_quantile(0.95, sum by (model) "
    "(rate(ml_latency_seconds[5m])))\"},"
    "{\"name\":\"model:errors:ratio\",\"alerting\":false,\"expr\":\"sum by (model) (increase(ml_errors_total[5m])) / "
    "sum by "
    "(model) (increase(ml_predictions_total[5m]))\"},"
    "{\"name\":\"feature:drifted\",\"alerting\":false,\"expr\":\"drift_ks(ml_feature[15m]) > bool 0.1\"},"
    "{\"name\":\"Slow\",\"alerting\":true,\"expr\":\"model:latency_seconds:p95{model=~'fraud|churn'} > 0.25 and up == "
    "1\"},"
    "{\"name\":\"Slower\",\"alerting\":true,\"expr\":\"histogram_quantile( 0.99 , sum by (model) "
    "(rate(ml_latency_seconds[5m]))) "
    "> 0.5\"},"
    "{\"name\":\"Mean\",\"alerting\":true,\"expr\":\"histogram_avg(sum(rate(ml_latency_seconds[5m]))) > 0.01\"},"
    "{\"name\":\"Fast\",\"alerting\":true,\"expr\":\"model:latency_seconds:p95 < 0.001\"},"
    "{\"name\":\"Errors\",\"alerting\":true,\"expr\":\"model:errors:ratio > 0.01\"},"
    "{\"name\":\"ErrorsMany\",\"alerting\":true,\"expr\":\"sum(rate(ml_errors_total[5m])) > 0.0001\"},"
    "{\"name\":\"Share\",\"alerting\":true,\"expr\":\"avg by (model) (feature:drifted) > 0.003\"}]";

struct place {
	char path[64];
	struct store *store;
	struct view_source source;
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct err e = ERR_INIT;

	snprintf(p->path, sizeof p->path, "/tmp/mlwatch-limits-%d.db", (int)getpid());
	const struct store_spec spec = {.path = p->path};
	assert_int_equal(store_open(&p->store, &spec, STORE_AGENT, &e), 0);
	assert_int_equal(store_begin(p->store, &e), 0);
	assert_int_equal(store_put_kv(p->store, "rules", rules, &e), 0);
	assert_int_equal(store_commit(p->store, 1000, &e), 0);
	p->source = (struct view_source){.store = p->store, .now = 1000, .clock = 1000};
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[320];

	store_close(p->store);
	snprintf(command, sizeof command, "rm -f %s %s-wal %s-shm %s.lock", p->path, p->path, p->path, p->path);
	const int rc = system(command);
	free(p);
	return rc;
}

static void
ui_limits__recorded_names_are_spelled_out(void **state)
{
	static const struct {
		const char *expr, *spelled;
	} rows[] = {
	    {"feature:drifted", "(drift_ks(ml_feature[15m]) > bool 0.1)"},
	    {"max(feature:drifted{a=\"feature:drifted\"})",
	     "max((drift_ks(ml_feature[15m]) > bool 0.1){a=\"feature:drifted\"})"},
	    {"feature:drifted:15m", "feature:drifted:15m"}, /* another name */
	    {"Slow", "Slow"},                               /* an alert is no recorded name */
	    {"'a\\'feature:drifted", "'a\\'feature:drifted"},
	    {"", ""},
	};
	const struct place *p = *state;
	json_t *doc = view_rules_document(&p->source);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text = view_spelled_out(doc, rows[i].expr);

		assert_string_equal(text, rows[i].spelled);
		free(text);
	}
	json_decref(doc);
}

/* A recorded name that is made of itself ends. */
static void
ui_limits__a_circle_of_names_ends(void **state)
{
	json_t *doc = json_loads("[{\"name\":\"a\",\"alerting\":false,\"expr\":\"a + a\"}]", 0, NULL);
	char *text = view_spelled_out(doc, "a");

	(void)state;
	assert_true(strlen(text) < 1000);
	free(text);
	json_decref(doc);
}

static void
ui_limits__the_unit_is_read_off_the_expression(void **state)
{
	static const struct {
		const char *expr, *annotation, *text;
		double v;
	} rows[] = {
	    {"a / b", "", "3.1 %", 0.031},
	    {"(sum(a) / sum(b))", "", "3.1 %", 0.031},
	    {"(a) / (b)", "", "3.1 %", 0.031},
	    {"max(a / b)", "", "3", 3}, /* a maximum of something: no unit is known */
	    {"avg by (model) (x > bool 0.1)", "", "42 %", 0.42},
	    {"sum by (model) (x > bool 0.1)", "", "5", 5}, /* a number of features */
	    {"histogram_quantile(0.95, rate(ml_latency_seconds[5m]))", "", "421 ms", 0.421},
	    {"drift_ks(increase(ml_feature[15m]))", "", "KS 0.140", 0.14},
	    {"rate(ml_predictions_total[5m])", "", "41 /s", 41},
	    {"drift_ks(a[15m]) or drift_tvd(b[15m])", "", "0.140", 0.14}, /* of which is not known */
	    {"drift_ks_pvalue(ml_feature[15m])", "", "0.03", 0.03},
	    {"rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])", "", "421 ms", 0.421},
	    {"rate(x_bytes_sum[5m]) / rate(x_bytes_count[5m])", "", "2.0 KB", 2048},
	    {"100 * sum(a) / sum(b)", "", "3.10", 3.1},
	    {"sum(a) / 2", "", "3", 3},
	    {"a_bytes / b_bytes", "", "50 %", 0.5},
	    {"rate(x_seconds_count[5m])", "", "41 /s", 41},
	    {"absent(x_seconds)", "", "1", 1},
	    {"x", "s", "2 s", 2},
	    {"x_bytes", "", "1.5 MB", 1.5e6},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		quantity_text(text, quantity_of(rows[i].expr, rows[i].annotation, rows[i].v));
		assert_string_equal(text, rows[i].text);
	}
}

static void
ui_limits__a_rule_limits_what_it_is_about(void **state)
{
	const struct place *p = *state;
	struct view_overview o = {0};
	/* p95 over 0.25 for fraud and churn; p99 over 0.5 for all; a mean, a minimum, errors a second and a share of features for none */
	struct view_limits l = view_model_limits(&p->source, &o, "fraud", "1");

	assert_true(l.latency == 0.25 && l.quantile == 0.95);
	assert_true(l.errors == 0.01);
	l = view_model_limits(&p->source, &o, "ranker-eu", "1");
	assert_true(l.latency == 0.5 && l.quantile == 0.99);
	assert_true(l.errors == 0.01);
}

static void
ui_limits__what_fires_comes_first(void **state)
{
	const struct place *p = *state;
	struct view_alert at[] = {
	    {.name = "Slower", .model = "fraud", .value_expr = "x", .limit_op = ">", .limit = {.v = 0.5}},
	    {.name = "Old",
	     .model = "churn",
	     .value_expr = "histogram_quantile(0.5, rate(ml_latency_seconds[5m]))",
	     .limit_op = ">",
	     .limit = {.v = 7}}};
	struct view_overview o = {.alerts = at, .n_alerts = 2};

	assert_true(view_model_limits(&p->source, &o, "fraud", "1").latency == 0.5);
	/* an alert whose rule is no longer loaded */
	assert_true(view_model_limits(&p->source, &o, "churn", "1").latency == 7);
}

static void
ui_limits__without_rules_there_is_no_limit(void **state)
{
	const struct place *p = *state;
	struct view_overview o = {0};
	struct err e = ERR_INIT;
	struct view_limits l;

	assert_int_equal(store_begin(p->store, &e), 0);
	assert_int_equal(store_put_kv(p->store, "rules", "no JSON", &e), 0);
	assert_int_equal(store_commit(p->store, 2000, &e), 0);
	l = view_model_limits(&p->source, &o, "fraud", "1");
	assert_true(isnan(l.latency) && isnan(l.errors));
}

/* What is "now" is what it is to the rule whose limit holds: the smallest, and of equal ones the shortest window. */
static void
ui_limits__drift_is_looked_at_over_the_window_of_the_rules(void **state)
{
#define R(name, expr) "{\"name\":\"" name "\",\"alerting\":false,\"expr\":\"" expr "\"}"
#define A(expr)       "{\"name\":\"A\",\"alerting\":true,\"expr\":\"" expr "\"}"
	static const struct {
		const char *rules, *model;
		int minutes;
	} rows[] = {
	    {"[]", "fraud", 15},
	    {"[" A("drift:1m > 0.25") "," R("drift:1m", "drift_ks(ml_feature[1m])") "]", "fraud", 1},
	    {"[" R("drift:1m", "drift_ks(ml_feature[1m])") "," A("avg(drift:1m > bool 0.25) > 0.3") "," A(
		 "drift_ks(sum by (feature) (increase(ml_feature[1h]))) > 0.1") "]",
	     "fraud", 60},
	    {"[" A("drift_ks(ml_feature[1h]) > 0.1") "," A("drift_ks(ml_feature[5m]) > 0.1") "]", "fraud", 5},
	    {"[" A("drift_ks(ml_feature{model='churn'}[1h]) > 0.05") "," A("drift_ks(ml_feature[30m]) > 0.1") "]",
	     "fraud", 30},
	    {"[" A("drift_ks(ml_feature{model='churn'}[1h]) > 0.05") "," A("drift_ks(ml_feature[30m]) > 0.1") "]",
	     "churn", 60},
	    {"[" A("avg(both > bool 0.1) > 0.3") "," R(
		 "both", "drift_tvd(ml_feature_category_total[5m]) or drift_ks(ml_feature[2h])") "]",
	     "fraud", 120},
	    {"[" A("drift_psi(ml_feature[6h]) > 0.2") "]", "fraud", 360},
	    {"[" A("drift_psi(ml_feature[6h]) > 0.2") "," A("drift_tvd(ml_feature_category_total[10m]) > 0.5") "]",
	     "fraud", 10},
	    {"[" A("drift_rows(ml_feature[2h]) >= 500 and drift_ks_pvalue(ml_feature[2h]) < 0.01") "]", "fraud", 15},
	};
#undef R
#undef A
	const struct place *p = *state;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct drift_limits *l;

		assert_int_equal(store_begin(p->store, &e), 0);
		assert_int_equal(store_put_kv(p->store, "rules", rows[i].rules, &e), 0);
		assert_int_equal(store_commit(p->store, 1000, &e), 0);
		l = drift_limits_open(&p->source);
		assert_int_equal(drift_window(l, rows[i].model, "1"), rows[i].minutes * 60000);
		drift_limits_close(l);
	}
}

/* Of what is below 0, or compared with it, a quotient says nothing about how far. */
static void
ui_limits__a_ratio_is_of_positive_numbers(void **state)
{
	static const struct {
		double value, limit;
		const char *op;
		double ratio;
	} rows[] = {{3, 2, ">", 1.5},  {3, 2, ">=", 1.5},  {2, 4, "<", 2},     {0, 4, ">", 0},    {0, 4, "<", INFINITY},
		    {3, 0, ">", NAN},  {-3, -2, "<", NAN}, {-1, -2, ">", NAN}, {-1, 2, "<", NAN}, {3, -2, ">", NAN},
		    {3, 3, "==", NAN}, {3, 2, "!=", NAN},  {3, 2, NULL, NAN},  {NAN, 2, ">", NAN}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const double got = view_ratio(rows[i].value, rows[i].limit, rows[i].op);

		assert_true(isnan(rows[i].ratio) ? isnan(got) : got == rows[i].ratio);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ui_limits__recorded_names_are_spelled_out),
	    cmocka_unit_test(ui_limits__a_circle_of_names_ends),
	    cmocka_unit_test(ui_limits__the_unit_is_read_off_the_expression),
	    cmocka_unit_test(ui_limits__a_rule_limits_what_it_is_about),
	    cmocka_unit_test(ui_limits__what_fires_comes_first),
	    cmocka_unit_test(ui_limits__without_rules_there_is_no_limit),
	    cmocka_unit_test(ui_limits__a_ratio_is_of_positive_numbers),
	    cmocka_unit_test(ui_limits__drift_is_looked_at_over_the_window_of_the_rules),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
