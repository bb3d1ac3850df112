/*
 * test_notify.c -- matchers, time, routes, the dispatcher's promises beyond Alertmanager's. What goes over the wire:
 * test_notify_messages.c.
 *
 * Expected values: fingerprints and digests by Python's hashlib and arithmetic, zone offsets by Python's zoneinfo, verdicts on matchers
 * by amtool 0.25. What Alertmanager sends when is in tests/data/timelines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/notify/dispatch.h"
#include "../../src/notify/kinds.h"
#include "../../src/notify/message.h"
#include "../../src/notify/sender.h"
#include "../../src/notify/sha256.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/notify.h"
#include "notify_config.h"

/* ---- matchers ---- */

static void
matchers__verdicts_are_amtools(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {{"a=b", true},       {"a=\"b\"", true},   {"a=~b.*", true},       {"{a=\"b\",c!=\"d\"}", true},
		     {"a=b,c=d,", true},  {"a=b,,c=d", false}, {"a", false},           {"a=", true},
		     {"a=\"b", false},    {"a=b\"", false},    {"a=\"b\\\"c\"", true}, {"a=\"\\x\"", true},
		     {"a=\\", true},      {"1a=b", false},     {" a = b ", true},      {"a-b=c", false},
		     {"a==b", true},      {"", true},          {"{}", true},           {",", false},
		     {"a=\"b,c\"", true}, {"a=~\"(\"", false}, {"a!~\"b|c\"", true}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct matcher_list m = {0};
		struct err e = ERR_INIT;
		if ((matchers_parse(&m, cases[i].text, &e) == 0) != cases[i].good)
			fail_msg("'%s' should be %s", cases[i].text, cases[i].good ? "good" : "bad");
		matcher_list_release(&m);
	}
}

