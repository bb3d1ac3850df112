/*
 * json_vector.h -- the three questions that the walker asks of bytes, answered 16 or 32 at a time where the
 * processor can: are these the same, where does this plain string end, which number is this.
 *
 * Each kind of processor has its own three inline functions with one set of names in its macros; json_walk.c compiles the
 * walker once for each. All may read DECODE_PAD bytes past what they look at.
 */
#ifndef MLWATCH_JSON_VECTOR_H
#define MLWATCH_JSON_VECTOR_H

#include <string.h>

#include "decode_private.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define JSON_VECTOR_AVX2 1
#include <immintrin.h>
#endif

/* ---- any processor ---- */

static inline bool
same_bytes_plain(const char *p, const char *text, uint32_t n)
{
	return memcmp(p, text, n) == 0;
}

/* The first byte that is a quote, a backslash, a control character or not ASCII. */
static inline const char *
plain_end_plain(const char *p)
{
	while (*p != '"' && *p != '\\' && (signed char)*p >= ' ')
		p++;
	return p;
}

/* A number without exponent and of few digits; returns what follows it, NULL when it is none of these: ask number_scan. */
static inline const char *
short_number_plain(const char *p, double *out)
{
	bool negative = *p == '-';
	const char *start = p + negative, *point = NULL;
	uint64_t digits = 0;
	double v;

	for (p = start; p < start + 17; p++) {
		unsigned d = (unsigned char)*p - (unsigned)'0';

		if (d < 10)
			digits = digits * 10 + d;
		else if (*p == '.' && point == NULL)
			point = p;
		else
			break;
	}
	if (p == start || p == start + 17 || point == start || point == p - 1 || (*p | 32) == 'e' ||
	    (*start == '0' && p > start + 1 && point != start + 1) || digits >= UINT64_C(1) << 53)
		return NULL;
	v = (double)digits / number_pow10[point == NULL ? 0 : p - point - 1];
	*out = negative ? -v : v;
	return p;
}

/* The same of numbers with more digits; that is how Python writes most of its floats. */
static inline const char *
long_number_plain(const char *p, double *out)
{
	(void)p, (void)out;
	return NULL;
}

#if JSON_VECTOR_AVX2
/* ---- x86-64 with AVX2 ---- */

#define AVX2 __attribute__((target("avx2,bmi,bmi2")))

static inline AVX2 bool
same_bytes_avx2(const char *p, const char *text, uint32_t n)
{
	for (;;) {
		__m256i a = _mm256_loadu_si256((const __m256i *)p), b = _mm256_loadu_si256((const __m256i *)text);
		uint32_t differ = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b));

		if (n <= 32)
			return (uint32_t)((uint64_t)differ << (32 - n)) == 0;
		if (differ != 0)
			return false;
		p += 32;
		text += 32;
		n -= 32;
	}
}

static inline AVX2 const char *
plain_end_avx2(const char *p)
{
	const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), space = _mm256_set1_epi8(' ');

	for (;; p += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)p);
		/* as signed bytes, control characters and those from 0x80 are both below the blank */
		__m256i odd =
		    _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, quote), _mm256_cmpeq_epi8(v, backslash)),
				    _mm256_cmpgt_epi8(space, v));
		uint32_t mask = (uint32_t)_mm256_movemask_epi8(odd);

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
}

/*
 * Up to 15 digits with at most one point among them, without a branch that depends on where it is: the digits are moved to the
 * right end of a vector, over the point, and summed up in pairs, pairs of pairs, and so on. 15 digits are below 2^53 and the power
 * of ten is exact, so the one division rounds correctly.
 */
