/*
 * agent_looks.c -- when the store is looked at for events, in a worker: traffic once a minute, when all that is in the logs has been read;
 * what was sent, when something was.
 */
#include "agent_private.h"

#include <stdlib.h>

#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"
#include "notified.h"
#include "traffic.h"

#define TRAFFIC_MS MS_MINUTE
#define FIRST_MS   (10 * MS_SECOND) /* after the start */
#define SENT_MS    (5 * MS_SECOND)  /* after something was sent */

struct look {
	uv_work_t work;
	struct agent *agent;
	struct store *reader;
	struct batch *out;
	bool traffic, sent;
	int64_t t;
	struct err err;
};

static void
look_work(uv_work_t *w)
{
	struct look *l = w->data;

	if (rules_job_reader(l->agent, &l->reader, &l->err) < 0)
		return;
	if (l->traffic)
		traffic_look(l->reader, l->t, l->out, &l->err);
	if (l->sent)
		notified_look(l->reader, l->t, l->out, &l->err);
}

static void
look_done(uv_work_t *w, int status)
{
	struct look *l = w->data;
	struct agent *a = l->agent;

	(void)status;
	if (err_is_set(&l->err))
		log_line(a->log, LOG_ERROR, "agent", "traffic and messages not looked at: %s", l->err.text);
	agent_add_pending(a, l->out);
	a->looks.running = false;
	a->looks.commits = a->commits;
	rules_job_done(a, l->reader);
	free(l);
}

static bool
traffic_is_due(const struct agent *a, int64_t now)
{
	return !a->cycle.is.more && now - a->started_ms >= FIRST_MS &&
	       (now - a->looks.traffic_ms >= TRAFFIC_MS || now < a->looks.traffic_ms);
}

/* That a message is sent is counted a moment before it stands in the outbox. */
static bool
messages_are_due(struct agent *a, int64_t now)
{
	const uint64_t sent = a->notify != NULL ? notify_counts(a->notify).sent : 0;

	if (sent != a->looks.sent)
		a->looks.sent_ms = now;
	a->looks.sent = sent;
	return now - a->looks.sent_ms < SENT_MS;
}

void
looks_after_cycle(struct agent *a)
{
	const int64_t now = clock_now();
	struct look look = {.agent = a, .t = now, .traffic = traffic_is_due(a, now), .sent = messages_are_due(a, now)};
	struct look *l;

	/* what the last one told must be committed: the second commit from then holds it */
	if (a->cycle.is.stuck || a->looks.running || a->commits < a->looks.commits + 2 || (!look.traffic && !look.sent))
		return;
	look.reader = rules_job_begin(a);
	if (look.traffic)
		a->looks.traffic_ms = now;
	a->looks.running = true;
	look.out = batch_open();
	l = xmemdup(&look, sizeof look);
	l->work.data = l;
	uv_queue_work(&a->loop, &l->work, look_work, look_done);
}
