/*
 * number.c -- see number.h.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

#include "mlwatch/xalloc.h"

const double number_pow10[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
				 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

const uint64_t number_tens[20] = {1u,
				  10u,
				  100u,
				  1000u,
				  10000u,
				  100000u,
				  1000000u,
				  10000000u,
				  100000000u,
				  1000000000u,
				  10000000000u,
				  100000000000u,
				  1000000000000u,
				  10000000000000u,
				  100000000000000u,
				  1000000000000000u,
				  10000000000000000u,
				  100000000000000000u,
				  1000000000000000000u,
				  10000000000000000000u};

static inline bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Digits into n->digits; dropped ones count into *dropped. */
static const char *
digits_scan(const char *p, struct number *n, int *significant, int32_t *dropped)
{
	for (; is_digit(*p); p++) {
		if (*significant > 0 || *p != '0') {
			if (*significant == 19) {
				n->cut = true;
				++*dropped;
				continue;
			}
			++*significant;
		}
		n->digits = n->digits * 10 + (uint64_t)(*p - '0');
	}
	return p;
}

static const char *
exponent_scan(const char *p, int32_t *exp10)
{
	bool negative = *p == '-';
	int32_t e = 0;

	if (*p == '-' || *p == '+')
		p++;
	if (!is_digit(*p))
		return NULL;
	for (; is_digit(*p); p++)
		if (e < 100000)
			e = e * 10 + (*p - '0');
	*exp10 += negative ? -e : e;
	return p;
}

const char *
number_scan(const char *p, struct number *out)
{
	struct number n = {p, 0, 0, 0, *p == '-', true, false};
	int significant = 0;
	int32_t dropped = 0;

	p += n.negative;
	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return NULL;
	p = digits_scan(p, &n, &significant, &dropped);
	n.exp10 = dropped;
	if (*p == '.') {
		const char *point = p++;

		if (!is_digit(*p))
			return NULL;
		n.integer = false;
		dropped = 0;
		p = digits_scan(p, &n, &significant, &dropped);
		n.exp10 -= (int32_t)(p - point - 1) - dropped;
	}
	if (*p == 'e' || *p == 'E') {
		n.integer = false;
		p = exponent_scan(p + 1, &n.exp10);
		if (p == NULL)
			return NULL;
	}
	n.n = (uint32_t)(p - n.p);
	*out = n;
	return p;
}

/* One operation in the wider mantissa of long double; false when rounding twice could go wrong. */
static bool
wide_value(uint64_t digits, int32_t exp10, double *out)
{
#if LDBL_MANT_DIG == 64
	/* 10^27 is the largest power of ten that 64 bits of mantissa hold exactly */
	static const long double pow10l_exact[28] = {
	    1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
	    1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};
	long double v = (long double)digits;
	uint64_t mantissa;

	if (exp10 < -27 || exp10 > 27)
		return false;
	v = exp10 < 0 ? v / pow10l_exact[-exp10] : v * pow10l_exact[exp10];
	memcpy(&mantissa, &v, sizeof mantissa); /* x87: the explicit 64-bit mantissa comes first */
	if ((mantissa & 0x7ff) == 0x400)
		return false; /* half-way between two doubles, or rounded to there */
	*out = (double)v;
	return true;
#else
	(void)digits, (void)exp10, (void)out;
	return false;
#endif
}

bool
number_exact(uint64_t digits, int32_t exp10, double *out)
{
	if (digits > UINT64_C(1) << 53 || exp10 < -22 || exp10 > 22)
		return digits != 0 && wide_value(digits, exp10, out);
	*out = exp10 < 0 ? (double)digits / number_pow10[-exp10] : (double)digits * number_pow10[exp10];
	return true;
}

static double
slow_value(const struct number *n, locale_t c)
{
	char small[128], *copy = n->n < sizeof small ? small : xmalloc((size_t)n->n + 1);
	double v;

	memcpy(copy, n->p, n->n);
	copy[n->n] = '\0';
	v = strtod_l(copy, NULL, c);
	if (copy != small)
		free(copy);
	return v;
}

bool
number_value(const struct number *n, locale_t c, double *out)
{
	double v;

	if (n->integer && (n->cut || n->digits > (uint64_t)INT64_MAX + n->negative))
		return false;
	if (n->cut || (n->digits == 0 && n->exp10 != 0) || !number_exact(n->digits, n->exp10, &v)) {
		v = slow_value(n, c);
		if (isinf(v))
			return false;
		*out = v;
		return true;
	}
	*out = n->negative ? -v : v;
	return true;
}

bool
number_text(const char *p, size_t n, locale_t c, struct number *scanned, double *out)
{
	char copy[72];
	size_t k = 0;
	const char *end;

	if (n == 0 || n > 64)
		return false;
	if (*p == '+' && n > 1 && p[1] != '-')
		p++, n--;
	if (*p == '-')
		copy[k++] = *p++, n--;
	if (n > 0 && *p == '.')
		copy[k++] = '0';
	for (; n > 1 && *p == '0' && is_digit(p[1]); n--) /* 007 */
		p++;
	memcpy(copy + k, p, n);
	k += n;
	if (n > 1 && p[n - 1] == '.')
		k--;
	copy[k] = '\n';
	end = number_scan(copy, scanned);
	if (end != copy + k)
		return false;
	if (scanned->integer && (scanned->cut || scanned->digits > (uint64_t)INT64_MAX))
		scanned->integer = false; /* only JSON's integers are bounded */
	if (!number_value(scanned, c, out))
		return false;
	scanned->p = NULL;
	return true;
}

bool
number_scaled(const struct number *n, int shift, int64_t *out)
{
	int32_t e = n->exp10 + shift;
	uint64_t v = n->digits;
	bool rest = false;

	if (n->cut)
		return false;
	if (e >= 0) {
		if (v != 0 && (e > 18 || v > (uint64_t)INT64_MAX / number_tens[e]))
			return false;
		v = v == 0 ? 0 : v * number_tens[e];
	} else if (-e > 19) {
		rest = v != 0;
		v = 0;
	} else {
		rest = v % number_tens[-e] != 0;
		v /= number_tens[-e];
	}
	if (v > (uint64_t)INT64_MAX - 1)
		return false;
	*out = n->negative ? -(int64_t)v - rest : (int64_t)v;
	return true;
}
