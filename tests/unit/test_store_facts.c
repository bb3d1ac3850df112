/* test_store_facts.c -- what the store keeps for people: the history of alerts, the timeline, and a file of an older version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/labels.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"

struct place {
	char dir[64], path[80];
	struct store *s;
	struct buf seen;
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	snprintf(p->dir, sizeof p->dir, "/tmp/mlwatch-facts-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/m.db", p->dir);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];
	int rc;

	store_close(p->s);
	buf_release(&p->seen);
	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	rc = system(command);
	free(p);
	return rc;
}

static void
open_store(struct place *p)
{
	const struct store_spec spec = {.path = p->path};
	struct err e = ERR_INIT;

	if (store_open(&p->s, &spec, STORE_AGENT, &e) < 0)
		fail_msg("%s", e.text);
}

/* ---- alerts ---- */

static const struct label alert_label[] = {{"alertname", "Slow"}, {"model", "fraud"}, {"severity", "warning"}};
static const struct label unit_label[] = {{"unit", "s"}};

static void
put_alert(struct place *p, enum store_alert_state state, int64_t t, double value, const char *op)
{
	const struct store_alert a = {.name = "Slow",
				      .file = "r.yml",
				      .group = "g",
				      .labels = {alert_label, 3},
				      .annotations = {unit_label, 1},
				      .state = state,
				      .active_ms = 1000,
				      .fired_ms = 2000,
				      .resolved_ms = state == STORE_ALERT_RESOLVED ? t : 0,
				      .value = value,
				      .value_ms = t,
				      .expr = "p95 > 0.2",
				      .limit_op = op,
				      .limit = 0.2,
				      .value_expr = "p95"};
	struct err e = ERR_INIT;

	if (store_put_alerts(p->s, "r.yml", "g", &a, 1, &e) < 0)
		fail_msg("%s", e.text);
}

static void
see_firing(void *arg, const struct store_firing *f)
{
	struct place *p = arg;

	buf_addf(&p->seen, "%s %lld-%lld peak %g@%lld %s %g, %s in %s, ack '%s' %lld;", f->name, (long long)f->fired_ms,
		 (long long)f->resolved_ms, f->peak, (long long)f->peak_ms, f->limit_op, f->limit, f->value_expr,
		 f->unit, f->ack_by, (long long)f->ack_ms);
}

static const char *
firings(struct place *p)
{
	buf_reset(&p->seen);
	assert_int_equal(store_firings(p->s, 0, 0, 100, see_firing, p, NULL), 0);
	return buf_str(&p->seen);
}

static void
alerts__a_firing_keeps_its_peak_and_when_that_was(void **state)
{
	struct place *p = *state;

	open_store(p);
	put_alert(p, STORE_ALERT_FIRING, 2000, 0.3, ">");
	put_alert(p, STORE_ALERT_FIRING, 3000, 0.9, ">");
	put_alert(p, STORE_ALERT_FIRING, 4000, 0.9, ">");
	put_alert(p, STORE_ALERT_FIRING, 5000, 0.4, ">");
	put_alert(p, STORE_ALERT_RESOLVED, 6000, 0.4, ">");
	assert_string_equal(firings(p), "Slow 2000-6000 peak 0.9@3000 > 0.2, p95 in s, ack '' 0;");
}

static void
alerts__what_is_too_low_has_its_peak_below(void **state)
{
	struct place *p = *state;

	open_store(p);
	put_alert(p, STORE_ALERT_FIRING, 2000, 0.1, "<");
	put_alert(p, STORE_ALERT_FIRING, 3000, 0.05, "<");
	put_alert(p, STORE_ALERT_FIRING, 4000, 0.15, "<");
	assert_string_equal(firings(p), "Slow 2000-0 peak 0.05@3000 < 0.2, p95 in s, ack '' 0;");
}

