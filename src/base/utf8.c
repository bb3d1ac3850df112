/* utf8.c -- UTF-8 of what came from outside, as RFC 3629 has it: no surrogates, nothing overlong, nothing past U+10FFFF. */
#include "mlwatch/utf8.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/buf.h"

/* The length of the good character at s, 0 when it is bad. */
static size_t
good_length(const unsigned char *s, size_t n)
{
	unsigned char c = s[0], low = 0x80, high = 0xBF;
	size_t len, i;

	if (c < 0x80)
		return 1;
	if (c < 0xC2 || c > 0xF4)
		return 0;
	len = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	if (len > n)
		return 0;
	if (c == 0xE0)
		low = 0xA0;
	else if (c == 0xED)
		high = 0x9F;
	else if (c == 0xF0)
		low = 0x90;
	else if (c == 0xF4)
		high = 0x8F;
	if (s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < len; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool
utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0, len;
	uint64_t word;

	while (i < n) {
		if (n - i >= 8) {
			memcpy(&word, p + i, 8);
			if ((word & 0x8080808080808080u) == 0) {
				i += 8;
				continue;
			}
		}
		len = good_length(p + i, n - i);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

size_t
utf8_decode(const char *s, size_t n, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len = good_length(p, n), i;
	uint32_t c;

	if (len == 0) {
		*cp = 0xFFFD;
		return 1;
	}
	c = len == 1 ? p[0] : (uint32_t)(p[0] & (0x7F >> len));
	for (i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3F);
	*cp = c;
	return len;
}

void
utf8_encode(struct buf *out, uint32_t cp)
{
	char b[4];
	size_t n;

	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		cp = 0xFFFD;
	n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	switch (n) {
	case 1:
		b[0] = (char)cp;
		break;
	case 2:
		b[0] = (char)(0xC0 | cp >> 6);
		b[1] = (char)(0x80 | (cp & 0x3F));
		break;
	case 3:
		b[0] = (char)(0xE0 | cp >> 12);
		b[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		b[2] = (char)(0x80 | (cp & 0x3F));
		break;
	default:
		b[0] = (char)(0xF0 | cp >> 18);
		b[1] = (char)(0x80 | (cp >> 12 & 0x3F));
		b[2] = (char)(0x80 | (cp >> 6 & 0x3F));
		b[3] = (char)(0x80 | (cp & 0x3F));
	}
	buf_add(out, b, n);
}

size_t
utf8_count(const char *s, size_t n)
{
	size_t i = 0, count = 0;
	uint32_t cp;

	while (i < n) {
		i += utf8_decode(s + i, n - i, &cp);
		count++;
	}
	return count;
}

void
utf8_repair(struct buf *out, const char *s, size_t n)
{
	size_t i = 0, start = 0, len;

	while (i < n) {
		len = good_length((const unsigned char *)s + i, n - i);
		if (len != 0) {
			i += len;
			continue;
		}
		buf_add(out, s + start, i - start);
		utf8_encode(out, 0xFFFD);
		start = ++i;
	}
	buf_add(out, s + start, n - start);
}

bool
utf8_is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0x00ad || c == 0x061c || c == 0x180e || c == 0xfeff ||
	       (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe0fff) || (c >= 0xfff0 && c <= 0xfffd);
}

void
utf8_plain(struct buf *out, const char *s, size_t n, size_t max)
{
	uint32_t cp;

	for (size_t i = 0, count = 0; i < n && count < max; count++) {
		i += utf8_decode(s + i, n - i, &cp);
		if (cp == '\t' || cp == '\n' || cp == '\r')
			buf_addc(out, ' ');
		else
			utf8_encode(out, utf8_is_harmful(cp) ? UTF8_HARMLESS : cp);
	}
}

char
utf8_ascii(uint32_t c)
{
	static const struct {
		uint32_t from;
		char ascii;
	} looks_like[] = {
	    {0x2500, '-'}, {0x2502, '|'}, {0x250c, '+'}, {0x2510, '+'}, {0x2514, '+'}, {0x2518, '+'}, {0x2524, '|'},
	    {0x254c, '-'}, {0x2717, 'X'}, {0x25b2, '!'}, {0x25d4, '~'}, {0x2713, '+'}, {0x00b7, '.'}, {0x25b8, '>'},
	    {0x2026, '~'}, {0x00d7, 'x'}, {0x2192, '>'}, {0x2190, '<'}, {0x2013, '-'}, {0x2591, '-'}, {0x2592, ':'},
	    {0x2593, '='}, {0x2588, '#'}, {0x2581, '_'}, {0x2582, '.'}, {0x2583, ','}, {0x2584, '-'}, {0x2585, '='},
	    {0x2586, '+'}, {0x2587, '*'}, {0x258f, '#'}, {0x258e, '#'}, {0x258d, '#'}, {0x258c, '#'}, {0x258b, '#'},
	    {0x258a, '#'}, {0x2589, '#'}, {0x2265, '>'}, {0x2264, '<'}, {0x250a, ':'}, {0x00f7, '/'}, {0x00b5, 'u'},
	};

	if (c < 0x80)
		return (char)c;
	for (size_t i = 0; i < sizeof looks_like / sizeof *looks_like; i++)
		if (looks_like[i].from == c)
			return looks_like[i].ascii;
	return c >= 0x2800 && c <= 0x28ff ? '*' : '?'; /* braille: a dot */
}

void
utf8_locale(void)
{
	const char *names[] = {getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")};

	if (setlocale(LC_CTYPE, "") != NULL)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *dot = names[i] != NULL ? strrchr(names[i], '.') : NULL;

		if (dot != NULL && (strcasecmp(dot, ".UTF-8") == 0 || strcasecmp(dot, ".utf8") == 0)) {
			setlocale(LC_CTYPE, "C.UTF-8");
			return;
		}
	}
}
