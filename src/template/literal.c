/* literal.c -- Go's literals in templates: quoted, raw and character strings with their escapes, numbers. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "template_private.h"

static bool
unquote_escape(struct buf *out, const char **at, const char *end)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	const char *p = *at, *which;
	int digits = *p == 'x' ? 2 : *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
	char text[12] = "";

	if (digits == 0 && *p >= '0' && *p <= '7')
		digits = 3;
	else if (digits == 0) {
		which = strchr(from, *p);
		if (which == NULL || *p == '\0')
			return false;
		buf_addc(out, to[which - from]);
		*at = p + 1;
		return true;
	} else {
		p++;
	}
	if (end - p < digits)
		return false;
	memcpy(text, p, (size_t)digits);
	char *stop;
	unsigned long v = strtoul(text, &stop, digits == 3 ? 8 : 16);
	if (*stop != '\0' || v > 0x10ffff || (digits == 3 && v > 255))
		return false;
	if (digits <= 3)
		buf_addc(out, (char)v);
	else
		utf8_encode(out, (uint32_t)v);
	*at = p + digits;
	return true;
}

bool
literal_unquote(struct buf *out, const char *s, size_t n)
{
	const char *end = s + n - 1;
	bool raw = *s == '`';

	for (s++; s < end;) {
		if (raw || *s != '\\') {
			if (!raw || *s != '\r')
				buf_addc(out, *s);
			s++;
		} else if (s++, !unquote_escape(out, &s, end)) {
			return false;
		}
	}
	return true;
}

/* Go's literals: 1_000, 0x1F, 0b11, 0o17, 017, 1.5e3, 'a'. */
const struct tvalue *
literal_number(struct arena *mem, const char *s)
{
	char digits[64];
	size_t n = 0;
	char *end;

	for (const char *c = s; *c != '\0' && n < sizeof digits - 1; c++) {
		if (*c != '_')
			digits[n++] = *c;
	}
	digits[n] = '\0';
	const char *d = digits + (digits[0] == '+' || digits[0] == '-');
	int base = 10;
	if (d[0] == '0' && (d[1] == 'b' || d[1] == 'B' || d[1] == 'o' || d[1] == 'O')) {
		base = d[1] == 'b' || d[1] == 'B' ? 2 : 8;
		memmove((char *)d, d + 2, strlen(d + 2) + 1);
	} else if (d[0] == '0' && (d[1] == 'x' || d[1] == 'X')) {
		base = 16;
	} else if (d[0] == '0' && d[1] != '\0' && strpbrk(d, ".eE") == NULL) {
		base = 8;
	}
	errno = 0;
	int64_t i = strtoll(digits, &end, base);
	if (*end == '\0' && errno == 0)
		return tv_int(mem, i);
	if (strspn(digits, "+-0123456789.eE") != strlen(digits) && base != 16)
		return NULL;
	double f = strtod(digits, &end);
	return *end == '\0' && !isinf(f) ? tv_float(mem, f) : NULL;
}
