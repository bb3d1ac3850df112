/*
 * test_ui_drift_pages.c -- the pages Drift, Feature and Models as they were drawn on paper before there was any code: the figures of that
 * drawing go in by hand, its lines have to come out to the column. Where a line differs from the drawing the comment says why.
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/keys.h"
#include "../../ui/screen.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"

#define NOW   INT64_C(1795144462000) /* 2026-11-20T03:14:22Z */
#define CELLS 30

struct made {
	struct snapshot snap;
	struct view_model models[3];
	struct view_alert alert;
	struct view_feature features[12];
	struct part_features part;
	struct part_heat heat;
	struct heat_row rows[12];
	double v[12][CELLS];
	bool few[12][CELLS];
	struct part_cell cell;
	struct part_feature detail;
	struct feature_bin bins[11];
	struct part_model of_model;
	struct answer answers[3];
	struct part_charts charts;
	struct screen s;
	struct buf text;
};

static const struct {
	const char *name, *statistic, *cells; /* cells as they are drawn */
	bool categorical;
	double value, psi, p, rows, missing;
	int fresh;
} features[] = {
    {"amount", "KS", "...........###################", false, 0.857, 6.60, 0, 184320, 0, 0},
    {"merchant_cat", "TVD", "...........###################", true, 0.338, 0.97, 0, 184320, 0, 14},
    {"amount_avg_7d", "KS", "...........###################", false, 0.291, 0.61, 0, 184320, 0.001, 0},
    {"tx_count_24h", "KS", "...........:::::::::::::::::::", false, 0.147, 0.14, 0, 184320, 0, 0},
    {"device_age", "KS", "::::::::::::::::::::::::::::::", false, 0.140, 0.12, 0, 182100, 0.012, 0},
    {"country", "TVD", "---------------.--------------", true, 0.061, 0.03, 0, 184320, 0, 0},
    {"email_age", "KS", "...........-.........-....--..", false, 0.044, 0.02, 0, 163100, 0.115, 0},
    {"hour", "KS", "..............................", false, 0.012, 0.00, 2e-16, 184320, 0, 0},
    {"ip_risk", "KS", "..............................", false, 0.011, 0.00, 8e-14, 184320, 0, 0},
    {"card_type", "TVD", "..............................", true, 0.009, 0.00, 2e-9, 184320, 0, 0},
    {"n_items", "KS", "..............................", false, 0.008, 0.00, 2e-7, 184320, 0, 0},
    {"channel", "TVD", "??????????????????????????????", true, 0.2, 0.1, 0.5, 212, 0, 0},
};

/* A value that is drawn as this step. */
static double
value_of_step(char step)
{
	static const char steps[] = ".-:=#";
	static const double value[] = {0.02, 0.07, 0.12, 0.2, 0.5};

	return value[strchr(steps, step != '?' ? step : '.') - steps];
}

static void
make_features(struct made *m)
{
	for (size_t i = 0; i < 12; i++) {
		const double x = features[i].value / 0.1;

		m->features[i] = (struct view_feature){
		    .name = features[i].name,
		    .categorical = features[i].categorical,
		    .few_rows =
			features[i]
				.rows<500, .statistic = features[i].statistic, .value = features[i].value, .limit = 0.1,
				      .bound = 0.0007, .pvalue = features[i].p, .psi = features[i].psi,
				      .rows = features[i].rows, .missing_share = features[i].missing,
				      .new_categories = features[i].fresh, .new_share = features[i].fresh> 0
			    ? 0.31
			    : 0,
		    .gap = {NAN, NAN, NAN},
		    .health = features[i].rows < 500 ? HEALTH_UNKNOWN
			      : x <= 1               ? HEALTH_OK
			      : x <= 2.5             ? HEALTH_WARNING
						     : HEALTH_BROKEN};
		m->rows[i] = (struct heat_row){features[i].name, m->v[i], m->few[i]};
		for (int k = 0; k < CELLS; k++) {
			m->v[i][k] = value_of_step(features[i].cells[k]);
			m->few[i][k] = features[i].cells[k] == '?';
		}
	}
	m->part = (struct part_features){.at = m->features,
					 .n = 12,
					 .window = {NOW - 15 * MS_MINUTE, NOW},
					 .against = "reference fraud-3.2.0 of 2026-10-30"};
	/* 02:16 to 03:16 in cells of two minutes */
	m->heat = (struct part_heat){.span = {NOW - 22000 - 58 * MS_MINUTE, NOW - 22000 + 2 * MS_MINUTE},
				     .width_ms = 2 * MS_MINUTE,
				     .n_cells = CELLS,
				     .at = m->rows,
				     .n = 12};
}

