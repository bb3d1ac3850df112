/*
 * test_ui_alerts.c -- the pages Alerts and one alert, and the Overview's alerts: rows as the dashboard's drawings have them, from snapshots made
 * by hand. Sparks and charts are left out of the comparison: their values are not in the drawings.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../ui_made.h"
#include "mlwatch/clock.h"
#include "mlwatch/labels.h"

static void
expect_row(struct made *m, int y, const char *want)
{
	assert_string_equal(made_row(m, y), want);
}

/* ---- active ---- */

static void
ui_alerts__the_list_is_as_drawn(void **state)
{
	/* the drawing's rows without the 16 cells of LAST HOUR */
	static const char *const wide_rows[] = {"│    SEV   SINCE  ALERT            ON                        NOW     "
						"LIMIT     ×  LAST HOUR         STATE          "
						"    │",
						"│▸✗  crit    28m  DriftShareHigh   fraud                    42 %    > "
						"30 %  1.4×                    FIRING         "
						"    │",
						"│ ✗  crit     8m  ErrorRateHigh    fraud                   3.1 %     "
						"> 1 %  3.1×                    FIRING, ack ana"
						"    │",
						"│ ▲  warn    21m  LatencyP95High   fraud                  421 ms  > "
						"200 ms  2.1×                    FIRING         "
						"    │",
						"│ ◔  warn     2m  FeatureDrift     churn tenure_months  KS 0.121   > "
						"0.100  1.2×                    pending 2m/5m  "
						"    │",
						"│ z  warn     3h  FeatureDrift     fraud device_age     KS 0.140   > "
						"0.100  1.4×                    silenced 41m "
						"more  │"};
	static const char *const narrow_rows[] = {
	    "   SEV  AGE ALERT          ON                   NOW    LIMIT STATE",
	    "▸✗ crit 28m DriftShareHigh fraud               42 %   > 30 % FIRING",
	    " ✗ crit  8m ErrorRateHigh  fraud              3.1 %    > 1 % FIRING, ack ana",
	    " ▲ warn 21m LatencyP95High fraud             421 ms > 200 ms FIRING",
	    " ◔ warn  2m FeatureDrift   churn tenure_m… KS 0.121  > 0.100 pending 2m/5m"};
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);

	(void)state;
	m->snap.rules = &m->rules;
	m->rules.all_rules = 11;
	made_keys(m, "2");
	assert_non_null(strstr(made_row(m, 2), "┌ Active: 4 of 11 rules, 1 silenced ─"));
	assert_non_null(strstr(made_row(m, 2), "─ filter: none ─┐"));
	for (int i = 0; i < 6; i++)
		expect_row(m, 3 + i, wide_rows[i]);
	grid_resize(m->screen.grid, 80, 24);
	screen_draw(&m->screen);
	expect_row(m, 2, "─ Active: 4 of 11 rules, 1 silenced ───────────────────────────── filter: none ─");
	for (int i = 0; i < 5; i++)
		expect_row(m, 3 + i, narrow_rows[i]);
	made_close(m);
}

/* "TVD 0.6…" cannot be read: where a column is too narrow for three decimals there are two. */
static void
ui_alerts__a_value_too_wide_has_fewer_decimals(void **state)
{
	struct made *m = made_open(80, 24, GLYPHS_BRAILLE);

	(void)state;
	m->snap.o.alerts[3].value = (struct quantity){0.121, UNIT_STATISTIC, "TVD"};
	made_keys(m, "2");
	expect_row(m, 7, " ◔ warn  2m FeatureDrift   churn tenure_m… TVD 0.12  > 0.100 pending 2m/5m");
	made_close(m);
}

