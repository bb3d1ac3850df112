/*
 * histogram_add.c -- adding and subtracting histograms, one pair at a time or many with compensated summation.
 *
 * As in Prometheus: zero buckets are widened until both are alike, the finer schema is reduced to the
 * coarser one, custom bounds are cut down to those that both sides have, and conflicting counter-reset hints are
 * reported. Compensation is Neumaier's: what a sum loses is kept beside it and added at the end.
 */
#include <math.h>
#include <string.h>

#include "histogram_private.h"
#include "mlwatch/arena.h"

void
kahan_add(double inc, double *sum, double *comp)
{
	double t = *sum + inc;

	if (isinf(t))
		*comp = 0;
	else if (fabs(*sum) >= fabs(inc))
		*comp += (*sum - t) + inc;
	else
		*comp += (inc - t) + *sum;
	*sum = t;
}

static void
accumulate(double inc, double *sum, double *comp, bool compensated)
{
	if (compensated)
		kahan_add(inc, sum, comp);
	else
		*sum += inc;
}

/* True when every index of o is in s already, so that no bucket has to be inserted. */
static bool
side_covers(const struct side *s, const struct side *o)
{
	size_t i = 0;

	for (size_t k = 0; k < o->n; k++) {
		while (i < s->n && s->index[i] < o->index[k])
			i++;
		if (i == s->n || s->index[i] != o->index[k])
			return false;
	}
	return true;
}

void
side_merge(struct arena *mem, struct side *s, const struct side *o, double sign, bool compensated)
{
	if (side_covers(s, o)) {
		for (size_t i = 0, k = 0; k < o->n; k++) {
			while (s->index[i] < o->index[k])
				i++;
			accumulate(sign * o->count[k], &s->count[i], &s->comp[i], compensated);
		}
		return;
	}
	size_t cap = s->n + o->n, i = 0, k = 0;
	struct side to = {0, arena_alloc(mem, cap * sizeof *to.index), arena_alloc(mem, cap * sizeof *to.count),
			  arena_calloc(mem, cap, sizeof *to.comp)};
	while (i < s->n || k < o->n) {
		size_t at = to.n++;
		bool mine = k == o->n || (i < s->n && s->index[i] <= o->index[k]);
		bool theirs = i == s->n || (k < o->n && o->index[k] <= s->index[i]);
		to.index[at] = mine ? s->index[i] : o->index[k];
		to.count[at] = mine ? s->count[i] : sign * o->count[k];
		if (mine)
			to.comp[at] = s->comp[i];
		if (mine && theirs)
			accumulate(sign * o->count[k], &to.count[at], &to.comp[at], compensated);
		i += mine;
		k += theirs;
	}
	*s = to;
}

void
side_drop_below(struct side *s, int schema, double threshold)
{
	size_t first = 0;

	while (first < s->n && exponential_bound(s->index[first], schema) <= threshold)
		first++;
	if (first == 0)
		return; /* there may be no arrays at all */
	s->index += first;
	s->count += first;
	s->comp += first;
	s->n -= first;
}

/* Adds to *count what lies below *threshold. When it falls inside a populated bucket, *threshold grows to that bucket's end. */
static void
zero_absorb(const struct side *s, int schema, double *threshold, double *count, double *comp)
{
	for (size_t i = 0; i < s->n; i++) {
		if (exponential_bound((int64_t)s->index[i] - 1, schema) >= *threshold)
			return;
		*count += s->count[i];
		*comp += s->comp[i];
		double upper = exponential_bound(s->index[i], schema);
		if (upper > *threshold) {
			if (s->count[i] + s->comp[i] != 0)
				*threshold = upper;
			return;
		}
	}
}

