/*
 * incident_documents.h -- what the agent would have written of its targets, logs and rules that night: status documents and samples.
 */
#ifndef TESTS_INCIDENT_DOCUMENTS_H
#define TESTS_INCIDENT_DOCUMENTS_H

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "incident.h"
#include "mlwatch/promql.h"

#define CONFIG    "/etc/mlwatch/mlwatch.yml"
#define RULES     "/etc/mlwatch/rules/fraud.yml"
#define EVERY     (30 * MS_SECOND) /* between samples */
#define FRAUD_LOG "/var/log/fraud/predictions.jsonl"
#define DRIFT                                                                                                          \
	"drift_ks(sum by (model, version, feature) (increase(ml_feature[15m])))"                                       \
	" or drift_tvd(increase(ml_feature_category_total[15m]))"

static void
put_document(struct work *w, const char *key, json_t *doc)
{
	char *text = json_dumps(doc, JSON_COMPACT);
	struct err e = ERR_INIT;

	if (text == NULL) {
		fprintf(stderr, "make_store: the document '%s' is none\n", key);
		exit(1);
	}
	must(store_put_kv(w->s, key, text, &e), &e);
	free(text);
	json_decref(doc);
}

/* ---- targets ---- */

static const struct target {
	const char *job, *instance, *path, *model;
	int ago, samples, line; /* seconds; 0: a health check */
	double seconds;
	int64_t away_from, away_to; /* an earlier outage */
} targets[] = {
    {"fraud-service", "127.0.0.1:8000", "/metrics", "fraud", 9, 412, 31, 1.8, CLOCK(-6, 10, 0), CLOCK(-6, 16, 0)},
    {"fraud-health", "127.0.0.1:8000", "/health", "fraud", 4, 0, 47, 2, CLOCK(-6, 10, 0), CLOCK(-6, 15, 30)},
    {"churn-service", "127.0.0.1:8001", "/metrics", "churn", 3, 391, 35, 0.012, CLOCK(-14, 19, 0), CLOCK(-14, 17, 0)},
    {"ranker-eu", "10.0.0.12:9100", "/metrics", "ranker-eu", 11, 1204, 39, 0.031, 0, 0},
    {"node", "127.0.0.1:9100", "/metrics", "", 2, 1532, 43, 0.018, 0, 0},
};
enum { N_TARGETS = sizeof targets / sizeof *targets };

static json_t *
target_answer(struct work *w, int64_t t, int status, double seconds, double samples, const char *body)
{
	return json_pack("{s:I, s:i, s:f, s:f, s:s}", "t", (json_int_t)t, "status", status, "seconds", seconds,
			 "samples", samples, "body", outside(w, body));
}

static json_t *
target_document(struct work *w, const struct target *at)
{
	const bool health = at->samples == 0;
	const int64_t last = AGO(0, at->ago);
	const char *where = arena_printf(w->mem, CONFIG ":%d", at->line),
		   *url = arena_printf(w->mem, "http://%s%s", at->instance, at->path);
	json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:{s:s, s:s, s:s}, s:s, s:s, s:{s:i, s:i, s:I}}", "job",
			      at->job, "instance", at->instance, "url", url, "health_check", health, "interval_ms",
			      (json_int_t)(health ? 10000 : 15000), "timeout_ms", (json_int_t)(health ? 2000 : 10000),
			      "labels", "job", at->job, "instance", at->instance, "model", at->model, "expects",
			      health ? "status 200 and model_loaded = true" : "status 200", "where", where, "limits",
			      "samples", 20000, "labels", 64, "body_bytes", (json_int_t)10 << 20);
	json_t *good = target_answer(w, health ? CLOCK(3, 8, 4) : last, 200, health ? 0.041 : at->seconds, at->samples,
				     health ? "{\"model_loaded\": true, \"version\": \"3.2.0\"}" : "");

	json_object_update_new(
	    o, json_pack("{s:b, s:I, s:I, s:f, s:f, s:i, s:s, s:i, s:o, s:o}", "up", !health, "last_ms",
			 (json_int_t)last, "down_since_ms", (json_int_t)(health ? UNHEALTHY_SINCE : 0), "seconds",
			 at->seconds, "samples", (double)at->samples, "status", health ? 0 : 200, "error",
			 health ? outside(w, "no answer within 2 s") : "", "failures", health ? 37 : 0, "good", good,
			 "answer", target_answer(w, last, health ? 0 : 200, at->seconds, at->samples, "")));
	return o;
}

static bool
is_up(const struct target *at, int64_t t)
{
	const bool away = t >= at->away_from && t < at->away_to;

	return !away && (at->samples > 0 || t < UNHEALTHY_SINCE);
}

