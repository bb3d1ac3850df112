/*
 * view.c -- what notification holds, as Alertmanager's API shows it, read from the store at one instant.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "dispatch.h"
#include "kinds.h"
#include "message.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/xalloc.h"

#define KEEP_EXPIRED_MS (5 * MS_DAY)

struct reading {
	struct notify_view *v;
	struct arena *mem;
	struct notify_view_alert *alerts;
	uint64_t *inhibited, *fps;
	size_t n_alerts, cap_alerts, cap_inhibited, cap_fps;
	struct fpmap by_fp; /* index + 1 */
	struct notify_view_group *groups;
	size_t n_groups, cap_groups;
	struct notify_view_silence *silences;
	struct matcher_list *matchers;
	size_t n_silences, cap_silences, cap_matchers;
	struct group_channel {
		const char *group_key, *receiver;
		struct notify_view_channel c;
	} * channels; /* in channel_order */
	size_t n_channels, cap_channels;
};

static void
add_alert(void *arg, const struct store_notify_alert *a)
{
	struct reading *r = arg;
	struct notify_view_alert x = {
	    .labels = labels_copy(r->mem, a->labels),
	    .annotations = labels_copy(r->mem, a->annotations),
	    .starts_ms = a->starts_ms,
	    .ends_ms = a->ends_ms,
	    .updated_ms = a->updated_ms,
	    .generator_url = arena_strdup(r->mem, a->generator_url),
	    .expr = arena_strdup(r->mem, a->expr),
	    .has_value = a->has_value,
	    .value = a->value,
	};

	fingerprint_text(x.fingerprint, a->fingerprint);
	xgrow(r->alerts, r->n_alerts, r->cap_alerts);
	if (r->cap_inhibited < r->cap_alerts) {
		r->cap_inhibited = r->cap_fps = r->cap_alerts;
		r->inhibited = xreallocarray(r->inhibited, r->cap_inhibited, sizeof *r->inhibited);
		r->fps = xreallocarray(r->fps, r->cap_fps, sizeof *r->fps);
	}
	r->inhibited[r->n_alerts] = a->inhibited_by;
	r->fps[r->n_alerts] = a->fingerprint;
	r->alerts[r->n_alerts++] = x;
	fpmap_set(&r->by_fp, a->fingerprint, (void *)(uintptr_t)r->n_alerts);
}

static struct notify_view_alert *
alert_of(struct reading *r, uint64_t fp)
{
	size_t i = (size_t)(uintptr_t)fpmap_get(&r->by_fp, fp);
	return i != 0 ? &r->alerts[i - 1] : NULL;
}

static void
add_group(void *arg, const struct store_notify_group *g)
{
	struct reading *r = arg;
	size_t n = g->members_n / 8;
	const struct notify_view_alert **at = arena_alloc(r->mem, (n + 1) * sizeof *at);
	struct notify_view_group x = {
	    .labels = labels_copy(r->mem, g->labels),
	    .key = arena_strdup(r->mem, g->key),
	    .receiver = arena_strdup(r->mem, g->receiver),
	    .route = arena_strdup(r->mem, g->route),
	    .reason = arena_strdup(r->mem, g->reason),
	    .next_flush_ms = g->next_ms,
	    .last_flush_ms = g->last_flush_ms,
	    .created_ms = g->created_ms,
	    .group_interval_ms = g->group_interval_ms,
	    .repeat_interval_ms = g->repeat_interval_ms,
	};

	for (size_t i = 0; i < n; i++) {
		uint64_t fp;
		memcpy(&fp, (const char *)g->members + 8 * i, 8);
		struct notify_view_alert *a = alert_of(r, fp);
		if (a == NULL)
			continue;
		at[x.n_alerts++] = a;
		const char **names = arena_alloc(r->mem, (a->n_receivers + 1) * sizeof *names);
		for (size_t k = 0; k < a->n_receivers; k++)
			names[k] = a->receivers[k];
		names[a->n_receivers++] = x.receiver;
		a->receivers = names;
	}
	x.alerts = at;
	if (x.n_alerts == 0)
		return;
	xgrow(r->groups, r->n_groups, r->cap_groups);
	r->groups[r->n_groups++] = x;
}

static void
add_silence(void *arg, const struct store_silence *s)
{
	struct reading *r = arg;
	struct matcher_list m = {0};
	int64_t now = r->v->now_ms;

	if (matchers_parse(&m, s->matchers, NULL) < 0) {
		matcher_list_release(&m);
		return;
	}
	xgrow(r->matchers, r->n_silences, r->cap_matchers);
	r->matchers[r->n_silences] = m;
	xgrow(r->silences, r->n_silences, r->cap_silences);
	r->silences[r->n_silences++] = (struct notify_view_silence){
	    .id = arena_strdup(r->mem, s->id),
	    .matchers = arena_strdup(r->mem, s->matchers),
	    .created_by = arena_strdup(r->mem, s->created_by),
	    .comment = arena_strdup(r->mem, s->comment),
	    .starts_ms = s->starts_ms,
	    .ends_ms = s->ends_ms,
	    .updated_ms = s->updated_ms,
	    .state = s->ends_ms <= now    ? NOTIFY_SILENCE_EXPIRED
		     : s->starts_ms > now ? NOTIFY_SILENCE_PENDING
					  : NOTIFY_SILENCE_ACTIVE,
	};
}

