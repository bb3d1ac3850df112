/*
 * test_ui_lists.c -- notifications and events as they are drawn: the night of the drawings, row by row. Which message is wanted whole; where Enter goes
 * from an event.
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/keys.h"
#include "../../ui/screen.h"
#include "../ui_made.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"

/* ---- notifications ---- */

static void
notify__is_drawn_as_designed(void **state)
{
	struct made *m = *state;
	struct view_receiver receivers[] = {{.name = "pagerduty",
					     .kind = "pagerduty",
					     .why = "1 given up: 400 invalid routing key",
					     .sent = 9,
					     .given_up = 1,
					     .last_ok_ms = AGO(37, 0),
					     .last_error_ms = AGO(122, 0),
					     .health = HEALTH_BROKEN},
					    {.name = "email-data-science",
					     .kind = "email",
					     .why = "127.0.0.1:2525 connection refused",
					     .sent = 4,
					     .failed = 6,
					     .queued = 1,
					     .last_ok_ms = AGO(26 * 60, 0),
					     .last_error_ms = MADE_NOW,
					     .health = HEALTH_WARNING},
					    {.name = "night-shift", .kind = "", .why = "", .health = HEALTH_OK}};
	struct view_message waiting[] = {{.id = "12",
					  .receiver = "pagerduty",
					  .kind = "pagerduty",
					  .group = "",
					  .group_text = "",
					  .alerts = "",
					  .brief = "TargetDown node",
					  .about = "TargetDown node, resolved",
					  .state = "given up: 400 bad routing key",
					  .answer = "400",
					  .t = AGO(121, 42),
					  .attempts = 1,
					  .health = HEALTH_BROKEN},
					 {.id = "17",
					  .receiver = "email-data-science",
					  .kind = "email",
					  .group = "",
					  .group_text = "",
					  .alerts = "",
					  .brief = "DriftShareHigh fraud",
					  .about = "DriftShareHigh fraud, firing",
					  .state = "connection refused",
					  .answer = "",
					  .t = AGO(27, 57),
					  .next_ms = MADE_NOW + 48000,
					  .attempts = 6,
					  .open = true,
					  .health = HEALTH_WARNING}};
	struct view_message sent[] = {{.id = "18",
				       .receiver = "slack-oncall",
				       .kind = "slack",
				       .group = "",
				       .group_text = "ErrorRateHigh model=fraud",
				       .group_brief = "ErrorRateHigh fraud",
				       .counts = "1 firing",
				       .alerts = "",
				       .about = "",
				       .state = "sent",
				       .answer = "200",
				       .t = AGO(8, 12),
				       .took = 0.2,
				       .health = HEALTH_OK}};
	const struct part_notify n = {.box = {receivers, 3, waiting, sent, 2, 1, 1, 1, 40}};

	m->snap.notify = &n;
	show(m, PAGE_NOTIFY, 120, 36);
	assert_row(m, 3, "│    RECEIVER              KIND         SENT  FAILED  QUEUED    LAST OK  LAST ERROR  WHY");
	assert_row(m, 4,
		   "│▸✗  pagerduty             pagerduty       9       0       0        37m          2h  1 given up: "
		   "400 invalid routing …");
	assert_row(m, 5,
		   "│ ▲  email-data-science    email           4       6       1         1d         now  "
		   "127.0.0.1:2525 connection refused");
	assert_row(m, 6,
		   "│ ✓  night-shift           -               0       0       0          -           -  nothing was "
		   "ever sent to it");
	assert_shows(m, "┌ Outbox: 1 waiting, 1 given up ─");
	assert_shows(m,
		     "│    SINCE     RECEIVER              ALERTS                            TRIES  NEXT TRY  STATE ");
	assert_shows(m, "│▸✗  01:12:40  pagerduty             TargetDown node, resolved             1     never  given "
			"up: 400 bad routing key ");
	assert_shows(m, "│ ▲  02:46:25  email-data-science    DriftShareHigh fraud, firing          6       48s  "
			"connection refused ");
	assert_shows(
	    m, "given up means an error that trying again cannot heal. Correct the receiver, then R sends it again.");
	assert_shows(m, "┌ Sent: 40 in 24h ─");
	assert_shows(
	    m, "│ AT        RECEIVER              GROUP                               ALERTS              ANSWER ");
	assert_shows(m,
		     "│ 03:06:10  slack-oncall          ErrorRateHigh model=fraud           1 firing            200 ");
	show(m, PAGE_NOTIFY, 80, 24);
	assert_row(m, 4, "▸✗ pagerduty             9    0     0       37m 1 given up: 400 invalid routin…");
	assert_shows(m, " ▲ 02:46 email-data-science DriftShareHigh fraud        6    48s connection ref…");
	assert_shows(m, " 03:06:10 slack-oncall     ErrorRateHigh fraud         1 firing   200");
}

