/*
 * window_fetch.c -- the rows of one window: from memory, side by side from the file, or one by one.
 *
 * A row that a scan comes upon costs a tenth of one that is looked up, so where many that lie near each other are missing in memory they are
 * scanned for. What is too much for the memory of rows is read past it.
 */
#include "store_reader.h"

/* From so many missing rows on they are scanned for, if at least one series in so many is wanted. */
#define SCANNED_ROWS 8
#define SCANNED_SPAN 16

static const char *const sql[] = {"SELECT k, sketch FROM window WHERE k BETWEEN ?1 AND ?2"};
static const struct store_migration schema[] = {{1, ""}};
const struct store_part store_select_part = STORE_PART("select", schema, sql);

/* Once one row of it was seen, it is clear that a series exists; but any row may have another category. */
static bool
is_wanted(const struct reader *r, const struct reading *d)
{
	return !d->done && (!(r->q->flags & SELECT_LABELS_ONLY) || d->n == 0 || d->series->sketch == SKETCH_CATEGORIES);
}

/* ... and is not known to be without a row in this window. */
static bool
is_wanted_of(const struct reader *r, const struct reading *d, const struct level *l, int64_t start)
{
	return is_wanted(r, d) && (start < d->series->quiet_from || start + l->width_ms > d->series->quiet_to);
}

void
find_wanted(struct reader *r)
{
	r->wanted = r->first = r->end = 0;
	for (size_t i = 0; i < r->n; i++)
		if (is_wanted(r, &r->at[i])) {
			r->first = r->wanted++ == 0 ? i : r->first;
			r->end = i + 1;
		}
}

bool
wanted_are_near(const struct reader *r)
{
	return r->at[r->end - 1].series->id - r->at[r->first].series->id < SCANNED_SPAN * (int64_t)r->wanted;
}

/* ---- a scan over the rows of a window, in the order of their series ---- */

struct scan {
	struct reader *r;
	sqlite3_stmt *st; /* NULL: over */
	int64_t key;      /* of the row that it stands at */
	int rc;
};

static void
scan_next(struct scan *c)
{
	c->rc = store_step(c->r->s, c->st, c->r->e);
	if (c->rc == 1)
		c->key = sqlite3_column_int64(c->st, 0);
	else
		c->st = NULL;
}

static struct scan
scan_open(struct reader *r, int64_t first, int64_t last)
{
	struct scan c = {.r = r, .st = store_query(r->s, PART_SELECT, 0, r->e, "ii", first, last), .rc = -1};

	if (c.st != NULL)
		scan_next(&c);
	return c;
}

/* True when there is a row of this key; keys are asked for in ascending order. */
static bool
scan_to(struct scan *c, int64_t key)
{
	while (c->st != NULL && c->key < key)
		scan_next(c);
	return c->st != NULL && c->key == key;
}

/* ---- rows ---- */

/* The rows that are not in memory: how many, and between which of at[]. */
struct gap {
	size_t n, first, last;
};

static struct gap
find_gap(const struct reader *r, const struct level *l, int64_t start)
{
	struct gap g = {0};

	for (size_t i = r->first; i < r->end; i++) {
		int64_t key = window_key(l, start, r->at[i].series->id);
		if (!is_wanted_of(r, &r->at[i], l, start) || row_cache_get(r->s->windows->rows, key) != NULL)
			continue;
		g.first = g.n++ == 0 ? i : g.first;
		g.last = i;
	}
	return g;
}

static int
one_by_one(struct reader *r, const struct level *l, int64_t start, row_fn *take)
{
	for (size_t i = r->first; i < r->end; i++) {
		struct cached_row *row;
		if (!is_wanted_of(r, &r->at[i], l, start))
			continue;
		if (window_row(r->s, window_key(l, start, r->at[i].series->id), &row, r->e) < 0)
			return -1;
		if (row->p != NULL && take(r, &r->at[i], l, start, row->p, row->n) < 0)
			return -1;
	}
	return 0;
}

/* rows NULL: past the memory of rows. */
static int
side_by_side(struct reader *r, const struct level *l, int64_t start, struct gap g, struct row_cache *rows, row_fn *take)
{
	struct scan c = scan_open(r, window_key(l, start, r->at[g.first].series->id),
				  window_key(l, start, r->at[g.last].series->id));
	int rc = 0;

	for (size_t i = r->first; i < r->end && rc == 0; i++) {
		int64_t key = window_key(l, start, r->at[i].series->id);
		const struct cached_row *row;
		const void *p = NULL;
		size_t n = 0;
		if (!is_wanted_of(r, &r->at[i], l, start))
			continue;
		if (rows != NULL && (row = row_cache_get(rows, key)) != NULL) {
			p = row->p;
			n = row->n;
		} else if (scan_to(&c, key)) {
			p = sqlite3_column_blob(c.st, 1);
			n = (size_t)sqlite3_column_bytes(c.st, 1);
			if (rows != NULL)
				row_cache_put(rows, key, p, n, false);
		}
		if (p != NULL)
			rc = take(r, &r->at[i], l, start, p, n);
	}
	store_end(c.st);
	return rc < 0 || c.rc < 0 ? -1 : 0;
}

int
each_row(struct reader *r, const struct level *l, int64_t start, bool past_memory, row_fn *take)
{
	if (r->wanted == 0)
		return 0;
	if (past_memory)
		return side_by_side(r, l, start, (struct gap){r->wanted, r->first, r->end - 1}, NULL, take);
	struct gap g = find_gap(r, l, start);
	if (g.n >= SCANNED_ROWS && r->at[g.last].series->id - r->at[g.first].series->id < SCANNED_SPAN * (int64_t)g.n)
		return side_by_side(r, l, start, g, r->s->windows->rows, take);
	return one_by_one(r, l, start, take);
}
