/*
 * window.h -- prediction records into additive per-window statistics.
 *
 * Records go in with their own timestamps; increments per series and window come out. A late record
 * simply adds to its old window: increments are sums, so it does not matter whether that window is already on disk.
 *
 * Knows records, sketches, references (for edges) and time. Does not know sources, rules, SQL or screens.
 */
#ifndef MLWATCH_WINDOW_H
#define MLWATCH_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"
#include "mlwatch/sketch.h"

struct record;
struct references;
struct edges;
struct regex;

enum expect_type { EXPECT_ANY, EXPECT_NUMERIC, EXPECT_CATEGORICAL, EXPECT_BOOL };
struct feature_expect { /* what mlwatch.yml says of a feature */
	char *name;
	enum expect_type type;
	bool required;
	bool has_min, has_max;
	double min, max;
	char **allowed;
	size_t n_allowed;
	char *pattern;
	size_t max_categories; /* 0: limits.categories */
};

struct window_spec {
	int64_t width_ms; /* of the narrowest window, e.g. 10 s */
	char *job;
	size_t max_series, max_categories, max_features,
	    max_models; /* 0: 20,000, 1,000 per feature, 1,000 per model, 100 */
	const struct feature_expect *expect;
	size_t n_expect; /* borrowed */
};

/* One increment: what fell into [start, start+width) since the last drain. For kind SKETCH_CATEGORIES
 * the labels lack the label `by` ("category", "prediction"): one row holds the counts of all its values. */
struct increment {
	struct labels labels; /* with __name__; borrowed until the callback returns */
	const char *by;       /* SKETCH_CATEGORIES: the label that varies; else NULL */
	int64_t start;
	enum sketch_kind kind;
	const void *blob;
	size_t n;
	const struct edges *edges; /* SKETCH_EDGES: what the blob's edge id stands for */
};

struct windows;
struct windows *windows_open(const struct window_spec *spec, const struct references *refs); /* borrows both */
void windows_close(struct windows *w);
/* This version of a model has been seen in earlier runs, last at last_ms (0: nobody knows when). Copies. */
void windows_version_known(struct windows *w, const char *model, const char *version, int64_t last_ms);
/* All versions of models that are known or were seen, and the time of the newest record of each, as of the last drain. */
struct window_version {
	const char *model, *version; /* good while w lives */
	int64_t last_ms;             /* 0: nobody knows */
};
size_t windows_versions(const struct windows *w);
struct window_version windows_version(const struct windows *w, size_t i);
/* All records of one windows come from one decoder (feature slots are its). Values: a null is missing; so is, in a record that has
 * features, the absence of one that spec.expect names. A failed record is counted under prediction="". */
void windows_add(struct windows *w, const struct record *r);
/* Hands every increment since the last drain to fn, oldest window first, and forgets it. */
typedef void increment_fn(void *arg, const struct increment *i);
void windows_drain(struct windows *w, increment_fn *fn, void *arg);

/* Things worth an event, as of the last drain, collected since the last call: a model or a version of it first seen, and not seen for an
 * hour; categories that the reference does not know; a feature whose values leave the reference's range or whose mean is off by a factor
 * that smells of a changed unit. These two sum up the first half minute of a burst, by event time or by the clock, whichever is over
 * first: now_ms. Text is for people; strings are the callee's until the next call. */
struct window_event {
	const char *kind; /* model, version, category, feature */
	const char *severity, *model, *version, *feature;
	int64_t t; /* when it began */
	const char *text;
};
size_t windows_events(struct windows *w, int64_t now_ms, const struct window_event **out);

struct window_counts {
	uint64_t records, folded_categories, folded_features, folded_models, refused_series;
	int64_t newest_ms;
	size_t models; /* model versions that are known or were seen */
	size_t series; /* that count against the limit */
};
/* About what the next drain hands over, without the windows that are still open: whoever reads a log in bulk drains above some MB. */
size_t windows_waiting_bytes(const struct windows *w);

struct window_counts windows_counts(const struct windows *w);

#endif
