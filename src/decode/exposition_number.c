/*
 * exposition_number.c -- sample values, fast.
 *
 * Nearly every value has at most 19 digits and a small exponent. Its digits fit a 64-bit integer, and when that is below
 * 2^53 and the power of ten is at most 22, both are exact doubles and one multiplication or division rounds
 * once: correct (Clinger 1990). The rest goes to num_parse.
 */
#include "exposition_private.h"

#include <string.h>

#include "mlwatch/num.h"

static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
			      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* e+05, e-3; p is after the e. */
static bool
read_exponent(const char *p, const char *end, int *out)
{
	bool negative = false;
	int e = 0;

	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (p == end || end - p > 4)
		return false;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return false;
		e = e * 10 + (*p - '0');
	}
	*out = negative ? -e : e;
	return true;
}

static bool
quick(struct span s, double *v)
{
	const char *p = s.p;
	bool negative = false;
	uint64_t m = 0;
	int digits = 0, after = 0, e = 0;

	if (p < s.end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	for (; p < s.end && is_digit(*p); p++, digits++)
		m = m * 10 + (uint64_t)(*p - '0');
	if (p < s.end && *p == '.')
		for (p++; p < s.end && is_digit(*p); p++, digits++, after++)
			m = m * 10 + (uint64_t)(*p - '0');
	if (digits == 0 || digits > 19 || m > (UINT64_C(1) << 53))
		return false;
	if (p < s.end && ((*p | 0x20) != 'e' || !read_exponent(p + 1, s.end, &e)))
		return false;
	e -= after;
	if (e < -22 || e > 22)
		return false;
	*v = e < 0 ? (double)m / tens[-e] : (double)m * tens[e];
	if (negative)
		*v = -*v;
	return true;
}

bool
expo_number(struct span s, double *v)
{
	static const struct {
		const char *word;
		double v;
	} words[] = {{"NaN", __builtin_nan("")}, {"+Inf", __builtin_inf()}, {"-Inf", -__builtin_inf()}};
	size_t n = (size_t)(s.end - s.p);

	if (quick(s, v))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (n == strlen(words[i].word) && memcmp(s.p, words[i].word, n) == 0) {
			*v = words[i].v;
			return true;
		}
	return memchr(s.p, '\0', n) == NULL && num_parse(s.p, n, v);
}

bool
expo_integer(struct span s, int64_t *v)
{
	*v = 0;
	for (const char *p = s.p; p < s.end; p++)
		if (__builtin_mul_overflow(*v, 10, v) || __builtin_add_overflow(*v, *p - '0', v))
			return false;
	return true;
}
