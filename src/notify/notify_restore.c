/*
 * notify_restore.c -- what was there before a restart: groups with their timers, the notification log, alerts, rows on their way.
 */
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

static void
restore_group(void *arg, const struct store_notify_group *g)
{
	struct turn *t = arg;

	dispatch_restore_group(t->dispatch, g->id,
			       &(struct timer_hint){g->next_ms, g->created_ms, g->last_flush_ms, g->flushed});
}

static struct fpset
blob_set(const void *p, size_t bytes)
{
	struct fpset s = {xcalloc(bytes / 8 + 1, 8), bytes / 8};

	if (s.n != 0)
		memcpy(s.at, p, s.n * 8);
	return s;
}

static void
restore_log(void *arg, const struct store_notify_log *l)
{
	struct turn *t = arg;
	const struct kind *k = kind_by_name(l->kind);

	if (k == NULL)
		return;
	struct channel *c = dispatch_channel(t->dispatch, l->group_key, l->receiver, k, (size_t)l->index);
	c->saved = true;
	c->has_log = l->log_ms != 0;
	c->log_ms = l->log_ms;
	c->log_expires = l->expires_ms;
	fpset_release(&c->log_firing);
	fpset_release(&c->log_resolved);
	c->log_firing = blob_set(l->firing, l->firing_n);
	c->log_resolved = blob_set(l->resolved, l->resolved_n);
	c->reason_ms = l->reason_ms;
	for (size_t i = 0; i < N_REASONS; i++)
		if (strcmp(reason_text[i], l->reason) == 0)
			c->reason = (enum reason)i;
}

static void
restore_alert(void *arg, const struct store_notify_alert *a)
{
	struct turn *t = arg;
	const struct alert in = {
	    .labels = a->labels,
	    .annotations = a->annotations,
	    .starts_ms = a->starts_ms,
	    .ends_ms = a->ends_ms,
	    .generator_url = a->generator_url,
	    .has_value = a->has_value,
	    .value = a->value,
	    .expr = a->expr,
	};
	dispatch_restore_alert(t->dispatch, &in, a->updated_ms, a->timeout, t->now);
}

/* Newest first, so a channel that already has a row on its way keeps that. A test belongs to no group. */
void
rows_take(void *arg, const struct store_notification *x)
{
	struct turn *t = arg;
	const struct kind *k = kind_by_name(x->kind);
	bool test = strcmp(x->reason, NOTIFY_TEST_REASON) == 0;

	if (fpmap_get(&t->open, (uint64_t)x->id) != NULL)
		return;
	if (strcmp(x->kind, NOTIFY_TEST_KIND) == 0)
		asked_take(t, x);
	if (k == NULL)
		return;
	struct channel *c = dispatch_channel(t->dispatch, x->group_key, x->receiver, k, (size_t)x->index);
	if (c->row == 0 && !test)
		dispatch_row(t->dispatch, c, x->id, blob_set(x->firing, x->firing_n),
			     blob_set(x->resolved, x->resolved_n), x->repeat_ms);
	made_add(t,
		 &(struct sender_row){.id = x->id,
				      .next_ms = x->next_ms,
				      .expires_ms = x->expires_ms,
				      .attempts = x->attempts,
				      .receiver = c->receiver,
				      .kind = k->name,
				      .index = x->index},
		 test);
}

int
rows_restore(struct turn *t, struct err *e)
{
	struct store *s = t->n->spec.store;

	if (store_notify_groups(s, restore_group, t, e) < 0 || store_notify_logs(s, restore_log, t, e) < 0 ||
	    people_read_quiet(t, e) < 0 || store_notify_alerts(s, restore_alert, t, e) < 0 ||
	    store_notifications(s, OUTBOX_OPEN, 0, true, rows_take, t, e) < 0)
		return -1;
	dispatch_restored(t->dispatch);
	return 0;
}
