/*
 * test_ui_drift_data.c -- what the pages Drift and Feature are made of, from lines to figures. The reference has the values 1 to 100, ten
 * rows each; what arrives is chosen so that every figure follows by counting.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "ui_world.h"

#include "../../ui/load.h"
#include "mlwatch/clock.h"

#define NOW   INT64_C(1795144440000) /* 2026-11-20T03:14:00Z */
#define ONSET (NOW - 34 * MS_MINUTE) /* 02:40 */

/* One row a second from (NOW - back) on; amount(i) is what comes then. */
static void
rows(struct world *w, int64_t from, int64_t to, int64_t step, int shift, int times, const char *country)
{
	int i = 0;

	for (int64_t t = from; t < to; t += step, i++)
		world_line(w, t, "fraud", "3.2.0", "\"s\":200,\"f\":{\"amount\":%d,\"country\":\"%s\"}",
			   (i % 100 + 1 + shift) * times,
			   i % 10 < 3 && country != NULL ? country
			   : i % 10 < 8                  ? "de"
							 : "fr");
}

static void
reference(struct world *w)
{
	static const struct category_count countries[] = {{"de", 800}, {"fr", 150}, {"it", 50}};
	const struct reference_feature country = {
	    .name = "country", .categorical = true, .rows = 1000, .categories = {countries, 3}};
	const struct reference_head head = {"fraud", "3.2.0", "2026-10-30", 1000};
	struct reference *r = reference_open(&head);
	double v[1000];

	for (int i = 0; i < 1000; i++)
		v[i] = i / 10 + 1;
	world_numeric(w, r, "amount", v, 1000);
	reference_add(r, &country);
	world_reference(w, r);
}

static int
set_up(void **state)
{
	struct world *w = world_open(NOW);

	reference(w);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	world_close(*state);
	return 0;
}

static const struct view_feature *
feature(const struct snapshot *n, const char *name)
{
	for (size_t i = 0; n->features != NULL && i < n->features->n; i++)
		if (strcmp(n->features->at[i].name, name) == 0)
			return &n->features->at[i];
	fail_msg("no feature '%s'", name);
	return NULL;
}

static void
near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want))))
		fail_msg("%.12g, expected %.12g", got, want);
}

/* 1200 rows of 51 to 150: half of them above the largest value of training, none of the lower half there any more. */
static void
drift__figures_of_a_shifted_feature_follow_by_counting(void **state)
{
	struct world *w = *state;
	const struct view_feature *f;

	rows(w, NOW - 20 * MS_MINUTE, NOW, 1000, 50, 1, "xx");
	world_commit(w);
	world_screen(w, PAGE_DRIFT, 120, 36);
	w->screen.drift_window_ms = 20 * MS_MINUTE;
	f = feature(world_read(w), "amount");
	near(f->rows, 1200);
	near(f->value, 0.5); /* at 50: half of the reference, nothing of now */
	assert_true(f->gap.at == 50 && f->gap.ref == 0.5 && f->gap.now == 0);
	near(f->mean, 100.5);
	near(f->ref_mean, 50.5);
	near(f->above_share, 0.5);
	near(f->below_share, 0);
	near(f->limit, 0.1);
	assert_true(f->limit_is_default && f->health == HEALTH_BROKEN && !f->few_rows);
	assert_true(f->bound == 0); /* every value of the reference is an edge */
	/* PSI on deciles: five empty ones (0.1 against the floor 0.0001), four with 0.1, and the last with 0.1 + 0.5 */
	near(f->psi, 5 * (0.1 - 1e-4) * log(0.1 / 1e-4) + 0.5 * log(6));
	/* the same as PromQL says it */
	near(f->value, world_query(w, NOW, "drift_ks(ml_feature{feature=\"amount\"}[20m])"));
	near(f->psi, world_query(w, NOW, "drift_psi(ml_feature{feature=\"amount\"}[20m])"));
	near(f->pvalue, world_query(w, NOW, "drift_ks_pvalue(ml_feature{feature=\"amount\"}[20m])"));
	near(f->stddev, world_query(w, NOW, "histogram_stddev(increase(ml_feature{feature=\"amount\"}[20m]))"));

	/* 30 % xx (new), 50 % de, 20 % fr against 80 % de, 15 % fr, 5 % it: 0.3 + 0.05 of the rows would have to move */
	f = feature(w->snap, "country");
	near(f->value, 0.35);
	assert_int_equal(f->new_categories, 1);
	near(f->new_share, 0.3);
	near(f->value, world_query(w, NOW, "drift_tvd(ml_feature_category_total{feature=\"country\"}[20m])"));
	near(f->pvalue, world_query(w, NOW, "drift_chi2_pvalue(ml_feature_category_total{feature=\"country\"}[20m])"));
}

