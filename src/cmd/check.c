/*
 * check.c -- mlwatch check: is this file right, and everything that it refers to?
 *
 * Uses the code of run: what passes here starts there. The answer is 0 or 1; mistakes go to stderr (with --json, to stdout).
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/config.h"
#include "mlwatch/xalloc.h"

#include "check_private.h"
#include "command_private.h"

struct check_options {
	const char *lint;
	bool fatal_warnings;
};

/* ---- what can be checked ---- */

static void
check_named_files(struct check *k, const struct config *c)
{
	size_t i;

	for (i = 0; i < c->n_rule_files; i++)
		check_rule_file(k, c->rule_files[i]);
	if (c->alerting_file != NULL)
		check_routing(k, c->alerting_file);
	for (i = 0; i < c->n_references; i++)
		check_reference(k, c->references[i].file);
}

void
check_config(struct check *k, const char *path)
{
	struct config *c;

	k->files++;
	c = config_load(path, &k->errors);
	if (c == NULL)
		return;
	check_named_files(k, c);
	config_close(c);
}

/* Without files of their own, the kinds take what the configuration names. */
static void
config_rules(struct check *k, const struct config *c)
{
	size_t i;

	for (i = 0; i < c->n_rule_files; i++)
		check_rule_file(k, c->rule_files[i]);
}

static void
config_alerts(struct check *k, const struct config *c)
{
	if (c->alerting_file != NULL)
		check_routing(k, c->alerting_file);
}

static void
config_references(struct check *k, const struct config *c)
{
	size_t i;

	for (i = 0; i < c->n_references; i++)
		check_reference(k, c->references[i].file);
}

static const struct kind {
	const char *name;
	void (*file)(struct check *k, const char *path);
	void (*named)(struct check *k, const struct config *c); /* NULL: the configuration itself */
} kinds[] = {
    {"config", check_config, NULL},
    {"rules", check_rule_file, config_rules},
    {"alerts", check_routing, config_alerts},
    {"reference", check_reference, config_references},
};

static const struct kind *
find_kind(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, word) == 0)
			return &kinds[i];
	return NULL;
}

/* ---- the answer ---- */

static bool
listed(const char *list, const char *word)
{
	size_t n = strlen(word), len;

	for (; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len == n && strncmp(list, word, n) == 0)
			return true;
	}
	return false;
}

/* Takes the warnings out that --lint does not ask for. */
static void
filter_warnings(struct errlist *l, const char *lint)
{
	size_t i, to = 0;

	if (strcmp(lint, "all") == 0)
		return;
	for (i = 0; i < l->n; i++) {
		struct mistake m = l->at[i];

		if (m.severity == SEVERITY_WARNING && !listed(lint, m.code)) {
			struct errlist one = {&l->at[i], 1, 0, 0, 0};

			one.at = xmemdup(&m, sizeof(m));
			errlist_release(&one);
			l->warnings--;
			continue;
		}
		l->at[to++] = m;
	}
	l->n = to;
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* "2 files, 11 rules: 3 errors, 1 warning" */
static void
print_summary(const struct check *k)
{
	const struct errlist *l = &k->errors;

	printf("%zu file%s", k->files, plural(k->files));
	if (k->rules > 0)
		printf(", %zu rule%s", k->rules, plural(k->rules));
	if (l->errors == 0)
		printf(": no errors");
	else
		printf(": %zu error%s", l->errors, plural(l->errors));
	if (l->warnings > 0)
		printf(", %zu warning%s", l->warnings, plural(l->warnings));
	putchar('\n');
}

static int
answer(const struct command_line *line, struct check *k)
{
	const struct check_options *o = line->options;
	bool text = line->common->output == OUTPUT_TEXT;
	int code;

	filter_warnings(&k->errors, o->lint);
	code = k->errors.errors > 0 || (o->fatal_warnings && k->errors.warnings > 0);
	if (!text || k->errors.n > 0)
		command_errors(line, &k->errors);
	fflush(stderr);
	if (text && (!line->common->quiet || code != 0))
		print_summary(k);
	return code;
}

/* Without arguments, or a kind without files: the configuration says which. */
static int
check_configured(const struct command_line *line, const struct kind *kind, struct check *k)
{
	struct err e = ERR_INIT;
	struct config *c;
	const char *why;
	char *path;

	if (config_find(line->common->config, &path, &why, &e) < 0)
		return command_fail(line, &e);
	if (kind->named == NULL) {
		check_config(k, path);
	} else {
		c = config_load(path, &k->errors);
		if (c != NULL)
			kind->named(k, c);
		config_close(c);
	}
	free(path);
	return answer(line, k);
}

static int
check_run(const struct command_line *line)
{
	const struct kind *kind = line->n_args > 0 ? find_kind(line->args[0]) : &kinds[0];
	struct check k = {.errors = ERRLIST_INIT};
	size_t i;
	int code;

	if (kind == NULL)
		return command_usage(line, "cannot check '%s': config, rules, alerts or reference", line->args[0]);
	if (line->n_args <= 1) {
		code = check_configured(line, kind, &k);
	} else {
		for (i = 1; i < line->n_args; i++)
			kind->file(&k, line->args[i]);
		code = answer(line, &k);
	}
	errlist_release(&k.errors);
	return code;
}

#define AT(f) offsetof(struct check_options, f)
static const struct option_spec options[] = {
    {"lint", 0, OPTION_STRING, "none|all|CODE,...", "which warnings are given (default all)", AT(lint), NULL},
    {"fatal-warnings", 0, OPTION_FLAG, NULL, "warnings make the answer 1 too (default off)", AT(fatal_warnings), NULL},
};
#undef AT

static const struct check_options defaults = {.lint = "all"};
static const char *const verbs[] = {"config", "rules", "alerts", "reference", NULL};

const struct command command_check = {
    .name = "check",
    .summary = "is this file right? Configuration, rules, routing, references",
    .usage = "check\ncheck config|rules|alerts|reference [FILE...]",
    .description =
	"Reads files with the code that run uses and reports every mistake with its position, the line and what to\n"
	"do. 'check' and 'check config' follow everything that the configuration names: rule files, the routing\n"
	"file, references. The other kinds without FILE take those that the configuration names.\n\n"
	"The answer is 0 when there are no errors, else 1. Warnings alone do not make it 1 without\n"
	"--fatal-warnings; --lint chooses among them by their codes, which --json shows.",
    .examples = "check config mlwatch.yml\ncheck rules rules/*.yml\n",
    .verbs = verbs,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .defaults = &defaults,
    .options_size = sizeof(struct check_options),
    .common = COMMON_CONFIG | COMMON_OUTPUT,
    .run = check_run,
};
