/*
 * make_store.c -- a store with an incident in it, the same on every run, for tests of what people see: `make_store FILE [hostile]`.
 *
 * It is 03:14:22 UTC on 2026-11-20. Three models have answered for an hour; at 02:36 the feature amount of fraud went up a hundredfold
 * and merchant_cat got new categories, at 02:50 latency went up. Alerts fire, are acknowledged, silenced and resolved; one message waits.
 * hostile: all names and texts that come from outside are full of what would harm a terminal.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../drift_rows.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/decode.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/labels.h"
#include "mlwatch/notify.h"
#include "mlwatch/sketch.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/window.h"

#define NOW       INT64_C(1795144462000) /* 2026-11-20T03:14:22Z */
#define AGO(m, s) (NOW - ((m)*INT64_C(60) + (s)) * 1000)

/* ESC, OSC 52, CSI in one byte, an RTL override, a combining accent, a wide and a zero-width character, a newline. */
#define HARM                                                                                                           \
	"\x1b]52;c;cm0gLXJm\x07\x1b[2J\xc2\x9b"                                                                        \
	"31m\xe2\x80\xae"                                                                                              \
	"e\xcc\x81\xe6\xbc\xa2\xe2\x80\x8b\n"

struct work {
	struct store *s;
	struct arena *mem;
	struct references *refs;
	bool hostile;
	struct lcg random;
};

static void
must(int rc, const struct err *e)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "make_store: %s\n", e->text);
	exit(1);
}

/* The text, or the harmful one around it. */
static const char *
outside(struct work *w, const char *text)
{
	return w->hostile ? arena_printf(w->mem, "%s" HARM "%s", text, text) : text;
}

/* ---- models ---- */

static const struct model {
	const char *name, *version;
	double per_second, latency, errors, score;
	int features;
} models[] = {{"fraud", "3.2.0", 4, 0.081, 0.031, 0.61, 5},
	      {"churn", "1.9.4", 2, 0.012, 0, 0.77, 3},
	      {"ranker-eu", "2026.11", 3, 0.007, 0.0002, 0.83, 2}};
#define N_MODELS (sizeof models / sizeof *models)

static const char *const numeric[] = {"amount", "tx_count_24h", "device_age", "hour"};

static double
feature_value(struct work *w, size_t m, int f, bool broken)
{
	double v = 50 + 20 * lcg_bell(&w->random);

	v = v < 0 ? -v : v;
	if (m == 0 && f == 0 && broken)
		return v * 100;
	return m == 0 && f == 1 && broken ? v + 8 : v;
}

static void
add_numeric(struct work *w, struct reference *r, size_t m, int f)
{
	enum { ROWS = 4000, EDGES = 199 };
	double at[EDGES], sum = 0, squares = 0, lo = INFINITY, hi = -INFINITY;
	struct edgehist *h;

	for (int i = 0; i < EDGES; i++)
		at[i] = i * 0.8;
	double v[ROWS];
	for (int i = 0; i < ROWS; i++) {
		v[i] = feature_value(w, m, f, false);
		sum += v[i];
		squares += v[i] * v[i];
		lo = v[i] < lo ? v[i] : lo;
		hi = v[i] > hi ? v[i] : hi;
	}
	const double mean = sum / ROWS;
	struct edges *edges = edges_make(at, EDGES, mean);
	h = edgehist_open(edges);
	edgehist_add_n(h, v, ROWS);
	const struct reference_feature feature = {.name = numeric[f],
						  .rows = ROWS,
						  .min = lo,
						  .max = hi,
						  .mean = mean,
						  .stddev = sqrt(squares / ROWS - mean * mean),
						  .edges = edges,
						  .hist = edgehist_histogram(w->mem, h)};
	reference_add(r, &feature);
	edgehist_close(h);
	edges_unref(edges);
}

