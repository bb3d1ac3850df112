/*
 * edgehist_blob.c -- given-edge histograms in bytes: written, read, merged without knowing the edges, and turned into
 * a value of PromQL once somebody knows them. The layout is in edgehist_blob.h.
 */
#include "edgehist_blob.h"

#include <math.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/bytes.h"

/* The bytes of a double, high first, without trailing zeros; returns how many. b has room for 8. */
static inline unsigned
short_double(unsigned char *b, double d)
{
	uint64_t v;

	memcpy(&v, &d, sizeof v);
	bytes_store64(b, v);
	return v == 0 ? 0 : 8 - (unsigned)__builtin_ctzll(v) / 8;
}

static void
put_short_double(struct buf *out, double d)
{
	unsigned char b[9];

	b[0] = (unsigned char)short_double(b + 1, d);
	buf_add(out, b, 1u + b[0]);
}

static inline double
get_short(struct blob_reader *r, size_t n)
{
	size_t left = (size_t)(r->end - r->p);
	uint64_t v = 0;
	double d;

	if (n > 8 || left < n) {
		r->bad = true;
		return 0;
	}
	if (left >= 8 && n > 0) {
		v = bytes_load64(r->p) & ~UINT64_C(0) << (64 - 8 * n);
	} else {
		for (size_t i = 0; i < n; i++)
			v |= (uint64_t)r->p[i] << (56 - 8 * i);
	}
	r->p += n;
	memcpy(&d, &v, sizeof d);
	return d;
}

static double
get_short_double(struct blob_reader *r)
{
	if (r->p >= r->end) {
		r->bad = true;
		return 0;
	}
	return get_short(r, *r->p++);
}

void
edge_blob_put_head(struct buf *out, const struct edge_blob *head)
{
	blob_put_head(out, SKETCH_EDGES, head->n);
	blob_put_u64(out, head->edges_id);
	put_short_double(out, head->min);
	put_short_double(out, head->max);
	put_short_double(out, head->s1);
	put_short_double(out, head->s2);
	blob_put_varint(out, head->bins);
}

static inline unsigned char *
put_varint(unsigned char *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (unsigned char)(v | 0x80);
	*p++ = (unsigned char)v;
	return p;
}

void
edge_blob_put_bin(struct buf *out, uint64_t *last, const struct edge_blob_bin *bin)
{
	unsigned char sum[8] = {0}, all[28], *p = all;
	unsigned n = bin->index % 2 == 1 ? 0 : short_double(sum, bin->sum);

	p = put_varint(p, (bin->index - *last) * 9 + n);
	p = put_varint(p, bin->n);
	memcpy(p, sum, sizeof sum);
	buf_add(out, all, (size_t)(p - all) + n);
	*last = bin->index;
}

bool
edge_blob_open(struct edge_blob_reader *b, const void *blob, size_t n)
{
	struct edge_blob *h = &b->head;

	*b = (struct edge_blob_reader){0};
	b->r = blob_open(blob, n, SKETCH_EDGES, &h->n);
	h->edges_id = blob_get_u64(&b->r);
	h->min = get_short_double(&b->r);
	h->max = get_short_double(&b->r);
	h->s1 = get_short_double(&b->r);
	h->s2 = get_short_double(&b->r);
	h->bins = blob_get_varint(&b->r);
	if (!b->r.bad && h->bins > (uint64_t)(b->r.end - b->r.p) / 2)
		b->r.bad = true; /* a bin takes two bytes at least */
	b->left = h->bins;
	return !b->r.bad;
}

bool
edge_blob_next(struct edge_blob_reader *b, struct edge_blob_bin *bin)
{
	uint64_t tag, step;

	if (b->left == 0 || b->r.bad)
		return false;
	tag = blob_get_varint(&b->r);
	step = tag / 9;
	bin->n = blob_get_varint(&b->r);
	bin->sum = get_short(&b->r, tag % 9);
	if (b->r.bad || bin->n == 0 || bin->n > b->head.n - b->counted || step > UINT32_MAX ||
	    (step == 0 && b->left != b->head.bins)) {
		b->r.bad = true;
		return false;
	}
	bin->index = b->next += step;
	b->counted += bin->n;
	b->left--;
	return true;
}

