/* compare.c -- eq, ne, lt, le, gt and ge of Go's templates: only values of one basic kind compare. */
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "template_private.h"

static bool
is_basic(const struct tvalue *v)
{
	return v->kind == T_BOOL || v->kind == T_INT || v->kind == T_FLOAT || v->kind == T_STRING ||
	       v->kind == T_DURATION;
}

/* Durations are integers. */
static enum tkind
basic_kind(const struct tvalue *v)
{
	return v->kind == T_DURATION ? T_INT : v->kind;
}

static int
cmp(const struct tvalue *a, const struct tvalue *b, bool *unordered)
{
	*unordered = false;
	switch (basic_kind(a)) {
	case T_BOOL:
		return (int)a->b - (int)b->b;
	case T_INT:
		return (a->i > b->i) - (a->i < b->i);
	case T_FLOAT:
		*unordered = a->f != a->f || b->f != b->f;
		return (a->f > b->f) - (a->f < b->f);
	default:
		return strcmp(a->s, b->s);
	}
}

static int
equal(const struct tvalue *a, const struct tvalue *b, bool *same, struct err *e)
{
	bool unordered;

	if (a->kind == T_NIL || b->kind == T_NIL) {
		*same = a->kind == b->kind;
		return 0;
	}
	if (a->kind == T_TIME && b->kind == T_TIME) {
		*same = a->i == b->i;
		return 0;
	}
	if (!is_basic(a) || !is_basic(b))
		return err_set(e, ERR_FILE, "non-comparable type %s: %s", is_basic(a) ? tv_type(b) : tv_type(a),
			       is_basic(a) ? tv_type(b) : tv_type(a));
	if (basic_kind(a) != basic_kind(b))
		return err_set(e, ERR_FILE, "incompatible types for comparison");
	*same = cmp(a, b, &unordered) == 0 && !unordered;
	return 0;
}

const struct tvalue *
template_eq(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	bool same;

	(void)arg;
	if (n < 2) {
		err_set(e, ERR_FILE, "missing argument for comparison");
		return NULL;
	}
	for (size_t i = 1; i < n; i++) {
		if (equal(args[0], args[i], &same, e) < 0)
			return NULL;
		if (same)
			return tv_bool(mem, true);
	}
	return tv_bool(mem, false);
}

const struct tvalue *
template_ne(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	bool same;

	(void)arg;
	(void)n;
	return equal(args[0], args[1], &same, e) < 0 ? NULL : tv_bool(mem, !same);
}

/* sign of a-b into *c; false after an error. NaN is neither less nor greater. */
static bool
order(const struct tvalue *const *args, int *c, bool *unordered, struct err *e)
{
	if (!is_basic(args[0]) || !is_basic(args[1]) || args[0]->kind == T_BOOL)
		err_set(e, ERR_FILE, "invalid type for comparison");
	else if (basic_kind(args[0]) != basic_kind(args[1]))
		err_set(e, ERR_FILE, "incompatible types for comparison");
	else {
		*c = cmp(args[0], args[1], unordered);
		return true;
	}
	return false;
}

const struct tvalue *
template_lt(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	bool un;
	int c;

	(void)arg;
	(void)n;
	return order(args, &c, &un, e) ? tv_bool(mem, c < 0 && !un) : NULL;
}

const struct tvalue *
template_le(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	bool un;
	int c;

	(void)arg;
	(void)n;
	return order(args, &c, &un, e) ? tv_bool(mem, c <= 0 && !un) : NULL;
}

/* Go defines gt as not le, so NaN is "greater". */
const struct tvalue *
template_gt(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	bool un;
	int c;

	(void)arg;
	(void)n;
	return order(args, &c, &un, e) ? tv_bool(mem, !(c <= 0 && !un)) : NULL;
}

const struct tvalue *
template_ge(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e)
{
	bool un;
	int c;

	(void)arg;
	(void)n;
	return order(args, &c, &un, e) ? tv_bool(mem, !(c < 0 && !un)) : NULL;
}
