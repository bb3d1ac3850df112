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
	bool named = false, any = false;

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

		named |= is_name(m);
		if (add_matcher(in, m->op, m->name, m->value) < 0)
			return -1;
	}
	if (!named && add_matcher(in, MATCH_EQ, METRIC_NAME, "target_info") < 0)
		return -1;
	return any ? 0 : 1;
}

static void
mark_ignored(struct infos *in)
{
	in->ignored = arena_calloc(in->ev->mem, in->base.n + 1, sizeof *in->ignored);
	for (size_t i = 0; i < in->base.n; i++) {
		const char *name = labels_get(in->base.at[i].labels, METRIC_NAME);
		bool named = false, all = true;

		if (in->wanted == NULL)
			in->ignored[i] = strcmp(name, "target_info") == 0;
		for (size_t k = 0; in->wanted != NULL && k < in->wanted->n_matchers; k++)
			if (is_name(&in->wanted->matchers[k])) {
				named = true;
				all &= matcher_match_value(&in->wanted->matchers[k], name);
			}
		if (named)
			in->ignored[i] = all;
	}
}

/* The first selector inside the argument says when the info series are looked at. */
static const struct node *
first_selector(const struct node *n)
{
	const struct node *found = NULL;

	switch (n->kind) {
	case N_SELECTOR:
		return n;
	case N_MATRIX:
		return n->matrix.selector;
	case N_SUBQUERY:
		return first_selector(n->subquery.expr);
	case N_PAREN:
		return first_selector(n->paren.expr);
	case N_UNARY:
		return first_selector(n->unary.expr);
	case N_BINARY:
		found = first_selector(n->binary.lhs);
		return found != NULL ? found : first_selector(n->binary.rhs);
	case N_AGGREGATE:
		return first_selector(n->aggregate.expr);
	case N_CALL:
		for (size_t i = 0; found == NULL && i < n->call.n_args; i++)
			found = first_selector(n->call.args[i]);
		return found;
	default:
		return NULL;
	}
}

static int
fetch(struct infos *in, const struct node *arg)
{
	const struct node *sel = first_selector(arg);
	int64_t at, offset = 0;
	int rc = 0;

	in->info = (struct value){.type = VALUE_VECTOR};
	if (sel != NULL)
		offset = modifier_offset(in->ev, &sel->mod, &rc);
	if (rc < 0)
		return -1;
	bool fixed = sel != NULL && modifier_at(in->ev, &sel->mod, &at);
	return eval_matchers(in->ev, in->matchers, in->n_matchers, offset, fixed ? &at : NULL, PICK_TIMES_MS,
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

static const char *
text_of(struct eval *ev, struct labels l)
{
	struct buf b = BUF_INIT;
	const char *s;

	labels_format(&b, l);
	s = arena_strdup(ev->mem, buf_str(&b));
	buf_release(&b);
	return s;
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
					 text_of(in->ev, in->info.at[i < k ? i : k].labels), o->v[step],
					 text_of(in->ev, in->info.at[i < k ? k : i].labels), s->v[step]);
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
