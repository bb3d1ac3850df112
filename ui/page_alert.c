/*
 * page_alert.c -- one alert: why, since when, what to do. The facts and the chart of its value; the lists are in page_alert_lists.c.
 */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/utf8.h"
#include "panes.h"
#include "screen.h"

enum { P_FACTS, P_VALUE, P_BEHIND, P_AROUND, P_TOLD };
#define AXIS_VALUE 1

const struct part_alert *
about_alert(const struct screen *s)
{
	const struct view_alert *a = selected_alert(s);
	const struct part_alert *n = s->snap->about;

	return a != NULL && n != NULL && n->fingerprint != NULL && strcmp(n->fingerprint, a->fingerprint) == 0 ? n
													       : NULL;
}

/* ---- facts ---- */

/* Parts of a row, one after the other, with so many blanks between. */
struct row {
	struct pane p;
	int x, y, gap;
};

static void part(struct row *r, unsigned attr, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void
part(struct row *r, unsigned attr, const char *fmt, ...)
{
	const int room = r->p.w - r->x;
	char text[512];
	va_list ap;
	int w;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	w = text_width(text);
	put_left(r->p, r->x, r->y, w < room ? w : room, attr, text);
	r->x += w + r->gap;
}

static void
state_row(struct screen *s, struct pane p, const struct view_alert *a)
{
	const struct part_alert *n = about_alert(s);
	const unsigned style = health_style(a->health) | ATTR_BOLD;
	struct row r = {p, 0, 0, wide(s) ? 3 : 2};
	char since[16], pending[16], fired[16], wait[16], next[16], sev[32];

	snprintf(sev, sizeof sev, "%s", a->severity[0] != '\0' ? a->severity : "alert");
	for (size_t i = 0; sev[i] != '\0'; i++)
		sev[i] = (char)toupper((unsigned char)sev[i]);
	alert_age(s, since, a);
	clock_hms(s, pending, a->active_ms);
	clock_hms(s, fired, a->fired_ms);
	duration_human(wait, a->for_ms);
	part(&r, style, "%s %s, %s for %s", health_glyph[a->health], sev,
	     a->state == VIEW_PENDING ? "pending" : "FIRING", since);
	if (wide(s) && r.x < 32)
		r.x = 32;
	else if (!wide(s))
		r.x++;
	if (a->for_ms > 0 || a->state == VIEW_PENDING)
		part(&r, STYLE_TEXT, "%s pending (for %s)", pending, wait);
	if (a->state == VIEW_FIRING)
		part(&r, STYLE_TEXT, "%s firing", fired);
	if (!wide(s) || n == NULL || n->next_evaluation_ms <= s->now)
		return;
	duration_human(next, n->next_evaluation_ms - s->now);
	part(&r, STYLE_DIM, "next evaluation in %s", next);
}

static void
numbers_row(const struct screen *s, struct pane p, int y, const struct view_alert *a)
{
	const struct part_alert *n = about_alert(s);
	struct row r = {p, 0, y, wide(s) ? 3 : 2};
	char value[32], limit[32], peak[32], length[16], at[16];

	quantity_text(value, a->value);
	part(&r, STYLE_TEXT | ATTR_BOLD, "now %s", value);
	if (a->limit_op != NULL) {
		quantity_text(limit, a->limit);
		part(&r, STYLE_TEXT, "limit %s %s", a->limit_op, limit);
	}
	if (!isnan(a->ratio))
		part(&r, STYLE_TEXT, "%.1f×", a->ratio);
	if (n == NULL)
		return;
	if (!isnan(n->peak)) {
		quantity_text(peak, (struct quantity){n->peak, a->value.unit, a->value.statistic});
		clock_hm(s, at, n->peak_ms);
		part(&r, STYLE_TEXT, n->peak_ms > 0 ? "peak %s at %s" : "peak %s", peak, at);
	}
	if (n->fired_30d == 0)
		return;
	duration_human(length, n->fired_30d_ms / n->fired_30d);
	r.x += wide(s) ? 3 : 1;
	part(&r, STYLE_DIM, wide(s) ? "fired %d time%s in 30 days, %s on average" : "%d time%s in 30 days, %s",
	     n->fired_30d, n->fired_30d == 1 ? "" : "s", length);
}

static void
named_row(const struct screen *s, struct pane p, int y, const char *name, unsigned attr, const char *text)
{
	const int x = wide(s) ? 9 : 6;

	put_left(p, 0, y, x, STYLE_DIM, name);
	put_left(p, x, y, p.w - x, attr, text);
}

static void
labels_row(const struct screen *s, struct pane p, int y, const struct view_alert *a)
{
	struct buf labels = BUF_INIT;

	for (size_t i = 0; i < a->labels.n; i++)
		buf_addf(&labels, "%s%s=%s", i > 0 ? "  " : "", a->labels.at[i].name, a->labels.at[i].value);
	named_row(s, p, y, "labels", STYLE_TEXT, buf_str(&labels));
	buf_release(&labels);
}

static void
rule_row(const struct screen *s, struct pane p, int y, const struct view_alert *a)
{
	struct buf rule = BUF_INIT;

	buf_addf(&rule, "%s%s%s", a->where, wide(s) ? "   " : "  ", a->expr);
	named_row(s, p, y, "rule", STYLE_TEXT, buf_str(&rule));
	buf_release(&rule);
}

static void
do_row(const struct screen *s, struct pane p, int y, const struct view_alert *a)
{
	if (a->runbook[0] != '\0')
		named_row(s, p, y, "do", STYLE_KEY, a->runbook);
	else
		named_row(s, p, y, "do", STYLE_DIM, "the rule has no runbook_url");
}

static void
owner_row(const struct screen *s, struct pane p, int y, const struct view_alert *a)
{
	const struct part_alert *n = about_alert(s);
	struct row r = {p, wide(s) ? 9 : 6, y, 3};
	char at[16];

	put(p, 0, y, STYLE_DIM, "owner");
	if (a->ack_by == NULL) {
		part(&r, STYLE_TEXT, "nobody has acknowledged it");
	} else {
		clock_hm(s, at, a->ack_ms);
		part(&r, STYLE_TEXT, "%s since %s%s%s", brief(a->ack_by, 40).at, at,
		     a->ack_comment[0] != '\0' ? ": " : "", brief(a->ack_comment, 60).at);
	}
	if (wide(s) && r.x < 56)
		r.x = 56;
	clock_hm(s, at, a->silenced_until_ms);
	if (a->silenced_by != NULL)
		part(&r, STYLE_TEXT, "silenced: until %s, %.4s", at, a->silenced_by);
	else
		part(&r, STYLE_TEXT, "silenced: no");
	if (n == NULL || wide(s))
		return;
	if (n->given_up > 0)
		part(&r, STYLE_BAD, "sent: %d, %d given up", n->sent, n->given_up);
	else if (n->retrying > 0)
		part(&r, STYLE_WARN, "sent: %d, %d retrying", n->sent, n->retrying);
	else
		part(&r, STYLE_TEXT, "sent: %d", n->sent);
}

/* "1 of 5, 1 silenced": those that n and N walk through, counted as the lists of alerts count them. */
static void
place_text(const struct screen *s, char out[64])
{
	const struct cursor *c = &s->cursor[TABLE_ALERTS];
	size_t silenced = 0;

	for (size_t i = 0; i < c->n; i++)
		silenced += s->snap->o.alerts[c->order[i]].silenced_by != NULL;
	snprintf(out, 64, "%zu of %zu", c->at + 1, c->n);
	if (silenced > 0)
		snprintf(out + strlen(out), 64 - strlen(out), ", %zu silenced", silenced);
}

static void
draw_facts(struct screen *s, struct pane p)
{
	const struct view_alert *a = selected_alert(s);
	char title[2 * BRIEF_MAX + 8], right[64];
	struct pane in;
	int y = 3;

	if (a == NULL) {
		in = pane_open(s, p, "this alert is over", NULL);
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, "2 Alerts lists what was resolved; Esc goes back");
		return;
	}
	snprintf(title, sizeof title, "%s%s%s", brief(a->name, 60).at, a->on[0] != '\0' ? " on " : "",
		 brief(a->on, wide(s) ? 80 : 40).at);
	place_text(s, right);
	in = pane_open(s, p, title, right);
	in = pane_inside(in, wide(s), 0, in.w - wide(s), in.h);
	state_row(s, in, a);
	put_left(in, 0, 1, in.w, STYLE_TEXT | ATTR_BOLD, a->summary);
	numbers_row(s, in, 2, a);
	if (wide(s)) {
		labels_row(s, in, y++, a);
		rule_row(s, in, y++, a);
		do_row(s, in, y++, a);
	} else { /* what to do before why */
		do_row(s, in, y++, a);
		rule_row(s, in, y++, a);
	}
	owner_row(s, in, y, a);
}

