/*
 * form_subject.c -- what a form is about (marked alerts or that under the cursor, a silence, a message), which labels a silence would match, and
 * which alerts that would hit. Alerts are looked up in the snapshot that is shown: one that is over meanwhile is left out.
 */
#include <stdio.h>
#include <string.h>

#include "form_private.h"
#include "mlwatch/buf.h"
#include "screen.h"

/* ---- what it hits ---- */

const struct view_alert *
form_alert_at(const struct screen *s, size_t i)
{
	const struct view_overview *o = &s->snap->o;

	for (size_t k = 0; k < o->n_alerts && !s->form.alert[i].done; k++)
		if (strcmp(o->alerts[k].fingerprint, s->form.alert[i].fingerprint) == 0)
			return &o->alerts[k];
	return NULL;
}

/* Does the silence for `of` hit a? A label that `of` does not have is not matched. */
static bool
silence_hits(const struct form *f, const struct view_alert *of, const struct view_alert *a)
{
	bool some = false;

	for (int i = 0; i < f->n_matchers; i++) {
		const char *value = labels_get(of->labels, f->matcher[i].name);

		if (!f->matcher[i].on || value[0] == '\0')
			continue;
		some = true;
		if (strcmp(labels_get(a->labels, f->matcher[i].name), value) != 0)
			return false;
	}
	return some;
}

bool
form_hits(const struct screen *s, const struct view_alert *a)
{
	for (size_t i = 0; i < s->form.n_alerts; i++) {
		const struct view_alert *of = form_alert_at(s, i);

		if (of != NULL && silence_hits(&s->form, of, a))
			return true;
	}
	return false;
}

int
form_hit_count(const struct screen *s)
{
	const struct view_overview *o = &s->snap->o;
	int n = 0;

	for (size_t i = 0; i < o->n_alerts; i++)
		n += form_hits(s, &o->alerts[i]);
	return n;
}

bool
form_needs_yes(const struct screen *s)
{
	return s->form.kind == FORM_SILENCE && s->snap->o.n_alerts > 1 && form_hit_count(s) == (int)s->snap->o.n_alerts;
}

bool
form_same_silence(const struct screen *s, size_t i, size_t k)
{
	const struct view_alert *a = form_alert_at(s, i), *b = form_alert_at(s, k);

	for (int m = 0; a != NULL && b != NULL && m < s->form.n_matchers; m++)
		if (s->form.matcher[m].on && strcmp(labels_get(a->labels, s->form.matcher[m].name),
						    labels_get(b->labels, s->form.matcher[m].name)) != 0)
			return false;
	return a != NULL && b != NULL;
}

int
form_silence_count(const struct screen *s)
{
	int n = 0;

	for (size_t i = 0; i < s->form.n_alerts; i++) {
		bool first = form_alert_at(s, i) != NULL;

		for (size_t k = 0; k < i && first; k++)
			first = !form_same_silence(s, i, k);
		n += first;
	}
	return n;
}

void
form_values(const struct screen *s, const char *label, struct buf *out)
{
	for (size_t i = 0; i < s->form.n_alerts; i++) {
		const struct view_alert *a = form_alert_at(s, i);
		const char *value = a != NULL ? labels_get(a->labels, label) : "";
		bool first = value[0] != '\0';

		for (size_t k = 0; k < i && first; k++) {
			const struct view_alert *b = form_alert_at(s, k);

			first = b == NULL || strcmp(labels_get(b->labels, label), value) != 0;
		}
		if (first)
			buf_addf(out, "%s%s", out->len > 0 ? ", " : "", value);
	}
}

/* ---- in words ---- */

/* Those that are on the same come together, where the first of them comes. */
int
form_list_alerts(const struct screen *s, form_pick_fn *pick, struct buf *out)
{
	const struct view_overview *o = &s->snap->o;
	int n = 0;

	for (size_t i = 0; i < o->n_alerts; i++) {
		const char *const on = o->alerts[i].on;
		bool first = pick(s, &o->alerts[i]);
		int here = 0;

		for (size_t k = 0; k < i && first; k++)
			first = !pick(s, &o->alerts[k]) || strcmp(o->alerts[k].on, on) != 0;
		for (size_t k = i; k < o->n_alerts && first; k++)
			if (pick(s, &o->alerts[k]) && strcmp(o->alerts[k].on, on) == 0)
				buf_addf(out, "%s%s", here++ > 0 ? ", " : n > 0 ? "; " : "", o->alerts[k].name);
		if (here > 0 && on[0] != '\0')
			buf_addf(out, " on %s", on);
		n += here;
	}
	return n;
}

static bool
is_subject(const struct screen *s, const struct view_alert *a)
{
	for (size_t i = 0; i < s->form.n_alerts; i++)
		if (form_alert_at(s, i) == a)
			return true;
	return false;
}

/* ---- opening ---- */

static const char *
take_alert(struct form *f, const struct view_alert *a)
{
	if (f->n_alerts == DEED_ALERTS)
		return "too many at once: mlwatch silence add, or mark fewer";
	snprintf(f->alert[f->n_alerts++].fingerprint, sizeof f->alert[0].fingerprint, "%s", a->fingerprint);
	return NULL;
}

