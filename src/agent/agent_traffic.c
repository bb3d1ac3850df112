/*
 * agent_traffic.c -- when traffic is looked at: once a minute, in a worker, when all that is in the logs has been read.
 */
#include "agent_private.h"

#include <stdlib.h>

#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"
#include "traffic.h"

#define EVERY_MS MS_MINUTE
#define FIRST_MS (10 * MS_SECOND) /* after the start */

struct look {
	uv_work_t work;
	struct agent *agent;
	struct store *reader;
	struct batch *out;
	int64_t t;
	struct err err;
};

static void
look_work(uv_work_t *w)
{
	struct look *l = w->data;

	traffic_look(l->reader, l->t, l->out, &l->err);
}

static void
look_done(uv_work_t *w, int status)
{
	struct look *l = w->data;
	struct agent *a = l->agent;

	(void)status;
	if (err_is_set(&l->err))
		log_line(a->log, LOG_ERROR, "agent", "traffic not looked at: %s", l->err.text);
	agent_add_pending(a, l->out);
	rules_job_done(a, l->reader);
	free(l);
}

void
traffic_after_cycle(struct agent *a)
{
	const int64_t now = clock_now();
	struct err e = ERR_INIT;
	struct look *l;

	if (a->cycle.more || a->cycle.stuck || now - a->started_ms < FIRST_MS ||
	    (now - a->last_traffic_ms < EVERY_MS && now >= a->last_traffic_ms))
		return;
	a->last_traffic_ms = now;
	l = xcalloc(1, sizeof *l);
	l->reader = rules_job_begin(a, &e);
	if (l->reader == NULL) {
		log_line(a->log, LOG_ERROR, "agent", "traffic not looked at: %s", e.text);
		free(l);
		return;
	}
	l->agent = a;
	l->out = batch_open();
	l->t = now;
	l->work.data = l;
	uv_queue_work(&a->loop, &l->work, look_work, look_done);
}
