/*
 * json_walk.c -- the hot path: lines that look like those before.
 *
 * A service writes the same keys in the same order. So the bytes between two values are compared with what was found
 * correct there in an earlier line (an edge of the tree of keys, learned by json_scan.c), and only values are read.
 * A few edges per key are enough for optional keys, for several models in one log, and for missing features.
 *
 * Why this accepts nothing that the scanner would not: an edge's bytes lead from just behind a member's value to the
 * beginning of another's, through the same objects whenever they stand behind that member, because a node is a path of
 * keys from the root. What edges alone cannot see is a key that comes twice in a line; so every node and every
 * object entered is marked with the line's number, and a second visit ends the walk. Whatever does not match ends the walk, and the scanner
 * reads the line from its beginning.
 */
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "decode_private.h"

/* Whether the n bytes at p are those at text; both may be read DECODE_PAD past their end. */
static inline bool
same_bytes(const char *p, const char *text, uint32_t n)
{
#if defined(__SSE2__)
	for (;;) {
		__m128i a = _mm_loadu_si128((const __m128i *)p), b = _mm_loadu_si128((const __m128i *)text);
		unsigned differ = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) ^ 0xffffu;

		if (n <= 16)
			return (differ << (16 - n) & 0xffffu) == 0;
		if (differ != 0)
			return false;
		p += 16;
		text += 16;
		n -= 16;
	}
#else
	return memcmp(p, text, n) == 0;
#endif
}

/* The edge whose bytes stand at p; brought to the front, for the next line will be like this one. */
static inline const struct edge *
edge_match(struct node *from, const char *p)
{
	struct edge found;

	if (from->edge[0].text == NULL)
		return NULL;
	if (same_bytes(p, from->edge[0].text, from->edge[0].n))
		return &from->edge[0];
	for (size_t k = 1; k < NODE_EDGES && from->edge[k].text != NULL; k++) {
		if (!same_bytes(p, from->edge[k].text, from->edge[k].n))
			continue;
		found = from->edge[k];
		memmove(&from->edge[1], &from->edge[0], k * sizeof found);
		from->edge[0] = found;
		return &from->edge[0];
	}
	return NULL;
}

static inline bool
mark(struct node *node, uint64_t line)
{
	if (node->seen == line)
		return false;
	node->seen = line;
	return true;
}

static const char *
value_read(struct decoder *d, const char *p, struct value *v)
{
	switch (*p) {
	case '"':
		v->kind = VALUE_STRING;
		return json_quoted(d, p + 1, &v->text);
	case 'n':
		v->kind = VALUE_NULL;
		return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
	case 't':
		v->kind = VALUE_TRUE;
		return memcmp(p, "true", 4) == 0 ? p + 4 : NULL;
	case 'f':
		v->kind = VALUE_FALSE;
		return memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
	default:
		v->kind = VALUE_NUMBER;
		p = number_scan(p, &v->digits);
		if (p == NULL || !number_value(&v->digits, d->c_locale, &v->number))
			return NULL;
		v->text = (struct text){v->digits.p, v->digits.n};
		return p;
	}
}

/* Objects and arrays are left to the scanner, except where they are neither mapped nor features. */
static const char *
value_walk(struct decoder *d, const char *p, const struct node *node)
{
	struct value v;

	if (*p == '{' || *p == '[')
		return node->interior || node->role != NODE_SKIP ? NULL : json_skip(d, p, 2);
	p = value_read(d, p, &v);
	if (p != NULL)
		build_value(d, node, &v, false);
	return p;
}

static const char *
line_walk(struct decoder *d, const char *p)
{
	struct node *at = d->nodes[0];
	uint64_t line = ++d->line;

	build_begin(d);
	for (;;) {
		const struct edge *e = edge_match(at, p);

		if (e == NULL)
			return NULL;
		p += e->n;
		for (uint32_t i = 0; i < e->n_enter; i++)
			if (!mark(e->enter[i], line))
				return NULL;
		at = e->to;
		if (at == NULL)
			return p;
		if (!mark(at, line))
			return NULL;
		p = value_walk(d, p, at);
		if (p == NULL)
			return NULL;
	}
}

size_t
json_walk(struct decoder *d, const char **p, const char *end, const struct decode_sink *sink)
{
	size_t lines = 0;

	while (*p < end) {
		const char *next = line_walk(d, *p);
		size_t n;

		if (next == NULL)
			break;
		n = (size_t)(next - *p) - 1;
		if (n > d->limit)
			line_bad(sink, BAD_TOO_LONG, *p, n, NULL);
		else
			build_finish(d, sink, *p, n);
		*p = next;
		lines++;
	}
	return lines;
}
