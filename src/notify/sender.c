/* sender.c -- lanes, waiting rows and requests under way. See sender.h. */
#include "sender.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fpmap.h"
#include "mlwatch/clock.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/xalloc.h"

#define TIMEOUT_MS         (15 * MS_SECOND)
#define BACKOFF_FIRST_MS   1000.0
#define BACKOFF_CAP_MS     60000.0
#define BACKOFF_LEAST_MS   50
#define RETRY_AFTER_CAP_MS MS_HOUR
#define STREAK_BREAK       5 /* so many failures in a row, and a lane is only probed */
#define ANSWER_MAX         65536

struct job {
	int64_t id, next, expires, attempts;
	struct lane *lane;
	size_t at; /* in the lane's heap */
	bool under_way;
};

struct lane {
	char *receiver, *kind;
	int64_t index;
	const struct integration *in; /* NULL: the configuration has it no more */
	struct job **heap;
	size_t n, cap, under_way;
	double tokens;
	int64_t tokens_at, paused_until;
	int64_t streak;
	uint64_t sent, failed, given_up;
	char last_error[256];
};

struct flight {
	struct sender *s;
	struct job *job;
	struct request request;
	const struct kind *kind;
};

struct sender {
	struct sender_spec spec;
	struct fetcher *fetcher;
	struct fpmap jobs;
	struct lane **lanes;
	size_t n_lanes, cap_lanes;
	uint64_t random;
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
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

/* ---- a lane's heap: by time, then by age ---- */

static bool
before(const struct job *a, const struct job *b)
{
	return a->next != b->next ? a->next < b->next : a->id < b->id;
}

static void
put(struct lane *l, size_t i, struct job *j)
{
	l->heap[i] = j;
	j->at = i;
}

static void
sift(struct lane *l, struct job *j)
{
	size_t i = j->at;

	while (i > 0 && before(j, l->heap[(i - 1) / 2])) {
		put(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t c = 2 * i + 1;
		if (c + 1 < l->n && before(l->heap[c + 1], l->heap[c]))
			c++;
		if (c >= l->n || !before(l->heap[c], j))
			break;
		put(l, i, l->heap[c]);
		i = c;
	}
	put(l, i, j);
}

static void
push(struct lane *l, struct job *j)
{
	xgrow(l->heap, l->n, l->cap);
	put(l, l->n++, j);
	sift(l, j);
}

static void
pull(struct lane *l, struct job *j)
{
	struct job *last = l->heap[--l->n];

	if (last == j)
		return;
	put(l, j->at, last);
	sift(l, last);
}

/* ---- lanes and jobs ---- */

static struct lane *
lane_of(struct sender *s, const char *receiver, const char *kind, int64_t index)
{
	for (size_t i = 0; i < s->n_lanes; i++) {
		struct lane *l = s->lanes[i];
		if (l->index == index && strcmp(l->kind, kind) == 0 && strcmp(l->receiver, receiver) == 0)
			return l;
	}
	struct lane *l = xcalloc(1, sizeof *l);
	l->receiver = xstrdup(receiver);
	l->kind = xstrdup(kind);
	l->index = index;
	l->in = integration_find(s->spec.config, receiver, kind, (size_t)index);
	l->tokens = l->in != NULL ? l->in->kind->burst : 0;
	xgrow(s->lanes, s->n_lanes, s->cap_lanes);
	s->lanes[s->n_lanes++] = l;
	return l;
}

void
sender_add(struct sender *s, const struct sender_row *row)
{
	if (fpmap_get(&s->jobs, (uint64_t)row->id) != NULL)
		return;
	struct job *j = xcalloc(1, sizeof *j);
	*j = (struct job){.id = row->id, .next = row->next_ms, .expires = row->expires_ms, .attempts = row->attempts};
	j->lane = lane_of(s, row->receiver, row->kind, row->index);
	fpmap_set(&s->jobs, (uint64_t)j->id, j);
	push(j->lane, j);
}

bool
sender_has(const struct sender *s, int64_t id)
{
	return fpmap_get(&s->jobs, (uint64_t)id) != NULL;
}

void
sender_remove(struct sender *s, int64_t id)
{
	struct job *j = fpmap_get(&s->jobs, (uint64_t)id);

	if (j == NULL || j->under_way)
		return;
	pull(j->lane, j);
	fpmap_set(&s->jobs, (uint64_t)id, NULL);
	free(j);
}

void
sender_config(struct sender *s, const struct notify_config *c)
{
	s->spec.config = c;
	for (size_t i = 0; i < s->n_lanes; i++) {
		struct lane *l = s->lanes[i];
		l->in = integration_find(c, l->receiver, l->kind, (size_t)l->index);
	}
}

/* ---- outcomes ---- */

/* The receiver is back: what waited for it need not wait any longer. */
static void
lane_healed(struct lane *l, int64_t now)
{
	if (l->streak >= STREAK_BREAK) {
		for (size_t i = 0; i < l->n; i++)
			l->heap[i]->next = l->heap[i]->next < now ? l->heap[i]->next : now;
		for (size_t i = l->n / 2; i-- > 0;)
			sift(l, l->heap[i]);
	}
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

static void
finish(struct sender *s, struct job *j, enum verdict v, const struct fetch_result *r, const char *why)
{
	struct lane *l = j->lane;
	int64_t now = clock_now();
	struct outcome o = {j->id, v, j->attempts, 0, r != NULL ? r->status : 0, l->receiver, l->kind, why};

	if (v == VERDICT_SENT) {
		l->sent++;
		lane_healed(l, now);
	} else {
		snprintf(l->last_error, sizeof l->last_error, "%s", why);
	}
	if (v == VERDICT_GIVE_UP)
		l->given_up++;
	if (v == VERDICT_RETRY)
		lane_failed(s, l, now);
	if (v == VERDICT_RETRY || v == VERDICT_LIMITED) {
		int64_t wait = sender_backoff(j->attempts, uniform(s));
		if (v == VERDICT_LIMITED) {
			l->failed++;
			if (r != NULL && r->retry_after_ms >= 0)
				wait = r->retry_after_ms < RETRY_AFTER_CAP_MS ? r->retry_after_ms : RETRY_AFTER_CAP_MS;
			l->paused_until = now + wait;
		}
		j->next = o.next_ms = now + wait;
		push(l, j);
	} else {
		fpmap_set(&s->jobs, (uint64_t)j->id, NULL);
		free(j);
	}
	s->spec.done(s->spec.arg, &o);
}

static void
on_answer(void *arg, const struct fetch_result *r)
{
	struct flight *f = arg;
	struct sender *s = f->s;
	struct job *j = f->job;
	char why[256] = "";

	j->under_way = false;
	j->lane->under_way--;
	enum verdict v = f->kind->judge != NULL ? f->kind->judge(r, why, sizeof why) : verdict_http(r, why, sizeof why);
	request_release(&f->request);
	free(f);
	if (s->closing) { /* cut off by us: the row stays as it is and goes out after the restart */
		fpmap_set(&s->jobs, (uint64_t)j->id, NULL);
		if (v == VERDICT_SENT) {
			struct outcome o = {j->id, v, j->attempts, 0, r->status, j->lane->receiver, j->lane->kind, ""};
			s->spec.done(s->spec.arg, &o);
		}
		free(j);
		return;
	}
	finish(s, j, v, r, why);
}

/* ---- starting ---- */

struct loaded {
	struct request *request;
	const struct integration *in;
	struct err *e;
	int rc;
};

static void
prepare(void *arg, const struct store_notification *n)
{
	struct loaded *l = arg;

	l->rc = l->in->kind->request(l->in, n->payload, l->request, l->e);
}

static void
start(struct sender *s, struct job *j, int64_t now)
{
	struct lane *l = j->lane;
	struct flight *f = xcalloc(1, sizeof *f);
	struct err e = ERR_INIT;
	struct loaded load = {&f->request, l->in, &e, -1};

	pull(l, j);
	j->attempts++;
	f->s = s;
	f->job = j;
	f->kind = l->in->kind;
	int found = store_notification(s->spec.store, j->id, prepare, &load, &e);
	if (found != 1 || load.rc < 0) {
		request_release(&f->request);
		free(f);
		if (found == 0)
			finish(s, j, VERDICT_GIVE_UP, NULL, "its row is gone");
		else
			finish(s, j, VERDICT_RETRY, NULL, e.text);
		return;
	}
	(void)now;
	j->under_way = true;
	l->under_way++;
	s->spec.sending(s->spec.arg, j->id);
	if (f->request.easy != NULL) {
		fetcher_run(s->fetcher, f->request.easy, on_answer, f);
		return;
	}
	const struct fetch_spec spec = {
	    .url = f->request.url,
	    .auth = f->request.auth,
	    .timeout_ms = f->request.timeout_ms > 0 ? f->request.timeout_ms : TIMEOUT_MS,
	    .body_limit = ANSWER_MAX,
	    .method = "POST",
	    .body = buf_str(&f->request.body),
	    .body_len = f->request.body.len,
	    .headers = (const char *const *)f->request.headers,
	    .n_headers = f->request.n_headers,
	};
	fetcher_get(s->fetcher, &spec, on_answer, f);
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

static int64_t
lane_pump(struct sender *s, struct lane *l, int64_t now)
{
	int64_t when = INT64_MAX;

	while (l->n > 0) {
		struct job *j = l->heap[0];
		if (j->expires <= now || l->in == NULL) {
			pull(l, j);
			finish(s, j, VERDICT_GIVE_UP, NULL,
			       l->in == NULL ? "the configuration has no such receiver any more" : "expired");
			continue;
		}
		if (j->next > now || l->paused_until > now)
			return j->next > l->paused_until ? j->next : l->paused_until;
		if (l->under_way >= (l->streak >= STREAK_BREAK ? 1 : (size_t)l->in->kind->at_once))
			return INT64_MAX; /* an answer will call */
		if (!token(l, now, &when))
			return when;
		start(s, j, now);
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

void
sender_shift(struct sender *s, int64_t delta)
{
	for (size_t i = 0; i < s->n_lanes; i++) {
		struct lane *l = s->lanes[i];
		l->tokens_at = 0;
		l->paused_until += l->paused_until != 0 ? delta : 0;
		for (size_t k = 0; k < l->n; k++) {
			l->heap[k]->next += delta;
			l->heap[k]->expires += delta;
		}
	}
}

void
sender_lanes(const struct sender *s, lane_fn *fn, void *arg)
{
	for (size_t i = 0; i < s->n_lanes; i++) {
		const struct lane *l = s->lanes[i];
		const struct lane_counts c = {l->receiver,     l->kind,      l->index,  l->n,
					      l->under_way,    l->sent,      l->failed, l->given_up,
					      l->paused_until, l->last_error};
		fn(arg, &c);
	}
}

size_t
sender_under_way(const struct sender *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_lanes; i++)
		n += s->lanes[i]->under_way;
	return n;
}

size_t
sender_waiting(const struct sender *s)
{
	return s->jobs.n;
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
on_closed(void *arg)
{
	struct sender *s = arg;
	void (*closed)(void *) = s->closed;
	void *closed_arg = s->closed_arg;

	for (size_t i = 0; i < s->n_lanes; i++) {
		struct lane *l = s->lanes[i];
		for (size_t k = 0; k < l->n; k++)
			free(l->heap[k]);
		free(l->heap);
		free(l->receiver);
		free(l->kind);
		free(l);
	}
	free(s->lanes);
	fpmap_release(&s->jobs);
	free(s);
	closed(closed_arg);
}

void
sender_close(struct sender *s, void (*done)(void *arg), void *arg)
{
	s->closing = true;
	s->closed = done;
	s->closed_arg = arg;
	fetcher_close(s->fetcher, on_closed, s);
}
