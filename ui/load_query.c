/*
 * load_query.c -- the answer to the query line: evaluated as `mlwatch query range` does it, at CHART_POINTS equal steps.
 */
#include "load.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/histogram.h"
#include "mlwatch/matcher.h"
#include "mlwatch/suggest.h"
#include "view_private.h"

#define ANSWER_ROWS 200     /* series that are kept */
#define MAX_SAMPLES 4000000 /* at once: 64 MB */

/* ---- a storage that counts what is read through it ---- */

struct counting {
	const struct storage *of;
	int64_t rows;
};

static int
counting_select(void *self, const struct select *q, struct arena *mem, struct series_list *out, struct err *e)
{
	struct counting *c = self;
	const size_t had = out->n;
	const int rc = c->of->select(c->of->self, q, mem, out, e);

	for (size_t i = had; i < out->n; i++)
		c->rows += (int64_t)out->at[i].n;
	return rc;
}

/* ---- series ---- */

/* In numbers; a histogram has none but how much is in the last one. */
static struct answer_series
measure(const struct matrix_series *m, int64_t end)
{
	struct answer_series s = {.labels = m->labels, .now = NAN, .min = NAN, .mean = NAN, .max = NAN};
	double sum = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct point *p = &m->points[i];

		s.histograms = s.histograms || p->h != NULL;
		if (p->t == end)
			s.now = p->h != NULL ? p->h->count : p->v;
		if (p->h != NULL || isnan(p->v))
			continue;
		s.min = s.n == 0 || p->v < s.min ? p->v : s.min;
		if (s.n == 0 || p->v > s.max) {
			s.max = p->v;
			s.max_ms = p->t;
		}
		sum += p->v;
		s.n++;
	}
	if (s.n > 0)
		s.mean = sum / (double)s.n;
	return s;
}

/* A point of a range query stands at a step; one of an instant query at its own time, and in the step that it falls into. */
static const double *
cells_of(struct arena *mem, struct time_span span, const struct matrix_series *m)
{
	const int64_t step = (span.to - span.from) / CHART_POINTS;
	double *v = arena_alloc(mem, CHART_POINTS * sizeof *v);

	for (int i = 0; i < CHART_POINTS; i++)
		v[i] = NAN;
	for (size_t i = 0; i < m->n; i++) {
		const int64_t at = (m->points[i].t - span.from - 1) / step;

		if (m->points[i].h == NULL && m->points[i].t > span.from && at < CHART_POINTS)
			v[at] = m->points[i].v;
	}
	return v;
}

/* ---- names ---- */

static const char *
name_of(struct arena *mem, struct labels l)
{
	struct buf text = BUF_INIT;
	const char *name;

	labels_format(&text, l);
	name = arena_strdup(mem, buf_str(&text));
	buf_release(&text);
	return name;
}

static bool
all_share(const struct part_query *p, const struct label *l)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(labels_get(p->at[i].labels, l->name), l->value) != 0)
			return false;
	return true;
}

/* Where names are long, what all have in common stands once above them. */
static void
name_all(struct arena *mem, struct part_query *p)
{
	const struct labels first = p->n > 0 ? p->at[0].labels : (struct labels){NULL, 0};
	const char **shared = arena_alloc(mem, (first.n + 1) * sizeof *shared);
	size_t n = 0;

	for (size_t i = 0; i < first.n && p->n > 1; i++)
		if (all_share(p, &first.at[i]))
			shared[n++] = first.at[i].name;
	p->common = n > 0 ? name_of(mem, labels_keep(mem, first, shared, n)) : "";
	for (size_t i = 0; i < p->n; i++) {
		p->at[i].name = name_of(mem, p->at[i].labels);
		p->at[i].brief = n > 0 ? name_of(mem, labels_drop(mem, p->at[i].labels, shared, n)) : p->at[i].name;
	}
}

/* ---- the largest of them ---- */

struct ranked {
	double size;
	size_t at;
};

