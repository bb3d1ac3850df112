/*
 * test_ui_lists.c -- targets, logs, notifications and events as they are drawn: the incident of 2026-11-20 with figures whose words are known,
 * row by row as these pages were designed. Where Enter goes, what y takes.
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
#include "../../ui/pane_bad_line.h"
#include "../../ui/screen.h"
#include "../../ui/measures.h"
#include "../../ui/wrap.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"

#define NOW       INT64_C(1795144462000) /* 2026-11-20T03:14:22Z */
#define AGO(m, s) (NOW - ((m)*INT64_C(60) + (s)) * 1000)

struct place {
	struct screen s;
	struct snapshot snap;
};

static int
set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof *p);

	screen_open(&p->s, grid_open(120, 36, GLYPHS_BRAILLE));
	p->snap.o.agent.host = "here";
	p->snap.o.agent.config_error = "";
	p->snap.t = p->snap.clock = p->s.now = NOW;
	p->snap.from = NOW - MS_HOUR;
	p->s.set.utc = true;
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	screen_close(&p->s);
	grid_close(p->s.grid);
	free(p);
	return 0;
}

static void
show(struct place *p, enum page page, int w, int h)
{
	grid_resize(p->s.grid, w, h);
	p->s.page = page;
	screen_take(&p->s, &p->snap);
	screen_draw(&p->s);
}

static void
press(struct place *p, const char *keys)
{
	char name[32];

	while (*keys != '\0') {
		const char *end = *keys == '<' ? strchr(keys, '>') : NULL;

		snprintf(name, sizeof name, "%.*s", end != NULL ? (int)(end - keys - 1) : 1,
			 end != NULL ? keys + 1 : keys);
		keys = end != NULL ? end + 1 : keys + 1;
		screen_key(&p->s, strcmp(name, " ") == 0 ? "Space" : name);
	}
	screen_draw(&p->s);
}

/* Row y without what is blank at its end; the frame's right side is left out. */
static void
assert_row(const struct place *p, int y, const char *want)
{
	struct buf b = BUF_INIT;
	char got[1024];
	size_t n;

	grid_row_text(p->s.grid, y, &b);
	snprintf(got, sizeof got, "%s", buf_str(&b));
	buf_release(&b);
	n = strlen(got);
	if (n > 3 && strcmp(got + n - 3, "│") == 0)
		got[n -= 3] = '\0';
	while (n > 0 && got[n - 1] == ' ')
		got[--n] = '\0';
	assert_string_equal(got, want);
}

static void
assert_shows(const struct place *p, const char *what)
{
	struct buf b = BUF_INIT;
	bool there = false;

	for (int y = 0; y < p->s.grid->h && !there; y++) {
		buf_reset(&b);
		grid_row_text(p->s.grid, y, &b);
		there = strstr(buf_str(&b), what) != NULL;
	}
	buf_release(&b);
	if (!there)
		fail_msg("'%s' is not on the screen", what);
}

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
				    .last_ms = NOW - last * 1000,
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
make_targets(struct place *p, struct view_target at[3])
{
	at[0] = target("fraud-health", "http://127.0.0.1:8000/health", 4, 2.0, 0);
	at[0].health_check = true;
	at[0].up = false;
	at[0].health = HEALTH_BROKEN;
	at[0].down_since_ms = NOW - 368000;
	at[0].error = "no answer within 2 s";
	at[0].failures = 37;
	at[0].timeout_ms = 2000;
	at[0].interval_ms = 10000;
	at[0].model = "fraud";
	at[0].expects = "status 200 and model_loaded = true";
	at[0].where = "/etc/mlwatch/mlwatch.yml:47";
	at[0].good = (struct view_answer){NOW - 378000, 200, 0.041, "{\"model_loaded\": true, \"version\": \"3.2.0\"}"};
	at[1] = target("fraud-service", "http://127.0.0.1:8000/metrics", 9, 1.8, 412);
	at[1].slow = true;
	at[1].health = HEALTH_WARNING;
	at[1].sample_limit = 20000;
	at[1].label_limit = 64;
	at[1].body_limit = 10 << 20;
	at[2] = target("ranker-eu", "http://10.0.0.12:9100/metrics", 11, 0.031, 1204);
	p->snap.o.targets = at;
	p->snap.o.n_targets = 3;
}

