/*
 * functions_drift.c -- the drift functions of PromQL: what src/drift computes, over vectors of histograms and
 * category counts. See functions.h for how a row works.
 *
 * Each element (histograms) or each group of elements that differ in the label `category` only (counts) is compared with its
 * reference, or with the element of the same labels of the second argument, which then is the reference side. What
 * cannot be judged -- no reference, other edges, nothing on the other side -- yields a warning and no sample, never a zero.
 * A window without values yields no sample.
 */
#include "functions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

#define CATEGORY "category"

/* One comparison: histograms on the same edges, or categories. */
struct sides {
	const struct histogram *ref, *cur;
	struct category_table t;
	bool categorical;
	double ref_stddev;
	double rows;
};

typedef double measure_fn(const struct sides *s);

/* What a function computes; NULL where it does not apply. */
struct measure {
	const char *name;
	measure_fn *numeric, *categorical;
	bool needs_no_reference;
};

/* ---- the measures ---- */

static struct table
bins_of(const struct sides *s, struct binning *b)
{
	drift_binning(b, s->ref, s->cur);
	return binning_table(b);
}

static double
measure_ks(const struct sides *s)
{
	struct ks k;

	drift_ks(&k, s->ref, s->cur);
	return k.statistic;
}

static double
measure_ks_pvalue(const struct sides *s)
{
	struct ks k;

	drift_ks(&k, s->ref, s->cur);
	return ks_pvalue(&k, NULL);
}

static double
measure_wasserstein(const struct sides *s)
{
	struct wasserstein w;

	drift_wasserstein(&w, s->ref, s->cur);
	return wasserstein_normed(w.value, s->ref_stddev);
}

/* The measures on shares: of decile bins or of categories. */
#define ON_SHARES(NAME, FUNCTION)                                                                                      \
	static double NAME##_numeric(const struct sides *s)                                                            \
	{                                                                                                              \
		struct binning b;                                                                                      \
		struct table t = bins_of(s, &b);                                                                       \
                                                                                                                       \
		return FUNCTION(&t);                                                                                   \
	}                                                                                                              \
	static double NAME##_categorical(const struct sides *s)                                                        \
	{                                                                                                              \
		return FUNCTION(&s->t.t);                                                                              \
	}

ON_SHARES(measure_psi, psi)
ON_SHARES(measure_psi_pvalue, psi_pvalue)
ON_SHARES(measure_js, js_distance)
ON_SHARES(measure_hellinger, hellinger_distance)
ON_SHARES(measure_tvd, total_variation)

static double
measure_chi2(const struct sides *s)
{
	return chi2_contingency(&s->t.t).statistic;
}

static double
measure_chi2_pvalue(const struct sides *s)
{
	return chi2_contingency(&s->t.t).pvalue;
}

static double
measure_new_share(const struct sides *s)
{
	return new_share(&s->t.t);
}

static double
measure_rows(const struct sides *s)
{
	return s->rows;
}

/* ---- references ---- */

static bool
matches(const char *label, const char *of_reference)
{
	return label[0] == '\0' || of_reference[0] == '\0' || strcmp(label, of_reference) == 0;
}

/* The feature's reference of this model and version; where the vector was summed over versions, any whose edges fit. */
static const struct reference_feature *
find_reference(const struct drift_call *c, struct labels l, const struct edges *edges)
{
	const char *model = labels_get(l, "model"), *version = labels_get(l, "version"),
		   *feature = labels_get(l, "feature");
	const struct reference *r = references_find(c->references, model, version);
	const struct reference_feature *f = r != NULL ? reference_feature_find(r, feature) : NULL, *other;

	for (size_t i = 0; f == NULL && i < references_count(c->references); i++) {
		r = references_at(c->references, i);
		if (!matches(model, reference_model(r)) || !matches(version, reference_version(r)))
			continue;
		other = reference_feature_find(r, feature);
		if (other != NULL && (edges == NULL || (other->edges != NULL && other->edges->id == edges->id)))
			f = other;
	}
	return f;
}

static void
warn_no_reference(const struct drift_call *c, const struct measure *m, struct labels l)
{
	drift_warn(c, "%s: no reference for feature \"%s\" of model \"%s\" version \"%s\"", m->name,
		   labels_get(l, "feature"), labels_get(l, "model"), labels_get(l, "version"));
}

static void
emit(const struct drift_call *c, struct labels l, double v)
{
	if (!isnan(v))
		drift_emit(c, l, v);
}

/* ---- histograms ---- */

