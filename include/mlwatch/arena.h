/* arena.h -- memory that is freed all at once. One per evaluation, file or batch. */
#ifndef MLWATCH_ARENA_H
#define MLWATCH_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_open(void);
void arena_close(struct arena *a);               /* NULL is fine */
void arena_reset(struct arena *a);               /* forgets all, keeps the first block */
void arena_wipe(struct arena *a);                /* overwrites all that was handed out; then close it */
void *arena_alloc(struct arena *a, size_t size); /* 16-byte aligned, not zeroed */
void *arena_calloc(struct arena *a, size_t n, size_t size);
/* Grows the newest allocation in place when it can, else copies. p may be NULL. */
void *arena_realloc(struct arena *a, void *p, size_t old_size, size_t new_size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *a); /* bytes handed out since the last reset */

#endif
