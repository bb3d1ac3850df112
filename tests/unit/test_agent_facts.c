/* test_agent_facts.c -- what the agent tells of logs, targets, alerts and traffic: the parts that need neither files nor a network. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/agent/agent_private.h"
#include "../../src/agent/bad_lines.h"
#include "../../src/agent/log_files.h"
#include "../../src/agent/minutes.h"
#include "../../src/agent/notified.h"
#include "../../src/agent/target_facts.h"
#include "../../src/agent/traffic.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/scrape_target.h"

#define T0 (INT64_C(30000000) * MS_MINUTE) /* a whole minute */
#define S  MS_SECOND
#define M  MS_MINUTE

/* ---- counts of an hour ---- */

static void
minutes__the_last_hour_and_no_more(void **state)
{
	struct minutes m = {0}, again;
	json_t *list;

	(void)state;
	assert_int_equal(minutes_sum(&m, T0), 0);
	minutes_add(&m, T0, 5);
	minutes_add(&m, T0 + 59 * S, 2);
	minutes_add(&m, T0 + 30 * M, 10);
	assert_int_equal(minutes_sum(&m, T0 + 30 * M), 17);
	assert_int_equal(minutes_first(&m, T0 + 30 * M), T0);
	assert_int_equal(minutes_sum(&m, T0 + 59 * M), 17);
	assert_int_equal(minutes_sum(&m, T0 + 60 * M), 10);
	assert_int_equal(minutes_first(&m, T0 + 60 * M), T0 + 30 * M);
	/* written down and read again */
	list = minutes_json(&m, T0 + 31 * M);
	again = minutes_read(list);
	assert_int_equal(minutes_sum(&again, T0 + 31 * M), 17);
	assert_int_equal(minutes_sum(&again, T0 + 60 * M), 10);
	assert_int_equal(minutes_sum(&again, T0 + 600 * M), 0);
	json_decref(list);
	/* a long pause, and a clock that is set back */
	minutes_add(&m, T0 + 1000 * M, 1);
	assert_int_equal(minutes_sum(&m, T0 + 1000 * M), 1);
	minutes_add(&m, T0 + 990 * M, 4);
	assert_int_equal(minutes_sum(&m, T0 + 990 * M), 4);
	list = json_string("not a list");
	again = minutes_read(list);
	assert_int_equal(minutes_sum(&again, T0), 0);
	json_decref(list);
}

/* ---- bad lines ---- */

static void
bad(struct bad_lines *l, const char *reason, int64_t t, int n)
{
	const struct bad_line b = {.why = BAD_NO_MODEL,
				   .line = "{\"ts\":1}",
				   .n = 8,
				   .column = 1,
				   .reason = reason,
				   .what = "no field \"model\"",
				   .key = "fields.model",
				   .says = "model"};
	const struct bad_place where = {"/var/log/fraud/predictions.jsonl", 4102331870, "prediction_logs[0]", "fraud"};

	for (int i = 0; i < n; i++)
		bad_lines_add(l, &b, &where, t);
}

static void
expect_burst(struct bad_lines *l, int64_t now, int64_t begin, const char *text)
{
	struct buf b = BUF_INIT;

	assert_int_equal(bad_lines_burst(l, now, false, &b), begin);
	assert_string_equal(buf_str(&b), text);
	buf_release(&b);
}

static void
bad_lines__a_burst_is_one_event_when_it_is_over(void **state)
{
	struct bad_lines l = {.n = 0};

	(void)state;
	bad(&l, "field missing: model", T0, 300);
	bad(&l, "field missing: model", T0 + 21 * S, 71);
	expect_burst(&l, T0 + 30 * S, 0, ""); /* it may go on */
	expect_burst(&l, T0 + 31 * S, T0, "371 bad lines in 21s: field missing: model");
	expect_burst(&l, T0 + 90 * S, 0, ""); /* once */
	bad(&l, "field missing: model", T0 + 300 * S, 371);
	bad(&l, "not JSON: unexpected end of line", T0 + 301 * S, 40);
	expect_burst(&l, T0 + 311 * S, T0 + 300 * S, "411 bad lines in 1s, 371 of them: field missing: model");
	bad(&l, "x", T0 + 700 * S, 1);
	expect_burst(&l, T0 + 710 * S, T0 + 700 * S, "1 bad line: x");
	bad_lines_release(&l);
}

