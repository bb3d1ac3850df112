/*
 * dispatch_flush.c -- what a group does when it is due: mute what is inhibited, out of its time or silenced, then ask for every
 * integration whether its receiver knows all of it already.
 *
 * Unlike Alertmanager, an integration that cannot deliver does not hold up the others of its group: each has at most one notification
 * on its way, which is replaced while it waits and looked at again when it is under way.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "kinds.h"
#include "message.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

const char *const reason_text[N_REASONS] = {
    [REASON_NONE] = "not looked at yet",
    [REASON_FIRST] = "sent: first notification of the group",
    [REASON_FIRING] = "sent: new alerts fire",
    [REASON_RESOLVED_ALL] = "sent: all alerts are resolved",
    [REASON_RESOLVED_SOME] = "sent: some alerts are resolved",
    [REASON_REPEAT] = "sent: repeat_interval is over",
    [REASON_HAND_OVER] = "sent: handed over at every flush",
    [QUIET_UNCHANGED] = "not sent: nothing changed and repeat_interval is not over",
    [QUIET_NEVER_SENT] = "not sent: resolved before anything was sent",
    [QUIET_INHIBITED] = "not sent: all alerts are inhibited",
    [QUIET_SILENCED] = "not sent: all alerts are silenced",
    [QUIET_MUTED] = "not sent: muted by a time interval of the route",
    [QUIET_INACTIVE] = "not sent: outside the active time intervals of the route",
    [QUIET_ACKED] = "not sent: acknowledged, no repeats",
    [QUIET_ON_ITS_WAY] = "not sent again: the same is on its way",
    [QUIET_NO_RESOLVED] = "not sent: resolved, and the receiver does not want that (send_resolved)",
    [QUIET_GIVEN_UP] = "given up: it could not be delivered, see mlwatch notifications --failed",
    [QUIET_STORE] = "not sent: the store could not keep it, tried again soon",
    [QUIET_NO_SENDER] = "not sent: the receiver has nothing that mlwatch can send to",
};

static int
fp_order(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return (a > b) - (a < b);
}

struct picture { /* the alerts of a flush that nothing mutes */
	struct alert_row **alerts;
	bool *resolved;
	size_t n;
	struct fpset firing, gone;
	bool all_acked;
};

static int
row_order(const void *pa, const void *pb)
{
	const struct alert_row *a = *(struct alert_row *const *)pa, *b = *(struct alert_row *const *)pb;
	return message_order(*a->labels, *b->labels);
}

static const char *
silence_of(const struct dispatch *d, const struct alert_row *a, int64_t now)
{
	for (size_t i = 0; i < d->n_silences; i++) {
		const struct silence_row *s = &d->silences[i];
		if (s->starts <= now && now < s->ends && matchers_match(s->matchers.at, s->matchers.n, *a->labels))
			return s->id;
	}
	return NULL;
}

static bool
in_any(const struct time_interval *const *at, size_t n, int64_t now)
{
	for (size_t i = 0; i < n; i++)
		if (interval_contains(at[i], now))
			return true;
	return false;
}

/* Alertmanager's order: inhibition, active times, mute times, silences. REASON_NONE: something is left in the picture. */
static enum reason
mute(struct dispatch *d, const struct group *g, struct picture *p, int64_t now)
{
	const struct route *r = g->route;
	size_t kept = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct alert_row *a = p->alerts[i];
		uint64_t by = inhibited_by(d, a, now);
		if (a->inhibited_by != by)
			mark_alert(d, a);
		a->inhibited_by = by;
		a->silenced_by = silence_of(d, a, now);
		if (a->inhibited_by == 0)
			p->alerts[kept++] = a;
	}
	p->n = kept;
	if (kept == 0)
		return QUIET_INHIBITED;
	if (r->active.n > 0 && !in_any(r->active_at, r->active.n, now))
		return QUIET_INACTIVE;
	if (in_any(r->mute_at, r->mute.n, now))
		return QUIET_MUTED;
	kept = 0;
	for (size_t i = 0; i < p->n; i++)
		if (p->alerts[i]->silenced_by == NULL)
			p->alerts[kept++] = p->alerts[i];
	p->n = kept;
	return kept == 0 ? QUIET_SILENCED : REASON_NONE;
}

