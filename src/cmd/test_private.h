/* test_private.h -- between the files of mlwatch test: one per verb. */
#ifndef CMD_TEST_PRIVATE_H
#define CMD_TEST_PRIVATE_H

#include "mlwatch/command.h"

struct test_options {
	const char *run; /* test rules */
	bool tree;       /* test routes */
	const char *verify;
	const char *kind; /* test notify */
};

/* The arguments after the verb. Each returns the exit code. */
int test_routes(const struct command_line *line, const char *const *args, size_t n);
int test_notify(const struct command_line *line, const char *const *args, size_t n);
int test_rules(const struct command_line *line, const char *const *args, size_t n);

#endif
