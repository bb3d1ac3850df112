/*
 * xalloc.c -- allocation that dies instead of failing.
 *
 * Out of memory is the one condition that nobody above can mend: sizes from outside are capped before
 * they get here, so a failure means that the machine has no memory left at all.
 */
#include "mlwatch/xalloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
or_die(void *p)
{
	if (p == NULL) {
		fputs("mlwatch: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
xmalloc(size_t size)
{
	return or_die(malloc(size != 0 ? size : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return or_die(n != 0 && size != 0 ? calloc(n, size) : calloc(1, 1));
}

void *
xrealloc(void *p, size_t size)
{
	return or_die(realloc(p, size != 0 ? size : 1));
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		return or_die(NULL);
	return xrealloc(p, n * size);
}

char *
xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *
xstrdup_any(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

char *
xstrndup(const char *s, size_t n)
{
	char *p;

	n = strnlen(s, n);
	p = xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void *
xmemdup(const void *p, size_t n)
{
	void *copy = xmalloc(n);

	if (n != 0)
		memcpy(copy, p, n);
	return copy;
}
