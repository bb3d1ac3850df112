/*
 * eval.h -- what the evaluator's files share.
 *
 * A value is a set of series over the steps of the evaluation: one double per step, ABSENT where there is no sample, and
 * beside it a histogram where the sample is one. An instant query has one step. Values belong to the evaluation's arena and
 * to one owner, who may change them in place; histograms are immutable and shared.
 */
#ifndef PROMQL_EVAL_H
#define PROMQL_EVAL_H

#include <string.h>

#include "ast.h"
#include "functions.h"
#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/promql.h"

#define LOOKBACK_DEFAULT_MS (5 * 60 * 1000)
#define SUBQUERY_STEP_MS    (60 * 1000)

/* A NaN that no computation yields. */
#define ABSENT_BITS UINT64_C(0x7ff8a5e27ab5e17d)

static inline bool
is_absent(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	return bits == ABSENT_BITS;
}

static inline double
absent_value(void)
{
	uint64_t bits = ABSENT_BITS;
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

struct vseries {
	struct labels labels;
	double *v;                  /* one per step; 0 where h is not NULL */
	const struct histogram **h; /* one per step, or NULL when there is none at all */
	bool drop_name;             /* the name goes at the end of the query */
};

struct value {
	enum value_type type; /* a scalar is one series without labels */
	struct vseries *at;
	size_t n, cap;
	const char *string;
};

struct note {
	bool info;
	uint32_t at;
	char *text;
	struct monotonicity *forced;
};

/* Annotations of one kind that are told as one: what was forced to be monotonic, when, how much. */
struct monotonicity {
	double lowest, highest, max_diff;
	size_t count;
	int64_t first, last;
};

struct run { /* one query */
	const struct promql *p;
	const struct expr *x;
	struct arena *mem;
	struct arena *scratch; /* for one sample's computation: reset after each */
	struct err *e;
	int64_t start, end, step; /* as asked; step 0 for an instant query */
	int64_t lookback, deadline;
	size_t samples, peak, limit, max_bytes;
	struct note *notes;
	size_t n_notes, cap_notes;
	bool too_large; /* a storage had more samples than the soft limit */
};

struct eval { /* one grid of steps: the query's or a subquery's */
	struct run *run;
	struct arena *mem;
	int64_t start, step; /* step > 0 */
	size_t n;
	bool stats;      /* only counts and sums of histograms are looked at in the end */
	bool no_stats;   /* ... but not here: inside of a subquery or of histogram_quantile() */
	bool soft_limit; /* rather give up early than load very many samples: see blocks.c */
};

static inline int64_t
step_time(const struct eval *ev, size_t i)
{
	return ev->start + (int64_t)i * ev->step;
}

/* --- eval.c --- */
int eval_node(struct eval *ev, const struct node *n, struct value *out);
int eval_fail(struct eval *ev, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Deadline, cancellation. -1 when it is time to give up. */
int eval_alive(struct eval *ev);
/* The same now and then, by how many points were worked on since the last look and not by steps: one step may have 86,400 of them. */
#define HISTOGRAM_WORK 100 /* points that one histogram is worth */
int eval_worked(struct eval *ev, size_t *work, size_t points);
/* Accounts for n more samples in memory. -1 when there are too many. */
int eval_take(struct eval *ev, size_t n);

/* --- values.c --- */
struct vseries *
value_add(struct eval *ev, struct value *v, struct labels l); /* all absent; NULL: limit reached, error set */
void vseries_set_histogram(struct eval *ev, struct vseries *s, size_t step, const struct histogram *h);
static inline const struct histogram *
vseries_h(const struct vseries *s, size_t step)
{
	return s->h != NULL ? s->h[step] : NULL;
}
int value_constant(struct eval *ev, double v, struct value *out); /* a scalar */
bool vseries_empty(const struct eval *ev, const struct vseries *s);
void value_drop_empty(const struct eval *ev, struct value *v);
/* Joins series with the same labels; two samples at one step are an error. */
int value_merge_same(struct eval *ev, struct value *v);
/* At the end of a query: names that were to go. */
int value_drop_names(struct eval *ev, struct value *v);
/* The labels without __name__, __type__ and __unit__. */
struct labels labels_without_metadata(struct arena *mem, struct labels l);

/* Any UTF-8 but the empty string. */
bool label_name_is_utf8(const char *s);
/* s in double quotes as Go's %q writes it. */
const char *quoted_text(struct arena *mem, const char *s);
/* {__name__="m", a="b"}: as Prometheus has label sets in error texts. */
const char *labels_text(struct arena *mem, struct labels l);
/* A number as Go's %g writes it. */
const char *float_text(struct arena *mem, double v);

/* A hash table of label sets that gives each a number from 0. */
struct numbering {
	struct arena *mem;
	struct labels *at;
	uint64_t *hash;
	uint32_t *slots;
	size_t n, cap, n_slots;
};
size_t numbering_of(struct numbering *t, struct labels l);
bool numbering_find(const struct numbering *t, struct labels l, size_t *at); /* without adding it */

/* Compensated summation (Neumaier). */
static inline void
kahan_add(double x, double *sum, double *c)
{
	double t = *sum + x;

	if (__builtin_isinf(t))
		*c = 0;
	else if (__builtin_fabs(*sum) >= __builtin_fabs(x))
		*c += (*sum - t) + x;
	else
		*c += (x - t) + *sum;
	*sum = t;
}

/* --- annotate.c: Prometheus' wording --- */
void note_warn(struct eval *ev, const struct node *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void note_info(struct eval *ev, const struct node *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void note_mixed_range(struct eval *ev, const struct node *at, struct labels l); /* floats and histograms in a range */
void note_ignored_in_range(struct eval *ev, const struct node *at, struct labels l);
void note_mixed_schemas(struct eval *ev, const struct node *at, struct labels l);
void note_not_counter(struct eval *ev, const struct node *at, struct labels l);
void note_not_gauge(struct eval *ev, const struct node *at, struct labels l);
void note_bounds(struct eval *ev, const struct node *at, const char *operation); /* custom bounds reconciled */
void note_reset_collision(struct eval *ev, const struct node *at, const char *operation);
void note_quantile(struct eval *ev, const struct node *at, double q);
void note_forced_monotonic(struct eval *ev, const struct node *at, const char *metric, int64_t t, double low,
			   double high, double diff);
/* Writes them into the result. */
void notes_finish(struct run *r, struct promql_result *out);

/* --- blocks.c --- */
typedef int leaf_fn(struct eval *ev, const struct node *n, struct value *out);
/* Evaluates a node whose steps do not depend on one another; block by block when it is too much for one go. */
int eval_leaf(struct eval *ev, const struct node *n, leaf_fn *leaf, struct value *out);

/* --- selector.c --- */
int eval_selector(struct eval *ev, const struct node *n, struct value *out);
/* The times of the samples that an instant selector picks, instead of their values. */
enum pick_what {
	PICK_VALUES,
	PICK_TIMES, /* in seconds */
	PICK_TIMES_MS,
	PICK_STARTS, /* start timestamps, in seconds; 0 where unknown */
};
int eval_selector_times(struct eval *ev, const struct node *n, enum pick_what what, struct value *out);
/* The newest samples of series chosen by matchers, at the times of n (a selector, for its modifiers; NULL: none). */
int eval_matchers(struct eval *ev, const struct matcher *m, size_t n_m, int64_t offset, const int64_t *at,
		  enum pick_what what, struct value *out);
int64_t modifier_offset(struct eval *ev, const struct modifiers *m, int *rc);
bool modifier_at(const struct eval *ev, const struct modifiers *m, int64_t *at);
int node_range(struct eval *ev, const struct node *n, int64_t *ms);
int load_series(struct eval *ev, const struct matcher *m, size_t n_m, struct select *q, struct series_list *out);

/* --- range.c --- */
/* A range selector's or subquery's series, ready to be cut into ranges. */
struct range_series {
	struct labels labels;
	bool drop_name;
	const struct point *f, *h;
	size_t nf, nh;
	const int64_t *f_start, *h_start;
	const struct series *windows; /* SERIES_WINDOWS, or NULL */
	const int64_t *open;          /* windows: start of the window behind each point of f or h */
};
struct range_source {
	struct range_series *at;
	size_t n;
	int64_t range, offset;
	bool fixed; /* @: every step sees the same range */
	int64_t fixed_at;
	bool anchored, smoothed;
};
int range_source_open(struct eval *ev, const struct node *n, enum window_use use, struct range_source *src);
int eval_range_call(struct eval *ev, const struct node *n, struct value *out);
/* The range vector itself: instant queries. */
int eval_range_vector(struct eval *ev, const struct node *n, struct promql_result *r);
/* A range argument as what it increased by: drift functions. */
int eval_increase_of(struct eval *ev, const struct node *call, const struct node *arg, struct value *out);

/* --- histograms.c --- */
/* An evaluation that computes in scratch memory; what is to stay of it is then copied by keep_histogram(), which
 * forgets the rest. Histograms make many intermediate ones: kept, they would be most of a query's memory. */
struct eval eval_in_scratch(const struct eval *ev);
const struct histogram *keep_histogram(const struct eval *ev, const struct histogram *h); /* h may be NULL */
/* A running total of many. */
struct running_total {
	const struct histogram *h; /* NULL: nothing yet */
	size_t pending;
};
void running_add(const struct eval *ev, struct running_total *t, const struct histogram *h);
const struct histogram *running_keep(const struct eval *ev, struct running_total *t);
/* Sum or mean, with what there is to tell about it. NULL: they do not go together. */
const struct histogram *
histograms_total(struct eval *ev, const struct node *where, const struct histogram *const *h, size_t n, bool average);

/* --- aggregate.c, aggregate_k.c, binary.c, binary_sample.c, matching.c, calls.c --- */
int eval_aggregate(struct eval *ev, const struct node *n, struct value *out);
int eval_aggregate_k(struct eval *ev, const struct node *n, struct value *in, const double *param,
		     const uint32_t *group, size_t n_groups, struct value *out);
int eval_binary(struct eval *ev, const struct node *n, struct value *out);
int eval_call(struct eval *ev, const struct node *n, struct value *out);
double scalar_op(enum op op, double a, double b);
double quantile_of(double q, double *sorted_after, size_t n);

struct sample {
	double v;
	const struct histogram *h;
};
enum kept { KEEP, DROP, NO_RESULT };
/* One element's operation. NO_RESULT: there is none, with a note where Prometheus has one. *out is what stays. */
enum kept sample_op(struct eval *ev, const struct node *n, struct sample a, struct sample b, struct sample *out);

#endif
