/*
 * prediction.h -- a line of the demo's prediction log: what the service writes for each answer, and history for all that it would have written.
 */
#ifndef DEMO_PREDICTION_H
#define DEMO_PREDICTION_H

#include <stdbool.h>
#include <time.h>

#include "iris.h"

struct prediction {
	unsigned long id;
	double t, latency; /* seconds since the epoch; seconds */
	double x[IRIS_FEATURES];
	bool has[IRIS_FEATURES]; /* false: null */
	int species;             /* -1: failed */
	double score;
};

/* Appends to a line that holds `size`; what does not fit is left out, as snprintf does. Returns its length. */
static inline size_t
prediction_line(char *line, size_t size, const struct iris_data *d, const struct prediction *p)
{
	const time_t sec = (time_t)p->t;
	char ts[40];
	struct tm tm;
	size_t n;

	gmtime_r(&sec, &tm);
	strftime(ts, sizeof ts, "%Y-%m-%dT%H:%M:%S", &tm);
	n = (size_t)snprintf(line, size,
			     "{\"ts\":\"%s.%03dZ\",\"request_id\":\"%08lx\",\"model\":\"iris\",\"version\":\"1.0.0\","
			     "\"latency_ms\":%.3f,\"status\":%d,",
			     ts, (int)((p->t - (double)sec) * 1000), p->id, p->latency * 1000,
			     p->species >= 0 ? 200 : 500);
	if (p->species >= 0)
		n += (size_t)snprintf(line + n, size - n, "\"prediction\":\"%s\",\"score\":%.4f,",
				      d->species[p->species], p->score);
	else
		n += (size_t)snprintf(line + n, size - n, "\"prediction\":null,\"score\":null,");
	n += (size_t)snprintf(line + n, size - n, "\"features\":{");
	for (int i = 0; i < IRIS_FEATURES; i++)
		n += p->has[i] ? (size_t)snprintf(line + n, size - n, "%s\"%s\":%.6g", i > 0 ? "," : "",
						  iris_feature_name[i], p->x[i])
			       : (size_t)snprintf(line + n, size - n, "%s\"%s\":null", i > 0 ? "," : "",
						  iris_feature_name[i]);
	return n + (size_t)snprintf(line + n, size - n, "}}\n");
}

#endif