static void
matchers__values_are_read_as_alertmanager_reads_them(void **state)
{
	static const struct {
		const char *text, *name, *value;
	} cases[] = {{"a=\"b\\\"c\\\\d\\ne\"", "a", "b\"c\\d\ne"},
		     {"a=\"\\x\"", "a", "\\x"},
		     {"a= b c ", "a", "b c"},
		     {"a==b", "a", "=b"},
		     {"\"a b\"=\"c\\u00e9\"", "a b", "c\xc3\xa9"},
		     {"gr\xc3\xb6\xc3\x9f"
		      "e=x",
		      "gr\xc3\xb6\xc3\x9f"
		      "e",
		      "x"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct matcher_list m = {0};
		assert_int_equal(matchers_parse(&m, cases[i].text, NULL), 0);
		assert_int_equal(m.n, 1);
		assert_string_equal(m.at[0].name, cases[i].name);
		assert_string_equal(m.at[0].value, cases[i].value);
		matcher_list_release(&m);
	}
}

/* ---- time ---- */

static void
zones__offsets_are_those_of_zoneinfo(void **state)
{
	static const struct {
		const char *zone;
		int64_t t, offset;
	} cases[] = {
	    {"Europe/Berlin", 0, 3600},
	    {"Europe/Berlin", 1772000000, 3600},
	    {"Europe/Berlin", 1774745999, 3600},
	    {"Europe/Berlin", 1774746000, 7200},
	    {"Europe/Berlin", 1792889999, 7200},
	    {"Europe/Berlin", 1792890000, 3600},
	    {"Europe/Berlin", 4102444800, 3600},
	    {"America/New_York", 1710053999, -18000},
	    {"America/New_York", 1710054000, -14400},
	    {"America/New_York", 2540000000, -14400},
	    {"Asia/Kolkata", 1772000000, 19800},
	    {"Australia/Lord_Howe", 1772000000, 39600},
	    {"Australia/Lord_Howe", 1783000000, 37800},
	    {"Australia/Lord_Howe", 2500000000, 39600},
	    {"Asia/Tehran", 1600000000, 16200},
	    {"Asia/Tehran", 1772000000, 12600},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = ERR_INIT;
		struct tz *z = tz_open(cases[i].zone, &e);
		if (z == NULL) /* the system has no zoneinfo */
			continue;
		assert_int_equal(tz_offset(z, cases[i].t), cases[i].offset);
		tz_close(z);
	}
	struct err e = ERR_INIT;
	assert_null(tz_open("Mars/Base", &e));
	assert_null(tz_open("../../etc/passwd", NULL));
}

static void
intervals__hold_in_the_zone_of_the_interval(void **state)
{
	/* Monday to Friday 09:00 to 17:00 in Berlin, and the last two days of February */
	struct notify_config *c =
	    config("route: {receiver: x}\nreceivers: [{name: x}]\ntime_intervals:\n- name: office\n  time_intervals:\n"
		   "  - {times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['monday:friday'], location: "
		   "Europe/Berlin}\n"
		   "  - {months: [february], days_of_month: ['-2:-1'], location: Europe/Berlin}\n");
	static const struct {
		int64_t t;
		bool in;
	} cases[] = {
	    {1772438400000, true},  /* Monday 2026-03-02 09:00:00 */
	    {1772438399000, false}, /* a second before */
	    {1772881200000, false}, /* Saturday noon */
	    {1772231400000, true},  /* Friday 27 February 23:30: the last but one of 28 */
	    {1772269200000, true},  /* Saturday 28 February */
	    {1798732799000, true},  /* Thursday 31 December 16:59:59 */
	    {1798732800000, false}, /* 17:00:00 is outside */
	    {1774598400000, true},  /* Friday 2026-03-27 09:00:00, winter */
	    {1774853999000, false}, /* Monday 30 March 08:59:59, summer */
	    {1774854000000, true},  /* 09:00:00 */
	    {1792767599000, true},  /* Friday 23 October 16:59:59 */
	    {1793001599000, false}, /* Monday 26 October 08:59:59, winter again */
	    {1793001600000, true},  /* 09:00:00 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(interval_contains(&c->intervals[0], cases[i].t), cases[i].in);
	notify_config_close(c);
}

/* ---- small things ---- */

static void
fingerprint__is_alertmanagers(void **state)
{
	const struct label l[] = {{"alertname", "A"}, {"cluster", "c1"}, {"instance", "a"}};
	char text[17];

	(void)state;
	fingerprint_text(text, fingerprint((struct labels){l, 3}));
	assert_string_equal(text, "7b91d1e9dae29c1f");
}

static void
sha256__is_hashlibs(void **state)
{
	char text[120], out[65];

	(void)state;
	sha256_hex("{}:{alertname=\"A\"}", 18, out);
	assert_string_equal(out, "ad4b39d3af6c5f089ddb8504a474cd124febe3ef322f263d58074fb0c51dc572");
	sha256_hex("", 0, out);
	assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	memset(text, 'a', 119);
	sha256_hex(text, 119, out);
	assert_string_equal(out, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
}

static void
backoff__is_full_jitter_below_a_cap(void **state)
{
	(void)state;
	assert_int_equal(sender_backoff(1, 0.999), 999);
	assert_int_equal(sender_backoff(3, 0.5), 1125);   /* 1 s * 1.5^2 / 2 */
	assert_int_equal(sender_backoff(30, 0.5), 30000); /* of 60 s */
	assert_int_equal(sender_backoff(1000, 0.5), 30000);
	assert_int_equal(sender_backoff(5, 0), 50);
}

static void
limit__is_the_right_side_of_the_comparison(void **state)
{
	static const char *const cases[][2] = {{"rate(x[5m]) > 0.25", "> 0.25"},
					       {"histogram_quantile(0.99, sum by (le) (x)) >= 1e3", ">= 1e3"},
					       {"a{b=\"x > 3\"} < 5", "< 5"},
					       {"a > b", ""},
					       {"up == 0", "== 0"},
					       {"sum(x)", ""}};
	struct arena *mem = arena_open();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(message_limit(mem, cases[i][0]), cases[i][1]);
	arena_close(mem);
}

static void
shorten__cuts_between_characters(void **state)
{
	struct arena *mem = arena_open();

	(void)state;
	assert_string_equal(message_shorten(mem, "abcdef", 6), "abcdef");
	assert_string_equal(message_shorten(mem, "abcdef", 4), "abc\xe2\x80\xa6");
	assert_string_equal(message_shorten(mem, "\xc3\xa4\xc3\xb6\xc3\xbc", 2), "\xc3\xa4\xe2\x80\xa6");
	arena_close(mem);
}

/* ---- the dispatcher beyond Alertmanager ---- */

struct sent {
	char text[256];
	int64_t row, replaces;
	enum reason reason;
};
struct bench {
	struct notify_config *config;
	struct dispatch *d;
	struct sent at[64];
	size_t n;
	bool broken; /* the store refuses */
};

static int64_t
keep(void *arg, const struct due *due)
{
	struct bench *b = arg;

	if (b->broken)
		return -1;
	struct sent *s = &b->at[b->n++];
	s->row = due->n > 0 ? (int64_t)b->n : 0;
	s->replaces = due->replaces;
	s->reason = due->reason;
	s->text[0] = '\0';
	for (size_t i = 0; i < due->n; i++)
		snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), "%s%s%s", i > 0 ? " " : "",
			 due->resolved[i] ? "-" : "+", labels_get(*due->alerts[i]->labels, "x"));
	return s->row;
}

static void
start(struct bench *b)
{
	*b = (struct bench){0};
	b->config = config(
	    "route: {receiver: r, group_by: [alertname], group_wait: 1s, group_interval: 10s, repeat_interval: 30s}\n"
	    "receivers: [{name: r, webhook_configs: [{url: 'http://h/'}]}]\n");
	b->d = dispatch_open(b->config, keep, b, T0);
}

static void
stop(struct bench *b)
{
	dispatch_close(b->d);
	notify_config_close(b->config);
}

static void
fire(struct bench *b, const char *x, int64_t starts, int64_t ends, int64_t now)
{
	const struct label l[] = {{"alertname", "A"}, {"x", x}};
	const struct alert a = {.labels = {l, 2}, .starts_ms = starts, .ends_ms = ends};

	dispatch_alert(b->d, &a, now);
}

static void
dispatch__waiting_message_is_replaced_by_the_newer_one(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	fire(&b, "1", T0, T0 + 3600000, T0);
	dispatch_step(b.d, T0 + 1000, 100);
	assert_int_equal(b.n, 1);
	assert_string_equal(b.at[0].text, "+1");
	fire(&b, "2", T0 + 2000, T0 + 3600000, T0 + 2000);
	dispatch_step(b.d, T0 + 11000, 100); /* the first has not gone out yet */
	assert_int_equal(b.n, 2);
	assert_string_equal(b.at[1].text, "+1 +2");
	assert_int_equal(b.at[1].replaces, b.at[0].row);
	stop(&b);
}

static void
dispatch__what_is_over_before_it_went_out_is_not_sent(void **state)
{
	struct bench b;

	(void)state;
	for (int under_way = 0; under_way < 2; under_way++) {
		start(&b);
		fire(&b, "1", T0, T0 + 3600000, T0);
		dispatch_step(b.d, T0 + 1000, 100);
		assert_string_equal(b.at[0].text, "+1");
		if (under_way)
			dispatch_sending(b.d, 1);
		fire(&b, "1", T0, T0 + 5000, T0 + 5000);
		dispatch_step(b.d, T0 + 11000, 100);
		if (under_way) { /* it is taken; then its end is told, and not a look later */
			assert_int_equal(b.n, 1);
			dispatch_done(b.d, 1, true, T0 + 12000);
			assert_int_equal(b.n, 2);
			assert_string_equal(b.at[1].text, "-1");
		} else { /* nobody is woken for it; anew it is a first message */
			assert_int_equal(b.n, 2);
			assert_int_equal(b.at[1].replaces, 1);
			assert_string_equal(b.at[1].text, "");
			fire(&b, "1", T0 + 15000, T0 + 3600000, T0 + 15000);
			dispatch_step(b.d, T0 + 21000, 100);
			assert_int_equal(b.n, 3);
			assert_int_equal(b.at[2].reason, REASON_FIRST);
			assert_int_equal(b.at[2].replaces, 0);
		}
		stop(&b);
	}
}

static void
dispatch__what_changes_under_way_is_told_right_after(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	fire(&b, "1", T0, T0 + 3600000, T0);
	dispatch_step(b.d, T0 + 1000, 100);
	dispatch_sending(b.d, b.at[0].row);
	fire(&b, "2", T0 + 2000, T0 + 3600000, T0 + 2000);
	dispatch_step(b.d, T0 + 11000, 100);
	assert_int_equal(b.n, 1); /* the one under way is neither stopped nor doubled */
	dispatch_done(b.d, b.at[0].row, true, T0 + 14000);
	assert_int_equal(b.n, 2);
	assert_string_equal(b.at[1].text, "+1 +2");
	stop(&b);
}

static void
dispatch__acknowledged_firing_is_not_repeated_but_its_end_is_told(void **state)
{
	struct bench b;
	int64_t t = T0;

	(void)state;
	start(&b);
	fire(&b, "1", T0, T0 + 3600000, T0);
	dispatch_step(b.d, t = T0 + 1000, 100);
	dispatch_done(b.d, b.at[0].row, true, t);
	const struct label l[] = {{"alertname", "A"}, {"x", "1"}};
	const struct ack_row ack = {fingerprint((struct labels){l, 2}), T0, strdup("ann"), strdup("")};
	dispatch_acks(b.d, &ack, 1);
	for (; t < T0 + 100000; t += 1000) {
		fire(&b, "1", T0, t + 30000, t);
		dispatch_step(b.d, t, 100);
	}
	assert_int_equal(b.n, 1);
	fire(&b, "1", T0, t, t);
	dispatch_step(b.d, t + 10000, 100);
	assert_int_equal(b.n, 2);
	assert_string_equal(b.at[1].text, "-1");
	dispatch_done(b.d, b.at[1].row, true, t + 10000);
	/* the next firing is another one: it repeats */
	fire(&b, "1", t + 11000, t + 3600000, t + 11000);
	dispatch_step(b.d, t + 20000, 100);
	assert_int_equal(b.n, 3);
	dispatch_done(b.d, b.at[2].row, true, t + 20000);
	for (int64_t u = t + 21000; u < t + 70000; u += 1000)
		dispatch_step(b.d, u, 100);
	assert_int_equal(b.n, 4);
	assert_int_equal(b.at[3].reason, REASON_REPEAT);
	stop(&b);
}

static void
dispatch__a_set_clock_neither_repeats_nor_ends(void **state)
{
	struct bench b;

	(void)state;
	for (int back = 0; back < 2; back++) {
		int64_t jump = back ? -3600000 : 3600000;
		start(&b);
		fire(&b, "1", T0, T0 + 20000, T0);
		dispatch_step(b.d, T0 + 1000, 100);
		dispatch_done(b.d, b.at[0].row, true, T0 + 1000);
		dispatch_shift(b.d, jump);
		assert_int_equal(dispatch_next(b.d), T0 + jump + 11000);
		dispatch_step(b.d, T0 + jump + 12000, 100);
		assert_int_equal(b.n, 1);
		stop(&b);
	}
}

static void
dispatch__a_store_that_fails_is_asked_again(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	b.broken = true;
	fire(&b, "1", T0, T0 + 3600000, T0);
	dispatch_step(b.d, T0 + 1000, 100);
	assert_int_equal(b.n, 0);
	b.broken = false;
	dispatch_step(b.d, T0 + 2000, 100);
	assert_int_equal(b.n, 1);
	stop(&b);
}

static void
dispatch__groups_keep_their_timers_over_a_reload(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	fire(&b, "1", T0, T0 + 3600000, T0);
	dispatch_step(b.d, T0 + 1000, 100);
	dispatch_done(b.d, b.at[0].row, true, T0 + 1000);
	struct notify_config *next = config(
	    "route: {receiver: r, group_by: [alertname], group_wait: 1s, group_interval: 10s, repeat_interval: 40s}\n"
	    "receivers: [{name: r, webhook_configs: [{url: 'http://elsewhere/'}]}]\n");
	dispatch_reconfigure(b.d, next, T0 + 5000);
	notify_config_close(b.config);
	b.config = next;
	assert_int_equal(dispatch_next(b.d), T0 + 11000);
	fire(&b, "2", T0 + 6000, T0 + 3600000, T0 + 6000);
	dispatch_step(b.d, T0 + 10000, 100);
	assert_int_equal(b.n, 1);
	dispatch_step(b.d, T0 + 11000, 100);
	assert_int_equal(b.n, 2);
	assert_string_equal(b.at[1].text, "+1 +2");
	stop(&b);
}

static void
dispatch__ten_thousand_groups_go_in_pieces(void **state)
{
	struct bench b;
	char x[32];

	(void)state;
	start(&b);
	b.broken = true; /* nothing is kept: only the pieces are counted */
	for (int i = 0; i < 500; i++) {
		snprintf(x, sizeof x, "A%d", i);
		const struct label l[] = {{"alertname", x}};
		const struct alert a = {.labels = {l, 1}, .starts_ms = T0, .ends_ms = T0 + 3600000};
		dispatch_alert(b.d, &a, T0);
	}
	assert_true(dispatch_step(b.d, T0 + 1000, 200));
	assert_true(dispatch_step(b.d, T0 + 1000, 200));
	assert_false(dispatch_step(b.d, T0 + 1000, 200));
	stop(&b);
}

/* ---- the file ---- */

static int
load_text(const char *text, struct notify_config **c, struct errlist *l)
{
	char path[] = "/tmp/test_notifyXXXXXX";
	const int fd = mkstemp(path);
	const size_t n = strlen(text);
	int rc;

	assert_int_equal(write(fd, text, n), n);
	close(fd);
	rc = notify_config_load(c, path, l);
	unlink(path);
	return rc;
}

static void
config__mistakes_are_all_found_with_their_places(void **state)
{
	static const char text[] = "route:\n"
				   "  receiver: chat\n"
				   "  group_by: [alertname, alertname]\n"
				   "  routes:\n"
				   "    - reciever: chat\n"
				   "    - receiver: cat\n"
				   "receivers:\n"
				   "  - name: chat\n"
				   "    slack_configs: [{api_url: 'ftp://x', chanel: y}]\n";
	static const int lines[] = {3, 5, 6, 9, 9};
	struct errlist l = ERRLIST_INIT;
	struct notify_config *c = NULL;

	(void)state;
	assert_int_equal(load_text(text, &c, &l), -1);
	assert_int_equal(l.errors, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(l.at[i].line, lines[i]); /* in the file's order, whatever is read first */
	errlist_release(&l);
}

static void
config__receivers_without_a_sender_are_named(void **state)
{
	static const char text[] = "route: {receiver: o}\nreceivers: [{name: o, opsgenie_configs: [{api_key: k}]}]\n";
	struct errlist l = ERRLIST_INIT;
	struct notify_config *c = NULL;

	(void)state;
	assert_int_equal(load_text(text, &c, &l), 0);
	assert_int_equal(l.warnings, 1);
	assert_non_null(strstr(l.at[0].text, "no sender for OpsGenie"));
	errlist_release(&l);
	notify_config_close(c);
}

/* Repeats come at looks of the group, every group_interval: 12 minutes of 5 are over at the third look. */
static void
config__a_repeat_between_two_looks_is_warned_about(void **state)
{
	static const struct {
		const char *route, *said; /* NULL: nothing */
		int line;
	} cases[] = {
	    {"{receiver: a, group_interval: 5m,\n repeat_interval: 12m}", "every 15m", 2},
	    {"{receiver: a, group_interval: 5m, repeat_interval: 15m}", NULL, 0},
	    {"{receiver: a, repeat_interval: 3m}", "every 5m", 1}, /* the default of group_interval */
	    {"{receiver: a}", NULL, 0},
	    {"{receiver: a, repeat_interval: 15m,\n routes: [{receiver: a,\n group_interval: 10m}]}", "every 20m", 2},
	    {"{receiver: a, group_interval: 5m, repeat_interval: 12m,\n routes: [{receiver: a}]}", "every 15m", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct errlist l = ERRLIST_INIT;
		struct notify_config *c = NULL;
		char text[256];

		snprintf(text, sizeof text, "route: %s\nreceivers: [{name: a}]\n", cases[i].route);
		assert_int_equal(load_text(text, &c, &l), 0);
		assert_int_equal(l.warnings, cases[i].said !=
						 NULL); /* of a route that says nothing of it, its parent's is enough */
		if (cases[i].said != NULL) {
			assert_non_null(strstr(l.at[0].text, cases[i].said));
			assert_int_equal(l.at[0].line, cases[i].line);
		}
		errlist_release(&l);
		notify_config_close(c);
	}
}

static void
config__verdicts_are_amtools(void **state)
{
	json_t *cases = json_load_file("tests/data/routing/cases.json", 0, NULL), *one;
	size_t i, wrong = 0;

	(void)state;
	assert_true(json_array_size(cases) > 300);
	json_array_foreach(cases, i, one)
	{
		const char *text = json_string_value(json_object_get(one, "text"));
		struct errlist l = ERRLIST_INIT;
		struct notify_config *c = NULL;

		bool good = load_text(text, &c, &l) == 0;
		if (good != json_is_true(json_object_get(one, "good"))) {
			fprintf(stderr, "should be %s:\n%s", good ? "bad" : "good", text);
			errlist_print(&l, stderr, false);
			wrong++;
		}
		if (!good)
			assert_true(l.errors > 0);
		errlist_release(&l);
		notify_config_close(c);
	}
	json_decref(cases);
	assert_int_equal(wrong, 0);
}

static void
count_route(void *arg, const char *receiver, const char *path)
{
	struct buf *b = arg;

	buf_addf(b, "%s=%s ", receiver, path);
}

static void
config__example_routes_as_it_says(void **state)
{
	struct errlist l = ERRLIST_INIT;
	struct notify_config *c = NULL;
	const struct label critical[] = {{"alertname", "X"}, {"severity", "critical"}, {"team", "data-science"}};
	struct buf got = BUF_INIT;

	(void)state;
	assert_int_equal(notify_config_load(&c, "alerts/alerts.yml", &l), 0);
	assert_int_equal(l.errors, 0);
	notify_config_routes(c, (struct labels){critical, 3}, count_route, &got);
	assert_string_equal(
	    buf_str(&got),
	    "pagerduty=route.routes[0] email-data-science=route.routes[1] slack-oncall=route.routes[3] ");
	buf_release(&got);
	errlist_release(&l);
	notify_config_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(matchers__verdicts_are_amtools),
	    cmocka_unit_test(matchers__values_are_read_as_alertmanager_reads_them),
	    cmocka_unit_test(zones__offsets_are_those_of_zoneinfo),
	    cmocka_unit_test(intervals__hold_in_the_zone_of_the_interval),
	    cmocka_unit_test(fingerprint__is_alertmanagers),
	    cmocka_unit_test(sha256__is_hashlibs),
	    cmocka_unit_test(backoff__is_full_jitter_below_a_cap),
	    cmocka_unit_test(limit__is_the_right_side_of_the_comparison),
	    cmocka_unit_test(shorten__cuts_between_characters),
	    cmocka_unit_test(dispatch__waiting_message_is_replaced_by_the_newer_one),
	    cmocka_unit_test(dispatch__what_is_over_before_it_went_out_is_not_sent),
	    cmocka_unit_test(dispatch__what_changes_under_way_is_told_right_after),
	    cmocka_unit_test(dispatch__acknowledged_firing_is_not_repeated_but_its_end_is_told),
	    cmocka_unit_test(dispatch__a_set_clock_neither_repeats_nor_ends),
	    cmocka_unit_test(dispatch__a_store_that_fails_is_asked_again),
	    cmocka_unit_test(dispatch__groups_keep_their_timers_over_a_reload),
	    cmocka_unit_test(dispatch__ten_thousand_groups_go_in_pieces),
	    cmocka_unit_test(config__mistakes_are_all_found_with_their_places),
	    cmocka_unit_test(config__receivers_without_a_sender_are_named),
	    cmocka_unit_test(config__a_repeat_between_two_looks_is_warned_about),
	    cmocka_unit_test(config__verdicts_are_amtools),
	    cmocka_unit_test(config__example_routes_as_it_says),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
