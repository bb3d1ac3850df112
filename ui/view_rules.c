/*
 * view_rules.c -- rules that do not fire and how near they are to it; what fired: resolved alerts, peaks.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

#define ASKED_MAX 100 /* rules whose value is asked for; more would cost more than the rules themselves */

/* ---- how near a rule is to firing ---- */

static const char *
text_of(const json_t *rule, const char *key)
{
	const char *v = json_string_value(json_object_get(rule, key));

	return v != NULL ? v : "";
}

/* Nearer to firing: below for <, above for >, close by for == */
static bool
is_worse(const struct view_rule *r, double v)
{
	if (isnan(r->worst.v))
		return !isnan(v);
	if (r->limit_op[0] == '=')
		return fabs(v - r->limit.v) < fabs(r->worst.v - r->limit.v);
	return r->limit_op[0] == '<' ? v < r->worst.v : v > r->worst.v;
}

/* Rules about the same value share one query. */
static bool
same_value(const struct view_rule *at, size_t n, struct view_rule *r)
{
	for (size_t i = 0; i < n; i++)
		if (at[i].limit_op != NULL && strcmp(at[i].value_expr, r->value_expr) == 0 &&
		    at[i].limit_op[0] == r->limit_op[0] && (r->limit_op[0] != '=' || at[i].limit.v == r->limit.v)) {
			r->worst.v = at[i].worst.v;
			r->series = at[i].series;
			return true;
		}
	return false;
}

/* The worst value of the left side of the comparison, now. */
static void
ask_worst(const struct view_source *s, struct view_rule *r)
{
	struct promql_result v;
	struct err e = ERR_INIT; /* the rule's own error says what is wrong */

	if (view_query_text(s, r->value_expr, &v, &e) == 0 && v.type == VALUE_VECTOR)
		r->series = (int)v.n;
	for (size_t i = 0; i < v.n && v.type == VALUE_VECTOR; i++)
		if (v.vector[i].h == NULL && is_worse(r, v.vector[i].v))
			r->worst.v = v.vector[i].v;
	promql_result_release(&v);
}

static void
fill_limit(struct arena *mem, struct view_rule *r)
{
	struct expr *x = promql_parse(r->expr, NULL);
	struct expr_limit l = x != NULL ? expr_limit(x) : (struct expr_limit){.found = false};

	r->value_expr = l.found ? arena_strdup(mem, l.value_text) : "";
	r->limit_op = l.found ? l.op : NULL;
	r->limit.v = l.found ? l.limit : NAN;
	r->worst.v = r->ratio = NAN;
	free(l.value_text);
	expr_close(x);
}

static void
fill_units(const json_t *rules, const json_t *doc, struct view_rule *r)
{
	const char *unit = text_of(json_object_get(doc, "annotations"), "unit");
	char *spelled = view_spelled_out(rules, r->value_expr);

	r->worst = quantity_of(spelled, unit, r->worst.v);
	r->limit = quantity_limit(r->worst, r->limit.v);
	r->ratio = view_ratio(r->worst.v, r->limit.v, r->limit_op);
	free(spelled);
}