static void
drift__each_statistic_is_what_its_function_says(void **state)
{
	static const struct {
		enum statistic s;
		const char *word[2], *function[2];
		double limit;
	} cases[] = {{STATISTIC_KS, {"KS", "TVD"}, {"drift_ks", "drift_tvd"}, 0.1},
		     {STATISTIC_PSI, {"PSI", "PSI"}, {"drift_psi", "drift_psi"}, 0.2},
		     {STATISTIC_JS, {"JS", "JS"}, {"drift_js", "drift_js"}, 0.1},
		     {STATISTIC_WASSERSTEIN, {"W", "TVD"}, {"drift_wasserstein", "drift_tvd"}, 0.1}};
	struct world *w = *state;
	char expr[128];

	rows(w, NOW - 15 * MS_MINUTE, NOW, 1000, 7, 1, "xx");
	world_commit(w);
	world_screen(w, PAGE_DRIFT, 120, 36);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct view_feature *number, *category;

		w->screen.statistic = cases[i].s;
		number = feature(world_read(w), "amount");
		category = feature(w->snap, "country");
		assert_string_equal(number->statistic, cases[i].word[0]);
		assert_string_equal(category->statistic, cases[i].word[1]);
		snprintf(expr, sizeof expr, "%s(ml_feature{feature=\"amount\"}[15m])", cases[i].function[0]);
		near(number->value, world_query(w, NOW, expr));
		snprintf(expr, sizeof expr, "%s(ml_feature_category_total{feature=\"country\"}[15m])",
			 cases[i].function[1]);
		near(category->value, world_query(w, NOW, expr));
		near(number->limit, cases[i].limit);
	}
	/* moved by 7, in standard deviations of 1 to 100: sqrt((100^2 - 1) / 12) */
	w->screen.statistic = STATISTIC_WASSERSTEIN;
	near(feature(world_read(w), "amount")->value, 7 / sqrt(9999.0 / 12));
}

