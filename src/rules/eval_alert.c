/*
 * eval_alert.c -- one evaluation of an alerting rule: the result of its expression against the alerts it has.
 *
 * First everything that can fail (query, templates, equal label sets), then the states change together: a failed
 * evaluation leaves them as they were. Only a broken limit clears them, as Prometheus documents.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/template.h"
#include "rules_private.h"

static const char *const state_names[] = {[ALERT_INACTIVE] = "inactive",
					  [ALERT_PENDING] = "pending",
					  [ALERT_FIRING] = "firing",
					  [ALERT_RESOLVED] = "inactive"};

/* What one sample of the result makes. */
struct breach {
	struct labels labels, annotations;
	uint64_t hash;
	double value;
};

static struct labels
alert_labels(struct eval *v, const struct rule *r, struct labels l, const struct tvalue *dot)
{
	const struct rule_def *def = r->def;
	struct arena *mem = v->group->mem;
	struct label *at = arena_alloc(mem, (l.n + def->labels.n + 1) * sizeof *at);
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++) {
		if (strcmp(l.at[i].name, METRIC_NAME) != 0)
			at[n++] = l.at[i];
	}
	for (size_t i = 0; i < def->labels.n; i++)
		at[n++] =
		    (struct label){def->labels.at[i].name, text_expand(r->labels[i], dot, v->group->scratch, mem)};
	at[n++] = (struct label){"alertname", def->name};
	return labels_copy(mem, labels_make(mem, at, n));
}

static struct labels
alert_annotations(struct eval *v, const struct rule *r, const struct tvalue *dot)
{
	const struct rule_def *def = r->def;
	struct arena *mem = v->group->mem;
	struct label *at = arena_alloc(mem, (def->annotations.n + 1) * sizeof *at);

	for (size_t i = 0; i < def->annotations.n; i++)
		at[i] = (struct label){def->annotations.at[i].name,
				       text_expand(r->annotations[i], dot, v->group->scratch, mem)};
	return (struct labels){at, def->annotations.n}; /* sorted already; empty ones are said, too */
}

/* Open addressing over the breaches so far; false when one has these labels already. */
static bool
distinct(uint32_t *slot, size_t slots, const struct breach *b, size_t i)
{
	size_t at = b[i].hash & (slots - 1);

	for (; slot[at] != 0; at = (at + 1) & (slots - 1)) {
		const struct breach *other = &b[slot[at] - 1];
		if (other->hash == b[i].hash && labels_equal(other->labels, b[i].labels))
			return false;
	}
	slot[at] = (uint32_t)i + 1;
	return true;
}

static int
collect(struct eval *v, const struct rule *r, const struct vector_sample *s, size_t n, struct breach **out,
	struct err *e)
{
	struct arena *mem = v->group->mem;
	struct breach *b = arena_calloc(mem, n + 1, sizeof *b);
	size_t slots = 16;

	while (slots < n * 2)
		slots *= 2;
	uint32_t *slot = arena_calloc(mem, slots, sizeof *slot);
	for (size_t i = 0; i < n; i++) {
		arena_reset(v->group->scratch);
		const struct tvalue *dot =
		    expand_dot(&v->group->expand, s[i].labels, s[i].v, s[i].h, v->group->scratch);
		b[i].labels = alert_labels(v, r, s[i].labels, dot);
		b[i].annotations = alert_annotations(v, r, dot);
		b[i].hash = labels_hash(b[i].labels);
		b[i].value = s[i].h == NULL ? s[i].v : 0;
		if (!distinct(slot, slots, b, i))
			return err_set(e, ERR_FILE,
				       "vector contains metrics with the same labelset after applying alert labels");
	}
	*out = b;
	return 0;
}

/* The states change. Returns how many are active. Takes place under the group's lock. */
static size_t
transition(struct eval *v, struct rule *r, const struct breach *b, size_t n)
{
	const struct alert_policy policy = {r->def->for_ms, r->def->keep_firing_for_ms};
	size_t active = 0;

	for (size_t i = 0; i < r->active.n; i++) {
		r->active.at[i]->breached = false;
		r->active.at[i]->was = r->active.at[i]->phase.state;
	}
	for (size_t i = 0; i < n; i++) {
		struct active *a = active_find(&r->active, b[i].labels, b[i].hash);
		if (a == NULL)
			a = active_add(&r->active, b[i].labels, b[i].hash);
		if (a->phase.state == ALERT_RESOLVED)
			a->last_sent_ms = 0; /* a new alert */
		a->breached = true;
		a->value = b[i].value;
		a->value_ms = v->t;
		free(a->annotations);
		a->annotations = labels_dup(b[i].annotations);
	}
	for (size_t i = 0; i < r->active.n; i++) {
		struct active *a = r->active.at[i];
		a->phase = alert_next(a->phase, a->breached, v->t, &policy);
		active += a->phase.state == ALERT_PENDING || a->phase.state == ALERT_FIRING;
	}
	return active;
}