static inline AVX2 const char *
short_number_avx2(const char *p, double *out)
{
	const __m128i iota = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	uint64_t negative = *p == '-', bits;
	__m128i v, place;
	uint32_t digit, point, n, at, digits;
	uint64_t whole;
	double value;

	p += negative;
	v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)p), _mm_set1_epi8('0'));
	digit = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v));
	point = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.' - '0')));
	n = _tzcnt_u32(~(digit | point)); /* 16 when it goes on */
	point &= (1u << n) - 1;
	at = _tzcnt_u32(point | 1u << n); /* digits before the point */
	digits = n - (point != 0);
	/* two points; none before it, none behind it; 007; an exponent */
	if (n > 15 || (point & (point - 1)) != 0 || at == 0 || at + 1 == n + (point == 0) * 2 ||
	    (*p == '0' && at > 1) || (p[n] | 32) == 'e')
		return NULL;
	place =
	    _mm_sub_epi8(iota, _mm_set1_epi8((char)(16 - digits))); /* which digit goes here; before the first: < 0 */
	place = _mm_sub_epi8(place, _mm_cmpgt_epi8(place, _mm_set1_epi8((char)(at - 1)))); /* the point is left out */
	v = _mm_shuffle_epi8(v, place);
	v = _mm_maddubs_epi16(v, _mm_set1_epi16(1 << 8 | 10));
	v = _mm_madd_epi16(v, _mm_set1_epi32(1 << 16 | 100));
	v = _mm_packus_epi32(v, v);
	v = _mm_madd_epi16(v, _mm_set1_epi32(1 << 16 | 10000));
	whole = (uint64_t)_mm_cvtsi128_si64(v);
	whole = (whole & 0xffffffffu) * 100000000u + (whole >> 32);
	value = (double)(int64_t)whole / number_pow10[digits - at];
	memcpy(&bits, &value, sizeof bits);
	bits |= negative << 63;
	memcpy(out, &bits, sizeof bits);
	return p + n;
}

/* The value of n <= 16 digits at p. */
static inline AVX2 uint64_t
digits_avx2(const char *p, uint32_t n)
{
	const __m128i iota = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)p), _mm_set1_epi8('0'));
	uint64_t whole;

	v = _mm_shuffle_epi8(v, _mm_sub_epi8(iota, _mm_set1_epi8((char)(16 - n))));
	v = _mm_maddubs_epi16(v, _mm_set1_epi16(1 << 8 | 10));
	v = _mm_madd_epi16(v, _mm_set1_epi32(1 << 16 | 100));
	v = _mm_packus_epi32(v, v);
	v = _mm_madd_epi16(v, _mm_set1_epi32(1 << 16 | 10000));
	whole = (uint64_t)_mm_cvtsi128_si64(v);
	return (whole & 0xffffffffu) * 100000000u + (whole >> 32);
}

/* Up to 19 digits, and zeros before them, with a point among them. */
static inline AVX2 const char *
long_number_avx2(const char *p, double *out)
{
	static const uint64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
	bool negative = *p == '-', small;
	uint32_t digit, point, n, at, fraction;
	uint64_t before, behind, rest = 0;
	uint32_t n_rest = 0;
	__m256i v;

	p += negative;
	v = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)p), _mm256_set1_epi8('0'));
	digit = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(9)), v));
	point = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('.' - '0')));
	n = _tzcnt_u32(~(digit | point));
	if (n > 24)
		return NULL;
	point &= (1u << n) - 1;
	at = _tzcnt_u32(point);
	small = *p == '0';
	/* no point or two; nothing before it or behind it; 007.5; an exponent */
	if (point == 0 || (point & (point - 1)) != 0 || at == 0 || at + 1 == n || (small && at > 1) ||
	    (p[n] | 32) == 'e')
		return NULL;
	fraction = n - at - 1;
	if (at > 16 || fraction > 22 || (!small && at + fraction > 19))
		return NULL;
	before = digits_avx2(p, at);
	if (fraction > 16) {
		n_rest = fraction - 16;
		rest = digits_avx2(p + at + 17, n_rest);
	}
	behind = digits_avx2(p + at + 1, fraction - n_rest);
	if (small && n_rest > 3 && behind >= UINT64_C(10000000000000)) /* more than 19 that count */
		return NULL;
	behind = behind * tens[n_rest] + rest;
	if (!small)
		behind += before * number_tens[fraction];
	if (!number_exact(behind, -(int32_t)fraction, out))
		return NULL;
	if (negative)
		*out = -*out;
	return p + n;
}
#endif

#endif
