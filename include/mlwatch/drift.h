/*
 * drift.h -- pure statistics on two summaries. No time, no files, no SQL. Each function's comment in
 * this header gives its formula, its source, and what it does with no data, ties and NaN.
 *
 * "Reference" (1) is what a feature looked like in training, "current" (2) what it looks like now. Natural logarithms unless
 * a base is named. No data on a side: NaN, never a false zero. Sides are summaries (HIST_EDGES histograms with the same
 * edges, category counts) or, in the functions of the last section, raw values.
 */
#ifndef MLWATCH_DRIFT_H
#define MLWATCH_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct edges;
struct err;
struct histogram;

/* ---- references ---- */

/* Counts by category on both sides, or one side of them. */
struct category_count {
	const char *name;
	double count;
};
struct category_set {
	const struct category_count *at;
	size_t n;
};

/* A feature's reference: a HIST_EDGES histogram or categories. */
struct reference_feature {
	const char *name;
	bool categorical;
	uint64_t rows, missing;
	double min, max, mean, stddev; /* stddev of the population (divided by n) */
	struct edges *edges;           /* numeric */
	const struct histogram *hist;  /* numeric: the reference's own counts on these edges */
	double rank_error; /* numeric: how far the cumulative shares at the edges may be off; 0 when exact */
	struct category_set categories; /* categorical; sorted by name */
};

/* of one (model, version): reference.c */
struct reference;
int reference_load(struct reference **out, const char *path, struct err *e); /* JSON file; errors have positions */
int reference_parse(struct reference **out, const char *json, size_t n, struct err *e);
/* The JSON that reference_parse reads: stable order, one line per list, ends in a newline. Numbers round-trip. */
void reference_format(struct buf *out, const struct reference *r);
void reference_close(struct reference *r);
const char *reference_model(const struct reference *r);
const char *reference_version(const struct reference *r); /* "" : every version */
const char *reference_created(const struct reference *r); /* RFC 3339 date */
uint64_t reference_rows(const struct reference *r);
size_t reference_features(const struct reference *r);
const struct reference_feature *reference_feature_at(const struct reference *r, size_t i);
const struct reference_feature *reference_feature_find(const struct reference *r, const char *name);

/* What the model answered on the data of the reference (categorical), and how sure it was (numeric). Not among the features. */
enum reference_output { REFERENCE_PREDICTION, REFERENCE_SCORE, N_REFERENCE_OUTPUTS };
extern const char *const reference_output_word[]; /* "prediction", "score" */
const struct reference_feature *
reference_output(const struct reference *r, enum reference_output which); /* NULL: not known */

/* Making one: features are copied (their edges referenced) and kept in the order of their addition. */
struct reference_head {
	const char *model, *version, *created;
	uint64_t rows;
};
struct reference *reference_open(const struct reference_head *head); /* copies */
void reference_add(struct reference *r, const struct reference_feature *f);
/* Copies as reference_add; at most once each. */
void reference_set_output(struct reference *r, enum reference_output which, const struct reference_feature *f);

/* All that are loaded. A reference for (model, version) goes before one for (model, every version). */
struct references;
struct references *references_open(void);
void references_close(struct references *r);
void
references_add(struct references *r, struct reference *ref); /* takes; replaces one of the same model and version */
/* The same under the names that the configuration gives it, whatever the file says. version "": every version. */
void references_add_as(struct references *r, struct reference *ref, const char *model, const char *version);
/* One that is fetched when it is first looked for (references_find, references_next): of many models a reader looks at few. NULL:
 * it cannot be had now, is as if it were not there, and fetched again at the next look. A set with such is for one thread at a time. */
typedef struct reference *reference_fetch_fn(void *arg, const char *model, const char *version);
void references_add_later(struct references *r, const char *model, const char *version, reference_fetch_fn *fetch,
			  void *arg);
/* Those that were fetched are let go until they are looked for again. Nobody may hold one. */
void references_forget(struct references *r);
const struct reference *references_find(const struct references *r, const char *model, const char *version);
/* In turn those of this model and version, where "" on either side means any; *at: 0 to begin with. NULL: no more. */
const struct reference *references_next(const struct references *r, const char *model, const char *version, size_t *at);
size_t references_count(const struct references *r);

/* ---- Kolmogorov-Smirnov (ks.c, ks_exact.c, ks_asymptotic.c) ---- */

/* D = max over x of |F1(x) - F2(x)|, right-continuous empirical distribution functions, as the fraction
 * max |c1 n2 - c2 n1| / (n1 n2), c = how many values are <= x. Exact when one side has nothing strictly between edges,
 * which is so for a reference with at most max_bins distinct values; otherwise the true D is in [statistic, statistic + bound]. */
