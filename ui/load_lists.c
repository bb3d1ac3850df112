/*
 * load_lists.c -- the parts that are lists: models, rules with silences and what was resolved, targets, logs, notifications, events.
 */
#include "load.h"

#include <math.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

#define STRIP_CELLS 20

void *
load_models(struct loading *l)
{
	const struct view_models_how how = {
	    .together = !l->q->versions_apart, .week = l->q->behind_week, .before = l->before};
	struct view_overview *o = arena_calloc(l->mem, 1, sizeof *o);

	return view_models_load(&l->src, &how, l->mem, o, &l->err) == 0 ? o : NULL;
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

void *
load_targets(struct loading *l)
{
	const struct view_overview *o = &l->s->o;
	struct part_strips *p = arena_calloc(l->mem, 1, sizeof *p);
	struct view_target *at = arena_alloc(l->mem, (o->n_targets + 1) * sizeof *at);
	struct view_series *series[2] = {NULL, NULL};
	size_t n[2] = {0, 0};

	memcpy(at, o->targets, o->n_targets * sizeof *at);
	view_targets_up(&l->src, at, o->n_targets, &l->err);
	view_range(&l->src, l->mem, "avg_over_time(up[3m])", l->src.now - MS_HOUR, l->src.now, STRIP_CELLS, &series[0],
		   &n[0], &l->err);
	view_range(&l->src, l->mem, "avg_over_time(ml_health[3m])", l->src.now - MS_HOUR, l->src.now, STRIP_CELLS,
		   &series[1], &n[1], &l->err);
	p->at = arena_calloc(l->mem, o->n_targets + 1, sizeof *p->at);
	p->n = o->n_targets;
	for (size_t i = 0; i < o->n_targets; i++) {
		const int kind = at[i].health_check;

		p->at[i] = (struct strip){.name = arena_strdup(l->mem, at[i].url), .share = at[i].up_24h};
		for (size_t k = 0; k < n[kind]; k++)
			if (strcmp(labels_get(series[kind][k].labels, "job"), at[i].job) == 0 &&
			    strcmp(labels_get(series[kind][k].labels, "instance"), at[i].instance) == 0) {
				p->at[i].v = series[kind][k].v;
				p->at[i].n = STRIP_CELLS;
			}
	}
	return p;
}

void *
load_logs(struct loading *l)
{
	return arena_calloc(l->mem, 1, sizeof(struct part_strips));
}
