/*
 * notify.h -- from alerts to messages: Alertmanager's routing, grouping, inhibition, silences and time intervals,
 * a durable outbox, one file per receiver kind. Does not know PromQL or rules.
 *
 * Two halves. The dispatcher is a pure state machine over alerts and time: it decides which notification of which group is
 * due, and when it must be woken next. The sender takes rows from the outbox and talks HTTP or SMTP (libcurl multi on libuv).
 */
#ifndef MLWATCH_NOTIFY_H
#define MLWATCH_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/alert.h"
#include "mlwatch/err.h"
#include "mlwatch/labels.h"
#include "mlwatch/matcher.h"

struct arena;
struct log;
struct store;
struct uv_loop_s;

/* The routing file (Alertmanager's format). */
struct notify_config;
int notify_config_load(struct notify_config **out, const char *path, struct errlist *errors);
void notify_config_close(struct notify_config *c);
/* Which receivers a label set reaches, in order, with the route's path ("route.routes[1]") for `mlwatch test routes`. */
typedef void route_fn(void *arg, const char *receiver, const char *route_path);
void notify_config_routes(const struct notify_config *c, struct labels labels, route_fn *fn, void *arg);

struct notify;
struct notify_spec {
	const char *external_url; /* of this mlwatch, for links */
	struct uv_loop_s *loop;
	struct store *store; /* outbox, groups, notification log, silences, acks live here; used in workers only */
	struct log *log;
};
/* Takes the configuration. Restores groups, timers and outbox from the store, in a worker, before anything is decided. Nothing here
 * waits for the store: what is decided is written in a worker, and sent when it is written. */
int notify_open(struct notify **out, const struct notify_spec *spec, struct notify_config *c, struct err *e);
void notify_reload(struct notify *n, struct notify_config *c); /* takes; groups keep their timers */
/* Alerts from rules or POST /api/v2/alerts, at now_ms; copies. Thread-safe; wakes the loop. */
void notify_alerts(struct notify *n, const struct alert *a, size_t count, int64_t now_ms);
/* Keeps everything, cuts off requests (their rows go out after the restart), frees n, calls done. */
void notify_close(struct notify *n, void (*done)(void *arg), void *arg);

/* The same over the past, for a replay: it does nothing by itself; alerts are handed in with their times. send: messages are really sent, else
 * the outbox only says what would have been. notify_close as usual, with the loop turning. */
int notify_replay_open(struct notify **out, const struct notify_spec *spec, struct notify_config *c, bool send,
		       struct err *e);
/* Everything that is due up to now_ms, each at its time, in the caller's thread. Waits for receivers, each message for at most a minute. */
void notify_replay_until(struct notify *n, int64_t now_ms, const volatile bool *stop /* may be NULL */);

struct notify_counts {
	uint64_t queued, sent, failed, given_up;
}; /* failed: attempts that are tried again */
struct notify_counts notify_counts(const struct notify *n);
/* Per integration, on the loop, since the start. */
struct notify_lane {
	const char *receiver, *kind;
	int64_t index;
	uint64_t sent, failed, given_up; /* failed: attempts that are tried again */
};
typedef void notify_lane_fn(void *arg, const struct notify_lane *l);
void notify_lanes(const struct notify *n, notify_lane_fn *fn, void *arg);

/* Sends one message that says it is a test to every integration of a receiver (kind not NULL: only of that kind), now, past the outbox.
 * fn is called for each; error NULL: it was taken. -1 with err: no such receiver. Runs a loop of its own until all have answered. */
struct notify_test_result {
	const char *receiver, *kind;
	int64_t index;
	int status;
	double seconds;
	const char *error;
};
typedef void notify_test_fn(void *arg, const struct notify_test_result *r);
int notify_test(const struct notify_config *c, const char *receiver, const char *kind, const char *external_url,
		notify_test_fn *fn, void *arg, struct err *e);

/* ---- the routing file, for `test routes`, checks and the API ---- */
struct notify_route_view {
	const char *path, *receiver, *matchers;
	int depth;
	bool keep_going;
	int64_t group_wait_ms, group_interval_ms, repeat_interval_ms;
	const char *group_by;
};
typedef void notify_route_fn(void *arg, const struct notify_route_view *r);
void notify_config_tree(const struct notify_config *c, notify_route_fn *fn, void *arg); /* in the file's order */
typedef void notify_receiver_fn(void *arg, const char *name, const char *const *kinds, size_t n_kinds);
void notify_config_receivers(const struct notify_config *c, notify_receiver_fn *fn, void *arg);

/*
 * What notification holds, as Alertmanager's API shows it. Read from the store at one instant: any thread, any process, agent up or
 * down. All pointers live in the arena.
 */
