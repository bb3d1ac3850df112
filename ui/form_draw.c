/*
 * form_draw.c -- a form over the page: fields, what it would quiet now and what stays loud, Cancel first. The rows are counted before they are
 * drawn: where there is no room the blank ones go first, then matchers scroll.
 */
#include <stdio.h>
#include <string.h>

#include "form_private.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/notify.h"
#include "screen.h"

#define LABEL 14 /* columns before a field */

struct sheet {
	const struct screen *s;
	struct subject of;
	struct pane p; /* w 0: rows are only counted */
	int y;
	bool gaps;
	int matchers; /* rows for them */
	struct form_field focus;
};

static unsigned
focus_attr(const struct sheet *h, enum form_field_kind kind, int i)
{
	return h->focus.kind == kind && h->focus.i == i ? ATTR_REVERSE : 0;
}

static void
gap(struct sheet *h)
{
	h->y += h->gaps;
}

/* A word of its own at the right of the present row. */
static void
beside(struct sheet *h, unsigned attr, const char *text)
{
	put(h->p, wide(h->s) ? h->p.w - 13 : h->p.w - 4 - text_width(text), h->y, attr, text);
}

static void
line(struct sheet *h, const char *label, unsigned attr, const char *text)
{
	put(h->p, 1, h->y, STYLE_DIM, label);
	put_left(h->p, LABEL, h->y, h->p.w - LABEL - 1, attr, text);
	h->y++;
}

/* ---- matchers ---- */

/* Of a row: "[ ] team" when it is out, "team" when it is in. */
static int
name_width(const struct form *f)
{
	int w = 0;

	for (int i = 0; i < f->n_matchers; i++) {
		const int here = text_width(f->matcher[i].name) + (f->matcher[i].on ? 0 : 4);

		w = here > w ? here : w;
	}
	return w < 24 ? w : 24;
}

static void
draw_matcher(struct sheet *h, int i, int width)
{
	const struct form_matcher *m = &h->s->form.matcher[i];
	const unsigned style = m->on ? STYLE_TEXT : STYLE_DIM, focus = focus_attr(h, FIELD_MATCHER, i);
	struct buf value = BUF_INIT;
	char name[160];

	snprintf(name, sizeof name, "%s%s", m->on ? "" : "[ ] ", m->name);
	put_left(h->p, LABEL, h->y, width, style | focus, name);
	put(h->p, LABEL + width, h->y, style, " = ");
	form_values(&h->of, m->name, &value);
	put_left(h->p, LABEL + width + 3, h->y, h->p.w - LABEL - width - 4, style, buf_str(&value));
	buf_release(&value);
}

static void
draw_matchers(struct sheet *h)
{
	static const char *const hint[] = {"Space adds or removes", "Space adds or removes a matcher"};
	const struct form *f = &h->s->form;
	const int width = name_width(f), at = h->focus.kind == FIELD_MATCHER ? h->focus.i : 0;
	const int top = at < h->matchers ? 0 : at - h->matchers + 1;

	put(h->p, 1, h->y, STYLE_DIM, "Matchers");
	for (int i = top; i < top + h->matchers; i++, h->y++) {
		draw_matcher(h, i, width);
		if (i == f->n_matchers - 1)
			put(h->p, h->p.w - (wide(h->s) ? 1 : 9) - text_width(hint[wide(h->s)]), h->y, STYLE_DIM,
			    hint[wide(h->s)]);
	}
}

/* ---- what it does ---- */

static bool
stays_loud(const struct subject *of, const struct view_alert *a)
{
	if (form_hits(of, a) || a->silenced_by != NULL)
		return false;
	for (size_t i = 0; i < of->n; i++)
		if (of->at[i] != NULL && strcmp(of->at[i]->model, a->model) == 0)
			return true;
	return false;
}

