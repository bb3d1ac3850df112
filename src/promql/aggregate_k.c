/*
 * aggregate_k.c -- aggregations that pick series: topk, bottomk, limitk, limit_ratio; and quantiles of plain numbers.
 *
 * limit_ratio picks by a hash of the labels, the one Prometheus uses, so that both pick the same series.
 */
#include <math.h>
#include <stdlib.h>

#include "eval.h"
#include "mlwatch/hash.h"

struct picked {
	uint32_t series;
	double v;
};

/* A group's best so far, in order of rank: the k first of them count. */
struct pick {
	struct picked *at;
	size_t n;
};

struct picking {
	struct eval *ev;
	const struct node *node;
	const struct value *in;
	const uint32_t *group;
	struct pick *picks;
	size_t n_groups;
	struct value *out;
	size_t *out_of; /* series of out + 1 for each of in */
	double *offset; /* limit_ratio: hash of each series as a fraction */
};

/* -1 when a goes before b: larger for topk, smaller for bottomk, NaN last in both. */
static int
rank(enum aggregator op, double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	if (a == b)
		return 0;
	return (a > b) == (op == AGG_TOPK) ? -1 : 1;
}

/* Keeps the k best, sorted; ties stay in the order of the series. */
static void
insert(struct pick *p, size_t k, enum aggregator op, struct picked x)
{
	size_t i;

	if (p->n == k) {
		if (rank(op, x.v, p->at[k - 1].v) >= 0)
			return;
		p->n--;
	}
	for (i = p->n; i > 0 && rank(op, x.v, p->at[i - 1].v) < 0; i--)
		p->at[i] = p->at[i - 1];
	p->at[i] = x;
	p->n++;
}

/* Prometheus' Labels.Hash: XXH64 over each string with its length before it. */
static double
hash_fraction(struct arena *mem, struct labels l)
{
	unsigned char *p;
	size_t need = 0, n = 0;
	uint64_t h;

	for (size_t i = 0; i < l.n; i++)
		need += strlen(l.at[i].name) + strlen(l.at[i].value) + 8;
	p = arena_calloc(mem, 1, need + 1);
	for (size_t i = 0; i < l.n * 2; i++) {
		const char *s = i % 2 == 0 ? l.at[i / 2].name : l.at[i / 2].value;
		size_t len = strlen(s);

		if (len < 255) {
			p[n++] = (unsigned char)len;
		} else {
			p[n++] = 255;
			p[n++] = (unsigned char)len;
			p[n++] = (unsigned char)(len >> 8);
			p[n++] = (unsigned char)(len >> 16);
		}
		memcpy(p + n, s, len);
		n += len;
	}
	h = hash_bytes(p, n, 0);
	return (double)h / (double)UINT64_MAX;
}

static bool
ratio_takes(double ratio, double offset)
{
	if (ratio > 1)
		ratio = 1;
	if (ratio < -1)
		ratio = -1;
	return ratio >= 0 ? offset < ratio : offset >= 1 + ratio;
}

static int
put(struct picking *p, uint32_t i, size_t step)
{
	const struct vseries *from = &p->in->at[i];
	struct vseries *to;

	if (p->out_of[i] == 0) {
		to = value_add(p->ev, p->out, from->labels);
		if (to == NULL)
			return -1;
		to->drop_name = from->drop_name;
		p->out_of[i] = p->out->n;
	}
	to = &p->out->at[p->out_of[i] - 1];
	to->v[step] = from->v[step];
	if (vseries_h(from, step) != NULL)
		vseries_set_histogram(p->ev, to, step, from->h[step]);
	return 0;
}

static int
pick_ratio(struct picking *p, double ratio, size_t step)
{
	for (uint32_t i = 0; i < p->in->n; i++)
		if (!is_absent(p->in->at[i].v[step]) && ratio_takes(ratio, p->offset[i]) && put(p, i, step) < 0)
			return -1;
	return 0;
}

#define INSERTION_MAX 64 /* keeping more than this sorted by insertion costs more than sorting once */

static int
compare_picked(const void *a, const void *b, void *arg)
{
	const struct picked *x = a, *y = b;
	int c = rank(*(const enum aggregator *)arg, x->v, y->v);

	return c != 0 ? c : x->series < y->series ? -1 : x->series > y->series;
}

static void
sort_picks(struct picking *p, enum aggregator op, size_t k)
{
	for (size_t g = 0; g < p->n_groups; g++) {
		struct pick *pick = &p->picks[g];

		qsort_r(pick->at, pick->n, sizeof *pick->at, compare_picked, &op);
		pick->n = pick->n < k ? pick->n : k;
	}
}