static void
put_targets(struct work *w)
{
	json_t *list = json_array();

	for (const struct target *at = targets; at < targets + N_TARGETS; at++) {
		const bool health = at->samples == 0;

		for (int64_t t = NOW - MS_DAY; t <= NOW; t += EVERY) {
			const struct label up[] = {{METRIC_NAME, health ? "ml_health" : "up"},
						   {"job", at->job},
						   {"instance", at->instance},
						   {"model", at->model}};
			const struct label took[] = {
			    {METRIC_NAME, health ? "ml_health_seconds" : "scrape_duration_seconds"},
			    {"job", at->job},
			    {"instance", at->instance},
			    {"model", at->model}};

			put_value(w, up, 4, t, is_up(at, t));
			put_value(w, took, 4, t, health && is_up(at, t) ? 0.041 : at->seconds);
		}
		json_array_append_new(list, target_document(w, at));
	}
	put_document(w, "targets", list);
}

/* ---- logs ---- */

static const struct log_row {
	const char *job, *path;
	int64_t size, behind, lines, bad, bad_1h;
	double per_s, read_per_s;
	bool rotated;
} files[] = {
    {"fraud", FRAUD_LOG, 4102611208, 0, 26411202, 2210, 412, 182, 182, false},
    {"fraud", FRAUD_LOG ".1", 9800212331, 0, 63002117, 18, 18, 0, 0, true},
    {"churn", "/var/log/churn/churn-2026-11-20.log", 88102445, 1200000, 471120, 0, 0, 41, 160, false},
    {"ranker-eu", "/var/log/ranker/ranker.csv", 12004471002, 0, 114002944, 31, 3, 960, 960, false},
};
enum { N_FILES = sizeof files / sizeof *files };

static const struct bad_row {
	const char *job, *reason, *kind;
	int lines;
	int64_t first, last, byte;
	int column;
	const char *line, *what, *hint;
} bad_rows[] = {
    {"fraud", "field missing: model", "no_model", 371, CLOCK(3, 4, 58), CLOCK(3, 5, 19), 4102331870, 1,
     "{\"ts\":\"2026-11-20T03:04:58Z\",\"request_id\":\"9f21\",\"latency_ms\":41.2,\"status\":200,\"prediction\":"
     "\"legit\","
     "\"score\":0.97}",
     "no field \"model\"; prediction_logs[0].fields.model says model", "add  model: {value: fraud}  for a constant"},
    {"fraud", "not JSON: unexpected end of line", "syntax", 40, CLOCK(3, 4, 58), CLOCK(3, 4, 58), 4102331660, 42,
     "{\"ts\":\"2026-11-20T03:04:58Z\",\"model\":\"fra", "the line ends too early; prediction_logs[0].format says json",
     "is every line written whole, with one write?"},
    {"fraud", "timestamp in the future by 3h", "future", 1, CLOCK(2, 59, 2), CLOCK(2, 59, 2), 4090117002, 7,
     "{\"ts\":\"2026-11-20T05:59:02Z\",\"model\":\"fraud\",\"latency_ms\":40.1,\"status\":200,\"prediction\":"
     "\"legit\"}",
     "this is 3h from now; prediction_logs[0].limits.future says 10m",
     "is the writer's clock right, and its offset from UTC?"},
    {"ranker-eu", "field missing: ts", "no_timestamp", 3, CLOCK(2, 42, 11), CLOCK(2, 42, 11), 0, 1,
     "ranker-eu,2026.11,7.1,0.83", "no field \"ts\"; prediction_logs[2].fields.timestamp says ts",
     "a time is RFC 3339 with an offset, or seconds, ms, us or ns since 1970"},
};
enum { N_BAD = sizeof bad_rows / sizeof *bad_rows };

static json_t *
file_document(struct work *w, const struct log_row *f)
{
	const int64_t last = f->rotated ? AGO(120, 0) : f->behind > 0 ? AGO(0, 1) : NOW - 200;
	json_t *o =
	    json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:s}", "path", outside(w, f->path),
		      "open", !f->rotated, "size", (json_int_t)f->size, "offset", (json_int_t)(f->size - f->behind),
		      "lag_bytes", (json_int_t)f->behind, "lines", (json_int_t)f->lines, "bad_lines",
		      (json_int_t)f->bad, "bad_1h", (json_int_t)f->bad_1h, "last_read_ms", (json_int_t)last,
		      "last_line_ms", (json_int_t)last, "rotated", f->rotated, "deleted", false, "error", "");

	if (!f->rotated)
		json_object_update_new(o, json_pack("{s:f, s:f, s:f}", "lines_per_s", f->per_s, "read_lines_per_s",
						    f->read_per_s, "lag_seconds", f->behind > 0 ? 29.0 : 0));
	if (f->behind > 0)
		json_object_set_new(o, "caught_up_seconds", json_integer(50));
	return o;
}

