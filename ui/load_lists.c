/*
 * load_lists.c -- the parts that are lists: models, rules with silences and what was resolved.
 */
#include "load.h"

#include <math.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/reader.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

#define FEW_MODELS 8

void *
load_models(struct loading *l)
{
	const struct view_models_how how = {
	    .together = !l->q->versions_apart, .week = l->q->behind_week, .before = l->before};
	struct view_overview *o = arena_calloc(l->mem, 1, sizeof *o);
	const int rc = view_models_load(&l->src, &how, l->mem, o, &l->err);

	if (o->n_models > FEW_MODELS) /* all their references are more memory than the rest of the dashboard */
		reader_forget_references(l->reader);
	return rc == 0 ? o : NULL;
}

struct count {
	int64_t since;
	size_t n;
};

static void
count_firing(void *arg, const struct store_firing *f)
{
	struct count *c = arg;

	c->n += f->fired_ms >= c->since;
}

void *
load_rules(struct loading *l)
{
	const struct view_overview *o = &l->s->o;
	struct part_rules *p = arena_calloc(l->mem, 1, sizeof *p);
	struct count fired = {l->src.now - 30 * MS_DAY, 0};
	size_t silences = 0;

	view_rules(&l->src, l->mem, o, &p->rules, &p->n_rules, &p->all_rules);
	view_silences(&l->src, l->mem, o, &p->silences, &silences, &l->err);
	while (p->n_silences < silences && !p->silences[p->n_silences].expired)
		p->n_silences++;
	p->expired = silences - p->n_silences;
	view_resolved(&l->src, l->mem, l->src.now - MS_DAY, &p->resolved, &p->n_resolved, &l->err);
	store_firings(l->src.store, 0, fired.since, FIRINGS_MAX, count_firing, &fired, &l->err);
	p->fired_30d = fired.n;
	return p;
}