double
work_zero_count(const struct work *w, double *threshold, double *comp)
{
	double count, was;

	if (*threshold == w->zero_threshold) {
		*comp = w->zero_comp;
		return w->zero_count;
	}
	do { /* a threshold that the negative side moved has to be looked at again on the positive one */
		count = w->zero_count;
		*comp = w->zero_comp;
		zero_absorb(&w->pos, w->schema, threshold, &count, comp);
		was = *threshold;
		zero_absorb(&w->neg, w->schema, threshold, &count, comp);
	} while (*threshold != was);
	return count;
}

/* Forgets the buckets that the zero bucket has swallowed, and empty ones with them. */
static void
side_trim(struct side *s, int schema, double threshold)
{
	size_t to = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (exponential_bound((int64_t)s->index[i] - 1, schema) < threshold || s->count[i] + s->comp[i] == 0)
			continue;
		s->index[to] = s->index[i];
		s->count[to] = s->count[i];
		s->comp[to] = s->comp[i];
		to++;
	}
	s->n = to;
}

/* Widens w's zero bucket until it is as wide as o's; returns o's zero count at that width. */
static double
reconcile_zero(struct work *w, const struct work *o)
{
	double threshold = o->zero_threshold, count = o->zero_count, comp;

	while (threshold != w->zero_threshold) {
		if (w->zero_threshold > threshold) {
			threshold = w->zero_threshold;
			count = work_zero_count(o, &threshold, &comp);
		}
		if (threshold > w->zero_threshold) {
			double mine = threshold;
			w->zero_count = work_zero_count(w, &mine, &w->zero_comp);
			w->zero_threshold = mine;
			side_trim(&w->pos, w->schema, mine);
			side_trim(&w->neg, w->schema, mine);
		}
	}
	return count;
}

static void
combine_hints(struct work *w, enum reset_hint other, unsigned *notes)
{
	if (w->hint == other || w->hint == RESET_GAUGE || w->hint == RESET_UNKNOWN) {
		if (other == RESET_GAUGE)
			w->hint = RESET_GAUGE;
		return;
	}
	if (other == RESET_GAUGE) {
		w->hint = RESET_GAUGE;
		return;
	}
	if (other != RESET_UNKNOWN && notes != NULL)
		*notes |= HIST_NOTE_RESET_COLLISION;
	w->hint = RESET_UNKNOWN;
}

bool
histogram_same_custom(const double *a, size_t na, const double *b, size_t nb)
{
	return na == nb && (na == 0 || memcmp(a, b, na * sizeof *a) == 0);
}

size_t
histogram_common_custom(double *out, const double *a, size_t na, const double *b, size_t nb)
{
	size_t n = 0;

	for (size_t i = 0, k = 0; i < na && k < nb;) {
		if (a[i] == b[k]) {
			out[n++] = a[i];
			i++, k++;
		} else if (a[i] < b[k]) {
			i++;
		} else {
			k++;
		}
	}
	return n;
}

static void
reconcile_custom(struct arena *mem, struct work *w, struct work *o, unsigned *notes)
{
	if (histogram_same_custom(w->custom, w->n_custom, o->custom, o->n_custom))
		return;
	if (notes != NULL)
		*notes |= HIST_NOTE_CUSTOM_BOUNDS;
	double *common = arena_alloc(mem, (w->n_custom + 1) * sizeof *common);
	size_t n = histogram_common_custom(common, w->custom, w->n_custom, o->custom, o->n_custom);
	side_map_custom(&w->pos, w->custom, w->n_custom, common, n);
	side_map_custom(&o->pos, o->custom, o->n_custom, common, n);
	w->custom = common;
	w->n_custom = n;
}

static void
reconcile_schema(struct work *w, struct work *o)
{
	int schema = w->schema < o->schema ? w->schema : o->schema;

	side_reduce(&w->pos, w->schema, schema);
	side_reduce(&w->neg, w->schema, schema);
	side_reduce(&o->pos, o->schema, schema);
	side_reduce(&o->neg, o->schema, schema);
	w->schema = schema;
	side_drop_below(&o->pos, schema, w->zero_threshold);
	side_drop_below(&o->neg, schema, w->zero_threshold);
}

