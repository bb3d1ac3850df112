/*
 * page_alert.c -- one alert: why, since when, what to do.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "screen.h"

enum { P_FACTS, P_VALUE, P_BEHIND, P_AROUND, P_TOLD };

static void
state_row(struct screen *s, struct pane p, const struct view_alert *a)
{
	char since[16], pending[16], fired[16], length[16], sev[32];
	size_t i;

	snprintf(sev, sizeof sev, "%s", a->severity[0] != '\0' ? a->severity : "alert");
	for (i = 0; sev[i] != '\0'; i++)
		sev[i] = (char)toupper((unsigned char)sev[i]);
	age_text(s, since, a->state == VIEW_PENDING ? a->active_ms : a->fired_ms);
	clock_hms(s, pending, a->active_ms);
	duration_human(length, a->for_ms);
	if (a->state == VIEW_PENDING) {
		putf(p, 0, 0, health_style(a->health) | ATTR_BOLD, "%s %s, pending for %s of %s, since %s",
		     health_glyph[a->health], sev, since, length, pending);
		return;
	}
	clock_hms(s, fired, a->fired_ms);
	putf(p, 0, 0, health_style(a->health) | ATTR_BOLD, "%s %s, FIRING for %s", health_glyph[a->health], sev, since);
	putf(p, 34, 0, STYLE_TEXT, "%s pending (for %s)   %s firing", pending, length, fired);
}

static void
numbers_row(const struct screen *s, struct pane p, int y, const struct view_alert *a)
{
	const struct part_alert *n = s->snap->about;
	const bool known = n != NULL && n->fingerprint != NULL && strcmp(n->fingerprint, a->fingerprint) == 0;
	char value[32], limit[32], length[16];
	int x;

	quantity_text(value, a->value);
	x = putf(p, 0, y, STYLE_TEXT, "now %s", value);
	if (a->limit_op != NULL) {
		quantity_text(limit, a->limit);
		x += putf(p, x, y, STYLE_TEXT, "   limit %s %s", a->limit_op, limit);
	}
	if (!isnan(a->ratio))
		x += putf(p, x, y, STYLE_TEXT, "   %.1f×", a->ratio);
	if (!known)
		return;
	if (!isnan(n->peak)) {
		struct quantity peak = a->value;

		peak.v = n->peak;
		quantity_text(value, peak);
		x += putf(p, x, y, STYLE_TEXT, "   peak %s", value);
	}
	duration_human(length, n->fired_30d_ms);
	if (n->fired_30d > 0)
		putf(p, x, y, STYLE_DIM, "   %d time%s in 30 days, %s", n->fired_30d, n->fired_30d == 1 ? "" : "s",
		     length);
}

static void
facts(struct screen *s, struct pane p, const struct view_alert *a)
{
	struct buf labels = BUF_INIT;
	char text[512], until[16];
	int y = 3;

	state_row(s, p, a);
	put_left(p, 0, 1, p.w, STYLE_TEXT | ATTR_BOLD, a->summary);
	numbers_row(s, p, 2, a);
	for (size_t i = 0; i < a->labels.n; i++)
		buf_addf(&labels, "%s%s=%s", i > 0 ? "  " : "", a->labels.at[i].name, a->labels.at[i].value);
	snprintf(text, sizeof text, "labels   %s", buf_str(&labels));
	buf_release(&labels);
	if (wide(s))
		put_left(p, 0, y++, p.w, STYLE_TEXT, text);
	snprintf(text, sizeof text, "rule     %s   %s", a->where, a->expr);
	put_left(p, 0, y++, p.w, STYLE_TEXT, text);
	if (a->runbook[0] != '\0')
		putf(p, 0, y++, STYLE_KEY, "do       %s", a->runbook);
	if (a->silenced_by != NULL)
		clock_hm(s, until, a->silenced_until_ms);
	snprintf(text, sizeof text, "owner    %s%s   silenced: %s%s",
		 a->ack_by != NULL ? a->ack_by : "nobody has acknowledged it",
		 a->ack_comment != NULL && a->ack_comment[0] != '\0' ? ": " : "",
		 a->silenced_by != NULL ? "until " : "no", a->silenced_by != NULL ? until : "");
	put_left(p, 0, y, p.w, STYLE_TEXT, text);
}

static void
draw_facts(struct screen *s, struct pane p)
{
	const struct view_alert *a = selected_alert(s);
	char title[160], right[64];
	struct pane in;

	if (a == NULL) {
		pane_open(s, p, "this alert is no longer active", NULL);
		return;
	}
	snprintf(title, sizeof title, "%s on %s", a->name, a->on);
	snprintf(right, sizeof right, "%zu of %zu", s->cursor[TABLE_ALERTS].at + 1, s->cursor[TABLE_ALERTS].n);
	in = pane_open(s, p, title, right);
	facts(s, pane_inside(in, wide(s), 0, in.w - wide(s), in.h), a);
}

static void
draw_value(struct screen *s, struct pane p)
{
	const struct view_alert *a = selected_alert(s);
	const struct part_alert *n = s->snap->about;
	char right[64], value[32];

	if (a == NULL || n == NULL) {
		pane_open(s, p, n == NULL ? "reading" : "", NULL);
		return;
	}
	const double scale = a->value.unit == UNIT_SHARE ? 100 : a->value.unit == UNIT_SECONDS ? 1000 : 1;
	const struct plot q = {.track = {&n->value},
			       .style = {STYLE_LINE1},
			       .span = n->span,
			       .scale = scale,
			       .limit = a->limit_op != NULL ? a->limit.v * scale : NAN,
			       .label_width = 4,
			       .time_labels = wide(s) ? 5 : 3};
	quantity_text(value, a->value);
	snprintf(right, sizeof right, "now %s", value);
	plot_draw(s, pane_open(s, p, scale == 100 ? "value, %" : scale == 1000 ? "value, ms" : "value", right), &q);
}

/* ---- what is behind it ---- */

