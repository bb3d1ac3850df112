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

/* ---- what can be checked ---- */

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

static void
config_store(struct check *k, const struct config *c)
{
	struct err e = ERR_INIT;
	char *path;

	if (config_find_store(NULL, c, &path, &e) < 0) {
		errlist_add_err(&k->errors, c->path, NULL, &e);
		return;
	}
	check_store(k, path);
	free(path);
}

static void
check_named_files(struct check *k, const struct config *c)
{
	config_rules(k, c);
	config_alerts(k, c);
	config_references(k, c);
}

static void
check_config(struct check *k, const char *path)
{
	struct config *c;

	k->files++;
	c = config_load(path, &k->errors);
	if (c == NULL)
		return;
	k->scrape_interval_ms = c->scrape_interval_ms;
	check_metrics_open(k, c);
	check_named_files(k, c);
	check_places(k, c);
	config_close(c);
}

static const struct kind {
	const char *name;
	void (*file)(struct check *k, const char *path);
	void (*named)(struct check *k, const struct config *c); /* NULL: the configuration itself */
} kinds[] = {
    {"config", check_config, NULL},           {"rules", check_rule_file, config_rules},
    {"alerts", check_routing, config_alerts}, {"reference", check_reference, config_references},
    {"metrics", check_exposition, NULL},      {"store", check_store, config_store},
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

/* Takes the warnings out that --lint does not ask for. */
static void
filter_warnings(struct check *k)
{
	struct errlist *l = &k->errors;
	size_t i, to = 0;

	for (i = 0; i < l->n; i++) {
		struct mistake m = l->at[i];

		if (m.severity == SEVERITY_WARNING && !check_wants(k, m.code)) {
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

	filter_warnings(k);
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
		kind->file(k, path);
	} else {
		c = config_load(path, &k->errors);
		if (c != NULL) {
			k->scrape_interval_ms = c->scrape_interval_ms;
			check_metrics_open(k, c);
			kind->named(k, c);
		}
		config_close(c);
	}
	free(path);
	return answer(line, k);
}

static int
check_run(const struct command_line *line)
{
	const struct kind *kind = line->n_args > 0 ? find_kind(line->args[0]) : &kinds[0];
	struct check k = {.options = line->options, .store = line->common->store, .errors = ERRLIST_INIT};
	size_t i;
	int code;

	if (line->n_args > 0 && strcmp(line->args[0], "log") == 0) {
		code = check_log(line, &k);
	} else if (kind == NULL) {
		return command_usage(line, "cannot check '%s': config, rules, alerts, reference, log, metrics or store",
				     line->args[0]);
	} else if (line->n_args == 1 && kind->file == check_exposition) {
		check_exposition(&k, "-");
		code = answer(line, &k);
	} else if (line->n_args <= 1) {
		code = check_configured(line, kind, &k);
	} else {
		if (k.store != NULL || getenv("MLWATCH_STORE") != NULL)
			check_metrics_open(&k, NULL);
		for (i = 1; i < line->n_args; i++)
			kind->file(&k, line->args[i]);
		code = answer(line, &k);
	}
	check_metrics_close(&k);
	errlist_release(&k.errors);
	return code;
}

#define AT(f) offsetof(struct check_options, f)
static const struct option_spec options[] = {
    {"lint", 0, OPTION_STRING, "none|all|CODE,...", "which warnings are given (default all)", AT(lint), NULL},
    {"job", 0, OPTION_STRING, "JOB", "check log: read as this prediction log (default: the one whose paths match)",
     AT(job), NULL},
    {"lines", 0, OPTION_INT, "N", "check log: how many records are shown (default 3)", AT(lines), NULL},
    {"fatal-warnings", 0, OPTION_FLAG, NULL, "warnings make the answer 1 too (default off)", AT(fatal_warnings), NULL},
};
#undef AT

static const struct check_options defaults = {.lint = "all", .lines = 3};
static const char *const verbs[] = {"config", "rules", "alerts", "reference", "log", "metrics", "store", NULL};

const struct command command_check = {
    .name = "check",
    .summary = "is this file right? Configuration, rules, routing, references, logs",
    .usage = "check\ncheck config|rules|alerts|reference|metrics|store [FILE...]\ncheck log FILE",
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
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_OUTPUT,
    .run = check_run,
};
