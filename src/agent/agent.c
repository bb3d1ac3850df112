/*
 * agent.c -- starting, reloading and stopping; what the loop's timers and signals set going.
 *
 * A reload or a stop first lets the jobs that are under way end (cycle.wait_jobs), so parts are only ever replaced while
 * no worker looks at them.
 */
#include "agent_private.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/api.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"

#define METRICS_MS (15 * MS_SECOND)
#define STATUS_MS  (2 * MS_SECOND)

static void stop_now(struct agent *a);
static void reload_now(struct agent *a);
static void agent_stop(struct agent *a);
static int listen_start(struct agent *a, struct err *e);

/* ---- the loop's clockwork ---- */

static void
on_tick(uv_timer_t *t)
{
	struct agent *a = t->data;
	const int64_t now = clock_now();

	if (now - a->last_metrics_ms >= METRICS_MS) {
		agent_metrics(a, agent_pending(a), now);
		a->last_metrics_ms = now;
	}
	if (now - a->last_status_ms >= STATUS_MS) {
		agent_status(a, agent_pending(a), now);
		a->last_status_ms = now;
	}
	sd_tick(a);
	cycle_want(a);
}

static bool
jobs_idle(const struct agent *a)
{
	return !a->cycle.running && rules_idle(a);
}

void
agent_cycle_done(struct agent *a)
{
	if (a->cycle.wait_jobs) {
		if (!jobs_idle(a))
			return;
		a->cycle.wait_jobs = false;
		if (a->stopping)
			stop_now(a);
		else
			reload_now(a);
		return;
	}
	if (!a->ready && a->commits > 0) {
		a->ready = true;
		sd_ready(a);
	}
	rules_after_cycle(a);
	if ((a->cycle.wanted || a->cycle.more) && !a->cycle.running && !a->cycle.stuck)
		cycle_want(a);
}

static void
when_idle(struct agent *a)
{
	a->cycle.wait_jobs = true;
	agent_cycle_done(a);
}

/* ---- reload ---- */

static void
refuse(struct agent *a, const struct errlist *mistakes, const char *text)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < mistakes->n; i++) {
		const struct mistake *m = &mistakes->at[i];

		if (m->severity == SEVERITY_ERROR)
			log_line(a->log, LOG_ERROR, "config", "%s:%d:%d: %s", m->file, m->line, m->column, m->text);
		if (m->severity == SEVERITY_ERROR && b.len == 0)
			buf_addf(&b, "%s:%d:%d: %s", m->file, m->line, m->column, m->text);
	}
	log_line(a->log, LOG_ERROR, "config", "reload refused, the old configuration goes on: %s", text);
	a->reload_failed = true;
	a->reload_failed_ms = clock_now();
	snprintf(a->reload_error, sizeof a->reload_error, "%s", b.len > 0 ? buf_str(&b) : text);
	buf_reset(&b);
	buf_addf(&b, "configuration refused: %s", a->reload_error);
	agent_event(a, "config", "problem", "mlwatch", buf_str(&b));
	buf_release(&b);
}

/* Everything that can be wrong is found out before anything is taken down. */
static int
load_next(struct agent *a, struct epoch *next, struct notify_config **routing, struct errlist *mistakes, struct err *e)
{
	*routing = NULL;
	if (epoch_load(next, a->spec, mistakes, e) < 0)
		return -1;
	if (next->config->alerting_file != NULL &&
	    notify_config_load(routing, next->config->alerting_file, mistakes) < 0) {
		epoch_close(next);
		return err_set(e, ERR_FILE, "the alerting configuration is wrong");
	}
	if (epoch_load_rules(next, NULL, mistakes, e) < 0) {
		if (*routing != NULL)
			notify_config_close(*routing);
		epoch_close(next);
		return -1;
	}
	return 0;
}

static int
notify_start(struct agent *a, struct notify_config *routing, struct err *e)
{
	const struct notify_spec spec = {
	    .external_url = a->now.external_url, .loop = &a->loop, .store = a->store, .log = a->log};

	if (routing == NULL)
		return 0;
	if (a->notify != NULL) {
		notify_reload(a->notify, routing);
		return 0;
	}
	return notify_open(&a->notify, &spec, routing, e);
}

/* ---- the HTTP listener ---- */

static void
api_reload(void *arg)
{
	agent_reload(arg);
}

static bool
api_ready(void *arg)
{
	const struct agent *a = arg;

	return a->ready && !a->stopping;
}

static bool
api_healthy(void *arg)
{
	const struct agent *a = arg;

	return a->failed_commits == 0;
}

