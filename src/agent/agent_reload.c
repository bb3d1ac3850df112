/*
 * agent_reload.c -- another configuration while the agent runs, in three steps that a mistake can end without a trace:
 *
 *   loading   a worker reads all files: the configuration, rules, references, routing. Everything else goes on meanwhile.
 *   waiting   no job is begun any more; those under way end, queries over HTTP too (those that come wait).
 *   settling  a worker asks the store how far the logs were read and puts the references there.
 *
 * Then, between two turns of the loop, the new epoch takes the place of the old one. The HTTP listener stays open when what it listens
 * on stays the same.
 */
#include "agent_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "mlwatch/api.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"

#define STORE_WAIT_MS (10 * MS_SECOND)

void
log_mistakes(struct agent *a, const struct errlist *mistakes, enum severity sev, struct buf *first)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < mistakes->n; i++) {
		const struct mistake *m = &mistakes->at[i];
		if (m->severity != sev)
			continue;
		buf_reset(&b);
		buf_addstr(&b, m->file);
		if (m->line > 0)
			buf_addf(&b, ":%d:%d", m->line, m->column);
		buf_addf(&b, "%s%s", b.len > 0 ? ": " : "", m->text);
		log_line(a->log, sev == SEVERITY_ERROR ? LOG_ERROR : LOG_WARN, "config", "%s", buf_str(&b));
		if (first != NULL && first->len == 0)
			buf_addstr(first, buf_str(&b));
	}
	buf_release(&b);
}

static void
refuse(struct agent *a, const struct errlist *mistakes, const char *text)
{
	struct buf b = BUF_INIT;

	log_mistakes(a, mistakes, SEVERITY_ERROR, &b);
	log_line(a->log, LOG_ERROR, "config", "reload refused, the old configuration goes on: %s", text);
	a->reload_failed = true;
	a->reload_failed_ms = clock_now();
	snprintf(a->reload_error, sizeof a->reload_error, "%s",
		 b.len > 0 ? config_short_path(a->now.config, buf_str(&b)) : text);
	buf_reset(&b);
	buf_addf(&b, "configuration refused: %s", a->reload_error);
	agent_event(a, "config", "problem", "mlwatch", buf_str(&b));
	buf_release(&b);
}

int
load_epoch(struct epoch *next, struct notify_config **routing, const struct agent_spec *spec, struct errlist *mistakes,
	   struct err *e)
{
	*routing = NULL;
	if (epoch_load(next, spec, mistakes, e) < 0)
		return -1;
	if (next->config->alerting_file != NULL &&
	    notify_config_load(routing, next->config->alerting_file, mistakes) < 0) {
		epoch_close(next);
		return err_set(e, ERR_FILE, "the alerting configuration is wrong");
	}
	if (epoch_load_rules(next, NULL, mistakes, e) < 0) {
		notify_config_close(*routing);
		*routing = NULL;
		epoch_close(next);
		return -1;
	}
	return 0;
}

int
settle_epoch(struct epoch *ep, struct store *store, struct batch *events, struct err *e)
{
	events_references(ep, store, events);
	if (epoch_store_references(ep, store, e) < 0)
		return -1;
	return epoch_open_pipeline(ep, store, e);
}

/* ---- the end of it, one way or the other ---- */

static void
reload_end(struct agent *a)
{
	struct reload *r = &a->reload;

	epoch_close(&r->epoch);
	r->epoch = (struct epoch){0};
	notify_config_close(r->routing);
	r->routing = NULL;
	config_files_close(r->files);
	r->files = NULL;
	batch_close(r->events);
	r->events = NULL;
	errlist_release(&r->mistakes);
	r->phase = RELOAD_NONE;
	a->cycle.wait_jobs = false;
	if (a->api != NULL)
		api_resume(a->api, NULL, NULL);
	if (a->ready)
		sd_ready(a);
	if (r->stop_wanted) {
		r->stop_wanted = false;
		agent_stop(a);
	} else if (r->again) {
		r->again = false;
		agent_reload(a);
	} else {
		cycle_want(a);
	}
}

static bool
goes_on(struct agent *a, int rc)
{
	struct reload *r = &a->reload;

	if (rc == 0 && !r->stop_wanted)
		return true;
	if (rc < 0)
		refuse(a, &r->mistakes, r->err.text);
	reload_end(a);
	return false;
}

/* ---- taking over ---- */

