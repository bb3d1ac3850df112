/*
 * matching.c -- which series of two vectors belong together: signatures, computed once per series.
 */
#include "matching.h"

struct labels
matching_labels(struct arena *mem, const struct matching *m, struct labels l)
{
	if (m->on)
		return labels_keep(mem, l, m->sorted.at, m->sorted.n);
	/* The name nearly always comes first and is left out without a copy. */
	if (l.n > 0 && strcmp(l.at[0].name, METRIC_NAME) == 0)
		l = (struct labels){l.at + 1, l.n - 1};
	else if (labels_has(l, METRIC_NAME))
		l = labels_with(mem, l, METRIC_NAME, "");
	return m->sorted.n > 0 ? labels_drop(mem, l, m->sorted.at, m->sorted.n) : l;
}

static void
sign(struct eval *ev, const struct matching *m, struct numbering *names, const struct value *v, struct match_side *out)
{
	out->v = v;
	out->signature = arena_alloc(ev->mem, (v->n + 1) * sizeof *out->signature);
	for (size_t i = 0; i < v->n; i++)
		out->signature[i] = (uint32_t)numbering_of(names, matching_labels(ev->mem, m, v->at[i].labels));
}

static void
link_side(struct eval *ev, size_t n_signatures, struct match_side *s)
{
	s->next = arena_alloc(ev->mem, (s->v->n + 1) * sizeof *s->next);
	s->first = arena_alloc(ev->mem, (n_signatures + 1) * sizeof *s->first);
	s->any = arena_calloc(ev->mem, ev->n + 1, sizeof *s->any);
	for (size_t i = 0; i < n_signatures; i++)
		s->first[i] = NONE;
	for (size_t i = s->v->n; i-- > 0;) {
		s->next[i] = s->first[s->signature[i]];
		s->first[s->signature[i]] = (uint32_t)i;
		for (size_t k = 0; k < ev->n; k++)
			s->any[k] |= !is_absent(s->v->at[i].v[k]);
	}
}

void
match_series(struct eval *ev, const struct matching *m, const struct value *left, const struct value *right,
	     struct match *out)
{
	*out = (struct match){.signatures = {.mem = ev->mem}};
	sign(ev, m, &out->signatures, left, &out->left);
	sign(ev, m, &out->signatures, right, &out->right);
	link_side(ev, out->signatures.n, &out->left);
	link_side(ev, out->signatures.n, &out->right);
}

uint32_t
match_present(const struct match_side *s, size_t signature, size_t step)
{
	uint32_t i = s->first[signature];

	while (i != NONE && is_absent(s->v->at[i].v[step]))
		i = s->next[i];
	return i;
}

bool
match_twice(const struct match_side *s, size_t signature, size_t step, uint32_t *first, uint32_t *second)
{
	uint32_t i = match_present(s, signature, step);

	if (i == NONE || s->next[i] == NONE)
		return false;
	*first = i;
	for (i = s->next[i]; i != NONE; i = s->next[i])
		if (!is_absent(s->v->at[i].v[step])) {
			*second = i;
			return true;
		}
	return false;
}
