/*
 * store_samples.h -- samples: batches as they come in, chunks once they have settled. Private to src/store.
 *
 * A commit appends all its samples as one row (sample_batch). Every reader keeps the batches that are not yet chunks in memory by series
 * (the head), reading only new ones. Housekeeping moves settled batches into one chunk per series and hour (sample_chunk, keyed time
 * first), compressed. A sample keeps its bits, staleness markers too; of two at one time the first stays.
 */
#ifndef STORE_SAMPLES_H
#define STORE_SAMPLES_H

#include "mlwatch/buf.h"
#include "store_series.h"

#define CHUNK_MS INT64_C(3600000)

struct sample {
	int64_t t;
	double v;
};
struct sample_list {
	struct sample *at;
	size_t n, cap;
};

/* ---- chunk.c: times as differences of differences, values as XOR of neighbours (Facebook's Gorilla, Prometheus' bit widths) ---- */
void chunk_encode(struct buf *out, const struct sample *at, size_t n); /* ascending, distinct times */
int chunk_decode(const void *p, size_t n, struct sample_list *out);    /* appends; -1: damaged */

/* ---- batches ---- */
void batch_add(struct buf *b, int64_t *last_series, int64_t *last_t, int64_t series, struct sample x);
typedef void batch_fn(void *arg, int64_t series, struct sample x);
int batch_each(const void *p, size_t n, batch_fn *fn, void *arg); /* -1: damaged */

/* ---- samples.c ---- */
int samples_open(struct store *s, struct err *e);
void samples_close(struct store *s);
void samples_forget(struct store *s);
int samples_flush(struct store *s, int64_t now_ms, struct err *e);
int samples_refresh(struct store *s, struct err *e);
const struct sample_list *samples_head(const struct store *s, int64_t series); /* NULL: none */
int64_t samples_newest_chunked(const struct store *s);                         /* INT64_MIN: there are no chunks */
/* Puts x where its time belongs; one at that time stays. */
void sample_list_put(struct sample_list *l, struct sample x);
int64_t chunk_key(int64_t t, int64_t series);
int64_t chunk_key_start(int64_t key);

/* ---- samples_compact.c: a bounded piece of work each ---- */
int samples_compact_step(struct store *s, int64_t now_ms, bool *more, struct err *e);
int samples_expire_before(struct store *s, int64_t now_ms, int64_t *before, struct err *e);
int samples_expire_step(struct store *s, int64_t now_ms, bool *more, struct err *e);

/* ---- histogram_rows.c ---- */
struct histogram;
struct arena;
void histogram_pack(struct buf *b, const struct histogram *h);
/* NULL: damaged, or its edges are unknown. */
const struct histogram *histogram_unpack(struct store *s, struct arena *mem, const void *p, size_t n);
int histogram_rows_put(struct store *s, int64_t series, int64_t t, const struct histogram *h, struct err *e);
int histogram_rows_any(struct store *s, bool *any, struct err *e);
typedef void histogram_row_fn(void *arg, int64_t t, const struct histogram *h);
int histogram_rows_get(struct store *s, int64_t series, int64_t mint, int64_t maxt, struct arena *mem,
		       histogram_row_fn *fn, void *arg, struct err *e);
int histogram_rows_expire(struct store *s, int64_t before, struct err *e);

#endif