bool
edge_blob_good(const struct edge_blob_reader *b)
{
	return !b->r.bad && b->left == 0 && b->counted == b->head.n && b->r.p == b->r.end;
}

static int
damaged(struct err *e)
{
	return err_set(e, ERR_WORLD, "a feature histogram in the store is damaged");
}

/* Appends the bins of both; returns how many there are. */
static uint64_t
merge_bins(struct buf *out, struct edge_blob_reader *p, struct edge_blob_reader *q)
{
	struct edge_blob_bin x, y;
	bool more_x = edge_blob_next(p, &x), more_y = edge_blob_next(q, &y);
	uint64_t last = 0, n = 0;

	for (; more_x || more_y; n++) {
		bool take_x = more_x && (!more_y || x.index <= y.index);
		bool take_y = more_y && (!more_x || y.index <= x.index);
		struct edge_blob_bin z = take_x ? x : y;

		if (take_x && take_y) {
			z.n = x.n + y.n;
			z.sum = x.sum + y.sum;
		}
		edge_blob_put_bin(out, &last, &z);
		if (take_x)
			more_x = edge_blob_next(p, &x);
		if (take_y)
			more_y = edge_blob_next(q, &y);
	}
	return n;
}

int
edgehist_blob_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e)
{
	struct edge_blob_reader p, q;
	struct edge_blob head;
	struct buf bins = BUF_INIT;
	bool good;

	if (!edge_blob_open(&p, a, an) || !edge_blob_open(&q, b, bn))
		return damaged(e);
	if (p.head.edges_id != q.head.edges_id)
		return err_set(e, ERR_WORLD, "histograms with different edges cannot be added");
	buf_reserve(&bins, an + bn);
	head = (struct edge_blob){p.head.n + q.head.n,          p.head.edges_id,       fmin(p.head.min, q.head.min),
				  fmax(p.head.max, q.head.max), p.head.s1 + q.head.s1, p.head.s2 + q.head.s2,
				  merge_bins(&bins, &p, &q)};
	good = edge_blob_good(&p) && edge_blob_good(&q);
	if (good) {
		edge_blob_put_head(out, &head);
		buf_add(out, buf_str(&bins), bins.len);
	}
	buf_release(&bins);
	return good ? 0 : damaged(e);
}

int
edgehist_blob_histogram(struct arena *mem, const void *blob, size_t n, edges_find_fn *find, void *arg,
			struct histogram **out, struct err *e)
{
	struct edge_blob_reader r;
	struct edge_blob_bin x;
	const struct edges *edges;
	struct histogram *h;
	struct edge_bins *b;
	uint32_t *bin;
	double *count, *sum;

	if (!edge_blob_open(&r, blob, n))
		return damaged(e);
	edges = find(arg, r.head.edges_id);
	if (edges == NULL)
		return err_set(e, ERR_WORLD, "the edges of a feature histogram are unknown");
	h = arena_calloc(mem, 1, sizeof *h);
	b = arena_calloc(mem, 1, sizeof *b);
	bin = arena_alloc(mem, r.head.bins * sizeof *bin);
	count = arena_alloc(mem, r.head.bins * sizeof *count);
	sum = arena_alloc(mem, r.head.bins * sizeof *sum);
	for (; edge_blob_next(&r, &x); b->n++) {
		if (x.index > 2 * edges->n)
			return damaged(e);
		bin[b->n] = (uint32_t)x.index;
		count[b->n] = (double)x.n;
		sum[b->n] = x.index % 2 == 1 ? (double)x.n * edges->at[x.index / 2] : x.sum;
		h->sum += sum[b->n];
	}
	if (!edge_blob_good(&r))
		return damaged(e);
	*b = (struct edge_bins){edges, b->n, bin, count, sum, r.head.min, r.head.max, r.head.s1, r.head.s2};
	h->schema = HIST_EDGES;
	h->count = (double)r.head.n;
	h->bins = b;
	*out = h;
	return 0;
}
