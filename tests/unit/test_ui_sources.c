/*
 * test_ui_sources.c -- targets and logs as they are drawn: the night of the drawings, row by row. What is told of one target and of a bad line; what
 * y takes.
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
#include "../../ui/measures.h"
#include "../../ui/wrap.h"
#include "../../ui/screen.h"
#include "../ui_made.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"

/* ---- targets ---- */

static struct view_target
target(const char *job, const char *url, int64_t last, double seconds, double samples)
{
	return (struct view_target){.job = job,
				    .instance = "127.0.0.1:8000",
				    .url = url,
				    .error = "",
				    .up = true,
				    .ever = true,
				    .last_ms = MADE_NOW - last * 1000,
				    .interval_ms = 15000,
				    .timeout_ms = 10000,
				    .seconds = seconds,
				    .samples = samples,
				    .up_24h = NAN,
				    .health = HEALTH_OK,
				    .model = "",
				    .answer = "",
				    .good = {.body = ""},
				    .expects = "",
				    .where = "/etc/mlwatch/mlwatch.yml:31"};
}

static void
make_targets(struct made *m, struct view_target at[3])
{
	at[0] = target("fraud-health", "http://127.0.0.1:8000/health", 4, 2.0, 0);
	at[0].health_check = true;
	at[0].up = false;
	at[0].health = HEALTH_BROKEN;
	at[0].down_since_ms = MADE_NOW - 368000;
	at[0].error = "no answer within 2 s";
	at[0].failures = 37;
	at[0].timeout_ms = 2000;
	at[0].interval_ms = 10000;
	at[0].model = "fraud";
	at[0].expects = "status 200 and model_loaded = true";
	at[0].where = "/etc/mlwatch/mlwatch.yml:47";
	at[0].good =
	    (struct view_answer){MADE_NOW - 378000, 200, 0.041, "{\"model_loaded\": true, \"version\": \"3.2.0\"}"};
	at[1] = target("fraud-service", "http://127.0.0.1:8000/metrics", 9, 1.8, 412);
	at[1].slow = true;
	at[1].health = HEALTH_WARNING;
	at[1].sample_limit = 20000;
	at[1].label_limit = 64;
	at[1].body_limit = 10 << 20;
	at[2] = target("ranker-eu", "http://10.0.0.12:9100/metrics", 11, 0.031, 1204);
	m->snap.o.targets = at;
	m->snap.o.n_targets = 3;
}

static void
targets__are_drawn_as_designed(void **state)
{
	struct made *m = *state;
	double down[20], up[20], half[20];
	struct strip strips[3] = {{down, 20, 0.9923}, {half, 20, 0.99999}, {up, 20, 1}};
	const struct part_strips hours = {strips, 3};
	struct view_target at[3];

	for (int i = 0; i < 20; i++) {
		down[i] = i < 18;
		up[i] = 1;
		half[i] = i == 0 ? NAN : i == 5 ? 0.5 : 1;
	}
	make_targets(m, at);
	m->snap.targets = &hours;
	show(m, PAGE_TARGETS, 120, 36);
	assert_row(m, 3,
		   "│   HEALTH   JOB           URL                            LAST   TOOK SAMPLES UP 24h LAST HOUR     "
		   "       WHY");
	assert_row(m, 4,
		   "│▸✗ down 6m  fraud-health  http://127.0.0.1:8000/health     4s    2 s       - 99.2 % "
		   "██████████████████·· timeout");
	/* all but all of it is not all; what was partly up is not up; what is unknown is blank */
	assert_row(m, 5,
		   "│ ▲ slow     fraud-service http://127.0.0.1:8000/metrics    9s  1.8 s     412 99.9 %  "
		   "████▒██████████████ 1.8 s of 10 s");
	assert_row(m, 6,
		   "│ ✓ up       ranker-eu     http://10.0.0.12:9100/metrics   11s  31 ms   1 204  100 % "
		   "████████████████████");
	show(m, PAGE_TARGETS, 80, 24);
	assert_row(m, 3, "   HEALTH   JOB           URL                        LAST  TOOK UP 24h LAST HOUR");
	assert_row(m, 4, "▸✗ down 6m  fraud-health  http://127.0.0.1:8000/hea…   4s   2 s 99.2 % ████████·");
	assert_row(m, 5, " ▲ slow     fraud-service http://127.0.0.1:8000/met…   9s 1.8 s 99.9 % ██▒██████");
}

