/*
 * rules.h -- Prometheus rule files: groups, recording rules, the alert state machine. Asks PromQL, hands out samples and
 * alerts. Does not know receivers. Time is an argument. One group evaluates in one thread at a time; groups are independent.
 */
#ifndef MLWATCH_RULES_H
#define MLWATCH_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/alert.h"
#include "mlwatch/err.h"
#include "mlwatch/labels.h"
#include "mlwatch/promql.h"

struct buf;
struct rule_file; /* parsed: groups of rules */
struct rule_group;
struct rule_set; /* all groups of all files, with their alert state */

/* Parses and checks one file with promtool's strictness; every mistake with its position goes to errors. NULL when it has errors. */
struct rule_file *rule_file_load(const char *path, struct errlist *errors);
struct rule_file *rule_file_parse(const char *path, const char *text, size_t n, struct errlist *errors);
void rule_file_close(struct rule_file *f);
size_t rule_file_rules(const struct rule_file *f);

/* Warnings about what is allowed but seldom meant. Each has a code, by which it can be chosen: no-for, no-severity, no-runbook,
 * duplicate-rule, short-range, gauge-rate, unknown-metric, pvalue-share, label-name. */
struct rule_lint {
	int64_t scrape_interval_ms;                  /* 0: unknown, no short-range */
	bool (*wanted)(void *arg, const char *code); /* NULL: all */
	/* What is known about a metric; NULL: nothing. metric_known says whether it was ever seen, and the nearest name otherwise
	 * (borrowed, may be NULL). metric_is_gauge: by its # TYPE. */
	bool (*metric_known)(void *arg, const char *name, const char **nearest);
	bool (*metric_is_gauge)(void *arg, const char *name);
	void *arg;
};
void rule_file_lint(const struct rule_file *f, const struct rule_lint *how, struct errlist *errors);

enum alert_state { ALERT_INACTIVE, ALERT_PENDING, ALERT_FIRING, ALERT_RESOLVED };

struct rule_set_spec {
	int64_t default_interval_ms;
	struct labels external_labels;
	const char *external_url; /* base for generator URLs */
};

struct rule_set *rule_set_open(const struct rule_set_spec *spec);
void rule_set_close(struct rule_set *s);
/* Takes the files. State of alerts whose rule is the same (file, group, name, labels; as in Prometheus the expression may differ) is
 * carried over from old; old may be NULL and is closed. */
int rule_set_load(struct rule_set *s, struct rule_file **files, size_t n, struct rule_set *old, struct err *e);
/* The carrying over alone, when the set was loaded without old; nothing of either may be under evaluation. old is left without state and is
 * still to be closed; NULL is fine. Series of rules that are gone get their staleness markers with the next evaluation. */
void rule_set_take_over(struct rule_set *s, struct rule_set *old);
size_t rule_set_groups(const struct rule_set *s);
struct rule_group *rule_set_group(struct rule_set *s, size_t i);
int64_t rule_group_interval(const struct rule_group *g);
const char *rule_group_name(const struct rule_group *g);
const char *rule_group_file(const struct rule_group *g);
/* When a group runs next at or after now: slots are spread over the interval by a hash of file and name, as in Prometheus. */
int64_t rule_group_next(const struct rule_group *g, int64_t now);

/* What an evaluation makes. All borrowed until the callback returns. */
struct rule_sink {
	void *arg;
	/* recorded series, ALERTS, ALERTS_FOR_STATE, staleness markers */
	void (*sample)(void *arg, struct labels labels, int64_t t, double v, const struct histogram *h);
	/* to be sent: firing ones and, for 15 min, resolved ones; with external labels */
	void (*alert)(void *arg, const struct alert *a);
	/* an alert is in another state than before; without external labels, as in alert_view */
	void (*change)(void *arg, const struct alert *a, enum alert_state was, enum alert_state is,
		       const char *rule_where /* file:line */);
};
/* Evaluates all rules of the group in order at t; later rules see earlier ones' results through overlay storage. A failing rule leaves
 * its alerts as they were. Returns the number of rules that failed (their errors are kept for status). */
size_t rule_group_eval(struct rule_group *g, const struct promql *p, int64_t t, const struct rule_sink *sink);

/* One alert instance, for status, the dashboard and persistence. */
struct alert_view {
	const char *name, *group, *file;
	int line;
	struct labels labels, annotations;
	enum alert_state state;
	int64_t active_ms, fired_ms, resolved_ms, keep_firing_since_ms, last_sent_ms, for_ms;
	double value;
	int64_t value_ms; /* of the evaluation that gave the value; 0: before this start */
	const char *expr;
	struct expr_limit limit; /* borrowed */
};
typedef void alert_view_fn(void *arg, const struct alert_view *v);
void rule_set_alerts(const struct rule_set *s, alert_view_fn *fn, void *arg);
void rule_group_alerts(const struct rule_group *g, alert_view_fn *fn, void *arg);
/* Restores what store_alerts kept; to be called before the first evaluation. Unknown rules are ignored. */
void rule_set_restore(struct rule_set *s, const struct alert_view *v);

/* What tells an alert apart beside its name and model: "tenure_months" of FeatureDrift on churn; the instance where there is no model.
 * Values of its other labels, with blanks between. */
void alert_about(struct buf *out, struct labels l);
/* By the label `severity`: critical, crit, page, error, emergency. */
bool alert_is_critical(const char *severity);

struct rule_status {
	const char *file, *group, *name;
	bool alerting;
	int line;
	const char *expr;
	const char *error;
	size_t series; /* in the last result */
	int64_t last_eval_ms;
	double seconds;
	int64_t missed;
	int64_t interval_ms, limit; /* of the group */
	int64_t for_ms, keep_firing_for_ms;
	struct labels labels, annotations; /* as written, with the group's */
};
typedef void rule_status_fn(void *arg, const struct rule_status *r);
void rule_set_status(const struct rule_set *s, rule_status_fn *fn, void *arg);
/* The expression that is recorded under this name of n bytes; NULL: none is. From any thread. s may be NULL. */
const char *rule_set_recorded(const struct rule_set *s, const char *name, size_t n);

#endif
