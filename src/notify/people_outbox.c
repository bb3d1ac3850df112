/*
 * people_outbox.c -- what people do to the outbox: send once more, never send, ask for a test. Rows and events only; the agent finds them.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"
#include "people.h"

#define TRY_AGAIN_MS MS_DAY
#define TEST_MS      MS_MINUTE

struct found {
	enum store_outbox_state state;
	int64_t attempts, status;
	char *what; /* for the event */
};

static void
find(void *arg, const struct store_notification *n)
{
	struct found *f = arg;
	struct buf b = BUF_INIT;

	buf_addf(&b, "notification %lld to %s (%s): %s", (long long)n->id, n->receiver, n->kind, n->title);
	*f = (struct found){n->state, n->attempts, n->status, buf_steal(&b)};
}

/* One row and its event in one transaction. */
static int
change(struct store *s, const struct store_notification *row, const char *by, const char *did, const struct found *f,
       int64_t now, struct err *e)
{
	char ref[24];
	int rc = store_rows_begin(s, e);

	if (rc < 0)
		return rc;
	snprintf(ref, sizeof ref, "%lld", (long long)row->id);
	rc = store_set_notification(s, row, e);
	if (rc == 0)
		rc = people_event(s, by, did, f->what, ref, now, e);
	return store_rows_end(s, rc, e);
}

static int
look_up(struct store *s, int64_t id, struct found *f, struct err *e)
{
	int found = store_notification(s, id, find, f, e);

	return found == 0 ? err_set(e, ERR_USAGE, "there is no notification %lld", (long long)id) : found < 0 ? -1 : 0;
}

int
notify_retry(struct store *s, int64_t id, const char *by, int64_t now, struct err *e)
{
	struct found f = {0};
	int rc = look_up(s, id, &f, e);

	if (rc == 0) {
		const struct store_notification row = {.id = id,
						       .state = OUTBOX_QUEUED,
						       .attempts = f.attempts,
						       .status = f.status,
						       .next_ms = now,
						       .expires_ms = now + TRY_AGAIN_MS,
						       .error = ""};
		rc = change(s, &row, by, "sends once more", &f, now, e);
	}
	free(f.what);
	return rc;
}

int
notify_drop(struct store *s, int64_t id, const char *by, int64_t now, struct err *e)
{
	struct found f = {0};
	int rc = look_up(s, id, &f, e);

	if (rc == 0 && (OUTBOX_OPEN >> f.state & 1) == 0)
		rc = err_set(e, ERR_USAGE, "notification %lld is %s already", (long long)id,
			     store_outbox_words[f.state]);
	if (rc == 0) {
		struct buf why = BUF_INIT;
		buf_addf(&why, "dropped by %s", by);
		const struct store_notification row = {.id = id,
						       .state = OUTBOX_DROPPED,
						       .attempts = f.attempts,
						       .status = f.status,
						       .next_ms = now,
						       .done_ms = now,
						       .error = buf_str(&why)};
		rc = change(s, &row, by, "dropped", &f, now, e);
		buf_release(&why);
	}
	free(f.what);
	return rc;
}

/* ---- a test ---- */

/* The agent says in the store which receivers its configuration has. */
static int
check_receiver(struct store *s, const char *receiver, struct err *e)
{
	char *text = store_get_kv(s, "notify_receivers");
	json_t *list = text != NULL ? json_loads(text, 0, NULL) : NULL, *name;
	size_t n = json_array_size(list), i;
	const char **names = xcalloc(n + 1, sizeof *names);
	int rc = -1;

	json_array_foreach(list, i, name)
	{
		names[i] = json_string_value(name) != NULL ? json_string_value(name) : "";
		rc = strcmp(names[i], receiver) == 0 ? 0 : rc;
	}
	if (rc < 0 && n == 0) {
		err_set(e, ERR_USAGE, "there are no receivers: the agent has no alerting configuration");
	} else if (rc < 0) {
		const char *near = suggest(receiver, &names[0], n, sizeof *names);
		err_set(e, ERR_USAGE, "no receiver is called '%s'", receiver);
		if (near != NULL)
			err_hint(e, "did you mean '%s'?", near);
	}
	free(names);
	json_decref(list);
	free(text);
	return rc;
}

int
notify_ask_test(struct store *s, const char *receiver, const char *by, int64_t now, int64_t *id, struct err *e)
{
	struct buf title = BUF_INIT;
	char ref[24];

	if (check_receiver(s, receiver, e) < 0)
		return -1;
	buf_addf(&title, "a test, asked for by %s", by);
	const struct store_notification row = {.state = OUTBOX_QUEUED,
					       .created_ms = now,
					       .next_ms = now,
					       .expires_ms = now + TEST_MS,
					       .receiver = receiver,
					       .kind = NOTIFY_TEST_KIND,
					       .group_key = "",
					       .title = buf_str(&title),
					       .reason = "",
					       .error = "",
					       .payload = by};
	int rc = store_rows_begin(s, e);
	if (rc == 0) {
		rc = store_put_notification(s, &row, id, e);
		snprintf(ref, sizeof ref, "%lld", (long long)*id);
		if (rc == 0)
			rc = people_event(s, by, "tests the receiver", receiver, ref, now, e);
		rc = store_rows_end(s, rc, e);
	}
	buf_release(&title);
	return rc;
}

int
notify_tested(struct store *s, const char *receiver, const char *by, int64_t now, struct err *e)
{
	return people_event(s, by, "tests the receiver", receiver, "", now, e);
}