static void
acknowledge(struct place *p, int64_t at_ms, const char *by)
{
	/* as notification knows the alert: with the external label, under a fingerprint of its own */
	static const struct label known[] = {
	    {"alertname", "Slow"}, {"host", "scoring-1"}, {"model", "fraud"}, {"severity", "warning"}};
	const struct store_notify_alert n = {
	    .fingerprint = 77, .labels = {known, 4}, .generator_url = "", .expr = "", .silenced_by = ""};
	const struct store_ack a = {77, 2000, at_ms, by, "looking"};
	static const struct label external[] = {{"host", "scoring-1"}, {"model", "not this: the alert has its own"}};

	assert_int_equal(store_put_external_labels(p->s, (struct labels){external, 2}, NULL), 0);
	assert_int_equal(store_put_notify_alert(p->s, &n, NULL), 0);
	assert_int_equal(store_put_ack(p->s, &a, NULL), 0);
}

static void
alerts__who_acknowledged_outlives_the_acknowledgement(void **state)
{
	struct place *p = *state;

	open_store(p);
	put_alert(p, STORE_ALERT_FIRING, 2000, 0.3, ">");
	acknowledge(p, 2500, "ana");
	put_alert(p, STORE_ALERT_FIRING, 3000, 0.3, ">");
	assert_int_equal(store_drop_ack(p->s, 77, NULL), 0);
	put_alert(p, STORE_ALERT_RESOLVED, 4000, 0.3, ">");
	assert_string_equal(firings(p), "Slow 2000-4000 peak 0.3@2000 > 0.2, p95 in s, ack 'ana' 2500;");
}

/* Its row alone went: it had ended with the alert. Taken back by a person, it was not one. */
static void
alerts__what_was_taken_back_is_not_in_the_history(void **state)
{
	static const struct label known[] = {
	    {"alertname", "Slow"}, {"host", "scoring-1"}, {"model", "fraud"}, {"severity", "warning"}};
	static const struct label other[] = {
	    {"alertname", "Slow"}, {"host", "scoring-1"}, {"model", "churn"}, {"severity", "warning"}};
	struct place *p = *state;

	open_store(p);
	acknowledge(p, 2500, "ana");
	put_alert(p, STORE_ALERT_FIRING, 3000, 0.3, ">");
	assert_int_equal(store_forget_ack(p->s, (struct labels){other, 4}, 2500, NULL),
			 0); /* marked at the same time */
	assert_int_equal(store_forget_ack(p->s, (struct labels){known, 4}, 2400, NULL), 0);
	assert_string_equal(firings(p), "Slow 2000-0 peak 0.3@3000 > 0.2, p95 in s, ack 'ana' 2500;");
	assert_int_equal(store_drop_ack(p->s, 77, NULL), 0);
	assert_int_equal(store_forget_ack(p->s, (struct labels){known, 4}, 2500, NULL), 0);
	put_alert(p, STORE_ALERT_RESOLVED, 4000, 0.3, ">");
	assert_string_equal(firings(p), "Slow 2000-4000 peak 0.3@3000 > 0.2, p95 in s, ack '' 0;");
}

static void
alerts__an_acknowledgement_of_an_earlier_firing_is_not_this_ones(void **state)
{
	struct place *p = *state;

	open_store(p);
	acknowledge(p, 1999, "ana");
	put_alert(p, STORE_ALERT_FIRING, 3000, 0.3, ">");
	assert_string_equal(firings(p), "Slow 2000-0 peak 0.3@3000 > 0.2, p95 in s, ack '' 0;");
}

/* An alert with more labels is another one, not this one with external labels. */
static void
alerts__an_acknowledgement_is_for_the_very_labels(void **state)
{
	struct place *p = *state;

	open_store(p);
	acknowledge(p, 2500, "ana");
	assert_int_equal(store_put_external_labels(p->s, (struct labels){0}, NULL), 0);
	put_alert(p, STORE_ALERT_FIRING, 3000, 0.3, ">");
	assert_string_equal(firings(p), "Slow 2000-0 peak 0.3@3000 > 0.2, p95 in s, ack '' 0;");
}

/* ---- a file of version 1 ---- */

