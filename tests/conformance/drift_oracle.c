/*
 * drift_oracle.c -- checks the statistics of src/drift against a file of cases with values from elsewhere (scipy).
 *
 * usage: drift_oracle [-v] FILE...      prints "drift_oracle: N passed, M failed"; what failed goes to stderr
 *
 * One check per case, table row, report and checkpoint of a window; a check holds when every value that is given for it
 * agrees within the tolerance that the file's header states (written beside each kind below). Sections "labels", "label_stream"
 * and "cbpe" are not read here.
 */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"

struct run {
	const char *where; /* the case that is being checked */
	bool bad;
	int passed, failed;
};

/* ---- values of the file ---- */

static double
number(const json_t *v)
{
	static const struct {
		const char *word;
		double value;
	} words[] = {{"inf", INFINITY}, {"-inf", -INFINITY}, {"nan", NAN}};

	if (json_is_number(v))
		return json_number_value(v);
	for (size_t i = 0; json_is_string(v) && i < 3; i++)
		if (strcmp(json_string_value(v), words[i].word) == 0)
			return words[i].value;
	return NAN;
}

static double
member(const json_t *o, const char *key, double otherwise)
{
	const json_t *v = json_object_get(o, key);

	return v == NULL ? otherwise : number(v);
}

struct lcg {
	uint64_t s;
	uint64_t k;
	double a, b, d, p;
};

static double
draw(struct lcg *g)
{
	g->s = g->s * 6364136223846793005u + 1442695040888963407u;
	g->k = g->s >> 11;
	return (double)g->k * 0x1p-53;
}

static double
gen_uniform(struct lcg *g)
{
	return g->a + g->b * draw(g);
}

static double
gen_cube(struct lcg *g)
{
	double u = draw(g);

	return (u * u) * u + g->a;
}

static double
gen_pareto1(struct lcg *g)
{
	return g->a + 1 / (1 - draw(g));
}

static double
gen_pareto2(struct lcg *g)
{
	return g->a + 1 / sqrt(1 - draw(g));
}

static double
gen_ih12(struct lcg *g)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += draw(g);
	return g->a + g->b * (sum - 6);
}

static double
gen_tent(struct lcg *g)
{
	double u = draw(g);

	return g->a + (u + draw(g));
}

static double
gen_ratio(struct lcg *g)
{
	double v = 2 * draw(g) - 1;

	return g->a + v / (1 - fabs(v));
}

static double
gen_floor(struct lcg *g)
{
	return g->a + floor(g->b * draw(g));
}

static double
gen_quant(struct lcg *g)
{
	double u = draw(g);

	u += draw(g);
	u += draw(g);
	return floor(g->b * u) / g->d;
}

static double
gen_zeroinf(struct lcg *g)
{
	double u = draw(g), v = draw(g);

	return u < g->p ? 0 : g->a + g->b * v;
}

static double
gen_clz(struct lcg *g)
{
	draw(g);
	return g->a + (g->k == 0 ? 53 : __builtin_clzll(g->k) - 11);
}

static double
gen_mix(struct lcg *g)
{
	double u = draw(g), v = draw(g);

	return u < g->p ? v : g->a + v;
}

static const struct {
	const char *name;
	double (*next)(struct lcg *);
} shapes[] = {
    {"uniform", gen_uniform}, {"cube", gen_cube},       {"pareto1", gen_pareto1}, {"pareto2", gen_pareto2},
    {"ih12", gen_ih12},       {"tent", gen_tent},       {"ratio", gen_ratio},     {"floor", gen_floor},
    {"quant", gen_quant},     {"zeroinf", gen_zeroinf}, {"clz", gen_clz},         {"mix", gen_mix},
};

static void
generate_lcg(const json_t *spec, double *v, size_t n)
{
	const json_t *seed = json_object_get(spec, "seed");
	const char *f = json_string_value(json_object_get(spec, "f"));
	struct lcg g = {0, 0, member(spec, "a", 0), member(spec, "b", 1), member(spec, "d", 1), member(spec, "p", 0)};

	g.s = json_is_string(seed) ? strtoull(json_string_value(seed), NULL, 10) : (uint64_t)json_integer_value(seed);
	for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
		if (f == NULL || strcmp(shapes[k].name, f) != 0)
			continue;
		for (size_t i = 0; i < n; i++)
			v[i] = shapes[k].next(&g);
		return;
	}
	fprintf(stderr, "drift_oracle: unknown generator '%s'\n", f != NULL ? f : "");
	exit(2);
}

