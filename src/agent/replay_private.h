/* replay_private.h -- what the files of a replay share: replay.c reads the logs, replay_rules.c does what is due at a time of theirs. */
#ifndef AGENT_REPLAY_PRIVATE_H
#define AGENT_REPLAY_PRIVATE_H

#include "agent_private.h"

struct arena;
struct progress;

struct replay {
	const struct replay_spec *spec;
	struct epoch ep;
	struct store *store;
	struct notify *notify; /* NULL: no alerting configuration */
	uv_loop_t loop;        /* of the notifier */
	struct arena *alerts_mem;
	struct alert *alerts; /* of the evaluation that runs */
	size_t n_alerts, cap_alerts;
	struct batch *pending;        /* for the next commit; NULL: nothing */
	int64_t *next;                /* per group: when it runs next, event time */
	int64_t now_ms;               /* event time */
	int64_t metrics_ms, looks_ms; /* when they were due last */
	uint64_t sent;                /* messages, at the last look */
	size_t piece;                 /* bytes to read next */
	int64_t uncommitted;          /* bytes */
	int64_t newest_ms;            /* of what was read */
	struct progress *progress;
	int64_t total_bytes, started_mono;
	struct replay_result *out;
};

/* replay.c */
struct batch *replay_pending(struct replay *r);
int replay_commit(struct replay *r, struct err *e); /* what is pending, as of now */

void replay_status(struct replay *r, bool ended); /* the status documents */

/* replay_rules.c */
void replay_first_times(struct replay *r);  /* from now on */
int64_t replay_due(const struct replay *r); /* when a group runs next; INT64_MAX: there is none */
/* Runs what is due up to `until`, in order of time; recorded series are committed between steps so that other groups see them. */
int replay_rules(struct replay *r, int64_t until, struct err *e);

#endif