/* ---- its value ---- */

/* In which unit the chart is drawn: one that keeps its numbers short. */
static double
chart_unit(const struct view_alert *a, const char **unit)
{
	const double most = fmax(fabs(a->value.v), fabs(a->limit.v));

	*unit = "";
	switch (a->value.unit) {
	case UNIT_SHARE:
		*unit = "%";
		return 100;
	case UNIT_SECONDS:
		*unit = most < 10 ? "ms" : most < 600 ? "s" : "min";
		return most < 10 ? 1000 : most < 600 ? 1 : 1 / 60.0;
	case UNIT_BYTES:
		*unit = most < 1e5 ? "KB" : most < 1e8 ? "MB" : "GB";
		return most < 1e5 ? 1e-3 : most < 1e8 ? 1e-6 : 1e-9;
	case UNIT_PER_SECOND:
		*unit = "/s";
		return 1;
	case UNIT_STATISTIC:
		*unit = a->value.statistic != NULL ? a->value.statistic : "";
		return 1;
	default:
		return 1;
	}
}

static void
chart_number(char out[16], const struct view_alert *a, double v)
{
	if (a->value.unit == UNIT_STATISTIC)
		snprintf(out, 16, "%.3f", v);
	else if (a->value.unit == UNIT_SHARE) /* as it stands above: "42", "3.1" */
		snprintf(out, 16, "%.*f", fabs(v) >= 9.95 || v == floor(v) ? 0 : fabs(v) >= 0.095 ? 1 : 2, v);
	else if (fabs(v) < 999.5)
		snprintf(out, 16, "%.3g", v);
	else
		short_number(out, v);
}

