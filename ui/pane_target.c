/*
 * pane_target.c -- see pane_target.h.
 */
#include "pane_target.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "screen.h"
#include "measures.h"
#include "wrap.h"

/* ---- what its lines say ---- */

static void
say_state(const struct screen *s, const struct view_target *t, struct buf *out)
{
	char age[24], since[16], took[32], timeout[32];

	quantity_text(took, (struct quantity){t->seconds, UNIT_SECONDS, NULL});
	quantity_text(timeout, (struct quantity){(double)t->timeout_ms / 1000, UNIT_SECONDS, NULL});
	buf_addf(out, "%s ", health_glyph[t->health]);
	if (!t->ever) {
		buf_addstr(out, "not asked yet");
	} else if (t->up) {
		buf_addf(out, "answers in %s", took);
		if (t->slow)
			buf_addf(out, ": slow, more than a tenth of the %s after which it would be given up", timeout);
	} else {
		duration_exact(age, s->snap->t - t->down_since_ms);
		clock_hms(s, since, t->down_since_ms);
		buf_addf(out, "down for %s, since %s: %s", age, since, t->error);
		if (t->failures > 1)
			buf_addf(out, ", %lld times in a row", (long long)t->failures);
	}
}

static void
say_good(const struct screen *s, const struct view_target *t, struct buf *out)
{
	char at[16], took[32];

	if (t->good.t == 0) {
		if (t->ever && !t->up)
			buf_addstr(out, "no good answer is known");
		return;
	}
	clock_hms(s, at, t->good.t);
	quantity_text(took, (struct quantity){t->good.seconds, UNIT_SECONDS, NULL});
	buf_addf(out, "last good answer %s, ", at);
	if (t->good.status > 0)
		buf_addf(out, "%d in ", t->good.status);
	buf_addf(out, "%s%s%s", took, t->good.body[0] != '\0' ? ": " : "", t->good.body);
}

/* What came instead. */
static void
say_answer(const struct screen *s, const struct view_target *t, struct buf *out)
{
	(void)s;
	if (!t->up && t->status > 0)
		buf_addf(out, "answer now %d%s%s", t->status, t->answer[0] != '\0' ? ": " : "", t->answer);
}

static void
say_expects(const struct screen *s, const struct view_target *t, struct buf *out)
{
	struct buf interval = BUF_INIT, timeout = BUF_INIT;

	(void)s;
	duration_format(&interval, t->interval_ms);
	duration_format(&timeout, t->timeout_ms);
	if (t->expects[0] != '\0')
		buf_addf(out, "expects %s   ", t->expects);
	buf_addf(out, "interval %s   timeout %s", buf_str(&interval), buf_str(&timeout));
	buf_release(&interval);
	buf_release(&timeout);
}

/* By the labels that a rule about targets leaves: job, instance, or both. */
static bool
is_about(const struct view_alert *a, const struct view_target *t)
{
	const char *job = labels_get(a->labels, "job"), *instance = labels_get(a->labels, "instance");

	return (job[0] != '\0' || instance[0] != '\0') && (job[0] == '\0' || strcmp(job, t->job) == 0) &&
	       (instance[0] == '\0' || strcmp(instance, t->instance) == 0);
}

static void
say_alerts(const struct screen *s, const struct view_target *t, struct buf *out)
{
	const struct view_overview *o = &s->snap->o;
	const size_t empty = out->len;
	char left[24];

	for (size_t i = 0; i < o->n_alerts; i++) {
		const struct view_alert *a = &o->alerts[i];

		if (!is_about(a, t))
			continue;
		buf_addf(out, "%s%s: ", out->len > empty ? "   " : "", a->name);
		if (a->state == VIEW_PENDING && a->health != HEALTH_MUTED) {
			duration_exact(left, a->active_ms + a->for_ms - s->snap->t);
			buf_addf(out, "pending, fires in %s", left);
		} else {
			age_text(s, left, a->fired_ms);
			buf_addf(out, "%s%s%s", a->state_text, a->state == VIEW_FIRING ? " for " : "",
				 a->state == VIEW_FIRING ? left : "");
		}
	}
	if (out->len == empty && t->ever && !t->up)
		buf_addstr(out, "none: no rule looks at it, or its labels do not say job and instance");
}

/* "fraud-health" is of the job "fraud". */
static bool
is_part_of(const char *job, const char *whole)
{
	const size_t n = strlen(whole);

	return n > 0 && strncmp(job, whole, n) == 0 && (job[n] == '\0' || job[n] == '-' || job[n] == '_');
}

/* The model that answers behind it: the one that its label names, else the one of the same job. */
static const struct view_model *
model_behind(const struct view_overview *o, const struct view_target *t)
{
	for (size_t i = 0; i < o->n_models; i++)
		if (t->model[0] != '\0'
			? strcmp(o->models[i].model, t->model) == 0
			: is_part_of(t->job, o->models[i].model) || is_part_of(t->job, o->models[i].job))
			return &o->models[i];
	return NULL;
}

