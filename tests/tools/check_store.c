/*
 * check_store.c -- asks a store what it has counted, through PromQL as a user would, and compares it with the truth that the generator
 * wrote beside its log: counts per class, status, category, missing exactly; latency quantiles within 0.3 %.
 *
 *     check_store STORE TRUTH.json [--quiet]     exit 0 when all agrees; every difference is a line on stderr
 *     check_store STORE --count                  prints how many predictions the store has
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"

#define ALL "[390d]"

struct checker {
	struct reader *reader;
	int64_t now;
	int wrong, compared;
};

static void
ask(struct checker *c, const char *expr, struct promql_result *r)
{
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(expr, &e);

	memset(r, 0, sizeof *r);
	if (x == NULL || promql_instant(reader_promql(c->reader), x, c->now, r, &e) < 0) {
		fprintf(stderr, "%s: %s\n", expr, e.text);
		c->wrong++;
	}
	expr_close(x);
}

static double
one(struct checker *c, const char *expr)
{
	struct promql_result r;
	double v = 0;

	ask(c, expr, &r);
	if (r.type == VALUE_VECTOR && r.n > 0)
		v = r.vector[0].v;
	promql_result_release(&r);
	return v;
}

static void
compare(struct checker *c, const char *what, double got, double want, double tolerance)
{
	c->compared++;
	if (fabs(got - want) <= tolerance * fabs(want))
		return;
	c->wrong++;
	if (c->wrong <= 30)
		fprintf(stderr, "%s: the store has %.17g, the truth is %.17g\n", what, got, want);
}

/* Every member of counts against the series of expr by the label. */
static void
by_label(struct checker *c, const char *expr, const char *label, json_t *counts)
{
	struct promql_result r;
	const char *name;
	json_t *want;
	char what[512];

	ask(c, expr, &r);
	json_object_foreach(counts, name, want)
	{
		double got = 0;

		for (size_t i = 0; i < r.n; i++)
			if (strcmp(labels_get(r.vector[i].labels, label), name) == 0)
				got = r.vector[i].v;
		snprintf(what, sizeof what, "%s %s=\"%s\"", expr, label, name);
		compare(c, what, got, json_number_value(want), 0);
	}
	promql_result_release(&r);
}

static void
feature(struct checker *c, const char *name, json_t *truth)
{
	const bool numeric = strcmp(json_string_value(json_object_get(truth, "type")), "numeric") == 0;
	json_t *categories = json_object_get(truth, "categories");
	char expr[512];

	if (categories == NULL)
		categories = json_object_get(truth, "top");
	snprintf(expr, sizeof expr,
		 numeric ? "histogram_count(sum(increase(ml_feature{feature=\"%s\"}" ALL ")))"
			 : "sum(increase(ml_feature_category_total{feature=\"%s\"}" ALL "))",
		 name);
	compare(c, expr, one(c, expr), json_number_value(json_object_get(truth, "count")), 0);
	snprintf(expr, sizeof expr, "sum(increase(ml_feature_missing_total{feature=\"%s\"}" ALL "))", name);
	compare(c, expr, one(c, expr), json_number_value(json_object_get(truth, "null")), 0);
	if (numeric) {
		snprintf(expr, sizeof expr, "histogram_sum(sum(increase(ml_feature{feature=\"%s\"}" ALL ")))", name);
		compare(c, expr, one(c, expr), json_number_value(json_object_get(truth, "sum")), 1e-9);
	} else {
		snprintf(expr, sizeof expr,
			 "sum by (category) (increase(ml_feature_category_total{feature=\"%s\"}" ALL "))", name);
		by_label(c, expr, "category", categories);
	}
}

static void
check(struct checker *c, json_t *truth)
{
	static const struct {
		const char *name;
		double q;
	} quantile[] = {{"p50", .5}, {"p90", .9}, {"p95", .95}, {"p99", .99}};
	json_t *latency = json_object_get(truth, "latency_ms"), *value;
	const char *name;
	char expr[256];

	compare(c, "predictions", one(c, "sum(increase(ml_predictions_total" ALL "))"),
		json_number_value(json_object_get(truth, "good")), 0);
	compare(c, "errors", one(c, "sum(increase(ml_errors_total" ALL "))"),
		json_number_value(json_object_get(truth, "errors")), 0);
	by_label(c, "sum by (prediction) (increase(ml_predictions_total" ALL "))", "prediction",
		 json_object_get(truth, "predictions"));
	by_label(c, "sum by (status) (increase(ml_responses_total" ALL "))", "status",
		 json_object_get(truth, "status"));
	for (size_t i = 0; i < sizeof quantile / sizeof *quantile; i++) {
		snprintf(expr, sizeof expr, "1000 * histogram_quantile(%g, sum(increase(ml_latency_seconds" ALL ")))",
			 quantile[i].q);
		compare(c, expr, one(c, expr), json_number_value(json_object_get(latency, quantile[i].name)), 0.003);
	}
	json_object_foreach(json_object_get(truth, "features"), name, value) feature(c, name, value);
}

int
main(int argc, char **argv)
{
	struct checker c = {.now = clock_now() + MS_MINUTE};
	struct err e = ERR_INIT;
	json_error_t at;
	json_t *truth;

	if (argc < 3) {
		fputs("usage: check_store STORE TRUTH.json [--quiet] | check_store STORE --count\n", stderr);
		return 2;
	}
	if (reader_open(&c.reader, argv[1], &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 4;
	}
	if (strcmp(argv[2], "--count") == 0) {
		printf("%.0f\n", one(&c, "sum(increase(ml_predictions_total" ALL "))"));
		reader_close(c.reader);
		return 0;
	}
	truth = json_load_file(argv[2], 0, &at);
	if (truth == NULL) {
		fprintf(stderr, "%s: %s\n", argv[2], at.text);
		return 2;
	}
	check(&c, truth);
	if (argc < 4)
		printf("%d figures compared, %d differ\n", c.compared, c.wrong);
	json_decref(truth);
	reader_close(c.reader);
	return c.wrong > 0;
}
