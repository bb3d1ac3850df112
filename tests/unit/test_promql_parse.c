/*
 * test_promql_parse.c -- the language: what parses, to which tree, what is refused and with which words at which place.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/promql.h"

#include "../../src/promql/functions.h"

static struct expr *
parse(const char *text)
{
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(text, &e);

	if (x == NULL)
		fail_msg("'%s' does not parse: %d:%d: %s", text, e.line, e.column, e.text);
	return x;
}

static void
prints_as(const char *text, const char *want)
{
	struct expr *x = parse(text);
	struct buf b = BUF_INIT;

	expr_print(&b, x);
	assert_string_equal(buf_str(&b), want);
	assert_string_equal(expr_text(x), text);
	buf_release(&b);
	expr_close(x);
}

static void
refused(const char *text, int line, int column, const char *words)
{
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(text, &e);

	if (x != NULL)
		fail_msg("'%s' parses", text);
	if (strstr(e.text, words) == NULL)
		fail_msg("'%s' is refused with '%s', not '%s'", text, e.text, words);
	if (e.line != line || e.column != column)
		fail_msg("'%s' is refused at %d:%d, not %d:%d (%s)", text, e.line, e.column, line, column, e.text);
}

static void
promql_parse__prints_the_canonical_form(void **state)
{
	(void)state;
	prints_as("up", "up");
	prints_as("up{job='api', instance!=`x`,}", "up{instance!=\"x\",job=\"api\"}");
	prints_as("{ __name__ =~ \"a.*\" }", "{__name__=~\"a.*\"}");
	prints_as("{\"my.metric\",\"l.b\"=\"v\"}", "{\"l.b\"=\"v\",__name__=\"my.metric\"}");
	prints_as("SUM(rate(x[5m])) BY (job)", "sum by (job) (rate(x[5m]))");
	prints_as("sum without() (x)", "sum without () (x)");
	prints_as("a+on(b)group_left(c)d", "a + on (b) group_left (c) d");
	prints_as("a == bool 1", "a == bool 1");
	prints_as("x offset -1h30m @ 10.5", "x @ 10.500 offset -1h30m");
	prints_as("x[90s] @ end()", "x[1m30s] @ end()");
	prints_as("rate(x[5m])[1h:]", "rate(x[5m])[1h:]");
	prints_as("rate(x[5m])[1h:1m] offset 1d", "rate(x[5m])[1h:1m] offset 1d");
	prints_as("topk(3, x)", "topk(3, x)");
	prints_as("-a ^ 2", "-a ^ 2");
	prints_as("x[step() + 1]", "x[step() + 1]");
	prints_as("sum", "sum");
	prints_as("2 * Inf ^ a", "2 * Inf ^ a"); /* was printed +Inf ^ a, which is +(Inf ^ a) */
}

static void
promql_parse__numbers(void **state)
{
	(void)state;
	prints_as("0x1F", "31");
	prints_as("017", "15");
	prints_as("1e3", "1000");
	prints_as(".5", "0.5");
	prints_as("-Inf", "-Inf");
	prints_as("nan", "NaN");
	prints_as("5m", "5m");
	prints_as("1_000", "1000");
}

static void
promql_parse__precedence_and_associativity(void **state)
{
	static const char *const same[][2] = {
	    {"a + b * c", "a + (b * c)"},
	    {"a * b ^ c ^ d", "a * (b ^ (c ^ d))"},
	    {"a - b - c", "(a - b) - c"},
	    {"a or b and c", "a or (b and c)"},
	    {"a and b unless c", "(a and b) unless c"},
	    {"a < b + c", "a < (b + c)"},
	    {"-a ^ b", "-(a ^ b)"},
	    {"-a * b", "(-a) * b"},
	    {"a atan2 b * c", "(a atan2 b) * c"},
	};
	(void)state;
	/* The same tree but for the parentheses: taking them away gives the same text. */
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct expr *x = parse(same[i][0]), *y = parse(same[i][1]);
		struct buf a = BUF_INIT, b = BUF_INIT;

		expr_print(&a, x);
		for (const char *p = same[i][1]; *p != '\0'; p++)
			if (*p != '(' && *p != ')')
				buf_addc(&b, *p);
		assert_string_equal(buf_str(&a), buf_str(&b));
		assert_int_equal(expr_type(x), expr_type(y));
		expr_close(x);
		expr_close(y);
		buf_release(&a);
		buf_release(&b);
	}
}