static void
sets(const struct dispatch *d, struct picture *p, int64_t now)
{
	p->firing.at = xcalloc(p->n + 1, sizeof *p->firing.at);
	p->gone.at = xcalloc(p->n + 1, sizeof *p->gone.at);
	p->all_acked = true;
	for (size_t i = 0; i < p->n; i++) {
		const struct alert_row *a = p->alerts[i];
		p->resolved[i] = row_resolved(a, now);
		if (p->resolved[i]) {
			p->gone.at[p->gone.n++] = a->fp;
		} else {
			p->firing.at[p->firing.n++] = a->fp;
			p->all_acked = p->all_acked && ack_of(d, a) != NULL;
		}
	}
	qsort(p->firing.at, p->firing.n, sizeof *p->firing.at, fp_order);
	qsort(p->gone.at, p->gone.n, sizeof *p->gone.at, fp_order);
}

/* What Alertmanager's DedupStage asks. */
static enum reason
needs_update(const struct channel *c, const struct integration *in, const struct picture *p, int64_t repeat,
	     int64_t now)
{
	if (!c->has_log)
		return p->firing.n > 0 ? REASON_FIRST : QUIET_NEVER_SENT;
	if (!fpset_subset(&p->firing, &c->log_firing))
		return REASON_FIRING;
	if (p->firing.n == 0)
		return c->log_firing.n > 0 ? REASON_RESOLVED_ALL : QUIET_NEVER_SENT;
	if (in->conf->send_resolved && !fpset_subset(&p->gone, &c->log_resolved))
		return REASON_RESOLVED_SOME;
	if (in->kind->every_flush)
		return REASON_HAND_OVER;
	if (c->log_ms >= now - repeat)
		return QUIET_UNCHANGED;
	return p->all_acked ? QUIET_ACKED : REASON_REPEAT;
}

/* What waits says what does not hold any more; when it is under way, the group looks again right after. */
static void
withdraw(struct dispatch *d, struct group *g, size_t i, int64_t now)
{
	struct channel *c = g->channels[i];

	if (c->row == 0)
		return;
	if (c->sending) {
		c->again = true;
		return;
	}
	d->emit(
	    d->arg,
	    &(struct due){
		.group = g, .channel = c, .integration = &g->route->receiver->at[i], .replaces = c->row, .now = now});
	channel_forget(d, c);
}

/* One integration: false when its notification could not be kept. */
static bool
offer(struct dispatch *d, struct group *g, size_t i, struct picture *p, int64_t now)
{
	struct channel *c = g->channels[i];
	const struct integration *in = &g->route->receiver->at[i];
	enum reason why = needs_update(c, in, p, g->route->repeat_interval, now);

	if (why >= QUIET_UNCHANGED) {
		withdraw(d, g, i, now);
		channel_explain(d, c, why, now);
		return true;
	}
	if (c->row != 0 && fpset_equal(&c->row_firing, &p->firing) && fpset_equal(&c->row_resolved, &p->gone)) {
		channel_explain(d, c, QUIET_ON_ITS_WAY, now);
		return true;
	}
	if (c->row != 0 && c->sending) {
		c->again = true;
		return true;
	}
	if (!in->conf->send_resolved && p->firing.n == 0) {
		/* Nothing to say, but from now on nothing is firing there. */
		withdraw(d, g, i, now);
		channel_told(d, c, &p->firing, &p->gone, g->route->repeat_interval, now);
		channel_explain(d, c, QUIET_NO_RESOLVED, now);
		return true;
	}
	struct due due = {g, c, in, p->alerts, p->resolved, p->n, why, c->row, now};
	int64_t row = d->emit(d->arg, &due);
	if (row <= 0) {
		channel_explain(d, c, QUIET_STORE, now);
		return false;
	}
	dispatch_row(d, c, row, fpset_copy(&p->firing), fpset_copy(&p->gone), g->route->repeat_interval);
	c->group = g;
	channel_explain(d, c, why, now);
	return true;
}

