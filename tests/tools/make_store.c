/*
 * make_store.c -- a store with an incident in it, the same on every run, for tests of what people see: `make_store FILE [hostile]`. What happened:
 * ../incident.h.
 *
 * hostile: all names and texts that come from outside are full of what would harm a terminal.
 */
#include <stdlib.h>
#include <string.h>

#include "../incident.h"
#include "../incident_documents.h"
#include "../incident_traffic.h"
#include "mlwatch/notify.h"
#include "mlwatch/store_rows.h"

/* ---- alerts ---- */

struct alert_row {
	const char *name, *severity, *model, *feature, *job, *summary, *runbook, *ack_by;
	double value, limit;
	int64_t active, fired, resolved; /* 0: not yet */
	int wait;                        /* minutes of `for` */
	int64_t peak;
};

#define SHARE     "42 % of the features of fraud drifted: retrain?", "https://runbooks.example.com/drift-share"
#define ERRORS    "3.1 % of the predictions of fraud fail", "https://runbooks.example.com/errors"
#define LATENCY   "95 % of the answers of fraud within 421 ms, wanted 200 ms", ""
#define DAY(n, t) ((t) - (n)*MS_DAY)

/* What is, by group. */
static const struct alert_row of_drift[] = {
    {"DriftShareHigh", "critical", "fraud", NULL, NULL, SHARE, NULL, 5.0 / 12, 0.30, CLOCK(2, 41, 20), CLOCK(2, 46, 20),
     0, 5, CLOCK(2, 48, 20)},
    {"FeatureDrift", "warning", "churn", "tenure_months", NULL, "tenure_months of churn drifts", "", NULL, 0.121, 0.1,
     CLOCK(3, 12, 20), 0, 0, 5, 0},
    {"FeatureDrift", "warning", "fraud", "device_age", NULL, "device_age of fraud drifts", "", NULL, 0.140, 0.1,
     CLOCK(0, 9, 20), CLOCK(0, 14, 20), 0, 5, CLOCK(0, 31, 20)},
};
static const struct alert_row of_serving[] = {
    {"ErrorRateHigh", "critical", "fraud", NULL, NULL, ERRORS, "ana", 0.031, 0.01, CLOCK(3, 5, 25), CLOCK(3, 5, 55), 0,
     0, CLOCK(3, 12, 10)},
    {"LatencyP95High", "warning", "fraud", NULL, NULL, LATENCY, NULL, 0.421, 0.2, CLOCK(2, 48, 31), CLOCK(2, 53, 31), 0,
     5, CLOCK(3, 1, 31)},
};

static const struct alert_row target_down = {
    "TargetDown", "critical", "", NULL, "churn-service", "churn-service is down", "", NULL, 0, 0, 0, 0, 0, 2, 0};

/* What was, oldest first: with the five above, of which four fire, 24 times in 30 days, three of them in the last day. */
static const struct {
	const struct alert_row *what;
	int days, h, m; /* when it fired, so many days before tonight */
	int minutes;
	double peak;
	const char *ack_by;
} past[] = {
    {&of_serving[1], 41, 10, 2, 31, 0.611, "bob"}, /* more than 30 days */
    {&of_serving[1], 29, 11, 20, 7, 0.233, NULL},  {&of_serving[0], 28, 2, 14, 3, 0.012, "ana"},
    {&of_drift[2], 27, 5, 0, 120, 0.131, NULL},    {&of_serving[1], 25, 16, 41, 12, 0.288, "bob"},
    {&of_serving[1], 24, 9, 30, 5, 0.214, NULL},   {&of_drift[2], 22, 5, 0, 95, 0.128, "carol"},
    {&of_serving[0], 20, 21, 8, 2, 0.019, NULL},   {&of_serving[1], 19, 14, 3, 9, 0.251, "bob"},
    {&of_drift[0], 17, 4, 50, 5, 0.3333, "ana"},   {&of_serving[1], 15, 18, 22, 4, 0.207, NULL},
    {&of_serving[1], 13, 12, 0, 11, 0.302, "bob"}, {&of_drift[2], 12, 5, 0, 88, 0.126, NULL},
    {&of_serving[0], 9, 8, 45, 6, 0.024, "ana"},   {&of_serving[1], 8, 17, 37, 3, 0.221, NULL},
    {&of_serving[1], 6, 20, 15, 8, 0.243, "bob"},  {&of_drift[2], 5, 5, 0, 101, 0.133, NULL},
    {&of_serving[1], 3, 15, 29, 6, 0.236, NULL},   {&of_drift[0], 1, 4, 10, 21, 0.3333, "ana"},
    {&target_down, 1, 9, 41, 2, 0, NULL},          {&of_serving[1], 1, 18, 2, 14, 0.388, "bob"},
};
static const struct rule_row *
rule_of(const char *name)
{
	const struct rule_row *r = rules;

	while (strcmp(r->name, name) != 0)
		r++;
	return r;
}

