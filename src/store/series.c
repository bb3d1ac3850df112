/*
 * series.c -- series ids and labels, on disk once, in memory per handle.
 *
 * A handle reads the table once and then only what was added (ids grow). Strings are kept once each; series are found by identity
 * through a hash table and by selector through lists per metric name. The answers to selectors are remembered, since rules
 * ask the same ones every second; a remembered answer is brought up to date by looking at the series added since.
 *
 * Identity is labels, kind, sketch, edges and the label `by`.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"
#include "store_series.h"

#define MAX_SELECTORS 256
#define MAX_HITS      (1u << 18) /* of all selectors together */

enum { SQL_LOAD, SQL_ADD, SQL_SEEN, SQL_GENERATION, SQL_EXPIRE, SQL_BUMP };

static const char *const sql[] = {
    [SQL_LOAD] = "SELECT id, kind, sketch, edges, by_label, labels, seen_day FROM series WHERE id > ?1 ORDER BY id",
    [SQL_ADD] = "INSERT INTO series(kind, sketch, edges, by_label, labels, seen_day) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_SEEN] = "UPDATE series SET seen_day=?2 WHERE id=?1",
    [SQL_GENERATION] = "SELECT generation FROM series_state",
    [SQL_EXPIRE] = "DELETE FROM series WHERE kind=?1 AND seen_day < ?2",
    [SQL_BUMP] = "UPDATE series_state SET generation=generation+1",
};

static const struct store_migration schema[] = {
    {1,
     "CREATE TABLE series("
     "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
     "  kind INTEGER NOT NULL,"   /* 0 samples, 1 windows */
     "  sketch INTEGER NOT NULL," /* of windows: 1 count, 2 exponential, 3 edges, 4 categories */
     "  edges INTEGER NOT NULL,"
     "  by_label TEXT NOT NULL," /* of categories: the label whose values are inside the rows */
     "  labels BLOB NOT NULL,"   /* name NUL value NUL ..., sorted by name */
     "  seen_day INTEGER NOT NULL);"
     "CREATE TABLE series_state(id INTEGER PRIMARY KEY CHECK(id = 1), generation INTEGER NOT NULL);" /* +1 when ids go */
     "INSERT INTO series_state VALUES(1, 0);"},
};

const struct store_part store_series_part = STORE_PART("series", schema, sql);

struct id_list {
	uint32_t *at;
	size_t n, cap;
};

struct selector {
	char *key;     /* kind and matchers as text */
	uint32_t seen; /* series looked at so far */
	struct id_list hits;
};

struct series_index {
	struct stored_series *at; /* by id */
	size_t n, cap;
	uint32_t *slots; /* open addressing: index + 1 by hash; of the first n_found series */
	size_t n_slots, n_found;
	struct arena *mem;      /* strings and label arrays */
	struct strmap *symbols; /* string -> itself, in mem */
	struct selector *selectors;
	size_t n_selectors, n_hits;
	int64_t generation;
	bool loaded;
};

/* ---- in memory ---- */

static const char *
symbol(struct series_index *x, const char *s)
{
	char *known = strmap_get(x->symbols, s);

	if (known == NULL) {
		known = arena_strdup(x->mem, s);
		strmap_set(x->symbols, s, known);
	}
	return known;
}

static uint64_t
identity(const struct stored_series *w)
{
	uint64_t h = labels_hash(w->labels);

	h = hash_mix(h, (uint64_t)w->kind * 8 + (uint64_t)w->sketch);
	h = hash_mix(h, w->edges);
	return hash_mix(h, w->by != NULL ? hash_str(w->by) : 0);
}

static bool
same(const struct stored_series *a, const struct stored_series *b)
{
	return a->hash == b->hash && a->kind == b->kind && a->sketch == b->sketch && a->edges == b->edges &&
	       strcmp(a->by != NULL ? a->by : "", b->by != NULL ? b->by : "") == 0 &&
	       labels_equal(a->labels, b->labels);
}

