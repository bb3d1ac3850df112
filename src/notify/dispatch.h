/*
 * dispatch.h -- which notification of which group is due, and when to look again. Private to notify.
 *
 * A pure state machine over alerts and time, with Alertmanager's rules: routes, groups, group_wait, group_interval, repeat_interval,
 * inhibition, silences, time intervals, the notification log. It reads no clock and does no I/O. What is due goes to a function; what
 * must outlive the process is marked dirty and collected by the owner.
 *
 * A "channel" is one integration of one group: where the notification log and what is on its way are kept. Channels outlive groups.
 */
#ifndef NOTIFY_DISPATCH_H
#define NOTIFY_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "fpmap.h"
#include "mlwatch/alert.h"

struct strmap;
struct group;

struct fpset { /* sorted fingerprints */
	uint64_t *at;
	size_t n;
};

struct member { /* an alert's place in a group */
	struct group *group;
	size_t at; /* in group->alerts; MEMBER_OUT: not in it now */
};
#define MEMBER_OUT SIZE_MAX

struct alert_row { /* one alert; the labels never change */
	uint64_t fp;
	struct labels *labels, *annotations;
	char *generator, *expr;
	int64_t starts, ends, updated; /* ends is always set: without one it is a timeout */
	bool timeout, has_value, dirty, saved;
	double value;
	struct member *in;
	size_t n_in;
	uint64_t inhibited_by; /* at the last look; 0: none */
	const char *silenced_by;
};

enum reason {
	REASON_NONE,
	REASON_FIRST,
	REASON_FIRING,
	REASON_RESOLVED_ALL,
	REASON_RESOLVED_SOME,
	REASON_REPEAT,
	REASON_HAND_OVER,
	/* why nothing was sent */
	QUIET_UNCHANGED,
	QUIET_NEVER_SENT,
	QUIET_INHIBITED,
	QUIET_SILENCED,
	QUIET_MUTED,
	QUIET_INACTIVE,
	QUIET_ACKED,
	QUIET_ON_ITS_WAY,
	QUIET_NO_RESOLVED,
	QUIET_GIVEN_UP,
	QUIET_STORE,
	QUIET_NO_SENDER,
	N_REASONS
};
extern const char *const reason_text[N_REASONS];

struct channel {
	char *key, *group_key, *receiver;
	const struct kind *kind;
	size_t index;
	bool has_log;
	int64_t log_ms, log_expires;
	struct fpset log_firing, log_resolved;
	int64_t row; /* what is on its way; 0: nothing */
	bool sending, again;
	struct fpset row_firing, row_resolved;
	int64_t row_repeat;
	struct group *group; /* that uses it now, or NULL */
	enum reason reason;
	int64_t reason_ms;
	bool dirty, saved;
};

struct seen { /* a resolved alert as it was at a flush */
	uint64_t fp;
	int64_t updated;
};

struct group {
	char *id;  /* key and route path: unique */
	char *key; /* Alertmanager's group key */
	const struct route *route;
	struct labels *labels;
	struct alert_row **alerts;
	size_t n, cap;
	int64_t next, created, last_flush;
	bool flushed, dead, dirty, saved, failed;
	size_t refs;    /* alerts whose members name it */
	size_t heap_at; /* in dispatch->heap */
	struct channel **channels;
	struct seen *seen;
	size_t n_seen;
	enum reason reason;
	int64_t reason_ms;
};

struct silence_row {
	char *id;
	struct matcher_list matchers;
	int64_t starts, ends;
};

struct due {
	struct group *group;
	struct channel *channel;
	const struct integration *integration;
	struct alert_row *const *alerts; /* in Alertmanager's order */
	const bool *resolved;            /* of each */
	size_t n;
	enum reason reason;
	int64_t replaces; /* a row that has not gone out and that this one makes pointless; 0: none */
	int64_t now;
};
/* Keeps the notification; returns its row (> 0), or -1 when it cannot: it is asked for again soon. */
typedef int64_t due_fn(void *arg, const struct due *d);

struct timer_hint { /* of a group that was there before a restart or reload */
	int64_t next, created, last_flush;
	bool flushed;
};

struct source_index; /* dispatch_inhibit.c: a rule's source alerts by the values of its equal labels */

struct dispatch {
	const struct notify_config *config;
	due_fn *emit;
	void *arg;
	struct fpmap alerts;
	struct strmap *groups, *channels, *hints;
	struct group **heap;
	size_t n_heap, cap_heap;
	struct source_index *sources; /* one per inhibition rule */
	struct silence_row *silences;
	size_t n_silences;
	struct fpmap rows; /* row -> channel */
	struct fpmap acks; /* fingerprint -> struct ack_row, owned */
	int64_t next_cleanup;
	/* what the owner must write: drained by it */
	struct alert_row **dirty_alerts;
	size_t n_dirty_alerts, cap_dirty_alerts;
	uint64_t *gone_alerts;
	size_t n_gone_alerts, cap_gone_alerts;
	struct group **dirty_groups;
	size_t n_dirty_groups, cap_dirty_groups;
	char **gone_groups;
	size_t n_gone_groups, cap_gone_groups;
	struct channel **dirty_channels;
	size_t n_dirty_channels, cap_dirty_channels;
	char **gone_channels;
	size_t n_gone_channels, cap_gone_channels;
	struct alert_row **scratch; /* of a flush */
	bool *scratch_resolved;
	size_t cap_scratch;
	size_t n_groups_dead;
	struct group **dead; /* unlinked, freed when no alert names them any more */
	size_t cap_dead;
};