struct ks {
	double statistic, bound;
	uint64_t n1, n2;
	uint64_t num, den; /* the fraction, not reduced; den 0: counts were no integers or the product does not fit */
};
/* -1: not HIST_EDGES histograms on the same edges. Empty sides: statistic NaN. */
int drift_ks(struct ks *out, const struct histogram *ref, const struct histogram *cur);
struct ks drift_ks_raw(const double *ref, size_t n1, const double *cur, size_t n2); /* both ascending */

/* After each bin in which either side has something, ascending: which share of each lies at or below it ("at" an edge), or below the
 * edge (between two). The largest |ref - cur| is the statistic of drift_ks. 0 points: as drift_ks -1, or no data on a side. */
struct curve_point {
	double at, ref, cur;
};
size_t drift_curve(struct arena *mem, const struct histogram *ref, const struct histogram *cur,
		   struct curve_point **out); /* curve.c */
struct curve_point
curve_gap(const struct curve_point *at, size_t n); /* where they are farthest apart; {0, 0, 0} when nowhere */

/* P(D >= h / lcm(n1, n2)) under the null of one continuous distribution: the share of lattice paths from (0,0) to (n1, n2)
 * that touch |x/n1 - y/n2| >= D. Counted on the outside, so that it keeps its relative precision (1e-12) however small;
 * *log10p (may be NULL) stays finite where p underflows. Hodges 1958, "The significance probability of the Smirnov
 * two-sample test", Ark. Mat. 3. Costs about n1 n2 D steps (n1 == n2: n1). */
double ks_exact_sf(uint64_t n1, uint64_t n2, uint64_t h, double *log10p);
/* P(D_n >= d) of the one-sample statistic: Simard & L'Ecuyer 2011, "Computing the two-sided Kolmogorov-Smirnov distribution",
 * J. Stat. Soft. 39(11): Ruben-Gambino at the ends, Durbin's matrix (Marsaglia, Tsang, Wang 2003), Miller's 2 P(D+ >= d) in the tail, Pelz-Good between. */
double ks_one_sample_sf(uint64_t n, double d);
double kolmogorov_sf(double z); /* the limit 2 sum (-1)^(k-1) exp(-2 k^2 z^2) */

enum ks_method { KS_EXACT, KS_ASYMPTOTIC };
extern const char *const ks_method_word[]; /* "exact", "asymptotic" */
/* scipy's ks_2samp(method='auto'): exact for max(n1, n2) <= 10000, otherwise ks_one_sample_sf(rint(n1 n2 / (n1 + n2)), D).
 * *method may be NULL. NaN without data. */
double ks_pvalue(const struct ks *k, enum ks_method *method);
double ks_pvalue_exact(const struct ks *k, double *log10p);
double ks_pvalue_asymptotic(const struct ks *k);

/* ---- contingency and goodness of fit (chi2.c) ---- */

/* Upper tail of chi-square, gsl_cdf_chisq_Q; *log10p (may be NULL) by a continued fraction where it underflows. df 0: 1. */
double chi2_sf(double x, double df, double *log10p);

/* A 2 x k contingency table: counts of both sides by the same k bins or categories. */
struct contingency {
	const double *ref, *cur;
	size_t k;
};

struct chi2 {
	double statistic, dof, pvalue, log10p;
};
/* Two-sample Pearson chi-square on the 2 x k table, no Yates correction, dof = non-empty columns - 1. */
struct chi2 chi2_contingency(const struct contingency *t);
struct chi2 chi2_contingency_yates(const struct contingency *t); /* scipy's default; differs only for k = 2 */
struct chi2 g_contingency(const struct contingency *t);          /* 2 sum O ln(O/E) */
double chi2_min_expected(const struct contingency *t);
/* scipy.stats.chisquare(current, reference * n2/n1): takes the reference as if it were exact, so it alarms without any
 * drift far too often. For comparison with notebooks only. A new category: statistic infinite, p 0. */
struct chi2 chi2_goodness_of_fit(const struct contingency *t);
double fisher_exact_pvalue(
    const struct contingency *t); /* 2 x 2, two-sided: sum of tables at most as likely; NaN beyond 10^6 rows */
struct z_test {
	double z, pvalue;
};
struct z_test proportions_z(const struct contingency *t); /* k = 2: pooled two-proportion z of the last column */

/* ---- distances on shares (distance.c): p = ref/n1, q = cur/n2 ---- */

#define PSI_FLOOR 1e-4
/* sum (p-q) ln(p/q) with shares below PSI_FLOOR raised to it (a floor, so that psi is monotone), not renormalised. */
double psi(const struct contingency *t);
double psi_zero_replaced(const struct contingency *t); /* only zeros raised: what many notebooks compute */
/* Upper tail of chi-square with bins-1 degrees of freedom at psi n1 n2/(n1+n2): large-sample, makes psi comparable across sizes. */
double psi_pvalue(const struct contingency *t);
double js_distance(const struct contingency *t);        /* square root of the Jensen-Shannon divergence, base 2: 0..1 */
double hellinger_distance(const struct contingency *t); /* sqrt(sum (sqrt p - sqrt q)^2 / 2) */
double total_variation(const struct contingency *t);    /* sum |p-q| / 2 */
double l_infinity(const struct contingency *t);         /* max |p-q| */
double new_share(const struct contingency *t);          /* share of current in columns that the reference has not */