static int
listen_start(struct agent *a, struct err *e)
{
	const struct api_spec spec = {.config = a->now.config,
				      .config_path = a->spec->config_path,
				      .external_url = a->now.external_url,
				      .loop = &a->loop,
				      .notify = a->notify,
				      .log = a->log,
				      .started_ms = a->started_ms,
				      .arg = a,
				      .reload = api_reload,
				      .ready = api_ready,
				      .healthy = api_healthy};

	if (a->now.config->http.listen == NULL)
		return 0;
	return api_open(&a->api, &spec, e);
}

/* The new epoch takes the place of the old one; nobody looks at that any more. */
static void
take_over(struct agent *a)
{
	struct pipeline_tails *tails = pipeline_give_tails(a->now.pipeline);
	struct err e = ERR_INIT;

	rules_stop(a);
	scrapes_stop(a);
	watcher_stop(a);
	rule_set_take_over(a->next.rules, a->now.rules);
	pipeline_close(a->now.pipeline);
	a->now.pipeline = NULL;
	epoch_close(&a->now);
	a->now = a->next;
	a->next = (struct epoch){0};
	events_references(a);
	if (epoch_open_pipeline(&a->now, a->store, &e) < 0 || epoch_store_references(&a->now, a->store, &e) < 0 ||
	    notify_start(a, a->next_routing, &e) < 0 || scrapes_start(a, &e) < 0 || listen_start(a, &e) < 0)
		log_line(a->log, LOG_ERROR, "config", "reload: %s", e.text);
	a->next_routing = NULL;
	pipeline_take_tails(a->now.pipeline, tails);
	watcher_start(a);
	rules_start(a);
}

static void
reload_done(struct agent *a)
{
	a->reload_wanted = false;
	a->cycle.wait_jobs = false;
	if (a->ready)
		sd_ready(a);
	cycle_want(a);
}

static void
reload_take(void *arg)
{
	struct agent *a = arg;

	a->api = NULL;
	take_over(a);
	a->reload_failed = false;
	log_line(a->log, LOG_INFO, "config", "reloaded %s", a->spec->config_path);
	events_reloaded(a);
	reload_done(a);
	if (a->stop_wanted)
		agent_stop(a);
}

/* No job is under way. The listener looks at the configuration that goes away, so it is closed first; nothing else starts until then. */
static void
reload_now(struct agent *a)
{
	struct errlist mistakes = ERRLIST_INIT;
	struct err e = ERR_INIT;
	bool good = false;

	if (a->cycle.stuck) /* offsets in the store are behind the files read: not now */
		refuse(a, &mistakes, "the store cannot be written");
	else if (load_next(a, &a->next, &a->next_routing, &mistakes, &e) < 0)
		refuse(a, &mistakes, e.text);
	else
		good = true;
	errlist_release(&mistakes);
	if (!good) {
		reload_done(a);
		return;
	}
	a->cycle.wait_jobs = true;
	if (a->api != NULL)
		api_close(a->api, reload_take, a);
	else
		reload_take(a);
}

void
agent_reload(struct agent *a)
{
	sd_reloading(a);
	if (a->reload_wanted || a->stopping)
		return;
	a->reload_wanted = true;
	when_idle(a);
}

/* ---- stop ---- */

void
agent_handle_closed(uv_handle_t *h)
{
	(void)h;
}

static void
close_own_handles(struct agent *a)
{
	uv_close((uv_handle_t *)&a->tick, agent_handle_closed);
	for (size_t i = 0; i < sizeof a->signals / sizeof *a->signals; i++)
		uv_close((uv_handle_t *)&a->signals[i], agent_handle_closed);
}

static void
fetcher_gone(void *arg)
{
	(void)arg;
}

static void
notify_gone(void *arg)
{
	struct agent *a = arg;

	a->notify = NULL;
	fetcher_close(a->fetcher, fetcher_gone, a);
	close_own_handles(a);
}

static void
stop_parts(void *arg)
{
	struct agent *a = arg;
	struct err e = ERR_INIT;

	a->api = NULL;
	rules_stop(a);
	scrapes_stop(a);
	watcher_stop(a);
	agent_event(a, "agent", "info", "mlwatch", "agent stopped");
	agent_status(a, agent_pending(a), clock_now());
	if (cycle_final(a, &e) < 0)
		log_line(a->log, LOG_ERROR, "store", "last commit failed, its lines will be read again: %s", e.text);
	if (a->notify != NULL)
		notify_close(a->notify, notify_gone, a);
	else
		notify_gone(a);
}

