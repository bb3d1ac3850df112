/* check_private.h -- between the files of mlwatch check. */
#ifndef CMD_CHECK_PRIVATE_H
#define CMD_CHECK_PRIVATE_H

#include <stddef.h>

#include "mlwatch/err.h"

struct check {
	struct errlist errors;
	size_t files, rules; /* looked at */
};

void check_config(struct check *k, const char *path);
void check_rule_file(struct check *k, const char *path);
void check_routing(struct check *k, const char *path);
void check_reference(struct check *k, const char *path);

#endif