/* Bad lines without end: after each minute in the first ten, then after each ten. */
static void
bad_lines__what_lasts_is_told_now_and_then(void **state)
{
	struct bad_lines l = {.n = 0};
	struct buf b = BUF_INIT;
	int64_t told = 0, lines = 0;

	(void)state;
	for (int64_t t = T0; t < T0 + 60 * M; t += S) {
		bad(&l, "x", t, 1);
		buf_reset(&b);
		if (bad_lines_burst(&l, t, false, &b) != 0) {
			told++;
			lines += strtol(buf_str(&b), NULL, 10);
			if (t < T0 + 9 * M)
				assert_int_equal(told, (t - T0) / M);
		}
	}
	assert_in_range(told, 13, 15);
	bad_lines_burst(&l, T0 + 60 * M, true, &b); /* at the end the rest */
	assert_true(lines > 3000 && lines < 3600);
	buf_reset(&b);
	assert_int_equal(bad_lines_burst(&l, T0 + 60 * M, true, &b), 0);
	buf_release(&b);
	bad_lines_release(&l);
}

static const json_t *
at(const json_t *list, size_t i, const char *key)
{
	return json_object_get(json_array_get(list, i), key);
}

static void
bad_lines__by_reason_with_an_example_over_a_restart(void **state)
{
	struct bad_lines l = {.n = 0}, again = {.n = 0};
	json_t *list;
	const json_t *x;

	(void)state;
	bad(&l, "old", T0 - 50 * M, 3);
	bad(&l, "field missing: model", T0, 371);
	bad(&l, "timestamp in the future by 3h", T0 + 5 * M, 1);
	list = bad_lines_json(&l, T0 + 6 * M);
	bad_lines_read(&again, list);
	json_decref(list);
	bad(&again, "field missing: model", T0 + 7 * M, 2);
	list = bad_lines_json(&again, T0 + 20 * M); /* an hour after the oldest */
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(at(list, 0, "reason")), "field missing: model");
	assert_string_equal(json_string_value(at(list, 0, "kind")), "no_model");
	assert_int_equal(json_integer_value(at(list, 0, "lines")), 373);
	assert_int_equal(json_integer_value(at(list, 0, "first_ms")), T0);
	assert_int_equal(json_integer_value(at(list, 0, "last_ms")), T0 + 7 * M);
	assert_int_equal(json_integer_value(at(list, 1, "lines")), 1);
	x = at(list, 0, "example");
	assert_string_equal(json_string_value(json_object_get(x, "path")), "/var/log/fraud/predictions.jsonl");
	assert_int_equal(json_integer_value(json_object_get(x, "byte")), 4102331870);
	assert_string_equal(json_string_value(json_object_get(x, "line")), "{\"ts\":1}");
	assert_string_equal(json_string_value(json_object_get(x, "what")),
			    "no field \"model\"; prediction_logs[0].fields.model says model");
	assert_string_equal(json_string_value(json_object_get(x, "hint")),
			    "add  model: {value: fraud}  for a constant");
	json_decref(list);
	bad_lines_release(&l);
	bad_lines_release(&again);
}

static void
bad_lines__reasons_are_bounded_and_texts_harmless(void **state)
{
	struct bad_lines l = {.n = 0};
	char reason[64];
	json_t *list;
	int64_t lines = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(reason, sizeof reason, "field missing: \x1b[%dm\xff", i);
		bad(&l, reason, T0, 1);
	}
	list = bad_lines_json(&l, T0);
	assert_int_equal(json_array_size(list), BAD_KINDS_MAX + 1);
	assert_string_equal(json_string_value(at(list, 0, "reason")), "other: no_model");
	for (size_t i = 0; i < json_array_size(list); i++)
		lines += json_integer_value(at(list, i, "lines"));
	assert_int_equal(lines, 1000);
	assert_string_equal(json_string_value(at(list, 1, "reason")), "field missing: ·[0m·");
	json_decref(list);
	bad_lines_release(&l);
}