static int
group_order(const void *a, const void *b)
{
	const struct group_channel *x = a, *y = b;
	int d = strcmp(x->group_key, y->group_key);

	return d != 0 ? d : strcmp(x->receiver, y->receiver);
}

static int
channel_order(const void *a, const void *b)
{
	const struct group_channel *x = a, *y = b;
	int d = group_order(a, b);

	if (d == 0)
		d = strcmp(x->c.kind, y->c.kind);
	return d != 0 ? d : (x->c.index > y->c.index) - (x->c.index < y->c.index);
}

static void
add_channel(void *arg, const struct store_notify_log *l)
{
	struct reading *r = arg;

	xgrow(r->channels, r->n_channels, r->cap_channels);
	r->channels[r->n_channels++] = (struct group_channel){
	    .group_key = arena_strdup(r->mem, l->group_key),
	    .receiver = arena_strdup(r->mem, l->receiver),
	    .c = {.kind = arena_strdup(r->mem, l->kind),
		  .reason = arena_strdup(r->mem, l->reason),
		  .index = l->index,
		  .reason_ms = l->reason_ms,
		  .sent_ms = l->log_ms,
		  .error = ""},
	};
}

static int
read_channels(struct reading *r, struct store *s, struct err *e)
{
	int rc = store_notify_logs(s, add_channel, r, e);

	if (rc == 0 && r->n_channels > 1)
		qsort(r->channels, r->n_channels, sizeof *r->channels, channel_order);
	return rc;
}

/* Newest first: of two on their way, the older one is about to be replaced. */
static void
add_row(void *arg, const struct store_notification *x)
{
	struct reading *r = arg;
	const struct group_channel key = {x->group_key, x->receiver, {.kind = x->kind, .index = x->index}};
	struct group_channel *hit =
	    r->n_channels > 0 ? bsearch(&key, r->channels, r->n_channels, sizeof key, channel_order) : NULL;

	if (hit == NULL || hit->c.row != 0)
		return;
	hit->c.row = x->id;
	hit->c.attempts = x->attempts;
	hit->c.next_ms = x->next_ms;
	hit->c.error = arena_strdup(r->mem, x->error);
}

static void
add_ack(void *arg, const struct store_ack *a)
{
	struct reading *r = arg;
	struct notify_view_alert *x = alert_of(r, a->fingerprint);

	if (x == NULL || x->starts_ms != a->starts_ms)
		return;
	x->acked = true;
	x->acked_by = arena_strdup(r->mem, a->by);
	x->ack_comment = arena_strdup(r->mem, a->comment);
	x->acked_ms = a->at_ms;
}

/* Silences as they are now, not as of the last flush; resolved and silenced alerts inhibit nothing in the first case, all in the second. */
static void
set_states(struct reading *r)
{
	int64_t now = r->v->now_ms;

	for (size_t i = 0; i < r->n_alerts; i++) {
		struct notify_view_alert *a = &r->alerts[i];
		const char **by = arena_alloc(r->mem, (r->n_silences + 1) * sizeof *by);
		a->silenced_by = by;
		for (size_t k = 0; k < r->n_silences; k++) {
			if (r->silences[k].state != NOTIFY_SILENCE_ACTIVE ||
			    !matchers_match(r->matchers[k].at, r->matchers[k].n, a->labels))
				continue;
			by[a->n_silenced_by++] = r->silences[k].id;
			r->silences[k].n_alerts += a->ends_ms > now;
		}
		const struct notify_view_alert *source = r->inhibited[i] != 0 ? alert_of(r, r->inhibited[i]) : NULL;
		if (source != NULL && source->ends_ms > now) {
			const char **one = arena_alloc(r->mem, sizeof *one);
			one[0] = source->fingerprint;
			a->inhibited_by = one;
			a->n_inhibited_by = 1;
		}
		a->state = a->ends_ms <= now                          ? NOTIFY_RESOLVED
			   : a->n_silenced_by + a->n_inhibited_by > 0 ? NOTIFY_SUPPRESSED
			   : a->n_receivers == 0                      ? NOTIFY_UNPROCESSED
								      : NOTIFY_ACTIVE;
	}
}

static bool
may_repeat(const struct notify_view_group *g, bool acked_too)
{
	for (size_t i = 0; i < g->n_alerts; i++)
		if (g->alerts[i]->state == NOTIFY_ACTIVE && (acked_too || !g->alerts[i]->acked))
			return true;
	return false;
}