/* The message that is asked for whole is the one under the cursor, of the list where the person is. */
static void
notify__the_message_under_the_cursor_is_wanted(void **state)
{
	struct made *m = *state;
	struct view_message waiting[] = {{.id = "12"}, {.id = "17"}}, sent[] = {{.id = "18"}};
	struct part_notify n = {.box = {NULL, 0, waiting, sent, 2, 1, 1}};
	struct request q;

	for (int i = 0; i < 3; i++) {
		struct view_message *x = i < 2 ? &waiting[i] : &sent[0];

		x->receiver = x->kind = x->group_text = x->group_brief = x->counts = x->alerts = "";
		x->brief = x->about = x->state = x->answer = "";
	}
	m->snap.notify = &n;
	show(m, PAGE_NOTIFY, 120, 36);
	screen_request(&m->screen, &q);
	assert_string_equal(q.message, "12");
	made_keys(m, "Tab j"); /* from the receivers to the outbox */
	screen_request(&m->screen, &q);
	assert_string_equal(q.message, "17");
	made_keys(m, "Tab");
	screen_request(&m->screen, &q);
	assert_string_equal(q.message, "18");
	n.box.n_waiting = 0;
	m->screen.focus[PAGE_NOTIFY] = 0;
	show(m, PAGE_NOTIFY, 120, 36);
	screen_request(&m->screen, &q);
	assert_string_equal(q.message, "18");
}

/* Enter on a receiver goes to its first message, of what waits before what was sent. */
static void
notify__enter_on_a_receiver_goes_to_its_messages(void **state)
{
	struct made *m = *state;
	struct view_receiver receivers[] = {{.name = "waits"}, {.name = "took"}, {.name = "silent"}};
	struct view_message waiting[] = {{.id = "12", .receiver = "gone"}, {.id = "17", .receiver = "waits"}};
	struct view_message sent[] = {{.id = "18", .receiver = "waits"}, {.id = "19", .receiver = "took"}};
	const struct part_notify n = {.box = {receivers, 3, waiting, sent, 2, 2, 2}};
	const char *const wanted[] = {"17", "19"};
	struct request q;

	for (int i = 0; i < 3; i++)
		receivers[i].kind = receivers[i].why = "";
	for (int i = 0; i < 4; i++) {
		struct view_message *x = i < 2 ? &waiting[i] : &sent[i - 2];

		x->kind = x->group_text = x->group_brief = x->counts = x->alerts = "";
		x->brief = x->about = x->state = x->answer = "";
	}
	m->snap.notify = &n;
	show(m, PAGE_NOTIFY, 120, 36);
	for (int i = 0; i < 2; i++) {
		made_keys(m, "Enter");
		screen_request(&m->screen, &q);
		assert_string_equal(q.message, wanted[i]);
		m->screen.focus[PAGE_NOTIFY] = 0;
		made_keys(m, "j");
	}
	made_keys(m, "Enter");
	assert_int_equal(m->screen.focus[PAGE_NOTIFY], 0);
	assert_shows(m, "no message to it: :test RECEIVER sends one");
}

/* "x" is for what waits. */
static void
notify__what_was_given_up_cannot_be_given_up(void **state)
{
	struct made *m = *state;
	struct view_message waiting[] = {{.id = "12"}, {.id = "17", .open = true}};
	const struct part_notify n = {.box = {NULL, 0, waiting, NULL, 2, 0, 0}};

	for (int i = 0; i < 2; i++) {
		struct view_message *x = &waiting[i];

		x->receiver = x->kind = x->group_text = x->group_brief = x->counts = x->alerts = "";
		x->brief = x->about = x->state = x->answer = "";
	}
	m->snap.notify = &n;
	show(m, PAGE_NOTIFY, 120, 36);
	made_keys(m, "x");
	assert_int_equal(m->screen.form.kind, FORM_NONE);
	assert_shows(m, "it is given up already");
	made_keys(m, "Tab j x");
	assert_int_equal(m->screen.form.kind, FORM_GIVE_UP);
	assert_string_equal(m->screen.form.subject, "17");
}

