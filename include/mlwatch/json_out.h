/* json_out.h -- what several commands write as JSON. Kept apart so that the other base headers stay free of jansson. */
#ifndef MLWATCH_JSON_OUT_H
#define MLWATCH_JSON_OUT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "mlwatch/labels.h"

struct errlist;

/* {"schema":"mlwatch.errors/1","errors":[{"file","line","column","end_column","severity","code","message","hint"}]};
 * a position or hint that is not known is left out. A new reference. */
json_t *errlist_json(const struct errlist *l);

json_t *json_time(int64_t ms);        /* RFC 3339 UTC, a new reference; null for 0 */
json_t *json_seconds(int64_t ms);     /* a duration: a number of seconds */
json_t *json_number(double v);        /* NaN and infinities, which JSON lacks, as the strings "NaN", "+Inf", "-Inf" */
json_t *json_text(const char *s);     /* bad UTF-8 repaired; never NULL */
json_t *json_labels(struct labels l); /* an object, bad UTF-8 of values repaired */
/* One document and a newline; takes the reference. indent: for people (stdout is a terminal). */
void json_print(FILE *to, json_t *doc, int indent);

#endif
