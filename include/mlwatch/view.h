/*
 * view.h -- the data behind every view of the dashboard and behind `mlwatch status`, `events` and the HTTP API: plain values,
 * read from the store through PromQL, so that every figure is what `mlwatch query` answers for the same expression and time
 * (the expressions stand in one table, view_expressions).
 *
 * A snapshot is immutable once loaded and owns all it points to. Knows the store, PromQL and rules' expressions; draws nothing.
 */
#ifndef MLWATCH_VIEW_H
#define MLWATCH_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"
#include "mlwatch/quantity.h"

struct arena;
struct err;
struct promql;
struct references;
struct store;

/* ---- words shared by screen and text; quantities: quantity.h ---- */

enum health { HEALTH_OK, HEALTH_PENDING, HEALTH_WARNING, HEALTH_BROKEN, HEALTH_MUTED, HEALTH_UNKNOWN };
extern const char *const health_glyph[]; /* ✓ ◔ ▲ ✗ z ? */
extern const char *const health_word[];  /* OK pending WARNING BROKEN silenced UNKNOWN */
struct view_event;
struct view_log_file;
/* A dot for what is neither good nor bad: an event that only tells something, a file that is not written any more. */
const char *view_event_glyph(const struct view_event *ev);
const char *view_file_glyph(const struct view_log_file *f);
/* "12 ms", "<1 ms"; "-" of NAN. */
void view_took_text(char out[32], double seconds);

/* ---- the parts ---- */

enum agent_state { AGENT_OK, AGENT_STALLED, AGENT_STOPPED, AGENT_NEVER, AGENT_REPLAYED /* past logs; none ran */ };
bool view_agent_runs(enum agent_state state); /* one that was stopped, killed or never there does not */
struct view_agent {
	enum agent_state state;
	int64_t heartbeat_ms, started_ms, pid, age_ms;
	bool disk_full; /* why it stalls, most likely: there is no room left for the store */
	const char *version, *host;
	bool config_refused;
	int64_t config_refused_ms;
	const char *config_error;
};

struct view_alert {
	struct labels told;                        /* as notification knows it: with the external labels */
	const char *fingerprint, *name, *severity; /* severity label as written, "" when none */
	uint64_t told_as; /* its fingerprint in notification, where labels are added; 0: not known there */
	/* model and what else tells it apart: "fraud", "churn tenure_months" */
	const char *on;
	const char *model, *feature;
	enum health health; /* by severity and state */
	enum { VIEW_PENDING, VIEW_FIRING, VIEW_RESOLVED } state;
	int64_t active_ms, fired_ms, resolved_ms, for_ms;
	struct quantity value, limit;
	const char *limit_op; /* NULL: no constant to compare with */
	double ratio;         /* how far over: value/limit or its inverse for <; NAN */
	const char *summary, *runbook, *expr, *value_expr, *where /* rules/fraud.yml:46 */, *group;
	struct labels labels, annotations;
	const char *ack_by, *ack_comment;
	int64_t ack_ms; /* ack_by NULL: nobody */
	const char *silenced_by;
	int64_t silenced_until_ms; /* silence id; NULL: no */
	const double *spark;
	size_t n_spark; /* last hour, 16 */
	/* "FIRING, ack ana", "pending 2m/5m", "silenced 41m more" */
	const char *state_text;
	struct quantity peak; /* farthest over the limit in this firing; v NAN: it did not fire yet */
	int64_t peak_ms;      /* 0: unknown */
	int64_t next_eval_ms; /* when its rule is evaluated next; 0: unknown */
};

