/*
 * binary_sample.c -- one operation between two samples, floats or histograms.
 */
#include <math.h>

#include "eval.h"

double
scalar_op(enum op op, double a, double b)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_MUL:
		return a * b;
	case OP_DIV:
		return a / b;
	case OP_MOD:
		return fmod(a, b);
	case OP_POW:
		return pow(a, b);
	case OP_ATAN2:
		return atan2(a, b);
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_GT:
		return a > b;
	case OP_LT:
		return a < b;
	case OP_GE:
		return a >= b;
	case OP_LE:
		return a <= b;
	default:
		return NAN;
	}
}

static enum kept
incompatible(struct eval *ev, const struct node *n, const char *a, const char *b)
{
	const char *op = op_info[n->binary.op].text;

	note_info(ev, n, "incompatible sample types encountered for binary operator \"%s\": %s %s %s", op, a, op, b);
	return NO_RESULT;
}

static enum kept
floats(struct eval *ev, const struct node *n, double a, double b, struct sample *out)
{
	enum op op = n->binary.op;

	if (op == OP_TRIM_LOWER || op == OP_TRIM_UPPER)
		return incompatible(ev, n, "float", "float");
	out->v = scalar_op(op, a, b);
	if (!op_info[op].comparison)
		return KEEP;
	if (out->v == 0) {
		out->v = a;
		return DROP;
	}
	out->v = a;
	return KEEP;
}

static enum kept
histogram_and_float(struct eval *ev, const struct node *n, const struct histogram *h, double v, struct sample *out)
{
	const struct histogram *r;

	switch (n->binary.op) {
	case OP_MUL:
		r = histogram_compact(ev->mem, histogram_scale(ev->mem, h, v));
		break;
	case OP_DIV:
		r = histogram_compact(ev->mem, histogram_divide(ev->mem, h, v));
		break;
	case OP_TRIM_UPPER:
	case OP_TRIM_LOWER:
		r = histogram_trim(ev->mem, h, v, n->binary.op == OP_TRIM_UPPER);
		if (r == NULL)
			return incompatible(ev, n, "histogram", "float");
		break;
	default:
		return incompatible(ev, n, "histogram", "float");
	}
	out->h = r;
	return KEEP;
}

static enum kept
sum_of_two(struct eval *ev, const struct node *n, const struct histogram *a, const struct histogram *b,
	   struct sample *out)
{
	bool add = n->binary.op == OP_ADD;
	unsigned notes = 0;
	struct histogram *r = add ? histogram_add(ev->mem, a, b, &notes) : histogram_sub(ev->mem, a, b, &notes);

	if (r == NULL) {
		note_warn(ev, n, "incompatible bucket layout encountered for binary operator %s",
			  op_info[n->binary.op].text);
		return NO_RESULT;
	}
	if (notes & HIST_NOTE_RESET_COLLISION)
		note_reset_collision(ev, n, add ? "addition" : "subtraction");
	if (notes & HIST_NOTE_CUSTOM_BOUNDS)
		note_bounds(ev, n, add ? "addition" : "subtraction");
	r = histogram_compact(ev->mem, r);
	if (!add)
		r->hint = RESET_GAUGE;
	out->h = r;
	return KEEP;
}

static enum kept
histograms(struct eval *ev, const struct node *n, const struct histogram *a, const struct histogram *b,
	   struct sample *out)
{
	switch (n->binary.op) {
	case OP_ADD:
	case OP_SUB:
		return sum_of_two(ev, n, a, b, out);
	case OP_EQ:
	case OP_NE: {
		bool same = histogram_equal(histogram_compact(ev->mem, a), histogram_compact(ev->mem, b));

		out->h = a;
		return same == (n->binary.op == OP_EQ) ? KEEP : DROP;
	}
	default:
		return incompatible(ev, n, "histogram", "histogram");
	}
}

static enum kept
operate(struct eval *ev, const struct node *n, struct sample a, struct sample b, struct sample *out)
{
	if (a.h != NULL && b.h != NULL)
		return histograms(ev, n, a.h, b.h, out);
	if (a.h != NULL)
		return histogram_and_float(ev, n, a.h, b.v, out);
	if (n->binary.op != OP_MUL)
		return incompatible(ev, n, "float", "histogram");
	return histogram_and_float(ev, n, b.h, a.v, out);
}

enum kept
sample_op(struct eval *ev, const struct node *n, struct sample a, struct sample b, struct sample *out)
{
	struct eval scratch;
	enum kept kept;

	*out = (struct sample){0};
	if (a.h == NULL && b.h == NULL)
		return floats(ev, n, a.v, b.v, out);
	scratch = eval_in_scratch(ev);
	kept = operate(&scratch, n, a, b, out);
	if (out->h != a.h && out->h != b.h)
		out->h = keep_histogram(ev, out->h);
	arena_reset(scratch.mem);
	return kept;
}