static struct labels
alert_labels(struct work *w, const struct alert_row *a)
{
	const struct label at[] = {{"alertname", a->name},
				   {"severity", a->severity},
				   {"model", a->model},
				   {"job", a->job != NULL ? a->job : ""},
				   {"feature", a->feature != NULL ? outside(w, a->feature) : ""},
				   {"team", outside(w, "data-science")}};

	return labels_make(w->mem, at, sizeof at / sizeof *at);
}

static struct store_alert
alert_of(struct work *w, const struct alert_row *a)
{
	const struct rule_row *r = rule_of(a->name);
	const struct label notes[] = {{"summary", outside(w, a->summary)}, {"runbook_url", a->runbook}};
	const char *limit = strrchr(r->expr, ' '), *op = limit; /* the constant, and what stands before it */

	while (op[-1] != ' ')
		op--;
	return (struct store_alert){.name = a->name,
				    .file = r->file,
				    .group = r->group,
				    .line = r->line,
				    .labels = alert_labels(w, a),
				    .annotations = labels_make(w->mem, notes, 2),
				    .state = a->resolved > 0 ? STORE_ALERT_RESOLVED
					     : a->fired > 0  ? STORE_ALERT_FIRING
							     : STORE_ALERT_PENDING,
				    .active_ms = a->active,
				    .fired_ms = a->fired,
				    .resolved_ms = a->resolved,
				    .for_ms = a->wait * MS_MINUTE,
				    .value = a->value,
				    .value_ms = a->peak,
				    .expr = r->expr,
				    .limit_op = arena_strndup(w->mem, op, (size_t)(limit - op)),
				    .limit = a->limit,
				    .value_expr = arena_strndup(w->mem, r->expr, (size_t)(op - 1 - r->expr))};
}

/* What notification knows of it, and who has acknowledged it. */
static void
put_known(struct work *w, const struct store_alert *a, const char *ack_by, int64_t ack_ms)
{
	const struct store_notify_alert known = {.fingerprint = labels_hash(a->labels),
						 .labels = a->labels,
						 .annotations = a->annotations,
						 .generator_url = "",
						 .expr = a->expr,
						 .silenced_by = "",
						 .starts_ms = a->fired_ms,
						 .updated_ms = NOW,
						 .has_value = true,
						 .value = a->value};
	const struct store_ack ack = {known.fingerprint, a->fired_ms, ack_ms, ack_by, outside(w, "looking")};
	struct err e = ERR_INIT;

	must(store_put_notify_alert(w->s, &known, &e), &e);
	if (ack_by != NULL)
		must(store_put_ack(w->s, &ack, &e), &e);
}

static void
put_group(struct work *w, const struct alert_row *rows, size_t n)
{
	struct store_alert at[4];
	struct err e = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		at[i] = alert_of(w, &rows[i]);
		if (at[i].state == STORE_ALERT_FIRING)
			put_known(w, &at[i], rows[i].ack_by, CLOCK(3, 10, 2));
	}
	must(store_put_alerts(w->s, at[0].file, at[0].group, at, n, &e), &e);
}