static void
make_cell(struct made *m)
{
	m->cell = (struct part_cell){.feature = "amount",
				     .span = {NOW - 22000 - 14 * MS_MINUTE, NOW - 22000 - 12 * MS_MINUTE},
				     .numbers = m->features[0],
				     .week_ago = 0.021,
				     .first_over_ms = NOW - 22000 - 38 * MS_MINUTE,
				     .last_below_ms = NOW - 22000 - 40 * MS_MINUTE};
	m->cell.numbers.value = 0.851;
	m->cell.numbers.rows = 35160;
	m->cell.numbers.ref_rows = 412306;
	m->cell.numbers.mean = 8402;
	m->cell.numbers.ref_mean = 84.1;
	m->cell.numbers.stddev = 13090;
	m->cell.numbers.ref_stddev = 131.7;
	m->cell.numbers.above_share = 0.218;
	m->cell.numbers.gap.at = 214;
	m->cell.numbers.gap.ref = 0.9;
	m->cell.numbers.gap.now = 0.05;
	m->cell.numbers.unit_hint = "×100: a unit change?";
}

static void
make_detail(struct made *m)
{
	static const double upper[] = {4.1, 8.0, 12.9, 19.9, 29.9, 44.0, 68.5, 109, 214, 9999, 998210},
			    psi[] = {.69, .69, .69, .69, .69, .69, .23, .19, .10, 1.93, NAN},
			    now[] = {0, 0, 0, 0, 0, 0, 0, 0.01, 0.03, 0.74, 0.22};
	static const char *const label[] = {"10", "20", "30", "40", "50", "60", "70", "80", "90", "100", "above"};
	static double curve[CHART_POINTS];

	for (int i = 0; i < 11; i++)
		m->bins[i] = (struct feature_bin){label[i], upper[i], i < 10 ? 0.1 : 0, now[i], psi[i]};
	for (int i = 0; i < CHART_POINTS; i++)
		curve[i] = i == CHART_POINTS - 1 ? 1 : i > 215 ? 0.8 * (i - 215) / 24 : 0.05 * i / 215;
	m->features[0].gap.at = 214;
	m->features[0].gap.ref = 0.9;
	m->features[0].gap.now = 0.043;
	m->features[0].unit_hint = "×100: a unit change?";
	m->features[0].ref_rows = 412306;
	m->detail = (struct part_feature){
	    .f = m->features[0],
	    .window = {NOW - 15 * MS_MINUTE, NOW},
	    .against = "reference fraud-3.2.0 of 2026-10-30",
	    .edges = 1000,
	    .wasserstein = 8326,
	    .side = {[SIDE_REFERENCE] = {"reference", 412306, 0, NAN, 84.1, 131.7, 0.5, 29.9, 214, 9999, NAN, NAN, 0},
		     [SIDE_NOW] = {"now", 184320, 0, 1106, 8410, 13170, 50, 2990, 21400, 998210, 0, 0.22, 0},
		     [SIDE_WEEK] = {"week ago", 261118, 0, 0, 83.8, 130.9, 0.5, 29.7, 213, 9871, 0, 0, 0}},
	    .bins = m->bins,
	    .n_bins = 11,
	    .curve = curve,
	    .curve_label = {"0.5", "8.0", "19.9", "44.0", "109", "9 999"},
	    .width_ms = 2 * MS_MINUTE,
	    .span = {NOW - MS_HOUR, NOW}};
}

