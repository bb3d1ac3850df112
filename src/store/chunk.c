/*
 * chunk.c -- samples of one series, compressed: times as differences of differences, values as the XOR of neighbours.
 *
 * "Gorilla: A Fast, Scalable, In-Memory Time Series Database" (Pelkonen et al., VLDB 2015), with the bit widths that Prometheus uses for
 * milliseconds. Layout: varint count, zigzag varint first time, 8 bytes first value, then bits. A regular scrape of a slowly moving
 * value takes 1 to 3 bytes a sample. Values keep their bits, NaN payloads too.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/bytes.h"
#include "mlwatch/xalloc.h"
#include "store_samples.h"

struct bit_writer {
	struct buf *out;
	unsigned used; /* bits of the last byte; 8: full */
};

struct bit_reader {
	const uint8_t *p;
	size_t n, bit;
	bool bad;
};

static void
put_bits(struct bit_writer *w, uint64_t v, unsigned n)
{
	while (n > 0) {
		if (w->used == 8) {
			buf_addc(w->out, 0);
			w->used = 0;
		}
		unsigned room = 8 - w->used, take = n < room ? n : room;
		uint64_t bits = (v >> (n - take)) & ((1u << take) - 1);
		w->out->p[w->out->len - 1] =
		    (char)((uint8_t)w->out->p[w->out->len - 1] | (uint8_t)(bits << (room - take)));
		w->used += take;
		n -= take;
	}
}

/* The next bits, the first one on top; at least 57 of them, zeros past the end. */
static uint64_t
peek(const struct bit_reader *r)
{
	const size_t at = r->bit >> 3;
	uint64_t v = 0;

	if (at + 8 <= r->n) {
		v = bytes_load64(&r->p[at]);
	} else {
		for (size_t i = at; i < r->n; i++)
			v |= (uint64_t)r->p[i] << (56 - 8 * (i - at));
	}
	return v << (r->bit & 7);
}

/* n > 0 */
static uint64_t
get_bits(struct bit_reader *r, unsigned n)
{
	if (r->bit + n > 8 * r->n) {
		r->bad = true;
		return 0;
	}
	if (n > 57) {
		uint64_t high = get_bits(r, n - 32);
		return high << 32 | get_bits(r, 32);
	}
	uint64_t v = peek(r) >> (64 - n);
	r->bit += n;
	return v;
}

/* How many samples in a row, at most `most`, are as far from the one before as that one, and have its value: two zeros each. */
static uint64_t
get_same(struct bit_reader *r, uint64_t most)
{
	const size_t left = 8 * r->n - r->bit;
	const uint64_t v = peek(r);
	uint64_t zeros = v != 0 ? (unsigned)__builtin_clzll(v) : 64;

	if (zeros > 57)
		zeros = 57;
	if (zeros > left)
		zeros = left;
	const uint64_t same = zeros / 2 < most ? zeros / 2 : most;
	r->bit += 2 * same;
	return same;
}

/* ---- varints, also used by batches ---- */

static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (char)(v | 0x80));
	buf_addc(b, (char)v);
}

static uint64_t
zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t
unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static bool
get_varint(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 64 && *p < end; shift += 7) {
		uint8_t c = *(*p)++;
		*v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return true;
	}
	return false;
}

static uint64_t
bits_of(double v)
{
	uint64_t u;

	memcpy(&u, &v, sizeof(u));
	return u;
}

static double
of_bits(uint64_t u)
{
	double v;

	memcpy(&v, &u, sizeof(v));
	return v;
}

static bool
get_double(const uint8_t **p, const uint8_t *end, double *v)
{
	if (end - *p < 8)
		return false;
	memcpy(v, *p, 8);
	*p += 8;
	return true;
}

/* ---- times: difference of differences; prefix and width ---- */

static const struct {
	uint64_t prefix;
	unsigned prefix_bits, bits;
} classes[] = {{0x0, 1, 0}, {0x2, 2, 14}, {0x6, 3, 17}, {0xe, 4, 20}, {0xf, 4, 64}};
#define N_CLASSES (sizeof(classes) / sizeof(classes[0]))

static bool
fits(int64_t v, unsigned bits)
{
	if (bits == 0)
		return v == 0;
	if (bits == 64)
		return true;
	int64_t half = INT64_C(1) << (bits - 1);
	return v >= -half && v < half;
}

static void
put_dod(struct bit_writer *w, int64_t v)
{
	size_t c = 0;

	while (!fits(v, classes[c].bits))
		c++;
	put_bits(w, classes[c].prefix, classes[c].prefix_bits);
	if (classes[c].bits > 0)
		put_bits(w, (uint64_t)v & (classes[c].bits == 64 ? UINT64_MAX : (UINT64_C(1) << classes[c].bits) - 1),
			 classes[c].bits);
}

