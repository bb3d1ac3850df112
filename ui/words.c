/*
 * words.c -- what pages say alike: how wide a screen is, the style of a state, clock times and ages in the screen's time zone.
 */
#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/utf8.h"
#include "screen.h"

bool
wide(const struct screen *s)
{
	return s->grid->w >= 120 && s->grid->h >= 30;
}

bool
small(const struct screen *s)
{
	return s->grid->w < 60 || s->grid->h < 16;
}

unsigned
health_style(enum health h)
{
	static const enum style style[] = {
	    [HEALTH_OK] = STYLE_GOOD,    [HEALTH_PENDING] = STYLE_PENDING, [HEALTH_WARNING] = STYLE_WARN,
	    [HEALTH_BROKEN] = STYLE_BAD, [HEALTH_MUTED] = STYLE_MUTED,     [HEALTH_UNKNOWN] = STYLE_MUTED};

	return style[h];
}

int64_t
zone_ms(const struct screen *s)
{
	return s->set.utc ? 0 : s->utc_offset_s * MS_SECOND;
}

void
clock_hms(const struct screen *s, char out[16], int64_t ms)
{
	const int64_t t = (ms + zone_ms(s)) / 1000;

	snprintf(out, 16, "%02d:%02d:%02d", (int)(t / 3600 % 24), (int)(t / 60 % 60), (int)(t % 60));
}

void
clock_hm(const struct screen *s, char out[16], int64_t ms)
{
	clock_hms(s, out, ms);
	out[5] = '\0';
}

void
clock_since(const struct screen *s, char out[20], int64_t ms)
{
	const int64_t zone = s->set.utc ? 0 : s->utc_offset_s * MS_SECOND;
	char iso[32];

	rfc3339_format(iso, ms + zone);
	if ((ms + zone) / MS_DAY == (s->now + zone) / MS_DAY)
		snprintf(out, 20, "%.8s", iso + 11);
	else
		snprintf(out, 20, "%.10s %.5s", iso, iso + 11);
}

void
age_text(const struct screen *s, char out[16], int64_t then)
{
	const int64_t at = s->snap != NULL ? s->snap->t : s->now;

	if (then <= 0)
		snprintf(out, 16, "-");
	else
		duration_human(out, at > then ? at - then : 0);
}

void
alert_age(const struct screen *s, char out[16], const struct view_alert *a)
{
	const int64_t then = a->state == VIEW_PENDING ? a->active_ms : a->fired_ms;

	duration_human(out, s->snap->o.state_ms > then ? s->snap->o.state_ms - then : 0);
}

bool
is_problem(enum health h)
{
	return h == HEALTH_BROKEN || h == HEALTH_WARNING || h == HEALTH_PENDING;
}

void
clock_day(const struct screen *s, char out[16], int64_t ms)
{
	static const char *const day[] = {"Thu", "Fri", "Sat", "Sun",
					  "Mon", "Tue", "Wed"}; /* the epoch was a Thursday */
	const int64_t zone = zone_ms(s), now = s->snap != NULL ? s->snap->t : s->now;
	char time[16];

	clock_hm(s, time, ms);
	if ((ms + zone) / MS_DAY == (now + zone) / MS_DAY)
		memcpy(out, time, sizeof time);
	else
		snprintf(out, 16, "%.3s %.5s", day[(ms + zone) / MS_DAY % 7], time);
}

struct brief
brief(const char *name, int columns)
{
	static const char more[] = "…";
	const bool cut = text_width(name) > columns || strlen(name) >= BRIEF_MAX - sizeof more;
	size_t n = 0, used = 0;
	struct brief b;
	uint32_t ch;

	/* character by character: half of one would be another text */
	while (name[used] != '\0') {
		n = used + utf8_decode(name + used, strlen(name + used), &ch);
		if (n >= BRIEF_MAX - sizeof more || text_widthn(name, n) > columns - cut)
			break;
		used = n;
	}
	snprintf(b.at, sizeof b.at, "%.*s%s", (int)used, name, cut ? more : "");
	return b;
}

void
span_text(char out[24], int64_t ms)
{
	const int64_t minutes = ms / MS_MINUTE;

	if (minutes % (24 * 60) == 0 && minutes > 24 * 60)
		snprintf(out, 24, "%lldd", (long long)(minutes / 1440));
	else if (minutes % 60 == 0)
		snprintf(out, 24, "%lldh", (long long)(minutes / 60));
	else
		snprintf(out, 24, "%lldm", (long long)minutes);
}
