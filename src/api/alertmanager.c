/*
 * alertmanager.c -- Alertmanager's v2 API: alerts from Prometheus, vmalert or Grafana are taken in and routed like our own; amtool lists,
 * silences, expires. What it tells comes from notify_view, read from the store at one instant.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api_private.h"
#include "mlwatch/alert.h"
#include "mlwatch/json_out.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/config.h"
#include "mlwatch/matcher.h"
#include "mlwatch/notify.h"
#include "mlwatch/prom_json.h"
#include "mlwatch/reader.h"
#include "mlwatch/store.h"

#define ALERTS_MAX 100000

/* Alertmanager's errors are a JSON string. */
static int
refuse(struct api_answer *a, int status, const char *text)
{
	a->status = status;
	buf_reset(&a->body);
	prom_json_string(&a->body, text);
	return -1;
}

/* Takes doc. */
static void
answer(struct api_answer *a, json_t *doc)
{
	char *text = json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY);

	buf_addstr(&a->body, text != NULL ? text : "null");
	free(text);
	json_decref(doc);
}

static json_t *
time_json(int64_t ms)
{
	char text[32];

	if (ms == 0)
		return json_string("0001-01-01T00:00:00.000Z");
	rfc3339_format(text, ms);
	return json_string(text);
}

static json_t *
words_json(const char *const *word, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(word[i]));
	return list;
}

static json_t *
names_json(const char *const *name, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s}", "name", name[i]));
	return list;
}

static json_t *
alert_json(const struct notify_view_alert *x)
{
	static const char *const state[] = {"active", "suppressed", "unprocessed", "active"};

	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:{s:o, s:[], s:o, s:s}, s:o, s:s, s:o}", "annotations",
			 json_labels(x->annotations), "endsAt", time_json(x->ends_ms), "fingerprint", x->fingerprint,
			 "receivers", names_json(x->receivers, x->n_receivers), "startsAt", time_json(x->starts_ms),
			 "status", "inhibitedBy", words_json(x->inhibited_by, x->n_inhibited_by), "mutedBy",
			 "silencedBy", words_json(x->silenced_by, x->n_silenced_by), "state", state[x->state],
			 "updatedAt", time_json(x->updated_ms), "generatorURL", x->generator_url, "labels",
			 json_labels(x->labels));
}

/* ---- filters ---- */

struct filter {
	struct matcher *at;
	size_t n;
	struct regex *receiver;
	bool active, silenced, inhibited, unprocessed;
};

static bool
wanted(const struct api_request *q, const char *name)
{
	const char *v = api_param(q, name);

	return v == NULL || strcmp(v, "false") != 0;
}

static void
filter_release(struct filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		matcher_release(&f->at[i]);
	free(f->at);
	regex_close(f->receiver);
}

static int
filter_open(struct filter *f, const struct api_request *q, struct api_answer *a)
{
	const char *text = api_param(q, "receiver");
	struct err e = ERR_INIT;
	size_t i = 0;

	*f = (struct filter){.active = wanted(q, "active"),
			     .silenced = wanted(q, "silenced"),
			     .inhibited = wanted(q, "inhibited"),
			     .unprocessed = wanted(q, "unprocessed")};
	if (text != NULL && text[0] != '\0' && (f->receiver = regex_open(text, &e)) == NULL)
		return refuse(a, 400, e.text);
	while ((text = api_param_next(q, "filter", &i)) != NULL)
		if (notify_matchers_parse(&f->at, &f->n, text, false, &e) < 0) {
			filter_release(f);
			return refuse(a, 400, e.text);
		}
	return 0;
}

static bool
filter_takes(const struct filter *f, const struct notify_view_alert *x)
{
	bool reached = f->receiver == NULL;

	for (size_t i = 0; i < x->n_receivers && !reached; i++)
		reached = regex_match(f->receiver, x->receivers[i]);
	if (!reached || x->state == NOTIFY_RESOLVED || (!f->unprocessed && x->state == NOTIFY_UNPROCESSED) ||
	    (!f->active && x->state == NOTIFY_ACTIVE) || (!f->silenced && x->n_silenced_by > 0) ||
	    (!f->inhibited && x->n_inhibited_by > 0))
		return false;
	return matchers_match(f->at, f->n, x->labels);
}

/* The state of notification; a reader holds it no longer than it is needed. */
static int
view_open(struct notify_view *v, struct arena **mem, const struct api_request *q, struct api_answer *a)
{
	struct err e = ERR_INIT;

	*mem = arena_open();
	if (notify_view_read(v, reader_store(q->reader), q->now, *mem, &e) == 0)
		return 0;
	arena_close(*mem);
	return refuse(a, 500, e.text);
}

