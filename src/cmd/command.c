/*
 * command.c -- the table of subcommands, and from argv to one of them.
 *
 * What a command does is its own business; what every command shares (flags, help, exit codes, the end of a pipe) is here
 * and in command_options.c, command_help.c, command_output.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/suggest.h"
#include "mlwatch/utf8.h"

#include "command_private.h"
#include "plain.h"

/* One row each, in the order in which help lists them. */
#define COMMANDS(X)                                                                                                    \
	X(run)                                                                                                         \
	X(top)                                                                                                         \
	X(status)                                                                                                      \
	X(replay)                                                                                                      \
	X(query)                                                                                                       \
	X(alerts)                                                                                                      \
	X(silence)                                                                                                     \
	X(notifications)                                                                                               \
	X(events)                                                                                                      \
	X(check)                                                                                                       \
	X(test)                                                                                                        \
	X(baseline)                                                                                                    \
	X(store)                                                                                                       \
	X(drift)                                                                                                       \
	X(completion)                                                                                                  \
	X(version)                                                                                                     \
	X(help)

#define DECLARE(name) extern const struct command command_##name;
COMMANDS(DECLARE)
#define ROW(name) &command_##name,
const struct command *const commands[] = {COMMANDS(ROW)};
const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *
command_find(const char *name)
{
	size_t i;

	for (i = 0; i < n_commands; i++)
		if (strcmp(commands[i]->name, name) == 0 ||
		    (commands[i]->also != NULL && strcmp(commands[i]->also, name) == 0))
			return commands[i];
	return NULL;
}

const char *
command_suggest(const char *name)
{
	const char *names[128];
	size_t i;

	for (i = 0; i < n_commands && i < sizeof(names) / sizeof(names[0]); i++)
		names[i] = commands[i]->name;
	return suggest(name, names, i, sizeof(names[0]));
}

static int
unknown_command(const char *name)
{
	const char *meant = command_suggest(name);

	fprintf(stderr, "mlwatch: unknown command '%s'", name);
	if (meant != NULL)
		fprintf(stderr, ", did you mean '%s'?", meant);
	fputs("\n'mlwatch help' lists the commands\n", stderr);
	return ERR_USAGE;
}

/* Results that nobody could write are not done; a reader that left early is. */
static int
written(int code, bool gone)
{
	if (!gone)
		return code;
	if (errno == EPIPE || errno == 0)
		return 0;
	fprintf(stderr, "mlwatch: cannot write the result: %s\n", strerror(errno));
	return ERR_WORLD;
}

/* What it prints becomes harmless on the way. */
static int
run_plain(const struct command_line *line)
{
	FILE *const plain = plain_open(stdout, command_color(line->common, stdout)), *const out = stdout;
	int code;

	if (plain == NULL)
		return line->command->run(line);
	stdout = plain;
	code = line->command->run(line);
	stdout = out;
	errno = 0;
	code = written(code, fclose(plain) != 0);
	clearerr(stdout); /* that is said */
	return code;
}

/* What the flags ask for before the command itself is asked. */
static int
run_parsed(const struct command *c, const struct parsed *p)
{
	struct command_line line = {c, &p->common, p->options, p->args, p->n_args};

	if (p->common.help)
		help_long(stdout, c);
	else if (p->common.help_short)
		help_short(stdout, c);
	else if (p->common.version)
		printf("mlwatch %s\n", MLWATCH_VERSION);
	else if (p->common.output == OUTPUT_TEXT &&
		 (c->common & COMMON_PLAIN || (c->common & COMMON_SEEN && isatty(STDOUT_FILENO))))
		return run_plain(&line);
	else
		return c->run(&line);
	return 0;
}

static int
wrong_flags(const struct command *c, const struct parsed *p, const struct err *e)
{
	struct command_line line = {c, &p->common, NULL, p->args, 0};

	if (p->common.json)
		return command_fail(&line, e);
	fprintf(stderr, "mlwatch %s: %s\n", c->name, e->text);
	if (e->hint[0] != '\0')
		fprintf(stderr, "%s\n", e->hint);
	fprintf(stderr, "'mlwatch %s -h' shows its flags\n", c->name);
	return ERR_USAGE;
}

static int
run_command(const struct command *c, int argc, char **argv)
{
	struct parsed p;
	struct err e = ERR_INIT;
	int code;

	if (options_parse(c, argc, argv, clock_now(), &p, &e) < 0) {
		code = wrong_flags(c, &p, &e);
	} else {
		code = run_parsed(c, &p);
	}
	parsed_release(c, &p);
	return code;
}

/* Flags in the place of a command: only those that need none. */
static int
run_flag(const char *flag)
{
	static const struct {
		const char *flag;
		void (*print)(FILE *);
	} flags[] = {{"-h", help_list}, {"--help", help_all}, {"-V", NULL}, {"--version", NULL}};
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(flag, flags[i].flag) != 0)
			continue;
		if (flags[i].print != NULL)
			flags[i].print(stdout);
		else
			printf("mlwatch %s\n", MLWATCH_VERSION);
		return 0;
	}
	fprintf(stderr,
		"mlwatch: flag '%s' without a command: flags come after it\n'mlwatch help' lists the commands\n", flag);
	return ERR_USAGE;
}

static int
finish(int code)
{
	errno = 0;
	return written(code, fflush(stdout) != 0 || ferror(stdout));
}

int
command_main(int argc, char **argv)
{
	const struct command *c;

	utf8_locale();
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		help_list(stderr);
		return ERR_USAGE;
	}
	if (argv[1][0] == '-')
		return finish(run_flag(argv[1]));
	c = command_find(argv[1]);
	if (c == NULL)
		return unknown_command(argv[1]);
	return finish(run_command(c, argc - 2, argv + 2));
}