/* A long line has as many rows as it needs; lines for which there is no room are counted, and Enter shows them. */
static void
notify__a_message_whole(void **state)
{
	struct made *m = *state;
	const char *lines[40] = {"To: data-science@example.com",
				 "  0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
				 "0123456789 0123456789 0123456789 0123456789",
				 ""};
	const struct part_notify n = {.message_id = "17", .message_to = "email", .message = lines, .n_message = 40};

	for (int i = 3; i < 40; i++)
		lines[i] = i == 39 ? "the end" : "x";
	m->snap.notify = &n;
	show(m, PAGE_NOTIFY, 120, 36);
	assert_shows(m, "┌ message to email ─");
	assert_shows(m, "│ To: data-science@example.com ");
	for (int y = 0; y < 36; y++)
		if (strstr(made_row(m, y), "To: data") != NULL) {
			/* 116 columns: two blanks and ten words of ten digits, the tenth ends in column 111 */
			assert_row(m, y + 1,
				   "│   0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
				   "0123456789 0123456789 0123456789");
			assert_row(m, y + 2, "│ 0123456789");
			assert_row(m, y + 3, "│");
		}
	m->screen.focus[PAGE_NOTIFY] = 3;
	m->screen.zoom = true;
	show(m, PAGE_NOTIFY, 120, 40);
	/* 40 rows: two of the head, two of the foot, two of the frame leave 34, the last of them for the count; 41 are needed */
	assert_shows(m, "│ 8 more lines: mlwatch notifications show 17 ");
	show(m, PAGE_NOTIFY, 120, 47);
	assert_shows(m, "│ the end ");
}

/* ---- events ---- */

static struct view_event
event(int64_t id, int64_t t, enum health h, const char *kind, const char *subject, const char *ref, const char *text)
{
	return (struct view_event){.id = id,
				   .t = t,
				   .health = h,
				   .severity = "",
				   .kind = kind,
				   .subject = subject,
				   .model = subject,
				   .ref = ref,
				   .text = text};
}

