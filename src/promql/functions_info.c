/*
 * functions_info.c -- info(v [, {data label selector}]): adds labels of info series (target_info by
 * default) that share instance and job with a series of v.
 */
#include "callbacks.h"
#include "eval.h"
#include "mlwatch/buf.h"
#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"

#include <stdlib.h>

static const char *const identifying[] = {"instance", "job"};
#define N_IDENTIFYING 2

struct infos {
	struct eval *ev;
	const struct selector *wanted; /* the label selector, or NULL */
	struct value base, info;
	bool *ignored;            /* base series that are info series themselves */
	struct matcher *matchers; /* what selects the info series */
	size_t n_matchers;
};

static bool
is_name(const struct matcher *m)
{
	return strcmp(m->name, METRIC_NAME) == 0;
}

/* The values of one identifying label as an alternative of literals. NULL: there are none. */
static char *
alternatives(const struct infos *in, const char *label)
{
	struct buf b = BUF_INIT;
	struct numbering seen = {.mem = in->ev->mem};

	for (size_t i = 0; i < in->base.n; i++) {
		const char *v = labels_get(in->base.at[i].labels, label);
		struct label *one;

		if (in->ignored[i] || *v == '\0')
			continue;
		one = arena_alloc(in->ev->mem, sizeof *one);
		*one = (struct label){label, v};
		if (numbering_of(&seen, (struct labels){one, 1}) != seen.n - 1)
			continue;
		buf_addstr(&b, b.len > 0 ? "|" : "");
		for (; *v != '\0'; v++) {
			if (strchr("\\.+*?()|[]{}^$", *v) != NULL)
				buf_addc(&b, '\\');
			buf_addc(&b, *v);
		}
	}
	return b.p;
}

static int
add_matcher(struct infos *in, enum match_op op, const char *name, const char *value)
{
	return matcher_init(&in->matchers[in->n_matchers++], op, name, value, in->ev->run->e);
}

/* 1: nothing can match. */
static int
make_matchers(struct infos *in)
{
	size_t n_wanted = in->wanted != NULL ? in->wanted->n_matchers : 0;
	bool named = false, negated = false, any = false;

	in->matchers = xcalloc(n_wanted + N_IDENTIFYING + 1, sizeof *in->matchers);
	for (size_t i = 0; i < N_IDENTIFYING; i++) {
		char *re = alternatives(in, identifying[i]);
		int rc = re != NULL ? add_matcher(in, MATCH_RE, identifying[i], re) : 0;

		any |= re != NULL;
		free(re);
		if (rc < 0)
			return -1;
	}
	for (size_t i = 0; i < n_wanted; i++) {
		const struct matcher *m = &in->wanted->matchers[i];

		named |= is_name(m) && (m->op == MATCH_EQ || m->op == MATCH_RE);
		negated |= is_name(m);
		if (add_matcher(in, m->op, m->name, m->value) < 0)
			return -1;
	}
	/* Without a name it is target_info; names that are only ruled out leave all other info series. */
	if (!named &&
	    add_matcher(in, negated ? MATCH_RE : MATCH_EQ, METRIC_NAME, negated ? ".+_info" : "target_info") < 0)
		return -1;
	return any ? 0 : 1;
}

/* A series that the positive name matchers are about is an info series itself. */
static bool
is_info(const struct infos *in, const char *name)
{
	bool positive = false, all = true;

	if (in->wanted == NULL)
		return strcmp(name, "target_info") == 0;
	for (size_t k = 0; k < in->wanted->n_matchers; k++) {
		const struct matcher *m = &in->wanted->matchers[k];

		if (!is_name(m))
			continue;
		positive |= m->op == MATCH_EQ || m->op == MATCH_RE;
		all &= matcher_match_value(m, name);
	}
	return positive && all;
}

static void
mark_ignored(struct infos *in)
{
	in->ignored = arena_calloc(in->ev->mem, in->base.n + 1, sizeof *in->ignored);
	for (size_t i = 0; i < in->base.n; i++)
		in->ignored[i] = is_info(in, labels_get(in->base.at[i].labels, METRIC_NAME));
}

/* When the info series are looked at: at the time of the first selector in the argument, seen through the subqueries
 * around it. */
struct reference_time {
	bool found, fixed;
	int64_t at, offset;
	int rc;
};

static void
shift(struct eval *ev, const struct modifiers *m, struct reference_time *r)
{
	int rc;
	int64_t offset = modifier_offset(ev, m, &rc), at;

	if (rc < 0)
		r->rc = -1;
	if (modifier_at(ev, m, &at)) {
		r->fixed = true;
		r->at = at;
		r->offset = 0;
	}
	r->offset += offset;
}

static void
find_reference(struct eval *ev, const struct node *n, struct reference_time *r)
{
	switch (n->kind) {
	case N_SELECTOR:
	case N_MATRIX:
		shift(ev, n->kind == N_MATRIX ? &n->matrix.selector->mod : &n->mod, r);
		r->found = true;
		return;
	case N_SUBQUERY:
		shift(ev, &n->mod, r);
		find_reference(ev, n->subquery.expr, r);
		return;
	case N_PAREN:
		find_reference(ev, n->paren.expr, r);
		return;
	case N_UNARY:
		find_reference(ev, n->unary.expr, r);
		return;
	case N_BINARY:
		find_reference(ev, n->binary.lhs, r);
		if (!r->found)
			find_reference(ev, n->binary.rhs, r);
		return;
	case N_AGGREGATE:
		find_reference(ev, n->aggregate.expr, r);
		return;
	case N_CALL:
		for (size_t i = 0; !r->found && i < n->call.n_args; i++)
			find_reference(ev, n->call.args[i], r);
		return;
	default:
		return;
	}
}

