/*
 * test_view_outbox.c -- what is said of receivers and messages, from rows of the outbox: what counts in the last day, what a receiver's trouble is,
 * how a group and a subject are worded. And events counted by stretches of the range.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/view_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"

#define NOW      INT64_C(1795144462000)
#define AGO(m)   (NOW - (m)*MS_MINUTE)
#define HOURS(h) ((h)*60)

struct place {
	char dir[64];
	struct store *s;
	struct arena *mem;
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	char path[96];
	const struct store_spec spec = {.path = path};
	struct err e = ERR_INIT;

	snprintf(p->dir, sizeof p->dir, "/tmp/mlwatch-outbox-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(path, sizeof path, "%s/m.db", p->dir);
	if (store_open(&p->s, &spec, STORE_AGENT, &e) < 0)
		fail_msg("%s", e.text);
	p->mem = arena_open();
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
	arena_close(p->mem);
	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	rc = system(command);
	free(p);
	return rc;
}

static const uint64_t sets[4] = {1, 2, 3, 4};

/* A row that was made so many minutes ago and, unless it is open, was done two seconds later. */
static void
row(struct place *p, const char *receiver, enum store_outbox_state state, int minutes, int tries, int firing,
    int resolved, const char *error)
{
	const bool open = (OUTBOX_OPEN >> state & 1) != 0;
	const struct store_notification n = {
	    .state = state,
	    .created_ms = AGO(minutes),
	    .next_ms = open ? NOW + 48000 : 0,
	    .expires_ms = NOW + MS_DAY,
	    .done_ms = open ? 0 : AGO(minutes) + 2000,
	    .attempts = tries,
	    .status = state == OUTBOX_SENT ? 202 : 0,
	    .receiver = receiver,
	    .kind = "webhook",
	    .group_key = "{}/{severity=~\":{a=\\\"b\\\"}\"}:{alertname=\"ErrorRateHigh\", model=\"fraud\"}",
	    .title = "[FIRING:1] ErrorRateHigh fraud",
	    .reason = "first",
	    .error = error,
	    .payload = "{}",
	    .firing = sets,
	    .firing_n = (size_t)firing * sizeof *sets,
	    .resolved = sets,
	    .resolved_n = (size_t)resolved * sizeof *sets};
	struct err e = ERR_INIT;
	int64_t id;

	if (store_put_notification(p->s, &n, &id, &e) < 0)
		fail_msg("%s", e.text);
}

static struct view_outbox
read_outbox(struct place *p)
{
	const struct view_source src = {p->s, NULL, NOW, NOW};
	struct view_outbox box;
	struct err e = ERR_INIT;

	if (view_outbox(&src, p->mem, &box, &e) < 0)
		fail_msg("%s", e.text);
	return box;
}

