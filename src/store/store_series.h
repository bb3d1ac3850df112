/*
 * store_series.h -- the series of a store in memory: ids, labels, and which ones a selector means. Private to src/store.
 */
#ifndef STORE_SERIES_H
#define STORE_SERIES_H

#include "mlwatch/sketch.h"
#include "mlwatch/storage.h"
#include "store_private.h"

/* Ids are never used again. They are part of the keys of rows, hence the limit. */
#define SERIES_ID_BITS    26
#define SERIES_MAX_LABELS 1024
#define SERIES_ID_MAX     ((INT64_C(1) << SERIES_ID_BITS) - 1)

struct stored_series {
	int64_t id;
	enum series_kind kind;
	enum sketch_kind sketch; /* of SERIES_WINDOWS */
	/* of SKETCH_EDGES: histograms of other edges are another series of the same labels */
	uint64_t edges;
	const char *by; /* of SKETCH_CATEGORIES: the label that varies inside its rows */
	struct labels labels;
	uint64_t hash;
	int64_t seen_day;             /* newest day with data: when it is past retention the series goes */
	int64_t quiet_from, quiet_to; /* this handle knows that it has no rows in windows between */
};

struct series_matched {
	const uint32_t *at; /* indexes for series_at, ascending; until the next call */
	size_t n;
};

int series_open(struct store *s, struct err *e);
void series_close(struct store *s);
/* Forgets what is in memory; read again at the next use. */
void series_forget(struct store *s);
/* Reads what others added. Inside a read or write transaction. */
int series_refresh(struct store *s, struct err *e);
size_t series_count(const struct store *s);
const struct stored_series *series_at(const struct store *s, size_t i);
const struct stored_series *series_by_id(const struct store *s, int64_t id);

/* The id of what `want` describes (id, hash, seen_day and quiet are ignored; labels are copied), made when it is new. Also keeps seen_day. -1 with err. */
int64_t series_id(struct store *s, const struct stored_series *want, int64_t t, struct err *e);
/* All series of a kind that the matchers mean. Matchers on `by` are left to the caller. */
struct series_matched series_match(struct store *s, enum series_kind kind, const struct matcher *m, size_t n);
/* Drops series whose data is past retention. */
int series_expire(struct store *s, enum series_kind kind, int64_t before_ms, bool *any, struct err *e);

static inline bool
series_is_quiet(const struct stored_series *w, int64_t from, int64_t to)
{
	return w->quiet_from <= from && to <= w->quiet_to;
}
/* It has been found out that there are no rows of it in windows between. */
void series_was_quiet(struct store *s, size_t i, int64_t from, int64_t to);
/* A commit may have brought rows from then on. */
void series_quiet_until(struct store *s, int64_t until);

#endif