static void
targets__one_is_told_whole(void **state)
{
	static struct label about[] = {
	    {"alertname", "TargetDown"}, {"instance", "127.0.0.1:8000"}, {"job", "fraud-health"}};
	static struct label other[] = {{"alertname", "TargetDown"}, {"job", "node"}};
	struct made *m = *state;
	struct view_target at[3];
	struct view_model model = {.model = "fraud", .version = "3", .job = "scoring", .state_text = "", .rps = 182.4};
	struct view_alert alerts[2] = {{.name = "TargetDown",
					.labels = {about, 3},
					.state = VIEW_PENDING,
					.health = HEALTH_PENDING,
					.active_ms = MADE_NOW - 36000,
					.for_ms = 60000,
					.state_text = "pending 36s/1m"},
				       {.name = "TargetDown", .labels = {other, 2}, .state_text = "FIRING"}};

	for (int i = 0; i < 2; i++) {
		alerts[i].fingerprint = i == 0 ? "a" : "b";
		alerts[i].severity = alerts[i].on = alerts[i].model = alerts[i].value_expr = alerts[i].summary = "";
		alerts[i].runbook = "";
	}
	make_targets(m, at);
	m->snap.o.models = &model;
	m->snap.o.n_models = 1;
	m->snap.o.alerts = alerts;
	m->snap.o.n_alerts = 2;
	show(m, PAGE_TARGETS, 120, 36);
	assert_row(m, 23, "│ ✗ down for 6m 8s, since 03:08:14: no answer within 2 s, 37 times in a row");
	assert_row(m, 24,
		   "│ last good answer 03:08:04, 200 in 41 ms: {\"model_loaded\": true, \"version\": \"3.2.0\"}");
	assert_row(m, 25, "│ expects status 200 and model_loaded = true   interval 10s   timeout 2s");
	assert_row(m, 26, "│");
	assert_row(m, 27, "│ alerts   TargetDown: pending, fires in 24s");
	assert_row(m, 28,
		   "│ log      fraud predictions still arrive (182/s), so the service answers requests; only its "
		   "health check does not");
	assert_row(m, 29, "│");
	assert_row(m, 30, "│ series   ml_health{job=\"fraud-health\"} 0   ml_health_seconds 2");
	assert_row(m, 31, "│ config   /etc/mlwatch/mlwatch.yml:47");
	made_keys(m, "j"); /* a scrape target of the job fraud-...: of the model fraud, though no label says so */
	assert_shows(m, "▲ answers in 1.8 s: slow");
	assert_shows(m, "log      fraud predictions arrive (182/s)");
	assert_shows(
	    m, "up{job=\"fraud-service\"} 1   scrape_duration_seconds 1.8   limits: 20 000 samples, 64 labels, 10 MiB");
	made_keys(m, "k Enter"); /* alone: nothing is cut */
	assert_true(m->screen.zoom);
	model.last_record_ms = MADE_NOW - 400000; /* though over five minutes there is a rate */
	show(m, PAGE_TARGETS, 120, 36);
	assert_shows(m, "no fraud predictions arrive either: the last was 6m ago");
}

/* ---- logs ---- */

static struct view_log_file
file(const char *job, const char *path, int64_t size, double rate)
{
	return (struct view_log_file){.job = job,
				      .path = path,
				      .open = true,
				      .size = size,
				      .lines_per_s = rate,
				      .read_lines_per_s = rate,
				      .lag_s = 0.4,
				      .caught_up_s = NAN,
				      .last_line_ms = MADE_NOW - 500,
				      .error = "",
				      .health = HEALTH_OK};
}

static void
make_logs(struct made *m, struct view_log_file at[3], struct view_log log[2], struct view_bad_kind kind[2])
{
	at[0] = file("churn", "/var/log/churn/churn-2026-11-21.log", 88000000, 41);
	at[0].health = HEALTH_WARNING;
	at[0].lag_bytes = 1200000;
	at[0].lag_s = 29;
	at[0].read_lines_per_s = 160;
	at[0].caught_up_s = 50;
	at[0].last_line_ms = MADE_NOW - 1000;
	at[1] = file("fraud", "/var/log/fraud/predictions.jsonl", INT64_C(4102400000), 182);
	at[1].bad_1h = 412;
	at[2] = file("fraud", "/var/log/fraud/predictions.jsonl.1", INT64_C(9800000000), 0);
	at[2].open = false;
	at[2].rotated = true;
	at[2].bad_1h = 18;
	at[2].last_line_ms = MADE_NOW - 2 * MS_HOUR;
	kind[0] = (struct view_bad_kind){
	    .reason = "field missing: model",
	    .kind = "no_model",
	    .lines = 371,
	    .first_ms = AGO(9, 24),
	    .last_ms = AGO(9, 3),
	    .example = {
		.t = AGO(9, 24),
		.path = "/var/log/fraud/predictions.jsonl",
		.line = "{\"ts\":\"2026-11-21T02:04:58Z\",\"request_id\":\"9f21\",\"latency_ms\":41.2,\"status\":200,"
			"\"prediction\":\"legit\",\"score\":0.97}",
		.byte = INT64_C(4102331870),
		.column = 1,
		.what = "no field \"model\"; prediction_logs[0].fields.model says model",
		.hint = "add  model: {value: fraud}  for a constant"}};
	kind[1] = (struct view_bad_kind){.reason = "not JSON: unexpected end of line",
					 .kind = "syntax",
					 .lines = 41,
					 .first_ms = AGO(9, 24),
					 .last_ms = AGO(9, 24),
					 .example = {.t = AGO(9, 24),
						     .path = "x",
						     .line = "{\"a\":\x1b]52;c;eA==\x07",
						     .column = 5,
						     .what = "a control character",
						     .hint = ""}};
	log[0] = (struct view_log){.job = "churn", .error = "", .lines_1h = 150000};
	log[1] = (struct view_log){.job = "fraud",
				   .error = "",
				   .reasons = kind,
				   .n_reasons = 2,
				   .lines_1h = 975000,
				   .bad_1h = 412,
				   .series = 214,
				   .limits = {.line_bytes = 1 << 20, .categories = 1000, .series = 20000}};
	m->snap.o.files = at;
	m->snap.o.n_files = 3;
	m->snap.o.logs = log;
	m->snap.o.n_logs = 2;
}

