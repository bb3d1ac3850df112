/*
 * agent_rules.c -- when rule groups run. A group that is due waits for a reading that began after its time, so that what it
 * sees is fresh; then it runs in a worker on a read handle of its own. Groups do not wait for each other.
 */
#include "agent_private.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/promql.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/xalloc.h"

#define RULE_TIMEOUT_MS (20 * MS_SECOND)

struct group_run {
	uv_timer_t timer;
	uv_work_t work;
	struct agent *agent;
	struct rule_group *group;
	struct store *reader;
	struct batch *out;
	struct arena *alerts_mem;
	struct alert *alerts;
	size_t n_alerts, cap_alerts;
	int64_t slot_ms; /* what the timer waits for */
	int64_t due_ms;
	bool due, running;
	size_t failed, firing;
	size_t firing_now; /* the worker's count, firing when it is done */
	double seconds;
	struct err err;
};

static void
reader_give(struct agent *a, struct store *s)
{
	if (s == NULL)
		return;
	xgrow(a->readers, a->n_readers, a->cap_readers);
	a->readers[a->n_readers++] = s;
}

struct store *
rules_job_begin(struct agent *a)
{
	a->evals_running++;
	return a->n_readers > 0 ? a->readers[--a->n_readers] : NULL;
}

int
rules_job_reader(const struct agent *a, struct store **reader, struct err *e)
{
	const struct config *c = a->now.config;
	const struct store_spec spec = {.path = c->store_path, .alive_ms = c->alive_ms};

	return *reader != NULL ? 0 : store_open(reader, &spec, STORE_READ, e);
}

void
rules_job_done(struct agent *a, struct store *reader)
{
	a->evals_running--;
	reader_give(a, reader);
	if (a->cycle.wait_jobs)
		agent_cycle_done(a);
}

static void
on_sample(void *arg, struct labels labels, int64_t t, double v, const struct histogram *h)
{
	struct group_run *g = arg;

	if (h != NULL)
		batch_histogram(g->out, labels, t, h);
	else
		batch_sample(g->out, labels, t, v);
}

static void
on_alert(void *arg, const struct alert *al)
{
	struct group_run *g = arg;

	xgrow(g->alerts, g->n_alerts, g->cap_alerts);
	g->alerts[g->n_alerts++] = alert_copy(g->alerts_mem, al);
}

static void
on_change(void *arg, const struct alert *al, enum alert_state was, enum alert_state is, const char *where)
{
	struct group_run *g = arg;
	const char *text = rule_event(g->out, g->agent->now.rules, al, is, g->due_ms);

	(void)was;
	log_line(g->agent->log, is == ALERT_FIRING ? LOG_WARN : LOG_INFO, "rules", "%s (%s)", text, where);
}

struct view_copy {
	struct batch *batch;
	struct batch_alerts *group;
	size_t firing;
};

static void
on_view(void *arg, const struct alert_view *v)
{
	struct view_copy *c = arg;

	c->firing += v->state == ALERT_FIRING;
	batch_alert(c->batch, c->group, v);
}

static void
eval_work(uv_work_t *w)
{
	struct group_run *g = w->data;
	const struct rule_sink sink = {g, on_sample, on_alert, on_change};
	struct storage storage;
	const struct promql p = {.storage = &storage,
				 .references = g->agent->now.references,
				 .limits = {.timeout_ms = RULE_TIMEOUT_MS},
				 .subquery_step_ms = g->agent->now.config->evaluation_interval_ms};
	const int64_t t0 = clock_monotonic();
	struct view_copy copy = {.batch = g->out};

	err_clear(&g->err);
	if (rules_job_reader(g->agent, &g->reader, &g->err) < 0)
		return;
	storage = store_storage(g->reader);
	g->failed = rule_group_eval(g->group, &p, g->due_ms, &sink);
	copy.group = batch_alerts(g->out, rule_group_file(g->group), rule_group_name(g->group));
	rule_group_alerts(g->group, on_view, &copy);
	g->firing_now = copy.firing;
	g->seconds = (double)(clock_monotonic() - t0) / 1000;
}

static void schedule(struct group_run *g);

