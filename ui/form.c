/*
 * form.c -- the fields of a form, what keys do to them, what it would quiet. See form.h; drawing is in form_draw.c, doing in form_commit.c.
 */
#include "form.h"

#include <stdio.h>
#include <stdlib.h>
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

/* ---- what it hits ---- */

bool
form_hits(const struct form *f, const struct view_alert *a)
{
	bool some = false;

	for (int i = 0; i < f->n_matchers; i++) {
		if (!f->matcher[i].on)
			continue;
		some = true;
		if (strcmp(labels_get(a->labels, f->matcher[i].name), f->matcher[i].value) != 0)
			return false;
	}
	return some;
}

int
form_hit_count(const struct screen *s)
{
	const struct view_overview *o = &s->snap->o;
	int n = 0;

	for (size_t i = 0; i < o->n_alerts; i++)
		n += form_hits(&s->form, &o->alerts[i]);
	return n;
}

/* All there is: that takes more than a key. */
bool
form_needs_yes(const struct screen *s)
{
	return s->form.kind == FORM_SILENCE && s->snap != NULL && s->snap->o.n_alerts > 1 &&
	       form_hit_count(s) == (int)s->snap->o.n_alerts;
}

int64_t
form_ends(const struct screen *s)
{
	const int64_t ms = lengths[s->form.length].ms, zone = s->utc ? 0 : s->utc_offset_s * MS_SECOND;
	int64_t typed, local = s->now + zone, morning;

	if (ms > 0)
		return s->now + ms;
	if (ms < 0)
		return duration_parse(s->form.other, &typed) == 0 && typed > 0 && typed <= LONGEST ? s->now + typed : 0;
	morning = local / MS_DAY * MS_DAY + 8 * MS_HOUR;
	return (morning > local ? morning : morning + MS_DAY) - zone;
}

/* ---- fields ---- */

int
form_fields(const struct screen *s, struct form_field out[FORM_FIELDS])
{
	const struct form *f = &s->form;
	int n = 0;

	for (int i = 0; f->kind == FORM_SILENCE && i < f->n_matchers; i++)
		out[n++] = (struct form_field){FIELD_MATCHER, i};
	if (f->kind == FORM_SILENCE) {
		out[n++] = (struct form_field){FIELD_LENGTH, 0};
		if (lengths[f->length].ms < 0)
			out[n++] = (struct form_field){FIELD_OTHER, 0};
	}
	if (f->kind != FORM_TAKE_BACK)
		out[n++] = (struct form_field){FIELD_COMMENT, 0};
	if (form_needs_yes(s))
		out[n++] = (struct form_field){FIELD_YES, 0};
	out[n++] = (struct form_field){FIELD_CANCEL, 0};
	out[n++] = (struct form_field){FIELD_COMMIT, 0};
	return n;
}

static void
focus_on(struct screen *s, enum form_field_kind kind)
{
	struct form_field at[FORM_FIELDS];
	const int n = form_fields(s, at);

	for (int i = 0; i < n; i++)
		if (at[i].kind == kind) {
			s->form.focus = i;
			return;
		}
}