struct sample {
	double *v;
	size_t n;
};

static struct sample
read_sample(const json_t *spec)
{
	struct sample s = {NULL, 0};
	const char *gen = json_string_value(json_object_get(spec, "gen"));

	if (gen == NULL) {
		s.n = json_array_size(spec);
		s.v = xcalloc(s.n + 1, sizeof *s.v);
		for (size_t i = 0; i < s.n; i++)
			s.v[i] = number(json_array_get(spec, i));
		return s;
	}
	s.n = (size_t)json_integer_value(json_object_get(spec, "n"));
	s.v = xcalloc(s.n + 1, sizeof *s.v);
	if (strcmp(gen, "lcg") == 0)
		generate_lcg(spec, s.v, s.n);
	for (size_t i = 0; i < s.n && strcmp(gen, "lcg") != 0; i++)
		s.v[i] = member(spec, "a", 0) + (strcmp(gen, "ramp") == 0 ? member(spec, "b", 1) * (double)i : 0);
	return s;
}

/* Without what is not finite, ascending. */
static struct sample
read_sorted(const json_t *spec)
{
	struct sample s = read_sample(spec);

	s.n = raw_clean(s.v, s.n);
	raw_sort(s.v, s.n);
	return s;
}

/* ---- comparing ---- */

static void
complain(struct run *r, const char *what, double got, double want)
{
	fprintf(stderr, "%s: %s is %.17g, expected %.17g\n", r->where, what, got, want);
	r->bad = true;
}

static void
near(struct run *r, const char *what, double got, double want, double relative, double absolute)
{
	if ((isnan(got) && isnan(want)) || got == want)
		return;
	if (!(fabs(got - want) <= relative * fabs(want) + absolute))
		complain(r, what, got, want);
}

/* A value of the file: absent and null are not checked. */
static void
check(struct run *r, const json_t *expected, const char *key, double got, double relative, double absolute)
{
	const json_t *want = json_object_get(expected, key);

	if (want != NULL && !json_is_null(want))
		near(r, key, got, json_is_boolean(want) ? json_is_true(want) : number(want), relative, absolute);
}

static void
check_list(struct run *r, const json_t *expected, const char *key, const double *got, size_t n)
{
	const json_t *want = json_object_get(expected, key);

	if (want == NULL)
		return;
	if (json_array_size(want) != n)
		complain(r, key, (double)n, (double)json_array_size(want));
	for (size_t i = 0; i < n && i < json_array_size(want); i++)
		near(r, key, got[i], number(json_array_get(want, i)), 0, 0);
}

static void
close_check(struct run *r)
{
	r->passed += !r->bad;
	r->failed += r->bad;
	r->bad = false;
}

/* ks_pvalue_exact: 1e-9 relative above 1e-290; below, log10 to 1e-6 */
static void
near_exact(struct run *r, double p, double log10p, const json_t *want_p, const json_t *want_log)
{
	double want = number(want_p);

	if (json_is_number(want_p) && want > 1e-290)
		near(r, "exact p", p, want, 1e-9, 0);
	else if (json_is_number(want_p) && !(p <= 1e-290))
		complain(r, "exact p", p, want);
	if (json_is_number(want_log))
		near(r, "log10 of exact p", log10p, number(want_log), 1e-9, 1e-6);
}

/* 1e-6 relative if p < 0.5 and (n <= 140 or n d^2 >= 2.2), else 5e-5; a denormal p is accepted as 0 */
static void
near_asymptotic(struct run *r, const char *what, double got, double want, double n, double d)
{
	bool sharp = want < 0.5 && (n <= 140 || n * d * d >= 2.2);

	near(r, what, got, want, sharp ? 1e-6 : 5e-5, DBL_MIN);
}

/* ---- numeric cases ---- */

struct pair {
	struct sample ref, cur;
	struct edges *edges;
	struct histogram *h1, *h2;
	struct arena *mem;
};

