/*
 * literal.c -- numbers, durations and quoted strings of PromQL, as Go reads them.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/num.h"
#include "mlwatch/utf8.h"
#include "parse.h"

static const struct duration_unit {
	const char *name;
	double ms;
} duration_units[] = {
    {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}, {"w", 6.048e8}, {"y", 3.1536e10},
};

/* Units from large to small, each at most once. */
static bool
read_duration(const char *s, double *out)
{
	double total = 0, last = INFINITY;

	while (*s != '\0') {
		double n = 0;
		size_t len, i;

		for (; *s >= '0' && *s <= '9'; s++)
			n = n * 10 + (*s - '0');
		len = strspn(s, "msdhwy");
		for (i = 0; i < sizeof duration_units / sizeof *duration_units; i++)
			if (strlen(duration_units[i].name) == len && strncmp(s, duration_units[i].name, len) == 0)
				break;
		if (i == sizeof duration_units / sizeof *duration_units || duration_units[i].ms >= last)
			return false;
		last = duration_units[i].ms;
		total += n * last;
		s += len;
	}
	*out = total / 1000;
	return total < 9.2e15;
}

/* Go's ParseInt with base 0: 0x hexadecimal, a leading 0 octal. */
static bool
read_integer(const char *s, double *out)
{
	int base = 10;
	char *end;
	long long v;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && s[1] != '\0') {
		base = 8;
		s += 1;
	}
	if (*s == '\0')
		return false;
	errno = 0;
	v = strtoll(s, &end, base);
	*out = (double)v;
	return *end == '\0' && errno == 0;
}

bool
parse_number(const struct parser *p, const struct token *t, double *out)
{
	char word[512];
	size_t n = 0;

	if (t->kind != T_NUMBER && t->kind != T_DURATION && t->kind != T_WORD)
		return false;
	for (uint32_t i = t->start; i < t->end; i++) {
		if (n + 1 >= sizeof word)
			return false;
		if (p->lx.text[i] != '_')
			word[n++] = p->lx.text[i];
	}
	word[n] = '\0';
	if (t->kind == T_DURATION)
		return read_duration(word, out);
	if (t->kind == T_WORD) {
		if (strcasecmp(word, "inf") != 0 && strcasecmp(word, "nan") != 0)
			return false;
		*out = strcasecmp(word, "inf") == 0 ? INFINITY : NAN;
		return true;
	}
	if (read_integer(word, out) || num_parse(word, n, out))
		return true;
	if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
		char *end;

		*out = strtod(word, &end);
		return *end == '\0';
	}
	return false;
}

/* --- strings --- */

static const char *const simple_escapes = "a\ab\bf\fn\nr\rt\tv\v\\\\''\"\"";

static bool
hex_escape(const char **s, const char *end, int digits, uint32_t *out)
{
	uint32_t v = 0;

	for (int i = 0; i < digits; i++) {
		int c;

		if (*s >= end)
			return false;
		c = *(*s)++;
		v = v * 16 + (uint32_t)(c >= '0' && c <= '9'   ? c - '0'
					: c >= 'a' && c <= 'f' ? c - 'a' + 10
					: c >= 'A' && c <= 'F' ? c - 'A' + 10
							       : 16);
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return false;
	}
	*out = v;
	return true;
}

/* *s is after the backslash. */
static bool
escape(struct buf *b, const char **s, const char *end)
{
	char c = *(*s)++;
	uint32_t v;

	for (const char *p = simple_escapes; *p != '\0'; p += 2)
		if (*p == c) {
			buf_addc(b, p[1]);
			return true;
		}
	if (c == 'x') {
		if (!hex_escape(s, end, 2, &v) || v == 0)
			return false;
		buf_addc(b, (char)v);
		return true;
	}
	if (c == 'u' || c == 'U') {
		if (!hex_escape(s, end, c == 'u' ? 4 : 8, &v) || v == 0 || v > 0x10FFFF || (v >= 0xD800 && v < 0xE000))
			return false;
		utf8_encode(b, v);
		return true;
	}
	if (c >= '0' && c <= '7' && end - *s >= 2 && (*s)[0] >= '0' && (*s)[0] <= '7' && (*s)[1] >= '0' &&
	    (*s)[1] <= '7') {
		v = (uint32_t)((c - '0') * 64 + ((*s)[0] - '0') * 8 + ((*s)[1] - '0'));
		*s += 2;
		if (v > 255 || v == 0)
			return false;
		buf_addc(b, (char)v);
		return true;
	}
	return false;
}

char *
parse_unquote(struct arena *mem, const char *s, size_t n, const char **why)
{
	const char *end = s + n - 1;
	char quote = s[0];
	struct buf b = BUF_INIT;
	char *out;

	if (quote == '`')
		return arena_strndup(mem, s + 1, n - 2);
	for (s++; s < end;) {
		if (*s != '\\') {
			buf_addc(&b, *s++);
			continue;
		}
		s++;
		if (s >= end || !escape(&b, &s, end)) {
			*why = "unknown escape sequence in string";
			buf_release(&b);
			return NULL;
		}
	}
	out = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return out;
}
