/*
 * expo.c -- histograms with exponential buckets, as Prometheus' native histograms have them: bucket i of
 * schema s covers (2^((i-1)/2^s), 2^(i/2^s)], negative values mirrored, exact zeros counted apart.
 *
 * Values are filed at schema 8, where a bucket is 0.27 % wide, into a dense array that covers the
 * buckets between the smallest and the largest seen. Only when that would become wider than
 * EXPO_SPAN buckets (a factor of 4 billion between smallest and largest) are neighbours put together, which halves
 * the schema's resolution; two histograms of different schemas meet at the lower one. So the sum of any parts,
 * in any order, has the same counts at the same schema or a lower one.
 *
 * Finding the bucket needs no logarithm: the exponent of the double gives the octave, the top bits of the
 * mantissa a guess of the place in it, and one comparison with an exactly rounded bound the truth.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expo_private.h"
#include "expo_table.h"
#include "mlwatch/xalloc.h"

struct expo *
expo_open(void)
{
	struct expo *h = xcalloc(1, sizeof *h);

	h->schema = EXPO_SCHEMA;
	return h;
}

void
expo_close(struct expo *h)
{
	if (h == NULL)
		return;
	free(h->pos.at);
	free(h->neg.at);
	free(h);
}

static void
side_reset(struct side *s)
{
	if (s->n > 0)
		memset(s->at, 0, s->n * sizeof *s->at);
	s->n = 0;
}

void
expo_reset(struct expo *h)
{
	side_reset(&h->pos);
	side_reset(&h->neg);
	h->schema = EXPO_SCHEMA;
	h->count = h->zero = 0;
	h->sum = 0;
}

uint64_t
expo_count(const struct expo *h)
{
	return h->count;
}

size_t
expo_bytes(const struct expo *h)
{
	return sizeof *h + (h->pos.cap + h->neg.cap) * sizeof *h->pos.at;
}

/* The bucket of schema 8 that a finite v > 0 falls into. */
static inline int32_t
expo_index(double v)
{
	uint64_t bits, mantissa;
	int32_t exponent, j;

	memcpy(&bits, &v, sizeof bits);
	exponent = (int32_t)(bits >> 52);
	if (exponent == 0) { /* subnormal: scale it up, exactly */
		v *= 0x1p54;
		memcpy(&bits, &v, sizeof bits);
		exponent = (int32_t)(bits >> 52) - 54;
	}
	mantissa = bits & ((UINT64_C(1) << 52) - 1);
	j = expo_guess[mantissa >> 43];
	j += mantissa > expo_bound[j];
	return (exponent - 1023) * 256 + j;
}

static inline int32_t
lower_index(int32_t i, int by) /* the same bucket `by` schemas lower: ceil(i / 2^by) */
{
	return (int32_t)(((int64_t)i + (INT64_C(1) << by) - 1) >> by);
}

static void
side_lower(struct side *s)
{
	int32_t first;
	uint32_t n = 0;

	if (s->n == 0)
		return;
	first = lower_index(s->first, 1);
	for (uint32_t k = 0; k < s->n; k++) {
		uint64_t c = s->at[k];

		s->at[k] = 0;
		n = (uint32_t)(lower_index(s->first + (int32_t)k, 1) - first);
		s->at[n] += c;
	}
	s->first = first;
	s->n = n + 1;
}

void
expo_lower(struct expo *h)
{
	side_lower(&h->pos);
	side_lower(&h->neg);
	h->schema--;
}

/* Makes room so that at[0..n) covers first..last, which includes what it covers now. */
static void
side_cover(struct side *s, int32_t first, int32_t last)
{
	uint32_t n = (uint32_t)(last - first) + 1;

	if (n > s->cap) {
		uint32_t cap = n + n / 2 + 64;

		s->at = xreallocarray(s->at, cap, sizeof *s->at);
		memset(s->at + s->cap, 0, (cap - s->cap) * sizeof *s->at);
		s->cap = cap;
	}
	if (s->n > 0 && first < s->first) {
		uint32_t shift = (uint32_t)(s->first - first);

		memmove(s->at + shift, s->at, s->n * sizeof *s->at);
		memset(s->at, 0, (shift < s->n ? shift : s->n) * sizeof *s->at);
	}
	s->first = first;
	s->n = n;
}

uint64_t *
expo_place(struct expo *h, struct side *s, int32_t index)
{
	for (;;) {
		int32_t i = lower_index(index, EXPO_SCHEMA - h->schema);
		int32_t first = s->n == 0 || i < s->first ? i : s->first;
		int32_t last = s->n == 0 || i > s->first + (int32_t)s->n - 1 ? i : s->first + (int32_t)s->n - 1;

		if ((int64_t)last - first < EXPO_SPAN) {
			side_cover(s, first, last);
			return &s->at[i - first];
		}
		expo_lower(h);
	}
}

static inline void
side_add(struct expo *h, struct side *s, double magnitude)
{
	int32_t index = expo_index(magnitude);
	uint32_t k = (uint32_t)(lower_index(index, EXPO_SCHEMA - h->schema) - s->first);

	if (k < s->n)
		s->at[k]++;
	else
		++*expo_place(h, s, index);
}

static inline void
add_one(struct expo *h, double v)
{
	if (v > 0)
		side_add(h, &h->pos, v);
	else if (v < 0)
		side_add(h, &h->neg, -v);
	else
		h->zero++;
}

void
expo_add(struct expo *h, double v)
{
	if (!isfinite(v))
		return;
	add_one(h, v);
	h->count++;
	h->sum += v;
}

void
expo_add_n(struct expo *h, const double *v, size_t n)
{
	double sum = 0;
	uint64_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(v[i]))
			continue;
		add_one(h, v[i]);
		count++;
		sum += v[i];
	}
	h->count += count;
	h->sum += sum;
}

static void
side_merge(struct expo *into, struct side *to, const struct side *from, int from_schema)
{
	/* side_place takes indexes of schema 8: the highest one of a lower bucket lowers to just that one again */
	for (uint32_t k = 0; k < from->n; k++)
		if (from->at[k] != 0)
			*expo_place(into, to, (from->first + (int32_t)k) * (1 << (EXPO_SCHEMA - from_schema))) +=
			    from->at[k];
}

void
expo_merge(struct expo *into, const struct expo *from)
{
	while (into->schema > from->schema)
		expo_lower(into);
	side_merge(into, &into->pos, &from->pos, from->schema);
	side_merge(into, &into->neg, &from->neg, from->schema);
	into->count += from->count;
	into->zero += from->zero;
	into->sum += from->sum;
}