static void
glyph_text(const struct screen *s, bool dense, char out[8])
{
	struct buf b = BUF_INIT;

	utf8_encode(&b, chart_shade_glyph(s->grid->glyphs, dense));
	snprintf(out, 8, "%s", buf_str(&b));
	buf_release(&b);
}

/* "· pending  ░ firing   limit 30   now 42": what is shaded, and the numbers of the chart. */
static void
value_text(const struct screen *s, const struct view_alert *a, double scale, char out[160])
{
	const char *const gap = wide(s) ? "   " : "  ";
	char pending[8], firing[8], now[16], limit[16];

	glyph_text(s, false, pending);
	glyph_text(s, true, firing);
	chart_number(now, a, a->value.v * scale);
	chart_number(limit, a, a->limit.v * scale);
	snprintf(out, 160, "%s pending%s%s%s", pending, a->state == VIEW_FIRING ? "  " : "",
		 a->state == VIEW_FIRING ? firing : "", a->state == VIEW_FIRING ? " firing" : "");
	if (a->limit_op != NULL)
		snprintf(out + strlen(out), 160 - strlen(out), "%slimit %s%s%s", gap,
			 a->limit_op[0] == '>' ? "" : a->limit_op, a->limit_op[0] == '>' ? "" : " ", limit);
	if (!isnan(a->value.v))
		snprintf(out + strlen(out), 160 - strlen(out), "%snow %s", gap, now);
}

