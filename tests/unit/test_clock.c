/* test_clock.c -- times, durations and sizes as text. Dates checked against Python's datetime. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
clock__reads_durations_as_prometheus_does(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
	    {"0", 0},
	    {"0s", 0},
	    {"1ms", 1},
	    {"90s", 90000},
	    {"5m", 300000},
	    {"1h30m", 5400000},
	    {"1d", 86400000},
	    {"1w", 604800000},
	    {"1y", 31536000000},
	    {"1y2w3d4h5m6s7ms", 33019506007},
	    {"324ms", 324},
	    {"100000d", 8640000000000},
	};
	static const char *const bad[] = {"",       "1",    "s",    "1x",  "-1s",
					  "1m1h",   "1s1s", "1.5h", " 1s", "1s ",
					  "1ms1s",  "5 m",  "1hm",  "1M",  "99999999999999999999s",
					  "300000y"};
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_int_equal(duration_parse(good[i].text, &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (i = 0; i < COUNT(bad); i++)
		if (duration_parse(bad[i], &ms) == 0)
			fail_msg("'%s' was taken for a duration", bad[i]);
}

static void
clock__prints_durations_as_prometheus_does(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {{0, "0s"},         {5400000, "1h30m"}, {300000, "5m"},      {86400000, "1d"},
		     {691200000, "8d"}, {604800000, "1w"},  {31536000000, "1y"}, {90061001, "25h1m1s1ms"},
		     {1, "1ms"},        {172800000, "2d"}};
	struct buf b = BUF_INIT;
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&b);
		duration_format(&b, cases[i].ms);
		assert_string_equal(b.p, cases[i].text);
		assert_int_equal(duration_parse(b.p, &back), 0);
		assert_int_equal(back, cases[i].ms);
	}
	buf_release(&b);
}

static void
clock__says_durations_to_people(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {{0, "<1s"},
		     {999, "<1s"},
		     {1000, "1s"},
		     {59999, "59s"},
		     {60000, "1m"},
		     {28 * 60000, "28m"},
		     {3 * 3600000 + 1, "3h"},
		     {3 * MS_DAY, "3d"}};
	char out[16];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		duration_human(out, cases[i].ms);
		assert_string_equal(out, cases[i].text);
	}
}

static void
clock__reads_sizes_and_wants_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} good[] = {{"512B", 512},      {"64KiB", 65536},   {"1.5GiB", 1610612736},
		    {"10MB", 10000000}, {"1 MiB", 1048576}, {"0B", 0}};
	static const char *const bad[] = {"", "10", "KiB", "1.2.3MB", "-1MB", "1Mb", "9999999999TiB", "1MiBx", ".MB"};
	int64_t bytes;
	char out[16];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_int_equal(size_parse(good[i].text, &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(size_parse(bad[i], &bytes), -1);
	size_human(out, 1536);
	assert_string_equal(out, "1.5 KiB");
	size_human(out, 17);
	assert_string_equal(out, "17 B");
}

static void
clock__reads_rfc_3339_with_offsets_and_fractions(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2026-03-01T00:00:00Z", 1772323200000},
	    {"2026-03-01t02:36:00.5z", 1772332560500},
	    {"2026-03-01 02:36:00.123999999+01:30", 1772327160123},
	    {"2024-02-29T23:59:59.999-12:00", 1709294399999},
	    {"1969-12-31T23:59:59.999Z", -1},
	    {"2016-12-31T23:59:60Z", 1483228799999},
	    {"0001-01-01T00:00:00Z", -62135596800000},
	    {"9999-12-31T23:59:59Z", 253402300799000},
	};
	static const char *const bad[] = {
	    "",
	    "2026-03-01",
	    "2026-03-01T00:00:00",
	    "2026-13-01T00:00:00Z",
	    "2026-00-01T00:00:00Z",
	    "2026-04-31T00:00:00Z",
	    "2025-02-29T00:00:00Z",
	    "1900-02-29T00:00:00Z",
	    "2026-03-01T24:00:00Z",
	    "2026-03-01T00:60:00Z",
	    "2026-03-01T00:00:61Z",
	    "2026-03-01T00:00:00.Z",
	    "2026-03-01T00:00:00.1234567890Z",
	    "2026-03-01T00:00:00+0100",
	    "2026-03-01T00:00:00+24:00",
	    "2026-03-01T00:00:00Zx",
	    "2026-3-1T00:00:00Z.....",
	};
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_int_equal(rfc3339_parse(good[i].text, strlen(good[i].text), &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (i = 0; i < COUNT(bad); i++)
		if (rfc3339_parse(bad[i], strlen(bad[i]), &ms) == 0)
			fail_msg("'%s' was taken for a time", bad[i]);
}

static void
clock__calendar_agrees_with_gmtime(void **state)
{
	int64_t day, y;
	unsigned m, d;
	char text[32];
	time_t t;
	struct tm tm;

	(void)state;
	for (day = -800000; day < 2500000; day += 61) {
		t = (time_t)(day * 86400);
		gmtime_r(&t, &tm);
		civil_from_days(day, &y, &m, &d);
		assert_int_equal(y, tm.tm_year + 1900);
		assert_int_equal(m, tm.tm_mon + 1);
		assert_int_equal(d, tm.tm_mday);
		assert_int_equal(days_from_civil(y, m, d), day);
	}
	rfc3339_format(text, -1);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	rfc3339_format(text, INT64_MIN);
	rfc3339_format(text, INT64_MAX);
	assert_true(strlen(text) < 32);
}

static void
clock__reads_times_of_a_command_line(void **state)
{
	const int64_t now = 1772323200000; /* 2026-03-01T00:00:00Z */
	struct err e = ERR_INIT;
	int64_t ms;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(time_parse("now", now, &ms, &e), 0);
	assert_int_equal(ms, now);
	assert_int_equal(time_parse("-1h", now, &ms, &e), 0);
	assert_int_equal(ms, now - 3600000);
	assert_int_equal(time_parse("1772323200.25", now, &ms, &e), 0);
	assert_int_equal(ms, now + 250);
	assert_int_equal(time_parse("02:36", now, &ms, &e), 0);
	assert_int_equal(ms, now + 9360000);
	assert_int_equal(time_parse("2026-03-01T00:00:01Z", now, &ms, &e), 0);
	assert_int_equal(ms, now + 1000);
	assert_int_equal(time_parse("yesterday", now, &ms, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.text, "yesterday"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clock__reads_durations_as_prometheus_does),
	    cmocka_unit_test(clock__prints_durations_as_prometheus_does),
	    cmocka_unit_test(clock__says_durations_to_people),
	    cmocka_unit_test(clock__reads_sizes_and_wants_a_unit),
	    cmocka_unit_test(clock__reads_rfc_3339_with_offsets_and_fractions),
	    cmocka_unit_test(clock__calendar_agrees_with_gmtime),
	    cmocka_unit_test(clock__reads_times_of_a_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