static void
promql_parse__types(void **state)
{
	static const struct {
		const char *text;
		enum value_type type;
	} types[] = {
	    {"1", VALUE_SCALAR},           {"\"a\"", VALUE_STRING},    {"a", VALUE_VECTOR},
	    {"a[1m]", VALUE_MATRIX},       {"a[1h:1m]", VALUE_MATRIX}, {"1 + 1", VALUE_SCALAR},
	    {"1 + a", VALUE_VECTOR},       {"time()", VALUE_SCALAR},   {"scalar(a)", VALUE_SCALAR},
	    {"rate(a[1m])", VALUE_VECTOR}, {"(a)", VALUE_VECTOR},      {"-1", VALUE_SCALAR},
	};
	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct expr *x = parse(types[i].text);
		assert_int_equal(expr_type(x), types[i].type);
		expr_close(x);
	}
}

static void
promql_parse__mistakes_have_a_place(void **state)
{
	(void)state;
	refused("", 1, 1, "no expression found in input");
	refused("rate(x)", 1, 6, "expected type range vector in call to function \"rate\", got instant vector");
	refused("histogram_quantil(0.9, x)", 1, 1,
		"unknown function 'histogram_quantil', did you mean 'histogram_quantile'?");
	refused("sum(\n  ratee(x[5m]))", 2, 3, "unknown function 'ratee', did you mean 'rate'?");
	refused("x{", 1, 3, "unexpected end of input inside braces");
	refused("x{a=}", 1, 5, "unexpected \"}\" in label matching, expected string");
	refused("x[5m", 1, 5, "unclosed left bracket");
	refused("x[5m][5m]", 1, 6, "ranges only allowed for vector selectors");
	refused("1 == 1", 1, 3, "comparisons between scalars must use BOOL modifier");
	refused("a + bool b", 1, 3, "bool modifier can only be used on comparison operators");
	refused("a and 1", 1, 1, "set operator \"and\" not allowed in binary scalar expression");
	refused("a or on(x) group_left b", 1, 1, "no grouping allowed for \"or\" operation");
	refused("a + on(x) group_left(x) b", 1, 1, "label \"x\" must not occur in ON and GROUP clause at once");
	refused("{a=\"\"}", 1, 1, "vector selector must contain at least one non-empty matcher");
	refused("{a=~\".*\"}", 1, 1, "vector selector must contain at least one non-empty matcher");
	refused("x{__name__=\"y\"}", 1, 1, "metric name must not be set twice");
	refused("x offset 1m offset 2m", 1, 13, "offset may not be set multiple times");
	refused("1 offset 1m", 1, 1, "offset modifier must be preceded by");
	refused("topk(x)", 1, 1, "wrong number of arguments for aggregate expression provided, expected 2, got 1");
	refused("time(1)", 1, 1, "expected 0 argument(s) in call to \"time\", got 1");
	refused("round(x, 1, 2)", 1, 1, "expected at most 2 argument(s) in call to \"round\", got 3");
	refused("sum(x, )", 1, 6, "trailing commas not allowed");
	refused("x{a=~\"(\"}", 1, 3, "");
	refused("\"a", 1, 1, "unterminated quoted string");
	refused("5q", 1, 1, "bad number or duration syntax");
	refused("a b", 1, 3, "unexpected identifier \"b\"");
	refused("x[0s]", 1, 3, "duration must be greater than 0");
	refused("x[1m/0]", 1, 3, "division by zero");
	refused("(a", 1, 3, "unclosed left parenthesis");
}

static void
promql_parse__deep_nesting_is_refused_not_fatal(void **state)
{
	char text[20001];
	struct err e = ERR_INIT;

	(void)state;
	memset(text, '(', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_null(promql_parse(text, &e));
	assert_string_equal(e.text, "expression is nested too deeply");
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "a+", 2);
	text[sizeof text - 2] = 'a';
	err_clear(&e);
	assert_null(promql_parse(text, &e));
	assert_string_equal(e.text, "too many operators in one expression");
}