/* The marked alerts, or the one under the cursor. */
static const char *
take_alerts(struct screen *s)
{
	const struct view_overview *o = &s->snap->o;
	struct form *f = &s->form;
	struct buf text = BUF_INIT;
	const char *why = NULL;

	for (size_t i = 0; i < o->n_alerts && why == NULL; i++)
		if (table_is_marked(s, TABLE_ALERTS, table_alerts.id(s->snap, i)))
			why = take_alert(f, &o->alerts[i]);
	if (f->n_alerts == 0 && selected_alert(s) != NULL)
		take_alert(f, selected_alert(s));
	form_list_alerts(s, is_subject, &text);
	snprintf(f->about, sizeof f->about, "%s", buf_str(&text));
	buf_release(&text);
	return why != NULL || f->n_alerts > 0 ? why : "select an alert first";
}

/* What says which thing it is comes first and is matched; what says how grave it is or whose, is not. */
static const char *const identifies[] = {"alertname", "model", "version", "feature", "job", "instance"};
#define N_IDENTIFIES (sizeof identifies / sizeof *identifies)

static void
add_matcher(struct form *f, const char *name, bool on)
{
	for (int i = 0; i < f->n_matchers; i++)
		if (strcmp(f->matcher[i].name, name) == 0)
			return;
	if (f->n_matchers == DEED_MATCHERS || strlen(name) >= sizeof f->matcher[0].name)
		return;
	snprintf(f->matcher[f->n_matchers].name, sizeof f->matcher[0].name, "%s", name);
	f->matcher[f->n_matchers++].on = on;
}

static void
take_matchers(struct screen *s)
{
	for (size_t k = 0; k < N_IDENTIFIES; k++)
		for (size_t i = 0; i < s->form.n_alerts; i++)
			if (labels_has(form_alert_at(s, i)->labels, identifies[k]))
				add_matcher(&s->form, identifies[k], true);
	for (size_t i = 0; i < s->form.n_alerts; i++)
		for (size_t k = 0; k < form_alert_at(s, i)->labels.n; k++)
			add_matcher(&s->form, form_alert_at(s, i)->labels.at[k].name, false);
}

/* The silence under the cursor; else, to renew, the one that ends first. */
static const struct view_silence *
chosen_silence(const struct screen *s, bool or_ending)
{
	const size_t row = page_table(s) == TABLE_SILENCES ? table_at(s, TABLE_SILENCES) : SIZE_MAX;

	if (row != SIZE_MAX)
		return &s->snap->rules->silences[row];
	return or_ending && s->snap->o.n_ending > 0 ? &s->snap->o.ending[0] : NULL;
}

static void
take_silence(struct form *f, const struct view_silence *x)
{
	snprintf(f->subject, sizeof f->subject, "%s", x->id);
	snprintf(f->about, sizeof f->about, "%s", x->what);
}

static const char *
take_renewed(struct screen *s)
{
	const struct view_silence *x = chosen_silence(s, true);

	if (x == NULL)
		return "no silence ends within ten minutes; 2 Alerts lists all";
	take_silence(&s->form, x);
	snprintf(s->form.comment, sizeof s->form.comment, "%s", x->comment);
	return NULL;
}

static const char *
take_taken_back(struct screen *s)
{
	const struct view_silence *x = chosen_silence(s, false);

	if (x != NULL) {
		take_silence(&s->form, x);
		return NULL;
	}
	const char *why = take_alerts(s);

	for (size_t i = 0; i < s->form.n_alerts && why == NULL; i++)
		if (form_alert_at(s, i)->silenced_by != NULL || form_alert_at(s, i)->ack_by != NULL)
			return NULL;
	return why != NULL ? why : "nothing to take back: it is neither silenced nor acknowledged";
}

static const char *
take_message(struct screen *s)
{
	const size_t row = s->page == PAGE_NOTIFY ? table_at(s, TABLE_OUTBOX) : SIZE_MAX;
	const struct view_message *m = row != SIZE_MAX ? &s->snap->notify->waiting[row] : NULL;

	if (m == NULL)
		return "select a message of the outbox first";
	snprintf(s->form.subject, sizeof s->form.subject, "%s", m->id);
	snprintf(s->form.about, sizeof s->form.about, "%.90s to %.60s", m->alerts, m->receiver);
	return NULL;
}

static const char *
take_acknowledged(struct screen *s)
{
	const char *why = take_alerts(s);

	for (size_t i = 0; i < s->form.n_alerts && why == NULL; i++)
		if (form_alert_at(s, i)->state != VIEW_FIRING)
			why = "only what fires can be acknowledged";
	return why;
}

static const char *
take_silenced(struct screen *s)
{
	if (chosen_silence(s, false) != NULL) { /* on a silence: that one, for longer */
		s->form.kind = FORM_RENEW;
		return take_renewed(s);
	}
	const char *why = take_alerts(s);

	if (why == NULL)
		take_matchers(s);
	return why;
}

const char *
form_take_subject(struct screen *s)
{
	static const char *(*const take[N_FORMS])(struct screen * s) = {
	    [FORM_ACK] = take_acknowledged,     [FORM_SILENCE] = take_silenced, [FORM_RENEW] = take_renewed,
	    [FORM_TAKE_BACK] = take_taken_back, [FORM_RETRY] = take_message,    [FORM_GIVE_UP] = take_message};

	return take[s->form.kind](s);
}
