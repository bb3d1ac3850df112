/*
 * view_alerts.c -- active alerts as people read them: worst first, then oldest; value, limit and ratio with their unit.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/rules.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

enum health
view_severity_health(const char *severity)
{
	return alert_is_critical(severity) ? HEALTH_BROKEN : HEALTH_WARNING;
}

/* ---- one alert ---- */

const char *
view_alert_on(struct arena *mem, struct labels l)
{
	const char *model = labels_get(l, "model");
	struct buf about = BUF_INIT;
	const char *out;

	alert_about(&about, l);
	out = model[0] == '\0' && about.len == 0 ? labels_get(l, "job")
	      : model[0] == '\0'                 ? arena_strdup(mem, buf_str(&about))
	      : about.len == 0                   ? model
						 : arena_printf(mem, "%s %s", model, buf_str(&about));
	buf_release(&about);
	return out;
}

double
view_ratio(double value, double limit, const char *op)
{
	if (op == NULL || !(limit > 0) || !(value >= 0) || op[0] == '=' || op[0] == '!')
		return NAN;
	return op[0] == '<' ? limit / value : value / limit;
}

struct collect {
	const struct view_source *s;
	struct arena *mem;
	struct labels external;
	struct view_alert *at;
	size_t n, cap;
};

const char *
view_where(struct arena *mem, const char *file, int line)
{
	const char *slash = strrchr(file, '/'), *folder = slash;

	while (folder != NULL && folder > file && folder[-1] != '/')
		folder--;
	return arena_printf(mem, "%s:%d", folder != NULL ? folder : file, line);
}

static void
fill_alert(struct arena *mem, const struct store_alert *a, struct view_alert *v)
{
	v->labels = labels_copy(mem, a->labels);
	v->annotations = labels_copy(mem, a->annotations);
	v->fingerprint = arena_printf(mem, "%016llx", (unsigned long long)labels_hash(a->labels));
	v->name = arena_strdup(mem, a->name);
	v->severity = labels_get(v->labels, "severity");
	v->model = labels_get(v->labels, "model");
	v->feature = labels_get(v->labels, "feature");
	v->on = view_alert_on(mem, v->labels);
	v->active_ms = a->active_ms;
	v->fired_ms = a->fired_ms;
	v->resolved_ms = a->resolved_ms;
	v->for_ms = a->for_ms;
	v->expr = arena_strdup(mem, a->expr);
	v->value_expr = arena_strdup(mem, a->value_expr);
	v->limit_op = a->limit_op[0] != '\0' ? arena_strdup(mem, a->limit_op) : NULL;
	v->value.v = a->value;
	v->limit.v = a->limit;
	v->ratio = view_ratio(a->value, a->limit, v->limit_op);
	v->summary = labels_get(v->annotations, "summary");
	v->runbook = labels_get(v->annotations, "runbook_url");
	v->where = view_where(mem, a->file, a->line);
	v->group = arena_strdup(mem, a->group);
}

static void
on_alert(void *arg, const struct store_alert *a)
{
	struct collect *c = arg;
	struct view_alert *v;

	if (a->state != STORE_ALERT_PENDING && a->state != STORE_ALERT_FIRING)
		return;
	if (c->n == c->cap) {
		size_t cap = c->cap > 0 ? c->cap * 2 : 16;

		c->at = arena_realloc(c->mem, c->at, c->cap * sizeof *c->at, cap * sizeof *c->at);
		c->cap = cap;
	}
	v = &c->at[c->n++];
	memset(v, 0, sizeof *v);
	fill_alert(c->mem, a, v);
	v->told = labels_with_missing(c->mem, v->labels, c->external);
	v->state = a->state == STORE_ALERT_PENDING ? VIEW_PENDING : VIEW_FIRING;
	v->health = v->state == VIEW_PENDING ? HEALTH_PENDING : view_severity_health(v->severity);
}

/* ---- order and words ---- */

