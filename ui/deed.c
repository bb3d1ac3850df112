/*
 * deed.c -- see deed.h. Notification's own verbs are called, so that a deed is checked and recorded as from the command line.
 */
#include "deed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"

const char *const deed_done_word[N_DEEDS] = {
    [DEED_NONE] = "",
    [DEED_ACK] = "acknowledged",
    [DEED_SILENCE] = "silenced",
    [DEED_RENEW] = "renewed",
    [DEED_EXPIRE] = "taken back",
    [DEED_UNACK] = "taken back",
    [DEED_RETRY] = "goes out again",
    [DEED_GIVE_UP] = "given up",
    [DEED_NOTE] = "noted",
    [DEED_TEST] = "a test message is asked for",
};

/* ---- alerts ---- */

typedef int alert_deed_fn(const struct deed *d, struct store *s, const struct notify_view_alert *a, struct err *e);

struct finding {
	struct arena *mem;
	unsigned long long fingerprint;
	struct labels external, told;
};

static void
on_alert(void *arg, const struct store_alert *a)
{
	struct finding *f = arg;

	if (labels_hash(a->labels) == f->fingerprint)
		f->told = labels_with_missing(f->mem, labels_copy(f->mem, a->labels), f->external);
}

/* Notification's name for an alert of the rules. NULL: it does not know it, or e. */
static const struct notify_view_alert *
find_alert(struct store *s, const struct notify_view *v, const char *fingerprint, struct arena *mem, struct err *e)
{
	struct finding f = {.mem = mem, .fingerprint = strtoull(fingerprint, NULL, 16)};

	f.external = store_external_labels(s, mem);
	if (store_alerts(s, on_alert, &f, e) < 0)
		return NULL;
	for (size_t i = 0; f.told.n > 0 && i < v->n_alerts; i++)
		if (labels_equal(v->alerts[i].labels, f.told))
			return &v->alerts[i];
	err_set(e, ERR_USAGE, "notification does not know this alert: it may be over");
	return NULL;
}

static int
each_alert(const struct deed *d, struct store *s, alert_deed_fn *fn, struct err *e)
{
	struct arena *mem = arena_open();
	struct notify_view v;
	int rc = notify_view_read(&v, s, d->now, mem, e);

	for (size_t i = 0; i < d->n_alerts && rc == 0; i++) {
		const struct notify_view_alert *a = find_alert(s, &v, d->alert[i], mem, e);

		rc = a != NULL ? fn(d, s, a, e) : -1;
	}
	notify_view_release(&v);
	arena_close(mem);
	return rc < 0 || err_is_set(e) ? -1 : 0;
}

static int
ack_one(const struct deed *d, struct store *s, const struct notify_view_alert *a, struct err *e)
{
	return notify_ack(s, a->fingerprint, a->starts_ms, notify_author(), d->comment, d->now, e);
}

static int
unack_one(const struct deed *d, struct store *s, const struct notify_view_alert *a, struct err *e)
{
	return notify_unack(s, a->fingerprint, notify_author(), d->now, e) < 0 ? -1 : 0;
}

static int
do_ack(const struct deed *d, struct store *s, struct err *e)
{
	return each_alert(d, s, ack_one, e);
}

static int
do_unack(const struct deed *d, struct store *s, struct err *e)
{
	return each_alert(d, s, unack_one, e);
}

/* ---- silences ---- */

static int
do_silence(const struct deed *d, struct store *s, struct err *e)
{
	struct matcher m[DEED_MATCHERS];
	size_t n = 0;
	char id[37];
	int rc = 0;

	for (size_t i = 0; i < d->n_matchers && rc == 0; i++) {
		rc = matcher_init(&m[n], MATCH_EQ, d->matcher[i].name, d->matcher[i].value, e);
		n += rc == 0;
	}
	const struct notify_silence what = {.matchers = m,
					    .n_matchers = n,
					    .starts_ms = d->now,
					    .ends_ms = d->ends_ms,
					    .created_by = notify_author(),
					    .comment = d->comment};
	if (rc == 0)
		rc = notify_silence_put(s, &what, d->now, id, e);
	for (size_t i = 0; i < n; i++)
		matcher_release(&m[i]);
	return rc;
}

/* The same silence with another end; one that is over meanwhile is made anew. */
static int
do_renew(const struct deed *d, struct store *s, struct err *e)
{
	struct arena *mem = arena_open();
	struct notify_view v;
	const struct notify_view_silence *x = NULL;
	char id[37];
	int rc = notify_view_read(&v, s, d->now, mem, e);

	for (size_t i = 0; rc == 0 && i < v.n_silences; i++)
		if (strcmp(v.silences[i].id, d->subject) == 0)
			x = &v.silences[i];
	if (rc == 0 && x == NULL)
		rc = err_set(e, ERR_USAGE, "this silence is gone");
	if (rc == 0) {
		const struct notify_silence what = {.id = x->id,
						    .matchers = x->at,
						    .n_matchers = x->n,
						    .starts_ms = x->starts_ms,
						    .ends_ms = d->ends_ms,
						    .created_by = notify_author(),
						    .comment = d->comment};

		rc = notify_silence_put(s, &what, d->now, id, e);
	}
	notify_view_release(&v);
	arena_close(mem);
	return rc;
}

static int
do_expire(const struct deed *d, struct store *s, struct err *e)
{
	return notify_silence_expire(s, d->subject, notify_author(), d->now, e);
}

/* ---- messages, notes ---- */

static int
do_retry(const struct deed *d, struct store *s, struct err *e)
{
	return notify_retry(s, strtoll(d->subject, NULL, 10), notify_author(), d->now, e);
}

static int
do_give_up(const struct deed *d, struct store *s, struct err *e)
{
	return notify_drop(s, strtoll(d->subject, NULL, 10), notify_author(), d->now, e);
}

static int
do_test(const struct deed *d, struct store *s, struct err *e)
{
	int64_t id;

	return notify_ask_test(s, d->subject, notify_author(), d->now, &id, e);
}

static int
do_note(const struct deed *d, struct store *s, struct err *e)
{
	return notify_note(s, d->subject, d->comment, notify_author(), d->now, e);
}

static int (*const doing[N_DEEDS])(const struct deed *d, struct store *s, struct err *e) = {
    [DEED_ACK] = do_ack,         [DEED_SILENCE] = do_silence, [DEED_RENEW] = do_renew,
    [DEED_EXPIRE] = do_expire,   [DEED_UNACK] = do_unack,     [DEED_RETRY] = do_retry,
    [DEED_GIVE_UP] = do_give_up, [DEED_NOTE] = do_note,       [DEED_TEST] = do_test};

/* There is one row for what is wrong. */
static void
hint_into_text(struct err *e)
{
	const size_t n = strlen(e->text);

	if (e->hint[0] != '\0')
		snprintf(e->text + n, sizeof e->text - n, ", %s", e->hint);
}

int
deed_do(const struct deed *d, const char *store_path, struct err *e)
{
	const struct store_spec spec = {.path = store_path};
	struct store *s = NULL;
	int rc;

	if (d->kind == DEED_NONE || store_open(&s, &spec, STORE_WRITE, e) < 0)
		return -1;
	rc = doing[d->kind](d, s, e);
	if (rc < 0)
		hint_into_text(e);
	store_close(s);
	return rc;
}