static void
eval_done(uv_work_t *w, int status)
{
	struct group_run *g = w->data;
	struct agent *a = g->agent;
	const int64_t now = clock_now();

	(void)status;
	if (err_is_set(&g->err))
		log_line(a->log, LOG_ERROR, "rules", "group '%s' not evaluated: %s", rule_group_name(g->group),
			 g->err.text);
	g->running = false;
	g->firing = g->firing_now;
	/* What the evaluation made is committed with the next cycle, in front of what that reads. */
	agent_add_pending(a, g->out);
	g->out = NULL;
	if (a->notify != NULL && g->n_alerts > 0) {
		notify_alerts(a->notify, g->alerts, g->n_alerts, now);
	}
	g->n_alerts = 0;
	arena_reset(g->alerts_mem);
	rules_job_done(a, g->reader);
}

static void
eval_start(struct group_run *g)
{
	struct agent *a = g->agent;

	g->due = false;
	g->reader = rules_job_begin(a);
	g->running = true;
	g->out = batch_open();
	g->work.data = g;
	uv_queue_work(&a->loop, &g->work, eval_work, eval_done);
}

void
rules_after_cycle(struct agent *a)
{
	if (a->cycle.wait_jobs)
		return;
	for (size_t i = 0; i < a->n_groups; i++)
		if (a->groups[i]->due && !a->groups[i]->running && a->cycle.now_ms >= a->groups[i]->due_ms)
			eval_start(a->groups[i]);
	looks_after_cycle(a);
}

static void
on_due(uv_timer_t *t)
{
	struct group_run *g = t->data;
	struct agent *a = g->agent;

	/*
	 * The loop counts from when it woke, not from when the timer was set: after a long callback a timer rings early. Taken for
	 * its time, the time itself would come once more a moment later and be counted as missed.
	 */
	if (clock_now() < g->slot_ms) {
		schedule(g);
		return;
	}
	if (g->running || g->due)
		a->missed_evals++;
	else {
		g->due = true;
		g->due_ms = clock_now();
		cycle_want(a);
	}
	schedule(g);
}

static void
schedule(struct group_run *g)
{
	const int64_t now = clock_now();

	g->slot_ms = rule_group_next(g->group, now + 1);
	uv_timer_start(&g->timer, on_due, (uint64_t)(g->slot_ms - now), 0);
}

int
rules_start(struct agent *a)
{
	a->n_groups = rule_set_groups(a->now.rules);
	a->groups = xcalloc(a->n_groups + 1, sizeof *a->groups);
	for (size_t i = 0; i < a->n_groups; i++) {
		struct group_run *g = a->groups[i] = xcalloc(1, sizeof *g);

		g->agent = a;
		g->group = rule_set_group(a->now.rules, i);
		g->alerts_mem = arena_open();
		uv_timer_init(&a->loop, &g->timer);
		g->timer.data = g;
		schedule(g);
	}
	return 0;
}

static void
group_closed(uv_handle_t *h)
{
	struct group_run *g = h->data;

	arena_close(g->alerts_mem);
	free(g->alerts);
	free(g);
}

void
rules_stop(struct agent *a)
{
	for (size_t i = 0; i < a->n_groups; i++)
		uv_close((uv_handle_t *)&a->groups[i]->timer, group_closed);
	free(a->groups);
	a->groups = NULL;
	a->n_groups = 0;
	for (size_t i = 0; i < a->n_readers; i++)
		store_close(a->readers[i]);
	a->n_readers = 0;
}

size_t
rules_firing(const struct agent *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_groups; i++)
		n += a->groups[i]->firing;
	return n;
}

bool
rules_idle(const struct agent *a)
{
	return a->evals_running == 0;
}

static void
restore_one(void *arg, const struct store_alert *a)
{
	const struct alert_view v = {.name = a->name,
				     .group = a->group,
				     .file = a->file,
				     .line = a->line,
				     .labels = a->labels,
				     .annotations = a->annotations,
				     .state = (enum alert_state)a->state,
				     .active_ms = a->active_ms,
				     .fired_ms = a->fired_ms,
				     .resolved_ms = a->resolved_ms,
				     .keep_firing_since_ms = a->keep_firing_since_ms,
				     .last_sent_ms = a->last_sent_ms,
				     .for_ms = a->for_ms,
				     .value = a->value,
				     .expr = a->expr};

	rule_set_restore(arg, &v);
}

int
rules_restore(struct rule_set *rules, struct store *store, struct err *e)
{
	return store_alerts(store, restore_one, rules, e);
}