enum notify_alert_state { NOTIFY_ACTIVE, NOTIFY_SUPPRESSED, NOTIFY_UNPROCESSED, NOTIFY_RESOLVED };
struct notify_view_alert {
	char fingerprint[17];
	struct labels labels, annotations;
	int64_t starts_ms, ends_ms, updated_ms;
	const char *generator_url, *expr;
	bool has_value;
	double value;
	enum notify_alert_state state;
	const char *const *silenced_by;
	size_t n_silenced_by; /* silence ids */
	const char *const *inhibited_by;
	size_t n_inhibited_by; /* fingerprints */
	const char *const *receivers;
	size_t n_receivers;
	bool acked;
	const char *acked_by, *ack_comment;
	int64_t acked_ms;
};
struct notify_view_channel {       /* one integration of a group */
	const char *kind, *reason; /* why the last message was sent, is on its way or was not sent */
	int64_t index, reason_ms, sent_ms /* 0: nothing yet */, repeats_ms /* 0: as things are, not */;
	int64_t row, attempts, next_ms; /* of the message on its way; row 0: there is none */
	const char *error;              /* of its last attempt, "" */
};
struct notify_view_group {
	struct labels labels;
	const char *key, *receiver, *route, *reason;
	int64_t next_flush_ms, last_flush_ms, created_ms, group_interval_ms, repeat_interval_ms;
	const struct notify_view_alert *const *alerts;
	size_t n_alerts;
	const struct notify_view_channel *channels;
	size_t n_channels;
};
enum notify_silence_state { NOTIFY_SILENCE_ACTIVE, NOTIFY_SILENCE_PENDING, NOTIFY_SILENCE_EXPIRED };
struct notify_view_silence {
	const char *id, *matchers /* {a="b"} */, *created_by, *comment;
	int64_t starts_ms, ends_ms, updated_ms;
	enum notify_silence_state state;
	size_t n_alerts; /* active alerts that it matches */
	const struct matcher *at;
	size_t n;
};
struct notify_view {
	int64_t now_ms;
	const struct notify_view_alert *alerts;
	size_t n_alerts; /* those in a group or firing */
	const struct notify_view_group *groups;
	size_t n_groups; /* by receiver, then key; without empty ones */
	const struct notify_view_silence *silences;
	size_t n_silences; /* expired ones of the last 5 days too */
	const char *const *receivers;
	size_t n_receivers; /* of the configuration that the agent runs */
	struct matcher *matchers;
	size_t n_matchers; /* owned by the view */
};
int notify_view_read(struct notify_view *out, struct store *s, int64_t now_ms, struct arena *mem, struct err *e);
void notify_view_release(struct notify_view *v);

/* ---- what people do ----
 * Rows and, in the same transaction, an event that says who did it; a STORE_WRITE handle will do. What is wrong with them is an err of
 * kind ERR_USAGE. */

/* Who does it, where nobody is named: $SUDO_USER, else the login name. */
const char *notify_author(void);
struct notify_silence {
	const char *id; /* "" or NULL: a new one */
	const struct matcher *matchers;
	size_t n_matchers;
	int64_t starts_ms, ends_ms;
	const char *created_by, *comment;
	const char *by; /* who does this, for the event; NULL: created_by */
};
/* As Alertmanager: at least one matcher that does not match the empty text; an existing one is changed in place when its matchers stay
 * and it is not over, else ended and made anew. id: of the silence that now holds. */
int notify_silence_put(struct store *s, const struct notify_silence *in, int64_t now_ms, char id[37], struct err *e);
/* 0; 1: it was over already. */
int notify_silence_expire(struct store *s, const char *id, const char *by, int64_t now_ms, struct err *e);
/* Stops repeats of the firing that began at starts_ms. fingerprint: as in a view. */
int notify_ack(struct store *s, const char *fingerprint, int64_t starts_ms, const char *by, const char *comment,
	       int64_t now_ms, struct err *e);
/* It repeats again. 0; 1: it was not acknowledged (any more). */
int notify_unack(struct store *s, const char *fingerprint, const char *by, int64_t now_ms, struct err *e);
/* Something that happened, in somebody's words; about a model, or "". */
int notify_note(struct store *s, const char *model, const char *text, const char *by, int64_t now_ms, struct err *e);

/* ---- the outbox, for people: the agent heeds these within a second ---- */

/* Sends a row once more, now, whatever came of it before. */
int notify_retry(struct store *s, int64_t id, const char *by, int64_t now_ms, struct err *e);
/* A row that waits is never sent; its receiver counts as told. */
int notify_drop(struct store *s, int64_t id, const char *by, int64_t now_ms, struct err *e);
/* Has the agent, which has the configuration and the secrets, send a message that says it is a test to every integration of a receiver.
 * *id: of the row that asks for it. It ends as OUTBOX_REPLACED, its error saying by which rows; they and an event say what came of it.
 * Nobody tries for longer than a minute. */
#define NOTIFY_TEST_KIND   "test"                            /* kind of the row that asks */
#define NOTIFY_TEST_REASON "sent: somebody asked for a test" /* reason of the rows that are sent */
int notify_ask_test(struct store *s, const char *receiver, const char *by, int64_t now_ms, int64_t *id, struct err *e);
/* Somebody has sent a test message without the agent (notify_test): only the event. */
int notify_tested(struct store *s, const char *receiver, const char *by, int64_t now_ms, struct err *e);

/* The message of a row as it was sent, in lines for people: To, Subject and text of a mail, channel, title and text for Slack, and so on.
 * payload: of a whole row. There is no secret in it. */
struct buf;
void notify_message_text(struct buf *out, const char *kind, const char *payload);

/* Matchers as Alertmanager writes them ("a=b", 'a=~"b.*"', "{a="b", c!="d"}"); a bare word is alertname=WORD when bare is true. Appends to
 * *out (matcher_release each, free the array). */
int notify_matchers_parse(struct matcher **out, size_t *n, const char *text, bool bare, struct err *e);

#endif