static int
largest_first(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (isnan(a->size) != isnan(b->size))
		return isnan(a->size) - isnan(b->size);
	if (a->size > b->size || a->size < b->size)
		return a->size > b->size ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

/* Samples as they are have a range of their own, up to the end of ours. */
static void
narrow_span(struct part_query *p, const struct promql_result *r)
{
	int64_t first = p->span.to;

	for (size_t i = 0; i < r->n; i++)
		if (r->matrix[i].n > 0 && r->matrix[i].points[0].t < first)
			first = r->matrix[i].points[0].t;
	p->span.from = p->span.to - ((p->span.to - first) / CHART_POINTS + 1) * CHART_POINTS;
}

static void
take_matrix(struct loading *l, struct part_query *p, const struct promql_result *r)
{
	struct ranked *order = arena_alloc(l->mem, (r->n + 1) * sizeof *order);

	p->n_all = r->n;
	p->n = r->n < ANSWER_ROWS ? r->n : ANSWER_ROWS;
	p->at = arena_calloc(l->mem, p->n + 1, sizeof *p->at);
	if (p->instant)
		narrow_span(p, r);
	for (size_t i = 0; i < r->n; i++)
		order[i] = (struct ranked){measure(&r->matrix[i], p->span.to).mean, i};
	qsort(order, r->n, sizeof *order, largest_first);
	for (size_t i = 0; i < p->n; i++) {
		const struct matrix_series *m = &r->matrix[order[i].at];

		p->at[i] = measure(m, p->instant && m->n > 0 ? m->points[m->n - 1].t : p->span.to);
		p->at[i].labels = labels_copy(l->mem, m->labels);
		p->at[i].v = cells_of(l->mem, p->span, m);
	}
	name_all(l->mem, p);
}

/* ---- what is wrong ---- */

static void
take_fault(struct loading *l, struct part_query *p, const struct err *e)
{
	p->fault = arena_strdup(l->mem, e->text);
	if (e->line == 1) {
		p->fault_column = e->column;
		p->fault_end = e->end_column;
	}
}

struct unknown {
	const char *const *names;
	size_t n;
	const char *name; /* the first that is none of them; borrowed from the expression */
};

static void
on_selector(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	struct unknown *u = arg;

	(void)range_ms;
	(void)function;
	for (size_t i = 0; i < n; i++) {
		bool known = m[i].op != MATCH_EQ || strcmp(m[i].name, METRIC_NAME) != 0 || u->name != NULL;

		for (size_t k = 0; k < u->n && !known; k++)
			known = strcmp(u->names[k], m[i].value) == 0;
		if (!known)
			u->name = m[i].value;
	}
}

/* No result, and there is no such metric: a slip of the pen? */
static void
look_for_slip(struct loading *l, struct part_query *p, const struct expr *x)
{
	struct unknown u = {.name = NULL};
	const char *near;

	u.names = metric_names(l, &u.n);
	expr_each_selector(x, on_selector, &u);
	if (u.name == NULL)
		return;
	near = suggest(u.name, u.names, u.n, sizeof *u.names);
	p->warning = near != NULL ? arena_printf(l->mem, "no '%s' in the last hour, did you mean '%s'?", u.name, near)
				  : arena_printf(l->mem, "no '%s' in the last hour", u.name);
}

/* ---- asking ---- */

static const char *
unit_word(const char *expr)
{
	static const char *const word[] = {[UNIT_PLAIN] = "",
					   [UNIT_SECONDS] = "seconds",
					   [UNIT_BYTES] = "bytes",
					   [UNIT_SHARE] = "share of 1",
					   [UNIT_PER_SECOND] = "per second"};
	const struct quantity q = quantity_of(expr, "", 0);

	return q.unit == UNIT_STATISTIC ? (q.statistic != NULL ? q.statistic : "") : word[q.unit];
}

static int
evaluate(struct loading *l, struct part_query *p, const struct expr *x, struct promql_result *r, struct err *e)
{
	struct counting counting = {l->src.promql->storage, 0};
	const struct storage storage = {&counting, counting_select};
	struct promql promql = *l->src.promql;
	const int64_t step = (p->span.to - p->span.from) / CHART_POINTS;
	int rc;

	promql.storage = &storage;
	promql.limits.max_samples = MAX_SAMPLES;
	p->instant = expr_type(x) == VALUE_MATRIX || expr_type(x) == VALUE_STRING;
	rc = p->instant ? promql_instant(&promql, x, p->span.to, r, e)
			: promql_range(&promql, x, p->span.from + step, p->span.to, step, r, e);
	p->rows = counting.rows;
	return rc;
}

static void
take_answer(struct loading *l, struct part_query *p, const struct expr *x, const struct promql_result *r)
{
	if (r->type == VALUE_STRING)
		p->string = arena_strdup(l->mem, r->string);
	else
		take_matrix(l, p, r);
	if (r->n_annotations > 1)
		p->warning = arena_printf(l->mem, "%s, and %zu more", r->annotations[0].text, r->n_annotations - 1);
	else if (r->n_annotations == 1)
		p->warning = arena_strdup(l->mem, r->annotations[0].text);
	if (p->string == NULL && p->n == 0)
		look_for_slip(l, p, x);
}

void *
load_query(struct loading *l)
{
	struct part_query *p = arena_calloc(l->mem, 1, sizeof *p);
	const int64_t t0 = clock_monotonic_us();
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	struct expr *x;

	p->text = arena_strdup(l->mem, l->q->query);
	p->span = chart_span(l);
	p->warning = p->unit = p->common = "";
	if (l->q->query[0] == '\0')
		return p;
	x = promql_parse(l->q->query, &e);
	if (x == NULL || evaluate(l, p, x, &r, &e) < 0)
		take_fault(l, p, &e);
	else
		take_answer(l, p, x, &r);
	if (l->src.promql->limits.cancel != NULL && atomic_load(l->src.promql->limits.cancel))
		l->err = e; /* stopped: whoever asks again shall not get this answer */
	p->unit = p->fault == NULL ? unit_word(l->q->query) : "";
	p->seconds = l->q->clock > 0 ? NAN : (double)(clock_monotonic_us() - t0) / 1e6;
	promql_result_release(&r);
	expr_close(x);
	return p;
}
