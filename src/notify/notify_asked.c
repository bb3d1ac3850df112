/*
 * notify_asked.c -- tests that somebody asked for (people_outbox.c). The row that asks becomes a row for every integration of its receiver;
 * no group knows them, and nobody tries for long.
 */
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "message.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

void
asked_take(struct turn *t, const struct store_notification *x)
{
	xgrow(t->asked, t->n_asked, t->cap_asked);
	t->asked[t->n_asked++] = (struct asked){x->id, x->expires_ms, xstrdup(x->receiver), xstrdup(x->payload)};
	fpmap_set(&t->open, (uint64_t)x->id, open_value(x->id, false));
}

void
asked_done(struct turn *t)
{
	for (size_t i = 0; i < t->n_asked; i++) {
		fpmap_set(&t->open, (uint64_t)t->asked[i].id, NULL);
		free(t->asked[i].receiver);
		free(t->asked[i].by);
	}
	t->n_asked = 0;
}

/* The row that asks has done its part. */
static int
answer(struct turn *t, const struct asked *a, bool good, const char *text, struct err *e)
{
	const struct store_notification row = {.id = a->id,
					       .state = good ? OUTBOX_REPLACED : OUTBOX_GIVEN_UP,
					       .next_ms = t->now,
					       .done_ms = t->now,
					       .error = text};

	if (store_set_notification(t->n->spec.store, &row, e) < 0)
		return -1;
	return good ? 0 : rows_event(t, a->receiver, a->id, text, false, e);
}

static int
send_one(struct turn *t, const struct asked *a, const struct receiver *r, const struct integration *in, struct buf *ids,
	 struct err *e)
{
	struct arena *mem = arena_open();
	struct buf payload = BUF_INIT;
	struct message m;
	struct err why = ERR_INIT;
	int64_t id = -1;

	test_message(&m, t->config, r->name, t->n->external_url,
		     arena_printf(mem, "%s asked for a test of this receiver", a->by), t->now, mem);
	bool good = in->kind->render(in, &m, &payload, &why) == 0;
	const struct store_notification row = {.state = good ? OUTBOX_QUEUED : OUTBOX_GIVEN_UP,
					       .created_ms = t->now,
					       .next_ms = t->now,
					       .expires_ms = a->expires,
					       .done_ms = good ? 0 : t->now,
					       .index = (int64_t)in->index,
					       .receiver = r->name,
					       .kind = in->kind->name,
					       .group_key = "",
					       .title = "This is a test of mlwatch",
					       .reason = NOTIFY_TEST_REASON,
					       .error = why.text,
					       .payload = buf_str(&payload)};
	int rc = store_put_notification(t->n->spec.store, &row, &id, e);
	if (rc == 0 && !good)
		rc = rows_event(t, r->name, id, why.text, false, e);
	if (rc == 0 && good) {
		xgrow(t->emitted, t->n_emitted, t->cap_emitted);
		t->emitted[t->n_emitted++] = (struct emitted){.test = true,
							      .row = {.id = id,
								      .next_ms = t->now,
								      .expires_ms = a->expires,
								      .receiver = r->name,
								      .kind = in->kind->name,
								      .index = (int64_t)in->index,
								      .payload = buf_steal(&payload)}};
	}
	buf_addf(ids, "%s%lld", ids->len > 0 ? ", " : "sent as ", (long long)id);
	buf_release(&payload);
	arena_close(mem);
	return rc;
}

static int
send_all(struct turn *t, const struct asked *a, struct err *e)
{
	const struct receiver *r = receiver_find(t->config, a->receiver);
	struct buf ids = BUF_INIT;
	int rc = 0;

	if (a->expires <= t->now)
		return answer(t, a, false, "a test was not sent: no agent ran when it was asked for", e);
	if (r == NULL)
		return answer(t, a, false, "a test was not sent: the configuration has no such receiver", e);
	if (r->n == 0)
		return answer(t, a, false, "a test was not sent: the receiver has nothing that mlwatch can send to", e);
	for (size_t i = 0; i < r->n && rc == 0; i++)
		rc = send_one(t, a, r, &r->at[i], &ids, e);
	if (rc == 0)
		rc = answer(t, a, true, buf_str(&ids), e);
	buf_release(&ids);
	return rc;
}

/* In the turn's transaction: when it fails, they are asked for again. */
void
asked_send(struct turn *t)
{
	for (size_t i = 0; i < t->n_asked && rows_begin(t) == 0; i++)
		send_all(t, &t->asked[i], &t->failed);
}