static void
stop_now(struct agent *a)
{
	a->cycle.wait_jobs = true;
	if (a->api != NULL)
		api_close(a->api, stop_parts, a);
	else
		stop_parts(a);
}

/* A second time: at once. The store survives that. */
static void
agent_stop(struct agent *a)
{
	if (a->stopping)
		_exit(0);
	if (a->reload_wanted && a->cycle.wait_jobs &&
	    a->next.config != NULL) { /* in the middle of a reload: after it */
		if (a->stop_wanted)
			_exit(0);
		a->stop_wanted = true;
		return;
	}
	a->stopping = true;
	log_line(a->log, LOG_INFO, "agent", "stopping");
	sd_stopping(a);
	uv_timer_stop(&a->tick);
	when_idle(a);
}

/* The log's descriptor stays what it is; only the file behind it changes. */
static void
reopen_log(struct agent *a)
{
	int fd = open(a->spec->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		log_line(a->log, LOG_ERROR, "agent", "cannot reopen '%s'", a->spec->log_file);
	if (fd >= 0)
		close(fd);
}

static void
on_signal(uv_signal_t *s, int signum)
{
	struct agent *a = s->data;

	switch (signum) {
	case SIGHUP:
		agent_reload(a);
		break;
	case SIGTERM:
	case SIGINT:
		agent_stop(a);
		break;
	case SIGUSR1:
		if (a->spec->log_file != NULL)
			reopen_log(a);
		break;
	case SIGUSR2: {
		struct pipeline_totals t = pipeline_totals(a->now.pipeline);

		log_line(a->log, LOG_INFO, "agent",
			 "%lld lines, %lld bad, %zu rule groups, %llu commits, last took %.3f s", (long long)t.lines,
			 (long long)t.bad_lines, a->n_groups, (unsigned long long)a->commits, a->cycle.seconds);
		break;
	}
	default:
		break;
	}
}

/* ---- start ---- */

static void
start_handles(struct agent *a)
{
	static const int signals[] = {SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGPIPE};
	const uint64_t every = (uint64_t)a->now.config->commit_interval_ms;

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		uv_signal_init(&a->loop, &a->signals[i]);
		a->signals[i].data = a;
		uv_signal_start(&a->signals[i], on_signal, signals[i]);
	}
	uv_timer_init(&a->loop, &a->tick);
	a->tick.data = a;
	uv_timer_start(&a->tick, on_tick, 0, every);
}

static int
start(struct agent *a, struct notify_config *routing, struct err *e)
{
	const struct config *c = a->now.config;
	const struct store_spec spec = {.path = c->store_path,
					.widths = c->widths,
					.n_widths = c->n_widths,
					.keep_samples_ms = c->keep_samples_ms,
					.alive_ms = c->alive_ms,
					.commit_interval_ms = c->commit_interval_ms};

	if (store_open(&a->store, &spec, STORE_AGENT, e) < 0)
		return -1;
	events_references(a);
	if (epoch_store_references(&a->now, a->store, e) < 0 || epoch_open_pipeline(&a->now, a->store, e) < 0 ||
	    rules_restore(a, e) < 0)
		return -1;
	a->fetcher = fetcher_open(&a->loop, e);
	if (a->fetcher == NULL || notify_start(a, routing, e) < 0 || scrapes_start(a, e) < 0)
		return -1;
	if (listen_start(a, e) < 0)
		return -1;
	watcher_start(a);
	rules_start(a);
	start_handles(a);
	return 0;
}

static void
drain_loop(struct agent *a)
{
	uv_run(&a->loop, UV_RUN_DEFAULT);
	uv_loop_close(&a->loop);
}

int
agent_run(const struct agent_spec *spec, struct errlist *mistakes, struct err *e)
{
	struct agent *a = xcalloc(1, sizeof *a);
	struct notify_config *routing = NULL;
	int rc;

	a->spec = spec;
	a->log = spec->log;
	a->started_ms = clock_now();
	uv_loop_init(&a->loop);
	rc = load_next(a, &a->now, &routing, mistakes, e);
	if (rc == 0)
		rc = start(a, routing, e);
	if (rc == 0) {
		log_line(a->log, LOG_INFO, "agent", "mlwatch %s watches %zu logs, %zu rule groups, store %s",
			 MLWATCH_VERSION, a->now.config->n_logs, a->n_groups, a->now.config->store_path);
		events_started(a);
		drain_loop(a);
	}
	epoch_close(&a->now);
	if (a->store != NULL)
		store_close(a->store);
	config_files_close(a->files);
	free(a->readers);
	free(a);
	return rc;
}