static void
emit_states(struct eval *v, struct rule *r)
{
	struct arena *mem = v->group->mem;

	for (size_t i = 0; i < r->active.n; i++) {
		struct active *a = r->active.at[i];
		if (a->phase.state != ALERT_PENDING && a->phase.state != ALERT_FIRING)
			continue;
		struct labels l =
		    labels_copy(mem, labels_with(mem, *a->labels, "alertstate", state_names[a->phase.state]));
		eval_emit(v, r, labels_with(mem, l, METRIC_NAME, "ALERTS"), 1, NULL);
		l = labels_copy(mem, labels_with(mem, *a->labels, METRIC_NAME, "ALERTS_FOR_STATE"));
		eval_emit(v, r, l, (double)(a->phase.active_ms / 1000), NULL);
	}
}

static const char *
generator_url(struct arena *mem, const char *external_url, const char *text)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s/graph?g0.expr=", external_url);
	template_escape_query(&b, text);
	buf_addstr(&b, "&g0.tab=1");
	const char *url = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return url;
}

static struct alert
as_alert(struct eval *v, const struct rule *r, const struct active *a, const char *url)
{
	const struct expr_limit *limit = &r->def->limit;
	const struct rule_group *g = v->group;
	int64_t valid = 4 * (g->interval_ms > RESEND_DELAY_MS ? g->interval_ms : RESEND_DELAY_MS);

	return (struct alert){
	    .labels = *a->labels,
	    .annotations = a->annotations == NULL ? (struct labels){NULL, 0} : *a->annotations,
	    .starts_ms = a->phase.fired_ms != 0 ? a->phase.fired_ms : a->phase.active_ms,
	    .ends_ms = a->phase.state == ALERT_RESOLVED ? a->phase.resolved_ms : v->t + valid,
	    .generator_url = url,
	    .has_value = true,
	    .value = a->value,
	    .expr = r->def->text,
	    .value_expr = limit->found ? limit->value_text : NULL,
	    .limit_op = limit->found ? limit->op : NULL,
	    .limit = limit->found ? limit->limit : 0,
	};
}

static void
tell(struct eval *v, struct rule *r)
{
	struct arena *mem = v->group->mem;
	const char *url = generator_url(mem, v->group->expand.external_url, r->def->text);
	const char *where = arena_printf(mem, "%s:%d", v->group->file->yaml.path, r->def->node->line);

	for (size_t i = 0; i < r->active.n; i++) {
		struct active *a = r->active.at[i];
		bool changed =
		    a->was != a->phase.state && !(a->was == ALERT_RESOLVED && a->phase.state == ALERT_INACTIVE);
		bool send = alert_needs_sending(&a->phase, a->last_sent_ms, v->t);
		if (!changed && !send)
			continue;
		struct alert alert = as_alert(v, r, a, url);
		if (changed && v->sink->change != NULL)
			v->sink->change(v->sink->arg, &alert, a->was, a->phase.state, where);
		alert.labels = labels_with_missing(mem, alert.labels, v->group->expand.external_labels);
		if (send && v->sink->alert != NULL)
			v->sink->alert(v->sink->arg, &alert);
		if (send) {
			pthread_mutex_lock(&v->group->lock);
			a->last_sent_ms = v->t;
			pthread_mutex_unlock(&v->group->lock);
		}
	}
}

int
eval_alerting(struct eval *v, struct rule *r, struct err *e)
{
	struct rule_group *g = v->group;
	struct promql_result *res = arena_calloc(g->mem, 1, sizeof *res);
	struct vector_sample *s;
	struct breach *b = NULL;
	size_t n = 0, active = 0;
	int rc = eval_query(v, r, res, &s, &n, e);

	if (rc == 0)
		rc = collect(v, r, s, n, &b, e);
	promql_result_release(res);
	if (rc < 0)
		return -1;
	pthread_mutex_lock(&g->lock);
	active = transition(v, r, b, n);
	if (g->def->limit > 0 && active > (size_t)g->def->limit) {
		active_clear(&r->active);
		rc = err_set(e, ERR_FILE, "exceeded limit of %lld with %zu alerts", (long long)g->def->limit, active);
	}
	pthread_mutex_unlock(&g->lock);
	if (rc < 0)
		return -1;
	emit_states(v, r);
	tell(v, r);
	pthread_mutex_lock(&g->lock);
	active_sweep(&r->active);
	pthread_mutex_unlock(&g->lock);
	return 0;
}
