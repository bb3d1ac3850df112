/* test_rules.c -- `mlwatch test rules FILE...`: promtool's rule unit tests, its words and its exit code. */
#include <jansson.h>
#include <stdlib.h>

#include "mlwatch/json_out.h"
#include "mlwatch/rule_test.h"
#include "test_private.h"

static void
print_report(const char *path, const struct rule_test_report *r, bool passed, bool quiet)
{
	if (passed && quiet)
		return;
	printf("Unit Testing:  %s\n", path);
	for (size_t i = 0; i < r->n_warnings; i++)
		printf("  WARNING: %s\n", r->warnings[i]);
	printf(passed ? "  SUCCESS\n" : "  FAILED:\n");
	for (size_t i = 0; i < r->n_failures; i++)
		printf("%s\n", r->failures[i]);
	printf("\n");
}

static json_t *
texts(char *const *at, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_text(at[i]));
	return list;
}

static json_t *
report_json(const char *path, const struct rule_test_report *r, bool passed, const struct errlist *mistakes)
{
	json_t *j = json_object(), *doc = errlist_json(mistakes);

	json_object_set_new(j, "file", json_text(path));
	json_object_set_new(j, "passed", json_boolean(passed));
	json_object_set_new(j, "tests", json_integer((json_int_t)r->tests));
	json_object_set_new(j, "failures", texts(r->failures, r->n_failures));
	json_object_set_new(j, "warnings", texts(r->warnings, r->n_warnings));
	json_object_set(j, "mistakes", json_object_get(doc, "errors"));
	json_decref(doc);
	return j;
}

static void
print_json(json_t *files)
{
	json_t *all = json_object();

	json_object_set_new(all, "schema", json_string("mlwatch.rule_tests/1"));
	json_object_set_new(all, "files", files);
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

int
test_rules(const struct command_line *line, const char *const *args, size_t n)
{
	const struct test_options *o = line->options;
	const struct rule_test_options how = {.run = o->run};
	json_t *files = json_array();
	bool all = true;

	if (n == 0) {
		json_decref(files);
		return command_usage(line, "which files of rule tests?");
	}
	for (size_t i = 0; i < n; i++) {
		struct errlist mistakes = ERRLIST_INIT;
		struct rule_test_report r;
		bool passed = rule_test_file(args[i], &how, &r, &mistakes);
		all = all && passed;
		if (line->common->json)
			json_array_append_new(files, report_json(args[i], &r, passed, &mistakes));
		else
			print_report(args[i], &r, passed, line->common->quiet);
		fflush(stdout);
		if (mistakes.n > 0 && !line->common->json)
			errlist_print(&mistakes, stderr, command_color(line->common, stderr));
		errlist_release(&mistakes);
		rule_test_release(&r);
	}
	if (line->common->json)
		print_json(files);
	else
		json_decref(files);
	return all ? 0 : 1;
}
