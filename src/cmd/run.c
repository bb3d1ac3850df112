/*
 * run.c -- `mlwatch run`: the agent, in the foreground. The only command that writes measurements.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "mlwatch/agent.h"
#include "mlwatch/command.h"
#include "mlwatch/config.h"
#include "mlwatch/log.h"
#include "mlwatch/secret.h"

struct run_options {
	int level, format;
	const char *log_file;
	bool core_dumps;
};

#define AT(f) offsetof(struct run_options, f)
static const struct option_spec options[] = {
    {"log-level", 0, OPTION_CHOICE, "error|warn|info|debug", "how much is said (default info)", AT(level), NULL},
    {"log-format", 0, OPTION_CHOICE, "text|json|journal", "how it is said (default text)", AT(format), NULL},
    {"log-file", 0, OPTION_FILE, "FILE", "say it here, reopened on USR1 (default stderr)", AT(log_file), NULL},
    {"core-dumps", 0, OPTION_FLAG, NULL, "let a crash leave a core dump, which may hold secrets (default off)",
     AT(core_dumps), NULL},
};
static const struct run_options defaults = {.level = LOG_INFO, .format = LOG_TEXT};

static int
redirect(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		return err_set(e, ERR_WORLD, "cannot open '%s' for the log", path);
	close(fd);
	return 0;
}

static int
run(const struct command_line *line)
{
	const struct run_options *o = line->options;
	struct errlist mistakes = ERRLIST_INIT;
	struct agent_spec spec = {.store_path = line->common->store, .log_file = o->log_file};
	struct err e = ERR_INIT;
	const char *why;
	char *path;
	int rc;

	if (line->n_args > 0)
		return command_usage(line, "unexpected argument '%s'", line->args[0]);
	if (config_find(line->common->config, &path, &why, &e) < 0)
		return command_fail(line, &e);
	if (o->log_file != NULL && redirect(o->log_file, &e) < 0) {
		free(path);
		return command_fail(line, &e);
	}
	if (!o->core_dumps)
		secret_no_dumps();
	spec.config_path = path;
	spec.log = log_open(STDERR_FILENO, (enum log_format)o->format, (enum log_level)o->level);
	/* libuv's four threads could all be held by slow rule groups and queries, and reading would wait for them. */
	setenv("UV_THREADPOOL_SIZE", "16", 0);
	/* one pool for all workers: with one each, memory is kept as often as there are workers, though one works at a time */
	mallopt(M_ARENA_MAX, 1);
	rc = agent_run(&spec, &mistakes, &e);
	if (mistakes.n > 0 && rc < 0)
		command_errors(line, &mistakes);
	rc = rc < 0 ? command_fail(line, &e) : 0;
	errlist_release(&mistakes);
	log_close(spec.log);
	free(path);
	return rc;
}

const struct command command_run = {
    .name = "run",
    .summary = "the agent: follow logs, scrape, evaluate rules, notify",
    .usage = "run [-c FILE] [--store FILE]",
    .description =
	"Runs in the foreground and logs to stderr. HUP reloads the configuration (a wrong one changes nothing and is "
	"said), TERM and INT stop, USR1 reopens --log-file, USR2 writes one line of status to the log.",
    .examples = "run -c mlwatch.yml\nrun --log-format json --log-level warn\n",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct run_options),
    .common = COMMON_CONFIG | COMMON_STORE,
    .run = run,
};
