/* query_http.h -- `mlwatch query --url`: the same verbs asked of a Prometheus-compatible server. */
#ifndef CMD_QUERY_HTTP_H
#define CMD_QUERY_HTTP_H

#include <stdint.h>

struct command_line;

/* Times in ms; < 0: not given. Prints as `query` does; returns the exit code. */
int query_over_http(const struct command_line *line, const char *url, int64_t time, int64_t start, int64_t end,
		    int64_t step);

#endif