/* The path is wrong, or the service has not started yet: whichever it is, it is not that nothing was asked for. */
static void
logs__a_job_without_a_file_names_its_path(void **state)
{
	struct made *m = *state;
	const char *path = "/var/log/fraud/p*.jsonl";
	struct view_log log = {.job = "fraud", .error = "", .paths = &path, .n_paths = 1};

	m->snap.o.n_files = 0;
	m->snap.o.logs = &log;
	m->snap.o.n_logs = 1;
	show(m, PAGE_LOGS, 120, 36);
	assert_row(m, 4, "│    job fraud: no log matches /var/log/fraud/p*.jsonl yet");
	m->snap.o.n_logs = 0;
	show(m, PAGE_LOGS, 120, 36);
	assert_row(m, 4, "│    no log is followed: prediction_logs of mlwatch.yml");
}

static void
logs__are_drawn_as_designed(void **state)
{
	struct made *m = *state;
	double rate[16];
	struct strip strips[3] = {{rate, 16, NAN}, {rate, 16, NAN}, {NULL, 0, NAN}};
	const struct part_strips hours = {strips, 3};
	struct view_event restart = {.t = AGO(9, 24),
				     .kind = "target",
				     .severity = "warning",
				     .subject = "fraud-service",
				     .model = "",
				     .text = "127.0.0.1:8000 restarted (process start time changed)",
				     .ref = ""};
	struct view_log_file at[3];
	struct view_log log[2];
	struct view_bad_kind kind[2];

	for (int i = 0; i < 16; i++)
		rate[i] = i < 14 ? 200 : 150; /* six eighths of the largest */
	make_logs(m, at, log, kind);
	m->snap.logs = &hours;
	m->snap.o.changed.at = &restart;
	m->snap.o.changed.n = 1;
	show(m, PAGE_LOGS, 120, 36);
	made_keys(m, "j");
	assert_row(m, 2,
		   "┌ Prediction logs: 3 files, 1 behind "
		   "───────────────────────────────────────────────────────────────────────── 2 jobs ─┐");
	assert_row(m, 3,
		   "│    JOB         FILE                      LINES/S      SIZE    BEHIND    LAG  BAD 1h     LAST "
		   "LINE  LAST HOUR");
	assert_row(m, 4,
		   "│ ▲  churn       churn-2026-11-21.log           41     88 MB    1.2 MB    29s       0            "
		   "1s  ██████████████▆▆");
	assert_row(m, 5,
		   "│▸✓  fraud       predictions.jsonl             182    4.1 GB       0 B    <1s     412           "
		   "<1s  ██████████████▆▆");
	assert_row(
	    m, 6,
	    "│ ·  fraud       predictions.jsonl.1             0    9.8 GB       0 B             18   2h, rotated");
	assert_shows(m, "│ churn is 1.2 MB behind: 41 lines/s are written, 160 lines/s read; caught up in about 50s ");
	assert_shows(m, "┌ fraud predictions.jsonl: 412 bad lines in the last hour of 975 000 (0.04 %) ─");
	assert_shows(m, "│ REASON                               LINES  FIRST     LAST      EXAMPLE ");
	assert_shows(m, "│▸field missing: model                   371  03:04:58  03:05:19  "
			"{\"ts\":\"2026-11-21T02:04:58Z\",\"request_id\":");
	assert_shows(m, "┌ /var/log/fraud/predictions.jsonl   byte 4 102 331 870   03:04:58 ─");
	assert_shows(m, "│   "
			"{\"ts\":\"2026-11-21T02:04:58Z\",\"request_id\":\"9f21\",\"latency_ms\":41.2,\"status\":200,"
			"\"prediction\":\"legit\",\"score\":0.97} │");
	assert_shows(m, "│   ^ no field \"model\"; prediction_logs[0].fields.model says model   hint: add  model: "
			"{value: fraud}  for a constant  │");
	assert_shows(
	    m,
	    "│   the line was not counted. 371 like it between 03:04:58 and 03:05:19, the restart of fraud-service ");
	assert_shows(m, "│   folded away: 0 categories, 0 series   limits: line 1 MiB, 1 000 categories, 20 000 series "
			"(214 used) ");
	show(m, PAGE_LOGS, 80, 24);
	assert_row(m, 3, "   JOB       FILE                 LINES/S   SIZE BEHIND LAG BAD 1h    LAST LINE");
	assert_row(m, 5, "▸✓ fraud     predictions.jsonl        182 4.1 GB    0 B <1s    412          <1s");
	assert_shows(m, "─ fraud predictions.jsonl: 412 bad lines in 1h of 975 000 ─");
	assert_shows(m, "the line was not counted; 371 like it, all in the restart of fraud-service");
}

