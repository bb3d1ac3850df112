/*
 * conf_intervals.c -- time_intervals (and the older mute_time_intervals) of a routing file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "mlwatch/xalloc.h"

static const char *const weekdays[] = {"sunday",   "monday", "tuesday",  "wednesday",
				       "thursday", "friday", "saturday", NULL};
static const char *const months[] = {"",     "january", "february",  "march",   "april",    "may",      "june",
				     "july", "august",  "september", "october", "november", "december", NULL};

/* What may stand in a range: words, numbers, and their bounds. */
struct range_kind {
	const char *const *words;
	bool numbers;
	int min, max;
	const char *what, *order;
};
static const struct range_kind kind_weekdays = {weekdays, false, 0, 6, "weekday", "start day cannot be before end day"};
static const struct range_kind kind_months = {months, true, 1, 12, "month", "start month cannot be before end month"};
static const struct range_kind kind_days = {NULL, true, -31, 31, "day of the month", NULL};
static const struct range_kind kind_years = {NULL,      true,   INT32_MIN,
					     INT32_MAX, "year", "start year cannot be before end year"};

static bool
member(const struct range_kind *k, const char *s, int *out)
{
	char *end;

	for (int i = 0; k->words != NULL && k->words[i] != NULL; i++) {
		if (k->words[i][0] != '\0' && strcmp(k->words[i], s) == 0) {
			*out = i;
			return true;
		}
	}
	long v = strtol(s, &end, 10);
	if (!k->numbers || *s == '\0' || *s == ' ' || *end != '\0' || v < INT32_MIN || v > INT32_MAX)
		return false;
	*out = (int)v;
	return true;
}

static const char *
days_wrong(const struct time_range *r, char *text, size_t n)
{
	int begin = r->begin < 0 ? 28 + r->begin : r->begin, end = r->end < 0 ? 28 + r->end : r->end;
	int bad = r->begin == 0 || r->begin < -31 || r->begin > 31 ? r->begin : r->end;

	if (bad == 0 || bad < -31 || bad > 31)
		snprintf(text, n, "%d is not a valid day of the month: out of range", bad);
	else if (r->begin < 0 && r->end > 0)
		snprintf(text, n, "end day must be negative if start day is negative");
	else if (begin > end)
		snprintf(text, n, "end day %d is always before start day %d", r->end, r->begin);
	else
		return NULL;
	return text;
}

static bool
read_range(struct yaml_file *f, const struct yaml_node *v, const struct range_kind *k, struct time_range *out)
{
	const char *s;
	char text[128], why[128];

	if (!yaml_string(f, v, &s))
		return false;
	size_t n = 0;
	for (; s[n] != '\0' && n + 1 < sizeof text; n++)
		text[n] = (char)(s[n] >= 'A' && s[n] <= 'Z' ? s[n] + 32 : s[n]);
	text[n] = '\0';
	char *colon = strchr(text, ':');
	if (colon != NULL && strchr(colon + 1, ':') != NULL) {
		yaml_error(f, v, "time-interval", "couldn't parse range %s, invalid format", text);
		return false;
	}
	if (colon != NULL)
		*colon = '\0';
	const char *parts[] = {text, colon != NULL ? colon + 1 : text};
	int *into[] = {&out->begin, &out->end};
	for (size_t i = 0; i < 2; i++) {
		if (!member(k, parts[i], into[i])) {
			yaml_error(f, v, "time-interval", "%s is not a valid %s", parts[i], k->what);
			return false;
		}
	}
	const char *bad = k == &kind_days ? days_wrong(out, why, sizeof why) : out->begin > out->end ? k->order : NULL;
	if (bad != NULL)
		yaml_error(f, v, "time-interval", "%s", bad);
	else if (k == &kind_months && (out->begin < k->min || out->end > k->max)) /* Alertmanager lets it pass */
		yaml_warn(f, v, "time-interval", "there is no such month: %s", text);
	return bad == NULL;
}

/* Alertmanager takes it for 0: a Sunday, else never. */
static bool
is_nothing(struct yaml_file *f, const struct yaml_node *v)
{
	if (v->kind == YAML_NULL)
		yaml_warn(f, v, "time-interval", "nothing is written here");
	return v->kind == YAML_NULL;
}

static bool
read_ranges(struct yaml_file *f, const struct yaml_node *v, const struct range_kind *k, struct time_ranges *out)
{
	bool ok = true;

	if (!yaml_expect(f, v, YAML_LIST, "a list of ranges"))
		return false;
	free(out->at);
	out->given = true;
	out->n = 0;
	out->at = xcalloc(v->n + 1, sizeof *out->at);
	for (size_t i = 0; i < v->n; i++) {
		struct time_range *r = &out->at[out->n++];
		if (!is_nothing(f, v->items[i]))
			ok = read_range(f, v->items[i], k, r) && ok;
	}
	return ok;
}

static bool
read_weekdays(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_ranges(f, v, &kind_weekdays, field);
}
static bool
read_months(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_ranges(f, v, &kind_months, field);
}
static bool
read_days(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_ranges(f, v, &kind_days, field);
}
static bool
read_years(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_ranges(f, v, &kind_years, field);
}

