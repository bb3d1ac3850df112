/*
 * plain.c -- see plain.h. A stream of glibc's fopencookie before stdout: what commands print passes here on its way.
 */
#include "plain.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define ESCAPE      27
#define COLOUR_MAX  7 /* the longest of ours */
#define LONGEST_SEQ 4 /* of UTF-8 */

struct plain {
	FILE *to;
	struct buf rest; /* the beginning of a character or a colour */
	bool coloured, ascii;
};

/* Colours that commands print; any other sequence is none of ours. */
static const char *const colours[] = {"\033[0m",  "\033[1m",  "\033[2m",  "\033[31m",  "\033[32m",
				      "\033[33m", "\033[35m", "\033[36m", "\033[1;31m"};

static size_t
colour_length(const char *s, size_t n)
{
	for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
		if (strlen(colours[i]) <= n && memcmp(colours[i], s, strlen(colours[i])) == 0)
			return strlen(colours[i]);
	return 0;
}

static void
add_character(const struct plain *p, struct buf *out, uint32_t c)
{
	if (c == '\n' || c == '\t')
		buf_addc(out, (char)c);
	else if (p->ascii)
		buf_addc(out, utf8_ascii(utf8_is_harmful(c) ? UTF8_HARMLESS : c));
	else
		utf8_encode(out, utf8_is_harmful(c) ? UTF8_HARMLESS : c);
}

/* As much of s as is whole, or all of it when nothing comes after. Returns how much that was. */
static size_t
pass(const struct plain *p, struct buf *out, const char *s, size_t n, bool last)
{
	size_t i = 0, len;
	uint32_t c;

	while (i < n) {
		const size_t left = n - i;

		if (!last &&
		    ((s[i] == ESCAPE && left < COLOUR_MAX) || ((unsigned char)s[i] >= 0x80 && left < LONGEST_SEQ)))
			break;
		len = p->coloured ? colour_length(s + i, left) : 0;
		if (len > 0) {
			buf_add(out, s + i, len);
		} else {
			len = utf8_decode(s + i, left, &c);
			add_character(p, out, c);
		}
		i += len;
	}
	return i;
}

static bool
send(struct plain *p, bool last)
{
	struct buf out = BUF_INIT;
	const size_t done = pass(p, &out, buf_str(&p->rest), p->rest.len, last);
	const bool sent = fwrite(buf_str(&out), 1, out.len, p->to) == out.len && fflush(p->to) == 0;

	if (done > 0)
		memmove(p->rest.p, p->rest.p + done, p->rest.len - done);
	p->rest.len -= done;
	buf_release(&out);
	return sent;
}

static ssize_t
plain_write(void *self, const char *s, size_t n)
{
	struct plain *p = self;

	buf_add(&p->rest, s, n);
	return send(p, false) ? (ssize_t)n : 0;
}

static int
plain_end(void *self)
{
	struct plain *p = self;
	const bool sent = send(p, true);

	buf_release(&p->rest);
	free(p);
	return sent ? 0 : EOF;
}

FILE *
plain_open(FILE *to, bool coloured)
{
	struct plain *p = xcalloc(1, sizeof *p);

	p->to = to;
	p->coloured = coloured;
	p->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	return fopencookie(p, "w", (cookie_io_functions_t){.write = plain_write, .close = plain_end});
}