struct view_version {
	const char *version;
	double share; /* of the model's records in the last hour */
};
struct view_model {
	const char *model, *version, *job;
	int together; /* versions that are in this row, which `version` has most of */
	enum health health;
	const char *state_text;            /* "3 firing", "1 pending", "ok" */
	double rps, rps_before;            /* before: a day ago */
	double rps_change;                 /* against that, -0.38; NAN: no data */
	double error_share, p50, p95, p99; /* seconds */
	double score;
	int drifted, features; /* features 0: no reference */
	int64_t last_record_ms;
	/* where its numbers come from: the log of its job, which it may share with other models */
	const char *const *paths;
	size_t n_paths; /* as configured; globs */
	double lines_per_s;
	int64_t lag_bytes, bad_1h;
	struct view_version *versions; /* of the model, in the last hour, most records first */
	size_t n_versions;
	const char *reference, *reference_created; /* "fraud-3.2.0", "2026-10-30"; NULL: none */
	int reference_features;
	int64_t drift_window_ms; /* that drifted is over: the rules' */
	int few_rows;            /* features of which there are too few to be judged */
};

/* "5/12", "?/12" when none of them has the rows to be judged, "-" without a reference. */
void view_drifted_text(char out[24], const struct view_model *m);

/* How drift is looked at. */
#define DRIFT_WINDOW_MS (15 * INT64_C(60000)) /* what is "now" when no rule says */
enum drift_against { BASELINE_REFERENCE, BASELINE_WEEK, BASELINE_PREVIOUS, N_BASELINES };
enum statistic { STATISTIC_KS, STATISTIC_PSI, STATISTIC_JS, STATISTIC_WASSERSTEIN, N_STATISTICS };
struct view_drift_how {
	int64_t window_ms;           /* what is "now"; 0: what it is to the rules about the model */
	enum drift_against baseline; /* against the reference, the same time a week ago, the window before */
	enum statistic statistic;    /* that decides; of categories total variation instead of KS and Wasserstein */
	bool value_only;             /* no p-value, no other statistics: they cost ten times the rest */
};

struct view_feature {
	const char *name;
	bool categorical, few_rows; /* few: fewer than 500 are no ground for a judgement */
	const char *statistic;      /* "KS", "TVD", ... */
	double value, limit;        /* of the statistic; NAN: nothing to compare */
	double bound;               /* of KS: it is at most so much larger */
	double pvalue, psi;         /* p of KS, of categories of chi-square */
	bool limit_is_default;
	double rows, missing_share, new_share;
	int new_categories;                                       /* that the other side does not have */
	double mean, stddev, above_share, below_share;            /* above the reference's maximum, below its minimum */
	double ref_rows, ref_mean, ref_stddev, ref_missing_share; /* of the other side */
	struct {
		double at, ref, now; /* where the curves are farthest apart: the share of each below it; NAN */
	} gap;
	enum health health;
	const char *unit_hint; /* "×100: a unit change?" or NULL */
};

struct view_target {
	const char *job, *instance, *url, *error;
	bool health_check, up, slow, ever;
	int64_t last_ms, down_since_ms, interval_ms, timeout_ms;
	double seconds, samples, up_24h;
	const double *strip;
	size_t n_strip; /* last hour, share up; NAN: nobody asked */
	enum health health;
	const char *model;   /* its label; "" */
	int64_t failures;    /* in a row */
	int status;          /* HTTP status of the last answer; 0: none came */
	const char *answer;  /* of a health check: the beginning of the last answer's body */
	struct view_answer { /* the last good one */
		int64_t t;   /* 0: there was none */
		int status;
		double seconds;
		const char *body;
	} good;
	const char *expects;                           /* "status 200 and model_loaded = true" */
	const char *where;                             /* /etc/mlwatch/mlwatch.yml:47 */
	int64_t sample_limit, label_limit, body_limit; /* 0: none */
};