static void
bad_lines__of_a_long_line_the_part_around_the_fault(void **state)
{
	struct bad_lines l = {.n = 0};
	char line[3000];
	struct bad_line b = {
	    .why = BAD_SYNTAX, .line = line, .n = sizeof line, .column = 2001, .reason = "r", .what = "w"};
	const struct bad_place where = {"p", 0, "e", NULL};
	json_t *list;
	const char *shown;

	(void)state;
	memset(line, 'a', sizeof line);
	line[2000] = 'X';
	bad_lines_add(&l, &b, &where, T0);
	list = bad_lines_json(&l, T0);
	shown = json_string_value(json_object_get(at(list, 0, "example"), "line"));
	assert_int_equal(strlen(shown), 240);
	assert_int_equal(shown[json_integer_value(json_object_get(at(list, 0, "example"), "column")) - 1], 'X');
	json_decref(list);
	bad_lines_release(&l);
}

/* ---- files ---- */

static void
log_rates__as_on_the_screen(void **state)
{
	/* 41 lines/s of 100 bytes are written, 160 read: 10 s later 1.2 MB are left */
	const struct log_point behind[] = {{T0, 2000000, 681000, 6810}, {T0 + 10 * S, 2041000, 841000, 8410}};
	const struct log_point even[] = {{T0, 500, 500, 5}, {T0 + 10 * S, 2320, 2320, 187}};
	const struct log_point stuck[] = {{T0, 1000, 500, 5}, {T0 + 10 * S, 3000, 500, 5}};
	struct log_rates r = log_rates(behind, 2, T0 + 10 * S - 29 * S);

	(void)state;
	assert_float_equal(r.read, 160, 1e-9);
	assert_float_equal(r.written, 41, 1e-9);
	assert_float_equal(r.lag_s, 29, 1e-9); /* the newest record read is so old */
	assert_float_equal(r.caught_up_s, 1200000.0 / (16000 - 4100), 1e-6);
	/* nobody knows what time the lines have: what was written since is so much */
	r = log_rates(behind, 2, 0);
	assert_float_equal(r.lag_s, 1200000.0 / 4100, 1e-6);
	r = log_rates(even, 2, T0);
	assert_float_equal(r.read, 18.2, 1e-9);
	assert_float_equal(r.written, 18.2, 1e-9);
	assert_true(r.lag_s == 0 && r.caught_up_s == 0);
	r = log_rates(stuck, 2, T0);
	assert_float_equal(r.written, 2, 1e-9); /* 2,000 bytes of 100 a line */
	assert_true(r.read == 0 && isnan(r.caught_up_s));
	r = log_rates(even, 1, T0);
	assert_true(isnan(r.read) && isnan(r.written));
}

static const json_t *
file(const json_t *list, const char *path)
{
	json_t *f;
	size_t i;

	json_array_foreach(list, i, f) if (strcmp(json_string_value(json_object_get(f, "path")), path) == 0) return f;
	return NULL;
}

