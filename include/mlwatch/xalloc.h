/* xalloc.h -- allocation that dies instead of failing. Only for small amounts: a size that
 * came from a file or the network is capped before it gets here. */
#ifndef MLWATCH_XALLOC_H
#define MLWATCH_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
void *xreallocarray(void *p, size_t n, size_t size); /* dies on overflow of n * size */
char *xstrdup(const char *s);
char *xstrdup_any(const char *s); /* NULL of NULL */
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t n);

/* Room for one more element in a growing array: doubles *cap when n has reached it. */
#define xgrow(p, n, cap)                                                                                               \
	do {                                                                                                           \
		if ((n) >= (cap)) {                                                                                    \
			(cap) = (cap) != 0 ? (cap)*2 : 8;                                                              \
			(p) = xreallocarray((p), (cap), sizeof *(p));                                                  \
		}                                                                                                      \
	} while (0)

#endif
