/* sender.c -- requests: when a row may go, what makes it one, what its answer means for the row and its lane. See sender.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/xalloc.h"
#include "sender_private.h"

#define BACKOFF_FIRST_MS   1000.0
#define BACKOFF_CAP_MS     60000.0
#define BACKOFF_LEAST_MS   50
#define RETRY_AFTER_CAP_MS MS_HOUR
#define STREAK_BREAK       5 /* so many failures in a row, and a lane is only probed */

struct flight { /* one request, from its making to its answer */
	struct sender *s;
	struct job *job;
	const struct integration *in;
	struct request request;
	uv_work_t work;
	bool gone; /* its row */
	struct err err;
};

int64_t
sender_backoff(int64_t attempts, double u)
{
	double top = BACKOFF_FIRST_MS * pow(1.5, (double)(attempts < 1 ? 0 : attempts > 40 ? 39 : attempts - 1));
	int64_t ms = (int64_t)(u * (top < BACKOFF_CAP_MS ? top : BACKOFF_CAP_MS));

	return ms < BACKOFF_LEAST_MS ? BACKOFF_LEAST_MS : ms;
}

static double
uniform(struct sender *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (double)(s->random >> 11) / 9007199254740992.0;
}

/* ---- outcomes ---- */

/* The receiver is back: what waited for it need not wait any longer. */
static void
lane_healed(struct lane *l, int64_t now)
{
	if (l->streak >= STREAK_BREAK)
		lane_hurry(l, now);
	l->streak = 0;
	l->paused_until = 0;
	l->last_error[0] = '\0';
}

static void
lane_failed(struct sender *s, struct lane *l, int64_t now)
{
	l->failed++;
	if (++l->streak >= STREAK_BREAK)
		l->paused_until = now + sender_backoff(l->streak, uniform(s));
}

/* How long the row waits; when the receiver asked for it, its whole lane does. */
static int64_t
wait_of(struct sender *s, const struct job *j, enum verdict v, const struct fetch_result *r, int64_t now)
{
	struct lane *l = j->lane;
	int64_t wait = sender_backoff(j->attempts, uniform(s));

	if (v == VERDICT_RETRY) {
		lane_failed(s, l, now);
		return wait;
	}
	l->failed++;
	if (r != NULL && r->retry_after_ms >= 0)
		wait = r->retry_after_ms < RETRY_AFTER_CAP_MS ? r->retry_after_ms : RETRY_AFTER_CAP_MS;
	l->paused_until = now + wait;
	return wait;
}

static void
finish(struct sender *s, struct job *j, enum verdict v, const struct fetch_result *r, const char *why)
{
	struct lane *l = j->lane;
	int64_t now = clock_now();
	struct outcome o = {j->id, v, j->attempts, 0, r != NULL ? r->status : 0, l->receiver, l->kind, why};
	bool again = v == VERDICT_RETRY || v == VERDICT_LIMITED, tell = !again || !j->pointless;

	if (v == VERDICT_SENT) {
		l->sent++;
		lane_healed(l, now);
	} else {
		snprintf(l->last_error, sizeof l->last_error, "%s", why);
	}
	l->given_up += v == VERDICT_GIVE_UP;
	if (again)
		o.next_ms = now + wait_of(s, j, v, r, now);
	if (again && !j->pointless) {
		j->next = o.next_ms;
		lane_push(l, j);
	} else {
		job_end(s, j);
	}
	if (tell)
		s->spec.done(s->spec.arg, &o);
}

static void
flight_free(struct flight *f)
{
	f->job->under_way = false;
	f->job->lane->under_way--;
	request_release(&f->request);
	free(f);
}

static void
on_answer(void *arg, const struct fetch_result *r)
{
	struct flight *f = arg;
	struct sender *s = f->s;
	struct job *j = f->job;
	char why[256] = "";
	enum verdict v = kind_judge(f->in, &f->request, r, why, sizeof why);

	flight_free(f);
	if (s->closing && v != VERDICT_SENT) /* cut off by us: the row stays as it is and goes out after the restart */
		job_end(s, j);
	else
		finish(s, j, v, r, why);
}

/* ---- starting ---- */

static void
take_payload(void *arg, const struct store_notification *n)
{
	*(char **)arg = xstrdup(n->payload);
}

/* In a worker: the text, if it is not in memory, and the secrets. */
static void
prepare(uv_work_t *w)
{
	struct flight *f = w->data;
	char *read = NULL;
	const char *payload = f->job->payload;

	if (payload == NULL) {
		f->gone = store_notification(f->s->spec.store, f->job->id, take_payload, &read, &f->err) == 0;
		payload = read;
	}
	if (payload != NULL)
		f->in->kind->request(f->in, payload, &f->request, &f->err);
	free(read);
}

