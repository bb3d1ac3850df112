/*
 * edgehist_edges.c -- the edges of a given-edge histogram: an immutable, shared list of values and the index that
 * finds a value's place among them in about one comparison.
 *
 * Edges name themselves by a hash of their content, so that the statistics made on them can say so in eight bytes and
 * statistics on other edges are never added to them.
 */
#include "edgehist_private.h"

#include <math.h>
#include <stdlib.h>

#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"
#include "sketch_private.h"

#define SENTINELS     3
#define EDGES_VERSION 1
#define SLOTS_MIN     16u
#define SLOTS_MAX     (1u << 20)

/* How many comparisons a value costs on average when every edge is as likely. */
static double
index_cost(const struct edge_index *x, const double *at, size_t n)
{
	double cost = 0;

	for (size_t i = 0; i < n;) {
		uint32_t s = edge_slot(x, at[i]);
		size_t j = i + 1;

		while (j < n && edge_slot(x, at[j]) == s)
			j++;
		cost += (double)(j - i) * (j - i > 2 ? 3 + log2((double)(j - i)) : 1);
		i = j;
	}
	return cost;
}

/* Both mappings over the edges without a share of them at each end: one far outlier must not decide the resolution. */
static struct edge_index
index_candidate(const double *at, size_t n, uint32_t slots, bool by_bits, double trim)
{
	size_t cut = (size_t)((double)n * trim);
	double lo = at[cut], hi = at[n - 1 - cut], width = hi - lo;
	struct edge_index x = {by_bits, lo, 0, 0, 0, slots, NULL};

	if (by_bits) {
		uint64_t span;

		x.base = double_order(lo);
		span = double_order(hi) - x.base;
		while (span >> x.shift >= slots)
			x.shift++;
	} else {
		x.scale = width > 0 && isfinite(width) ? (slots - 1) / width : 0;
		if (!isfinite(x.scale))
			x.scale = 0;
	}
	return x;
}

static void
index_close(struct edge_index *x)
{
	if (x != NULL)
		free(x->first);
	free(x);
}

static struct edge_index *
index_make(const double *at, size_t n)
{
	static const struct {
		bool by_bits;
		double trim;
	} tries[] = {{false, 0}, {false, 0.01}, {false, 0.05}, {true, 0}, {true, 0.01}};
	struct edge_index *best = xcalloc(1, sizeof *best);
	uint32_t slots = SLOTS_MIN, next = 0;
	double best_cost = INFINITY;

	while (slots < 2 * n && slots < SLOTS_MAX)
		slots *= 2;
	best->slots = slots;
	for (size_t i = 0; n > 0 && i < sizeof tries / sizeof *tries; i++) {
		struct edge_index x = index_candidate(at, n, slots, tries[i].by_bits, tries[i].trim);
		double cost = index_cost(&x, at, n);

		if (cost < best_cost) {
			best_cost = cost;
			*best = x;
		}
	}
	best->first = xcalloc((size_t)slots + 1, sizeof *best->first);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t s = edge_slot(best, at[i]); next <= s; next++)
			best->first[next] = i;
	for (; next <= slots; next++)
		best->first[next] = (uint32_t)n;
	return best;
}

struct edges *
edges_make(const double *at, size_t n, double center)
{
	struct edges *e = xcalloc(1, sizeof *e);
	uint64_t h = hash_bytes(&n, sizeof n, 0x65646765u);

	e->n = n;
	e->center = center + 0.0;
	e->at = xcalloc(n + SENTINELS, sizeof *e->at);
	for (size_t i = 0; i < n; i++)
		e->at[i] = at[i] + 0.0; /* -0.0 is 0.0 */
	for (size_t i = n; i < n + SENTINELS; i++)
		e->at[i] = INFINITY;
	e->id = hash_bytes(&e->center, sizeof e->center, hash_bytes(e->at, n * sizeof *e->at, h));
	e->refs = 1;
	return e;
}

void
edges_need_index(struct edges *e)
{
	struct edge_index *none = NULL, *x;

	if (__atomic_load_n(&e->index, __ATOMIC_ACQUIRE) != NULL)
		return;
	x = index_make(e->at, e->n);
	if (!__atomic_compare_exchange_n(&e->index, &none, x, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		index_close(x); /* another thread was faster */
}

struct edges *
edges_ref(struct edges *e)
{
	__atomic_add_fetch(&e->refs, 1, __ATOMIC_RELAXED);
	return e;
}

void
edges_unref(struct edges *e)
{
	if (e == NULL || __atomic_sub_fetch(&e->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	index_close(e->index);
	free(e->at);
	free(e);
}

/* A byte for the version, the number of edges, the center, the edges. */
void
edges_encode(struct buf *out, const struct edges *e)
{
	const unsigned char version = EDGES_VERSION;

	buf_add(out, &version, 1);
	blob_put_varint(out, e->n);
	blob_put_double(out, e->center);
	for (size_t i = 0; i < e->n; i++)
		blob_put_double(out, e->at[i]);
}

struct edges *
edges_decode(const void *bytes, size_t n, struct err *e)
{
	struct blob_reader r = {bytes, (const unsigned char *)bytes + n, false};
	struct edges *made = NULL;
	uint64_t count;
	double center, *at;
	bool good;

	if (n < 1 || *r.p++ != EDGES_VERSION) {
		err_set(e, ERR_WORLD, "histogram edges in the store are damaged");
		return NULL;
	}
	count = blob_get_varint(&r);
	center = blob_get_double(&r);
	if (r.bad || !isfinite(center) || count != (uint64_t)(r.end - r.p) / 8 || (r.end - r.p) % 8 != 0) {
		err_set(e, ERR_WORLD, "histogram edges in the store are damaged");
		return NULL;
	}
	at = xcalloc(count + 1, sizeof *at);
	good = true;
	for (uint64_t i = 0; i < count; i++) {
		at[i] = blob_get_double(&r);
		good = good && isfinite(at[i]) && (i == 0 || at[i] > at[i - 1]);
	}
	if (good)
		made = edges_make(at, count, center);
	else
		err_set(e, ERR_WORLD, "histogram edges in the store are not ascending");
	free(at);
	return made;
}
