/*
 * replay.c -- past logs through the whole pipeline into a store: the same stages as the running agent, one after the other, with
 * rules evaluated at event time. "Would these rules have paged me?"
 *
 * A piece of the log is read and committed, then every rule group runs at each of its times up to where the log has come. What fires
 * goes through routing at event time; nobody is notified unless that is asked for.
 */
#include "agent_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/progress.h"
#include "mlwatch/promql.h"
#include "mlwatch/xalloc.h"

#define PIECE_BYTES ((size_t)1 << 20)

struct replay {
	const struct replay_spec *spec;
	struct epoch ep;
	struct store *store;
	struct notify *notify; /* NULL: no alerting configuration */
	uv_loop_t loop;        /* of the notifier */
	struct arena *alerts_mem;
	struct alert *alerts; /* of the evaluation that runs */
	size_t n_alerts, cap_alerts;
	struct batch *evaluated; /* what the rules made since the last commit */
	int64_t *next;           /* per group: when it runs next, event time */
	struct progress *progress;
	int64_t total_bytes, started_mono;
	struct replay_result *out;
};

static void
on_sample(void *arg, struct labels labels, int64_t t, double v, const struct histogram *h)
{
	struct replay *r = arg;

	if (h != NULL)
		batch_histogram(r->evaluated, labels, t, h);
	else
		batch_sample(r->evaluated, labels, t, v);
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

	rule_event(r->evaluated, a, was, is, r->out->last_ms);
	if (is == ALERT_FIRING)
		r->out->alerts_fired++;
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

static void
eval_group(struct replay *r, struct rule_group *g, int64_t t)
{
	const struct rule_sink sink = {r, on_sample, on_alert, on_change};
	struct storage storage = store_storage(r->store);
	const struct promql p = {.storage = &storage,
				 .references = r->ep.references,
				 .subquery_step_ms = r->ep.config->evaluation_interval_ms};
	struct view_copy copy = {r->evaluated, NULL};

	r->out->last_ms = t;
	rule_group_eval(g, &p, t, &sink);
	copy.group = batch_alerts(r->evaluated, rule_group_file(g), rule_group_name(g));
	rule_group_alerts(g, on_view, &copy);
	r->out->evaluations++;
	if (r->notify != NULL) {
		notify_alerts(r->notify, r->alerts, r->n_alerts, t);
		notify_replay_until(r->notify, t, r->spec->stop);
	}
	r->n_alerts = 0;
	arena_reset(r->alerts_mem);
}

static int
commit(struct replay *r, struct batch *b, struct err *e)
{
	int rc;

	if (r->evaluated != NULL)
		r->evaluated->next = b;
	rc = batch_commit(r->evaluated != NULL ? r->evaluated : b, r->store, clock_now(), e);
	batch_close(r->evaluated);
	batch_close(b);
	r->evaluated = NULL;
	if (rc == 0)
		pipeline_committed(r->ep.pipeline);
	return rc;
}

/* Runs what is due up to `until`, in order of time; recorded series are committed between steps so that other groups see them. */
static int
evaluate(struct replay *r, int64_t until, struct err *e)
{
	const size_t n = rule_set_groups(r->ep.rules);

	for (;;) {
		size_t first = n;

		for (size_t i = 0; i < n; i++)
			if (r->next[i] <= until && (first == n || r->next[i] < r->next[first]))
				first = i;
		if (first == n)
			return 0;
		if (r->evaluated == NULL)
			r->evaluated = batch_open();
		eval_group(r, rule_set_group(r->ep.rules, first), r->next[first]);
		r->next[first] = rule_group_next(rule_set_group(r->ep.rules, first), r->next[first] + 1);
		if (commit(r, NULL, e) < 0)
			return -1;
	}
}

static void
first_times(struct replay *r, int64_t from)
{
	const size_t n = rule_set_groups(r->ep.rules);

	r->next = xcalloc(n + 1, sizeof *r->next);
	for (size_t i = 0; i < n; i++)
		r->next[i] = rule_group_next(rule_set_group(r->ep.rules, i), from);
	r->out->first_ms = from;
}

/* --speed: event time may run this many times as fast as the clock. */
static void
pace(const struct replay *r, int64_t event_ms)
{
	double due, is;

	if (r->spec->speed <= 0 || r->out->first_ms == 0)
		return;
	due = (double)(event_ms - r->out->first_ms) / r->spec->speed;
	is = (double)(clock_monotonic() - r->started_mono);
	if (due > is)
		usleep((useconds_t)((due - is < 1000 ? due - is : 1000) * 1000));
}

static int
run(struct replay *r, struct err *e)
{
	bool more = true;

	while (more) {
		struct batch *b = batch_open();
		struct pipeline_totals t;

		more = pipeline_read(r->ep.pipeline, clock_now(), PIECE_BYTES, MS_MINUTE, b);
		if (commit(r, b, e) < 0)
			return -1;
		t = pipeline_totals(r->ep.pipeline);
		r->out->lines = t.lines;
		r->out->bad_lines = t.bad_lines;
		r->out->bytes = t.bytes;
		if (r->next == NULL && t.newest_ms > 0)
			first_times(r, pipeline_oldest(r->ep.pipeline));
		if (r->next != NULL && evaluate(r, t.newest_ms, e) < 0)
			return -1;
		r->out->last_ms = t.newest_ms;
		while (store_housekeep(r->store, t.newest_ms, e))
			;
		progress_update(r->progress, t.bytes, t.lines);
		pace(r, t.newest_ms);
		if (r->spec->stop != NULL && *r->spec->stop) {
			r->out->interrupted = more;
			return 0;
		}
	}
	return 0;
}

/* The chosen log becomes the only one and follows the given files. */
static int
choose_log(struct config *c, const struct replay_spec *spec, struct err *e)
{
	size_t at = c->n_logs;

	for (size_t i = 0; i < c->n_logs; i++)
		if (spec->job == NULL || strcmp(c->logs[i].job, spec->job) == 0)
			at = at == c->n_logs ? i : at;
	if (at == c->n_logs)
		return err_set(e, ERR_USAGE, "the configuration has no prediction log '%s'",
			       spec->job != NULL ? spec->job : "");
	if (spec->job == NULL && c->n_logs > 1)
		return err_set(e, ERR_USAGE, "the configuration has %zu prediction logs, choose one with --job",
			       c->n_logs);
	if (at != 0) {
		struct config_log chosen = c->logs[at];

		c->logs[at] = c->logs[0];
		c->logs[0] = chosen;
	}
	return 0;
}

static int
open_all(struct replay *r, struct errlist *mistakes, struct err *e)
{
	const struct agent_spec spec = {.config_path = r->spec->config_path, .store_path = r->spec->store_path};
	struct store_spec store;
	struct config *c;

	if (epoch_load(&r->ep, &spec, mistakes, e) < 0 || epoch_load_rules(&r->ep, NULL, mistakes, e) < 0)
		return -1;
	c = r->ep.config;
	if (choose_log(c, r->spec, e) < 0)
		return -1;
	store = (struct store_spec){.path = c->store_path,
				    .widths = c->widths,
				    .n_widths = c->n_widths,
				    .keep_samples_ms = c->keep_samples_ms,
				    .alive_ms = c->alive_ms};
	if (store_open(&r->store, &store, STORE_AGENT, e) < 0 || epoch_store_references(&r->ep, r->store, e) < 0)
		return -1;
	return 0;
}

static int
open_pipeline(struct replay *r, struct err *e)
{
	struct config *c = r->ep.config;
	struct tail_spec was = c->logs[0].tail;
	const size_t n_logs = c->n_logs;
	int rc;

	c->logs[0].tail.paths = (char **)r->spec->files;
	c->logs[0].tail.n_paths = r->spec->n_files;
	c->logs[0].tail.from_end = false;
	c->n_logs = 1;
	rc = epoch_open_pipeline(&r->ep, r->store, e);
	if (rc == 0)
		rc = run(r, e);
	pipeline_close(r->ep.pipeline);
	r->ep.pipeline = NULL;
	c->logs[0].tail = was;
	c->n_logs = n_logs;
	return rc;
}

/* ---- routing ---- */

static int
notify_start_replay(struct replay *r, struct errlist *mistakes, struct err *e)
{
	const struct notify_spec spec = {
	    .external_url = r->ep.external_url, .loop = &r->loop, .store = r->store, .log = r->spec->log};
	const char *file = r->ep.config->alerting_file;
	struct notify_config *routing;

	if (file == NULL && r->spec->notify)
		return err_set(e, ERR_USAGE, "--notify: the configuration has no alerting section");
	if (file == NULL)
		return 0;
	if (notify_config_load(&routing, file, mistakes) < 0)
		return err_set(e, ERR_FILE, "the alerting configuration is wrong");
	r->out->routed = true;
	return notify_replay_open(&r->notify, &spec, routing, r->spec->notify, e);
}

static void
notify_gone(void *arg)
{
	*(struct notify **)arg = NULL;
}

static void
notify_end_replay(struct replay *r)
{
	if (r->notify != NULL) {
		struct notify_counts c = notify_counts(r->notify);
		r->out->notifications = (int64_t)c.sent;
		r->out->given_up = (int64_t)c.given_up;
		notify_close(r->notify, notify_gone, &r->notify);
	}
	uv_run(&r->loop, UV_RUN_DEFAULT);
	uv_loop_close(&r->loop);
}

int
agent_replay(const struct replay_spec *spec, struct replay_result *out, struct errlist *mistakes, struct err *e)
{
	struct replay r = {.spec = spec, .out = out, .started_mono = clock_monotonic()};
	int rc;

	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < spec->n_files; i++) {
		struct stat st;

		if (stat(spec->files[i], &st) < 0)
			return err_set(e, ERR_WORLD, "cannot read '%s'", spec->files[i]);
		r.total_bytes += st.st_size;
	}
	r.progress = progress_open("replay", "records", r.total_bytes, (enum progress_mode)spec->progress);
	uv_loop_init(&r.loop);
	r.alerts_mem = arena_open();
	rc = open_all(&r, mistakes, e);
	if (rc == 0)
		rc = notify_start_replay(&r, mistakes, e);
	if (rc == 0)
		rc = open_pipeline(&r, e);
	progress_close(r.progress);
	notify_end_replay(&r);
	arena_close(r.alerts_mem);
	free(r.alerts);
	out->seconds = (double)(clock_monotonic() - r.started_mono) / 1000;
	free(r.next);
	epoch_close(&r.ep);
	if (r.store != NULL)
		store_close(r.store);
	return rc;
}
