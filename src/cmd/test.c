/*
 * test.c -- `mlwatch test`: rules against series in a file, label sets against the routing tree, a receiver against the
 * world. Each verb is a file of its own.
 */
#include <string.h>

#include "test_private.h"

#define AT(f) offsetof(struct test_options, f)
static const struct option_spec options[] = {
    {"run", 0, OPTION_STRING, "REGEX", "rules: only tests whose name matches (default all)", AT(run), NULL},
    {"tree", 0, OPTION_FLAG, NULL, "routes: show the whole tree, with what the labels take (default off)", AT(tree),
     NULL},
    {"verify.receivers", 0, OPTION_STRING, "NAMES",
     "routes: exit 1 unless exactly these (a,b) are reached, in this order", AT(verify), NULL},
    {"kind", 0, OPTION_STRING, "KIND", "notify: only to integrations of this kind, for example slack (default all)",
     AT(kind), NULL},
};

static const struct verb {
	const char *name;
	int (*run)(const struct command_line *line, const char *const *args, size_t n);
} verbs[] = {
    {"rules", test_rules},
    {"routes", test_routes},
    {"notify", test_notify},
};
static const char *const verb_names[] = {"rules", "routes", "notify", NULL};

static int
test_run(const struct command_line *line)
{
	if (line->n_args == 0)
		return command_usage(line, "what is to be tested?");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(verbs[i].name, line->args[0]) == 0)
			return verbs[i].run(line, line->args + 1, line->n_args - 1);
	}
	return command_usage(line, "'%s' cannot be tested", line->args[0]);
}

const struct command command_test = {
    .name = "test",
    .summary = "rules against series, labels against the routing tree, a receiver against the world",
    .usage = "test rules FILE...\ntest routes LABEL=VALUE...\ntest notify RECEIVER",
    .description =
	"`test rules` runs unit tests of rules in promtool's format: input series, the times at which alerts are "
	"looked at and what must fire then, expressions and what they must yield. Nothing else is read: no "
	"configuration, no store, no clock.\n\n"
	"`test routes` says which receivers an alert with these labels would reach, and by which routes; --tree shows "
	"them in the whole tree. "
	"`test notify` sends one message to a receiver, marked as a test, now. Both read the routing file that the "
	"configuration names.\n\n"
	"For every test that fails it says which one it was, what was expected and what came. The exit code is 0 when "
	"all "
	"passed and 1 otherwise.",
    .examples =
	"test rules rules/tests/*.yml\ntest routes alertname=DriftHigh severity=critical\ntest rules --run 'latency' "
	"rules/tests/service.yml\ntest notify slack-oncall\n",
    .verbs = verb_names,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .options_size = sizeof(struct test_options),
    .common = COMMON_OUTPUT | COMMON_CONFIG,
    .run = test_run,
};
