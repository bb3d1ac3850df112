/*
 * replay_rules.c -- what the running agent does by the clock, at times of the past: rule groups, what mlwatch tells of itself, looks back at
 * traffic and messages.
 */
#include "replay_private.h"

#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/promql.h"
#include "mlwatch/xalloc.h"
#include "notified.h"
#include "traffic.h"

#define METRICS_MS (15 * MS_SECOND)
#define LOOK_MS    MS_MINUTE

static void
on_sample(void *arg, struct labels labels, int64_t t, double v, const struct histogram *h)
{
	struct replay *r = arg;

	if (h != NULL)
		batch_histogram(r->pending, labels, t, h);
	else
		batch_sample(r->pending, labels, t, v);
}

static void
on_alert(void *arg, const struct alert *a)
{
	struct replay *r = arg;

	xgrow(r->alerts, r->n_alerts, r->cap_alerts);
	r->alerts[r->n_alerts++] = alert_copy(r->alerts_mem, a);
}

static void
on_change(void *arg, const struct alert *a, enum alert_state was, enum alert_state is, const char *where)
{
	struct replay *r = arg;

	rule_event(r->pending, r->ep.rules, a, is, r->now_ms);
	if (is == ALERT_FIRING)
		r->out->alerts_fired++;
	(void)was;
	(void)where;
}

struct view_copy {
	struct batch *batch;
	struct batch_alerts *group;
};

static void
on_view(void *arg, const struct alert_view *v)
{
	struct view_copy *c = arg;

	batch_alert(c->batch, c->group, v);
}

static int
notify_group(struct replay *r, struct err *e)
{
	uint64_t sent;

	if (r->notify == NULL)
		return 0;
	notify_alerts(r->notify, r->alerts, r->n_alerts, r->now_ms);
	notify_replay_until(r->notify, r->now_ms, r->spec->stop);
	sent = notify_counts(r->notify).sent;
	if (sent == r->sent)
		return 0;
	r->sent = sent;
	return notified_look(r->store, r->now_ms, replay_pending(r), e);
}

static int
eval_group(struct replay *r, struct rule_group *g, struct err *e)
{
	const struct rule_sink sink = {r, on_sample, on_alert, on_change};
	struct storage storage = store_storage(r->store);
	const struct promql p = {.storage = &storage,
				 .references = r->ep.references,
				 .subquery_step_ms = r->ep.config->evaluation_interval_ms};
	struct view_copy copy = {replay_pending(r), NULL};
	int rc;

	rule_group_eval(g, &p, r->now_ms, &sink);
	copy.group = batch_alerts(r->pending, rule_group_file(g), rule_group_name(g));
	rule_group_alerts(g, on_view, &copy);
	r->out->evaluations++;
	rc = notify_group(r, e);
	r->n_alerts = 0;
	arena_reset(r->alerts_mem);
	return rc;
}

/* What the agent would have told of itself by now; its own memory and commits are not of that time. */
static int
be_agent(struct replay *r, struct err *e)
{
	if (r->now_ms - r->metrics_ms >= METRICS_MS) {
		pipeline_metrics(r->ep.pipeline, replay_pending(r), r->now_ms);
		if (r->notify != NULL && r->spec->notify)
			notify_metrics(r->notify, replay_pending(r), r->now_ms);
		replay_status(r, false);
		r->metrics_ms = r->now_ms;
	}
	if (r->now_ms - r->looks_ms < LOOK_MS)
		return 0;
	r->looks_ms = r->now_ms;
	return traffic_look(r->store, r->now_ms, replay_pending(r), e);
}

void
replay_first_times(struct replay *r)
{
	const size_t n = rule_set_groups(r->ep.rules);

	r->next = xcalloc(n + 1, sizeof *r->next);
	for (size_t i = 0; i < n; i++)
		r->next[i] = rule_group_next(rule_set_group(r->ep.rules, i), r->now_ms + 1);
	r->looks_ms = r->now_ms + TRAFFIC_SPAN_MS - LOOK_MS;
}

/* The group that is due first, or how many there are: none is due. */
static size_t
first_due(const struct replay *r, size_t n, int64_t until)
{
	size_t first = n;

	for (size_t i = 0; i < n; i++)
		if (r->next[i] <= until && (first == n || r->next[i] < r->next[first]))
			first = i;
	return first;
}

int64_t
replay_due(const struct replay *r)
{
	const size_t n = rule_set_groups(r->ep.rules), i = first_due(r, n, INT64_MAX - 1);

	return i < n ? r->next[i] : INT64_MAX;
}

int
replay_rules(struct replay *r, int64_t until, struct err *e)
{
	const size_t n = rule_set_groups(r->ep.rules);
	size_t i;

	while ((i = first_due(r, n, until)) < n) {
		struct rule_group *g = rule_set_group(r->ep.rules, i);

		r->now_ms = r->next[i];
		r->next[i] = rule_group_next(g, r->now_ms + 1);
		if (be_agent(r, e) < 0 || eval_group(r, g, e) < 0 || replay_commit(r, e) < 0)
			return -1;
	}
	r->now_ms = until;
	return be_agent(r, e);
}
