/*
 * histogram_rows.c -- samples that are histograms: what recording rules make of native histograms.
 *
 * They are few (a rule's result per evaluation), so each is a row by itself, by series and time; of two at one time the first stays. The blob
 * holds the value exactly: numbers that are whole as varints, others as their 8 bytes.
 */
#include <math.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "store_samples.h"

#define BLOB_VERSION 1
#define MAX_BUCKETS  (1u << 20) /* of a row on disk; more is damage */

enum { SQL_PUT, SQL_ANY, SQL_RANGE, SQL_NEXT_SERIES, SQL_EXPIRE };

static const char *const sql[] = {
    [SQL_PUT] = "INSERT OR IGNORE INTO histogram_sample(series, t, histogram) VALUES(?1, ?2, ?3)",
    [SQL_ANY] = "SELECT 1 FROM histogram_sample LIMIT 1",
    [SQL_RANGE] = "SELECT t, histogram FROM histogram_sample WHERE series=?1 AND t>?2 AND t<=?3 ORDER BY t",
    [SQL_NEXT_SERIES] = "SELECT min(series) FROM histogram_sample WHERE series>?1",
    [SQL_EXPIRE] = "DELETE FROM histogram_sample WHERE series=?1 AND t<?2",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE histogram_sample(series INTEGER NOT NULL, t INTEGER NOT NULL, histogram BLOB NOT NULL,"
	"  PRIMARY KEY(series, t)) WITHOUT ROWID;"},
};

const struct store_part store_histograms_part = STORE_PART("histograms", schema, sql);

/* ---- out ---- */

static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (char)(v | 0x80));
	buf_addc(b, (char)v);
}

