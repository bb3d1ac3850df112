/*
 * notify_rows.c -- what a turn changed, written in one transaction: new rows of the outbox, outcomes, alerts, groups and the notification
 * log. What is written and has good prospects goes to the front; when it cannot be written, it is taken back.
 */
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "kinds.h"
#include "mlwatch/clock.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

/* A store that is held makes us wait once, not for every row. */
int
rows_begin(struct turn *t)
{
	if (err_is_set(&t->failed))
		return -1;
	if (t->in_txn)
		return 0;
	if (store_rows_begin(t->n->spec.store, &t->failed) < 0)
		return -1;
	t->in_txn = true;
	return 0;
}

static int
write_alert(struct turn *t, const struct alert_row *a, struct err *e)
{
	const struct store_notify_alert row = {
	    .fingerprint = a->fp,
	    .labels = *a->labels,
	    .annotations = *a->annotations,
	    .generator_url = a->generator,
	    .expr = a->expr,
	    .silenced_by = a->silenced_by,
	    .starts_ms = a->starts,
	    .ends_ms = a->ends,
	    .updated_ms = a->updated,
	    .timeout = a->timeout,
	    .has_value = a->has_value,
	    .value = a->value,
	    .inhibited_by = a->inhibited_by,
	};
	return store_put_notify_alert(t->n->spec.store, &row, e);
}

static int
write_group(struct turn *t, const struct group *g, struct err *e)
{
	uint64_t *members = xcalloc(g->n + 1, sizeof *members);

	for (size_t i = 0; i < g->n; i++)
		members[i] = g->alerts[i]->fp;
	const struct store_notify_group row = {
	    .id = g->id,
	    .key = g->key,
	    .receiver = g->route->receiver->name,
	    .route = g->route->path,
	    .reason = reason_text[g->reason],
	    .labels = *g->labels,
	    .next_ms = g->next,
	    .created_ms = g->created,
	    .last_flush_ms = g->last_flush,
	    .reason_ms = g->reason_ms,
	    .group_interval_ms = g->route->group_interval,
	    .repeat_interval_ms = g->route->repeat_interval,
	    .flushed = g->flushed,
	    .members = members,
	    .members_n = g->n * sizeof *members,
	};
	int rc = store_put_notify_group(t->n->spec.store, &row, e);
	free(members);
	return rc;
}

static int
write_channel(struct turn *t, const struct channel *c, struct err *e)
{
	const struct store_notify_log row = {
	    .id = c->key,
	    .group_key = c->group_key,
	    .receiver = c->receiver,
	    .kind = c->kind->name,
	    .reason = reason_text[c->reason],
	    .index = (int64_t)c->index,
	    .log_ms = c->has_log ? c->log_ms : 0,
	    .expires_ms = c->log_expires,
	    .reason_ms = c->reason_ms,
	    .firing = c->log_firing.at,
	    .firing_n = c->log_firing.n * sizeof *c->log_firing.at,
	    .resolved = c->log_resolved.at,
	    .resolved_n = c->log_resolved.n * sizeof *c->log_resolved.at,
	};
	return store_put_notify_log(t->n->spec.store, &row, e);
}

int
rows_event(struct turn *t, const char *receiver, int64_t id, const char *text, bool good, struct err *e)
{
	char ref[24];

	snprintf(ref, sizeof ref, "%lld", (long long)id);
	const struct store_event ev = {.t = t->now,
				       .kind = "notification",
				       .severity = good ? "good" : "problem",
				       .subject = receiver,
				       .model = "",
				       .text = text,
				       .ref = ref};
	return store_put_event(t->n->spec.store, &ev, e);
}

static int
write_outcome(struct turn *t, const struct written *w, struct err *e)
{
	const struct store_notification row = {.id = w->id,
					       .state = w->state,
					       .attempts = w->attempts,
					       .next_ms = w->next_ms,
					       .done_ms = w->done_ms,
					       .status = w->status,
					       .error = w->error};

	if (store_note_outcome(t->n->spec.store, &row, e) < 0)
		return -1;
	return w->event != NULL ? rows_event(t, w->receiver, w->id, w->event, w->good, e) : 0;
}

static int
write_replaced(struct turn *t, int64_t id, struct err *e)
{
	const struct store_notification row = {
	    .id = id,
	    .state = OUTBOX_REPLACED,
	    .done_ms = t->now,
	    .error = "out of date: its group has something newer to say, or nothing any more"};

	return store_set_notification(t->n->spec.store, &row, e);
}

/* For those who read the store and not the configuration. */
static int
write_receivers(struct turn *t, struct err *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->config->n_receivers; i++)
		json_array_append_new(list, json_string(t->config->receivers[i].name));
	char *text = json_dumps(list, JSON_COMPACT);
	int rc = store_put_kv(t->n->spec.store, "notify_receivers", text != NULL ? text : "[]", e);
	free(text);
	json_decref(list);
	return rc;
}

