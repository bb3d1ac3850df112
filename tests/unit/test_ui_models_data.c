/*
 * test_ui_models_data.c -- what the page Models is made of, from lines to figures that follow by counting; each also as PromQL has it.
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

#define NOW INT64_C(1795144440000) /* 2026-11-20T03:14:00Z */

/* One record every step; each fourth says "fraud" with a score of 0.85, the others "legit" with 0.25; each tenth fails. */
static void
rows(struct world *w, const char *version, int64_t from, int64_t to, int64_t step)
{
	int i = 0;

	for (int64_t t = from; t < to; t += step, i++)
		world_line(w, t, "fraud", version, "\"l\":0.02,\"s\":%d,\"p\":\"%s\",\"c\":%s,\"f\":{}",
			   i % 10 == 0 ? 500 : 200, i % 4 == 1 ? "fraud" : "legit", i % 4 == 1 ? "0.85" : "0.25");
}

static int
set_up(void **state)
{
	*state = world_open(NOW);
	return 0;
}

static int
tear_down(void **state)
{
	world_close(*state);
	return 0;
}

static void
near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want))))
		fail_msg("%.12g, expected %.12g", got, want);
}

static const struct view_model *
model(const struct snapshot *n, size_t i)
{
	assert_true(i < n->o.n_models);
	return &n->o.models[i];
}

/* A day ago only windows of a minute are left, a week ago of ten: asked at the end of one, or what is open would count in full. */
static void
models__traffic_is_compared_with_whole_windows(void **state)
{
	struct world *w = *state;
	const struct view_model *m;

	w->now = NOW + 22000; /* in the middle of a minute, and of ten seconds */
	rows(w, "1", NOW - 7 * MS_DAY - 30 * MS_MINUTE, NOW - 7 * MS_DAY + 10 * MS_MINUTE, 250);
	rows(w, "1", NOW - MS_DAY - 10 * MS_MINUTE, NOW - MS_DAY + 5 * MS_MINUTE, 500);
	rows(w, "1", NOW - MS_HOUR, NOW + 22000, 1000);
	world_commit(w);
	world_screen(w, PAGE_MODELS, 120, 36);
	m = model(world_read(w), 0);
	/* 31 windows, the one that is open not yet over: 302 of 300 s */
	near(m->rps, 302 / 300.0);
	near(m->rps, world_query(w, w->now, "sum(rate(ml_predictions_total[5m]))"));
	near(m->rps_before, 2);
	near(m->rps_before, world_query(w, NOW - MS_DAY, "sum(rate(ml_predictions_total[5m]))"));
	near(m->rps_change, 302 / 600.0 - 1);
	screen_key(&w->screen, "b");
	m = model(world_read(w), 0);
	near(m->rps_before, 4);
	near(m->rps_before, world_query(w, NOW - 7 * MS_DAY - 4 * MS_MINUTE, "sum(rate(ml_predictions_total[10m]))"));
	near(w->snap->charts->rps_before.last, 4);
	/* and so is what is looked at of that time */
	w->screen.end_ms = NOW - 7 * MS_DAY + 3 * MS_MINUTE;
	m = model(world_read(w), 0);
	near(m->rps, 4);
	near(w->snap->charts->rps.last, 4);
	assert_int_equal(w->snap->o.models_window_ms, 10 * MS_MINUTE);
}

static void
models__versions_are_together_or_apart(void **state)
{
	struct world *w = *state;
	const struct snapshot *n;

	rows(w, "3.2.0", NOW - MS_HOUR, NOW, 1000);
	rows(w, "3.3.0", NOW - MS_HOUR, NOW, 4000);
	world_commit(w);
	world_screen(w, PAGE_MODELS, 120, 36);
	n = world_read(w);
	assert_int_equal(n->o.n_models, 1);
	assert_string_equal(model(n, 0)->version, "3.2.0"); /* most of its traffic */
	assert_int_equal(model(n, 0)->together, 2);
	near(model(n, 0)->rps, 1.25);
	near(n->charts->rps.last, 1.25);
	/* of both versions together: 300 lines of which 30 fail and 75 say fraud, and the last 75 of the other's 900, of which 7 and 19 do */
	near(n->of_model->answers[0].share, (195 + 49) / 375.0);
	screen_key(&w->screen, "v");
	n = world_read(w);
	assert_int_equal(n->o.n_models, 2);
	assert_string_equal(model(n, 0)->version, "3.3.0");
	near(model(n, 0)->rps, 0.25);
	near(model(n, 1)->rps, 1);
	screen_key(&w->screen, "j");
	n = world_read(w);
	assert_string_equal(n->version, "3.2.0");
	near(n->charts->rps.last, 1);
	screen_key(&w->screen, "v"); /* the model stays chosen */
	n = world_read(w);
	assert_int_equal(n->o.n_models, 1);
	assert_string_equal(n->model, "fraud");
	near(n->charts->rps.last, 1.25);
}

