/*
 * view_drift.h -- what arrived of features in a stretch of time, and how far that is from a reference or from another stretch: the ground of
 * everything that shows drift.
 *
 * A stretch is four queries, however many features and statistics are asked of it: what is a histogram to PromQL is one here too, and the
 * functions that PromQL calls (drift.h) make the same figures of it. view_drift_expression says as text what `mlwatch query` needs for them.
 */
#ifndef UI_VIEW_DRIFT_H
#define UI_VIEW_DRIFT_H

#include "mlwatch/baseline.h"
#include "mlwatch/drift.h"
#include "mlwatch/view.h"
#include "view_private.h"

struct buf;

/* ---- what arrived ---- */

struct stretch_of {                            /* in (to - width_ms, to] */
	const char *model, *version, *feature; /* NULL: of all; version NULL: of all together */
	int64_t to, width_ms;
	bool counts; /* what is missing or invalid too */
};
struct stretch {
	struct promql_result numeric, categories, missing, invalid;
};
/* Of a time whose windows are wider than those of now in whole windows: it may end earlier and be longer then. -1 with e; to be released in
 * any case. */
int stretch_read(const struct view_source *s, const struct stretch_of *what, struct stretch *out, struct err *e);
void stretch_release(struct stretch *x);

struct feature_in {                /* one feature in a stretch, which it borrows from */
	const struct histogram *h; /* NULL: there is none, or it is categorical */
	struct category_set categories;
	double rows, missing; /* rows: with a value */
	double below, above;  /* outside the range that is expected */
	double invalid;       /* for other reasons */
};
struct feature_in stretch_feature(const struct stretch *x, struct arena *mem, const char *model, const char *version,
				  const char *feature);
/* Names of the features that are in it; sorted. */
size_t stretch_features(const struct stretch *x, struct arena *mem, const char ***out);

/* ---- compared with what ---- */

/* The end of the stretch that a baseline takes the reference's place with. */
int64_t baseline_end(enum drift_against b, int64_t to, int64_t width_ms);
/* A stretch's feature in a reference's place; borrows from it. */
struct reference_feature as_reference(const char *name, const struct feature_in *f);
/* Exponential histograms as they are on each other's bucket limits, in mem; those on the edges of one reference are left alone. NULL in *ref when
 * the two cannot be compared. The edges are to be let go. */
struct edges *on_same_edges(struct arena *mem, const struct histogram **ref, const struct histogram **now);
/* All statistics. analysed is false when a side is empty or binned on another reference. */
void compare_whole(struct drift_feature *out, struct arena *mem, const struct reference_feature *ref,
		   const struct feature_in *now);
/* One alone, which is cheap; NAN as above. */
double
compare_one(enum statistic s, struct arena *mem, const struct reference_feature *ref, const struct feature_in *now);
/* "KS", "drift_ks", 0.1 */
struct statistic_kind {
	const char *word, *function;
	double limit; /* when no rule has one */
};
const struct statistic_kind *statistic_kind(enum statistic s, bool categorical);
double statistic_of(enum statistic s, const struct drift_feature *d);

/* All that is said of a feature but its limit; then the limit and what follows from it. view_features.c */
void view_feature_fill(struct view_feature *f, struct arena *mem, const struct view_drift_how *how,
		       const struct reference_feature *ref, const struct feature_in *now);
/* Too few for a judgement; a reference is taken as it is. */
bool view_few_rows(enum drift_against b, const struct reference_feature *ref, const struct feature_in *now);
/* Rows above the reference's maximum or below its minimum; NAN: the other side is what arrived, whose extremes say little. */
double view_feature_beyond(const struct reference_feature *ref, const struct feature_in *now, bool above);
enum health view_feature_health(const struct view_feature *f); /* by value and limit */
void view_feature_judge(struct view_feature *f, const struct drift_limits *l, const char *model, const char *version,
			enum statistic statistic);

/* ---- as text ---- */

/* sum by (model, version, feature) (increase(ml_feature{...}[15m])), of categories by category too; offset 0: at the time itself. */
void view_increase(struct buf *out, const struct stretch_of *what, bool categorical, int64_t offset_ms);
/* The function over it, and over the same at the baseline. */
void view_drift_expression(struct buf *out, const char *function, const struct stretch_of *what, bool categorical,
			   enum drift_against b);

#endif
