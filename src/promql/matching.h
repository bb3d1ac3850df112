/* matching.h -- which series of two vectors belong together. */
#ifndef PROMQL_MATCHING_H
#define PROMQL_MATCHING_H

#include "eval.h"

#define NONE UINT32_MAX

/* The series of one side, linked by signature. */
struct match_side {
	const struct value *v;
	uint32_t *signature; /* of each series */
	uint32_t *next;      /* the next series with the same signature, or NONE */
	uint32_t *first;     /* by signature, or NONE */
	bool *any;           /* by step: some series has a sample */
};

struct match {
	struct match_side left, right;
	struct numbering signatures;
};

/* On the labels of m; ignoring() leaves the metric name out too. */
void match_series(struct eval *ev, const struct matching *m, const struct value *left, const struct value *right,
		  struct match *out);
/* The labels on which two series match. */
struct labels matching_labels(struct arena *mem, const struct matching *m, struct labels l);
/* The series of this signature that has a sample at the step, or NONE. */
uint32_t match_present(const struct match_side *s, size_t signature, size_t step);
/* Whether two of them have. *second gets the other one. */
bool match_twice(const struct match_side *s, size_t signature, size_t step, uint32_t *first, uint32_t *second);

#endif