static void
make_models(struct made *m)
{
	m->models[0] = (struct view_model){.model = "fraud",
					   .version = "3.2.0",
					   .job = "fraud",
					   .together = 1,
					   .health = HEALTH_BROKEN,
					   .state_text = "3 firing",
					   .rps = 182,
					   .rps_before = 293,
					   .rps_change = -0.38,
					   .error_share = 0.031,
					   .p50 = 0.084,
					   .p95 = 0.421,
					   .p99 = 0.655,
					   .score = 0.61,
					   .drifted = 5,
					   .features = 12,
					   .last_record_ms = NOW - 400};
	m->models[1] =
	    (struct view_model){"churn", "1.9.4", "churn", 1,     HEALTH_PENDING, "1 pending", 41, 40.2,      0.02,
				0,       0.012,   0.031,   0.058, 0.77,           1,           31, NOW - 1000};
	m->models[2] =
	    (struct view_model){"ranker-eu", "2026.11", "ranker", 1,     HEALTH_OK, "ok", 960, 950,      0.01,
				0.0002,      0.0074,    0.019,    0.044, 0.83,      0,    64,  NOW - 300};
	m->answers[0] = (struct answer){"legit", 0.880, 0.981};
	m->answers[1] = (struct answer){"fraud", 0.089, 0.019};
	m->answers[2] = (struct answer){"", 0.031, 0};
	static const char *sources[] = {"log /var/log/fraud/predictions.jsonl: 182 lines/s", "reference",
					"true labels"};
	m->of_model =
	    (struct part_model){.answers = m->answers,
				.n_answers = 3,
				.answers_against = "ref",
				.score_mean = 0.61,
				.sources = sources,
				.n_sources = 3,
				.labels = "labels 31 % joined   precision 0.71 (30d 0.84)   recall 0.66 (30d 0.69)"};
	m->charts = (struct part_charts){
	    .span = {NOW - MS_HOUR, NOW}, .latency_limit = 0.2, .latency_quantile = 0.95, .error_limit = 0.01};
}

static struct made *
make(int width, int height, enum glyphs glyphs, enum page page)
{
	struct made *m = calloc(1, sizeof *m);
	static const struct view_agent agent = {.host = "scoring-1", .version = "", .config_error = ""};

	make_features(m);
	make_cell(m);
	make_detail(m);
	make_models(m);
	m->alert = (struct view_alert){.name = "DriftShareHigh",
				       .fingerprint = "1",
				       .severity = "critical",
				       .on = "fraud",
				       .model = "fraud",
				       .feature = "",
				       .expr = "avg(drift_ks(ml_feature[15m]) > bool 0.1) > 0.3",
				       .value_expr = "",
				       .summary = "",
				       .runbook = "",
				       .state_text = "FIRING",
				       .state = VIEW_FIRING,
				       .health = HEALTH_BROKEN,
				       .fired_ms = NOW - 28 * MS_MINUTE};
	m->snap = (struct snapshot){.t = NOW,
				    .from = NOW - MS_HOUR,
				    .clock = NOW,
				    .live = true,
				    .model = "fraud",
				    .version = "3.2.0",
				    .feature = "amount",
				    .features = &m->part,
				    .heat = &m->heat,
				    .cell = &m->cell,
				    .detail = &m->detail,
				    .of_model = &m->of_model,
				    .charts = &m->charts,
				    .has_models = true};
	m->snap.o.agent = agent;
	m->snap.o.models = m->models;
	m->snap.o.n_models = 3;
	m->snap.o.models_window_ms = 5 * MS_MINUTE;
	m->snap.o.alerts = &m->alert;
	m->snap.o.n_alerts = 1;
	m->snap.o.state_ms = NOW;
	screen_open(&m->s, grid_open(width, height, glyphs));
	m->s.set.utc = true;
	m->s.now = NOW;
	m->s.page = page;
	screen_take(&m->s, &m->snap);
	return m;
}

static void
release(struct made *m)
{
	struct grid *g = m->s.grid;

	screen_close(&m->s);
	grid_close(g);
	buf_release(&m->text);
	free(m);
}

static const char *
row(struct made *m, int y)
{
	buf_reset(&m->text);
	grid_row_text(m->s.grid, y, &m->text);
	return buf_str(&m->text);
}

/* Is the line on the screen? */
static void
shows(struct made *m, const char *line)
{
	for (int y = 0; y < m->s.grid->h; y++)
		if (strcmp(row(m, y), line) == 0)
			return;
	for (int y = 0; y < m->s.grid->h; y++)
		print_message("%s\n", row(m, y));
	fail_msg("not there: %s", line);
}