static void
promql_parse__long_expressions_are_split_over_lines(void **state)
{
	struct expr *x = parse("sum by (job, instance) (rate(http_requests_total{job=\"api\",status=~\"5..\"}[5m])) / "
			       "sum by (job, instance) "
			       "(rate(http_requests_total{job=\"api\"}[5m])) > 0.05");
	struct buf b = BUF_INIT;

	(void)state;
	expr_pretty(&b, x);
	assert_string_equal(buf_str(&b),
			    "    sum by (job, instance) (rate(http_requests_total{job=\"api\",status=~\"5..\"}[5m]))\n"
			    "  /\n"
			    "    sum by (job, instance) (rate(http_requests_total{job=\"api\"}[5m]))\n"
			    ">\n"
			    "  0.05");
	buf_release(&b);
	expr_close(x);
}

static void
promql_parse__finds_the_limit_of_an_alert(void **state)
{
	static const struct {
		const char *text, *op, *value;
		double limit;
	} cases[] = {
	    {"a > 5", ">", "a", 5},
	    {"5 < rate(a[1m])", ">", "rate(a[1m])", 5},
	    {"(sum(a) / 2 >= 0.5) and b == 1", ">=", "sum(a) / 2", 0.5},
	    {"a < 2 * 60 and b", "<", "a", 120},
	    {"a > -1 unless c", ">", "a", -1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct expr *x = parse(cases[i].text);
		struct expr_limit l = expr_limit(x);

		assert_true(l.found);
		assert_string_equal(l.op, cases[i].op);
		assert_string_equal(l.value_text, cases[i].value);
		assert_true(l.limit == cases[i].limit);
		free(l.value_text);
		expr_close(x);
	}
	/* what comes out is a, of a comparison with bool 0 or 1: no limit is theirs */
	static const char *const none[] = {"a > b",     "a and b < 5", "a or b < 5",   "a > bool 5",
					   "absent(a)", "vector(1)",   "a > scalar(b)"};

	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		struct expr *x = parse(none[i]);

		assert_false(expr_limit(x).found);
		expr_close(x);
	}
}