static struct histogram *
summary(struct arena *mem, struct edges *e, struct sample s)
{
	struct edgehist *h = edgehist_open(e);
	struct histogram *out;

	edgehist_add_n(h, s.v, s.n);
	out = edgehist_histogram(mem, h);
	edgehist_close(h);
	return out;
}

static struct pair
pair_open(const json_t *c)
{
	struct pair p = {.mem = arena_open()};
	double *at;
	size_t n = 0;

	p.ref = read_sorted(json_object_get(c, "reference"));
	p.cur = read_sorted(json_object_get(c, "current"));
	at = arena_alloc(p.mem, (p.ref.n + 1) * sizeof *at);
	for (size_t i = 0; i < p.ref.n; i++)
		if (n == 0 || p.ref.v[i] > at[n - 1])
			at[n++] = p.ref.v[i];
	p.edges = edges_make(at, n, p.ref.n > 0 ? raw_moments(p.ref.v, p.ref.n).mean : 0);
	p.h1 = summary(p.mem, p.edges, p.ref);
	p.h2 = summary(p.mem, p.edges, p.cur);
	return p;
}

static void
pair_close(struct pair *p)
{
	edges_unref(p->edges);
	free(p->ref.v);
	free(p->cur.v);
	arena_close(p->mem);
}

static void
check_generated(struct run *r, const json_t *spec)
{
	const json_t *want = json_object_get(spec, "check");
	struct sample s;
	double least = INFINITY, most = -INFINITY;

	if (want == NULL)
		return;
	s = read_sample(spec);
	for (size_t i = 0; i < s.n; i++) {
		least = fmin(least, s.v[i]);
		most = fmax(most, s.v[i]);
	}
	check_list(r, want, "first", s.v, s.n < 3 ? s.n : 3);
	check(r, want, "last", s.v[s.n - 1], 0, 0);
	check(r, want, "min", least, 0, 0);
	check(r, want, "max", most, 0, 0);
	free(s.v);
}

static void
check_ks(struct run *r, const struct pair *p, const json_t *e)
{
	struct ks k, raw = drift_ks_raw(p->ref.v, p->ref.n, p->cur.v, p->cur.n);
	double n1 = (double)p->ref.n, n2 = (double)p->cur.n, n = rint(n1 * n2 / (n1 + n2)), log10p, auto_p;
	const char *want_method = json_string_value(json_object_get(e, "ks_method_auto"));
	const json_t *want_auto = json_object_get(e, "ks_pvalue_auto");
	enum ks_method method;

	drift_ks(&k, p->h1, p->h2);
	near(r, "ks of raw values", (double)raw.num, (double)k.num, 0, 0);
	near(r, "ks bound", k.bound, 0, 0, 0);
	check(r, e, "ks_statistic", k.statistic, 1e-12, 1e-15);
	check(r, e, "ks_num", (double)k.num, 0, 0);
	check(r, e, "ks_den", (double)k.den, 0, 0);
	auto_p = ks_pvalue_exact(&k, &log10p);
	near_exact(r, auto_p, log10p, json_object_get(e, "ks_pvalue_exact"), json_object_get(e, "ks_log10p_exact"));
	if (!json_is_null(json_object_get(e, "ks_pvalue_asymp")))
		near_asymptotic(r, "ks_pvalue_asymp", ks_pvalue_asymptotic(&k), member(e, "ks_pvalue_asymp", NAN), n,
				k.statistic);
	check(r, e, "ks_pvalue_limit", kolmogorov_sf(k.statistic * sqrt(n1 * n2 / (n1 + n2))), 1e-9, 1e-15);
	auto_p = ks_pvalue(&k, &method);
	if (want_method != NULL && (want_method[0] == 'e') != (method == KS_EXACT))
		complain(r, "ks_method_auto", method, want_method[0] == 'e' ? KS_EXACT : KS_ASYMPTOTIC);
	if (method == KS_EXACT)
		near_exact(r, auto_p, log10p, want_auto, NULL);
	else
		near_asymptotic(r, "ks_pvalue_auto", auto_p, number(want_auto), n, k.statistic);
	check(r, e, "drift", auto_p < 0.05, 0, 0);
	check(r, e, "critical", auto_p < 0.001, 0, 0);
}

