/*
 * view_documents.c -- what the agent writes about itself, its targets and its logs: JSON documents in the store.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"
#include "view_private.h"

#define STALLED_COMMITS 3
#define SLOW_SHARE      0.1 /* of the timeout */

static json_t *
document(const struct view_source *s, const char *key)
{
	char *text = store_get_kv(s->store, key);
	json_t *doc = text != NULL ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return doc;
}

static const char *
text_of(struct arena *mem, json_t *doc, const char *key)
{
	const char *v = json_string_value(json_object_get(doc, key));

	return arena_strdup(mem, v != NULL ? v : "");
}

static int64_t
int_of(json_t *doc, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(doc, key));
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
	*out = (struct view_agent){.heartbeat_ms = a.heartbeat_ms,
				   .started_ms = a.started_ms,
				   .pid = a.pid,
				   .age_ms = s->clock > a.heartbeat_ms ? s->clock - a.heartbeat_ms : 0,
				   .version = arena_strdup(mem, a.version),
				   .host = arena_strdup(mem, host)};
	if (a.heartbeat_ms == 0)
		out->state = AGENT_NEVER;
	else if (s->clock <= a.heartbeat_ms) /* a picture of the past: it ran then, or its last commit would be older */
		out->state = AGENT_OK;
	else if (!a.running)
		out->state = AGENT_STOPPED;
	else if (out->age_ms >
		 STALLED_COMMITS * (a.commit_interval_ms > 0 ? a.commit_interval_ms : MS_SECOND) + MS_SECOND)
		out->state = AGENT_STALLED;
	doc = document(s, "agent");
	if (text_of(mem, doc, "host")[0] != '\0') /* a store that was carried to another machine */
		out->host = text_of(mem, doc, "host");
	out->config_refused = json_is_true(json_object_get(doc, "config_refused"));
	out->config_refused_ms = int_of(doc, "config_refused_ms");
	out->config_error = text_of(mem, doc, "config_error");
	json_decref(doc);
	return 0;
}

static enum health
target_health(const struct view_target *t)
{
	return !t->ever ? HEALTH_UNKNOWN : !t->up ? HEALTH_BROKEN : t->slow ? HEALTH_WARNING : HEALTH_OK;
}

static int
target_order(const void *x, const void *y)
{
	const struct view_target *a = x, *b = y;
	int ra = a->health == HEALTH_BROKEN ? 0 : a->health == HEALTH_WARNING ? 1 : 2;
	int rb = b->health == HEALTH_BROKEN ? 0 : b->health == HEALTH_WARNING ? 1 : 2;

	return ra != rb                      ? ra - rb
	       : strcmp(a->job, b->job) != 0 ? strcmp(a->job, b->job)
					     : strcmp(a->instance, b->instance);
}

static void
read_target(struct arena *mem, json_t *doc, struct view_target *t)
{
	*t = (struct view_target){
	    .job = text_of(mem, doc, "job"),
	    .instance = text_of(mem, doc, "instance"),
	    .url = text_of(mem, doc, "url"),
	    .error = text_of(mem, doc, "error"),
	    .health_check = json_is_true(json_object_get(doc, "health_check")),
	    .up = json_is_true(json_object_get(doc, "up")),
	    .last_ms = int_of(doc, "last_ms"),
	    .down_since_ms = int_of(doc, "down_since_ms"),
	    .interval_ms = int_of(doc, "interval_ms"),
	    .timeout_ms = int_of(doc, "timeout_ms"),
	    .seconds = json_number_value(json_object_get(doc, "seconds")),
	    .samples = json_number_value(json_object_get(doc, "samples")),
	    .up_24h = NAN,
	};
	t->ever = t->last_ms > 0;
	t->slow = t->up && t->timeout_ms > 0 && t->seconds * 1000 > SLOW_SHARE * (double)t->timeout_ms;
	t->health = target_health(t);
}