static int
rank(const struct view_alert *a)
{
	if (a->health == HEALTH_MUTED)
		return 4;
	if (a->state == VIEW_PENDING)
		return view_severity_health(a->severity) == HEALTH_BROKEN ? 2 : 3;
	return a->health == HEALTH_BROKEN ? 0 : 1;
}

static int
worst_then_oldest(const void *x, const void *y)
{
	const struct view_alert *a = x, *b = y;
	int64_t ta = a->state == VIEW_PENDING ? a->active_ms : a->fired_ms;
	int64_t tb = b->state == VIEW_PENDING ? b->active_ms : b->fired_ms;

	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (ta != tb)
		return ta < tb ? -1 : 1;
	return labels_cmp(a->labels, b->labels);
}

static const char *
state_text(struct arena *mem, const struct view_alert *a, int64_t now)
{
	char left[16], of[16];

	if (a->health == HEALTH_MUTED) {
		duration_human(left, a->silenced_until_ms - now);
		return arena_printf(mem, "silenced %s more", left);
	}
	if (a->state == VIEW_PENDING) {
		duration_human(left, now - a->active_ms);
		duration_human(of, a->for_ms);
		return arena_printf(mem, "pending %s/%s", left, of);
	}
	if (a->ack_by != NULL)
		return arena_printf(mem, "FIRING, ack %s", a->ack_by);
	return "FIRING";
}

/* Their units, by the rules that are loaded. */
static void
fill_units(const struct view_source *s, struct view_alert *at, size_t n)
{
	json_t *rules = n > 0 ? view_rules_document(s) : NULL;

	for (size_t i = 0; i < n; i++) {
		struct view_alert *a = &at[i];
		const char *unit = labels_get(a->annotations, "unit");
		char *spelled = view_spelled_out(rules, a->value_expr[0] != '\0' ? a->value_expr : a->expr);

		a->value = quantity_of(spelled, unit, a->value.v);
		a->limit = quantity_limit(a->value, a->limit.v);
		free(spelled);
	}
	json_decref(rules);
}

static int
by_rule(const void *x, const void *y)
{
	const struct view_alert *a = *(const struct view_alert *const *)x, *b = *(const struct view_alert *const *)y;
	const int d = strcmp(a->name, b->name);

	return d != 0 ? d : strcmp(a->group, b->group);
}

static size_t
count_rules(struct arena *mem, const struct view_alert *at, size_t n)
{
	const struct view_alert **of = arena_alloc(mem, (n + 1) * sizeof *of);
	size_t rules = 0;

	for (size_t i = 0; i < n; i++)
		of[i] = &at[i];
	qsort(of, n, sizeof *of, by_rule);
	for (size_t i = 0; i < n; i++)
		rules += i == 0 || by_rule(&of[i - 1], &of[i]) != 0;
	return rules;
}

int
view_alerts_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	struct collect c = {.s = s, .mem = mem, .external = store_external_labels(s->store, mem)};

	if (store_alerts(s->store, on_alert, &c, e) < 0)
		return -1;
	fill_units(s, c.at, c.n);
	if (view_mark_alerts(s, mem, c.at, c.n, e) < 0)
		return -1;
	for (size_t i = 0; i < c.n; i++) {
		struct view_alert *a = &c.at[i];

		o->silenced += a->health == HEALTH_MUTED;
		o->pending += a->health != HEALTH_MUTED && a->state == VIEW_PENDING;
		o->critical += a->state == VIEW_FIRING && a->health == HEALTH_BROKEN;
		o->warning += a->state == VIEW_FIRING && a->health == HEALTH_WARNING;
		a->state_text = state_text(mem, a, s->now);
	}
	if (c.n > 0)
		qsort(c.at, c.n, sizeof *c.at, worst_then_oldest);
	o->alerts = c.at;
	o->n_alerts = c.n;
	o->rules_active = count_rules(mem, c.at, c.n);
	return 0;
}