static void
ui_alerts__the_overview_says_when_it_may_have_begun(void **state)
{
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);

	(void)state;
	m->snap.o.likely_start_ms = AT(2, 36, 10);
	m->snap.o.likely_changes = 2;
	m->snap.o.likely_kind = "feature";
	m->snap.o.likely_model = "fraud";
	screen_draw(&m->screen);
	assert_non_null(strstr(made_row(m, 2), "┌ Alerts: 4 active, 1 silenced ─"));
	expect_row(
	    m, 9,
	    "│ likely start 02:36, 2 feature changes on fraud    do: https://runbooks.example.com/drift-share   o "
	    "open  u copy      │");
	/* the alert under the cursor has another runbook; where it may have begun stays */
	made_keys(m, "j");
	expect_row(m, 9,
		   "│ likely start 02:36, 2 feature changes on fraud                                                   "
		   "                    │");
	made_keys(m, "k");
	grid_resize(m->screen.grid, 80, 24);
	screen_draw(&m->screen);
	expect_row(m, 8, "  likely start 02:36, 2 changes   https://runbooks.example.com/drift-share");
	made_close(m);
}

/* ---- below them ---- */

static struct view_rule
rule(const char *name, const char *group, struct quantity worst, struct quantity limit, const char *op, double ratio,
     int series, int seconds_ago, double took, const char *where)
{
	return (struct view_rule){.name = name,
				  .group = group,
				  .worst = worst,
				  .limit = limit,
				  .limit_op = op,
				  .ratio = ratio,
				  .series = series,
				  .evaluated_ms = MADE_NOW - seconds_ago * 1000,
				  .took = took,
				  .where = where,
				  .error = "",
				  .expr = "x",
				  .value_expr = "x"};
}

static void
fill_lists(struct made *m, struct view_rule r[5], struct view_silence s[2], struct view_alert done[2])
{
	const struct quantity none = {NAN, UNIT_PLAIN, NULL};

	r[0] = rule("LabelsMissing", "quality", none, none, NULL, NAN, 0, 12, 0, "rules/q.yml:9");
	r[0].error = "unknown function 'histogram_quantil'";
	r[1] = rule("ConfidenceLow", "fraud-drift", (struct quantity){0.61, UNIT_PLAIN, NULL},
		    (struct quantity){0.70, UNIT_PLAIN, NULL}, "<", 0.9, 3, 4, 0.0019, "rules/fraud.yml:52");
	r[2] = rule("TargetSlow", "fraud-serving", (struct quantity){1.8, UNIT_SECONDS, NULL},
		    (struct quantity){2, UNIT_SECONDS, NULL}, ">", 0.9, 5, 1, 0.0004, "rules/fraud.yml:31");
	r[3] = rule("NoTraffic", "fraud-serving", (struct quantity){41, UNIT_PER_SECOND, NULL},
		    (struct quantity){0, UNIT_PLAIN, NULL}, "==", NAN, 3, 1, 0.0006, "rules/fraud.yml:38");
	r[4] = rule("TargetDown", "fraud-serving", (struct quantity){1, UNIT_PLAIN, NULL},
		    (struct quantity){0, UNIT_PLAIN, NULL}, "==", NAN, 5, 1, 0.0002, "rules/fraud.yml:27");
	s[0] = (struct view_silence){.id = "a91f0c44",
				     .by = "carol",
				     .comment = "DS-811 new app version",
				     .matchers = "{}",
				     .what = "FeatureDrift model=fraud feature=device_age",
				     .end_ms = MADE_NOW + 41 * MS_MINUTE,
				     .matches = 1,
				     .active = true};
	s[1] = (struct view_silence){.id = "77c01111",
				     .by = "bob",
				     .comment = "maintenance CHG-2291",
				     .matchers = "{}",
				     .what = "job=ranker-eu",
				     .end_ms = MADE_NOW + 6 * MS_HOUR,
				     .active = true};
	done[0] = m->alerts[2];
	done[0].fired_ms = AT(18, 2, 0) - 7 * MS_DAY;
	done[0].resolved_ms = done[0].fired_ms + 14 * MS_MINUTE;
	done[0].value.v = 0.388;
	done[0].ack_by = "bob";
	done[1] = m->alerts[2];
	done[1].name = "TargetDown";
	done[1].on = "churn-service";
	done[1].fired_ms = AT(9, 41, 0) - 7 * MS_DAY;
	done[1].resolved_ms = done[1].fired_ms + 2 * MS_MINUTE;
	done[1].value = done[1].limit = (struct quantity){0, UNIT_PLAIN, NULL};
	done[1].limit_op = "==";
	m->rules = (struct part_rules){.rules = r,
				       .n_rules = 5,
				       .all_rules = 11,
				       .silences = s,
				       .n_silences = 2,
				       .expired = 14,
				       .resolved = done,
				       .n_resolved = 2,
				       .fired_30d = 24};
	m->snap.rules = &m->rules;
	screen_take(&m->screen, &m->snap);
}