static void
put_past(struct work *w)
{
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof past / sizeof *past; i++) {
		struct alert_row a = *past[i].what;
		struct store_alert at;

		a.fired = DAY(past[i].days, CLOCK(past[i].h, past[i].m, 0));
		a.active = a.fired - a.wait * MS_MINUTE;
		a.value = past[i].peak;
		a.peak = a.fired + MS_MINUTE;
		a.resolved = a.fired + past[i].minutes * MS_MINUTE;
		at = alert_of(w, &a);
		put_known(w, &at, past[i].ack_by, a.peak);
		must(store_put_alerts(w->s, at.file, at.group, &at, 1, &e), &e);
		must(store_drop_ack(w->s, labels_hash(at.labels), &e), &e);
		must(store_drop_notify_alert(w->s, labels_hash(at.labels), &e), &e);
	}
}

/* ---- silences ---- */

static void
put_silence(struct work *w, const struct store_silence *s)
{
	struct err e = ERR_INIT;

	must(store_put_silence(w->s, s, &e), &e);
}

static void
put_silences(struct work *w)
{
	const struct store_silence device = {"a91f0c44-0000-4000-8000-000000000001",
					     "{alertname=\"FeatureDrift\",model=\"fraud\"}",
					     AGO(120, 0),
					     NOW + 41 * MS_MINUTE,
					     AGO(120, 0),
					     "carol",
					     outside(w, "DS-811 new app version")},
				   ranker = {"77c01d22-0000-4000-8000-000000000002",
					     "{job=\"ranker-eu\"}",
					     AGO(60, 0),
					     NOW + 6 * MS_HOUR,
					     AGO(60, 0),
					     "bob",
					     outside(w, "maintenance CHG-2291")};

	put_silence(w, &device);
	put_silence(w, &ranker);
	for (int i = 1; i <= 14; i++) {
		const int64_t start = NOW - i * 8 * MS_HOUR;
		const struct store_silence over = {arena_printf(w->mem, "%04x0000-0000-4000-8000-000000000000", i),
						   "{alertname=\"LatencyP95High\",model=\"fraud\"}",
						   start,
						   start + 2 * MS_HOUR,
						   start,
						   "bob",
						   outside(w, "load test")};

		put_silence(w, &over);
	}
}

/* ---- the outbox ---- */

#define ALERT(title, verb) "[" verb ":1] " title

static const struct {
	const struct alert_row *about;
	enum store_outbox_state state;
	int64_t at;
	int took_ms, tries, status; /* open ones: took until the next try */
	const char *receiver, *kind, *title, *error;
} outbox[] = {
    {&target_down, OUTBOX_GIVEN_UP, CLOCK(1, 12, 40), 300, 1, 400, "pagerduty", "pagerduty",
     ALERT("TargetDown node", "RESOLVED"), "400 bad routing key"},
    {&of_drift[0], OUTBOX_QUEUED, CLOCK(2, 46, 25), 48000, 6, 0, "email-data-science", "email",
     ALERT("DriftShareHigh fraud", "FIRING"), "127.0.0.1:2525 connection refused"},
    {&of_drift[0], OUTBOX_SENT, CLOCK(2, 46, 25), 300, 1, 202, "pagerduty", "pagerduty",
     ALERT("DriftShareHigh fraud", "FIRING"), ""},
    {&of_drift[0], OUTBOX_SENT, CLOCK(2, 46, 25), 200, 1, 200, "slack-oncall", "slack",
     ALERT("DriftShareHigh fraud", "FIRING"), ""},
    {&of_serving[1], OUTBOX_SENT, CLOCK(2, 53, 31), 200, 1, 200, "slack-oncall", "slack",
     ALERT("LatencyP95High fraud", "FIRING"), ""},
    {&of_serving[0], OUTBOX_SENT, CLOCK(3, 6, 10), 300, 1, 202, "pagerduty", "pagerduty",
     ALERT("ErrorRateHigh fraud", "FIRING"), ""},
    {&of_serving[0], OUTBOX_SENT, CLOCK(3, 6, 10), 200, 1, 200, "slack-oncall", "slack",
     ALERT("ErrorRateHigh fraud", "FIRING"), ""},
};

