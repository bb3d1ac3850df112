/*
 * ui_made.h -- the incident of the dashboard's drawings as a snapshot made by hand, for tests of what the screen makes of it: it is 03:14:22 at
 * +01:00, five alerts of which one is silenced, three models. What a test expects comes from the drawings, not from here.
 */
#ifndef TESTS_UI_MADE_H
#define TESTS_UI_MADE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ui/screen.h"
#include "mlwatch/buf.h"

#define MADE_NOW    INT64_C(1795140862000) /* 2026-11-20 03:14:22 at +01:00 */
#define AT(h, m, s) (MADE_NOW - 11662000 + (((h)*60 + (m)) * INT64_C(60) + (s)) * 1000)

struct made {
	struct snapshot snap;
	struct view_alert alerts[5];
	struct view_model models[3];
	struct view_target target;
	struct label labels[5][6];
	struct part_rules rules;
	struct part_alert about;
	struct screen screen;
	struct buf row;
};

static inline void
made_alert(struct made *m, size_t i, struct view_alert a, const char *severity, const char *model, const char *feature)
{
	const struct label all[] = {{"alertname", a.name}, {"feature", feature},   {"host", "scoring-1"},
				    {"model", model},      {"severity", severity}, {"team", "data-science"}};
	size_t n = 0;

	for (size_t k = 0; k < 6; k++)
		if (all[k].value[0] != '\0')
			m->labels[i][n++] = all[k];
	a.labels = (struct labels){m->labels[i], n};
	a.severity = severity;
	a.model = model;
	a.feature = feature;
	a.fingerprint = (const char *[]){"1", "2", "3", "4", "5"}[i];
	a.ratio = a.value.v / a.limit.v;
	a.limit_op = ">";
	a.value_expr = a.expr = a.expr != NULL ? a.expr : "x";
	a.where = a.where != NULL ? a.where : "rules/fraud.yml:1";
	a.summary = a.summary != NULL ? a.summary : "";
	a.runbook = a.runbook != NULL ? a.runbook : "";
	a.group = "fraud";
	m->alerts[i] = a;
}

static inline void
made_alerts(struct made *m)
{
	made_alert(m, 0,
		   (struct view_alert){.name = "DriftShareHigh",
				       .on = "fraud",
				       .health = HEALTH_BROKEN,
				       .state = VIEW_FIRING,
				       .state_text = "FIRING",
				       .active_ms = AT(2, 41, 20),
				       .fired_ms = AT(2, 46, 20),
				       .for_ms = 300000,
				       .value = {0.42, UNIT_SHARE, NULL},
				       .limit = {0.30, UNIT_SHARE, NULL},
				       .summary = "42 % of the features of fraud drifted: retrain?",
				       .runbook = "https://runbooks.example.com/drift-share",
				       .where = "rules/fraud.yml:46",
				       .expr = "avg by (model) (feature:drift:15m > bool 0.1) > 0.30"},
		   "critical", "fraud", "");
	made_alert(m, 1,
		   (struct view_alert){.name = "ErrorRateHigh",
				       .on = "fraud",
				       .health = HEALTH_BROKEN,
				       .state = VIEW_FIRING,
				       .state_text = "FIRING, ack ana",
				       .active_ms = AT(3, 3, 55),
				       .fired_ms = AT(3, 5, 55),
				       .for_ms = 120000,
				       .value = {0.031, UNIT_SHARE, NULL},
				       .limit = {0.01, UNIT_SHARE, NULL},
				       .ack_by = "ana",
				       .ack_comment = "looking",
				       .ack_ms = AT(3, 10, 2)},
		   "critical", "fraud", "");
	made_alert(m, 2,
		   (struct view_alert){.name = "LatencyP95High",
				       .on = "fraud",
				       .health = HEALTH_WARNING,
				       .state = VIEW_FIRING,
				       .state_text = "FIRING",
				       .active_ms = AT(2, 48, 0),
				       .fired_ms = AT(2, 53, 0),
				       .for_ms = 300000,
				       .value = {0.421, UNIT_SECONDS, NULL},
				       .limit = {0.2, UNIT_SECONDS, NULL}},
		   "warning", "fraud", "");
	made_alert(m, 3,
		   (struct view_alert){.name = "FeatureDrift",
				       .on = "churn tenure_months",
				       .health = HEALTH_PENDING,
				       .state = VIEW_PENDING,
				       .state_text = "pending 2m/5m",
				       .active_ms = AT(3, 12, 20),
				       .for_ms = 300000,
				       .value = {0.121, UNIT_STATISTIC, "KS"},
				       .limit = {0.1, UNIT_STATISTIC, NULL}},
		   "warning", "churn", "tenure_months");
	made_alert(m, 4,
		   (struct view_alert){.name = "FeatureDrift",
				       .on = "fraud device_age",
				       .health = HEALTH_MUTED,
				       .state = VIEW_FIRING,
				       .state_text = "silenced 41m more",
				       .active_ms = AT(0, 4, 0),
				       .fired_ms = AT(0, 9, 0),
				       .for_ms = 300000,
				       .value = {0.140, UNIT_STATISTIC, "KS"},
				       .limit = {0.1, UNIT_STATISTIC, NULL},
				       .silenced_by = "a91f0c44",
				       .silenced_until_ms = AT(3, 55, 22)},
		   "warning", "fraud", "device_age");
}

