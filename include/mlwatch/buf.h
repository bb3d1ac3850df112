/* buf.h -- a growing byte string, always NUL-terminated. Knows nothing else. */
#ifndef MLWATCH_BUF_H
#define MLWATCH_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *p; /* never NULL after the first add; use buf_str() before that */
	size_t len, cap;
};

#define BUF_INIT                                                                                                       \
	{                                                                                                              \
		NULL, 0, 0                                                                                             \
	}

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_addstr(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap);
void buf_base64(struct buf *b, const void *bytes, size_t n); /* appends RFC 4648, with padding */
void buf_reserve(struct buf *b, size_t more);
void buf_reset(struct buf *b);            /* empties, keeps the memory */
void buf_release(struct buf *b);          /* frees; b is as after BUF_INIT */
char *buf_steal(struct buf *b);           /* the caller frees; never NULL */
const char *buf_str(const struct buf *b); /* "" when empty */

#endif
