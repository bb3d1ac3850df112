/*
 * functions.h -- the tables of PromQL functions: names and types for the parser, callbacks for the evaluator.
 *
 * A further family of functions is a table of its own. The drift functions' is drift_functions[] in functions_drift.c; the
 * parser, completion and the evaluator read it, nothing else needs to change when a row is added:
 *
 *   - a drift function takes one or two arguments, each a range selector or an instant vector (DRIFT_PARAM functions also
 *     a scalar or string, see below). The engine turns a range selector into its increase() first (exact
 *     for window series), so the callback always gets instant vectors: labels, and per element a count or a histogram.
 *   - it is called once per evaluation step with all elements of that step, and answers with drift_emit() for
 *     each result and drift_warn() for what it could not judge. Both may be called any number of times.
 *   - elements keep __name__; results lose it at the end like those of every other function.
 */
#ifndef PROMQL_FUNCTIONS_H
#define PROMQL_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ast.h"
#include "mlwatch/promql.h"
#include "mlwatch/storage.h"

struct arena;
struct references;

/* --- drift functions --- */

struct drift_call {                          /* one step */
	struct arena *mem;                   /* of the evaluation: for scratch and for labels of results */
	const struct references *references; /* NULL: none are loaded */
	int64_t t;                           /* evaluation time, ms */
	const struct vector_sample *a;       /* the first argument: h, or v when h is NULL; borrowed */
	size_t n_a;
	const struct vector_sample *b; /* the second one */
	size_t n_b;
	bool has_b;   /* it was written (n_b may be 0) */
	void *engine; /* for drift_emit and drift_warn */
};
typedef void drift_fn(const struct drift_call *c);

struct drift_function {
	const char *name;
	int min_args, max_args;
	drift_fn *eval;
};
extern const struct drift_function drift_functions[];
extern const size_t n_drift_functions;

/* labels are borrowed from c->mem or from the argument. */
void drift_emit(const struct drift_call *c, struct labels labels, double value);
/* A warning annotation with the position of the call; the text without it. Repetitions are dropped. */
void drift_warn(const struct drift_call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- functions of the language --- */

struct eval;
struct value;

/* One range function at one step over one series. f: its float points in the range, h: its histogram points. */
struct range_call {
	struct eval *ev;
	const struct node *call, *arg; /* arg: the range selector or subquery */
	struct labels labels;          /* of the series, with its name */
	const struct point *f, *h;
	size_t nf, nh;
	const int64_t *f_start, *h_start; /* start timestamps, or NULL */
	int64_t t;                        /* evaluation time */
	int64_t from, to;                 /* the range (from, to] */
	const double *scalar;             /* the other arguments at this step, in order */
	bool anchored, smoothed;
};
/* False: no result. *h stays NULL for a float. */
typedef bool range_fn(struct range_call *c, double *v, const struct histogram **h);
/* Takes its arguments' values, which it may change and return. */
typedef int value_fn(struct eval *ev, const struct node *call, struct value *args, struct value *out);

/* What a range function does with window series. */
enum window_use {
	WINDOW_POINTS,   /* sees the running totals at window ends */
	WINDOW_INCREASE, /* exact sum of the windows */
	WINDOW_RATE,     /* the same per second of the range */
	WINDOW_IRATE,    /* the last window per second of its width */
	WINDOW_IDELTA,   /* the last window */
	WINDOW_ZERO,     /* 0 while alive */
};

enum function_flags {
	FN_EXPERIMENTAL = 1, /* in Prometheus behind a feature flag */
	FN_KEEPS_NAME = 2,
	FN_ANCHORED = 4, /* takes anchored ranges */
	FN_SMOOTHED = 8,
	FN_COUNTER = 16,        /* tells about metrics that do not look like counters */
	FN_LABEL_SELECTOR = 32, /* the second argument is a label selector */
	FN_LAZY = 64,           /* evaluates its arguments itself: args is NULL */
	FN_STATS = 256,         /* of histograms, only counts and sums matter */
	FN_NO_STATS = 512,      /* buckets matter, whatever is around it */
	FN_TIME_DEFAULT = 128,  /* without an argument: of vector(time()) */
};

#define FN_MAX_TYPES 5

struct function {
	const char *name;
	enum value_type ret;
	int n_types, variadic; /* variadic: how many of the last may lack or follow; -1: any number more */
	enum value_type types[FN_MAX_TYPES];
	unsigned flags;
	double (*map)(double); /* of each float */
	range_fn *range;
	value_fn *eval;
	enum window_use windows;
	const struct drift_function *drift; /* set in rows made from drift_functions[] */
};

/* NULL: unknown. */
const struct function *function_find(const char *name);
const struct drift_function *drift_function_find(const char *name);

#endif