static double
share_up(const struct promql_result *r, const struct view_target *t)
{
	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
		if (strcmp(labels_get(r->vector[i].labels, "job"), t->job) == 0 &&
		    strcmp(labels_get(r->vector[i].labels, "instance"), t->instance) == 0)
			return r->vector[i].v;
	return NAN;
}

int
view_targets_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	json_t *doc = document(s, "targets"), *item;
	size_t i;

	(void)e;
	o->targets = arena_calloc(mem, json_array_size(doc) + 1, sizeof *o->targets);
	json_array_foreach(doc, i, item) read_target(mem, item, &o->targets[o->n_targets++]);
	qsort(o->targets, o->n_targets, sizeof *o->targets, target_order);
	json_decref(doc);
	return 0;
}

int
view_targets_up(const struct view_source *s, struct view_target *at, size_t n, struct err *e)
{
	struct promql_result up, health;
	int rc = 0;

	rc |= view_query(s, "up_24h", &up, e);
	rc |= view_query(s, "health_24h", &health, e);
	for (size_t i = 0; i < n; i++)
		at[i].up_24h = share_up(at[i].health_check ? &health : &up, &at[i]);
	promql_result_release(&up);
	promql_result_release(&health);
	return rc < 0 ? -1 : 0;
}

static void
read_file(struct arena *mem, const char *job, json_t *doc, struct view_log_file *f)
{
	*f = (struct view_log_file){
	    .job = job,
	    .path = text_of(mem, doc, "path"),
	    .open = json_is_true(json_object_get(doc, "open")),
	    .size = int_of(doc, "size"),
	    .offset = int_of(doc, "offset"),
	    .lag_bytes = int_of(doc, "lag_bytes"),
	    .lines = int_of(doc, "lines"),
	    .bad_lines = int_of(doc, "bad_lines"),
	    .last_read_ms = int_of(doc, "last_read_ms"),
	    .lines_per_s = json_number_value(json_object_get(doc, "lines_per_s")),
	    .error = text_of(mem, doc, "error"),
	};
	f->health = f->error[0] != '\0' ? HEALTH_BROKEN : f->lag_bytes > 1000000 ? HEALTH_WARNING : HEALTH_OK;
}

static void
read_log(struct arena *mem, json_t *doc, struct view_log *l)
{
	json_t *bad = json_object_get(doc, "bad"), *kept = json_object_get(doc, "bad_lines"), *v;
	const char *key;
	size_t i;

	l->job = text_of(mem, doc, "job");
	l->bad = arena_calloc(mem, json_object_size(bad) + 1, sizeof *l->bad);
	json_object_foreach(bad, key, v)
	{
		if (json_integer_value(v) == 0)
			continue;
		l->bad[l->n_bad].reason = arena_strdup(mem, key);
		l->bad[l->n_bad++].lines = (int64_t)json_integer_value(v);
	}
	l->kept = arena_calloc(mem, json_array_size(kept) + 1, sizeof *l->kept);
	json_array_foreach(kept, i, v) l->kept[l->n_kept++] = (struct view_bad_line){
	    int_of(v, "t"), text_of(mem, v, "reason"), text_of(mem, v, "line"), int_of(v, "column")};
	l->folded_categories = int_of(doc, "folded_categories");
	l->folded_features = int_of(doc, "folded_features");
	l->refused_series = int_of(doc, "refused_series");
	l->newest_ms = int_of(doc, "newest_ms");
}

int
view_logs_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	json_t *doc = document(s, "logs"), *item, *file;
	size_t i, k, files = 0;

	(void)e;
	json_array_foreach(doc, i, item) files += json_array_size(json_object_get(item, "files"));
	o->logs = arena_calloc(mem, json_array_size(doc) + 1, sizeof *o->logs);
	o->files = arena_calloc(mem, files + 1, sizeof *o->files);
	json_array_foreach(doc, i, item)
	{
		struct view_log *l = &o->logs[o->n_logs++];

		read_log(mem, item, l);
		json_array_foreach(json_object_get(item, "files"), k, file)
		    read_file(mem, l->job, file, &o->files[o->n_files++]);
	}
	json_decref(doc);
	return 0;
}