static int64_t
get_dod(struct bit_reader *r)
{
	size_t c = 0;

	while (c < N_CLASSES - 1 && get_bits(r, 1) == 1)
		c++;
	unsigned bits = classes[c].bits;
	if (bits == 0)
		return 0;
	uint64_t v = get_bits(r, bits);
	if (bits < 64 && v >> (bits - 1) != 0)
		v |= UINT64_MAX << bits;
	return (int64_t)v;
}

/* ---- values: 0 same; 10 within the last window of meaningful bits; 11 with a window of their own ---- */

struct xor_window {
	unsigned leading, meaningful; /* meaningful 0: none yet */
};

static void
put_xor(struct bit_writer *w, struct xor_window *x, uint64_t delta)
{
	if (delta == 0) {
		put_bits(w, 0, 1);
		return;
	}
	unsigned leading = (unsigned)__builtin_clzll(delta), trailing = (unsigned)__builtin_ctzll(delta);
	if (leading > 31)
		leading = 31;
	if (x->meaningful != 0 && leading >= x->leading && trailing >= 64 - x->leading - x->meaningful) {
		put_bits(w, 2, 2);
		put_bits(w, delta >> (64 - x->leading - x->meaningful), x->meaningful);
		return;
	}
	x->leading = leading;
	x->meaningful = 64 - leading - trailing;
	put_bits(w, 3, 2);
	put_bits(w, leading, 5);
	put_bits(w, x->meaningful & 63, 6); /* 64 is 0 */
	put_bits(w, delta >> trailing, x->meaningful);
}

static uint64_t
get_xor(struct bit_reader *r, struct xor_window *x)
{
	if (get_bits(r, 1) == 0)
		return 0;
	if (get_bits(r, 1) == 1) {
		x->leading = (unsigned)get_bits(r, 5);
		x->meaningful = (unsigned)get_bits(r, 6);
		if (x->meaningful == 0)
			x->meaningful = 64;
	}
	if (x->meaningful == 0 || x->leading + x->meaningful > 64) {
		r->bad = true;
		return 0;
	}
	return get_bits(r, x->meaningful) << (64 - x->leading - x->meaningful);
}

/* ---- chunks ---- */

void
chunk_encode(struct buf *out, const struct sample *at, size_t n)
{
	struct xor_window x = {0, 0};
	int64_t delta = 0;

	put_varint(out, n);
	if (n == 0)
		return;
	put_varint(out, zigzag(at[0].t));
	buf_add(out, &at[0].v, sizeof(at[0].v));
	struct bit_writer w = {out, 8};
	for (size_t i = 1; i < n; i++) {
		int64_t d = at[i].t - at[i - 1].t;
		put_dod(&w, d - delta);
		delta = d;
		put_xor(&w, &x, bits_of(at[i].v) ^ bits_of(at[i - 1].v));
	}
}

static void
append(struct sample_list *l, struct sample x)
{
	xgrow(l->at, l->n, l->cap);
	l->at[l->n++] = x;
}

int
chunk_decode(const void *bytes, size_t n, struct sample_list *out)
{
	const uint8_t *p = bytes, *end = p + n;
	uint64_t count, first;
	struct sample x;

	if (!get_varint(&p, end, &count))
		return -1;
	if (count == 0)
		return p == end ? 0 : -1;
	if (!get_varint(&p, end, &first) || !get_double(&p, end, &x.v))
		return -1;
	x.t = unzigzag(first);
	append(out, x);
	struct bit_reader r = {p, (size_t)(end - p), 0, false};
	struct xor_window w = {0, 0};
	uint64_t delta = 0, v = bits_of(x.v);
	for (uint64_t i = 1; i < count; i++) {
		for (uint64_t same = get_same(&r, count - i); same > 0; same--, i++) {
			x.t = (int64_t)((uint64_t)x.t + delta);
			append(out, x);
		}
		if (i == count)
			break;
		delta += (uint64_t)get_dod(&r);
		x.t = (int64_t)((uint64_t)x.t + delta);
		v ^= get_xor(&r, &w);
		x.v = of_bits(v);
		if (r.bad)
			return -1;
		append(out, x);
	}
	return 0;
}

/* ---- batches: series, time and value of each sample, the first two as differences to the one before ---- */

void
batch_add(struct buf *b, int64_t *last_series, int64_t *last_t, int64_t series, struct sample x)
{
	put_varint(b, zigzag(series - *last_series));
	put_varint(b, zigzag((int64_t)((uint64_t)x.t - (uint64_t)*last_t)));
	buf_add(b, &x.v, sizeof(x.v));
	*last_series = series;
	*last_t = x.t;
}

int
batch_each(const void *bytes, size_t n, batch_fn *fn, void *arg)
{
	const uint8_t *p = bytes, *end = p + n;
	uint64_t series = 0, t = 0, ds, dt;
	struct sample x;

	while (p < end) {
		if (!get_varint(&p, end, &ds) || !get_varint(&p, end, &dt) || !get_double(&p, end, &x.v))
			return -1;
		series += (uint64_t)unzigzag(ds);
		t += (uint64_t)unzigzag(dt);
		x.t = (int64_t)t;
		fn(arg, (int64_t)series, x);
	}
	return 0;
}
