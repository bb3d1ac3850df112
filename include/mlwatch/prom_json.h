/*
 * prom_json.h -- answers in the JSON of Prometheus' HTTP API: what /api/v1/query and `mlwatch query --json` print.
 * Numbers are strings in Prometheus' formatting, times are seconds with up to three decimals.
 */
#ifndef MLWATCH_PROM_JSON_H
#define MLWATCH_PROM_JSON_H

#include <stdint.h>

#include "mlwatch/labels.h"

struct buf;
struct histogram;
struct promql_result;

void prom_json_string(struct buf *out, const char *s);   /* with its quotes; bad UTF-8 becomes U+FFFD */
void prom_json_labels(struct buf *out, struct labels l); /* {"__name__":"up",...} */
void prom_json_time(struct buf *out, int64_t ms);
void prom_json_value(struct buf *out, double v); /* "1.5" with its quotes */
void prom_json_histogram(struct buf *out, const struct histogram *h);
/* The whole body of a success, warnings and infos included. */
void prom_json_success(struct buf *out, const struct promql_result *r);
/* The same with one more warning. */
void prom_json_success_warned(struct buf *out, const struct promql_result *r, const char *warning);
/* The whole body of an error; type is bad_data, execution, timeout, canceled, internal, not_found, unavailable. */
void prom_json_error(struct buf *out, const char *type, const char *text);

#endif
