/*
 * parts.c -- see parts.h: boxes and who holds them, all that a loader keeps. What is in them is load.c's.
 */
#include "parts.h"

#include <stdlib.h>

#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"

#define UNSEEN_MS (10 * MS_SECOND) /* how long what is not on the screen is kept */

struct part_box *
part_hold(struct part_box *b)
{
	atomic_fetch_add(&b->holders, 1);
	return b;
}

void
part_let_go(struct part_box *b)
{
	if (b == NULL || atomic_fetch_sub(&b->holders, 1) > 1)
		return;
	arena_close(b->mem);
	free(b);
}

struct parts *
parts_open(void)
{
	return xcalloc(1, sizeof(struct parts));
}

void
parts_close(struct parts *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < N_PARTS; i++)
		part_let_go(p->box[i]);
	free(p);
}

void
parts_cancel(struct parts *p)
{
	p->cancel = true;
}

bool
parts_tidy(struct parts *p)
{
	bool any = false;

	for (int i = 0; i < N_PARTS; i++) {
		struct part_box *b = p->box[i];

		if (b == NULL || part_kinds[i].pages & 1u << p->last.page || clock_monotonic() - b->read_at < UNSEEN_MS)
			continue;
		p->box[i] = NULL;
		part_let_go(b);
		any = true;
	}
	return any;
}

void
parts_doubt(struct parts *p)
{
	for (int i = 0; i < N_PARTS; i++)
		if (p->box[i] != NULL)
			p->box[i]->troubled = true;
}
