/*
 * samples_compact.c -- settled batches into chunks, old chunks out.
 *
 * A batch is settled when it is ten minutes old: what rules look at every second (five minutes back) stays in the head. A chunk is read,
 * added to and written again a few times in its hour, which costs less than holding an hour of samples in the memory of every reader.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_samples.h"
#include "store_windows.h"

#define SETTLED_MS      (10 * MS_MINUTE)
#define WAIT_MS         (20 * MS_MINUTE) /* until the oldest batch is that old, so that there is something to gain */
#define MAX_BATCH_BYTES (2 << 20)        /* per step */
#define PRESSING_BYTES  (4 << 20)        /* that many unsettled bytes are moved at once (imports, replays) */
#define EXPIRE_CHUNKS   2000

enum { SQL_OLDEST, SQL_BATCHES, SQL_GET, SQL_PUT, SQL_DROP, SQL_STATE, SQL_EXPIRE, SQL_NEWEST };

static const char *const sql[] = {
    [SQL_OLDEST] = "SELECT at_ms FROM sample_batch ORDER BY id LIMIT 1",
    [SQL_BATCHES] = "SELECT id, samples FROM sample_batch WHERE at_ms<=?1 ORDER BY id",
    [SQL_GET] = "SELECT samples FROM sample_chunk WHERE k=?1",
    [SQL_PUT] = "INSERT OR REPLACE INTO sample_chunk(k, samples) VALUES(?1, ?2)",
    [SQL_DROP] = "DELETE FROM sample_batch WHERE id<=?1",
    [SQL_STATE] =
	("UPDATE sample_state SET compactions=compactions+1, newest_chunked_ms=max(?1, ifnull(newest_chunked_ms, ?1))"
	 " WHERE id=1"),
    [SQL_NEWEST] = "SELECT newest_chunked_ms FROM sample_state WHERE id=1",
    [SQL_EXPIRE] = "DELETE FROM sample_chunk WHERE k IN (SELECT k FROM sample_chunk WHERE k<?1 LIMIT ?2)",
};

static const struct store_migration schema[] = {{1, ""}};

const struct store_part store_compact_part = STORE_PART("compaction", schema, sql);

struct moved {
	int64_t key, t;
	uint64_t order; /* of two at one time the first stays */
	double v;
};

struct moving {
	struct moved *at;
	size_t n, cap;
};

static void
collect(void *arg, int64_t series, struct sample x)
{
	struct moving *m = arg;

	xgrow(m->at, m->n, m->cap);
	m->at[m->n] = (struct moved){chunk_key(x.t, series), x.t, m->n, x.v};
	m->n++;
}

static int
by_key_and_time(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static int
load_chunk(struct store *s, int64_t key, struct sample_list *l, struct err *e)
{
	sqlite3_stmt *st = store_query(s, PART_COMPACT, SQL_GET, e, "i", key);
	int rc = st == NULL ? -1 : store_step(s, st, e);

	l->n = 0;
	if (rc <= 0)
		return rc;
	const void *p = sqlite3_column_blob(st, 0);
	rc = p == NULL ? -1 : chunk_decode(p, (size_t)sqlite3_column_bytes(st, 0), l);
	store_end(st);
	return rc < 0 ? err_set(e, ERR_FILE, "'%s' is damaged: a chunk of samples", s->path) : 0;
}

/* Both ascending; of two at one time that of the chunk stays. */
static void
merge_samples(struct sample_list *out, const struct sample_list *chunk, const struct moved *new, size_t n)
{
	size_t i = 0;

	out->n = 0;
	for (size_t j = 0; i < chunk->n || j < n;) {
		bool old = i < chunk->n && (j == n || chunk->at[i].t <= new[j].t);
		struct sample x = old ? chunk->at[i++] : (struct sample){new[j].t, new[j].v};
		j += !old;
		if (out->n == 0 || out->at[out->n - 1].t < x.t) {
			xgrow(out->at, out->n, out->cap);
			out->at[out->n++] = x;
		}
	}
}

static int
write_chunks(struct store *s, const struct moving *m, struct err *e)
{
	struct sample_list chunk = {0}, merged = {0};
	struct buf b = BUF_INIT;
	int rc = 0;

	for (size_t i = 0, j; i < m->n && rc == 0; i = j) {
		for (j = i + 1; j < m->n && m->at[j].key == m->at[i].key; j++)
			;
		rc = load_chunk(s, m->at[i].key, &chunk, e);
		merge_samples(&merged, &chunk, &m->at[i], j - i);
		b.len = 0;
		chunk_encode(&b, merged.at, merged.n);
		if (rc == 0)
			rc = store_exec(s, PART_COMPACT, SQL_PUT, e, "ib", m->at[i].key, (const void *)b.p, b.len);
	}
	buf_release(&b);
	free(chunk.at);
	free(merged.at);
	return rc;
}

/* Reads batches up to the limit; *last: the id of the last one. */
static int
read_batches(struct store *s, int64_t before, struct moving *m, int64_t *last, bool *more, struct err *e)
{
	sqlite3_stmt *st = store_query(s, PART_COMPACT, SQL_BATCHES, e, "i", before);
	size_t bytes = 0;
	int rc = -1;

	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		const void *p = sqlite3_column_blob(st, 1);
		if (p != NULL && batch_each(p, (size_t)sqlite3_column_bytes(st, 1), collect, m) < 0) {
			store_end(st);
			return err_set(e, ERR_FILE, "'%s' is damaged: a batch of samples", s->path);
		}
		*last = sqlite3_column_int64(st, 0);
		bytes += (size_t)sqlite3_column_bytes(st, 1);
		if (bytes > MAX_BATCH_BYTES) {
			store_end(st);
			*more = true;
			return 0;
		}
	}
	return rc;
}