/* At the first look of the group after repeat_interval is over; what is handed over at every look: at the next. 0: as things are, not. */
static int64_t
repeats(const struct notify_view_group *g, const struct notify_view_channel *c)
{
	const struct kind *k = kind_by_name(c->kind);
	bool every = k != NULL && k->every_flush;
	int64_t earliest = c->sent_ms + g->repeat_interval_ms, t = g->next_flush_ms;

	if (c->sent_ms == 0 || !may_repeat(g, every))
		return 0;
	if (every)
		return t;
	if (t <= earliest && g->group_interval_ms > 0)
		t += ((earliest - t) / g->group_interval_ms + 1) * g->group_interval_ms;
	return t;
}

/* "sent" was decided; whether it is, the outbox knows. */
static const char *
true_reason(struct reading *r, const struct notify_view_channel *c)
{
	static const char sent[] = "sent: ";

	if (c->row == 0 || strncmp(c->reason, sent, sizeof sent - 1) != 0)
		return c->reason;
	return arena_printf(r->mem, "on its way: %s", c->reason + sizeof sent - 1);
}

static void
set_channels(struct reading *r)
{
	for (size_t i = 0; i < r->n_groups; i++) {
		struct notify_view_group *g = &r->groups[i];
		const struct group_channel key = {g->key, g->receiver, {0}};
		const struct group_channel *end = r->channels + r->n_channels,
					   *first = end == r->channels ? NULL
								       : bsearch(&key, r->channels, r->n_channels,
										 sizeof key, group_order);
		if (first == NULL)
			continue;
		while (first > r->channels && group_order(first - 1, &key) == 0)
			first--;
		while (first + g->n_channels < end && group_order(first + g->n_channels, &key) == 0)
			g->n_channels++;
		struct notify_view_channel *at = arena_alloc(r->mem, g->n_channels * sizeof *at);
		for (size_t k = 0; k < g->n_channels; k++) {
			at[k] = first[k].c;
			at[k].reason = true_reason(r, &at[k]);
			at[k].repeats_ms = repeats(g, &at[k]);
		}
		g->channels = at;
	}
}

static void
set_receivers(struct reading *r, struct store *s)
{
	char *text = store_get_kv(s, "notify_receivers");
	json_t *list = text != NULL ? json_loads(text, 0, NULL) : NULL, *name;
	const char **at = arena_alloc(r->mem, (json_array_size(list) + 1) * sizeof *at);
	size_t i;

	json_array_foreach(list, i, name) at[i] =
	    arena_strdup(r->mem, json_string_value(name) != NULL ? json_string_value(name) : "");
	r->v->receivers = at;
	r->v->n_receivers = json_array_size(list);
	json_decref(list);
	free(text);
}

static void
hand_over(struct reading *r)
{
	struct notify_view *v = r->v;
	struct matcher_list all = {0};

	for (size_t i = 0; i < r->n_silences; i++)
		for (size_t k = 0; k < r->matchers[i].n; k++)
			matcher_list_add(&all, r->matchers[i].at[k]);
	for (size_t i = 0, at = 0; i < r->n_silences; at += r->matchers[i++].n) {
		r->silences[i].at = all.at + at;
		r->silences[i].n = r->matchers[i].n;
		free(r->matchers[i].at);
	}
	v->matchers = all.at;
	v->n_matchers = all.n;
	v->alerts = r->alerts;
	v->n_alerts = r->n_alerts;
	v->groups = r->groups;
	v->n_groups = r->n_groups;
	v->silences = r->silences;
	v->n_silences = r->n_silences;
}

int
notify_view_read(struct notify_view *out, struct store *s, int64_t now_ms, struct arena *mem, struct err *e)
{
	struct reading r = {.v = out, .mem = mem};
	int rc = 0;

	*out = (struct notify_view){.now_ms = now_ms};
	if (store_notify_alerts(s, add_alert, &r, e) < 0 || store_notify_groups(s, add_group, &r, e) < 0 ||
	    store_silences(s, now_ms - KEEP_EXPIRED_MS, add_silence, &r, e) < 0 || read_channels(&r, s, e) < 0 ||
	    store_notifications(s, OUTBOX_OPEN, 0, false, add_row, &r, e) < 0 || store_acks(s, add_ack, &r, e) < 0)
		rc = -1;
	if (rc == 0) {
		set_states(&r);
		set_channels(&r);
		set_receivers(&r, s);
	}
	hand_over(&r);
	free(r.matchers);
	free(r.channels);
	free(r.inhibited);
	free(r.fps);
	fpmap_release(&r.by_fp);
	if (rc < 0)
		notify_view_release(out);
	return rc;
}

void
notify_view_release(struct notify_view *v)
{
	for (size_t i = 0; i < v->n_matchers; i++)
		matcher_release(&v->matchers[i]);
	free(v->matchers);
	free((void *)(uintptr_t)v->alerts);
	free((void *)(uintptr_t)v->groups);
	free((void *)(uintptr_t)v->silences);
	*v = (struct notify_view){0};
}
