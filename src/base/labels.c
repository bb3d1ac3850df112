/*
 * labels.c -- label sets. Hot in PromQL: comparison and look-up go over the sorted array, hashing is one pass.
 * Text of label sets (reading and writing) is in labels_text.c.
 */
#include "mlwatch/labels.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

const char *
labels_get(struct labels l, const char *name)
{
	size_t i;
	int c;

	for (i = 0; i < l.n; i++) {
		c = strcmp(l.at[i].name, name);
		if (c == 0)
			return l.at[i].value;
		if (c > 0)
			break;
	}
	return "";
}

bool
labels_has(struct labels l, const char *name)
{
	return labels_get(l, name)[0] != '\0';
}

/* Sets that were derived from one another share their strings. */
static int
compare(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(a, b);
}

int
labels_cmp(struct labels a, struct labels b)
{
	size_t i, n = a.n < b.n ? a.n : b.n;
	int c;

	for (i = 0; i < n; i++) {
		c = compare(a.at[i].name, b.at[i].name);
		if (c == 0)
			c = compare(a.at[i].value, b.at[i].value);
		if (c != 0)
			return c < 0 ? -1 : 1;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

bool
labels_equal(struct labels a, struct labels b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	if (a.at == b.at)
		return true;
	for (i = 0; i < a.n; i++)
		if (compare(a.at[i].value, b.at[i].value) != 0 || compare(a.at[i].name, b.at[i].name) != 0)
			return false;
	return true;
}

uint64_t
labels_hash(struct labels l)
{
	uint64_t h = l.n;
	size_t i;

	/* The end of each string is hashed with it, so that neighbours cannot run into one another. */
	for (i = 0; i < l.n; i++) {
		h = hash_bytes(l.at[i].name, strlen(l.at[i].name) + 1, h);
		h = hash_bytes(l.at[i].value, strlen(l.at[i].value) + 1, h);
	}
	return h;
}

struct labels
labels_copy(struct arena *a, struct labels l)
{
	struct label *at = arena_alloc(a, l.n * sizeof(*at));
	size_t i;

	for (i = 0; i < l.n; i++) {
		at[i].name = arena_strdup(a, l.at[i].name);
		at[i].value = arena_strdup(a, l.at[i].value);
	}
	return (struct labels){at, l.n};
}

struct labels *
labels_dup(struct labels l)
{
	size_t size = sizeof(struct labels) + l.n * sizeof(struct label), i, len;
	struct labels *copy;
	struct label *at;
	char *p;

	for (i = 0; i < l.n; i++)
		size += strlen(l.at[i].name) + strlen(l.at[i].value) + 2;
	copy = xmalloc(size);
	at = (struct label *)(copy + 1);
	p = (char *)(at + l.n);
	for (i = 0; i < l.n; i++) {
		len = strlen(l.at[i].name) + 1;
		at[i].name = memcpy(p, l.at[i].name, len);
		p += len;
		len = strlen(l.at[i].value) + 1;
		at[i].value = memcpy(p, l.at[i].value, len);
		p += len;
	}
	*copy = (struct labels){at, l.n};
	return copy;
}

/* Insertion sort: sets are small and mostly sorted already; it is stable, so the last of a repeated name is known. */
static void
sort_labels(struct label *at, size_t n)
{
	struct label l;
	size_t i, j;

	for (i = 1; i < n; i++) {
		l = at[i];
		for (j = i; j > 0 && strcmp(at[j - 1].name, l.name) > 0; j--)
			at[j] = at[j - 1];
		at[j] = l;
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct label *x = *(const struct label *const *)a, *y = *(const struct label *const *)b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : x < y ? -1 : x > y;
}

/* For sets so large that insertion would be felt; pointers keep it stable. */
static void
sort_many(struct label *at, size_t n)
{
	const struct label **order = xreallocarray(NULL, n, sizeof(*order));
	struct label *sorted = xreallocarray(NULL, n, sizeof(*sorted));
	size_t i;

	for (i = 0; i < n; i++)
		order[i] = &at[i];
	qsort(order, n, sizeof(*order), by_name);
	for (i = 0; i < n; i++)
		sorted[i] = *order[i];
	memcpy(at, sorted, n * sizeof(*at));
	free(order);
	free(sorted);
}

struct labels
labels_make(struct arena *a, const struct label *from, size_t n)
{
	struct label *at = arena_alloc(a, n * sizeof(*at));
	size_t i, to = 0;

	if (n != 0)
		memcpy(at, from, n * sizeof(*at));
	if (n <= 64)
		sort_labels(at, n);
	else
		sort_many(at, n);
	for (i = 0; i < n; i++) {
		if (i + 1 < n && strcmp(at[i].name, at[i + 1].name) == 0)
			continue;
		if (at[i].value[0] != '\0')
			at[to++] = at[i];
	}
	return (struct labels){at, to};
}

struct labels
labels_with(struct arena *a, struct labels l, const char *name, const char *value)
{
	struct label *at = arena_alloc(a, (l.n + 1) * sizeof(*at));
	size_t i = 0, to = 0;

	while (i < l.n && strcmp(l.at[i].name, name) < 0)
		at[to++] = l.at[i++];
	if (i < l.n && strcmp(l.at[i].name, name) == 0)
		i++;
	if (value[0] != '\0')
		at[to++] = (struct label){name, value};
	while (i < l.n)
		at[to++] = l.at[i++];
	return (struct labels){at, to};
}

struct labels
labels_with_missing(struct arena *a, struct labels l, struct labels more)
{
	for (size_t i = 0; i < more.n; i++)
		if (!labels_has(l, more.at[i].name))
			l = labels_with(a, l, more.at[i].name, more.at[i].value);
	return l;
}

static bool
listed(const char *name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static struct labels
filter(struct arena *a, struct labels l, const char *const *names, size_t n, bool keep)
{
	struct label *at = arena_alloc(a, l.n * sizeof(*at));
	size_t i, to = 0;

	for (i = 0; i < l.n; i++)
		if (listed(l.at[i].name, names, n) == keep)
			at[to++] = l.at[i];
	return (struct labels){at, to};
}

struct labels
labels_keep(struct arena *a, struct labels l, const char *const *names, size_t n)
{
	return filter(a, l, names, n, true);
}

struct labels
labels_drop(struct arena *a, struct labels l, const char *const *names, size_t n)
{
	return filter(a, l, names, n, false);
}
