/*
 * gotime.c -- times and durations as Go's time package writes them: layouts given by example (Mon Jan 2 15:04:05 MST
 * 2006). All times are UTC.
 */
#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "template_private.h"

const char *const go_month_names[] = {"January", "February", "March",     "April",   "May",      "June",
				      "July",    "August",   "September", "October", "November", "December"};
const char *const go_day_names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

struct civil
go_civil(int64_t ms)
{
	struct civil c;
	int64_t days = ms / MS_DAY - (ms % MS_DAY < 0), rest = ms - days * MS_DAY;

	civil_from_days(days, &c.year, &c.month, &c.day);
	c.days = days;
	c.hour = (unsigned)(rest / MS_HOUR);
	c.minute = (unsigned)(rest / MS_MINUTE % 60);
	c.second = (unsigned)(rest / MS_SECOND % 60);
	c.ms = (unsigned)(rest % 1000);
	c.weekday = (unsigned)(((days + 4) % 7 + 7) % 7);
	c.yearday = (unsigned)(days - days_from_civil(c.year, 1, 1) + 1);
	return c;
}

enum part {
	P_YEAR,
	P_YEAR2,
	P_MONTH_LONG,
	P_MONTH_SHORT,
	P_MONTH0,
	P_MONTH,
	P_DAY_LONG,
	P_DAY_SHORT,
	P_DAY0,
	P_DAY_,
	P_DAY,
	P_YEARDAY,
	P_YEARDAY_,
	P_HOUR24,
	P_HOUR0,
	P_HOUR,
	P_MINUTE0,
	P_MINUTE,
	P_SECOND0,
	P_SECOND,
	P_PM,
	P_pm,
	P_ZONE,
	P_Z,
	P_OFFSET,
};

/* Longer ones first where one begins another. */
static const struct {
	const char *text;
	enum part part;
} layouts[] = {
    {"January", P_MONTH_LONG},
    {"Jan", P_MONTH_SHORT},
    {"Monday", P_DAY_LONG},
    {"Mon", P_DAY_SHORT},
    {"MST", P_ZONE},
    {"2006", P_YEAR},
    {"__2", P_YEARDAY_},
    {"_2006", P_YEAR},
    {"_2", P_DAY_},
    {"002", P_YEARDAY},
    {"01", P_MONTH0},
    {"02", P_DAY0},
    {"03", P_HOUR0},
    {"04", P_MINUTE0},
    {"05", P_SECOND0},
    {"06", P_YEAR2},
    {"15", P_HOUR24},
    {"PM", P_PM},
    {"pm", P_pm},
    {"Z07:00:00", P_Z},
    {"Z070000", P_Z},
    {"Z07:00", P_Z},
    {"Z0700", P_Z},
    {"Z07", P_Z},
    {"-07:00:00", P_OFFSET},
    {"-070000", P_OFFSET},
    {"-07:00", P_OFFSET},
    {"-0700", P_OFFSET},
    {"-07", P_OFFSET},
    {"1", P_MONTH},
    {"2", P_DAY},
    {"3", P_HOUR},
    {"4", P_MINUTE},
    {"5", P_SECOND},
};

static void
write_part(struct buf *out, const struct civil *c, enum part part, const char *layout)
{
	unsigned hour = c->hour % 12 == 0 ? 12 : c->hour % 12;

	switch (part) {
	case P_YEAR:
		buf_addf(out, "%s%04lld", *layout == '_' ? "_" : "", (long long)c->year);
		break;
	case P_YEAR2:
		buf_addf(out, "%02lld", (long long)(c->year % 100));
		break;
	case P_MONTH_LONG:
		buf_addstr(out, go_month_names[c->month - 1]);
		break;
	case P_MONTH_SHORT:
		buf_addf(out, "%.3s", go_month_names[c->month - 1]);
		break;
	case P_MONTH0:
	case P_MONTH:
		buf_addf(out, part == P_MONTH ? "%u" : "%02u", c->month);
		break;
	case P_DAY_LONG:
		buf_addstr(out, go_day_names[c->weekday]);
		break;
	case P_DAY_SHORT:
		buf_addf(out, "%.3s", go_day_names[c->weekday]);
		break;
	case P_DAY0:
	case P_DAY_:
	case P_DAY:
		buf_addf(out, part == P_DAY0 ? "%02u" : part == P_DAY_ ? "%2u" : "%u", c->day);
		break;
	case P_YEARDAY:
	case P_YEARDAY_:
		buf_addf(out, part == P_YEARDAY ? "%03u" : "%3u", c->yearday);
		break;
	case P_HOUR24:
		buf_addf(out, "%02u", c->hour);
		break;
	case P_HOUR0:
	case P_HOUR:
		buf_addf(out, part == P_HOUR ? "%u" : "%02u", hour);
		break;
	case P_MINUTE0:
	case P_MINUTE:
		buf_addf(out, part == P_MINUTE ? "%u" : "%02u", c->minute);
		break;
	case P_SECOND0:
	case P_SECOND:
		buf_addf(out, part == P_SECOND ? "%u" : "%02u", c->second);
		break;
	case P_PM:
	case P_pm:
		buf_addstr(out, part == P_PM ? (c->hour >= 12 ? "PM" : "AM") : c->hour >= 12 ? "pm" : "am");
		break;
	case P_ZONE:
		buf_addstr(out, "UTC");
		break;
	case P_Z:
		buf_addc(out, 'Z');
		break;
	case P_OFFSET:
		buf_addc(out, '+');
		for (const char *p = layout + 1; *p == '0' || *p == '7' || *p == ':'; p++)
			buf_addc(out, *p == ':' ? ':' : '0');
		break;
	}
}