static int
fetch(struct infos *in, const struct node *arg)
{
	struct reference_time r = {0};

	find_reference(in->ev, arg, &r);
	if (r.rc < 0)
		return -1;
	return eval_matchers(in->ev, in->matchers, in->n_matchers, r.offset, r.fixed ? &r.at : NULL, PICK_TIMES_MS,
			     &in->info);
}

static bool
same_identity(struct labels a, struct labels b)
{
	for (size_t i = 0; i < N_IDENTIFYING; i++)
		if (strcmp(labels_get(a, identifying[i]), labels_get(b, identifying[i])) != 0)
			return false;
	return true;
}

static bool
is_wanted(const struct infos *in, const char *name)
{
	size_t data = 0;

	for (size_t i = 0; in->wanted != NULL && i < in->wanted->n_matchers; i++) {
		if (is_name(&in->wanted->matchers[i]))
			continue;
		data++;
		if (strcmp(in->wanted->matchers[i].name, name) == 0)
			return true;
	}
	return data == 0;
}

static bool
may_lack_info(const struct infos *in)
{
	for (size_t i = 0; in->wanted != NULL && i < in->wanted->n_matchers; i++)
		if (!is_name(&in->wanted->matchers[i]) && !matcher_match_value(&in->wanted->matchers[i], ""))
			return false;
	return true;
}

/* The newest info series per name that is like k at this step: k itself? -1 on two equally new ones. */
static int
is_newest(const struct infos *in, size_t k, size_t step, bool *newest)
{
	const struct vseries *s = &in->info.at[k];

	*newest = true;
	for (size_t i = 0; i < in->info.n; i++) {
		const struct vseries *o = &in->info.at[i];

		if (i == k || is_absent(o->v[step]) || !same_identity(o->labels, s->labels) ||
		    strcmp(labels_get(o->labels, METRIC_NAME), labels_get(s->labels, METRIC_NAME)) != 0)
			continue;
		if (o->v[step] == s->v[step])
			return eval_fail(in->ev,
					 "found duplicate series for info metric: existing %s @ %.0f, new %s @ %.0f",
					 labels_text(in->ev->mem, in->info.at[i < k ? i : k].labels), o->v[step],
					 labels_text(in->ev->mem, in->info.at[i < k ? k : i].labels), s->v[step]);
		if (o->v[step] > s->v[step])
			*newest = false;
	}
	return 0;
}

/* Adds the data labels of one info series to those already collected. */
static int
add_labels(struct infos *in, struct labels base, struct labels info, struct labels *extra)
{
	for (size_t i = 0; i < info.n; i++) {
		const char *name = info.at[i].name, *have;

		if (strcmp(name, METRIC_NAME) == 0 || !is_wanted(in, name))
			continue;
		have = labels_get(*extra, name);
		if (*have != '\0' && strcmp(have, info.at[i].value) != 0)
			return eval_fail(in->ev, "conflicting label: %s", name);
		if (!labels_has(base, name))
			*extra = labels_with(in->ev->mem, *extra, name, info.at[i].value);
	}
	return 0;
}

/* 1: the series has no info and must have. */
static int
enrich(struct infos *in, size_t i, size_t step, struct labels *out)
{
	struct labels base = in->base.at[i].labels, extra = {NULL, 0};
	bool found = false;

	*out = base;
	if (in->ignored[i])
		return 0;
	for (size_t k = 0; k < in->info.n; k++) {
		bool newest;

		if (is_absent(in->info.at[k].v[step]) || !same_identity(base, in->info.at[k].labels))
			continue;
		if (is_newest(in, k, step, &newest) < 0)
			return -1;
		if (!newest)
			continue;
		found = true;
		if (add_labels(in, base, in->info.at[k].labels, &extra) < 0)
			return -1;
	}
	if (!found && !may_lack_info(in))
		return 1;
	for (size_t k = 0; k < extra.n; k++)
		*out = labels_with(in->ev->mem, *out, extra.at[k].name, extra.at[k].value);
	return 0;
}

static int
combine(struct infos *in, struct value *out)
{
	struct numbering names = {.mem = in->ev->mem};
	struct eval *ev = in->ev;

	*out = (struct value){.type = VALUE_VECTOR};
	for (size_t step = 0; step < ev->n; step++)
		for (size_t i = 0; i < in->base.n; i++) {
			const struct vseries *s = &in->base.at[i];
			struct labels l;
			size_t at;
			int rc;

			if (is_absent(s->v[step]))
				continue;
			if ((i & 63) == 63 && eval_alive(ev) < 0)
				return -1;
			rc = enrich(in, i, step, &l);
			if (rc < 0)
				return -1;
			if (rc > 0)
				continue;
			at = numbering_of(&names, l);
			if (at == out->n && value_add(ev, out, l) == NULL)
				return -1;
			if (!is_absent(out->at[at].v[step]))
				return eval_fail(ev, "vector cannot contain metrics with the same labelset");
			out->at[at].drop_name = s->drop_name;
			out->at[at].v[step] = s->v[step];
			if (vseries_h(s, step) != NULL)
				vseries_set_histogram(ev, &out->at[at], step, s->h[step]);
		}
	return 0;
}

int
fn_info(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	struct infos in = {.ev = ev};
	int rc;

	(void)args;
	if (call->call.n_args > 1)
		in.wanted = &call->call.args[1]->selector;
	if (eval_node(ev, call->call.args[0], &in.base) < 0)
		return -1;
	mark_ignored(&in);
	rc = make_matchers(&in);
	if (rc == 0)
		rc = fetch(&in, call->call.args[0]);
	for (size_t i = 0; i < in.n_matchers; i++)
		matcher_release(&in.matchers[i]);
	free(in.matchers);
	return rc < 0 ? -1 : combine(&in, out);
}
