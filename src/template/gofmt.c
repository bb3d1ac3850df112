/*
 * gofmt.c -- Sprint and Sprintf as Go's fmt package has them, for the values of templates. Mistakes in a format are
 * written into the result, as there: %!d(float64=1), %!s(MISSING), %!(EXTRA int=3).
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/num.h"
#include "mlwatch/utf8.h"
#include "template_private.h"

/* ---- padding ---- */

static void
add_times(struct buf *out, char c, size_t n)
{
	while (n-- > 0)
		buf_addc(out, c);
}

void
go_pad(struct buf *out, const struct verb *f, const char *s, size_t n)
{
	size_t chars = utf8_count(s, n), fill = f->width > 0 && (size_t)f->width > chars ? (size_t)f->width - chars : 0;

	if (!f->minus)
		add_times(out, f->zero ? '0' : ' ', fill);
	buf_add(out, s, n);
	if (f->minus)
		add_times(out, ' ', fill);
}

/* Zeros go between the sign and the digits. */
static void
pad_number(struct buf *out, const struct verb *f, const char *s, size_t n)
{
	struct verb rest = *f;

	if (f->zero && !f->minus && f->width > (int)n && n > 0 && (*s == '+' || *s == '-' || *s == ' ')) {
		buf_addc(out, *s);
		rest.width--;
		s++;
		n--;
	}
	go_pad(out, &rest, s, n);
}

/* ---- single kinds; false: the verb does not fit ---- */

static bool
format_bool(struct buf *out, bool b, const struct verb *f)
{
	if (f->c != 'v' && f->c != 't')
		return false;
	go_pad(out, f, b ? "true" : "false", b ? 4 : 5);
	return true;
}

static void
digits_of(struct buf *out, uint64_t v, unsigned base, bool upper)
{
	char text[65];
	size_t n = sizeof text;

	do
		text[--n] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[v % base];
	while ((v /= base) != 0);
	buf_add(out, text + n, sizeof text - n);
}

static bool
format_int(struct buf *out, int64_t i, const struct verb *f)
{
	struct buf digits = BUF_INIT, text = BUF_INIT;
	uint64_t abs = i < 0 ? -(uint64_t)i : (uint64_t)i;
	unsigned base = f->c == 'b' ? 2 : f->c == 'o' || f->c == 'O' ? 8 : f->c == 'x' || f->c == 'X' ? 16 : 10;
	const char *prefix = f->c == 'O' ? "0o" : "";

	if (f->c == 'c' || f->c == 'q' || f->c == 'U') {
		struct buf one = BUF_INIT;
		if (f->c == 'U') {
			buf_addf(&one, "U+%04" PRIX64, abs);
			if (f->sharp && abs <= 0x10ffff) {
				buf_addstr(&one, " '");
				utf8_encode(&one, (uint32_t)abs);
				buf_addc(&one, '\'');
			}
		} else {
			utf8_encode(&text, abs > 0x10ffff ? 0xfffd : (uint32_t)abs);
			if (f->c == 'q')
				buf_addf(&one, "'%s%s'", strchr("'\\", (int)abs) != NULL && abs != 0 ? "\\" : "",
					 buf_str(&text));
			else
				buf_add(&one, text.p, text.len);
		}
		go_pad(out, f, buf_str(&one), one.len);
		buf_release(&one);
		buf_release(&text);
		return true;
	}
	if (strchr("vdboOxX", (int)f->c) == NULL)
		return false;
	if (f->sharp)
		prefix = base == 2 ? "0b" : base == 8 ? "0" : base == 16 ? (f->c == 'X' ? "0X" : "0x") : "";
	digits_of(&digits, abs, base, f->c == 'X');
	buf_addstr(&text, i < 0 ? "-" : f->plus ? "+" : f->space ? " " : "");
	buf_addstr(&text, prefix);
	if (f->precision > (int)digits.len)
		add_times(&text, '0', (size_t)f->precision - digits.len);
	if (!(f->precision == 0 && i == 0))
		buf_add(&text, buf_str(&digits), digits.len);
	struct verb g = *f;
	g.zero = f->zero && f->precision < 0;
	pad_number(out, &g, buf_str(&text), text.len);
	buf_release(&digits);
	buf_release(&text);
	return true;
}