static void
store__a_file_of_version_1_is_brought_forward_with_its_history(void **state)
{
	struct place *p = *state;
	char *sql, kept[96];
	sqlite3 *db;
	size_t n;

	assert_int_equal(file_read("tests/data/store/v1.sql", 1 << 20, &sql, &n, NULL), 0);
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	free(sql);
	open_store(p);
	/* the rows that stand in v1.sql, newest first */
	assert_string_equal(firings(p), "ErrorRateHigh 1795143980000-0 peak 0.031@0 > 0.01,  in , ack '' 0;"
					"LatencyP95High 1795143200000-0 peak 0.421@0 > 0.2,  in , ack '' 0;"
					"DriftShareHigh 1795142780000-0 peak 0.42@0 > 0.3,  in , ack '' 0;"
					"FeatureDrift 1795133660000-0 peak 0.14@0 > 0.1,  in , ack '' 0;"
					"TargetDown 1795126580000-1795126702000 peak 0@0 == 0,  in , ack '' 0;");
	snprintf(kept, sizeof kept, "%s.v1", p->path);
	assert_int_equal(access(kept, F_OK), 0);
	/* what was written before goes on */
	put_alert(p, STORE_ALERT_FIRING, 2000, 0.3, ">");
	assert_non_null(strstr(firings(p), "Slow 2000-0 peak 0.3@2000 > 0.2, p95 in s"));
}

/* ---- the timeline ---- */

static void
put_event(struct place *p, int64_t t, const char *kind, const char *severity)
{
	const struct store_event ev = {
	    .t = t, .kind = kind, .severity = severity, .subject = "x", .text = "it happened"};

	assert_int_equal(store_put_event(p->s, &ev, NULL), 0);
}

static void
see_event(void *arg, const struct store_event *ev)
{
	struct place *p = arg;

	buf_addf(&p->seen, "%s|", ev->text);
	if (strcmp(ev->subject, "mlwatch") == 0)
		buf_addf(&p->seen, "<%s %s>", ev->kind, ev->severity);
}

static size_t
count_events(struct place *p, int64_t from, int64_t to)
{
	size_t n = 0;

	buf_reset(&p->seen);
	assert_int_equal(store_events(p->s, from, to, 100000, see_event, p, NULL), 0);
	for (const char *at = buf_str(&p->seen); (at = strchr(at, '|')) != NULL; at++)
		n++;
	return n;
}

static void
events__a_flood_of_a_kind_is_one_row_that_counts(void **state)
{
	struct place *p = *state;
	const int64_t minute = 100 * MS_MINUTE;

	open_store(p);
	for (int i = 0; i < 100; i++)
		put_event(p, minute + i * 100, "alert", i == 90 ? "problem" : "info");
	assert_int_equal(count_events(p, minute, minute + MS_MINUTE), 61);
	assert_non_null(strstr(buf_str(&p->seen), "40 more events of this kind in this minute|<alert problem>"));
	/* another kind and another minute have room of their own */
	put_event(p, minute + 1, "target", "info");
	put_event(p, minute + MS_MINUTE, "alert", "info");
	put_event(p, minute - 1, "alert", "info");
	assert_int_equal(count_events(p, minute - 1, minute + MS_MINUTE), 64);
}

static void
events__what_is_rolled_back_does_not_count(void **state)
{
	struct place *p = *state;

	open_store(p);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(store_begin(p->s, NULL), 0);
		for (int i = 0; i < 60; i++)
			put_event(p, i, "alert", "info");
		if (round == 0)
			store_rollback(p->s);
		else
			assert_int_equal(store_commit(p->s, 1000, NULL), 0);
	}
	assert_int_equal(count_events(p, 0, MS_MINUTE), 60);
	assert_null(strstr(buf_str(&p->seen), "more events"));
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(alerts__a_firing_keeps_its_peak_and_when_that_was),
	    CASE(alerts__what_is_too_low_has_its_peak_below),
	    CASE(alerts__an_acknowledgement_is_for_the_very_labels),
	    CASE(alerts__who_acknowledged_outlives_the_acknowledgement),
	    CASE(alerts__what_was_taken_back_is_not_in_the_history),
	    CASE(alerts__an_acknowledgement_of_an_earlier_firing_is_not_this_ones),
	    CASE(store__a_file_of_version_1_is_brought_forward_with_its_history),
	    CASE(events__a_flood_of_a_kind_is_one_row_that_counts),
	    CASE(events__what_is_rolled_back_does_not_count),
	};
	return cmocka_run_group_tests_name("store_facts", tests, NULL, NULL);
}
