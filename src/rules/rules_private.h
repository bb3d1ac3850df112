/*
 * rules_private.h -- what the files of rules/ share: rules as they stand in a file, the states of alerts, the storage
 * that lets later rules of a group see earlier ones' results.
 */
#ifndef MLWATCH_RULES_PRIVATE_H
#define MLWATCH_RULES_PRIVATE_H

#include <pthread.h>

#include "mlwatch/rules.h"
#include "mlwatch/yaml.h"

struct arena;
struct strmap;
struct templates;
struct tvalue;

/* ---- rule files: rule_file.c, rule_check.c, rule_lint.c ---- */

struct rule_def {
	bool alerting;
	const char *name, *text; /* alert or record; the expression as written */
	struct expr *expr;
	struct expr_limit limit;
	int64_t for_ms, keep_firing_for_ms;
	bool says_for;        /* also when it says 0s */
	struct labels labels; /* the group's and its own, sorted; may hold empty values: they remove a label */
	struct labels annotations;
	const struct yaml_node *node, *name_node, *expr_node, *labels_node, *annotations_node;
	int number; /* in its group, from 1 */
};

struct group_def {
	const char *name;
	int64_t interval_ms; /* 0: the default */
	int64_t query_offset_ms;
	int64_t limit; /* 0: none */
	struct labels labels;
	struct rule_def *rules;
	size_t n_rules;
	const struct yaml_node *node;
};

struct rule_file {
	struct yaml_file yaml;
	struct arena *mem;
	struct group_def *groups;
	size_t n_groups;
	struct strmap *names; /* of its groups, while it is read */
};

/* Everything about one rule that can be wrong without looking at others; goes on after a mistake. */
void rule_check(struct rule_file *f, const struct group_def *g, struct rule_def *r);
bool rule_label_name_ok(const char *name);

/* ---- the state machine: alert_state.c ---- */

struct alert_policy {
	int64_t for_ms, keep_firing_for_ms;
};

struct alert_phase {
	enum alert_state state;
	int64_t active_ms, fired_ms, resolved_ms, keep_since_ms; /* 0: not so far */
};

#define RESOLVED_RETENTION_MS (15 * INT64_C(60000))
#define RESEND_DELAY_MS       INT64_C(60000)

/* Pure. INACTIVE as a result means that nothing has to be remembered any more. */
struct alert_phase alert_next(struct alert_phase was, bool breached, int64_t t, const struct alert_policy *p);
bool alert_needs_sending(const struct alert_phase *p, int64_t last_sent_ms, int64_t t);

/* ---- alerts of one rule: active.c ---- */

struct active {
	struct alert_phase phase;
	enum alert_state was;                /* before this evaluation, while one runs */
	struct labels *labels, *annotations; /* owned */
	uint64_t hash;
	double value;
	int64_t value_ms; /* of the evaluation that gave the value */
	int64_t last_sent_ms;
	bool breached; /* by this evaluation */
};

struct active_set {
	struct active **at;
	size_t n, cap;
	uint32_t *index; /* open addressing: position in at, plus 1 */
	size_t slots;
};

struct active *active_find(const struct active_set *s, struct labels labels, uint64_t hash);
/* Copies labels; the new one is inactive. */
struct active *active_add(struct active_set *s, struct labels labels, uint64_t hash);
void active_sweep(struct active_set *s); /* drops the inactive ones */
void active_clear(struct active_set *s);

/* ---- series that a rule wrote last time: written.c ---- */

struct written {
	struct labels *labels; /* owned */
	uint64_t hash;
	bool again;
};

struct written_set {
	struct written *at; /* the first n_old sorted by hash, what came since behind them */
	size_t n, n_old, cap;
};

void written_add(struct written_set *s, struct labels l);
/* As if it had been written the last time. Only between evaluations. */
void written_expect(struct written_set *s, struct labels l);
/* Calls gone for every series that was not written again, and forgets it. */
void written_turn(struct written_set *s, void (*gone)(void *arg, struct labels l), void *arg);
void written_clear(struct written_set *s);

/* ---- overlay.c ---- */

struct overlay {
	const struct storage *base;
	struct overlay_sample {
		struct labels labels;
		int64_t t;
		double v;
		const struct histogram *h;
	} * at;
	size_t n, cap;
	struct storage view;
};

void overlay_begin(struct overlay *o, const struct storage *base); /* forgets all samples */
void overlay_add(struct overlay *o, struct labels l, int64_t t, double v,
		 const struct histogram *h); /* borrows until begin */
void overlay_release(struct overlay *o);

/* ---- templates: expand.c ---- */

struct expand_context { /* what template functions see; set for each evaluation */
	const struct promql *promql;
	int64_t query_t, t;
	struct labels external_labels;
	const char *external_url;
};

struct templates *expand_open(struct expand_context *c);             /* functions bound to c */
int expand_check(const char *name, const char *text, struct err *e); /* syntax only; positions are those in text */
/* The value of a label or an annotation: parsed once. */
struct text {
	char *plain; /* what it is when it holds no template, or one that does not parse */
	char *name;
	struct template *parsed;
};
struct text *text_open(const struct templates *t, const char *alert, const char *text);
void text_close(struct text *x);
/* "<error expanding template: ...>" when that fails. The result is in mem, or lives as long as x. */
const char *text_expand(const struct text *x, const struct tvalue *dot, struct arena *scratch, struct arena *mem);
const struct tvalue *expand_dot(const struct expand_context *c, struct labels labels, double v,
				const struct histogram *h, struct arena *mem);

/* ---- groups: rule_set.c, eval.c ---- */

struct rule {
	const struct rule_def *def;
	struct text **labels, **annotations; /* of an alert: as many as def has */
	struct active_set active;
	struct written_set written;
	char *error;   /* of the last evaluation; NULL: it worked */
	size_t series; /* in the result of the last evaluation that worked */
	int64_t last_eval_ms;
	double seconds;
};

struct rule_group {
	const struct group_def *def;
	const struct rule_file *file;
	struct rule_set *set;
	int64_t interval_ms;
	struct rule *rules;
	size_t n_rules;
	int64_t last_eval_ms, missed;
	struct written_set orphans; /* series of rules that a reload has taken away */
	pthread_mutex_t lock;       /* rules' states, against readers of views and status */
	struct arena *mem;          /* of one evaluation */
	struct arena *scratch;      /* of one sample of it */
	struct overlay overlay;
	struct templates *templates;
	struct expand_context expand;
};

struct rule_set {
	int64_t default_interval_ms;
	struct labels *external_labels; /* owned */
	char *external_url;             /* owned */
	struct rule_file **files;       /* owned */
	size_t n_files;
	struct rule_group *groups;
	size_t n_groups;
};

struct eval {
	struct rule_group *group;
	const struct promql *promql; /* over the overlay */
	const struct rule_sink *sink;
	int64_t t, query_t;
	size_t series; /* in the result of the rule that was asked last */
};

/* One rule at e->t. 0, or -1 with err. */
int eval_recording(struct eval *v, struct rule *r, struct err *e);
int eval_alerting(struct eval *v, struct rule *r, struct err *e);
/* The result of a rule's expression as samples; a scalar is one without labels. */
int eval_query(struct eval *v, const struct rule *r, struct promql_result *res, struct vector_sample **out, size_t *n,
	       struct err *e);
/* Hands a sample out, and to the rules after this one. */
void eval_emit(struct eval *v, struct rule *r, struct labels l, double value, const struct histogram *h);

#endif
