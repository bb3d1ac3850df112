/*
 * logfmt.c -- lines of key=value pairs: ts=2026-03-01T00:00:00Z model=fraud f.amount=12.5 msg="not found"
 *
 * A value may be quoted with Go's escapes; a key alone is true. Names are flat: those that begin with the prefix
 * of `features` are features. A line without a single pair is a syntax error.
 */
#include <string.h>

#include "decode_private.h"

#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

static const char *
key_end(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p > ' ' && *p != '=' && *p != '"')
		p++;
	return p;
}

/* Behind the opening quote. NULL: not closed, or an escape that is none. */
static const char *
quoted_value(struct decoder *d, const char *p, const char *end, struct text *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char *q = d->scratch + d->scratch_used, *start = q;

	for (; p < end && *p != '"'; p++) {
		const char *at;

		if (*p != '\\') {
			*q++ = *p;
			continue;
		}
		at = ++p < end ? strchr(from, *p) : NULL;
		if (at == NULL || *at == '\0') {
			*q++ = '\\'; /* not one of ours: as it stands */
			p--;
			continue;
		}
		*q++ = to[at - from];
	}
	*out = (struct text){start, (uint32_t)(q - start)};
	d->scratch_used += out->n;
	return p < end ? p + 1 : NULL;
}

static const char *
pair(struct decoder *d, const char *p, const char *end)
{
	const char *key = p;
	struct node *node;
	struct text v;

	p = key_end(p, end);
	d->fail = p;
	if (p == key)
		return NULL;
	node = node_find(d, d->nodes[0], key, (size_t)(p - key));
	if (p == end || *p != '=') {
		v = (struct text){"true", 4};
	} else if (p + 1 < end && p[1] == '"') {
		p = quoted_value(d, p + 2, end, &v);
		if (p == NULL)
			return NULL;
		if (node != NULL)
			build_text(d, node, v.p, v.n, true);
		return p;
	} else {
		const char *start = ++p;

		while (p < end && (unsigned char)*p > ' ')
			p++;
		v = (struct text){start, (uint32_t)(p - start)};
	}
	if (node != NULL)
		build_text(d, node, v.p, v.n, false);
	return p;
}

void
logfmt_line(struct decoder *d, const char *p, size_t n, const struct decode_sink *sink)
{
	const char *start = p, *end = p + n;
	bool pairs = false;

	build_begin(d);
	d->line++;
	if (d->scratch_cap < n) {
		d->scratch_cap = n * 2;
		d->scratch = xrealloc(d->scratch, d->scratch_cap);
	}
	if (memchr(p, '\0', n) != NULL || !utf8_valid(p, n)) {
		line_bad(d, sink, BAD_SYNTAX, p, n, NULL, NULL);
		return;
	}
	for (;;) {
		while (p < end && (unsigned char)*p <= ' ')
			p++;
		if (p == end)
			break;
		if (memchr(p, '=', (size_t)(end - p)) == NULL && !pairs) {
			line_bad(d, sink, BAD_SYNTAX, start, n, p, "no key=value pair");
			return;
		}
		p = pair(d, p, end);
		if (p == NULL) {
			line_bad(d, sink, BAD_SYNTAX, start, n, d->fail,
				 *d->fail == '=' && d->fail > start ? "a quote is not closed" : "a key is missing");
			return;
		}
		pairs = true;
	}
	if (pairs)
		build_finish(d, sink, start, n);
}