static void
ui_alerts__rules_silences_and_what_is_over_are_as_drawn(void **state)
{
	/* the broken rule first, as the text asks for, where the drawing has it between others */
	static const char *const wide_rows[] = {
	    "┌ Rules not firing: 5 ───────────────────────────────────────────────────────────────────────────── worst "
	    "ratio first ─┐",
	    "│    ALERT               GROUP              WORST NOW     LIMIT      ×  SERIES  EVALUATED     TOOK  FILE  "
	    "             │",
	    "│ ✗  LabelsMissing       quality                error                        0    12s ago           "
	    "rules/q.yml:9      │",
	    "│ ✓  ConfidenceLow       fraud-drift             0.61    < 0.70   0.9×       3     4s ago   1.9 ms  "
	    "rules/fraud.yml:52 │",
	    "│ ✓  TargetSlow          fraud-serving          1.8 s     > 2 s   0.9×       5     1s ago   0.4 ms  "
	    "rules/fraud.yml:31 │",
	    "│ ✓  NoTraffic           fraud-serving          41 /s      == 0              3     1s ago   0.6 ms  "
	    "rules/fraud.yml:38 │",
	    "│ ✓  TargetDown          fraud-serving              1      == 0              5     1s ago   0.2 ms  "
	    "rules/fraud.yml:27 │",
	    "└─────────────────────────────────────────────────────────────────────────────────────────────────────────"
	    "─────────────┘",
	    "┌ Silences: 2 active, 0 pending, 14 expired ────────────────────────────────────────────────────── ends "
	    "soonest first ─┐",
	    "│ ID    MATCHES    LEFT  BY        MATCHERS                                      COMMENT                  "
	    "             │",
	    "│ a91f  1 alert     41m  carol     FeatureDrift model=fraud feature=device_age   DS-811 new app version   "
	    "             │",
	    "│ 77c0  0 alerts     6h  bob       job=ranker-eu                                 maintenance CHG-2291     "
	    "             │"};
	static const char *const resolved[] = {"│    ALERT               ON                    FIRED AT         FOR    "
					       "   PEAK     LIMIT  ACKNOWLEDGED BY              │",
					       "│ ✓  LatencyP95High      fraud                 Fri 18:02        14m    "
					       " 388 ms  > 200 ms  bob                          │",
					       "│ ✓  TargetDown          churn-service         Fri 09:41         2m    "
					       "      0      == 0  -                            │"};
	static const char *const narrow_rows[] = {
	    "  ALERT            WORST NOW    LIMIT     × SERIES EVALUATED FILE",
	    "✗ LabelsMissing        error                     0   12s ago rules/q.yml:9",
	    "✓ ConfidenceLow         0.61   < 0.70  0.9×      3    4s ago rules/fraud.yml:52",
	    "✓ TargetSlow           1.8 s    > 2 s  0.9×      5    1s ago rules/fraud.yml:31",
	    "─ Silences: 2 active ───────────────────────────────────────────────────────────",
	    "ID   MATCHES  LEFT BY     MATCHERS                             COMMENT",
	    "a91f 1 alert   41m carol  FeatureDrift model=fraud feature=de… DS-811 new app v…",
	    "77c0 0 alerts   6h bob    job=ranker-eu                        maintenance CHG-…",
	    "─ Resolved in the last day: 2 ──────────────────────────────────────────────────",
	    "  ALERT            ON               FIRED AT    FOR     PEAK    LIMIT ACK BY",
	    "✓ LatencyP95High   fraud            Fri 18:02   14m   388 ms > 200 ms bob",
	    "✓ TargetDown       churn-service    Fri 09:41    2m        0     == 0 -"};
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);
	struct view_rule r[5];
	struct view_silence s[2];
	struct view_alert done[2];

	(void)state;
	fill_lists(m, r, s, done);
	made_keys(m, "2");
	for (int i = 0; i < 12; i++)
		expect_row(m, 13 + i, wide_rows[i]);
	assert_non_null(strstr(made_row(m, 27), "┌ Recently resolved: 2 in the last day ─"));
	assert_non_null(strstr(made_row(m, 27), "─ fired 24 times in 30 days ─┐"));
	for (int i = 0; i < 3; i++)
		expect_row(m, 28 + i, resolved[i]);
	grid_resize(m->screen.grid, 80, 24);
	screen_draw(&m->screen);
	for (int i = 0; i < 12; i++)
		expect_row(m, 10 + i, narrow_rows[i]);
	/* what is wrong with a rule is one key away, what it is about the same */
	made_keys(m, "Tab Enter");
	assert_string_equal(m->screen.hint, "rules/q.yml:9: unknown function 'histogram_quantil'");
	r[1].value_expr = "histogram_avg(ml_score)";
	made_keys(m, "j Enter");
	assert_int_equal(m->screen.page, PAGE_QUERY);
	assert_string_equal(m->screen.query.text, "histogram_avg(ml_score)");
	made_close(m);
}

