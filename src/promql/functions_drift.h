/*
 * functions_drift.h -- what the files of the drift functions share: one comparison, a measure of it, and who is compared with whom.
 */
#ifndef PROMQL_FUNCTIONS_DRIFT_H
#define PROMQL_FUNCTIONS_DRIFT_H

#include "functions.h"
#include "mlwatch/drift.h"

/* One comparison: histograms on the same edges, or categories. */
struct sides {
	const struct histogram *ref, *cur;
	struct category_table t;
	bool categorical;
	double ref_stddev;
	double rows;
};

typedef double measure_fn(const struct sides *s);

/* What a function computes; NULL where it does not apply. */
struct measure {
	const char *name;
	measure_fn *numeric, *categorical;
	bool needs_no_reference;
};

/* The feature's reference of this model and version; where the vector was summed over versions, any whose edges fit (edges NULL: any). */
const struct reference_feature *
drift_find_reference(const struct drift_call *c, struct labels l, const struct edges *edges);
void drift_warn_no_reference(const struct drift_call *c, const struct measure *m, struct labels l);
void drift_warn_no_other_side(const struct drift_call *c, const struct measure *m, struct labels l);
/* A result, unless it is NaN: no data. */
void drift_result(const struct drift_call *c, struct labels l, double v);

/* functions_drift_histogram.c: one element that is a histogram. */
void drift_compare_histogram(const struct drift_call *c, const struct measure *m, const struct vector_sample *a);
/* functions_drift_category.c: all elements that are counts. */
void drift_compare_categories(const struct drift_call *c, const struct measure *m);

#endif
