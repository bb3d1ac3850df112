/*
 * test_promql_functions.c -- functions, aggregations and operators over a fixed set of series.
 *
 * The expected values are answers of a real Prometheus (2.42) to the same expressions over the same samples, at a time
 * at which no sample stands on the edge of a range (there 2.42 and 3.x differ).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/promql.h"
#include "mlwatch/series_notation.h"

#define STEP_MS 15000
#define AT_MS   412000

static const char *const series[] = {
    "c_total{job=\"a\",i=\"1\"} 0+3x20 5+3x20",
    "c_total{job=\"a\",i=\"2\"} 0+10x41",
    "c_total{job=\"b\",i=\"1\"} 7 _x5 20+2x30",
    "g{job=\"a\",i=\"1\"} 5 3.5 -2 8 8 1 0 4 12 9 9 2 -7 3 6 1 5 3 2 1 0 7 8 9 4 4 4 1 2 3 5 8 13 21 34 1 2 3 4 5 6 7",
    "g{job=\"a\",i=\"2\"} 0.5+0.25x41",
    "g{job=\"b\",i=\"1\"} 100-2x41",
    "info_m{job=\"a\",version=\"v1\"} 1x41",
    "info_m{job=\"b\",version=\"v2\"} 1x41",
    "lat_bucket{job=\"a\",le=\"0.1\"} 0+1x41",
    "lat_bucket{job=\"a\",le=\"0.5\"} 0+4x41",
    "lat_bucket{job=\"a\",le=\"1\"} 0+7x41",
    "lat_bucket{job=\"a\",le=\"+Inf\"} 0+8x41",
    "lat_bucket{job=\"b\",le=\"0.1\"} 0+2x41",
    "lat_bucket{job=\"b\",le=\"0.5\"} 0+2x41",
    "lat_bucket{job=\"b\",le=\"1\"} 0+2x41",
    "lat_bucket{job=\"b\",le=\"+Inf\"} 0+2x41",
    "odd{x=\"nan\"} 1 NaN 3 NaN 5 6x10 NaNx20",
    "odd{x=\"inf\"} 1 2 Inf 4 5 -Inf 7x30",
    "odd{x=\"-0\"} -0 0 0x30",
};

/* Results as "labels value; labels value", sorted where the expression does not sort. */
static const struct {
	const char *expr, *want;
} cases[] = {
    {"sum(c_total)", "{} 355"},
    {"sum by (job) (c_total)", "{job=\"a\"} 293; {job=\"b\"} 62"},
    {"sum without (i) (c_total)", "{job=\"a\"} 293; {job=\"b\"} 62"},
    {"avg by (job) (g)", "{job=\"a\"} 4.125; {job=\"b\"} 46"},
    {"min(g)", "{} 1"},
    {"max by (i) (g)", "{i=\"1\"} 46; {i=\"2\"} 7.25"},
    {"count(g > 4)", "{} 2"},
    {"count by (job) (c_total)", "{job=\"a\"} 2; {job=\"b\"} 1"},
    {"stddev(g)", "{} 19.9043"},
    {"stdvar by (job) (g)", "{job=\"a\"} 9.76562; {job=\"b\"} 0"},
    {"group by (job) (g)", "{job=\"a\"} 1; {job=\"b\"} 1"},
    {"quantile(0.5, g)", "{} 7.25"},
    {"quantile by (job) (0.9, g)", "{job=\"a\"} 6.625; {job=\"b\"} 46"},
    {"topk(2, g)", "g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"bottomk(1, g)", "g{i=\"1\",job=\"a\"} 1"},
    {"topk by (job) (1, c_total)", "c_total{i=\"1\",job=\"b\"} 62; c_total{i=\"2\",job=\"a\"} 270"},
    {"count_values(\"v\", info_m)", "{v=\"1\"} 2"},
    {"rate(c_total[1m7s])", "{i=\"1\",job=\"a\"} 0.2; {i=\"1\",job=\"b\"} 0.133333; {i=\"2\",job=\"a\"} 0.666667"},
    {"increase(c_total[5m3s])", "{i=\"1\",job=\"a\"} 62.7263; {i=\"1\",job=\"b\"} 40.4; {i=\"2\",job=\"a\"} 202"},
    {"irate(c_total[1m7s])", "{i=\"1\",job=\"a\"} 0.2; {i=\"1\",job=\"b\"} 0.133333; {i=\"2\",job=\"a\"} 0.666667"},
    {"delta(g[2m1s])", "{i=\"1\",job=\"a\"} 1.15238; {i=\"1\",job=\"b\"} -16.1333; {i=\"2\",job=\"a\"} 2.01667"},
    {"idelta(g[2m1s])", "{i=\"1\",job=\"a\"} -3; {i=\"1\",job=\"b\"} -2; {i=\"2\",job=\"a\"} 0.25"},
    {"deriv(g[3m1s])", "{i=\"1\",job=\"a\"} 0.00512821; {i=\"1\",job=\"b\"} -0.133333; {i=\"2\",job=\"a\"} 0.0166667"},
    {"predict_linear(g[3m1s], 60)",
     "{i=\"1\",job=\"a\"} 4.76667; {i=\"1\",job=\"b\"} 37.0667; {i=\"2\",job=\"a\"} 8.36667"},
    {"double_exponential_smoothing(g[5m1s], 0.3, 0.6)",
     "{i=\"1\",job=\"a\"} 4.12495; {i=\"1\",job=\"b\"} 46; {i=\"2\",job=\"a\"} 7.25"},
    {"resets(c_total[6m1s])", "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 0; {i=\"2\",job=\"a\"} 0"},
    {"changes(g[6m1s])", "{i=\"1\",job=\"a\"} 20; {i=\"1\",job=\"b\"} 23; {i=\"2\",job=\"a\"} 23"},
    {"avg_over_time(g[2m1s])", "{i=\"1\",job=\"a\"} 4.625; {i=\"1\",job=\"b\"} 53; {i=\"2\",job=\"a\"} 6.375"},
    {"sum_over_time(g[2m1s])", "{i=\"1\",job=\"a\"} 37; {i=\"1\",job=\"b\"} 424; {i=\"2\",job=\"a\"} 51"},
    {"min_over_time(g[2m1s])", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 46; {i=\"2\",job=\"a\"} 5.5"},
    {"max_over_time(g[2m1s])", "{i=\"1\",job=\"a\"} 9; {i=\"1\",job=\"b\"} 60; {i=\"2\",job=\"a\"} 7.25"},
    {"count_over_time(c_total[2m1s])", "{i=\"1\",job=\"a\"} 8; {i=\"1\",job=\"b\"} 8; {i=\"2\",job=\"a\"} 8"},
    {"last_over_time(g[2m1s])", "g{i=\"1\",job=\"a\"} 1; g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"present_over_time(g[2m1s])", "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 1; {i=\"2\",job=\"a\"} 1"},
    {"quantile_over_time(0.25, g[4m1s])",
     "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 53.5; {i=\"2\",job=\"a\"} 4.4375"},
    {"stddev_over_time(g[4m1s])",
     "{i=\"1\",job=\"a\"} 3.66092; {i=\"1\",job=\"b\"} 9.21954; {i=\"2\",job=\"a\"} 1.15244"},
    {"stdvar_over_time(g[4m1s])", "{i=\"1\",job=\"a\"} 13.4023; {i=\"1\",job=\"b\"} 85; {i=\"2\",job=\"a\"} 1.32812"},
    {"absent(nothing{a=\"1\",b=~\"x\",c=\"2\"})", "{a=\"1\",c=\"2\"} 1"},
    {"absent(g)", ""},
    {"absent_over_time(nothing{a=\"1\"}[5m])", "{a=\"1\"} 1"},
    {"absent_over_time(g[5m])", ""},
    {"abs(-g)", "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 46; {i=\"2\",job=\"a\"} 7.25"},
    {"ceil(g / 3)", "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 16; {i=\"2\",job=\"a\"} 3"},
    {"floor(g / 3)", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 15; {i=\"2\",job=\"a\"} 2"},
    {"round(g / 3)", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 15; {i=\"2\",job=\"a\"} 2"},
    {"round(g, 5)", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 45; {i=\"2\",job=\"a\"} 5"},
    {"exp(g / 100)", "{i=\"1\",job=\"a\"} 1.01005; {i=\"1\",job=\"b\"} 1.58407; {i=\"2\",job=\"a\"} 1.07519"},
    {"sqrt(abs(g))", "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 6.78233; {i=\"2\",job=\"a\"} 2.69258"},
    {"ln(g)", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 3.82864; {i=\"2\",job=\"a\"} 1.981"},
    {"log2(g)", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 5.52356; {i=\"2\",job=\"a\"} 2.85798"},
    {"log10(g)", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 1.66276; {i=\"2\",job=\"a\"} 0.860338"},
    {"sgn(g - 4)", "{i=\"1\",job=\"a\"} -1; {i=\"1\",job=\"b\"} 1; {i=\"2\",job=\"a\"} 1"},
    {"clamp(g, 2, 6)", "{i=\"1\",job=\"a\"} 2; {i=\"1\",job=\"b\"} 6; {i=\"2\",job=\"a\"} 6"},
    {"clamp_min(g, 5)", "{i=\"1\",job=\"a\"} 5; {i=\"1\",job=\"b\"} 46; {i=\"2\",job=\"a\"} 7.25"},
    {"clamp_max(g, 5)", "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 5; {i=\"2\",job=\"a\"} 5"},
    {"sin(g)", "{i=\"1\",job=\"a\"} 0.841471; {i=\"1\",job=\"b\"} 0.901788; {i=\"2\",job=\"a\"} 0.823081"},
    {"cos(g)", "{i=\"1\",job=\"a\"} 0.540302; {i=\"1\",job=\"b\"} -0.432178; {i=\"2\",job=\"a\"} 0.567924"},
    {"tan(g)", "{i=\"1\",job=\"a\"} 1.55741; {i=\"1\",job=\"b\"} -2.08661; {i=\"2\",job=\"a\"} 1.44928"},
    {"asin(g / 1000)", "{i=\"1\",job=\"a\"} 0.001; {i=\"1\",job=\"b\"} 0.0460162; {i=\"2\",job=\"a\"} 0.00725006"},
    {"acos(g / 1000)", "{i=\"1\",job=\"a\"} 1.5698; {i=\"1\",job=\"b\"} 1.52478; {i=\"2\",job=\"a\"} 1.56355"},
    {"atan(g)", "{i=\"1\",job=\"a\"} 0.785398; {i=\"1\",job=\"b\"} 1.54906; {i=\"2\",job=\"a\"} 1.43373"},
    {"sinh(g / 10)", "{i=\"1\",job=\"a\"} 0.100167; {i=\"1\",job=\"b\"} 49.7371; {i=\"2\",job=\"a\"} 0.790203"},
    {"cosh(g / 10)", "{i=\"1\",job=\"a\"} 1.005; {i=\"1\",job=\"b\"} 49.7472; {i=\"2\",job=\"a\"} 1.27453"},
    {"tanh(g / 10)", "{i=\"1\",job=\"a\"} 0.099668; {i=\"1\",job=\"b\"} 0.999798; {i=\"2\",job=\"a\"} 0.619997"},
    {"asinh(g)", "{i=\"1\",job=\"a\"} 0.881374; {i=\"1\",job=\"b\"} 4.52191; {i=\"2\",job=\"a\"} 2.67887"},
    {"acosh(g + 1)", "{i=\"1\",job=\"a\"} 1.31696; {i=\"1\",job=\"b\"} 4.54318; {i=\"2\",job=\"a\"} 2.79967"},
    {"atanh(g / 1000)", "{i=\"1\",job=\"a\"} 0.001; {i=\"1\",job=\"b\"} 0.0460325; {i=\"2\",job=\"a\"} 0.00725013"},
    {"deg(g)", "{i=\"1\",job=\"a\"} 57.2958; {i=\"1\",job=\"b\"} 2635.61; {i=\"2\",job=\"a\"} 415.394"},
    {"rad(g)", "{i=\"1\",job=\"a\"} 0.0174533; {i=\"1\",job=\"b\"} 0.802851; {i=\"2\",job=\"a\"} 0.126536"},
    {"pi()", "3.14159"},
    {"time()", "412"},
    {"vector(time())", "{} 412"},
    {"scalar(g{job=\"b\"})", "46"},
    {"scalar(g)", "nan"},
    {"timestamp(g)", "{i=\"1\",job=\"a\"} 405; {i=\"1\",job=\"b\"} 405; {i=\"2\",job=\"a\"} 405"},
    {"timestamp(g + 1)", "{i=\"1\",job=\"a\"} 412; {i=\"1\",job=\"b\"} 412; {i=\"2\",job=\"a\"} 412"},
    {"hour(vector(3723))", "{} 1"},
    {"minute(g * 1000)", "{i=\"1\",job=\"a\"} 16; {i=\"1\",job=\"b\"} 46; {i=\"2\",job=\"a\"} 0"},
    {"month()", "{} 1"},
    {"sort(g)", "g{i=\"1\",job=\"a\"} 1; g{i=\"2\",job=\"a\"} 7.25; g{i=\"1\",job=\"b\"} 46"},
    {"sort_desc(g)", "g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25; g{i=\"1\",job=\"a\"} 1"},
    {"label_replace(g, \"n\", \"$2-$1\", \"job\", \"(.)(.*)\")",
     "g{i=\"1\",job=\"a\",n=\"-a\"} 1; g{i=\"1\",job=\"b\",n=\"-b\"} 46; g{i=\"2\",job=\"a\",n=\"-a\"} 7.25"},
    {"label_join(g, \"n\", \"/\", \"job\", \"i\", \"nothing\")",
     "g{i=\"1\",job=\"a\",n=\"a/1/\"} 1; g{i=\"1\",job=\"b\",n=\"b/1/\"} 46; g{i=\"2\",job=\"a\",n=\"a/2/\"} 7.25"},
    {"histogram_quantile(0.5, lat_bucket)", "{job=\"a\"} 0.5; {job=\"b\"} 0.05"},
    {"histogram_quantile(0.9, sum by (le) (rate(lat_bucket[2m1s])))", "{} 1"},
    {"histogram_quantile(0.1, lat_bucket)", "{job=\"a\"} 0.08; {job=\"b\"} 0.01"},
    {"histogram_quantile(1.5, lat_bucket)", "{job=\"a\"} inf; {job=\"b\"} inf"},
    {"g + 1", "{i=\"1\",job=\"a\"} 2; {i=\"1\",job=\"b\"} 47; {i=\"2\",job=\"a\"} 8.25"},
    {"1 - g", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} -45; {i=\"2\",job=\"a\"} -6.25"},
    {"g * 2 ^ 3", "{i=\"1\",job=\"a\"} 8; {i=\"1\",job=\"b\"} 368; {i=\"2\",job=\"a\"} 58"},
    {"2 ^ 3 ^ 2", "512"},
    {"-g ^ 2", "{i=\"1\",job=\"a\"} -1; {i=\"1\",job=\"b\"} -2116; {i=\"2\",job=\"a\"} -52.5625"},
    {"g % 3", "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 1; {i=\"2\",job=\"a\"} 1.25"},
    {"-7 % 3", "-1"},
    {"g / 0", "{i=\"1\",job=\"a\"} inf; {i=\"1\",job=\"b\"} inf; {i=\"2\",job=\"a\"} inf"},
    {"g > 4", "g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"g > bool 4", "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 1; {i=\"2\",job=\"a\"} 1"},
    {"4 < g", "g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"g == g", "g{i=\"1\",job=\"a\"} 1; g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"g != 8", "g{i=\"1\",job=\"a\"} 1; g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"c_total + on (job, i) g", "{i=\"1\",job=\"a\"} 24; {i=\"1\",job=\"b\"} 108; {i=\"2\",job=\"a\"} 277.25"},
    {"c_total / ignoring () g", "{i=\"1\",job=\"a\"} 23; {i=\"1\",job=\"b\"} 1.34783; {i=\"2\",job=\"a\"} 37.2414"},
    {"g * on (job) group_left (version) info_m",
     "{i=\"1\",job=\"a\",version=\"v1\"} 1; {i=\"1\",job=\"b\",version=\"v2\"} 46; {i=\"2\",job=\"a\",version=\"v1\"} "
     "7.25"},
    {"info_m * on (job) group_right () g", "{i=\"1\",job=\"a\"} 1; {i=\"1\",job=\"b\"} 46; {i=\"2\",job=\"a\"} 7.25"},
    {"g and on (job) info_m{version=\"v1\"}", "g{i=\"1\",job=\"a\"} 1; g{i=\"2\",job=\"a\"} 7.25"},
    {"g unless on (job) info_m{version=\"v1\"}", "g{i=\"1\",job=\"b\"} 46"},
    {"g{job=\"a\"} or g", "g{i=\"1\",job=\"a\"} 1; g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"g or on (job) info_m", "g{i=\"1\",job=\"a\"} 1; g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"sum(g) / sum(c_total)", "{} 0.152817"},
    {"sum by (job) (g) > on (job) sum by (job) (c_total) / 10", "{job=\"b\"} 46"},
    {"g offset 1m", "g{i=\"1\",job=\"a\"} 9; g{i=\"1\",job=\"b\"} 54; g{i=\"2\",job=\"a\"} 6.25"},
    {"g offset -1m", "g{i=\"1\",job=\"a\"} 8; g{i=\"1\",job=\"b\"} 38; g{i=\"2\",job=\"a\"} 8.25"},
    {"g @ 100", "g{i=\"1\",job=\"a\"} 0; g{i=\"1\",job=\"b\"} 88; g{i=\"2\",job=\"a\"} 2"},
    {"sum_over_time(g[1m1s] @ 300 offset 30s)",
     "{i=\"1\",job=\"a\"} 17; {i=\"1\",job=\"b\"} 340; {i=\"2\",job=\"a\"} 22.5"},
    {"max_over_time(rate(c_total[1m1s])[3m1s:30s])",
     "{i=\"1\",job=\"a\"} 0.233333; {i=\"1\",job=\"b\"} 0.133333; {i=\"2\",job=\"a\"} 0.666667"},
    {"sum_over_time(vector(1)[5m1s:10s])", "{} 30"},
    {"avg_over_time((g > 4)[4m1s:15s])", "{i=\"1\",job=\"a\"} 7; {i=\"1\",job=\"b\"} 61; {i=\"2\",job=\"a\"} 5.75"},
    {"odd", "odd{x=\"-0\"} 0; odd{x=\"inf\"} 7; odd{x=\"nan\"} nan"},
    {"sum(odd)", "{} nan"},
    {"max(odd)", "{} 7"},
    {"min(odd)", "{} 0"},
    {"avg(odd)", "{} nan"},
    {"sum_over_time(odd[6m1s])", "{x=\"-0\"} 0; {x=\"inf\"} -inf; {x=\"nan\"} nan"},
    {"max_over_time(odd[6m1s])", "{x=\"-0\"} 0; {x=\"inf\"} 7; {x=\"nan\"} 6"},
    {"min_over_time(odd[6m1s])", "{x=\"-0\"} 0; {x=\"inf\"} -inf; {x=\"nan\"} 5"},
    {"changes(odd[6m1s])", "{x=\"-0\"} 0; {x=\"inf\"} 2; {x=\"nan\"} 2"},
    {"odd == odd", "odd{x=\"-0\"} 0; odd{x=\"inf\"} 7"},
    {"odd > 1", "odd{x=\"inf\"} 7"},
    {"sort(odd)", "odd{x=\"-0\"} 0; odd{x=\"inf\"} 7; odd{x=\"nan\"} nan"},
    {"quantile(0.5, odd)", "{} 0"},
    {"{__name__=~\"g|info_m\", job!=\"a\"}", "g{i=\"1\",job=\"b\"} 46; info_m{job=\"b\",version=\"v2\"} 1"},
    {"g{job=~\"a|x\", i!~\"2.*\"}", "g{i=\"1\",job=\"a\"} 1"},
    {"g{nothing=\"\"}", "g{i=\"1\",job=\"a\"} 1; g{i=\"1\",job=\"b\"} 46; g{i=\"2\",job=\"a\"} 7.25"},
    {"1 > bool 2", "0"},
    {"Inf - Inf", "nan"},
    {"0x10 + 1e1", "26"},
};

static struct memory_storage *store;

static int
setup(void **state)
{
	(void)state;
	store = memory_storage_open();
	for (size_t i = 0; i < sizeof series / sizeof *series; i++) {
		struct arena *mem = arena_open();
		struct err e = ERR_INIT;
		struct series_value *v;
		struct labels l;
		const char *rest;
		size_t n;

		assert_int_equal(series_labels_parse(mem, series[i], &l, &rest, &e), 0);
		assert_int_equal(series_values_parse(mem, rest, &v, &n, &e), 0);
		for (size_t k = 0; k < n; k++)
			if (!v[k].omitted)
				memory_storage_append(store, l, (int64_t)k * STEP_MS, v[k].v);
		arena_close(mem);
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	memory_storage_close(store);
	return 0;
}

static void
add_number(struct buf *b, double v)
{
	if (isnan(v))
		buf_addstr(b, "nan");
	else
		buf_addf(b, "%g", v);
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
text_of(const char *expr, const struct promql_result *r)
{
	static const char *const ordered[] = {"sort", "topk(", "bottomk("};
	char **lines = calloc(r->n + 1, sizeof *lines);
	struct buf b = BUF_INIT;
	bool keep = false;

	if (r->type == VALUE_SCALAR)
		add_number(&b, r->scalar);
	for (size_t i = 0; i < r->n; i++) {
		struct buf line = BUF_INIT;

		labels_format(&line, r->vector[i].labels);
		buf_addc(&line, ' ');
		add_number(&line, r->vector[i].v);
		lines[i] = buf_steal(&line);
	}
	for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++)
		keep |= strncmp(expr, ordered[i], strlen(ordered[i])) == 0;
	if (!keep)
		qsort(lines, r->n, sizeof *lines, compare_lines);
	for (size_t i = 0; i < r->n; i++) {
		buf_addf(&b, "%s%s", i > 0 ? "; " : "", lines[i]);
		free(lines[i]);
	}
	free(lines);
	return buf_steal(&b);
}

static void
promql_functions__answer_as_prometheus_does(void **state)
{
	struct promql p = {.storage = memory_storage_view(store)};
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct promql_result r = {0};
		struct err e = ERR_INIT;
		struct expr *x = promql_parse(cases[i].expr, &e);
		char *got;

		if (x == NULL || promql_instant(&p, x, AT_MS, &r, &e) < 0)
			fail_msg("%s: %s", cases[i].expr, e.text);
		got = text_of(cases[i].expr, &r);
		if (strcmp(got, cases[i].want) != 0) {
			print_error("%s\n  got      %s\n  expected %s\n", cases[i].expr, got, cases[i].want);
			wrong++;
		}
		free(got);
		promql_result_release(&r);
		expr_close(x);
	}
	assert_int_equal(wrong, 0);
}

/* Every step of a range query is what an instant query at that time says. */
static void
promql_functions__say_the_same_in_range_queries(void **state)
{
	struct promql p = {.storage = memory_storage_view(store)};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct promql_result r = {0}, at = {.type = VALUE_VECTOR};
		struct err e = ERR_INIT;
		struct expr *x = promql_parse(cases[i].expr, &e);
		char *got, *want;

		if (strncmp(cases[i].expr, "sort", 4) == 0 || strstr(cases[i].expr, "topk(") != NULL ||
		    strstr(cases[i].expr, "bottomk(") != NULL || expr_type(x) == VALUE_SCALAR) {
			expr_close(x);
			continue;
		}
		if (promql_range(&p, x, AT_MS - 60000, AT_MS + 60000, 60000, &r, &e) < 0)
			fail_msg("%s: %s", cases[i].expr, e.text);
		at.vector = calloc(r.n + 1, sizeof *at.vector);
		for (size_t k = 0; k < r.n; k++)
			for (size_t m = 0; m < r.matrix[k].n; m++)
				if (r.matrix[k].points[m].t == AT_MS)
					at.vector[at.n++] = (struct vector_sample){r.matrix[k].labels, AT_MS,
										   r.matrix[k].points[m].v, NULL};
		got = text_of(cases[i].expr, &at);
		want = strdup(cases[i].want);
		assert_string_equal(got, want);
		free(want);
		free(got);
		free(at.vector);
		promql_result_release(&r);
		expr_close(x);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(promql_functions__answer_as_prometheus_does, setup, teardown),
	    cmocka_unit_test_setup_teardown(promql_functions__say_the_same_in_range_queries, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