static void
targets__are_drawn_as_designed(void **state)
{
	struct place *p = *state;
	double down[20], up[20], half[20];
	struct strip strips[3] = {{down, 20, 0.9923}, {half, 20, 0.99999}, {up, 20, 1}};
	const struct part_strips hours = {strips, 3};
	struct view_target at[3];

	for (int i = 0; i < 20; i++) {
		down[i] = i < 18;
		up[i] = 1;
		half[i] = i == 0 ? NAN : i == 5 ? 0.5 : 1;
	}
	make_targets(p, at);
	p->snap.targets = &hours;
	show(p, PAGE_TARGETS, 120, 36);
	assert_row(p, 3,
		   "│   HEALTH   JOB           URL                            LAST   TOOK SAMPLES UP 24h LAST HOUR     "
		   "       WHY");
	assert_row(p, 4,
		   "│▸✗ down 6m  fraud-health  http://127.0.0.1:8000/health     4s    2 s       - 99.2 % "
		   "██████████████████·· timeout");
	/* all but all of it is not all; what was partly up is not up; what is unknown is blank */
	assert_row(p, 5,
		   "│ ▲ slow     fraud-service http://127.0.0.1:8000/metrics    9s  1.8 s     412 99.9 %  "
		   "████▒██████████████ 1.8 s of 10 s");
	assert_row(p, 6,
		   "│ ✓ up       ranker-eu     http://10.0.0.12:9100/metrics   11s  31 ms   1 204  100 % "
		   "████████████████████");
	show(p, PAGE_TARGETS, 80, 24);
	assert_row(p, 3, "   HEALTH   JOB           URL                        LAST  TOOK UP 24h LAST HOUR");
	assert_row(p, 4, "▸✗ down 6m  fraud-health  http://127.0.0.1:8000/hea…   4s   2 s 99.2 % ████████·");
	assert_row(p, 5, " ▲ slow     fraud-service http://127.0.0.1:8000/met…   9s 1.8 s 99.9 % ██▒██████");
}

static void
targets__one_is_told_whole(void **state)
{
	static struct label about[] = {
	    {"alertname", "TargetDown"}, {"instance", "127.0.0.1:8000"}, {"job", "fraud-health"}};
	static struct label other[] = {{"alertname", "TargetDown"}, {"job", "node"}};
	struct place *p = *state;
	struct view_target at[3];
	struct view_model model = {.model = "fraud", .version = "3", .job = "scoring", .state_text = "", .rps = 182.4};
	struct view_alert alerts[2] = {{.name = "TargetDown",
					.labels = {about, 3},
					.state = VIEW_PENDING,
					.health = HEALTH_PENDING,
					.active_ms = NOW - 36000,
					.for_ms = 60000,
					.state_text = "pending 36s/1m"},
				       {.name = "TargetDown", .labels = {other, 2}, .state_text = "FIRING"}};

	for (int i = 0; i < 2; i++) {
		alerts[i].fingerprint = i == 0 ? "a" : "b";
		alerts[i].severity = alerts[i].on = alerts[i].model = alerts[i].value_expr = alerts[i].summary = "";
		alerts[i].runbook = "";
	}
	make_targets(p, at);
	p->snap.o.models = &model;
	p->snap.o.n_models = 1;
	p->snap.o.alerts = alerts;
	p->snap.o.n_alerts = 2;
	show(p, PAGE_TARGETS, 120, 36);
	assert_row(p, 23, "│ ✗ down for 6m 8s, since 03:08:14: no answer within 2 s, 37 times in a row");
	assert_row(p, 24,
		   "│ last good answer 03:08:04, 200 in 41 ms: {\"model_loaded\": true, \"version\": \"3.2.0\"}");
	assert_row(p, 25, "│ expects status 200 and model_loaded = true   interval 10s   timeout 2s");
	assert_row(p, 26, "│");
	assert_row(p, 27, "│ alerts   TargetDown: pending, fires in 24s");
	assert_row(p, 28,
		   "│ log      fraud predictions still arrive (182/s), so the service answers requests; only its "
		   "health check does not");
	assert_row(p, 29, "│");
	assert_row(p, 30, "│ series   ml_health{job=\"fraud-health\"} 0   ml_health_seconds 2");
	assert_row(p, 31, "│ config   /etc/mlwatch/mlwatch.yml:47");
	press(p, "j"); /* a scrape target of the job fraud-...: of the model fraud, though no label says so */
	assert_shows(p, "▲ answers in 1.8 s: slow");
	assert_shows(p, "log      fraud predictions arrive (182/s)");
	assert_shows(
	    p, "up{job=\"fraud-service\"} 1   scrape_duration_seconds 1.8   limits: 20 000 samples, 64 labels, 10 MiB");
	press(p, "k<Enter>"); /* alone: nothing is cut */
	assert_true(p->s.zoom);
	model.last_record_ms = NOW - 400000; /* though over five minutes there is a rate */
	show(p, PAGE_TARGETS, 120, 36);
	assert_shows(p, "no fraud predictions arrive either: the last was 6m ago");
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
				      .last_line_ms = NOW - 500,
				      .error = "",
				      .health = HEALTH_OK};
}

