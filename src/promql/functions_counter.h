/* functions_counter.h -- what the functions about counters share. */
#ifndef PROMQL_FUNCTIONS_COUNTER_H
#define PROMQL_FUNCTIONS_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the start timestamps of two samples say that the counter began anew between them. */
bool start_is_reset(int64_t prev_start, int64_t prev_t, int64_t start, int64_t t);

#endif
