/* scrape_private.h -- a target, and the memory of which series it had. */
#ifndef SCRAPE_PRIVATE_H
#define SCRAPE_PRIVATE_H

#include "mlwatch/scrape_target.h"

struct arena;

struct known {                 /* a series of the target */
	struct labels *labels; /* owned; NULL: a free place */
	uint64_t hash;
	uint32_t seen;        /* the last scrape that had it */
	uint32_t tracked;     /* the last scrape that had it without a time of its own; 0: ended or never */
	int64_t last_t;       /* of its newest sample */
	uint32_t old_tracked; /* as they were before scrape `seen`, in case that fails */
	int64_t old_last_t;
};

struct known_set { /* open addressing, at most half full */
	struct known *at;
	size_t n, size;
};

/* The entry of a series; a new one has seen 0. Copies l when it is new. */
struct known *known_get(struct known_set *s, struct labels l);
/* Forgets what scrape `seen` did not have. */
void known_flush(struct known_set *s, uint32_t seen);
void known_release(struct known_set *s);

struct scrape_target {
	const struct scrape_spec *spec;
	struct arena *own; /* labels, url: for life */
	struct arena *mem; /* of one scrape */
	struct labels labels;
	const char *url;
	int64_t interval_ms, timeout_ms, offset_ms;
	struct known_set known;
	uint32_t scrape; /* number of the current one, from 1 */
};

#endif
