/*
 * promql.h -- PromQL: parse once, evaluate many times. Time is an argument; nothing here reads a clock
 * except the deadline that limits how long a query may take. Values come from a struct storage.
 *
 * The language is Prometheus' (3.x): left-open ranges, native histograms, delayed name
 * removal, plus the drift functions of design section 3.
 */
#ifndef MLWATCH_PROMQL_H
#define MLWATCH_PROMQL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/err.h"
#include "mlwatch/labels.h"
#include "mlwatch/storage.h"

struct arena;
struct buf;
struct expr;       /* a parsed and type-checked expression; immutable, usable from several threads */
struct references; /* drift.h */

enum value_type { VALUE_NONE, VALUE_SCALAR, VALUE_VECTOR, VALUE_MATRIX, VALUE_STRING };

/* Positions in *e are line:column of the text (both from 1) and end_column. The text is copied. */
struct expr *promql_parse(const char *text, struct err *e);
void expr_close(struct expr *x);
enum value_type expr_type(const struct expr *x);
const char *expr_text(const struct expr *x);             /* as it was written */
void expr_print(struct buf *out, const struct expr *x);  /* canonical, one line: parses to the same tree */
void expr_pretty(struct buf *out, const struct expr *x); /* Prometheus' format_query */
void expr_json(struct buf *out, const struct expr *x);   /* Prometheus' parse_query: the tree as JSON */

/* The comparison with a constant whose value comes out at the top (through the left of and/unless, and parentheses): value OP limit. Not one with
 * bool, of which 0 or 1 comes out. */
struct expr_limit {
	bool found;
	const char *op;
	double limit;
	char *value_text; /* caller frees */
};
struct expr_limit expr_limit(const struct expr *x);
/* What the topmost aggregation of x is over: of avg by (model) (a > bool 0.1) the value a with its comparison; op "" when what is aggregated is
 * compared with nothing. found: there is an aggregation. */
struct expr_limit expr_behind(const struct expr *x);
/* The text of an expression with every name that stands for another expression (a recorded one) spelled out, in parentheses; also names in
 * that. It need not parse: what its value is, and so its unit, is read off it. meaning: the expression, NULL: the name stands for itself. */
typedef const char *expr_meaning_fn(void *arg, const char *name, size_t n);
void expr_spell_out(struct buf *out, const char *expr, expr_meaning_fn *meaning, void *arg);
/* Calls fn for every selector in x: its matchers (with __name__ as one), its range (0: instant), and the name of the
 * function around it or NULL. */
typedef void selector_fn(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function);
void expr_each_selector(const struct expr *x, selector_fn *fn, void *arg);
/* What a value is, behind parentheses and aggregations that keep its scale (avg, min, max, ...). */
struct expr_core {
	const char
	    *function; /* "drift_ks"; an operator ("/") or another aggregation ("sum"); NULL: a selector by itself */
	double number; /* the function's first argument that is a constant: the quantile; NAN: none */
	const struct matcher
	    *m; /* of the first selector in it, __name__ too; borrowed from the expression; n 0: none */
	size_t n;
	int64_t range_ms; /* of that selector; 0: instant */
};
/* Calls fn for x, of a union (a or b) for each of its sides. */
typedef void core_fn(void *arg, const struct expr_core *value);
void expr_each_core(const struct expr *x, core_fn *fn, void *arg);
/* Calls fn for every comparison with a constant anywhere in x, filtering or bool: value OP limit, turned round where the constant is left; of a
 * union that is compared for each of its sides. */
typedef void comparison_fn(void *arg, const struct expr_core *value, const char *op, double limit);
void expr_each_comparison(const struct expr *x, comparison_fn *fn, void *arg);
/* Names for completion and "did you mean": every function and aggregator. */
const char *const *promql_function_names(size_t *n);

struct promql_limits {
	size_t max_samples; /* held at once; 0: 10,000,000. Memory is bounded by 16 bytes for each, at least 64 MiB */
	size_t max_series;  /* of one selector; 0: no limit */
	int64_t timeout_ms; /* 0: 2 min */
	const atomic_bool *cancel; /* set from another thread; may be NULL */
};

struct promql { /* a plain value: what an evaluation needs */
	const struct storage *storage;
	const struct references *references; /* for drift functions; may be NULL */
	int64_t lookback_ms;                 /* 0: 5 min */
	int64_t subquery_step_ms;            /* of a subquery without a step; 0: 1 min */
	struct promql_limits limits;
	bool no_delayed_names;     /* Prometheus' released default; ours is delayed removal */
	bool type_and_unit_labels; /* rate() tells non-counters by __type__ rather than by name */
};

struct vector_sample {
	struct labels labels;
	int64_t t;
	double v;
	const struct histogram *h; /* or NULL */
};

struct matrix_series {
	struct labels labels;
	const struct point *points;
	size_t n;
};

struct annotation {
	bool info;
	char *text;
}; /* "... (1:5)": warnings and infos as Prometheus words them */

struct promql_result {
	enum value_type type;
	double scalar;
	int64_t t;
	const char *string;
	struct vector_sample *vector; /* VALUE_VECTOR; sorted only where the expression sorts */
	struct matrix_series *matrix; /* VALUE_MATRIX; sorted by labels */
	size_t n;
	struct annotation *annotations;
	size_t n_annotations;
	size_t peak_samples;
	struct arena *mem; /* owns all of the above */
};

/* 0, or -1 with err. *r is always to be released; after a release it can be used again. */
int promql_instant(const struct promql *p, const struct expr *x, int64_t t, struct promql_result *r, struct err *e);
int promql_range(const struct promql *p, const struct expr *x, int64_t start, int64_t end, int64_t step,
		 struct promql_result *r, struct err *e);
void promql_result_release(struct promql_result *r);

#endif
