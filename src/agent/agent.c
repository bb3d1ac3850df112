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
			reload_jobs_idle(a);
		return;
	}
	if (!a->ready && a->commits > 0) {
		a->ready = true;
		sd_ready(a);
	}
	if (reload_wants_idle(a)) {
		agent_when_idle(a);
		return;
	}
	rules_after_cycle(a);
	if ((a->cycle.wanted || a->cycle.is.more) && !a->cycle.running && !a->cycle.is.stuck)
		cycle_want(a);
}

void
agent_when_idle(struct agent *a)
{
	a->cycle.wait_jobs = true;
	agent_cycle_done(a);
}

/* ---- notification ---- */

static void
notify_left(void *arg)
{
	(void)arg;
}

int
notify_start(struct agent *a, struct notify_config *routing, struct err *e)
{
	const struct notify_spec spec = {
	    .external_url = a->now.external_url, .loop = &a->loop, .store = a->store, .log = a->log};

	if (routing == NULL) {
		if (a->notify != NULL)
			notify_close(a->notify, notify_left, NULL);
		a->notify = NULL;
		return 0;
	}
	if (a->notify != NULL) {
		notify_reload(a->notify, routing);
		return 0;
	}
	return notify_open(&a->notify, &spec, routing, e);
}

/* ---- the HTTP listener ---- */

static void
on_reload(void *arg)
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

	return a->failed_commits == 0 && !a->store_moved;
}

int
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
				      .reload = on_reload,
				      .ready = api_ready,
				      .healthy = api_healthy};

	if (a->api != NULL)
		return api_resume(a->api, &spec, e);
	if (a->now.config->http.listen == NULL)
		return 0;
	return api_open(&a->api, &spec, e);
}

/* ---- stop ---- */

static void
stop_at_once(int signum)
{
	(void)signum;
	_exit(0);
}

/* libuv gives a signal back as it was; but what is left to be done may take a while, and a second TERM is no failure. */
static void
close_own_handles(struct agent *a)
{
	const struct sigaction again = {.sa_handler = stop_at_once};
	sigset_t ending, before;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ending, &before);
	uv_close((uv_handle_t *)&a->tick, NULL);
	for (size_t i = 0; i < sizeof a->signals / sizeof *a->signals; i++)
		uv_close((uv_handle_t *)&a->signals[i], NULL);
	sigaction(SIGTERM, &again, NULL);
	sigaction(SIGINT, &again, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
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
committed_all(struct agent *a)
{
	if (a->notify != NULL)
		notify_close(a->notify, notify_gone, a);
	else
		notify_gone(a);
}

static void
stop_parts(void *arg)
{
	struct agent *a = arg;

	a->api = NULL;
	rules_stop(a);
	scrapes_stop(a);
	watcher_stop(a);
	agent_event(a, "agent", "info", "mlwatch", "agent stopped");
	agent_status(a, agent_pending(a), clock_now());
	cycle_final(a, committed_all);
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

void
agent_stop(struct agent *a)
{
	if (!reload_gives_way(a))
		return;
	a->stopping = true;
	log_line(a->log, LOG_INFO, "agent", "stopping");
	sd_stopping(a);
	uv_timer_stop(&a->tick);
	agent_when_idle(a);
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
		if (a->stopping || a->reload.stop_wanted) /* a second time: at once, the store survives that */
			stop_at_once(signum);
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
			 (long long)t.bad_lines, a->n_groups, (unsigned long long)a->commits, a->cycle.is.seconds);
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
	if (settle_epoch(&a->now, a->store, agent_pending(a), e) < 0 || rules_restore(a->now.rules, a->store, e) < 0)
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
	rc = load_epoch(&a->now, &routing, spec, mistakes, e);
	if (rc == 0)
		rc = start(a, routing, e);
	if (rc == 0) {
		log_mistakes(a, mistakes, SEVERITY_WARNING, NULL);
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