/* Through recorded names, in the middle of an expression, of this feature and model only; the smallest counts. */
static void
drift__limits_are_those_that_rules_compare_with(void **state)
{
	static const struct {
		const char *rules;
		double amount, country;
		bool amount_default, country_default;
	} cases[] = {
	    {"[{\"name\":\"A\",\"alerting\":true,\"expr\":\"drift_ks(ml_feature[15m]) > 0.3\"}]", 0.3, 0.1, false,
	     true},
	    {"[{\"name\":\"A\",\"alerting\":true,\"expr\":\"0.3 < "
	     "drift_ks(ml_feature[15m])\"},{\"name\":\"B\",\"alerting\":true,"
	     "\"expr\":\"drift_ks(ml_feature{model=\\\"churn\\\"}[15m]) > "
	     "0.05\"},{\"name\":\"C\",\"alerting\":true,\"expr\":"
	     "\"max by (model) (drift_ks(ml_feature{feature=~\\\"am.*\\\"}[1h])) >= 0.25\"}]",
	     0.25, 0.1, false, true},
	    {"[{\"name\":\"A\",\"alerting\":true,\"expr\":\"avg by (model) (k > bool 0.15) > "
	     "0.01\"},{\"name\":\"k\",\"expr\":"
	     "\"drift_ks(ml_feature[15m])\"},{\"name\":\"t\",\"expr\":\"(u > bool 0.4) * (q < bool 0.001)\"},"
	     "{\"name\":\"u\",\"expr\":\"drift_tvd(ml_feature_category_total[15m])\"}]",
	     0.15, 0.4, false, false},
	    {"[{\"name\":\"A\",\"alerting\":true,\"expr\":\"max(both) > "
	     "0.25\"},{\"name\":\"both\",\"expr\":\"drift_ks(ml_feature[15m]) or "
	     "drift_tvd(ml_feature_category_total[15m])\"}]",
	     0.25, 0.25, false, false},
	    /* a p-value, rows and another statistic are no limits of KS */
	    {"[{\"name\":\"A\",\"alerting\":true,\"expr\":\"drift_ks_pvalue(ml_feature[15m]) < 0.01 and "
	     "drift_rows(ml_feature[15m]) > "
	     "0.05 and drift_psi(ml_feature[15m]) > 0.02\"}]",
	     0.1, 0.1, true, true},
	};
	struct world *w = *state;

	rows(w, NOW - 15 * MS_MINUTE, NOW, 1000, 0, 1, NULL);
	world_commit(w);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct view_feature *f;

		world_document(w, "rules", cases[i].rules);
		world_screen(w, PAGE_DRIFT, 120, 36);
		f = feature(world_read(w), "amount");
		near(f->limit, cases[i].amount);
		assert_int_equal(f->limit_is_default, cases[i].amount_default);
		f = feature(w->snap, "country");
		near(f->limit, cases[i].country);
		assert_int_equal(f->limit_is_default, cases[i].country_default);
	}
}

/* One row a second is 120 in two minutes and 600 in ten: the map has cells of ten, six of the hour. */
static void
heat__cells_are_nice_and_have_enough_rows(void **state)
{
	struct world *w = *state;
	const struct part_heat *h;

	rows(w, NOW - MS_HOUR, NOW, 1000, 0, 1, NULL);
	world_commit(w);
	world_screen(w, PAGE_DRIFT, 120, 36);
	h = world_read(w)->heat;
	assert_int_equal(h->width_ms, 10 * MS_MINUTE);
	assert_int_equal(h->n_cells, 6);
	assert_int_equal(h->span.to, NOW + 6 * MS_MINUTE); /* 03:20 */
	assert_int_equal(h->span.from, NOW - 54 * MS_MINUTE);
	assert_int_equal(h->n, 2);
	assert_true(h->at[0].few[5]); /* 240 rows since 03:10 */
	for (size_t i = 0; i < 2; i++)
		for (int k = 0; k < 5; k++) /* the amounts come round every hundred rows; the reference has 5 % it */
			assert_true(!h->at[i].few[k] && h->at[i].v[k] < 0.051);
}

static void
heat__cells_are_narrow_where_rows_are_many_and_the_range_is_short(void **state)
{
	struct world *w = *state;
	const struct part_heat *h;

	rows(w, NOW - MS_HOUR, NOW, 100, 0, 1, NULL); /* 10 a second: 1200 in two minutes */
	world_commit(w);
	world_screen(w, PAGE_DRIFT, 120, 36);
	h = world_read(w)->heat;
	assert_int_equal(h->width_ms, 2 * MS_MINUTE); /* 30 of them fit, one of a minute more would not */
	assert_int_equal(h->n_cells, 30);
	w->screen.set.range_ms = 15 * MS_MINUTE;
	h = world_read(w)->heat;
	assert_int_equal(h->width_ms, MS_MINUTE); /* 300 in 30 s are too few */
	assert_int_equal(h->n_cells, 15);
	w->screen.set.range_ms = 6 * MS_HOUR;
	assert_int_equal(world_read(w)->heat->width_ms, 30 * MS_MINUTE); /* 15 m is not nice; 1666 rows on average */
}

