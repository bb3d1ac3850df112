/*
 * labels.h -- label sets: what identifies a series. A set is sorted by name (bytes), has no
 * empty values and no name twice; the metric name is the label "__name__".
 *
 * struct labels is a plain value that borrows its strings; who made the set says where it lives
 * (usually an arena). labels_dup makes an owned copy in one block.
 */
#ifndef MLWATCH_LABELS_H
#define MLWATCH_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct err;

#define METRIC_NAME "__name__"

struct label {
	const char *name, *value;
};

struct labels {
	const struct label *at;
	size_t n;
};

const char *labels_get(struct labels l, const char *name); /* "" when absent, never NULL */
bool labels_has(struct labels l, const char *name);
int labels_cmp(struct labels a, struct labels b); /* Prometheus' order: name, value, name, ... then length */
bool labels_equal(struct labels a, struct labels b);
uint64_t labels_hash(struct labels l);
struct labels labels_copy(struct arena *a, struct labels l);
struct labels *labels_dup(struct labels l); /* one block: free() it */
/* From any order; drops empty values; of a repeated name the last wins. Strings are borrowed. */
struct labels labels_make(struct arena *a, const struct label *at, size_t n);
struct labels labels_with(struct arena *a, struct labels l, const char *name, const char *value); /* "" removes */
struct labels labels_with_missing(struct arena *a, struct labels l, struct labels more); /* those whose names l lacks */
struct labels labels_keep(struct arena *a, struct labels l, const char *const *names, size_t n); /* by (...) */
struct labels labels_drop(struct arena *a, struct labels l, const char *const *names, size_t n); /* without (...) */
/* name{a="b",c="d"}, quoted where UTF-8 names need it; {} for the empty set. */
void labels_format(struct buf *out, struct labels l);
/* "text" as Go's strconv.Quote writes it: printable UTF-8 stays, the rest is escaped. */
void labels_quote(struct buf *out, const char *s);
/* Reads name{...} or {...} as labels_format writes it (and single quotes, blanks, a trailing comma). */
int labels_parse(struct arena *a, const char *text, struct labels *out, struct err *e);

bool metric_name_is_legacy(const char *s); /* [a-zA-Z_:][a-zA-Z0-9_:]* */
bool label_name_is_legacy(const char *s);  /* [a-zA-Z_][a-zA-Z0-9_]* */

#endif
