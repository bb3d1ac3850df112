/*
 * form_draw.c -- a form over the page: fields, what it would quiet now and what stays loud, Cancel first.
 */
#include <stdio.h>
#include <string.h>

#include "form_private.h"
#include "mlwatch/buf.h"
#include "screen.h"

#define LABEL 14 /* columns before a field */

static unsigned
field_attr(const struct screen *s, const struct form_field *at, enum form_field_kind kind, int i)
{
	const struct form_field *f = &at[s->form.focus];

	return f->kind == kind && f->i == i ? ATTR_REVERSE : 0;
}

static int
draw_matchers(struct screen *s, struct pane p, const struct form_field *at, int y)
{
	const struct form *f = &s->form;
	int width = 0;

	for (int i = 0; i < f->n_matchers; i++)
		width = text_width(f->matcher[i].is.name) > width ? text_width(f->matcher[i].is.name) : width;
	for (int i = 0; i < f->n_matchers; i++, y++) {
		const struct form_matcher *m = &f->matcher[i];

		if (i == 0)
			put(p, 1, y, STYLE_DIM, "Matchers");
		put(p, LABEL, y, STYLE_KEY | field_attr(s, at, FIELD_MATCHER, i), m->on ? "[x]" : "[ ]");
		put_left(p, LABEL + 4, y, width, m->on ? STYLE_TEXT : STYLE_DIM, m->is.name);
		put(p, LABEL + 5 + width, y, STYLE_DIM, "=");
		put_left(p, LABEL + 7 + width, y, p.w - LABEL - 8 - width, m->on ? STYLE_TEXT : STYLE_DIM, m->is.value);
	}
	return y;
}

/* "A on m, B on n" of those that it hits, or of the same model that it does not. */
static int
list_alerts(const struct screen *s, bool hit, struct buf *out)
{
	const struct view_overview *o = &s->snap->o;
	const char *model = "";
	int n = 0;

	for (int i = 0; i < s->form.n_matchers; i++)
		if (strcmp(s->form.matcher[i].is.name, "model") == 0)
			model = s->form.matcher[i].is.value;
	for (size_t i = 0; i < o->n_alerts; i++) {
		const struct view_alert *a = &o->alerts[i];

		if (form_hits(&s->form, a) != hit || (!hit && strcmp(a->model, model) != 0))
			continue;
		buf_addf(out, "%s%s on %s", n > 0 ? ", " : "", a->name, a->on);
		n++;
	}
	return n;
}

static int
draw_effect(struct screen *s, struct pane p, int y)
{
	struct buf hit = BUF_INIT, loud = BUF_INIT;
	const int n = list_alerts(s, true, &hit), rest = list_alerts(s, false, &loud);
	char count[32];

	snprintf(count, sizeof count, "%d alert%s", n, n == 1 ? "" : "s");
	put(p, 1, y, STYLE_DIM, "Silences now");
	put_left(p, LABEL, y, p.w - LABEL - 12, n > 0 ? STYLE_TEXT : STYLE_WARN, n > 0 ? buf_str(&hit) : "nothing");
	put_right(p, p.w - 11, y, 10, STYLE_TEXT, count);
	put(p, 1, y + 1, STYLE_DIM, "Not");
	put_left(p, LABEL, y + 1, p.w - LABEL - 12, STYLE_TEXT, rest > 0 ? buf_str(&loud) : "-");
	put_right(p, p.w - 11, y + 1, 10, STYLE_TEXT, rest > 0 ? "stay loud" : "");
	buf_release(&hit);
	buf_release(&loud);
	return y + 2;
}

static int
draw_length(struct screen *s, struct pane p, const struct form_field *at, int y)
{
	const struct form *f = &s->form;
	const int64_t ends = form_ends(s);
	char until[16], text[32];
	int x = LABEL;

	put(p, 1, y, STYLE_DIM, "For");
	for (int i = 0; i < FORM_LENGTHS; i++) {
		const bool here = i == f->length;

		x += putf(p, x, y, (here ? STYLE_KEY : STYLE_TEXT) | (here ? field_attr(s, at, FIELD_LENGTH, 0) : 0),
			  here ? "[ %s ]" : "%s", form_length_word(i)) +
		     2;
	}
	if (at[f->focus].kind == FIELD_OTHER || f->other[0] != '\0')
		x += putf(p, x, y, STYLE_TEXT | field_attr(s, at, FIELD_OTHER, 0), "[%s_]", f->other);
	clock_hm(s, until, ends);
	snprintf(text, sizeof text, ends > 0 ? "until %s" : "how long?", until);
	put_right(p, p.w - 13, y, 12, ends > 0 ? STYLE_TEXT : STYLE_WARN, text);
	return y + 1;
}

