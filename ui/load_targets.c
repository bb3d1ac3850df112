/*
 * load_targets.c -- targets and logs beside what their documents say: the last hour of each, and how much of the day a target was up.
 */
#include "load.h"

#include <math.h>
#include <string.h>

#include "view_private.h"

void *
load_targets(struct loading *l)
{
	const struct view_overview *o = &l->s->o;
	struct part_strips *p = arena_calloc(l->mem, 1, sizeof *p);
	struct view_target *at = arena_alloc(l->mem, (o->n_targets + 1) * sizeof *at);

	if (o->n_targets > 0)
		memcpy(at, o->targets, o->n_targets * sizeof *at);
	view_targets_up(&l->src, at, o->n_targets, &l->err);
	view_target_strips(&l->src, l->mem, at, o->n_targets, &l->err);
	p->n = o->n_targets;
	p->at = arena_calloc(l->mem, p->n + 1, sizeof *p->at);
	for (size_t i = 0; i < p->n; i++)
		p->at[i] = (struct strip){at[i].strip, at[i].n_strip, at[i].up_24h};
	return p;
}

void *
load_logs(struct loading *l)
{
	const struct view_overview *o = &l->s->o;
	struct part_strips *p = arena_calloc(l->mem, 1, sizeof *p);
	struct view_log_file *at = arena_alloc(l->mem, (o->n_files + 1) * sizeof *at);

	if (o->n_files > 0)
		memcpy(at, o->files, o->n_files * sizeof *at);
	view_log_sparks(&l->src, l->mem, at, o->n_files, &l->err);
	p->n = o->n_files;
	p->at = arena_calloc(l->mem, p->n + 1, sizeof *p->at);
	for (size_t i = 0; i < p->n; i++)
		p->at[i] = (struct strip){at[i].spark, at[i].n_spark, NAN};
	return p;
}
