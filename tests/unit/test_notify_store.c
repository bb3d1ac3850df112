/*
 * test_notify_store.c -- the notifier with its store: what a restart and a set clock must not change, what the API is told, what silences
 * and acknowledgements do to rows. Requests go nowhere (a closed port); deliveries are told to the dispatcher by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "../../src/notify/notify_private.h"
#include "../../src/notify/sender_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/log.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"

struct bench {
	char dir[32], path[64], store_path[64];
	uv_loop_t loop;
	struct store *store;
	struct log *log;
	struct notify *n;
	int null;
};

static const char routing[] =
    "route: {receiver: r, group_by: [alertname], group_wait: 0s, group_interval: 10s, repeat_interval: 30s,\n"
    "  routes: [{receiver: s, matchers: ['alertname=\"Slack\"']}]}\n"
    "receivers:\n"
    "- {name: r, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}\n"
    "- {name: s, slack_configs: [{api_url: 'http://127.0.0.1:1/', send_resolved: true,\n"
    "   text: '{{ range .Alerts }}[{{ .AckBy }}|{{ .AckComment }}]{{ end }}'}]}\n";

static void
begin(struct bench *b)
{
	struct errlist l = ERRLIST_INIT;
	struct err e = ERR_INIT;
	struct notify_config *c;
	const struct store_spec spec = {.path = b->store_path};

	assert_int_equal(notify_config_load(&c, b->path, &l), 0);
	if (store_open(&b->store, &spec, STORE_AGENT, &e) < 0)
		fail_msg("%s", e.text);
	uv_loop_init(&b->loop);
	const struct notify_spec n = {.external_url = "http://w", .loop = &b->loop, .store = b->store, .log = b->log};
	if (notify_open(&b->n, &n, c, &e) < 0)
		fail_msg("%s", e.text);
	notify_turn(b->n, clock_now()); /* restores */
	errlist_release(&l);
}

static void
closed(void *arg)
{
	*(bool *)arg = true;
}

static void
end(struct bench *b)
{
	bool done = false;

	notify_close(b->n, closed, &done);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_true(done);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	store_close(b->store);
}

static void
setup(struct bench *b)
{
	*b = (struct bench){.dir = "/tmp/test_notifyXXXXXX"};
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof b->path, "%s/alerts.yml", b->dir);
	snprintf(b->store_path, sizeof b->store_path, "%s/store.db", b->dir);
	FILE *f = fopen(b->path, "w");
	fputs(routing, f);
	fclose(f);
	f = fopen("/dev/null", "w");
	b->null = dup(fileno(f));
	fclose(f);
	b->log = log_open(b->null, LOG_TEXT, LOG_ERROR);
	begin(b);
}

static void
teardown(struct bench *b)
{
	char command[128];

	end(b);
	log_close(b->log);
	close(b->null);
	snprintf(command, sizeof command, "rm -rf '%s'", b->dir);
	assert_int_equal(system(command), 0);
}

static void
fire(struct bench *b, const char *name, int64_t starts, int64_t ends, int64_t now)
{
	const struct label l[] = {{"alertname", name}, {"model", "fraud"}};
	const struct alert a = {
	    .labels = {l, 2}, .starts_ms = starts, .ends_ms = ends, .has_value = true, .value = 0.5, .expr = "x > 0.1"};

	notify_alerts(b->n, &a, 1, now);
	notify_turn(b->n, now);
}

static void
count_row(void *arg, const struct store_notification *n)
{
	(void)n;
	++*(size_t *)arg;
}

static size_t
rows(struct bench *b)
{
	struct err e = ERR_INIT;
	size_t n = 0;

	assert_int_equal(store_notifications(b->store, OUTBOX_ALL, 0, false, count_row, &n, &e), 0);
	return n;
}

/* What an answer of the receiver does. */
static void
answered(struct bench *b, int64_t id, const char *kind, enum verdict v, const char *error, int64_t now)
{
	const struct note x = {.o = {.id = id,
				     .verdict = v,
				     .attempts = 1,
				     .next_ms = now + 60000,
				     .status = v == VERDICT_SENT ? 200 : 400,
				     .receiver = strdup("r"),
				     .kind = strdup(kind),
				     .error = strdup(error)}};

	if (v != VERDICT_RETRY)
		sender_remove(b->n->sender, id);
	xgrow(b->n->next.notes, b->n->next.n_notes, b->n->next.cap_notes);
	b->n->next.notes[b->n->next.n_notes++] = x;
	notify_turn(b->n, now);
}