static void
put_signed(struct buf *b, int64_t v)
{
	put_varint(b, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

/* Even: half of it is the number. 1: its 8 bytes follow. */
static void
put_number(struct buf *b, double v)
{
	if (v >= 0 && v < 0x1p53 && v == floor(v) && !signbit(v)) {
		put_varint(b, (uint64_t)v << 1);
		return;
	}
	put_varint(b, 1);
	buf_add(b, &v, sizeof(v));
}

static void
put_buckets(struct buf *b, const struct buckets *k)
{
	put_varint(b, k->n_spans);
	for (size_t i = 0; i < k->n_spans; i++) {
		put_signed(b, k->spans[i].offset);
		put_varint(b, k->spans[i].length);
	}
	put_varint(b, k->n);
	for (size_t i = 0; i < k->n; i++)
		put_number(b, k->counts[i]);
}

static void
put_bins(struct buf *b, const struct edge_bins *e)
{
	uint32_t last = 0;

	buf_add(b, &e->edges->id, sizeof(e->edges->id));
	put_varint(b, e->n);
	for (size_t i = 0; i < e->n; i++) {
		put_varint(b, e->bin[i] - last);
		last = e->bin[i];
		put_number(b, e->count[i]);
		put_number(b, e->sum[i]);
	}
	put_number(b, e->min);
	put_number(b, e->max);
	put_number(b, e->s1);
	put_number(b, e->s2);
}

void
histogram_pack(struct buf *b, const struct histogram *h)
{
	buf_addc(b, BLOB_VERSION);
	put_signed(b, h->schema);
	put_varint(b, h->hint);
	put_number(b, h->count);
	put_number(b, h->sum);
	put_number(b, h->zero_threshold);
	put_number(b, h->zero_count);
	put_buckets(b, &h->pos);
	put_buckets(b, &h->neg);
	put_varint(b, h->n_custom);
	for (size_t i = 0; i < h->n_custom; i++)
		put_number(b, h->custom[i]);
	if (h->schema == HIST_EDGES)
		put_bins(b, h->bins);
}

/* ---- in ---- */

struct reading_bytes {
	const uint8_t *p, *end;
	bool bad;
};

static uint64_t
get_varint(struct reading_bytes *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		uint8_t c = *r->p++;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return v;
	}
	r->bad = true;
	return 0;
}

static int64_t
get_signed(struct reading_bytes *r)
{
	uint64_t v = get_varint(r);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static void
get_bytes(struct reading_bytes *r, void *out, size_t n)
{
	if ((size_t)(r->end - r->p) < n) {
		r->bad = true;
		memset(out, 0, n);
		return;
	}
	memcpy(out, r->p, n);
	r->p += n;
}

static double
get_number(struct reading_bytes *r)
{
	uint64_t v = get_varint(r);
	double d;

	if ((v & 1) == 0)
		return (double)(v >> 1);
	get_bytes(r, &d, sizeof(d));
	return d;
}

/* Each takes at least a byte, so no more can follow than there are bytes. */
static size_t
get_count(struct reading_bytes *r)
{
	uint64_t n = get_varint(r);

	if (n > MAX_BUCKETS || n > (uint64_t)(r->end - r->p)) {
		r->bad = true;
		return 0;
	}
	return (size_t)n;
}

static const double *
get_numbers(struct reading_bytes *r, struct arena *mem, size_t n)
{
	double *at = arena_alloc(mem, (n + 1) * sizeof(*at));

	for (size_t i = 0; i < n; i++)
		at[i] = get_number(r);
	return at;
}

static void
get_buckets(struct reading_bytes *r, struct arena *mem, struct buckets *k)
{
	uint64_t sum = 0;

	k->n_spans = get_count(r);
	struct span *spans = arena_alloc(mem, (k->n_spans + 1) * sizeof(*spans));
	for (size_t i = 0; i < k->n_spans; i++) {
		spans[i].offset = (int32_t)get_signed(r);
		spans[i].length = (uint32_t)get_varint(r);
		sum += spans[i].length;
	}
	k->spans = spans;
	k->n = get_count(r);
	k->counts = get_numbers(r, mem, k->n);
	r->bad = r->bad || sum != k->n;
}

static const struct edge_bins *
get_bins(struct reading_bytes *r, struct arena *mem, struct store *s)
{
	struct edge_bins *e = arena_calloc(mem, 1, sizeof(*e));
	uint64_t id, bin = 0;

	get_bytes(r, &id, sizeof(id));
	e->edges = documents_find_edges(s, id);
	e->n = get_count(r);
	uint32_t *bins = arena_alloc(mem, (e->n + 1) * sizeof(*bins));
	double *count = arena_alloc(mem, (e->n + 1) * sizeof(*count)),
	       *sum = arena_alloc(mem, (e->n + 1) * sizeof(*sum));
	for (size_t i = 0; i < e->n; i++) {
		bin += get_varint(r);
		bins[i] = (uint32_t)bin;
		count[i] = get_number(r);
		sum[i] = get_number(r);
	}
	e->bin = bins;
	e->count = count;
	e->sum = sum;
	e->min = get_number(r);
	e->max = get_number(r);
	e->s1 = get_number(r);
	e->s2 = get_number(r);
	r->bad = r->bad || e->edges == NULL || bin > 2 * e->edges->n;
	return e;
}

const struct histogram *
histogram_unpack(struct store *s, struct arena *mem, const void *p, size_t n)
{
	struct reading_bytes r = {p, (const uint8_t *)p + n, n == 0};
	struct histogram *h = arena_calloc(mem, 1, sizeof(*h));

	if (n == 0 || *r.p++ != BLOB_VERSION)
		return NULL;
	h->schema = (int)get_signed(&r);
	h->hint = (enum reset_hint)(get_varint(&r) & 3);
	h->count = get_number(&r);
	h->sum = get_number(&r);
	h->zero_threshold = get_number(&r);
	h->zero_count = get_number(&r);
	get_buckets(&r, mem, &h->pos);
	get_buckets(&r, mem, &h->neg);
	h->n_custom = get_count(&r);
	h->custom = get_numbers(&r, mem, h->n_custom);
	if (h->schema == HIST_EDGES)
		h->bins = get_bins(&r, mem, s);
	bool known = (h->schema >= -4 && h->schema <= 8) || h->schema == HIST_CUSTOM || h->schema == HIST_EDGES;
	return r.bad || !known || r.p != r.end ? NULL : h;
}

/* ---- rows ---- */

int
histogram_rows_put(struct store *s, int64_t series, int64_t t, const struct histogram *h, struct err *e)
{
	if (h->schema == HIST_EDGES && documents_put_edges(s, h->bins->edges, e) < 0)
		return -1;
	s->scratch.len = 0;
	histogram_pack(&s->scratch, h);
	return store_exec(s, PART_HISTOGRAMS, SQL_PUT, e, "iib", series, t, (const void *)s->scratch.p, s->scratch.len);
}

int
histogram_rows_any(struct store *s, bool *any, struct err *e)
{
	int64_t n;

	if (store_get_int(s, PART_HISTOGRAMS, SQL_ANY, 0, &n, e) < 0)
		return -1;
	*any = n != 0;
	return 0;
}

int
histogram_rows_get(struct store *s, int64_t series, int64_t mint, int64_t maxt, struct arena *mem, histogram_row_fn *fn,
		   void *arg, struct err *e)
{
	sqlite3_stmt *st = store_query(s, PART_HISTOGRAMS, SQL_RANGE, e, "iii", series, mint, maxt);
	int rc = -1;

	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		const void *p = sqlite3_column_blob(st, 1);
		const struct histogram *h =
		    p == NULL ? NULL : histogram_unpack(s, mem, p, (size_t)sqlite3_column_bytes(st, 1));
		if (h == NULL) {
			store_end(st);
			return err_set(e, ERR_FILE, "'%s' is damaged: a histogram", s->path);
		}
		fn(arg, sqlite3_column_int64(st, 0), h);
	}
	return rc;
}

int
histogram_rows_expire(struct store *s, int64_t before, struct err *e)
{
	int64_t series = 0;

	for (;;) {
		sqlite3_stmt *st = store_query(s, PART_HISTOGRAMS, SQL_NEXT_SERIES, e, "i", series);
		if (st == NULL || store_step(s, st, e) < 0)
			return -1;
		bool last = sqlite3_column_type(st, 0) == SQLITE_NULL;
		series = sqlite3_column_int64(st, 0);
		store_end(st);
		if (last)
			return 0;
		if (store_exec(s, PART_HISTOGRAMS, SQL_EXPIRE, e, "ii", series, before) < 0)
			return -1;
	}
}
