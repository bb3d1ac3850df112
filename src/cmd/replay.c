/*
 * replay.c -- `mlwatch replay`: past logs through the whole pipeline into a store.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/agent.h"
#include "mlwatch/clock.h"
#include "mlwatch/command.h"
#include "mlwatch/config.h"
#include "mlwatch/log.h"

struct replay_options {
	const char *job, *speed;
	bool notify;
};

#define AT(f) offsetof(struct replay_options, f)
static const struct option_spec options[] = {
    {"job", 0, OPTION_STRING, "JOB", "read as this entry of prediction_logs (default: the only one)", AT(job), NULL},
    {"speed", 0, OPTION_STRING, "FACTOR", "event time runs this many times as fast, 60x (default: full speed)",
     AT(speed), NULL},
    {"notify", 0, OPTION_FLAG, NULL, "really send what the rules would have sent (default off: only keep it)",
     AT(notify), NULL},
};
static const struct replay_options defaults = {NULL, NULL, false};

static volatile sig_atomic_t interrupted;
static volatile bool stop;

static void
on_int(int sig)
{
	(void)sig;
	interrupted = 1;
	stop = true;
}

static int
read_speed(const char *text, double *out, struct err *e)
{
	char *end;

	if (text == NULL)
		return 0;
	*out = strtod(text, &end);
	if (end == text || *out <= 0 || (strcmp(end, "x") != 0 && *end != '\0'))
		return err_set(e, ERR_USAGE, "not a speed: '%s', try 60x", text);
	return 0;
}

static void
tell(const struct replay_result *r, bool notify, const char *store)
{
	char from[32], to[32];
	double seconds = r->seconds > 0.001 ? r->seconds : 0.001;

	rfc3339_format(from, r->first_ms);
	rfc3339_format(to, r->last_ms);
	fprintf(stderr, "%s %lld lines (%lld bad, not counted), %.1f MB in %.1f s: %.0f lines/s, into %s\n",
		r->interrupted ? "interrupted after" : "replayed", (long long)r->lines, (long long)r->bad_lines,
		(double)r->bytes / 1e6, r->seconds, (double)r->lines / seconds, store);
	if (r->first_ms > 0)
		fprintf(stderr,
			"event time %s to %s, %lld evaluations, %lld alerts fired; see mlwatch top --store %s, or "
			"mlwatch events --store %s\n",
			from, to, (long long)r->evaluations, (long long)r->alerts_fired, store, store);
	if (r->routed && notify)
		fprintf(stderr, "%lld notifications sent, %lld given up; see mlwatch notifications --store %s\n",
			(long long)r->notifications, (long long)r->given_up, store);
	else if (r->routed)
		fprintf(stderr,
			"%lld notifications would have been sent, none was; see mlwatch notifications --store %s\n",
			(long long)r->notifications, store);
	if (r->interrupted)
		fprintf(stderr, "what was read is stored; the same command goes on where this one stopped\n");
}

static int
run(const struct command_line *line)
{
	const struct replay_options *o = line->options;
	struct replay_spec spec = {.store_path = line->common->store,
				   .job = o->job,
				   .files = (char *const *)line->args,
				   .n_files = line->n_args,
				   .notify = o->notify,
				   .progress = line->common->progress,
				   .stop = &stop};
	struct errlist mistakes = ERRLIST_INIT;
	struct replay_result result;
	struct err e = ERR_INIT;
	const char *why;
	char *path;
	int rc;

	if (line->n_args == 0)
		return command_usage(line, "which log?");
	if (line->common->store == NULL)
		return command_usage(line, "--store says where the results go: a file of its own, not the agent's");
	if (read_speed(o->speed, &spec.speed, &e) < 0 || config_find(line->common->config, &path, &why, &e) < 0)
		return command_fail(line, &e);
	spec.config_path = path;
	spec.log = log_open(STDERR_FILENO, LOG_TEXT, LOG_ERROR);
	signal(SIGINT, on_int);
	rc = agent_replay(&spec, &result, &mistakes, &e);
	log_close(spec.log);
	free(path);
	if (mistakes.n > 0 && rc < 0)
		command_errors(line, &mistakes);
	errlist_release(&mistakes);
	if (rc < 0)
		return command_fail(line, &e);
	if (!line->common->quiet)
		tell(&result, o->notify, spec.store_path);
	return interrupted ? 130 : 0;
}

const struct command command_replay = {
    .name = "replay",
    .summary = "past logs through the whole pipeline: would these rules have paged me?",
    .usage = "replay LOG... --store FILE [--job JOB] [--speed 60x] [--notify]",
    .description =
	"Reads the logs as the configuration says, keeps windows and evaluates the rules at event time, into a store "
	"of its own, which --store must name. Nobody is notified unless --notify is given. What fired is in `mlwatch "
	"events --store FILE` and "
	"`mlwatch alerts --all`, who would have been told what in `mlwatch notifications`.",
    .examples =
	"replay -c mlwatch.yml --store /tmp/r.db predictions.jsonl\nreplay --store r.db --speed 60x old.jsonl\n",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct replay_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_PROGRESS,
    .run = run,
};