static int
newest_of(const struct moving *m, int64_t *newest)
{
	*newest = INT64_MIN;
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i].t > *newest)
			*newest = m->at[i].t;
	return m->n > 0;
}

static int
compact(struct store *s, int64_t before, bool *more, struct err *e)
{
	struct moving m = {0};
	int64_t last = 0, newest;
	int rc = read_batches(s, before, &m, &last, more, e);

	if (rc == 0 && newest_of(&m, &newest)) {
		qsort(m.at, m.n, sizeof(*m.at), by_key_and_time);
		rc = write_chunks(s, &m, e);
		if (rc == 0)
			rc = store_exec(s, PART_COMPACT, SQL_STATE, e, "i", newest);
	}
	if (rc == 0 && last > 0)
		rc = store_exec(s, PART_COMPACT, SQL_DROP, e, "i", last);
	free(m.at);
	return rc;
}

int
samples_compact_step(struct store *s, int64_t now_ms, bool *more, struct err *e)
{
	int64_t oldest = INT64_MAX;

	*more = false;
	if (store_get_int(s, PART_COMPACT, SQL_OLDEST, INT64_MAX, &oldest, e) < 0)
		return -1;
	if (oldest == INT64_MAX)
		return 0;
	if (oldest <= now_ms - WAIT_MS)
		return compact(s, now_ms - SETTLED_MS, more, e);
	if (s->waiting_bytes < PRESSING_BYTES)
		return 0;
	int rc = compact(s, INT64_MAX, more, e);
	if (rc == 0 && !*more)
		s->waiting_bytes = 0;
	return rc;
}

/* Counted from the newest chunk, as Prometheus does from its newest block: what was just imported is not gone the next second. */
int
samples_expire_before(struct store *s, int64_t now_ms, int64_t *before, struct err *e)
{
	if (store_get_int(s, PART_COMPACT, SQL_NEWEST, INT64_MIN / 2 + s->keep_samples_ms, before, e) < 0)
		return -1;
	*before = (*before < now_ms ? *before : now_ms) - s->keep_samples_ms;
	return 0;
}

int
samples_expire_step(struct store *s, int64_t now_ms, bool *more, struct err *e)
{
	int64_t before;

	*more = false;
	if (samples_expire_before(s, now_ms, &before, e) < 0)
		return -1;
	if (before == INT64_MIN / 2) /* there are no chunks */
		return 0;
	if (store_exec(s, PART_COMPACT, SQL_EXPIRE, e, "ii", chunk_key(before, 0), (int64_t)EXPIRE_CHUNKS) < 0)
		return -1;
	*more = sqlite3_changes(s->db) == EXPIRE_CHUNKS;
	return 0;
}
