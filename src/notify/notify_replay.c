/*
 * notify_replay.c -- the notifier over the past: time is what the caller says, turns run in the caller's thread, and no turn begins before
 * what the last one decided was sent and answered, so that every message goes out as it would have. When nothing is sent, a row says what
 * would have been.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"
#include "notify_private.h"

static const char unsent[] = "not sent: this was a replay";

int
notify_replay_open(struct notify **out, const struct notify_spec *spec, struct notify_config *c, bool send,
		   struct err *e)
{
	if (notify_open(out, spec, c, e) < 0)
		return -1;
	(*out)->replay = true;
	(*out)->send = send;
	uv_timer_stop(&(*out)->timer);
	(*out)->turn.dispatch->next_cleanup = 0;
	return 0;
}

/* As if all had been taken. */
static void
pretend(struct notify *n)
{
	struct made *m = &n->turn.made;

	for (size_t i = 0; i < m->n_add; i++) {
		const struct note x = {.o = {.id = m->add[i].id,
					     .verdict = VERDICT_NOT_SENT,
					     .receiver = xstrdup(m->add[i].receiver),
					     .kind = xstrdup(m->add[i].kind),
					     .error = xstrdup(unsent)}};
		xgrow(n->next.notes, n->next.n_notes, n->next.cap_notes);
		n->next.notes[n->next.n_notes++] = x;
		free(m->add[i].payload);
		n->counts.sent++;
	}
	m->n_add = 0;
}

static void
turn_at(struct notify *n, int64_t now, const volatile bool *stop)
{
	do {
		turn_begin(n, now);
		turn_run(&n->turn);
		if (!n->send)
			pretend(n);
		turn_end(n);
		look(n);
		while (sender_waiting(n->sender) > 0 && (stop == NULL || !*stop))
			uv_run(n->spec.loop, UV_RUN_ONCE);
	} while (!n->turn.restored || n->next.n_notes > 0);
}

void
notify_replay_until(struct notify *n, int64_t now, const volatile bool *stop)
{
	int64_t due;

	while ((due = dispatch_next(n->turn.dispatch)) < now && (stop == NULL || !*stop))
		turn_at(n, due > n->turn.now ? due : n->turn.now, stop);
	turn_at(n, now, stop);
}
