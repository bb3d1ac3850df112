/*
 * exposition_om.c -- OpenMetrics 1.0 as Prometheus' lexer takes it: single blanks, no blank lines, no comments but HELP, TYPE,
 * UNIT, and "# EOF" at the very end. Exemplars are checked (only on counters and buckets) and dropped.
 */
#include "exposition_private.h"

#include <math.h>
#include <string.h>

static bool
at(const struct expo *x, const char *p, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(x->end - p) >= n && memcmp(p, text, n) == 0;
}

static int
read_type(struct expo *x, struct span family, const char *text, struct span raw)
{
	static const char *const types[] = {"counter",        "gauge",   "histogram", "summary",
					    "gaugehistogram", "unknown", "info",      "stateset"};

	if (strlen(text) == (size_t)(raw.end - raw.p))
		for (size_t i = 0; i < sizeof types / sizeof *types; i++)
			if (strcmp(text, types[i]) == 0) {
				expo_meta(x, META_TYPE, family, types[i]);
				return 0;
			}
	return expo_fail(x, raw.p, "invalid metric type '%s'", text);
}

static int
read_unit(struct expo *x, struct span family, struct span unit, const char *text)
{
	ptrdiff_t n = unit.end - unit.p;

	if (n > 0 &&
	    (family.end - family.p <= n || memcmp(family.end - n, unit.p, (size_t)n) != 0 || family.end[-n - 1] != '_'))
		return expo_fail(x, unit.p, "unit '%s' is not a suffix of the metric's name", text);
	expo_meta(x, META_UNIT, family, text);
	return 0;
}

static int
read_meta(struct expo *x, const char *p, enum meta_kind kind)
{
	struct span family = {p, expo_metric_name(p, x->end)}, raw;
	const char *nl, *text;

	if (family.end == p)
		return expo_fail(x, p, "expected a metric name");
	nl = memchr(p, '\n', (size_t)(x->end - p));
	if (nl == NULL || *family.end != ' ')
		return expo_fail(x, family.end, "expected a blank and a text");
	raw = (struct span){family.end + 1, nl};
	x->p = nl + 1;
	struct pair check = {.value = raw};
	if (kind == META_HELP && !expo_utf8(&check))
		return expo_fail(x, raw.p, "help text is not valid UTF-8");
	text = expo_text(x, raw, kind == META_HELP);
	if (kind == META_TYPE)
		return read_type(x, family, text, raw);
	if (kind == META_UNIT)
		return read_unit(x, family, raw, text);
	expo_meta(x, META_HELP, family, text);
	return 0;
}

/* At a '{'. The labels of an exemplar are read the same way and not kept. */
static int
read_labels(struct expo *x, bool keep)
{
	const char *p = x->p + 1;
	bool first = true;

	for (; p == x->end || *p != '}'; first = false) {
		struct pair pair;
		if (!first) {
			if (p == x->end || *p != ',')
				return expo_fail(x, p, "expected a comma or a closing brace");
			p++;
		}
		pair.name = (struct span){p, expo_label_name(p, x->end)};
		if (pair.name.end == p)
			return expo_fail(x, p, "expected a label name");
		p = pair.name.end;
		if (!at(x, p, "=\""))
			return expo_fail(x, p, "expected '=' and a value in double quotes");
		const char *after = expo_quoted(p + 1, x->end, false, &pair);
		if (after == NULL)
			return expo_fail(x, p + 1, "label value is not closed");
		if (!expo_utf8(&pair))
			return expo_fail(x, p + 1, "label value is not valid UTF-8");
		if (keep)
			expo_pair(x, &pair);
		p = after;
	}
	x->p = p + 1;
	return 0;
}

/* A blank and what follows it up to the next blank or newline. */
static int
read_number(struct expo *x, const char *what, double *v)
{
	struct span s;

	if (x->p == x->end || *x->p != ' ')
		return expo_fail(x, x->p, "expected a blank and %s", what);
	s.p = s.end = x->p + 1;
	while (s.end < x->end && *s.end != ' ' && *s.end != '\n')
		s.end++;
	if (s.end == s.p)
		return expo_fail(x, s.p, "expected %s", what);
	if (!expo_number(s, v))
		return expo_fail(x, s.p, "%s is not a number: '%.*s'", what, s.end - s.p > 40 ? 40 : (int)(s.end - s.p),
				 s.p);
	x->p = s.end;
	return 0;
}

