/*
 * form.c -- the fields of a form, what keys do to them, and the deeds that come of it. See form.h; what a form is about is in form_subject.c,
 * drawing in form_draw.c.
 */
#include "form.h"

#include <stdio.h>
#include <string.h>

#include "form_private.h"
#include "mlwatch/clock.h"
#include "screen.h"

#define LONGEST (90 * MS_DAY)

static const struct {
	const char *word;
	int64_t ms; /* 0: until 08:00; -1: as typed */
} lengths[FORM_LENGTHS] = {
    {"1h", MS_HOUR}, {"2h", 2 * MS_HOUR}, {"4h", 4 * MS_HOUR}, {"until 08:00", 0}, {"other", -1}};

const char *
form_length_word(int i)
{
	return lengths[i].word;
}

int64_t
form_ends(const struct screen *s)
{
	const int64_t ms = lengths[s->form.length].ms, zone = s->set.utc ? 0 : s->utc_offset_s * MS_SECOND;
	int64_t typed, local = s->now + zone, morning;

	if (ms > 0)
		return s->now + ms;
	if (ms < 0)
		return duration_parse(s->form.other, &typed) == 0 && typed > 0 && typed <= LONGEST ? s->now + typed : 0;
	morning = local / MS_DAY * MS_DAY + 8 * MS_HOUR;
	return (morning > local ? morning : morning + MS_DAY) - zone;
}

/* ---- fields ---- */

static bool
has_length(const struct form *f)
{
	return f->kind == FORM_SILENCE || f->kind == FORM_RENEW;
}

int
form_fields(const struct form *f, struct form_field out[FORM_FIELDS])
{
	int n = 0;

	for (int i = 0; i < f->n_matchers; i++)
		out[n++] = (struct form_field){FIELD_MATCHER, i};
	if (has_length(f))
		out[n++] = (struct form_field){FIELD_LENGTH, 0};
	if (has_length(f) && lengths[f->length].ms < 0)
		out[n++] = (struct form_field){FIELD_OTHER, 0};
	if (has_length(f) || f->kind == FORM_ACK)
		out[n++] = (struct form_field){FIELD_COMMENT, 0};
	out[n++] = (struct form_field){FIELD_CANCEL, 0};
	out[n++] = (struct form_field){FIELD_COMMIT, 0};
	return n;
}

/* ---- opening ---- */

static const char *
why_not(const struct screen *s)
{
	if (s->read_only)
		return s->read_only_why != NULL ? s->read_only_why : "off: --readonly";
	if (small(s))
		return "80×24 is needed for that";
	return s->snap == NULL || s->snap->blank ? "nothing is read yet" : NULL;
}

void
form_open(struct screen *s, enum form_kind kind)
{
	struct form_field at[FORM_FIELDS];
	const char *why = why_not(s);

	s->form = (struct form){.kind = kind};
	if (why == NULL)
		why = form_take_subject(s);
	if (why != NULL) {
		s->form.kind = FORM_NONE;
		say(s, "%s", why);
		return;
	}
	s->form.focus = form_fields(&s->form, at) - 2; /* Cancel */
}

/* ---- doing it ---- */

/* A value that does not fit would silence something else. */
static bool
values_fit(const struct subject *of)
{
	for (size_t i = 0; i < of->n; i++)
		for (int m = 0; of->at[i] != NULL && m < of->form->n_matchers; m++)
			if (of->form->matcher[m].on &&
			    strlen(labels_get(of->at[i]->labels, of->form->matcher[m].name)) >=
				sizeof((struct deed_matcher *)NULL)->value)
				return false;
	return true;
}

static const char *
not_yet(const struct screen *s, const struct subject *of, bool yes)
{
	const struct form *f = &s->form;

	if (!has_length(f))
		return NULL;
	if (form_ends(s) == 0)
		return "for how long? 30m, 6h, 2d, at most 90d";
	if (f->comment[strspn(f->comment, " ")] == '\0')
		return "a silence needs a comment";
	if (f->kind == FORM_SILENCE && form_hit_count(of) == 0)
		return "it would silence nothing";
	if (!values_fit(of))
		return "a label is too long for that: mlwatch silence add";
	if (form_needs_yes(of) && !yes)
		return "it hits everything: type yes";
	return NULL;
}