/* The bucket limits of two exponential histograms as edges, so that features without a reference can be compared over time. */
struct limits {
	double *at;
	size_t n, cap;
};

static void
add_limit(struct arena *mem, struct limits *l, double v)
{
	if (!isfinite(v))
		return;
	if (l->n == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 64;

		l->at = arena_realloc(mem, l->at, l->cap * sizeof *l->at, cap * sizeof *l->at);
		l->cap = cap;
	}
	l->at[l->n++] = v;
}

static void
add_limits(struct arena *mem, struct limits *l, const struct histogram *h)
{
	struct bucket_iter it;
	struct bucket b;

	for (histogram_each(&it, h); bucket_next(&it, &b);) {
		add_limit(mem, l, b.lower);
		add_limit(mem, l, b.upper);
	}
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct edges *
edges_of_limits(struct limits *l)
{
	size_t k = 0;

	qsort(l->at, l->n, sizeof *l->at, by_value);
	for (size_t i = 0; i < l->n; i++)
		if (k == 0 || l->at[i] > l->at[k - 1])
			l->at[k++] = l->at[i];
	return edges_make(l->at, k, 0);
}

/* A bucket's values are somewhere inside it; a bucket of no width is an edge. */
static const struct histogram *
on_edges(struct arena *mem, const struct histogram *h, const struct edges *e)
{
	struct histogram *out = arena_calloc(mem, 1, sizeof *out);
	struct edge_bins *bins = arena_calloc(mem, 1, sizeof *bins);
	uint32_t *bin = arena_alloc(mem, (2 * e->n + 1) * sizeof *bin);
	double *count = arena_alloc(mem, (2 * e->n + 1) * sizeof *count),
	       *sum = arena_alloc(mem, (2 * e->n + 1) * sizeof *sum);
	struct bucket_iter it;
	struct bucket b;
	size_t k = 0;

	*bins = (struct edge_bins){e, 0, bin, count, sum, INFINITY, -INFINITY, h->sum, 0};
	for (histogram_each(&it, h); bucket_next(&it, &b);) {
		if (b.count == 0)
			continue;
		while (k < e->n && e->at[k] < b.upper)
			k++;
		bin[bins->n] = (uint32_t)(2 * k + (b.lower == b.upper));
		count[bins->n] = b.count;
		sum[bins->n++] = b.count * (b.lower + b.upper) / 2;
		bins->min = fmin(bins->min, b.lower);
		bins->max = fmax(bins->max, b.upper);
	}
	out->schema = HIST_EDGES;
	out->count = h->count;
	out->sum = h->sum;
	out->bins = bins;
	return out;
}

static void
compare_exponential(const struct drift_call *c, const struct measure *m, struct labels l, const struct histogram *cur,
		    const struct histogram *ref)
{
	int schema = cur->schema < ref->schema ? cur->schema : ref->schema;
	struct limits limits = {0};
	struct sides s = {.rows = cur->count};
	struct edges *e;

	cur = histogram_reduce(c->mem, cur, schema);
	ref = histogram_reduce(c->mem, ref, schema);
	add_limits(c->mem, &limits, cur);
	add_limits(c->mem, &limits, ref);
	if (limits.n == 0)
		return;
	e = edges_of_limits(&limits);
	s.cur = on_edges(c->mem, cur, e);
	s.ref = on_edges(c->mem, ref, e);
	s.ref_stddev = histogram_stddev(ref);
	emit(c, l, m->numeric(&s));
	edges_unref(e);
}

static bool
same_but_name(struct drift_call const *c, struct labels a, struct labels b)
{
	static const char *const name[] = {METRIC_NAME};

	return labels_equal(labels_drop(c->mem, a, name, 1), labels_drop(c->mem, b, name, 1));
}

static const struct vector_sample *
other_side(const struct drift_call *c, const struct vector_sample *a)
{
	for (size_t i = 0; i < c->n_b; i++)
		if (same_but_name(c, a->labels, c->b[i].labels))
			return &c->b[i];
	return NULL;
}

static void
compare_two(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	const struct vector_sample *b = other_side(c, a);
	struct sides s = {.rows = a->h->count};

	if (b == NULL || b->h == NULL) {
		drift_warn(c, "%s: nothing to compare feature \"%s\" of model \"%s\" with on the other side", m->name,
			   labels_get(a->labels, "feature"), labels_get(a->labels, "model"));
		return;
	}
	if (a->h->schema >= -4 && b->h->schema >= -4) {
		compare_exponential(c, m, a->labels, a->h, b->h);
		return;
	}
	if (a->h->schema != HIST_EDGES || b->h->schema != HIST_EDGES ||
	    a->h->bins->edges->id != b->h->bins->edges->id) {
		drift_warn(c, "%s: the two sides of feature \"%s\" were binned on different references", m->name,
			   labels_get(a->labels, "feature"));
		return;
	}
	s.cur = a->h;
	s.ref = b->h;
	s.ref_stddev = histogram_moments(b->h).stddev;
	emit(c, a->labels, m->numeric(&s));
}

static void
compare_with_reference(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	bool binned = a->h->schema == HIST_EDGES;
	const struct reference_feature *f = find_reference(c, a->labels, binned ? a->h->bins->edges : NULL);
	struct sides s = {.cur = a->h, .rows = a->h->count};

	if (f == NULL || f->categorical || !binned) {
		warn_no_reference(c, m, a->labels);
		return;
	}
	if (f->edges->id != a->h->bins->edges->id) {
		drift_warn(c,
			   "%s: feature \"%s\" of model \"%s\" was binned on another reference than the one loaded now",
			   m->name, f->name, labels_get(a->labels, "model"));
		return;
	}
	s.ref = f->hist;
	s.ref_stddev = f->stddev;
	emit(c, a->labels, m->numeric(&s));
}

static void
compare_histogram(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	if (m->needs_no_reference) {
		drift_emit(c, a->labels, a->h->count);
	} else if (m->numeric == NULL) {
		drift_warn(c, "%s is for categories, but \"%s\" is a numeric feature", m->name,
			   labels_get(a->labels, "feature"));
	} else if (a->h->count > 0) {
		if (c->has_b)
			compare_two(c, m, a);
		else
			compare_with_reference(c, m, a);
	}
}

/* ---- counts by category ---- */

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
		drift_warn(c, "%s: nothing to compare feature \"%s\" of model \"%s\" with on the other side", m->name,
			   labels_get(group, "feature"), labels_get(group, "model"));
		return false;
	}
	f = find_reference(c, group, NULL);
	if (f == NULL || !f->categorical) {
		warn_no_reference(c, m, group);
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
	emit(c, group, m->categorical(&s));
}