static void
draw_effect(struct sheet *h)
{
	struct buf hit = BUF_INIT, loud = BUF_INIT;
	const int n = form_list_alerts(&h->of, form_hits, &hit), rest = form_list_alerts(&h->of, stays_loud, &loud);
	const int room = h->p.w - LABEL - 14;
	char count[32];

	snprintf(count, sizeof count, "%d alert%s", n, n == 1 ? "" : "s");
	put(h->p, 1, h->y, STYLE_DIM, "Silences now");
	put_left(h->p, LABEL, h->y, room, n > 0 ? STYLE_TEXT : STYLE_WARN, n > 0 ? buf_str(&hit) : "nothing");
	beside(h, STYLE_TEXT, count);
	h->y++;
	put(h->p, 1, h->y, STYLE_DIM, "Not");
	put_left(h->p, LABEL, h->y, room, STYLE_TEXT, rest > 0 ? buf_str(&loud) : "-");
	if (rest > 0)
		beside(h, STYLE_TEXT, "stay loud");
	h->y++;
	buf_release(&hit);
	buf_release(&loud);
}

/* ---- fields ---- */

/* The end of what is typed, in exactly w columns, with a cursor when it has the focus. */
static void
draw_typed(struct sheet *h, int x, int w, const char *text, unsigned focus)
{
	const char *shown = text;

	while (*shown != '\0' && text_width(shown) > w - 1)
		for (shown++; ((unsigned char)*shown & 0xc0) == 0x80;)
			shown++;
	put(h->p, x - 1, h->y, STYLE_TEXT, "[");
	fill(h->p, x, h->y, w, STYLE_DIM | focus, '_');
	put(h->p, x, h->y, STYLE_TEXT | focus, shown);
	put(h->p, x + w, h->y, STYLE_TEXT, "]");
}

static void
draw_length(struct sheet *h)
{
	const struct form *f = &h->s->form;
	const int64_t ends = form_ends(h->s);
	char until[16], text[32];
	int x = LABEL, right;

	put(h->p, 1, h->y, STYLE_DIM, "For");
	for (int i = 0; i < FORM_LENGTHS; i++) {
		const bool here = i == f->length;

		x += putf(h->p, x, h->y, here ? STYLE_KEY | focus_attr(h, FIELD_LENGTH, 0) : STYLE_TEXT,
			  here ? "[ %s ]" : "%s", form_length_word(i)) +
		     2;
	}
	clock_day(h->s, until, ends);
	snprintf(text, sizeof text, ends > 0 ? "until %s" : "how long?", until);
	right = h->p.w - (wide(h->s) ? 5 : 4) - text_width(text);
	if (f->length == FORM_LENGTHS - 1 && right - x > 5)
		draw_typed(h, x, right - x - 3 < 10 ? right - x - 3 : 10, f->other, focus_attr(h, FIELD_OTHER, 0));
	if (x <= right)
		put(h->p, right, h->y, ends > 0 ? STYLE_TEXT : STYLE_WARN, text);
	h->y++;
}

static void
draw_comment(struct sheet *h, bool needed)
{
	const int w = h->p.w - LABEL - (wide(h->s) ? 17 : 16);

	put(h->p, 1, h->y, STYLE_DIM, "Comment");
	draw_typed(h, LABEL + 1, w, h->s->form.comment, focus_attr(h, FIELD_COMMENT, 0));
	put(h->p, LABEL + w + 4, h->y, STYLE_DIM, needed ? "needed" : "optional");
	h->y++;
	line(h, "By", STYLE_TEXT, notify_author());
}

/* What the silence that is taken back keeps quiet, and nothing else does. */
static bool
gets_loud(const struct subject *of, const struct view_alert *a)
{
	if (a->silenced_by == NULL)
		return false;
	for (size_t i = 0; i < of->n; i++)
		if (of->at[i] != NULL && of->at[i]->silenced_by != NULL &&
		    strcmp(of->at[i]->silenced_by, a->silenced_by) == 0)
			return true;
	return strcmp(a->silenced_by, of->form->subject) == 0;
}

