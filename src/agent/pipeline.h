/*
 * pipeline.h -- the left half of the house for one process: every prediction log with its tail, decoder and
 * windows. Reading is one synchronous call for a worker; what it made goes into a batch with the offsets it came from.
 */
#ifndef AGENT_PIPELINE_H
#define AGENT_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct config;
struct err;
struct references;
struct store;

struct pipeline;

/* Offsets come from the store. Borrows all but e. */
int pipeline_open(struct pipeline **out, const struct config *c, const struct references *refs, struct store *store,
		  struct err *e);
void pipeline_close(struct pipeline *p); /* NULL is fine */
/* What will be read was written long ago: "now" is the time of the newest record that was read, from_ms at first, and what was not read
 * yet is not written yet. now_ms of pipeline_read is then only what is later than the future. */
void pipeline_of_past(struct pipeline *p, int64_t from_ms);
/* For a reload: what the logs of a pipeline that is about to be closed still hold open, and the taking over of it by
 * the next one, log by log of the same name. Takes tails; p may be NULL. */
struct pipeline_tails;
struct pipeline_tails *pipeline_give_tails(struct pipeline *p);
void pipeline_take_tails(struct pipeline *p, struct pipeline_tails *tails);
/* Reads at most about max_bytes or max_ms, whichever comes first, into b. True: there is more to read now. The status documents
 * "logs" (files, rates, bad lines by reason) and "models" (versions) go with it every two seconds, and when all is read. */
bool pipeline_read(struct pipeline *p, int64_t now_ms, size_t max_bytes, int64_t max_ms, struct batch *b);
/* What pipeline_read put into batches is stored: rotated files that are read to their end may be closed. */
void pipeline_committed(struct pipeline *p);
/* A file or folder changed: opens new files before a rename or unlink can lose them. Any thread. */
void pipeline_notice(struct pipeline *p);
/* Folders to watch; the caller frees with path_list_free. */
size_t pipeline_directories(struct pipeline *p, char ***dirs);

struct pipeline_totals {
	int64_t lines, bad_lines, bytes, records;
	int64_t newest_ms; /* event time */
	int64_t whole_ms;  /* event time up to which everything is read that is in order; 0: no record yet */
	int64_t lag_bytes;
	size_t models; /* model versions */
};
/* As of the end of the last pipeline_read; from any thread, which waits for nobody. */
struct pipeline_totals pipeline_totals(struct pipeline *p);
/* What pipeline_read keeps back until there is more of it, and the status documents, into b: nothing will be read any more. */
void pipeline_end(struct pipeline *p, int64_t now_ms, struct batch *b);
/* Hands mlwatch_log_* samples at t to b. By whoever reads. */
void pipeline_metrics(struct pipeline *p, struct batch *b, int64_t t);

#endif