/* ---- one alert ---- */

static void
fill_about(struct made *m, struct behind b[5], struct told t[3], double *values)
{
	static const struct behind behind[5] = {
	    {"amount", true, "mean ×100: unit?", {0.857, UNIT_STATISTIC, NULL}, 184320, HEALTH_BROKEN},
	    {"merchant_cat", true, "14 new values", {0.338, UNIT_STATISTIC, NULL}, 184320, HEALTH_BROKEN},
	    {"amount_avg_7d", true, "mean ×14", {0.291, UNIT_STATISTIC, NULL}, 184320, HEALTH_BROKEN},
	    {"tx_count_24h", true, "mean +31 %", {0.147, UNIT_STATISTIC, NULL}, 184320, HEALTH_WARNING},
	    {"device_age", true, "silenced", {0.140, UNIT_STATISTIC, NULL}, 182100, HEALTH_MUTED}};
	const struct told told[3] = {
	    {1, AT(2, 46, 25), 0, "pagerduty", "sent, 202 after 0.3 s", "dedup key 5f1c9a…", HEALTH_OK},
	    {2, AT(2, 46, 25), 0, "slack-oncall", "sent, 200 after 0.2 s", "#ml-oncall", HEALTH_OK},
	    {3, AT(2, 46, 25), MADE_NOW + 48000, "email-data-science", "retrying, attempt 6",
	     "127.0.0.1:2525 connection refused", HEALTH_WARNING}};

	memcpy(b, behind, sizeof behind);
	memcpy(t, told, sizeof told);
	for (int i = 0; i < CHART_POINTS; i++)
		values[i] = 0.42;
	m->about = (struct part_alert){.fingerprint = "1",
				       .span = {MADE_NOW - MS_HOUR, MADE_NOW},
				       .value = {values, 0.42},
				       .peak = 0.42,
				       .peak_ms = AT(2, 48, 10),
				       .fired_30d = 3,
				       .fired_30d_ms = 54 * MS_MINUTE,
				       .next_evaluation_ms = MADE_NOW + 22000,
				       .behind = b,
				       .n_behind = 5,
				       .over = 5,
				       .of = 12,
				       .behind_title = "features behind it",
				       .behind_op = ">",
				       .behind_limit = 0.1,
				       .events_span = {AT(2, 11, 20), AT(2, 46, 20)},
				       .told = t,
				       .n_told = 3,
				       .sent = 2,
				       .retrying = 1};
	m->snap.about = &m->about;
	screen_take(&m->screen, &m->snap);
}

