/*
 * samples.c -- samples come in: a batch per commit on disk, the head in memory.
 *
 * The head holds what is not yet in chunks, by series. It is filled from the batches on disk, so that the agent and every reader
 * have the same one; a compaction (its number changes) empties it and what is left is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_samples.h"
#include "store_windows.h"

enum { SQL_PUT, SQL_STATE, SQL_NEW };

static const char *const sql[] = {
    [SQL_PUT] = "INSERT INTO sample_batch(at_ms, samples) VALUES(?1, ?2)",
    [SQL_STATE] = "SELECT compactions, newest_chunked_ms FROM sample_state WHERE id=1",
    [SQL_NEW] = "SELECT id, samples FROM sample_batch WHERE id>?1 ORDER BY id",
};

static const struct store_migration schema[] = {
    {1,
     "CREATE TABLE sample_batch(id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, samples BLOB NOT NULL);"
     "CREATE TABLE sample_chunk(k INTEGER PRIMARY KEY, samples BLOB NOT NULL);" /* k: hour, series */
     "CREATE TABLE sample_state("
     "  id INTEGER PRIMARY KEY CHECK(id = 1), compactions INTEGER NOT NULL, newest_chunked_ms INTEGER);"
     "INSERT INTO sample_state VALUES(1, 0, NULL);"},
};

const struct store_part store_samples_part = STORE_PART("samples", schema, sql);

struct head_series {
	int64_t id;
	struct sample_list samples;
};

struct sample_head {
	struct head_series *at;
	size_t n, cap;
	uint32_t *slots; /* by id: index + 1 */
	size_t n_slots;
	int64_t last_batch, compactions, newest_chunked;
	bool loaded;
	/* the batch of the open commit */
	struct buf pending;
	int64_t last_series, last_t;
};

int64_t
chunk_key(int64_t t, int64_t series)
{
	return ((floor_to(t, CHUNK_MS) / CHUNK_MS + NUMBER_BIAS) << SERIES_ID_BITS) | series;
}

int64_t
chunk_key_start(int64_t key)
{
	return ((key >> SERIES_ID_BITS) - NUMBER_BIAS) * CHUNK_MS;
}

/* ---- the head ---- */