/* 0x1.8p+01: C's form with at least two digits of exponent. */
static void
hex_float(char *text, size_t size, double v, const struct verb *f, int precision)
{
	if (precision < 0)
		snprintf(text, size, f->c == 'x' ? "%a" : "%A", v);
	else
		snprintf(text, size, f->c == 'x' ? "%.*a" : "%.*A", precision, v);
	size_t n = strlen(text);
	if (n >= 2 && n + 2 < size && (text[n - 2] == '+' || text[n - 2] == '-')) {
		text[n] = text[n - 1];
		text[n - 1] = '0';
		text[n + 1] = '\0';
	}
}

static bool
format_float(struct buf *out, double v, const struct verb *f)
{
	char text[NUM_MAX + 16];
	struct verb g = *f;
	struct buf b = BUF_INIT;
	int precision = f->precision > 350 ? 350 : f->precision;

	if (f->c > 127 || strchr("veEfFgGxX", (int)f->c) == NULL)
		return false;
	if (isnan(v) || isinf(v)) {
		g.zero = false;
		snprintf(text, sizeof text, "%s", isnan(v) ? (f->plus ? "+NaN" : "NaN") : v > 0 ? "+Inf" : "-Inf");
	} else if (f->c == 'x' || f->c == 'X') {
		hex_float(text, sizeof text, v, f, precision);
	} else if ((f->c == 'v' || f->c == 'g' || f->c == 'G') && precision < 0) {
		num_g(text, v);
	} else {
		char format[8] = {'%', '.', '*', (char)(f->c == 'v' ? 'g' : f->c == 'F' ? 'f' : f->c), '\0'};
		snprintf(text, sizeof text, format, precision < 0 ? 6 : precision, v);
	}
	if (f->c == 'G')
		for (char *p = text; *p != '\0'; p++)
			*p = *p == 'e' ? 'E' : *p;
	if (text[0] != '-' && text[0] != '+' && (f->plus || f->space))
		buf_addc(&b, f->plus ? '+' : ' ');
	buf_addstr(&b, text);
	pad_number(out, &g, buf_str(&b), b.len);
	buf_release(&b);
	return true;
}

static void
go_quote(struct buf *out, const char *s, size_t n, bool ascii)
{
	static const char special[] = "\a\b\f\n\r\t\v\\\"", names[] = "abfnrtv\\\"";

	buf_addc(out, '"');
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);
		const char *which = cp != 0 && cp < 128 ? strchr(special, (int)cp) : NULL;
		if (which != NULL)
			buf_addf(out, "\\%c", names[which - special]);
		else if (cp == 0xfffd && len == 1)
			buf_addf(out, "\\x%02x", (unsigned char)s[i]);
		else if (cp < 0x20 || cp == 0x7f)
			buf_addf(out, "\\x%02x", cp);
		else if ((cp >= 0x80 && cp < 0xa0) || (cp >= 0x80 && ascii))
			buf_addf(out, cp > 0xffff ? "\\U%08x" : "\\u%04x", cp);
		else
			buf_add(out, s + i, len);
		i += len;
	}
	buf_addc(out, '"');
}

static void
hex_bytes(struct buf *out, const char *s, size_t n, const struct verb *f)
{
	const char *prefix = f->c == 'x' ? "0x" : "0X";

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && f->space)
			buf_addc(out, ' ');
		if (f->sharp && (i == 0 || f->space))
			buf_addstr(out, prefix);
		buf_addf(out, f->c == 'x' ? "%02x" : "%02X", (unsigned char)s[i]);
	}
}

static bool
format_string(struct buf *out, const char *s, size_t n, const struct verb *f)
{
	struct buf b = BUF_INIT;

	if (f->c > 127 || strchr("vsqxX", (int)f->c) == NULL)
		return false;
	if (f->precision >= 0) { /* in characters */
		size_t at = 0;
		uint32_t cp;
		for (int i = 0; i < f->precision && at < n; i++)
			at += utf8_decode(s + at, n - at, &cp);
		n = at;
	}
	if (f->c == 'q' && f->sharp && memchr(s, '`', n) == NULL)
		buf_addf(&b, "`%.*s`", (int)n, s);
	else if (f->c == 'q')
		go_quote(&b, s, n, f->plus);
	else if (f->c == 'x' || f->c == 'X')
		hex_bytes(&b, s, n, f);
	else
		buf_add(&b, s, n);
	go_pad(out, f, buf_str(&b), b.len);
	buf_release(&b);
	return true;
}

