/*
 * view_limits.c -- what counts as drifted: the constants that the loaded rules compare a drift function with, and over which window; and what
 * the ratio of two means suggests.
 *
 * A rule may compare the function itself, what a recording rule made of it, or either in the middle of an expression ("> bool 0.1"). Rules
 * whose selector is about another model or feature do not count.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/xalloc.h"
#include "view_drift.h"

#define RECORDED_DEPTH 4 /* a recorded series of a recorded series of ... */

struct rule {
	char *record; /* NULL: an alert */
	struct expr *x;
};
struct drift_limits {
	struct rule *at;
	size_t n, cap;
};

/* Does the text speak of drift, or of a series recorded of it? */
static bool
is_about_drift(const struct drift_limits *l, const char *expr)
{
	if (strstr(expr, "drift_") != NULL)
		return true;
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].record != NULL && strstr(expr, l->at[i].record) != NULL)
			return true;
	return false;
}

/* Takes the rule when it is of interest, as far as is known by now. */
static bool
take_rule(struct drift_limits *l, json_t *r)
{
	const char *expr = json_string_value(json_object_get(r, "expr"));
	const char *name = json_string_value(json_object_get(r, "name"));
	struct expr *x;

	if (expr == NULL || name == NULL || !is_about_drift(l, expr) || (x = promql_parse(expr, NULL)) == NULL)
		return false;
	xgrow(l->at, l->n, l->cap);
	l->at[l->n++] = (struct rule){json_is_true(json_object_get(r, "alerting")) ? NULL : xstrdup(name), x};
	return true;
}

struct drift_limits *
drift_limits_open(const struct view_source *s)
{
	struct drift_limits *l = xcalloc(1, sizeof *l);
	json_t *rules = view_rules_document(s);
	size_t before;

	/* each round may find rules about what the one before found recorded, in whichever file they stand */
	do {
		before = l->n;
		for (size_t i = 0; i < json_array_size(rules);)
			if (take_rule(l, json_array_get(rules, i)))
				json_array_remove(rules, i);
			else
				i++;
	} while (l->n > before);
	json_decref(rules);
	return l;
}

void
drift_limits_close(struct drift_limits *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++) {
		free(l->at[i].record);
		expr_close(l->at[i].x);
	}
	free(l->at);
	free(l);
}

/* Can the selector's series be this feature's? Labels that it does not speak of are the rule's business. */
static bool
may_select(const struct expr_core *c, const struct labels *feature)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < feature->n; k++)
			if (strcmp(c->m[i].name, feature->at[k].name) == 0 &&
			    !matcher_match_value(&c->m[i], feature->at[k].value))
				return false;
	return true;
}

static const struct rule *
recorded(const struct drift_limits *l, const struct expr_core *c)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; strcmp(c->m[i].name, METRIC_NAME) == 0 && k < l->n; k++)
			if (l->at[k].record != NULL && matcher_match_value(&c->m[i], l->at[k].record))
				return &l->at[k];
	return NULL;
}

/* The smallest limit that was found so far; of equal ones that of the shortest window. */
struct search {
	const struct drift_limits *limits;
	const char *function;
	const struct labels *of;
	double least;
	int64_t window_ms;
};

/* A value that is compared, seen through the names under which it was recorded. */
struct value {
	struct search *s;
	double limit;
	int depth;
};

static void
on_value(void *arg, const struct expr_core *c)
{
	const struct value *v = arg;
	struct value behind = {v->s, v->limit, v->depth + 1};
	struct search *s = v->s;
	const struct rule *r;

	if (!may_select(c, s->of))
		return;
	if (c->function == NULL) {
		r = v->depth < RECORDED_DEPTH ? recorded(s->limits, c) : NULL;
		if (r != NULL)
			expr_each_core(r->x, on_value, &behind);
	} else if (strcmp(c->function, s->function) == 0 && v->limit <= s->least) {
		if (v->limit < s->least || c->range_ms < s->window_ms)
			s->window_ms = c->range_ms;
		s->least = v->limit;
	}
}

static void
on_comparison(void *arg, const struct expr_core *value, const char *op, double limit)
{
	struct value v = {arg, limit, 0};

	if (op[0] == '>')
		on_value(&v, value);
}

static struct search
search(const struct drift_limits *l, const char *function, const struct labels *of)
{
	struct search s = {l, function, of, INFINITY, 0};

	for (size_t i = 0; i < l->n; i++)
		expr_each_comparison(l->at[i].x, on_comparison, &s);
	return s;
}

double
drift_limit(const struct drift_limits *l, const char *function, const struct labels *feature, double dflt,
	    bool *is_default)
{
	const struct search s = search(l, function, feature);

	*is_default = isinf(s.least);
	return isinf(s.least) ? dflt : s.least;
}

int64_t
drift_window(const struct drift_limits *l, const char *model, const char *version)
{
	const struct label at[] = {{"model", model}, {"version", version}};
	const struct labels of = {at, 2};

	for (int k = 0; k < N_STATISTICS; k++) {
		const struct search n = search(l, statistic_kind((enum statistic)k, false)->function, &of),
				    c = search(l, statistic_kind((enum statistic)k, true)->function, &of);
		const struct search *s = c.least < n.least ? &c : &n;

		if (s->window_ms > 0)
			return s->window_ms;
	}
	return DRIFT_WINDOW_MS;
}

const char *
view_unit_hint(struct arena *mem, double mean, double reference_mean)
{
	char factor[16];

	unit_change(factor, mean / reference_mean);
	return factor[0] != '\0' ? arena_printf(mem, "%s: a unit change?", factor) : NULL;
}
