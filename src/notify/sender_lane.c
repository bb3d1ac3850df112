/*
 * sender_lane.c -- which rows wait in which lane, in what order, and which texts of them are in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"
#include "sender_private.h"

#define KEEP_PAYLOADS ((size_t)4 << 20)

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

void
lane_push(struct lane *l, struct job *j)
{
	xgrow(l->heap, l->n, l->cap);
	put(l, l->n++, j);
	sift(l, j);
}

void
lane_pull(struct lane *l, struct job *j)
{
	struct job *last = l->heap[--l->n];

	if (last == j)
		return;
	put(l, j->at, last);
	sift(l, last);
}

void
lane_hurry(struct lane *l, int64_t now)
{
	for (size_t i = 0; i < l->n; i++)
		l->heap[i]->next = l->heap[i]->next < now ? l->heap[i]->next : now;
	for (size_t i = l->n / 2; i-- > 0;)
		sift(l, l->heap[i]);
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

static void
payload_keep(struct sender *s, struct job *j, char *payload)
{
	size_t n = payload != NULL ? strlen(payload) : 0;

	if (payload == NULL || s->kept_bytes + n > KEEP_PAYLOADS) {
		free(payload);
		return;
	}
	s->kept_bytes += n;
	j->payload = payload;
}

static void
job_free(struct sender *s, struct job *j)
{
	if (j->payload != NULL)
		s->kept_bytes -= strlen(j->payload);
	free(j->payload);
	free(j);
}

void
job_end(struct sender *s, struct job *j)
{
	struct job *behind = j->behind;

	fpmap_set(&s->jobs, (uint64_t)j->id, NULL);
	if (behind != NULL) {
		behind->ahead = NULL;
		lane_push(behind->lane, behind);
	}
	job_free(s, j);
}

void
sender_remove(struct sender *s, int64_t id)
{
	struct job *j = fpmap_get(&s->jobs, (uint64_t)id);

	if (j == NULL)
		return;
	j->pointless = true;
	if (j->under_way)
		return;
	if (j->ahead != NULL)
		j->ahead->behind = NULL;
	else
		lane_pull(j->lane, j);
	job_end(s, j);
}

/* What the new row must wait for: the row that it replaces, when that is under way, or whatever that one waited for. */
static struct job *
make_way(struct sender *s, int64_t old_id)
{
	struct job *old = fpmap_get(&s->jobs, (uint64_t)old_id), *ahead;

	if (old == NULL)
		return NULL;
	ahead = old->under_way ? old : old->ahead;
	sender_remove(s, old_id);
	return ahead;
}

void
sender_add(struct sender *s, const struct sender_row *row)
{
	if (fpmap_get(&s->jobs, (uint64_t)row->id) != NULL) {
		free(row->payload);
		return;
	}
	struct job *j = xcalloc(1, sizeof *j), *ahead = row->replaces != 0 ? make_way(s, row->replaces) : NULL;
	*j = (struct job){.id = row->id, .next = row->next_ms, .expires = row->expires_ms, .attempts = row->attempts};
	j->lane = lane_of(s, row->receiver, row->kind, row->index);
	payload_keep(s, j, row->payload);
	fpmap_set(&s->jobs, (uint64_t)j->id, j);
	if (ahead != NULL && ahead->behind == NULL) {
		ahead->behind = j;
		j->ahead = ahead;
	} else {
		lane_push(j->lane, j);
	}
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

void
sender_shift(struct sender *s, int64_t delta)
{
	struct job *j;

	for (size_t i = 0; i < s->n_lanes; i++) {
		s->lanes[i]->tokens_at = 0;
		s->lanes[i]->paused_until += s->lanes[i]->paused_until != 0 ? delta : 0;
	}
	for (size_t i = 0; (j = fpmap_next(&s->jobs, &i)) != NULL;) {
		j->next += delta;
		j->expires += delta;
	}
}

void
sender_lanes(const struct sender *s, notify_lane_fn *fn, void *arg)
{
	for (size_t i = 0; i < s->n_lanes; i++) {
		const struct lane *l = s->lanes[i];

		fn(arg, &(struct notify_lane){l->receiver, l->kind, l->index, l->sent, l->failed, l->given_up});
	}
}

bool
sender_has(const struct sender *s, int64_t id)
{
	return fpmap_get(&s->jobs, (uint64_t)id) != NULL;
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

void
lanes_free(struct sender *s)
{
	struct job *j;

	for (size_t i = 0; (j = fpmap_next(&s->jobs, &i)) != NULL;)
		job_free(s, j);
	fpmap_release(&s->jobs);
	for (size_t i = 0; i < s->n_lanes; i++) {
		free(s->lanes[i]->heap);
		free(s->lanes[i]->receiver);
		free(s->lanes[i]->kind);
		free(s->lanes[i]);
	}
	free(s->lanes);
}
