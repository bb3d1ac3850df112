/*
 * view_rules.c -- rules that do not fire and how near they are to it; what was resolved.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

static const char *
short_path(struct arena *mem, const char *file, int line)
{
	const char *slash = strrchr(file, '/'), *folder = slash;

	while (folder != NULL && folder > file && folder[-1] != '/')
		folder--;
	return arena_printf(mem, "%s:%d", folder != NULL ? folder : file, line);
}

/* The worst value of the left side of a rule's comparison, now. */
static void
worst_value(const struct view_source *s, const char *expr, struct view_rule *r)
{
	struct expr *x = promql_parse(expr, NULL);
	struct expr_limit limit;
	struct promql_result v;
	struct err e = ERR_INIT;

	r->worst.v = r->ratio = NAN;
	if (x == NULL)
		return;
	limit = expr_limit(x);
	expr_close(x);
	if (!limit.found)
		return;
	const bool below = limit.op[0] == '<';

	if (view_query_text(s, limit.value_text, &v, &e) == 0 && v.type == VALUE_VECTOR) {
		r->series = (int)v.n;
		for (size_t i = 0; i < v.n; i++)
			if (v.vector[i].h == NULL &&
			    (isnan(r->worst.v) || (below ? v.vector[i].v < r->worst.v : v.vector[i].v > r->worst.v)))
				r->worst.v = v.vector[i].v;
	}
	promql_result_release(&v);
	r->worst = view_quantity(limit.value_text, "", r->worst.v);
	r->limit = view_quantity(limit.value_text, "", limit.limit);
	r->limit.statistic = NULL;
	r->limit_op = limit.op;
	if (limit.limit != 0 && limit.op[0] != '=' && limit.op[0] != '!')
		r->ratio = below ? limit.limit / r->worst.v : r->worst.v / limit.limit;
	free(limit.value_text);
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
is_active(const struct view_overview *o, const char *name)
{
	for (size_t i = 0; i < o->n_alerts; i++)
		if (strcmp(o->alerts[i].name, name) == 0)
			return true;
	return false;
}

int
view_rules(const struct view_source *s, struct arena *mem, struct view_rule **out, size_t *n, struct err *e)
{
	char *text = store_get_kv(s->store, "rules");
	json_t *doc = text != NULL ? json_loads(text, 0, NULL) : NULL, *item;
	struct view_overview active = {0};
	size_t i;

	*out = arena_calloc(mem, json_array_size(doc) + 1, sizeof **out);
	*n = 0;
	if (view_alerts_load(s, mem, &active, e) < 0) {
		json_decref(doc);
		free(text);
		return -1;
	}
	json_array_foreach(doc, i, item)
	{
		const char *name = json_string_value(json_object_get(item, "name")),
			   *error = json_string_value(json_object_get(item, "error"));
		const char *expr = json_string_value(json_object_get(item, "expr")),
			   *file = json_string_value(json_object_get(item, "file"));
		struct view_rule *r = &(*out)[*n];

		if (!json_is_true(json_object_get(item, "alerting")) || name == NULL || expr == NULL ||
		    is_active(&active, name))
			continue;
		(*n)++;
		r->name = arena_strdup(mem, name);
		r->group = arena_strdup(mem, json_string_value(json_object_get(item, "group")));
		r->where =
		    short_path(mem, file != NULL ? file : "", (int)json_integer_value(json_object_get(item, "line")));
		r->error = arena_strdup(mem, error != NULL ? error : "");
		r->expr = arena_strdup(mem, expr);
		r->evaluated_ms = (int64_t)json_integer_value(json_object_get(item, "last_eval_ms"));
		r->took = json_number_value(json_object_get(item, "seconds"));
		r->alerting = true;
		worst_value(s, expr, r);
	}
	qsort(*out, *n, sizeof **out, worst_first);
	json_decref(doc);
	free(text);
	return 0;
}

struct resolved {
	struct arena *mem;
	struct view_alert *at;
	size_t n, max;
};

static void
on_firing(void *arg, const struct store_firing *f)
{
	struct resolved *r = arg;
	struct view_alert *a;

	if (f->resolved_ms == 0 || r->n == r->max)
		return;
	a = &r->at[r->n++];
	a->labels = labels_copy(r->mem, f->labels);
	a->name = arena_strdup(r->mem, f->name);
	a->severity = labels_get(a->labels, "severity");
	a->model = labels_get(a->labels, "model");
	a->feature = labels_get(a->labels, "feature");
	a->on = a->model[0] != '\0' ? arena_printf(r->mem, a->feature[0] != '\0' ? "%s %s" : "%s", a->model, a->feature)
				    : labels_get(a->labels, "job");
	a->state = VIEW_RESOLVED;
	a->health = HEALTH_OK;
	a->fired_ms = f->fired_ms;
	a->resolved_ms = f->resolved_ms;
	a->value = (struct quantity){f->peak, UNIT_PLAIN, NULL};
	a->limit = (struct quantity){f->limit, UNIT_PLAIN, NULL};
	a->limit_op = f->limit_op[0] != '\0' ? arena_strdup(r->mem, f->limit_op) : NULL;
}

int
view_resolved(const struct view_source *s, struct arena *mem, int64_t since, struct view_alert **out, size_t *n,
	      struct err *e)
{
	struct resolved r = {.mem = mem, .max = 200};
	int rc;

	r.at = arena_calloc(mem, r.max, sizeof *r.at);
	rc = store_firings(s->store, 0, since, r.max, on_firing, &r, e);
	*out = r.at;
	*n = r.n;
	return rc;
}
