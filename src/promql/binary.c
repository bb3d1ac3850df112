/*
 * binary.c -- binary operators: scalars, vector and scalar, set operators, and vectors matched one to one or many to one.
 *
 * "one" and "many" are the sides of a match; with group_right they are swapped here and swapped
 * back for the operation itself.
 */
#include <math.h>

#include "matching.h"

static struct sample
sample_at(const struct vseries *s, size_t step)
{
	return (struct sample){s->v[step], vseries_h(s, step)};
}

static void
set_sample(struct eval *ev, struct vseries *s, size_t step, struct sample x)
{
	if (x.h != NULL) {
		vseries_set_histogram(ev, s, step, x.h);
		return;
	}
	s->v[step] = x.v;
	if (s->h != NULL)
		s->h[step] = NULL;
}

static void
set_absent(struct vseries *s, size_t step)
{
	s->v[step] = absent_value();
	if (s->h != NULL)
		s->h[step] = NULL;
}

/* --- vector and scalar --- */

static void
vector_and_scalar(struct eval *ev, const struct node *n, struct value *vec, const double *scalar, bool scalar_left)
{
	const struct op_info *op = &op_info[n->binary.op];

	for (size_t i = 0; i < vec->n; i++) {
		struct vseries *s = &vec->at[i];

		if (n->binary.returns_bool || op->arithmetic)
			s->drop_name = true;
		for (size_t k = 0; k < ev->n; k++) {
			struct sample x = sample_at(s, k), y = {scalar[k], NULL}, r;
			enum kept kept;

			if (is_absent(s->v[k]))
				continue;
			kept = scalar_left ? sample_op(ev, n, y, x, &r) : sample_op(ev, n, x, y, &r);
			if (kept == KEEP && op->comparison)
				r = x; /* the vector's own value, on whichever side it stands */
			if (n->binary.returns_bool && kept != NO_RESULT)
				set_sample(ev, s, k, (struct sample){kept == KEEP, NULL});
			else if (kept == KEEP)
				set_sample(ev, s, k, r);
			else
				set_absent(s, k);
		}
	}
	value_drop_empty(ev, vec);
}

/* --- set operators --- */

static int
vector_and_unless(struct eval *ev, const struct match *m, bool and, struct value *left)
{
	for (size_t i = 0; i < left->n; i++) {
		for (size_t k = 0; k < ev->n; k++)
			if ((match_present(&m->right, m->left.signature[i], k) != NONE) != and)
				set_absent(&left->at[i], k);
		if ((i & 255) == 255 && eval_alive(ev) < 0)
			return -1;
	}
	value_drop_empty(ev, left);
	return 0;
}

/* Everything of the left side, and of the right side what has no match there. Same labels on both sides are one series. */
static int
vector_or(struct eval *ev, const struct match *m, struct value *left, struct value *right)
{
	for (size_t i = 0; i < right->n; i++) {
		struct vseries *s = &right->at[i], *to;

		for (size_t k = 0; k < ev->n; k++)
			if (match_present(&m->left, m->right.signature[i], k) != NONE)
				set_absent(s, k);
		if ((i & 255) == 255 && eval_alive(ev) < 0)
			return -1;
		if (vseries_empty(ev, s))
			continue;
		to = value_add(ev, left, s->labels);
		if (to == NULL)
			return -1;
		*to = *s;
	}
	return ev->n > 1 ? value_merge_same(ev, left) : 0;
}

static int
set_operator(struct eval *ev, const struct node *n, struct value *l, struct value *r)
{
	struct value left = *l; /* the match looks at the sides as they were */
	struct match m;

	left.at = arena_alloc(ev->mem, (l->n + 1) * sizeof *left.at);
	if (l->n > 0)
		memcpy(left.at, l->at, l->n * sizeof *left.at);
	match_series(ev, n->binary.matching, &left, r, &m);
	if (n->binary.op == OP_OR)
		return vector_or(ev, &m, l, r);
	return vector_and_unless(ev, &m, n->binary.op == OP_AND, l);
}

/* --- vectors matched --- */

struct element { /* of one side at one step */
	struct labels labels;
	struct sample s;
	uint32_t series; /* NONE: filled in */
	bool drop_name;
};

struct known_pair {
	uint32_t one;
	size_t result; /* + 1; 0: none yet */
};

struct joining {
	struct eval *ev;
	const struct node *node;
	const struct matching *m;
	struct match match;
	const struct match_side *many, *one;
	bool swapped; /* group_right */
	const double *fill_many, *fill_one;
	struct value *out;
	struct numbering names; /* results by labels: index into out */
	size_t *seen;           /* result -> step + 1 of its newest sample's match */
	uint32_t *seen_signature;
	size_t cap_seen;
	bool *matched;            /* by signature, at this step */
	struct known_pair *known; /* by series of the many side: where its last result went */
};