static void
notify__a_restart_repeats_nothing_and_keeps_timers(void **state)
{
	struct bench b;
	int64_t t = clock_now();

	(void)state;
	setup(&b);
	fire(&b, "A", t, t + 600000, t);
	assert_int_equal(rows(&b), 1);
	b.n->closing = false;
	answered(&b, 1, "webhook", VERDICT_SENT, "", t + 1);
	end(&b);
	begin(&b);
	assert_true(dispatch_next(b.n->turn.dispatch) >= t + 9900);
	assert_true(dispatch_next(b.n->turn.dispatch) <= t + 10000);
	fire(&b, "A", t, t + 600000, t + 100);
	assert_int_equal(rows(&b), 1);
	/* one that fires now joins the group and waits for the look it would have had without the restart */
	fire(&b, "B", t + 100, t + 600000, t + 100);
	assert_int_equal(rows(&b), 2); /* another group: at once */
	teardown(&b);
}

static void
notify__what_was_not_delivered_is_tried_after_a_restart(void **state)
{
	struct bench b;
	int64_t t = clock_now();

	(void)state;
	setup(&b);
	fire(&b, "A", t, t + 600000, t);
	end(&b);
	begin(&b);
	assert_int_equal(sender_waiting(b.n->sender), 1);
	fire(&b, "A", t, t + 600000, t + 100);
	assert_int_equal(rows(&b), 1); /* the same row, not another */
	teardown(&b);
}

static void
notify__a_set_clock_moves_timers_along(void **state)
{
	struct bench b;
	int64_t t = clock_now();

	(void)state;
	for (int back = 0; back < 2; back++) {
		int64_t jump = back ? -7200000 : 7200000;
		setup(&b);
		fire(&b, "A", t, t + 60000, t);
		answered(&b, 1, "webhook", VERDICT_SENT, "", t + 1);
		notify_turn(b.n, t + jump); /* no time has passed, says the other clock */
		notify_turn(b.n, t + jump + 100);
		assert_int_equal(rows(&b), 1);
		int64_t next = dispatch_next(b.n->turn.dispatch);
		assert_true(next > t + jump + 9000 && next <= t + jump + 10200);
		teardown(&b);
	}
}

