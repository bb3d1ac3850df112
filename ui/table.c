/*
 * table.c -- see table.h.
 */
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/xalloc.h"
#include "screen.h"

static const struct table_kind *const kinds[N_TABLES] = {
    [TABLE_ALERTS] = &table_alerts,     [TABLE_MODELS] = &table_models,       [TABLE_CHANGES] = &table_changes,
    [TABLE_RULES] = &table_rules,       [TABLE_SILENCES] = &table_silences,   [TABLE_RESOLVED] = &table_resolved,
    [TABLE_BEHIND] = &table_behind,     [TABLE_AROUND] = &table_around,       [TABLE_TOLD] = &table_told,
    [TABLE_FEATURES] = &table_features, [TABLE_TARGETS] = &table_targets,     [TABLE_FILES] = &table_files,
    [TABLE_REASONS] = &table_reasons,   [TABLE_RECEIVERS] = &table_receivers, [TABLE_OUTBOX] = &table_outbox,
    [TABLE_SENT] = &table_sent,         [TABLE_EVENTS] = &table_events,       [TABLE_SERIES] = &table_series,
};

const struct table_kind *
table_kind(enum table t)
{
	return kinds[t];
}

void
table_field(struct table_fields *f, const char *name, const char *value)
{
	if (f->n < TABLE_FIELDS && value != NULL)
		f->at[f->n++] = (struct filter_field){name, value};
}

/* ---- which rows, in which order ---- */

static bool
row_passes(const struct screen *s, const struct table_kind *k, size_t row)
{
	const struct filter *f = s->filter[s->page];
	struct table_fields fields = {.n = 0};

	if (k->belongs != NULL && !k->belongs(s, row))
		return false;
	if (s->problems && k->health != NULL && !is_problem(k->health(s->snap, row)))
		return false;
	if (filter_is_empty(f))
		return true;
	k->fields(s->snap, row, &fields);
	return filter_passes(f, fields.at, fields.n);
}

#define TITLE_LEAST 10 /* of a title, or it says nothing */
#define TITLE_EDGE  8  /* what a title's row has beside the two texts: blanks, a stretch of line, a corner */

struct sorting {
	const struct table_kind *kind;
	const struct snapshot *snap;
	const struct cursor *cursor;
};

