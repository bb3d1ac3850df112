/*
 * eval.c -- evaluates a tree: the walk over its nodes, limits, and the result handed out.
 *
 * An evaluation reads the tree and the storage and works in an arena of its own, which is gone when it is done: the result, which may be
 * held for long, is copied out of it. The only clock it looks at is the one for its deadline.
 */
#include "eval.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mlwatch/clock.h"

#define SAMPLES_DEFAULT 10000000
/* What an evaluation may take in all, histograms included, but not less than the least. */
#define BYTES_PER_SAMPLE   16
#define BYTES_LEAST        (64u * 1024 * 1024)
#define TIMEOUT_DEFAULT_MS (2 * 60 * 1000)

int
eval_fail(struct eval *ev, const char *fmt, ...)
{
	char text[500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(ev->run->e, ERR_FILE, "%s", text);
}

int
eval_alive(struct eval *ev)
{
	const atomic_bool *cancel = ev->run->p->limits.cancel;

	if (cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed))
		return err_set(ev->run->e, ERR_WORLD, "query was canceled in expression evaluation");
	if (clock_monotonic() > ev->run->deadline)
		return err_set(ev->run->e, ERR_WORLD, "query timed out in expression evaluation");
	if (arena_used(ev->run->mem) > ev->run->max_bytes)
		return err_set(ev->run->e, ERR_WORLD,
			       "query needs more than %zu MiB of memory in expression evaluation",
			       ev->run->max_bytes >> 20);
	return 0;
}

/* Some milliseconds, also for a function that sorts its points. */
#define WORK_BETWEEN_LOOKS 100000

int
eval_worked(struct eval *ev, size_t *work, size_t points)
{
	*work += points;
	if (*work < WORK_BETWEEN_LOOKS)
		return 0;
	*work = 0;
	return eval_alive(ev);
}

int
eval_take(struct eval *ev, size_t n)
{
	struct run *r = ev->run;

	r->samples += n;
	if (r->samples > r->peak)
		r->peak = r->samples;
	if (r->samples > r->limit)
		return err_set(r->e, ERR_WORLD,
			       "query processing would load too many samples into memory in query execution");
	return 0;
}

static int
eval_unary(struct eval *ev, const struct node *n, struct value *out)
{
	if (eval_node(ev, n->unary.expr, out) < 0)
		return -1;
	for (size_t i = 0; n->unary.op == OP_SUB && i < out->n; i++) {
		struct vseries *s = &out->at[i];

		s->drop_name = true;
		for (size_t k = 0; k < ev->n; k++) {
			if (vseries_h(s, k) != NULL)
				s->h[k] = histogram_scale(ev->mem, s->h[k], -1);
			else if (!is_absent(s->v[k]))
				s->v[k] = -s->v[k];
		}
	}
	return 0;
}

static int
dispatch(struct eval *ev, const struct node *n, struct value *out)
{
	switch (n->kind) {
	case N_NUMBER:
		return value_constant(ev, n->number.value, out);
	case N_STRING:
		*out = (struct value){.type = VALUE_STRING, .string = n->string.text};
		return 0;
	case N_SELECTOR:
		return eval_leaf(ev, n, eval_selector, out);
	case N_PAREN:
		return eval_node(ev, n->paren.expr, out);
	case N_UNARY:
		return eval_unary(ev, n, out);
	case N_BINARY:
		return eval_binary(ev, n, out);
	case N_AGGREGATE:
		return eval_aggregate(ev, n, out);
	case N_CALL:
		return eval_call(ev, n, out);
	case N_MATRIX:
	case N_SUBQUERY:
	case N_DURATION:
		break;
	}
	return eval_fail(ev, "a range vector is only possible as the argument of a function or as an instant query");
}

int
eval_node(struct eval *ev, const struct node *n, struct value *out)
{
	size_t before = ev->run->samples;
	int rc = dispatch(ev, n, out);

	/* What went into the value no longer counts once the value is there. */
	if (rc == 0 && ev->run->p->no_delayed_names && out->type == VALUE_VECTOR)
		rc = value_drop_names(ev, out);
	if (rc == 0)
		ev->run->samples = before + out->n * ev->n;
	return rc;
}

/* --- results: in memory of their own --- */

static const struct histogram *
result_histogram(struct promql_result *r, const struct histogram *h)
{
	return h != NULL ? histogram_copy(r->mem, h) : NULL;
}

static void
vector_result(const struct eval *ev, const struct value *v, struct promql_result *r)
{
	r->type = VALUE_VECTOR;
	r->vector = arena_alloc(r->mem, (v->n + 1) * sizeof *r->vector);
	for (size_t i = 0; i < v->n; i++)
		if (!is_absent(v->at[i].v[0]))
			r->vector[r->n++] =
			    (struct vector_sample){labels_copy(r->mem, v->at[i].labels), ev->start, v->at[i].v[0],
						   result_histogram(r, vseries_h(&v->at[i], 0))};
}

static int
compare_series(const void *a, const void *b)
{
	return labels_cmp(((const struct matrix_series *)a)->labels, ((const struct matrix_series *)b)->labels);
}

