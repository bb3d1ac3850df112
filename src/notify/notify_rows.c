/*
 * notify_rows.c -- what of notification is in the store: written in one transaction per step, read back at the start, and what people
 * put there meanwhile (silences, acknowledgements, rows they retry or drop).
 */
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/log.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

int
notify_txn(struct notify *n, struct err *e)
{
	if (n->in_txn)
		return 0;
	if (store_rows_begin(n->spec.store, e) < 0)
		return -1;
	n->in_txn = true;
	return 0;
}

static int
write_alert(struct notify *n, const struct alert_row *a, struct err *e)
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
	return store_put_notify_alert(n->spec.store, &row, e);
}

static int
write_group(struct notify *n, const struct group *g, struct err *e)
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
	int rc = store_put_notify_group(n->spec.store, &row, e);
	free(members);
	return rc;
}

static int
write_channel(struct notify *n, const struct channel *c, struct err *e)
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
	return store_put_notify_log(n->spec.store, &row, e);
}

static int
write_outcomes(struct notify *n, int64_t now, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < n->n_written && rc == 0; i++) {
		const struct written *w = &n->written[i];
		const struct store_notification row = {.id = w->id,
						       .state = w->state,
						       .attempts = w->attempts,
						       .next_ms = w->next_ms,
						       .done_ms = w->done_ms,
						       .status = w->status,
						       .error = w->error};
		rc = store_set_notification(n->spec.store, &row, e);
	}
	for (size_t i = 0; i < n->n_replaced && rc == 0; i++) {
		const struct store_notification row = {.id = n->replaced[i],
						       .state = OUTBOX_REPLACED,
						       .done_ms = now,
						       .error = "replaced by a newer message of its group"};
		rc = store_set_notification(n->spec.store, &row, e);
	}
	return rc;
}