static int
compare(const struct sort_value *a, const struct sort_value *b)
{
	if (a->text != NULL && b->text != NULL)
		return strcmp(a->text, b->text);
	if (isnan(a->number) || isnan(b->number))
		return isnan(a->number) - isnan(b->number);
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Equal rows stay in the order in which they come: the worst first. */
static int
by_column(const void *x, const void *y, void *arg)
{
	const struct sorting *s = arg;
	const size_t a = *(const size_t *)x, b = *(const size_t *)y;
	struct sort_value va = {NAN, NULL}, vb = {NAN, NULL};
	int c = 0;

	if (s->cursor->sort >= 0) {
		s->kind->value(s->snap, a, (size_t)s->cursor->sort, &va);
		s->kind->value(s->snap, b, (size_t)s->cursor->sort, &vb);
		c = compare(&va, &vb);
	} else {
		c = a < b ? -1 : 1;
	}
	if (s->cursor->reverse)
		c = -c;
	return c != 0 ? c : a < b ? -1 : a > b;
}

int
table_sort_column(const struct screen *s, enum table t, const char *title)
{
	const struct table_kind *k = kinds[t];
	struct sort_value v;

	for (size_t i = 0; k->value != NULL && i < k->wide.n; i++)
		if (k->wide.at[i].title != NULL && strcasecmp(k->wide.at[i].title, title) == 0)
			return s->snap == NULL || k->rows(s->snap) == 0 || k->value(s->snap, 0, i, &v) ? (int)i : -1;
	return -1;
}

static void
place_cursor(struct screen *s, const struct table_kind *k, struct cursor *c)
{
	for (size_t i = 0; c->placed && i < c->n; i++)
		if (k->id(s->snap, c->order[i]) == c->id) {
			c->at = i;
			c->awaited = false;
			return;
		}
	if (c->at >= c->n)
		c->at = c->n > 0 ? c->n - 1 : 0;
	/* nobody has chosen a row: the worst one is meant, whichever that becomes */
	if (!c->placed)
		c->at = 0;
	else if (c->n > 0 && !c->awaited)
		c->id = k->id(s->snap, c->order[c->at]);
}

void
table_refresh(struct screen *s, enum table t)
{
	const struct table_kind *k = kinds[t];
	struct cursor *c = &s->cursor[t];
	struct sorting by = {k, s->snap, c};
	size_t rows = 0;

	c->n = 0;
	if (s->snap != NULL)
		rows = k->rows(s->snap);
	for (size_t i = 0; i < rows; i++)
		if (row_passes(s, k, i)) {
			xgrow(c->order, c->n, c->cap);
			c->order[c->n++] = i;
		}
	if ((c->sort >= 0 || c->reverse) && c->n > 1)
		qsort_r(c->order, c->n, sizeof *c->order, by_column, &by);
	place_cursor(s, k, c);
}

void
table_go(struct screen *s, enum table t, size_t at)
{
	struct cursor *c = &s->cursor[t];

	if (c->n == 0)
		return;
	c->at = at < c->n ? at : c->n - 1;
	c->id = kinds[t]->id(s->snap, c->order[c->at]);
	c->placed = true;
	c->awaited = false;
}

void
table_move(struct screen *s, enum table t, long by)
{
	const long at = (long)s->cursor[t].at + by;

	table_go(s, t, at > 0 ? (size_t)at : 0);
}

size_t
table_at(const struct screen *s, enum table t)
{
	const struct cursor *c = &s->cursor[t];

	if (s->snap == NULL || c->at >= c->n || c->order[c->at] >= kinds[t]->rows(s->snap))
		return SIZE_MAX;
	return c->order[c->at];
}

bool
table_seek(struct screen *s, enum table t, uint64_t id)
{
	struct cursor *c = &s->cursor[t];

	for (size_t i = 0; i < c->n; i++)
		if (kinds[t]->id(s->snap, c->order[i]) == id) {
			table_go(s, t, i);
			return true;
		}
	return false;
}

void
table_await(struct screen *s, enum table t, uint64_t id)
{
	struct cursor *c = &s->cursor[t];

	if (table_seek(s, t, id))
		return;
	c->id = id;
	c->placed = c->awaited = true;
}

/* ---- marks ---- */

bool
table_is_marked(const struct screen *s, enum table t, uint64_t id)
{
	const struct cursor *c = &s->cursor[t];

	for (size_t i = 0; i < c->n_marked; i++)
		if (c->marked[i] == id)
			return true;
	return false;
}

void
table_mark(struct screen *s, enum table t)
{
	struct cursor *c = &s->cursor[t];
	const size_t row = table_at(s, t);
	uint64_t id;

	if (row == SIZE_MAX)
		return;
	id = kinds[t]->id(s->snap, row);
	for (size_t i = 0; i < c->n_marked; i++)
		if (c->marked[i] == id) {
			c->marked[i] = c->marked[--c->n_marked];
			return;
		}
	xgrow(c->marked, c->n_marked, c->cap_marked);
	c->marked[c->n_marked++] = id;
}

void
table_unmark_all(struct screen *s, enum table t)
{
	s->cursor[t].n_marked = 0;
}

/* ---- drawing ---- */

static void
scroll(struct cursor *c, size_t shown)
{
	if (c->at < c->top)
		c->top = c->at;
	else if (shown > 0 && c->at >= c->top + shown)
		c->top = c->at - shown + 1;
	if (c->n <= shown)
		c->top = 0;
	else if (c->top + shown > c->n)
		c->top = c->n - shown;
}

static void
draw_row(const struct screen *s, struct list *l, enum table t, size_t i)
{
	const struct cursor *c = &s->cursor[t];
	const bool here = i == c->at, marked = table_is_marked(s, t, kinds[t]->id(s->snap, c->order[i]));
	const bool focus = page_table(s) == t;

	kinds[t]->draw(s, l, c->order[i]);
	list_cell(l, 0, STYLE_TEXT | ATTR_BOLD, here && (focus || kinds[t]->leads) ? "▸" : marked ? "*" : " ");
	list_row_end(l, (here && focus ? ATTR_REVERSE : 0) | (marked ? ATTR_UNDERLINE : 0));
}

static void
say_nothing(const struct screen *s, struct pane p, int y, const struct table_kind *k)
{
	const char *said = k->nothing;
	char why[256];

	if (k->rows(s->snap) > 0 && (s->problems || !filter_is_empty(s->filter[s->page])))
		said = "nothing passes the filter";
	else if (k->why != NULL && k->why(s->snap, why, sizeof why))
		said = why;
	put_left(p, wide(s) ? 4 : 3, y, p.w - 4, STYLE_DIM, said);
}

void
table_draw(struct screen *s, struct pane p, enum table t, const struct columns *columns)
{
	const struct table_kind *k = kinds[t];
	struct cursor *c = &s->cursor[t];
	struct list l;

	if (columns == NULL)
		columns = wide(s) ? &k->wide : &k->narrow;
	l = p.h > 1 ? list_open(p, *columns, c->sort) : (struct list){p, *columns, 0}; /* rather a row than titles */
	c->pane = p;
	c->head = l.y;
	if (p.h <= l.y)
		return;
	scroll(c, (size_t)(p.h - l.y));
	if (c->n == 0)
		say_nothing(s, p, l.y, k);
	for (size_t i = c->top; i < c->n && !list_full(&l); i++)
		draw_row(s, &l, t, i);
}

/* The filter and the sorting, or `otherwise`. */
static const char *
state_text(const struct screen *s, enum table t, const char *otherwise, char out[96])
{
	const struct cursor *c = &s->cursor[t];
	const char *filter = filter_text(s->filter[s->page]);
	const struct columns *columns = wide(s) ? &kinds[t]->wide : &kinds[t]->narrow;
	const char *sorted = c->sort >= 0 ? columns->at[c->sort].title : NULL;

	if (sorted == NULL && c->sort >= 0)
		sorted = kinds[t]->wide.at[c->sort].title;
	if (filter[0] == '\0' && !s->problems && sorted == NULL && !c->reverse)
		return otherwise;
	snprintf(out, 96, "%s%.60s%s%s%s%s", filter[0] != '\0' ? "filter: " : "", filter,
		 s->problems ? (filter[0] != '\0' ? ", problems only" : "problems only") : "",
		 (filter[0] != '\0' || s->problems) && (sorted != NULL || c->reverse) ? ", " : "",
		 sorted != NULL ? "by "
		 : c->reverse   ? "reversed"
				: "",
		 sorted != NULL ? sorted : "");
	if (sorted != NULL && c->reverse)
		snprintf(out + strlen(out), 96 - strlen(out), " reversed");
	return out;
}

static bool
has_titles(const struct columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->at[i].title != NULL && c->at[i].w > 0)
			return true;
	return false;
}

