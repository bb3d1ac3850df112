/*
 * dispatch_groups.c -- groups: how they come to be, who is in them, when they are due, how they go.
 *
 * A group without alerts lives on until the next sweep (every 30 s, as in Alertmanager): what comes back in between joins it and
 * waits for its group_interval, not for group_wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "kinds.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

#define MAX_ROUTES_HIT 64
/* A resolved alert in no group is forgotten after this; its rule sends it for a quarter of an hour. */
#define FORGET_MS (5 * MS_MINUTE)

void
mark_alert(struct dispatch *d, struct alert_row *a)
{
	if (a->dirty)
		return;
	a->dirty = true;
	xgrow(d->dirty_alerts, d->n_dirty_alerts, d->cap_dirty_alerts);
	d->dirty_alerts[d->n_dirty_alerts++] = a;
}

void
mark_group(struct dispatch *d, struct group *g)
{
	if (g->dirty)
		return;
	g->dirty = true;
	xgrow(d->dirty_groups, d->n_dirty_groups, d->cap_dirty_groups);
	d->dirty_groups[d->n_dirty_groups++] = g;
}

void
mark_channel(struct dispatch *d, struct channel *c)
{
	if (c->dirty)
		return;
	c->dirty = true;
	xgrow(d->dirty_channels, d->n_dirty_channels, d->cap_dirty_channels);
	d->dirty_channels[d->n_dirty_channels++] = c;
}

/* ---- the heap of groups by when they are due ---- */

static void
heap_put(struct dispatch *d, size_t i, struct group *g)
{
	d->heap[i] = g;
	g->heap_at = i;
}

