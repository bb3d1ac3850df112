/* pipeline_private.h -- what the files of the pipeline share: pipeline.c reads, pipeline_facts.c tells. */
#ifndef AGENT_PIPELINE_PRIVATE_H
#define AGENT_PIPELINE_PRIVATE_H

#include <pthread.h>

#include "bad_lines.h"
#include "log_files.h"
#include "pipeline.h"

#include "mlwatch/config.h"
#include "mlwatch/decode.h"
#include "mlwatch/tail.h"
#include "mlwatch/window.h"

struct log_facts { /* what people are told of a log; outlives a reload */
	struct bad_lines bad;
	struct log_files files;
	struct minutes lines, bad_minutes;
};

struct log {
	const struct config_log *config;
	char entry[48]; /* its part of mlwatch.yml: prediction_logs[0] */
	struct tail *tail;
	struct decoder *decoder;
	struct windows *windows;
	struct pipeline *owner;
	int64_t lines, bytes, bad_lines, bad[BAD_REASONS];
	struct log_facts *facts;
	char last_error[256];
	/* while lines are handed out */
	struct log_file *file;
	int64_t chunk_at; /* where in the file they begin */
	const char *path;
	const char *model; /* the one that the log is about; NULL: several, or none yet */
};

struct pipeline {
	struct log *logs;
	size_t n;
	int64_t now_ms;
	bool past;                     /* it is the time of records */
	struct batch *into;            /* while reading */
	int64_t told_ms;               /* when the documents were made */
	bool more;                     /* of the last reading: there was more to read */
	pthread_mutex_t totals_lock;   /* the loop looks at them while a worker reads */
	struct pipeline_totals totals; /* as of the last reading */
};

/* tail_status as people are told of it; the caller frees the array. */
size_t log_status(const struct log *l, struct tail_status **out);

/* pipeline_facts.c */
void facts_chunk(struct log *l, const struct tail_offset *file, int64_t at); /* lines of this file follow */
void facts_bad_line(struct log *l, const struct bad_line *b);
void facts_lines(struct log *l, int64_t lines);
/* The status documents. */
void facts_documents(struct pipeline *p, struct batch *b);
/* The bursts of bad lines that are to be told of, into b. */
void facts_events(struct log *l, struct batch *b, bool at_end);
/* From the status documents that the last agent left. */
void facts_recall(struct pipeline *p, struct store *store);
void facts_close(struct log_facts *f);

#endif