static bool
takes_back_silence(const struct subject *of)
{
	for (size_t i = 0; i < of->n; i++)
		if (of->at[i] != NULL && of->at[i]->silenced_by != NULL)
			return true;
	return of->form->subject[0] != '\0';
}

static void
draw_loud(struct sheet *h)
{
	struct buf loud = BUF_INIT;

	if (form_list_alerts(&h->of, gets_loud, &loud) > 0)
		line(h, "Gets loud", STYLE_TEXT, buf_str(&loud));
	buf_release(&loud);
}

/* ---- words ---- */

static const struct {
	const char *title, *button; /* button NULL: counted */
	const char *about;          /* what stands before what it is about */
	const char *says[2];        /* "%s": when it ends */
} kinds[N_FORMS] = {
    [FORM_ACK] = {"Acknowledge",
		  "Acknowledge",
		  "Alert",
		  {"Repeats stop while this firing lasts; that it is over is still told.",
		   "Everybody sees in the list who is on it."}},
    [FORM_SILENCE] = {"Silence", NULL, NULL, {NULL, "A reminder appears here 10m before it ends."}},
    [FORM_RENEW] = {"Renew silence",
		    "Renew it",
		    "Silence",
		    {"It lasts until %s from now on.", "A reminder appears here 10m before it ends."}},
    [FORM_TAKE_BACK] = {"Take back", "Take back", "Alert", {NULL, NULL}},
    [FORM_RETRY] = {"Retry", "Send again", "Message", {"It is tried again at once, as often as a new one.", NULL}},
    [FORM_GIVE_UP] = {"Give up",
		      "Give up",
		      "Message",
		      {"It is not tried again. Later changes of its group are still told.", NULL}},
};

const char *
form_title(const struct screen *s)
{
	return kinds[s->form.kind].title;
}

/* "Nobody is notified of it until 04:14. ...", or what was wrong with the last try. */
static void
draw_says(struct sheet *h)
{
	const struct form *f = &h->s->form;
	const char *const *says = kinds[f->kind].says;
	const int silences = f->kind == FORM_SILENCE ? form_silence_count(&h->of) : 1;
	char until[16], text[160];

	clock_day(h->s, until, form_ends(h->s));
	if (f->kind == FORM_SILENCE && silences > 1)
		snprintf(text, sizeof text, "Nobody is notified until %s: %d silences. They stay in this view.", until,
			 silences);
	else if (f->kind == FORM_SILENCE)
		snprintf(text, sizeof text, "Nobody is notified of it until %s. It stays in this view.", until);
	else if (f->kind == FORM_TAKE_BACK)
		snprintf(text, sizeof text, "%s",
			 takes_back_silence(&h->of) ? "The silence ends now: notifications go out again."
						    : "The acknowledgement is gone: repeats go out again.");
	else
		snprintf(text, sizeof text, says[0], until);
	if (f->error[0] != '\0')
		put_left(h->p, 1, h->y, h->p.w - 2, STYLE_BAD, f->error);
	else
		put_left(h->p, 1, h->y, h->p.w - 2, STYLE_TEXT, f->due ? "..." : text);
	h->y++;
	if (form_needs_yes(&h->of))
		put_left(h->p, 1, h->y++, h->p.w - 2, STYLE_WARN,
			 "It hits everything: the button is not enough, type yes.");
	else if (says[1] != NULL)
		put_left(h->p, 1, h->y++, h->p.w - 2, STYLE_TEXT, says[1]);
}

