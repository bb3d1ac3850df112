/* status_json.h -- the Overview as the document mlwatch.status/1: all that the text shows, times in RFC 3339, durations in seconds. */
#ifndef CMD_STATUS_JSON_H
#define CMD_STATUS_JSON_H

#include <stdio.h>

struct view_overview;

void status_json(FILE *to, const struct view_overview *o);

#endif