/* w += sign * h. Both are of one kind. */
static void
work_add(struct arena *mem, struct work *w, const struct histogram *h, double sign, bool compensated, unsigned *notes)
{
	struct work o = work_read(mem, h);

	combine_hints(w, h->hint, notes);
	if (w->schema == HIST_CUSTOM) {
		reconcile_custom(mem, w, &o, notes);
	} else {
		double zero = reconcile_zero(w, &o);
		accumulate(sign * zero, &w->zero_count, &w->zero_comp, compensated);
		reconcile_schema(w, &o);
	}
	accumulate(sign * h->count, &w->count, &w->count_comp, compensated);
	accumulate(sign * h->sum, &w->sum, &w->sum_comp, compensated);
	side_merge(mem, &w->pos, &o.pos, sign, compensated);
	side_merge(mem, &w->neg, &o.neg, sign, compensated);
}

static bool
combinable(const struct histogram *a, const struct histogram *b, unsigned *notes)
{
	bool ok = a->schema == HIST_EDGES    ? b->schema == HIST_EDGES && edges_same(a, b)
		  : a->schema == HIST_CUSTOM ? b->schema == HIST_CUSTOM
					     : histogram_is_exponential(b);

	if (!ok && notes != NULL)
		*notes |= HIST_NOTE_INCOMPATIBLE;
	return ok;
}

static struct histogram *
combine(struct arena *mem, const struct histogram *a, const struct histogram *b, double sign, unsigned *notes)
{
	if (!combinable(a, b, notes))
		return NULL;
	if (a->schema == HIST_EDGES)
		return edges_combine(mem, a, b, sign);
	struct work w = work_read(mem, a);
	work_add(mem, &w, b, sign, false, notes);
	return work_write(mem, &w);
}

struct histogram *
histogram_add(struct arena *mem, const struct histogram *a, const struct histogram *b, unsigned *notes)
{
	return combine(mem, a, b, 1, notes);
}

struct histogram *
histogram_sub(struct arena *mem, const struct histogram *a, const struct histogram *b, unsigned *notes)
{
	return combine(mem, a, b, -1, notes);
}

struct histogram_sum {
	struct arena *mem;
	/* EDGES: the first one; counts are integers there, nothing needs compensation */
	const struct histogram *edges;
	struct edges_sum *edges_sum; /* EDGES: from the second one on; freed with the result or a failed add */
	struct histogram kind;       /* schema of the first one, for the check */
	struct work w;
};

struct histogram_sum *
histogram_sum_open(struct arena *mem, const struct histogram *first)
{
	struct histogram_sum *s = arena_calloc(mem, 1, sizeof *s);

	s->mem = mem;
	s->kind = *first;
	if (first->schema == HIST_EDGES)
		s->edges = first;
	else
		s->w = work_read(mem, first);
	return s;
}

int
histogram_sum_add(struct histogram_sum *s, const struct histogram *h, unsigned *notes)
{
	if (!combinable(&s->kind, h, notes)) {
		if (s->edges_sum != NULL)
			edges_sum_close(s->edges_sum, NULL);
		s->edges_sum = NULL;
		return -1;
	}
	if (s->edges != NULL) {
		if (s->edges_sum == NULL)
			s->edges_sum = edges_sum_open(s->edges);
		edges_sum_add(s->edges_sum, h);
	} else {
		work_add(s->mem, &s->w, h, 1, true, notes);
	}
	return 0;
}

struct histogram *
histogram_sum_result(struct histogram_sum *s)
{
	if (s->edges_sum != NULL) {
		s->edges = edges_sum_close(s->edges_sum, s->mem);
		s->edges_sum = NULL;
		return (struct histogram *)(uintptr_t)s->edges; /* ours */
	}
	return s->edges != NULL ? histogram_copy(s->mem, s->edges) : work_write(s->mem, &s->w);
}
