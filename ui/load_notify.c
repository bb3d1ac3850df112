/*
 * load_notify.c -- receivers, messages waiting and sent, and one message as it went out.
 */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/notify.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

#define LINES_MAX 500

struct whole {
	struct loading *l;
	struct part_notify *p;
};

static void
take_lines(struct arena *mem, struct part_notify *p, const char *text)
{
	p->message = arena_alloc(mem, LINES_MAX * sizeof *p->message);
	while (*text != '\0' && p->n_message < LINES_MAX) {
		const size_t n = strcspn(text, "\n");

		p->message[p->n_message++] = arena_strndup(mem, text, n);
		text += n + (text[n] == '\n');
	}
}

static void
on_message(void *arg, const struct store_notification *n)
{
	const struct whole *w = arg;
	struct buf text = BUF_INIT;

	notify_message_text(&text, n->kind, n->payload != NULL ? n->payload : "");
	take_lines(w->l->mem, w->p, buf_str(&text));
	w->p->message_id = arena_strdup(w->l->mem, w->l->q->message);
	w->p->message_to = arena_strdup(w->l->mem, n->receiver);
	buf_release(&text);
}

void *
load_notify(struct loading *l)
{
	struct part_notify *p = arena_calloc(l->mem, 1, sizeof *p);
	struct whole w = {l, p};

	if (view_outbox(&l->src, l->mem, &p->box, &l->err) < 0)
		return NULL;
	if (l->q->message[0] != '\0')
		store_notification(l->src.store, strtoll(l->q->message, NULL, 10), on_message, &w, &l->err);
	return p;
}