static void
events__are_drawn_as_designed(void **state)
{
	struct made *m = *state;
	struct view_event at[] = {
	    event(5, AGO(8, 27), HEALTH_BROKEN, "alert", "fraud", "", "ErrorRateHigh firing: 2.8 % > 1 %"),
	    event(4, AGO(9, 24), HEALTH_WARNING, "log", "fraud", "", "371 bad lines in 21s: field missing: model"),
	    event(3, AGO(32, 11), HEALTH_UNKNOWN, "log", "ranker-eu", "", "log rotated: ranker.csv, nothing lost"),
	    event(2, AGO(38, 12), HEALTH_BROKEN, "feature", "fraud", "amount",
		  "amount: mean 84.1 → 8410 (×100: a unit change?), 22 % above the reference maximum"),
	};
	struct event_cell cells[61] = {{0}};
	const struct part_events e = {.span = {MADE_NOW - MS_HOUR, MADE_NOW},
				      .at = at,
				      .n = 4,
				      .total = 4,
				      .cells = cells,
				      .n_cells = 61,
				      .cell_ms = MS_MINUTE,
				      .first_ms = AGO(60, 22)}; /* 02:14:00 */

	cells[51].problems = 2; /* 03:05 */
	cells[50].warnings = 1;
	cells[50].others = 1;
	cells[28].others = 1;
	m->snap.events = &e;
	show(m, PAGE_EVENTS, 120, 36);
	assert_row(m, 2,
		   "┌ events per minute, last hour ────────────────────────────────────────────────────────────── ✗ ▲ "
		   "problems   + others ─┐");
	assert_row(m, 3, "│ problems  ··················································▲✗·········");
	assert_row(m, 4, "│ others    ····························+·····················+··········");
	assert_row(m, 5, "│           02:14               02:34               02:54               03:14");
	assert_row(m, 7,
		   "┌ Events: 4 of 4, newest first "
		   "─────────────────────────────────────────────────────────────────────────── types: all ─┐");
	assert_row(m, 8,
		   "│▸03:05:55 ✗ fraud          ErrorRateHigh firing: 2.8 % > 1 %                                      "
		   "              alert");
	assert_row(m, 9,
		   "│ 03:04:58 ▲ fraud          371 bad lines in 21s: field missing: model                             "
		   "                log");
	assert_row(m, 10,
		   "│ 02:42:11 · ranker-eu      log rotated: ranker.csv, nothing lost                                  "
		   "                log");
	assert_row(m, 11,
		   "│ 02:36:10 ✗ fraud          amount: mean 84.1 → 8410 (×100: a unit change?), 22 % above the "
		   "reference maximum  feature");
	/* the cell of the selected event is marked */
	assert_true(m->screen.grid->cell[3 * 120 + 1 + 11 + 51].attr & ATTR_REVERSE);
	made_keys(m, "e"); /* the next problem */
	assert_false(m->screen.grid->cell[3 * 120 + 1 + 11 + 51].attr & ATTR_REVERSE);
	assert_true(m->screen.grid->cell[3 * 120 + 1 + 11 + 50].attr & ATTR_REVERSE);
	made_keys(m, "e");
	made_keys(m, "/ t y p e = l o g Enter");
	assert_shows(m, "Events: 2 of 4, newest first");
	assert_shows(m, "filter: type=log");
	made_keys(m, "Esc G");
	show(m, PAGE_EVENTS, 80, 24);
	assert_row(m, 2, "─ Events: 4, newest first ───────────────────────────────────────── types: all ─");
	assert_row(m, 3, " 03:05 ✗ fraud         ErrorRateHigh firing: 2.8 % > 1 %");
	assert_row(m, 6, "▸02:36 ✗ fraud         amount: mean 84.1 → 8410 (×100: a unit change?), 22 % ab…");
	assert_row(
	    m, 22,
	    "amount: mean 84.1 → 8410 (×100: a unit change?), 22 % above the reference maxim…"); /* the hint row has more room */
}

static void
events__enter_goes_to_what_it_is_about(void **state)
{
	struct made *m = *state;
	struct view_log_file files[] = {{.job = "churn", .path = "/var/log/churn.log", .error = ""},
					{.job = "fraud", .path = "/var/log/fraud.jsonl", .error = ""},
					{.job = "fraud", .path = "/var/log/fraud.jsonl.1", .error = ""}};
	static const struct {
		const char *kind, *subject, *ref;
		enum page page;
		enum table table;
		size_t row; /* of it; SIZE_MAX: not looked at */
	} ways[] = {
	    {"alert", "fraud", "2", PAGE_ALERT, TABLE_ALERTS, 1},
	    {"alert", "fraud", "99", PAGE_ALERTS, TABLE_ALERTS, SIZE_MAX},      /* it is over */
	    {"person", "ana", "00000000deadbeef", PAGE_ALERT, TABLE_ALERTS, 1}, /* as notification knows it */
	    {"person", "ana", "0123456789abcdef", PAGE_ALERTS, TABLE_ALERTS, SIZE_MAX},
	    {"person", "ana", "4bd0a8b9-6a3a-4b43-9d8e-5d2f6c7e8a90", PAGE_ALERTS, TABLE_SILENCES, SIZE_MAX},
	    {"person", "ana", "12", PAGE_NOTIFY, TABLE_OUTBOX, SIZE_MAX},
	    {"feature", "churn", "amount", PAGE_FEATURE, TABLE_MODELS, 1},
	    {"category", "churn", "", PAGE_DRIFT, TABLE_MODELS, 1},
	    {"target", "fraud-health", "", PAGE_TARGETS, TABLE_TARGETS, 0},
	    {"target", "fraud-service", "b:8000", PAGE_TARGETS, TABLE_TARGETS, 2},
	    {"target", "fraud-service", "gone:8000", PAGE_TARGETS, TABLE_TARGETS, 1},
	    {"target", "gone", "b:8000", PAGE_EVENTS, TABLE_EVENTS, 0},
	    {"log", "fraud", "/var/log/fraud.jsonl.1", PAGE_LOGS, TABLE_FILES, 2},
	    {"log", "fraud", "/gone", PAGE_LOGS, TABLE_FILES, 1}, /* then another of its job */
	    {"traffic", "churn", "", PAGE_MODELS, TABLE_MODELS, 1},
	    {"reference", "churn", "", PAGE_DRIFT, TABLE_MODELS, 1},
	    {"notification", "pagerduty", "12", PAGE_NOTIFY, TABLE_OUTBOX, SIZE_MAX},
	    {"config", "mlwatch", "", PAGE_EVENTS, TABLE_EVENTS, 0},
	    {"traffic", "nobody", "", PAGE_EVENTS, TABLE_EVENTS, 0},
	};

	struct view_target targets[] = {m->snap.o.targets[0], m->snap.o.targets[0], m->snap.o.targets[0]};

	m->alerts[1].told_as = 0xdeadbeef;
	targets[1].job = targets[2].job = "fraud-service";
	targets[1].instance = "a:8000";
	targets[2].instance = "b:8000";
	m->snap.o.targets = targets;
	m->snap.o.n_targets = 3;
	m->snap.o.files = files;
	m->snap.o.n_files = 3;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct view_event at =
		    event(9, AGO(1, 0), HEALTH_BROKEN, ways[i].kind, ways[i].subject, ways[i].ref, "text");
		const struct part_events e = {
		    .span = {MADE_NOW - MS_HOUR, MADE_NOW}, .at = &at, .n = 1, .total = 1, .cell_ms = 60000};

		m->snap.events = &e;
		show(m, PAGE_EVENTS, 120, 36);
		if (i == 0)
			made_keys(m, "/ t e x t Enter"); /* a filter of events says nothing of where Enter leads */
		made_keys(m, "Enter");
		assert_int_equal(m->screen.page, ways[i].page);
		if (ways[i].row != SIZE_MAX)
			assert_int_equal(table_at(&m->screen, ways[i].table), ways[i].row);
		if (ways[i].page != PAGE_EVENTS) {
			made_keys(m, "Esc");
			assert_int_equal(m->screen.page, PAGE_EVENTS);
		}
		m->snap.events = NULL;
	}
}