static void
check_deciles(struct run *r, const struct pair *p, const json_t *e)
{
	double edge[10], ref[10] = {0}, cur[10] = {0};
	struct contingency t = {ref, cur, 0};
	size_t n = 0;

	if (e == NULL)
		return;
	for (size_t k = 1; k <= 9; k++) {
		double x = p->ref.v[(p->ref.n * k + 9) / 10 - 1];

		if (n == 0 || x > edge[n - 1])
			edge[n++] = x;
	}
	for (size_t i = 0; i < p->ref.n + p->cur.n; i++) {
		double x = i < p->ref.n ? p->ref.v[i] : p->cur.v[i - p->ref.n];
		size_t b = 0;

		while (b < n && x > edge[b])
			b++;
		(i < p->ref.n ? ref : cur)[b]++;
	}
	t.k = n + 1;
	check_list(r, e, "edges", edge, n);
	check(r, e, "psi", psi(&t), 1e-9, 1e-8);
	check(r, e, "js_distance", js_distance(&t), 1e-9, 1e-8);
}

static void
check_shares(struct run *r, const struct contingency *t, const json_t *e)
{
	check(r, e, "psi", psi(t), 1e-9, 1e-8);
	check(r, e, "psi_zero_replaced", psi_zero_replaced(t), 1e-9, 1e-8);
	check(r, e, "psi_pvalue", psi_pvalue(t), 1e-8, 0);
	check(r, e, "js_distance", js_distance(t), 1e-9, 1e-8);
	check(r, e, "hellinger", hellinger_distance(t), 1e-9, 1e-8);
	check(r, e, "total_variation", total_variation(t), 1e-12, 1e-15);
}

static void
check_evidently(struct run *r, struct evidently got, const json_t *e)
{
	check(r, e, "js", got.js, 1e-9, 1e-8);
	check(r, e, "psi", got.psi, 1e-9, 1e-8);
	check(r, e, "kl_div", got.kl_div, 1e-9, 1e-8);
	check(r, e, "hellinger", got.hellinger, 1e-9, 1e-8);
}

static void
check_bins(struct run *r, const struct pair *p, const json_t *e)
{
	const json_t *want = json_object_get(e, "bins");
	const char *kind = json_string_value(json_object_get(want, "kind"));
	struct binning b;
	struct contingency t;

	drift_binning(&b, p->h1, p->h2);
	if (kind != NULL && (strcmp(kind, "values") == 0) != b.by_value)
		complain(r, "bins by value", b.by_value, !b.by_value);
	check_list(r, want, b.by_value ? "values" : "edges", b.edge, b.n_edges);
	check_list(r, want, "ref_counts", b.ref, b.n_edges + 1);
	check_list(r, want, "cur_counts", b.cur, b.n_edges + 1);
	t = binning_table(&b);
	check_shares(r, &t, e);
	check_deciles(r, p, json_object_get(e, "if_deciles"));
}

/* The summaries' Wasserstein distance must enclose the exact one. */
static void
check_areas(struct run *r, const struct pair *p, const json_t *e)
{
	struct moments m1 = raw_moments(p->ref.v, p->ref.n), m2 = raw_moments(p->cur.v, p->cur.n);
	double exact = raw_wasserstein(p->ref.v, p->ref.n, p->cur.v, p->cur.n);
	double range = fmax(fabs(p->ref.v[0]), fabs(p->ref.v[p->ref.n - 1]));
	struct wasserstein w;

	check(r, e, "ref_mean", m1.mean, 1e-12, 1e-15);
	check(r, e, "cur_mean", m2.mean, 1e-12, 1e-15);
	check(r, e, "ref_std", m1.stddev, 1e-9, 1e-15 * fabs(m1.mean));
	check(r, e, "cur_std", m2.stddev, 1e-9, 1e-15 * fabs(m2.mean));
	check(r, e, "wasserstein", exact, 1e-9, 0);
	check(r, e, "wasserstein_normed", wasserstein_normed(exact, m1.stddev), 1e-9, 0);
	check(r, e, "energy", raw_energy(p->ref.v, p->ref.n, p->cur.v, p->cur.n), 1e-9, 0);
	drift_wasserstein(&w, p->h1, p->h2);
	range = fmax(range, fmax(fabs(p->cur.v[0]), fabs(p->cur.v[p->cur.n - 1])));
	if (range < 1e290 && (exact < w.value - 1e-12 * range || exact > w.value + w.bound + 1e-12 * range))
		complain(r, "wasserstein from bins", w.value, exact);
}