struct view_bad_kind {      /* bad lines of the last hour with the same reason */
	const char *reason; /* "field missing: model" */
	const char *kind;   /* as in mlwatch_log_bad_lines_total */
	int64_t lines, first_ms, last_ms;
	struct view_example {
		int64_t t;
		const char *path, *line; /* of a long line, the part around the fault */
		int64_t byte;            /* of the line in the file */
		int64_t column;          /* of the fault in `line`, in characters from 1; 0: unknown */
		const char *what, *hint;
	} example;
};
struct view_bad_line {
	int64_t t;
	const char *reason, *line;
	int64_t column;
};
struct view_log_file {
	const char *job, *path;
	bool open;
	int64_t size, offset, lag_bytes, lines, bad_lines, last_read_ms;
	double lines_per_s; /* written, over about ten seconds */
	const char *error;
	enum health health;
	double read_lines_per_s, lag_s, caught_up_s; /* NAN: unknown; caught up: never, as it looks */
	int64_t bad_1h, last_line_ms;                /* when its last line was written */
	bool rotated, deleted;
	const double *spark;
	size_t n_spark; /* lines a second in the last hour, 16 */
};
struct view_log {
	const char *job;
	struct {
		const char *reason;
		int64_t lines;
	} * bad;
	size_t n_bad;
	struct view_bad_line *kept;
	size_t n_kept;
	int64_t folded_categories, folded_features, refused_series, newest_ms;
	const char *error;
	const char **paths;
	size_t n_paths;
	struct view_bad_kind *reasons;
	size_t n_reasons;
	int64_t lines_1h, bad_1h;
	int64_t series, folded_models;
	struct {
		int64_t line_bytes, categories, series, features, models;
		double future_s;
	} limits;
};

struct view_receiver {           /* its integrations of a kind, in the last day */
	const char *name, *kind; /* kind "": of the configuration, and nothing was ever sent */
	const char *why;         /* "1 given up: 400 invalid routing key"; "" */
	int64_t sent, given_up, queued;
	int64_t failed;                    /* tries that were or will be tried again */
	int64_t unsent;                    /* dropped or replaced after they were tried in vain */
	int64_t last_ok_ms, last_error_ms; /* ever; in the last day. 0: never */
	enum health health;
};
struct view_message {
	const char *id, *receiver, *kind, *alerts /* its subject */, *state, *answer;
	const char *group;                    /* the key of the group */
	const char *group_text, *group_brief; /* its labels: "ErrorRateHigh model=fraud", "ErrorRateHigh fraud" */
	const char *counts;                   /* "1 firing, 2 resolved"; "" */
	const char *brief, *about;            /* "DriftShareHigh fraud", "DriftShareHigh fraud, firing" */
	int64_t t, next_ms;
	int attempts;
	bool open;    /* neither sent nor given up */
	bool dropped; /* ... nor to be sent: state says why */
	double took;
	enum health health;
};
struct view_outbox {
	struct view_receiver *receivers; /* worst first */
	size_t n_receivers;
	struct view_message *waiting, *sent_at; /* open or given up, worst first; sent or dropped, newest first */
	size_t n_waiting, n_sent;               /* the newest of the last day */
	int64_t open, given_up, sent, dropped;  /* all of the last day */
};
struct view_event {
	int64_t id, t;
	const char *kind, *severity, *subject, *model, *text, *ref;
	enum health health;
};
struct view_rule {
	const char *name, *group, *where, *error, *expr;
	const char *value_expr; /* the left side of its comparison; "" */
	struct quantity worst, limit;
	const char *limit_op; /* NULL: no constant to compare with */
	double ratio;
	int series;
	int64_t evaluated_ms, next_eval_ms; /* 0: unknown */
	double took;
	bool alerting;
};
struct view_silence {
	const char *id, *by, *comment, *matchers;
	const char *what; /* the matchers as people say them */
	int64_t start_ms, end_ms;
	int matches;
	bool active, expired;
};

struct view_changes { /* what changed, newest first: at most 200 events of a total */
	int64_t from, to;
	struct view_event *at;
	size_t n, total;
	bool more; /* too many to be counted: there are more than that */
};

