/*
 * json_text.c -- JSON strings, and values that nobody asked for: checked, not kept.
 *
 * Nothing here needs to know where the line ends: it ends in a newline, which no string, number, word or
 * gap between them can contain, so everything stops there. Vectors may read up to DECODE_PAD bytes further; decoder_feed
 * sees to it that they are readable.
 *
 * The grammar is RFC 8259's as jansson reads it: UTF-8 is checked, \u escapes must pair up and must not be \u0000, integers must
 * fit into 64 bits and reals into a double, and at most 2048 values stand inside one another.
 */
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "decode_private.h"

#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define JSON_DEPTH 2048

/* The first byte that is a quote, a backslash, a control character or not ASCII. */
static inline const char *
plain_end(const char *p)
{
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');

	for (;; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)p);
		/* as signed bytes, control characters and those from 0x80 are both below the blank */
		__m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
					   _mm_cmplt_epi8(v, space));
		unsigned mask = (unsigned)_mm_movemask_epi8(odd);

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
#else
	while (*p != '"' && *p != '\\' && (signed char)*p >= ' ')
		p++;
	return p;
#endif
}

static int
hex_value(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static char *
put_utf8(char *q, uint32_t c)
{
	if (c < 0x80) {
		*q++ = (char)c;
	} else if (c < 0x800) {
		*q++ = (char)(0xc0 | c >> 6);
		*q++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*q++ = (char)(0xe0 | c >> 12);
		*q++ = (char)(0x80 | (c >> 6 & 0x3f));
		*q++ = (char)(0x80 | (c & 0x3f));
	} else {
		*q++ = (char)(0xf0 | c >> 18);
		*q++ = (char)(0x80 | (c >> 12 & 0x3f));
		*q++ = (char)(0x80 | (c >> 6 & 0x3f));
		*q++ = (char)(0x80 | (c & 0x3f));
	}
	return q;
}

/* \uXXXX, p at the X; NULL when it is no character. */
static const char *
unicode_escape(const char *p, char **q)
{
	int high = hex_value(p), low;

	if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
		return NULL;
	if (high < 0xd800 || high > 0xdbff) {
		*q = put_utf8(*q, (uint32_t)high);
		return p + 4;
	}
	if (p[4] != '\\' || p[5] != 'u')
		return NULL;
	low = hex_value(p + 6);
	if (low < 0xdc00 || low > 0xdfff)
		return NULL;
	*q = put_utf8(*q, 0x10000u + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
	return p + 10;
}

static const char *
escape(const char *p, char **q)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (*p == 'u')
		return unicode_escape(p + 1, q);
	at = *p == '\0' ? NULL : strchr(from, *p);
	if (at == NULL)
		return NULL;
	*(*q)++ = to[at - from];
	return p + 1;
}

/* Room for what the rest of the line can become; pointers into scratch must not move within a line. */
static char *
scratch_room(struct decoder *d, const char *p)
{
	size_t need = (size_t)((const char *)rawmemchr(p, '\n') - p);

	if (d->scratch_used == 0 && need > d->scratch_cap) {
		d->scratch_cap = need * 2 + 256;
		d->scratch = xrealloc(d->scratch, d->scratch_cap);
	}
	return d->scratch_cap - d->scratch_used < need ? NULL : d->scratch + d->scratch_used;
}

/* A string with a backslash: start is behind its quote, p at the first backslash. */
static const char *
string_escaped(struct decoder *d, const char *start, const char *p, struct text *out)
{
	char *to = scratch_room(d, start), *q = to;
	const char *plain = start;

	if (to == NULL)
		return NULL;
	for (;;) {
		memcpy(q, plain, (size_t)(p - plain));
		q += p - plain;
		if (*p == '"')
			break;
		d->fail = p;
		plain = p;
		if (*p == '\\') {
			plain = p = escape(p + 1, &q);
			if (p == NULL)
				return NULL;
		} else if ((signed char)*p < 0) {
			p++;
		} else {
			return NULL;
		}
		p = plain_end(p);
	}
	*out = (struct text){to, (uint32_t)(q - to)};
	d->scratch_used += (size_t)(q - to);
	return utf8_valid(to, out->n) ? p + 1 : NULL;
}

const char *
json_quoted(struct decoder *d, const char *p, struct text *out)
{
	const char *start = p;
	bool ascii = true;

	for (p = plain_end(p); *p != '"'; p = plain_end(p + 1)) {
		if (*p == '\\')
			return string_escaped(d, start, p, out);
		if ((signed char)*p >= 0) { /* a control character; the newline of a line cut off in a string */
			d->fail = p;
			return NULL;
		}
		ascii = false;
	}
	*out = (struct text){start, (uint32_t)(p - start)};
	if (!ascii && !utf8_valid(start, out->n)) {
		d->fail = start;
		return NULL;
	}
	return p + 1;
}

static inline const char *
blanks(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

static const char *
skip_scalar(struct decoder *d, const char *p)
{
	struct number number;
	struct text text;
	double v;

	switch (*p) {
	case '"':
		return json_quoted(d, p + 1, &text);
	case 't':
		return memcmp(p, "true", 4) == 0 ? p + 4 : NULL;
	case 'f':
		return memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
	case 'n':
		return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
	default:
		p = number_scan(p, &number);
		return p != NULL && number_value(&number, d->c_locale, &v) ? p : NULL;
	}
}

/* "key": of a member; NULL when it is none. */
static const char *
skip_key(struct decoder *d, const char *p)
{
	struct text key;

	if (*p != '"')
		return NULL;
	p = json_quoted(d, p + 1, &key);
	if (p == NULL)
		return NULL;
	p = blanks(p);
	return *p == ':' ? blanks(p + 1) : NULL;
}

struct nesting {
	uint64_t is_object[JSON_DEPTH / 64 + 1];
	int depth; /* of the innermost open container */
};

/* Behind a value: closes what ends here. Returns where the next value begins, or NULL; n->depth tells whether it is over. */
static const char *
skip_after(struct decoder *d, const char *p, struct nesting *n, int top)
{
	for (;;) {
		bool object;

		if (n->depth < top)
			return p;
		object = (n->is_object[n->depth / 64] >> (n->depth % 64) & 1) != 0;
		p = blanks(p);
		d->fail = p;
		if (*p == ',') {
			p = blanks(p + 1);
			return object ? skip_key(d, p) : p;
		}
		if (*p != (object ? '}' : ']'))
			return NULL;
		p++;
		n->depth--;
	}
}

const char *
json_skip(struct decoder *d, const char *p, int depth)
{
	struct nesting n = {{0}, 0};
	int top = depth; /* depth of the value itself; what is inside it is deeper */

	n.depth = depth - 1;
	for (;;) {
		d->fail = p;
		if (n.depth + 1 > JSON_DEPTH)
			return NULL;
		if (*p == '{' || *p == '[') {
			bool object = *p == '{';
			uint64_t bit = UINT64_C(1) << (++n.depth % 64);

			n.is_object[n.depth / 64] =
			    object ? n.is_object[n.depth / 64] | bit : n.is_object[n.depth / 64] & ~bit;
			p = blanks(p + 1);
			if (*p == (object ? '}' : ']')) {
				p++;
				n.depth--;
			} else {
				p = object ? skip_key(d, p) : p;
				if (p == NULL)
					return NULL;
				continue;
			}
		} else {
			p = skip_scalar(d, p);
			if (p == NULL)
				return NULL;
		}
		p = skip_after(d, p, &n, top);
		if (p == NULL || n.depth < top)
			return p;
	}
}
