/*
 * table_json.c -- JSON lines: one object a line, whose members (or those of its member "features") are the columns.
 *
 * A scanner, not a document tree: values are handed on as they are written. A line that is no JSON object is bad.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/hash.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"
#include "table_private.h"

#define DEPTH_MAX 64

/* Names to column numbers. Records repeat their keys in the same order: the expected next one is tried first. */
struct json_columns {
	struct strmap *by_name; /* index + 1 */
	char **names;
	int64_t *line; /* of the last record that had it */
	size_t n, cap, cap_line, expected;
};

struct scan {
	struct worker *w;
	const char *p, *end;
};
struct span {
	const char *p;
	size_t n;
	bool escaped;
};

static void
blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

static bool
take(struct scan *s, char c)
{
	blanks(s);
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* A string; s->p is behind the opening quote. */
static bool
string(struct scan *s, struct span *out)
{
	out->p = s->p;
	out->escaped = false;
	for (; s->p < s->end; s->p++) {
		if (*s->p == '"') {
			out->n = (size_t)(s->p++ - out->p);
			return true;
		}
		if (*s->p == '\\') {
			out->escaped = true;
			s->p++;
		} else if ((unsigned char)*s->p < 0x20) {
			return false;
		}
	}
	return false;
}

static int
hex4(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] - 'A' + 'a') : p[i];
		const char *d = c != '\0' ? strchr(digits, c) : NULL;

		if (d == NULL)
			return -1;
		v = v * 16 + (int)(d - digits);
	}
	return v;
}

static char *
put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* \uXXXX, and a pair of them for what is beyond 16 bits. *p is behind the u. */
static bool
unicode(const char **p, const char *end, char **to)
{
	int c = hex4(*p, end), low;

	if (c < 0)
		return false;
	*p += 4;
	if (c >= 0xd800 && c < 0xdc00) {
		low = end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' ? hex4(*p + 2, end) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return false;
		*p += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xdc00 && c < 0xe000) {
		return false;
	}
	*to = put_utf8(*to, (unsigned)c);
	return true;
}

/* Into the row's scratch memory. False: not an escape that JSON has. */
static bool
unescape(struct worker *w, struct span *s)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	char *copy = arena_alloc(w->scratch, s->n + 1), *to = copy;
	const char *p = s->p, *end = s->p + s->n;

	w->scratch_used = true;
	while (p < end) {
		const char *known;

		if (*p != '\\') {
			*to++ = *p++;
			continue;
		}
		if (++p >= end)
			return false;
		if (*p == 'u') {
			p++;
			if (!unicode(&p, end, &to))
				return false;
			continue;
		}
		known = *p != '\0' ? strchr(from, *p) : NULL;
		if (known == NULL)
			return false;
		*to++ = into[known - from];
		p++;
	}
	*s = (struct span){copy, (size_t)(to - copy), false};
	return true;
}

static bool
word(struct scan *s, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
		return false;
	s->p += n;
	return true;
}

static bool
number(struct scan *s)
{
	const char *start = s->p;
	double v;

	while (s->p < s->end && ((*s->p >= '0' && *s->p <= '9') || strchr("+-.eE", *s->p) != NULL) && *s->p != '\0')
		s->p++;
	return s->p > start && *start != '+' && *start != '.' && table_number(start, (size_t)(s->p - start), &v);
}

static bool value(struct scan *s, enum cell_kind *kind, struct span *text, int depth);

static bool
skip_members(struct scan *s, char close, int depth)
{
	enum cell_kind kind;
	struct span text;

	if (depth > DEPTH_MAX)
		return false;
	if (take(s, close))
		return true;
	do {
		if (close == '}' && !(take(s, '"') && string(s, &text) && take(s, ':')))
			return false;
		if (!value(s, &kind, &text, depth + 1))
			return false;
	} while (take(s, ','));
	return take(s, close);
}

static bool
value(struct scan *s, enum cell_kind *kind, struct span *text, int depth)
{
	const char *start;
	bool good;

	blanks(s);
	start = s->p;
	if (s->p >= s->end)
		return false;
	switch (*s->p) {
	case '"':
		s->p++;
		*kind = CELL_STRING;
		return string(s, text);
	case '{':
	case '[':
		*kind = CELL_OTHER;
		s->p++;
		good = skip_members(s, *start == '{' ? '}' : ']', depth);
		break;
	case 't':
	case 'f':
		*kind = CELL_BOOL;
		good = word(s, *start == 't' ? "true" : "false");
		break;
	case 'n':
		*kind = CELL_NULL;
		good = word(s, "null");
		break;
	default:
		*kind = CELL_NUMBER;
		good = number(s);
	}
	*text = (struct span){start, (size_t)(s->p - start), false};
	return good;
}

static size_t
column_of(struct worker *w, struct span name)
{
	struct json_columns *c = w->columns;
	char *key;
	size_t i;

	name.n = strnlen(name.p, name.n); /* \u0000 ends a name */
	if (c == NULL) {
		c = w->columns = xcalloc(1, sizeof *c);
		c->by_name = strmap_open();
	}
	i = c->expected < c->n ? c->expected : 0;
	if (c->n > 0 && strlen(c->names[i]) == name.n && memcmp(c->names[i], name.p, name.n) == 0) {
		c->expected = i + 1;
		return i;
	}
	key = xstrndup(name.p, name.n);
	i = (uintptr_t)strmap_get(c->by_name, key);
	if (i == 0) {
		xgrow(c->names, c->n, c->cap);
		xgrow(c->line, c->n, c->cap_line);
		c->line[c->n] = -1;
		c->names[c->n++] = key;
		strmap_set(c->by_name, key, (void *)(uintptr_t)c->n);
		w->sink->column(w->sink->arg, key);
		i = c->n;
	} else {
		free(key);
	}
	c->expected = i;
	return i - 1;
}

