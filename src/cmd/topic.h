/* topic.h -- the manual pages that are not a command's: `mlwatch help mlwatch.yml`, without man-db. */
#ifndef CMD_TOPIC_H
#define CMD_TOPIC_H

#include <stdio.h>

struct topic;

const struct topic *topic_find(const char *name); /* "rules" or "mlwatch-rules" */
void topic_print(FILE *to, const struct topic *t);

#endif
