/*
 * exposition.h -- Prometheus text format 0.0.4 and OpenMetrics 1.0 into samples. All or nothing: one bad line fails the
 * body. Verdicts and values are those of a Prometheus server's scrape. NUL bytes in label values and help texts, which Prometheus
 * keeps, become U+FFFD.
 */
#ifndef MLWATCH_EXPOSITION_H
#define MLWATCH_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"

struct arena;
struct err;

struct scraped_sample {
	struct labels labels;
	struct labels empty; /* labels that the body shows as empty: with honor_labels they keep the target's away */
	double v;
	bool has_time;
	int64_t t;
};
struct metric_meta {
	const char *family, *type, *unit, *help;
};
struct exposition {
	struct scraped_sample *samples;
	size_t n; /* in order; a series may stand twice (the first value counts) */
	struct metric_meta *meta;
	size_t n_meta;
};

/* content_type decides the format (NULL or unknown: text 0.0.4). All memory from mem. -1 with line and column in e; out then
 * holds what stood before the mistake (for counting only). */
int exposition_parse(struct arena *mem, const char *body, size_t n, const char *content_type, struct exposition *out,
		     struct err *e);

#endif
