/*
 * categories.c -- counts by category name, bounded.
 *
 * Names are interned once into small numbers; counting is then an addition in an array. Names and counts are apart because
 * several windows of one feature are open at a time and share the names. Past the bound, and for names that
 * are too long to be categories, the number is 0, which stands for "__other__".
 *
 * Blob after the head: number of categories, then for each, ascending by name (bytes), its length, its bytes
 * and its count. Being sorted, two blobs merge in one pass.
 */
#include <assert.h>
#include <stdlib.h>

#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "sketch_private.h"

struct name {
	uint64_t hash;
	uint32_t n;
	char *s;
};

struct category_names {
	size_t max, n, cap;
	struct name *at; /* at[0] is __other__ */
	uint32_t *slots; /* open addressing: index + 1, 0 for empty; n_slots is a power of two */
	size_t n_slots;
	uint32_t *order; /* indexes by name, for the first n_order names */
	size_t n_order;
};

struct categories {
	struct category_names *names;
	bool own_names;
	uint64_t *count; /* by index, for the first n */
	size_t n;
	uint64_t total, folded;
};

static void
names_rehash(struct category_names *names, size_t n_slots)
{
	free(names->slots);
	names->slots = xcalloc(n_slots, sizeof *names->slots);
	names->n_slots = n_slots;
	for (uint32_t i = 1; i < names->n; i++) {
		size_t k = names->at[i].hash & (n_slots - 1);

		while (names->slots[k] != 0)
			k = (k + 1) & (n_slots - 1);
		names->slots[k] = i + 1;
	}
}

struct category_names *
category_names_open(size_t max)
{
	struct category_names *names = xcalloc(1, sizeof *names);

	names->max = max;
	xgrow(names->at, names->n, names->cap);
	names->at[names->n++] = (struct name){0, sizeof CATEGORY_OTHER - 1, xstrdup(CATEGORY_OTHER)};
	names_rehash(names, 16);
	return names;
}

void
category_names_close(struct category_names *names)
{
	if (names == NULL)
		return;
	for (size_t i = 0; i < names->n; i++)
		free(names->at[i].s);
	free(names->at);
	free(names->slots);
	free(names->order);
	free(names);
}

size_t
category_names_count(const struct category_names *names)
{
	return names->n;
}

const char *
category_names_at(const struct category_names *names, uint32_t index, size_t *len)
{
	*len = names->at[index].n;
	return names->at[index].s;
}

static uint32_t
names_add(struct category_names *names, const char *s, size_t n, uint64_t hash, size_t k)
{
	uint32_t index = (uint32_t)names->n;

	if (names->n - 1 >= names->max || n > CATEGORY_NAME_MAX)
		return 0;
	if (n == sizeof CATEGORY_OTHER - 1 && memcmp(s, CATEGORY_OTHER, n) == 0)
		return 0;
	xgrow(names->at, names->n, names->cap);
	names->at[names->n++] = (struct name){hash, (uint32_t)n, xstrndup(s, n)};
	names->slots[k] = index + 1;
	if (names->n * 2 > names->n_slots)
		names_rehash(names, names->n_slots * 2);
	return index;
}

uint32_t
category_names_intern(struct category_names *names, const char *s, size_t n, uint64_t hash)
{
	size_t k = hash & (names->n_slots - 1);

	for (; names->slots[k] != 0; k = (k + 1) & (names->n_slots - 1)) {
		const struct name *it = &names->at[names->slots[k] - 1];

		if (it->hash == hash && it->n == n && memcmp(it->s, s, n) == 0)
			return names->slots[k] - 1;
	}
	return names_add(names, s, n, hash, k);
}

uint32_t
category_names_find(const struct category_names *names, const char *s, size_t n, uint64_t hash)
{
	for (size_t k = hash & (names->n_slots - 1); names->slots[k] != 0; k = (k + 1) & (names->n_slots - 1)) {
		const struct name *it = &names->at[names->slots[k] - 1];

		if (it->hash == hash && it->n == n && memcmp(it->s, s, n) == 0)
			return names->slots[k] - 1;
	}
	return 0;
}

struct categories *
categories_open_shared(struct category_names *names)
{
	struct categories *c = xcalloc(1, sizeof *c);

	c->names = names;
	return c;
}

struct categories *
categories_open(size_t max)
{
	struct categories *c = categories_open_shared(category_names_open(max));

	c->own_names = true;
	return c;
}

void
categories_close(struct categories *c)
{
	if (c == NULL)
		return;
	if (c->own_names)
		category_names_close(c->names);
	free(c->count);
	free(c);
}

uint32_t
categories_intern(struct categories *c, const char *s, size_t n, uint64_t hash)
{
	return category_names_intern(c->names, s, n, hash);
}

static void
counts_grow(struct categories *c, uint32_t index)
{
	size_t n = c->names->cap > index ? c->names->cap : (size_t)index + 1;

	c->count = xreallocarray(c->count, n, sizeof *c->count);
	memset(c->count + c->n, 0, (n - c->n) * sizeof *c->count);
	c->n = n;
}

void
categories_add(struct categories *c, uint32_t index, uint64_t n)
{
	if (index >= c->n)
		counts_grow(c, index);
	c->count[index] += n;
	c->total += n;
	if (index == 0)
		c->folded += n;
}

void
categories_reset_counts(struct categories *c)
{
	if (c->n > 0)
		memset(c->count, 0, c->n * sizeof *c->count);
	c->total = 0;
}

