/*
 * form.c -- the fields of a form, what keys do to them, what it would quiet. See form.h; drawing is in form_draw.c.
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

/* ---- what it hits ---- */

bool
form_hits(const struct form *f, const struct view_alert *a)
{
	bool some = false;

	for (int i = 0; i < f->n_matchers; i++) {
		if (!f->matcher[i].on)
			continue;
		some = true;
		if (strcmp(labels_get(a->labels, f->matcher[i].is.name), f->matcher[i].is.value) != 0)
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
	if (f->kind == FORM_ACK || f->kind == FORM_SILENCE)
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

/* ---- what it is about ---- */

static const struct view_alert *
alert_at(const struct screen *s, const char *fingerprint)
{
	for (size_t i = 0; i < s->snap->o.n_alerts; i++)
		if (strcmp(s->snap->o.alerts[i].fingerprint, fingerprint) == 0)
			return &s->snap->o.alerts[i];
	return NULL;
}

/* The marked alerts, or the one under the cursor. */
static void
take_alerts(struct screen *s)
{
	struct form *f = &s->form;
	const struct view_overview *o = &s->snap->o;
	const struct view_alert *one = selected_alert(s);

	for (size_t i = 0; i < o->n_alerts && f->n_alerts < DEED_ALERTS; i++)
		if (table_is_marked(s, TABLE_ALERTS, table_alerts.id(s->snap, i)))
			snprintf(f->alert[f->n_alerts++], sizeof f->alert[0], "%s", o->alerts[i].fingerprint);
	if (f->n_alerts == 0 && one != NULL)
		snprintf(f->alert[f->n_alerts++], sizeof f->alert[0], "%s", one->fingerprint);
	if (f->n_alerts == 1 && (one = alert_at(s, f->alert[0])) != NULL)
		snprintf(f->about, sizeof f->about, "%.60s on %.90s", one->name, one->on);
	else
		snprintf(f->about, sizeof f->about, "%zu alerts", f->n_alerts);
}

/* Of several alerts what they have in common: one silence. False: too many or too long. */
static bool
take_matchers(const struct screen *s, struct form *f)
{
	const struct view_alert *a = alert_at(s, f->alert[0]);

	for (size_t i = 0; i < a->labels.n; i++) {
		const struct label *l = &a->labels.at[i];
		struct form_matcher *m = &f->matcher[f->n_matchers];
		bool common = true;

		for (size_t k = 1; k < f->n_alerts; k++)
			common = common && strcmp(labels_get(alert_at(s, f->alert[k])->labels, l->name), l->value) == 0;
		if (!common)
			continue;
		if (f->n_matchers == DEED_MATCHERS || strlen(l->name) >= sizeof m->is.name ||
		    strlen(l->value) >= sizeof m->is.value)
			return false;
		snprintf(m->is.name, sizeof m->is.name, "%s", l->name);
		snprintf(m->is.value, sizeof m->is.value, "%s", l->value);
		m->on = usually_matched(l->name) || f->n_alerts > 1;
		f->n_matchers++;
	}
	return f->n_matchers > 0;
}

/* U on a silence ends it; on an alert: its silence, or the acknowledgement. */
static const char *
take_what_is_taken_back(struct screen *s)
{
	const size_t row = page_table(s) == TABLE_SILENCES ? table_at(s, TABLE_SILENCES) : SIZE_MAX;
	const struct view_alert *a = selected_alert(s);
	struct form *f = &s->form;

	if (row != SIZE_MAX) {
		snprintf(f->subject, sizeof f->subject, "%s", s->snap->rules->silences[row].id);
		snprintf(f->about, sizeof f->about, "%.159s", s->snap->rules->silences[row].matchers);
		return NULL;
	}
	take_alerts(s);
	if (a == NULL)
		return "select an alert or a silence first";
	if (a->silenced_by != NULL)
		snprintf(f->subject, sizeof f->subject, "%s", a->silenced_by);
	else if (a->ack_by == NULL)
		return "nothing to take back: it is neither silenced nor acknowledged";
	return NULL;
}

static const char *
take_message(struct screen *s)
{
	const size_t row = table_at(s, TABLE_OUTBOX);
	const struct view_message *m = row != SIZE_MAX ? &s->snap->notify->waiting[row] : NULL;

	if (m == NULL)
		return "select a message of the outbox first";
	snprintf(s->form.subject, sizeof s->form.subject, "%s", m->id);
	snprintf(s->form.about, sizeof s->form.about, "%.90s to %.60s", m->alerts, m->receiver);
	return NULL;
}

static const char *
why_not(const struct screen *s)
{
	if (s->read_only)
		return s->read_only_why != NULL ? s->read_only_why : "off: --readonly";
	if (s->grid->w < 60 || s->grid->h < 16)
		return "80×24 is needed for that";
	return s->snap == NULL ? "nothing is read yet" : NULL;
}

/* NULL: it can open. */
static const char *
take_subject(struct screen *s)
{
	struct form *f = &s->form;

	if (f->kind == FORM_TAKE_BACK)
		return take_what_is_taken_back(s);
	if (f->kind == FORM_RETRY || f->kind == FORM_GIVE_UP)
		return take_message(s);
	take_alerts(s);
	if (f->n_alerts == 0)
		return "select an alert first";
	if (f->kind == FORM_SILENCE)
		return take_matchers(s, f) ? NULL : "no common labels, or too many: mlwatch silence add";
	for (size_t i = 0; i < f->n_alerts; i++)
		if (alert_at(s, f->alert[i])->state != VIEW_FIRING)
			return "only what fires can be acknowledged";
	return NULL;
}

void
form_open(struct screen *s, enum form_kind kind)
{
	const char *why = why_not(s);

	s->form = (struct form){.kind = kind};
	if (why == NULL)
		why = take_subject(s);
	if (why != NULL) {
		s->form = (struct form){.kind = FORM_NONE};
		say(s, "%s", why);
		return;
	}
	focus_on(s, FIELD_CANCEL);
}

/* ---- doing it ---- */

static const char *
not_yet(const struct screen *s)
{
	const struct form *f = &s->form;

	if (f->kind != FORM_SILENCE)
		return NULL;
	if (form_ends(s) == 0)
		return "for how long? 30m, 6h, 2d, at most 90d";
	if (f->comment[strspn(f->comment, " ")] == '\0')
		return "a silence needs a comment";
	if (form_hit_count(s) == 0)
		return "it would silence nothing";
	if (form_needs_yes(s) && strcmp(f->yes, "yes") != 0)
		return "it hits everything: type yes";
	return NULL;
}

static void
make_deed(struct screen *s)
{
	static const enum deed_kind kind[N_FORMS] = {[FORM_ACK] = DEED_ACK,
						     [FORM_SILENCE] = DEED_SILENCE,
						     [FORM_TAKE_BACK] = DEED_UNACK,
						     [FORM_RETRY] = DEED_RETRY,
						     [FORM_GIVE_UP] = DEED_GIVE_UP};
	const struct form *f = &s->form;
	struct deed *d = &s->deed;

	*d = (struct deed){.kind = kind[f->kind], .now = s->now, .ends_ms = form_ends(s), .n_alerts = f->n_alerts};
	if (f->kind == FORM_TAKE_BACK && f->subject[0] != '\0')
		d->kind = DEED_EXPIRE;
	memcpy(d->alert, f->alert, sizeof d->alert);
	memcpy(d->subject, f->subject, sizeof d->subject);
	memcpy(d->about, f->about, sizeof d->about);
	memcpy(d->comment, f->comment, sizeof d->comment);
	for (int i = 0; i < f->n_matchers; i++)
		if (f->matcher[i].on)
			d->matcher[d->n_matchers++] = f->matcher[i].is;
}

static void
commit(struct screen *s)
{
	const char *why = not_yet(s);

	snprintf(s->form.error, sizeof s->form.error, "%s", why != NULL ? why : "");
	s->form.due = why == NULL;
	if (s->form.due)
		make_deed(s);
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
