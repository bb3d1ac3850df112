/* store_place.h -- a folder of its own for every test of the store, and random numbers that are the same in every run. */
#ifndef TESTS_STORE_PLACE_H
#define TESTS_STORE_PLACE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "mlwatch/clock.h"
#include "mlwatch/store.h"

struct place {
	char dir[64], path[96]; /* path: of a store that is not there yet */
	int64_t base;           /* a full hour, four hours ago or a little more */
	uint64_t random;
};

static inline int
place_set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	snprintf(p->dir, sizeof(p->dir), "/tmp/mlwatch-store-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/m.db", p->dir);
	p->base = (clock_now() / MS_HOUR - 4) * MS_HOUR;
	p->random = 88172645463325252u;
	*state = p;
	return 0;
}

static inline int
place_tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	int rc = system(command);
	free(p);
	return rc;
}

static inline uint64_t
place_random(struct place *p) /* xorshift64 */
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return p->random;
}

static inline uint64_t
place_below(struct place *p, uint64_t n)
{
	return place_random(p) % n;
}

#endif
