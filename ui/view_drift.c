/*
 * view_drift.c -- see view_drift.h.
 */
#include "view_drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/store.h"

/* ---- expressions ---- */

static void
add_matcher(struct buf *out, const char *label, const char *value)
{
	if (value == NULL)
		return;
	buf_addf(out, "%s%s=", out->len > 0 && out->p[out->len - 1] != '{' ? "," : "", label);
	labels_quote(out, value);
}

static void
add_increase(struct buf *out, const char *metric, const char *also_by, const struct stretch_of *what, int64_t offset_ms)
{
	buf_addf(out, "sum by (model, version, feature%s) (increase(%s{", also_by, metric);
	add_matcher(out, "model", what->model);
	add_matcher(out, "version", what->version);
	add_matcher(out, "feature", what->feature);
	buf_addstr(out, "}[");
	duration_format(out, what->width_ms);
	buf_addc(out, ']');
	if (offset_ms > 0) {
		buf_addstr(out, " offset ");
		duration_format(out, offset_ms);
	}
	buf_addstr(out, "))");
}

void
view_increase(struct buf *out, const struct stretch_of *what, bool categorical, int64_t offset_ms)
{
	if (categorical)
		add_increase(out, "ml_feature_category_total", ", category", what, offset_ms);
	else
		add_increase(out, "ml_feature", "", what, offset_ms);
}

void
view_drift_expression(struct buf *out, const char *function, const struct stretch_of *what, bool categorical,
		      enum drift_against b)
{
	buf_addf(out, "%s(", function);
	view_increase(out, what, categorical, 0);
	if (b != BASELINE_REFERENCE) {
		buf_addstr(out, ", ");
		view_increase(out, what, categorical, what->to - baseline_end(b, what->to, what->width_ms));
	}
	buf_addc(out, ')');
}

/* ---- the order of samples, in which one of thousands is found ---- */

struct key {
	const char *feature, *model, *version;
};

static int
key_order(const struct key *a, const struct key *b)
{
	int d = strcmp(a->feature, b->feature);

	d = d != 0 ? d : strcmp(a->model, b->model);
	return d != 0 ? d : strcmp(a->version, b->version);
}

static struct key
key_of(const struct vector_sample *v)
{
	return (struct key){labels_get(v->labels, "feature"), labels_get(v->labels, "model"),
			    labels_get(v->labels, "version")};
}

static int
by_key(const void *a, const void *b)
{
	const struct key x = key_of(a), y = key_of(b);

	return key_order(&x, &y);
}

/* ---- what arrived ---- */

/* What is old is kept in wider windows only: a stretch of it is whole ones, for one that is open at its ends would count in full. */
static struct stretch_of
whole_windows(const struct view_source *s, const struct stretch_of *what, struct err *e)
{
	const int64_t width = store_resolution(s->store, what->to - what->width_ms, e);
	struct stretch_of of = *what;

	if (width <= 0 || width == store_resolution(s->store, INT64_MAX, e))
		return of;
	of.to = of.to / width * width;
	of.width_ms = (of.width_ms + width - 1) / width * width;
	return of;
}

int
stretch_read(const struct view_source *s, const struct stretch_of *what, struct stretch *out, struct err *e)
{
	const struct stretch_of of = whole_windows(s, what, e);
	const struct {
		const char *metric, *also_by;
		struct promql_result *into;
		bool counts;
	} parts[] = {{"ml_feature", "", &out->numeric, false},
		     {"ml_feature_category_total", ", category", &out->categories, false},
		     {"ml_feature_missing_total", "", &out->missing, true},
		     {"ml_feature_invalid_total", ", reason", &out->invalid, true}};
	struct view_source then = *s;
	int rc = 0;

	memset(out, 0, sizeof *out);
	then.now = of.to;
	for (size_t i = 0; i < sizeof parts / sizeof *parts && rc == 0; i++) {
		struct buf expr = BUF_INIT;

		if (parts[i].counts && !what->counts)
			continue;
		add_increase(&expr, parts[i].metric, parts[i].also_by, &of, 0);
		rc = view_query_text(&then, buf_str(&expr), parts[i].into, e);
		if (rc == 0 && parts[i].into->type == VALUE_VECTOR && parts[i].into->n > 1)
			qsort(parts[i].into->vector, parts[i].into->n, sizeof *parts[i].into->vector, by_key);
		buf_release(&expr);
	}
	return rc;
}

