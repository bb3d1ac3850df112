/*
 * status.c -- health, readiness, reload; /api/v1/status/..., rules, alerts, targets: what Prometheus tells of itself, from what the
 * agent has written into the store.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api_private.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/config.h"
#include "mlwatch/file.h"
#include "mlwatch/secret.h"
#include "mlwatch/num.h"
#include "mlwatch/prom_json.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"

#define CONFIG_MAX ((size_t)1 << 20)

static void
text_answer(struct api_answer *a, int status, const char *text)
{
	a->status = status;
	a->type = "text/plain; charset=utf-8";
	buf_addstr(&a->body, text);
}

static void
handle_healthy(const struct api_request *q, struct api_answer *a)
{
	const bool good = q->spec->healthy == NULL || q->spec->healthy(q->spec->arg);

	text_answer(a, good ? 200 : 503,
		    good ? "mlwatch is Healthy.\n" : "mlwatch cannot keep anything in its store.\n");
}

static void
handle_ready(const struct api_request *q, struct api_answer *a)
{
	const bool good = q->spec->ready == NULL || q->spec->ready(q->spec->arg);

	text_answer(a, good ? 200 : 503, good ? "mlwatch is Ready.\n" : "Service Unavailable\n");
}

static void
handle_reload(const struct api_request *q, struct api_answer *a)
{
	if (!q->spec->config->http.enable_reload || q->spec->reload == NULL) {
		text_answer(a, 403, "Lifecycle API is not enabled.\n");
		return;
	}
	q->spec->reload(q->spec->arg);
	text_answer(a, 200, "");
}

static json_t *
time_json(int64_t ms)
{
	char text[32];

	rfc3339_format(text, ms);
	return json_string(text);
}

/* Takes data. */
static void
answer_json(struct api_answer *a, json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT);

	if (text == NULL)
		api_error(a, "internal", "cannot write the answer");
	else
		api_success(a, text);
	free(text);
	json_decref(data);
}

static void
handle_buildinfo(const struct api_request *q, struct api_answer *a)
{
	(void)q;
	/* Clients choose what they ask by this version: it is the Prometheus whose API this is. */
	answer_json(a, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "version", "3.0.0", "revision", MLWATCH_VERSION,
				 "branch", "mlwatch", "buildUser", "", "buildDate", "", "goVersion", "", "application",
				 "mlwatch"));
}

static void
handle_flags(const struct api_request *q, struct api_answer *a)
{
	answer_json(a, json_pack("{s:s, s:s, s:s}", "config.file", q->spec->config_path, "storage.path",
				 q->spec->config->store_path, "web.listen-address", q->spec->config->http.listen));
}

/* The file without what could be a secret. */
static void
handle_config(const struct api_request *q, struct api_answer *a)
{
	struct err e = ERR_INIT;
	struct buf masked = BUF_INIT;
	struct secret_mask mask = SECRET_MASK_INIT;
	char *text, *rest, *line;
	size_t n;

	if (file_read(q->spec->config_path, CONFIG_MAX, &text, &n, &e) < 0) {
		api_error(a, "internal", "%s", e.text);
		return;
	}
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		secret_mask_next(&mask, line);
		buf_addf(&masked, "%s\n", line);
	}
	answer_json(a, json_pack("{s:s}", "yaml", buf_str(&masked)));
	buf_release(&masked);
	secret_free(text);
}

static void
handle_runtimeinfo(const struct api_request *q, struct api_answer *a)
{
	char dir[4096] = "";

	if (getcwd(dir, sizeof dir) == NULL)
		dir[0] = '\0';
	answer_json(a, json_pack("{s:o, s:s, s:b, s:o, s:i, s:s}", "startTime", time_json(q->spec->started_ms), "CWD",
				 dir, "reloadConfigSuccess", 1, "serverTime", time_json(q->now), "corruptionCount", 0,
				 "storageRetention", "15d"));
}

static json_t *
document(const struct api_request *q, const char *key)
{
	char *text = store_get_kv(reader_store(q->reader), key);
	json_t *doc = text != NULL ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return doc;
}

static void
handle_tsdb(const struct api_request *q, struct api_answer *a)
{
	struct store_facts f = {0};
	struct err e = ERR_INIT;

	if (store_facts(reader_store(q->reader), &f, &e) < 0) {
		api_error(a, "internal", "%s", e.text);
		return;
	}
	answer_json(a, json_pack("{s:{s:I, s:i, s:I, s:I, s:I}, s:[], s:[], s:[], s:[]}", "headStats", "numSeries",
				 (json_int_t)(f.sample_series + f.window_series), "numLabelPairs", 0, "chunkCount",
				 (json_int_t)f.chunks, "minTime", (json_int_t)f.oldest_sample_ms, "maxTime",
				 (json_int_t)q->now, "seriesCountByMetricName", "labelValueCountByLabelName",
				 "memoryInBytesByLabelName", "seriesCountByLabelValuePair"));
}

/* ---- alerts and rules ---- */

