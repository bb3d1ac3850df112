/*
 * quantiles.c -- see quantiles.h.
 */
#include "quantiles.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"

#define RAW_MAX     16384
#define LEVELS_MAX  48
#define LIMIT_FIRST ((size_t)1 << 20)
#define BUFFER_MIN  1024

struct level {
	double *v;
	size_t n;
	bool odd;
};

struct quantiles {
	size_t limit;
	double *raw; /* not yet counted */
	size_t n_raw, cap_raw;
	struct weighted *at; /* exact: ascending, distinct */
	size_t n;
	size_t buffer; /* > 0: no longer exact; values per level */
	struct level level[LEVELS_MAX];
	uint64_t total, moved; /* moved: by how much a rank may be off */
};

struct quantiles *
quantiles_open(void)
{
	struct quantiles *q = xcalloc(1, sizeof *q);

	q->limit = LIMIT_FIRST;
	return q;
}

void
quantiles_close(struct quantiles *q)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < LEVELS_MAX; i++)
		free(q->level[i].v);
	free(q->raw);
	free(q->at);
	free(q);
}

void
quantiles_limit(struct quantiles *q, size_t values)
{
	q->limit = values;
}

static int
by_weighted(const void *a, const void *b)
{
	double x = ((const struct weighted *)a)->v, y = ((const struct weighted *)b)->v;

	return (x > y) - (x < y);
}

/* The bits of a double as an integer of the same order, and back. */
static uint64_t
order_of(double v)
{
	uint64_t u;

	memcpy(&u, &v, sizeof u);
	return (u >> 63) != 0 ? ~u : u | UINT64_C(1) << 63;
}

static double
value_of(uint64_t o)
{
	double v;

	o = (o >> 63) != 0 ? o & ~(UINT64_C(1) << 63) : ~o;
	memcpy(&v, &o, sizeof v);
	return v;
}

#define DIGIT  11
#define RADIX  (1u << DIGIT)
#define PASSES 6 /* of 11 bits: 64 */

/* Radix sort; a third of the time of qsort at this size. */
static void
sort_values(double *v, size_t n)
{
	uint64_t *from = xcalloc(2 * n, sizeof *from), *to = from + n, *block = from;
	uint32_t(*count)[RADIX] = xcalloc(PASSES, sizeof *count);

	for (size_t i = 0; i < n; i++) {
		from[i] = order_of(v[i]);
		for (int p = 0; p < PASSES; p++)
			count[p][from[i] >> (p * DIGIT) & (RADIX - 1)]++;
	}
	for (int p = 0; p < PASSES; p++) {
		uint32_t at = 0;
		uint64_t *swap = from;

		if (count[p][from[0] >> (p * DIGIT) & (RADIX - 1)] == n)
			continue; /* all alike in this digit */
		for (size_t d = 0; d < RADIX; d++) {
			uint32_t c = count[p][d];

			count[p][d] = at;
			at += c;
		}
		for (size_t i = 0; i < n; i++)
			to[count[p][from[i] >> (p * DIGIT) & (RADIX - 1)]++] = from[i];
		from = to;
		to = swap;
	}
	for (size_t i = 0; i < n; i++)
		v[i] = value_of(from[i]);
	free(block);
	free(count);
}

/* Sorted raw values into the sorted distinct ones. */
static void
count_raw(struct quantiles *q)
{
	struct weighted *to;
	size_t i = 0, j = 0, k = 0;

	if (q->n_raw == 0)
		return;
	sort_values(q->raw, q->n_raw);
	to = xcalloc(q->n + q->n_raw, sizeof *to);
	while (i < q->n || j < q->n_raw) {
		bool old = i < q->n && (j >= q->n_raw || q->at[i].v <= q->raw[j]);
		struct weighted next = old ? q->at[i++] : (struct weighted){q->raw[j++], 1};

		if (k > 0 && to[k - 1].v == next.v)
			to[k - 1].n += next.n;
		else
			to[k++] = next;
	}
	free(q->at);
	q->at = xreallocarray(to, k, sizeof *to);
	q->n = k;
	q->n_raw = 0;
}

static void summary_add(struct quantiles *q, size_t l, double v);

static void
compact(struct quantiles *q, size_t l)
{
	struct level *x = &q->level[l];

	sort_values(x->v, x->n);
	x->n = 0;
	q->moved += UINT64_C(1) << l;
	x->odd = !x->odd;
	for (size_t i = x->odd; i < q->buffer; i += 2)
		summary_add(q, l + 1, x->v[i]);
}

static void
summary_add(struct quantiles *q, size_t l, double v)
{
	struct level *x = &q->level[l];

	if (x->v == NULL)
		x->v = xcalloc(q->buffer, sizeof *x->v);
	x->v[x->n++] = v;
	if (x->n == q->buffer && l + 1 < LEVELS_MAX)
		compact(q, l);
}

/* Too many distinct values: from now on a summary. */
static void
give_up_exactness(struct quantiles *q)
{
	struct weighted *at = q->at;
	size_t n = q->n;

	q->buffer = BUFFER_MIN;
	while (q->buffer * 32 <= q->limit)
		q->buffer *= 2;
	q->at = NULL;
	q->n = 0;
	for (size_t i = 0; i < n; i++)
		for (uint64_t k = 0; k < at[i].n; k++)
			summary_add(q, 0, at[i].v);
	free(at);
	free(q->raw);
	q->raw = NULL;
	q->cap_raw = 0;
}

void
quantiles_add(struct quantiles *q, double v)
{
	q->total++;
	if (q->buffer > 0) {
		summary_add(q, 0, v);
		return;
	}
	xgrow(q->raw, q->n_raw, q->cap_raw);
	q->raw[q->n_raw++] = v;
	if (q->n_raw < RAW_MAX)
		return;
	count_raw(q);
	if (q->n * 2 > q->limit) /* a counted value takes the room of two */
		give_up_exactness(q);
}

struct weighted *
quantiles_all(struct quantiles *q, size_t *n, double *rank_error)
{
	size_t cap = 0, k = 0;
	struct weighted *all;

	*rank_error = q->total > 0 ? (double)q->moved / (double)q->total : 0;
	if (q->buffer == 0) {
		count_raw(q);
		all = q->at;
		*n = q->n;
		q->at = NULL;
		q->n = 0;
		return all;
	}
	for (size_t l = 0; l < LEVELS_MAX; l++)
		cap += q->level[l].n;
	all = xcalloc(cap + 1, sizeof *all);
	for (size_t l = 0; l < LEVELS_MAX; l++)
		for (size_t i = 0; i < q->level[l].n; i++)
			all[k++] = (struct weighted){q->level[l].v[i], UINT64_C(1) << l};
	qsort(all, k, sizeof *all, by_weighted);
	*n = 0;
	for (size_t i = 0; i < k; i++) {
		if (*n > 0 && all[*n - 1].v == all[i].v)
			all[*n - 1].n += all[i].n;
		else
			all[(*n)++] = all[i];
	}
	return all;
}
