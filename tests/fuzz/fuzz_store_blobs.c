/*
 * fuzz_store_blobs.c -- any bytes as a chunk and as a batch of samples: no crash, and a chunk that decodes, in order, encodes to what
 * decodes to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/store/store_samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count(void *arg, int64_t series, struct sample x)
{
	(void)series;
	(void)x;
	++*(size_t *)arg;
}

static bool
ascending(const struct sample_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].t < INT64_MIN / 4 || l->at[i].t > INT64_MAX / 4 || (i > 0 && l->at[i].t <= l->at[i - 1].t))
			return false;
	return true;
}

static void
again(const struct sample_list *l)
{
	struct buf b = BUF_INIT;
	struct sample_list twice = {0};

	chunk_encode(&b, l->at, l->n);
	if (chunk_decode(b.p, b.len, &twice) < 0 || twice.n != l->n)
		abort();
	for (size_t i = 0; i < l->n; i++)
		if (twice.at[i].t != l->at[i].t || memcmp(&twice.at[i].v, &l->at[i].v, sizeof(double)) != 0)
			abort();
	free(twice.at);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sample_list l = {0};
	uint8_t *tight = malloc(size != 0 ? size : 1);
	size_t n = 0;

	if (tight == NULL)
		return 0;
	if (size != 0)
		memcpy(tight, data, size);
	if (chunk_decode(tight, size, &l) == 0 && l.n > 0 && ascending(&l))
		again(&l);
	free(l.at);
	batch_each(tight, size, count, &n);
	if (n > size)
		abort();
	free(tight);
	return 0;
}