void
json_columns_close(struct json_columns *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		free(c->names[i]);
	free(c->names);
	free(c->line);
	strmap_close(c->by_name);
	free(c);
}

struct member {
	struct span key, text;
	enum cell_kind kind;
};

static bool
member(struct scan *s, struct member *m)
{
	if (!(take(s, '"') && string(s, &m->key) && take(s, ':') && value(s, &m->kind, &m->text, 0)))
		return false;
	return (!m->key.escaped || unescape(s->w, &m->key)) &&
	       (m->kind != CELL_STRING || !m->text.escaped || unescape(s->w, &m->text));
}

static bool
is(struct span s, const char *text)
{
	return strlen(text) == s.n && memcmp(s.p, text, s.n) == 0;
}

/* Of a name that a record has twice the last value counts. */
static void
add_member(struct worker *w, const struct member *m)
{
	size_t column = column_of(w, m->key);

	if (w->columns->line[column] == w->records) {
		for (size_t i = 0; i < w->n_cells; i++)
			if (w->cells[i].column == column)
				w->cells[i] = (struct cell){column, m->text.p, m->text.n, m->kind};
		return;
	}
	w->columns->line[column] = w->records;
	worker_cell(w, column, m->text.p, m->text.n, m->kind);
}

/* Every member of an object as a cell; s->p is behind the brace. */
static bool
members(struct scan *s)
{
	struct member m;

	if (take(s, '}'))
		return true;
	do {
		if (!member(s, &m))
			return false;
		add_member(s->w, &m);
	} while (take(s, ','));
	return take(s, '}');
}

static bool
other(struct span value_text, enum cell_kind kind, const char *wanted)
{
	return wanted != NULL && kind == CELL_STRING && !is(value_text, wanted);
}

/* The member at the end of a dotted path: s is behind the brace of the object with its first name. */
static bool
descend(struct scan *s, const char *path)
{
	const char *dot = strchr(path, '.');
	struct span name = {path, dot != NULL ? (size_t)(dot - path) : strlen(path), false};
	struct member m;

	if (take(s, '}'))
		return false;
	do {
		if (!member(s, &m))
			return false;
		if (m.key.n != name.n || memcmp(m.key.p, name.p, name.n) != 0)
			continue;
		if (m.kind != CELL_OTHER || *m.text.p != '{')
			return false;
		*s = (struct scan){s->w, m.text.p + 1, m.text.p + m.text.n};
		return dot == NULL || descend(s, dot + 1);
	} while (take(s, ','));
	return false;
}

static bool
is_beside(const struct table_words *w, struct span name)
{
	for (size_t i = 0; i < w->n; i++)
		if (is(name, w->at[i]))
			return true;
	return false;
}

/* Columns of the record itself, beside the object with the features. */
static bool
members_beside(struct scan s)
{
	struct member m;

	do {
		if (!member(&s, &m))
			return false;
		if (is_beside(&s.w->spec->beside, m.key))
			add_member(s.w, &m);
	} while (take(&s, ','));
	return true;
}

/* The head of a record: finds the object with the features, and whether the record is of another model. */
static bool
record(struct worker *w, const char *p, const char *end, bool *skip)
{
	struct scan s = {w, p, end}, inner, whole;
	const char *path = w->spec->features != NULL ? w->spec->features : "features";
	struct member m;

	*skip = false;
	if (!take(&s, '{'))
		return false;
	if (!take(&s, '}')) {
		do {
			if (!member(&s, &m))
				return false;
			*skip = *skip || (is(m.key, "model") && other(m.text, m.kind, w->spec->model)) ||
				(is(m.key, "version") && other(m.text, m.kind, w->spec->version));
		} while (take(&s, ','));
		if (!take(&s, '}'))
			return false;
	}
	blanks(&s);
	if (s.p != end)
		return false;
	if (*skip)
		return true;
	inner = (struct scan){w, p, end};
	take(&inner, '{');
	whole = inner;
	if (descend(&inner, path))
		return members(&inner) && (w->spec->beside.n == 0 || members_beside(whole));
	return w->spec->features != NULL || members(&whole);
}

void
json_feed(struct worker *w, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p)), *at = p;
		bool skip;

		stop = stop != NULL ? stop : end;
		w->lines++;
		w->records++;
		while (at < stop && (*at == ' ' || *at == '\t' || *at == '\r'))
			at++;
		if (at == stop) {
			/* an empty line */
		} else if (!record(w, p, stop, &skip) || !utf8_valid(p, (size_t)(stop - p))) {
			worker_bad(w);
		} else if (skip) {
			w->n_cells = 0;
			w->skipped_rows++;
		} else {
			worker_row(w);
		}
		if (w->scratch_used) {
			arena_reset(w->scratch);
			w->scratch_used = false;
		}
		p = stop + (stop < end);
	}
}

size_t
json_last_record(const char *p, size_t n)
{
	const char *at = memrchr(p, '\n', n);

	return at != NULL ? (size_t)(at - p) + 1 : 0;
}
