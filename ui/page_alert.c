/*
 * page_alert.c -- one alert: why, since when, what to do.
 */
#include "pages.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"

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
	const struct snapshot *n = s->snap;
	const bool known = n->alert != NULL && strcmp(n->alert, a->fingerprint) == 0;
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
	if (s->snap->alert != NULL && strcmp(s->snap->alert, a->fingerprint) == 0)
		snprintf(text + strlen(text), sizeof text - strlen(text), "   sent: %d%s", s->snap->sent_for,
			 s->snap->given_up_for > 0  ? ", some given up"
			 : s->snap->waiting_for > 0 ? ", still trying"
						    : "");
	put_left(p, 0, y, p.w, STYLE_TEXT, text);
}

static void
behind(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	int y = 1;

	putf(p, 1, 0, STYLE_HEAD, "%-14s %8s %6s  %s", "FEATURE", "NOW", "ROWS", "WHAT");
	for (size_t i = 0; i < n->n_features && y < p.h; i++) {
		const struct view_feature *f = &n->features[i];
		char rows[16];

		if (f->few_rows || !(f->value > f->limit))
			continue;
		count_text(rows, f->rows);
		put_left(p, 1, y, 14, STYLE_TEXT, f->name);
		putf(p, 16, y, health_style(f->health), "%8.3f %6s", f->value, rows);
		put_left(p, 33, y, p.w - 33, STYLE_DIM, f->unit_hint != NULL ? f->unit_hint : "");
		y++;
	}
}

void
draw_alert(struct screen *s, struct pane p)
{
	const struct view_alert *a = selected_alert(s);
	const int edge = wide(s) ? 2 : 1, head = edge + (wide(s) ? 7 : 6), tail = wide(s) ? 6 : 3;
	const int chart = p.h - head - tail > 3 ? p.h - head - tail : 0;
	char title[160], right[64], value[32];
	struct pane in;

	if (a == NULL) {
		pane_frame(p, "this alert is no longer active", NULL, wide(s));
		return;
	}
	snprintf(title, sizeof title, "%s on %s", a->name, a->on);
	snprintf(right, sizeof right, "%d of %zu", s->sel[s->back == PAGE_ALERTS ? PAGE_ALERTS : PAGE_OVERVIEW] + 1,
		 s->snap->o.n_alerts);
	in = pane_frame(pane_inside(p, 0, 0, p.w, head), title, right, wide(s));
	facts(s, pane_inside(in, wide(s), 0, in.w - wide(s), in.h), a);
	if (chart > 0) {
		const double scale = a->value.unit == UNIT_SHARE ? 100 : a->value.unit == UNIT_SECONDS ? 1000 : 1;
		const struct plot q = {.track = {&s->snap->value},
				       .style = {STYLE_LINE1},
				       .scale = scale,
				       .limit = a->limit_op != NULL ? a->limit.v * scale : NAN,
				       .label_width = 4,
				       .time_labels = wide(s) ? 5 : 3};
		const int left = wide(s) ? p.w * 70 / 120 : p.w;

		quantity_text(value, a->value);
		snprintf(right, sizeof right, "now %s", value);
		plot_draw(s,
			  pane_frame(pane_inside(p, 0, head, left, chart),
				     scale == 100    ? "value, %"
				     : scale == 1000 ? "value, ms"
						     : "value",
				     right, wide(s)),
			  &q);
		if (wide(s))
			behind(s, pane_frame(pane_inside(p, left, head, p.w - left, chart), "features behind it",
					     "over the limit", true));
	}
	event_list(s,
		   pane_frame(pane_inside(p, 0, head + chart, p.w, p.h - head - chart), "What changed around its start",
			      NULL, wide(s)),
		   s->snap->o.events, s->snap->o.n_events, -1, false);
}
