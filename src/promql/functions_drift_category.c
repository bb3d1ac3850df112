/*
 * functions_drift_category.c -- drift of counts by category: elements that differ in the label `category` only are one group, and are
 * compared with the reference's categories or with the group of the same labels on the other side.
 */
#include "functions_drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"

#define CATEGORY "category"

struct counted {
	struct labels group;
	const char *category;
	double n;
};

static int
by_group(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;
	int d = labels_cmp(x->group, y->group);

	return d != 0 ? d : strcmp(x->category, y->category);
}

/* The elements that are counts, sorted by their labels without name and category. */
static struct counted *
counted_of(const struct drift_call *c, const struct vector_sample *v, size_t n, size_t *out_n)
{
	static const char *const dropped[] = {METRIC_NAME, CATEGORY};
	struct counted *out = arena_alloc(c->mem, (n + 1) * sizeof *out);
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].h == NULL && !isnan(v[i].v))
			out[k++] = (struct counted){labels_drop(c->mem, v[i].labels, dropped, 2),
						    labels_get(v[i].labels, CATEGORY), v[i].v};
	qsort(out, k, sizeof *out, by_group);
	*out_n = k;
	return out;
}

static size_t
group_end(const struct counted *v, size_t from, size_t n)
{
	size_t i = from;

	while (i < n && labels_equal(v[i].group, v[from].group))
		i++;
	return i;
}

static struct category_set
set_of(struct arena *mem, const struct counted *v, size_t from, size_t to)
{
	struct category_count *at = arena_alloc(mem, (to - from + 1) * sizeof *at);

	for (size_t i = from; i < to; i++)
		at[i - from] = (struct category_count){v[i].category, v[i].n};
	return (struct category_set){at, to - from};
}

/* The other side of a group: its elements of the second argument, or the reference's categories. */
static bool
reference_set(const struct drift_call *c, const struct measure *m, const struct counted *b, size_t n_b,
	      struct labels group, struct category_set *out)
{
	const struct reference_feature *f;

	for (size_t i = 0; c->has_b && i < n_b; i = group_end(b, i, n_b))
		if (labels_equal(b[i].group, group)) {
			*out = set_of(c->mem, b, i, group_end(b, i, n_b));
			return true;
		}
	if (c->has_b) {
		drift_warn_no_other_side(c, m, group);
		return false;
	}
	f = drift_find_reference(c, group, NULL);
	if (f == NULL || !f->categorical) {
		drift_warn_no_reference(c, m, group);
		return false;
	}
	*out = f->categories;
	return true;
}

static void
compare_group(const struct drift_call *c, const struct measure *m, const struct counted *b, size_t n_b,
	      struct labels group, struct category_set cur)
{
	struct sides s = {.categorical = true};
	struct category_set ref;

	for (size_t i = 0; i < cur.n; i++)
		s.rows += cur.at[i].count;
	if (m->needs_no_reference) {
		drift_emit(c, group, s.rows);
		return;
	}
	if (m->categorical == NULL) {
		drift_warn(c, "%s is for numeric features, but \"%s\" is categorical", m->name,
			   labels_get(group, "feature"));
		return;
	}
	if (!(s.rows > 0) || !reference_set(c, m, b, n_b, group, &ref))
		return;
	s.t = category_table(c->mem, ref, cur);
	drift_result(c, group, m->categorical(&s));
}

void
drift_compare_categories(const struct drift_call *c, const struct measure *m)
{
	size_t n, n_b = 0;
	struct counted *v = counted_of(c, c->a, c->n_a, &n), *b = NULL;

	if (c->has_b && n > 0)
		b = counted_of(c, c->b, c->n_b, &n_b);
	for (size_t i = 0; i < n; i = group_end(v, i, n))
		compare_group(c, m, b, n_b, v[i].group, set_of(c->mem, v, i, group_end(v, i, n)));
}
