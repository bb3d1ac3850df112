/*
 * num.c -- numbers as Go and Prometheus write and read them.
 *
 * The shortest decimal that reads back as the same double: 15 digits always survive the way there, 17 always
 * survive the way back, so nearly every number is settled by one of three tries. Trailing zeros are then cut,
 * which is what makes 15 digits of 0.1 the digit 1.
 */
#include "mlwatch/num.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct decimal {
	char digits[20]; /* without point; no trailing zeros, at least one digit */
	int n;
	int exponent; /* the value is d.ddd * 10^exponent */
	bool negative;
};

/* %e of v with so many digits after the first, into d. */
static void
take_digits(struct decimal *d, const char *text)
{
	const char *p = text;

	d->negative = *p == '-';
	if (d->negative)
		p++;
	for (d->n = 0; *p != 'e'; p++)
		if (*p != '.' && *p != ',')
			d->digits[d->n++] = *p;
	d->exponent = atoi(p + 1);
	while (d->n > 1 && d->digits[d->n - 1] == '0')
		d->n--;
}

/* Doubles above a power of two lie twice as far apart as those below it, so the nearest text of 16 digits may read back as the
 * neighbour below while the next one up reads back right. */
static bool
next_up(char *text, size_t size, double v)
{
	int digits[16], i, n = 0, exponent = atoi(strchr(text, 'e') + 1), e;
	char *p = text;

	if (fabs(frexp(v, &e)) != 0.5)
		return false;
	for (; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p - '0';
	for (i = n - 1; i >= 0 && ++digits[i] == 10; i--)
		digits[i] = 0;
	if (i < 0)
		return false;
	n = snprintf(text, size, "%s%d.", v < 0 ? "-" : "", digits[0]);
	for (i = 1; i < 16; i++)
		text[n++] = (char)('0' + digits[i]);
	snprintf(text + n, size - (size_t)n, "e%d", exponent);
	return strtod(text, NULL) == v;
}

static void
shortest(struct decimal *d, double v)
{
	int after = fabs(v) < DBL_MIN ? 0 : 14; /* subnormal numbers have fewer digits to begin with */
	char text[40];

	for (;; after++) {
		snprintf(text, sizeof(text), "%.*e", after, v);
		if (after == 16 || strtod(text, NULL) == v || (after == 15 && next_up(text, sizeof(text), v)))
			break;
	}
	take_digits(d, text);
}

static bool
special(char *out, double v)
{
	const char *word = isnan(v) ? "NaN" : isinf(v) ? (v > 0 ? "+Inf" : "-Inf") : NULL;

	if (word == NULL)
		return false;
	strcpy(out, word);
	return true;
}

static void
write_exponent(char *out, const struct decimal *d)
{
	char *p = out;
	int e = d->exponent;

	if (d->negative)
		*p++ = '-';
	*p++ = d->digits[0];
	if (d->n > 1) {
		*p++ = '.';
		memcpy(p, d->digits + 1, (size_t)d->n - 1);
		p += d->n - 1;
	}
	snprintf(p, 16, "e%c%02d", e < 0 ? '-' : '+', abs(e));
}

static void
write_plain(char *out, const struct decimal *d)
{
	char *p = out;
	int i, whole = d->exponent + 1; /* digits before the point */

	if (d->negative)
		*p++ = '-';
	if (whole <= 0) {
		*p++ = '0';
		*p++ = '.';
		for (i = whole; i < 0; i++)
			*p++ = '0';
		memcpy(p, d->digits, (size_t)d->n);
		p += d->n;
	} else {
		for (i = 0; i < whole; i++)
			*p++ = i < d->n ? d->digits[i] : '0';
		if (d->n > whole) {
			*p++ = '.';
			memcpy(p, d->digits + whole, (size_t)(d->n - whole));
			p += d->n - whole;
		}
	}
	*p = '\0';
}

/* Small integers are most of what is printed. */
static bool
small_integer(char *out, double v, double limit)
{
	if (!(fabs(v) < limit) || v != (double)(int64_t)v || (v == 0 && signbit(v)))
		return false;
	snprintf(out, NUM_MAX, "%lld", (long long)v);
	return true;
}

static void
zero(char *out, double v)
{
	strcpy(out, signbit(v) ? "-0" : "0");
}

void
num_g(char out[NUM_MAX], double v)
{
	struct decimal d;

	if (special(out, v) || small_integer(out, v, 1e6))
		return;
	if (v == 0) {
		zero(out, v);
		return;
	}
	shortest(&d, v);
	if (d.exponent < -4 || d.exponent >= 6)
		write_exponent(out, &d);
	else
		write_plain(out, &d);
}

void
num_f(char out[NUM_MAX], double v)
{
	struct decimal d;

	if (special(out, v) || small_integer(out, v, 1e15))
		return;
	if (v == 0) {
		zero(out, v);
		return;
	}
	shortest(&d, v);
	write_plain(out, &d);
}

void
num_api(char out[NUM_MAX], double v)
{
	struct decimal d;

	if (special(out, v) || small_integer(out, v, 1e15))
		return;
	if (v == 0) {
		zero(out, v);
		return;
	}
	shortest(&d, v);
	if (fabs(v) < 1e-6 || fabs(v) >= 1e21)
		write_exponent(out, &d);
	else
		write_plain(out, &d);
}

static bool
parse_word(const char *s, size_t n, double *out)
{
	bool negative = n > 0 && *s == '-', sign = n > 0 && (*s == '-' || *s == '+');

	if (!sign && n == 3 && strncasecmp(s, "nan", 3) == 0) {
		*out = NAN;
		return true;
	}
	s += sign;
	n -= sign;
	if ((n == 3 && strncasecmp(s, "inf", 3) == 0) || (n == 8 && strncasecmp(s, "infinity", 8) == 0)) {
		*out = negative ? -INFINITY : INFINITY;
		return true;
	}
	return false;
}

/* What one look at the text says: whether it is a number at all, and its digits while they fit. */
struct scanned {
	uint64_t mantissa;
	int digits; /* significant ones; past 19 the mantissa is not complete */
	int exponent;
	bool negative;
};

static bool
scan_exponent(const char **at, const char *end, struct scanned *n)
{
	const char *p = *at;
	bool negative = false;
	int e = 0;

	if (p == end || (*p | 0x20) != 'e')
		return true;
	if (++p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (p == end || *p < '0' || *p > '9')
		return false;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		if (e < 100000)
			e = e * 10 + (*p - '0');
	n->exponent += negative ? -e : e;
	*at = p;
	return true;
}

static bool
scan(const char *p, const char *end, struct scanned *n)
{
	bool point = false, any = false;

	*n = (struct scanned){0};
	if (p < end && (*p == '+' || *p == '-'))
		n->negative = *p++ == '-';
	for (; p < end; p++) {
		if (*p == '.' && !point) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9')
			break;
		any = true;
		if (point)
			n->exponent--;
		if (n->digits == 0 && *p == '0')
			continue;
		if (n->digits < 19)
			n->mantissa = n->mantissa * 10 + (uint64_t)(*p - '0');
		n->digits++;
	}
	return any && scan_exponent(&p, end, n) && p == end;
}

/* strtod on a copy, for what the exact short way cannot do. */
static bool
parse_slow(const char *s, size_t n, double *out)
{
	char small[128], *text = n < sizeof(small) ? small : malloc(n + 1);
	bool good;

	if (text == NULL)
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	*out = strtod(text, NULL);
	good = !isinf(*out);
	if (text != small)
		free(text);
	return good;
}

bool
num_parse(const char *s, size_t n, double *out)
{
	static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
				       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	struct scanned k;
	double v;

	if (!scan(s, s + n, &k))
		return parse_word(s, n, out);
	/* Both the digits and the power of ten are exact doubles, so one rounding is the right one. */
	if (k.digits <= 15 && k.exponent >= -22 && k.exponent <= 22) {
		v = (double)k.mantissa;
		v = k.exponent < 0 ? v / power[-k.exponent] : v * power[k.exponent];
		*out = k.negative ? -v : v;
		return true;
	}
	return parse_slow(s, n, out);
}

#define STALE_BITS UINT64_C(0x7ff0000000000002)

bool
num_is_stale(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits == STALE_BITS;
}

double
num_stale(void)
{
	uint64_t bits = STALE_BITS;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}