static double
number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void
log_files__a_rotated_file_is_told_for_a_day(void **state)
{
	struct log_files l = {.n = 0}, again = {.n = 0};
	struct tail_status st[2] = {{.path = "a",
				     .device = 1,
				     .inode = 10,
				     .size = 1000,
				     .offset = 1000,
				     .lines = 10,
				     .open = true,
				     .written_ms = T0}};
	json_t *list = log_files_look(&l, st, 1, T0);

	(void)state;
	json_decref(list);
	st[0].size = st[0].offset = 3000;
	st[0].lines = 30;
	minutes_add(&log_file_of(&l, &(struct tail_offset){.device = 1, .inode = 10})->bad, T0, 18);
	list = log_files_look(&l, st, 1, T0 + 10 * S);
	assert_float_equal(number(file(list, "a"), "lines_per_s"), 2, 1e-9);
	assert_int_equal(number(file(list, "a"), "bad_1h"), 18);
	json_decref(list);
	/* renamed, another in its place; then nobody follows it any more */
	st[0].path = "a.1";
	st[0].rotated = true;
	st[1] = (struct tail_status){
	    .path = "a", .device = 1, .inode = 11, .size = 5, .offset = 5, .open = true, .written_ms = T0};
	list = log_files_look(&l, st, 2, T0 + 12 * S);
	assert_int_equal(json_array_size(list), 2);
	json_decref(list);
	list = log_files_look(&l, &st[1], 1, T0 + 20 * M);
	assert_true(json_is_true(json_object_get(file(list, "a.1"), "rotated")));
	assert_int_equal(number(file(list, "a.1"), "bad_1h"), 18);
	assert_int_equal(number(file(list, "a.1"), "size"), 3000);
	log_files_read(&again, list);
	json_decref(list);
	/* after a restart, too; until the day is over */
	list = log_files_look(&again, &st[1], 1, T0 + 23 * 60 * M);
	assert_non_null(file(list, "a.1"));
	assert_int_equal(number(file(list, "a.1"), "bad_1h"), 0);
	json_decref(list);
	list = log_files_look(&again, &st[1], 1, T0 + 25 * 60 * M);
	assert_null(file(list, "a.1"));
	json_decref(list);
	/* the next one takes its name */
	st[1].path = "a.1";
	st[1].rotated = true;
	list = log_files_look(&l, &st[1], 1, T0 + 21 * M);
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(number(file(list, "a.1"), "size"), 5);
	json_decref(list);
	log_files_release(&l);
	log_files_release(&again);
}

/* ---- targets ---- */

static const char *
answered(struct target_facts *f, const char *why, int64_t t)
{
	static char text[300];
	const struct scrape_answer a = {.status = why[0] == '\0' ? 200 : 503,
					.body = "{\"model_loaded\": true,\n\"x\": \"\x1b\"}",
					.n = 29,
					.seconds = 0.041};
	const int64_t since = f->down_since_ms;
	struct buf b = BUF_INIT;
	const enum target_change c = target_note(f, &a, why, 7, true, t);

	target_change_words(&b, f, c, "127.0.0.1:8000/health", since, t);
	snprintf(text, sizeof text, "%s", buf_str(&b));
	buf_release(&b);
	return text;
}

static void
target__down_and_up_with_the_last_good_answer(void **state)
{
	struct target_facts f = {0}, again = {0};
	json_t *o = json_object();

	(void)state;
	assert_string_equal(answered(&f, "", T0), "");
	assert_string_equal(f.good.body, "{\"model_loaded\": true, \"x\": \"");
	assert_string_equal(answered(&f, "no answer within 2 s", T0 + 10 * S),
			    "127.0.0.1:8000/health down: no answer within 2 s");
	for (int i = 2; i <= 37; i++)
		assert_string_equal(answered(&f, "status 503", T0 + i * 10 * S), "");
	assert_int_equal(f.failures, 37);
	assert_int_equal(f.good.t, T0);
	assert_int_equal(f.good.status, 200);
	assert_int_equal(f.last.status, 503);
	target_write(&f, o);
	target_read(&again, o);
	json_decref(o);
	assert_int_equal(again.failures, 37);
	assert_string_equal(again.good.body, f.good.body);
	assert_string_equal(again.error, "status 503");
	assert_string_equal(answered(&again, "", T0 + 10 * S + 6 * M + 8 * S),
			    "127.0.0.1:8000/health up again after 6m");
	assert_int_equal(again.failures, 0);
}

static void
target__one_that_was_never_up_is_told(void **state)
{
	struct target_facts f = {0};

	(void)state;
	assert_string_equal(answered(&f, "connection refused", T0), "127.0.0.1:8000/health down: connection refused");
	assert_int_equal(f.down_since_ms, T0);
}

