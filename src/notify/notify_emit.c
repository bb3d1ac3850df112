/*
 * notify_emit.c -- a notification that is due becomes text and a row of the outbox.
 */
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "message.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/log.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

static void
fill_alerts(struct message *m, struct message_alert *out, const struct dispatch *dispatch, const struct due *d)
{
	bool resolved_too = d->integration->conf->send_resolved;

	for (size_t i = 0; i < d->n; i++) {
		const struct alert_row *a = d->alerts[i];
		if (d->resolved[i] && !resolved_too)
			continue;
		const struct ack_row *ack = ack_of(dispatch, a);
		out[m->n++] = (struct message_alert){
		    .labels = *a->labels,
		    .annotations = *a->annotations,
		    .starts_ms = a->starts,
		    .ends_ms = d->resolved[i] ? a->ends : 0,
		    .resolved = d->resolved[i],
		    .has_value = a->has_value,
		    .value = a->value,
		    .generator_url = a->generator,
		    .expr = a->expr,
		    .fingerprint = a->fp,
		    .ack_by = ack != NULL ? ack->by : NULL,
		    .ack_comment = ack != NULL ? ack->comment : NULL,
		};
	}
	m->alerts = out;
}

static int64_t
expires(const struct turn *t, const struct due *d)
{
	return t->n->replay ? clock_now() + REPLAY_EXPIRE_MS : d->now + EXPIRE_MS;
}

static int64_t
put_row(struct turn *t, const struct due *d, const char *title, const struct buf *payload, const char *error)
{
	int64_t id = -1;
	size_t firing = 0, gone = 0;
	uint64_t *sets = xcalloc(2 * d->n + 1, sizeof *sets);

	for (size_t i = 0; i < d->n; i++) {
		if (d->resolved[i])
			sets[d->n + gone++] = d->alerts[i]->fp;
		else
			sets[firing++] = d->alerts[i]->fp;
	}
	const struct store_notification row = {
	    .state = error == NULL ? OUTBOX_QUEUED : OUTBOX_GIVEN_UP,
	    .created_ms = d->now,
	    .next_ms = d->now,
	    .expires_ms = expires(t, d),
	    .done_ms = error == NULL ? 0 : d->now,
	    .repeat_ms = d->group->route->repeat_interval,
	    .index = (int64_t)d->integration->index,
	    .receiver = d->channel->receiver,
	    .kind = d->integration->kind->name,
	    .group_key = d->group->key,
	    .title = title,
	    .reason = reason_text[d->reason],
	    .error = error != NULL ? error : "",
	    .payload = buf_str(payload),
	    .firing = sets,
	    .firing_n = firing * sizeof *sets,
	    .resolved = sets + d->n,
	    .resolved_n = gone * sizeof *sets,
	};
	if (rows_begin(t) < 0 || store_put_notification(t->n->spec.store, &row, &id, &t->failed) < 0 ||
	    (error != NULL && rows_event(t, row.receiver, id, error, false, &t->failed) < 0))
		id = -1;
	free(sets);
	return id;
}

/* Nobody wants this row sent any more. Returns the row that the front must let go of: this one, or, when this one was made in this very
 * turn, the one that it would have replaced; 0: none. */
static int64_t
supersede(struct turn *t, int64_t row)
{
	if (row == 0)
		return 0;
	xgrow(t->replaced, t->n_replaced, t->cap_replaced);
	t->replaced[t->n_replaced++] = row;
	for (size_t i = 0; i < t->n_emitted; i++)
		if (t->emitted[i].row.id == row) {
			t->emitted[i].fate = EMITTED_POINTLESS;
			return t->emitted[i].row.replaces;
		}
	fpmap_set(&t->open, (uint64_t)row, NULL);
	return row;
}

static void
keep_emitted(struct turn *t, const struct due *d, int64_t id, struct buf *payload, bool good)
{
	int64_t replaces = supersede(t, d->replaces);

	xgrow(t->emitted, t->n_emitted, t->cap_emitted);
	t->emitted[t->n_emitted++] = (struct emitted){
	    .fate = good ? EMITTED_GOOD : EMITTED_BAD,
	    .row = {.id = id,
		    .next_ms = d->now,
		    .expires_ms = expires(t, d),
		    .receiver = d->channel->receiver,
		    .kind = d->integration->kind->name,
		    .index = (int64_t)d->integration->index,
		    .replaces = replaces,
		    .payload = good ? buf_steal(payload) : NULL},
	};
}

/* The message as its kind writes it. -1: its template is wrong; then *e says what a person should read. */
static int
render(struct turn *t, const struct due *d, struct buf *title, struct buf *payload, struct err *e)
{
	struct arena *mem = arena_open();
	struct message_alert *alerts = arena_alloc(mem, d->n * sizeof *alerts);
	struct message m = {
	    .receiver = d->group->route->receiver->name,
	    .external_url = t->n->external_url,
	    .group_key = d->group->key,
	    .group_labels = *d->group->labels,
	    .now_ms = d->now,
	    .group_interval_ms = d->group->route->group_interval,
	    .templates = t->config->templates,
	    .mem = mem,
	};
	struct err why = ERR_INIT;

	fill_alerts(&m, alerts, t->dispatch, d);
	message_prepare(&m);
	message_expand(&m, "{{ template \"__subject\" . }}", title, NULL);
	int rc = d->integration->kind->render(d->integration, &m, payload, &why);
	if (rc < 0)
		err_set(e, ERR_FILE, "message for receiver '%s' (%s) cannot be rendered: %s", m.receiver,
			d->integration->kind->name, why.text);
	arena_close(mem);
	return rc;
}

int64_t
notify_emit(void *arg, const struct due *d)
{
	struct turn *t = arg;
	struct err e = ERR_INIT;
	struct buf payload = BUF_INIT, title = BUF_INIT;

	if (d->n == 0) { /* nothing instead of what waits */
		int64_t row = supersede(t, d->replaces);
		if (row != 0)
			made_remove(t, row);
		return 0;
	}
	if (rows_begin(t) < 0)
		return -1;
	bool good = render(t, d, &title, &payload, &e) == 0;
	if (!good)
		log_line(t->n->spec.log, LOG_ERROR, "notify", "%s", e.text);
	int64_t id = put_row(t, d, buf_str(&title), &payload, good ? NULL : e.text);
	if (id > 0)
		keep_emitted(t, d, id, &payload, good);
	buf_release(&payload);
	buf_release(&title);
	return id;
}