static void
outbox__a_day_of_every_receiver(void **state)
{
	struct place *p = *state;
	struct view_overview sums = {0};
	const struct view_source src = {p->s, NULL, NOW, NOW};
	struct err e = ERR_INIT;
	struct view_outbox box;

	/* good: 3 sent, one of them at the third try; what is older than a day is not counted */
	row(p, "good", OUTBOX_SENT, HOURS(30), 5, 1, 0, "");
	row(p, "good", OUTBOX_SENT, 60, 1, 1, 0, "");
	row(p, "good", OUTBOX_SENT, 50, 3, 2, 1, "");
	row(p, "good", OUTBOX_SENT, 8, 1, 0, 2, "");
	/* retrying: 6 tries so far */
	row(p, "retrying", OUTBOX_SENT, 90, 1, 1, 0, "");
	row(p, "retrying", OUTBOX_QUEUED, 28, 6, 1, 0, "connection refused");
	/* bad: one given up at the first try, one that waits and has not been tried */
	row(p, "bad", OUTBOX_GIVEN_UP, 122, 1, 0, 1, "400 invalid routing key");
	row(p, "bad", OUTBOX_QUEUED, 1, 0, 1, 0, "");
	/* dropped: one by hand after 4 tries, one replaced before it was tried */
	row(p, "dropped", OUTBOX_DROPPED, 40, 4, 1, 0, "dropped by ann");
	row(p, "dropped", OUTBOX_REPLACED, 30, 0, 1, 0, "replaced by a newer message of its group");
	/* fresh: what was dropped says nothing of what has not been tried yet */
	row(p, "fresh", OUTBOX_DROPPED, 40, 4, 1, 0, "dropped by ann");
	row(p, "fresh", OUTBOX_QUEUED, 1, 0, 1, 0, "");
	/* old: its last was taken two days ago; quiet: only named by the configuration */
	row(p, "old", OUTBOX_SENT, HOURS(48), 1, 1, 0, "");
	assert_int_equal(store_put_kv(p->s, "notify_receivers", "[\"good\",\"quiet\",\"old\",7]", &e), 0);
	box = read_outbox(p);
	assert_int_equal(box.n_receivers, 7);
	assert_int_equal(box.sent, 4);

	const struct view_receiver *bad = &box.receivers[0], *retrying = &box.receivers[1],
				   *dropped = &box.receivers[2], *fresh = &box.receivers[3], *good = &box.receivers[4],
				   *old = &box.receivers[5], *quiet = &box.receivers[6];
	assert_string_equal(bad->name, "bad");
	assert_int_equal(bad->health, HEALTH_BROKEN);
	assert_string_equal(bad->why, "1 given up: 400 invalid routing key");
	assert_int_equal(bad->given_up, 1);
	assert_int_equal(bad->queued, 1);
	assert_int_equal(bad->failed, 0); /* what was given up is not tried again */
	assert_int_equal(bad->last_ok_ms, 0);
	assert_int_equal(bad->last_error_ms, AGO(122) + 2000);
	assert_string_equal(retrying->name, "retrying");
	assert_int_equal(retrying->health, HEALTH_WARNING);
	assert_string_equal(retrying->why, "connection refused");
	assert_int_equal(retrying->failed, 6);
	assert_int_equal(retrying->last_ok_ms, AGO(90) + 2000);
	assert_int_equal(retrying->last_error_ms, NOW); /* it is being tried */
	assert_string_equal(dropped->name, "dropped");
	assert_int_equal(dropped->health, HEALTH_OK);
	assert_string_equal(dropped->why, "1 not sent: dropped by ann");
	assert_int_equal(dropped->failed, 4);
	assert_int_equal(dropped->last_error_ms, AGO(40) + 2000);
	assert_string_equal(fresh->name, "fresh");
	assert_int_equal(fresh->health, HEALTH_OK);
	assert_string_equal(fresh->why, "");
	assert_string_equal(good->name, "good");
	assert_int_equal(good->health, HEALTH_OK);
	assert_int_equal(good->sent, 3);
	assert_int_equal(good->failed, 2);
	assert_string_equal(good->why, "every message was taken in the end");
	assert_int_equal(good->last_ok_ms, AGO(8) + 2000);
	assert_string_equal(old->name, "old");
	assert_int_equal(old->sent, 0);
	assert_int_equal(old->last_ok_ms, AGO(HOURS(48)) + 2000);
	assert_string_equal(quiet->name, "quiet");
	assert_string_equal(quiet->kind, "");

	assert_int_equal(view_outbox_sums(&src, &sums, &e), 0);
	assert_int_equal(sums.sent, 4);
	assert_int_equal(sums.queued, 3);
	assert_int_equal(sums.failed, 16);
	assert_int_equal(sums.given_up, 1);
}

static void
outbox__messages_in_words(void **state)
{
	struct place *p = *state;
	struct view_outbox box;

	row(p, "a", OUTBOX_SENT, 20, 1, 1, 2, "");
	row(p, "a", OUTBOX_SENT, 10, 1, 0, 1, "");
	row(p, "b", OUTBOX_QUEUED, 9, 0, 1, 0, "");
	row(p, "b", OUTBOX_SENDING, 8, 4, 2, 0, "503 Service Unavailable");
	row(p, "b", OUTBOX_GIVEN_UP, 7, 1, 1, 0, "404 not found");
	row(p, "b", OUTBOX_DROPPED, 6, 1, 1, 0, "dropped by hand");
	box = read_outbox(p);
	assert_int_equal(box.n_sent, 3);
	assert_int_equal(box.sent, 2);
	assert_int_equal(box.dropped, 1);
	assert_int_equal(box.n_waiting, 3);
	/* newest first, and what was not sent says why */
	assert_true(box.sent_at[0].dropped);
	assert_string_equal(box.sent_at[0].state, "dropped by hand");
	assert_false(box.sent_at[1].dropped);
	assert_string_equal(box.sent_at[1].counts, "1 resolved");
	assert_string_equal(box.sent_at[2].counts, "1 firing, 2 resolved");
	assert_string_equal(box.sent_at[1].group_text, "ErrorRateHigh model=fraud"); /* not what the route matches */
	assert_string_equal(box.sent_at[1].group_brief, "ErrorRateHigh fraud");
	assert_string_equal(box.sent_at[1].answer, "202");
	assert_true(box.sent_at[1].took > 1.99 && box.sent_at[1].took < 2.01);
	/* worst first */
	assert_string_equal(box.waiting[0].state, "given up: 404 not found");
	assert_string_equal(box.waiting[0].about, "ErrorRateHigh fraud, firing");
	assert_false(box.waiting[0].open);
	assert_string_equal(box.waiting[1].state, "503 Service Unavailable");
	assert_string_equal(box.waiting[1].about, "ErrorRateHigh fraud, 2 firing");
	assert_string_equal(box.waiting[1].brief, "ErrorRateHigh fraud");
	assert_true(box.waiting[1].open);
	assert_int_equal(box.waiting[1].next_ms, NOW + 48000);
	assert_string_equal(box.waiting[2].state, "queued");
	assert_int_equal(box.waiting[2].health, HEALTH_PENDING);
}