static void
notify__the_view_shows_states_groups_and_reasons(void **state)
{
	struct bench b;
	struct notify_view v;
	struct err e = ERR_INIT;
	struct arena *mem = arena_open();
	int64_t t = clock_now();
	char fingerprint[17];

	(void)state;
	setup(&b);
	fire(&b, "A", t, t + 600000, t);
	assert_int_equal(notify_view_read(&v, b.store, t, mem, &e), 0);
	assert_string_equal(v.groups[0].channels[0].reason, "on its way: first notification of the group");
	assert_int_equal(v.groups[0].channels[0].row, 1);
	assert_int_equal(v.groups[0].channels[0].attempts, 0);
	notify_view_release(&v);
	answered(&b, 1, "webhook", VERDICT_RETRY, "no answer", t);
	assert_int_equal(notify_view_read(&v, b.store, t, mem, &e), 0);
	assert_string_equal(v.groups[0].channels[0].reason, "on its way: first notification of the group");
	assert_int_equal(v.groups[0].channels[0].attempts, 1);
	assert_string_equal(v.groups[0].channels[0].error, "no answer");
	assert_int_equal(v.groups[0].channels[0].sent_ms, 0);
	notify_view_release(&v);
	answered(&b, 1, "webhook", VERDICT_SENT, "", t + 1);
	assert_int_equal(notify_view_read(&v, b.store, t + 10, mem, &e), 0);
	assert_int_equal(v.n_alerts, 1);
	assert_int_equal(v.alerts[0].state, NOTIFY_ACTIVE);
	assert_string_equal(v.alerts[0].receivers[0], "r");
	assert_int_equal(v.n_groups, 1);
	assert_string_equal(v.groups[0].key, "{}:{alertname=\"A\"}");
	assert_string_equal(v.groups[0].channels[0].reason, "sent: first notification of the group");
	assert_int_equal(v.groups[0].channels[0].row, 0);
	/* told at t+1, looks at t+10 s, +20 s, +30 s, +40 s: the first later than 30 s after is +40 s */
	assert_int_equal(v.groups[0].channels[0].repeats_ms, t + 40000);
	assert_int_equal(v.n_receivers, 2);
	snprintf(fingerprint, sizeof fingerprint, "%s", v.alerts[0].fingerprint);
	notify_view_release(&v);
	/* acknowledged, it does not */
	assert_int_equal(notify_ack(b.store, fingerprint, t, "me", "looking", t, &e), 0);
	assert_int_equal(notify_view_read(&v, b.store, t + 10, mem, &e), 0);
	assert_int_equal(v.groups[0].channels[0].repeats_ms, 0);
	notify_view_release(&v);
	assert_int_equal(notify_unack(b.store, fingerprint, "me", t, &e), 0);

	struct matcher *m = NULL;
	size_t n = 0;
	char id[37];
	assert_int_equal(notify_matchers_parse(&m, &n, "model=fraud", true, &e), 0);
	struct notify_silence s = {
	    .matchers = m, .n_matchers = n, .starts_ms = t, .ends_ms = t + 60000, .created_by = "me", .comment = ""};
	assert_int_equal(notify_silence_put(b.store, &s, t, id, &e), -1); /* no comment */
	err_clear(&e);
	s.comment = "why";
	assert_int_equal(notify_silence_put(b.store, &s, t, id, &e), 0);
	assert_int_equal(notify_view_read(&v, b.store, t + 10, mem, &e), 0);
	assert_int_equal(v.alerts[0].state, NOTIFY_SUPPRESSED);
	assert_int_equal(v.groups[0].channels[0].repeats_ms, 0);
	assert_string_equal(v.alerts[0].silenced_by[0], id);
	assert_int_equal(v.silences[0].n_alerts, 1);
	notify_view_release(&v);

	/* changed in place while its matchers stay; made anew when they do not */
	char same[37], other[37];
	s.id = id;
	s.ends_ms = t + 120000;
	assert_int_equal(notify_silence_put(b.store, &s, t + 20, same, &e), 0);
	assert_string_equal(same, id);
	assert_int_equal(notify_matchers_parse(&m, &n, "x!=y", true, &e), 0);
	s.matchers = m;
	s.n_matchers = n;
	assert_int_equal(notify_silence_put(b.store, &s, t + 30, other, &e), 0);
	assert_string_not_equal(other, id);
	assert_int_equal(notify_silence_expire(b.store, id, "eve", t + 40, &e), 1); /* it ended when it was replaced */
	assert_int_equal(notify_silence_expire(b.store, "nobody", "eve", t + 40, &e), -1);
	err_clear(&e);
	assert_int_equal(notify_silence_expire(b.store, other, "eve", t + 40, &e), 0);
	assert_int_equal(notify_view_read(&v, b.store, t + 50, mem, &e), 0);
	assert_int_equal(v.alerts[0].state, NOTIFY_ACTIVE);
	assert_int_equal(v.n_silences, 2);
	notify_view_release(&v);
	for (size_t i = 0; i < n; i++)
		matcher_release(&m[i]);
	free(m);
	arena_close(mem);
	teardown(&b);
}

