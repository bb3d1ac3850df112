/*
 * store_rows.h -- rows that belong to one module each: alert state (rules), the outbox with its groups and log, silences and
 * acknowledgements (notify). Plain values in and out; what they mean is the module's business. Implemented in src/store/alerts.c,
 * outbox.c and silences.c. Inside store_begin/store_commit these verbs join that transaction, else each is one of its own.
 */
#ifndef MLWATCH_STORE_ROWS_H
#define MLWATCH_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"

struct err;
struct store;

/* Several of the verbs below as one transaction (a plain one: no heartbeat, no windows). The handle is held in between. store_rows_end
 * commits when rc >= 0, else rolls back; it returns 0 or -1. */
int store_rows_begin(struct store *s, struct err *e);
int store_rows_end(struct store *s, int rc, struct err *e);

/* ---- alert state: src/store/alerts.c ---- */

enum store_alert_state { STORE_ALERT_INACTIVE, STORE_ALERT_PENDING, STORE_ALERT_FIRING, STORE_ALERT_RESOLVED };
struct store_alert { /* all borrowed */
	const char *name, *file, *group;
	int line; /* of the rule in its file */
	struct labels labels, annotations;
	enum store_alert_state state;
	int64_t active_ms, fired_ms, resolved_ms, keep_firing_since_ms, last_sent_ms, for_ms;
	double value;
	int64_t value_ms; /* when it had the value */
	const char *expr;
	const char *limit_op; /* "" when the expression compares with no constant */
	double limit;
	const char *value_expr; /* the left side of that comparison, "" */
};
/* Replaces what is kept of this group, and keeps the history of what fired: one row per firing, with its peak and whoever
 * acknowledged it (store_put_ack). */
int store_put_alerts(struct store *s, const char *file, const char *group, const struct store_alert *at, size_t n,
		     struct err *e);
typedef void store_alert_fn(void *arg, const struct store_alert *a);
int store_alerts(struct store *s, store_alert_fn *fn, void *arg, struct err *e);
struct store_firing {         /* one firing of one alert, past or present */
	uint64_t fingerprint; /* labels_hash of its labels */
	const char *name;
	struct labels labels;
	int64_t fired_ms, resolved_ms; /* 0: still fires */
	double peak, limit;            /* the value farthest over the limit */
	int64_t peak_ms;               /* when it had that; 0: unknown, it is of an older version */
	const char *limit_op;
	const char *value_expr, *unit; /* what gives the peak its unit: the expression, the annotation `unit`; "" */
	const char *ack_by;            /* "": nobody */
	int64_t ack_ms;
};
/* 1: there is that firing; 0: there is none, and nothing was set. peak NaN: it had no number. */
int store_firing_peak(struct store *s, uint64_t fingerprint, int64_t fired_ms, double *peak, int64_t *peak_ms,
		      struct err *e);
typedef void store_firing_fn(void *arg, const struct store_firing *f);
/* Newest first. fingerprint 0: of all alerts. */
int store_firings(struct store *s, uint64_t fingerprint, int64_t since_ms, size_t max, store_firing_fn *fn, void *arg,
		  struct err *e);

/* The history names nobody any more for what was acknowledged at that time: the firings of the alert with these labels, as notification has them. */
int store_forget_ack(struct store *s, struct labels told, int64_t at_ms, struct err *e);

/* What the agent adds to the labels of an alert when it tells notification of it (labels_with_missing): external_labels of its
 * configuration. */
int store_put_external_labels(struct store *s, struct labels l, struct err *e);
struct labels store_external_labels(struct store *s, struct arena *mem);

/* ---- the outbox: src/store/outbox.c ---- */

enum store_outbox_state {
	OUTBOX_QUEUED,
	OUTBOX_SENDING,
	OUTBOX_SENT,
	OUTBOX_GIVEN_UP,
	OUTBOX_DROPPED,
	OUTBOX_REPLACED,
	N_OUTBOX_STATES
};
#define OUTBOX_BIT(state) (1u << (state))
#define OUTBOX_OPEN       (OUTBOX_BIT(OUTBOX_QUEUED) | OUTBOX_BIT(OUTBOX_SENDING))
#define OUTBOX_ALL        (OUTBOX_BIT(N_OUTBOX_STATES) - 1)
extern const char *const store_outbox_words[N_OUTBOX_STATES]; /* "queued", "sending", ... */
struct store_notification {                                   /* all borrowed */
	int64_t id;
	enum store_outbox_state state;
	int64_t created_ms, next_ms, expires_ms, done_ms; /* next: not tried before; done: 0 while open */
	int64_t repeat_ms;                                /* of its route, for the log entry that its success makes */
	int64_t attempts, status;                         /* requests made; last HTTP or SMTP status, 0: none */
	int64_t index;                                    /* of the receiver's integrations of this kind */
	const char *receiver, *kind, *group_key, *title, *reason, *error;
	const char *payload; /* without secrets; NULL where lists leave it out */
	const void *firing, *resolved;
	size_t firing_n, resolved_n; /* fingerprints, bytes */
};
/* Inserts; *id is its row. */
int store_put_notification(struct store *s, const struct store_notification *n, int64_t *id, struct err *e);
/* Sets state, attempts, next_ms, done_ms, status and error of row n->id, expires_ms too when it is not 0. */
int store_set_notification(struct store *s, const struct store_notification *n, struct err *e);
/* The same for what came of a request. What a person decided meanwhile stays: a row that is not open is only changed into a sent one. */
int store_note_outcome(struct store *s, const struct store_notification *n, struct err *e);
typedef void store_notification_fn(void *arg, const struct store_notification *n);
/* Newest first; states: OUTBOX_BITs. Without payload and sets unless whole. */
int store_notifications(struct store *s, unsigned states, size_t max, bool whole, store_notification_fn *fn, void *arg,
			struct err *e);
