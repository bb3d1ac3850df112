/*
 * notified.c -- see notified.h.
 */
#include "notified.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"

#define KEY    "notified"
#define ROWS   500
#define ONE_MS MS_MINUTE /* messages with the same title within this time are about one change */

struct sent {
	const char *title, *receiver;
	int64_t t;
};

struct looking {
	struct arena *mem;
	int64_t since;
	struct sent at[ROWS]; /* newest first */
	size_t n;
};

/* "[FIRING:1] ErrorRateHigh fraud (critical data-science)": what the group has in common beside its own labels is left out. */
void
notified_words(struct buf *out, const char *title)
{
	const char *end = title[0] == '[' ? strchr(title, ']') : NULL;
	const char *rest = end != NULL ? end + 1 + strspn(end + 1, " ") : title;
	const char *common = rest[0] != '\0' && rest[strlen(rest) - 1] == ')' ? strstr(rest, " (") : NULL;
	const long n = strncmp(title, "[FIRING:", 8) == 0 ? strtol(title + 8, NULL, 10) : 0;

	buf_addf(out, "notified: %.*s", (int)(common != NULL ? common - rest : (long)strlen(rest)), rest);
	if (strncmp(title, "[RESOLVED", 9) == 0)
		buf_addstr(out, " resolved");
	else if (n > 1)
		buf_addf(out, ", %ld alerts", n);
}

/* Repeats, tests, and what another Alertmanager is handed all the time are no change of a group. */
static bool
is_change(const char *reason)
{
	static const char *const changes[] = {"sent: first notification of the group", "sent: new alerts fire",
					      "sent: all alerts are resolved", "sent: some alerts are resolved"};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		if (strcmp(reason, changes[i]) == 0)
			return true;
	return false;
}

static void
on_row(void *arg, const struct store_notification *n)
{
	struct looking *l = arg;

	if (n->done_ms > l->since && is_change(n->reason) && l->n < ROWS)
		l->at[l->n++] =
		    (struct sent){arena_strdup(l->mem, n->title), arena_strdup(l->mem, n->receiver), n->done_ms};
}

static void
tell(struct batch *out, const struct sent *s)
{
	struct buf text = BUF_INIT;
	struct store_event ev = {.t = s->t, .kind = "notification", .severity = "good", .subject = s->receiver};

	notified_words(&text, s->title);
	ev.text = buf_str(&text);
	batch_event(out, &ev);
	buf_release(&text);
}

/* told: when each title was told last; forgets what is long ago. */
static void
tell_changes(const struct looking *l, json_t *told, struct batch *out)
{
	const char *title;
	json_t *when;
	void *next;

	for (size_t i = l->n; i-- > 0;) {
		const struct sent *s = &l->at[i];

		when = json_object_get(told, s->title);
		if (when != NULL && s->t - (int64_t)json_integer_value(when) < ONE_MS)
			continue;
		json_object_set_new(told, s->title, json_integer(s->t));
		tell(out, s);
	}
	json_object_foreach_safe(told, next, title, when) if (l->n > 0 && l->at[0].t - json_integer_value(when) >
									      ONE_MS) json_object_del(told, title);
}

int
notified_look(struct store *store, int64_t t, struct batch *out, struct err *e)
{
	struct looking *l = arena_calloc(out->mem, 1, sizeof *l);
	char *text = store_get_kv(store, KEY);
	json_t *doc = text != NULL ? json_loads(text, 0, NULL) : NULL, *told;
	int64_t newest;
	int rc;

	free(text);
	if (doc == NULL)
		doc = json_pack("{s:I, s:{}}", "done_ms", (json_int_t)(t - ONE_MS), "told");
	newest = l->since = (int64_t)json_integer_value(json_object_get(doc, "done_ms"));
	told = json_object_get(doc, "told");
	l->mem = out->mem;
	rc = store_notifications(store, OUTBOX_BIT(OUTBOX_SENT), ROWS, false, on_row, l, e);
	if (rc == 0 && l->n > 0) {
		tell_changes(l, told, out);
		for (size_t i = 0; i < l->n; i++)
			newest = l->at[i].t > newest ? l->at[i].t : newest;
		json_object_set_new(doc, "done_ms", json_integer(newest));
		text = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS);
		batch_kv(out, KEY, text);
		free(text);
	}
	json_decref(doc);
	return rc;
}