void
stretch_release(struct stretch *x)
{
	promql_result_release(&x->numeric);
	promql_result_release(&x->categories);
	promql_result_release(&x->missing);
	promql_result_release(&x->invalid);
}

/* The samples of a key: the first, and how many. */
static const struct vector_sample *
samples_of(const struct promql_result *r, const struct key *k, size_t *n)
{
	size_t lo = 0, hi = r->type == VALUE_VECTOR ? r->n : 0, end;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const struct key at = key_of(&r->vector[mid]);

		if (key_order(&at, k) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; r->type == VALUE_VECTOR && end < r->n; end++) {
		const struct key at = key_of(&r->vector[end]);

		if (key_order(&at, k) != 0)
			break;
	}
	*n = end - lo;
	return r->vector + lo;
}

static void
add_invalid(struct feature_in *f, const struct vector_sample *v)
{
	const char *reason = labels_get(v->labels, "reason");

	if (strcmp(reason, "category") == 0) /* new ones are told as what they are */
		return;
	*(strcmp(reason, "below") == 0 ? &f->below : strcmp(reason, "above") == 0 ? &f->above : &f->invalid) += v->v;
}

static struct category_set
categories_of(struct arena *mem, const struct vector_sample *v, size_t n, double *rows)
{
	struct category_count *c = arena_alloc(mem, (n + 1) * sizeof *c);
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		*rows += v[i].v;
		if (v[i].v > 0)
			c[k++] = (struct category_count){labels_get(v[i].labels, "category"), v[i].v};
	}
	return (struct category_set){c, k};
}

struct feature_in
stretch_feature(const struct stretch *x, struct arena *mem, const char *model, const char *version, const char *feature)
{
	const struct key k = {feature, model, version};
	const struct vector_sample *v;
	struct feature_in f = {0};
	size_t n;

	v = samples_of(&x->numeric, &k, &n);
	if (n > 0 && v->h != NULL) {
		f.h = v->h;
		f.rows = v->h->count;
	}
	v = samples_of(&x->categories, &k, &n);
	if (n > 0)
		f.categories = categories_of(mem, v, n, &f.rows);
	v = samples_of(&x->missing, &k, &n);
	for (size_t i = 0; i < n; i++)
		f.missing += v[i].v;
	v = samples_of(&x->invalid, &k, &n);
	for (size_t i = 0; i < n; i++)
		add_invalid(&f, &v[i]);
	return f;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t
stretch_features(const struct stretch *x, struct arena *mem, const char ***out)
{
	const struct promql_result *from[] = {&x->numeric, &x->categories};
	size_t n = 0, k = 0;

	*out = arena_alloc(mem, (x->numeric.n + x->categories.n + 1) * sizeof **out);
	for (size_t r = 0; r < 2; r++)
		for (size_t i = 0; from[r]->type == VALUE_VECTOR && i < from[r]->n; i++)
			(*out)[n++] = labels_get(from[r]->vector[i].labels, "feature");
	qsort(*out, n, sizeof **out, by_name);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || strcmp((*out)[i], (*out)[k - 1]) != 0)
			(*out)[k++] = (*out)[i];
	return k;
}

/* ---- compared with what ---- */

int64_t
baseline_end(enum drift_against b, int64_t to, int64_t width_ms)
{
	return b == BASELINE_WEEK ? to - 7 * MS_DAY : b == BASELINE_PREVIOUS ? to - width_ms : to;
}

struct reference_feature
as_reference(const char *name, const struct feature_in *f)
{
	struct reference_feature r = {.name = name,
				      .categorical = f->h == NULL,
				      .rows = (uint64_t)(f->rows + f->missing),
				      .missing = (uint64_t)f->missing,
				      .mean = NAN,
				      .stddev = NAN,
				      .hist = f->h,
				      .categories = f->categories};

	if (f->h != NULL && f->h->count > 0) {
		r.mean = f->h->sum / f->h->count;
		r.stddev = histogram_stddev(f->h);
	}
	if (f->h != NULL && f->h->schema == HIST_EDGES) {
		r.min = f->h->bins->min;
		r.max = f->h->bins->max;
	}
	return r;
}