/* 1: found. */
int store_notification(struct store *s, int64_t id, store_notification_fn *fn, void *arg, struct err *e);
/* Those that are open or were done since a time, newest first; without payload, of the sets only how long they are. */
int store_notifications_since(struct store *s, int64_t since_ms, unsigned states, size_t max, store_notification_fn *fn,
			      void *arg, struct err *e);
struct store_outbox_tally { /* of one receiver's integrations of a kind, since a time */
	const char *receiver, *kind;
	int64_t sent, given_up, open;
	int64_t failed;  /* tries that were or will be tried again */
	int64_t unsent;  /* dropped or replaced after they were tried in vain */
	int64_t dropped; /* by somebody, or because it was a replay */
	int64_t sent_ms; /* when the last was taken; 0: none was */
};
typedef void store_outbox_tally_fn(void *arg, const struct store_outbox_tally *t);
int store_outbox_tallies(struct store *s, int64_t since_ms, store_outbox_tally_fn *fn, void *arg, struct err *e);
/* Forgets finished rows older than before_ms, and all but the newest `keep` finished ones. */
int store_outbox_expire(struct store *s, int64_t before_ms, size_t keep, struct err *e);

/* ---- what notification remembers: alerts, groups, the notification log: src/store/nflog.c ---- */

struct store_notify_alert {
	uint64_t fingerprint; /* Alertmanager's, of the labels */
	struct labels labels, annotations;
	const char *generator_url, *expr, *silenced_by;
	int64_t starts_ms, ends_ms, updated_ms;
	bool timeout, has_value;
	double value;
	uint64_t inhibited_by; /* 0: not */
};
int store_put_notify_alert(struct store *s, const struct store_notify_alert *a, struct err *e);
int store_drop_notify_alert(struct store *s, uint64_t fingerprint, struct err *e);
typedef void store_notify_alert_fn(void *arg, const struct store_notify_alert *a);
int store_notify_alerts(struct store *s, store_notify_alert_fn *fn, void *arg, struct err *e);

struct store_notify_group {
	const char *id, *key, *receiver, *route, *reason;
	struct labels labels;
	int64_t next_ms, created_ms, last_flush_ms, reason_ms, group_interval_ms, repeat_interval_ms;
	bool flushed;
	const void *members;
	size_t members_n; /* fingerprints, bytes */
};
int store_put_notify_group(struct store *s, const struct store_notify_group *g, struct err *e);
int store_drop_notify_group(struct store *s, const char *id, struct err *e);
typedef void store_notify_group_fn(void *arg, const struct store_notify_group *g);
int store_notify_groups(struct store *s, store_notify_group_fn *fn, void *arg, struct err *e);

struct store_notify_log { /* one integration of one group */
	const char *id, *group_key, *receiver, *kind, *reason;
	int64_t index, log_ms /* 0: nothing was sent yet */, expires_ms, reason_ms;
	const void *firing, *resolved;
	size_t firing_n, resolved_n;
};
int store_put_notify_log(struct store *s, const struct store_notify_log *l, struct err *e);
int store_drop_notify_log(struct store *s, const char *id, struct err *e);
typedef void store_notify_log_fn(void *arg, const struct store_notify_log *l);
int store_notify_logs(struct store *s, store_notify_log_fn *fn, void *arg, struct err *e);

/* ---- silences and acknowledgements: src/store/silences.c ---- */

struct store_silence {
	const char *id;       /* a UUID */
	const char *matchers; /* {a="b",c=~"d"} */
	int64_t starts_ms, ends_ms, updated_ms;
	const char *created_by, *comment;
};
/* inserts or replaces by id */
int store_put_silence(struct store *s, const struct store_silence *silence, struct err *e);
typedef void store_silence_fn(void *arg, const struct store_silence *silence);
/* Those that end after ends_after_ms, soonest end first. */
int store_silences(struct store *s, int64_t ends_after_ms, store_silence_fn *fn, void *arg, struct err *e);

struct store_ack {
	uint64_t fingerprint; /* Alertmanager's, of the labels */
	int64_t starts_ms;    /* of the firing that it is about */
	int64_t at_ms;
	const char *by, *comment;
};
int store_put_ack(struct store *s, const struct store_ack *a, struct err *e);
int store_drop_ack(struct store *s, uint64_t fingerprint, struct err *e);
typedef void store_ack_fn(void *arg, const struct store_ack *a);
int store_acks(struct store *s, store_ack_fn *fn, void *arg, struct err *e);

#endif
