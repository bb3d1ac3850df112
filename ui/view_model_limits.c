/*
 * view_model_limits.c -- the limit lines of a model's charts: constants that loaded rules, or alerts whose rule is gone, compare that model's
 * latency or share of errors with. A limit of another quantity (a share of drifted features, errors a second) is none of these.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/matcher.h"
#include "view_private.h"

struct candidate { /* a comparison of an alert */
	const char *value_expr;
	double limit;
	bool active;
};
struct search {
	const json_t *rules;
	const struct view_overview *o;
	struct label at[2]; /* model, version */
	struct view_limits *out;
	bool latency_active, errors_active;
};

/* ---- is it about this model? ---- */

struct meeting {
	const struct search *s;
	bool meets;
};

/* A matcher of another label says nothing about which model it is. */
static void
on_selector(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	struct meeting *c = arg;

	(void)range_ms;
	(void)function;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 2; k++)
			if (strcmp(m[i].name, c->s->at[k].name) == 0)
				c->meets = c->meets && matcher_match_value(&m[i], c->s->at[k].value);
}

static bool
is_about_model(const struct search *s, const char *expr)
{
	struct meeting c = {s, true};
	struct expr *x = promql_parse(expr, NULL);

	if (x == NULL)
		return false;
	expr_each_selector(x, on_selector, &c);
	expr_close(x);
	return c.meets;
}

/* ---- is it one of the two? ---- */

/* 0.95 of histogram_quantile(0.95, ...); NAN when it is none that is drawn. */
static double
quantile_of(const char *expr)
{
	const char *call = strstr(expr, "histogram_quantile");
	double q;

	if (call == NULL || sscanf(call, "histogram_quantile ( %lf", &q) != 1)
		return NAN;
	return q == 0.5 || q == 0.95 || q == 0.99 ? q : NAN;
}

/* An active alert's limit comes before all others, a smaller one before a larger. */
static bool
is_better(double limit, bool active, double than, bool than_active)
{
	return isnan(than) || (active && !than_active) || (active == than_active && limit < than);
}

static void
consider(struct search *s, const struct candidate *c)
{
	char *spelled = view_spelled_out(s->rules, c->value_expr);
	const double q = strstr(spelled, "ml_latency_seconds") != NULL ? quantile_of(spelled) : NAN;
	const bool errors =
	    strstr(spelled, "ml_errors_total") != NULL && quantity_of(spelled, "", c->limit).unit == UNIT_SHARE;

	if (!isnan(q) && is_better(c->limit, c->active, s->out->latency, s->latency_active)) {
		s->out->latency = c->limit;
		s->out->quantile = q;
		s->latency_active = c->active;
	} else if (errors && is_better(c->limit, c->active, s->out->errors, s->errors_active)) {
		s->out->errors = c->limit;
		s->errors_active = c->active;
	}
	free(spelled);
}

static bool
is_active(const struct search *s, const char *name)
{
	for (size_t i = 0; i < s->o->n_alerts; i++)
		if (strcmp(s->o->alerts[i].name, name) == 0 && strcmp(s->o->alerts[i].model, s->at[0].value) == 0)
			return true;
	return false;
}

static void
consider_rule(struct search *s, const char *name, const char *text)
{
	struct expr *x = promql_parse(text, NULL);
	const struct expr_limit l = x != NULL ? expr_limit(x) : (struct expr_limit){.found = false};
	const struct candidate c = {l.value_text, l.limit, is_active(s, name)};

	if (l.found && l.op[0] == '>' && is_about_model(s, text))
		consider(s, &c);
	free(l.value_text);
	expr_close(x);
}

struct view_limits
view_model_limits(const struct view_source *src, const struct view_overview *o, const char *model, const char *version)
{
	struct view_limits out = {NAN, NAN, NAN};
	json_t *rules = view_rules_document(src), *r;
	struct search s = {.rules = rules, .o = o, .at = {{"model", model}, {"version", version}}, .out = &out};
	size_t i;

	for (i = 0; i < o->n_alerts; i++) {
		const struct view_alert *a = &o->alerts[i];
		const struct candidate c = {a->value_expr, a->limit.v, true};

		if (a->limit_op != NULL && a->limit_op[0] == '>' && strcmp(a->model, model) == 0)
			consider(&s, &c);
	}
	json_array_foreach(rules, i, r)
	{
		const char *name = json_string_value(json_object_get(r, "name")),
			   *expr = json_string_value(json_object_get(r, "expr"));

		if (json_is_true(json_object_get(r, "alerting")) && name != NULL && expr != NULL)
			consider_rule(&s, name, expr);
	}
	json_decref(rules);
	return out;
}