static bool
usually_matched(const char *name)
{
	static const char *const names[] = {"alertname", "model", "version", "feature", "job", "instance"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool
take_matchers(struct form *f, const struct view_alert *a)
{
	if (a->labels.n > FORM_MATCHERS)
		return false;
	for (size_t i = 0; i < a->labels.n; i++) {
		struct form_matcher *m = &f->matcher[i];

		if (strlen(a->labels.at[i].name) >= sizeof m->name || strlen(a->labels.at[i].value) >= sizeof m->value)
			return false;
		snprintf(m->name, sizeof m->name, "%s", a->labels.at[i].name);
		snprintf(m->value, sizeof m->value, "%s", a->labels.at[i].value);
		m->on = usually_matched(m->name);
	}
	f->n_matchers = (int)a->labels.n;
	return true;
}

static const char *
why_not(const struct screen *s, enum form_kind kind, const struct view_alert *a)
{
	if (s->read_only)
		return s->read_only_why != NULL ? s->read_only_why : "off: --readonly";
	if (a == NULL)
		return "select an alert first";
	if (s->grid->w < 60 || s->grid->h < 16)
		return "80×24 is needed for that";
	if (kind == FORM_ACK && a->state != VIEW_FIRING)
		return "only what fires can be acknowledged";
	if (kind == FORM_TAKE_BACK && a->silenced_by == NULL && a->ack_by == NULL)
		return "nothing to take back: it is neither silenced nor acknowledged";
	return NULL;
}

void
form_open(struct screen *s, enum form_kind kind, const struct view_alert *a)
{
	struct form *f = &s->form;
	const char *why = why_not(s, kind, a);

	if (why != NULL) {
		snprintf(s->hint, sizeof s->hint, "%s", why);
		return;
	}
	*f = (struct form){.kind = kind, .fired_ms = a->fired_ms};
	snprintf(f->fingerprint, sizeof f->fingerprint, "%s", a->fingerprint);
	snprintf(f->about, sizeof f->about, "%s on %s", a->name, a->on);
	if (kind == FORM_TAKE_BACK && a->silenced_by != NULL)
		snprintf(f->silence, sizeof f->silence, "%s", a->silenced_by);
	if (kind == FORM_SILENCE && !take_matchers(f, a)) {
		*f = (struct form){0};
		snprintf(s->hint, sizeof s->hint, "too many or too long labels: mlwatch silence add");
		return;
	}
	focus_on(s, FIELD_CANCEL);
}

/* ---- keys ---- */

static const char *
not_yet(const struct screen *s)
{
	const struct form *f = &s->form;

	if (f->kind == FORM_SILENCE && form_ends(s) == 0)
		return "for how long? 30m, 6h, 2d, at most 90d";
	if (f->kind == FORM_SILENCE && f->comment[strspn(f->comment, " ")] == '\0')
		return "a silence needs a comment";
	if (f->kind == FORM_SILENCE && form_hit_count(s) == 0)
		return "it would silence nothing";
	if (form_needs_yes(s) && strcmp(f->yes, "yes") != 0)
		return "it hits everything: type yes";
	return NULL;
}

static void
commit(struct screen *s)
{
	const char *why = not_yet(s);

	snprintf(s->form.error, sizeof s->form.error, "%s", why != NULL ? why : "");
	s->form.due = why == NULL;
}

static void
edit(char *text, size_t size, const char *key)
{
	size_t n = strlen(text);
	const char *add = strcmp(key, "Space") == 0 ? " " : key;

	if (strcmp(key, "Backspace") == 0) {
		while (n > 0 && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
			n--;
		text[n > 0 ? n - 1 : 0] = '\0';
	} else if (strcmp(key, "C-u") == 0) {
		text[0] = '\0';
	} else if ((add[1] == '\0' || (unsigned char)add[0] >= 0x80) && n + strlen(add) + 1 < size) {
		memcpy(text + n, add, strlen(add) + 1);
	}
}

static bool
is_one_of(const char *key, const char *a, const char *b, const char *c)
{
	return strcmp(key, a) == 0 || strcmp(key, b) == 0 || strcmp(key, c) == 0;
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
		if (is_one_of(key, "h", "Left", "Left"))
			f->length = (f->length + FORM_LENGTHS - 1) % FORM_LENGTHS;
		else if (press || is_one_of(key, "l", "Right", "Right"))
			f->length = (f->length + 1) % FORM_LENGTHS;
		break;
	case FIELD_OTHER:
		edit(f->other, sizeof f->other, key);
		break;
	case FIELD_COMMENT:
		edit(f->comment, sizeof f->comment, key);
		break;
	case FIELD_YES:
		edit(f->yes, sizeof f->yes, key);
		break;
	case FIELD_CANCEL:
		if (press)
			f->kind = FORM_NONE;
		break;
	case FIELD_COMMIT:
		if (press)
			commit(s);
		break;
	}
}

void
form_key(struct screen *s, const char *key)
{
	struct form_field at[FORM_FIELDS];
	struct form *f = &s->form;
	const int n = form_fields(s, at);
	enum form_field_kind kind;

	if (f->focus >= n)
		f->focus = n - 1;
	kind = at[f->focus].kind;
	if (is_one_of(key, "Esc", "C-c", "F10")) {
		f->kind = FORM_NONE;
	} else if (f->due) {
		return; /* it is being done */
	} else if (is_one_of(key, "Tab", "Down", "C-n")) {
		f->focus = (f->focus + 1) % n;
	} else if (is_one_of(key, "S-Tab", "Up", "C-p")) {
		f->focus = (f->focus + n - 1) % n;
	} else if (strcmp(key, "Enter") == 0 && (kind == FIELD_COMMENT || kind == FIELD_OTHER || kind == FIELD_YES)) {
		f->focus = (f->focus + 1) % n;
	} else {
		field_key(s, at[f->focus], key);
	}
}

void
form_done(struct screen *s, const char *error)
{
	static const char *const said[] = {"", "acknowledged", "silenced", "taken back"};
	struct form *f = &s->form;

	if (f->kind == FORM_NONE)
		return;
	f->due = false;
	if (error != NULL) {
		snprintf(f->error, sizeof f->error, "%s", error);
		return;
	}
	snprintf(s->hint, sizeof s->hint, "%s: %s", said[f->kind], f->about);
	f->kind = FORM_NONE;
}
