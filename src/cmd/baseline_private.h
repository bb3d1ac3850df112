/* baseline_private.h -- the verbs of `mlwatch baseline`. */
#ifndef MLWATCH_CMD_BASELINE_PRIVATE_H
#define MLWATCH_CMD_BASELINE_PRIVATE_H

#include "dataset.h"

struct baseline_options {
	struct dataset_options data;
	const char *output, *created, *prediction, *score;
	int64_t max_bins, max_categories, since;
	struct option_list only, except, types;
	bool from_store, json;
};

int baseline_show(const struct command_line *line);
int baseline_diff(const struct command_line *line);
/* *out is the caller's to close. 0 or the exit code. */
int baseline_from_store(const struct command_line *line, const struct reference_head *head, struct reference **out);

#endif
