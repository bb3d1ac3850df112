/*
 * csv.c -- comma-separated lines (RFC 4180), the first of each file being its header.
 *
 * A log is read line by line, so a quoted field cannot contain a newline. A line with more or fewer fields than
 * the header is a syntax error. Columns are flat names: those that begin with the prefix of `features` are features.
 */
#include <stdlib.h>
#include <string.h>

#include "decode_private.h"

#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define CSV_MAX_COLUMNS 65536u

struct csv {
	struct node **column; /* NULL: no room for it */
	size_t n, cap;
	bool header; /* the next line is one */
};

int
csv_open(struct decoder *d)
{
	d->csv = xcalloc(1, sizeof *d->csv);
	d->csv->header = true;
	return 0;
}

void
csv_new_file(struct decoder *d)
{
	d->csv->header = true;
}

void
csv_close(struct decoder *d)
{
	if (d->csv != NULL)
		free(d->csv->column);
	free(d->csv);
}

/* One field at p; *p moves to the comma behind it or to the end. False: a quote that is not closed or in the wrong place. */
static bool
field_read(struct decoder *d, const char **p, const char *end, struct text *out, bool *quoted)
{
	const char *at = *p, *comma;
	char *q, *start;

	*quoted = at < end && *at == '"';
	if (!*quoted) {
		comma = memchr(at, ',', (size_t)(end - at));
		*p = comma != NULL ? comma : end;
		*out = (struct text){at, (uint32_t)(*p - at)};
		return memchr(at, '"', out->n) == NULL;
	}
	start = q = d->scratch + d->scratch_used;
	for (at++; at < end; at++) {
		if (*at == '"' && (at + 1 == end || at[1] != '"'))
			break;
		at += *at == '"';
		*q++ = *at;
	}
	*p = at + 1;
	*out = (struct text){start, (uint32_t)(q - start)};
	d->scratch_used += out->n;
	return at < end && (at + 1 == end || at[1] == ',');
}

static bool
header_read(struct decoder *d, const char *p, const char *end)
{
	struct csv *c = d->csv;
	struct text name;
	bool quoted;

	for (c->n = 0; c->n < CSV_MAX_COLUMNS; p++) {
		if (!field_read(d, &p, end, &name, &quoted))
			return false;
		xgrow(c->column, c->n, c->cap);
		c->column[c->n++] = node_find(d, d->nodes[0], name.p, name.n);
		if (p >= end)
			return true;
	}
	return false;
}

/* NULL, or what is wrong. */
static const char *
row_read(struct decoder *d, const char *p, const char *end)
{
	struct csv *c = d->csv;
	struct text v;
	bool quoted;

	for (size_t i = 0; i < c->n; i++, p++) {
		d->fail = p;
		if (!field_read(d, &p, end, &v, &quoted))
			return "a quote in the wrong place";
		if (c->column[i] != NULL)
			build_text(d, c->column[i], v.p, v.n, quoted);
		if (p >= end)
			return i + 1 == c->n ? NULL : "fewer fields than the header";
	}
	d->fail = p;
	return "more fields than the header";
}

void
csv_line(struct decoder *d, const char *p, size_t n, const struct decode_sink *sink)
{
	const char *start = p, *end = p + n, *wrong;

	build_begin(d);
	d->line++;
	if (d->scratch_cap < n) {
		d->scratch_cap = n * 2;
		d->scratch = xrealloc(d->scratch, d->scratch_cap);
	}
	if (d->csv->header && n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3; /* a byte order mark */
	if (end > p && end[-1] == '\r')
		end--;
	if (p == end)
		return;
	d->fail = p;
	if (memchr(p, '\0', n) != NULL || !utf8_valid(start, n)) {
		line_bad(d, sink, BAD_SYNTAX, start, n, NULL, NULL);
		return;
	}
	if (d->csv->header) {
		d->csv->header = !header_read(d, p, end);
		if (d->csv->header)
			line_bad(d, sink, BAD_SYNTAX, start, n, p, "the header cannot be read");
		return;
	}
	wrong = row_read(d, p, end);
	if (wrong == NULL)
		build_finish(d, sink, start, n);
	else
		line_bad(d, sink, BAD_SYNTAX, start, n, d->fail, wrong);
}