/* A cell is over its own rows alone, and is what PromQL says of them. */
static void
heat__an_onset_shows_in_its_cell(void **state)
{
	struct world *w = *state;
	const struct part_heat *h;
	const struct part_cell *c;

	rows(w, NOW - MS_HOUR, ONSET, 1000, 0, 1, NULL);
	rows(w, ONSET, NOW, 1000, 0, 100, NULL);
	world_commit(w);
	world_screen(w, PAGE_DRIFT, 120, 36);
	h = world_read(w)->heat;
	assert_string_equal(h->at[0].name, "amount");
	assert_int_equal(h->span.from + 2 * h->width_ms, ONSET);
	assert_true(h->at[0].v[1] < 0.011);
	/* 100, 200, ... 10000: one in a hundred is not above 99, and 99 % of the reference is at or below it */
	near(h->at[0].v[2], 0.99);
	near(h->at[0].v[2], world_query(w, ONSET + 10 * MS_MINUTE, "drift_ks(ml_feature{feature=\"amount\"}[10m])"));

	c = w->snap->cell; /* no cursor: now */
	assert_int_equal(c->span.to - c->span.from, 15 * MS_MINUTE);
	assert_int_equal(c->first_over_ms, ONSET);
	assert_int_equal(c->last_below_ms, ONSET - 10 * MS_MINUTE);
	assert_true(isnan(c->week_ago));
	near(c->numbers.mean, 5050);
	assert_string_equal(c->numbers.unit_hint, "×100: a unit change?");
	screen_key(&w->screen, "h");
	screen_key(&w->screen, "h");
	c = world_read(w)->cell; /* the last but one: 03:00 to 03:10 */
	assert_int_equal(c->span.from, NOW - 14 * MS_MINUTE);
	near(c->numbers.rows, 600);
	for (int i = 0; i < 9; i++)
		screen_key(&w->screen, "h"); /* no further than the first */
	c = world_read(w)->cell;
	assert_int_equal(c->span.from, w->snap->heat->span.from);
	assert_true(c->numbers.value < 0.011 && c->numbers.health == HEALTH_OK);
	for (int i = 0; i < 9; i++)
		screen_key(&w->screen, "l");
	assert_int_equal(w->screen.cursor_ms, 0);
}

static const struct part_heat *
heat_at(struct world *w, int64_t now, const struct part_heat *before)
{
	struct request q;
	struct loading l = {.q = &q,
			    .s = w->snap,
			    .src = {reader_store(w->reader), reader_promql(w->reader), now, now},
			    .reader = w->reader,
			    .mem = w->mem,
			    .before = before};

	screen_request(&w->screen, &q);
	return load_heat(&l);
}

static double
heat_value(const struct part_heat *h, const char *name, int64_t t)
{
	for (size_t i = 0; i < h->n; i++)
		if (strcmp(h->at[i].name, name) == 0)
			return h->at[i].v[heat_cell(h, t)];
	return NAN;
}

