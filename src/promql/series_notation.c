/*
 * series_notation.c -- "name{labels} 1+2x10 _ stale {{...}}" into labels and values.
 *
 * Repetition is by repeated addition, as in Prometheus, so that rounding is the same. Knows the
 * notation; not what the values are for.
 */
#include "mlwatch/series_notation.h"

#include <ctype.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"

struct values {
	struct arena *mem;
	struct series_value *at;
	size_t n, cap;
	const char *text; /* the beginning, for columns */
	struct err *e;
};

static int
bad(struct values *vs, const char *at, const char *what)
{
	int column = (int)(at - vs->text) + 1;

	return err_at(vs->e, 1, column, column + 1, "%s in series values: '%.40s'", what, at);
}

static int
push(struct values *vs, struct series_value v, const char *at)
{
	if (vs->n >= SERIES_NOTATION_MAX)
		return bad(vs, at, "too many values");
	if (vs->n == vs->cap) {
		size_t cap = vs->cap != 0 ? vs->cap * 2 : 16;

		vs->at = arena_realloc(vs->mem, vs->at, vs->cap * sizeof *vs->at, cap * sizeof *vs->at);
		vs->cap = cap;
	}
	vs->at[vs->n++] = v;
	return 0;
}

/* xK; *times stays as it is when there is none. -1: something else follows. */
static int
read_times(const char **p, size_t *times)
{
	size_t n = 0;

	if (**p != 'x')
		return 0;
	if (!isdigit((unsigned char)(*p)[1]))
		return -1;
	for (++*p; isdigit((unsigned char)**p); ++*p) {
		n = n * 10 + (size_t)(**p - '0');
		if (n > SERIES_NOTATION_MAX)
			return -1;
	}
	*times = n;
	return 0;
}

static bool
at_end(const char *p)
{
	return *p == '\0' || isspace((unsigned char)*p);
}

/* A number with optional sign; underscores between digits are dropped. */
static bool
read_number(const char **p, double *out)
{
	char buf[64];
	size_t n = 0;
	const char *s = *p;

	if (*s == '+' || *s == '-')
		buf[n++] = *s++;
	if (isalpha((unsigned char)*s)) {
		if (strncasecmp(s, "inf", 3) != 0 && strncasecmp(s, "nan", 3) != 0)
			return false;
		memcpy(buf + n, s, 3);
		n += 3;
		s += 3;
	} else {
		for (; isdigit((unsigned char)*s) || *s == '.' || *s == '_' || *s == 'e' || *s == 'E' ||
		       ((*s == '+' || *s == '-') && (s[-1] == 'e' || s[-1] == 'E'));
		     s++) {
			if (n + 1 >= sizeof buf)
				return false;
			if (*s != '_')
				buf[n++] = *s;
			else if (!isdigit((unsigned char)s[-1]) || !isdigit((unsigned char)s[1]))
				return false;
		}
	}
	*p = s;
	return num_parse(buf, n, out);
}

static int
read_floats(struct values *vs, const char **p)
{
	const char *item = *p;
	double v = 0, d = 0;
	size_t times = 0;

	if (!read_number(p, &v))
		return bad(vs, item, "no number");
	if ((**p == '+' || **p == '-') && !read_number(p, &d))
		return bad(vs, item, "no number");
	if (read_times(p, &times) < 0 || !at_end(*p))
		return bad(vs, item, "cannot read the item");
	for (size_t i = 0;; i++) {
		if (push(vs, (struct series_value){.v = v}, item) < 0)
			return -1;
		if (i == times)
			return 0;
		v += d;
	}
}

static int
read_histogram(struct values *vs, const char **p, struct histogram **out)
{
	const char *end = strstr(*p, "}}");
	struct err inner = ERR_INIT;

	if (strncmp(*p, "{{", 2) != 0 || end == NULL)
		return bad(vs, *p, "no histogram");
	if (histogram_parse_test(vs->mem, *p, (size_t)(end + 2 - *p), out, &inner) < 0)
		return bad(vs, *p, inner.text);
	*p = end + 2;
	return 0;
}

static int
read_histograms(struct values *vs, const char **p)
{
	const char *item = *p;
	struct histogram *h, *d = NULL;
	size_t times = 0;
	char sign;

	if (read_histogram(vs, p, &h) < 0)
		return -1;
	sign = **p;
	if (sign == '+' || sign == '-') {
		++*p;
		if (read_histogram(vs, p, &d) < 0)
			return -1;
	}
	if (read_times(p, &times) < 0 || !at_end(*p))
		return bad(vs, item, "cannot read the item");
	for (size_t i = 0;; i++) {
		if (push(vs, (struct series_value){.h = h}, item) < 0)
			return -1;
		if (i == times)
			return 0;
		if (d != NULL) {
			unsigned notes = 0;

			/* Hints do not take part: a repeated sum says nothing of resets. */
			h = sign == '+' ? histogram_add(vs->mem, h, d, &notes) : histogram_sub(vs->mem, h, d, &notes);
			if (h == NULL)
				return bad(vs, item, "histograms that do not go together");
		}
	}
}

static int
read_gap(struct values *vs, const char **p)
{
	const char *item = *p;
	size_t times = 1;

	++*p;
	if (read_times(p, &times) < 0 || !at_end(*p))
		return bad(vs, item, "cannot read the item");
	for (size_t i = 0; i < times; i++)
		if (push(vs, (struct series_value){.omitted = true}, item) < 0)
			return -1;
	return 0;
}

int
series_values_parse(struct arena *mem, const char *text, struct series_value **out, size_t *n, struct err *e)
{
	struct values vs = {.mem = mem, .text = text, .e = e};
	const char *p = text;
	int rc = 0;

	while (rc == 0) {
		while (isspace((unsigned char)*p))
			p++;
		if (*p == '\0')
			break;
		if (*p == '_') {
			rc = read_gap(&vs, &p);
		} else if (*p == '{') {
			rc = read_histograms(&vs, &p);
		} else if (strncmp(p, "stale", 5) == 0 && at_end(p + 5)) {
			p += 5;
			rc = push(&vs, (struct series_value){.v = num_stale()}, p);
		} else {
			rc = read_floats(&vs, &p);
		}
	}
	*out = vs.at;
	*n = vs.n;
	return rc;
}

/* The end of a label block that begins at p, past its '}'. NULL: there is none. */
static const char *
end_of_labels(const char *p)
{
	char quote = 0;

	for (; *p != '\0'; p++) {
		if (quote != 0) {
			if (*p == '\\' && quote != '`' && p[1] != '\0')
				p++;
			else if (*p == quote)
				quote = 0;
		} else if (*p == '"' || *p == '\'' || *p == '`') {
			quote = *p;
		} else if (*p == '}') {
			return p + 1;
		}
	}
	return NULL;
}

int
series_labels_parse(struct arena *mem, const char *line, struct labels *out, const char **rest, struct err *e)
{
	const char *p = line, *end, *q;

	while (isspace((unsigned char)*p))
		p++;
	line = p;
	while (*p != '\0' && *p != '{' && *p != '@' && !isspace((unsigned char)*p))
		p++;
	end = p;
	for (q = p; isspace((unsigned char)*q); q++)
		;
	if (*q == '{' && q[1] != '{') {
		end = end_of_labels(q);
		if (end == NULL)
			return err_at(e, 1, (int)(q - line) + 1, 0, "the braces of the series are not closed");
	}
	if (end == line)
		return err_at(e, 1, 1, 0, "no series");
	*rest = end;
	return labels_parse(mem, arena_strndup(mem, line, (size_t)(end - line)), out, e);
}
