/* fpmap.c -- open addressing with linear probing; removal shifts back what follows, so there are no tombstones. */
#include <stdlib.h>

#include "fpmap.h"
#include "mlwatch/xalloc.h"

static size_t
home(const struct fpmap *m, uint64_t key)
{
	key ^= key >> 32;
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(key >> 20) & (m->cap - 1);
}

static size_t
slot_of(const struct fpmap *m, uint64_t key)
{
	size_t i = home(m, key);

	while (m->at[i].value != NULL && m->at[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

void *
fpmap_get(const struct fpmap *m, uint64_t key)
{
	return m->cap != 0 ? m->at[slot_of(m, key)].value : NULL;
}

static void
grow(struct fpmap *m)
{
	struct fpmap bigger = {.cap = m->cap != 0 ? m->cap * 2 : 16, .n = m->n};

	bigger.at = xcalloc(bigger.cap, sizeof *bigger.at);
	for (size_t i = 0; i < m->cap; i++)
		if (m->at[i].value != NULL)
			bigger.at[slot_of(&bigger, m->at[i].key)] = m->at[i];
	free(m->at);
	*m = bigger;
}

static void
take_out(struct fpmap *m, size_t hole)
{
	size_t i = hole;

	for (;;) {
		i = (i + 1) & (m->cap - 1);
		if (m->at[i].value == NULL)
			break;
		size_t h = home(m, m->at[i].key);
		if (((i - h) & (m->cap - 1)) >= ((i - hole) & (m->cap - 1))) {
			m->at[hole] = m->at[i];
			hole = i;
		}
	}
	m->at[hole].value = NULL;
	m->n--;
}

void
fpmap_set(struct fpmap *m, uint64_t key, void *value)
{
	if (value == NULL) {
		size_t i = m->cap != 0 ? slot_of(m, key) : 0;
		if (m->cap != 0 && m->at[i].value != NULL)
			take_out(m, i);
		return;
	}
	if ((m->n + 1) * 4 > m->cap * 3)
		grow(m);
	struct fpmap_slot *s = &m->at[slot_of(m, key)];
	m->n += s->value == NULL;
	*s = (struct fpmap_slot){key, value};
}

void
fpmap_release(struct fpmap *m)
{
	free(m->at);
	*m = (struct fpmap){0};
}

void *
fpmap_next(const struct fpmap *m, size_t *i)
{
	while (*i < m->cap) {
		void *v = m->at[(*i)++].value;
		if (v != NULL)
			return v;
	}
	return NULL;
}
