/*
 * timestamp.c -- the time of a record: RFC 3339 text, or a number since 1970 in a given unit or the one that its
 * magnitude tells. Parts below a millisecond are cut off.
 *
 * Lines come in the order of time, so the minute of a timestamp is nearly always that of the line before: its bytes
 * are compared with the last one's, and only seconds, fraction and offset are read.
 */
#include <math.h>
#include <string.h>

#include "decode_private.h"

#include "mlwatch/clock.h"

#define TIME_MAX_MS INT64_C(253402300799999) /* the end of the year 9999 */

static inline int
two_digits(const char *p)
{
	unsigned a = (unsigned char)(p[0] - '0'), b = (unsigned char)(p[1] - '0');

	return a < 10 && b < 10 ? (int)(a * 10 + b) : -1;
}

/* "Z", "+01:00"; ms to subtract. */
static bool
offset_read(const char *p, size_t n, int64_t *ms)
{
	int hours, minutes;

	*ms = 0;
	if (n == 1 && (*p == 'Z' || *p == 'z'))
		return true;
	if (n != 6 || (*p != '+' && *p != '-') || p[3] != ':')
		return false;
	hours = two_digits(p + 1);
	minutes = two_digits(p + 4);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*ms = (hours * 60 + minutes) * MS_MINUTE * (*p == '-' ? -1 : 1);
	return true;
}

/* What follows the minute. */
static bool
seconds_read(const char *p, size_t n, int64_t *ms)
{
	int64_t offset, fraction = 0;
	int seconds = two_digits(p);
	size_t k = 2;

	if (seconds < 0 || seconds > 59)
		return false;
	if (p[k] == '.') {
		int digits = 0;

		for (k++; k < n && (unsigned char)(p[k] - '0') < 10; k++, digits++)
			if (digits < 3)
				fraction = fraction * 10 + (p[k] - '0');
		if (digits == 0 || digits > 9)
			return false;
		for (; digits < 3; digits++)
			fraction *= 10;
	}
	if (!offset_read(p + k, n - k, &offset))
		return false;
	*ms = seconds * MS_SECOND + fraction - offset;
	return true;
}

static inline bool
same_minute(const char *a, const char *b) /* 17 bytes */
{
	uint64_t x[2], y[2];

	memcpy(x, a, 16);
	memcpy(y, b, 16);
	return x[0] == y[0] && x[1] == y[1] && a[16] == b[16];
}

static bool
rfc3339_cached(struct decoder *d, const char *p, size_t n, int64_t *ms)
{
	int64_t rest;
	char minute[32];

	if (n >= 20 && same_minute(p, d->minute.text) && seconds_read(p + 17, n - 17, &rest)) {
		*ms = d->minute.ms + rest;
		return true;
	}
	if (rfc3339_parse(p, n, ms) < 0)
		return false;
	memcpy(minute, p, 17);
	memcpy(minute + 17, "00Z", 3);
	if (rfc3339_parse(minute, 20, &rest) == 0) {
		memcpy(d->minute.text, p, 17);
		d->minute.ms = rest;
	}
	return true;
}

/* The unit that a number of this size must be in: seconds until the year 5138, and so on. */
static enum time_unit
unit_of(double v)
{
	v = fabs(v);
	return v < 1e11 ? UNIT_S : v < 1e14 ? UNIT_MS : v < 1e17 ? UNIT_US : UNIT_NS;
}

bool
timestamp_number(const struct number *v, double approximate, enum time_unit unit, int64_t *ms)
{
	static const int shift[] = {[UNIT_S] = 3, [UNIT_MS] = 0, [UNIT_US] = -3, [UNIT_NS] = -6};
	static const double factor[] = {[UNIT_S] = 1e3, [UNIT_MS] = 1, [UNIT_US] = 1e-3, [UNIT_NS] = 1e-6};

	if (unit == UNIT_NONE)
		unit = unit_of(approximate);
	if (!number_scaled(v, shift[unit], ms)) {
		double t = floor(approximate * factor[unit]);

		if (!(t >= 0 && t <= (double)TIME_MAX_MS))
			return false;
		*ms = (int64_t)t;
	}
	return *ms >= 0 && *ms <= TIME_MAX_MS;
}

bool
timestamp_text(struct decoder *d, const char *p, size_t n, int64_t *ms)
{
	struct number scanned;
	double v;

	if (n >= 20 && rfc3339_cached(d, p, n, ms))
		return true;
	return number_text(p, n, d->c_locale, &scanned, &v) &&
	       timestamp_number(&scanned, v, d->spec->timestamp.unit, ms);
}