static size_t
slot_of(const struct sample_head *h, int64_t id)
{
	return ((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (h->n_slots - 1);
}

static void
index_head(struct sample_head *h)
{
	h->n_slots = h->n_slots != 0 ? 2 * h->n_slots : 64;
	free(h->slots);
	h->slots = xcalloc(h->n_slots, sizeof(*h->slots));
	for (size_t i = 0; i < h->n; i++) {
		size_t at = slot_of(h, h->at[i].id);
		while (h->slots[at] != 0)
			at = (at + 1) & (h->n_slots - 1);
		h->slots[at] = (uint32_t)i + 1;
	}
}

static struct head_series *
find(const struct sample_head *h, int64_t id)
{
	if (h->n_slots == 0)
		return NULL;
	for (size_t at = slot_of(h, id); h->slots[at] != 0; at = (at + 1) & (h->n_slots - 1))
		if (h->at[h->slots[at] - 1].id == id)
			return &h->at[h->slots[at] - 1];
	return NULL;
}

void
sample_list_put(struct sample_list *l, struct sample x)
{
	size_t lo = 0, hi = l->n;

	xgrow(l->at, l->n, l->cap);
	if (l->n == 0 || l->at[l->n - 1].t < x.t) {
		l->at[l->n++] = x;
		return;
	}
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (l->at[mid].t < x.t)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (l->at[lo].t == x.t)
		return;
	memmove(&l->at[lo + 1], &l->at[lo], (l->n - lo) * sizeof(x));
	l->at[lo] = x;
	l->n++;
}

static void
to_head(void *arg, int64_t series, struct sample x)
{
	struct sample_head *h = arg;
	struct head_series *at = find(h, series);

	if (at == NULL) {
		if (2 * (h->n + 1) > h->n_slots)
			index_head(h);
		xgrow(h->at, h->n, h->cap);
		h->at[h->n] = (struct head_series){.id = series};
		size_t slot = slot_of(h, series);
		while (h->slots[slot] != 0)
			slot = (slot + 1) & (h->n_slots - 1);
		h->slots[slot] = (uint32_t)h->n + 1;
		at = &h->at[h->n++];
	}
	sample_list_put(&at->samples, x);
}

static void
empty(struct sample_head *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->at[i].samples.at);
	free(h->at);
	free(h->slots);
	h->at = NULL;
	h->slots = NULL;
	h->n = h->cap = h->n_slots = 0;
	h->last_batch = 0;
	h->loaded = false;
}

int
samples_open(struct store *s, struct err *e)
{
	(void)e;
	s->samples = xcalloc(1, sizeof(*s->samples));
	return 0;
}

void
samples_close(struct store *s)
{
	if (s->samples == NULL)
		return;
	empty(s->samples);
	buf_release(&s->samples->pending);
	free(s->samples);
	s->samples = NULL;
}

void
samples_forget(struct store *s)
{
	empty(s->samples);
	s->samples->pending.len = 0;
}

int
samples_refresh(struct store *s, struct err *e)
{
	struct sample_head *h = s->samples;
	sqlite3_stmt *st = store_query(s, PART_SAMPLES, SQL_STATE, e, "");

	if (st == NULL || store_step(s, st, e) < 0)
		return -1;
	int64_t compactions = sqlite3_column_int64(st, 0);
	h->newest_chunked = sqlite3_column_type(st, 1) == SQLITE_NULL ? INT64_MIN : sqlite3_column_int64(st, 1);
	store_end(st);
	if (!h->loaded || compactions != h->compactions)
		empty(h);
	h->compactions = compactions;
	h->loaded = true;
	st = store_query(s, PART_SAMPLES, SQL_NEW, e, "i", h->last_batch);
	int rc = -1;
	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		const void *p = sqlite3_column_blob(st, 1);
		h->last_batch = sqlite3_column_int64(st, 0);
		if (p != NULL && batch_each(p, (size_t)sqlite3_column_bytes(st, 1), to_head, h) < 0) {
			store_end(st);
			return err_set(e, ERR_FILE, "'%s' is damaged: a batch of samples", s->path);
		}
	}
	return rc;
}

const struct sample_list *
samples_head(const struct store *s, int64_t series)
{
	const struct head_series *at = find(s->samples, series);

	return at != NULL ? &at->samples : NULL;
}

int64_t
samples_newest_chunked(const struct store *s)
{
	return s->samples->newest_chunked;
}

/* ---- writing ---- */

int
store_put_sample(struct store *s, const struct store_sample *sample, struct err *e)
{
	struct stored_series want = {.kind = SERIES_SAMPLES, .labels = sample->labels};
	struct sample_head *h = s->samples;
	int64_t far = NUMBER_BIAS / 2 * CHUNK_MS;

	if (store_txn_begin(s, e) < 0)
		return -1;
	if (want.labels.n == 0 || want.labels.n > SERIES_MAX_LABELS || sample->t > far || sample->t < -far) {
		s->refused++;
		return store_txn_end(s, 0, e);
	}
	int64_t id = series_id(s, &want, sample->t, e);
	if (id >= 0 && sample->h != NULL) {
		if (histogram_rows_put(s, id, sample->t, sample->h, e) < 0)
			id = -1;
	} else if (id >= 0) {
		if (h->pending.len == 0)
			h->last_series = h->last_t = 0;
		batch_add(&h->pending, &h->last_series, &h->last_t, id, (struct sample){sample->t, sample->v});
	}
	return store_txn_end(s, id < 0 ? -1 : 0, e);
}

int
samples_flush(struct store *s, int64_t now_ms, struct err *e)
{
	struct sample_head *h = s->samples;

	if (h->pending.len == 0)
		return 0;
	int rc = store_exec(s, PART_SAMPLES, SQL_PUT, e, "ib", now_ms, (const void *)h->pending.p, h->pending.len);
	s->waiting_bytes += (int64_t)h->pending.len;
	h->pending.len = 0;
	return rc;
}