/* 300 records of five minutes: 30 failed. i % 20 == 1, 5, ... are fraud and never fail: 75; the rest is legit. */
static void
models__answers_and_scores_against_a_reference(void **state)
{
	static const struct category_count answers[] = {{"fraud", 20}, {"legit", 960}};
	struct world *w = *state;
	const struct reference_head head = {"fraud", "1", "2026-10-30", 1000};
	struct reference *r = reference_open(&head);
	const struct reference_feature answer = {
	    .name = "answer", .categorical = true, .rows = 1000, .missing = 20, .categories = {answers, 2}};
	const struct part_model *m;
	double v[1000];

	for (int i = 0; i < 1000; i++)
		v[i] = i < 900 ? 0.15 : 0.95;
	world_numeric(w, r, "p", v, 1000);
	reference_set_output(r, REFERENCE_SCORE, reference_feature_at(r, 0));
	reference_set_output(r, REFERENCE_PREDICTION, &answer);
	world_reference(w, r);
	rows(w, "1", NOW - MS_HOUR, NOW, 1000);
	world_commit(w);
	world_screen(w, PAGE_MODELS, 120, 36);
	m = world_read(w)->of_model;
	assert_int_equal(m->n_answers, 3);
	assert_string_equal(m->answers_against, "ref");
	assert_string_equal(m->answers[0].name, "legit");
	near(m->answers[0].share, 195 / 300.0);
	near(m->answers[0].other, 0.96);
	near(m->answers[1].share, 75 / 300.0);
	near(m->answers[1].other, 0.02);
	assert_string_equal(m->answers[2].name, ""); /* failed: what has no answer in the reference */
	near(m->answers[2].share, 0.1);
	near(m->answers[2].other, 0.02);
	assert_string_equal(m->score_against, "ref");
	near(m->score_mean, world_query(w, NOW, "histogram_avg(sum(increase(ml_score[5m])))"));
	near(m->score_mean, 0.75 * 0.25 + 0.25 * 0.85);
	near(m->score_other_mean, 0.9 * 0.15 + 0.1 * 0.95);
	for (int i = 0; i < SCORE_BINS; i++) {
		near(m->score[i], i == 2 ? 0.75 : i == 8 ? 0.25 : 0);
		near(m->score_other[i], i == 1 ? 0.9 : i == 9 ? 0.1 : 0);
	}
}

static void
models__answers_against_a_day_ago_without_one(void **state)
{
	struct world *w = *state;
	const struct part_model *m;

	for (int i = 0; i < 600; i++)
		world_line(w, NOW - MS_DAY - 600000 + i * 1000, "fraud", "1",
			   "\"s\":200,\"p\":\"legit\",\"c\":0.25,\"f\":{}");
	rows(w, "1", NOW - MS_HOUR, NOW, 1000);
	world_commit(w);
	world_screen(w, PAGE_MODELS, 120, 36);
	m = world_read(w)->of_model;
	assert_string_equal(m->answers_against, "1d ago");
	near(m->answers[0].other, 1);
	near(m->answers[1].other, 0);
	assert_string_equal(m->score_against, "1d ago");
	near(m->score_other_mean, 0.25);
	screen_key(&w->screen, "b"); /* a week ago there was nothing */
	m = world_read(w)->of_model;
	assert_null(m->answers_against);
	assert_null(m->score_against);
}

/* Somebody joins true labels: ten days ago 8 of 10 that were called fraud were, 2 of 10 were missed; today 3 of 6, and 3 of 5. */
static void
outcome(struct world *w, int64_t t, const char *predicted, const char *actual, double n)
{
	const struct label at[] = {{METRIC_NAME, "ml_outcomes_total"},
				   {"model", "fraud"},
				   {"version", "1"},
				   {"predicted", predicted},
				   {"actual", actual}};
	struct err e = ERR_INIT;
	const struct store_sample sample = {.labels = labels_make(w->mem, at, 5), .t = t, .v = n};

	world_must(store_put_sample(w->store, &sample, &e), &e);
}