static json_t *
alert_json(const struct store_alert *s)
{
	char value[NUM_MAX];
	json_t *o;

	num_g(value, s->value);
	o = json_pack("{s:o, s:o, s:s, s:o, s:s}", "labels", json_labels(s->labels), "annotations",
		      json_labels(s->annotations), "state", s->state == STORE_ALERT_PENDING ? "pending" : "firing",
		      "activeAt", time_json(s->active_ms), "value", value);
	if (s->keep_firing_since_ms > 0)
		json_object_set_new(o, "keepFiringSince", time_json(s->keep_firing_since_ms));
	return o;
}

struct by_rule {
	json_t *alerts; /* list of {"group","name","file","alert"} */
};

static void
on_alert(void *arg, const struct store_alert *s)
{
	struct by_rule *b = arg;

	if (s->state == STORE_ALERT_PENDING || s->state == STORE_ALERT_FIRING)
		json_array_append_new(b->alerts,
				      json_pack("{s:s, s:s, s:s, s:i, s:o}", "file", s->file, "group", s->group, "name",
						s->name, "line", s->line, "alert", alert_json(s)));
}

static json_t *
active_alerts(const struct api_request *q, struct api_answer *a)
{
	struct by_rule b = {json_array()};
	struct err e = ERR_INIT;

	if (store_alerts(reader_store(q->reader), on_alert, &b, &e) < 0)
		api_error(a, "internal", "%s", e.text);
	return b.alerts;
}

static void
handle_alerts(const struct api_request *q, struct api_answer *a)
{
	json_t *all = active_alerts(q, a), *list = json_array(), *item;
	size_t i;

	json_array_foreach(all, i, item) json_array_append(list, json_object_get(item, "alert"));
	json_decref(all);
	if (a->status == 0)
		answer_json(a, json_pack("{s:o}", "alerts", list));
	else
		json_decref(list);
}

