/*
 * form_subject.c -- what a form is about (marked alerts or that under the cursor, a silence, a message), which labels a silence would match, and
 * which alerts that would hit. Alerts are looked up in the snapshot that is shown: one that is over meanwhile is left out.
 */
#include <stdio.h>
#include <string.h>

#include "form_private.h"
#include "mlwatch/buf.h"
#include "screen.h"

#define LISTED 400 /* bytes of a list; what comes after is only counted */

static const struct view_alert *
find_alert(const struct view_overview *o, const char *fingerprint)
{
	for (size_t i = 0; i < o->n_alerts; i++)
		if (strcmp(o->alerts[i].fingerprint, fingerprint) == 0)
			return &o->alerts[i];
	return NULL;
}

struct subject
form_subject(const struct screen *s)
{
	struct subject of = {.form = &s->form, .o = &s->snap->o, .n = s->form.n_alerts};

	for (size_t i = 0; i < of.n; i++)
		if (!s->form.alert[i].done)
			of.at[i] = find_alert(of.o, s->form.alert[i].fingerprint);
	return of;
}

/* ---- what it hits ---- */

/* Does the silence for `one` hit a? A label that `one` does not have is not matched. */
static bool
silence_hits(const struct form *f, const struct view_alert *one, const struct view_alert *a)
{
	bool some = false;

	for (int i = 0; i < f->n_matchers; i++) {
		const char *value = labels_get(one->labels, f->matcher[i].name);

		if (!f->matcher[i].on || value[0] == '\0')
			continue;
		some = true;
		if (strcmp(labels_get(a->labels, f->matcher[i].name), value) != 0)
			return false;
	}
	return some;
}

bool
form_hits(const struct subject *of, const struct view_alert *a)
{
	for (size_t i = 0; i < of->n; i++)
		if (of->at[i] != NULL && silence_hits(of->form, of->at[i], a))
			return true;
	return false;
}

int
form_hit_count(const struct subject *of)
{
	int n = 0;

	for (size_t i = 0; i < of->o->n_alerts; i++)
		n += form_hits(of, &of->o->alerts[i]);
	return n;
}

bool
form_needs_yes(const struct subject *of)
{
	return of->form->kind == FORM_SILENCE && of->o->n_alerts > 1 && form_hit_count(of) == (int)of->o->n_alerts;
}

bool
form_same_silence(const struct subject *of, size_t i, size_t k)
{
	const struct view_alert *a = of->at[i], *b = of->at[k];

	for (int m = 0; a != NULL && b != NULL && m < of->form->n_matchers; m++)
		if (of->form->matcher[m].on && strcmp(labels_get(a->labels, of->form->matcher[m].name),
						      labels_get(b->labels, of->form->matcher[m].name)) != 0)
			return false;
	return a != NULL && b != NULL;
}

int
form_silence_count(const struct subject *of)
{
	int n = 0;

	for (size_t i = 0; i < of->n; i++) {
		bool first = of->at[i] != NULL;

		for (size_t k = 0; k < i && first; k++)
			first = !form_same_silence(of, i, k);
		n += first;
	}
	return n;
}

void
form_values(const struct subject *of, const char *label, struct buf *out)
{
	for (size_t i = 0; i < of->n && out->len < LISTED; i++) {
		const char *value = of->at[i] != NULL ? labels_get(of->at[i]->labels, label) : "";
		bool first = value[0] != '\0';

		for (size_t k = 0; k < i && first; k++)
			first = of->at[k] == NULL || strcmp(labels_get(of->at[k]->labels, label), value) != 0;
		if (first)
			buf_addf(out, "%s%s", out->len > 0 ? ", " : "", value);
	}
}

/* ---- in words ---- */

/* The names of those from i on that are on the same, and what that is. */
static void
list_those_on(const struct subject *of, form_pick_fn *pick, size_t i, struct buf *out)
{
	const char *const on = of->o->alerts[i].on;
	bool some = false;

	for (size_t k = i; k < of->o->n_alerts && out->len < LISTED; k++) {
		const struct view_alert *a = &of->o->alerts[k];

		if (strcmp(a->on, on) != 0 || !pick(of, a))
			continue;
		buf_addf(out, "%s%s", some ? ", " : out->len > 0 ? "; " : "", a->name);
		some = true;
	}
	if (on[0] != '\0')
		buf_addf(out, " on %s", on);
}

/* Those that are on the same come together, where the first of them comes. */
int
form_list_alerts(const struct subject *of, form_pick_fn *pick, struct buf *out)
{
	int n = 0;

	for (size_t i = 0; i < of->o->n_alerts; i++) {
		const struct view_alert *a = &of->o->alerts[i];
		bool first = pick(of, a);

		n += first;
		for (size_t k = 0; k < i && first && out->len < LISTED; k++)
			first = strcmp(of->o->alerts[k].on, a->on) != 0 || !pick(of, &of->o->alerts[k]);
		if (first && out->len < LISTED)
			list_those_on(of, pick, i, out);
	}
	return n;
}

static bool
is_subject(const struct subject *of, const struct view_alert *a)
{
	for (size_t i = 0; i < of->n; i++)
		if (of->at[i] == a)
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
	const struct subject of = form_subject(s);
	form_list_alerts(&of, is_subject, &text);
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
	const struct subject of = form_subject(s);

	for (size_t k = 0; k < N_IDENTIFIES; k++)
		for (size_t i = 0; i < of.n; i++)
			if (labels_has(of.at[i]->labels, identifies[k]))
				add_matcher(&s->form, identifies[k], true);
	for (size_t i = 0; i < of.n; i++)
		for (size_t k = 0; k < of.at[i]->labels.n; k++)
			add_matcher(&s->form, of.at[i]->labels.at[k].name, false);
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
	const struct subject of = form_subject(s);

	for (size_t i = 0; i < of.n && why == NULL; i++)
		if (of.at[i]->silenced_by != NULL || of.at[i]->ack_by != NULL)
			return NULL;
	return why != NULL ? why : "nothing to take back: it is neither silenced nor acknowledged";
}

static const char *
take_message(struct screen *s)
{
	const size_t row = s->page == PAGE_NOTIFY ? table_at(s, TABLE_OUTBOX) : SIZE_MAX;
	const struct view_message *m = row != SIZE_MAX ? &s->snap->notify->box.waiting[row] : NULL;

	if (m == NULL)
		return "select a message of the outbox first";
	snprintf(s->form.subject, sizeof s->form.subject, "%s", m->id);
	snprintf(s->form.about, sizeof s->form.about, "%.90s to %.60s", m->alerts, m->receiver);
	return NULL;
}

static const char *
take_given_up(struct screen *s)
{
	const char *why = take_message(s);

	if (why == NULL && !s->snap->notify->box.waiting[table_at(s, TABLE_OUTBOX)].open)
		why = "it is given up already";
	return why;
}

static const char *
take_acknowledged(struct screen *s)
{
	const char *why = take_alerts(s);
	const struct subject of = form_subject(s);

	for (size_t i = 0; i < of.n && why == NULL; i++)
		if (of.at[i]->state != VIEW_FIRING)
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
	    [FORM_TAKE_BACK] = take_taken_back, [FORM_RETRY] = take_message,    [FORM_GIVE_UP] = take_given_up};

	return take[s->form.kind](s);
}
