/*
 * alert.h -- an alert as rules hand it to notification and as Alertmanager's API carries it.
 */
#ifndef MLWATCH_ALERT_H
#define MLWATCH_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/arena.h"
#include "mlwatch/labels.h"

struct alert {
	struct labels labels; /* with alertname */
	struct labels annotations;
	int64_t starts_ms;         /* when it began to fire */
	int64_t ends_ms;           /* 0: unknown; in the past: resolved */
	const char *generator_url; /* "" when none */
	/* What Alertmanager does not carry and our messages show; from rules only. */
	bool has_value;
	double value;     /* of the expression at the last evaluation that broke the limit */
	const char *expr; /* "" when none */
	/* The expression's comparison with a constant: value_expr limit_op limit. NULL: it has none. */
	const char *value_expr, *limit_op;
	double limit;
};

/* Identity: hash of the labels. */
static inline uint64_t
alert_fingerprint(const struct alert *a)
{
	return labels_hash(a->labels);
}

/* Everything in mem; texts that were NULL are "", but for value_expr. limit_op is a constant. */
static inline struct alert
alert_copy(struct arena *mem, const struct alert *a)
{
	struct alert x = *a;

	x.labels = labels_copy(mem, a->labels);
	x.annotations = labels_copy(mem, a->annotations);
	x.generator_url = arena_strdup(mem, a->generator_url != NULL ? a->generator_url : "");
	x.expr = arena_strdup(mem, a->expr != NULL ? a->expr : "");
	x.value_expr = a->value_expr != NULL ? arena_strdup(mem, a->value_expr) : NULL;
	return x;
}

#endif