static void
put_references(struct work *w)
{
	static const struct category_count shops[] = {{"books", 900}, {"food", 2100}, {"travel", 1000}};
	struct err e = ERR_INIT;

	for (size_t m = 0; m < N_MODELS; m++) {
		const struct reference_head head = {models[m].name, models[m].version, "2026-10-30", 4000};
		struct reference *r = reference_open(&head);
		struct buf json = BUF_INIT;

		for (int f = 0; f < models[m].features - 1; f++)
			add_numeric(w, r, m, f);
		const struct reference_feature shop = {
		    .name = "merchant_cat", .categorical = true, .rows = 4000, .categories = {shops, 3}};
		reference_add(r, &shop);
		reference_format(&json, r);
		must(store_put_reference(w->s, models[m].name, models[m].version, buf_str(&json), &e), &e);
		references_add(w->refs, r);
		buf_release(&json);
	}
}

static void
record_line(struct work *w, struct buf *out, size_t m, int64_t t)
{
	const struct model *at = &models[m];
	static const char *const shop[] = {"food", "books", "travel", "food"};
	const bool broken = t > AGO(38, 0), slow = t > AGO(24, 0) && m == 0;
	const double u = lcg_uniform(&w->random);
	const double latency = at->latency * (0.6 + u * u * u * 4) * (slow && u > 0.8 ? 1.8 : 1);
	const char *category = shop[(int)(u * 4)];

	if (m == 0 && broken && u < 0.31)
		category = w->hostile ? "m\\u001b]0;x\\u0007\\u202e\\u6f22" : "m_5411";
	buf_addf(out, "{\"t\":%lld,\"m\":\"%s\",\"v\":\"%s\",\"l\":%.5f,\"s\":%d,\"p\":\"%s\",\"c\":%.3f,\"f\":{",
		 (long long)t, at->name, at->version, latency,
		 t > AGO(9, 0) && lcg_uniform(&w->random) < at->errors ? 500 : 200, u > 0.9 ? "yes" : "no",
		 at->score + 0.1 * (u - 0.5));
	for (int f = 0; f < at->features - 1; f++)
		buf_addf(out, "\"%s\":%.3f,", numeric[f], feature_value(w, m, f, broken));
	buf_addf(out, "\"merchant_cat\":\"%s\"}}\n", category);
}

static void
on_record(void *arg, const struct record *r)
{
	windows_add(arg, r);
}

static void
on_bad(void *arg, const struct bad_line *b)
{
	(void)arg;
	fprintf(stderr, "make_store: %s: %.*s\n", b->reason, (int)b->n, b->line);
	exit(1);
}

static void
put_increment(void *arg, const struct increment *i)
{
	struct work *w = arg;
	struct err e = ERR_INIT;

	must(store_put_increment(w->s, i, &e), &e);
}

static void
put_records(struct work *w)
{
	static const struct decode_spec fields = {.timestamp = {.path = (char *)"t", .unit = UNIT_MS},
						  .model = {.path = (char *)"m"},
						  .version = {.path = (char *)"v"},
						  .latency = {.path = (char *)"l", .unit = UNIT_S},
						  .status = {.path = (char *)"s"},
						  .prediction = {.path = (char *)"p"},
						  .score = {.path = (char *)"c"},
						  .features = (char *)"f"};
	const struct window_spec spec = {.width_ms = 10000, .job = (char *)"scoring"};
	struct windows *windows = windows_open(&spec, w->refs);
	struct decoder *d = decoder_open(&fields, NULL);
	const struct decode_sink sink = {windows, on_record, on_bad};
	struct buf text = BUF_INIT;

	for (size_t m = 0; m < N_MODELS; m++)
		for (int64_t t = AGO(75, 0); t < NOW; t += (int64_t)(1000 / models[m].per_second))
			record_line(w, &text, m, t);
	decoder_feed(d, text.p, text.len, &sink);
	windows_drain(windows, put_increment, w);
	decoder_close(d);
	windows_close(windows);
	buf_release(&text);
}

/* ---- alerts ---- */