struct edges *
on_same_edges(struct arena *mem, const struct histogram **ref, const struct histogram **now)
{
	if (*ref != NULL && *now != NULL && (*ref)->schema >= -4 && (*now)->schema >= -4) {
		struct edges *e = drift_common_edges(mem, ref, now);

		if (e != NULL)
			return e;
	} else if (*ref != NULL && *now != NULL && (*ref)->schema == HIST_EDGES && (*now)->schema == HIST_EDGES &&
		   (*ref)->bins->edges->id == (*now)->bins->edges->id) {
		return NULL;
	}
	*ref = NULL;
	return NULL;
}

void
compare_whole(struct drift_feature *out, struct arena *mem, const struct reference_feature *ref,
	      const struct feature_in *now)
{
	struct reference_feature r = *ref;
	const struct histogram *h = now->h;
	struct edges *e = NULL;

	if (!r.categorical)
		e = on_same_edges(mem, &r.hist, &h);
	drift_feature_compare(out, &r, r.hist != NULL ? h : NULL, now->categories, mem);
	out->reference = ref;
	edges_unref(e);
}

static double
shares_apart(enum statistic s, const struct contingency *t)
{
	return s == STATISTIC_PSI ? psi(t) : s == STATISTIC_JS ? js_distance(t) : total_variation(t);
}

static double
histograms_apart(enum statistic s, const struct histogram *ref, const struct histogram *now, double ref_stddev)
{
	struct wasserstein w;
	struct binning b;
	struct contingency t;
	struct ks k;

	switch (s) {
	case STATISTIC_KS:
		drift_ks(&k, ref, now);
		return k.statistic;
	case STATISTIC_WASSERSTEIN:
		drift_wasserstein(&w, ref, now);
		return wasserstein_normed(w.value, ref_stddev);
	default:
		drift_binning(&b, ref, now);
		t = binning_table(&b);
		return shares_apart(s, &t);
	}
}

double
compare_one(enum statistic s, struct arena *mem, const struct reference_feature *ref, const struct feature_in *now)
{
	const struct histogram *r = ref->hist, *h = now->h;
	struct category_table t;
	struct edges *e;
	double v = NAN;

	if (!(now->rows > 0))
		return NAN;
	if (ref->categorical) {
		t = category_table(mem, ref->categories, now->categories);
		return shares_apart(s, &t.t);
	}
	e = on_same_edges(mem, &r, &h);
	if (r != NULL)
		v = histograms_apart(s, r, h, ref->stddev);
	edges_unref(e);
	return v;
}

const struct statistic_kind *
statistic_kind(enum statistic s, bool categorical)
{
	static const struct statistic_kind kinds[N_STATISTICS][2] = {
	    [STATISTIC_KS] = {{"KS", "drift_ks", KS_LIMIT}, {"TVD", "drift_tvd", KS_LIMIT}},
	    [STATISTIC_PSI] = {{"PSI", "drift_psi", PSI_LIMIT}, {"PSI", "drift_psi", PSI_LIMIT}},
	    [STATISTIC_JS] = {{"JS", "drift_js", KS_LIMIT}, {"JS", "drift_js", KS_LIMIT}},
	    [STATISTIC_WASSERSTEIN] = {{"W", "drift_wasserstein", KS_LIMIT}, {"TVD", "drift_tvd", KS_LIMIT}}};

	return &kinds[s][categorical];
}

double
statistic_of(enum statistic s, const struct drift_feature *d)
{
	if (!d->analysed)
		return NAN;
	switch (s) {
	case STATISTIC_PSI:
		return d->psi;
	case STATISTIC_JS:
		return d->js;
	case STATISTIC_WASSERSTEIN:
		return d->reference->categorical ? d->tvd : d->wasserstein_normed;
	default:
		return d->reference->categorical ? d->tvd : d->statistic;
	}
}