/* Resolved alerts leave the group once everybody who should know of it does; one that came anew since then stays. */
void
group_settle(struct dispatch *d, struct group *g)
{
	if (g->failed)
		return;
	for (size_t i = 0; i < g->route->receiver->n; i++)
		if (g->channels[i]->row != 0 || g->channels[i]->again)
			return;
	for (size_t i = 0; i < g->n_seen; i++) {
		struct alert_row *a = fpmap_get(&d->alerts, g->seen[i].fp);
		if (a != NULL && a->updated == g->seen[i].updated)
			group_remove(d, g, a);
	}
	if (g->n_seen > 0)
		mark_group(d, g);
	free(g->seen);
	g->seen = NULL;
	g->n_seen = 0;
}

static void
take_picture(struct dispatch *d, struct group *g, struct picture *p)
{
	if (d->cap_scratch < g->n) {
		d->cap_scratch = g->n * 2;
		d->scratch = xreallocarray(d->scratch, d->cap_scratch, sizeof *d->scratch);
		d->scratch_resolved = xreallocarray(d->scratch_resolved, d->cap_scratch, sizeof *d->scratch_resolved);
	}
	memcpy(d->scratch, g->alerts, g->n * sizeof *d->scratch);
	qsort(d->scratch, g->n, sizeof *d->scratch, row_order);
	*p = (struct picture){.alerts = d->scratch, .resolved = d->scratch_resolved, .n = g->n};
}

static void
remember_resolved(struct group *g, int64_t now)
{
	free(g->seen);
	g->seen = xcalloc(g->n + 1, sizeof *g->seen);
	g->n_seen = 0;
	for (size_t i = 0; i < g->n; i++)
		if (row_resolved(g->alerts[i], now))
			g->seen[g->n_seen++] = (struct seen){g->alerts[i]->fp, g->alerts[i]->updated};
}

void
group_flush(struct dispatch *d, struct group *g, int64_t now)
{
	struct picture p;
	bool kept = true;

	g->flushed = true;
	g->failed = false;
	g->last_flush = now;
	g->next = now + g->route->group_interval;
	if (g->n == 0) {
		heap_move(d, g);
		return;
	}
	mark_group(d, g);
	remember_resolved(g, now);
	take_picture(d, g, &p);
	g->reason = mute(d, g, &p, now);
	g->reason_ms = now;
	if (g->reason == REASON_NONE) {
		sets(d, &p, now);
		for (size_t i = 0; i < g->route->receiver->n; i++)
			kept = offer(d, g, i, &p, now) && kept;
		g->reason = g->route->receiver->n > 0 ? g->channels[0]->reason : QUIET_NO_SENDER;
		fpset_release(&p.firing);
		fpset_release(&p.gone);
	} else {
		for (size_t i = 0; i < g->route->receiver->n; i++) {
			struct channel *c = g->channels[i];
			if (!c->sending && c->row_resolved.n == 0) /* that something is over is told all the same */
				withdraw(d, g, i, now);
			channel_explain(d, c, g->reason, now);
		}
	}
	if (!kept) {
		g->failed = true;
		g->next = now + MS_SECOND;
	}
	heap_move(d, g);
	group_settle(d, g);
}

/* One integration whose last notification went out while the group had more to say. */
void
group_again(struct dispatch *d, struct group *g, struct channel *ch, int64_t now)
{
	struct picture p;

	ch->again = false;
	if (g->n == 0)
		return;
	take_picture(d, g, &p);
	if (mute(d, g, &p, now) == REASON_NONE) {
		sets(d, &p, now);
		for (size_t i = 0; i < g->route->receiver->n; i++)
			if (g->channels[i] == ch)
				offer(d, g, i, &p, now);
		fpset_release(&p.firing);
		fpset_release(&p.gone);
	}
}