static void closed_if_idle(struct sender *s);

static void
prepared(uv_work_t *w, int status)
{
	struct flight *f = w->data;
	struct sender *s = f->s;
	struct job *j = f->job;
	bool gone = f->gone;
	struct err e = f->err;

	(void)status;
	s->preparing--;
	if (!s->closing && !gone && !err_is_set(&e)) {
		request_start(&f->request, s->fetcher, on_answer, f);
		return;
	}
	flight_free(f);
	if (s->closing) {
		job_end(s, j);
		closed_if_idle(s);
	} else if (gone) {
		finish(s, j, VERDICT_GIVE_UP, NULL, "its row is gone");
	} else {
		finish(s, j, VERDICT_RETRY, NULL, e.text);
	}
}

static void
start(struct sender *s, struct job *j)
{
	struct flight *f = xcalloc(1, sizeof *f);

	lane_pull(j->lane, j);
	j->attempts++;
	j->under_way = true;
	j->lane->under_way++;
	*f = (struct flight){.s = s, .job = j, .in = j->lane->in};
	f->work.data = f;
	s->preparing++;
	s->spec.sending(s->spec.arg, j->id);
	uv_queue_work(s->spec.loop, &f->work, prepare, prepared);
}

static bool
token(struct lane *l, int64_t now, int64_t *when)
{
	const struct kind *k = l->in->kind;

	if (k->per_second <= 0)
		return true;
	l->tokens += (double)(now - l->tokens_at) * k->per_second / 1000;
	if (l->tokens > k->burst || l->tokens_at == 0 || l->tokens_at > now)
		l->tokens = k->burst;
	l->tokens_at = now;
	if (l->tokens >= 1) {
		l->tokens -= 1;
		return true;
	}
	*when = now + 1 + (int64_t)((1 - l->tokens) * 1000 / k->per_second);
	return false;
}

/* It is not tried any more, for another reason than an answer. */
static void
end_of(struct sender *s, struct job *j, bool expired)
{
	struct buf why = BUF_INIT;

	if (expired)
		buf_addf(&why, "nobody took it in time%s%s", j->lane->last_error[0] != '\0' ? ": " : "",
			 j->lane->last_error);
	else
		buf_addstr(&why, "the configuration has no such receiver any more");
	finish(s, j, VERDICT_GIVE_UP, NULL, buf_str(&why));
	buf_release(&why);
}

static int64_t
lane_pump(struct sender *s, struct lane *l, int64_t now)
{
	int64_t when = INT64_MAX;

	while (l->n > 0) {
		struct job *j = l->heap[0];
		if (j->expires <= now || l->in == NULL) {
			lane_pull(l, j);
			end_of(s, j, l->in != NULL);
			continue;
		}
		int64_t at = j->next > l->paused_until ? j->next : l->paused_until;
		if (at > now)
			return at < j->expires ? at : j->expires;
		if (l->under_way >= (l->streak >= STREAK_BREAK ? 1 : (size_t)l->in->kind->at_once))
			return INT64_MAX; /* an answer will call */
		if (!token(l, now, &when))
			return when;
		start(s, j);
	}
	return INT64_MAX;
}

int64_t
sender_pump(struct sender *s, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < s->n_lanes && !s->closing; i++) {
		int64_t t = lane_pump(s, s->lanes[i], now);
		next = t < next ? t : next;
	}
	return next;
}

/* ---- opening and closing ---- */

int
sender_open(struct sender **out, const struct sender_spec *spec, struct err *e)
{
	struct sender *s = xcalloc(1, sizeof *s);

	s->spec = *spec;
	if (getrandom(&s->random, sizeof s->random, 0) != sizeof s->random || s->random == 0)
		s->random = (uint64_t)clock_now() | 1;
	s->fetcher = fetcher_open(spec->loop, e);
	if (s->fetcher == NULL) {
		free(s);
		return -1;
	}
	*out = s;
	return 0;
}

static void
closed_if_idle(struct sender *s)
{
	void (*closed)(void *) = s->closed;
	void *arg = s->closed_arg;

	if (!s->fetcher_gone || s->preparing > 0)
		return;
	lanes_free(s);
	free(s);
	closed(arg);
}

static void
on_fetcher_gone(void *arg)
{
	struct sender *s = arg;

	s->fetcher_gone = true;
	closed_if_idle(s);
}

void
sender_close(struct sender *s, void (*done)(void *arg), void *arg)
{
	s->closing = true;
	s->closed = done;
	s->closed_arg = arg;
	fetcher_close(s->fetcher, on_fetcher_gone, s);
}
