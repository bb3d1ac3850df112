/*
 * dispatch_open.c -- the dispatcher's life: opening, closing, another configuration, what people said, a clock that was set.
 */
#include <stdlib.h>

#include "dispatch.h"
#include "kinds.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

struct dispatch *
dispatch_open(const struct notify_config *c, due_fn *emit, void *arg, int64_t now)
{
	struct dispatch *d = xcalloc(1, sizeof *d);

	d->config = c;
	d->emit = emit;
	d->arg = arg;
	d->groups = strmap_open();
	d->channels = strmap_open();
	d->hints = strmap_open();
	d->sources = sources_open(c);
	d->next_cleanup = now + SWEEP_MS;
	return d;
}

static void
free_values(struct strmap *m, void (*fn)(void *))
{
	size_t i = 0;
	const char *key;
	void *v;

	while (strmap_next(m, &i, &key, &v))
		fn(v);
	strmap_close(m);
}

static void
free_channel(void *v)
{
	channel_free(v);
}

static void
silences_free(struct dispatch *d)
{
	for (size_t i = 0; i < d->n_silences; i++) {
		free(d->silences[i].id);
		matcher_list_release(&d->silences[i].matchers);
	}
	free(d->silences);
}

static void
strings_free(char **at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(at[i]);
	free(at);
}

void
ack_release(struct ack_row *k)
{
	free(k->by);
	free(k->comment);
}

static void
acks_free(struct dispatch *d)
{
	struct ack_row *k;

	for (size_t i = 0; (k = fpmap_next(&d->acks, &i)) != NULL;) {
		ack_release(k);
		free(k);
	}
	fpmap_release(&d->acks);
}

void
dispatch_close(struct dispatch *d)
{
	struct alert_row *a;
	size_t i = 0;

	if (d == NULL)
		return;
	groups_close(d, false);
	while ((a = fpmap_next(&d->alerts, &i)) != NULL)
		alert_free(a);
	acks_free(d);
	sources_close(d->sources, d->config->n_inhibits);
	free_values(d->channels, free_channel);
	free_values(d->hints, free);
	strmap_close(d->groups);
	fpmap_release(&d->alerts);
	fpmap_release(&d->rows);
	silences_free(d);
	strings_free(d->gone_groups, d->n_gone_groups);
	strings_free(d->gone_channels, d->n_gone_channels);
	free(d->heap);
	free(d->dirty_alerts);
	free(d->gone_alerts);
	free(d->dirty_groups);
	free(d->dirty_channels);
	free(d->scratch);
	free(d->scratch_resolved);
	free(d->dead);
	free(d);
}

void
dispatch_silences(struct dispatch *d, struct silence_row *at, size_t n)
{
	struct alert_row *a;
	size_t i = 0;

	while ((a = fpmap_next(&d->alerts, &i)) != NULL)
		a->silenced_by = NULL; /* it named one of the old */
	silences_free(d);
	d->silences = at;
	d->n_silences = n;
}

void
dispatch_acks(struct dispatch *d, const struct ack_row *at, size_t n)
{
	acks_free(d);
	for (size_t i = 0; i < n; i++)
		fpmap_set(&d->acks, at[i].fp, xmemdup(&at[i], sizeof at[i]));
}

const struct ack_row *
ack_of(const struct dispatch *d, const struct alert_row *a)
{
	const struct ack_row *k = fpmap_get(&d->acks, a->fp);

	return k != NULL && k->starts == a->starts ? k : NULL;
}

void
dispatch_restore_group(struct dispatch *d, const char *id, const struct timer_hint *hint)
{
	void *old = strmap_get(d->hints, id);

	strmap_set(d->hints, id, xmemdup(hint, sizeof *hint));
	free(old);
}

static void
forget_hints(struct dispatch *d)
{
	free_values(d->hints, free);
	d->hints = strmap_open();
}

void
dispatch_restored(struct dispatch *d)
{
	forget_hints(d);
}

void
dispatch_reconfigure(struct dispatch *d, const struct notify_config *c, int64_t now)
{
	struct alert_row *a;
	size_t i = 0;

	groups_close(d, true);
	sources_close(d->sources, d->config->n_inhibits);
	d->config = c;
	d->sources = sources_open(c);
	while ((a = fpmap_next(&d->alerts, &i)) != NULL) {
		sources_add(d, a);
		members_route(d, a);
		group_insert(d, a, now);
	}
	forget_hints(d);
}

void
dispatch_shift(struct dispatch *d, int64_t delta)
{
	struct alert_row *a;
	size_t i = 0;
	const char *key;
	void *v;

	for (size_t k = 0; k < d->n_heap; k++) {
		struct group *g = d->heap[k];
		g->next += delta;
		g->created += delta;
		g->last_flush += g->last_flush != 0 ? delta : 0;
		mark_group(d, g);
	}
	while ((a = fpmap_next(&d->alerts, &i)) != NULL) {
		a->ends += delta;
		mark_alert(d, a);
	}
	for (i = 0; strmap_next(d->channels, &i, &key, &v);) {
		struct channel *c = v;
		c->log_ms += delta;
		c->log_expires += delta;
		if (c->has_log)
			mark_channel(d, c);
	}
	d->next_cleanup += delta;
}