static void
promql_parse__finds_what_is_behind_an_aggregate(void **state)
{
	static const struct {
		const char *text, *value, *op;
		double limit;
	} cases[] = {
	    {"avg by (model) (a:b > bool 0.1) > 0.3", "a:b", ">", 0.1},
	    {"count(0.5 >= rate(a[1m])) == 2", "rate(a[1m])", "<=", 0.5},
	    {"sum by (model) (rate(e[5m])) / sum by (model) (rate(p[5m])) > 0.01", "rate(e[5m])", "", 0},
	    {"histogram_quantile(0.95, sum by (model) (rate(l[5m])))", "rate(l[5m])", "", 0},
	    {"max(avg by (model) (a > 1))", "avg by (model) (a > 1)", "", 0},
	    {"a > 1 and on (model) (max by (model) ((b)) > 2)", "b", "", 0},
	    {"topk(3, -a)", "-a", "", 0},
	    {"max_over_time(sum(a)[1h:1m])", "a", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct expr *x = parse(cases[i].text);
		struct expr_limit l = expr_behind(x);

		assert_true(l.found);
		assert_string_equal(l.value_text, cases[i].value);
		assert_string_equal(l.op, cases[i].op);
		assert_true(cases[i].op[0] != '\0' ? l.limit == cases[i].limit : isnan(l.limit));
		free(l.value_text);
		expr_close(x);
	}
	struct expr *x = parse("drift_ks(increase(a[15m])) > 0.1");
	assert_false(expr_behind(x).found);
	expr_close(x);
}

static void
note_selector(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	buf_addf(arg, "%s %zu %lld %s;", m[n - 1].value, n, (long long)range_ms, function != NULL ? function : "-");
}

static void
promql_parse__tells_its_selectors(void **state)
{
	struct expr *x = parse("sum(rate(a{b=\"c\"}[5m])) / d + max_over_time(e[1h:1m])");
	struct buf b = BUF_INIT;

	(void)state;
	expr_each_selector(x, note_selector, &b);
	assert_string_equal(buf_str(&b), "a 2 300000 rate;d 1 0 -;e 1 0 max_over_time;");
	buf_release(&b);
	expr_close(x);
}

static void
note_comparison(void *arg, const struct expr_core *v, const char *op, double limit)
{
	buf_addf(arg, "%s(%g) of %s %s %g;", v->function != NULL ? v->function : "-", isnan(v->number) ? -1 : v->number,
		 v->n > 0 ? v->m[v->n - 1].value : "-", op, limit);
}

/* A rule compares in the middle of an expression too, and through a vote over the features. */
static void
promql_parse__tells_what_is_compared_with_constants(void **state)
{
	static const struct {
		const char *text, *compared;
	} cases[] = {
	    {"drift_ks(f[15m]) > 0.1", "drift_ks(-1) of f > 0.1;"},
	    {"0.1 <= max by (model) (drift_ks(f[15m]))", "drift_ks(-1) of f >= 0.1;"},
	    {"avg(drift_ks(f[1h]) > bool 0.1) > 0.3", ">(-1) of f > 0.3;drift_ks(-1) of f > 0.1;"},
	    {"histogram_quantile(0.95, sum by (model) (rate(l[5m]))) > 1/4", "histogram_quantile(0.95) of l > 0.25;"},
	    {"sum(rate(e[5m])) / sum(rate(p[5m])) > 0.01 and r > 5", "/(-1) of e > 0.01;-(-1) of r > 5;"},
	    {"(r > bool 0.1) * (q < bool 0.001) or sum(s) == 2",
	     "-(-1) of r > 0.1;-(-1) of q < 0.001;sum(-1) of s == 2;"},
	    {"min_over_time((a > 7)[5m:1m])", "-(-1) of a > 7;"},
	    {"a > b", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct expr *x = parse(cases[i].text);
		struct buf b = BUF_INIT;

		expr_each_comparison(x, note_comparison, &b);
		assert_string_equal(buf_str(&b), cases[i].compared);
		buf_release(&b);
		expr_close(x);
	}
}

static void
promql_parse__every_function_name_parses(void **state)
{
	size_t n;
	const char *const *names = promql_function_names(&n);

	(void)state;
	assert_true(n > 90);
	/* Called without arguments a known function complains about something else than its name. */
	for (size_t i = 0; i < n; i++) {
		char text[80];
		struct err e = ERR_INIT;
		struct expr *x;

		snprintf(text, sizeof text, "%s()", names[i]);
		x = promql_parse(text, &e);
		assert_null(strstr(e.text, "unknown function"));
		expr_close(x);
	}
}

static bool
is_named(const char *name)
{
	size_t n;
	const char *const *names = promql_function_names(&n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
promql_parse__every_aggregator_and_drift_function_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < N_AGGREGATORS; i++)
		assert_true(is_named(aggregator_info[i].name));
	for (size_t i = 0; i < n_drift_functions; i++)
		assert_true(is_named(drift_functions[i].name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(promql_parse__prints_the_canonical_form),
	    cmocka_unit_test(promql_parse__numbers),
	    cmocka_unit_test(promql_parse__precedence_and_associativity),
	    cmocka_unit_test(promql_parse__types),
	    cmocka_unit_test(promql_parse__mistakes_have_a_place),
	    cmocka_unit_test(promql_parse__deep_nesting_is_refused_not_fatal),
	    cmocka_unit_test(promql_parse__long_expressions_are_split_over_lines),
	    cmocka_unit_test(promql_parse__finds_the_limit_of_an_alert),
	    cmocka_unit_test(promql_parse__finds_what_is_behind_an_aggregate),
	    cmocka_unit_test(promql_parse__tells_its_selectors),
	    cmocka_unit_test(promql_parse__tells_what_is_compared_with_constants),
	    cmocka_unit_test(promql_parse__every_function_name_parses),
	    cmocka_unit_test(promql_parse__every_aggregator_and_drift_function_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