/* As the kind would have written it, in short. */
static const char *
payload(struct work *w, const char *kind, const char *title, const struct alert_row *a)
{
	const char *subject = outside(w, title);
	json_t *o;
	char *text;
	const char *kept;

	if (strcmp(kind, "slack") == 0)
		o = json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "channel", "#ml-oncall", "attachments", "color", "danger",
			      "title", subject, "text", a->summary);
	else if (strcmp(kind, "pagerduty") == 0)
		o = json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "dedup_key",
			      "5f1c9a7be1a6d1c2e84f3ad6c41a7a5f0b7f6c2f5a0b9d8e7c6b5a4938271605", "event_action",
			      strstr(title, "[RESOLVED") != NULL ? "resolve" : "trigger", "payload", "summary", subject,
			      "source", "mlwatch", "severity", a->severity);
	else
		o = json_pack(
		    "{s:s, s:[s], s:s, s:s, s:s}", "from", "mlwatch@example.com", "to", "data-science@example.com",
		    "subject", subject, "text", a->summary, "mail",
		    arena_printf(w->mem,
				 "From: mlwatch@example.com\r\nTo: data-science@example.com\r\nSubject: %s\r\n"
				 "Content-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
				 w->hostile ? "?" : title, a->summary));
	text = json_dumps(o, JSON_COMPACT);
	kept = arena_strdup(w->mem, text);
	free(text);
	json_decref(o);
	return kept;
}

static void
put_outbox(struct work *w)
{
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof outbox / sizeof *outbox; i++) {
		const bool open = outbox[i].state == OUTBOX_QUEUED;
		const uint64_t about = labels_hash(alert_labels(w, outbox[i].about));
		const bool over = strstr(outbox[i].title, "[RESOLVED") != NULL;
		const struct store_notification n = {
		    .state = outbox[i].state,
		    .created_ms = outbox[i].at,
		    .next_ms = open ? NOW + outbox[i].took_ms : 0,
		    .expires_ms = outbox[i].at + MS_DAY,
		    .done_ms = open ? 0 : outbox[i].at + outbox[i].took_ms,
		    .attempts = outbox[i].tries,
		    .status = outbox[i].status,
		    .receiver = outbox[i].receiver,
		    .kind = outbox[i].kind,
		    .group_key = arena_printf(w->mem, "{}:{alertname=\"%s\", model=\"%s\"}", outbox[i].about->name,
					      outbox[i].about->model),
		    .title = outside(w, outbox[i].title),
		    .reason = "first",
		    .error = outside(w, outbox[i].error),
		    .payload = payload(w, outbox[i].kind, outbox[i].title, outbox[i].about),
		    .firing = &about,
		    .firing_n = over ? 0 : sizeof about,
		    .resolved = &about,
		    .resolved_n = over ? sizeof about : 0};
		int64_t id;

		must(store_put_notification(w->s, &n, &id, &e), &e);
	}
}

/* ---- the timeline ---- */