static void
slots_put(struct series_index *x, uint32_t i)
{
	size_t at = x->at[i].hash & (x->n_slots - 1);

	while (x->slots[at] != 0)
		at = (at + 1) & (x->n_slots - 1);
	x->slots[at] = i + 1;
}

/* Only who writes looks for series by what they are. */
static void
make_findable(struct series_index *x)
{
	if (x->n_found == x->n)
		return;
	if (2 * x->n > x->n_slots) {
		for (x->n_slots = 64; x->n_slots < 4 * x->n; x->n_slots *= 2)
			;
		free(x->slots);
		x->slots = xcalloc(x->n_slots, sizeof(*x->slots));
		for (size_t i = 0; i < x->n_found; i++)
			slots_put(x, (uint32_t)i);
	}
	for (; x->n_found < x->n; x->n_found++) {
		x->at[x->n_found].hash = identity(&x->at[x->n_found]);
		slots_put(x, (uint32_t)x->n_found);
	}
}

static struct stored_series *
find(struct series_index *x, const struct stored_series *want)
{
	make_findable(x);
	if (x->n_slots == 0)
		return NULL;
	for (size_t at = want->hash & (x->n_slots - 1); x->slots[at] != 0; at = (at + 1) & (x->n_slots - 1))
		if (same(&x->at[x->slots[at] - 1], want))
			return &x->at[x->slots[at] - 1];
	return NULL;
}

/* The labels of a series are mostly those of the one before it. */
static struct label
shared_label(struct series_index *x, const struct label *l, const struct label *before)
{
	const char *name = before != NULL && strcmp(before->name, l->name) == 0 ? before->name : symbol(x, l->name);

	return (struct label){name, before != NULL && strcmp(before->value, l->value) == 0 ? before->value
											   : symbol(x, l->value)};
}

static void
add(struct series_index *x, const struct stored_series *w)
{
	const struct labels before = x->n > 0 ? x->at[x->n - 1].labels : (struct labels){NULL, 0};
	struct label *at = arena_alloc(x->mem, (w->labels.n + 1) * sizeof(*at));

	for (size_t i = 0; i < w->labels.n; i++)
		at[i] = shared_label(x, &w->labels.at[i], i < before.n ? &before.at[i] : NULL);
	xgrow(x->at, x->n, x->cap);
	x->at[x->n] = *w;
	x->at[x->n].labels = (struct labels){at, w->labels.n};
	x->at[x->n].by = w->by != NULL && w->by[0] != '\0' ? symbol(x, w->by) : NULL;
	x->n++;
}

static void
forget_selectors(struct series_index *x)
{
	for (size_t i = 0; i < x->n_selectors; i++) {
		free(x->selectors[i].key);
		free(x->selectors[i].hits.at);
	}
	free(x->selectors);
	x->selectors = NULL;
	x->n_selectors = x->n_hits = 0;
}

static void
empty(struct series_index *x)
{
	forget_selectors(x);
	free(x->at);
	free(x->slots);
	strmap_close(x->symbols);
	arena_close(x->mem);
	*x = (struct series_index){.mem = arena_open(), .symbols = strmap_open()};
}

int
series_open(struct store *s, struct err *e)
{
	s->series = xcalloc(1, sizeof(*s->series));
	s->series->mem = arena_open();
	s->series->symbols = strmap_open();
	(void)e; /* read when it is first needed: one who only silences needs none of it */
	return 0;
}

void
series_forget(struct store *s)
{
	empty(s->series);
}

void
series_close(struct store *s)
{
	if (s->series == NULL)
		return;
	empty(s->series);
	strmap_close(s->series->symbols);
	arena_close(s->series->mem);
	free(s->series);
	s->series = NULL;
}

size_t
series_count(const struct store *s)
{
	return s->series->n;
}

const struct stored_series *
series_at(const struct store *s, size_t i)
{
	return &s->series->at[i];
}