static int
read_timestamp(struct expo *x, int64_t *t)
{
	const char *start = x->p;
	double seconds;

	if (read_number(x, "a timestamp", &seconds) < 0)
		return -1;
	if (!isfinite(seconds))
		return expo_fail(x, start, "timestamp is not finite");
	if (fabs(seconds) >= 9.2e15)
		*t = seconds < 0 ? INT64_MIN : INT64_MAX;
	else
		*t = (int64_t)(seconds * 1000);
	return 0;
}

static bool
ends_in(struct span s, const char *suffix)
{
	ptrdiff_t n = (ptrdiff_t)strlen(suffix);

	return s.end - s.p >= n && memcmp(s.end - n, suffix, (size_t)n) == 0;
}

/* x->p is at " # {". */
static int
read_exemplar(struct expo *x)
{
	double v;
	int64_t t;

	if (!ends_in(x->name, "_total") && !ends_in(x->name, "_bucket"))
		return expo_fail(x, x->p, "only counters and buckets may have exemplars");
	x->p += 3;
	if (read_labels(x, false) < 0 || read_number(x, "an exemplar's value", &v) < 0)
		return -1;
	if (x->p < x->end && *x->p == ' ' && read_timestamp(x, &t) < 0)
		return -1;
	return 0;
}

static int
read_sample(struct expo *x)
{
	bool has_time = false;
	int64_t t = 0;
	double v;

	x->name = (struct span){x->p, expo_metric_name(x->p, x->end)};
	x->n_pairs = 0;
	x->p = x->name.end;
	if (x->p < x->end && *x->p == '{' && read_labels(x, true) < 0)
		return -1;
	if (read_number(x, "a value", &v) < 0)
		return -1;
	if (x->p < x->end && *x->p == ' ' && !at(x, x->p, " # {")) {
		has_time = true;
		if (read_timestamp(x, &t) < 0)
			return -1;
	}
	if (at(x, x->p, " # {") && read_exemplar(x) < 0)
		return -1;
	if (x->p == x->end)
		return expo_fail(x, x->p, "data does not end with '# EOF'");
	if (*x->p != '\n')
		return expo_fail(x, x->p, "expected the end of the line");
	x->p++;
	return expo_sample(x, v, has_time, t);
}

/* x->p is at "# ". NUL is not seen in what follows it. */
static int
read_comment(struct expo *x, bool *eof)
{
	static const struct {
		const char *word;
		enum meta_kind kind;
	} metas[] = {{"HELP", META_HELP}, {"TYPE", META_TYPE}, {"UNIT", META_UNIT}};
	const char *p = expo_word(x->p + 2, x->end, "EOF");

	if (p != NULL) {
		*eof = true;
		x->p = p + (p < x->end && *p == '\n');
		return x->p == x->end ? 0 : expo_fail(x, x->p, "unexpected data after '# EOF'");
	}
	for (size_t i = 0; i < sizeof metas / sizeof *metas; i++) {
		p = expo_word(x->p + 2, x->end, metas[i].word);
		if (p == NULL || p == x->end || *p != ' ')
			continue;
		for (p++; p < x->end && *p == '\0';)
			p++;
		return read_meta(x, p, metas[i].kind);
	}
	return expo_fail(x, x->p, "expected '# HELP', '# TYPE', '# UNIT' or '# EOF'");
}

int
expo_read_openmetrics(struct expo *x)
{
	bool eof = false;

	while (!eof) {
		if (x->p == x->end)
			return expo_fail(x, x->p, "data does not end with '# EOF'");
		if (at(x, x->p, "# ")) {
			if (read_comment(x, &eof) < 0)
				return -1;
		} else if (expo_metric_name(x->p, x->end) == x->p) {
			return expo_fail(x, x->p, "expected a metric name or a comment");
		} else if (read_sample(x) < 0) {
			return -1;
		}
	}
	return 0;
}
