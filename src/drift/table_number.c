/*
 * table_number.c -- a cell as a number, exactly; the words that mean there is none; a cell as clean text.
 *
 * Digits are gathered as an integer. Up to 2^53 and 10^22 one IEEE operation gives the exact double (Clinger 1990); up to 19 digits and 10^27 one
 * operation in long double does, unless its result lies half-way between two doubles; the rest goes to strtod.
 */
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/baseline.h"
#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"

#define TEXT_MAX 128

static const double pow10_exact[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
				       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

struct digits {
	uint64_t value;
	int significant, exp10;
	bool negative, cut;
};

static inline bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Eight characters at once (Lemire's fast_float): are they digits, and what number are they? */
static inline bool
eight_digits(const char *p, uint64_t *value)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	if (((v + 0x4646464646464646u) | (v - 0x3030303030303030u)) & 0x8080808080808080u)
		return false;
	v -= 0x3030303030303030u;
	v = v * 10 + (v >> 8);
	*value =
	    ((v & 0x000000ff000000ffu) * 0x000f424000000064u + (v >> 16 & 0x000000ff000000ffu) * 0x0000271000000001u) >>
	    32;
	return true;
}

/* Digits are counted from the first one that is not zero, or a little early: then strtod decides. */
static inline const char *
gather(const char *p, const char *end, struct digits *d)
{
	uint64_t eight;

	while (end - p >= 8 && d->significant <= 11 && eight_digits(p, &eight)) {
		d->value = d->value * 100000000 + eight;
		d->significant += d->value != 0 ? 8 : 0;
		p += 8;
	}
	for (; p < end && is_digit(*p); p++) {
		if (d->significant >= 19) {
			d->cut = true;
			continue;
		}
		d->value = d->value * 10 + (uint64_t)(*p - '0');
		d->significant += d->value != 0;
	}
	return p;
}

/* NULL when [p, end) is no number. */
static const char *
scan(const char *p, const char *end, struct digits *d)
{
	const char *start, *point;

	d->negative = p < end && *p == '-';
	p += p < end && (*p == '-' || *p == '+');
	start = p;
	p = gather(p, end, d);
	point = p;
	if (p < end && *p == '.') {
		p = gather(p + 1, end, d);
		d->exp10 = -(int)(p - point - 1);
		if (p - start < 2)
			return NULL;
	} else if (p == start) {
		return NULL;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		bool negative = p + 1 < end && p[1] == '-';
		int e = 0;

		p += 1 + (p + 1 < end && (p[1] == '-' || p[1] == '+'));
		if (p >= end)
			return NULL;
		for (; p < end && is_digit(*p); p++)
			e = e < 100000 ? e * 10 + (*p - '0') : e;
		d->exp10 += negative ? -e : e;
	}
	return p == end ? p : NULL;
}

static bool
wide(const struct digits *d, double *out)
{
#if LDBL_MANT_DIG == 64
	static const long double pow10_wide[28] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
						   1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L,
						   1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};
	long double v = (long double)d->value;
	uint64_t mantissa;

	if (d->exp10 < -27 || d->exp10 > 27)
		return false;
	v = d->exp10 < 0 ? v / pow10_wide[-d->exp10] : v * pow10_wide[d->exp10];
	memcpy(&mantissa, &v, sizeof mantissa);
	if ((mantissa & 0x7ff) == 0x400)
		return false; /* half-way, or rounded to there */
	*out = (double)v;
	return true;
#else
	(void)d, (void)out;
	return false;
#endif
}

static bool
slow(const char *p, size_t n, double *out)
{
	char text[TEXT_MAX];

	if (n >= sizeof text)
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	*out = strtod(text, NULL); /* the programs run in the C locale for numbers */
	return isfinite(*out);
}

bool
table_number(const char *p, size_t n, double *out)
{
	struct digits d = {0};
	const char *end = p + n;
	double v;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (scan(p, end, &d) == NULL)
		return false;
	if (!d.cut && d.value <= UINT64_C(1) << 53 && d.exp10 >= -22 && d.exp10 <= 22)
		v = d.exp10 < 0 ? (double)d.value / pow10_exact[-d.exp10] : (double)d.value * pow10_exact[d.exp10];
	else if (!d.cut && d.value == 0)
		v = 0;
	else if (d.cut || !wide(&d, &v))
		return slow(p, (size_t)(end - p), out);
	*out = d.negative ? -v : v;
	return true;
}

void
table_text(struct buf *scratch, const char **p, size_t *n)
{
	*n = strnlen(*p, *n);
	if (utf8_valid(*p, *n))
		return;
	buf_reset(scratch);
	utf8_repair(scratch, *p, *n);
	*p = scratch->p;
	*n = scratch->len;
}

bool
table_is_missing(const char *p, size_t n, const struct table_words *more)
{
	static const char *const usual[] = {"",         "NA",        "N/A",  "n/a",  "NaN",  "nan", "NAN",
					    "null",     "NULL",      "None", "none", "<NA>", "inf", "-inf",
					    "Infinity", "-Infinity", "+inf", "Inf",  "-Inf"};

	while (n > 0 && (*p == ' ' || *p == '\t'))
		p++, n--;
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (n == 0)
		return true;
	for (size_t i = 1; n <= 9 && i < sizeof usual / sizeof *usual; i++)
		if (strlen(usual[i]) == n && memcmp(usual[i], p, n) == 0)
			return true;
	for (size_t i = 0; more != NULL && i < more->n; i++)
		if (strlen(more->at[i]) == n && memcmp(more->at[i], p, n) == 0)
			return true;
	return false;
}