uint64_t
categories_total(const struct categories *c)
{
	return c->total;
}

size_t
categories_bytes(const struct categories *c)
{
	return sizeof *c + c->n * sizeof *c->count;
}

uint64_t
categories_folded(const struct categories *c)
{
	return c->folded;
}

uint64_t
categories_count(const struct categories *c, uint32_t index)
{
	return index < c->n ? c->count[index] : 0;
}

void
categories_each(const struct categories *c, category_fn *fn, void *arg)
{
	for (size_t i = 0; i < c->n && i < c->names->n; i++)
		if (c->count[i] != 0)
			fn(arg, c->names->at[i].s, c->names->at[i].n, c->count[i]);
}

static int
bytes_cmp(const char *a, size_t an, const char *b, size_t bn)
{
	int d = memcmp(a, b, an < bn ? an : bn);

	return d != 0 ? d : (an > bn) - (an < bn);
}

static int
order_cmp(const void *a, const void *b, void *arg)
{
	const struct name *at = arg;
	const struct name *x = &at[*(const uint32_t *)a], *y = &at[*(const uint32_t *)b];

	return bytes_cmp(x->s, x->n, y->s, y->n);
}

/* Sorts what is new and merges it with what was sorted before: names come a few at a time and stay. */
static void
names_sort(struct category_names *names)
{
	size_t old = names->n_order, fresh = names->n - old, n = names->n;
	uint32_t *tail;

	if (fresh == 0)
		return;
	tail = xreallocarray(NULL, fresh, sizeof *tail);
	for (size_t i = 0; i < fresh; i++)
		tail[i] = (uint32_t)(old + i);
	qsort_r(tail, fresh, sizeof *tail, order_cmp, names->at);
	names->order = xreallocarray(names->order, n, sizeof *names->order);
	while (fresh > 0) { /* from the end, so that nothing is overwritten before it has moved */
		bool from_old = old > 0 && order_cmp(&names->order[old - 1], &tail[fresh - 1], names->at) > 0;

		names->order[--n] = from_old ? names->order[--old] : tail[--fresh];
	}
	names->n_order = names->n;
	free(tail);
}

static void
entry_encode(struct buf *out, const char *s, size_t n, uint64_t count)
{
	blob_put_varint(out, n);
	buf_add(out, s, n);
	blob_put_varint(out, count);
}

void
categories_encode(struct buf *out, const struct categories *c)
{
	uint64_t used = 0;

	for (size_t i = 0; i < c->n; i++)
		used += c->count[i] != 0;
	names_sort(c->names);
	blob_put_head(out, SKETCH_CATEGORIES, c->total);
	blob_put_varint(out, used);
	for (size_t k = 0; k < c->names->n_order; k++) {
		uint32_t i = c->names->order[k];

		if (i < c->n && c->count[i] != 0)
			entry_encode(out, c->names->at[i].s, c->names->at[i].n, c->count[i]);
	}
}

struct entry {
	const char *s;
	size_t n;
	uint64_t count;
};

struct entries {
	struct blob_reader r;
	uint64_t total, left;
	struct entry at; /* valid while left > 0 */
};

static void
entry_next(struct entries *it)
{
	if (it->left == 0)
		return;
	it->at.n = blob_get_varint(&it->r);
	if (it->r.bad || it->at.n > (size_t)(it->r.end - it->r.p)) {
		it->r.bad = true;
		it->left = 0;
		return;
	}
	it->at.s = (const char *)it->r.p;
	it->r.p += it->at.n;
	it->at.count = blob_get_varint(&it->r);
	if (it->r.bad)
		it->left = 0;
}

static void
entry_skip(struct entries *it)
{
	it->left--;
	entry_next(it);
}

static void
entries_open(struct entries *it, const void *blob, size_t n)
{
	memset(it, 0, sizeof *it);
	it->r = blob_open(blob, n, SKETCH_CATEGORIES, &it->total);
	it->left = blob_get_varint(&it->r);
	if (it->r.bad)
		it->left = 0;
	entry_next(it);
}

int
categories_blob_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e)
{
	struct entries x, y;
	struct buf body = BUF_INIT;
	uint64_t n = 0;
	bool bad;

	for (entries_open(&x, a, an), entries_open(&y, b, bn); x.left > 0 || y.left > 0; n++) {
		int d = x.left == 0 ? 1 : y.left == 0 ? -1 : bytes_cmp(x.at.s, x.at.n, y.at.s, y.at.n);
		struct entry it = d <= 0 ? x.at : y.at;

		if (d == 0)
			it.count += y.at.count;
		entry_encode(&body, it.s, it.n, it.count);
		if (d <= 0)
			entry_skip(&x);
		if (d >= 0)
			entry_skip(&y);
	}
	bad = x.r.bad || y.r.bad;
	if (!bad) {
		blob_put_head(out, SKETCH_CATEGORIES, x.total + y.total);
		blob_put_varint(out, n);
		buf_add(out, buf_str(&body), body.len);
	}
	buf_release(&body);
	return bad ? err_set(e, ERR_WORLD, "counts by category in the store are damaged") : 0;
}

int
sketch_categories(const void *blob, size_t n, category_fn *fn, void *arg, struct err *e)
{
	struct entries it;

	for (entries_open(&it, blob, n); it.left > 0; entry_skip(&it))
		fn(arg, it.at.s, it.at.n, it.at.count);
	return it.r.bad ? err_set(e, ERR_WORLD, "counts by category in the store are damaged") : 0;
}
