/*
 * form_commit.c -- does what a form says: a short read-write connection of its own, then notification's own verbs, so that it is checked and
 * recorded as from the command line.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"

const char *
form_author(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *pw;

	if (sudo != NULL && sudo[0] != '\0')
		return sudo;
	pw = getpwuid(getuid());
	return pw != NULL ? pw->pw_name : "unknown";
}

/* The alert as notification knows it. */
static int
find_alert(const struct form *f, struct store *s, struct arena *mem, int64_t now, char fingerprint[17],
	   int64_t *starts_ms, struct err *e)
{
	struct notify_view v;
	const unsigned long long want = strtoull(f->fingerprint, NULL, 16);
	bool found = false;

	if (notify_view_read(&v, s, now, mem, e) < 0) {
		notify_view_release(&v);
		return -1;
	}
	for (size_t i = 0; i < v.n_alerts && !found; i++)
		if (labels_hash(v.alerts[i].labels) == want) {
			snprintf(fingerprint, 17, "%s", v.alerts[i].fingerprint);
			*starts_ms = v.alerts[i].starts_ms;
			found = true;
		}
	notify_view_release(&v);
	return found ? 0 : err_set(e, ERR_USAGE, "notification does not know this alert: it may be over");
}

static int
acknowledge(const struct form *f, struct store *s, int64_t now, struct err *e)
{
	struct arena *mem = arena_open();
	char fingerprint[17];
	int64_t starts = 0;
	int rc = find_alert(f, s, mem, now, fingerprint, &starts, e);

	if (rc == 0)
		rc = notify_ack(s, fingerprint, starts, form_author(), f->comment, now, e);
	arena_close(mem);
	return rc;
}

static int
silence(const struct form *f, struct store *s, int64_t now, int64_t ends, struct err *e)
{
	struct matcher m[FORM_MATCHERS];
	size_t n = 0;
	char id[37];
	int rc = 0;

	for (int i = 0; i < f->n_matchers && rc == 0; i++)
		if (f->matcher[i].on) {
			rc = matcher_init(&m[n], MATCH_EQ, f->matcher[i].name, f->matcher[i].value, e);
			n += rc == 0;
		}
	const struct notify_silence what = {.matchers = m,
					    .n_matchers = n,
					    .starts_ms = now,
					    .ends_ms = ends,
					    .created_by = form_author(),
					    .comment = f->comment};
	if (rc == 0)
		rc = notify_silence_put(s, &what, now, id, e);
	for (size_t i = 0; i < n; i++)
		matcher_release(&m[i]);
	return rc;
}

static int
take_back(const struct form *f, struct store *s, int64_t now, struct err *e)
{
	struct arena *mem;
	char fingerprint[17];
	int64_t starts;
	int rc;

	if (f->silence[0] != '\0')
		return notify_silence_expire(s, f->silence, now, e);
	mem = arena_open();
	rc = find_alert(f, s, mem, now, fingerprint, &starts, e);
	if (rc == 0)
		rc = store_drop_ack(s, strtoull(fingerprint, NULL, 16), e);
	arena_close(mem);
	return rc;
}

int
form_commit(const struct form *f, const char *store_path, int64_t now, int64_t ends_ms, struct err *e)
{
	const struct store_spec spec = {.path = store_path};
	struct store *s = NULL;
	int rc = store_open(&s, &spec, STORE_WRITE, e);

	if (rc < 0)
		return -1;
	if (f->kind == FORM_ACK)
		rc = acknowledge(f, s, now, e);
	else if (f->kind == FORM_SILENCE)
		rc = silence(f, s, now, ends_ms, e);
	else
		rc = take_back(f, s, now, e);
	store_close(s);
	return rc;
}