static void
models__true_labels_where_there_are_any(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;

	rows(w, "1", NOW - MS_HOUR, NOW, 1000);
	world_commit(w);
	world_screen(w, PAGE_MODELS, 120, 36);
	assert_string_equal(world_read(w)->of_model->labels, "labels: none joined");
	world_must(store_begin(w->store, &e), &e);
	for (int i = 0; i < 4; i++) { /* counters: before, ten days ago, today's begin, now */
		static const double hit[] = {0, 8, 8, 11}, wrong[] = {0, 2, 2, 5}, missed[] = {0, 2, 2, 4},
				    right[] = {0, 88, 88, 110};
		const int64_t t = NOW -
				  (i == 0   ? 11
				   : i == 1 ? 10
				   : i == 2 ? 1
					    : 0) *
				      MS_DAY +
				  (i == 2 ? MS_MINUTE : 0);

		outcome(w, t, "fraud", "fraud", hit[i]);
		outcome(w, t, "fraud", "legit", wrong[i]);
		outcome(w, t, "legit", "fraud", missed[i]);
		outcome(w, t, "legit", "legit", right[i]);
	}
	world_must(store_commit(w->store, NOW, &e), &e);
	/* what increase() makes of sparse counters is PromQL's business: the ratios are what it says */
	const double hit = world_query(w, NOW,
				       "sum(increase(ml_outcomes_total{predicted=\"fraud\",actual=\"fraud\"}[1d]))"),
		     said = world_query(w, NOW, "sum(increase(ml_outcomes_total{predicted=\"fraud\"}[1d]))"),
		     is = world_query(w, NOW, "sum(increase(ml_outcomes_total{actual=\"fraud\"}[1d]))");
	char want[160];

	near(hit / said, 0.5);
	near(hit / is, 0.6);
	snprintf(want, sizeof want, "   precision %.2f (30d %.2f)   recall %.2f (30d %.2f)", 0.5, 11 / 16.0, 0.6,
		 11 / 15.0);
	assert_non_null(strstr(world_read(w)->of_model->labels, want));
	assert_non_null(strstr(w->snap->of_model->sources[w->snap->of_model->n_sources - 1], "of 'fraud' in 1d:"));
}

/* One model of two logs is two rows, and what is shown of a row is of its log alone. */
static void
models__of_two_jobs_are_apart(void **state)
{
	struct world *w = *state;

	rows(w, "3.2.0", NOW - 10 * MS_MINUTE, NOW, 1000);
	world_commit(w);
	w->job = "shadow";
	rows(w, "3.2.0", NOW - 10 * MS_MINUTE, NOW, 4000);
	world_commit(w);
	world_screen(w, PAGE_MODELS, 120, 36);
	world_read(w);
	assert_int_equal(w->snap->o.n_models, 2);
	for (int i = 0; i < 2; i++) {
		const struct view_model *m = selected_model(&w->screen);
		const bool shadow = strcmp(m->job, "shadow") == 0;

		assert_string_equal(w->snap->job, m->job);
		near(m->rps, shadow ? 0.25 : 1);
		near(w->snap->charts->rps.last, shadow ? 0.25 : 1);
		screen_key(&w->screen, i == 0 ? "j" : "k");
		world_read(w);
		assert_string_not_equal(w->snap->job, shadow ? "shadow" : "scoring");
	}
}

/* Ours is not one model's name with a quote in it more than another: it is one string of PromQL. */
static void
models__a_name_with_quotes_breaks_no_query(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 600; i++)
		world_line(w, NOW - 600000 + i * 1000, "a\\\"b\\\\c{", "}1",
			   "\"s\":200,\"p\":\"x\",\"c\":0.5,\"f\":{\"x\":1}");
	world_commit(w);
	for (enum page p = PAGE_MODELS; p <= PAGE_DRIFT; p++) {
		world_screen(w, p, 120, 36);
		world_read(w); /* fails on trouble */
	}
	w->screen.baseline = BASELINE_PREVIOUS;
	world_screen(w, PAGE_FEATURE, 120, 36);
	near(world_read(w)->features->at[0].rows, 600);
	assert_string_equal(w->snap->model, "a\"b\\c{");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	    CASE(models__traffic_is_compared_with_whole_windows), CASE(models__versions_are_together_or_apart),
	    CASE(models__answers_and_scores_against_a_reference), CASE(models__answers_against_a_day_ago_without_one),
	    CASE(models__true_labels_where_there_are_any),        CASE(models__of_two_jobs_are_apart),
	    CASE(models__a_name_with_quotes_breaks_no_query),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