static void
ui_alerts__one_alert_is_as_drawn(void **state)
{
	static const char *const wide_rows[] = {
	    "┌ DriftShareHigh on fraud "
	    "──────────────────────────────────────────────────────────────────────── 1 of 5, 1 silenced ─┐",
	    "│ ✗ CRITICAL, FIRING for 28m      02:41:20 pending (for 5m)   02:46:20 firing   next evaluation in 22s    "
	    "             │",
	    "│ 42 % of the features of fraud drifted: retrain?                                                         "
	    "             │",
	    "│ now 42 %   limit > 30 %   1.4×   peak 42 % at 02:48      fired 3 times in 30 days, 18m on average       "
	    "             │",
	    "│ labels   alertname=DriftShareHigh  host=scoring-1  model=fraud  severity=critical  team=data-science    "
	    "             │",
	    "│ rule     rules/fraud.yml:46   avg by (model) (feature:drift:15m > bool 0.1) > 0.30                      "
	    "             │",
	    "│ do       https://runbooks.example.com/drift-share                                                       "
	    "             │",
	    "│ owner    nobody has acknowledged it                     silenced: no                                    "
	    "             │",
	    "└─────────────────────────────────────────────────────────────────────────────────────────────────────────"
	    "─────────────┘"};
	static const char *const told[] = {
	    "┌ Notifications: 2 sent, 1 retrying "
	    "───────────────────────────────────────────────────────────────────────────────────┐",
	    "│ AT        RECEIVER               RESULT                              DETAIL                             "
	    "             │",
	    "│ 02:46:25  pagerduty           ✓  sent, 202 after 0.3 s               dedup key 5f1c9a…                  "
	    "             │",
	    "│ 02:46:25  slack-oncall        ✓  sent, 200 after 0.2 s               #ml-oncall                         "
	    "             │",
	    "│ 02:46:25  email-data-science  ▲  retrying, attempt 6, next in 48s    127.0.0.1:2525 connection refused  "
	    "             │"};
	static const char *const behind[] = {
	    "│ FEATURE           NOW   ROWS  WHAT             │", "│▸amount          0.857   184k  mean ×100: unit? │",
	    "│ merchant_cat    0.338   184k  14 new values    │", "│ amount_avg_7d   0.291   184k  mean ×14         │",
	    "│ tx_count_24h    0.147   184k  mean +31 %       │", "│ device_age      0.140   182k  silenced         │"};
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);
	struct behind b[5];
	struct told t[3];
	double values[CHART_POINTS];

	(void)state;
	fill_about(m, b, t, values);
	made_keys(m, "2 Enter");
	for (int i = 0; i < 9; i++)
		expect_row(m, 2 + i, wide_rows[i]);
	assert_non_null(strstr(made_row(m, 11), "┌ value, % ─"));
	assert_non_null(strstr(made_row(m, 11), "limit 30   now 42 ─┐"));
	assert_non_null(strstr(made_row(m, 11), "┌ features behind it: 5 of 12 ─"));
	assert_non_null(strstr(made_row(m, 11), "─ > 0.1 ─┐"));
	for (int i = 0; i < 6; i++)
		assert_non_null(strstr(made_row(m, 12 + i), behind[i]));
	assert_non_null(strstr(made_row(m, 21), "│ Tab here, Enter: the distribution              │"));
	assert_non_null(strstr(made_row(m, 23), "┌ What changed around its start, 02:11 to 02:46 ─"));
	for (int i = 0; i < 5; i++)
		expect_row(m, 28 + i, told[i]);
	expect_row(m, 34,
		   " Esc back   a acknowledge   S silence   o runbook   y copy as text   n/N next/previous alert");
	made_close(m);
}