static void
matrix_result(const struct eval *ev, const struct value *v, struct promql_result *r)
{
	r->type = VALUE_MATRIX;
	r->matrix = arena_alloc(r->mem, (v->n + 1) * sizeof *r->matrix);
	for (size_t i = 0; i < v->n; i++) {
		struct point *p;
		size_t n = 0;

		for (size_t k = 0; k < ev->n; k++)
			n += !is_absent(v->at[i].v[k]);
		if (n == 0)
			continue;
		p = arena_alloc(r->mem, n * sizeof *p);
		n = 0;
		for (size_t k = 0; k < ev->n; k++)
			if (!is_absent(v->at[i].v[k]))
				p[n++] = (struct point){.t = step_time(ev, k),
							.v = v->at[i].v[k],
							.h = result_histogram(r, vseries_h(&v->at[i], k))};
		r->matrix[r->n++] = (struct matrix_series){labels_copy(r->mem, v->at[i].labels), p, n};
	}
	qsort(r->matrix, r->n, sizeof *r->matrix, compare_series);
}

static int
run_instant(struct eval *ev, const struct node *root, struct promql_result *r)
{
	struct value v;

	if (root->type == VALUE_MATRIX) {
		r->type = VALUE_MATRIX;
		if (eval_range_vector(ev, root, r) < 0)
			return -1;
		qsort(r->matrix, r->n, sizeof *r->matrix, compare_series);
		return 0;
	}
	if (eval_node(ev, root, &v) < 0 || (v.type == VALUE_VECTOR && value_drop_names(ev, &v) < 0))
		return -1;
	r->t = ev->start;
	if (root->type == VALUE_STRING) {
		r->type = VALUE_STRING;
		r->string = arena_strdup(r->mem, v.string);
	} else if (root->type == VALUE_SCALAR) {
		r->type = VALUE_SCALAR;
		r->scalar = v.at[0].v[0];
	} else {
		vector_result(ev, &v, r);
	}
	return 0;
}

static int
run_range(struct eval *ev, const struct node *root, struct promql_result *r)
{
	struct value v;

	if (root->type != VALUE_SCALAR && root->type != VALUE_VECTOR)
		return eval_fail(ev, "invalid expression type \"%s\" for range query, must be Scalar or instant Vector",
				 value_type_word(root->type));
	if (eval_node(ev, root, &v) < 0 || (v.type == VALUE_VECTOR && value_drop_names(ev, &v) < 0))
		return -1;
	matrix_result(ev, &v, r);
	return 0;
}

static struct run
begin(const struct promql *p, const struct expr *x, int64_t start, int64_t end, int64_t step, struct promql_result *r,
      struct err *e)
{
	int64_t timeout = p->limits.timeout_ms != 0 ? p->limits.timeout_ms : TIMEOUT_DEFAULT_MS;

	*r = (struct promql_result){.mem = arena_open()};
	size_t limit = p->limits.max_samples != 0 ? p->limits.max_samples : SAMPLES_DEFAULT;
	size_t bytes = limit * BYTES_PER_SAMPLE > BYTES_LEAST ? limit * BYTES_PER_SAMPLE : BYTES_LEAST;

	return (struct run){.p = p,
			    .x = x,
			    .mem = arena_open(),
			    .scratch = arena_open(),
			    .e = e,
			    .start = start,
			    .end = end,
			    .step = step,
			    .lookback = p->lookback_ms != 0 ? p->lookback_ms : LOOKBACK_DEFAULT_MS,
			    .deadline = clock_monotonic() + timeout,
			    .limit = limit,
			    .max_bytes = bytes};
}

static int
finish(struct run *run, int rc, struct promql_result *r, struct err *e)
{
	if (err_is_set(run->e)) {
		rc = -1;
		if (e != NULL && !err_is_set(e))
			*e = *run->e;
	}
	notes_finish(run, r);
	r->peak_samples = run->peak;
	arena_close(run->scratch);
	arena_close(run->mem);
	return rc;
}

int
promql_instant(const struct promql *p, const struct expr *x, int64_t t, struct promql_result *r, struct err *e)
{
	struct err own = ERR_INIT;
	struct run run = begin(p, x, t, t, 0, r, &own);
	struct eval ev = {.run = &run, .mem = run.mem, .start = t, .step = 1, .n = 1};

	return finish(&run, run_instant(&ev, ast_unparen(x->root), r), r, e);
}

int
promql_range(const struct promql *p, const struct expr *x, int64_t start, int64_t end, int64_t step,
	     struct promql_result *r, struct err *e)
{
	struct err own = ERR_INIT;
	struct run run = begin(p, x, start, end, step, r, &own);
	struct eval ev = {.run = &run, .mem = run.mem, .start = start, .step = step};

	if (step <= 0)
		return finish(&run, eval_fail(&ev, "zero or negative query resolution step widths are not accepted"), r,
			      e);
	if (end < start)
		return finish(&run, eval_fail(&ev, "end timestamp must not be before start time"), r, e);
	ev.n = (size_t)((end - start) / step) + 1;
	if (ev.n > run.limit)
		return finish(&run, eval_take(&ev, ev.n), r, e);
	return finish(&run, run_range(&ev, x->root, r), r, e);
}

void
promql_result_release(struct promql_result *r)
{
	arena_close(r->mem);
	*r = (struct promql_result){0};
}