/* The matchers by which the alert is silenced. */
static void
set_matchers(const struct form *f, const struct view_alert *a, struct deed *d)
{
	for (int i = 0; i < f->n_matchers; i++) {
		const char *value = labels_get(a->labels, f->matcher[i].name);
		struct deed_matcher *m = &d->matcher[d->n_matchers];

		if (!f->matcher[i].on || value[0] == '\0')
			continue;
		snprintf(m->name, sizeof m->name, "%s", f->matcher[i].name);
		snprintf(m->value, sizeof m->value, "%s", value);
		d->n_matchers++;
	}
}

/* Once for all alerts that the same deed is for: those are done with it. */
static void
cover(struct screen *s, const struct subject *of, size_t first, struct deed *d)
{
	struct form *f = &s->form;
	const char *silence = of->at[first]->silenced_by;

	for (size_t k = 0; k < of->n; k++) {
		const struct view_alert *a = of->at[k];
		const bool same_end =
		    silence != NULL && a != NULL && a->silenced_by != NULL && strcmp(a->silenced_by, silence) == 0;

		f->alert[k].under_way = a != NULL && (k == first || f->kind == FORM_ACK ||
						      (f->kind == FORM_SILENCE && form_same_silence(of, first, k)) ||
						      (f->kind == FORM_TAKE_BACK && same_end));
		if (f->alert[k].under_way)
			snprintf(d->alert[d->n_alerts++], sizeof d->alert[0], "%s", f->alert[k].fingerprint);
	}
}

static bool
wants_deed(const struct form *f, const struct view_alert *a)
{
	return a != NULL && (f->kind != FORM_TAKE_BACK || a->silenced_by != NULL || a->ack_by != NULL);
}

/* Fewer matchers may silence more than what the form was opened on: all of it is said. */
static void
set_about(const struct subject *of, struct deed *d)
{
	const struct form *f = of->form;
	const int more = f->kind == FORM_SILENCE ? form_hit_count(of) - (int)f->n_alerts : 0;

	if (more > 0)
		snprintf(d->about, sizeof d->about, "%.120s and %d more", f->about, more);
	else
		memcpy(d->about, f->about, sizeof d->about);
}

/* What is next of what the form asks for; false: all is done. */
static bool
next_deed(struct screen *s)
{
	static const enum deed_kind kind[N_FORMS] = {
	    [FORM_ACK] = DEED_ACK,          [FORM_SILENCE] = DEED_SILENCE, [FORM_RENEW] = DEED_RENEW,
	    [FORM_TAKE_BACK] = DEED_EXPIRE, [FORM_RETRY] = DEED_RETRY,     [FORM_GIVE_UP] = DEED_GIVE_UP};
	const struct form *f = &s->form;
	const struct subject of = form_subject(s);
	const struct view_alert *a = NULL;
	struct deed *d = &s->deed;
	size_t i = 0;

	while (i < of.n && !wants_deed(f, a = of.at[i]))
		i++;
	if (of.n > 0 && i == of.n)
		return false;
	*d = (struct deed){.kind = kind[f->kind], .now = s->now, .ends_ms = has_length(f) ? form_ends(s) : 0};
	memcpy(d->subject, f->subject, sizeof d->subject);
	set_about(&of, d);
	memcpy(d->comment, f->comment, sizeof d->comment);
	if (a == NULL)
		return true;
	cover(s, &of, i, d);
	if (f->kind == FORM_SILENCE)
		set_matchers(f, a, d);
	else if (f->kind == FORM_TAKE_BACK && a->silenced_by != NULL)
		snprintf(d->subject, sizeof d->subject, "%s", a->silenced_by);
	else if (f->kind == FORM_TAKE_BACK)
		d->kind = DEED_UNACK;
	return true;
}

static void
commit(struct screen *s, bool yes)
{
	const struct subject of = form_subject(s);
	const char *why = not_yet(s, &of, yes);

	s->form.due = why == NULL && next_deed(s);
	if (why == NULL && !s->form.due)
		why = "it is over meanwhile";
	snprintf(s->form.error, sizeof s->form.error, "%s", why != NULL ? why : "");
}

