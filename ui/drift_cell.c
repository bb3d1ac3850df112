/*
 * drift_cell.c -- the cell of the heat map that is under the time cursor, or now, in numbers: a line for each at 120 columns, few long ones below.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drift_panes.h"
#include "mlwatch/buf.h"
#include "screen.h"

struct lines { /* of the pane, as they come */
	struct buf at[DRIFT_CELL_LINES + 2];
	size_t n;
};

static struct buf *
next_line(struct lines *l)
{
	const size_t last = sizeof l->at / sizeof *l->at - 1;

	return &l->at[l->n < last ? l->n++ : last];
}

static void
say_verdict(struct lines *l, const struct screen *s, const struct view_feature *f)
{
	struct buf *b = next_line(l);
	char value[16], ratio[16], p[32], bound[32], rows[16], other[16];

	statistic_text(value, f->value);
	ratio_text(ratio, f->value / f->limit);
	p_sentence(p, f->pvalue);
	bound_text(bound, f);
	short_number(rows, f->rows);
	if (wide(s))
		buf_addf(b, "%s ", health_glyph[f->health]);
	short_number(other, f->ref_rows);
	if (isnan(f->value))
		buf_addf(b, "nothing to compare: %s rows, %s %s", rows, other_word(s), other);
	else
		buf_addf(b, "%s %s%s   %s the %slimit   %s", f->statistic, value, bound, ratio,
			 f->limit_is_default ? "default " : "", p);
	if (f->few_rows && !isnan(f->value))
		buf_addf(b, "   few rows: no ground for a judgement");
	else if (!wide(s) && !isnan(f->value))
		buf_addf(b, "   %s rows", rows);
}

static void
say_gap(struct buf *b, const struct screen *s, const struct view_feature *f)
{
	char at[16];

	if (isnan(f->gap.at))
		return;
	short_number(at, f->gap.at);
	if (wide(s))
		buf_addf(b, "   largest gap at %s: %s %.0f %% below it, now %.0f %%", at, other_word(s),
			 f->gap.ref * 100, f->gap.now * 100);
	else
		buf_addf(b, "largest gap at %s: the %s has %.0f %% below it, now %.0f %%", at,
			 s->baseline == BASELINE_REFERENCE ? "reference" : "other side", f->gap.ref * 100,
			 f->gap.now * 100);
}

static void
say_onset(struct buf *b, const struct screen *s, const struct part_cell *c)
{
	char text[16];

	if (c->first_over_ms > 0) {
		clock_day(s, text, c->first_over_ms);
		buf_addf(b, wide(s) ? "first cell over the limit %s    " : "first over the limit %s   ", text);
	} else {
		buf_addstr(b, wide(s) ? "no cell over the limit    " : "never over the limit   ");
	}
	if (c->last_below_ms > 0 && wide(s)) {
		clock_day(s, text, c->last_below_ms);
		buf_addf(b, "last one below %s    ", text);
	}
	if (!isnan(c->week_ago) && wide(s)) {
		statistic_text(text, c->week_ago);
		buf_addf(b, "same time a week ago %s %s", c->numbers.statistic, text);
	}
}

static void
say_alerts(struct buf *b, const struct screen *s, const char *feature)
{
	const struct snapshot *n = s->snap;
	size_t found = 0;

	buf_addstr(b, "alerts: ");
	for (size_t i = 0; i < n->o.n_alerts; i++) {
		const struct view_alert *a = &n->o.alerts[i];
		char age[16];

		if (strcmp(a->model, n->model) != 0 ||
		    (a->feature[0] != '\0' ? strcmp(a->feature, feature) != 0 : strstr(a->expr, "drift") == NULL))
			continue;
		alert_age(s, age, a);
		buf_addf(b, "%s%s %s", found++ > 0 ? ", " : "", a->name,
			 a->state == VIEW_FIRING && a->health != HEALTH_MUTED ? "firing " : a->state_text);
		if (a->state == VIEW_FIRING && a->health != HEALTH_MUTED)
			buf_addf(b, "%s (acknowledged by %s)", age, a->ack_by != NULL ? a->ack_by : "nobody");
	}
	if (found == 0)
		buf_addstr(b, "none");
}

static void
two_numbers(struct lines *l, const struct screen *s, const char *what, const char *now, const char *other,
	    const char *also)
{
	buf_addf(next_line(l), "%-18s %-10s %s %s%s%s", what, now, other_word(s), other, also != NULL ? "   " : "",
		 also != NULL ? also : "");
}