static bool
same_text(json_t *a, json_t *b, const char *key)
{
	const char *x = json_string_value(json_object_get(a, key)), *y = json_string_value(json_object_get(b, key));

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static json_t *
object_of(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	return v != NULL ? json_incref(v) : json_object();
}

static json_t *
number_of(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	return v != NULL ? json_incref(v) : json_integer(0);
}

static json_t *
rule_json(json_t *r, json_t *alerts)
{
	const char *error = json_string_value(json_object_get(r, "error"));
	const bool alerting = json_is_true(json_object_get(r, "alerting"));
	json_t *o = json_pack("{s:O, s:O, s:s, s:s, s:f, s:o}", "name", json_object_get(r, "name"), "query",
			      json_object_get(r, "expr"), "health", error != NULL && error[0] != '\0' ? "err" : "ok",
			      "type", alerting ? "alerting" : "recording", "evaluationTime",
			      json_number_value(json_object_get(r, "seconds")), "lastEvaluation",
			      time_json((int64_t)json_integer_value(json_object_get(r, "last_eval_ms"))));
	json_t *list, *item;
	const char *state = "inactive";
	size_t i;

	json_object_set_new(o, "labels", object_of(r, "labels"));
	if (error != NULL && error[0] != '\0')
		json_object_set_new(o, "lastError", json_string(error));
	if (!alerting)
		return o;
	list = json_array();
	json_array_foreach(alerts, i, item)
	{
		json_t *one = json_object_get(item, "alert");
		const char *is = json_string_value(json_object_get(one, "state"));

		if (!same_text(item, r, "file") || !same_text(item, r, "group") || !same_text(item, r, "name") ||
		    json_integer_value(json_object_get(item, "line")) != json_integer_value(json_object_get(r, "line")))
			continue;
		json_array_append(list, one);
		if (strcmp(is, "firing") == 0 || strcmp(state, "inactive") == 0)
			state = is;
	}
	json_object_set_new(o, "state", json_string(state));
	json_object_set_new(o, "alerts", list);
	json_object_set_new(o, "annotations", object_of(r, "annotations"));
	json_object_set_new(o, "duration", number_of(r, "for_seconds"));
	json_object_set_new(o, "keepFiringFor", number_of(r, "keep_firing_for_seconds"));
	return o;
}

static json_t *
group_for(json_t *groups, json_t *r)
{
	json_t *g;
	size_t i;

	json_array_foreach(groups, i, g) if (same_text(g, r, "file") &&
					     strcmp(json_string_value(json_object_get(g, "name")),
						    json_string_value(json_object_get(r, "group"))) == 0) return g;
	g = json_pack("{s:O, s:O, s:[], s:i, s:i, s:f, s:o}", "name", json_object_get(r, "group"), "file",
		      json_object_get(r, "file"), "rules", "interval", 0, "limit", 0, "evaluationTime", 0.0,
		      "lastEvaluation", time_json((int64_t)json_integer_value(json_object_get(r, "last_eval_ms"))));
	json_object_set_new(g, "interval", number_of(r, "interval_seconds"));
	json_object_set_new(g, "limit", number_of(r, "limit"));
	json_array_append_new(groups, g);
	return g;
}

/* Without a parameter of that name everything is asked for. */
static bool
asked_for(const struct api_request *q, const char *param, json_t *value)
{
	const char *text;
	size_t i = 0;
	bool any = false;

	while ((text = api_param_next(q, param, &i)) != NULL) {
		any = true;
		if (json_is_string(value) && strcmp(text, json_string_value(value)) == 0)
			return true;
	}
	return !any;
}

static bool
rule_asked_for(const struct api_request *q, json_t *r)
{
	const char *type = api_param(q, "type");

	if (type != NULL && type[0] != '\0' &&
	    strcmp(type, json_is_true(json_object_get(r, "alerting")) ? "alert" : "record") != 0)
		return false;
	return asked_for(q, "rule_name[]", json_object_get(r, "name")) &&
	       asked_for(q, "rule_group[]", json_object_get(r, "group")) &&
	       asked_for(q, "file[]", json_object_get(r, "file"));
}

static bool
exclude_alerts(const struct api_request *q)
{
	const char *text = api_param(q, "exclude_alerts");

	return text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

static void
handle_rules(const struct api_request *q, struct api_answer *a)
{
	const char *type = api_param(q, "type");
	json_t *alerts, *doc, *groups, *r, *one;
	const bool bare = exclude_alerts(q);
	size_t i;

	if (type != NULL && type[0] != '\0' && strcmp(type, "alert") != 0 && strcmp(type, "record") != 0) {
		api_error(a, "bad_data", "invalid parameter \"type\": not supported value \"%.100s\"", type);
		return;
	}
	alerts = active_alerts(q, a);
	doc = document(q, "rules");
	groups = json_array();
	json_array_foreach(doc, i, r)
	{
		if (!rule_asked_for(q, r))
			continue;
		one = rule_json(r, alerts);
		if (bare && json_object_get(one, "alerts") != NULL)
			json_object_set_new(one, "alerts", json_array());
		json_array_append_new(json_object_get(group_for(groups, r), "rules"), one);
	}
	json_decref(doc);
	json_decref(alerts);
	if (a->status == 0)
		answer_json(a, json_pack("{s:o}", "groups", groups));
	else
		json_decref(groups);
}

static void
handle_targets(const struct api_request *q, struct api_answer *a)
{
	const char *state = api_param(q, "state");
	json_t *doc = document(q, "targets"), *active = json_array(), *t;
	size_t i;

	json_array_foreach(doc, i, t)
	{
		if ((state != NULL && strcasecmp(state, "dropped") == 0) ||
		    !asked_for(q, "scrapePool", json_object_get(t, "job")))
			continue;
		const bool up = json_is_true(json_object_get(t, "up"));
		const int64_t last = (int64_t)json_integer_value(json_object_get(t, "last_ms"));
		json_t *labels = json_object_get(t, "labels");

		json_array_append_new(
		    active,
		    json_pack("{s:{}, s:o, s:O, s:O, s:s, s:O, s:o, s:O, s:s, s:f, s:f}", "discoveredLabels", "labels",
			      labels != NULL ? json_incref(labels)
					     : json_pack("{s:O, s:O}", "job", json_object_get(t, "job"), "instance",
							 json_object_get(t, "instance")),
			      "scrapePool", json_object_get(t, "job"), "scrapeUrl", json_object_get(t, "url"),
			      "globalUrl", json_string_value(json_object_get(t, "url")), "lastError",
			      json_object_get(t, "error"), "lastScrape", time_json(last), "lastScrapeDuration",
			      json_object_get(t, "seconds"), "health",
			      last == 0 ? "unknown"
			      : up      ? "up"
					: "down",
			      "scrapeInterval", json_number_value(json_object_get(t, "interval_ms")) / 1000,
			      "scrapeTimeout", json_number_value(json_object_get(t, "timeout_ms")) / 1000));
	}
	json_decref(doc);
	answer_json(a,
		    json_pack("{s:o, s:[], s:{}}", "activeTargets", active, "droppedTargets", "droppedTargetCounts"));
}

const struct api_route api_status_routes[] = {
    {"GET", "/-/healthy", handle_healthy, ROUTE_OPEN},
    {"GET", "/-/ready", handle_ready, ROUTE_OPEN},
    {"POST", "/-/reload", handle_reload, ROUTE_CHANGES},
    {"GET", "/api/v1/status/buildinfo", handle_buildinfo, 0},
    {"GET", "/api/v1/status/flags", handle_flags, 0},
    {"GET", "/api/v1/status/config", handle_config, ROUTE_WORKER},
    {"GET", "/api/v1/status/runtimeinfo", handle_runtimeinfo, 0},
    {"GET", "/api/v1/status/tsdb", handle_tsdb, ROUTE_WORKER},
    {"GET", "/api/v1/rules", handle_rules, ROUTE_WORKER},
    {"GET", "/api/v1/alerts", handle_alerts, ROUTE_WORKER},
    {"GET", "/api/v1/targets", handle_targets, ROUTE_WORKER},
    {NULL, NULL, NULL, 0},
};