/* Nothing stands above their columns, but they are there to sort by; equal ones stay the newest first. */
static void
events__are_sorted_by_what_they_are(void **state)
{
	static const struct {
		const char *by;
		int64_t first, last; /* ids */
	} orders[] = {{"time", 5, 2}, {"severity", 5, 3}, {"subject", 5, 3}, {"text", 4, 3}, {"kind", 5, 3}};
	struct made *m = *state;
	struct view_event at[] = {event(5, AGO(8, 0), HEALTH_BROKEN, "alert", "fraud", "", "ErrorRateHigh firing"),
				  event(4, AGO(9, 0), HEALTH_WARNING, "log", "fraud", "", "371 bad lines"),
				  event(2, AGO(38, 0), HEALTH_BROKEN, "feature", "fraud", "", "amount: mean"),
				  event(3, AGO(32, 0), HEALTH_UNKNOWN, "log", "ranker-eu", "", "log rotated")};
	const struct part_events e = {
	    .span = {MADE_NOW - MS_HOUR, MADE_NOW}, .at = at, .n = 4, .total = 4, .cell_ms = 60000};
	struct cursor *c = &m->screen.cursor[TABLE_EVENTS];

	m->snap.events = &e;
	show(m, PAGE_EVENTS, 120, 36);
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		c->sort = table_sort_column(&m->screen, TABLE_EVENTS, orders[i].by);
		table_refresh(&m->screen, TABLE_EVENTS);
		assert_int_equal(at[c->order[0]].id, orders[i].first);
		assert_int_equal(at[c->order[3]].id, orders[i].last);
	}
	m->snap.events = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(notify__is_drawn_as_designed, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(notify__the_message_under_the_cursor_is_wanted, made_set_up,
					    made_tear_down),
	    cmocka_unit_test_setup_teardown(notify__enter_on_a_receiver_goes_to_its_messages, made_set_up,
					    made_tear_down),
	    cmocka_unit_test_setup_teardown(notify__what_was_given_up_cannot_be_given_up, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(notify__a_message_whole, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(events__are_drawn_as_designed, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(events__are_sorted_by_what_they_are, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(events__enter_goes_to_what_it_is_about, made_set_up, made_tear_down),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
