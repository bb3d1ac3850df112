/*
 * fuzz_rule_file.c -- any bytes as a rule file: mistakes have positions inside the file; what passes is linted and evaluated twice
 * over a few series.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
evaluate(struct rule_file *f)
{
	static const struct label up[] = {{METRIC_NAME, "up"}, {"job", "a"}};
	const struct rule_set_spec spec = {15000, {NULL, 0}, "http://x/y"};
	struct memory_storage *m = memory_storage_open();
	const struct promql p = {.storage = memory_storage_view(m),
				 .limits = {.timeout_ms = 1000, .max_samples = 10000}};
	const struct rule_sink sink = {0};
	struct rule_set *s = rule_set_open(&spec);
	struct err e = ERR_INIT;

	rule_set_load(s, &f, 1, NULL, &e);
	for (int64_t t = 60000; t <= 120000; t += 60000) {
		memory_storage_append(m, (struct labels){up, 2}, t, t == 60000 ? 0 : 1);
		for (size_t i = 0; i < rule_set_groups(s); i++)
			rule_group_eval(rule_set_group(s, i), &p, t, &sink);
	}
	rule_set_close(s);
	memory_storage_close(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errlist mistakes = ERRLIST_INIT;
	const struct rule_lint how = {.scrape_interval_ms = 15000};
	struct rule_file *f = rule_file_parse("fuzz.yml", (const char *)data, size, &mistakes);

	if (f == NULL && mistakes.errors == 0)
		abort();
	if (f != NULL) {
		rule_file_lint(f, &how, &mistakes);
		evaluate(f);
	}
	for (size_t i = 0; i < mistakes.n; i++) {
		if (mistakes.at[i].line < 0 || mistakes.at[i].column < 0)
			abort();
	}
	errlist_release(&mistakes);
	return 0;
}