/* ---- any value ---- */

#define MAX_DEPTH 50

static void
format_items(struct buf *out, const struct tvalue *v, const struct verb *f, int depth)
{
	bool map = v->kind == T_MAP && !v->object;

	if (depth > MAX_DEPTH) {
		buf_addstr(out, "...");
		return;
	}
	buf_addstr(out, map ? "map[" : v->kind == T_MAP ? "{" : "[");
	for (size_t i = 0; i < v->n; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		if (map) {
			const struct tvalue key = {
			    .kind = T_STRING, .s = v->pairs[i].key, .n = strlen(v->pairs[i].key)};
			go_format(out, &key, f, depth + 1);
			buf_addc(out, ':');
		} else if (v->kind == T_MAP && (f->plus || f->sharp)) {
			buf_addf(out, "%s:", v->pairs[i].key);
		}
		go_format(out, v->kind == T_LIST ? v->items[i] : v->pairs[i].value, f, depth + 1);
	}
	buf_addstr(out, v->kind == T_MAP && !map ? "}" : "]");
}

static void
bad_verb(struct buf *out, const struct tvalue *v, const struct verb *f)
{
	struct verb plain = {.width = -1, .precision = -1, .c = 'v'};

	buf_addstr(out, "%!");
	utf8_encode(out, f->c);
	buf_addc(out, '(');
	if (v->kind == T_NIL) {
		buf_addstr(out, "<nil>)");
		return;
	}
	buf_addf(out, "%s=", tv_type(v));
	go_format(out, v, &plain, 0);
	buf_addc(out, ')');
}

/* Times and durations print through their String method. */
static bool
format_stringer(struct buf *out, const struct tvalue *v, const struct verb *f)
{
	struct buf b = BUF_INIT;
	bool ok;

	if (v->kind == T_DURATION && f->c < 128 && strchr("dboxXcU", (int)f->c) != NULL)
		return format_int(out, v->i, f);
	if (v->kind == T_TIME)
		go_time_string(&b, v->i);
	else
		go_duration_string(&b, v->i);
	ok = format_string(out, buf_str(&b), b.len, f);
	buf_release(&b);
	return ok;
}

void
go_format(struct buf *out, const struct tvalue *v, const struct verb *f, int depth)
{
	bool ok = false;

	switch (v->kind) {
	case T_NIL:
		ok = f->c == 'v';
		if (ok)
			go_pad(out, f, "<nil>", 5);
		break;
	case T_BOOL:
		ok = format_bool(out, v->b, f);
		break;
	case T_INT:
		ok = f->c < 128 && format_int(out, v->i, f);
		break;
	case T_FLOAT:
		ok = format_float(out, v->f, f);
		break;
	case T_STRING:
		ok = f->c == 'v' && f->sharp ? (go_quote(out, v->s, v->n, false), true)
					     : format_string(out, v->s, v->n, f);
		break;
	case T_LIST:
	case T_MAP:
		format_items(out, v, f, depth);
		return;
	case T_TIME:
	case T_DURATION:
		ok = format_stringer(out, v, f);
		break;
	}
	if (!ok)
		bad_verb(out, v, f);
}

void
go_value(struct buf *out, const struct tvalue *v)
{
	struct verb f = {.width = -1, .precision = -1, .c = 'v'};

	go_format(out, v, &f, 0);
}

void
go_sprint(struct buf *out, const struct tvalue *const *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* a blank between operands when neither is a string */
		if (i > 0 && args[i]->kind != T_STRING && args[i - 1]->kind != T_STRING)
			buf_addc(out, ' ');
		go_value(out, args[i]);
	}
}

void
go_sprintln(struct buf *out, const struct tvalue *const *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		go_value(out, args[i]);
	}
	buf_addc(out, '\n');
}