static void
shows_all(struct made *m, const char *const *lines)
{
	screen_draw(&m->s);
	for (; *lines != NULL; lines++)
		shows(m, *lines);
	release(m);
}

/* ---- Drift ---- */

static void
drift__what_was_chosen_holds_on_its_own_pages_only(void **state)
{
	struct made *m = make(120, 36, GLYPHS_BRAILLE, PAGE_DRIFT);
	struct request q;

	(void)state;
	m->s.statistic = STATISTIC_PSI;
	m->s.baseline = BASELINE_WEEK;
	m->s.drift_window_ms = MS_HOUR;
	for (int i = 0; i < 2; i++) {
		m->s.page = i == 0 ? PAGE_DRIFT : PAGE_FEATURE;
		screen_request(&m->s, &q);
		assert_int_equal(q.statistic, STATISTIC_PSI);
		assert_int_equal(q.baseline, BASELINE_WEEK);
		assert_int_equal(q.drift_window_ms, MS_HOUR);
	}
	m->s.page = PAGE_OVERVIEW;
	screen_request(&m->s, &q);
	assert_int_equal(q.statistic, STATISTIC_KS);
	assert_int_equal(q.baseline, BASELINE_REFERENCE);
	assert_int_equal(q.drift_window_ms, 0); /* what it is to the rules */
	release(m);
}

/* w goes through the lengths of NOW; that of the rules stands among the others and is followed when one comes back to it. */
static void
drift__the_window_of_the_rules_is_one_of_those_to_choose(void **state)
{
	static const int minutes[] = {60, 360, 1440, 1, 5, 15, 0 /* the rules': 30 */, 60};
	struct made *m = make(120, 36, GLYPHS_BRAILLE, PAGE_DRIFT);
	struct part_features f = {.window = {0, 30 * MS_MINUTE}};

	(void)state;
	m->snap.features = &f;
	for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
		act_window(&m->s, "w");
		assert_int_equal(m->s.drift_window_ms, minutes[i] * MS_MINUTE);
	}
	release(m);
}

static void
drift__is_drawn_to_the_column_at_120(void **state)
{
	/* NEW VALUES says their share too, which is a signal of its own; the times are where their cells begin */
	static const char *const lines[] = {
	    "┌ Drift of fraud 3.2.0 ────────────────────────────────────────────────────────────── 5 of 12 features "
	    "over the limit ─┐",
	    "│ KS (numbers) and TVD (categories), limit 0.100   NOW is the last 15m   against reference fraud-3.2.0 of "
	    "2026-10-30   │",
	    "┌ features by time ────────────────────────────────────────────────────────────────────────────────────── "
	    "worst first ─┐",
	    "│    FEATURE         02:16  02:30  02:44      03:14  STAT    NOW     ×   PSI       P   ROWS  MISSING  NEW "
	    "VALUES       │",
	    "│▸✗  amount          ···········███████████████████  KS    0.857  8.6×  6.60  <1e-99   184k    0.0 %      "
	    "             │",
	    "│ ✗  merchant_cat    ···········███████████████████  TVD   0.338  3.4×  0.97  <1e-99   184k    0.0 %  14, "
	    "31.0 %       │",
	    "│ ✗  amount_avg_7d   ···········███████████████████  KS    0.291  2.9×  0.61  <1e-99   184k    0.1 %      "
	    "             │",
	    "│ ▲  tx_count_24h    ···········▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  KS    0.147  1.5×  0.14  <1e-99   184k    0.0 %      "
	    "             │",
	    "│ ▲  device_age      ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  KS    0.140  1.4×  0.12  <1e-99   182k    1.2 %      "
	    "             │",
	    "│ ✓  country         ░░░░░░░░░░░░░░░·░░░░░░░░░░░░░░  TVD   0.061  0.6×  0.03  <1e-99   184k    0.0 %      "
	    "             │",
	    "│ ✓  email_age       ···········░·········░····░░··  KS    0.044  0.4×  0.02  <1e-99   163k   11.5 %      "
	    "             │",
	    "│ ✓  hour            ······························  KS    0.012  0.1×  0.00   2e-16   184k    0.0 %      "
	    "             │",
	    "│ ✓  card_type       ······························  TVD   0.009  0.1×  0.00    2e-9   184k    0.0 %      "
	    "             │",
	    "│ ?  channel         ??????????????????????????????  TVD     few           ?            212    0.0 %      "
	    "             │",
	    "│ cell / limit   · below 0.5   ░ to 1   ▒ to 1.5   ▓ to 2.5   █ more   ? fewer than 500 rows   blank: no "
	    "data          │",
	    "│ ✗ KS 0.851 (error < 0.001)   8.5× the limit   p < 1e-300   largest gap at 214: reference 90 % below it, "
	    "now 5 %      │",
	    "│ rows               35 160     reference 412 306                                                         "
	    "             │",
	    "│ mean               8 402      reference 84.1   ×100: a unit change?                                     "
	    "             │",
	    "│ standard deviation 13 090     reference 132                                                             "
	    "             │",
	    "│ missing            0.0 %      reference 0.0 %                                                           "
	    "             │",
	    "│ above the reference maximum 21.8 %   below its minimum 0.0 %                                            "
	    "             │",
	    "│ first cell over the limit 02:36    last one below 02:34    same time a week ago KS 0.021                "
	    "             │",
	    "│ alerts: DriftShareHigh firing 28m (acknowledged by nobody)                                              "
	    "             │",
	    " h/l time cursor   j/k feature   Enter distribution   b baseline   w window   v KS, PSI, JS, Wasserstein",
	    NULL};

	(void)state;
	shows_all(make(120, 36, GLYPHS_BRAILLE, PAGE_DRIFT), lines);
}

