/*
 * test_exposition.c -- odd bodies against what a real Prometheus 2.42 made of them (tests/data/exposition/cases.json, made by
 * tests/tools/exposition_cases.py), and what that file does not show: positions, times, order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/exposition.h"
#include "mlwatch/num.h"

#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* name{a="b"}, sorted by label name. */
static void
series(struct buf *b, struct labels l)
{
	const char *comma = "";

	buf_reset(b);
	buf_addf(b, "%s{", labels_get(l, METRIC_NAME));
	for (size_t i = 0; i < l.n; i++) {
		if (strcmp(l.at[i].name, METRIC_NAME) == 0)
			continue;
		buf_addf(b, "%s%s=\"", comma, l.at[i].name);
		for (const char *p = l.at[i].value; *p != '\0'; p++)
			if (*p == '\n')
				buf_addstr(b, "\\n");
			else
				buf_addf(b, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
		buf_addc(b, '"');
		comma = ",";
	}
	buf_addc(b, '}');
}

static const char *
wanted_value(const json_t *samples, const char *name)
{
	size_t i;
	json_t *row;

	json_array_foreach(samples, i, row) if (strcmp(json_string_value(json_array_get(row, 0)), name) ==
						0) return json_string_value(json_array_get(row, 1));
	return NULL;
}

/* Every sample is expected with this value, unless it is a repetition; and all that is expected came. */
static void
check_samples(const struct exposition *x, const json_t *samples, const char *body)
{
	struct buf name = BUF_INIT, earlier = BUF_INIT;
	size_t distinct = 0;
	char value[NUM_MAX];

	for (size_t i = 0; i < x->n; i++) {
		bool repeated = false;
		series(&name, x->samples[i].labels);
		for (size_t j = 0; j < i && !repeated; j++) {
			series(&earlier, x->samples[j].labels);
			repeated = strcmp(buf_str(&name), buf_str(&earlier)) == 0;
		}
		if (repeated)
			continue;
		const char *want = wanted_value(samples, buf_str(&name));
		num_api(value, x->samples[i].v);
		if (want == NULL || strcmp(want, value) != 0)
			fail_msg("'%s': %s is %s, not %s", body, buf_str(&name), value,
				 want != NULL ? want : "expected");
		distinct++;
	}
	if (distinct != json_array_size(samples))
		fail_msg("'%s': %zu samples, not %zu", body, distinct, json_array_size(samples));
	buf_release(&name);
	buf_release(&earlier);
}

static void
check_metadata(const struct exposition *x, const json_t *rows, const char *body)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		bool found = false;
		for (size_t j = 0; j < x->n_meta; j++) {
			const struct metric_meta *m = &x->meta[j];
			found |= strcmp(m->family, json_string_value(json_array_get(row, 0))) == 0 &&
				 strcmp(m->type, json_string_value(json_array_get(row, 1))) == 0 &&
				 strcmp(m->unit, json_string_value(json_array_get(row, 2))) == 0 &&
				 strcmp(m->help, json_string_value(json_array_get(row, 3))) == 0;
		}
		if (!found)
			fail_msg("'%s': no such metadata: %s", body, json_string_value(json_array_get(row, 0)));
	}
	if (x->n_meta != json_array_size(rows))
		fail_msg("'%s': %zu families, not %zu", body, x->n_meta, json_array_size(rows));
}

/* One character of JSON per byte of the body. */
static char *
bytes_of(const json_t *text, size_t *n)
{
	const unsigned char *p = (const unsigned char *)json_string_value(text);
	size_t len = json_string_length(text);
	char *out = malloc(len + 1);

	*n = 0;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < 0x80)
			out[(*n)++] = (char)p[i];
		else
			out[(*n)++] = (char)(((p[i] & 3) << 6) | (p[i + 1] & 0x3f)), i++;
	}
	out[*n] = '\0';
	return out;
}

static void
exposition__verdicts_and_values_are_those_of_prometheus(void **state)
{
	json_error_t je;
	json_t *cases = json_load_file("tests/data/exposition/cases.json", JSON_ALLOW_NUL, &je), *c;
	size_t i;

	(void)state;
	assert_non_null(cases);
	assert_true(json_array_size(cases) > 400);
	json_array_foreach(cases, i, c)
	{
		struct arena *mem = arena_open();
		struct exposition x;
		struct err e = ERR_INIT;
		size_t n;
		char *body = bytes_of(json_object_get(c, "body"), &n);
		/* exactly as large as it is, so that a byte too far is seen */
		char *tight = malloc(n != 0 ? n : 1);
		memcpy(tight, body, n);
		bool up =
		    exposition_parse(mem, tight, n,
				     json_is_true(json_object_get(c, "openmetrics")) ? OPENMETRICS : NULL, &x, &e) == 0;
		if (up != (json_integer_value(json_object_get(c, "up")) == 1))
			fail_msg("'%s': up is %d (%d:%d: %s)", body, up, e.line, e.column, e.text);
		if (up) {
			check_samples(&x, json_object_get(c, "samples"), body);
			check_metadata(&x, json_object_get(c, "metadata"), body);
		} else {
			assert_true(e.line > 0 && e.column > 0);
		}
		free(tight);
		free(body);
		arena_close(mem);
	}
	json_decref(cases);
}

