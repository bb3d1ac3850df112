/*
 * written.c -- which series a rule wrote at its last evaluation, so that those that it does not write again can be
 * marked stale.
 */
#include <stdlib.h>

#include "mlwatch/xalloc.h"
#include "rules_private.h"

static int
by_hash(const void *a, const void *b)
{
	uint64_t x = ((const struct written *)a)->hash, y = ((const struct written *)b)->hash;

	return (x > y) - (x < y);
}

static struct written *
find_old(struct written_set *s, struct labels l, uint64_t hash)
{
	size_t low = 0, high = s->n_old;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->at[mid].hash < hash)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < s->n_old && s->at[low].hash == hash; low++) {
		if (labels_equal(*s->at[low].labels, l))
			return &s->at[low];
	}
	return NULL;
}

void
written_add(struct written_set *s, struct labels l)
{
	uint64_t hash = labels_hash(l);
	struct written *old = find_old(s, l, hash);

	if (old != NULL) {
		old->again = true;
		return;
	}
	xgrow(s->at, s->n, s->cap);
	s->at[s->n++] = (struct written){labels_dup(l), hash, true};
}

void
written_expect(struct written_set *s, struct labels l)
{
	uint64_t hash = labels_hash(l);
	size_t at = s->n;

	if (s->n != s->n_old || find_old(s, l, hash) != NULL)
		return;
	xgrow(s->at, s->n, s->cap);
	for (; at > 0 && s->at[at - 1].hash > hash; at--)
		s->at[at] = s->at[at - 1];
	s->at[at] = (struct written){labels_dup(l), hash, false};
	s->n_old = ++s->n;
}

void
written_turn(struct written_set *s, void (*gone)(void *arg, struct labels l), void *arg)
{
	size_t to = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!s->at[i].again) {
			gone(arg, *s->at[i].labels);
			free(s->at[i].labels);
			continue;
		}
		s->at[to] = s->at[i];
		s->at[to++].again = false;
	}
	if (s->n != s->n_old && to > 1)
		qsort(s->at, to, sizeof *s->at, by_hash);
	s->n = s->n_old = to;
}

void
written_clear(struct written_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i].labels);
	free(s->at);
	*s = (struct written_set){0};
}