void
form_done(struct screen *s, const char *error)
{
	struct form *f = &s->form;
	const struct deed done = s->deed;

	s->deed.kind = DEED_NONE;
	s->deed_sent = false;
	if (error != NULL && f->kind != FORM_NONE && f->due) {
		f->due = false;
		snprintf(f->error, sizeof f->error, "%s", error);
		return;
	}
	for (size_t i = 0; f->due && i < f->n_alerts; i++)
		f->alert[i].done = f->alert[i].done || f->alert[i].under_way;
	if (f->due && f->n_alerts > 0 && next_deed(s))
		return;
	if (error != NULL)
		say(s, "%s", error);
	else
		say(s, "%s: %s", deed_done_word[done.kind], done.about);
	if (f->due)
		f->kind = FORM_NONE;
	if (error == NULL)
		table_unmark_all(s, TABLE_ALERTS);
}

/* ---- keys ---- */

static void
edit(char *text, size_t size, const char *key)
{
	struct line l;

	line_set(&l, text);
	line_key(&l, key);
	if (strlen(l.text) < size)
		memcpy(text, l.text, strlen(l.text) + 1);
}

static bool
is_one_of(const char *key, const char *a, const char *b, const char *c)
{
	return strcmp(key, a) == 0 || strcmp(key, b) == 0 || strcmp(key, c) == 0;
}

/* "yes", letter by letter, wherever no text is typed. False: another key. */
static bool
typed_yes(struct screen *s, const char *key)
{
	static const char word[] = "yes";
	char *yes = s->form.yes;
	size_t n = strlen(yes);

	if (strlen(key) != 1 || (key[0] != word[n] && key[0] != word[0])) {
		yes[0] = '\0';
		return false;
	}
	if (key[0] != word[n]) /* from the beginning */
		n = 0;
	yes[n] = key[0];
	yes[n + 1] = '\0';
	if (strcmp(yes, word) == 0) {
		yes[0] = '\0';
		commit(s, true);
	}
	return true;
}

static void
choose_length(struct form *f, const char *key)
{
	if (is_one_of(key, "h", "Left", "Left"))
		f->length = (f->length + FORM_LENGTHS - 1) % FORM_LENGTHS;
	else if (is_one_of(key, "l", "Right", "Space"))
		f->length = (f->length + 1) % FORM_LENGTHS;
}

static void
field_key(struct screen *s, struct form_field at, const char *key)
{
	struct form *f = &s->form;
	const bool press = is_one_of(key, "Space", "Enter", "Enter");

	switch (at.kind) {
	case FIELD_MATCHER:
		if (press)
			f->matcher[at.i].on = !f->matcher[at.i].on;
		break;
	case FIELD_LENGTH:
		choose_length(f, key);
		break;
	case FIELD_OTHER:
		edit(f->other, sizeof f->other, key);
		break;
	case FIELD_COMMENT:
		edit(f->comment, sizeof f->comment, key);
		break;
	case FIELD_CANCEL:
		if (press)
			f->kind = FORM_NONE;
		break;
	case FIELD_COMMIT:
		if (press)
			commit(s, false);
		break;
	}
}

void
form_key(struct screen *s, const char *key)
{
	struct form_field at[FORM_FIELDS];
	struct form *f = &s->form;
	const int n = form_fields(f, at);
	bool text;

	if (f->focus >= n)
		f->focus = n - 1;
	text = at[f->focus].kind == FIELD_COMMENT || at[f->focus].kind == FIELD_OTHER;
	if (is_one_of(key, "Esc", "C-c", "F10")) {
		*f = (struct form){.kind = FORM_NONE};
	} else if (f->due) {
		return; /* it is being done */
	} else if (is_one_of(key, "Tab", "Down", "C-n") ||
		   (strcmp(key, "Enter") == 0 && (text || at[f->focus].kind == FIELD_LENGTH))) {
		f->focus = (f->focus + 1) % n;
	} else if (is_one_of(key, "S-Tab", "Up", "C-p")) {
		f->focus = (f->focus + n - 1) % n;
	} else if (text || !typed_yes(s, key)) {
		field_key(s, at[f->focus], key);
	}
}