/* The new epoch takes the place of the old one; nobody looks at that any more. */
static void
take_over(struct agent *a)
{
	struct reload *r = &a->reload;
	struct err e = ERR_INIT;

	rules_stop(a);
	scrapes_stop(a);
	watcher_stop(a);
	rule_set_take_over(r->epoch.rules, a->now.rules);
	pipeline_take_tails(r->epoch.pipeline, pipeline_give_tails(a->now.pipeline));
	epoch_close(&a->now);
	a->now = r->epoch;
	r->epoch = (struct epoch){0};
	if (notify_start(a, r->routing, &e) < 0 || scrapes_start(a, &e) < 0 || listen_start(a, &e) < 0)
		log_line(a->log, LOG_ERROR, "config", "reload: %s", e.text);
	r->routing = NULL;
	watcher_start(a);
	rules_start(a);
	a->reload_failed = false;
	log_mistakes(a, &r->mistakes, SEVERITY_WARNING, NULL);
	log_line(a->log, LOG_INFO, "config", "reloaded %s", a->spec->config_path);
	agent_add_pending(a, r->events);
	r->events = NULL;
	events_reloaded(a, r->files);
	r->files = NULL;
	reload_end(a);
}

static void
listener_gone(void *arg)
{
	struct agent *a = arg;

	a->api = NULL;
	take_over(a);
}

/* ---- settling ---- */

static void
settle(uv_work_t *w)
{
	struct agent *a = w->data;
	struct reload *r = &a->reload;

	r->rc = settle_epoch(&r->epoch, a->store, r->events, &r->err);
}

static void
settled(uv_work_t *w, int status)
{
	struct agent *a = w->data;

	(void)status;
	if (!goes_on(a, a->reload.rc))
		return;
	if (a->api != NULL && !api_can_stay(a->api, a->reload.epoch.config))
		api_close(a->api, listener_gone, a);
	else
		take_over(a);
}

static void
queries_ended(void *arg)
{
	struct agent *a = arg;

	a->reload.work.data = a;
	a->reload.events = batch_open();
	uv_queue_work(&a->loop, &a->reload.work, settle, settled);
}

/* While a commit is stuck, offsets in the store are behind the files that were read: the next cycle may do better. */
bool
reload_wants_idle(const struct agent *a)
{
	return a->reload.phase == RELOAD_WAITING && (!a->cycle.is.stuck || clock_monotonic() >= a->reload.give_up_mono);
}

void
reload_jobs_idle(struct agent *a)
{
	struct reload *r = &a->reload;

	if (!reload_wants_idle(a))
		return;
	a->cycle.wait_jobs = true;
	if (a->cycle.is.stuck) {
		err_set(&r->err, ERR_WORLD, "the store cannot be written");
		goes_on(a, -1);
		return;
	}
	r->phase = RELOAD_SETTLING;
	if (a->api != NULL)
		api_pause(a->api, queries_ended, a);
	else
		queries_ended(a);
}

/* ---- loading ---- */

static void
load(uv_work_t *w)
{
	struct agent *a = w->data;
	struct reload *r = &a->reload;

	r->rc = load_epoch(&r->epoch, &r->routing, a->spec, &r->mistakes, &r->err);
	if (r->rc == 0)
		r->files = config_files_read(r->epoch.config);
}

static void
loaded(uv_work_t *w, int status)
{
	struct agent *a = w->data;

	(void)status;
	if (!goes_on(a, a->reload.rc))
		return;
	a->reload.phase = RELOAD_WAITING;
	a->reload.give_up_mono = clock_monotonic() + STORE_WAIT_MS;
	agent_when_idle(a);
}

void
agent_reload(struct agent *a)
{
	struct reload *r = &a->reload;

	if (a->stopping)
		return;
	sd_reloading(a);
	if (r->phase != RELOAD_NONE) { /* the files may have changed since they were read */
		r->again = true;
		return;
	}
	r->phase = RELOAD_LOADING;
	err_clear(&r->err);
	r->work.data = a;
	uv_queue_work(&a->loop, &r->work, load, loaded);
}

bool
reload_gives_way(struct agent *a)
{
	struct reload *r = &a->reload;

	if (r->phase == RELOAD_NONE)
		return true;
	r->stop_wanted = true;
	if (r->phase == RELOAD_WAITING)
		reload_end(a);
	return false;
}