/* The rate is over minutes, in which a service may have died: what counts is the last record. */
static bool
still_arrives(const struct screen *s, const struct view_model *m)
{
	return m->rps > 0 && (m->last_record_ms == 0 || s->snap->t - m->last_record_ms <= MS_MINUTE);
}

/* A service may answer requests while its health check does not, and the other way round: the log tells. */
static void
say_log(const struct screen *s, const struct view_target *t, struct buf *out)
{
	const struct view_model *m = model_behind(&s->snap->o, t);
	const bool well = !t->ever || t->up;
	char rate[24], age[16];

	if (m == NULL)
		return;
	snprintf(rate, sizeof rate, m->rps < 10 ? "%.1f" : "%.0f", m->rps); /* as in Models */
	if (!still_arrives(s, m)) {
		age_text(s, age, m->last_record_ms);
		buf_addf(out, "no %s predictions arrive%s: the last was %s ago", m->model, well ? "" : " either", age);
	} else if (well) {
		buf_addf(out, "%s predictions arrive (%s/s)", m->model, rate);
	} else if (wide(s)) {
		buf_addf(out,
			 "%s predictions still arrive (%s/s), so the service answers requests; only its %s does not",
			 m->model, rate, t->health_check ? "health check" : "metrics page");
	} else {
		buf_addf(out, "predictions still arrive (%s/s); only the %s fails", rate,
			 t->health_check ? "health check" : "metrics page");
	}
}

static void
say_limit(struct buf *out, const char *before, int64_t limit, const char *what)
{
	char text[32];

	if (limit == 0)
		return;
	count_exact(text, limit);
	buf_addf(out, "%s%s %s", before, text, what);
}

/* The only one of its job. */
static bool
is_alone(const struct view_overview *o, const struct view_target *t)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_targets; i++)
		n += strcmp(o->targets[i].job, t->job) == 0;
	return n == 1;
}

static void
say_series(const struct screen *s, const struct view_target *t, struct buf *out)
{
	char took[24], size[16];

	if (!t->ever)
		return;
	snprintf(took, sizeof took, "%.3g", t->seconds);
	buf_addf(out, "%s{job=\"%s\"", t->health_check ? "ml_health" : "up", t->job);
	if (!is_alone(&s->snap->o, t))
		buf_addf(out, ",instance=\"%s\"", t->instance);
	buf_addf(out, "} %d   %s %s", t->up, t->health_check ? "ml_health_seconds" : "scrape_duration_seconds", took);
	if (t->health_check)
		return;
	if (t->sample_limit + t->label_limit + t->body_limit == 0)
		return;
	buf_addstr(out, "   limits:");
	say_limit(out, " ", t->sample_limit, "samples");
	say_limit(out, t->sample_limit > 0 ? ", " : " ", t->label_limit, "labels");
	if (t->body_limit > 0) {
		size_words(size, t->body_limit);
		buf_addf(out, "%s%s", t->sample_limit + t->label_limit > 0 ? ", " : " ", size);
	}
}

static void
say_where(const struct screen *s, const struct view_target *t, struct buf *out)
{
	(void)s;
	buf_addstr(out, t->where);
}

/* ---- drawing ---- */

static const struct say {
	const char *head;
	void (*say)(const struct screen *s, const struct view_target *t, struct buf *out);
	bool gap, wide_only; /* an empty row before it, where there is room; not on narrow screens */
} parts[] = {
    {NULL, say_state, false, false},    {NULL, say_good, false, false},      {NULL, say_answer, false, false},
    {NULL, say_expects, false, false},  {"alerts", say_alerts, true, false}, {"log", say_log, false, false},
    {"series", say_series, true, true}, {"config", say_where, false, false},
};

void
pane_target(const struct screen *s, struct pane in, const struct view_target *t)
{
	const int left = wide(s), head = wide(s) ? 9 : 8, most = s->zoom ? 6 : in.h > 10 ? 2 : 1;
	int y = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts && y < in.h; i++) {
		const int x = left + (parts[i].head != NULL ? head : 0);
		const unsigned style = i == 0 ? health_style(t->health) : STYLE_TEXT;
		struct buf text = BUF_INIT;

		if (parts[i].wide_only && !wide(s) && !s->zoom)
			continue;
		parts[i].say(s, t, &text);
		if (text.len > 0) {
			y += parts[i].gap && wide(s);
			if (parts[i].head != NULL)
				put(in, left, y, STYLE_DIM, parts[i].head);
			y += put_wrapped(in, x, y, in.w - x - left, most, style, buf_str(&text));
		}
		buf_release(&text);
	}
}