static const struct column behind_columns[] = {{NULL, 0, 1, false, 0},
					       {"FEATURE", 1, 14, false, 1},
					       {"NOW", 15, 6, true, 0},
					       {"ROWS", 23, 5, true, 0},
					       {"WHAT", 30, 17, false, 2}};

static void
draw_behind_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct behind *b = &s->snap->about->behind[row];
	char rows[16];

	count_text(rows, b->rows);
	list_cell(l, 1, STYLE_TEXT, b->name);
	list_cellf(l, 2, health_style(b->health), "%.3f", b->value);
	list_cell(l, 3, STYLE_TEXT, rows);
	list_cell(l, 4, STYLE_DIM, b->what);
}

static size_t
behind_rows(const struct snapshot *n)
{
	return n->about != NULL ? n->about->n_behind : 0;
}

static uint64_t
behind_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->about->behind[row].name);
}

static void
behind_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	table_field(f, "name", n->about->behind[row].name);
	table_field(f, "what", n->about->behind[row].what);
}

const struct table_kind table_behind = {
    .name = "behind",
    .wide = {behind_columns, 5, 48},
    .narrow = {behind_columns, 5, 48},
    .nothing = "nothing",
    .rows = behind_rows,
    .id = behind_id,
    .fields = behind_fields,
    .draw = draw_behind_row,
};

static void
draw_behind(struct screen *s, struct pane p)
{
	table_draw(s, pane_open(s, p, "series behind it", NULL), TABLE_BEHIND, NULL);
}

static void
draw_around(struct screen *s, struct pane p)
{
	table_draw(s, pane_open(s, p, "What changed around its start", NULL), TABLE_AROUND, NULL);
}

/* ---- who was told ---- */

static const struct column told_columns[] = {{NULL, 0, 1, false, 0},         {"AT", 1, 8, false, 0},
					     {"RECEIVER", 11, 21, false, 1}, {NULL, 33, 1, false, 0},
					     {"RESULT", 36, 36, false, 1},   {"DETAIL", 73, 45, false, 2}};

static void
draw_told_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_message *m = &s->snap->about->told[row];
	char at[16];

	clock_hms(s, at, m->t);
	list_cell(l, 1, STYLE_TEXT, at);
	list_cell(l, 2, STYLE_TEXT, m->receiver);
	list_cell(l, 3, health_style(m->health), health_glyph[m->health]);
	list_cell(l, 4, STYLE_TEXT, m->state);
	list_cell(l, 5, STYLE_DIM, m->answer);
}

static size_t
told_rows(const struct snapshot *n)
{
	return n->about != NULL ? n->about->n_told : 0;
}

static uint64_t
told_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->about->told[row].id);
}

static void
told_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	table_field(f, "receiver", n->about->told[row].receiver);
	table_field(f, "result", n->about->told[row].state);
}

const struct table_kind table_told = {
    .name = "told",
    .wide = {told_columns, 6, 118},
    .narrow = {told_columns, 6, 118},
    .nothing = "nobody was told yet",
    .rows = told_rows,
    .id = told_id,
    .fields = told_fields,
    .draw = draw_told_row,
};

static void
draw_told(struct screen *s, struct pane p)
{
	table_draw(s, pane_open(s, p, "Notifications", NULL), TABLE_TOLD, NULL);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s);
	const struct stack stack[] = {{edge + (wide(s) ? 7 : 6), edge + 3, 0},
				      {edge + 5, edge + 3, 1},
				      {wide(s) ? 0 : edge + 4, 0, 0},
				      {edge + (wide(s) ? 3 : 1), 0, 0},
				      {wide(s) ? edge + 4 : 0, 0, 0}};
	int rows[5], y = 0;

	stack_rows(h, stack, 5, rows);
	for (int i = 0; i < 5; i++) {
		at[i] = (struct rect){0, y, w, rows[i]};
		y += rows[i];
	}
	if (wide(s) && rows[P_VALUE] > 0) {
		const int left = w * 70 / 120;

		at[P_BEHIND] = (struct rect){left, at[P_VALUE].y, w - left, rows[P_VALUE]};
		at[P_VALUE].w = left;
	}
}

static const struct pane_kind panes[] = {
    [P_FACTS] = {"facts", TABLE_NONE, draw_facts},      [P_VALUE] = {"value", TABLE_NONE, draw_value},
    [P_BEHIND] = {"behind", TABLE_BEHIND, draw_behind}, [P_AROUND] = {"around", TABLE_AROUND, draw_around},
    [P_TOLD] = {"told", TABLE_TOLD, draw_told},
};

const struct page_kind page_alert = {
    .name = "alert",
    .full = "Alert",
    .brief = "Alert",
    .view = PAGE_ALERTS,
    .list = TABLE_ALERTS,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint =
	"{back} back   {acknowledge} acknowledge   {silence} silence   {show-link} runbook   {copy} copy as text   n/N "
	"next/previous alert",
    .hint_narrow =
	"{back} back  {acknowledge} ack  {silence} silence  {show-link} runbook  {copy} copy  n/N next/previous alert",
};
