/*
 * conf_time.c -- time zones and the intervals in which a route is muted or active.
 *
 * A zone is read from the system's zoneinfo files (RFC 8536), as localtime() would read it, but without the process-wide TZ:
 * several zones are in use at once. After the last transition of a file its POSIX rule (the footer) holds.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#define TZ_MAX_TRANSITIONS 4096

struct tz_change { /* when daylight saving begins or ends, by the footer's rule */
	char kind; /* 'M' month.week.day, 'J' day 1-365 without 29 February, 'D' day 0-365 */
	int month, week, day;
	int64_t at; /* seconds after midnight, local */
};

struct tz {
	int64_t *when;   /* n transitions, ascending */
	int64_t *offset; /* n + 1: before the first, after each */
	size_t n;
	bool has_rule, has_dst;
	int64_t std, dst; /* seconds east */
	struct tz_change begin, end;
};

static int64_t
be(const unsigned char *p, size_t n)
{
	uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

struct tz_counts {
	size_t isut, isstd, leap, time, type, chars;
};

static bool
tz_header(const unsigned char *p, size_t n, struct tz_counts *c, size_t width, size_t *body)
{
	if (n < 44 || memcmp(p, "TZif", 4) != 0)
		return false;
	size_t *f[] = {&c->isut, &c->isstd, &c->leap, &c->time, &c->type, &c->chars};
	for (size_t i = 0; i < 6; i++)
		*f[i] = (size_t)be(p + 20 + 4 * i, 4);
	if (c->time > TZ_MAX_TRANSITIONS || c->type == 0 || c->type > 256 || c->chars > 4096 || c->leap > 4096 ||
	    c->isstd > 256 || c->isut > 256)
		return false;
	*body = c->time * (width + 1) + c->type * 6 + c->chars + c->leap * (width + 4) + c->isstd + c->isut;
	return n - 44 >= *body;
}

/* ---- the footer: CET-1CEST,M3.5.0,M10.5.0/3 ---- */

static const char *
rule_name(const char *s)
{
	if (*s == '<') {
		const char *close = strchr(s, '>');
		return close != NULL ? close + 1 : NULL;
	}
	const char *p = s;
	while (isalpha((unsigned char)*p))
		p++;
	return p - s >= 3 ? p : NULL;
}

static const char *
rule_hms(const char *s, int64_t *out)
{
	int sign = 1;
	int64_t v[3] = {0};

	if (*s == '+' || *s == '-')
		sign = *s++ == '-' ? -1 : 1;
	for (size_t i = 0; i < 3; i++) {
		if (!isdigit((unsigned char)*s))
			return NULL;
		while (isdigit((unsigned char)*s) && v[i] < 1000)
			v[i] = v[i] * 10 + (*s++ - '0');
		if (*s != ':')
			break;
		if (i < 2)
			s++;
	}
	*out = sign * (v[0] * 3600 + v[1] * 60 + v[2]);
	return s;
}

static const char *
rule_change(const char *s, struct tz_change *c)
{
	int used = 0;

	if (*s++ != ',')
		return NULL;
	c->at = 7200;
	c->kind = 'D';
	if (sscanf(s, "M%d.%d.%d%n", &c->month, &c->week, &c->day, &used) == 3)
		c->kind = 'M';
	else if (sscanf(s, "J%d%n", &c->day, &used) == 1)
		c->kind = 'J';
	else if (sscanf(s, "%d%n", &c->day, &used) != 1)
		return NULL;
	if (c->kind == 'M' && (c->month < 1 || c->month > 12 || c->week < 1 || c->week > 5 || c->day < 0 || c->day > 6))
		return NULL;
	s += used;
	return *s == '/' ? rule_hms(s + 1, &c->at) : s;
}

static bool
tz_rule(struct tz *z, const char *s)
{
	int64_t west;

	if ((s = rule_name(s)) == NULL || (s = rule_hms(s, &west)) == NULL)
		return false;
	z->std = -west;
	z->has_rule = true;
	if (*s == '\0')
		return true;
	z->has_dst = true;
	z->dst = z->std + 3600;
	if ((s = rule_name(s)) == NULL)
		return false;
	if (*s != ',' && *s != '\0') {
		if ((s = rule_hms(s, &west)) == NULL)
			return false;
		z->dst = -west;
	}
	return (s = rule_change(s, &z->begin)) != NULL && (s = rule_change(s, &z->end)) != NULL && *s == '\0';
}

static bool
leap_year(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
month_days(int64_t y, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && leap_year(y) ? 29 : days[month - 1];
}

/* Local seconds since the epoch at which the change happens in year y. */
static int64_t
change_in(const struct tz_change *c, int64_t y)
{
	int64_t day;

	if (c->kind == 'M') {
		day = days_from_civil(y, (unsigned)c->month, 1);
		int first = (int)((day % 7 + 7 + 4) % 7); /* 1 January 1970 was a Thursday */
		int add = (c->day - first + 7) % 7 + (c->week - 1) * 7;
		while (add >= month_days(y, c->month))
			add -= 7;
		day += add;
	} else if (c->kind == 'J') {
		day = days_from_civil(y, 1, 1) + c->day - 1 + (leap_year(y) && c->day >= 60);
	} else {
		day = days_from_civil(y, 1, 1) + c->day;
	}
	return day * 86400 + c->at;
}

static int64_t
rule_offset(const struct tz *z, int64_t t)
{
	int64_t y, secs = t + z->std;
	unsigned m, d;

	if (!z->has_dst)
		return z->std;
	civil_from_days((secs - ((secs % 86400) + 86400) % 86400) / 86400, &y, &m, &d);
	int64_t begin = change_in(&z->begin, y) - z->std, end = change_in(&z->end, y) - z->dst;
	bool dst = begin < end ? t >= begin && t < end : t >= begin || t < end;
	return dst ? z->dst : z->std;
}

int64_t
tz_offset(const struct tz *z, int64_t t)
{
	if (z == NULL)
		return 0;
	size_t lo = 0, hi = z->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (z->when[mid] <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == z->n && z->has_rule)
		return rule_offset(z, t);
	return z->offset[lo];
}

void
tz_close(struct tz *z)
{
	if (z == NULL)
		return;
	free(z->when);
	free(z->offset);
	free(z);
}

static struct tz *
tz_parse(const unsigned char *p, size_t n)
{
	struct tz_counts c = {0};
	size_t body, width = 4;

	if (!tz_header(p, n, &c, 4, &body))
		return NULL;
	if (p[4] >= '2') {
		p += 44 + body;
		n -= 44 + body;
		width = 8;
		if (!tz_header(p, n, &c, 8, &body))
			return NULL;
	}
	const unsigned char *when = p + 44, *index = when + c.time * width, *types = index + c.time;
	struct tz *z = xcalloc(1, sizeof *z);
	z->n = c.time;
	z->when = xcalloc(c.time + 1, sizeof *z->when);
	z->offset = xcalloc(c.time + 1, sizeof *z->offset);
	z->offset[0] = be(types, 4);
	for (size_t i = 0; i < c.time; i++) {
		if (index[i] >= c.type) {
			tz_close(z);
			return NULL;
		}
		z->when[i] = be(when + i * width, width);
		z->offset[i + 1] = be(types + 6 * (size_t)index[i], 4);
	}
	const unsigned char *foot = p + 44 + body, *end = p + n;
	const unsigned char *nl = foot < end && *foot == '\n' ? memchr(foot + 1, '\n', (size_t)(end - foot - 1)) : NULL;
	if (width == 8 && nl != NULL && nl > foot + 1) {
		char *rule = xstrndup((const char *)foot + 1, (size_t)(nl - foot - 1));
		if (!tz_rule(z, rule))
			z->has_rule = false;
		free(rule);
	}
	return z;
}

struct tz *
tz_open(const char *name, struct err *e)
{
	static const char *const dirs[] = {"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ",
					   "/etc/zoneinfo"};
	char path[512];

	if (strcmp(name, "Local") == 0) {
		snprintf(path, sizeof path, "/etc/localtime");
		name = "localtime";
	}
	if (name[0] == '/' || name[0] == '.' || strstr(name, "..") != NULL || strchr(name, '\\') != NULL ||
	    strlen(name) > 128) {
		err_set(e, ERR_FILE, "unknown time zone %s", name);
		return NULL;
	}
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		char *text = NULL;
		size_t n = 0;
		struct err ignored = ERR_INIT;
		if (strcmp(name, "localtime") == 0)
			snprintf(path, sizeof path, "/etc/localtime");
		else
			snprintf(path, sizeof path, "%s/%s", dirs[i], name);
		if (file_read(path, 1 << 20, &text, &n, &ignored) < 0)
			continue;
		struct tz *z = tz_parse((const unsigned char *)text, n);
		free(text);
		if (z != NULL)
			return z;
	}
	err_set(e, ERR_FILE, "unknown time zone %s", name);
	return NULL;
}

/* ---- intervals ---- */

static bool
in_ranges(const struct time_ranges *r, int v)
{
	for (size_t i = 0; i < r->n; i++)
		if (v >= r->at[i].begin && v <= r->at[i].end)
			return true;
	return !r->given;
}

/* Negative days count from the end of the month; a range beyond its end is clamped to it. */
static bool
in_days(const struct time_ranges *r, int day, int in_month)
{
	for (size_t i = 0; i < r->n; i++) {
		int begin = r->at[i].begin, end = r->at[i].end;
		if (begin < 0)
			begin += in_month + 1;
		if (end < 0)
			end += in_month + 1;
		if (begin > in_month)
			continue;
		if (end > in_month)
			end = in_month;
		if (day >= begin && day <= end)
			return true;
	}
	return !r->given;
}

static bool
span_contains(const struct time_span *s, int64_t t_ms)
{
	int64_t t = t_ms >= 0 ? t_ms / 1000 : -((-t_ms + 999) / 1000), year;
	unsigned month, day;

	t += tz_offset(s->tz, t);
	int64_t in_day = ((t % 86400) + 86400) % 86400, days = (t - in_day) / 86400;
	int minute = (int)(in_day / 60);
	civil_from_days(days, &year, &month, &day);
	struct time_ranges times = s->times;
	bool hit = !times.given;
	for (size_t i = 0; i < times.n; i++) /* the end minute is outside */
		hit = hit || (minute >= times.at[i].begin && minute < times.at[i].end);
	return hit && in_days(&s->days, (int)day, month_days(year, (int)month)) && in_ranges(&s->months, (int)month) &&
	       in_ranges(&s->weekdays, (int)((days % 7 + 7 + 4) % 7)) && in_ranges(&s->years, (int)year);
}

bool
interval_contains(const struct time_interval *iv, int64_t t_ms)
{
	for (size_t i = 0; i < iv->n; i++)
		if (span_contains(&iv->at[i], t_ms))
			return true;
	return false;
}