static void
drift__is_drawn_to_the_column_at_80(void **state)
{
	static const char *const lines[] = {
	    "─ Drift of fraud 3.2.0: limit 0.100, NOW is the last 15m ───────────── 5 of 12 ─",
	    "   FEATURE       02:16  02:30  02:44      03:14 STAT   NOW    × ROWS MISS %",
	    "▸✗ amount        ···········███████████████████ KS   0.857 8.6× 184k    0.0",
	    " ✗ merchant_cat  ···········███████████████████ TVD  0.338 3.4× 184k    0.0",
	    " ▲ tx_count_24h  ···········▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ KS   0.147 1.5× 184k    0.0",
	    " ✓ email_age     ···········░·········░····░░·· KS   0.044 0.4× 163k   11.5",
	    " ? channel       ?????????????????????????????? TVD    few       212    0.0",
	    " cell/limit · <0.5  ░ <1  ▒ <1.5  ▓ <2.5  █ more  ? too few rows",
	    " KS 0.851 (error < 0.001)   8.5× the limit   p < 1e-300   35 160 rows",
	    " largest gap at 214: the reference has 90 % below it, now 5 %",
	    " mean 8 402 (84.1, ×100: a unit change?)   sd 13 090 (132)   missing 0.0 %",
	    " above the reference maximum 21.8 %   first over the limit 02:36",
	    "h/l time  j/k feature  Enter distribution  b baseline  v statistic",
	    NULL};

	(void)state;
	shows_all(make(80, 24, GLYPHS_BRAILLE, PAGE_DRIFT), lines);
}

static void
drift__is_drawn_in_ascii(void **state)
{
	static const char *const lines[] = {
	    "- Drift of fraud 3.2.0: limit 0.100, NOW is the last 15m ------------- 5 of 12 -",
	    ">X amount        ...........################### KS   0.857 8.6x 184k    0.0",
	    " ! tx_count_24h  ...........::::::::::::::::::: KS   0.147 1.5x 184k    0.0",
	    " ! device_age    :::::::::::::::::::::::::::::: KS   0.140 1.4x 182k    1.2",
	    " + country       ---------------.-------------- TVD  0.061 0.6x 184k    0.0",
	    " cell/limit . <0.5  - <1  : <1.5  = <2.5  # more  ? too few rows",
	    " mean 8 402 (84.1, x100: a unit change?)   sd 13 090 (132)   missing 0.0 %",
	    NULL};

	(void)state;
	shows_all(make(80, 24, GLYPHS_ASCII, PAGE_DRIFT), lines);
}

