/*
 * eval.c -- one evaluation of a rule group: its rules in order at one time stamp, each seeing what those before it
 * recorded.
 */
#include <stdlib.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"
#include "mlwatch/xalloc.h"
#include "rules_private.h"

int
eval_query(struct eval *v, const struct rule *r, struct promql_result *res, struct vector_sample **out, size_t *n,
	   struct err *e)
{
	struct arena *mem = v->group->mem;

	if (promql_instant(v->promql, r->def->expr, v->query_t, res, e) < 0)
		return -1;
	if (res->type == VALUE_VECTOR) {
		*out = res->vector;
		v->series = *n = res->n;
		return 0;
	}
	if (res->type != VALUE_SCALAR)
		return err_set(e, ERR_FILE, "rule result is not a vector or scalar");
	struct vector_sample *one = arena_calloc(mem, 1, sizeof *one);
	one->t = v->query_t;
	one->v = res->scalar;
	*out = one;
	v->series = *n = 1;
	return 0;
}

void
eval_emit(struct eval *v, struct rule *r, struct labels l, double value, const struct histogram *h)
{
	overlay_add(&v->group->overlay, l, v->query_t, value, h);
	written_add(&r->written, l);
	if (v->sink->sample != NULL)
		v->sink->sample(v->sink->arg, l, v->query_t, value, h);
}

static void
mark_stale(void *arg, struct labels l)
{
	struct eval *v = arg;

	overlay_add(&v->group->overlay, labels_copy(v->group->mem, l), v->query_t, num_stale(), NULL);
	if (v->sink->sample != NULL)
		v->sink->sample(v->sink->arg, l, v->query_t, num_stale(), NULL);
}

/* Labels of a recorded series: the result's, under the rule's name, with the rule's labels on top. */
static struct labels
recorded_labels(struct arena *mem, const struct rule_def *def, struct labels l)
{
	struct label *at = arena_alloc(mem, (l.n + def->labels.n + 1) * sizeof *at);
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++)
		at[n++] = l.at[i];
	at[n++] = (struct label){METRIC_NAME, def->name};
	for (size_t i = 0; i < def->labels.n; i++)
		at[n++] = def->labels.at[i];
	return labels_make(mem, at, n);
}

struct hashed {
	uint64_t hash;
	const struct labels *l;
};

static int
by_hash(const void *a, const void *b)
{
	uint64_t x = ((const struct hashed *)a)->hash, y = ((const struct hashed *)b)->hash;

	return (x > y) - (x < y);
}

static bool
repeats(struct arena *mem, const struct labels *l, size_t n)
{
	struct hashed *h = arena_alloc(mem, (n + 1) * sizeof *h);

	for (size_t i = 0; i < n; i++)
		h[i] = (struct hashed){labels_hash(l[i]), &l[i]};
	if (n > 1)
		qsort(h, n, sizeof *h, by_hash);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n && h[k].hash == h[i].hash; k++) {
			if (labels_equal(*h[i].l, *h[k].l))
				return true;
		}
	}
	return false;
}

int
eval_recording(struct eval *v, struct rule *r, struct err *e)
{
	struct arena *mem = v->group->mem;
	int64_t limit = v->group->def->limit;
	struct promql_result *res = arena_calloc(mem, 1, sizeof *res);
	struct vector_sample *s;
	size_t n;
	int rc = -1;

	if (eval_query(v, r, res, &s, &n, e) < 0)
		goto out;
	struct labels *l = arena_alloc(mem, (n + 1) * sizeof *l);
	for (size_t i = 0; i < n; i++)
		l[i] = labels_copy(mem, recorded_labels(mem, r->def, s[i].labels));
	if (repeats(mem, l, n)) {
		err_set(e, ERR_FILE, "vector contains metrics with the same labelset after applying rule labels");
		goto out;
	}
	if (limit > 0 && n > (size_t)limit) {
		err_set(e, ERR_FILE, "exceeded limit of %lld with %zu series", (long long)limit, n);
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		eval_emit(v, r, l[i], s[i].v, s[i].h == NULL ? NULL : histogram_copy(mem, s[i].h));
	written_turn(&r->written, mark_stale, v);
	rc = 0;
out:
	promql_result_release(res);
	return rc;
}

static int
eval_rule(struct eval *v, struct rule *r)
{
	struct err e = ERR_INIT;
	int64_t began = clock_monotonic();
	int rc = r->def->alerting ? eval_alerting(v, r, &e) : eval_recording(v, r, &e);

	if (rc == 0 && r->def->alerting)
		written_turn(&r->written, mark_stale, v);
	pthread_mutex_lock(&v->group->lock);
	free(r->error);
	r->error = rc < 0 ? xstrdup(e.text) : NULL;
	r->series = rc < 0 ? 0 : v->series;
	r->last_eval_ms = v->t;
	r->seconds = (double)(clock_monotonic() - began) / 1000;
	pthread_mutex_unlock(&v->group->lock);
	return rc;
}

static void
note_missed(struct rule_group *g, int64_t t)
{
	pthread_mutex_lock(&g->lock);
	if (g->last_eval_ms != 0 && t > g->last_eval_ms) {
		int64_t missed = (t - g->last_eval_ms) / g->interval_ms - 1;
		g->missed += missed > 0 ? missed : 0;
	}
	g->last_eval_ms = t;
	pthread_mutex_unlock(&g->lock);
}

size_t
rule_group_eval(struct rule_group *g, const struct promql *p, int64_t t, const struct rule_sink *sink)
{
	struct promql over = *p;
	struct eval v = {g, &over, sink, t, t - g->def->query_offset_ms, 0};
	size_t failed = 0;

	arena_reset(g->mem);
	overlay_begin(&g->overlay, p->storage);
	over.storage = &g->overlay.view;
	g->expand.promql = &over;
	g->expand.t = t;
	g->expand.query_t = v.query_t;
	note_missed(g, t);
	for (size_t i = 0; i < g->n_rules; i++)
		failed += eval_rule(&v, &g->rules[i]) < 0;
	written_turn(&g->orphans, mark_stale, &v);
	g->expand.promql = NULL;
	return failed;
}
