/* sender_private.h -- lanes and the rows in them (sender_lane.c), between them and the requests (sender.c). */
#ifndef NOTIFY_SENDER_PRIVATE_H
#define NOTIFY_SENDER_PRIVATE_H

#include "fpmap.h"
#include "sender.h"

struct job { /* a row: in its lane's heap, under way, or behind one that is */
	int64_t id, next, expires, attempts;
	struct lane *lane;
	size_t at; /* in the lane's heap */
	bool under_way;
	bool pointless; /* replaced or dropped while it was under way: not tried again */
	struct job *ahead, *behind;
	char *payload; /* or NULL */
};

struct lane {
	char *receiver, *kind;
	int64_t index;
	const struct integration *in; /* NULL: the configuration has it no more */
	struct job **heap;
	size_t n, cap, under_way;
	double tokens;
	int64_t tokens_at, paused_until;
	int64_t streak;
	uint64_t sent, failed, given_up;
	char last_error[256];
};

struct sender {
	struct sender_spec spec;
	struct fetcher *fetcher;
	struct fpmap jobs;
	struct lane **lanes;
	size_t n_lanes, cap_lanes;
	size_t kept_bytes; /* payloads in memory */
	size_t preparing;  /* in workers */
	uint64_t random;
	bool closing, fetcher_gone;
	void (*closed)(void *arg);
	void *closed_arg;
};

void lane_push(struct lane *l, struct job *j);
void lane_pull(struct lane *l, struct job *j);
/* Every row that waits may go now. */
void lane_hurry(struct lane *l, int64_t now);
/* Forgets a row that is in no heap; who waited behind it gets its turn. */
void job_end(struct sender *s, struct job *j);
void lanes_free(struct sender *s);

#endif