static void
logs__reasons_follow_the_file_and_y_takes_a_harmless_line(void **state)
{
	struct made *m = *state;
	struct view_log_file at[3];
	struct view_log log[2];
	struct view_bad_kind kind[2];

	make_logs(m, at, log, kind);
	show(m, PAGE_LOGS, 120, 36); /* on churn */
	assert_int_equal(m->screen.cursor[TABLE_REASONS].n, 0);
	assert_shows(m, "no bad line in the last hour");
	made_keys(m, "j");
	assert_int_equal(m->screen.cursor[TABLE_REASONS].n, 2);
	made_keys(m, "Enter j"); /* among the reasons now */
	assert_int_equal(page_table(&m->screen), TABLE_REASONS);
	made_keys(m, "y");
	assert_string_equal(m->screen.wish.copy, "{\"a\":·]52;c;eA==·");
	assert_shows(m, "copied: the bad line");
	made_keys(m, "Enter");
	assert_true(m->screen.zoom);
	made_keys(m, "Esc Tab Tab k"); /* round to the files, on churn */
	assert_int_equal(m->screen.cursor[TABLE_REASONS].n, 0);
	at[0].caught_up_s = NAN;
	at[0].read_lines_per_s = 40;
	show(m, PAGE_LOGS, 120, 36);
	assert_shows(m, "41 lines/s are written, 40 lines/s read; it does not catch up");
}

/* ---- words ---- */

static void
words__lengths_sizes_and_rows(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} lengths[] = {{-5, "0s"},
		       {59999, "59s"},
		       {368000, "6m 8s"},
		       {3 * MS_HOUR + 720000, "3h 12m"},
		       {2 * MS_DAY + 4 * MS_HOUR, "2d 4h"}};
	struct grid *g = grid_open(12, 4, GLYPHS_BRAILLE);
	struct buf b = BUF_INIT;
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		duration_exact(text, lengths[i].ms);
		assert_string_equal(text, lengths[i].want);
	}
	size_words(text, 10 << 20);
	assert_string_equal(text, "10 MiB");
	size_words(text, 1536);
	assert_string_equal(text, "1.5 KiB");
	count_exact(text, INT64_C(4102331870));
	assert_string_equal(text, "4 102 331 870");
	count_exact(text, 999);
	assert_string_equal(text, "999");
	/* at blanks; a word that is too long is cut; the last row that is allowed ends in an ellipsis */
	assert_int_equal(put_wrapped(grid_pane(g), 0, 0, 10, 3, STYLE_TEXT, "one two three fourteenletters five"), 3);
	grid_row_text(g, 0, &b);
	assert_string_equal(buf_str(&b), "one two");
	buf_reset(&b);
	grid_row_text(g, 1, &b);
	assert_string_equal(buf_str(&b), "three");
	buf_reset(&b);
	grid_row_text(g, 2, &b);
	assert_string_equal(buf_str(&b), "fourteenl…");
	/* a number is not taken apart */
	assert_int_equal(put_wrapped(grid_pane(g), 0, 0, 10, 3, STYLE_TEXT, "up to 20 000 rows"), 3);
	buf_reset(&b);
	grid_row_text(g, 1, &b);
	assert_string_equal(buf_str(&b), "20 000");
	buf_release(&b);
	grid_close(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(targets__are_drawn_as_designed, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(targets__one_is_told_whole, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(logs__a_job_without_a_file_names_its_path, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(logs__are_drawn_as_designed, made_set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(logs__reasons_follow_the_file_and_y_takes_a_harmless_line, made_set_up,
					    made_tear_down),
	    cmocka_unit_test(words__lengths_sizes_and_rows),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