/* However much was sent since, what was given up and what waits is listed, and all of it is counted. */
/* A message to a receiver on the same machine takes less than the clock's step. */
static void
outbox__no_message_takes_nothing(void **state)
{
	char text[32];

	(void)state;
	view_took_text(text, 0);
	assert_string_equal(text, "<1 ms");
	view_took_text(text, 0.2);
	assert_string_equal(text, "200 ms");
	view_took_text(text, NAN);
	assert_string_equal(text, "-");
}

static void
outbox__none_of_the_three_is_pushed_out(void **state)
{
	struct place *p = *state;
	struct view_outbox box;

	row(p, "a", OUTBOX_GIVEN_UP, 700, 1, 1, 0, "404 not found");
	row(p, "b", OUTBOX_QUEUED, 690, 6, 1, 0, "connection refused");
	for (int i = 0; i < 150; i++)
		row(p, "a", OUTBOX_GIVEN_UP, 680 - i, 1, 1, 0, "410 gone");
	for (int i = 0; i < 2100; i++)
		row(p, "a", OUTBOX_SENT, 60, 1, 1, 0, "");
	for (int i = 0; i < 120; i++)
		row(p, "b", OUTBOX_QUEUED, 10, 1, 1, 0, "connection refused");
	box = read_outbox(p);
	assert_int_equal(box.sent, 2100);
	assert_int_equal(box.given_up, 151);
	assert_int_equal(box.open, 121);
	assert_int_equal(box.n_sent, 100);
	assert_int_equal(box.n_waiting, 200);
	assert_string_equal(box.waiting[0].state, "given up: 410 gone");
	assert_string_equal(box.waiting[199].state, "connection refused");
	assert_string_equal(box.waiting[199].counts, "1 firing");
}

static void
on_cell(void *arg, const struct store_event_cell *c)
{
	struct store_event_cell *cells = arg;

	assert_in_range(c->cell, 0, 9);
	cells[c->cell] = *c;
}

static void
events__are_counted_by_stretches(void **state)
{
	static const struct {
		int64_t t;
		const char *severity;
	} events[] = {{99, "problem"}, {100, "problem"}, {109, "warning"}, {110, "info"},
		      {111, "good"},   {125, "problem"}, {126, "problem"}};
	struct place *p = *state;
	struct store_event_cell cells[10] = {{0}};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		const struct store_event ev = {events[i].t, events[i].t, "alert", events[i].severity, "s", "", "t", ""};

		assert_int_equal(store_put_event(p->s, &ev, &e), 0);
	}
	/* [100, 125] in tens, counted from 90 */
	assert_int_equal(store_event_cells(p->s, 100, 125, 90, 10, on_cell, cells, &e), 0);
	assert_int_equal(cells[0].problems + cells[0].warnings + cells[0].others, 0);
	assert_int_equal(cells[1].problems, 1);
	assert_int_equal(cells[1].warnings, 1);
	assert_int_equal(cells[1].others, 0);
	assert_int_equal(cells[2].others, 2);
	assert_int_equal(cells[3].problems, 1);
}

static void
targets__the_worst_then_the_oldest_first(void **state)
{
	static const char document[] =
	    "[{\"job\":\"a\",\"instance\":\"up\",\"last_ms\":9,\"up\":true},"
	    "{\"job\":\"b\",\"instance\":\"late\",\"last_ms\":9,\"up\":false,\"down_since_ms\":700},"
	    "{\"job\":\"b\",\"instance\":\"new\",\"last_ms\":0},"
	    "{\"job\":\"b\",\"instance\":\"slow\",\"last_ms\":9,\"up\":true,\"timeout_ms\":1000,\"seconds\":0.9},"
	    "{\"job\":\"c\",\"instance\":\"early\",\"last_ms\":9,\"up\":false,\"down_since_ms\":500},"
	    "{\"job\":\"b\",\"instance\":\"also late\",\"last_ms\":9,\"up\":false,\"down_since_ms\":700}]";
	static const char *const want[] = {"early", "also late", "late", "slow", "up", "new"};
	struct place *p = *state;
	const struct view_source src = {p->s, NULL, NOW, NOW};
	struct view_overview o = {0};
	struct err e = ERR_INIT;

	assert_int_equal(store_put_kv(p->s, "targets", document, &e), 0);
	assert_int_equal(view_targets_load(&src, p->mem, &o, &e), 0);
	assert_int_equal(o.n_targets, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(o.targets[i].instance, want[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(outbox__a_day_of_every_receiver, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(outbox__messages_in_words, set_up, tear_down),
	    cmocka_unit_test(outbox__no_message_takes_nothing),
	    cmocka_unit_test_setup_teardown(outbox__none_of_the_three_is_pushed_out, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(targets__the_worst_then_the_oldest_first, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(events__are_counted_by_stretches, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