/* What is over does not change, but for records that come late: the last cells are read again, those before them only with the whole map. */
static void
heat__what_is_over_is_read_once(void **state)
{
	struct world *w = *state;
	const struct part_heat *first, *second, *whole;
	const int64_t early = NOW - 54 * MS_MINUTE, last = NOW - 14 * MS_MINUTE; /* cells of 02:20 and 03:00 */

	rows(w, NOW - MS_HOUR, NOW, 1000, 0, 1, NULL);
	world_commit(w);
	world_screen(w, PAGE_DRIFT, 120, 36);
	world_read(w);
	first = heat_at(w, NOW, NULL);
	rows(w, early, early + 10 * MS_MINUTE, 1000, 100, 1, NULL); /* as many again, all above */
	rows(w, last, last + 10 * MS_MINUTE, 1000, 100, 1, NULL);
	world_commit(w);
	second = heat_at(w, NOW + MS_MINUTE, first);
	whole = heat_at(w, NOW + MS_MINUTE, NULL);
	near(heat_value(second, "amount", early), heat_value(first, "amount", early));
	near(heat_value(whole, "amount", early), 0.5);
	near(heat_value(second, "amount", last), 0.5);
	/* ten minutes on the map has moved by a cell, and so have those that are kept */
	second = heat_at(w, NOW + 10 * MS_MINUTE, first);
	assert_int_equal(second->span.from, first->span.from + 10 * MS_MINUTE);
	near(heat_value(second, "amount", early + 10 * MS_MINUTE), heat_value(first, "amount", early + 10 * MS_MINUTE));
}

/* Last week the amounts were 21 to 120: against that, 51 to 150 are 30 of a hundred off. */
static void
drift__a_baseline_may_be_another_stretch(void **state)
{
	struct world *w = *state;
	const struct view_feature *f;

	rows(w, NOW - 7 * MS_DAY - 30 * MS_MINUTE, NOW - 7 * MS_DAY + 10 * MS_MINUTE, 1000, 20, 1, NULL);
	rows(w, NOW - 30 * MS_MINUTE, NOW - 15 * MS_MINUTE, 1000, 40, 1, NULL);
	rows(w, NOW - 15 * MS_MINUTE, NOW, 1000, 50, 1, NULL);
	world_commit(w);
	world_screen(w, PAGE_DRIFT, 120, 36);
	near(feature(world_read(w), "amount")->value, 0.5);
	screen_key(&w->screen, "b");
	f = feature(world_read(w), "amount");
	near(f->value, 0.3);
	/* ten-minute windows are left of last week: whole ones, the twenty minutes up to 03:10 */
	near(f->ref_rows, 1200);
	assert_string_equal(w->snap->features->against, "the same time a week ago");
	screen_key(&w->screen, "b");
	f = feature(world_read(w), "amount");
	near(f->value, 0.1);
	near(f->ref_rows, 900);
	near(f->value, world_query(w, NOW,
				   "drift_ks(increase(ml_feature{feature=\"amount\"}[15m]), "
				   "increase(ml_feature{feature=\"amount\"}[15m] offset 15m))"));
	screen_key(&w->screen, "b");
	near(feature(world_read(w), "amount")->value, 0.5);
}

/* A model that has no reference: nothing to say against one, but against the window before there is. */
static void
drift__without_a_reference_there_is_still_last_week(void **state)
{
	struct world *w = *state;
	const struct part_feature *d;
	double before = 0, now = 0;

	for (int i = 0; i < 3600; i++)
		world_line(w, NOW - 3600000 + i * 1000, "plain", "1", "\"f\":{\"x\":%d}", i < 2700 ? 1 : 1024);
	world_commit(w);
	world_screen(w, PAGE_DRIFT, 120, 36);
	world_read(w);
	assert_int_equal(w->snap->features->n, 0);
	assert_true(w->snap->features->no_reference);
	w->screen.baseline = BASELINE_PREVIOUS;
	world_read(w);
	assert_int_equal(w->snap->features->n, 1);
	near(w->snap->features->at[0].value, 1); /* all ones before, none now */
	assert_int_equal(w->snap->heat->n, 1);
	assert_true(w->snap->features->at[0].gap.at == 1 && w->snap->features->at[0].gap.ref == 1 &&
		    w->snap->features->at[0].gap.now == 0);

	w->screen.page = PAGE_FEATURE;
	d = world_read(w)->detail;
	for (size_t i = 0; i < d->n_bins; i++) {
		before += d->bins[i].reference;
		now += d->bins[i].now;
		assert_true(d->bins[i].reference == 0 || d->bins[i].now == 0);
	}
	near(before, 1);
	near(now, 1);
	assert_non_null(d->curve);
	near(d->side[SIDE_BEFORE].mean, 1);
	near(d->side[SIDE_NOW].mean, 1024);
}