static void
make_logs(struct place *p, struct view_log_file at[3], struct view_log log[2], struct view_bad_kind kind[2])
{
	at[0] = file("churn", "/var/log/churn/churn-2026-11-21.log", 88000000, 41);
	at[0].health = HEALTH_WARNING;
	at[0].lag_bytes = 1200000;
	at[0].lag_s = 29;
	at[0].read_lines_per_s = 160;
	at[0].caught_up_s = 50;
	at[0].last_line_ms = NOW - 1000;
	at[1] = file("fraud", "/var/log/fraud/predictions.jsonl", INT64_C(4102400000), 182);
	at[1].bad_1h = 412;
	at[2] = file("fraud", "/var/log/fraud/predictions.jsonl.1", INT64_C(9800000000), 0);
	at[2].open = false;
	at[2].rotated = true;
	at[2].bad_1h = 18;
	at[2].last_line_ms = NOW - 2 * MS_HOUR;
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
	p->snap.o.files = at;
	p->snap.o.n_files = 3;
	p->snap.o.logs = log;
	p->snap.o.n_logs = 2;
}

static void
logs__are_drawn_as_designed(void **state)
{
	struct place *p = *state;
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
	make_logs(p, at, log, kind);
	p->snap.logs = &hours;
	p->snap.o.events = &restart;
	p->snap.o.n_events = 1;
	show(p, PAGE_LOGS, 120, 36);
	press(p, "j");
	assert_row(p, 2,
		   "┌ Prediction logs: 3 files, 1 behind "
		   "───────────────────────────────────────────────────────────────────────── 2 jobs ─┐");
	assert_row(p, 3,
		   "│    JOB         FILE                      LINES/S      SIZE    BEHIND    LAG  BAD 1h     LAST "
		   "LINE  LAST HOUR");
	assert_row(p, 4,
		   "│ ▲  churn       churn-2026-11-21.log           41     88 MB    1.2 MB    29s       0            "
		   "1s  ██████████████▆▆");
	assert_row(p, 5,
		   "│▸✓  fraud       predictions.jsonl             182    4.1 GB       0 B    <1s     412           "
		   "<1s  ██████████████▆▆");
	assert_row(
	    p, 6,
	    "│ ·  fraud       predictions.jsonl.1             0    9.8 GB       0 B             18   2h, rotated");
	assert_shows(p, "│ churn is 1.2 MB behind: 41 lines/s are written, 160 lines/s read; caught up in about 50s ");
	assert_shows(p, "┌ fraud predictions.jsonl: 412 bad lines in the last hour of 975 000 (0.04 %) ─");
	assert_shows(p, "│ REASON                               LINES  FIRST     LAST      EXAMPLE ");
	assert_shows(p, "│▸field missing: model                   371  03:04:58  03:05:19  "
			"{\"ts\":\"2026-11-21T02:04:58Z\",\"request_id\":");
	assert_shows(p, "┌ /var/log/fraud/predictions.jsonl   byte 4 102 331 870   03:04:58 ─");
	assert_shows(p, "│   "
			"{\"ts\":\"2026-11-21T02:04:58Z\",\"request_id\":\"9f21\",\"latency_ms\":41.2,\"status\":200,"
			"\"prediction\":\"legit\",\"score\":0.97} │");
	assert_shows(p, "│   ^ no field \"model\"; prediction_logs[0].fields.model says model   hint: add  model: "
			"{value: fraud}  for a constant  │");
	assert_shows(
	    p,
	    "│   the line was not counted. 371 like it between 03:04:58 and 03:05:19, the restart of fraud-service ");
	assert_shows(p, "│   folded away: 0 categories, 0 series   limits: line 1 MiB, 1 000 categories, 20 000 series "
			"(214 used) ");
	show(p, PAGE_LOGS, 80, 24);
	assert_row(p, 3, "   JOB       FILE                 LINES/S   SIZE BEHIND LAG BAD 1h    LAST LINE");
	assert_row(p, 5, "▸✓ fraud     predictions.jsonl        182 4.1 GB    0 B <1s    412          <1s");
	assert_shows(p, "─ fraud predictions.jsonl: 412 bad lines in 1h of 975 000 ─");
	assert_shows(p, "the line was not counted; 371 like it, all in the restart of fraud-service");
}