static void
draw_value(struct screen *s, struct pane p)
{
	const struct view_alert *a = selected_alert(s);
	const struct part_alert *n = about_alert(s);
	const char *unit = "";
	char title[64], right[160];
	struct pane in;

	if (a == NULL || n == NULL || n->value.v == NULL) {
		in = pane_open(s, p, "value", NULL);
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, a == NULL ? "" : "reading");
		return;
	}
	const double scale = chart_unit(a, &unit);
	const int64_t fired = a->state == VIEW_FIRING ? a->fired_ms : n->span.to;
	const struct plot q = {.track = {&n->value},
			       .style = {STYLE_LINE1},
			       .span = n->span,
			       .scale = scale,
			       .limit = a->limit_op != NULL ? a->limit.v * scale : NAN,
			       .label_width = wide(s) ? 4 : 3,
			       .time_labels = wide(s) ? 5 : 3,
			       .axis = AXIS_VALUE,
			       .axis_of = hash_mix(hash_str(a->fingerprint), (uint64_t)s->set.range_ms),
			       .shade = {{a->active_ms, fired}, {fired, a->state == VIEW_FIRING ? n->span.to : fired}}};

	snprintf(title, sizeof title, unit[0] != '\0' ? "value, %s" : "value", unit);
	value_text(s, a, scale, right);
	in = pane_open(s, p, title, right);
	plot_draw(s, in, &q);
	if (isnan(n->value.last))
		put(in, q.label_width + 3, in.h / 3, STYLE_DIM, "no values in this stretch of time");
}

/* ---- the page ---- */

/* Of a list with n rows: those that it has in any case, and as many more as there is room for. */
static int
rows_of(int n, int least, int spare)
{
	return n <= least ? least : n - least < spare ? n : least + spare;
}

/* An alert without anything behind it leaves that room to its chart. */
static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const struct part_alert *n = about_alert(s);
	const bool behind = n == NULL || n->behind_title != NULL;
	const int edge = frame_rows(s), drawn_for = wide(s) ? 32 : 20, spare = h > drawn_for ? (h - drawn_for) / 3 : 0;
	const int listed = n != NULL ? (int)n->n_behind : 0, events = n != NULL ? (int)n->n_events : 0,
		  told = n != NULL ? (int)n->n_told : 0;
	const struct stack stack[] = {{edge + (wide(s) ? 7 : 6), edge + 3, 0},
				      {edge + 5, edge + 3, 1},
				      {behind && !wide(s) ? edge + 1 + rows_of(listed, 3, spare) : 0, edge + 2, 0},
				      {edge + rows_of(events, wide(s) ? 3 : 1, spare), edge + 1, 0},
				      {wide(s) ? edge + 1 + rows_of(told, 3, spare) : 0, edge + 2, 0}};
	int rows[5], y = 0;

	stack_rows(h, stack, 5, rows);
	for (int i = 0; i < 5; i++) {
		at[i] = (struct rect){0, y, w, rows[i]};
		y += rows[i];
	}
	if (wide(s) && behind && rows[P_VALUE] > 0) {
		const int left = w * 70 / 120;

		at[P_BEHIND] = (struct rect){left, at[P_VALUE].y, w - left, rows[P_VALUE]};
		at[P_VALUE].w = left;
	}
}

static const struct pane_kind panes[] = {
    [P_FACTS] = {"facts", TABLE_NONE, draw_facts},      [P_VALUE] = {"value", TABLE_NONE, draw_value},
    [P_BEHIND] = {"behind", TABLE_BEHIND, pane_behind}, [P_AROUND] = {"around", TABLE_AROUND, pane_around},
    [P_TOLD] = {"told", TABLE_TOLD, pane_told},
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
