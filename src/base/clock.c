/* clock.c -- the one place that asks what time it is, and durations and sizes as text. Dates are in clock_date.c. */
#include "mlwatch/clock.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "mlwatch/buf.h"
#include "mlwatch/num.h"

static int64_t /* us */
ask(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_now(void)
{
	return ask(CLOCK_REALTIME) / 1000;
}

int64_t
clock_monotonic(void)
{
	return ask(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_monotonic_us(void)
{
	return ask(CLOCK_MONOTONIC);
}

static const struct {
	const char *word;
	int64_t ms;
	bool whole; /* printed only when it goes in without a rest, as Prometheus does (1w but 8d) */
} spans[] = {
    {"y", 365 * MS_DAY, true}, {"w", 7 * MS_DAY, true}, {"d", MS_DAY, true}, {"h", MS_HOUR, false},
    {"m", MS_MINUTE, false},   {"s", MS_SECOND, false}, {"ms", 1, false},
};
#define SPANS (sizeof(spans) / sizeof(spans[0]))

static bool
read_count(const char **at, int64_t *v)
{
	const char *p = *at;

	if (!isdigit((unsigned char)*p))
		return false;
	for (*v = 0; isdigit((unsigned char)*p); p++) {
		if (*v > (INT64_MAX - 9) / 10)
			return false;
		*v = *v * 10 + (*p - '0');
	}
	*at = p;
	return true;
}

int
duration_parse(const char *s, int64_t *ms)
{
	size_t unit = 0, len;
	int64_t sum = 0, v, part;

	if (strcmp(s, "0") == 0) {
		*ms = 0;
		return 0;
	}
	if (*s == '\0')
		return -1;
	while (*s != '\0') {
		if (!read_count(&s, &v))
			return -1;
		len = strspn(s, "ywdhms");
		/* "1m30s": the letters end where the next digit begins, so len is the whole unit */
		while (unit < SPANS && (strlen(spans[unit].word) != len || strncmp(s, spans[unit].word, len) != 0))
			unit++;
		if (unit == SPANS || __builtin_mul_overflow(v, spans[unit].ms, &part) ||
		    __builtin_add_overflow(sum, part, &sum) || sum > INT64_MAX / 1000000)
			return -1; /* Prometheus keeps nanoseconds: what overflows there is no duration here */
		unit++;
		s += len;
	}
	*ms = sum;
	return 0;
}

void
duration_format(struct buf *out, int64_t ms)
{
	size_t i;
	int64_t n;

	if (ms == 0) {
		buf_addstr(out, "0s");
		return;
	}
	if (ms < 0) {
		buf_addc(out, '-');
		ms = -ms;
	}
	for (i = 0; i < SPANS; i++) {
		if (spans[i].whole && ms % spans[i].ms != 0)
			continue;
		n = ms / spans[i].ms;
		if (n > 0)
			buf_addf(out, "%lld%s", (long long)n, spans[i].word);
		ms -= n * spans[i].ms;
	}
}

void
duration_human(char out[16], int64_t ms)
{
	int64_t days;

	if (ms < 0)
		ms = 0;
	days = ms / MS_DAY;
	if (ms < MS_SECOND)
		snprintf(out, 16, "<1s");
	else if (ms < MS_MINUTE)
		snprintf(out, 16, "%ds", (int)(ms / MS_SECOND));
	else if (ms < MS_HOUR)
		snprintf(out, 16, "%dm", (int)(ms / MS_MINUTE));
	else if (days < 1)
		snprintf(out, 16, "%dh", (int)(ms / MS_HOUR));
	else
		snprintf(out, 16, "%lldd", (long long)(days < 99999999 ? days : 99999999));
}

static const struct {
	const char *word;
	double bytes;
} sizes[] = {
    {"B", 1},     {"KB", 1e3},     {"kB", 1e3},        {"MB", 1e6},           {"GB", 1e9},
    {"TB", 1e12}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
};

int
size_parse(const char *s, int64_t *bytes)
{
	size_t len = strspn(s, "0123456789."), i;
	double v;

	if (!isdigit((unsigned char)*s) || !num_parse(s, len, &v))
		return -1;
	s += len;
	s += strspn(s, " ");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (strcmp(s, sizes[i].word) == 0)
			break;
	if (i == sizeof(sizes) / sizeof(sizes[0]) || v * sizes[i].bytes > 9e18)
		return -1;
	*bytes = (int64_t)llround(v * sizes[i].bytes);
	return 0;
}

void
size_human(char out[16], int64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double v = (double)bytes;
	size_t i = 0;

	while (fabs(v) >= 1024 && i + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		i++;
	}
	snprintf(out, 16, i == 0 || fabs(v) >= 99.95 ? "%.0f %s" : "%.1f %s", v, units[i]);
}
