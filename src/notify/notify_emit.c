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
fill_alerts(struct message *m, struct message_alert *out, const struct due *d, bool resolved_too)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct alert_row *a = d->alerts[i];
		if (d->resolved[i] && !resolved_too)
			continue;
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
		};
	}
	m->alerts = out;
}

static int64_t
put_row(struct notify *n, const struct due *d, const struct message *m, const char *title, const struct buf *payload,
	const char *error)
{
	struct err e = ERR_INIT;
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
	    .expires_ms = d->now + EXPIRE_MS,
	    .done_ms = error == NULL ? 0 : d->now,
	    .repeat_ms = d->group->route->repeat_interval,
	    .index = (int64_t)d->integration->index,
	    .receiver = m->receiver,
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
	if (notify_txn(n, &e) < 0 || store_put_notification(n->spec.store, &row, &id, &e) < 0) {
		n->txn_failed = true;
		id = -1;
	}
	free(sets);
	return id;
}

static void
drop_replaced(struct notify *n, int64_t row)
{
	if (row == 0)
		return;
	sender_remove(n->sender, row);
	xgrow(n->replaced, n->n_replaced, n->cap_replaced);
	n->replaced[n->n_replaced++] = row;
}

int64_t
notify_emit(void *arg, const struct due *d)
{
	struct notify *n = arg;

	if (d->n == 0) { /* nothing instead of what waits */
		drop_replaced(n, d->replaces);
		return 0;
	}
	struct arena *mem = arena_open();
	struct message_alert *alerts = arena_alloc(mem, d->n * sizeof *alerts);
	struct message m = {
	    .receiver = d->group->route->receiver->name,
	    .external_url = n->external_url,
	    .group_key = d->group->key,
	    .group_labels = *d->group->labels,
	    .now_ms = d->now,
	    .group_interval_ms = d->group->route->group_interval,
	    .templates = n->config->templates,
	    .mem = mem,
	};
	struct err e = ERR_INIT;
	struct buf payload = BUF_INIT, title = BUF_INIT;

	fill_alerts(&m, alerts, d, d->integration->conf->send_resolved);
	message_prepare(&m);
	message_expand(&m, "{{ template \"__subject\" . }}", &title, NULL);
	bool good = d->integration->kind->render(d->integration, &m, &payload, &e) == 0;
	if (!good) {
		log_line(n->spec.log, LOG_ERROR, "notify", "message for receiver '%s' (%s) cannot be rendered: %s",
			 m.receiver, d->integration->kind->name, e.text);
	}
	int64_t id = put_row(n, d, &m, buf_str(&title), &payload, good ? NULL : e.text);
	if (id > 0) {
		drop_replaced(n, d->replaces);
		if (n->n_emitted == n->cap_emitted) {
			n->cap_emitted = n->cap_emitted != 0 ? n->cap_emitted * 2 : 16;
			n->emitted_rows = xreallocarray(n->emitted_rows, n->cap_emitted, sizeof *n->emitted_rows);
		}
		n->emitted_rows[n->n_emitted++] = (struct sender_row){
		    .id = good ? id : -id,
		    .next_ms = d->now,
		    .expires_ms = d->now + EXPIRE_MS,
		    .receiver = m.receiver,
		    .kind = d->integration->kind->name,
		    .index = (int64_t)d->integration->index,
		};
	}
	buf_release(&payload);
	buf_release(&title);
	arena_close(mem);
	return id;
}