struct ack_row {
	uint64_t fp;
	int64_t starts; /* of the firing that it is about */
	char *by, *comment;
};
/* Who acknowledged the firing of a, and why; NULL: nobody. */
const struct ack_row *ack_of(const struct dispatch *d, const struct alert_row *a);
void ack_release(struct ack_row *k);

struct dispatch *dispatch_open(const struct notify_config *c, due_fn *emit, void *arg, int64_t now);
void dispatch_close(struct dispatch *d);
/* Another configuration (borrowed): alerts are routed anew, groups keep their timers. */
void dispatch_reconfigure(struct dispatch *d, const struct notify_config *c, int64_t now);

void dispatch_alert(struct dispatch *d, const struct alert *a, int64_t now);
/* Flushes at most max groups that are due; true: more are. */
bool dispatch_step(struct dispatch *d, int64_t now, size_t max);
int64_t dispatch_next(const struct dispatch *d); /* INT64_MAX: nothing to wait for */

/* A row's request has begun; has ended. ok: taken by the receiver. given_up: it will not be tried again. */
void dispatch_sending(struct dispatch *d, int64_t row);
void dispatch_done(struct dispatch *d, int64_t row, bool ok, int64_t now);
/* Its request failed and will be made again: what waits now may be out of date. */
void dispatch_waits(struct dispatch *d, int64_t row, int64_t now);

/* Both take what is in the array, dispatch_silences the array too. */
void dispatch_silences(struct dispatch *d, struct silence_row *at, size_t n);
void dispatch_acks(struct dispatch *d, const struct ack_row *at, size_t n);
/* The wall clock was set: everything that was measured in it moves along. */
void dispatch_shift(struct dispatch *d, int64_t delta);

/* Restoring, before the first step. */
void dispatch_restore_alert(struct dispatch *d, const struct alert *a, int64_t updated, bool timeout, int64_t now);
void
dispatch_restored(struct dispatch *d); /* all alerts are back: timers of groups that did not come back are forgotten */
void dispatch_restore_group(struct dispatch *d, const char *id, const struct timer_hint *hint);
struct channel *dispatch_channel(struct dispatch *d, const char *group_key, const char *receiver,
				 const struct kind *kind, size_t index);
/* A row is on its way; takes the sets. */
void dispatch_row(struct dispatch *d, struct channel *ch, int64_t row, struct fpset firing, struct fpset resolved,
		  int64_t repeat);

/* dispatch_inhibit.c */
struct source_index *sources_open(const struct notify_config *c);
void sources_close(struct source_index *s, size_t n);
void sources_add(struct dispatch *d, struct alert_row *a);
void sources_remove(struct dispatch *d, struct alert_row *a);
uint64_t inhibited_by(struct dispatch *d, const struct alert_row *a, int64_t now); /* 0: not */

/* dispatch_flush.c */
void group_flush(struct dispatch *d, struct group *g, int64_t now);
void group_again(struct dispatch *d, struct group *g, struct channel *ch, int64_t now);
void group_settle(struct dispatch *d, struct group *g);
static inline bool
row_resolved(const struct alert_row *a, int64_t now)
{
	return a->ends <= now;
}

/* dispatch_groups.c */
#define SWEEP_MS (30 * INT64_C(1000))
void alert_free(struct alert_row *a);
void channel_free(struct channel *c);
void group_insert(struct dispatch *d, struct alert_row *a, int64_t now);
void group_remove(struct dispatch *d, struct group *g, struct alert_row *a);
void heap_move(struct dispatch *d, struct group *g);
void mark_alert(struct dispatch *d, struct alert_row *a);
void mark_group(struct dispatch *d, struct group *g);
void mark_channel(struct dispatch *d, struct channel *c);
void groups_cleanup(struct dispatch *d, int64_t now);
void groups_close(struct dispatch *d, bool keep_timers);
void members_route(struct dispatch *d, struct alert_row *a);

/* dispatch_channel.c */
/* Its receiver knows this now. */
void channel_told(struct dispatch *d, struct channel *c, const struct fpset *firing, const struct fpset *gone,
		  int64_t repeat, int64_t now);
void channel_explain(struct dispatch *d, struct channel *c, enum reason why, int64_t now);
void channel_forget(struct dispatch *d, struct channel *c); /* what is on its way */
struct fpset fpset_copy(const struct fpset *s);
void fpset_release(struct fpset *s);
bool fpset_subset(const struct fpset *part, const struct fpset *whole);
bool fpset_equal(const struct fpset *a, const struct fpset *b);

#endif
