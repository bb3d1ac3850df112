/*
 * own.c -- /api/mlwatch/v1: the views as JSON, for scripts. Documented in docs/api.md.
 */
#include <stdlib.h>
#include <string.h>

#include "api_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/reader.h"
#include "mlwatch/view.h"
#include "mlwatch/view_json.h"

#define EVENTS_MAX   1000
#define MESSAGES_MAX 500

static struct view_source
source(const struct api_request *q)
{
	return (struct view_source){reader_store(q->reader), reader_promql(q->reader), q->now, q->now};
}

/* Takes text. */
static void
answer_text(struct api_answer *a, char *text)
{
	buf_addstr(&a->body, text);
	free(text);
}

static int
overview(const struct api_request *q, struct arena *mem, struct view_overview *o, struct api_answer *a)
{
	const struct view_source src = source(q);
	struct err e = ERR_INIT;

	if (view_overview(&src, mem, o, &e) < 0)
		return api_error(a, "internal", "%s", e.text);
	return 0;
}

static void
handle_health(const struct api_request *q, struct api_answer *a)
{
	struct arena *mem = arena_open();
	struct view_overview o;

	if (overview(q, mem, &o, a) == 0)
		answer_text(a, view_overview_json(&o));
	arena_close(mem);
}

static void
handle_models(const struct api_request *q, struct api_answer *a)
{
	struct arena *mem = arena_open();
	struct view_overview o;

	if (overview(q, mem, &o, a) == 0)
		answer_text(a, view_models_json(&o));
	arena_close(mem);
}

/* The newest version of a model that has traffic, when none is asked for. */
static const char *
version_of(const struct view_overview *o, const char *model, const char *version)
{
	if (version != NULL)
		return version;
	for (size_t i = 0; i < o->n_models; i++)
		if (strcmp(o->models[i].model, model) == 0)
			return o->models[i].version;
	return NULL;
}

static void
handle_drift(const struct api_request *q, struct api_answer *a)
{
	const char *model = api_param(q, "model"), *version;
	const struct view_source src = source(q);
	struct arena *mem = arena_open();
	struct view_overview o;
	struct view_feature *f = NULL;
	struct err e = ERR_INIT;
	size_t n = 0;

	if (model == NULL) {
		api_error(a, "bad_data", "which model? drift?model=NAME");
	} else if (overview(q, mem, &o, a) == 0) {
		version = version_of(&o, model, api_param(q, "version"));
		if (version == NULL)
			api_error(a, "not_found", "model '%.100s' has no predictions", model);
		else if (view_features(&src, mem, model, version, &(struct view_drift_how){0}, &f, &n, &e) < 0)
			api_error(a, "internal", "%s", e.text);
		else
			answer_text(a, view_drift_json(model, version, f, n));
	}
	arena_close(mem);
}

static void
handle_events(const struct api_request *q, struct api_answer *a)
{
	const struct view_source src = source(q);
	struct arena *mem = arena_open();
	struct view_event *at;
	struct err e = ERR_INIT;
	int64_t from, to;
	size_t n;

	if (api_time_param(q, "end", q->now, &to, a) == 0 && api_time_param(q, "start", to - MS_DAY, &from, a) == 0) {
		if (view_events(&src, mem, from, to, EVENTS_MAX, &at, &n, &e) < 0)
			api_error(a, "internal", "%s", e.text);
		else
			answer_text(a, view_events_json(at, n));
	}
	arena_close(mem);
}

static void
handle_notifications(const struct api_request *q, struct api_answer *a)
{
	const char *state = api_param(q, "state");
	const struct view_source src = source(q);
	struct arena *mem = arena_open();
	struct view_message *at;
	struct err e = ERR_INIT;
	size_t n;

	if (view_messages(&src, mem, state != NULL && strcmp(state, "waiting") == 0, MESSAGES_MAX, &at, &n, &e) < 0)
		api_error(a, "internal", "%s", e.text);
	else
		answer_text(a, view_messages_json(at, n));
	arena_close(mem);
}

const struct api_route api_own_routes[] = {
    {"GET", "/api/mlwatch/v1/health", handle_health, ROUTE_WORKER},
    {"GET", "/api/mlwatch/v1/models", handle_models, ROUTE_WORKER},
    {"GET", "/api/mlwatch/v1/drift", handle_drift, ROUTE_WORKER},
    {"GET", "/api/mlwatch/v1/events", handle_events, ROUTE_WORKER},
    {"GET", "/api/mlwatch/v1/notifications", handle_notifications, ROUTE_WORKER},
    {NULL, NULL, NULL, 0},
};