static void
view_close(struct notify_view *v, struct arena *mem)
{
	notify_view_release(v);
	arena_close(mem);
}

/* ---- reading ---- */

/* Answers with the list that fill makes of the view. */
typedef void fill_fn(json_t *list, const struct notify_view *v, const struct filter *f);
static void
answer_list(const struct api_request *q, struct api_answer *a, fill_fn *fill)
{
	json_t *list;
	struct notify_view v;
	struct arena *mem;
	struct filter f;

	if (filter_open(&f, q, a) < 0)
		return;
	if (view_open(&v, &mem, q, a) == 0) {
		list = json_array();
		fill(list, &v, &f);
		answer(a, list);
		view_close(&v, mem);
	}
	filter_release(&f);
}

static void
fill_alerts(json_t *list, const struct notify_view *v, const struct filter *f)
{
	for (size_t i = 0; i < v->n_alerts; i++)
		if (filter_takes(f, &v->alerts[i]))
			json_array_append_new(list, alert_json(&v->alerts[i]));
}

static void
handle_alerts(const struct api_request *q, struct api_answer *a)
{
	answer_list(q, a, fill_alerts);
}

static json_t *
group_json(const struct notify_view_group *g, const struct filter *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < g->n_alerts; i++)
		if (filter_takes(f, g->alerts[i]))
			json_array_append_new(list, alert_json(g->alerts[i]));
	return json_pack("{s:o, s:o, s:{s:s}}", "alerts", list, "labels", json_labels(g->labels), "receiver", "name",
			 g->receiver);
}

static void
fill_groups(json_t *list, const struct notify_view *v, const struct filter *f)
{
	for (size_t i = 0; i < v->n_groups; i++) {
		if (f->receiver != NULL && !regex_match(f->receiver, v->groups[i].receiver))
			continue;
		json_t *one = group_json(&v->groups[i], f);
		if (json_array_size(json_object_get(one, "alerts")) > 0)
			json_array_append(list, one);
		json_decref(one);
	}
}

static void
handle_groups(const struct api_request *q, struct api_answer *a)
{
	answer_list(q, a, fill_groups);
}

static json_t *
silence_json(const struct notify_view_silence *s)
{
	static const char *const state[] = {"active", "pending", "expired"};
	json_t *matchers = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(matchers, json_pack("{s:b, s:b, s:s, s:s}", "isEqual",
							  s->at[i].op == MATCH_EQ || s->at[i].op == MATCH_RE, "isRegex",
							  s->at[i].op == MATCH_RE || s->at[i].op == MATCH_NRE, "name",
							  s->at[i].name, "value", s->at[i].value));
	return json_pack("{s:s, s:{s:s}, s:o, s:s, s:s, s:o, s:o, s:o}", "id", s->id, "status", "state",
			 state[s->state], "updatedAt", time_json(s->updated_ms), "comment", s->comment, "createdBy",
			 s->created_by, "endsAt", time_json(s->ends_ms), "matchers", matchers, "startsAt",
			 time_json(s->starts_ms));
}

/* As Alertmanager's API: every filter must be one of the silence's matchers for a label that it has. */
static bool
silence_passes(const struct filter *f, const struct notify_view_silence *s)
{
	for (size_t i = 0; i < f->n; i++) {
		bool found = false;

		for (size_t k = 0; k < s->n && !found; k++)
			found =
			    strcmp(s->at[k].name, f->at[i].name) == 0 && matcher_match_value(&f->at[i], s->at[k].value);
		if (!found)
			return false;
	}
	return true;
}

static void
fill_silences(json_t *list, const struct notify_view *v, const struct filter *f)
{
	for (size_t i = 0; i < v->n_silences; i++)
		if (silence_passes(f, &v->silences[i]))
			json_array_append_new(list, silence_json(&v->silences[i]));
}

static void
handle_silences(const struct api_request *q, struct api_answer *a)
{
	answer_list(q, a, fill_silences);
}

static void
handle_silence(const struct api_request *q, struct api_answer *a)
{
	struct notify_view v;
	struct arena *mem;
	bool found = false;

	if (view_open(&v, &mem, q, a) < 0)
		return;
	for (size_t i = 0; i < v.n_silences && !found; i++)
		if (strcmp(v.silences[i].id, q->rest) == 0) {
			answer(a, silence_json(&v.silences[i]));
			found = true;
		}
	if (!found)
		refuse(a, 404, "silence not found");
	view_close(&v, mem);
}