static inline void
made_models(struct made *m)
{
	static const struct {
		const char *name, *version, *state;
		enum health health;
		int drifted, features;
	} rows[] = {{"fraud", "3.2.0", "3 firing", HEALTH_BROKEN, 5, 12},
		    {"churn", "1.9.4", "1 pending", HEALTH_PENDING, 1, 31},
		    {"ranker-eu", "2026.11", "ok", HEALTH_OK, 0, 64}};

	for (size_t i = 0; i < 3; i++)
		m->models[i] = (struct view_model){.model = rows[i].name,
						   .version = rows[i].version,
						   .job = rows[i].name,
						   .health = rows[i].health,
						   .state_text = rows[i].state,
						   .rps = NAN,
						   .rps_change = NAN,
						   .error_share = NAN,
						   .p50 = NAN,
						   .p95 = NAN,
						   .p99 = NAN,
						   .score = NAN,
						   .drifted = rows[i].drifted,
						   .features = rows[i].features};
}

/* A snapshot taken one second after the last commit; the screen shows it. */
static inline struct made *
made_open(int w, int h, enum glyphs glyphs)
{
	struct made *m = calloc(1, sizeof *m);
	struct view_overview *o = &m->snap.o;

	made_alerts(m);
	made_models(m);
	m->target = (struct view_target){.job = "fraud-health",
					 .instance = "",
					 .url = "",
					 .error = "",
					 .model = "",
					 .answer = "",
					 .good = {.body = ""},
					 .expects = "",
					 .where = "",
					 .health = HEALTH_BROKEN};
	*o =
	    (struct view_overview){.t = MADE_NOW,
				   .health = HEALTH_BROKEN,
				   .critical = 2,
				   .warning = 1,
				   .pending = 1,
				   .silenced = 1,
				   .alerts = m->alerts,
				   .n_alerts = 5,
				   .rules_active = 4,
				   .state_ms = MADE_NOW,
				   .models = m->models,
				   .n_models = 3,
				   .targets = &m->target,
				   .n_targets = 1,
				   .given_up = 1,
				   .agent = {.host = "scoring-1", .heartbeat_ms = MADE_NOW - 1000, .config_error = ""}};
	m->snap.t = m->snap.clock = MADE_NOW;
	m->snap.from = MADE_NOW - 3600000;
	m->snap.live = m->snap.has_models = true;
	m->snap.model = "fraud";
	m->snap.version = "3.2.0";
	screen_open(&m->screen, grid_open(w, h, glyphs));
	m->screen.utc_offset_s = 3600;
	m->screen.now = MADE_NOW;
	screen_take(&m->screen, &m->snap);
	return m;
}

static inline void
made_close(struct made *m)
{
	grid_close(m->screen.grid);
	screen_close(&m->screen);
	buf_release(&m->row);
	free(m);
}

/* Row y as it was drawn last, without trailing blanks. */
static inline const char *
made_row(struct made *m, int y)
{
	buf_reset(&m->row);
	grid_row_text(m->screen.grid, y, &m->row);
	return buf_str(&m->row);
}

/* Is this somewhere on the screen? */
static inline bool
made_shows(struct made *m, const char *text)
{
	for (int y = 0; y < m->screen.grid->h; y++)
		if (strstr(made_row(m, y), text) != NULL)
			return true;
	return false;
}

/* "j Enter S-Tab": names with a blank between. */
static inline void
made_keys(struct made *m, const char *keys)
{
	char copy[512], *rest = copy, *key;

	snprintf(copy, sizeof copy, "%s", keys);
	while ((key = strsep(&rest, " ")) != NULL)
		screen_key(&m->screen, key);
	screen_draw(&m->screen);
}

/* ---- for cmocka: a test's state is a screen of 120x36 ---- */

#define AGO(m, s) (MADE_NOW - ((m)*INT64_C(60) + (s)) * 1000)

static inline int
made_set_up(void **state)
{
	*state = made_open(120, 36, GLYPHS_BRAILLE);
	return 0;
}

static inline int
made_tear_down(void **state)
{
	made_close(*state);
	return 0;
}

static inline void
show(struct made *m, enum page page, int w, int h)
{
	grid_resize(m->screen.grid, w, h);
	m->screen.page = page;
	screen_take(&m->screen, &m->snap);
	screen_draw(&m->screen);
}

/* Row y; the frame at its right and what is blank before that are left out. */
static inline void
assert_row(struct made *m, int y, const char *want)
{
	char got[1024];
	size_t n;

	snprintf(got, sizeof got, "%s", made_row(m, y));
	n = strlen(got);
	if (n > 3 && strcmp(got + n - 3, "│") == 0)
		got[n -= 3] = '\0';
	while (n > 0 && got[n - 1] == ' ')
		got[--n] = '\0';
	assert_string_equal(got, want);
}

static inline void
assert_shows(struct made *m, const char *what)
{
	if (!made_shows(m, what))
		fail_msg("'%s' is not on the screen", what);
}

#endif