static json_t *
bad_document(struct work *w, const struct bad_row *b)
{
	json_t *example = json_pack("{s:I, s:s, s:s, s:I, s:i, s:s, s:s}", "t", (json_int_t)b->first, "path",
				    strcmp(b->job, "fraud") == 0 ? FRAUD_LOG : "/var/log/ranker/ranker.csv", "line",
				    outside(w, b->line), "byte", (json_int_t)b->byte, "column", b->column, "what",
				    outside(w, b->what), "hint", outside(w, b->hint));

	return json_pack("{s:s, s:s, s:i, s:I, s:I, s:o}", "reason", outside(w, b->reason), "kind", b->kind, "lines",
			 b->lines, "first_ms", (json_int_t)b->first, "last_ms", (json_int_t)b->last, "example",
			 example);
}

static json_t *
log_document(struct work *w, const char *job, const char *glob, int lines_1h, int series, int64_t newest)
{
	json_t *all = json_array(), *bad = json_array(), *kinds = json_object();
	json_int_t bad_1h = 0;

	for (int i = 0; i < N_FILES; i++)
		if (strcmp(files[i].job, job) == 0)
			json_array_append_new(all, file_document(w, &files[i]));
	for (int i = 0; i < N_BAD; i++)
		if (strcmp(bad_rows[i].job, job) == 0) {
			bad_1h += bad_rows[i].lines;
			json_object_set_new(kinds, bad_rows[i].kind, json_integer(bad_rows[i].lines));
			json_array_append_new(bad, bad_document(w, &bad_rows[i]));
		}
	return json_pack("{s:s, s:[s], s:o, s:o, s:o, s:i, s:I, s:i, s:i, s:i, s:i, s:i, s:I, s:s, s:{s:i, s:i, s:i, "
			 "s:i, s:i, s:i}}",
			 "job", job, "paths", outside(w, glob), "files", all, "bad", kinds, "reasons", bad, "lines_1h",
			 lines_1h, "bad_1h", bad_1h, "series", series, "folded_categories", 0, "folded_features", 0,
			 "folded_models", 0, "refused_series", 0, "newest_ms", (json_int_t)newest, "error", "",
			 "limits", "line_bytes", 1 << 20, "categories", 1000, "series", 20000, "features", 1000,
			 "models", 100, "future_seconds", 600);
}

static void
put_file_samples(struct work *w, const struct log_row *f)
{
	const struct label lines[] = {
	    {METRIC_NAME, "mlwatch_log_file_lines_total"}, {"job", f->job}, {"path", outside(w, f->path)}};
	const struct label lag[] = {
	    {METRIC_NAME, "mlwatch_log_lag_bytes"}, {"job", f->job}, {"path", outside(w, f->path)}};
	double n = (double)f->lines;

	for (int64_t t = NOW; t > AGO(70, 0); t -= EVERY) {
		const bool slower = strcmp(f->job, "fraud") == 0 && t > CLOCK(3, 2, 0);

		put_value(w, lines, 3, t, floor(n));
		put_value(w, lag, 3, t, (double)f->behind);
		n -= (strcmp(f->job, "fraud") == 0 && !slower ? 293 : f->per_s) * EVERY / 1000;
	}
}

static void
put_logs(struct work *w)
{
	for (int i = 0; i < N_FILES; i++)
		if (!files[i].rotated)
			put_file_samples(w, &files[i]);
	put_document(w, "logs",
		     json_pack("[o, o, o]",
			       log_document(w, "fraud", "/var/log/fraud/predictions*.jsonl", 975000, 214, NOW - 300),
			       log_document(w, "churn", "/var/log/churn/churn-*.log", 147600, 102, AGO(0, 29)),
			       log_document(w, "ranker-eu", "/var/log/ranker/ranker.csv", 3456000, 201, NOW - 120)));
	put_document(
	    w, "models",
	    json_pack("[{s:s, s:s, s:s, s:I}, {s:s, s:s, s:s, s:I}, {s:s, s:s, s:s, s:I}, {s:s, s:s, s:s, s:I}]", "job",
		      "fraud", "model", "fraud", "version", "3.1.9", "last_ms", (json_int_t)(NOW - 2 * MS_DAY), "job",
		      "fraud", "model", "fraud", "version", "3.2.0", "last_ms", (json_int_t)(NOW - 300), "job", "churn",
		      "model", "churn", "version", "1.9.4", "last_ms", (json_int_t)AGO(0, 1), "job", "ranker-eu",
		      "model", "ranker-eu", "version", "2026.11", "last_ms", (json_int_t)(NOW - 120)));
}

