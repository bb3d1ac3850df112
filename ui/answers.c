/*
 * answers.c -- what a model answers and how sure it is, beside its reference or what it did before.
 */
#include <math.h>
#include <stdio.h>

#include "chart.h"
#include "mlwatch/buf.h"
#include "panes.h"
#include "screen.h"

static const char *
answer_name(const struct answer *a)
{
	return a->name[0] != '\0' ? a->name : "(failed)";
}

/* A line with both shares and a bar below it, as many as there is room for. */
static void
draw_answer_list(struct pane p, const struct part_model *m)
{
	const bool compared = m->answers_against != NULL;
	const int with_bars = p.h >= 2 * (int)m->n_answers ? 2 : 1;
	int y = 0;

	for (size_t i = 0; i < m->n_answers && y < p.h; i++, y += with_bars) {
		const struct answer *a = &m->answers[i];
		const unsigned style = a->name[0] == '\0' && a->share > 0 ? STYLE_WARN : STYLE_TEXT;

		if (y + with_bars >= p.h && i + 1 < m->n_answers) {
			putf(p, 1, y, STYLE_DIM, "%zu more", m->n_answers - i);
			return;
		}
		put_left(p, 1, y, p.w - 15, style, answer_name(a));
		putf(p, p.w - 13, y, style, "%5.1f %%", a->share * 100);
		if (compared && !isnan(a->other))
			putf(p, p.w - 5, y, STYLE_REFERENCE, "%3.0f %%", a->other * 100);
		if (with_bars > 1)
			bar_draw(p, 1, y + 1, p.w - 2, STYLE_LINE1, a->share);
	}
}

static void
answer_line(struct buf *b, const struct part_model *m, const char *gap, bool score_compared)
{
	buf_reset(b);
	for (size_t i = 0; i < m->n_answers; i++) {
		const struct answer *a = &m->answers[i];

		buf_addf(b, "%s %.1f %%", a->name[0] != '\0' ? brief(a->name, 20).at : "failed", a->share * 100);
		if (m->answers_against != NULL && a->name[0] != '\0' && !isnan(a->other))
			buf_addf(b, " (%s %.1f)", m->answers_against, a->other * 100);
		buf_addstr(b, gap);
	}
	if (!isnan(m->score_mean))
		buf_addf(b, "score %.2f", m->score_mean);
	if (score_compared && m->score_against != NULL)
		buf_addf(b, " (%s %.2f)", m->score_against, m->score_other_mean);
}

/* All in one line: "legit 88.0 % (ref 98.1)   fraud 8.9 % (ref 1.9)   failed 3.1 %   score 0.61"; closer together where it would not fit. */
static void
draw_answer_lines(struct pane p, const struct part_model *m)
{
	struct buf b = BUF_INIT;

	answer_line(&b, m, "   ", true);
	if (text_width(buf_str(&b)) > p.w)
		answer_line(&b, m, "   ", false);
	if (text_width(buf_str(&b)) > p.w)
		answer_line(&b, m, "  ", false);
	put_left(p, 0, 0, p.w, STYLE_TEXT, b.len > 0 ? buf_str(&b) : "no answers in the last 5 minutes");
	put_left(p, 0, 1, p.w, STYLE_DIM, m->labels);
	buf_release(&b);
}

void
pane_answers(struct screen *s, struct pane p)
{
	const struct part_model *m = s->snap->of_model;
	char right[48] = "";
	struct pane in;

	if (m != NULL && m->answers_against != NULL && wide(s))
		snprintf(right, sizeof right, "now %6s", m->answers_against);
	in = pane_open(s, p, wide(s) ? "answers" : "answers, score", right[0] != '\0' ? right : NULL);
	if (m == NULL)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, "reading");
	else if (!wide(s))
		draw_answer_lines(in, m);
	else if (m->n_answers == 0)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, "none in the last 5 minutes");
	else
		draw_answer_list(in, m);
}

static void
draw_score_bins(struct pane p, const struct part_model *m)
{
	const int step = p.w > SCORE_BINS ? (p.w - 1) / SCORE_BINS : 1, bar = step > 3 ? (step - 1) / 2 : 1;
	const int left = (p.w - step * SCORE_BINS + 1) / 2, end = left + step * SCORE_BINS - 1, rows = p.h - 1;
	double top = 0;
	char low[16], high[16];

	for (int i = 0; i < SCORE_BINS; i++)
		top = fmax(top, fmax(m->score[i], m->score_other != NULL ? m->score_other[i] : 0));
	for (int i = 0; i < SCORE_BINS && top > 0; i++) {
		const int x = left + i * step;

		if (m->score_other != NULL)
			column_draw(p, x, rows - 1, bar, rows, STYLE_REFERENCE, m->score_other[i] / top, true);
		column_draw(p, x + bar, rows - 1, step > 1 ? bar : 0, rows, STYLE_LINE1, m->score[i] / top, false);
	}
	snprintf(low, sizeof low, m->high == 1 ? "%.1f" : "%.3g", m->low);
	snprintf(high, sizeof high, m->high == 1 ? "%.1f" : "%.3g", m->high);
	put(p, left, rows, STYLE_DIM, low);
	put(p, end - text_width(high), rows, STYLE_DIM, high);
	if (m->score_against != NULL)
		putf(p, (left + end) / 2 - 6, rows, STYLE_DIM, "▒ %s █ now", m->score_against);
}

void
pane_score(struct screen *s, struct pane p)
{
	const struct part_model *m = s->snap->of_model;
	char title[64] = "score";
	struct pane in;

	if (m != NULL && !isnan(m->score_mean))
		snprintf(title, sizeof title, m->score_against != NULL ? "score mean %.2f, %s %.2f" : "score mean %.2f",
			 m->score_mean, m->score_against != NULL ? m->score_against : "", m->score_other_mean);
	in = pane_open(s, p, title, NULL);
	if (m == NULL || m->score == NULL)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, m == NULL ? "reading" : "none in the last 5 minutes");
	else if (in.h >= 2)
		draw_score_bins(in, m);
}
