/*
 * pane_bad_line.c -- see pane_bad_line.h.
 */
#include "pane_bad_line.h"

#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "screen.h"
#include "measures.h"
#include "wrap.h"

/* ---- words ---- */

/* A service that restarted while they came explains many a bad line. */
static const struct view_event *
restart_between(const struct view_overview *o, int64_t from, int64_t to)
{
	for (size_t i = 0; i < o->changed.n; i++) {
		const struct view_event *ev = &o->changed.at[i];

		if (strcmp(ev->kind, "target") == 0 && strstr(ev->text, "restarted") != NULL &&
		    ev->t >= from - MS_MINUTE && ev->t <= to + MS_MINUTE)
			return ev;
	}
	return NULL;
}

static void
say_others(const struct screen *s, const struct view_bad_kind *k, struct buf *out)
{
	const struct view_event *restart = restart_between(&s->snap->o, k->first_ms, k->last_ms);
	char count[32], first[16], last[16];

	buf_addstr(out, "the line was not counted");
	if (k->lines > 1) {
		count_exact(count, k->lines);
		clock_hms(s, first, k->first_ms);
		clock_hms(s, last, k->last_ms);
		if (wide(s) && strcmp(first, last) == 0)
			buf_addf(out, ". %s like it at %s", count, first);
		else if (wide(s))
			buf_addf(out, ". %s like it between %s and %s", count, first, last);
		else
			buf_addf(out, "; %s like it", count);
	}
	if (restart != NULL)
		buf_addf(out, "%s the restart of %s",
			 wide(s)        ? ","
			 : k->lines > 1 ? ", all in"
					: " in",
			 restart->subject);
}

static void
say_folded(const struct view_log *l, struct buf *out)
{
	char categories[32], series[32];

	count_exact(categories, l->folded_categories);
	count_exact(series, l->refused_series);
	buf_addf(out, "folded away: %s categories, %s series", categories, series);
}

static void
say_limits(const struct view_log *l, struct buf *out)
{
	char line[16], categories[32], series[32], used[32];

	if (l->limits.line_bytes == 0)
		return;
	size_words(line, l->limits.line_bytes);
	count_exact(categories, l->limits.categories);
	count_exact(series, l->limits.series);
	count_exact(used, l->series);
	buf_addf(out, "limits: line %s, %s categories, %s series (%s used)", line, categories, series, used);
}

/* ---- drawing ---- */

static int
draw_example(const struct screen *s, struct pane in, int y, const struct view_example *x)
{
	const size_t at = byte_of_column(x->line, (int)x->column);
	const struct fault f = {.text = x->line, .at = at, .unknown = x->column <= 0};
	struct buf said = BUF_INIT;
	int rows;

	buf_addstr(&said, x->what);
	if (x->hint[0] != '\0' && wide(s))
		buf_addf(&said, "   hint: %s", x->hint);
	rows = fault_draw(in, y, STYLE_TEXT, &f, buf_str(&said), STYLE_BAD);
	if (x->hint[0] != '\0' && !wide(s)) {
		buf_reset(&said);
		buf_addf(&said, "hint: %s", x->hint);
		rows += put_wrapped(in, 0, y + rows, in.w, s->zoom ? 4 : 1, STYLE_TEXT, buf_str(&said));
	}
	buf_release(&said);
	return rows;
}

static void
line_title(const struct screen *s, const struct view_example *x, struct buf *out)
{
	char byte[32], at[16];

	count_exact(byte, x->byte);
	clock_hms(s, at, x->t);
	if (wide(s))
		buf_addf(out, "%s   byte %s   %s", x->path, byte, at);
	else
		buf_addf(out, "example, byte %s", byte);
}

/* In the pane alone there is room for what else is known: the whole line, which above is cut at the edges, and where it stands. */
static int
draw_whole(struct pane in, int y, const struct view_example *x)
{
	int rows = 1;

	if (text_width(x->line) > in.w)
		rows += put_wrapped(in, 0, y + rows, in.w, 6, STYLE_DIM, x->line) + 1;
	return rows + put_wrapped(in, 0, y + rows, in.w, 2, STYLE_TEXT, x->path);
}

/* What is folded away and the limits beside it; below it where there is no room beside. */
static void
draw_folded(const struct screen *s, struct pane in, int y, const struct view_log *l)
{
	struct buf text = BUF_INIT, limits = BUF_INIT;

	say_folded(l, &text);
	say_limits(l, &limits);
	if (wide(s))
		buf_addf(&text, "   %s", buf_str(&limits));
	put_left(in, 0, y, in.w, STYLE_DIM, buf_str(&text));
	if (!wide(s))
		put_left(in, 0, y + 1, in.w, STYLE_DIM, buf_str(&limits));
	buf_release(&text);
	buf_release(&limits);
}

void
pane_bad_line(struct screen *s, struct pane p, const struct view_log_file *f, const struct view_log *l,
	      const struct view_bad_kind *k)
{
	struct buf title = BUF_INIT, text = BUF_INIT;
	struct pane frame, in;
	int y = 0;

	if (k != NULL)
		line_title(s, &k->example, &title);
	else if (f != NULL)
		buf_addstr(&title, f->path);
	frame = pane_open(s, p, buf_str(&title), NULL);
	in = pane_inside(frame, 3 * wide(s), 0, frame.w - 4 * wide(s), frame.h);
	if (f != NULL && f->error[0] != '\0')
		y += put_wrapped(in, 0, y, in.w, 2, STYLE_BAD, f->error) + 1;
	if (k != NULL) {
		y += draw_example(s, in, y, &k->example);
		if (s->zoom)
			y += draw_whole(in, y, &k->example);
		say_others(s, k, &text);
		y += wide(s) || s->zoom;
		y += put_wrapped(in, 0, y, in.w, 2, STYLE_TEXT, buf_str(&text)) + 1;
	}
	if (l != NULL)
		draw_folded(s, in, y, l);
	buf_release(&title);
	buf_release(&text);
}
