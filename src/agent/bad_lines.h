/*
 * bad_lines.h -- the bad lines of one log as people see them: by reason, how many in the last hour, first and last, one of them with what is
 * wrong in it; and as bursts, one event for each.
 *
 * Exact counts are elsewhere (mlwatch_log_bad_lines_total); this survives a restart through the status document. Time is an argument.
 */
#ifndef AGENT_BAD_LINES_H
#define AGENT_BAD_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "minutes.h"
#include "mlwatch/decode.h"

struct buf;

#define BAD_KINDS_MAX 24 /* beyond, reasons are told apart by bad_reason only */

struct bad_kind {
	char reason[4 * 90 + 1];
	enum bad_reason why;
	struct minutes lines;
	int64_t first_ms, last_ms;
	int64_t burst; /* lines since the burst was told of last */
	json_t *example;
	int64_t example_ms;
};

struct bad_lines {
	struct bad_kind *at[BAD_KINDS_MAX + BAD_REASONS];
	size_t n;
	int64_t begin_ms, last_ms; /* of the burst that was not told yet; begin 0: there is none */
	int64_t lasting_ms;        /* since when they have come without a long pause */
	int64_t told_ms;
};

struct bad_place {
	const char *path;  /* of the file */
	int64_t byte;      /* of the line in it */
	const char *entry; /* "prediction_logs[0]" */
	const char *model; /* one that the log is about; NULL: none is known */
};

void bad_lines_add(struct bad_lines *l, const struct bad_line *b, const struct bad_place *where, int64_t now_ms);
void bad_lines_release(struct bad_lines *l);
/* The most frequent first; reasons without a line in the last hour are left out, and forgotten. */
json_t *bad_lines_json(struct bad_lines *l, int64_t now_ms);
void bad_lines_read(struct bad_lines *l, const json_t *list);
/* Is there a burst to tell of? Then its text, "371 bad lines in 21s: field missing: model", and when it began, else 0. It is told when
 * it is over, or every minute while it lasts (every ten after the first ten), and at the end. */
int64_t bad_lines_burst(struct bad_lines *l, int64_t now_ms, bool at_end, struct buf *text);

#endif
