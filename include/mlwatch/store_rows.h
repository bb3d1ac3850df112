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

/* ---- alert state: src/store/alerts.c ---- */

enum store_alert_state { STORE_ALERT_INACTIVE, STORE_ALERT_PENDING, STORE_ALERT_FIRING, STORE_ALERT_RESOLVED };
struct store_alert {               /* all borrowed */
	const char *name, *file, *group;
	int line;                  /* of the rule in its file */
	struct labels labels, annotations;
	enum store_alert_state state;
	int64_t active_ms, fired_ms, resolved_ms, keep_firing_since_ms, last_sent_ms, for_ms;
	double value;
	const char *expr;
	const char *limit_op;      /* "" when the expression compares with no constant */
	double limit;
	const char *value_expr;    /* the left side of that comparison, "" */
};
/* Replaces what is kept of this group, and keeps the history of what fired: one row per firing, with its peak. */
int store_put_alerts(struct store *s, const char *file, const char *group, const struct store_alert *at, size_t n, struct err *e);
typedef void store_alert_fn(void *arg, const struct store_alert *a);
int store_alerts(struct store *s, store_alert_fn *fn, void *arg, struct err *e);
struct store_firing {              /* one firing of one alert, past or present */
	uint64_t fingerprint;      /* labels_hash of its labels */
	const char *name;
	struct labels labels;
	int64_t fired_ms, resolved_ms;  /* 0: still fires */
	double peak, limit;        /* the value farthest over the limit */
	const char *limit_op;
};
typedef void store_firing_fn(void *arg, const struct store_firing *f);
/* Newest first. fingerprint 0: of all alerts. */
int store_firings(struct store *s, uint64_t fingerprint, int64_t since_ms, size_t max, store_firing_fn *fn, void *arg, struct err *e);

/* ---- the outbox, notification log and groups: src/store/outbox.c ---- */

/* ---- silences and acknowledgements: src/store/silences.c ---- */

#endif