/* cvm_pvalue is scipy's 1 - cdf, a number near 1: the last digits of the cdf are worth 1e-14 */
static void
check_ranks(struct run *r, const struct pair *p, const json_t *e)
{
	struct rank_test cvm = raw_cramer_von_mises(p->ref.v, p->ref.n, p->cur.v, p->cur.n);
	struct rank_test mw = raw_mann_whitney(p->ref.v, p->ref.n, p->cur.v, p->cur.n);

	check(r, e, "cvm_statistic", cvm.statistic, 1e-9, 1e-12);
	check(r, e, "cvm_pvalue", cvm.pvalue, 1e-8, 1e-14);
	check(r, e, "mannwhitney_u", mw.statistic, 0, 0);
	check(r, e, "mannwhitney_pvalue", mw.pvalue, 1e-8, DBL_MIN);
}

static void
check_numeric(struct run *r, const json_t *c)
{
	const json_t *e = json_object_get(c, "expected");
	struct pair p = pair_open(c);

	check_generated(r, json_object_get(c, "reference"));
	check_generated(r, json_object_get(c, "current"));
	if (p.ref.n == 0 || p.cur.n == 0) {
		struct ks k;

		drift_ks(&k, p.h1, p.h2);
		if (e != NULL || !isnan(k.statistic) || !isnan(ks_pvalue(&k, NULL)))
			complain(r, "an empty side", k.statistic, NAN);
	} else {
		check(r, e, "n_ref", (double)p.ref.n, 0, 0);
		check(r, e, "n_cur", (double)p.cur.n, 0, 0);
		check_ks(r, &p, e);
		check_areas(r, &p, e);
		check_bins(r, &p, e);
		check_ranks(r, &p, e);
		check_evidently(r, evidently_numeric(p.ref.v, p.ref.n, p.cur.v, p.cur.n),
				json_object_get(e, "evidently"));
	}
	pair_close(&p);
}

/* ---- categorical cases ---- */

static struct category_set
read_categories(struct arena *mem, const json_t *o)
{
	struct category_count *at = arena_alloc(mem, (json_object_size(o) + 1) * sizeof *at);
	const char *key;
	json_t *v;
	size_t n = 0;

	json_object_foreach((json_t *)o, key, v)
	{
		at[n++] = (struct category_count){key, number(v)};
	}
	return (struct category_set){at, n};
}

/* The categories that have none on one side, as a list of the file (in any order). */
static void
check_names(struct run *r, const struct category_table *c, const double *none, const json_t *want, const char *what)
{
	size_t n = 0, i;
	json_t *v;

	if (want == NULL)
		return;
	for (size_t k = 0; k < c->t.k; k++) {
		bool found = false;

		if (none[k] != 0)
			continue;
		n++;
		json_array_foreach(want, i, v) found = found || strcmp(json_string_value(v), c->names[k]) == 0;
		if (!found)
			complain(r, what, (double)k, NAN);
	}
	near(r, what, (double)n, (double)json_array_size(want), 0, 0);
}

