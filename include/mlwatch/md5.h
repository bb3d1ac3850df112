/* md5.h -- RFC 1321, for what others have defined by it (hashmod). Not for secrets. */
#ifndef MLWATCH_MD5_H
#define MLWATCH_MD5_H

#include <stddef.h>
#include <stdint.h>

void md5(const void *bytes, size_t n, uint8_t out[16]);

#endif