static int
pick_k(struct picking *p, double param, size_t step)
{
	enum aggregator op = p->node->aggregate.op;
	size_t k = param < 1 ? 0 : param > (double)p->in->n ? p->in->n : (size_t)param;

	for (size_t g = 0; g < p->n_groups; g++)
		p->picks[g].n = 0;
	for (uint32_t i = 0; k > 0 && i < p->in->n; i++) {
		struct pick *pick = &p->picks[p->group[i]];

		if (is_absent(p->in->at[i].v[step]))
			continue;
		if (op == AGG_LIMITK) {
			if (pick->n < k)
				pick->at[pick->n++] = (struct picked){i, 0};
		} else if (vseries_h(&p->in->at[i], step) != NULL) {
			note_info(p->ev, p->node, "ignored histogram in %s aggregation", aggregator_info[op].name);
		} else if (k > INSERTION_MAX) {
			pick->at[pick->n++] = (struct picked){i, p->in->at[i].v[step]};
		} else {
			insert(pick, k, op, (struct picked){i, p->in->at[i].v[step]});
		}
	}
	if (op != AGG_LIMITK && k > INSERTION_MAX)
		sort_picks(p, op, k);
	for (size_t g = 0; g < p->n_groups; g++)
		for (size_t i = 0; i < p->picks[g].n; i++)
			if (put(p, p->picks[g].at[i].series, step) < 0)
				return -1;
	return 0;
}

/* Go's format of a float64 in an error text. */
static int
check_k(struct eval *ev, const double *param, bool *any)
{
	*any = false;
	for (size_t i = 0; i < ev->n; i++)
		*any |= param[i] >= 1 || isnan(param[i]);
	for (size_t i = 0; i < ev->n && *any; i++) {
		if (isnan(param[i]))
			return eval_fail(ev, "Parameter value is NaN");
		if (param[i] <= -9223372036854775808.0)
			return eval_fail(ev, "Scalar value %s underflows int64", float_text(ev->mem, param[i]));
		if (param[i] >= 9223372036854775808.0)
			return eval_fail(ev, "Scalar value %s overflows int64", float_text(ev->mem, param[i]));
	}
	return 0;
}

static int
check_ratio(struct eval *ev, const struct node *n, const double *param, bool *any)
{
	double lowest = INFINITY, highest = -INFINITY;
	bool nan = false;

	for (size_t i = 0; i < ev->n; i++) {
		nan |= isnan(param[i]);
		lowest = fmin(lowest, param[i]);
		highest = fmax(highest, param[i]);
	}
	*any = nan || lowest != 0 || highest != 0;
	if (nan)
		return eval_fail(ev, "Ratio value is NaN");
	if (highest > 1)
		note_warn(ev, n->aggregate.param, "ratio value should be between -1 and 1, got %g, capping to 1",
			  highest);
	if (lowest < -1)
		note_warn(ev, n->aggregate.param, "ratio value should be between -1 and 1, got %s, capping to -1",
			  float_text(ev->mem, lowest));
	return 0;
}

static void
room_for_picks(struct picking *p)
{
	size_t *size = arena_calloc(p->ev->mem, p->n_groups + 1, sizeof *size);

	p->picks = arena_calloc(p->ev->mem, p->n_groups + 1, sizeof *p->picks);
	for (size_t i = 0; i < p->in->n; i++)
		size[p->group[i]]++;
	for (size_t g = 0; g < p->n_groups; g++)
		p->picks[g].at = arena_alloc(p->ev->mem, (size[g] + 1) * sizeof *p->picks[g].at);
}

int
eval_aggregate_k(struct eval *ev, const struct node *n, struct value *in, const double *param, const uint32_t *group,
		 size_t n_groups, struct value *out)
{
	struct picking p = {.ev = ev, .node = n, .in = in, .group = group, .n_groups = n_groups, .out = out};
	bool ratio = n->aggregate.op == AGG_LIMIT_RATIO, any;

	if ((ratio ? check_ratio(ev, n, param, &any) : check_k(ev, param, &any)) < 0)
		return -1;
	if (!any)
		return 0;
	p.out_of = arena_calloc(ev->mem, in->n + 1, sizeof *p.out_of);
	if (ratio) {
		p.offset = arena_alloc(ev->mem, (in->n + 1) * sizeof *p.offset);
		for (size_t i = 0; i < in->n; i++)
			p.offset[i] = hash_fraction(ev->mem, in->at[i].labels);
	} else {
		room_for_picks(&p);
	}
	for (size_t step = 0; step < ev->n; step++) {
		if ((ratio ? pick_ratio(&p, param[step], step) : pick_k(&p, param[step], step)) < 0)
			return -1;
		if ((step & 63) == 63 && eval_alive(ev) < 0)
			return -1;
	}
	return 0;
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	if (isnan(x) || isnan(y))
		return isnan(y) - isnan(x); /* NaN first */
	return x < y ? -1 : x > y;
}

double
quantile_of(double q, double *v, size_t n)
{
	double rank_at, lower, upper, weight;

	if (n == 0 || isnan(q))
		return NAN;
	if (q < 0)
		return -INFINITY;
	if (q > 1)
		return INFINITY;
	qsort(v, n, sizeof *v, compare_doubles);
	rank_at = q * (double)(n - 1);
	lower = fmax(0, floor(rank_at));
	upper = fmin((double)(n - 1), lower + 1);
	weight = rank_at - floor(rank_at);
	return v[(size_t)lower] * (1 - weight) + v[(size_t)upper] * weight;
}