/* "4 more", "2 above, 3 below": the rows that pass and are not shown; "" when all are. */
static void
cut_text(char out[64], const struct cursor *c, size_t shown, size_t unread)
{
	const size_t above = c->top, last = c->top + shown < c->n ? c->top + shown : c->n, below = c->n - last + unread;

	if (above == 0 && below == 0)
		out[0] = '\0';
	else if (above == 0)
		snprintf(out, 64, "%zu more", below);
	else if (below == 0)
		snprintf(out, 64, "%zu above", above);
	else
		snprintf(out, 64, "%zu above, %zu below", above, below);
}

struct pane
table_frame(struct screen *s, struct pane p, enum table t, const char *title, const char *right, int foot)
{
	const struct table_kind *k = kinds[t];
	const int inside = p.h - frame_rows(s) - foot;
	struct cursor *c = &s->cursor[t];
	const int rows = inside - (inside > 1 && has_titles(wide(s) ? &k->wide : &k->narrow));
	const size_t shown = rows > 0 ? (size_t)rows : 0;
	char state[96], cut[64] = "", both[192], fits[256];
	int room;

	right = state_text(s, t, right, state);
	if (shown > 0) {
		scroll(c, shown);
		cut_text(cut, c, shown, k->unread != NULL && c->n == k->rows(s->snap) ? k->unread(s->snap) : 0);
	}
	if (cut[0] == '\0')
		return pane_open(s, p, title, right);
	snprintf(both, sizeof both, "%s%s%s", cut, right != NULL ? ", " : "", right != NULL ? right : "");
	/* that there is more has to be seen: first the rest gives way to it, then the end of the title */
	room = p.w - TITLE_EDGE;
	if (text_width(title) + text_width(both) > room)
		snprintf(both, sizeof both, "%s", cut);
	snprintf(fits, sizeof fits, "%s", title);
	if (text_width(title) + text_width(both) > room && room - text_width(both) < TITLE_LEAST)
		return pane_open(s, p, title, NULL);
	if (text_width(title) + text_width(both) > room)
		snprintf(fits, sizeof fits, "%.255s", brief(title, room - text_width(both)).at);
	return pane_open(s, p, fits, both);
}