static int
write_all(struct turn *t, struct err *e)
{
	struct dispatch *d = t->dispatch;
	struct store *s = t->n->spec.store;
	int rc = t->publish ? write_receivers(t, e) : 0;

	for (size_t i = 0; i < t->n_written && rc == 0; i++)
		rc = write_outcome(t, &t->written[i], e);
	for (size_t i = 0; i < t->n_replaced && rc == 0; i++)
		rc = write_replaced(t, t->replaced[i], e);
	for (size_t i = 0; i < d->n_dirty_alerts && rc == 0; i++)
		rc = write_alert(t, d->dirty_alerts[i], e);
	for (size_t i = 0; i < d->n_gone_alerts && rc == 0; i++)
		if (fpmap_get(&d->alerts, d->gone_alerts[i]) == NULL)
			rc = store_drop_notify_alert(s, d->gone_alerts[i], e);
	for (size_t i = 0; i < d->n_gone_groups && rc == 0; i++)
		rc = store_drop_notify_group(s, d->gone_groups[i], e);
	for (size_t i = 0; i < d->n_dirty_groups && rc == 0; i++)
		rc = write_group(t, d->dirty_groups[i], e);
	for (size_t i = 0; i < d->n_gone_channels && rc == 0; i++)
		rc = store_drop_notify_log(s, d->gone_channels[i], e);
	for (size_t i = 0; i < d->n_dirty_channels && rc == 0; i++)
		rc = write_channel(t, d->dirty_channels[i], e);
	return rc;
}

static void
forget_strings(char **at, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		free(at[i]);
	*n = 0;
}

static void
changes_written(struct dispatch *d)
{
	for (size_t i = 0; i < d->n_dirty_alerts; i++) {
		d->dirty_alerts[i]->dirty = false;
		d->dirty_alerts[i]->saved = true;
	}
	for (size_t i = 0; i < d->n_dirty_groups; i++) {
		d->dirty_groups[i]->dirty = false;
		d->dirty_groups[i]->saved = true;
	}
	for (size_t i = 0; i < d->n_dirty_channels; i++) {
		d->dirty_channels[i]->dirty = false;
		d->dirty_channels[i]->saved = true;
	}
	d->n_dirty_alerts = d->n_dirty_groups = d->n_dirty_channels = d->n_gone_alerts = 0;
	forget_strings(d->gone_groups, &d->n_gone_groups);
	forget_strings(d->gone_channels, &d->n_gone_channels);
}

void
written_free(struct written *w)
{
	free(w->error);
	free(w->event);
	free(w->receiver);
}

static void
all_written(struct turn *t)
{
	changes_written(t->dispatch);
	for (size_t i = 0; i < t->n_written; i++) {
		if (t->written[i].done_ms != 0)
			fpmap_set(&t->open, (uint64_t)t->written[i].id, NULL);
		written_free(&t->written[i]);
	}
	t->n_written = t->n_replaced = 0;
	t->publish = false;
	for (size_t i = 0; i < t->n_emitted; i++) {
		struct emitted *x = &t->emitted[i];
		if (x->fate == EMITTED_GOOD) {
			made_add(t, &x->row, x->test);
			continue;
		}
		free(x->row.payload);
		if (x->fate == EMITTED_POINTLESS)
			continue;
		if (x->row.replaces != 0)
			made_remove(t, x->row.replaces);
		dispatch_done(t->dispatch, x->row.id, false, t->now);
	}
	t->n_emitted = 0;
	asked_done(t);
}

/* The rows of this turn do not exist after all, and their numbers will be given to others: their groups try again in a second. */
static void
take_back(struct turn *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n_emitted; i++) {
		int64_t id = t->emitted[i].row.id;
		struct channel *c = fpmap_get(&t->dispatch->rows, (uint64_t)id);
		struct group *g = c != NULL ? c->group : NULL;
		free(t->emitted[i].row.payload);
		if (t->emitted[i].row.replaces != 0)
			made_remove(t, t->emitted[i].row.replaces);
		dispatch_done(t->dispatch, id, false, t->now);
		if (g == NULL)
			continue;
		g->next = t->now + MS_SECOND;
		heap_move(t->dispatch, g);
	}
	for (size_t i = 0; i < t->n_replaced; i++) {
		bool made_now = false;
		for (size_t k = 0; k < t->n_emitted && !made_now; k++)
			made_now = t->emitted[k].row.id == t->replaced[i];
		if (!made_now)
			t->replaced[kept++] = t->replaced[i];
	}
	t->n_replaced = kept;
	t->n_emitted = 0;
}

static bool
anything(const struct turn *t)
{
	const struct dispatch *d = t->dispatch;

	return t->in_txn || err_is_set(&t->failed) || t->publish || t->n_written != 0 || t->n_replaced != 0 ||
	       d->n_dirty_alerts != 0 || d->n_dirty_groups != 0 || d->n_dirty_channels != 0 || d->n_gone_alerts != 0 ||
	       d->n_gone_groups != 0 || d->n_gone_channels != 0;
}

int
rows_write(struct turn *t, struct err *e)
{
	int rc = 0;

	if (!anything(t))
		return 0;
	if (rows_begin(t) == 0)
		write_all(t, &t->failed);
	if (t->in_txn)
		store_rows_end(t->n->spec.store, err_is_set(&t->failed) ? -1 : 0, &t->failed);
	t->in_txn = false;
	if (err_is_set(&t->failed)) {
		*e = t->failed;
		rc = -1;
	}
	err_clear(&t->failed);
	if (rc == 0)
		all_written(t);
	else
		take_back(t);
	assert(!t->in_txn); /* neither decides anything anew */
	return rc;
}