static int
worst_first(const void *x, const void *y)
{
	const struct view_rule *a = x, *b = y;
	const bool ea = a->error[0] != '\0', eb = b->error[0] != '\0';

	if (ea != eb)
		return ea ? -1 : 1;
	if (isnan(a->ratio) != isnan(b->ratio))
		return isnan(a->ratio) ? 1 : -1;
	if (a->ratio != b->ratio && !isnan(a->ratio))
		return a->ratio > b->ratio ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool
is_active(const struct view_overview *o, const struct view_rule *r)
{
	for (size_t i = 0; i < o->n_alerts; i++)
		if (strcmp(o->alerts[i].name, r->name) == 0 && strcmp(o->alerts[i].group, r->group) == 0)
			return true;
	return false;
}

static int64_t
next_eval(const json_t *rule)
{
	const int64_t last = view_int_of(rule, "last_eval_ms");
	const double interval = view_number_of(rule, "interval_seconds");

	return last > 0 && interval > 0 ? last + (int64_t)(interval * 1000) : 0;
}

static void
read_rule(struct arena *mem, const json_t *doc, struct view_rule *r)
{
	*r = (struct view_rule){.name = view_text_of(mem, doc, "name"),
				.group = view_text_of(mem, doc, "group"),
				.where = view_where(mem, text_of(doc, "file"), (int)view_int_of(doc, "line")),
				.error = view_text_of(mem, doc, "error"),
				.expr = view_text_of(mem, doc, "expr"),
				.evaluated_ms = view_int_of(doc, "last_eval_ms"),
				.next_eval_ms = next_eval(doc),
				.took = view_number_of(doc, "seconds"),
				.alerting = json_is_true(json_object_get(doc, "alerting"))};
}

void
view_rules(const struct view_source *s, struct arena *mem, const struct view_overview *o, struct view_rule **out,
	   size_t *n, size_t *total)
{
	json_t *rules = view_rules_document(s), *doc;
	size_t i, asked = 0;

	*out = arena_calloc(mem, json_array_size(rules) + 1, sizeof **out);
	*n = *total = 0;
	json_array_foreach(rules, i, doc)
	{
		struct view_rule *r = &(*out)[*n];

		read_rule(mem, doc, r);
		if (!r->alerting)
			continue;
		(*total)++;
		if (is_active(o, r))
			continue;
		fill_limit(mem, r);
		if (r->limit_op != NULL && !same_value(*out, *n, r) && asked++ < ASKED_MAX)
			ask_worst(s, r);
		fill_units(rules, doc, r);
		(*n)++;
	}
	qsort(*out, *n, sizeof **out, worst_first);
	json_decref(rules);
}

/* ---- what fired ---- */

struct resolved {
	struct arena *mem;
	const json_t *rules; /* what their recorded names stand for */
	struct view_alert *at;
	size_t n, max;
};

static void
on_firing(void *arg, const struct store_firing *f)
{
	struct resolved *r = arg;
	struct view_alert *a;
	char *spelled;

	if (f->resolved_ms == 0 || r->n == r->max)
		return;
	a = &r->at[r->n++];
	a->labels = labels_copy(r->mem, f->labels);
	a->fingerprint = arena_printf(r->mem, "%016llx", (unsigned long long)f->fingerprint);
	a->name = arena_strdup(r->mem, f->name);
	a->severity = labels_get(a->labels, "severity");
	a->model = labels_get(a->labels, "model");
	a->feature = labels_get(a->labels, "feature");
	a->on = view_alert_on(r->mem, a->labels);
	a->state = VIEW_RESOLVED;
	a->health = HEALTH_OK;
	a->fired_ms = f->fired_ms;
	a->resolved_ms = f->resolved_ms;
	a->value_expr = arena_strdup(r->mem, f->value_expr);
	spelled = view_spelled_out(r->rules, f->value_expr);
	a->value = a->peak = quantity_of(spelled, f->unit, f->peak);
	a->peak_ms = f->peak_ms;
	a->limit = quantity_limit(a->value, f->limit);
	free(spelled);
	a->limit_op = f->limit_op[0] != '\0' ? arena_strdup(r->mem, f->limit_op) : NULL;
	a->ack_by = f->ack_by[0] != '\0' ? arena_strdup(r->mem, f->ack_by) : NULL;
	a->ack_ms = f->ack_ms;
	a->summary = a->runbook = a->expr = a->where = a->group = a->state_text = "";
	a->ratio = NAN;
}

int
view_resolved(const struct view_source *s, struct arena *mem, int64_t since, struct view_alert **out, size_t *n,
	      struct err *e)
{
	json_t *rules = view_rules_document(s);
	struct resolved r = {.mem = mem, .rules = rules, .max = 200};
	int rc;

	r.at = arena_calloc(mem, r.max, sizeof *r.at);
	rc = store_firings(s->store, 0, since, r.max, on_firing, &r, e);
	json_decref(rules);
	*out = r.at;
	*n = r.n;
	return rc;
}

/* The rules of the document by group and name: 10,000 alerts may fire of a few rules. */
static struct strmap *
by_group_and_name(const json_t *rules, struct buf *key)
{
	struct strmap *m = strmap_open();
	json_t *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		buf_reset(key);
		buf_addf(key, "%s\n%s", text_of(rule, "group"), text_of(rule, "name"));
		strmap_set(m, buf_str(key), rule);
	}
	return m;
}

static int
add_history(const struct view_source *s, const struct strmap *rules, struct buf *key, struct view_alert *a,
	    struct err *e)
{
	const json_t *rule;

	buf_reset(key);
	buf_addf(key, "%s\n%s", a->group, a->name);
	rule = strmap_get(rules, buf_str(key));
	if (rule != NULL)
		a->next_eval_ms = next_eval(rule);
	a->peak = a->value;
	a->peak.v = NAN;
	return store_firing_peak(s->store, strtoull(a->fingerprint, NULL, 16), a->fired_ms, &a->peak.v, &a->peak_ms, e);
}

int
view_history_load(const struct view_source *s, struct view_overview *o, struct err *e)
{
	json_t *doc = o->n_alerts > 0 ? view_rules_document(s) : NULL;
	struct buf key = BUF_INIT;
	struct strmap *rules = by_group_and_name(doc, &key);
	int rc = 0;

	for (size_t i = 0; i < o->n_alerts && rc >= 0; i++)
		rc = add_history(s, rules, &key, &o->alerts[i], e);
	strmap_close(rules);
	buf_release(&key);
	json_decref(doc);
	return rc < 0 ? -1 : 0;
}