/* What another process does that holds the store. */
static sqlite3 *
hold(struct bench *b)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(b->store_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void
let_go(sqlite3 *db)
{
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A row that could not be written had a number that the next row gets; the mark "replaced" of the one went to the other once. */
static void
notify__what_the_store_refused_is_decided_anew(void **state)
{
	struct bench b;
	struct err e = ERR_INIT;
	int64_t t = clock_now();
	size_t open = 0;

	(void)state;
	setup(&b);
	sqlite3 *db = hold(&b);
	for (size_t i = 1; i < 20; i++) {
		const struct label l[] = {{"alertname", (const char[]){(char)('A' + i), '\0'}}};
		const struct alert a = {.labels = {l, 1}, .starts_ms = t, .ends_ms = t + 600000};
		notify_alerts(b.n, &a, 1, t);
	}
	int64_t began = clock_monotonic();
	fire(&b, "A", t, t + 600000, t);
	assert_true(clock_monotonic() - began < 10000);   /* it waits once, not for each of 20 groups */
	assert_int_equal(sender_waiting(b.n->sender), 0); /* no row, no request */
	let_go(db);
	assert_int_equal(rows(&b), 0);
	notify_turn(b.n, t + 1000);
	assert_int_equal(rows(&b), 20);
	assert_int_equal(sender_waiting(b.n->sender), 20);

	/* outcomes wait for the store and are written once */
	db = hold(&b);
	answered(&b, 1, "webhook", VERDICT_SENT, "", t + 1100);
	let_go(db);
	notify_turn(b.n, t + 2200);
	assert_int_equal(store_notifications(b.store, OUTBOX_OPEN, 0, false, count_row, &open, &e), 0);
	assert_int_equal(open, 19);
	notify_turn(b.n, t + 3300); /* and nobody takes the row for one that was opened again */
	assert_int_equal(sender_waiting(b.n->sender), 19);
	assert_int_equal(rows(&b), 20);
	teardown(&b);
}

/* The older message of a group goes first, even when the newer one was made while it was under way. */
static void
sender__a_row_waits_for_the_one_that_it_replaces(void **state)
{
	struct bench b;
	int64_t t = clock_now();

	(void)state;
	setup(&b);
	struct sender *s = b.n->sender;
	sender_add(
	    s, &(struct sender_row){.id = 1, .next_ms = t, .expires_ms = t + 9000, .receiver = "r", .kind = "webhook"});
	struct job *first = fpmap_get(&s->jobs, 1);
	lane_pull(first->lane, first); /* as when its request begins */
	first->under_way = true;
	for (int64_t id = 2; id <= 3; id++)
		sender_add(s, &(struct sender_row){.id = id,
						   .next_ms = t,
						   .expires_ms = t + 9000,
						   .receiver = "r",
						   .kind = "webhook",
						   .replaces = id - 1});
	assert_true(first->pointless);
	assert_false(sender_has(s, 2)); /* replaced before it could go */
	assert_int_equal(first->lane->n, 0);
	struct lane *l = first->lane;
	first->under_way = false;
	job_end(s, first);
	assert_int_equal(l->n, 1);
	assert_int_equal(l->heap[0]->id, 3);
	sender_remove(s, 3);
	assert_int_equal(sender_waiting(s), 0);
	teardown(&b);
}

/* ---- people and the outbox ---- */

struct row {
	enum store_outbox_state state;
	int64_t expires_ms, attempts;
	char kind[32], error[256], payload[4096];
};

static void
keep_row(void *arg, const struct store_notification *n)
{
	struct row *r = arg;

	*r = (struct row){.state = n->state, .expires_ms = n->expires_ms, .attempts = n->attempts};
	snprintf(r->kind, sizeof r->kind, "%s", n->kind);
	snprintf(r->error, sizeof r->error, "%s", n->error);
	snprintf(r->payload, sizeof r->payload, "%s", n->payload);
}

static struct row
row(struct bench *b, int64_t id)
{
	struct err e = ERR_INIT;
	struct row r = {0};

	assert_int_equal(store_notification(b->store, id, keep_row, &r, &e), 1);
	return r;
}

static void
find_event(void *arg, const struct store_event *ev)
{
	const char **want = arg;

	if (want[0] != NULL && strcmp(ev->kind, want[0]) == 0 && strcmp(ev->text, want[1]) == 0)
		want[0] = NULL;
}

static void
assert_event(struct bench *b, const char *kind, const char *text)
{
	struct err e = ERR_INIT;
	const char *want[] = {kind, text};

	assert_int_equal(store_events(b->store, 0, INT64_MAX, 1000, find_event, want, &e), 0);
	if (want[0] != NULL)
		fail_msg("no event '%s'", text);
}

static void
people__send_once_more_and_never(void **state)
{
	struct bench b;
	struct err e = ERR_INIT;
	int64_t t = clock_now();

	(void)state;
	setup(&b);
	fire(&b, "A", t, t + 600000, t);
	answered(&b, 1, "webhook", VERDICT_GIVE_UP, "HTTP status 400", t + 10);
	assert_int_equal(row(&b, 1).state, OUTBOX_GIVEN_UP);
	assert_event(&b, "notification", "notification to r (webhook) was given up: HTTP status 400");
	assert_int_equal(sender_waiting(b.n->sender), 0);

	/* two days later: it has a day again */
	assert_int_equal(notify_retry(b.store, 1, "ann", t + 2 * MS_DAY, &e), 0);
	assert_int_equal(row(&b, 1).expires_ms, t + 3 * MS_DAY);
	assert_event(&b, "person", "ann sends once more notification 1 to r (webhook): [FIRING:1] A (fraud)");
	notify_turn(b.n, t + 1000);
	assert_true(sender_has(b.n->sender, 1));

	assert_int_equal(notify_drop(b.store, 1, "bob", t + 1500, &e), 0);
	assert_event(&b, "person", "bob dropped notification 1 to r (webhook): [FIRING:1] A (fraud)");
	notify_turn(b.n, t + 2500);
	assert_false(sender_has(b.n->sender, 1));
	assert_string_equal(row(&b, 1).error, "dropped by bob");

	assert_int_equal(notify_drop(b.store, 1, "bob", t + 1500, &e), -1);
	assert_string_equal(e.text, "notification 1 is dropped already");
	err_clear(&e);
	assert_int_equal(notify_retry(b.store, 99, "ann", t, &e), -1);
	assert_string_equal(e.text, "there is no notification 99");
	teardown(&b);
}

static void
people__who_acknowledged_is_in_the_template(void **state)
{
	struct bench b;
	struct err e = ERR_INIT;
	struct notify_view v;
	struct arena *mem = arena_open();
	int64_t t = clock_now();

	(void)state;
	setup(&b);
	fire(&b, "Slack", t, t + 600000, t);
	assert_non_null(strstr(row(&b, 1).payload, "\"text\":\"[|]\""));
	answered(&b, 1, "slack", VERDICT_SENT, "", t + 10);
	assert_int_equal(notify_view_read(&v, b.store, t + 20, mem, &e), 0);
	assert_int_equal(notify_ack(b.store, v.alerts[0].fingerprint, t, "ann", "on it <!here>", t + 20, &e), 0);
	assert_event(&b, "person", "ann acknowledged Slack (fraud): on it <!here>");
	notify_view_release(&v);
	fire(&b, "Slack", t, t + 30, t + 40);            /* over */
	for (int64_t ms = 1500; ms <= 10500; ms += 1500) /* in steps that do not look like a clock that was set */
		notify_turn(b.n, t + ms);
	assert_non_null(strstr(row(&b, 2).payload, "\"text\":\"[ann|on it &lt;!here>]\""));
	arena_close(mem);
	teardown(&b);
}

static uint64_t
the_alert(struct bench *b)
{
	struct arena *mem = arena_open();
	struct notify_view v;
	uint64_t fp;

	assert_int_equal(notify_view_read(&v, b->store, clock_now(), mem, NULL), 0);
	assert_int_equal(v.n_alerts, 1);
	fp = strtoull(v.alerts[0].fingerprint, NULL, 16);
	notify_view_release(&v);
	arena_close(mem);
	return fp;
}

static int
n_acks(struct bench *b)
{
	struct arena *mem = arena_open();
	struct notify_view v;
	int n = 0;

	assert_int_equal(notify_view_read(&v, b->store, clock_now(), mem, NULL), 0);
	for (size_t i = 0; i < v.n_alerts; i++)
		n += v.alerts[i].acked;
	notify_view_release(&v);
	arena_close(mem);
	return n;
}

static void
put_silence(struct bench *b, const char *matcher, const char *created_by, const char *by, int64_t t, char id[37])
{
	struct notify_silence s = {
	    .id = id, .starts_ms = t, .ends_ms = t + 60000, .created_by = created_by, .comment = "why", .by = by};
	struct matcher *m = NULL;
	char got[37];

	assert_int_equal(notify_matchers_parse(&m, &s.n_matchers, matcher, true, NULL), 0);
	s.matchers = m;
	assert_int_equal(notify_silence_put(b->store, &s, t, got, NULL), 0);
	memcpy(id, got, sizeof got);
	matcher_release(m);
	free(m);
}

/* An acknowledgement that was taken back left no trace. */
static void
people__every_deed_says_who_did_it(void **state)
{
	struct bench b;
	struct err e = ERR_INIT;
	int64_t t = clock_now();
	char fp[17], id[37] = "";

	(void)state;
	setup(&b);
	fire(&b, "Slack", t, t + 600000, t);
	snprintf(fp, sizeof fp, "%016llx", (unsigned long long)the_alert(&b));
	assert_int_equal(notify_unack(b.store, fp, "bob", t, &e), 1); /* nothing to take back, and nothing is told */
	assert_int_equal(notify_ack(b.store, fp, t, "ann", "", t + 20, &e), 0);
	assert_event(&b, "person", "ann acknowledged Slack (fraud)");
	assert_int_equal(n_acks(&b), 1);
	assert_int_equal(notify_unack(b.store, fp, "bob", t + 30, &e), 0);
	assert_event(&b, "person", "bob took back the acknowledgement of Slack (fraud)");
	assert_int_equal(n_acks(&b), 0);
	assert_int_equal(notify_unack(b.store, "no fingerprint", "bob", t, &e), -1);
	err_clear(&e);
	put_silence(&b, "model=fraud", "ann", NULL, t, id);
	assert_event(&b, "person", "ann silenced {model=\"fraud\"}");
	put_silence(&b, "model=fraud", "ann", "bob", t, id);
	assert_event(&b, "person", "bob changed the silence {model=\"fraud\"}"); /* who did it, not whose it is */
	assert_int_equal(notify_silence_expire(b.store, id, "eve", t + 20, &e), 0);
	assert_event(&b, "person", "eve ended the silence {model=\"fraud\"}");
	assert_int_equal(notify_note(b.store, "fraud", "rolled back", "eve", t + 40, &e), 0);
	assert_event(&b, "note", "rolled back");
	assert_int_equal(notify_tested(b.store, "r", "eve", t + 50, &e), 0);
	assert_event(&b, "person", "eve tests the receiver r");
	teardown(&b);
}

/* A row that was dropped while its request was under way was opened again by the request's failure. */
static void
people__what_was_dropped_stays_dropped(void **state)
{
	struct bench b;
	struct err e = ERR_INIT;
	int64_t t = clock_now();

	(void)state;
	setup(&b);
	fire(&b, "A", t, t + 600000, t);
	dispatch_sending(b.n->turn.dispatch, 1);
	assert_int_equal(notify_drop(b.store, 1, "bob", t + 100, &e), 0);
	answered(&b, 1, "webhook", VERDICT_RETRY, "no answer", t + 200);
	assert_int_equal(row(&b, 1).state, OUTBOX_DROPPED);
	notify_turn(b.n, t + 1500);
	assert_false(sender_has(b.n->sender, 1));
	/* but what was taken after all was sent */
	fire(&b, "B", t + 2000, t + 600000, t + 2000);
	dispatch_sending(b.n->turn.dispatch, 2);
	assert_int_equal(notify_drop(b.store, 2, "bob", t + 2100, &e), 0);
	answered(&b, 2, "webhook", VERDICT_SENT, "", t + 2200);
	assert_int_equal(row(&b, 2).state, OUTBOX_SENT);
	teardown(&b);
}

static void
people__ask_for_a_test(void **state)
{
	struct bench b;
	struct err e = ERR_INIT;
	int64_t t = clock_now(), id = 0;

	(void)state;
	setup(&b);
	notify_turn(b.n, t);
	assert_int_equal(notify_ask_test(b.store, "rr", "ann", t, &id, &e), -1);
	assert_string_equal(e.text, "no receiver is called 'rr'");
	assert_string_equal(e.hint, "did you mean 'r'?");
	err_clear(&e);
	assert_int_equal(notify_ask_test(b.store, "r", "ann", t + 100, &id, &e), 0);
	assert_event(&b, "person", "ann tests the receiver r");
	notify_turn(b.n, t + 1100);
	assert_int_equal(row(&b, id).state, OUTBOX_REPLACED);
	assert_string_equal(row(&b, id).error, "sent as 2");
	assert_true(sender_has(b.n->sender, 2));
	assert_non_null(strstr(row(&b, 2).payload, "ann asked for a test of this receiver. Nothing is wrong."));
	assert_int_equal(row(&b, 2).expires_ms, t + 100 + MS_MINUTE);

	/* over a restart it is still a test */
	end(&b);
	begin(&b);
	assert_true(sender_has(b.n->sender, 2));
	answered(&b, 2, "webhook", VERDICT_SENT, "", t + 1200);
	assert_int_equal(row(&b, 2).state, OUTBOX_SENT);
	assert_event(&b, "notification", "a test to r (webhook) was taken");

	assert_int_equal(notify_ask_test(b.store, "r", "ann", t + 2000, &id, &e), 0);
	notify_turn(b.n, t + 3100);
	answered(&b, id + 1, "webhook", VERDICT_GIVE_UP, "HTTP status 404", t + 3200);
	assert_event(&b, "notification", "a test to r (webhook) was given up: HTTP status 404");
	/* no group remembers any of it */
	assert_int_equal(strmap_len(b.n->turn.dispatch->groups), 0);
	assert_int_equal(b.n->turn.dispatch->rows.n, 0);

	/* nobody was there to send it in time */
	assert_int_equal(notify_ask_test(b.store, "r", "ann", t - 100000, &id, &e), 0);
	notify_turn(b.n, t + 5000);
	assert_int_equal(row(&b, id).state, OUTBOX_GIVEN_UP);
	assert_string_equal(row(&b, id).error, "a test was not sent: no agent ran when it was asked for");
	teardown(&b);
}

static void
keep_payload(void *arg, const struct store_notification *n)
{
	snprintf(arg, 4096, "%s", n->payload);
}

static void
notify__values_arrive_as_text(void **state)
{
	struct bench b;
	struct err e = ERR_INIT;
	char text[4096] = "";
	int64_t t = clock_now();
	const struct label l[] = {{"alertname", "A"}, {"quote", "a\"b\\c\nd"}, {"tag", "<script>@channel \xc3\xbc"}};
	const struct alert a = {.labels = {l, 3}, .starts_ms = t, .ends_ms = t + 60000};

	(void)state;
	setup(&b);
	notify_alerts(b.n, &a, 1, t);
	notify_turn(b.n, t);
	assert_int_equal(store_notification(b.store, 1, keep_payload, text, &e), 1);
	assert_non_null(strstr(text, "\"quote\":\"a\\\"b\\\\c\\nd\""));
	assert_non_null(strstr(text, "\"tag\":\"<script>@channel \xc3\xbc\""));
	teardown(&b);
	/* and they survive the store */
	setup(&b);
	notify_alerts(b.n, &a, 1, t);
	notify_turn(b.n, t);
	end(&b);
	begin(&b);
	size_t i = 0;
	const struct alert_row *row = fpmap_next(&b.n->turn.dispatch->alerts, &i);
	assert_non_null(row);
	assert_true(labels_equal(*row->labels, (struct labels){l, 3}));
	teardown(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(notify__a_restart_repeats_nothing_and_keeps_timers),
	    cmocka_unit_test(notify__what_was_not_delivered_is_tried_after_a_restart),
	    cmocka_unit_test(notify__a_set_clock_moves_timers_along),
	    cmocka_unit_test(notify__the_view_shows_states_groups_and_reasons),
	    cmocka_unit_test(notify__values_arrive_as_text),
	    cmocka_unit_test(notify__what_the_store_refused_is_decided_anew),
	    cmocka_unit_test(people__send_once_more_and_never),
	    cmocka_unit_test(people__who_acknowledged_is_in_the_template),
	    cmocka_unit_test(people__every_deed_says_who_did_it),
	    cmocka_unit_test(people__what_was_dropped_stays_dropped),
	    cmocka_unit_test(people__ask_for_a_test),
	    cmocka_unit_test(sender__a_row_waits_for_the_one_that_it_replaces),
	};

	return cmocka_run_group_tests_name("notify_store", tests, NULL, NULL);
}