static void
handle_receivers(const struct api_request *q, struct api_answer *a)
{
	struct notify_view v;
	struct arena *mem;

	if (view_open(&v, &mem, q, a) < 0)
		return;
	answer(a, names_json(v.receivers, v.n_receivers));
	view_close(&v, mem);
}

static void
handle_status(const struct api_request *q, struct api_answer *a)
{
	answer(a, json_pack("{s:{s:s, s:[], s:s}, s:{s:s}, s:o, s:{s:s, s:s, s:s, s:s, s:s, s:s}}", "cluster", "status",
			    "disabled", "peers", "name", "", "config", "original", "", "uptime",
			    time_json(q->spec->started_ms), "versionInfo", "branch", "mlwatch", "buildDate", "",
			    "buildUser", "", "goVersion", "", "revision", MLWATCH_VERSION, "version", MLWATCH_VERSION));
}

/* ---- changing ---- */

static int
time_of(json_t *doc, const char *key, int64_t dflt, int64_t *out)
{
	const char *text = json_string_value(json_object_get(doc, key));

	*out = dflt;
	if (text == NULL || strncmp(text, "0001-01-01T00:00:00", 19) == 0)
		return 0;
	return rfc3339_parse(text, strlen(text), out);
}

static int
read_labels(struct arena *mem, json_t *doc, struct labels *out)
{
	struct label *all = arena_calloc(mem, json_object_size(doc) + 1, sizeof *all);
	const char *name;
	json_t *v;
	size_t n = 0;

	json_object_foreach(doc, name, v)
	{
		if (!json_is_string(v))
			return -1;
		all[n++] = (struct label){arena_strdup(mem, name), arena_strdup(mem, json_string_value(v))};
	}
	*out = labels_make(mem, all, n);
	return 0;
}

static int
read_alert(struct arena *mem, json_t *doc, int64_t now, struct alert *x)
{
	const char *url = json_string_value(json_object_get(doc, "generatorURL"));

	*x = (struct alert){.generator_url = url != NULL ? arena_strdup(mem, url) : "", .expr = ""};
	if (read_labels(mem, json_object_get(doc, "labels"), &x->labels) < 0 || x->labels.n == 0 ||
	    read_labels(mem, json_object_get(doc, "annotations"), &x->annotations) < 0 ||
	    time_of(doc, "endsAt", 0, &x->ends_ms) < 0 || time_of(doc, "startsAt", 0, &x->starts_ms) < 0)
		return -1;
	if (x->starts_ms == 0)
		x->starts_ms = x->ends_ms != 0 && x->ends_ms < now ? x->ends_ms : now;
	return x->ends_ms != 0 && x->ends_ms < x->starts_ms ? -1 : 0;
}

static void
handle_post_alerts(const struct api_request *q, struct api_answer *a)
{
	json_t *doc = json_loadb(buf_str(q->body), q->body->len, 0, NULL), *item;
	const size_t n = json_array_size(doc);
	struct arena *mem = arena_open();
	struct alert *all;
	size_t i, good = 0;

	if (!json_is_array(doc) || n > ALERTS_MAX) {
		refuse(a, 400,
		       json_is_array(doc) ? "too many alerts in one request" : "the body is no JSON list of alerts");
	} else if (q->spec->notify == NULL) {
		refuse(a, 503, "no alerting configuration: nothing would be routed");
	} else {
		all = arena_calloc(mem, n + 1, sizeof *all);
		json_array_foreach(doc, i, item) if (read_alert(mem, item, q->now, &all[good]) == 0) good++;
		/* The good ones count even when others are wrong, as in Alertmanager. */
		notify_alerts(q->spec->notify, all, good, q->now);
		if (good < n)
			refuse(a, 400, "an alert has no labels, a label that is no text, or times that make no sense");
	}
	arena_close(mem);
	json_decref(doc);
}

static int
read_matchers(json_t *list, struct matcher *at, size_t *n, struct err *e)
{
	json_t *m;
	size_t i;

	json_array_foreach(list, i, m)
	{
		const char *name = json_string_value(json_object_get(m, "name")),
			   *value = json_string_value(json_object_get(m, "value"));
		const bool regex = json_is_true(json_object_get(m, "isRegex")),
			   equal = !json_is_false(json_object_get(m, "isEqual"));
		const enum match_op op = regex ? (equal ? MATCH_RE : MATCH_NRE) : equal ? MATCH_EQ : MATCH_NE;

		if (name == NULL || value == NULL)
			return err_set(e, ERR_USAGE, "a matcher needs name and value");
		if (matcher_init(&at[*n], op, name, value, e) < 0)
			return -1;
		(*n)++;
	}
	return 0;
}