static const struct {
	int64_t t;
	const char *kind, *severity, *subject, *model, *text, *ref;
} events[] = {
    {CLOCK(2, 14, 40), "version", "info", "fraud", "fraud", "version 3.2.0 only (3.1.9 last seen 2 days ago)", "3.2.0"},
    {CLOCK(2, 31, 2), "config", "info", "mlwatch", "", "configuration reloaded: rules/fraud.yml changed, 11 rules", ""},
    {CENTS_SINCE, "category", "warning", "fraud", "fraud",
     "merchant_cat: 14 new categories, 31 % of rows, first m_5411", "merchant_cat"},
    {CENTS_SINCE, "feature", "problem", "fraud", "fraud",
     "amount: mean 84.1 → 8410 (×100: a unit change?), 22 % above the reference maximum", "amount"},
    {CLOCK(2, 42, 11), "log", "info", "ranker-eu", "ranker-eu", "log rotated: ranker.csv, nothing lost",
     "/var/log/ranker/ranker.csv"},
    {CLOCK(2, 46, 20), "alert", "problem", "fraud", "fraud", "DriftShareHigh firing: 42 % > 30 %", ""},
    {CLOCK(2, 53, 31), "alert", "warning", "fraud", "fraud", "LatencyP95High firing: 231 ms > 200 ms", ""},
    {CLOCK(3, 2, 0), "traffic", "warning", "fraud", "fraud", "traffic -38 % against the same hour yesterday", ""},
    {FAILS_SINCE, "log", "warning", "fraud", "fraud", "371 bad lines in 21s: field missing: model", FRAUD_LOG},
    {FAILS_SINCE, "target", "warning", "fraud-service", "fraud",
     "127.0.0.1:8000 restarted (process start time changed)", "127.0.0.1:8000"},
    {CLOCK(3, 5, 55), "alert", "problem", "fraud", "fraud", "ErrorRateHigh firing: 2.8 % > 1 %", ""},
    {CLOCK(3, 6, 10), "notification", "good", "slack-oncall", "fraud", "notified: ErrorRateHigh fraud", ""},
    {UNHEALTHY_SINCE, "target", "problem", "fraud-health", "fraud", "127.0.0.1:8000/health down: no answer within 2 s",
     "127.0.0.1:8000"},
    {CLOCK(3, 10, 2), "person", "info", "fraud", "fraud", "ErrorRateHigh acknowledged by ana: looking", ""},
    {CLOCK(3, 12, 20), "alert", "info", "churn", "churn", "FeatureDrift tenure_months pending: KS 0.121 > 0.100", ""},
};

static const char *
alert_ref(struct work *w, const char *text)
{
	static const struct {
		const struct alert_row *at;
		size_t n;
	} all[] = {{of_drift, 3}, {of_serving, 2}};

	for (size_t g = 0; g < 2; g++)
		for (size_t i = 0; i < all[g].n; i++)
			if (strncmp(text, all[g].at[i].name, strlen(all[g].at[i].name)) == 0)
				return arena_printf(w->mem, "%016llx",
						    (unsigned long long)labels_hash(alert_labels(w, &all[g].at[i])));
	return "";
}

static void
put_events(struct work *w)
{
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		const struct store_event ev = {.t = events[i].t,
					       .kind = events[i].kind,
					       .severity = events[i].severity,
					       .subject = events[i].subject,
					       .model = events[i].model,
					       .text = outside(w, events[i].text),
					       .ref = events[i].ref[0] != '\0' ? events[i].ref
									       : alert_ref(w, events[i].text)};

		must(store_put_event(w->s, &ev, &e), &e);
	}
}

/* ---- all of it ---- */

static void
put_rows(struct work *w)
{
	put_past(w);
	put_group(w, of_drift, sizeof of_drift / sizeof *of_drift);
	put_group(w, of_serving, sizeof of_serving / sizeof *of_serving);
	put_silences(w);
	put_outbox(w);
}

int
main(int argc, char **argv)
{
	struct work w = {.mem = arena_open()};
	struct references *refs = references_open();
	struct err e = ERR_INIT;

	if (argc < 2) {
		fprintf(stderr, "usage: make_store FILE [hostile]\n");
		return 2;
	}
	w.hostile = argc > 2 && strcmp(argv[2], "hostile") == 0;
	const struct store_spec spec = {.path = argv[1]};
	must(store_open(&w.s, &spec, STORE_AGENT, &e), &e);
	put_references(&w, refs);
	must(store_begin(w.s, &e), &e);
	put_traffic(&w, refs);
	put_events(&w);
	put_targets(&w);
	put_logs(&w);
	put_rules(&w);
	must(store_put_kv(w.s, "agent", "{\"host\":\"scoring-1\"}", &e), &e);
	must(store_commit(w.s, NOW, &e), &e);
	put_rows(&w);
	while (store_housekeep(w.s, NOW, &e))
		;
	const struct storage storage = store_storage(w.s);
	const struct promql promql = {.storage = &storage, .references = refs};
	put_recorded(&w, &promql);
	store_close(w.s);
	references_close(refs);
	arena_close(w.mem);
	return 0;
}