static void
logs__reasons_follow_the_file_and_y_takes_a_harmless_line(void **state)
{
	struct place *p = *state;
	struct view_log_file at[3];
	struct view_log log[2];
	struct view_bad_kind kind[2];

	make_logs(p, at, log, kind);
	show(p, PAGE_LOGS, 120, 36); /* on churn */
	assert_int_equal(p->s.cursor[TABLE_REASONS].n, 0);
	assert_shows(p, "no bad line in the last hour");
	press(p, "j");
	assert_int_equal(p->s.cursor[TABLE_REASONS].n, 2);
	press(p, "<Enter>j"); /* among the reasons now */
	assert_int_equal(page_table(&p->s), TABLE_REASONS);
	press(p, "y");
	assert_string_equal(p->s.wish.copy, "{\"a\":·]52;c;eA==·");
	assert_shows(p, "copied: the bad line");
	press(p, "<Enter>");
	assert_true(p->s.zoom);
	press(p, "<Esc><Tab><Tab>k"); /* round to the files, on churn */
	assert_int_equal(p->s.cursor[TABLE_REASONS].n, 0);
	at[0].caught_up_s = NAN;
	at[0].read_lines_per_s = 40;
	show(p, PAGE_LOGS, 120, 36);
	assert_shows(p, "41 lines/s are written, 40 lines/s read; it does not catch up");
}

/* ---- notifications ---- */

