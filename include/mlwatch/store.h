/*
 * store.h -- the one SQLite file: series, windows, samples, offsets, events, alert state, notifications, silences.
 *
 * One writer (the agent, holding STORE.lock), any number of readers. A commit is one transaction that holds everything that was read
 * since the last one and the log offsets it came from: after kill -9 nothing is lost or counted twice.
 * All verbs are safe from several threads (a handle has a mutex); long reads belong on a reader handle.
 * SQL lives in one table per file, prepared once. Knows nothing of PromQL or rules.
 */
#ifndef MLWATCH_STORE_H
#define MLWATCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"
#include "mlwatch/storage.h"
#include "mlwatch/tail.h"

struct err;
struct histogram;
struct increment;
struct store;

struct store_width {
	int64_t width_ms, keep_ms;
};
struct store_spec {
	const char *path;
	/* Ascending, each a multiple of the one before; n 0: as the store has them, of a new one the design's default. */
	const struct store_width *widths;
	size_t n_widths;
	int64_t keep_samples_ms; /* 0: 15 d */
	int64_t alive_ms;        /* 0: as the store has it, of a new one 1 h */
	/* 0: 1 s; told to readers, who judge the heartbeat by it */
	int64_t commit_interval_ms;
};

enum store_mode {
	STORE_AGENT, /* read and write, takes STORE.lock, creates and migrates */
	STORE_WRITE, /* a short-lived writer (silence, ack) beside the agent; does not create */
	STORE_READ,  /* read-only, agent up or down, also for a user who may only read */
};
int store_open(struct store **out, const struct store_spec *spec, enum store_mode mode, struct err *e);
void store_close(struct store *s);

/* ---- the agent's commit ---- */
struct store_sample {
	struct labels labels;
	int64_t t;
	double v;                  /* may be the staleness marker */
	const struct histogram *h; /* not NULL: a histogram sample */
};
struct store_event {
	int64_t id, t;
	/* alert, model, reference, config, target, log, category, feature, notification, agent, person, note, traffic */
	const char *kind;
	const char *severity; /* "problem", "warning", "info", "good" */
	const char *subject;  /* the model, target, file: what the timeline's second column shows */
	const char *model;    /* "" when it is about none */
	const char *text;
	const char *ref; /* what Enter opens: alert fingerprint, feature name, ...; "" */
};
struct store_log_status {
	const char *job;
	const char *path;
	int64_t size, lag_bytes, lines, bad_lines, last_read_ms;
	const char *error;
};

/* BEGIN IMMEDIATE; the handle's mutex is held until commit/rollback */
int store_begin(struct store *s, struct err *e);
int store_put_increment(struct store *s, const struct increment *i, struct err *e);
int store_put_sample(struct store *s, const struct store_sample *sample, struct err *e);
int store_put_offsets(struct store *s, const char *log, const struct tail_offset *at, size_t n, struct err *e);
int store_put_event(struct store *s, const struct store_event *ev, struct err *e);
/* small status documents: targets, logs, rules (JSON) */
int store_put_kv(struct store *s, const char *key, const char *value, struct err *e);
int store_commit(struct store *s, int64_t now_ms, struct err *e); /* heartbeat too */
void store_rollback(struct store *s);
/* Rolls narrow windows up into wide ones, deletes what is past its retention; a bounded piece of work per call. true: more to do. */
bool store_housekeep(struct store *s, int64_t now_ms, struct err *e);
/* The file was removed, or another stands at its path: commits succeed, and all of it goes with the handle. */
bool store_has_moved(struct store *s);

/* ---- reading ---- */
struct storage store_storage(struct store *s); /* for PromQL; valid while s is open */
/* free with store_offsets_free */
int store_get_offsets(struct store *s, const char *log, struct tail_offset **out, size_t *n, struct err *e);
void store_offsets_free(struct tail_offset *at, size_t n);
char *store_get_kv(struct store *s, const char *key); /* caller frees; NULL when absent */
typedef void store_event_fn(void *arg, const struct store_event *ev);
/* newest first */
int
store_events(struct store *s, int64_t from_ms, int64_t to_ms, size_t max, store_event_fn *fn, void *arg, struct err *e);
/* How many there are in [from_ms, to_ms] by severity, one call per stretch of cell_ms that has any, counted from origin_ms; ascending. */
struct store_event_cell {
	int64_t cell, problems, warnings, others;
};
typedef void store_event_cell_fn(void *arg, const struct store_event_cell *c);
int store_event_cells(struct store *s, int64_t from_ms, int64_t to_ms, int64_t origin_ms, int64_t cell_ms,
		      store_event_cell_fn *fn, void *arg, struct err *e);
/* References that the agent has loaded, so that readers need no configuration. json NULL: it goes. */
int store_put_reference(struct store *s, const char *model, const char *version, const char *json, struct err *e);
typedef void store_reference_fn(void *arg, const char *model, const char *version, const char *json);
int store_references(struct store *s, store_reference_fn *fn, void *arg, struct err *e);
/* The same without reading them: json is "". */
int store_reference_names(struct store *s, store_reference_fn *fn, void *arg, struct err *e);
char *store_get_reference(struct store *s, const char *model, const char *version); /* caller frees; NULL when absent */
int64_t store_references_version(struct store *s); /* changes when one was put that was not there just so, or went */
int64_t store_data_version(struct store *s);       /* changes when somebody committed */
/* The width of the narrowest windows that reach back to t, which anything counted since then is known to; -1 with e. Cheap. */
int64_t store_resolution(struct store *s, int64_t t, struct err *e);

/* any thread: the query that runs now ends with an error */
void store_interrupt(struct store *s);

struct store_agent {
	bool running;
	int64_t pid;
	int64_t heartbeat_ms, started_ms, commit_interval_ms;
	bool disk_full; /* of the store: nothing can be committed */
	char version[32];
};
int store_agent(struct store *s, struct store_agent *out, struct err *e);

/* ---- care: info, check, backup, vacuum ---- */
struct store_facts {
	int schema_version;
	int64_t file_bytes, wal_bytes, free_bytes;
	int64_t sample_series, window_series;
	size_t n_widths;
	/* rows 0: no times */
	struct store_width_facts {
		int64_t width_ms, keep_ms, rows, bytes, oldest_ms, newest_ms;
	} widths[8];
	int64_t totals, chunks, chunk_bytes, batches, batch_bytes, oldest_sample_ms, events, references;
};
/* reads every page: seconds for a gigabyte */
int store_facts(struct store *s, struct store_facts *out, struct err *e);
typedef void store_problem_fn(void *arg, const char *text);
/* SQLite's own check, then ours: every row decodes, belongs to a series, and wide windows are the sum of the narrow ones. Returns the number of
 * problems (fn gets the first hundred), -1 when it could not be done. */
int64_t store_check(struct store *s, store_problem_fn *fn, void *arg, struct err *e);
/* while others read and write; atomic; a file by itself */
int store_backup(struct store *s, const char *to, struct err *e);
int store_vacuum(struct store *s, struct err *e); /* STORE_AGENT only */

/* Alert state, the outbox, silences: store_rows.h. How a file of src/store keeps rows of its own: src/store/store_private.h. */

#endif
