/*
 * traffic.c -- see traffic.h.
 */
#include "traffic.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/promql.h"

#define NOW     "sum by (model) (increase(ml_predictions_total[10m]))"
#define DAY_AGO "sum by (model) (increase(ml_predictions_total[1h] offset 23h30m))"
#define PARTS   6.0 /* of ten minutes in the hour */
#define ENOUGH  30  /* records in ten minutes a day ago */
#define LEAVES  0.3
#define COMES   0.2
#define SIGMAS  4
#define TIMEOUT (20 * MS_SECOND)
#define KEY     "traffic"

static const char *const word[] = {[TRAFFIC_USUAL] = "usual", [TRAFFIC_LOW] = "low", [TRAFFIC_HIGH] = "high"};

double
traffic_change(double now, double before)
{
	return before > 0 ? now / (before / PARTS) - 1 : NAN;
}

enum traffic
traffic_next(enum traffic was, double now, double before)
{
	const double expected = before / PARTS, change = traffic_change(now, before);
	const double chance = SIGMAS * sqrt(now + expected / PARTS);

	if (expected < ENOUGH)
		return TRAFFIC_USUAL;
	if (was != TRAFFIC_USUAL && fabs(change) > COMES && (change < 0) == (was == TRAFFIC_LOW))
		return was;
	if (fabs(change) < LEAVES || fabs(now - expected) < chance)
		return TRAFFIC_USUAL;
	return change < 0 ? TRAFFIC_LOW : TRAFFIC_HIGH;
}

/* ---- asking ---- */

static int
ask(const struct promql *p, const char *text, int64_t t, struct promql_result *r, struct err *e)
{
	struct expr *x = promql_parse(text, e);
	int rc = x != NULL ? promql_instant(p, x, t, r, e) : -1;

	expr_close(x);
	return rc;
}

static double
value_of(const struct promql_result *r, const char *model)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(labels_get(r->vector[i].labels, "model"), model) == 0)
			return r->vector[i].v;
	return 0;
}

static enum traffic
told_of(const json_t *told, const char *model)
{
	const char *was = json_string_value(json_object_get(told, model));

	for (size_t i = 0; was != NULL && i < sizeof word / sizeof *word; i++)
		if (strcmp(word[i], was) == 0)
			return (enum traffic)i;
	return TRAFFIC_USUAL;
}

static void
tell(struct batch *out, const char *model, enum traffic is, double change, int64_t t)
{
	struct buf text = BUF_INIT;
	struct store_event ev = {.t = t,
				 .kind = "traffic",
				 .severity = is == TRAFFIC_USUAL ? "good" : "warning",
				 .subject = model,
				 .model = model};

	if (isnan(change))
		buf_addstr(&text, "traffic has nothing to compare with yesterday");
	else
		buf_addf(&text, "traffic %s%+.0f %% against the same hour yesterday",
			 is == TRAFFIC_USUAL ? "is back: " : "", round(change * 100) + 0.0); /* no -0 */
	ev.text = buf_str(&text);
	batch_event(out, &ev);
	buf_release(&text);
}

/* Models of a day ago: one that is asked now and was not then has nothing to be held against. */
static json_t *
look_at_models(const json_t *told, const struct promql_result *now, const struct promql_result *before, int64_t t,
	       struct batch *out)
{
	json_t *next = json_object();

	for (size_t i = 0; i < before->n; i++) {
		const char *model = labels_get(before->vector[i].labels, "model");
		const double n = value_of(now, model), then = before->vector[i].v;
		const enum traffic was = told_of(told, model), is = traffic_next(was, n, then);

		if (is != TRAFFIC_USUAL)
			json_object_set_new(next, model, json_string(word[is]));
		if (is != was)
			tell(out, model, is, traffic_change(n, then), t);
	}
	return next;
}

int
traffic_look(struct store *store, int64_t t, struct batch *out, struct err *e)
{
	struct storage storage = store_storage(store);
	const struct promql p = {.storage = &storage, .limits = {.timeout_ms = TIMEOUT}};
	struct promql_result now = {0}, before = {0};
	char *text = store_get_kv(store, KEY);
	json_t *told = text != NULL ? json_loads(text, 0, NULL) : NULL, *next;
	int rc = ask(&p, NOW, t, &now, e);

	if (rc == 0)
		rc = ask(&p, DAY_AGO, t, &before, e);
	if (rc == 0) {
		next = look_at_models(told, &now, &before, t, out);
		if (json_object_size(next) > 0 || json_object_size(told) > 0) {
			free(text);
			text = json_dumps(next, JSON_COMPACT | JSON_SORT_KEYS);
			batch_kv(out, KEY, text);
		}
		json_decref(next);
	}
	promql_result_release(&now);
	promql_result_release(&before);
	json_decref(told);
	free(text);
	return rc;
}