void
heap_move(struct dispatch *d, struct group *g)
{
	size_t i = g->heap_at;

	while (i > 0 && d->heap[(i - 1) / 2]->next > g->next) {
		heap_put(d, i, d->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t c = 2 * i + 1;
		if (c + 1 < d->n_heap && d->heap[c + 1]->next < d->heap[c]->next)
			c++;
		if (c >= d->n_heap || d->heap[c]->next >= g->next)
			break;
		heap_put(d, i, d->heap[c]);
		i = c;
	}
	heap_put(d, i, g);
}

static void
heap_remove(struct dispatch *d, struct group *g)
{
	struct group *last = d->heap[--d->n_heap];

	if (last == g)
		return;
	heap_put(d, g->heap_at, last);
	heap_move(d, last);
}

/* ---- groups ---- */

static void
group_free(struct group *g)
{
	free(g->id);
	free(g->key);
	free(g->labels);
	free(g->alerts);
	free(g->channels);
	free(g->seen);
	free(g);
}

static struct labels
group_labels(struct arena *mem, const struct route *r, struct labels l)
{
	if (r->group_by_all)
		return l;
	return labels_keep(mem, l, (const char *const *)r->group_by.at, r->group_by.n);
}

/* {a="b", c="d"} as Go's model.LabelSet prints it. */
static void
group_key(struct buf *out, const struct route *r, struct labels l)
{
	buf_addf(out, "%s:{", r->key);
	for (size_t i = 0; i < l.n; i++) {
		buf_addf(out, "%s%s=\"", i > 0 ? ", " : "", l.at[i].name);
		for (const char *p = l.at[i].value; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_addf(out, "\\%c", *p);
			else if (*p == '\n' || *p == '\t' || *p == '\r')
				buf_addstr(out, *p == '\n' ? "\\n" : *p == '\t' ? "\\t" : "\\r");
			else
				buf_addc(out, *p);
		}
		buf_addc(out, '"');
	}
	buf_addc(out, '}');
}

static struct group *
group_create(struct dispatch *d, const struct route *r, const char *id, const char *key, struct labels labels,
	     int64_t now)
{
	struct group *g = xcalloc(1, sizeof *g);
	const struct receiver *rcv = r->receiver;

	g->id = xstrdup(id);
	g->key = xstrdup(key);
	g->route = r;
	g->labels = labels_dup(labels);
	g->created = now;
	g->next = now + r->group_wait;
	const struct timer_hint *h = strmap_get(d->hints, id);
	if (h != NULL) {
		g->created = h->created;
		g->flushed = h->flushed;
		g->last_flush = h->last_flush;
		int64_t limit = now + (h->flushed ? r->group_interval : r->group_wait);
		g->next = h->next < limit ? h->next : limit;
	}
	g->channels = xcalloc(rcv->n + 1, sizeof *g->channels);
	for (size_t i = 0; i < rcv->n; i++) {
		g->channels[i] = dispatch_channel(d, key, rcv->name, rcv->at[i].kind, rcv->at[i].index);
		g->channels[i]->group = g;
	}
	strmap_set(d->groups, id, g);
	xgrow(d->heap, d->n_heap, d->cap_heap);
	g->heap_at = d->n_heap++;
	d->heap[g->heap_at] = g;
	heap_move(d, g);
	mark_group(d, g);
	return g;
}

static struct group *
group_of(struct dispatch *d, const struct route *r, const struct alert_row *a, int64_t now)
{
	struct arena *mem = arena_open();
	struct labels l = group_labels(mem, r, *a->labels);
	struct buf key = BUF_INIT, id = BUF_INIT;

	group_key(&key, r, l);
	buf_addf(&id, "%s %s", r->path, buf_str(&key));
	struct group *g = strmap_get(d->groups, buf_str(&id));
	if (g == NULL)
		g = group_create(d, r, buf_str(&id), buf_str(&key), l, now);
	buf_release(&key);
	buf_release(&id);
	arena_close(mem);
	return g;
}

static void
group_unref(struct dispatch *d, struct group *g)
{
	if (--g->refs > 0 || !g->dead)
		return;
	for (size_t i = 0; i < d->n_groups_dead; i++) {
		if (d->dead[i] == g) {
			d->dead[i] = d->dead[--d->n_groups_dead];
			break;
		}
	}
	group_free(g);
}

/* Which routes an alert takes: found once, labels do not change. The groups are looked up when it is put into them. */
void
members_route(struct dispatch *d, struct alert_row *a)
{
	const struct route *hit[MAX_ROUTES_HIT];
	size_t n = route_match(d->config->root, *a->labels, hit, MAX_ROUTES_HIT);

	a->in = xcalloc(n, sizeof *a->in);
	a->n_in = n;
	for (size_t i = 0; i < n; i++)
		a->in[i] = (struct member){NULL, MEMBER_OUT};
}

static void
members_find(struct dispatch *d, struct alert_row *a, int64_t now)
{
	const struct route *hit[MAX_ROUTES_HIT];
	bool missing = false;

	for (size_t i = 0; i < a->n_in; i++)
		missing = missing || a->in[i].group == NULL || a->in[i].group->dead;
	if (!missing)
		return;
	size_t n = route_match(d->config->root, *a->labels, hit, MAX_ROUTES_HIT);
	for (size_t i = 0; i < n && i < a->n_in; i++) {
		struct member *m = &a->in[i];
		if (m->group != NULL && !m->group->dead)
			continue;
		if (m->group != NULL)
			group_unref(d, m->group);
		m->group = group_of(d, hit[i], a, now);
		m->group->refs++;
		m->at = MEMBER_OUT;
	}
}

void
group_insert(struct dispatch *d, struct alert_row *a, int64_t now)
{
	members_find(d, a, now);
	for (size_t i = 0; i < a->n_in; i++) {
		struct member *m = &a->in[i];
		struct group *g = m->group;
		if (m->at == MEMBER_OUT) {
			xgrow(g->alerts, g->n, g->cap);
			m->at = g->n;
			g->alerts[g->n++] = a;
		}
		/* It has waited long enough already, elsewhere or before a restart. */
		if (!g->flushed && a->starts + g->route->group_wait < now && g->next > now) {
			g->next = now;
			heap_move(d, g);
			mark_group(d, g);
		}
	}
}

static struct member *
member_of(struct alert_row *a, const struct group *g)
{
	for (size_t i = 0; i < a->n_in; i++)
		if (a->in[i].group == g)
			return &a->in[i];
	return NULL;
}

void
group_remove(struct dispatch *d, struct group *g, struct alert_row *a)
{
	struct member *m = member_of(a, g);

	(void)d;
	if (m == NULL || m->at == MEMBER_OUT)
		return;
	struct alert_row *last = g->alerts[--g->n];
	g->alerts[m->at] = last;
	member_of(last, g)->at = m->at;
	m->at = MEMBER_OUT;
}

static void
group_bury(struct dispatch *d, struct group *g)
{
	heap_remove(d, g);
	strmap_set(d->groups, g->id, NULL);
	for (size_t i = 0; i < g->route->receiver->n; i++)
		if (g->channels[i]->group == g)
			g->channels[i]->group = NULL;
	if (g->saved) {
		xgrow(d->gone_groups, d->n_gone_groups, d->cap_gone_groups);
		d->gone_groups[d->n_gone_groups++] = xstrdup(g->id);
	}
	if (g->dirty) {
		for (size_t i = 0; i < d->n_dirty_groups; i++)
			if (d->dirty_groups[i] == g)
				d->dirty_groups[i] = d->dirty_groups[--d->n_dirty_groups];
	}
	g->dead = true;
	if (g->refs == 0) {
		group_free(g);
		return;
	}
	xgrow(d->dead, d->n_groups_dead, d->cap_dead);
	d->dead[d->n_groups_dead++] = g;
}

void
alert_free(struct alert_row *a)
{
	free(a->labels);
	free(a->annotations);
	free(a->generator);
	free(a->expr);
	free(a->in);
	free(a);
}

static bool
alert_idle(const struct alert_row *a)
{
	for (size_t i = 0; i < a->n_in; i++)
		if (a->in[i].at != MEMBER_OUT)
			return false;
	return true;
}

static void
alert_forget(struct dispatch *d, struct alert_row *a)
{
	sources_remove(d, a);
	for (size_t i = 0; i < a->n_in; i++)
		if (a->in[i].group != NULL)
			group_unref(d, a->in[i].group);
	if (a->saved) {
		xgrow(d->gone_alerts, d->n_gone_alerts, d->cap_gone_alerts);
		d->gone_alerts[d->n_gone_alerts++] = a->fp;
	}
	for (size_t i = 0; a->dirty && i < d->n_dirty_alerts; i++)
		if (d->dirty_alerts[i] == a)
			d->dirty_alerts[i] = d->dirty_alerts[--d->n_dirty_alerts];
	fpmap_set(&d->alerts, a->fp, NULL);
	alert_free(a);
}

void
channel_free(struct channel *c)
{
	free(c->key);
	free(c->group_key);
	free(c->receiver);
	fpset_release(&c->log_firing);
	fpset_release(&c->log_resolved);
	fpset_release(&c->row_firing);
	fpset_release(&c->row_resolved);
	free(c);
}

static void
sweep_channels(struct dispatch *d, int64_t now)
{
	size_t i = 0, n = 0;
	const char *key;
	void *v;
	struct channel **old = xcalloc(strmap_len(d->channels) + 1, sizeof *old);

	while (strmap_next(d->channels, &i, &key, &v)) {
		struct channel *c = v;
		if (c->group == NULL && c->row == 0 && (!c->has_log || c->log_expires <= now) && !c->dirty)
			old[n++] = c;
	}
	for (i = 0; i < n; i++) {
		strmap_set(d->channels, old[i]->key, NULL);
		if (old[i]->saved) {
			xgrow(d->gone_channels, d->n_gone_channels, d->cap_gone_channels);
			d->gone_channels[d->n_gone_channels++] = xstrdup(old[i]->key);
		}
		channel_free(old[i]);
	}
	free(old);
}

void
groups_cleanup(struct dispatch *d, int64_t now)
{
	struct group **empty = xcalloc(d->n_heap + 1, sizeof *empty);
	struct alert_row **old = xcalloc(d->alerts.n + 1, sizeof *old), *a;
	size_t n = 0, i = 0;

	for (size_t k = 0; k < d->n_heap; k++)
		if (d->heap[k]->n == 0)
			empty[n++] = d->heap[k];
	for (size_t k = 0; k < n; k++)
		group_bury(d, empty[k]);
	n = 0;
	while ((a = fpmap_next(&d->alerts, &i)) != NULL)
		if (a->ends + FORGET_MS < now && alert_idle(a))
			old[n++] = a;
	for (size_t k = 0; k < n; k++)
		alert_forget(d, old[k]);
	sweep_channels(d, now);
	free(empty);
	free(old);
	d->next_cleanup = now + SWEEP_MS;
}

/* Ends every group and every alert's membership. With keep_timers what comes next finds the groups' timers. */
void
groups_close(struct dispatch *d, bool keep_timers)
{
	struct alert_row *a;
	size_t i = 0;

	while (keep_timers && i < d->n_heap) {
		struct group *g = d->heap[i++];
		dispatch_restore_group(d, g->id, &(struct timer_hint){g->next, g->created, g->last_flush, g->flushed});
	}
	i = 0;
	while ((a = fpmap_next(&d->alerts, &i)) != NULL) {
		for (size_t k = 0; k < a->n_in; k++)
			if (a->in[k].group != NULL)
				group_unref(d, a->in[k].group);
		free(a->in);
		a->in = NULL;
		a->n_in = 0;
	}
	while (d->n_heap > 0)
		group_bury(d, d->heap[d->n_heap - 1]);
}
