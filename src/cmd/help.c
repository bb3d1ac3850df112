/* help.c -- mlwatch help [COMMAND|TOPIC]. */
#include <string.h>

#include "command_private.h"
#include "topic.h"

struct help_options {
	bool man;
};

static int
help_run(const struct command_line *line)
{
	const struct help_options *o = line->options;
	const struct command *c = line->n_args > 0 ? command_find(line->args[0]) : NULL;
	const struct topic *t = line->n_args > 0 ? topic_find(line->args[0]) : NULL;
	const char *meant;

	if (line->n_args > 1)
		return command_usage(line, "one command or topic at a time");
	if (c == NULL && t != NULL && !o->man) {
		topic_print(stdout, t);
		return 0;
	}
	if (line->n_args == 1 && c == NULL && !(o->man && strcmp(line->args[0], "mlwatch") == 0)) {
		meant = command_suggest(line->args[0]);
		if (meant != NULL)
			return command_usage(line, "unknown command '%s', did you mean '%s'?", line->args[0], meant);
		return command_usage(line, "unknown command '%s'", line->args[0]);
	}
	if (o->man)
		help_man(stdout, c);
	else if (c == NULL)
		help_all(stdout);
	else
		help_long(stdout, c);
	return 0;
}

static const struct option_spec options[] = {
    {"man", 0, OPTION_FLAG, NULL, "as a manual page in roff (default off)", offsetof(struct help_options, man), NULL},
};

const struct command command_help = {
    .name = "help",
    .summary = "all about a command or a topic: mlwatch.yml, rules, series",
    .usage = "help [COMMAND|TOPIC]",
    .description =
	"Without a command: the list of commands, the environment and the exit codes. The topics are mlwatch.yml (the "
	"configuration), rules (rule files) and series (every series that mlwatch makes).",
    .examples = "help query\nhelp mlwatch.yml\nhelp --man query | man -l -\n",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .options_size = sizeof(struct help_options),
    .run = help_run,
};
