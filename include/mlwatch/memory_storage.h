/*
 * memory_storage.h -- series kept in memory, as a struct storage. For tests, benches and rule unit
 * tests (mlwatch test rules). Not for several threads at once while something is appended.
 */
#ifndef MLWATCH_MEMORY_STORAGE_H
#define MLWATCH_MEMORY_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"
#include "mlwatch/storage.h"

struct memory_storage;

struct memory_storage *memory_storage_open(void);
void memory_storage_close(struct memory_storage *m); /* NULL is fine */
void memory_storage_clear(struct memory_storage *m);
/* Copies labels and histograms. Any order of times; a second sample at the same time replaces the first. */
void memory_storage_append(struct memory_storage *m, struct labels l, int64_t t, double v);
void memory_storage_append_histogram(struct memory_storage *m, struct labels l, int64_t t, const struct histogram *h);
/* The start timestamp of the sample at t, which is there or comes later (see series.starts). */
void memory_storage_start(struct memory_storage *m, struct labels l, int64_t t, int64_t start);
/* A window series' increment; windows of one series come in order of time. h may be NULL. */
void memory_storage_append_window(struct memory_storage *m, struct labels l, int64_t start, int64_t end, double count,
				  const struct histogram *h, int64_t alive_ms);
size_t memory_storage_series(const struct memory_storage *m);
/* Lives as long as m. What it selects is copied into the caller's arena only where it must be: it stays right until the
 * next append to the same series. */
const struct storage *memory_storage_view(struct memory_storage *m);

#endif
