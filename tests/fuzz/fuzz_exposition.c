/*
 * fuzz_exposition.c -- any bytes as a /metrics body, in both formats: no crash, and what was read holds: sorted names without
 * repetition, no empty values, a metric name.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/exposition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct exposition *x)
{
	for (size_t i = 0; i < x->n; i++) {
		struct labels l = x->samples[i].labels;
		if (!metric_name_is_legacy(labels_get(l, METRIC_NAME)))
			abort();
		for (size_t j = 0; j < l.n; j++)
			if (l.at[j].value[0] == '\0' || (j > 0 && strcmp(l.at[j - 1].name, l.at[j].name) >= 0))
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {NULL, "application/openmetrics-text; version=1.0.0"};
	char *tight = malloc(size != 0 ? size : 1);

	if (tight == NULL)
		return 0;
	if (size != 0)
		memcpy(tight, data, size);
	for (size_t i = 0; i < 2; i++) {
		struct arena *mem = arena_open();
		struct exposition x;
		struct err e = ERR_INIT;
		if (exposition_parse(mem, tight, size, types[i], &x, &e) < 0 && !err_is_set(&e))
			abort();
		check(&x);
		arena_close(mem);
	}
	free(tight);
	return 0;
}