static const struct alert_row {
	const char *name, *severity, *model, *feature, *summary, *runbook, *value_expr, *op;
	double value, limit;
	enum store_alert_state state;
	int active, fired, wait; /* minutes ago; minutes */
} alerts[] = {
    {"DriftShareHigh", "critical", "fraud", NULL, "42 % of the features of fraud drifted: retrain?",
     "https://runbooks.example.com/drift-share", "avg by (model) (drift_ks(increase(ml_feature[15m])) > bool 0.1)", ">",
     0.42, 0.30, STORE_ALERT_FIRING, 33, 28, 5},
    {"ErrorRateHigh", "critical", "fraud", NULL, "3.1 % of the predictions of fraud fail",
     "https://runbooks.example.com/errors",
     "sum by (model) (rate(ml_errors_total[5m])) / sum by (model) (rate(ml_predictions_total[5m]))", ">", 0.031, 0.01,
     STORE_ALERT_FIRING, 10, 8, 2},
    {"LatencyP95High", "warning", "fraud", NULL, "95 % of the answers of fraud within 421 ms, wanted 200 ms", "",
     "histogram_quantile(0.95, sum by (model) (rate(ml_latency_seconds[5m])))", ">", 0.421, 0.2, STORE_ALERT_FIRING, 26,
     21, 5},
    {"FeatureDrift", "warning", "churn", "tenure_months", "tenure_months of churn drifts", "",
     "drift_ks(increase(ml_feature[15m]))", ">", 0.121, 0.1, STORE_ALERT_PENDING, 2, 0, 5},
    {"FeatureDrift", "warning", "fraud", "device_age", "device_age of fraud drifts", "",
     "drift_ks(increase(ml_feature[15m]))", ">", 0.140, 0.1, STORE_ALERT_FIRING, 185, 180, 5},
    {"TargetDown", "critical", "churn", NULL, "churn-service was away", "", "up", "==", 0, 0, STORE_ALERT_RESOLVED, 300,
     298, 2},
};
#define N_ALERTS (sizeof alerts / sizeof *alerts)

static struct labels
alert_labels(struct work *w, const struct alert_row *a)
{
	const struct label at[] = {{"alertname", a->name},
				   {"severity", a->severity},
				   {"model", a->model},
				   {"feature", a->feature != NULL ? outside(w, a->feature) : ""},
				   {"team", outside(w, "data-science")}};

	return labels_make(w->mem, at, sizeof at / sizeof *at);
}

static void
put_alerts(struct work *w)
{
	struct store_alert at[N_ALERTS];
	struct err e = ERR_INIT;

	for (size_t i = 0; i < N_ALERTS; i++) {
		const struct alert_row *a = &alerts[i];
		const struct label notes[] = {{"summary", outside(w, a->summary)}, {"runbook_url", a->runbook}};

		at[i] = (struct store_alert){.name = a->name,
					     .file = "/etc/mlwatch/rules/fraud.yml",
					     .group = "fraud",
					     .line = 40 + 6 * (int)i,
					     .labels = alert_labels(w, a),
					     .annotations = labels_make(w->mem, notes, 2),
					     .state = a->state,
					     .active_ms = AGO(a->active, 2),
					     .fired_ms = a->fired > 0 ? AGO(a->fired, 2) : 0,
					     .resolved_ms = a->state == STORE_ALERT_RESOLVED ? AGO(a->fired - 2, 0) : 0,
					     .for_ms = a->wait * MS_MINUTE,
					     .value = a->value,
					     .expr = arena_printf(w->mem, "%s %s %g", a->value_expr, a->op, a->limit),
					     .limit_op = a->op,
					     .limit = a->limit,
					     .value_expr = a->value_expr};
	}
	must(store_put_alerts(w->s, "/etc/mlwatch/rules/fraud.yml", "fraud", at, N_ALERTS, &e), &e);
	for (size_t i = 0; i < N_ALERTS; i++) {
		const struct store_notify_alert known = {.fingerprint = labels_hash(at[i].labels),
							 .labels = at[i].labels,
							 .annotations = at[i].annotations,
							 .generator_url = "",
							 .expr = at[i].expr,
							 .silenced_by = "",
							 .starts_ms = at[i].fired_ms,
							 .updated_ms = NOW,
							 .has_value = true,
							 .value = at[i].value};

		if (at[i].state == STORE_ALERT_FIRING)
			must(store_put_notify_alert(w->s, &known, &e), &e);
	}
}

