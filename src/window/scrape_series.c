/* scrape_series.c -- which series a target had: for staleness markers and for counting new ones. */
#include <stdlib.h>

#include "mlwatch/xalloc.h"

#include "scrape_private.h"

static struct known *
place_of(const struct known_set *s, struct labels l, uint64_t hash)
{
	size_t i = hash & (s->size - 1);

	while (s->at[i].labels != NULL && !(s->at[i].hash == hash && labels_equal(*s->at[i].labels, l)))
		i = (i + 1) & (s->size - 1);
	return &s->at[i];
}

static void
rebuild(struct known_set *s, size_t size)
{
	struct known_set old = *s;

	s->size = size;
	s->at = xcalloc(size, sizeof *s->at);
	for (size_t i = 0; i < old.size; i++)
		if (old.at[i].labels != NULL)
			*place_of(s, *old.at[i].labels, old.at[i].hash) = old.at[i];
	free(old.at);
}

struct known *
known_get(struct known_set *s, struct labels l)
{
	uint64_t hash = labels_hash(l);
	struct known *k;

	if (s->n * 2 >= s->size)
		rebuild(s, s->size != 0 ? s->size * 2 : 64);
	k = place_of(s, l, hash);
	if (k->labels == NULL) {
		*k = (struct known){.labels = labels_dup(l), .hash = hash, .last_t = INT64_MIN};
		s->n++;
	}
	return k;
}

void
known_flush(struct known_set *s, uint32_t seen)
{
	size_t size = s->size;

	for (size_t i = 0; i < s->size; i++)
		if (s->at[i].labels != NULL && s->at[i].seen != seen) {
			free(s->at[i].labels);
			s->at[i].labels = NULL;
			s->n--;
		}
	while (size > 64 && s->n * 8 < size)
		size /= 2;
	if (size != 0)
		rebuild(s, size); /* the gaps must close */
}

void
known_release(struct known_set *s)
{
	for (size_t i = 0; i < s->size; i++)
		free(s->at[i].labels);
	free(s->at);
	*s = (struct known_set){NULL, 0, 0};
}