/* The Overview, which is also `mlwatch status`: the rows below, top of each. */
struct view_overview {
	int64_t t;        /* what time it shows */
	int64_t state_ms; /* as of when its alerts are: now, whatever time it shows */
	struct view_agent agent;
	enum health health;
	int critical, warning, pending, silenced;
	struct view_alert *alerts;
	size_t n_alerts;     /* active, worst first, then oldest */
	size_t rules_active; /* rules that have any */
	struct view_model *models;
	size_t n_models;
	int64_t models_window_ms; /* that their figures are over */
	int64_t drifted_ms,
	    drifted_took_ms; /* when their drifted features were counted, which costs; 0: they have no references */
	struct view_target *targets;
	size_t n_targets;
	struct view_log_file *files;
	size_t n_files;
	struct view_log *logs;
	size_t n_logs;
	struct view_seen { /* every version of a model that ever answered, and when last */
		const char *job, *model, *version;
		int64_t last_ms;
	} * seen;
	size_t n_seen;
	struct view_changes changed; /* in the last hour */
	int64_t likely_start_ms;     /* 0: none */
	int likely_changes;
	const char *likely_kind, *likely_model; /* "feature", also of its categories; "" when there are several */
	struct view_silence *ending;            /* within the next ten minutes, the soonest first */
	size_t n_ending;
	int64_t queued, sent, failed, given_up; /* notifications, in the last day */
};

struct view_source {
	struct store *store;         /* STORE_READ */
	const struct promql *promql; /* over that store */
	int64_t now;                 /* what time to show */
	int64_t clock;               /* what time it is: age of the agent's data */
};

/* What stands still is as of when it was last alive: unless the agent runs, now becomes the time of its last commit. */
void view_source_settle(struct view_source *s);

/* Each loads into mem; a part that cannot be read is left empty and *e says why (-1). */
int view_overview(const struct view_source *s, struct arena *mem, struct view_overview *out, struct err *e);
/* Of that the active alerts and their counts; asks no PromQL. */
int view_alerts_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e);
/* Drift of a model's features, worst first; of its reference, or with another baseline of what arrived. A window of 0 becomes what it is. */
int view_features(const struct view_source *s, struct arena *mem, const char *model, const char *version,
		  struct view_drift_how *how, struct view_feature **out, size_t *n, struct err *e);
int view_events(const struct view_source *s, struct arena *mem, int64_t from, int64_t to, size_t max,
		struct view_event **out, size_t *n, struct err *e);
/* Of the events those that may be a cause: not alerts, what was told of them, what people did about them. */
int view_changes(const struct view_source *s, struct arena *mem, int64_t from, int64_t to, struct view_changes *out,
		 struct err *e);
int view_outbox(const struct view_source *s, struct arena *mem, struct view_outbox *out, struct err *e);
/* The newest, of any age: open and given up, or sent. */
int view_messages(const struct view_source *s, struct arena *mem, bool waiting, size_t max, struct view_message **out,
		  size_t *n, struct err *e);
/* Alerting rules without an active alert of o, broken ones first, then the nearest to firing; *total: alerting rules in all. */
void view_rules(const struct view_source *s, struct arena *mem, const struct view_overview *o, struct view_rule **out,
		size_t *n, size_t *total);
/* Those that are not over, the soonest end first; then those that ended in the last five days, the latest first. */
int view_silences(const struct view_source *s, struct arena *mem, const struct view_overview *o,
		  struct view_silence **out, size_t *n, struct err *e);
int view_resolved(const struct view_source *s, struct arena *mem, int64_t since, struct view_alert **out, size_t *n,
		  struct err *e);
/* n values of expr at equal steps over (from, to], one row per series; NAN where there is none. */
struct view_series {
	struct labels labels;
	const double *v;
};
int view_range(const struct view_source *s, struct arena *mem, const char *expr, int64_t from, int64_t to, size_t n,
	       struct view_series **out, size_t *n_series, struct err *e);

/* The expressions behind the figures, by name ("rps", "p95", ...); %s stands for extra matchers. */
struct view_expression {
	const char *name, *expr;
};
extern const struct view_expression view_expressions[];
extern const size_t view_n_expressions;

#endif