/* ---- one feature ---- */

static void
feature__bins_are_deciles_and_what_is_outside(void **state)
{
	struct world *w = *state;
	const struct part_feature *d;

	rows(w, NOW - 15 * MS_MINUTE, NOW, 1000, 50, 1, NULL);
	world_commit(w);
	world_screen(w, PAGE_FEATURE, 120, 36);
	d = world_read(w)->detail;
	assert_string_equal(d->f.name, "amount");
	assert_int_equal(d->n_bins, 11); /* nothing is below: ten deciles and above */
	for (size_t i = 0; i < 10; i++) {
		char label[8];

		snprintf(label, sizeof label, "%zu", 10 * (i + 1));
		assert_string_equal(d->bins[i].label, label);
		near(d->bins[i].upper, 10.0 * (double)(i + 1));
		near(d->bins[i].reference, 0.1);
		near(d->bins[i].now, i < 5 ? 0 : 0.1);
	}
	assert_string_equal(d->bins[10].label, "above");
	near(d->bins[10].now, 0.5);
	near(d->bins[10].upper, 150);
	assert_true(isnan(d->bins[10].psi));
	near(d->bins[9].psi, 0.5 * log(6)); /* for PSI the last decile has no end */
	near(d->wasserstein, 50);
	near(d->side[SIDE_NOW].min, 51);
	near(d->side[SIDE_NOW].max, 150);
	near(d->side[SIDE_REFERENCE].max, 100);
	assert_null(d->side[SIDE_WEEK].name);
	/* over the reference's share: now begins at its middle and has half at its end, where the rest comes at once */
	near(d->curve[0], 0);
	near(d->curve[119], 0);
	near(d->curve[CHART_POINTS - 1], 1);
	near(d->curve[CHART_POINTS - 2], 0.5);
	near(d->over_time.last,
	     world_query(w, d->span.to / 10000 * 10000, "drift_ks(ml_feature{feature=\"amount\"}[10m])"));
}

static void
feature__categories_are_named_when_they_come_and_go(void **state)
{
	struct world *w = *state;
	const struct part_feature *d;

	rows(w, NOW - 15 * MS_MINUTE, NOW, 1000, 0, 1, "xx");
	world_commit(w);
	world_screen(w, PAGE_FEATURE, 120, 36);
	world_read(w);
	w->screen.cursor[TABLE_FEATURES].at = 0;
	d = world_read(w)->detail; /* the worst one */
	assert_string_equal(d->f.name, "country");
	assert_string_equal(d->fresh, "xx (30 %)");
	assert_string_equal(d->vanished, "it (was 5 %)");
	assert_int_equal(d->n_bins, 4);
	assert_string_equal(d->bins[0].label, "de"); /* the largest share of either side first */
	near(d->chi2_dof, 3);
	near(d->chi2, world_query(w, NOW, "drift_chi2(ml_feature_category_total{feature=\"country\"}[15m])"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	    CASE(drift__figures_of_a_shifted_feature_follow_by_counting),
	    CASE(drift__each_statistic_is_what_its_function_says),
	    CASE(drift__limits_are_those_that_rules_compare_with),
	    CASE(heat__cells_are_nice_and_have_enough_rows),
	    CASE(heat__cells_are_narrow_where_rows_are_many_and_the_range_is_short),
	    CASE(heat__an_onset_shows_in_its_cell),
	    CASE(heat__what_is_over_is_read_once),
	    CASE(drift__a_baseline_may_be_another_stretch),
	    CASE(drift__without_a_reference_there_is_still_last_week),
	    CASE(feature__bins_are_deciles_and_what_is_outside),
	    CASE(feature__categories_are_named_when_they_come_and_go),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
