/*
 * exposition_text.c -- the text format 0.0.4 as Prometheus' lexer takes it, which is looser than its description:
 * blank lines, tabs, missing and trailing commas, unknown escapes, newlines inside quotes, no blank before the
 * value. The body ends as if a newline followed, or at a NUL between lines.
 */
#include "exposition_private.h"

#include <string.h>

static const char *
blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static const char *
line_end(const char *p, const char *end)
{
	const char *nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

	return nl != NULL ? nl : end;
}

/* "HELP" or "TYPE" and at least one blank: where what follows begins. The lexer does not see NUL here. */
static const char *
after_word(const char *p, const char *end, const char *word)
{
	p = expo_word(p, end, word);
	if (p == NULL || p == end || (*p != ' ' && *p != '\t'))
		return NULL;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\0'))
		p++;
	return p;
}

static int
read_type(struct expo *x, struct span family, const char *text, struct span raw)
{
	static const char *const types[] = {"counter", "gauge", "histogram", "summary"};

	if (strlen(text) == (size_t)(raw.end - raw.p)) {
		for (size_t i = 0; i < sizeof types / sizeof *types; i++)
			if (strcmp(text, types[i]) == 0) {
				expo_meta(x, META_TYPE, family, types[i]);
				return 0;
			}
		if (strcmp(text, "untyped") == 0) {
			expo_meta(x, META_TYPE, family, "unknown");
			return 0;
		}
	}
	return expo_fail(x, raw.p, "invalid metric type '%s'", text);
}

/* After "# HELP " or "# TYPE ": a name, and what follows it without its first character. */
static int
read_meta(struct expo *x, const char *p, enum meta_kind kind)
{
	struct span family = {p, expo_metric_name(p, x->end)}, raw;
	const char *stop;

	if (family.end == p)
		return expo_fail(x, p, "expected a metric name");
	stop = line_end(p, x->end);
	raw = (struct span){family.end, stop};
	if (blanks(raw.p, stop) == stop)
		raw.p = stop;
	else
		raw.p++;
	x->p = stop;
	if (kind == META_TYPE)
		return read_type(x, family, expo_text(x, raw, false), raw);
	struct pair check = {.value = raw};
	if (!expo_utf8(&check))
		return expo_fail(x, raw.p, "help text is not valid UTF-8");
	expo_meta(x, META_HELP, family, expo_text(x, raw, false));
	return 0;
}

static int
read_comment(struct expo *x)
{
	const char *p = blanks(x->p + 1, x->end), *stop = line_end(p, x->end), *after;
	const char *nul = p < stop ? memchr(p, '\0', (size_t)(stop - p)) : NULL;
	bool blank = p > x->p + 1;

	/* A NUL ends everything, but not behind a blank: there the lexer knows that it is in a comment. */
	if (nul != NULL && (!blank || nul == p)) {
		x->p = x->end;
		return 0;
	}
	if (blank && (after = after_word(p, x->end, "HELP")) != NULL)
		return read_meta(x, after, META_HELP);
	if (blank && (after = after_word(p, x->end, "TYPE")) != NULL)
		return read_meta(x, after, META_TYPE);
	x->p = stop;
	return 0;
}

static int
read_labels(struct expo *x)
{
	const char *p = blanks(x->p + 1, x->end);

	for (;;) {
		struct pair pair;
		if (p < x->end && *p == '}')
			break;
		pair.name = (struct span){p, expo_label_name(p, x->end)};
		if (pair.name.end == p)
			return expo_fail(x, p, "expected a label name");
		p = blanks(pair.name.end, x->end);
		if (p == x->end || *p != '=')
			return expo_fail(x, p, "expected '='");
		p = blanks(p + 1, x->end);
		if (p == x->end || *p != '"')
			return expo_fail(x, p, "expected a label value in double quotes");
		const char *after = expo_quoted(p, x->end, true, &pair);
		if (after == NULL)
			return expo_fail(x, p, "label value is not closed");
		if (!expo_utf8(&pair))
			return expo_fail(x, p, "label value is not valid UTF-8");
		expo_pair(x, &pair);
		p = blanks(after, x->end);
		if (p < x->end && *p == ',')
			p = blanks(p + 1, x->end);
	}
	x->p = p + 1;
	return 0;
}

/* After the value: a newline, or a timestamp in milliseconds and a newline. */
static int
read_time(struct expo *x, bool *has_time, int64_t *t)
{
	const char *p = blanks(x->p, x->end);
	struct span digits = {p, p};

	*has_time = false;
	*t = 0;
	while (digits.end < x->end && *digits.end >= '0' && *digits.end <= '9')
		digits.end++;
	if (digits.end > p) {
		*has_time = true;
		if (!expo_integer(digits, t))
			return expo_fail(x, p, "timestamp is out of range");
		p = blanks(digits.end, x->end);
	}
	if (p < x->end && *p != '\n')
		return expo_fail(x, p,
				 *has_time ? "expected the end of the line after the timestamp"
					   : "expected a timestamp or the end of the line");
	x->p = p;
	return 0;
}

static int
read_sample(struct expo *x)
{
	struct span value;
	bool has_time;
	int64_t t;
	double v;

	x->name = (struct span){x->p, expo_metric_name(x->p, x->end)};
	x->n_pairs = 0;
	x->p = blanks(x->name.end, x->end);
	if (x->p < x->end && *x->p == '{' && read_labels(x) < 0)
		return -1;
	x->p = blanks(x->p, x->end);
	value.p = value.end = x->p;
	while (value.end < x->end && *value.end != ' ' && *value.end != '\n' && *value.end != '\t' && *value.end != '{')
		value.end++;
	if (value.end == value.p)
		return expo_fail(x, x->p, "expected a value");
	if (!expo_number(value, &v))
		return expo_fail(x, value.p, "not a number: '%.*s'",
				 value.end - value.p > 40 ? 40 : (int)(value.end - value.p), value.p);
	x->p = value.end;
	if (read_time(x, &has_time, &t) < 0)
		return -1;
	return expo_sample(x, v, has_time, t);
}

int
expo_read_text(struct expo *x)
{
	for (;;) {
		const char *start = x->p;
		int rc = 0;
		x->p = blanks(x->p, x->end);
		if (x->p == x->end || *x->p == '\0')
			return 0;
		if (*x->p == '#')
			rc = read_comment(x);
		else if (expo_metric_name(x->p, x->end) == x->p && *x->p != '\n')
			rc = expo_fail(x, x->p, "expected a metric name, a comment or the end");
		else if (*x->p != '\n')
			rc = x->p == start ? read_sample(x) : expo_fail(x, start, "blanks before the metric name");
		if (rc < 0)
			return rc;
		if (x->p < x->end)
			x->p++; /* the newline */
	}
}
