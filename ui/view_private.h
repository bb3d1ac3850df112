/* view_private.h -- what the files behind view.h share. */
#ifndef UI_VIEW_PRIVATE_H
#define UI_VIEW_PRIVATE_H

#include "mlwatch/promql.h"
#include "mlwatch/view.h"

struct json_t;
struct store_notification;

#define VIEW_WINDOW    "5m" /* of the figures in Models */
#define VIEW_WINDOW_MS (5 * INT64_C(60000))
#define MIN_ROWS       500 /* below: too few rows for a judgement */
#define KS_LIMIT       0.1 /* of KS and TVD when no rule says otherwise */
#define PSI_LIMIT      0.2

/* The result of one of view_expressions by its name, at s->now. -1 with e; r is always to be released. */
int view_query(const struct view_source *s, const char *name, struct promql_result *r, struct err *e);
int view_query_text(const struct view_source *s, const char *expr, struct promql_result *r, struct err *e);

/* "rules/fraud.yml:46": with its last folder. */
const char *view_where(struct arena *mem, const char *file, int line);
enum health view_severity_health(const char *severity);
enum health view_message_health(const struct store_notification *n);
/* How far over its limit a value is: value/limit, or the inverse for <; NAN where that says nothing. */
double view_ratio(double value, double limit, const char *op);
/* Model and what else tells the alert apart: "churn tenure_months". Borrows from l or lives in mem. */
const char *view_alert_on(struct arena *mem, struct labels l);

/* What counts as drifted (view_limits.c): the loaded rules that compare a drift function, or what is recorded of one, with a constant. */
struct drift_limits;
struct drift_limits *drift_limits_open(const struct view_source *s);
void drift_limits_close(struct drift_limits *l);
/* The smallest constant that a rule about this feature compares the function ("drift_ks") with; dflt and *is_default when none does. */
double drift_limit(const struct drift_limits *l, const char *function, const struct labels *feature, double dflt,
		   bool *is_default);
/* The window of the rule that has the smallest limit of a model's drift, KS and TVD before the other statistics; DRIFT_WINDOW_MS: no rule has. */
int64_t drift_window(const struct drift_limits *l, const char *model, const char *version);
/* "×100: a unit change?" for two means (unit_change of quantity.h says when); else NULL. */
const char *view_unit_hint(struct arena *mem, double mean, double reference_mean);

/* The document of the loaded rules; the caller decrefs; NULL: there is none. */
struct json_t *view_rules_document(const struct view_source *s);
/* The expression with every recorded name in it replaced by what it stands for, to be looked at, not to be asked. The caller frees. */
char *view_spelled_out(const struct json_t *rules, const char *expr);
/* What rules limit of a model: the latency of one of the quantiles that are shown, the share of errors. Of several the limit whose alert is
 * active, else the smallest. */
struct view_limits {
	double latency, quantile, errors; /* NAN: no rule does; quantile: whose limit latency is */
};
struct view_limits
view_model_limits(const struct view_source *s, const struct view_overview *o, const char *model, const char *version);

int view_agent_state(const struct view_source *s, enum agent_state *out, struct err *e);
int view_agent_load(const struct view_source *s, struct arena *mem, struct view_agent *out, struct err *e);
/* Who acknowledged, what silences: into alerts as they were loaded. */
int view_mark_alerts(const struct view_source *s, struct arena *mem, struct view_alert *at, size_t n, struct err *e);
/* "FeatureDrift model=fraud" of {alertname="FeatureDrift",model="fraud"}; what is none stays as it is. */
const char *view_matchers_text(struct arena *mem, const char *matchers);
/* Silences that end soon, with what they match: into o, whose alerts are loaded. */
int view_ending_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e);
/* How many notifications in the last day. */
int view_outbox_sums(const struct view_source *s, struct view_overview *o, struct err *e);

struct view_models_how {
	bool together; /* the versions of a model are one row */
	bool week;     /* traffic against a week ago, not a day */
	/* As they were read last: how many features drifted is counted again after ten seconds only. May be NULL. */
	const struct view_overview *before;
};
/* Figures only; view_models_judge then says by o's alerts how each model is, worst first. */
int view_models_load(const struct view_source *s, const struct view_models_how *how, struct arena *mem,
		     struct view_overview *o, struct err *e);
void view_models_judge(struct view_overview *o, struct arena *mem);
/* The Overview without its models: rows and documents, hardly a figure. */
int view_state(const struct view_source *s, struct arena *mem, struct view_overview *out, struct err *e);
int view_targets_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e);
/* The share of the last day that each was up: a day of samples. */
int view_targets_up(const struct view_source *s, struct view_target *at, size_t n, struct err *e);
/* Its share of each twentieth of the last hour: strip, n_strip. */
int view_target_strips(const struct view_source *s, struct arena *mem, struct view_target *at, size_t n, struct err *e);
int view_logs_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e);
/* Their lines a second over the last hour. */
int view_log_sparks(const struct view_source *s, struct arena *mem, struct view_log_file *at, size_t n, struct err *e);
/* Where the numbers of a model come from. seen: of the document "models"; log: by o's logs, files and seen, borrowed. */
void view_seen_load(const struct view_source *s, struct arena *mem, struct view_overview *o);
void view_model_log(const struct view_overview *o, struct view_model *m);
void view_model_versions(struct arena *mem, const struct promql_result *versions_1h, struct view_model *m);
void view_model_reference(struct arena *mem, const struct references *all, struct view_model *m);
/* Of active alerts: the peak of this firing, and when the rule is evaluated next. */
int view_history_load(const struct view_source *s, struct view_overview *o, struct err *e);

/* Of status documents, which may lack anything: NULL is fine as doc; strings live in mem. */
struct json_t *view_document(const struct view_source *s, const char *key); /* json_decref it */
const char *view_text_of(struct arena *mem, const struct json_t *doc, const char *key);
int64_t view_int_of(const struct json_t *doc, const char *key);
double view_number_of(const struct json_t *doc, const char *key); /* NAN when there is none */
/* Equal steps of one of view_expressions up to now. */
int view_query_range(const struct view_source *s, struct arena *mem, const char *name, int64_t span_ms, size_t n,
		     struct view_series **out, size_t *n_series, struct err *e);

#endif
