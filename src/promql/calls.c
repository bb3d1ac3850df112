/*
 * calls.c -- function calls: arguments, then whichever callback the function's row has.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "eval.h"

static int
apply_map(struct eval *ev, struct value *v, double (*f)(double), struct value *out)
{
	for (size_t i = 0; i < v->n; i++) {
		struct vseries *s = &v->at[i];

		s->drop_name = true;
		for (size_t k = 0; k < ev->n; k++) {
			if (vseries_h(s, k) != NULL)
				s->v[k] = absent_value();
			else if (!is_absent(s->v[k]))
				s->v[k] = f(s->v[k]);
		}
		s->h = NULL;
	}
	*out = *v;
	value_drop_empty(ev, out);
	return 0;
}

static int
times_of_steps(struct eval *ev, struct value *out)
{
	if (value_constant(ev, 0, out) < 0)
		return -1;
	out->type = VALUE_VECTOR;
	for (size_t k = 0; k < ev->n; k++)
		out->at[0].v[k] = floor((double)step_time(ev, k) / 1000);
	return 0;
}

static int
eval_map(struct eval *ev, const struct node *n, struct value *out)
{
	struct value v;
	int rc = n->call.n_args == 0 ? times_of_steps(ev, &v) : eval_node(ev, n->call.args[0], &v);

	return rc < 0 ? -1 : apply_map(ev, &v, n->call.fn->map, out);
}

static int
eval_plain(struct eval *ev, const struct node *n, struct value *out)
{
	struct value *args = NULL;

	if (!(n->call.fn->flags & FN_LAZY)) {
		args = arena_calloc(ev->mem, n->call.n_args + 1, sizeof *args);
		for (size_t i = 0; i < n->call.n_args; i++)
			if (eval_node(ev, n->call.args[i], &args[i]) < 0)
				return -1;
	}
	return n->call.fn->eval(ev, n, args, out);
}

/* --- drift functions --- */

struct drift_run {
	struct eval *ev;
	const struct node *call;
	struct value *out;
	struct numbering names;
	size_t step;
	int rc;
};

void
drift_emit(const struct drift_call *c, struct labels labels, double value)
{
	struct drift_run *d = c->engine;
	size_t at = numbering_of(&d->names, labels);

	if (d->rc < 0)
		return;
	if (at == d->out->n && value_add(d->ev, d->out, labels) == NULL) {
		d->rc = -1;
		return;
	}
	d->out->at[at].drop_name = true;
	d->out->at[at].v[d->step] = value;
}

void
drift_warn(const struct drift_call *c, const char *fmt, ...)
{
	struct drift_run *d = c->engine;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	note_warn(d->ev, d->call, "%s", text);
}

static size_t
vector_at(const struct value *v, size_t step, int64_t t, struct vector_sample *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (!is_absent(v->at[i].v[step]))
			out[n++] =
			    (struct vector_sample){v->at[i].labels, t, v->at[i].v[step], vseries_h(&v->at[i], step)};
	return n;
}

static int
eval_drift(struct eval *ev, const struct node *n, struct value *out)
{
	struct drift_run d = {.ev = ev, .call = n, .out = out, .names = {.mem = ev->mem}};
	struct drift_call c = {
	    .mem = ev->mem, .references = ev->run->p->references, .has_b = n->call.n_args > 1, .engine = &d};
	struct vector_sample *a, *b;
	struct value va, vb = {0};

	if (eval_increase_of(ev, n, n->call.args[0], &va) < 0 ||
	    (c.has_b && eval_increase_of(ev, n, n->call.args[1], &vb) < 0))
		return -1;
	*out = (struct value){.type = VALUE_VECTOR};
	a = arena_alloc(ev->mem, (va.n + 1) * sizeof *a);
	b = arena_alloc(ev->mem, (vb.n + 1) * sizeof *b);
	for (d.step = 0; d.step < ev->n && d.rc == 0; d.step++) {
		c.t = step_time(ev, d.step);
		c.a = a;
		c.b = b;
		c.n_a = vector_at(&va, d.step, c.t, a);
		c.n_b = vector_at(&vb, d.step, c.t, b);
		n->call.fn->drift->eval(&c);
		if (eval_alive(ev) < 0)
			return -1;
	}
	return d.rc;
}

int
eval_call(struct eval *ev, const struct node *n, struct value *out)
{
	const struct function *fn = n->call.fn;
	struct eval inner = *ev;

	inner.stats |= (fn->flags & FN_STATS) != 0;
	inner.no_stats |= (fn->flags & FN_NO_STATS) != 0;
	ev = &inner;
	if (fn->drift != NULL)
		return eval_drift(ev, n, out);
	if (fn->range != NULL)
		return eval_leaf(ev, n, eval_range_call, out);
	if (fn->map != NULL)
		return eval_map(ev, n, out);
	return eval_plain(ev, n, out);
}
