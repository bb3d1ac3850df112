/*
 * gofmt_printf.c -- formats of Go's fmt.Sprintf: flags, width, precision, argument indexes, and what is written for mistakes in
 * them.
 */
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "template_private.h"

#define MAX_WIDTH 1000000 /* Go's own */

struct format {
	struct buf *out;
	const char *p;
	const struct tvalue *const *args;
	size_t n, at;
	bool reordered;
};

/* [n]: which argument comes next. */
static bool
read_index(struct format *s)
{
	size_t i = 0;

	if (*s->p != '[')
		return true;
	const char *end = strchr(s->p, ']');
	if (end == NULL)
		return false;
	for (const char *d = s->p + 1; d < end; d++) {
		if (*d < '0' || *d > '9' || i > 1000)
			return false;
		i = i * 10 + (size_t)(*d - '0');
	}
	s->p = end + 1;
	s->reordered = true;
	if (i == 0 || i > s->n)
		return false;
	s->at = i - 1;
	return true;
}

static void
read_flags(struct format *s, struct verb *f)
{
	for (;; s->p++) {
		switch (*s->p) {
		case '+':
			f->plus = true;
			break;
		case '-':
			f->minus = true;
			f->zero = false;
			break;
		case '#':
			f->sharp = true;
			break;
		case ' ':
			f->space = true;
			break;
		case '0':
			f->zero = !f->minus;
			break;
		default:
			return;
		}
	}
}

/* A number or *, or nothing (-1). */
static int
read_size(struct format *s, const char *complaint)
{
	int v = -1;

	if (*s->p == '*') {
		s->p++;
		if (s->at < s->n && s->args[s->at]->kind == T_INT && s->args[s->at]->i >= -MAX_WIDTH &&
		    s->args[s->at]->i <= MAX_WIDTH)
			return (int)s->args[s->at++]->i;
		buf_addstr(s->out, complaint);
		s->at += s->at < s->n;
		return -1;
	}
	for (; *s->p >= '0' && *s->p <= '9'; s->p++) {
		if (v <= MAX_WIDTH)
			v = (v < 0 ? 0 : v) * 10 + (*s->p - '0');
	}
	if (v > MAX_WIDTH) {
		buf_addstr(s->out, complaint);
		return -1;
	}
	return v;
}

static void
write_type(struct buf *out, const struct tvalue *v, const struct verb *f)
{
	const char *t = tv_type(v);

	go_pad(out, f, t, strlen(t));
}

static void
format_one(struct format *s)
{
	struct verb f = {.width = -1, .precision = -1};
	bool index_ok;

	read_flags(s, &f);
	index_ok = read_index(s);
	f.width = read_size(s, "%!(BADWIDTH)");
	if (f.width < -1) {
		f.width = -f.width;
		f.minus = true;
		f.zero = false;
	}
	if (*s->p == '.') {
		s->p++;
		index_ok = read_index(s) && index_ok;
		f.precision = read_size(s, "%!(BADPREC)");
		if (f.precision < 0)
			f.precision = 0;
	}
	index_ok = read_index(s) && index_ok;
	if (*s->p == '\0') {
		buf_addstr(s->out, "%!(NOVERB)");
		return;
	}
	s->p += utf8_decode(s->p, strlen(s->p), &f.c);
	if (f.c == '%') {
		buf_addc(s->out, '%');
		return;
	}
	if (!index_ok || s->at >= s->n) {
		buf_addstr(s->out, "%!");
		utf8_encode(s->out, f.c);
		buf_addstr(s->out, index_ok ? "(MISSING)" : "(BADINDEX)");
		return;
	}
	const struct tvalue *v = s->args[s->at++];
	if (f.c == 'T')
		write_type(s->out, v, &f);
	else
		go_format(s->out, v, &f, 0);
}

void
go_sprintf(struct arena *mem, struct buf *out, const char *format, const struct tvalue *const *args, size_t n)
{
	struct format s = {out, format, args, n, 0, false};

	(void)mem;
	while (*s.p != '\0') {
		size_t text = strcspn(s.p, "%");
		buf_add(out, s.p, text);
		s.p += text;
		if (*s.p == '%') {
			s.p++;
			format_one(&s);
		}
		if (out->len > MAX_OUTPUT)
			return;
	}
	if (s.reordered || s.at >= n)
		return;
	buf_addstr(out, "%!(EXTRA ");
	for (size_t i = s.at; i < n; i++) {
		if (i > s.at)
			buf_addstr(out, ", ");
		buf_addstr(out, tv_type(args[i]));
		if (args[i]->kind != T_NIL) {
			buf_addc(out, '=');
			go_value(out, args[i]);
		}
	}
	buf_addc(out, ')');
}