/* .000 or .999 after a second: fixed digits, or without trailing zeros. */
static size_t
write_fraction(struct buf *out, const struct civil *c, const char *layout)
{
	size_t n = 1, digits;
	char text[16];

	if ((*layout != '.' && *layout != ',') || (layout[1] != '0' && layout[1] != '9'))
		return 0;
	while (layout[n] == layout[1])
		n++;
	if ((layout[n] >= '0' && layout[n] <= '9') || n > 10)
		return 0;
	digits = n - 1;
	snprintf(text, sizeof text, "%03u000000", c->ms);
	if (layout[1] == '9')
		while (digits > 0 && text[digits - 1] == '0')
			digits--;
	if (digits > 0) {
		buf_addc(out, *layout);
		buf_add(out, text, digits);
	}
	return n;
}

void
go_time_format(struct buf *out, int64_t ms, const char *layout)
{
	struct civil c = go_civil(ms);

	while (*layout != '\0') {
		size_t n = write_fraction(out, &c, layout);
		for (size_t i = 0; i < sizeof layouts / sizeof *layouts && n == 0; i++) {
			size_t len = strlen(layouts[i].text);
			if (strncmp(layout, layouts[i].text, len) != 0)
				continue;
			if (layouts[i].part == P_MONTH_SHORT && layout[3] >= 'a' && layout[3] <= 'z')
				continue; /* a word that only begins so */
			if (layouts[i].part == P_DAY_SHORT && layout[3] >= 'a' && layout[3] <= 'z')
				continue;
			write_part(out, &c, layouts[i].part, layout);
			n = len;
		}
		if (n == 0)
			buf_addc(out, *layout++);
		layout += n;
	}
}

void
go_time_string(struct buf *out, int64_t ms)
{
	go_time_format(out, ms, "2006-01-02 15:04:05.999999999 -0700 MST");
}

void
go_duration_string(struct buf *out, int64_t ns)
{
	uint64_t u = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	char text[64];

	if (u == 0) {
		buf_addstr(out, "0s");
		return;
	}
	if (ns < 0)
		buf_addc(out, '-');
	if (u < 1000000000) {
		uint64_t unit = u < 1000 ? 1 : u < 1000000 ? 1000 : 1000000;
		snprintf(text, sizeof text, "%.*f", unit == 1 ? 0 : unit == 1000 ? 3 : 6, (double)u / (double)unit);
	} else {
		if (u >= 3600000000000u)
			buf_addf(out, "%lluh", (unsigned long long)(u / 3600000000000u));
		if (u >= 60000000000u)
			buf_addf(out, "%llum", (unsigned long long)(u / 60000000000u % 60));
		snprintf(text, sizeof text, "%llu.%09llu", (unsigned long long)(u / 1000000000u % 60),
			 (unsigned long long)(u % 1000000000u));
	}
	size_t n = strlen(text);
	if (strchr(text, '.') != NULL) {
		while (text[n - 1] == '0')
			n--;
		if (text[n - 1] == '.')
			n--;
	}
	buf_add(out, text, n);
	buf_addstr(out, u < 1000 ? "ns" : u < 1000000 ? "\xc2\xb5s" : u < 1000000000 ? "ms" : "s");
}
