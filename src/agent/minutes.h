/*
 * minutes.h -- how often something happened in the last hour: a count for each of 60 minutes of the clock, so that it needs no
 * list of times and can be written down and read again.
 */
#ifndef AGENT_MINUTES_H
#define AGENT_MINUTES_H

#include <jansson.h>
#include <stdint.h>

#define MINUTES 60

struct minutes {
	int64_t newest; /* minutes since 1970 */
	uint32_t n[MINUTES];
};

void minutes_add(struct minutes *m, int64_t now_ms, uint32_t n);
/* In the 60 minutes that end with the one of now_ms. */
int64_t minutes_sum(const struct minutes *m, int64_t now_ms);
/* Start of the first of these minutes in which there was something; 0: there was none. */
int64_t minutes_first(const struct minutes *m, int64_t now_ms);
/* [[minute, count], ...] and back; what is no such list is an empty one. */
json_t *minutes_json(const struct minutes *m, int64_t now_ms);
struct minutes minutes_read(const json_t *list);

#endif
