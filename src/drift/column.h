/* column.h -- one column of a data set on its way to a reference. Private to this folder. */
#ifndef MLWATCH_COLUMN_H
#define MLWATCH_COLUMN_H

#include "mlwatch/baseline.h"
#include "mlwatch/buf.h"

struct arena;
struct categories;
struct quantiles;

struct column {
	char *name;
	enum column_type wanted, type; /* type: COLUMN_INFER until it is decided */
	bool forced;                   /* asked for: no identifier */
	size_t max_categories;
	uint64_t present, missing, numbers,
	    texts;            /* present: cells that were there; missing: of those, without a value */
	uint64_t not_numbers; /* texts in a numeric column */
	bool increasing, integers;
	double last, min, max;
	long double origin, s1, s2; /* sums of (x - first value) */
	struct quantiles *values;
	struct categories *categories;
	struct buf scratch;
};

void column_open(struct column *c, const char *name, enum column_type wanted, bool forced, size_t max_categories);
void column_release(struct column *c);
void column_cell(struct column *c, const struct cell *cell, const struct table_words *missing);
void column_decide(struct column *c); /* by what was seen so far */
/* Is it to be left out, or remarkable? *text is filled for people. */
enum column_note column_note(const struct column *c, char *text, size_t n);
bool column_is_left_out(enum column_note note);
/* What it comes to, in mem; the caller lets its edges go. rows: of the data set. */
struct reference_feature column_finish(struct column *c, struct arena *mem, uint64_t rows, size_t max_bins);

#endif
