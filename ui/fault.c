/*
 * fault.c -- see fault.h.
 */
#include "fault.h"

#include <string.h>

#include "mlwatch/utf8.h"

static size_t
next(const char *text, size_t at)
{
	uint32_t c;

	return at + utf8_decode(text + at, strlen(text + at), &c);
}

size_t
byte_of_column(const char *text, int column)
{
	size_t at = 0;

	while (--column > 0 && text[at] != '\0')
		at = next(text, at);
	return at;
}

size_t
shown_from(const char *text, size_t at, int w)
{
	size_t from = 0;

	if (text_widthn(text, at) < w - 1 || (text_width(text) <= w && text[at] != '\0'))
		return 0;
	while (from < at && text_widthn(text + from, at - from) > w * 2 / 3)
		from = next(text, from);
	return from;
}

int
text_from(struct pane p, int y, unsigned attr, const char *text, size_t from)
{
	const int mark = from > 0;

	if (mark)
		put_char(p, 0, y, STYLE_DIM, 0x2026);
	put_left(p, mark, y, p.w - mark, attr, text + from);
	return mark;
}

/* Where the carets stand in a pane of w columns: the text is shown from byte `from` on. */
struct placed {
	size_t from;
	int x, carets;
};

static struct placed
place(const struct fault *f, int w)
{
	const size_t length = strlen(f->text), at = f->at < length ? f->at : length;
	const size_t n = f->n < length - at ? f->n : length - at, from = f->unknown ? 0 : shown_from(f->text, at, w);
	const int x = (from > 0) + text_widthn(f->text + from, at - from), carets = text_widthn(f->text + at, n);

	return (struct placed){from, x, carets < 1 ? 1 : carets > w - x ? w - x : carets};
}

static bool
fits_right(struct placed c, int w, const char *said)
{
	return text_width(said) <= w - c.x - c.carets - 1;
}

static bool
fits_left(struct placed c, const char *said)
{
	return text_width(said) <= c.x - 1;
}

int
fault_rows(int w, const struct fault *f, const char *said)
{
	const struct placed c = place(f, w);

	return f->unknown || fits_right(c, w, said) || fits_left(c, said) ? 2 : 3;
}

int
fault_draw(struct pane p, int y, unsigned attr, const struct fault *f, const char *said, unsigned said_attr)
{
	const struct placed c = place(f, p.w);
	const int right = c.x + c.carets + 1;

	text_from(p, y, attr, f->text, c.from);
	if (f->unknown) {
		put_left(p, 0, y + 1, p.w, said_attr, said);
		return 2;
	}
	fill(p, c.x, y + 1, c.carets, STYLE_BAD, '^');
	if (fits_right(c, p.w, said))
		put(p, right, y + 1, said_attr, said);
	else if (fits_left(c, said))
		put(p, c.x - 1 - text_width(said), y + 1, said_attr, said);
	else if (y + 2 < p.h)
		put_left(p, 0, y + 2, p.w, said_attr, said);
	else /* no room below: as much of it as there is */
		put_left(p, right, y + 1, p.w - right, said_attr, said);
	return fault_rows(p.w, f, said);
}