static void
check_chi2(struct run *r, const struct contingency *t, const json_t *e)
{
	struct chi2 gof = chi2_goodness_of_fit(t), two = chi2_contingency(t), yates = chi2_contingency_yates(t),
		    g = g_contingency(t);
	struct z_test z = proportions_z(t);

	check(r, e, "chisquare_gof_statistic", gof.statistic, 1e-9, 1e-9);
	check(r, e, "chisquare_gof_pvalue", gof.pvalue, 1e-8, 0);
	check(r, e, "chisquare_gof_df", gof.dof, 0, 0);
	check(r, e, "drift", gof.pvalue < 0.05, 0, 0);
	check(r, e, "critical", gof.pvalue < 0.001, 0, 0);
	check(r, e, "chi2_contingency_statistic", two.statistic, 1e-9, 1e-9);
	check(r, e, "chi2_contingency_df", two.dof, 0, 0);
	check(r, e, "chi2_contingency_pvalue", two.pvalue, 1e-8, 0);
	check(r, e, "chi2_contingency_log10p", two.log10p, 0, 1e-9);
	check(r, e, "chi2_contingency_yates_statistic", yates.statistic, 1e-9, 1e-9);
	check(r, e, "chi2_contingency_yates_pvalue", yates.pvalue, 1e-8, 0);
	check(r, e, "chi2_min_expected", chi2_min_expected(t), 1e-12, 1e-15);
	check(r, e, "g_statistic", g.statistic, 1e-7, 1e-5);
	check(r, e, "g_pvalue", g.pvalue, 1e-4, 1e-5); /* of a statistic that is good to 1e-5 */
	check(r, e, "proportions_z", z.z, 1e-9, 1e-9);
	check(r, e, "proportions_z_pvalue", z.pvalue, 1e-8, 0);
	check(r, e, "fisher_pvalue", fisher_exact_pvalue(t), 1e-8, 0);
}

static void
check_categorical(struct run *r, const json_t *c)
{
	const json_t *e = json_object_get(c, "expected");
	struct arena *mem = arena_open();
	struct category_table t = category_table(mem, read_categories(mem, json_object_get(c, "reference")),
						 read_categories(mem, json_object_get(c, "current")));
	double n1 = 0, n2 = 0;

	for (size_t i = 0; i < t.t.k; i++) {
		n1 += t.t.ref[i];
		n2 += t.t.cur[i];
	}
	if (n1 == 0 || n2 == 0) {
		if (e != NULL || !isnan(chi2_contingency(&t.t).pvalue))
			complain(r, "an empty side", chi2_contingency(&t.t).pvalue, NAN);
	} else {
		check(r, e, "n_ref", n1, 0, 0);
		check(r, e, "n_cur", n2, 0, 0);
		check(r, e, "categories", (double)t.t.k, 0, 0);
		check_names(r, &t, t.t.ref, json_object_get(e, "new_categories"), "new_categories");
		check_names(r, &t, t.t.cur, json_object_get(e, "vanished_categories"), "vanished_categories");
		check(r, e, "new_share", new_share(&t.t), 1e-12, 1e-15);
		check_chi2(r, &t.t, e);
		check_shares(r, &t.t, e);
		check(r, e, "l_infinity", l_infinity(&t.t), 1e-12, 1e-15);
		check_evidently(r, evidently_categorical(&t.t), json_object_get(e, "evidently"));
	}
	arena_close(mem);
}

static bool
is_categorical(const json_t *c)
{
	const char *kind = json_string_value(json_object_get(c, "kind"));

	return kind != NULL && strcmp(kind, "categorical") == 0;
}

static void
run_cases(struct run *r, const json_t *cases)
{
	size_t i;
	json_t *c;

	json_array_foreach(cases, i, c)
	{
		r->where = json_string_value(json_object_get(c, "name"));
		(is_categorical(c) ? check_categorical : check_numeric)(r, c);
		close_check(r);
	}
}

/* ---- tables ---- */

static double
cell(const json_t *row, size_t i)
{
	return number(json_array_get(row, i));
}

static void
row_kstwo(struct run *r, const json_t *row)
{
	near_asymptotic(r, "p", ks_one_sample_sf((uint64_t)cell(row, 0), cell(row, 1)), cell(row, 2), cell(row, 0),
			cell(row, 1));
}

static void
row_exact(struct run *r, const json_t *row)
{
	double log10p, p = ks_exact_sf((uint64_t)cell(row, 0), (uint64_t)cell(row, 1), (uint64_t)cell(row, 2), &log10p);

	near_exact(r, p, log10p, json_array_get(row, 3), json_array_get(row, 4));
}

static void
row_kolmogorov(struct run *r, const json_t *row)
{
	near(r, "p", kolmogorov_sf(cell(row, 0)), cell(row, 1), 1e-9, 1e-15);
}

static void
row_chi2(struct run *r, const json_t *row)
{
	double log10p, p = chi2_sf(cell(row, 0), cell(row, 1), &log10p);

	near(r, "p", p, cell(row, 2), 1e-8, DBL_MIN); /* below, scipy has no digits: log10 p has them */
	if (json_is_number(json_array_get(row, 3)))
		near(r, "log10 p", log10p, cell(row, 3), 0, 1e-9);
}

