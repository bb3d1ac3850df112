/*
 * overlay.c -- a storage with the results of the evaluation that is under way on top of what is stored, so that a rule sees
 * what the rules before it in its group have just recorded, at the same time stamp.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/xalloc.h"
#include "rules_private.h"

/* Series found below, by their labels. Built only when something here matches. */
struct found {
	uint32_t *slot; /* position in the list, plus 1 */
	size_t n;
};

static struct found
found_build(struct arena *mem, const struct series_list *l, size_t more)
{
	struct found f = {.n = 64};

	while (f.n < (l->n + more) * 2)
		f.n *= 2;
	f.slot = arena_calloc(mem, f.n, sizeof *f.slot);
	for (size_t i = 0; i < l->n; i++) {
		size_t at = labels_hash(l->at[i].labels) & (f.n - 1);
		while (f.slot[at] != 0)
			at = (at + 1) & (f.n - 1);
		f.slot[at] = (uint32_t)i + 1;
	}
	return f;
}

/* The series with these labels, a new one when there is none. */
static struct series *
series_of(struct found *f, struct arena *mem, struct series_list *l, struct labels labels)
{
	size_t at = labels_hash(labels) & (f->n - 1);

	for (; f->slot[at] != 0; at = (at + 1) & (f->n - 1)) {
		if (labels_equal(l->at[f->slot[at] - 1].labels, labels))
			return &l->at[f->slot[at] - 1];
	}
	if (l->n == l->cap) {
		size_t more = l->cap == 0 ? 16 : l->cap * 2;
		l->at = arena_realloc(mem, l->at, l->cap * sizeof *l->at, more * sizeof *l->at);
		l->cap = more;
	}
	f->slot[at] = (uint32_t)l->n + 1;
	l->at[l->n] = (struct series){.labels = labels, .kind = SERIES_SAMPLES};
	return &l->at[l->n++];
}

static void
put_point(struct arena *mem, struct series *s, const struct overlay_sample *o)
{
	struct point *p = arena_alloc(mem, (s->n + 1) * sizeof *p);
	int64_t *starts = s->starts == NULL ? NULL : arena_calloc(mem, s->n + 1, sizeof *starts);
	size_t at = s->n;

	if (s->n > 0)
		memcpy(p, s->points, s->n * sizeof *p);
	if (s->n > 0 && starts != NULL)
		memcpy(starts, s->starts, s->n * sizeof *starts);
	while (at > 0 && p[at - 1].t > o->t)
		at--;
	if (at > 0 && p[at - 1].t == o->t) {
		at--;
	} else {
		memmove(p + at + 1, p + at, (s->n - at) * sizeof *p);
		if (starts != NULL)
			memmove(starts + at + 1, starts + at, (s->n - at) * sizeof *starts);
		s->n++;
	}
	if (starts != NULL)
		starts[at] = 0;
	s->starts = starts;
	p[at] = (struct point){.t = o->t, .v = o->v, .h = o->h};
	s->points = p;
}

static int
overlay_select(void *self, const struct select *q, struct arena *mem, struct series_list *out, struct err *e)
{
	struct overlay *o = self;
	struct found f = {0};

	if (o->base->select(o->base->self, q, mem, out, e) < 0)
		return -1;
	for (size_t i = 0; i < o->n; i++) {
		const struct overlay_sample *s = &o->at[i];
		if (s->t <= q->mint || s->t > q->maxt || !matchers_match(q->matchers, q->n_matchers, s->labels))
			continue;
		if (f.slot == NULL)
			f = found_build(mem, out, o->n);
		struct series *to = series_of(&f, mem, out, s->labels);
		if (to->kind == SERIES_SAMPLES && !(q->flags & SELECT_LABELS_ONLY))
			put_point(mem, to, s);
	}
	return 0;
}

void
overlay_begin(struct overlay *o, const struct storage *base)
{
	o->base = base;
	o->n = 0;
	o->view = (struct storage){o, overlay_select};
}

void
overlay_add(struct overlay *o, struct labels l, int64_t t, double v, const struct histogram *h)
{
	xgrow(o->at, o->n, o->cap);
	o->at[o->n++] = (struct overlay_sample){l, t, v, h};
}

void
overlay_release(struct overlay *o)
{
	free(o->at);
	*o = (struct overlay){0};
}
