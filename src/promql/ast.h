/*
 * ast.h -- the tree of a parsed PromQL expression. Built by parse.c, checked by check.c, never changed after that, so that
 * many threads can evaluate it at once. Everything lives in the expression's arena.
 *
 * Knows the language. Does not know values, storage or time.
 */
#ifndef PROMQL_AST_H
#define PROMQL_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/matcher.h"
#include "mlwatch/promql.h"

enum node_kind {
	N_NUMBER,
	N_STRING,
	N_SELECTOR, /* an instant vector selector */
	N_MATRIX,   /* a selector with a range */
	N_SUBQUERY,
	N_PAREN,
	N_UNARY,
	N_BINARY,
	N_AGGREGATE,
	N_CALL,
	N_DURATION, /* an operator or call inside a duration expression */
};

enum op {
	OP_NONE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_POW,
	OP_ATAN2,
	OP_EQ,
	OP_NE,
	OP_GT,
	OP_LT,
	OP_GE,
	OP_LE,
	OP_TRIM_UPPER,
	OP_TRIM_LOWER, /* </ and >/ on histograms */
	OP_AND,
	OP_OR,
	OP_UNLESS,
	N_OPS
};

struct op_info {
	const char *text;
	int precedence; /* higher binds tighter */
	bool comparison, set, arithmetic;
};
extern const struct op_info op_info[N_OPS];

enum aggregator {
	AGG_SUM,
	AGG_AVG,
	AGG_COUNT,
	AGG_MIN,
	AGG_MAX,
	AGG_GROUP,
	AGG_STDDEV,
	AGG_STDVAR,
	AGG_TOPK,
	AGG_BOTTOMK,
	AGG_COUNT_VALUES,
	AGG_QUANTILE,
	AGG_LIMITK,
	AGG_LIMIT_RATIO,
	N_AGGREGATORS
};

struct aggregator_info {
	const char *name;
	enum value_type param; /* VALUE_NONE: takes none */
	bool selects;          /* results keep the labels of the input */
};
extern const struct aggregator_info aggregator_info[N_AGGREGATORS];

enum duration_op { DUR_OP, DUR_STEP, DUR_RANGE, DUR_MIN_OF, DUR_MAX_OF, DUR_PAREN };

enum at_kind { AT_NONE, AT_TIME, AT_START, AT_END };

struct node;

struct modifiers { /* of a selector or subquery */
	int64_t offset_ms;
	const struct node *offset_expr; /* a duration expression that is only known with the query's step and range */
	bool has_offset;
	enum at_kind at;
	int64_t at_ms;
};

struct selector {
	const char *name;         /* metric name before the braces, or NULL */
	struct matcher *matchers; /* all of them, __name__ too; released with the expression */
	size_t n_matchers, cap_matchers;
	bool anchored, smoothed;
};

enum matching_card { CARD_ONE_TO_ONE, CARD_MANY_TO_ONE, CARD_ONE_TO_MANY, CARD_MANY_TO_MANY };

struct name_list {
	const char **at;
	size_t n;
};

struct matching {
	enum matching_card card;
	bool on;                  /* on(...), else ignoring(...) */
	bool given;               /* on or ignoring was written */
	struct name_list names;   /* as written */
	struct name_list sorted;  /* for signatures; without __name__ for ignoring added by the evaluator */
	struct name_list include; /* group_left/right(...) */
	bool has_fill_left, has_fill_right;
	double fill_left, fill_right;
};

struct function;

struct node {
	enum node_kind kind;
	enum value_type type;
	uint32_t start, end; /* bytes of the text */
	union {
		struct {
			double value;
			bool duration;
		} number;
		struct {
			const char *text;
		} string;
		struct selector selector;
		struct {
			struct node *selector;
			int64_t range_ms;
			const struct node *range_expr;
		} matrix;
		struct {
			struct node *expr;
			int64_t range_ms, step_ms; /* step 0: the default */
			const struct node *range_expr, *step_expr;
		} subquery;
		struct {
			struct node *expr;
		} paren;
		struct {
			enum op op;
			struct node *expr;
		} unary;
		struct {
			enum op op;
			bool returns_bool;
			struct node *lhs, *rhs;
			struct matching *matching;
			uint32_t op_start, op_end;
		} binary;
		struct {
			enum aggregator op;
			struct node *expr, *param;
			struct name_list grouping; /* as written */
			struct name_list sorted;
			bool without, has_grouping;
		} aggregate;
		struct {
			const struct function *fn;
			struct node **args;
			size_t n_args;
		} call;
		struct {
			enum duration_op what;
			enum op op;
			const struct node *lhs, *rhs;
		} duration;
	};
	size_t selector_slot; /* N_SELECTOR: index into expr.owned */
	struct modifiers mod; /* N_SELECTOR, N_SUBQUERY; for N_MATRIX that of its selector */
};

struct expr {
	struct arena *mem;
	const char *text;
	size_t len;
	struct node *root;
	struct matcher **owned; /* arrays of matchers to be released: one per selector */
	size_t *n_owned;
	size_t n, cap;
};

/* check.c: types, arguments and the rules of binary operators. -1 with *e at the fault. */
int ast_check(const struct expr *x, struct node *root, struct err *e);
const char *value_type_word(enum value_type t); /* "instant vector": as Prometheus documents it */
/* What is inside any number of parentheses. */
const struct node *ast_unparen(const struct node *n);
/* Line and column, both from 1, of byte `at`. */
void ast_position(const char *text, uint32_t at, int *line, int *column);
/* An error at bytes [start, end) of the text. Returns -1. */
int ast_error(const struct expr *x, struct err *e, uint32_t start, uint32_t end, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Sorted copy without repetitions. */
struct name_list name_list_sorted(struct arena *mem, struct name_list l);
bool name_list_has(struct name_list l, const char *name);

/* duration.c: seconds of a duration expression for a query of this step and range. -1 with e. */
struct duration_context {
	int64_t step_ms, range_ms;
};
int duration_resolve(const struct node *n, const struct duration_context *c, bool negative_allowed, int64_t *ms,
		     struct err *e);
bool duration_is_constant(const struct node *n);

#endif
