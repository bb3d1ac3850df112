/* fuzz_reference.c -- any bytes as a reference file: no crash, a complaint has a place, and what is accepted is written and read back alike. */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/baseline.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every feature compared with itself: no crash, no drift. */
static void
check_features(const struct reference *r)
{
	for (size_t i = 0; i < reference_features(r); i++) {
		const struct reference_feature *f = reference_feature_at(r, i);
		struct arena *mem = arena_open();
		struct drift_feature d;

		drift_feature_compare(&d, f, f->hist, f->categories, mem);
		if (d.analysed && (d.statistic != 0 || d.tvd != 0 || !(d.pvalue > 0.999999)))
			abort();
		arena_close(mem);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct reference *r, *back;
	struct err e = ERR_INIT;

	if (reference_parse(&r, (const char *)data, size, &e) < 0) {
		if (e.line < 1 || e.text[0] == '\0')
			abort();
		return 0;
	}
	check_features(r);
	reference_format(&one, r);
	if (reference_parse(&back, one.p, one.len, &e) < 0)
		abort();
	reference_format(&two, back);
	if (strcmp(buf_str(&one), buf_str(&two)) != 0)
		abort();
	reference_close(r);
	reference_close(back);
	buf_release(&one);
	buf_release(&two);
	return 0;
}