static void
put_people(struct work *w)
{
	const struct store_silence night = {"a91f0c44-0000-4000-8000-000000000001",
					    "{alertname=\"FeatureDrift\",model=\"fraud\"}",
					    AGO(120, 0),
					    NOW + 41 * MS_MINUTE,
					    AGO(120, 0),
					    "ana",
					    outside(w, "known, retraining on Monday")};
	struct err e = ERR_INIT;

	must(store_put_silence(w->s, &night, &e), &e);
	const struct store_ack ack = {labels_hash(alert_labels(w, &alerts[1])), AGO(8, 2), AGO(4, 0), "ana",
				      outside(w, "looking")};
	must(store_put_ack(w->s, &ack, &e), &e);
}

static void
put_outbox(struct work *w)
{
	static const struct {
		enum store_outbox_state state;
		int minutes, tries, status;
		const char *receiver, *kind, *title, *error;
	} rows[] = {
	    {OUTBOX_SENT, 28, 1, 200, "slack-oncall", "slack", "DriftShareHigh fraud", ""},
	    {OUTBOX_SENT, 8, 1, 200, "slack-oncall", "slack", "ErrorRateHigh fraud", ""},
	    {OUTBOX_QUEUED, 8, 3, 503, "pager", "pagerduty", "ErrorRateHigh fraud", "HTTP 503 Service Unavailable"},
	    {OUTBOX_GIVEN_UP, 200, 9, 0, "mail-team", "email", "FeatureDrift fraud", "connection refused"}};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const bool over = rows[i].state == OUTBOX_SENT || rows[i].state == OUTBOX_GIVEN_UP;
		const uint64_t about = labels_hash(alert_labels(w, &alerts[rows[i].minutes == 28 ? 0 : 1]));
		const struct store_notification n = {.state = rows[i].state,
						     .created_ms = AGO(rows[i].minutes, 0),
						     .next_ms = over ? 0 : NOW + 30000,
						     .expires_ms = NOW + MS_DAY,
						     .done_ms = over ? AGO(rows[i].minutes, -2) : 0,
						     .attempts = rows[i].tries,
						     .status = rows[i].status,
						     .receiver = rows[i].receiver,
						     .kind = rows[i].kind,
						     .group_key = "{}:{model=\"fraud\"}",
						     .title = outside(w, rows[i].title),
						     .reason = "first",
						     .error = outside(w, rows[i].error),
						     .payload = "{}",
						     .firing = &about,
						     .firing_n = sizeof about,
						     .resolved = "",
						     .resolved_n = 0};
		int64_t id;

		must(store_put_notification(w->s, &n, &id, &e), &e);
	}
}

/* ---- the timeline, targets, logs ---- */

static void
put_events(struct work *w)
{
	static const struct {
		int minutes;
		const char *kind, *severity, *subject, *model, *text;
	} rows[] = {
	    {60, "model", "info", "fraud", "fraud", "version 3.2.0 only (3.1.9 last seen 2 days ago)"},
	    {43, "config", "info", "mlwatch", "", "configuration reloaded: rules/fraud.yml changed, 11 rules"},
	    {38, "feature", "warning", "fraud", "fraud", "merchant_cat: 1 new category, 31 % of rows, first m_5411"},
	    {38, "feature", "problem", "fraud", "fraud", "amount: mean 50.1 → 5010 (×100: a unit change?)"},
	    {28, "alert", "problem", "fraud", "fraud", "DriftShareHigh firing: 42 % > 30 %"},
	    {21, "alert", "warning", "fraud", "fraud", "LatencyP95High firing: 231 ms > 200 ms"},
	    {10, "target", "warning", "fraud-service", "", "127.0.0.1:8000 restarted (process start time changed)"},
	    {8, "alert", "problem", "fraud", "fraud", "ErrorRateHigh firing: 2.8 % > 1 %"},
	    {6, "target", "problem", "fraud-health", "", "127.0.0.1:8000/health down: no answer within 2 s"},
	    {4, "person", "info", "ana", "fraud", "ErrorRateHigh acknowledged by ana: looking"},
	};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct store_event ev = {.t = AGO(rows[i].minutes, 10),
					       .kind = rows[i].kind,
					       .severity = rows[i].severity,
					       .subject = rows[i].subject,
					       .model = rows[i].model,
					       .text = outside(w, rows[i].text),
					       .ref = ""};

		must(store_put_event(w->s, &ev, &e), &e);
	}
}