/* Under the map at 120 columns, at the end of the legend where the list leaves no row for it at 80. */
static void
drift__the_cursor_is_under_its_cell(void **state)
{
	struct made *m = make(120, 36, GLYPHS_BRAILLE, PAGE_DRIFT);

	(void)state;
	m->s.cursor_ms = m->cell.span.from; /* 03:00: the 23rd cell after the first of 02:16 */
	screen_draw(&m->s);
	shows(m, "│                                          ^ 03:00                                                   "
		 "                  │");
	shows(m, "┌ amount, 03:00 to 03:02 "
		 "──────────────────────────────────────────────────────────────────────────────────────────────┐");
	release(m);
	m = make(80, 24, GLYPHS_BRAILLE, PAGE_DRIFT);
	m->s.cursor_ms = m->cell.span.from;
	screen_draw(&m->s);
	shows(m, " cell/limit · <0.5  ░ <1  ▒ <1.5  ▓ <2.5  █ more  ? too few rows      ^ 03:00");
	shows(m, "─ amount, 03:00 to 03:02 ───────────────────────────────────────────────────────");
	release(m);
}

/* ---- Feature ---- */

static void
feature__is_drawn_to_the_column_at_120(void **state)
{
	static const char *const lines[] = {
	    "┌ fraud 3.2.0: amount (numeric) "
	    "───────────────────────────────────────────────────────────────────────────── 1 of 12 ─┐",
	    "│ window 02:59 to 03:14 (184 320 rows)   against reference fraud-3.2.0 of 2026-10-30 (412 306 rows, 1000 "
	    "edges)        │",
	    "│ ✗ KS 0.857 (error < 0.001)   limit 0.100   8.6×   p < 1e-300   PSI 6.60   Wasserstein 8 326   mean "
	    "×100: unit change?│",
	    "┌ share of rows per reference decile ──── ▒ reference   █ now ─┐┌ cumulative share ───────── largest gap "
	    "0.857 at 214 ─┐",
	    "│               ROWS  MISSING  INVALID    MEAN      SD   MIN    P50     P90      MAX  BELOW MIN  ABOVE "
	    "MAX             │",
	    "│ reference  412 306    0.0 %        -    84.1     132  0.50   29.9     214    9 999          -          "
	    "-             │",
	    "│ now        184 320    0.0 %    1 106   8 410  13 170    50  2 990  21 400  998 210      0.0 %     22.0 "
	    "%             │",
	    "│ week ago   261 118    0.0 %        0    83.8     131  0.50   29.7     213    9 871      0.0 %      0.0 "
	    "%             │",
	    " Esc back   j/k next feature   b baseline: reference / last week / previous window   [ ] move the window  "
	    " y copy",
	    NULL};
	struct made *m = make(120, 36, GLYPHS_BRAILLE, PAGE_FEATURE);

	(void)state;
	screen_draw(&m->s);
	for (int y = 7; y < 24; y++) { /* the left half of the drawing's rows, bars to their tops */
		static const char *const left[] = {"│  74 %                                                ██      ││",
						   "│  37 %                                                ██      ││",
						   "│   0 % ▒▒   ▒▒   ▒▒   ▒▒   ▒▒   ▒▒   ▒▒   ▒▒▁▁ ▒▒▃▃ ▒▒██   ██ ││",
						   "│    %   10   20   30   40   50   60   70   80   90  100 above ││",
						   "│  max  4.1  8.0 12.9 19.9 29.9 44.0 68.5  109  214 9999  998k ││",
						   "│  PSI  .69  .69  .69  .69  .69  .69  .23  .19  .10 1.93     - ││"};
		static size_t found;

		if (y == 7)
			found = 0;
		if (found < 6 && strncmp(row(m, y), left[found], strlen(left[found])) == 0)
			found++;
		if (y == 23 && found < 6)
			fail_msg("not there: %s", left[found]);
	}
	release(m);
	shows_all(make(120, 36, GLYPHS_BRAILLE, PAGE_FEATURE), lines);
}

