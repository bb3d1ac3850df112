/*
 * view_documents.c -- what the agent writes about itself and its targets: JSON documents in the store.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"
#include "view_private.h"

#define STALLED_COMMITS 3
#define SLOW_SHARE      0.1 /* of the timeout */
#define STRIP_CELLS     20

/* ---- reading a document ---- */

json_t *
view_document(const struct view_source *s, const char *key)
{
	char *text = store_get_kv(s->store, key);
	json_t *doc = text != NULL ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return doc;
}

const char *
view_text_of(struct arena *mem, const json_t *doc, const char *key)
{
	const char *v = json_string_value(json_object_get(doc, key));

	return arena_strdup(mem, v != NULL ? v : "");
}

int64_t
view_int_of(const json_t *doc, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(doc, key));
}

double
view_number_of(const json_t *doc, const char *key)
{
	const json_t *v = json_object_get(doc, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static bool
bool_of(const json_t *doc, const char *key)
{
	return json_is_true(json_object_get(doc, key));
}

/* ---- the agent ---- */

static enum agent_state
judge_agent(const struct view_source *s, const struct store_agent *a)
{
	const int64_t interval = a->commit_interval_ms > 0 ? a->commit_interval_ms : MS_SECOND;

	if (a->heartbeat_ms == 0)
		return AGENT_NEVER;
	if (s->clock <= a->heartbeat_ms) /* a picture of the past: it ran then, or its last commit would be older */
		return AGENT_OK;
	if (!a->running)
		return AGENT_STOPPED;
	return s->clock - a->heartbeat_ms > STALLED_COMMITS * interval + MS_SECOND ? AGENT_STALLED : AGENT_OK;
}

bool
view_agent_runs(enum agent_state state)
{
	return state == AGENT_OK || state == AGENT_STALLED;
}

int
view_agent_state(const struct view_source *s, enum agent_state *out, struct err *e)
{
	struct store_agent a;

	if (store_agent(s->store, &a, e) < 0)
		return -1;
	*out = judge_agent(s, &a);
	return 0;
}

void
view_source_settle(struct view_source *s)
{
	struct store_agent a;

	if (store_agent(s->store, &a, NULL) < 0)
		return; /* whoever reads on will say so */
	if (judge_agent(s, &a) != AGENT_OK && a.heartbeat_ms > 0 && a.heartbeat_ms < s->now)
		s->now = a.heartbeat_ms;
}

int
view_agent_load(const struct view_source *s, struct arena *mem, struct view_agent *out, struct err *e)
{
	struct store_agent a;
	json_t *doc;
	char host[256] = "";

	if (store_agent(s->store, &a, e) < 0)
		return -1;
	gethostname(host, sizeof host - 1);
	*out = (struct view_agent){.state = judge_agent(s, &a),
				   .heartbeat_ms = a.heartbeat_ms,
				   .started_ms = a.started_ms,
				   .pid = a.pid,
				   .disk_full = a.disk_full,
				   .age_ms = s->clock > a.heartbeat_ms ? s->clock - a.heartbeat_ms : 0,
				   .version = arena_strdup(mem, a.version),
				   .host = arena_strdup(mem, host)};
	doc = view_document(s, "agent");
	if (view_text_of(mem, doc, "host")[0] != '\0') /* a store that was carried to another machine */
		out->host = view_text_of(mem, doc, "host");
	if (bool_of(doc, "replay") && out->state != AGENT_OK)
		out->state = AGENT_REPLAYED;
	out->config_refused = bool_of(doc, "config_refused");
	out->config_refused_ms = view_int_of(doc, "config_refused_ms");
	out->config_error = view_text_of(mem, doc, "config_error");
	json_decref(doc);
	return 0;
}

/* ---- targets ---- */

static enum health
target_health(const struct view_target *t)
{
	return !t->ever ? HEALTH_UNKNOWN : !t->up ? HEALTH_BROKEN : t->slow ? HEALTH_WARNING : HEALTH_OK;
}

static int
target_rank(const struct view_target *t)
{
	return t->health == HEALTH_BROKEN ? 0 : t->health == HEALTH_WARNING ? 1 : 2;
}

/* Broken before slow before the rest; of what is down the oldest first. */
static int
target_order(const void *x, const void *y)
{
	const struct view_target *a = x, *b = y;
	const int jobs = strcmp(a->job, b->job);

	if (target_rank(a) != target_rank(b))
		return target_rank(a) - target_rank(b);
	if (target_rank(a) == 0 && a->down_since_ms != b->down_since_ms)
		return a->down_since_ms < b->down_since_ms ? -1 : 1;
	return jobs != 0 ? jobs : strcmp(a->instance, b->instance);
}

static void
read_expectations(struct arena *mem, const json_t *doc, struct view_target *t)
{
	const json_t *limits = json_object_get(doc, "limits");

	t->model = view_text_of(mem, json_object_get(doc, "labels"), "model");
	t->expects = view_text_of(mem, doc, "expects");
	t->where = view_text_of(mem, doc, "where");
	t->interval_ms = view_int_of(doc, "interval_ms");
	t->timeout_ms = view_int_of(doc, "timeout_ms");
	t->sample_limit = view_int_of(limits, "samples");
	t->label_limit = view_int_of(limits, "labels");
	t->body_limit = view_int_of(limits, "body_bytes");
}

static void
read_target(struct arena *mem, const json_t *doc, struct view_target *t)
{
	const json_t *good = json_object_get(doc, "good");

	*t = (struct view_target){
	    .job = view_text_of(mem, doc, "job"),
	    .instance = view_text_of(mem, doc, "instance"),
	    .url = view_text_of(mem, doc, "url"),
	    .error = view_text_of(mem, doc, "error"),
	    .health_check = bool_of(doc, "health_check"),
	    .up = bool_of(doc, "up"),
	    .last_ms = view_int_of(doc, "last_ms"),
	    .down_since_ms = view_int_of(doc, "down_since_ms"),
	    .failures = view_int_of(doc, "failures"),
	    .status = (int)view_int_of(doc, "status"),
	    .answer = view_text_of(mem, json_object_get(doc, "answer"), "body"),
	    .good = {view_int_of(good, "t"), (int)view_int_of(good, "status"), view_number_of(good, "seconds"),
		     view_text_of(mem, good, "body")},
	    .seconds = json_number_value(json_object_get(doc, "seconds")),
	    .samples = json_number_value(json_object_get(doc, "samples")),
	    .up_24h = NAN,
	};
	read_expectations(mem, doc, t);
	t->ever = t->last_ms > 0;
	t->slow = t->up && t->timeout_ms > 0 && t->seconds * 1000 > SLOW_SHARE * (double)t->timeout_ms;
	t->health = target_health(t);
}

static bool
is_of(struct labels l, const struct view_target *t)
{
	return strcmp(labels_get(l, "job"), t->job) == 0 && strcmp(labels_get(l, "instance"), t->instance) == 0;
}

int
view_targets_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	json_t *doc = view_document(s, "targets"), *item;
	size_t i;

	(void)e;
	o->targets = arena_calloc(mem, json_array_size(doc) + 1, sizeof *o->targets);
	json_array_foreach(doc, i, item) read_target(mem, item, &o->targets[o->n_targets++]);
	qsort(o->targets, o->n_targets, sizeof *o->targets, target_order);
	json_decref(doc);
	return 0;
}

/* Each by itself: a day of samples of hundreds of targets at once would take tens of megabytes. */
static int
share_up(const struct view_source *s, const struct view_target *t, double *share, struct err *e)
{
	struct buf expr = BUF_INIT;
	struct promql_result r;
	int rc;

	buf_addf(&expr, "avg_over_time(%s{job=", t->health_check ? "ml_health" : "up");
	labels_quote(&expr, t->job);
	buf_addstr(&expr, ",instance=");
	labels_quote(&expr, t->instance);
	buf_addstr(&expr, "}[1d])");
	rc = view_query_text(s, buf_str(&expr), &r, e);
	*share = rc == 0 && r.type == VALUE_VECTOR && r.n > 0 ? r.vector[0].v : NAN;
	promql_result_release(&r);
	buf_release(&expr);
	return rc;
}

int
view_targets_up(const struct view_source *s, struct view_target *at, size_t n, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = share_up(s, &at[i], &at[i].up_24h, e);
	return rc;
}

int
view_target_strips(const struct view_source *s, struct arena *mem, struct view_target *at, size_t n, struct err *e)
{
	struct view_series *series[2];
	size_t n_series[2];

	if (view_query_range(s, mem, "up_1h", MS_HOUR, STRIP_CELLS, &series[0], &n_series[0], e) < 0 ||
	    view_query_range(s, mem, "health_1h", MS_HOUR, STRIP_CELLS, &series[1], &n_series[1], e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const int kind = at[i].health_check;

		for (size_t k = 0; k < n_series[kind]; k++)
			if (is_of(series[kind][k].labels, &at[i])) {
				at[i].strip = series[kind][k].v;
				at[i].n_strip = STRIP_CELLS;
			}
	}
	return 0;
}