const struct stored_series *
series_by_id(const struct store *s, int64_t id)
{
	size_t lo = 0, hi = s->series->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (s->series->at[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->series->n && s->series->at[lo].id == id ? &s->series->at[lo] : NULL;
}

/* ---- what has no rows ---- */

void
series_was_quiet(struct store *s, size_t i, int64_t from, int64_t to)
{
	struct stored_series *w = &s->series->at[i];

	if (w->quiet_to > w->quiet_from && from <= w->quiet_to && to >= w->quiet_from) {
		from = from < w->quiet_from ? from : w->quiet_from;
		to = to > w->quiet_to ? to : w->quiet_to;
	}
	w->quiet_from = from;
	w->quiet_to = to;
}

void
series_quiet_until(struct store *s, int64_t until)
{
	for (size_t i = 0; i < s->series->n; i++)
		if (s->series->at[i].quiet_to > until)
			s->series->at[i].quiet_to = until;
}

/* ---- on disk ---- */

/* name NUL value NUL ...: false when that is not what the bytes are */
static bool
labels_unpack(const char *p, size_t n, struct label *at, size_t *count)
{
	const char *end = p + n;

	*count = 0;
	if (n > 0 && end[-1] != '\0')
		return false;
	while (p < end && *count < SERIES_MAX_LABELS) {
		at[*count].name = p;
		p += strlen(p) + 1;
		if (p >= end)
			return false;
		at[(*count)++].value = p;
		p += strlen(p) + 1;
	}
	return p == end;
}

static void
load_row(struct series_index *x, sqlite3_stmt *st)
{
	struct label at[SERIES_MAX_LABELS];
	struct stored_series w = {
	    .id = sqlite3_column_int64(st, 0),
	    .kind = sqlite3_column_int(st, 1) != 0 ? SERIES_WINDOWS : SERIES_SAMPLES,
	    .sketch = (enum sketch_kind)sqlite3_column_int(st, 2),
	    .edges = (uint64_t)sqlite3_column_int64(st, 3),
	    .by = store_text(st, 4),
	    .seen_day = sqlite3_column_int64(st, 6),
	};
	const char *p = sqlite3_column_blob(st, 5);
	size_t count = 0;

	/* a damaged row is as if it were not there; `store check` finds it */
	if (p == NULL || !labels_unpack(p, (size_t)sqlite3_column_bytes(st, 5), at, &count) || count == 0)
		return;
	w.labels = (struct labels){at, count};
	if (w.by[0] == '\0')
		w.by = NULL;
	add(x, &w);
}

int
series_refresh(struct store *s, struct err *e)
{
	int64_t generation = 0;

	if (store_get_int(s, PART_SERIES, SQL_GENERATION, 0, &generation, e) < 0)
		return -1;
	if (s->series->loaded && generation != s->series->generation)
		empty(s->series);
	struct series_index *x = s->series;
	sqlite3_stmt *st = store_query(s, PART_SERIES, SQL_LOAD, e, "i", x->n > 0 ? x->at[x->n - 1].id : INT64_C(0));
	int rc = -1;
	while (st != NULL && (rc = store_step(s, st, e)) == 1)
		load_row(x, st);
	x->generation = generation;
	x->loaded = true;
	return rc;
}

static int
insert(struct store *s, struct stored_series *w, struct err *e)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < w->labels.n; i++) {
		buf_add(&b, w->labels.at[i].name, strlen(w->labels.at[i].name) + 1);
		buf_add(&b, w->labels.at[i].value, strlen(w->labels.at[i].value) + 1);
	}
	int rc =
	    store_exec(s, PART_SERIES, SQL_ADD, e, "iiisbi", (int64_t)(w->kind == SERIES_WINDOWS), (int64_t)w->sketch,
		       (int64_t)w->edges, w->by != NULL ? w->by : "", (const void *)b.p, b.len, w->seen_day);
	buf_release(&b);
	if (rc < 0)
		return -1;
	w->id = sqlite3_last_insert_rowid(s->db);
	if (w->id > SERIES_ID_MAX)
		return err_set(e, ERR_WORLD, "'%s' has had %lld series, there is no room for more", s->path,
			       (long long)w->id);
	add(s->series, w);
	return 0;
}

