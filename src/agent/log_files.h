/*
 * log_files.h -- the files of one log as people see them: how fast they are written and read, how far reading is behind and until when, how many
 * bad lines they had in the last hour; and the rotated ones of the last day.
 *
 * Looks at what tail_status says, every couple of seconds. Survives a restart through the status document. Time is an argument.
 */
#ifndef AGENT_LOG_FILES_H
#define AGENT_LOG_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "minutes.h"
#include "mlwatch/tail.h"

#define LOG_POINTS 8 /* looks that are kept: rates are over about the last ten seconds */

struct log_point {
	int64_t t, size, offset, lines;
};

struct log_file {
	uint64_t device, inode;
	struct minutes bad;
	int64_t newest_ms; /* event time of its newest record; 0: none was read */
	struct log_point at[LOG_POINTS];
	size_t n_points;
	/* as it was at the last look; told when it is no longer there */
	char *path;
	int64_t size, offset, lines, bad_lines, last_read_ms, written_ms;
	bool rotated;
};

struct log_files {
	struct log_file **at;
	size_t n, cap;
	struct log_file *last; /* the one asked for last */
};

/* The file that lines come from. Good until the next log_files_look. */
struct log_file *log_file_of(struct log_files *l, const struct tail_offset *file);
void log_files_release(struct log_files *l);
/* The files at this moment; remembers it as a point for rates. */
json_t *log_files_look(struct log_files *l, const struct tail_status *at, size_t n, int64_t now_ms);
void log_files_read(struct log_files *l, const json_t *list);

struct log_rates {
	double written, read;      /* lines a second; NAN: unknown */
	double lag_s, caught_up_s; /* 0: it is not behind; NAN: unknown, or never */
};
/* Pure. The points are those of one file, oldest first. */
struct log_rates log_rates(const struct log_point *at, size_t n, int64_t newest_ms);

#endif
