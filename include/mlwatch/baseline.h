/*
 * baseline.h -- data sets: reading them, making a reference from one, comparing one with a reference.
 *
 * A data set is CSV (RFC 4180) or JSON lines, plain or gzip, a file or stdin, of any size: it is read once, in chunks, on up to
 * TABLE_WORKERS threads; memory does not grow with the rows. What is exact and what is bounded is said at each part.
 */
#ifndef MLWATCH_BASELINE_H
#define MLWATCH_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/drift.h"

struct err;

/* ---- reading (table_*.c) ---- */

enum table_format { TABLE_GUESS, TABLE_CSV, TABLE_JSON }; /* JSON: one object a line */

struct table_words {
	const char *const *at;
	size_t n;
};

struct table_spec {
	const char *path;         /* "-": stdin */
	enum table_format format; /* TABLE_GUESS: by the first byte */
	char separator;           /* CSV; 0: the most frequent of , ; tab | in the header */
	bool no_header;           /* CSV: columns are called c1, c2, ... */
	const char *
	    /* JSON: the member (a.b: of a member) whose members are the features; NULL: "features" when it is an object, else the record itself */
	    features;
	struct table_words
	    beside; /* JSON: members of the record itself that are columns too, when the features are in an object of their own */
	const char *model, *version; /* only records whose "model" and "version" say so (or say nothing); NULL: all */
	const volatile bool *cancel; /* may be NULL; stops between chunks */
	void (*progress)(void *arg, int64_t bytes, int64_t rows); /* may be NULL; from one thread at a time */
	void *progress_arg;
};

enum cell_kind {
	CELL_TEXT,   /* CSV: a number when it reads like one */
	CELL_NUMBER, /* JSON's literals ... */
	CELL_STRING,
	CELL_BOOL,
	CELL_NULL,
	CELL_OTHER, /* array or object */
};

struct cell {
	size_t column;
	const char *p;
	size_t n;
	enum cell_kind kind;
};

/* One per worker. A worker calls only its own sink; chunk i of the file goes to sink i % n, so that results do not depend on timing. */
struct table_sink {
	void *arg;
	/* A column that this worker sees for the first time; they count from 0 in the order of the calls. name is borrowed. */
	void (*column)(void *arg, const char *name);
	/* Cells are borrowed until it returns. What a record lacks is not among them. */
	void (*row)(void *arg, const struct cell *cells, size_t n);
};

#define TABLE_WORKERS 2

struct table_stats {
	int64_t bytes, rows, bad_rows, skipped_rows /* of another model */;
	int64_t first_bad_line;
	bool cancelled;
};
int table_read(const struct table_spec *spec, const struct table_sink *sinks, size_t n, struct table_stats *stats,
	       struct err *e);

/* The whole of a text as a number; blanks around it, "+1", ".5", "1e3"; not nan, inf or hex. */
bool table_number(const char *p, size_t n, double *out);
struct buf;
/* A cell's text fit to be a category or a name: up to a NUL, bad UTF-8 repaired (in scratch, until its next use). */
void table_text(struct buf *scratch, const char **p, size_t *n);
/* Words that mean "no value" in a CSV file: "", NA, N/A, NaN, null, None, ... and infinities. */
bool table_is_missing(const char *p, size_t n, const struct table_words *more);

/* ---- making a reference (baseline.c, column.c, quantiles.c) ---- */

enum column_type { COLUMN_INFER, COLUMN_NUMERIC, COLUMN_CATEGORICAL };

struct column_override {
	const char *name;
	enum column_type type;
};

struct baseline_spec {
	struct reference_head head;      /* rows is filled in */
	size_t max_bins;                 /* 0: 1000 */
	bool fine;                       /* for one comparison: as many bins as memory allows, 1000 to 10,000 */
	size_t max_categories;           /* 0: 1000; the first so many are kept, the rest is __other__ */
	struct table_words only, except; /* features to take; only.n 0: all */
	struct table_words missing;      /* spellings beside the usual ones */
	const struct column_override *types;
	size_t n_types;
	const char *output[N_REFERENCE_OUTPUTS]; /* columns that are what the model answered; NULL: none */
};

/* What happened to a column that is worth a word. */
enum column_note { NOTE_NONE, NOTE_IDENTIFIER, NOTE_EMPTY, NOTE_CONSTANT, NOTE_FOLDED, NOTE_SAMPLED, NOTE_NOT_NUMBERS };

struct baseline;
struct baseline *baseline_open(const struct baseline_spec *spec); /* borrows spec */
void baseline_close(struct baseline *b);
struct table_sink baseline_sink(struct baseline *b);
/* Calls fn for each column that is left out or remarkable, then makes the reference. */
typedef void baseline_note_fn(void *arg, const char *column, enum column_note note, const char *text);
struct reference *baseline_finish(struct baseline *b, baseline_note_fn *fn, void *arg);

/* ---- comparing with a reference (compare.c, report.c) ---- */

enum judge { JUDGE_SIZE, JUDGE_PVALUE };
enum drift_severity { DRIFT_NONE, DRIFT_WARNING, DRIFT_CRITICAL };
extern const char *const drift_severity_word[]; /* "none", "warning", "critical" */

struct drift_policy {
	enum judge judge;
	/* JUDGE_SIZE: KS or total variation over it, and p < 0.05; critical at 2.5 times. Default 0.1 */
	double limit;
	enum correction correction; /* of the p-values, over all columns */
	double share; /* action is required when more than this share of the columns drifted. Default 0.3 */
};

struct drift_side {
	double mean, stddev, min, max;
	uint64_t missing;
};

struct drift_feature {
	const struct reference_feature *reference;
	double n_reference, n_current;
	bool analysed; /* both sides have values */
	struct ks ks;  /* numeric; bound includes the reference's rank_error */
	enum ks_method method;
	struct chi2 chi2;                          /* categorical */
	double statistic, pvalue, pvalue_adjusted; /* what is judged: KS or total variation */
	double psi, psi_pvalue, js, hellinger, tvd, wasserstein, wasserstein_normed, wasserstein_bound, new_share;
	struct drift_side ref, cur;
	uint64_t invalid; /* numeric: values that are no numbers */
	enum drift_severity severity;
	float shape_ref[8], shape_cur[8]; /* shares for a tiny histogram of both */
	size_t n_shape;
};

struct drift_report {
	struct drift_feature *at; /* in the reference's order */
	size_t n;
	size_t columns, drifted; /* analysed, and of those drifted */
	double share_drifted;
	bool action_required;
};

/* Statistics of one feature against what is current. cur: HIST_EDGES on the reference's edges, or categories. */
void drift_feature_compare(struct drift_feature *out, const struct reference_feature *ref,
			   const struct histogram *cur_hist, struct category_set cur_categories, struct arena *mem);
/* Severities and summary, from the features' statistics. */
void drift_judge(struct drift_report *r, const struct drift_policy *policy);

struct compare;
struct compare *
compare_open(const struct reference *ref, const struct table_words *missing, size_t workers); /* borrows both */
void compare_close(struct compare *c);
struct table_sink compare_sink(struct compare *c, size_t worker);
/* The report borrows from c and the reference. */
struct drift_report compare_finish(struct compare *c, const struct drift_policy *policy);

#endif