static void
compare_all(const struct drift_call *c, const struct measure *m)
{
	size_t n, n_b = 0;
	struct counted *v = counted_of(c, c->a, c->n_a, &n), *b = NULL;

	for (size_t i = 0; i < c->n_a; i++)
		if (c->a[i].h != NULL)
			compare_histogram(c, m, &c->a[i]);
	if (c->has_b && n > 0)
		b = counted_of(c, c->b, c->n_b, &n_b);
	for (size_t i = 0; i < n; i = group_end(v, i, n))
		compare_group(c, m, b, n_b, v[i].group, set_of(c->mem, v, i, group_end(v, i, n)));
}

/* ---- the table ---- */

#define MEASURES(X)                                                                                                    \
	X(drift_ks, measure_ks, NULL, false)                                                                           \
	X(drift_ks_pvalue, measure_ks_pvalue, NULL, false)                                                             \
	X(drift_psi, measure_psi_numeric, measure_psi_categorical, false)                                              \
	X(drift_psi_pvalue, measure_psi_pvalue_numeric, measure_psi_pvalue_categorical, false)                         \
	X(drift_js, measure_js_numeric, measure_js_categorical, false)                                                 \
	X(drift_hellinger, measure_hellinger_numeric, measure_hellinger_categorical, false)                            \
	X(drift_tvd, measure_tvd_numeric, measure_tvd_categorical, false)                                              \
	X(drift_wasserstein, measure_wasserstein, NULL, false)                                                         \
	X(drift_chi2, NULL, measure_chi2, false)                                                                       \
	X(drift_chi2_pvalue, NULL, measure_chi2_pvalue, false)                                                         \
	X(drift_new_share, NULL, measure_new_share, false)                                                             \
	X(drift_rows, measure_rows, measure_rows, true)

#define EVAL(NAME, NUMERIC, CATEGORICAL, FREE)                                                                         \
	static void eval_##NAME(const struct drift_call *c)                                                            \
	{                                                                                                              \
		static const struct measure m = {#NAME, NUMERIC, CATEGORICAL, FREE};                                   \
                                                                                                                       \
		compare_all(c, &m);                                                                                    \
	}
MEASURES(EVAL)

#define ROW(NAME, NUMERIC, CATEGORICAL, FREE) {#NAME, 1, 2, eval_##NAME},
const struct drift_function drift_functions[] = {MEASURES(ROW)};
const size_t n_drift_functions = sizeof drift_functions / sizeof *drift_functions;