static void
target__flapping_is_no_flood(void **state)
{
	struct target_facts f = {0};
	int told = 0;
	int64_t t = T0;

	(void)state;
	answered(&f, "", t);
	for (int i = 0; i < 100; i++) {
		t += 10 * S;
		told += answered(&f, "x", t)[0] != '\0';
		t += 10 * S;
		told += answered(&f, "", t)[0] != '\0';
	}
	assert_int_equal(told, 7); /* three times down and up, then that it goes on */
	assert_string_equal(answered(&f, "", t + 9 * M), "");
	assert_string_equal(answered(&f, "", t + 10 * M), "127.0.0.1:8000/health up for 10m");
	assert_string_equal(answered(&f, "x", t + 30 * M), "127.0.0.1:8000/health down: x");
}

/* ---- alerts as events ---- */

static void
rule_event__in_the_words_of_the_dashboard(void **state)
{
	static const struct label error_rate[] = {
	    {"alertname", "ErrorRateHigh"}, {"model", "fraud"}, {"severity", "critical"}};
	static const struct label drift[] = {
	    {"alertname", "FeatureDrift"}, {"feature", "tenure_months"}, {"model", "churn"}, {"severity", "warning"}};
	static const struct label down[] = {{"alertname", "TargetDown"}, {"instance", "h:1"}, {"job", "node"}};
	static const struct label unit[] = {{"unit", "s"}};
	const struct {
		struct alert alert;
		enum alert_state is;
		const char *text, *severity, *subject;
	} cases[] = {
	    {{.labels = {error_rate, 3},
	      .value = 0.028,
	      .expr = "a / b > 0.01",
	      .value_expr = "a / b",
	      .limit_op = ">",
	      .limit = 0.01},
	     ALERT_FIRING,
	     "ErrorRateHigh firing: 2.8 % > 1 %",
	     "problem",
	     "fraud"},
	    {{.labels = {drift, 4},
	      .value = 0.121,
	      .expr = "",
	      .value_expr = "drift_ks(x)",
	      .limit_op = ">",
	      .limit = 0.1},
	     ALERT_PENDING,
	     "FeatureDrift tenure_months pending: KS 0.121 > 0.100",
	     "info",
	     "churn"},
	    {{.labels = {drift, 4},
	      .value = 0.231,
	      .expr = "",
	      .value_expr = "x",
	      .limit_op = ">",
	      .limit = 0.2,
	      .annotations = {unit, 1}},
	     ALERT_FIRING,
	     "FeatureDrift tenure_months firing: 231 ms > 200 ms",
	     "warning",
	     "churn"},
	    {{.labels = {down, 3}, .value = 0, .expr = "up == 0", .value_expr = "up", .limit_op = "==", .limit = 0},
	     ALERT_FIRING,
	     "TargetDown h:1 firing: 0 == 0",
	     "warning",
	     "node"},
	    {{.labels = {down, 3}, .value = 12, .expr = "a > b"},
	     ALERT_FIRING,
	     "TargetDown h:1 firing: 12",
	     "warning",
	     "node"},
	    {{.labels = {error_rate, 3}, .starts_ms = T0, .ends_ms = T0 + 14 * M, .expr = ""},
	     ALERT_RESOLVED,
	     "ErrorRateHigh resolved after 14m",
	     "good",
	     "fraud"},
	    {{.labels = {error_rate, 3}, .expr = ""},
	     ALERT_INACTIVE,
	     "ErrorRateHigh no longer pending",
	     "good",
	     "fraud"},
	};
	struct batch *b = batch_open();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_string_equal(rule_event(b, NULL, &cases[i].alert, cases[i].is, T0), cases[i].text);
		assert_string_equal(b->events[i].severity, cases[i].severity);
		assert_string_equal(b->events[i].subject, cases[i].subject);
		assert_int_equal(b->events[i].t, T0);
	}
	batch_close(b);
}

/* ---- traffic ---- */

