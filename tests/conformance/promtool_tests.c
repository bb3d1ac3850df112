/*
 * promtool_tests.c -- promtool's own fixtures of rule files and rule unit tests. promtool_tests DIR: DIR/manifest.tsv says what
 * is expected of each file, in words:
 *
 *     rules ok | rules bad | rules ok; lint: 1 duplicate rule, NAME
 *     unit tests pass | unit tests fail | unit tests: "NAME" passes, "NAME" fails
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/rule_test.h"
#include "mlwatch/rules.h"

static bool
lints_one_twin(const struct rule_file *f, const char *name)
{
	const struct rule_lint how = {0};
	struct errlist warnings = ERRLIST_INIT;
	size_t twins = 0;

	rule_file_lint(f, &how, &warnings);
	for (size_t i = 0; i < warnings.n; i++)
		twins +=
		    strcmp(warnings.at[i].code, "duplicate-rule") == 0 && strstr(warnings.at[i].text, name) != NULL;
	errlist_release(&warnings);
	return twins > 0;
}

static bool
rules_as_expected(const char *path, const char *expected)
{
	static const char lint[] = "rules ok; lint: 1 duplicate rule, ";
	struct errlist mistakes = ERRLIST_INIT;
	struct rule_file *f = rule_file_load(path, &mistakes);
	bool good = (f != NULL) == (strncmp(expected, "rules ok", 8) == 0);

	if (f != NULL && strncmp(expected, lint, sizeof lint - 1) == 0)
		good = lints_one_twin(f, expected + sizeof lint - 1);
	rule_file_close(f);
	errlist_release(&mistakes);
	return good;
}

/* Each "NAME" passes or fails of expected against the names in the failures. */
static bool
names_as_expected(const struct rule_test_report *r, const char *expected)
{
	const char *p = strchr(expected, '"');

	for (; p != NULL; p = strchr(p, '"')) {
		const char *end = strchr(p + 1, '"');
		char name[200];
		bool failed = false;
		if (end == NULL)
			break;
		snprintf(name, sizeof name, "name: %.*s,", (int)(end - p - 1), p + 1);
		for (size_t i = 0; i < r->n_failures; i++)
			failed = failed || strstr(r->failures[i], name) != NULL;
		if (failed != (strncmp(end + 1, " fails", 6) == 0))
			return false;
		p = end + 1;
	}
	return true;
}

static bool
tests_as_expected(const char *path, const char *expected)
{
	const struct rule_test_options how = {0};
	struct errlist mistakes = ERRLIST_INIT;
	struct rule_test_report r;
	bool passed = rule_test_file(path, &how, &r, &mistakes);
	bool good = passed == (strcmp(expected, "unit tests pass") == 0) && names_as_expected(&r, expected);

	for (size_t i = 0; !good && i < r.n_failures; i++)
		fprintf(stderr, "%s\n", r.failures[i]);
	if (!good)
		errlist_print(&mistakes, stderr, false);
	errlist_release(&mistakes);
	rule_test_release(&r);
	return good;
}

int
main(int argc, char **argv)
{
	size_t passed = 0, failed = 0, n;
	struct err e = ERR_INIT;
	char path[1024], *text, *save = NULL;

	if (argc < 2)
		return 2;
	snprintf(path, sizeof path, "%s/manifest.tsv", argv[argc - 1]);
	if (file_read(path, 1 << 20, &text, &n, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *expected = strchr(line, '\t');
		if (expected == NULL || strncmp(line, "file\t", 5) == 0)
			continue;
		*expected++ = '\0';
		expected[strcspn(expected, "\t")] = '\0';
		snprintf(path, sizeof path, "%s/%s", argv[argc - 1], line);
		bool good = strncmp(expected, "rules", 5) == 0 ? rules_as_expected(path, expected)
							       : tests_as_expected(path, expected);
		passed += good;
		failed += !good;
		if (!good)
			fprintf(stderr, "FAIL %s: expected %s\n", path, expected);
	}
	free(text);
	printf("promtool_tests: %zu passed, %zu failed\n", passed, failed);
	return failed > 0;
}
