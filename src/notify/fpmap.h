/* fpmap.h -- a map from 64-bit keys that are already well spread (fingerprints) or small counts (rows) to pointers. */
#ifndef NOTIFY_FPMAP_H
#define NOTIFY_FPMAP_H

#include <stddef.h>
#include <stdint.h>

struct fpmap_slot {
	uint64_t key;
	void *value; /* NULL: free */
};
struct fpmap {
	struct fpmap_slot *at;
	size_t n, cap; /* cap is a power of two */
};

void *fpmap_get(const struct fpmap *m, uint64_t key);
void fpmap_set(struct fpmap *m, uint64_t key, void *value); /* NULL removes */
void fpmap_release(struct fpmap *m);                        /* values are the caller's */
/* *i from 0; NULL at the end. The map must not change in between. */
void *fpmap_next(const struct fpmap *m, size_t *i);

#endif