static void
notify__is_drawn_as_designed(void **state)
{
	struct place *p = *state;
	struct view_receiver receivers[] = {{.name = "pagerduty",
					     .kind = "pagerduty",
					     .why = "1 given up: 400 invalid routing key",
					     .sent = 9,
					     .given_up = 1,
					     .last_ok_ms = AGO(37, 0),
					     .last_error_ms = AGO(122, 0),
					     .health = HEALTH_BROKEN},
					    {.name = "email-data-science",
					     .kind = "email",
					     .why = "127.0.0.1:2525 connection refused",
					     .sent = 4,
					     .failed = 6,
					     .queued = 1,
					     .last_ok_ms = AGO(26 * 60, 0),
					     .last_error_ms = NOW,
					     .health = HEALTH_WARNING},
					    {.name = "night-shift", .kind = "", .why = "", .health = HEALTH_OK}};
	struct view_message waiting[] = {{.id = "12",
					  .receiver = "pagerduty",
					  .kind = "pagerduty",
					  .group = "",
					  .group_text = "",
					  .alerts = "",
					  .brief = "TargetDown node",
					  .about = "TargetDown node, resolved",
					  .state = "given up: 400 bad routing key",
					  .answer = "400",
					  .t = AGO(121, 42),
					  .attempts = 1,
					  .health = HEALTH_BROKEN},
					 {.id = "17",
					  .receiver = "email-data-science",
					  .kind = "email",
					  .group = "",
					  .group_text = "",
					  .alerts = "",
					  .brief = "DriftShareHigh fraud",
					  .about = "DriftShareHigh fraud, firing",
					  .state = "connection refused",
					  .answer = "",
					  .t = AGO(27, 57),
					  .next_ms = NOW + 48000,
					  .attempts = 6,
					  .open = true,
					  .health = HEALTH_WARNING}};
	struct view_message sent[] = {{.id = "18",
				       .receiver = "slack-oncall",
				       .kind = "slack",
				       .group = "",
				       .group_text = "ErrorRateHigh model=fraud",
				       .group_brief = "ErrorRateHigh fraud",
				       .counts = "1 firing",
				       .alerts = "",
				       .about = "",
				       .state = "sent",
				       .answer = "200",
				       .t = AGO(8, 12),
				       .took = 0.2,
				       .health = HEALTH_OK}};
	const struct part_notify n = {.box = {receivers, 3, waiting, sent, 2, 1, 40}};

	p->snap.notify = &n;
	show(p, PAGE_NOTIFY, 120, 36);
	assert_row(p, 3, "│    RECEIVER              KIND         SENT  FAILED  QUEUED    LAST OK  LAST ERROR  WHY");
	assert_row(p, 4,
		   "│▸✗  pagerduty             pagerduty       9       0       0        37m          2h  1 given up: "
		   "400 invalid routing …");
	assert_row(p, 5,
		   "│ ▲  email-data-science    email           4       6       1         1d         now  "
		   "127.0.0.1:2525 connection refused");
	assert_row(p, 6,
		   "│ ✓  night-shift           -               0       0       0          -           -  nothing was "
		   "ever sent to it");
	assert_shows(p, "┌ Outbox: 1 waiting, 1 given up ─");
	assert_shows(p,
		     "│    SINCE     RECEIVER              ALERTS                            TRIES  NEXT TRY  STATE ");
	assert_shows(p, "│▸✗  01:12:40  pagerduty             TargetDown node, resolved             1     never  given "
			"up: 400 bad routing key ");
	assert_shows(p, "│ ▲  02:46:25  email-data-science    DriftShareHigh fraud, firing          6       48s  "
			"connection refused ");
	assert_shows(
	    p, "given up means an error that trying again cannot heal. Correct the receiver, then R sends it again.");
	assert_shows(p, "┌ Sent: 40 in 24h ─");
	assert_shows(
	    p, "│ AT        RECEIVER              GROUP                               ALERTS              ANSWER ");
	assert_shows(p,
		     "│ 03:06:10  slack-oncall          ErrorRateHigh model=fraud           1 firing            200 ");
	show(p, PAGE_NOTIFY, 80, 24);
	assert_row(p, 4, "▸✗ pagerduty             9    0     0       37m 1 given up: 400 invalid routin…");
	assert_shows(p, " ▲ 02:46 email-data-science DriftShareHigh fraud        6    48s connection ref…");
	assert_shows(p, " 03:06:10 slack-oncall     ErrorRateHigh fraud         1 firing   200");
}

/* The message that is asked for whole is the one under the cursor, of the list where the person is. */
static void
notify__the_message_under_the_cursor_is_wanted(void **state)
{
	struct place *p = *state;
	struct view_message waiting[] = {{.id = "12"}, {.id = "17"}}, sent[] = {{.id = "18"}};
	struct part_notify n = {.box = {NULL, 0, waiting, sent, 2, 1, 1}};
	struct request q;

	for (int i = 0; i < 3; i++) {
		struct view_message *m = i < 2 ? &waiting[i] : &sent[0];

		m->receiver = m->kind = m->group_text = m->group_brief = m->counts = m->alerts = "";
		m->brief = m->about = m->state = m->answer = "";
	}
	p->snap.notify = &n;
	show(p, PAGE_NOTIFY, 120, 36);
	screen_request(&p->s, &q);
	assert_string_equal(q.message, "12");
	press(p, "<Tab>j"); /* from the receivers to the outbox */
	screen_request(&p->s, &q);
	assert_string_equal(q.message, "17");
	press(p, "<Tab>");
	screen_request(&p->s, &q);
	assert_string_equal(q.message, "18");
	n.box.n_waiting = 0;
	p->s.focus[PAGE_NOTIFY] = 0;
	show(p, PAGE_NOTIFY, 120, 36);
	screen_request(&p->s, &q);
	assert_string_equal(q.message, "18");
}