static int
draw_comment(struct screen *s, struct pane p, const struct form_field *at, int y)
{
	const struct form *f = &s->form;
	const bool needed = f->kind == FORM_SILENCE;
	const int room = p.w - LABEL - 14, w = text_width(f->comment);
	const char *shown = f->comment;

	while (w > room - 1 && text_width(shown) > room - 1) /* its end */
		for (shown++; ((unsigned char)*shown & 0xc0) == 0x80;)
			shown++;
	put(p, 1, y, STYLE_DIM, "Comment");
	fill(p, LABEL + 1, y, room, STYLE_DIM | field_attr(s, at, FIELD_COMMENT, 0), '_');
	put(p, LABEL, y, STYLE_TEXT, "[");
	put(p, LABEL + 1, y, STYLE_TEXT | field_attr(s, at, FIELD_COMMENT, 0), shown);
	put(p, LABEL + 1 + room, y, STYLE_TEXT, "]");
	put(p, p.w - 10, y, STYLE_DIM, needed ? "needed" : "optional");
	put(p, 1, y + 1, STYLE_DIM, "By");
	put_left(p, LABEL, y + 1, p.w - LABEL - 1, STYLE_TEXT, deed_author());
	return y + 2;
}

static const struct {
	const char *title, *button, *says;
	int rows;
} kinds[N_FORMS] = {
    [FORM_ACK] = {"Acknowledge", "Acknowledge", "Repeats stop while this firing lasts; that it is over is still told.",
		  7},
    [FORM_SILENCE] = {"Silence", NULL, "Nobody is notified of it until then. It stays in this view.", 11},
    [FORM_TAKE_BACK] = {"Take back", "Take back", "Notifications go out again.", 5},
    [FORM_RETRY] = {"Retry", "Send again", "It is tried again at once, as often as a new one.", 5},
    [FORM_GIVE_UP] = {"Give up", "Give up", "It is not tried again. Later changes of its group are still told.", 5},
};

const char *
form_title(const struct screen *s)
{
	return kinds[s->form.kind].title;
}

static void
draw_says(struct screen *s, struct pane p, int y)
{
	if (s->form.error[0] != '\0')
		put_left(p, 1, y, p.w - 2, STYLE_BAD, s->form.error);
	else
		put_left(p, 1, y, p.w - 2, STYLE_DIM, s->form.due ? "..." : kinds[s->form.kind].says);
}

static void
draw_buttons(struct screen *s, struct pane p, const struct form_field *at, int y)
{
	const int n = s->form.kind == FORM_SILENCE ? form_hit_count(s) : 0;
	char text[64];
	int x = 8;

	if (kinds[s->form.kind].button != NULL)
		snprintf(text, sizeof text, "[ %s ]", kinds[s->form.kind].button);
	else
		snprintf(text, sizeof text, "[ Silence %d alert%s ]", n, n == 1 ? "" : "s");
	x += put(p, x, y, STYLE_TEXT | ATTR_BOLD | field_attr(s, at, FIELD_CANCEL, 0), "[ Cancel ]") + 6;
	x += put(p, x, y, STYLE_TEXT | field_attr(s, at, FIELD_COMMIT, 0), text) + 4;
	if (form_needs_yes(s))
		putf(p, x, y, STYLE_WARN | field_attr(s, at, FIELD_YES, 0), "all of it: type yes [%s_]", s->form.yes);
}

static int
draw_about(struct screen *s, struct pane p, int y)
{
	const struct form *f = &s->form;
	const bool message = f->kind == FORM_RETRY || f->kind == FORM_GIVE_UP;

	put(p, 1, y, STYLE_DIM, message ? "Message" : "Alert");
	put_left(p, LABEL, y++, p.w - LABEL - 1, STYLE_TEXT | ATTR_BOLD, f->about);
	if (f->kind == FORM_TAKE_BACK)
		putf(p, LABEL, y++, STYLE_TEXT, "%s", f->subject[0] != '\0' ? "its silence" : "the acknowledgement");
	return y;
}

void
form_draw(struct screen *s)
{
	const struct form *f = &s->form;
	const int rows = kinds[f->kind].rows + f->n_matchers;
	const int w = s->grid->w < 80 ? s->grid->w - 2 : wide(s) ? 80 : 76;
	const int room = s->grid->h - 5, h = rows + 2 < room ? rows + 2 : room;
	struct form_field at[FORM_FIELDS];
	struct pane box = pane_inside(grid_pane(s->grid), (s->grid->w - w) / 2, s->grid->h < 30 ? 3 : 6, w, h), p;
	int y = 0;

	if (s->snap == NULL || f->focus >= form_fields(s, at))
		return;
	for (int i = 0; i < h; i++)
		fill(box, 0, i, w, STYLE_TEXT, ' ');
	p = pane_frame(box, kinds[f->kind].title, "Esc cancels", true, true);
	if (f->kind == FORM_SILENCE) {
		y = draw_matchers(s, p, at, y) + (p.h >= rows);
		y = draw_effect(s, p, y) + (p.h >= rows);
		y = draw_length(s, p, at, y);
	} else {
		y = draw_about(s, p, y);
	}
	if (f->kind == FORM_ACK || f->kind == FORM_SILENCE)
		y = draw_comment(s, p, at, y);
	draw_says(s, p, p.h - 3 > y ? p.h - 3 : y);
	draw_buttons(s, p, at, p.h - 1);
}
