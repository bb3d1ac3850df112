/* hash.h -- a 64-bit hash of bytes, stable across runs and machines (it is stored), and a map from
 * 64-bit keys to pointers. */
#ifndef MLWATCH_HASH_H
#define MLWATCH_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);
uint64_t hash_str(const char *s);
static inline uint64_t
hash_mix(uint64_t a, uint64_t b)
{
	return (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2))) * 0xff51afd7ed558ccdu;
}

/* A map from strings to pointers, for setup and bookkeeping (not the hot path). Keys are copied. */
struct strmap;
struct strmap *strmap_open(void);
void strmap_close(struct strmap *m); /* values are the caller's */
void *strmap_get(const struct strmap *m, const char *key);
void strmap_set(struct strmap *m, const char *key, void *value); /* NULL removes */
size_t strmap_len(const struct strmap *m);
/* i counts from 0; false at the end. Order is that of insertion. */
int strmap_next(const struct strmap *m, size_t *i, const char **key, void **value);

#endif