/* At 120 columns: a line for each. */
static void
say_numbers(struct lines *l, const struct screen *s, const struct view_feature *f)
{
	char now[32], other[32], below[32], text[96];

	short_number(now, f->rows);
	short_number(other, f->ref_rows);
	two_numbers(l, s, "rows", now, other, NULL);
	if (!f->categorical) {
		short_number(now, f->mean);
		short_number(other, f->ref_mean);
		two_numbers(l, s, "mean", now, other, f->unit_hint);
		short_number(now, f->stddev);
		short_number(other, f->ref_stddev);
		two_numbers(l, s, "standard deviation", now, other, NULL);
	}
	share_of(now, f->missing_share);
	share_of(other, f->ref_missing_share);
	two_numbers(l, s, "missing", now, other, NULL);
	if (f->categorical) {
		share_of(now, f->new_share);
		snprintf(text, sizeof text, "%d, %s of the rows", f->new_categories, now);
		buf_addf(next_line(l), "%-18s %s", "new categories", text);
		return;
	}
	if (isnan(f->above_share))
		return;
	share_of(now, f->above_share);
	share_of(below, f->below_share);
	buf_addf(next_line(l), "above the reference maximum %s   below its minimum %s", now, below);
}

/* At 80: as few lines as there are. */
static void
say_numbers_briefly(struct lines *l, const struct view_feature *f)
{
	char mean[16], ref[16], sd[16], ref_sd[16], share[32];
	struct buf *b;

	share_of(share, f->missing_share);
	if (f->categorical) {
		buf_addf(next_line(l), "%d new categories, %.1f %% of the rows   missing %s", f->new_categories,
			 f->new_share * 100, share);
		return;
	}
	short_number(mean, f->mean);
	short_number(ref, f->ref_mean);
	short_number(sd, f->stddev);
	short_number(ref_sd, f->ref_stddev);
	buf_addf(next_line(l), "mean %s (%s%s%s)   sd %s (%s)   missing %s", mean, ref,
		 f->unit_hint != NULL ? ", " : "", f->unit_hint != NULL ? f->unit_hint : "", sd, ref_sd, share);
	b = next_line(l); /* the onset follows on it */
	share_of(share, f->above_share);
	if (!isnan(f->above_share))
		buf_addf(b, "above the reference maximum %s   ", share);
}

static void
make_lines(struct lines *l, const struct screen *s, const struct part_cell *c)
{
	const struct view_feature *f = &c->numbers;

	say_verdict(l, s, f);
	if (wide(s)) {
		if (!f->few_rows)
			say_gap(&l->at[0], s, f);
		say_numbers(l, s, f);
		say_onset(next_line(l), s, c);
	} else {
		if (!isnan(f->gap.at))
			say_gap(next_line(l), s, f);
		say_numbers_briefly(l, f);
		say_onset(f->categorical ? next_line(l) : &l->at[l->n - 1], s, c);
	}
	say_alerts(next_line(l), s, c->feature);
}

void
pane_drift_cell(struct screen *s, struct pane p)
{
	const struct part_cell *c = s->snap->cell;
	const struct view_feature *f = selected_feature(s);
	struct lines l = {.n = 0};
	char title[BRIEF_MAX + 48], from[16], to[16], window[32];
	struct pane in;

	if (c == NULL || c->feature == NULL || f == NULL) {
		pane_open(s, p, f == NULL ? "no feature is selected" : "reading", NULL);
		return;
	}
	clock_day(s, from, c->span.from);
	clock_hm(s, to, c->span.to);
	window_text(window, now_window(s));
	if (heat_cell(s->snap->heat, s->cursor_ms) < 0)
		snprintf(title, sizeof title, "%s, the last %s", brief(c->feature, 60).at, window);
	else
		snprintf(title, sizeof title, "%s, %s to %s", brief(c->feature, 60).at, from, to);
	in = pane_open(s, p, title, strcmp(c->feature, f->name) == 0 ? NULL : "reading the selected one");
	make_lines(&l, s, c);
	for (size_t i = 0; i < l.n; i++)
		put_left(in, 1, (int)i, in.w - 1, i == 0 ? health_style(c->numbers.health) : STYLE_TEXT,
			 buf_str(&l.at[i]));
	for (size_t i = 0; i < sizeof l.at / sizeof *l.at; i++)
		buf_release(&l.at[i]);
}
