/*
 * load_notify.c -- receivers, messages waiting and sent, and one message whole.
 */
#include "load.h"

#include "view_private.h"

void *
load_notify(struct loading *l)
{
	struct part_notify *p = arena_calloc(l->mem, 1, sizeof *p);

	return view_outbox(&l->src, l->mem, &p->box, &l->err) == 0 ? p : NULL;
}
