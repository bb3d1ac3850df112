/*
 * drift.h -- pure statistics on two summaries. No time, no files, no SQL. Each function's comment in
 * this header gives its formula, its source, and what it does with no data, ties and NaN.
 * (The owner of src/drift completes this header; what other modules rely on stands here.)
 */
#ifndef MLWATCH_DRIFT_H
#define MLWATCH_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct edges;
struct err;
struct histogram;

/* Counts by category on both sides, or one side of them. */
struct category_count { const char *name; double count; };
struct category_set { const struct category_count *at; size_t n; };

/* A feature's reference: a HIST_EDGES histogram or categories. */
struct reference_feature {
	const char *name;
	bool categorical;
	uint64_t rows, missing;
	double min, max, mean, stddev;
	struct edges *edges;             /* numeric */
	const struct histogram *hist;    /* numeric: the reference's own counts on these edges */
	struct category_set categories;  /* categorical */
};

struct reference;   /* of one (model, version): reference.c */
int reference_load(struct reference **out, const char *path, struct err *e);             /* JSON file; errors have positions */
int reference_parse(struct reference **out, const char *json, size_t n, struct err *e);
void reference_close(struct reference *r);
const char *reference_model(const struct reference *r);
const char *reference_version(const struct reference *r);   /* "" : every version */
const char *reference_created(const struct reference *r);   /* RFC 3339 date */
uint64_t reference_rows(const struct reference *r);
size_t reference_features(const struct reference *r);
const struct reference_feature *reference_feature_at(const struct reference *r, size_t i);
const struct reference_feature *reference_feature_find(const struct reference *r, const char *name);

/* All that are loaded. A reference for (model, version) goes before one for (model, every version). */
struct references;
struct references *references_open(void);
void references_close(struct references *r);
void references_add(struct references *r, struct reference *ref);   /* takes; replaces one of the same model and version */
const struct reference *references_find(const struct references *r, const char *model, const char *version);
size_t references_count(const struct references *r);
const struct reference *references_at(const struct references *r, size_t i);

#endif
