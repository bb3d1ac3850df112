/*
 * arena.c -- memory that is freed all at once.
 *
 * Blocks double from 4 KiB to 1 MiB; what is larger than a block gets one of its own. A reset keeps the
 * first block, so that an arena used once per evaluation or batch settles without allocating.
 */
#include "mlwatch/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"

#define FIRST_BLOCK   ((size_t)4096)
#define LARGEST_BLOCK ((size_t)1 << 20)
#define ROUND(n)      (((n) + 15) & ~(size_t)15)

struct block {
	struct block *older;
	size_t size; /* of data[] */
	_Alignas(16) char data[];
};

struct arena {
	struct block *newest;
	struct block *first; /* the one that a reset keeps */
	char *at, *end;      /* the free part of the newest block */
	size_t used;
};

static void
add_block(struct arena *a, size_t size)
{
	struct block *b = xmalloc(sizeof(*b) + size);

	b->older = a->newest;
	b->size = size;
	a->newest = b;
	a->at = b->data;
	a->end = b->data + size;
}

struct arena *
arena_open(void)
{
	return xcalloc(1, sizeof(struct arena));
}

static void
free_blocks(struct arena *a, const struct block *keep)
{
	struct block *b, *older;

	for (b = a->newest; b != NULL; b = older) {
		older = b->older;
		if (b != keep)
			free(b);
	}
}

void
arena_close(struct arena *a)
{
	if (a == NULL)
		return;
	free_blocks(a, NULL);
	free(a);
}

void
arena_wipe(struct arena *a)
{
	for (struct block *b = a != NULL ? a->newest : NULL; b != NULL; b = b->older)
		explicit_bzero(b->data, b->size);
}

void
arena_reset(struct arena *a)
{
	struct block *keep = a->first;

	free_blocks(a, keep);
	a->newest = keep;
	a->used = 0;
	if (keep != NULL) {
		keep->older = NULL;
		a->at = keep->data;
		a->end = keep->data + keep->size;
	} else {
		a->at = a->end = NULL;
	}
}

static void *
alloc_slow(struct arena *a, size_t size)
{
	size_t next = a->newest == NULL ? FIRST_BLOCK : a->newest->size * 2;
	char *p;

	if (next > LARGEST_BLOCK)
		next = LARGEST_BLOCK;
	if (next < FIRST_BLOCK)
		next = FIRST_BLOCK;
	add_block(a, size > next ? size : next);
	if (a->first == NULL)
		a->first = a->newest;
	p = a->at;
	a->at += size;
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	char *p = a->at;

	if (size > SIZE_MAX / 2)
		return xreallocarray(NULL, SIZE_MAX, 2); /* dies */
	size = ROUND(size != 0 ? size : 1);
	a->used += size;
	if (size > (size_t)(a->end - a->at))
		return alloc_slow(a, size);
	a->at += size;
	return p;
}

void *
arena_calloc(struct arena *a, size_t n, size_t size)
{
	void *p;

	if (size != 0 && n > SIZE_MAX / 2 / size)
		return xreallocarray(NULL, SIZE_MAX, 2); /* dies */
	p = arena_alloc(a, n * size);
	memset(p, 0, n * size);
	return p;
}

void *
arena_realloc(struct arena *a, void *p, size_t old_size, size_t new_size)
{
	size_t old_room = ROUND(old_size != 0 ? old_size : 1), new_room = ROUND(new_size != 0 ? new_size : 1);
	char *start = p;
	void *q;

	if (p == NULL)
		return arena_alloc(a, new_size);
	if (new_room <= old_room)
		return p;
	if (start + old_room == a->at && new_size < SIZE_MAX / 2 && new_room <= (size_t)(a->end - start)) {
		a->at = start + new_room;
		a->used += new_room - old_room;
		return p;
	}
	q = arena_alloc(a, new_size);
	memcpy(q, p, old_size);
	return q;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (n != 0)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char small[256], *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0, small[0] = '\0';
	p = arena_alloc(a, (size_t)n + 1);
	if ((size_t)n < sizeof(small))
		memcpy(p, small, (size_t)n + 1);
	else
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}
