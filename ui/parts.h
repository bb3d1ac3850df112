/*
 * parts.h -- what a snapshot is put together from: parts that were read, each in a box that it shares with all snapshots that show it. For
 * load.c, which reads parts, and for snapshot.c and parts.c; nobody else looks inside.
 */
#ifndef UI_PARTS_H
#define UI_PARTS_H

#include <stdatomic.h>

#include "load.h"

struct part_kind {
	load_fn *load;
	unsigned pages, depends;
	int every_ms; /* after something was committed; 0: at once */
	size_t member;
};
extern const struct part_kind part_kinds[N_PARTS]; /* load.c */

struct part_box {
	atomic_int holders;
	struct arena *mem;
	void *payload; /* NULL: it could not be read */
	uint64_t depends;
	int64_t read_at; /* monotonic */
	int64_t version; /* of the store when it was read */
	bool troubled;   /* to be read again */
};

struct parts {
	struct part_box *box[N_PARTS];
	struct request last;
	bool asked;
	int64_t looked_at;  /* monotonic: when the agent was last seen to be as PART_STATE has it */
	atomic_bool cancel; /* set from another thread; promql looks at it while it evaluates */
};

struct part_box *part_hold(struct part_box *b); /* one holder more */
void part_let_go(struct part_box *b);           /* NULL is fine */

/* Empty, of the time that is asked for. */
struct snapshot *snapshot_open(const struct request *q);
/* Another holder of the box, and what is in it to be seen. */
void snapshot_put(struct snapshot *s, enum part part, struct part_box *b);
/* The same once more, for whoever shows it while the rest is read. */
struct snapshot *snapshot_copy(const struct snapshot *s, const struct request *q);
/* What stands still is shown as of when it was last alive. */
void snapshot_settle(struct snapshot *s, const struct request *q);
/* Which alert and model the request comes to among those that there are; then which feature. */
void snapshot_resolve(struct snapshot *s, const struct request *q);
void snapshot_resolve_feature(struct snapshot *s);

#endif
