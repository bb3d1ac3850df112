/* check_private.h -- between the files of mlwatch check. */
#ifndef CMD_CHECK_PRIVATE_H
#define CMD_CHECK_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/err.h"

struct command_line;
struct config;

struct check_options {
	const char *lint, *job;
	bool fatal_warnings;
	int64_t lines;
};

struct check {
	const struct check_options *options;
	const char *store; /* --store; NULL: not given */
	struct errlist errors;
	size_t files, rules;           /* looked at */
	int64_t scrape_interval_ms;    /* 0: no configuration said it */
	struct check_metrics *metrics; /* what the store has seen; NULL: not looked */
};

/* Does --lint ask for warnings of this code? (void *: struct check, so that it can be a callback) */
bool check_wants(void *check, const char *code);

/* ---- check_files.c: a verb per kind of file ---- */
void check_rule_file(struct check *k, const char *path);
void check_routing(struct check *k, const char *path);
void check_reference(struct check *k, const char *path);
void check_exposition(struct check *k, const char *path); /* "-": stdin */

/* ---- check_store.c ---- */
void check_store(struct check *k, const char *path);

/* ---- check_metrics.c ---- */
void check_metrics_open(struct check *k, const struct config *c); /* c NULL: only $MLWATCH_STORE or the default place */
void check_metrics_close(struct check *k);
bool check_metric_known(void *check, const char *name, const char **nearest);

/* ---- check_places.c: what a configuration needs around it ---- */
void check_places(struct check *k, const struct config *c);

/* ---- check_log.c ---- */
int check_log(const struct command_line *line, struct check *k);

#endif