static struct labels
result_labels(struct joining *j, struct labels many, struct labels one)
{
	const struct matching *m = j->m;
	struct labels l = many;

	if (op_info[j->node->binary.op].arithmetic)
		l = labels_without_metadata(j->ev->mem, l);
	if (m->card == CARD_ONE_TO_ONE)
		l = m->on ? labels_keep(j->ev->mem, l, m->sorted.at, m->sorted.n)
			  : (m->sorted.n > 0 ? labels_drop(j->ev->mem, l, m->sorted.at, m->sorted.n) : l);
	for (size_t i = 0; i < m->include.n; i++)
		l = labels_with(j->ev->mem, l, m->include.at[i], labels_get(one, m->include.at[i]));
	return l;
}

static int
fail_duplicate(struct joining *j, uint32_t a, uint32_t b)
{
	struct arena *mem = j->ev->mem;
	struct labels la = j->one->v->at[a].labels, lb = j->one->v->at[b].labels;

	return eval_fail(
	    j->ev,
	    "found duplicate series for the match group %s on the %s hand-side of the operation: [%s, %s];many-to-many "
	    "matching not allowed: matching labels must be unique on one side",
	    labels_text(mem, matching_labels(mem, j->m, lb)), j->swapped ? "left" : "right", labels_text(mem, lb),
	    labels_text(mem, la));
}

static int
check_one_side(struct joining *j, size_t step)
{
	for (size_t s = 0; s < j->match.signatures.n; s++) {
		uint32_t a, b;

		if (j->one->first[s] != NONE && j->one->next[j->one->first[s]] != NONE &&
		    match_twice(j->one, s, step, &a, &b))
			return fail_duplicate(j, a, b);
	}
	return 0;
}

/* A result series for these labels, new or known. -1 with the error. */
static int
find_result(struct joining *j, struct labels l, size_t *out)
{
	*out = numbering_of(&j->names, l);
	if (*out < j->out->n)
		return 0;
	if (*out == j->cap_seen) {
		size_t cap = j->cap_seen != 0 ? j->cap_seen * 2 : 16;

		j->seen = arena_realloc(j->ev->mem, j->seen, j->cap_seen * sizeof *j->seen, cap * sizeof *j->seen);
		j->seen_signature =
		    arena_realloc(j->ev->mem, j->seen_signature, j->cap_seen * sizeof *j->seen_signature,
				  cap * sizeof *j->seen_signature);
		j->cap_seen = cap;
	}
	if (value_add(j->ev, j->out, l) == NULL)
		return -1;
	j->seen[*out] = 0;
	return 0;
}

/* The result series of a pair; labels are computed when the pair is a new one. */
static int
result_of(struct joining *j, const struct element *many, const struct element *one, size_t *out)
{
	struct known_pair *known = many->series != NONE ? &j->known[many->series] : NULL;

	if (known != NULL && known->result != 0 && known->one == one->series) {
		*out = known->result - 1;
		return 0;
	}
	if (find_result(j, result_labels(j, many->labels, one->labels), out) < 0)
		return -1;
	j->out->at[*out].drop_name |= j->node->binary.returns_bool || many->drop_name;
	if (known != NULL)
		*known = (struct known_pair){one->series, *out + 1};
	return 0;
}

/* A result must not have a match at this step yet. */
static int
claim(struct joining *j, size_t at, uint32_t signature, size_t step)
{
	if (j->m->card != CARD_ONE_TO_ONE && j->seen[at] == step + 1 && j->seen_signature[at] == signature)
		return eval_fail(j->ev, "multiple matches for labels: grouping labels must ensure unique matches");
	j->seen[at] = step + 1;
	j->seen_signature[at] = signature;
	return 0;
}