/* ---- events ---- */

static struct view_event
event(int64_t id, int64_t t, enum health h, const char *kind, const char *subject, const char *ref, const char *text)
{
	return (struct view_event){.id = id,
				   .t = t,
				   .health = h,
				   .severity = "",
				   .kind = kind,
				   .subject = subject,
				   .model = subject,
				   .ref = ref,
				   .text = text};
}

static void
events__are_drawn_as_designed(void **state)
{
	struct place *p = *state;
	struct view_event at[] = {
	    event(5, AGO(8, 27), HEALTH_BROKEN, "alert", "fraud", "", "ErrorRateHigh firing: 2.8 % > 1 %"),
	    event(4, AGO(9, 24), HEALTH_WARNING, "log", "fraud", "", "371 bad lines in 21s: field missing: model"),
	    event(3, AGO(32, 11), HEALTH_UNKNOWN, "log", "ranker-eu", "", "log rotated: ranker.csv, nothing lost"),
	    event(2, AGO(38, 12), HEALTH_BROKEN, "feature", "fraud", "amount",
		  "amount: mean 84.1 → 8410 (×100: a unit change?), 22 % above the reference maximum"),
	};
	struct event_cell cells[61] = {{0}};
	const struct part_events e = {.span = {NOW - MS_HOUR, NOW},
				      .at = at,
				      .n = 4,
				      .total = 4,
				      .cells = cells,
				      .n_cells = 61,
				      .cell_ms = MS_MINUTE,
				      .first_ms = AGO(60, 22)}; /* 02:14:00 */

	cells[51].problems = 2; /* 03:05 */
	cells[50].warnings = 1;
	cells[50].others = 1;
	cells[28].others = 1;
	p->snap.events = &e;
	show(p, PAGE_EVENTS, 120, 36);
	assert_row(p, 2,
		   "┌ events per minute, last hour ────────────────────────────────────────────────────────────── ✗ ▲ "
		   "problems   + others ─┐");
	assert_row(p, 3, "│ problems  ··················································▲✗·········");
	assert_row(p, 4, "│ others    ····························+·····················+··········");
	assert_row(p, 5, "│           02:14               02:34               02:54               03:14");
	assert_row(p, 7,
		   "┌ Events: 4 of 4, newest first "
		   "─────────────────────────────────────────────────────────────────────────── types: all ─┐");
	assert_row(p, 8,
		   "│▸03:05:55 ✗ fraud          ErrorRateHigh firing: 2.8 % > 1 %                                      "
		   "              alert");
	assert_row(p, 9,
		   "│ 03:04:58 ▲ fraud          371 bad lines in 21s: field missing: model                             "
		   "                log");
	assert_row(p, 10,
		   "│ 02:42:11 · ranker-eu      log rotated: ranker.csv, nothing lost                                  "
		   "                log");
	assert_row(p, 11,
		   "│ 02:36:10 ✗ fraud          amount: mean 84.1 → 8410 (×100: a unit change?), 22 % above the "
		   "reference maximum  feature");
	/* the cell of the selected event is marked */
	assert_true(p->s.grid->cell[3 * 120 + 1 + 11 + 51].attr & ATTR_REVERSE);
	press(p, "e"); /* the next problem */
	assert_false(p->s.grid->cell[3 * 120 + 1 + 11 + 51].attr & ATTR_REVERSE);
	assert_true(p->s.grid->cell[3 * 120 + 1 + 11 + 50].attr & ATTR_REVERSE);
	press(p, "e");
	press(p, "/type=log<Enter>");
	assert_shows(p, "Events: 2 of 4, newest first");
	assert_shows(p, "filter: type=log");
	press(p, "<Esc>G");
	show(p, PAGE_EVENTS, 80, 24);
	assert_row(p, 2, "─ Events: 4, newest first ───────────────────────────────────────── types: all ─");
	assert_row(p, 3, " 03:05 ✗ fraud         ErrorRateHigh firing: 2.8 % > 1 %");
	assert_row(p, 6, "▸02:36 ✗ fraud         amount: mean 84.1 → 8410 (×100: a unit change?), 22 % ab…");
	assert_row(
	    p, 22,
	    "amount: mean 84.1 → 8410 (×100: a unit change?), 22 % above the reference maxim…"); /* the hint row has more room */
}