static bool
read_minute(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	bool shape = strlen(s) == 5 && s[2] == ':' && strspn(s, "0123456789") == 2 && strspn(s + 3, "0123456789") == 2;
	int hour = shape ? (s[0] - '0') * 10 + s[1] - '0' : 99, minute = shape ? (s[3] - '0') * 10 + s[4] - '0' : 99;
	if (minute > 59 || hour > 24 || (hour == 24 && minute > 0)) {
		mistake_hint(yaml_error(f, v, "time-interval", "couldn't parse timestamp %s, invalid format", s),
			     "times are written 09:00, the end of a day 24:00");
		return false;
	}
	*(int *)field = hour * 60 + minute;
	return true;
}

static bool
read_times(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    {"start_time", read_minute, offsetof(struct time_range, begin), false},
	    {"end_time", read_minute, offsetof(struct time_range, end), false},
	};
	struct time_ranges *out = field;
	bool ok = true;

	if (!yaml_expect(f, v, YAML_LIST, "a list of times"))
		return false;
	free(out->at);
	out->given = true;
	out->n = 0;
	out->at = xcalloc(v->n + 1, sizeof *out->at);
	for (size_t i = 0; i < v->n; i++) {
		struct time_range *r = &out->at[out->n++];
		const struct yaml_node *it = v->items[i];
		if (is_nothing(f, it))
			continue;
		if (!yaml_read_map(f, it, rows, 2, r, "a time range")) {
			ok = false;
		} else if (yaml_get(it, "start_time") == NULL || yaml_get(it, "end_time") == NULL) {
			yaml_error(f, it, "time-interval", "both start and end times must be provided");
			ok = false;
		} else if (r->begin >= r->end) {
			mistake_hint(
			    yaml_error(f, it, "time-interval", "start time cannot be equal or greater than end time"),
			    "a time over midnight is two ranges: one to 24:00, one from 00:00");
			ok = false;
		}
	}
	return ok;
}

static bool
read_location(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct tz **out = field;
	struct err e = ERR_INIT;
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	if (s[0] == '\0' || strcmp(s, "UTC") == 0)
		return true;
	tz_close(*out);
	*out = tz_open(s, &e);
	if (*out == NULL)
		mistake_hint(yaml_error(f, v, "time-zone", "%s", e.text),
			     "names are those of the tz database: Europe/Berlin, UTC, Local");
	return *out != NULL;
}

#define AT(m) offsetof(struct time_span, m)
static const struct yaml_key span_rows[] = {
    {"times", read_times, AT(times), false},       {"weekdays", read_weekdays, AT(weekdays), false},
    {"days_of_month", read_days, AT(days), false}, {"months", read_months, AT(months), false},
    {"years", read_years, AT(years), false},       {"location", read_location, AT(tz), false},
};

static bool
read_spans(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct time_interval *iv = field;
	bool ok = true;

	if (!yaml_expect(f, v, YAML_LIST, "a list of time intervals"))
		return false;
	iv->at = xcalloc(v->n + 1, sizeof *iv->at);
	for (size_t i = 0; i < v->n; i++) {
		struct time_span *s = &iv->at[iv->n++];
		if (v->items[i]->kind != YAML_NULL)
			ok = yaml_read_map(f, v->items[i], span_rows, sizeof span_rows / sizeof *span_rows, s,
					   "a time interval") &&
			     ok;
	}
	return ok;
}

bool
read_time_intervals(struct loader *l, const struct yaml_node *v, const char *what)
{
	static const struct yaml_key rows[] = {
	    {"name", yaml_read_str, offsetof(struct time_interval, name), false},
	    {"time_intervals", read_spans, 0, false},
	};
	struct notify_config *c = l->c;
	bool ok = true;

	if (!yaml_expect(&l->f, v, YAML_LIST, "a list of named time intervals"))
		return false;
	c->intervals = xreallocarray(c->intervals, c->n_intervals + v->n + 1, sizeof *c->intervals);
	for (size_t i = 0; i < v->n; i++) {
		struct time_interval *iv = &c->intervals[c->n_intervals];
		*iv = (struct time_interval){0};
		ok = yaml_read_map(&l->f, v->items[i], rows, 2, iv, "a named time interval") && ok;
		if (iv->name == NULL)
			iv->name = xstrdup("");
		if (iv->name[0] == '\0') {
			yaml_error(&l->f, v->items[i], "time-interval", "missing name in %s", what);
			ok = false;
		}
		for (size_t k = 0; k < c->n_intervals; k++) {
			if (strcmp(c->intervals[k].name, iv->name) == 0) {
				yaml_error(&l->f, v->items[i], "time-interval", "%s \"%s\" is not unique", what,
					   iv->name);
				ok = false;
			}
		}
		c->n_intervals++;
	}
	return ok;
}

void
intervals_release(struct notify_config *c)
{
	for (size_t i = 0; i < c->n_intervals; i++) {
		for (size_t k = 0; k < c->intervals[i].n; k++) {
			struct time_span *s = &c->intervals[i].at[k];
			free(s->times.at);
			free(s->weekdays.at);
			free(s->days.at);
			free(s->months.at);
			free(s->years.at);
			tz_close(s->tz);
		}
		free(c->intervals[i].at);
		free(c->intervals[i].name);
	}
	free(c->intervals);
}