/* Two exponential histograms (schema >= -4) on the limits of their buckets; what they become is in mem and borrows the edges, which the
 * caller lets go. NULL: neither has a bucket. common_edges.c */
struct edges *drift_common_edges(struct arena *mem, const struct histogram **ref, const struct histogram **cur);

/* ---- which bins (binning.c) ---- */

/* The bins that psi, js, hellinger and tvd of numeric data use; they depend on the reference only. At most 20 distinct reference
 * values with at least twice as many rows: one bin per value and one for every other value. Otherwise the decile edges, the
 * ceil(n k/10)-th smallest reference values, repeated ones once: (-inf,e1], (e1,e2], ..., (em,inf). */
#define BINNING_MAX 21
struct binning {
	bool by_value;
	size_t n_edges; /* by value: the values; else the decile edges; bins: n_edges + 1 */
	double edge[BINNING_MAX];
	double ref[BINNING_MAX], cur[BINNING_MAX];
};
int drift_binning(struct binning *out, const struct histogram *ref, const struct histogram *cur); /* -1 as drift_ks */
struct contingency binning_table(const struct binning *b);                                        /* borrows */

/* Both sides' categories side by side, sorted by name (bytes), those with no count on either side left out. */
struct category_table {
	struct contingency t;
	const char **names;
};
struct category_table category_table(struct arena *mem, struct category_set ref, struct category_set cur);

/* ---- distances between distribution functions (wasserstein.c) ---- */

/* integral |F1 - F2| dx from sums per bin. Exact unless the curves can cross inside a bin; the true one is in [value, value + bound]. */
struct wasserstein {
	double value, bound;
};
int drift_wasserstein(struct wasserstein *out, const struct histogram *ref,
		      const struct histogram *cur); /* -1 as drift_ks */
#define WASSERSTEIN_MIN_STDDEV 0.001
double
wasserstein_normed(double value, double ref_stddev); /* value / max(stddev of the reference, 0.001), as Evidently */

/* Mean and population standard deviation of a HIST_EDGES histogram from its sums around the center. */
struct moments {
	double n, mean, stddev;
};
struct moments histogram_moments(const struct histogram *h);

/* ---- on raw values (raw.c, rank_tests.c): for reports that have them; the agent never does. ---- */

size_t raw_clean(double *v, size_t n); /* drops what is not finite; -0.0 becomes 0.0; returns how many are left */
void raw_sort(double *v, size_t n);
struct moments raw_moments(const double *v, size_t n); /* mean by exact summation, two-pass deviation */
/* both ascending, here and below */
double raw_wasserstein(const double *ref, size_t n1, const double *cur, size_t n2);
/* sqrt(2 integral (F1-F2)^2 dx) */
double raw_energy(const double *ref, size_t n1, const double *cur, size_t n2);
struct rank_test {
	double statistic, pvalue;
};
/* Cramer-von Mises two-sample T with midranks and its limit distribution (Anderson 1962), as scipy's cramervonmises_2samp(method='asymptotic'). */
struct rank_test raw_cramer_von_mises(const double *ref, size_t n1, const double *cur, size_t n2);
/* Mann-Whitney U of the reference, two-sided, normal with tie and continuity correction. */
struct rank_test raw_mann_whitney(const double *ref, size_t n1, const double *cur, size_t n2);

/* The scores of Evidently 0.7's stattests, for comparison with its reports (evidently.c). Its bins span both samples, so they
 * cannot be had from summaries. */
struct evidently {
	double psi, js, kl_div, hellinger;
};
struct evidently evidently_numeric(const double *ref, size_t n1, const double *cur, size_t n2);
struct evidently evidently_categorical(const struct contingency *t); /* hellinger: NaN */

/* ---- many tests at once (adjust.c): adjusted p-values, in the order of p[]. NaN stays NaN and does not count. ---- */

enum correction { CORRECTION_NONE, CORRECTION_BONFERRONI, CORRECTION_HOLM, CORRECTION_BH };
void adjust_pvalues(double *p, size_t n, enum correction how);

/* ---- a sliding window of scores (score_window.c): what a model monitor shows of the last `size` probabilities ---- */

struct score_window;
struct score_window *score_window_open(size_t size);
void score_window_close(struct score_window *w);
void score_window_add(struct score_window *w, double p); /* NaN is ignored */
struct score_summary {
	size_t n, class_0, class_1;
	double mean, min, max, mean_confidence;
	bool low_confidence;
};
struct score_summary
score_window_summary(const struct score_window *w); /* class = p >= 0.5, confidence = max(p, 1-p), low: mean < 0.7 */

#endif
