/*
 * agent.h -- the event loop that wires the stages together. It knows who hands what to whom and when; file
 * formats, SQL and statistics are the stages' business.
 */
#ifndef MLWATCH_AGENT_H
#define MLWATCH_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct log;

struct agent_spec {
	const char *config_path;
	const char *store_path; /* NULL: the configuration's */
	struct log *log;        /* borrowed */
	const char *log_file;   /* what the log on stderr is written to, reopened on USR1; NULL: none */
};

/* Runs until TERM or INT. 0, or -1 with an err whose kind is the exit code. Mistakes of files are printed by the caller through
 * errlist when e->kind is ERR_FILE. */
struct errlist;
int agent_run(const struct agent_spec *spec, struct errlist *mistakes, struct err *e);

/* Past logs through the whole pipeline into a store, rules evaluated at event time. */
struct replay_spec {
	const char *config_path;
	const char *store_path;
	const char *job; /* which prediction_logs entry describes the files; NULL: the only one */
	char *const *files;
	size_t n_files;
	double speed;              /* 0: as fast as it goes */
	bool notify;               /* really send what the rules make */
	struct log *log;           /* borrowed; of what receivers did not take */
	int progress;              /* enum progress_mode */
	const volatile bool *stop; /* set by SIGINT; may be NULL */
};
struct replay_result {
	int64_t lines, bad_lines, bytes;
	int64_t first_ms, last_ms; /* event time */
	int64_t evaluations, alerts_fired;
	bool routed; /* there is an alerting configuration */
	int64_t notifications, given_up;
	double seconds;
	bool interrupted;
};
int agent_replay(const struct replay_spec *spec, struct replay_result *out, struct errlist *mistakes, struct err *e);

#endif
