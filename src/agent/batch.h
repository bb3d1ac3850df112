/*
 * batch.h -- what one commit will hold: owned copies of increments, samples, offsets, events, documents and alert
 * states. A batch that could not be committed (disk full) is kept and tried again as it is, so nothing needs to be
 * read a second time and nothing is counted twice.
 */
#ifndef AGENT_BATCH_H
#define AGENT_BATCH_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/rules.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/window.h"

struct err;

struct batch_offsets {
	const char *log;
	struct tail_offset *at;
	size_t n;
};
struct batch_kv {
	const char *key, *value;
};
struct batch_alerts {
	const char *file, *group;
	struct store_alert *at;
	size_t n, cap;
};

struct batch {
	struct arena *mem;
	struct increment *increments;
	size_t n_increments, cap_increments;
	struct store_sample *samples;
	size_t n_samples, cap_samples;
	struct store_event *events;
	size_t n_events, cap_events;
	struct batch_offsets *offsets;
	size_t n_offsets, cap_offsets;
	struct batch_kv *kvs;
	size_t n_kvs, cap_kvs;
	struct batch_alerts *alerts;
	size_t n_alerts, cap_alerts;
	struct edges **edges; /* of the histograms among the samples, held */
	size_t n_edges, cap_edges;
	struct batch *next; /* in a queue */
};

struct batch *batch_open(void);
void batch_close(struct batch *b); /* NULL is fine */
/* All copy their arguments. */
void batch_increment(struct batch *b, const struct increment *i);
void batch_sample(struct batch *b, struct labels labels, int64_t t, double v);
void batch_histogram(struct batch *b, struct labels labels, int64_t t, const struct histogram *h);
void batch_event(struct batch *b, const struct store_event *ev);
void batch_offsets(struct batch *b, const char *log, const struct tail_offset *at, size_t n);
void batch_kv(struct batch *b, const char *key, const char *value);
void batch_document(struct batch *b, const char *key, json_t *doc); /* the same, of JSON; takes */
/* The states of all alerts of a group, which replace what the store has of it. Good until the next batch_alerts. */
struct batch_alerts *batch_alerts(struct batch *b, const char *file, const char *group);
void batch_alert(struct batch *b, struct batch_alerts *group, const struct alert_view *v);

/* Writes the list of batches in one transaction. 0: committed. -1: nothing of it was. */
int batch_commit(const struct batch *first, struct store *store, int64_t now_ms, struct err *e);

#endif