static void
ui_alerts__one_alert_is_as_drawn_at_80x24(void **state)
{
	static const char *const rows[] = {
	    "─ DriftShareHigh on fraud ───────────────────────────────── 1 of 5, 1 silenced ─",
	    "✗ CRITICAL, FIRING for 28m   02:41:20 pending (for 5m)  02:46:20 firing",
	    "42 % of the features of fraud drifted: retrain?",
	    "now 42 %  limit > 30 %  1.4×  peak 42 % at 02:48   3 times in 30 days, 18m",
	    "do    https://runbooks.example.com/drift-share",
	    "rule  rules/fraud.yml:46  avg by (model) (feature:drift:15m > bool 0.1) > 0.30",
	    "owner nobody has acknowledged it   silenced: no   sent: 2, 1 retrying"};
	static const char *const behind[] = {
	    "─ features behind it: 5 of 12 ───────────────────────────────────────── 2 more ─",
	    "FEATURE             NOW    ROWS  WHAT",
	    "amount            0.857    184k  mean ×100: unit?",
	    "merchant_cat      0.338    184k  14 new values",
	    "amount_avg_7d     0.291    184k  mean ×14",
	    "─ What changed around its start ────────────────────────────────────────────────"};
	struct made *m = made_open(80, 24, GLYPHS_BRAILLE);
	struct behind b[5];
	struct told t[3];
	double values[CHART_POINTS];

	(void)state;
	fill_about(m, b, t, values);
	made_keys(m, "2 Enter");
	for (int i = 0; i < 7; i++)
		expect_row(m, 2 + i, rows[i]);
	for (int i = 0; i < 6; i++)
		expect_row(m, 15 + i, behind[i]);
	expect_row(m, 22, "Esc back  a ack  S silence  o runbook  y copy  n/N next/previous alert");
	made_close(m);
}

/* The stretch from 02:41:20 to 02:46:20 is a twelfth of an hour, that after it 28m02s of 60m: without colours too. */
static void
ui_alerts__pending_and_firing_are_told_apart_without_colours(void **state)
{
	struct made *m = made_open(80, 24, GLYPHS_ASCII);
	struct behind b[5];
	struct told t[3];
	double values[CHART_POINTS];
	const char *row;
	int sparse = 0, dense = 0;

	(void)state;
	fill_about(m, b, t, values);
	for (int i = 0; i < CHART_POINTS; i++)
		values[i] = NAN;
	made_keys(m, "2 Enter");
	row = made_row(m, 12); /* the third row of the plot, which has neither limit nor axis label */
	assert_memory_equal(row, "   |", 4);
	for (const char *c = row + 4; *c != '\0'; c++) {
		sparse += *c == '.';
		dense += *c == ':';
		assert_true(*c == '.' || *c == ':' || *c == ' ');
	}
	/* of 76 cells: 35.5 are firing; 6.3 pending, every other one drawn */
	assert_in_range(dense, 34, 37);
	assert_in_range(sparse, 2, 4);
	assert_true(strchr(row, '.') < strchr(row, ':'));
	assert_non_null(strstr(made_row(m, 9), ". pending  : firing"));
	made_close(m);
}