static const char targets[] =
    "[{\"job\":\"fraud-service\",\"instance\":\"127.0.0.1:8000\",\"url\":\"http://127.0.0.1:8000/metrics\",\"up\":true,"
    "\"last_ms\":1795144459000,\"interval_ms\":15000,\"timeout_ms\":10000,\"seconds\":0.012,\"samples\":84,\"error\":"
    "\"\"},"
    "{\"job\":\"fraud-health\",\"instance\":\"127.0.0.1:8000\",\"url\":\"http://127.0.0.1:8000/health\",\"up\":false,"
    "\"health_check\":true,\"last_ms\":1795144460000,\"down_since_ms\":1795144102000,\"interval_ms\":10000,"
    "\"timeout_ms\":2000,\"seconds\":2,\"error\":\"no answer within 2 s%s\"}]";
static const char logs[] =
    "[{\"job\":\"scoring\",\"files\":[{\"path\":\"/var/log/scoring/"
    "predictions.jsonl%s\",\"open\":true,\"size\":48211340,"
    "\"offset\":48211340,\"lag_bytes\":0,\"lines\":402118,\"bad_lines\":371,\"last_read_ms\":1795144462000,"
    "\"lines_per_s\":9.0,\"error\":\"\"},{\"path\":\"/var/log/scoring/old.jsonl\",\"open\":false,\"size\":0,"
    "\"error\":\"Permission denied\"}],\"bad\":{\"no_timestamp\":371,\"syntax\":0},\"bad_lines\":[{\"t\":1795143862000,"
    "\"reason\":\"no_timestamp\",\"line\":\"{\\\"model\\\":null%s}\",\"column\":2}],\"folded_categories\":14,"
    "\"newest_ms\":1795144461000}]";
static const char rules[] =
    "[{\"name\":\"DriftShareHigh\",\"alerting\":true,\"group\":\"fraud\",\"file\":\"/etc/mlwatch/rules/"
    "fraud.yml\",\"line\":40,"
    "\"expr\":\"avg by (model) (drift_ks(increase(ml_feature[15m])) > bool 0.1) > 0.3\",\"last_eval_ms\":1795144460000,"
    "\"seconds\":0.002},{\"name\":\"TrafficLow\",\"alerting\":true,\"group\":\"fraud\",\"file\":\"/etc/mlwatch/rules/"
    "fraud.yml\","
    "\"line\":80,\"expr\":\"sum by (model) (rate(ml_predictions_total[5m])) < 1\",\"last_eval_ms\":1795144460000,"
    "\"seconds\":0.001}]";

static void
put_documents(struct work *w)
{
	const char *harm = w->hostile ? "\\u001b]52;c;eA==\\u0007\\u009b2J\\u202e\\u6f22\\u200b\\n" : "";
	struct err e = ERR_INIT;

	must(store_put_kv(w->s, "agent", "{\"host\":\"scoring-1\"}", &e), &e);
	must(store_put_kv(w->s, "targets", arena_printf(w->mem, targets, harm), &e), &e);
	must(store_put_kv(w->s, "logs", arena_printf(w->mem, logs, harm, harm), &e), &e);
	must(store_put_kv(w->s, "rules", rules, &e), &e);
}

int
main(int argc, char **argv)
{
	struct work w = {.mem = arena_open(), .refs = references_open(), .random = {7}};
	struct err e = ERR_INIT;

	if (argc < 2) {
		fprintf(stderr, "usage: make_store FILE [hostile]\n");
		return 2;
	}
	w.hostile = argc > 2 && strcmp(argv[2], "hostile") == 0;
	const struct store_spec spec = {.path = argv[1]};
	must(store_open(&w.s, &spec, STORE_AGENT, &e), &e);
	put_references(&w);
	must(store_begin(w.s, &e), &e);
	put_records(&w);
	put_events(&w);
	put_documents(&w);
	must(store_commit(w.s, NOW, &e), &e);
	put_alerts(&w);
	put_people(&w);
	put_outbox(&w);
	store_close(w.s);
	references_close(w.refs);
	arena_close(w.mem);
	return 0;
}