static int
apply(struct joining *j, const struct element *many, const struct element *one, uint32_t signature, size_t step)
{
	struct sample r;
	size_t at = 0;
	enum kept kept = j->swapped ? sample_op(j->ev, j->node, one->s, many->s, &r)
				    : sample_op(j->ev, j->node, many->s, one->s, &r);

	if (kept == NO_RESULT)
		return 0;
	if (j->m->card == CARD_ONE_TO_ONE && j->matched[signature])
		return eval_fail(
		    j->ev,
		    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
	j->matched[signature] = true;
	if (result_of(j, many, one, &at) < 0 || claim(j, at, signature, step) < 0)
		return -1;
	if (j->node->binary.returns_bool)
		r = (struct sample){kept == KEEP, NULL};
	else if (kept == DROP)
		return 0;
	if (!is_absent(j->out->at[at].v[step]))
		return eval_fail(j->ev, "vector cannot contain metrics with the same labelset");
	set_sample(j->ev, &j->out->at[at], step, r);
	return 0;
}

static struct element
element_of(const struct match_side *side, uint32_t series, size_t step)
{
	const struct vseries *s = &side->v->at[series];

	return (struct element){s->labels, sample_at(s, step), series, s->drop_name};
}

static struct element
filled(struct joining *j, const struct element *like, double v)
{
	return (struct element){matching_labels(j->ev->mem, j->m, like->labels), {v, NULL}, NONE, false};
}

static int
join_step(struct joining *j, size_t step)
{
	memset(j->matched, 0, j->match.signatures.n * sizeof *j->matched);
	for (uint32_t i = 0; i < j->many->v->n; i++) {
		uint32_t sig = j->many->signature[i], k;
		struct element many, one;

		if (is_absent(j->many->v->at[i].v[step]))
			continue;
		k = match_present(j->one, sig, step);
		if (k == NONE && j->fill_one == NULL)
			continue;
		many = element_of(j->many, i, step);
		one = k != NONE ? element_of(j->one, k, step) : filled(j, &many, *j->fill_one);
		if (apply(j, &many, &one, sig, step) < 0)
			return -1;
	}
	for (uint32_t i = 0; j->fill_many != NULL && i < j->one->v->n; i++) {
		uint32_t sig = j->one->signature[i];
		struct element many, one;

		if (is_absent(j->one->v->at[i].v[step]) || j->matched[sig] || match_present(j->many, sig, step) != NONE)
			continue;
		one = element_of(j->one, i, step);
		many = filled(j, &one, *j->fill_many);
		if (apply(j, &many, &one, sig, step) < 0)
			return -1;
	}
	return 0;
}

static int
join_vectors(struct eval *ev, const struct node *n, struct value *l, struct value *r, struct value *out)
{
	const struct matching *m = n->binary.matching;
	struct joining j = {
	    .ev = ev, .node = n, .m = m, .swapped = m->card == CARD_ONE_TO_MANY, .out = out, .names = {.mem = ev->mem}};
	const double *fill_left = m->has_fill_left ? &m->fill_left : NULL,
		     *fill_right = m->has_fill_right ? &m->fill_right : NULL;

	*out = (struct value){.type = VALUE_VECTOR};
	match_series(ev, m, l, r, &j.match);
	j.many = j.swapped ? &j.match.right : &j.match.left;
	j.one = j.swapped ? &j.match.left : &j.match.right;
	/* With group_right the sides are swapped but not the fills, as in Prometheus. */
	j.fill_many = fill_left;
	j.fill_one = fill_right;
	j.known = arena_calloc(ev->mem, j.many->v->n + 1, sizeof *j.known);
	j.matched = arena_calloc(ev->mem, j.match.signatures.n + 1, sizeof *j.matched);
	for (size_t step = 0; step < ev->n; step++) {
		bool many = j.many->any[step], one = j.one->any[step];

		if ((!many && !one) || ((!many || !one) && fill_left == NULL && fill_right == NULL))
			continue;
		if (check_one_side(&j, step) < 0 || join_step(&j, step) < 0)
			return -1;
		if ((step & 63) == 63 && eval_alive(ev) < 0)
			return -1;
	}
	value_drop_empty(ev, out);
	return 0;
}

int
eval_binary(struct eval *ev, const struct node *n, struct value *out)
{
	bool left_scalar = n->binary.lhs->type == VALUE_SCALAR, right_scalar = n->binary.rhs->type == VALUE_SCALAR;
	struct value l, r;

	if (eval_node(ev, n->binary.lhs, &l) < 0 || eval_node(ev, n->binary.rhs, &r) < 0)
		return -1;
	if (left_scalar && right_scalar) {
		for (size_t k = 0; k < ev->n; k++)
			l.at[0].v[k] = scalar_op(n->binary.op, l.at[0].v[k], r.at[0].v[k]);
		*out = l;
		return 0;
	}
	if (left_scalar || right_scalar) {
		vector_and_scalar(ev, n, left_scalar ? &r : &l, (left_scalar ? &l : &r)->at[0].v, left_scalar);
		*out = left_scalar ? r : l;
		return 0;
	}
	if (!op_info[n->binary.op].set)
		return join_vectors(ev, n, &l, &r, out);
	if (set_operator(ev, n, &l, &r) < 0)
		return -1;
	*out = l;
	return 0;
}