/* Of another alert nothing is shown that was read for this one. */
static void
ui_alerts__what_was_read_of_one_alert_is_not_shown_at_another(void **state)
{
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);
	struct behind b[5];
	struct told t[3];
	double values[CHART_POINTS];

	(void)state;
	fill_about(m, b, t, values);
	made_keys(m, "2 Enter n");
	assert_non_null(strstr(made_row(m, 2), "ErrorRateHigh on fraud"));
	assert_false(made_shows(m, "peak"));
	assert_false(made_shows(m, "amount_avg_7d"));
	assert_false(made_shows(m, "pagerduty"));
	assert_non_null(strstr(made_row(m, 9), "owner    ana since 03:10: looking"));
	made_keys(m, "n n");
	assert_non_null(strstr(made_row(m, 3), "◔ WARNING, pending for 2m       03:12:20 pending (for 5m)"));
	made_keys(m, "N N N Esc");
	assert_int_equal(m->screen.page, PAGE_ALERTS);
	made_close(m);
}

/* ---- by every column ---- */

static void
ui_alerts__lists_sort_by_every_column_with_a_title(void **state)
{
	static const struct {
		const struct table_kind *kind;
		int columns; /* with a title, as drawn */
	} lists[] = {{&table_alerts, 8}, {&table_rules, 9}, {&table_silences, 6}, {&table_resolved, 7}};
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);
	struct view_rule r[5];
	struct view_silence s[2];
	struct view_alert done[2];
	struct sort_value v;

	(void)state;
	fill_lists(m, r, s, done);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const struct columns *c = &lists[i].kind->wide;
		int found = 0;

		for (size_t k = 0; k < c->n; k++)
			if (c->at[k].title != NULL && strcmp(c->at[k].title, "LAST HOUR") != 0) {
				assert_true(lists[i].kind->value(&m->snap, 0, k, &v));
				assert_true(v.text != NULL || lists[i].kind == &table_rules || !isnan(v.number));
				found++;
			}
		assert_int_equal(found, lists[i].columns);
	}
	made_close(m);
}

/* Critical comes before warning, and that before other words, however they are spelled. */
static void
ui_alerts__severities_sort_by_weight(void **state)
{
	static const char *const severities[] = {"page", "warning", "info", ""};
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);
	struct sort_value v;
	double before = -1;

	(void)state;
	for (size_t i = 0; i < sizeof severities / sizeof *severities; i++) {
		m->alerts[0].severity = severities[i];
		assert_true(table_alerts.value(&m->snap, 0, 2, &v));
		assert_true(v.text == NULL && v.number > before);
		before = v.number;
	}
	made_close(m);
}

/* ---- alerts as they may be ---- */

static void
ui_alerts__what_is_not_there_is_not_said(void **state)
{
	struct made *m = made_open(120, 36, GLYPHS_BRAILLE);

	(void)state;
	m->alerts[0].on = "";
	m->alerts[0].for_ms = 0;
	made_keys(m, "2 Enter");
	assert_non_null(strstr(made_row(m, 2), "┌ DriftShareHigh ──"));
	assert_false(made_shows(m, "pending (for"));
	assert_true(made_shows(m, "02:46:20 firing"));
	made_close(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ui_alerts__the_list_is_as_drawn),
	    cmocka_unit_test(ui_alerts__lists_sort_by_every_column_with_a_title),
	    cmocka_unit_test(ui_alerts__severities_sort_by_weight),
	    cmocka_unit_test(ui_alerts__what_is_not_there_is_not_said),
	    cmocka_unit_test(ui_alerts__a_value_too_wide_has_fewer_decimals),
	    cmocka_unit_test(ui_alerts__the_overview_says_when_it_may_have_begun),
	    cmocka_unit_test(ui_alerts__rules_silences_and_what_is_over_are_as_drawn),
	    cmocka_unit_test(ui_alerts__one_alert_is_as_drawn),
	    cmocka_unit_test(ui_alerts__one_alert_is_as_drawn_at_80x24),
	    cmocka_unit_test(ui_alerts__pending_and_firing_are_told_apart_without_colours),
	    cmocka_unit_test(ui_alerts__what_was_read_of_one_alert_is_not_shown_at_another),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
