/* rule_test_private.h -- a file of rule unit tests, as it was written. Between the rule_test_*.c files. */
#ifndef MLWATCH_RULE_TEST_PRIVATE_H
#define MLWATCH_RULE_TEST_PRIVATE_H

#include "mlwatch/rule_test.h"
#include "rules_private.h"

struct test_series {
	const struct yaml_node *series_node, *values_node;
	const char *series, *values;
};

struct test_alert { /* an expected one */
	struct labels labels, annotations;
};

struct test_alerts { /* of alert_rule_test */
	int64_t eval_ms;
	const char *alertname;
	struct test_alert *at;
	size_t n;
};

struct test_sample {
	const char *labels, *histogram;
	double value;
};

struct test_expr { /* of promql_expr_test */
	const char *expr;
	int64_t eval_ms;
	struct test_sample *at;
	size_t n;
};

struct test_case {
	const char *name; /* "" when it has none */
	int64_t interval_ms, start_ms;
	struct labels external_labels;
	const char *external_url;
	struct test_series *series;
	size_t n_series;
	struct test_alerts *alerts;
	size_t n_alerts;
	struct test_expr *exprs;
	size_t n_exprs;
};

struct test_file {
	struct yaml_file yaml;
	struct arena *mem;
	const char **rule_files;
	size_t n_rule_files;
	int64_t evaluation_interval_ms;
	const char **order; /* group_eval_order */
	size_t n_order;
	bool fuzzy;
	struct test_case *cases;
	size_t n_cases;
};

/* -1: mistakes were reported. */
int test_file_read(struct test_file *f, const char *path, struct errlist *mistakes);
void test_file_release(struct test_file *f);

struct test_run {
	const struct test_file *file;
	const struct test_case *c;
	struct rule_test_report *report;
	struct arena *mem;
	struct rule_set *rules;
	struct rule_group **groups; /* in the order of their evaluation */
	struct memory_storage *storage;
	struct promql promql;
};

void report_failure(struct rule_test_report *r, const char *text); /* copies */

/* rule_test_compare.c: one expectation each; what does not hold is reported. */
void test_compare_alerts(struct test_run *run, const struct test_alerts *expected);
void test_compare_expr(struct test_run *run, const struct test_expr *expected);

#endif