/* ---- rules ---- */

static const struct rule_row {
	const char *name, *group, *expr, *file;
	int line, ago, every, series; /* seconds */
	double ms;
	const char *error;
} rules[] = {
    {"feature:drift:15m", "fraud-drift", DRIFT, RULES, 42, 8, 30, 107, 4.1, ""},
    {"DriftShareHigh", "fraud-drift", "avg by (model) (feature:drift:15m > bool 0.1) > 0.3", RULES, 46, 8, 30, 3, 0.9,
     ""},
    {"ConfidenceLow", "fraud-drift", "histogram_avg(sum by (model) (increase(ml_score[15m]))) < 0.55", RULES, 52, 4, 30,
     3, 1.9, ""},
    {"FeatureDrift", "fraud-drift", "drift_ks(sum by (model, feature) (increase(ml_feature[15m]))) > 0.1", RULES, 58, 8,
     30, 100, 2.6, ""},
    {"ErrorRateHigh", "fraud-serving",
     "sum by (model) (rate(ml_errors_total[5m])) / sum by (model) (rate(ml_predictions_total[5m])) > 0.01", RULES, 12,
     1, 15, 3, 0.6, ""},
    {"LatencyP95High", "fraud-serving", "histogram_quantile(0.95, sum by (model) (rate(ml_latency_seconds[5m]))) > 0.2",
     RULES, 20, 1, 15, 3, 0.8, ""},
    {"TargetDown", "fraud-serving", "up == 0", RULES, 27, 1, 15, 4, 0.2, ""},
    {"TargetSlow", "fraud-serving", "scrape_duration_seconds > 2", RULES, 31, 1, 15, 4, 0.4, ""},
    {"NoTraffic", "fraud-serving", "sum by (model) (rate(ml_predictions_total[5m])) == 0", RULES, 38, 1, 15, 3, 0.6,
     ""},
    {"LogBehind", "fraud-serving", "max by (job) (mlwatch_log_lag_bytes) > 1e7", RULES, 64, 1, 15, 3, 0.3, ""},
    {"TrafficDrop", "fraud-serving",
     "sum by (model) (rate(ml_predictions_total[5m])) / sum by (model) (rate(ml_predictions_total[5m] offset 1d)) < "
     "0.5",
     RULES, 70, 1, 15, 3, 1.1, ""},
    {"LabelsMissing", "quality", "ml_labels_joined_share / on (model) ml_labels_expected_share < 0.2",
     "/etc/mlwatch/rules/q.yml", 9, 12, 60, 0, 0.2,
     "many-to-many matching not allowed: matching labels must be unique on one side"},
};
enum { N_RULES = sizeof rules / sizeof *rules };

static void
put_rules(struct work *w)
{
	json_t *list = json_array();

	for (const struct rule_row *r = rules; r < rules + N_RULES; r++)
		json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:s, s:i, s:s, s:s, s:i, s:I, s:f, s:i}", "name",
						      r->name, "alerting", r != rules, "group", r->group, "file",
						      r->file, "line", r->line, "expr", r->expr, "error", r->error,
						      "series", r->series, "last_eval_ms", (json_int_t)AGO(0, r->ago),
						      "seconds", r->ms / 1000, "interval_seconds", r->every));
	put_document(w, "rules", list);
}

/* What the recording rule has recorded, by asking what it asks. */
static void
put_recorded(struct work *w, const struct promql *promql)
{
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(DRIFT, &e);

	must(x != NULL ? 0 : -1, &e);
	for (int64_t t = AGO(65, 8); t <= NOW; t += MS_MINUTE) {
		struct promql_result r = {0};

		must(promql_instant(promql, x, t, &r, &e), &e);
		must(store_begin(w->s, &e), &e);
		for (size_t i = 0; i < r.n; i++) {
			const struct store_sample s = {
			    .labels = labels_with(w->mem, r.vector[i].labels, METRIC_NAME, rules[0].name),
			    .t = t,
			    .v = r.vector[i].v};

			must(store_put_sample(w->s, &s, &e), &e);
		}
		must(store_commit(w->s, NOW, &e), &e);
		promql_result_release(&r);
	}
	expr_close(x);
}

#endif
