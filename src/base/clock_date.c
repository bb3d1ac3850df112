/*
 * clock_date.c -- dates: the civil calendar and RFC 3339.
 *
 * The calendar arithmetic is Howard Hinnant's ("chrono-Compatible Low-Level Date Algorithms"): years are made to
 * begin on 1 March, so that the leap day is the last one and every month's start is a linear formula.
 */
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/num.h"

int64_t
days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

void
civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era;
	unsigned doe, yoe, doy, mp;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = (unsigned)(days - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int64_t)yoe + era * 400 + (*m <= 2);
}

static unsigned
days_in_month(int64_t y, unsigned m)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

	return m == 2 && leap ? 29 : days[m - 1];
}

/* n digits at p into *v */
static bool
digits(const char *p, int n, unsigned *v)
{
	for (*v = 0; n > 0; n--, p++) {
		if (*p < '0' || *p > '9')
			return false;
		*v = *v * 10 + (unsigned)(*p - '0');
	}
	return true;
}

static bool
read_offset(const char *p, const char *end, int64_t *ms)
{
	unsigned h, m;

	if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
		*ms = 0;
		return true;
	}
	if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':' || !digits(p + 1, 2, &h) || !digits(p + 4, 2, &m) ||
	    h > 23 || m > 59)
		return false;
	*ms = (int64_t)(h * 60 + m) * (*p == '-' ? -MS_MINUTE : MS_MINUTE);
	return true;
}

int
rfc3339_parse(const char *s, size_t n, int64_t *ms)
{
	const char *p, *end = s + n;
	unsigned y, mo, d, h, mi, sec, frac = 0;
	int64_t offset;
	int places;

	if (n < 20 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != 't' && s[10] != ' ') || s[13] != ':' ||
	    s[16] != ':' || !digits(s, 4, &y) || !digits(s + 5, 2, &mo) || !digits(s + 8, 2, &d) ||
	    !digits(s + 11, 2, &h) || !digits(s + 14, 2, &mi) || !digits(s + 17, 2, &sec))
		return -1;
	if (mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo) || h > 23 || mi > 59 || sec > 60)
		return -1;
	p = s + 19;
	if (*p == '.') {
		for (p++, places = 0; p < end && *p >= '0' && *p <= '9'; p++, places++)
			if (places < 3)
				frac = frac * 10 + (unsigned)(*p - '0');
		if (places == 0 || places > 9)
			return -1;
		for (; places < 3; places++)
			frac *= 10;
	}
	if (!read_offset(p, end, &offset))
		return -1;
	if (sec == 60) { /* a leap second: the last moment that there is a number for */
		sec = 59;
		frac = 999;
	}
	*ms = days_from_civil(y, mo, d) * MS_DAY + (int64_t)(h * 3600 + mi * 60 + sec) * 1000 + frac - offset;
	return 0;
}

void
rfc3339_format(char out[32], int64_t ms)
{
	int64_t days = ms / MS_DAY - (ms % MS_DAY < 0), y;
	unsigned m, d, rest = (unsigned)(ms - days * MS_DAY);

	civil_from_days(days, &y, &m, &d);
	if (y < -9999 || y > 99999) /* no date that a person could mean; keeps the text in its 32 bytes */
		y = y < 0 ? -9999 : 99999;
	snprintf(out, 32, "%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", (int)y, m, d, rest / 3600000, rest / 60000 % 60,
		 rest / 1000 % 60, rest % 1000);
}

/* "02:36" or "02:36:10" of today, here. */
static bool
clock_of_day(const char *s, int64_t now, int64_t *ms)
{
	unsigned h, m, sec = 0;
	size_t n = strlen(s);
	time_t t = (time_t)(now / 1000);
	struct tm tm;

	if ((n != 5 && n != 8) || s[2] != ':' || !digits(s, 2, &h) || !digits(s + 3, 2, &m) || h > 23 || m > 59)
		return false;
	if (n == 8 && (s[5] != ':' || !digits(s + 6, 2, &sec) || sec > 59))
		return false;
	localtime_r(&t, &tm);
	tm.tm_hour = (int)h;
	tm.tm_min = (int)m;
	tm.tm_sec = (int)sec;
	tm.tm_isdst = -1;
	*ms = (int64_t)mktime(&tm) * 1000;
	return true;
}

int
time_parse(const char *s, int64_t now, int64_t *ms, struct err *e)
{
	double v;
	int64_t d;

	if (strcmp(s, "now") == 0) {
		*ms = now;
		return 0;
	}
	if (rfc3339_parse(s, strlen(s), ms) == 0)
		return 0;
	if ((*s == '-' || *s == '+') && duration_parse(s + 1, &d) == 0) {
		*ms = *s == '-' ? now - d : now + d;
		return 0;
	}
	if (clock_of_day(s, now, ms))
		return 0;
	if (*s != '-' && *s != '+' && num_parse(s, strlen(s), &v) && isfinite(v) && fabs(v) < 1e13) {
		*ms = llround(v * 1000);
		return 0;
	}
	err_set(e, ERR_USAGE, "not a time: '%s'", s);
	return err_hint(e, "times are RFC 3339 (2026-03-01T02:36:00Z), -1h, now, 02:36, or Unix seconds");
}