/* A short-lived writer beside the agent's own. */
static int
open_writer(struct store **s, const struct api_request *q, struct err *e)
{
	const struct store_spec spec = {.path = q->spec->config->store_path};

	return store_open(s, &spec, STORE_WRITE, e);
}

static int
put_silence(const struct api_request *q, json_t *doc, struct matcher *at, size_t n, char id[37], struct err *e)
{
	const char *by = json_string_value(json_object_get(doc, "createdBy")),
		   *comment = json_string_value(json_object_get(doc, "comment"));
	const char *old = json_string_value(json_object_get(doc, "id"));
	struct notify_silence s = {.id = old,
				   .matchers = at,
				   .n_matchers = n,
				   .created_by = by != NULL ? by : "",
				   .comment = comment != NULL ? comment : ""};
	struct store *store;
	int rc;

	if (time_of(doc, "startsAt", q->now, &s.starts_ms) < 0 || time_of(doc, "endsAt", 0, &s.ends_ms) < 0 ||
	    s.ends_ms == 0)
		return err_set(e, ERR_USAGE, "startsAt and endsAt must be RFC 3339 times");
	if (open_writer(&store, q, e) < 0)
		return -1;
	rc = notify_silence_put(store, &s, q->now, id, e);
	store_close(store);
	return rc;
}

static int
status_of(const struct err *e)
{
	return e->kind == ERR_USAGE ? (strstr(e->text, "no silence has the id") != NULL ? 404 : 400) : 500;
}

static void
handle_post_silence(const struct api_request *q, struct api_answer *a)
{
	json_t *doc = json_loadb(buf_str(q->body), q->body->len, 0, NULL), *list = json_object_get(doc, "matchers");
	struct matcher *at = calloc(json_array_size(list) + 1, sizeof *at);
	struct err e = ERR_INIT;
	char id[37];
	size_t n = 0;

	if (doc == NULL || at == NULL)
		refuse(a, 400, "the body is no JSON object");
	else if (read_matchers(list, at, &n, &e) < 0 || put_silence(q, doc, at, n, id, &e) < 0)
		refuse(a, status_of(&e), e.text);
	else
		answer(a, json_pack("{s:s}", "silenceID", id));
	for (size_t i = 0; i < n; i++)
		matcher_release(&at[i]);
	free(at);
	json_decref(doc);
}

/* The request does not say who asks; the name that it had to give does, where there is one. */
static const char *
who_asks(const struct api_request *q)
{
	const struct config *c = q->spec->config;

	return c->http.username != NULL && c->http.bearer_token_file == NULL ? c->http.username : "the API";
}

/* One that is over already is gone, too: 200, as in Alertmanager. */
static void
handle_delete_silence(const struct api_request *q, struct api_answer *a)
{
	struct err e = ERR_INIT;
	struct store *s;
	int rc;

	if (open_writer(&s, q, &e) < 0) {
		refuse(a, 500, e.text);
		return;
	}
	rc = notify_silence_expire(s, q->rest, who_asks(q), q->now, &e);
	store_close(s);
	if (rc < 0)
		refuse(a, status_of(&e), e.text);
}

const struct api_route api_alertmanager_routes[] = {
    {"GET", "/api/v2/status", handle_status, 0},
    {"GET", "/api/v2/alerts", handle_alerts, ROUTE_WORKER},
    {"POST", "/api/v2/alerts", handle_post_alerts, ROUTE_CHANGES},
    {"GET", "/api/v2/alerts/groups", handle_groups, ROUTE_WORKER},
    {"GET", "/api/v2/receivers", handle_receivers, ROUTE_WORKER},
    {"GET", "/api/v2/silences", handle_silences, ROUTE_WORKER},
    {"POST", "/api/v2/silences", handle_post_silence, ROUTE_WORKER | ROUTE_CHANGES},
    {"GET", "/api/v2/silence/", handle_silence, ROUTE_WORKER | ROUTE_PREFIX},
    {"DELETE", "/api/v2/silence/", handle_delete_silence, ROUTE_WORKER | ROUTE_PREFIX | ROUTE_CHANGES},
    {NULL, NULL, NULL, 0},
};