static int
write_all(struct notify *n, int64_t now, struct err *e)
{
	struct dispatch *d = n->dispatch;
	struct store *s = n->spec.store;
	int rc = write_outcomes(n, now, e);

	for (size_t i = 0; i < d->n_dirty_alerts && rc == 0; i++)
		rc = write_alert(n, d->dirty_alerts[i], e);
	for (size_t i = 0; i < d->n_gone_alerts && rc == 0; i++)
		if (fpmap_get(&d->alerts, d->gone_alerts[i]) == NULL)
			rc = store_drop_notify_alert(s, d->gone_alerts[i], e);
	for (size_t i = 0; i < d->n_gone_groups && rc == 0; i++)
		rc = store_drop_notify_group(s, d->gone_groups[i], e);
	for (size_t i = 0; i < d->n_dirty_groups && rc == 0; i++)
		rc = write_group(n, d->dirty_groups[i], e);
	for (size_t i = 0; i < d->n_gone_channels && rc == 0; i++)
		rc = store_drop_notify_log(s, d->gone_channels[i], e);
	for (size_t i = 0; i < d->n_dirty_channels && rc == 0; i++)
		rc = write_channel(n, d->dirty_channels[i], e);
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
all_written(struct notify *n)
{
	struct dispatch *d = n->dispatch;

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
	for (size_t i = 0; i < n->n_written; i++)
		free(n->written[i].error);
	n->n_written = n->n_replaced = 0;
}

/* The rows of this step do not exist after all: their groups try again in a second. */
static void
take_back(struct notify *n, int64_t now)
{
	for (size_t i = 0; i < n->n_emitted; i++) {
		int64_t id = n->emitted_rows[i].id;
		struct channel *c = fpmap_get(&n->dispatch->rows, (uint64_t)(id < 0 ? -id : id));
		struct group *g = c != NULL ? c->group : NULL;
		dispatch_done(n->dispatch, id < 0 ? -id : id, false, now);
		if (g != NULL) {
			g->next = now + MS_SECOND;
			heap_move(n->dispatch, g);
		}
	}
	n->n_emitted = 0;
}

static bool
anything(const struct notify *n)
{
	const struct dispatch *d = n->dispatch;

	return n->in_txn || n->n_written != 0 || n->n_replaced != 0 || d->n_dirty_alerts != 0 ||
	       d->n_dirty_groups != 0 || d->n_dirty_channels != 0 || d->n_gone_alerts != 0 || d->n_gone_groups != 0 ||
	       d->n_gone_channels != 0;
}

int
notify_persist(struct notify *n, int64_t now, struct err *e)
{
	if (!anything(n))
		return 0;
	int rc = notify_txn(n, e);
	if (rc == 0) {
		rc = n->txn_failed ? err_set(e, ERR_WORLD, "cannot keep a notification") : write_all(n, now, e);
		rc = store_rows_end(n->spec.store, rc, e);
	}
	n->in_txn = n->txn_failed = false;
	if (rc < 0) {
		take_back(n, now);
		return -1;
	}
	all_written(n);
	for (size_t i = 0; i < n->n_emitted; i++) {
		if (n->emitted_rows[i].id > 0)
			sender_add(n->sender, &n->emitted_rows[i]);
		else
			dispatch_done(n->dispatch, -n->emitted_rows[i].id, false, now);
	}
	n->n_emitted = 0;
	return 0;
}

/* ---- reading back ---- */

struct restoring {
	struct notify *n;
	int64_t now;
};

static void
restore_group(void *arg, const struct store_notify_group *g)
{
	struct restoring *r = arg;

	dispatch_restore_group(r->n->dispatch, g->id,
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
	struct restoring *r = arg;
	const struct kind *k = kind_by_name(l->kind);

	if (k == NULL)
		return;
	struct channel *c = dispatch_channel(r->n->dispatch, l->group_key, l->receiver, k, (size_t)l->index);
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
	struct restoring *r = arg;
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
	dispatch_restore_alert(r->n->dispatch, &in, a->updated_ms, a->timeout, r->now);
}

/* Newest first, so a channel that already has a row on its way keeps that. */
static void
restore_row(void *arg, const struct store_notification *x)
{
	struct restoring *r = arg;
	const struct kind *k = kind_by_name(x->kind);

	if (k == NULL || sender_has(r->n->sender, x->id))
		return;
	struct channel *c = dispatch_channel(r->n->dispatch, x->group_key, x->receiver, k, (size_t)x->index);
	if (c->row == 0)
		dispatch_restore_row(r->n->dispatch, c, x->id, blob_set(x->firing, x->firing_n),
				     blob_set(x->resolved, x->resolved_n), x->repeat_ms);
	sender_add(r->n->sender,
		   &(struct sender_row){x->id, x->next_ms, x->expires_ms, x->attempts, x->receiver, x->kind, x->index});
}

int
notify_restore(struct notify *n, int64_t now, struct err *e)
{
	struct restoring r = {n, now};
	struct store *s = n->spec.store;

	if (store_notify_groups(s, restore_group, &r, e) < 0 || store_notify_logs(s, restore_log, &r, e) < 0 ||
	    notify_read_people(n, now, e) < 0 || store_notify_alerts(s, restore_alert, &r, e) < 0 ||
	    store_notifications(s, OUTBOX_OPEN, 0, true, restore_row, &r, e) < 0)
		return -1;
	dispatch_restored(n->dispatch);
	return 0;
}

/* ---- what people put there ---- */

struct people {
	struct notify *n;
	struct silence_row *silences;
	size_t n_silences, cap_silences;
	struct ack_row *acks;
	size_t n_acks, cap_acks;
	int64_t *open;
	size_t n_open, cap_open;
	int64_t now;
	uint64_t digest;
};

static void
read_silence(void *arg, const struct store_silence *x)
{
	struct people *p = arg;
	struct silence_row s = {.starts = x->starts_ms, .ends = x->ends_ms};

	if (matchers_parse(&s.matchers, x->matchers, NULL) < 0) {
		matcher_list_release(&s.matchers);
		return;
	}
	p->digest = hash_mix(hash_mix(p->digest, hash_str(x->id)),
			     hash_mix(hash_str(x->matchers), (uint64_t)(x->starts_ms ^ x->ends_ms)));
	s.id = xstrdup(x->id);
	xgrow(p->silences, p->n_silences, p->cap_silences);
	p->silences[p->n_silences++] = s;
}

static void
read_ack(void *arg, const struct store_ack *a)
{
	struct people *p = arg;

	p->digest = hash_mix(hash_mix(p->digest, a->fingerprint), (uint64_t)a->starts_ms);
	xgrow(p->acks, p->n_acks, p->cap_acks);
	p->acks[p->n_acks++] = (struct ack_row){a->fingerprint, a->starts_ms};
}

static void
read_open(void *arg, const struct store_notification *x)
{
	struct people *p = arg;

	xgrow(p->open, p->n_open, p->cap_open);
	p->open[p->n_open++] = x->id;
}

/* Rows that are open and that nobody here knows: somebody said retry. */
static int
take_retried(struct people *p, struct err *e)
{
	struct restoring r = {p->n, p->now};
	int rc = 0;

	for (size_t i = 0; i < p->n_open && rc >= 0; i++)
		if (!sender_has(p->n->sender, p->open[i]))
			rc = store_notification(p->n->spec.store, p->open[i], restore_row, &r, e);
	return rc < 0 ? -1 : 0;
}

static int
id_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Rows on their way that somebody dropped: as good as delivered. */
static void
drop_rows(struct people *p)
{
	struct dispatch *d = p->n->dispatch;
	int64_t *gone = xcalloc(d->rows.n + 1, sizeof *gone);
	size_t n = 0, i = 0;
	struct channel *c;

	if (p->n_open > 1)
		qsort(p->open, p->n_open, sizeof *p->open, id_order);
	while ((c = fpmap_next(&d->rows, &i)) != NULL)
		if (!c->sending &&
		    (p->n_open == 0 || bsearch(&c->row, p->open, p->n_open, sizeof *p->open, id_order) == NULL))
			gone[n++] = c->row;
	for (i = 0; i < n; i++) {
		sender_remove(p->n->sender, gone[i]);
		dispatch_done(d, gone[i], true, p->now);
	}
	free(gone);
}

static void
drop_silences(struct people *p)
{
	for (size_t i = 0; i < p->n_silences; i++) {
		free(p->silences[i].id);
		matcher_list_release(&p->silences[i].matchers);
	}
	free(p->silences);
}

/* Who is quiet: cheap, and must be known at every flush. */
static int
read_quiet(struct people *p, bool first, struct err *e)
{
	struct notify *n = p->n;
	int rc = store_silences(n->spec.store, p->now - MS_MINUTE, read_silence, p, e);

	if (rc == 0 && (first || p->digest != n->people_digest)) {
		dispatch_silences(n->dispatch, p->silences, p->n_silences);
		n->people_digest = p->digest;
	} else {
		drop_silences(p);
	}
	p->digest = 1;
	if (rc == 0)
		rc = store_acks(n->spec.store, read_ack, p, e);
	if (rc == 0 && (first || p->digest != n->acks_digest)) {
		dispatch_acks(n->dispatch, p->acks, p->n_acks);
		n->acks_digest = p->digest;
	}
	return rc;
}

int
notify_read_people(struct notify *n, int64_t now, struct err *e)
{
	struct store *s = n->spec.store;
	struct people p = {.n = n, .now = now, .digest = 1};
	int64_t version = store_data_version(s);
	bool first = n->people_at == 0, second = now >= n->people_at + MS_SECOND || n->people_at > now;
	int rc = 0;

	/* commits of our own count as changes, too: what is long is looked at once a second only */
	if (version == n->data_version && now < n->people_at + MS_MINUTE && n->people_at <= now)
		return 0;
	if (second || dispatch_next(n->dispatch) <= now)
		rc = read_quiet(&p, first, e);
	if (rc == 0 && !first && second) {
		rc = store_notifications(s, OUTBOX_OPEN, 0, false, read_open, &p, e);
		if (rc == 0)
			rc = take_retried(&p, e);
		if (rc == 0)
			drop_rows(&p);
	}
	free(p.acks);
	free(p.open);
	if (rc == 0 && second) {
		n->data_version = version;
		n->people_at = now;
	}
	return rc;
}
