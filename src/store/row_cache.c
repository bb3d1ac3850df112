/*
 * row_cache.c -- window rows in memory: a hash table with a list from newest to oldest use, bounded in bytes.
 *
 * The writer commits the same open windows again and again and must not read them back each time; a reader evaluates the same
 * five minutes every second. Dirty rows never leave before they have been written.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"
#include "store_windows.h"

struct row_cache {
	struct cached_row **slots;
	size_t n_slots, n, bytes, max_bytes, n_dirty, dirty_bytes;
	struct cached_row *newest, *oldest;
};

static size_t
slot_of(const struct row_cache *c, int64_t key)
{
	uint64_t h = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);

	return (h >> 32) & (c->n_slots - 1);
}

struct row_cache *
row_cache_open(size_t max_bytes)
{
	struct row_cache *c = xcalloc(1, sizeof(*c));

	c->max_bytes = max_bytes;
	c->n_slots = 256;
	c->slots = xcalloc(c->n_slots, sizeof(struct cached_row *));
	return c;
}

static size_t
cost(const struct cached_row *r)
{
	return sizeof(*r) + r->n;
}

static void
unlink_row(struct row_cache *c, struct cached_row *r)
{
	if (r->newer != NULL)
		r->newer->older = r->older;
	else
		c->newest = r->older;
	if (r->older != NULL)
		r->older->newer = r->newer;
	else
		c->oldest = r->newer;
}

static void
link_newest(struct row_cache *c, struct cached_row *r)
{
	r->newer = NULL;
	r->older = c->newest;
	if (c->newest != NULL)
		c->newest->newer = r;
	else
		c->oldest = r;
	c->newest = r;
}

static void
drop(struct row_cache *c, struct cached_row *r)
{
	struct cached_row **at = &c->slots[slot_of(c, r->key)];

	while (*at != r)
		at = &(*at)->hash_next;
	*at = r->hash_next;
	unlink_row(c, r);
	c->bytes -= cost(r);
	c->n--;
	if (r->dirty) {
		c->n_dirty--;
		c->dirty_bytes -= cost(r);
	}
	free(r->p);
	free(r);
}

void
row_cache_clear(struct row_cache *c)
{
	while (c->newest != NULL)
		drop(c, c->newest);
}

void
row_cache_close(struct row_cache *c)
{
	if (c == NULL)
		return;
	row_cache_clear(c);
	free(c->slots);
	free(c);
}

static void
grow(struct row_cache *c)
{
	size_t old = c->n_slots;
	struct cached_row **was = c->slots;

	c->n_slots = 2 * old;
	c->slots = xcalloc(c->n_slots, sizeof(struct cached_row *));
	for (size_t i = 0; i < old; i++)
		while (was[i] != NULL) {
			struct cached_row *r = was[i], **at = &c->slots[slot_of(c, r->key)];
			was[i] = r->hash_next;
			r->hash_next = *at;
			*at = r;
		}
	free(was);
}

/* From the oldest on, but never what is dirty or just put. */
static void
shrink(struct row_cache *c, const struct cached_row *keep)
{
	struct cached_row *r = c->oldest;

	while (r != NULL && c->bytes - c->dirty_bytes > c->max_bytes) {
		struct cached_row *next = r->newer;
		if (!r->dirty && r != keep)
			drop(c, r);
		r = next;
	}
}

struct cached_row *
row_cache_get(struct row_cache *c, int64_t key)
{
	struct cached_row *r = c->slots[slot_of(c, key)];

	while (r != NULL && r->key != key)
		r = r->hash_next;
	if (r != NULL && r != c->newest) {
		unlink_row(c, r);
		link_newest(c, r);
	}
	return r;
}

struct cached_row *
row_cache_put(struct row_cache *c, int64_t key, const void *p, size_t n, bool dirty)
{
	struct cached_row *r = row_cache_get(c, key);

	if (r == NULL) {
		if (c->n >= c->n_slots)
			grow(c);
		r = xcalloc(1, sizeof(*r));
		r->key = key;
		struct cached_row **at = &c->slots[slot_of(c, key)];
		r->hash_next = *at;
		*at = r;
		link_newest(c, r);
		c->n++;
		c->bytes += cost(r);
	}
	if (r->dirty) {
		c->n_dirty--;
		c->dirty_bytes -= cost(r);
	}
	c->bytes -= cost(r);
	if (p != NULL) {
		if (r->p == NULL || r->n < n || r->n > 2 * n)
			r->p = xrealloc(r->p, n > 0 ? n : 1);
		memcpy(r->p, p, n);
	} else {
		free(r->p);
		r->p = NULL;
	}
	r->n = p != NULL ? (uint32_t)n : 0;
	r->dirty = dirty;
	c->bytes += cost(r);
	if (dirty) {
		c->n_dirty++;
		c->dirty_bytes += cost(r);
	}
	shrink(c, r);
	return r;
}

size_t
row_cache_dirty_bytes(const struct row_cache *c)
{
	return c->dirty_bytes;
}

static int
by_key(const void *a, const void *b)
{
	int64_t x = (*(struct cached_row *const *)a)->key, y = (*(struct cached_row *const *)b)->key;

	return (x > y) - (x < y);
}

size_t
row_cache_dirty(const struct row_cache *c, struct cached_row ***out)
{
	size_t n = 0;

	*out = xcalloc(c->n_dirty + 1, sizeof(**out));
	for (struct cached_row *r = c->newest; r != NULL && n < c->n_dirty; r = r->older)
		if (r->dirty)
			(*out)[n++] = r;
	qsort(*out, n, sizeof(struct cached_row *), by_key);
	return n;
}

void
row_cache_written(struct row_cache *c, struct cached_row *r, bool keep)
{
	c->n_dirty--;
	c->dirty_bytes -= cost(r);
	r->dirty = false;
	if (!keep)
		drop(c, r);
}

void
row_cache_drop(struct row_cache *c, bool (*gone)(void *arg, const struct cached_row *row), void *arg)
{
	for (struct cached_row *r = c->newest, *next; r != NULL; r = next) {
		next = r->older;
		if (!r->dirty && gone(arg, r))
			drop(c, r);
	}
}
