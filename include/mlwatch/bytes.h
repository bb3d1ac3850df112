/* bytes.h -- 64 bits as eight bytes, the high one first, wherever they lie: an instruction or two, where a loop would be many. */
#ifndef MLWATCH_BYTES_H
#define MLWATCH_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint64_t
bytes_high_first(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(v);
#else
	return v;
#endif
}

static inline uint64_t
bytes_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return bytes_high_first(v);
}

static inline void
bytes_store64(void *p, uint64_t v)
{
	v = bytes_high_first(v);
	memcpy(p, &v, sizeof v);
}

#endif