static void
run_tables(struct run *r, const json_t *tables)
{
	static const struct {
		const char *name;
		void (*row)(struct run *, const json_t *);
	} kinds[] = {
	    {"kstwo_sf", row_kstwo}, {"ks_exact", row_exact}, {"kolmogorov_sf", row_kolmogorov}, {"chi2_sf", row_chi2}};
	char where[96];
	size_t i;
	json_t *row;

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		json_array_foreach(json_object_get(tables, kinds[k].name), i, row)
		{
			snprintf(where, sizeof where, "%s %.9g %.9g %.9g", kinds[k].name, cell(row, 0), cell(row, 1),
				 cell(row, 2));
			r->where = where;
			kinds[k].row(r, row);
			close_check(r);
		}
}

/* ---- reports ---- */

struct column {
	const char *name;
	double p, statistic, ref_mean, cur_mean, contingency;
};

static bool
read_column(struct column *out, const char *name, const json_t *c)
{
	*out = (struct column){name, NAN, NAN, NAN, NAN, NAN};
	if (is_categorical(c)) {
		struct arena *mem = arena_open();
		struct category_table t = category_table(mem, read_categories(mem, json_object_get(c, "reference")),
							 read_categories(mem, json_object_get(c, "current")));

		out->p = chi2_goodness_of_fit(&t.t).pvalue;
		out->statistic = chi2_goodness_of_fit(&t.t).statistic;
		out->contingency = chi2_contingency(&t.t).pvalue;
		arena_close(mem);
	} else {
		struct pair p = pair_open(c);
		struct ks k;

		drift_ks(&k, p.h1, p.h2);
		out->p = ks_pvalue(&k, NULL);
		out->statistic = k.statistic;
		out->ref_mean = raw_moments(p.ref.v, p.ref.n).mean;
		out->cur_mean = raw_moments(p.cur.v, p.cur.n).mean;
		pair_close(&p);
	}
	return !isnan(out->p);
}

static bool
names(const json_t *list, const char *name)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) if (strcmp(json_string_value(v), name) == 0) return true;
	return false;
}

static void
check_adjusted(struct run *r, const struct column *c, size_t n, const json_t *e)
{
	static const struct {
		enum correction how;
		const char *p, *drifted;
	} kinds[] = {{CORRECTION_BONFERRONI, "p_bonferroni", "drifted_bonferroni"},
		     {CORRECTION_HOLM, "p_holm", "drifted_holm"},
		     {CORRECTION_BH, "p_bh", "drifted_bh"}};
	double *p = xcalloc(n + 1, sizeof *p);

	for (size_t k = 0; k < 3; k++) {
		const json_t *drifted = json_object_get(e, kinds[k].drifted);
		size_t count = 0;

		for (size_t i = 0; i < n; i++)
			p[i] = c[i].p;
		adjust_pvalues(p, n, kinds[k].how);
		for (size_t i = 0; i < n; i++) {
			check(r, json_object_get(json_object_get(e, "per_column"), c[i].name), kinds[k].p, p[i], 1e-8,
			      0);
			if ((p[i] < 0.05) != names(drifted, c[i].name))
				complain(r, kinds[k].drifted, p[i], NAN);
			count += p[i] < 0.05;
		}
		near(r, kinds[k].drifted, (double)count, (double)json_array_size(drifted), 0, 0);
	}
	free(p);
}

static void
check_column(struct run *r, const struct column *c, const json_t *e)
{
	const char *severity = c->p < 0.001 ? "critical" : c->p < 0.05 ? "warning" : "none";
	const char *want = json_string_value(json_object_get(e, "severity"));

	check(r, e, "pvalue", c->p, 1e-8, 0);
	check(r, e, "statistic", c->statistic, 1e-9, 1e-9);
	check(r, e, "drift", c->p < 0.05, 0, 0);
	check(r, e, "ref_mean", c->ref_mean, 1e-12, 1e-15);
	check(r, e, "prod_mean", c->cur_mean, 1e-12, 1e-15);
	check(r, e, "contingency_pvalue", c->contingency, 1e-8, 0);
	if (want == NULL || strcmp(want, severity) != 0)
		complain(r, "severity", c->p, NAN);
}

