/*
 * tail.h -- following log files. Gives whole lines, in order, with the offset that they reach to, so
 * that whoever commits what was in them can commit the offsets in the same transaction.
 *
 * Synchronous and without a loop: the agent calls tail_poll from a worker when inotify or a timer says so, and
 * tail_notice from anywhere. Files are known by (device, inode, fingerprint of the first bytes), not by name. Does not know what the bytes mean.
 */
#ifndef MLWATCH_TAIL_H
#define MLWATCH_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define TAIL_FINGERPRINT 256 /* first bytes of a file (or as many as it had) */

struct tail_offset { /* one known file; what the store keeps */
	uint64_t device, inode;
	uint64_t fingerprint; /* hash of the first fingerprint_len bytes */
	uint32_t fingerprint_len;
	/* hash of the recent_len bytes just before offset: tells a file that was truncated and */
	uint64_t recent;
	uint32_t recent_len; /* grew past the offset again; 0: unknown. Stored like the fingerprint */
	int64_t offset;      /* every byte before it has been handed out and counted */
	bool skipping;       /* in the middle of a line over the limit */
	char *path;          /* as last seen; owned by whoever made the struct */
	int64_t seen_ms;
	int64_t lines, bad_lines; /* lifetime totals of this file, for status */
};

struct tail_spec {
	char **paths;
	size_t n_paths;    /* globs; borrowed */
	bool from_end;     /* read_from: end, for a file never seen before */
	size_t line_bytes; /* limit of a line; 0: 1 MiB */
};

struct tail;
/* saved: what the store has for this log (may be empty: nothing was ever seen). Copies. */
struct tail *tail_open(const struct tail_spec *spec, const struct tail_offset *saved, size_t n_saved, struct err *e);
void tail_close(struct tail *t);

/* t was just opened from the offsets that `old` had last committed, for the same log under a new configuration: takes over
 * what has no name any more (deleted files that are still read, files that tail_notice opened), so that it is not lost. */
void tail_inherit(struct tail *t, struct tail *old);

struct tail_sink {
	void *arg;
	/* whole lines, each ends in '\n' */
	void (*lines)(void *arg, const struct tail_offset *file, const char *p, size_t n);
	/* before a file's first byte (CSV headers); may be NULL */
	void (*new_file)(void *arg, const struct tail_offset *file);
	/* goes on inside a file other than the last one, or after a restart: tail_head has its header; may be NULL */
	void (*resume)(void *arg, const struct tail_offset *file);
	/* its first bytes */
	void (*too_long)(void *arg, const struct tail_offset *file, const char *start, size_t n);
	/* appeared, rotated, truncated, gone; lost: what cannot be read any more. text says it whole: "log rotated: a.csv, nothing lost" */
	void (*event)(void *arg, const char *kind, const char *path, const char *text);
};

/* Looks at the files and hands out at most about max_bytes. Returns bytes handed out (0: nothing new). What failed is in e and
 * in tail_status; the other files went on, and it is tried again at the next poll. */
int64_t tail_poll(struct tail *t, int64_t now_ms, size_t max_bytes, const struct tail_sink *sink, struct err *e);
/* The offsets that tail_poll reached are safely stored / were not: the next tail_poll hands the lines since the last tail_commit out
 * again. Without tail_commit no rotated file is ever closed, so call it after every commit. */
void tail_commit(struct tail *t);
void tail_rewind(struct tail *t);
/* Inside a sink's callback: what decoding the lines of the file gave, for its totals. */
void tail_count(struct tail *t, int64_t lines, int64_t bad_lines);
/* Inside a sink's callback: the first line of the file (with its newline) into out; its length, 0 when it is longer than cap or not whole. */
size_t tail_head(struct tail *t, char *out, size_t cap);
/* Something happened in a watched directory: opens new files at once so that a rename or unlink cannot lose them. Cheap; any thread (the other verbs: one
 * thread at a time). */
void tail_notice(struct tail *t);
/* Directories worth watching with inotify; the caller frees with path_list_free. */
size_t tail_directories(struct tail *t, char ***dirs);
/* The offsets as of the last tail_poll, all known files (also closed ones that may come back). Borrowed until the next call. */
size_t tail_offsets(struct tail *t, const struct tail_offset **out);

struct tail_status {
	const char *path;       /* where it is now, as far as is known */
	uint64_t device, inode; /* 0, 0: a path that holds nothing that can be read */
	int64_t size, offset, lag_bytes, lines, bad_lines;
	int64_t last_read_ms;
	int64_t written_ms; /* when its last line was written (mtime) */
	bool open;
	bool rotated, deleted; /* it left the followed path */
	const char *error;
};
/* Of the files that are followed or were until a while ago. The caller frees the array; strings are good until the next tail_poll. */
size_t tail_status(struct tail *t, struct tail_status **out);

#endif