static void
exposition__says_where_the_mistake_is(void **state)
{
	static const struct {
		const char *body, *type;
		int line, column;
	} cases[] = {
	    {"a 1\nb x\n", NULL, 2, 3},        {"a{x=\"\xc3\xa4\",y=1} 1\n", NULL, 1, 11},
	    {"# TYPE a gouge\n", NULL, 1, 10}, {"a 1\n\n\n b 2\n", NULL, 4, 1},
	    {"a 1\n", OPENMETRICS, 2, 1},      {"a 1\n# EOF\nb", OPENMETRICS, 3, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena *mem = arena_open();
		struct exposition x;
		struct err e = ERR_INIT;
		assert_int_equal(exposition_parse(mem, cases[i].body, strlen(cases[i].body), cases[i].type, &x, &e),
				 -1);
		assert_int_equal(e.line, cases[i].line);
		assert_int_equal(e.column, cases[i].column);
		arena_close(mem);
	}
}

static void
exposition__keeps_times_order_and_what_stood_before_a_mistake(void **state)
{
	struct arena *mem = arena_open();
	struct exposition x;
	struct err e = ERR_INIT;
	const char *text = "b 1 1700000000123\na 2\nb 3\nc ?\n", *om = "a 1 1700000000.1239\nb 2 -1\nc 3\n# EOF\n";

	(void)state;
	assert_int_equal(exposition_parse(mem, text, strlen(text), "text/plain", &x, &e), -1);
	assert_int_equal(x.n, 3);
	assert_true(x.samples[0].has_time);
	assert_int_equal(x.samples[0].t, 1700000000123);
	assert_string_equal(labels_get(x.samples[1].labels, METRIC_NAME), "a");
	assert_false(x.samples[1].has_time);
	assert_true(x.samples[2].v == 3);
	assert_int_equal(exposition_parse(mem, om, strlen(om), "APPLICATION/openmetrics-text", &x, &e), 0);
	assert_int_equal(x.samples[0].t, 1700000000123);
	assert_int_equal(x.samples[1].t, -1000);
	assert_false(x.samples[2].has_time);
	arena_close(mem);
}

/* Values that the quick way must not round twice; expected: strtod, which glibc rounds correctly. */
static void
exposition__values_are_correctly_rounded(void **state)
{
	static const char *const values[] = {"9007199254740993",
					     "9007199254740992",
					     "0.1",
					     "123456789.123456789",
					     "8.5e22",
					     "1e23",
					     "5e-324",
					     "1.7976931348623157e308",
					     "0.30000000000000004",
					     "1e22",
					     "1e-22",
					     "9007199254740991e22",
					     "4503599627370497.5",
					     "-0",
					     "2.2250738585072014e-308",
					     "179769313486231570000",
					     "0.000001",
					     "100000e-5"};
	struct arena *mem = arena_open();
	struct exposition x;
	struct err e = ERR_INIT;
	char body[64];

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		double want = strtod(values[i], NULL);
		snprintf(body, sizeof body, "a %s\n", values[i]);
		assert_int_equal(exposition_parse(mem, body, strlen(body), NULL, &x, &e), 0);
		assert_memory_equal(&x.samples[0].v, &want, sizeof want);
	}
	srand(1);
	for (int i = 0; i < 20000; i++) {
		char number[40];
		snprintf(number, sizeof number, "%d.%0*de%d", rand() % 100000, 1 + rand() % 12, rand() % 100000,
			 rand() % 50 - 25);
		snprintf(body, sizeof body, "a %s\n", number);
		double want = strtod(number, NULL);
		arena_reset(mem);
		assert_int_equal(exposition_parse(mem, body, strlen(body), NULL, &x, &e), 0);
		assert_memory_equal(&x.samples[0].v, &want, sizeof want);
	}
	arena_close(mem);
}

static void
exposition__a_nan_is_never_a_staleness_marker(void **state)
{
	struct arena *mem = arena_open();
	struct exposition x;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(exposition_parse(mem, "a NaN\nb nan\n", 12, NULL, &x, &e), 0);
	assert_true(isnan(x.samples[0].v) && !num_is_stale(x.samples[0].v));
	assert_true(isnan(x.samples[1].v) && !num_is_stale(x.samples[1].v));
	arena_close(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(exposition__verdicts_and_values_are_those_of_prometheus),
	    cmocka_unit_test(exposition__says_where_the_mistake_is),
	    cmocka_unit_test(exposition__keeps_times_order_and_what_stood_before_a_mistake),
	    cmocka_unit_test(exposition__values_are_correctly_rounded),
	    cmocka_unit_test(exposition__a_nan_is_never_a_staleness_marker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