static int64_t
day_of(int64_t t)
{
	int64_t d = t / MS_DAY;

	return t % MS_DAY < 0 ? d - 1 : d;
}

int64_t
series_id(struct store *s, const struct stored_series *want, int64_t t, struct err *e)
{
	struct stored_series w = *want;
	int64_t day = day_of(t);

	if (!s->series->loaded && series_refresh(s, e) < 0)
		return -1;
	w.hash = identity(&w);
	struct stored_series *known = find(s->series, &w);
	if (known == NULL) {
		w.seen_day = day;
		return insert(s, &w, e) < 0 ? -1 : w.id;
	}
	if (known->seen_day < day) {
		if (store_exec(s, PART_SERIES, SQL_SEEN, e, "ii", known->id, day) < 0)
			return -1;
		known->seen_day = day;
	}
	return known->id;
}

int
series_expire(struct store *s, enum series_kind kind, int64_t before_ms, bool *any, struct err *e)
{
	/* a day of grace on top: a query near the edge of retention still finds its labels */
	if (store_exec(s, PART_SERIES, SQL_EXPIRE, e, "ii", (int64_t)(kind == SERIES_WINDOWS), day_of(before_ms) - 1) <
	    0)
		return -1;
	*any = sqlite3_changes(s->db) > 0;
	if (!*any)
		return 0;
	series_forget(s);
	return store_exec(s, PART_SERIES, SQL_BUMP, e, "");
}

/* ---- selectors ---- */

static bool
match(const struct stored_series *w, enum series_kind kind, const struct matcher *m, size_t n)
{
	if (w->kind != kind)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((w->by == NULL || strcmp(m[i].name, w->by) != 0) && !matcher_match(&m[i], w->labels))
			return false;
	return true;
}

/* Lengths stand before what they measure, so that no two lists of matchers have one key. */
static void
selector_key(struct buf *b, enum series_kind kind, const struct matcher *m, size_t n)
{
	buf_addc(b, kind == SERIES_WINDOWS ? 'w' : 's');
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%d:%zu:%s%zu:%s", (int)m[i].op, strlen(m[i].name), m[i].name, strlen(m[i].value),
			 m[i].value);
}

static struct selector *
selector_of(struct series_index *x, enum series_kind kind, const struct matcher *m, size_t n)
{
	struct buf key = BUF_INIT;

	selector_key(&key, kind, m, n);
	for (size_t i = 0; i < x->n_selectors; i++)
		if (strcmp(x->selectors[i].key, buf_str(&key)) == 0) {
			buf_release(&key);
			return &x->selectors[i];
		}
	if (x->n_hits > MAX_HITS)
		forget_selectors(x);
	if (x->selectors == NULL)
		x->selectors = xcalloc(MAX_SELECTORS, sizeof(*x->selectors));
	/* full: take the place of one of the others */
	bool full = x->n_selectors == MAX_SELECTORS;
	struct selector *sel = &x->selectors[full ? hash_str(buf_str(&key)) % MAX_SELECTORS : x->n_selectors++];
	x->n_hits -= sel->hits.n;
	free(sel->key);
	free(sel->hits.at);
	*sel = (struct selector){.key = buf_steal(&key)};
	return sel;
}

struct series_matched
series_match(struct store *s, enum series_kind kind, const struct matcher *m, size_t n)
{
	struct series_index *x = s->series;
	struct selector *sel = selector_of(x, kind, m, n);

	for (; sel->seen < x->n; sel->seen++)
		if (match(&x->at[sel->seen], kind, m, n)) {
			xgrow(sel->hits.at, sel->hits.n, sel->hits.cap);
			sel->hits.at[sel->hits.n++] = sel->seen;
			x->n_hits++;
		}
	return (struct series_matched){sel->hits.at, sel->hits.n};
}