static void
events__enter_goes_to_what_it_is_about(void **state)
{
	struct place *p = *state;
	struct view_target targets[3];
	struct view_log_file files[3];
	struct view_log logs[2];
	struct view_bad_kind kinds[2];
	struct view_model models[] = {{.model = "churn", .version = "1", .job = "", .state_text = ""},
				      {.model = "fraud", .version = "3", .job = "", .state_text = ""}};
	struct view_alert alert = {.fingerprint = "00000000000000ab",
				   .name = "ErrorRateHigh",
				   .severity = "",
				   .on = "",
				   .model = "",
				   .value_expr = "",
				   .summary = "",
				   .runbook = "",
				   .state_text = ""};
	static const struct {
		const char *kind, *subject, *ref;
		enum page page;
		enum table table;
		size_t row; /* of it; SIZE_MAX: not looked at */
	} ways[] = {
	    {"alert", "fraud", "00000000000000ab", PAGE_ALERT, TABLE_ALERTS, 0},
	    {"alert", "fraud", "00000000000000cd", PAGE_ALERTS, TABLE_ALERTS, SIZE_MAX}, /* it is over */
	    {"feature", "fraud", "amount", PAGE_FEATURE, TABLE_MODELS, 1},
	    {"category", "fraud", "", PAGE_DRIFT, TABLE_MODELS, 1},
	    {"target", "fraud-service", "127.0.0.1:8000", PAGE_TARGETS, TABLE_TARGETS, 1},
	    {"log", "fraud", "/var/log/fraud/predictions.jsonl.1", PAGE_LOGS, TABLE_FILES, 2},
	    {"log", "fraud", "/gone", PAGE_LOGS, TABLE_FILES, 1}, /* then another of its job */
	    {"traffic", "fraud", "", PAGE_MODELS, TABLE_MODELS, 1},
	    {"reference", "fraud", "", PAGE_DRIFT, TABLE_MODELS, 1},
	    {"notification", "pagerduty", "12", PAGE_NOTIFY, TABLE_OUTBOX, SIZE_MAX},
	    {"config", "mlwatch", "", PAGE_EVENTS, TABLE_EVENTS, 0},
	    {"traffic", "nobody", "", PAGE_EVENTS, TABLE_EVENTS, 0},
	};

	make_targets(p, targets);
	make_logs(p, files, logs, kinds);
	p->snap.o.models = models;
	p->snap.o.n_models = 2;
	p->snap.o.alerts = &alert;
	p->snap.o.n_alerts = 1;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct view_event at =
		    event(9, AGO(1, 0), HEALTH_BROKEN, ways[i].kind, ways[i].subject, ways[i].ref, "text");
		const struct part_events e = {
		    .span = {NOW - MS_HOUR, NOW}, .at = &at, .n = 1, .total = 1, .cell_ms = 60000};

		p->snap.events = &e;
		show(p, PAGE_EVENTS, 120, 36);
		if (i == 0)
			press(p, "/text<Enter>"); /* a filter of events says nothing of where Enter leads */
		press(p, "<Enter>");
		assert_int_equal(p->s.page, ways[i].page);
		if (ways[i].row != SIZE_MAX)
			assert_int_equal(table_at(&p->s, ways[i].table), ways[i].row);
		if (ways[i].page != PAGE_EVENTS) {
			press(p, "<Esc>");
			assert_int_equal(p->s.page, PAGE_EVENTS);
		}
		p->snap.events = NULL;
	}
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
	buf_release(&b);
	grid_close(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(targets__are_drawn_as_designed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(targets__one_is_told_whole, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(logs__are_drawn_as_designed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(logs__reasons_follow_the_file_and_y_takes_a_harmless_line, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(notify__is_drawn_as_designed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(notify__the_message_under_the_cursor_is_wanted, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(events__are_drawn_as_designed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(events__enter_goes_to_what_it_is_about, set_up, tear_down),
	    cmocka_unit_test(words__lengths_sizes_and_rows),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
