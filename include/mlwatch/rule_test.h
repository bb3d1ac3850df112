/*
 * rule_test.h -- promtool's rule unit tests: series in, what alerts and expressions must be at given times. Nothing is read but
 * the files; time is in the tests.
 */
#ifndef MLWATCH_RULE_TEST_H
#define MLWATCH_RULE_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "mlwatch/err.h"

struct references;

struct rule_test_options {
	/* only tests whose name matches this regular expression somewhere; NULL: all */
	const char *run;
	const struct references *references; /* for drift functions; may be NULL */
};

struct rule_test_report {
	size_t tests; /* that ran */
	char **failures;
	size_t n_failures; /* owned; as promtool words them, several lines each */
	char **warnings;
	size_t n_warnings; /* owned */
};

/* Runs the tests of one file. Mistakes in it or in its rule files go to mistakes with their positions. true: all passed. The report is
 * always to be released. */
bool rule_test_file(const char *path, const struct rule_test_options *o, struct rule_test_report *r,
		    struct errlist *mistakes);
void rule_test_release(struct rule_test_report *r);

#endif