static void
feature__is_drawn_to_the_column_at_80(void **state)
{
	static const char *const lines[] = {
	    "─ fraud 3.2.0: amount (numeric) ────────────────────────────────────── 1 of 12 ─",
	    " 02:59 to 03:14, 184 320 rows  against fraud-3.2.0 of 2026-10-30, 412 306 rows",
	    " ✗ KS 0.857 (error < 0.001) 8.6× limit  PSI 6.60  mean ×100: a unit change?",
	    "─ share of rows per reference decile ────────────────────── ▒ reference  █ now ─",
	    "    %    10    20    30    40    50    60    70    80    90   100  above",
	    "  max   4.1   8.0  12.9  19.9  29.9  44.0  68.5   109   214  9999   998k",
	    "             ROWS  MISSING    MEAN      SD     MIN     P50     P90      MAX",
	    " reference 412306    0.0 %    84.1     132    0.50    29.9     214    9 999",
	    " now       184320    0.0 %   8 410  13 170      50   2 990  21 400  998 210",
	    "Esc back  j/k next feature  b baseline  [ ] move window  y copy",
	    NULL};

	(void)state;
	shows_all(make(80, 24, GLYPHS_BRAILLE, PAGE_FEATURE), lines);
}

/* ---- Models ---- */

static void
models__are_drawn_to_the_column_at_120(void **state)
{
	static const char *const lines[] = {
	    "┌ Models: 3 ────────────────────────────────────────────────────────────────────────────────── last 5m, "
	    "latency in ms ─┐",
	    "│    MODEL             VERSION    STATE        REQ/S  1d AGO   ERR %   P50   P95   P99  SCORE  DRIFTED  "
	    "LAST RECORD    │",
	    "│▸✗  fraud             3.2.0      3 firing       182   -38 %    3.10    84   421   655   0.61     5/12    "
	    "      <1s    │",
	    "│ ◔  churn             1.9.4      1 pending       41    +2 %    0.00    12    31    58   0.77     1/31    "
	    "       1s    │",
	    "┌ fraud: where its numbers come from "
	    "──────────────────────────────────────────────────────────────────────────────────┐",
	    " j/k model   Enter drift of it   v versions apart   b against a day or a week ago   [ ] time   z zoom "
	    "pane",
	    "┌ latency, ms ─── p50 84  p95 421  p99 655  limit p95 200 ─┐┌ requests/s ───────────────────────── 182, a "
	    "day ago "
	    "293 ─┐",
	    NULL};

	(void)state;
	shows_all(make(120, 36, GLYPHS_BRAILLE, PAGE_MODELS), lines);
}

static void
models__are_drawn_to_the_column_at_80(void **state)
{
	static const char *const lines[] = {
	    "─ Models: 3 ────────────────────────────────────────────────────────── last 5m ─",
	    "   MODEL     VERSION  STATE     REQ/S 1d AGO ERR %  P50  P95  P99 DRIFTED",
	    "▸✗ fraud     3.2.0    3 firing    182  -38 %  3.10   84  421  655    5/12",
	    " ◔ churn     1.9.4    1 pending    41   +2 %  0.00   12   31   58    1/31",
	    "─ requests/s ────── 182, a day ago 293 ── errors, % ────────────── 3.1 limit 1 ─",
	    "legit 88.0 % (ref 98.1)   fraud 8.9 % (ref 1.9)   failed 3.1 %   score 0.61",
	    "labels 31 % joined   precision 0.71 (30d 0.84)   recall 0.66 (30d 0.69)",
	    "j/k model  Enter drift  v versions  b against a day ago  [ ] time  z zoom pane",
	    NULL};

	(void)state;
	shows_all(make(80, 24, GLYPHS_BRAILLE, PAGE_MODELS), lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(drift__what_was_chosen_holds_on_its_own_pages_only),
	    cmocka_unit_test(drift__the_window_of_the_rules_is_one_of_those_to_choose),
	    cmocka_unit_test(drift__is_drawn_to_the_column_at_120),
	    cmocka_unit_test(drift__is_drawn_to_the_column_at_80),
	    cmocka_unit_test(drift__is_drawn_in_ascii),
	    cmocka_unit_test(drift__the_cursor_is_under_its_cell),
	    cmocka_unit_test(feature__is_drawn_to_the_column_at_120),
	    cmocka_unit_test(feature__is_drawn_to_the_column_at_80),
	    cmocka_unit_test(models__are_drawn_to_the_column_at_120),
	    cmocka_unit_test(models__are_drawn_to_the_column_at_80),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
