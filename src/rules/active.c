/* active.c -- the alerts of one rule, found by their labels. */
#include <stdlib.h>

#include "mlwatch/xalloc.h"
#include "rules_private.h"

static void
index_put(struct active_set *s, size_t i)
{
	size_t at = s->at[i]->hash & (s->slots - 1);

	while (s->index[at] != 0)
		at = (at + 1) & (s->slots - 1);
	s->index[at] = (uint32_t)i + 1;
}

static void
reindex(struct active_set *s)
{
	s->slots = 16;
	while (s->slots < s->n * 2 + 2)
		s->slots *= 2;
	free(s->index);
	s->index = xcalloc(s->slots, sizeof *s->index);
	for (size_t i = 0; i < s->n; i++)
		index_put(s, i);
}

struct active *
active_find(const struct active_set *s, struct labels labels, uint64_t hash)
{
	if (s->slots == 0)
		return NULL;
	for (size_t at = hash & (s->slots - 1); s->index[at] != 0; at = (at + 1) & (s->slots - 1)) {
		struct active *a = s->at[s->index[at] - 1];
		if (a->hash == hash && labels_equal(*a->labels, labels))
			return a;
	}
	return NULL;
}

struct active *
active_add(struct active_set *s, struct labels labels, uint64_t hash)
{
	struct active *a = xcalloc(1, sizeof *a);

	a->labels = labels_dup(labels);
	a->hash = hash;
	xgrow(s->at, s->n, s->cap);
	s->at[s->n++] = a;
	if (s->n * 2 > s->slots)
		reindex(s);
	else
		index_put(s, s->n - 1);
	return a;
}

static void
active_free(struct active *a)
{
	free(a->labels);
	free(a->annotations);
	free(a);
}

void
active_sweep(struct active_set *s)
{
	size_t to = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i]->phase.state == ALERT_INACTIVE)
			active_free(s->at[i]);
		else
			s->at[to++] = s->at[i];
	}
	if (to != s->n) {
		s->n = to;
		reindex(s);
	}
}

void
active_clear(struct active_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		active_free(s->at[i]);
	free(s->at);
	free(s->index);
	*s = (struct active_set){0};
}
