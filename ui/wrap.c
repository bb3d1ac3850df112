/*
 * wrap.c -- see wrap.h.
 */
#include "wrap.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* "20 000" is one number: three digits behind the blank. */
static bool
is_in_number(const char *text, size_t blank)
{
	return isdigit((unsigned char)text[blank - 1]) && strspn(text + blank + 1, "0123456789") == 3;
}

/* How many bytes of the text go into w columns, up to a blank if there is one. */
size_t
wrap_bytes(const char *text, int w)
{
	const size_t indent = strspn(text, " ");
	size_t n = 0, blank = 0;

	while (text[n] != '\0') {
		size_t next = n + 1;

		while (((unsigned char)text[next] & 0xc0) == 0x80)
			next++;
		if (text_widthn(text, next) > w)
			return blank > 0 ? blank : n > 0 ? n : next;
		if (text[n] == ' ' && n > indent && !is_in_number(text, n))
			blank = n;
		n = next;
	}
	return n;
}

int
put_wrapped(struct pane p, int x, int y, int w, int most, unsigned attr, const char *text)
{
	int rows = 0;

	if (w < 1)
		return 0;
	do {
		const size_t n = wrap_bytes(text, w);

		if (rows + 1 == most || text[n] == '\0') {
			put_left(p, x, y + rows, w, attr, text);
			return rows + 1;
		}
		putn(p, x, y + rows, attr, text, n);
		text += n + strspn(text + n, " ");
		rows++;
	} while (rows < most && *text != '\0');
	return rows;
}
