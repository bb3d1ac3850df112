/*
 * hash.c -- a 64-bit hash of bytes and a map from strings.
 *
 * The hash is XXH64 (Yann Collet's specification, version 0.1.1): stable across machines because it reads
 * little-endian words whatever the machine is, and stored in the database, so it must never change.
 */
#include "mlwatch/hash.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"

#define P1 UINT64_C(0x9E3779B185EBCA87)
#define P2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define P3 UINT64_C(0x165667B19E3779F9)
#define P4 UINT64_C(0x85EBCA77C2B2AE63)
#define P5 UINT64_C(0x27D4EB2F165667C5)

static inline uint64_t
rotl(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static inline uint64_t
read64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static inline uint32_t
read32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static inline uint64_t
round64(uint64_t acc, uint64_t input)
{
	return rotl(acc + input * P2, 31) * P1;
}

static inline uint64_t
merge(uint64_t h, uint64_t acc)
{
	return (h ^ round64(0, acc)) * P1 + P4;
}

static uint64_t
long_part(const unsigned char **at, const unsigned char *end, uint64_t seed)
{
	uint64_t v[4] = {seed + P1 + P2, seed + P2, seed, seed - P1};
	const unsigned char *p = *at;
	uint64_t h;
	int i;

	while (end - p >= 32)
		for (i = 0; i < 4; i++, p += 8)
			v[i] = round64(v[i], read64(p));
	h = rotl(v[0], 1) + rotl(v[1], 7) + rotl(v[2], 12) + rotl(v[3], 18);
	for (i = 0; i < 4; i++)
		h = merge(h, v[i]);
	*at = p;
	return h;
}

uint64_t
hash_bytes(const void *bytes, size_t n, uint64_t seed)
{
	static const unsigned char none[1];
	const unsigned char *p = n != 0 ? bytes : none, *end = p + n;
	uint64_t h = n >= 32 ? long_part(&p, end, seed) : seed + P5;

	h += n;
	for (; end - p >= 8; p += 8)
		h = rotl(h ^ round64(0, read64(p)), 27) * P1 + P4;
	if (end - p >= 4) {
		h = rotl(h ^ read32(p) * P1, 23) * P2 + P3;
		p += 4;
	}
	for (; p < end; p++)
		h = rotl(h ^ *p * P5, 11) * P1;
	h = (h ^ h >> 33) * P2;
	h = (h ^ h >> 29) * P3;
	return h ^ h >> 32;
}

uint64_t
hash_str(const char *s)
{
	return hash_bytes(s, strlen(s), 0);
}

/* Entries stand in the order of insertion; the index holds entry numbers + 1, linear probing. A removed entry keeps its
 * place with a NULL value (so probing goes on past it) until the next growth. */
struct entry {
	char *key;
	uint64_t hash;
	void *value;
};

struct strmap {
	struct entry *at;
	size_t n, cap, live;
	uint32_t *index;
	size_t index_size; /* a power of two, or 0 */
};

struct strmap *
strmap_open(void)
{
	return xcalloc(1, sizeof(struct strmap));
}

void
strmap_close(struct strmap *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++)
		free(m->at[i].key);
	free(m->at);
	free(m->index);
	free(m);
}

static struct entry *
find(const struct strmap *m, const char *key, uint64_t h)
{
	size_t i;

	if (m->index_size == 0)
		return NULL;
	for (i = h & (m->index_size - 1); m->index[i] != 0; i = (i + 1) & (m->index_size - 1)) {
		struct entry *e = &m->at[m->index[i] - 1];

		if (e->hash == h && strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

static void
index_entry(struct strmap *m, size_t entry)
{
	size_t i = m->at[entry].hash & (m->index_size - 1);

	while (m->index[i] != 0)
		i = (i + 1) & (m->index_size - 1);
	m->index[i] = (uint32_t)(entry + 1);
}

static void
rebuild(struct strmap *m)
{
	size_t i, to = 0;

	for (i = 0; i < m->n; i++) {
		if (m->at[i].value != NULL)
			m->at[to++] = m->at[i];
		else
			free(m->at[i].key);
	}
	m->n = to;
	m->index_size = 16;
	while (m->index_size < m->n * 4)
		m->index_size *= 2;
	free(m->index);
	m->index = xcalloc(m->index_size, sizeof(*m->index));
	for (i = 0; i < m->n; i++)
		index_entry(m, i);
}

void *
strmap_get(const struct strmap *m, const char *key)
{
	const struct entry *e = find(m, key, hash_str(key));

	return e != NULL ? e->value : NULL;
}

void
strmap_set(struct strmap *m, const char *key, void *value)
{
	uint64_t h = hash_str(key);
	struct entry *e = find(m, key, h);

	if (e != NULL) {
		if (value != NULL && e->value == NULL)
			m->live++;
		else if (value == NULL && e->value != NULL)
			m->live--;
		e->value = value;
		return;
	}
	if (value == NULL)
		return;
	if (m->n * 2 >= m->index_size)
		rebuild(m);
	xgrow(m->at, m->n, m->cap);
	m->at[m->n].key = xstrdup(key);
	m->at[m->n].hash = h;
	m->at[m->n].value = value;
	m->n++;
	m->live++;
	index_entry(m, m->n - 1);
}

size_t
strmap_len(const struct strmap *m)
{
	return m->live;
}

int
strmap_next(const struct strmap *m, size_t *i, const char **key, void **value)
{
	for (; *i < m->n; (*i)++) {
		if (m->at[*i].value == NULL)
			continue;
		if (key != NULL)
			*key = m->at[*i].key;
		if (value != NULL)
			*value = m->at[*i].value;
		(*i)++;
		return 1;
	}
	return 0;
}