static void
traffic__leaves_the_usual_at_thirty_percent_and_comes_back_at_twenty(void **state)
{
	/* 6,000 records in the hour a day ago: 1,000 in ten minutes */
	static const struct {
		enum traffic was;
		double now, before;
		enum traffic is;
	} cases[] = {
	    {TRAFFIC_USUAL, 1000, 6000, TRAFFIC_USUAL}, {TRAFFIC_USUAL, 710, 6000, TRAFFIC_USUAL},
	    {TRAFFIC_USUAL, 690, 6000, TRAFFIC_LOW},    {TRAFFIC_LOW, 750, 6000, TRAFFIC_LOW},
	    {TRAFFIC_LOW, 810, 6000, TRAFFIC_USUAL},    {TRAFFIC_USUAL, 1290, 6000, TRAFFIC_USUAL},
	    {TRAFFIC_USUAL, 1310, 6000, TRAFFIC_HIGH},  {TRAFFIC_HIGH, 1250, 6000, TRAFFIC_HIGH},
	    {TRAFFIC_HIGH, 1190, 6000, TRAFFIC_USUAL},  {TRAFFIC_LOW, 1310, 6000, TRAFFIC_HIGH},
	    {TRAFFIC_USUAL, 0, 6000, TRAFFIC_LOW},      {TRAFFIC_USUAL, 0, 120, TRAFFIC_USUAL}, /* 20: too few to say */
	    {TRAFFIC_USUAL, 30, 300, TRAFFIC_USUAL}, /* 50 expected: a difference of 20 is 3 deviations of 6.2 */
	    {TRAFFIC_LOW, 500, 0, TRAFFIC_USUAL}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (traffic_next(cases[i].was, cases[i].now, cases[i].before) != cases[i].is)
			fail_msg("case %zu", i);
	assert_float_equal(traffic_change(620, 6000), -0.38, 1e-12);
	assert_true(isnan(traffic_change(5, 0)));
}

/* ---- notifications ---- */

static void
notified__in_the_words_of_the_timeline(void **state)
{
	static const char *const cases[][2] = {
	    {"[FIRING:1] ErrorRateHigh fraud", "notified: ErrorRateHigh fraud"},
	    {"[FIRING:1] ErrorRateHigh fraud (critical data-science)", "notified: ErrorRateHigh fraud"},
	    {"[FIRING:3] DriftShareHigh (fraud)", "notified: DriftShareHigh, 3 alerts"},
	    {"[RESOLVED] TargetDown node", "notified: TargetDown node resolved"},
	    {"a title of somebody's own", "notified: a title of somebody's own"},
	    {"", "notified: "},
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		notified_words(&b, cases[i][0]);
		assert_string_equal(buf_str(&b), cases[i][1]);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(minutes__the_last_hour_and_no_more),
	    cmocka_unit_test(bad_lines__a_burst_is_one_event_when_it_is_over),
	    cmocka_unit_test(bad_lines__what_lasts_is_told_now_and_then),
	    cmocka_unit_test(bad_lines__by_reason_with_an_example_over_a_restart),
	    cmocka_unit_test(bad_lines__reasons_are_bounded_and_texts_harmless),
	    cmocka_unit_test(bad_lines__of_a_long_line_the_part_around_the_fault),
	    cmocka_unit_test(log_rates__as_on_the_screen),
	    cmocka_unit_test(log_files__a_rotated_file_is_told_for_a_day),
	    cmocka_unit_test(target__down_and_up_with_the_last_good_answer),
	    cmocka_unit_test(target__one_that_was_never_up_is_told),
	    cmocka_unit_test(target__flapping_is_no_flood),
	    cmocka_unit_test(rule_event__in_the_words_of_the_dashboard),
	    cmocka_unit_test(notified__in_the_words_of_the_timeline),
	    cmocka_unit_test(traffic__leaves_the_usual_at_thirty_percent_and_comes_back_at_twenty),
	};

	return cmocka_run_group_tests_name("agent_facts", tests, NULL, NULL);
}