static void
draw_buttons(struct sheet *h)
{
	const struct form *f = &h->s->form;
	const int n = f->kind == FORM_SILENCE ? form_hit_count(&h->of) : 0;
	const bool must = form_needs_yes(&h->of);
	const char *const or = wide(h->s) ? "Tab to the button, then Enter; or type  " : "or type  ";
	char text[64];
	int x = wide(h->s) ? LABEL : 8;

	if (kinds[f->kind].button != NULL)
		snprintf(text, sizeof text, "[ %s ]", kinds[f->kind].button);
	else
		snprintf(text, sizeof text, "[ Silence %d alert%s ]", n, n == 1 ? "" : "s");
	x += put(h->p, x, h->y, STYLE_TEXT | ATTR_BOLD | focus_attr(h, FIELD_CANCEL, 0), "[ Cancel ]") + 6;
	x += put(h->p, x, h->y, (must ? STYLE_DIM : STYLE_TEXT) | focus_attr(h, FIELD_COMMIT, 0), text) + 6;
	if (wide(h->s)) {
		x = LABEL + 3;
		h->y++;
	}
	if (x + text_width(or) + 10 < h->p.w) {
		x += put(h->p, x, h->y, STYLE_DIM, or);
		x += put(h->p, x, h->y, must ? STYLE_WARN | ATTR_BOLD : STYLE_KEY, "yes");
		if (f->yes[0] != '\0')
			putf(h->p, x, h->y, STYLE_KEY, " [%s_]", f->yes);
	}
	h->y++;
}

static void
draw_about(struct sheet *h)
{
	const struct form *f = &h->s->form;
	const bool silence = f->kind == FORM_TAKE_BACK && f->subject[0] != '\0';
	line(h,
	     silence           ? "Silence"
	     : f->n_alerts > 1 ? "Alerts"
			       : kinds[f->kind].about,
	     STYLE_TEXT | ATTR_BOLD, f->about);
	if (f->kind == FORM_TAKE_BACK)
		draw_loud(h);
}

/* ---- the whole ---- */

static void
draw_rows(struct sheet *h)
{
	const enum form_kind kind = h->s->form.kind;

	if (kind == FORM_SILENCE) {
		draw_matchers(h);
		gap(h);
		draw_effect(h);
	} else {
		draw_about(h);
	}
	gap(h);
	if (kind == FORM_SILENCE || kind == FORM_RENEW)
		draw_length(h);
	if (kind == FORM_SILENCE || kind == FORM_RENEW || kind == FORM_ACK) {
		draw_comment(h, kind != FORM_ACK);
		gap(h);
	}
	draw_says(h);
	gap(h);
	draw_buttons(h);
	gap(h);
}

/* How many rows it takes. */
static int
count_rows(struct sheet *h)
{
	h->y = 0;
	draw_rows(h);
	return h->y;
}

void
form_draw(struct screen *s)
{
	const int w = s->grid->w < 78 ? s->grid->w - 2 : wide(s) ? 80 : 76, y = wide(s) ? 8 : s->grid->h < 24 ? 2 : 3;
	const int room = s->grid->h - 2 - y - 2;
	struct form_field at[FORM_FIELDS];
	struct sheet h = {.s = s, .p = {.grid = s->grid}, .gaps = true, .matchers = s->form.n_matchers};
	int rows;

	if (s->snap == NULL || s->form.focus >= form_fields(&s->form, at))
		return;
	h.of = form_subject(s);
	h.focus = at[s->form.focus];
	rows = count_rows(&h);
	if (rows > room) {
		h.gaps = false;
		rows = count_rows(&h);
	}
	if (rows > room && h.matchers > 1) {
		h.matchers = h.matchers - (rows - room) > 1 ? h.matchers - (rows - room) : 1;
		rows = count_rows(&h);
	}
	struct pane box = pane_inside(grid_pane(s->grid), (s->grid->w - w) / 2, y, w, (rows < room ? rows : room) + 2);
	for (int i = 0; i < box.h; i++)
		fill(box, 0, i, w, STYLE_TEXT, ' ');
	h.p = pane_frame(box, kinds[s->form.kind].title, "Esc cancels", true, true);
	h.y = 0;
	draw_rows(&h);
}