static void
run_report(struct run *r, const json_t *report)
{
	const json_t *columns = json_object_get(report, "columns"), *e = json_object_get(report, "expected");
	struct column *c = xcalloc(json_object_size(columns) + 1, sizeof *c);
	size_t n = 0, skipped = 0, drifted = 0;
	const char *name;
	json_t *column;

	json_object_foreach((json_t *)columns, name, column)
	{
		if (read_column(&c[n], name, column)) {
			drifted += c[n].p < 0.05;
			check_column(r, &c[n], json_object_get(json_object_get(e, "per_column"), name));
			n++;
		} else {
			skipped++;
			if (!names(json_object_get(e, "columns_skipped"), name))
				complain(r, "skipped", NAN, NAN);
		}
	}
	check(r, e, "columns_analysed", (double)n, 0, 0);
	check(r, e, "columns_drifted", (double)drifted, 0, 0);
	check(r, e, "drift_percent", 100 * (double)drifted / (double)n, 1e-12, 0);
	check(r, e, "action_required", 100 * (double)drifted / (double)n > 30, 0, 0);
	check(r, e, "alert", 100 * (double)drifted / (double)n > 15, 0, 0);
	near(r, "columns_skipped", (double)skipped, (double)json_array_size(json_object_get(e, "columns_skipped")), 0,
	     0);
	check_adjusted(r, c, n, e);
	free(c);
}

static void
run_reports(struct run *r, const json_t *reports)
{
	size_t i;
	json_t *report;

	json_array_foreach(reports, i, report)
	{
		r->where = json_string_value(json_object_get(report, "name"));
		run_report(r, report);
		close_check(r);
	}
}

/* ---- sliding windows of scores ---- */

static void
check_window(struct run *r, const struct score_window *w, const json_t *e)
{
	struct score_summary s = score_window_summary(w);

	check(r, e, "n", (double)s.n, 0, 0);
	check(r, e, "mean", s.mean, 1e-12, 1e-15);
	check(r, e, "min", s.min, 0, 0);
	check(r, e, "max", s.max, 0, 0);
	check(r, e, "class_1", (double)s.class_1, 0, 0);
	check(r, e, "class_0", (double)s.class_0, 0, 0);
	check(r, e, "mean_confidence", s.mean_confidence, 1e-12, 1e-15);
	check(r, e, "low_confidence", s.low_confidence, 0, 0);
}

static void
run_windows(struct run *r, const json_t *windows)
{
	char where[96];
	size_t i, k;
	json_t *window, *e;

	json_array_foreach(windows, i, window)
	{
		struct score_window *w =
		    score_window_open((size_t)json_integer_value(json_object_get(window, "window")));
		struct sample s = read_sample(json_object_get(window, "probabilities"));
		size_t taken = 0;

		json_array_foreach(json_object_get(window, "expected"), k, e)
		{
			size_t want = (size_t)json_integer_value(json_object_get(e, "predictions"));

			snprintf(where, sizeof where, "window %s at %zu",
				 json_string_value(json_object_get(window, "name")), want);
			r->where = where;
			while (taken < want && taken < s.n)
				score_window_add(w, s.v[taken++]);
			check_window(r, w, e);
			close_check(r);
		}
		free(s.v);
		score_window_close(w);
	}
}

int
main(int argc, char **argv)
{
	struct run r = {"", false, 0, 0};

	for (int i = 1; i < argc; i++) {
		json_error_t error;
		json_t *root;

		if (strcmp(argv[i], "-v") == 0)
			continue;
		root = json_load_file(argv[i], 0, &error);
		if (root == NULL) {
			fprintf(stderr, "drift_oracle: %s:%d:%d: %s\n", argv[i], error.line, error.column, error.text);
			return 2;
		}
		run_cases(&r, json_object_get(root, "cases"));
		run_tables(&r, json_object_get(root, "tables"));
		run_reports(&r, json_object_get(root, "reports"));
		run_windows(&r, json_object_get(root, "windows"));
		json_decref(root);
	}
	printf("drift_oracle: %d passed, %d failed\n", r.passed, r.failed);
	return r.failed > 0 || r.passed == 0;
}
