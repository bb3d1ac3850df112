/* sha256.h -- the dedup key of PagerDuty and nothing else (FIPS 180-4). Not for secrets. */
#ifndef NOTIFY_SHA256_H
#define NOTIFY_SHA256_H

#include <stddef.h>

void sha256_hex(const char *s, size_t n, char out[65]);

#endif
