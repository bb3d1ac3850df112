/*
 * view_alerts.c -- active alerts as people read them: worst first, then oldest; value, limit and ratio with their unit.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

enum health
view_severity_health(const char *severity)
{
	static const char *const broken[] = {"critical", "crit", "page", "error", "emergency"};

	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		if (strcmp(severity, broken[i]) == 0)
			return HEALTH_BROKEN;
	return HEALTH_WARNING;
}

/* ---- units ---- */

static bool
ends_in_word(const char *expr, const char *word)
{
	return strstr(expr, word) != NULL;
}

static bool
is_quotient(const char *expr)
{
	int depth = 0;
	const char *slash = NULL;

	for (const char *p = expr; *p != '\0'; p++) {
		if (*p == '(' || *p == '[' || *p == '{')
			depth++;
		else if (*p == ')' || *p == ']' || *p == '}')
			depth--;
		else if (*p == '/' && depth == 0)
			slash = p;
	}
	return slash != NULL;
}

struct quantity
view_quantity(const char *expr, const char *unit, double v)
{
	static const struct {
		const char *word;
		enum unit unit;
	} annotated[] = {{"s", UNIT_SECONDS}, {"seconds", UNIT_SECONDS}, {"bytes", UNIT_BYTES},
			 {"%", UNIT_SHARE},   {"ratio", UNIT_SHARE},     {"/s", UNIT_PER_SECOND}};
	static const struct {
		const char *word, *name;
	} statistic[] = {{"drift_ks", "KS"},
			 {"drift_tvd", "TVD"},
			 {"drift_psi", "PSI"},
			 {"drift_js", "JS"},
			 {"drift_hellinger", "Hellinger"},
			 {"drift_wasserstein", "W1"},
			 {"drift_chi2", "chi2"}};
	struct quantity q = {v, UNIT_PLAIN, NULL};

	for (size_t i = 0; i < sizeof annotated / sizeof *annotated; i++)
		if (strcmp(unit, annotated[i].word) == 0)
			q.unit = annotated[i].unit;
	if (unit[0] != '\0')
		return q;
	if (is_quotient(expr) || strstr(expr, "> bool") != NULL || strstr(expr, ">bool") != NULL ||
	    ends_in_word(expr, "_ratio")) {
		q.unit = UNIT_SHARE;
		return q;
	}
	for (size_t i = 0; i < sizeof statistic / sizeof *statistic; i++)
		if (strstr(expr, statistic[i].word) != NULL) {
			q.unit = UNIT_STATISTIC;
			q.statistic = statistic[i].name;
			return q;
		}
	if (strstr(expr, "_seconds") != NULL)
		q.unit = UNIT_SECONDS;
	else if (strstr(expr, "_bytes") != NULL)
		q.unit = UNIT_BYTES;
	else if (strstr(expr, "rate(") != NULL)
		q.unit = UNIT_PER_SECOND;
	return q;
}

/* ---- one alert ---- */

static const char *
on_text(struct arena *mem, struct labels l)
{
	static const char *const said[] = {"alertname", "severity", "model", "team",
					   "job",       "version",  "host",  "instance"};
	struct buf b = BUF_INIT;
	const char *out;

	buf_addstr(&b, labels_get(l, "model"));
	if (b.len == 0)
		buf_addstr(&b, labels_has(l, "instance") ? labels_get(l, "instance") : labels_get(l, "job"));
	for (size_t i = 0; i < l.n; i++) {
		bool skip = false;

		for (size_t k = 0; k < sizeof said / sizeof *said; k++)
			skip = skip || strcmp(l.at[i].name, said[k]) == 0;
		if (!skip)
			buf_addf(&b, "%s%s", b.len > 0 ? " " : "", l.at[i].value);
	}
	out = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return out;
}

static double
over(double value, double limit, const char *op)
{
	if (op == NULL || limit == 0 || op[0] == '=' || op[0] == '!')
		return NAN;
	return op[0] == '<' ? limit / value : value / limit;
}

struct collect {
	const struct view_source *s;
	struct arena *mem;
	struct view_alert *at;
	size_t n, cap;
	bool resolved;
	int64_t since;
};

static const char *
where_text(struct arena *mem, const struct store_alert *a)
{
	const char *slash = strrchr(a->file, '/');
	const char *folder = slash;

	while (folder != NULL && folder > a->file && folder[-1] != '/')
		folder--;
	return arena_printf(mem, "%s:%d", folder != NULL ? folder : a->file, a->line);
}

static void
fill_alert(struct arena *mem, const struct store_alert *a, struct view_alert *v)
{
	const char *unit = labels_get(a->annotations, "unit");

	v->labels = labels_copy(mem, a->labels);
	v->annotations = labels_copy(mem, a->annotations);
	v->fingerprint = arena_printf(mem, "%016llx", (unsigned long long)labels_hash(a->labels));
	v->name = arena_strdup(mem, a->name);
	v->severity = labels_get(v->labels, "severity");
	v->model = labels_get(v->labels, "model");
	v->feature = labels_get(v->labels, "feature");
	v->on = on_text(mem, v->labels);
	v->active_ms = a->active_ms;
	v->fired_ms = a->fired_ms;
	v->resolved_ms = a->resolved_ms;
	v->for_ms = a->for_ms;
	v->expr = arena_strdup(mem, a->expr);
	v->value_expr = arena_strdup(mem, a->value_expr);
	v->value = view_quantity(a->value_expr[0] != '\0' ? v->value_expr : v->expr, unit, a->value);
	v->limit = view_quantity(a->value_expr[0] != '\0' ? v->value_expr : v->expr, unit, a->limit);
	v->limit_op = a->limit_op[0] != '\0' ? arena_strdup(mem, a->limit_op) : NULL;
	v->limit.statistic = NULL; /* the value says what it is */
	v->ratio = over(a->value, a->limit, v->limit_op);
	v->summary = labels_get(v->annotations, "summary");
	v->runbook = labels_get(v->annotations, "runbook_url");
	v->where = where_text(mem, a);
	v->group = arena_strdup(mem, a->group);
}

static void
on_alert(void *arg, const struct store_alert *a)
{
	struct collect *c = arg;
	struct view_alert *v;

	if (a->state == STORE_ALERT_INACTIVE || (a->state == STORE_ALERT_RESOLVED) != c->resolved)
		return;
	if (c->n == c->cap) {
		size_t cap = c->cap > 0 ? c->cap * 2 : 16;

		c->at = arena_realloc(c->mem, c->at, c->cap * sizeof *c->at, cap * sizeof *c->at);
		c->cap = cap;
	}
	v = &c->at[c->n++];
	memset(v, 0, sizeof *v);
	fill_alert(c->mem, a, v);
	v->state = a->state == STORE_ALERT_PENDING  ? VIEW_PENDING
		   : a->state == STORE_ALERT_FIRING ? VIEW_FIRING
						    : VIEW_RESOLVED;
	v->health = v->state == VIEW_PENDING    ? HEALTH_PENDING
		    : v->state == VIEW_RESOLVED ? HEALTH_OK
						: view_severity_health(v->severity);
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

int
view_alerts_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	struct collect c = {.s = s, .mem = mem};

	if (store_alerts(s->store, on_alert, &c, e) < 0)
		return -1;
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
	return 0;
}
