/*
 * batch.c -- see batch.h.
 */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"

struct batch *
batch_open(void)
{
	struct batch *b = xcalloc(1, sizeof *b);

	b->mem = arena_open();
	return b;
}

void
batch_close(struct batch *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->n_alerts; i++)
		free(b->alerts[i].at);
	for (size_t i = 0; i < b->n_edges; i++)
		edges_unref(b->edges[i]);
	free(b->edges);
	free(b->alerts);
	free(b->increments);
	free(b->samples);
	free(b->events);
	free(b->offsets);
	free(b->kvs);
	arena_close(b->mem);
	free(b);
}

static const char *
copy(struct batch *b, const char *s)
{
	return arena_strdup(b->mem, s != NULL ? s : "");
}

void
batch_increment(struct batch *b, const struct increment *i)
{
	struct increment *at;
	void *blob = arena_alloc(b->mem, i->n);

	memcpy(blob, i->blob, i->n);
	xgrow(b->increments, b->n_increments, b->cap_increments);
	at = &b->increments[b->n_increments++];
	*at = *i;
	at->labels = labels_copy(b->mem, i->labels);
	at->by = i->by != NULL ? copy(b, i->by) : NULL;
	at->blob = blob;
}

void
batch_sample(struct batch *b, struct labels labels, int64_t t, double v)
{
	xgrow(b->samples, b->n_samples, b->cap_samples);
	b->samples[b->n_samples++] = (struct store_sample){.labels = labels_copy(b->mem, labels), .t = t, .v = v};
}

void
batch_histogram(struct batch *b, struct labels labels, int64_t t, const struct histogram *h)
{
	batch_sample(b, labels, t, 0);
	b->samples[b->n_samples - 1].h = histogram_copy(b->mem, h);
	if (h->bins == NULL)
		return;
	xgrow(b->edges, b->n_edges, b->cap_edges);
	b->edges[b->n_edges++] = edges_ref((struct edges *)h->bins->edges);
}

void
batch_event(struct batch *b, const struct store_event *ev)
{
	xgrow(b->events, b->n_events, b->cap_events);
	b->events[b->n_events++] = (struct store_event){
	    .t = ev->t,
	    .kind = copy(b, ev->kind),
	    .severity = copy(b, ev->severity),
	    .subject = copy(b, ev->subject),
	    .model = copy(b, ev->model),
	    .text = copy(b, ev->text),
	    .ref = copy(b, ev->ref),
	};
}

void
batch_offsets(struct batch *b, const char *log, const struct tail_offset *at, size_t n)
{
	struct tail_offset *all = arena_calloc(b->mem, n, sizeof *all);

	for (size_t i = 0; i < n; i++) {
		all[i] = at[i];
		all[i].path = arena_strdup(b->mem, at[i].path != NULL ? at[i].path : "");
	}
	xgrow(b->offsets, b->n_offsets, b->cap_offsets);
	b->offsets[b->n_offsets++] = (struct batch_offsets){copy(b, log), all, n};
}

void
batch_kv(struct batch *b, const char *key, const char *value)
{
	xgrow(b->kvs, b->n_kvs, b->cap_kvs);
	b->kvs[b->n_kvs++] = (struct batch_kv){copy(b, key), copy(b, value)};
}

void
batch_document(struct batch *b, const char *key, json_t *doc)
{
	char *text = json_dumps(doc, JSON_COMPACT);

	if (text != NULL)
		batch_kv(b, key, text);
	free(text);
	json_decref(doc);
}

struct batch_alerts *
batch_alerts(struct batch *b, const char *file, const char *group)
{
	xgrow(b->alerts, b->n_alerts, b->cap_alerts);
	b->alerts[b->n_alerts] = (struct batch_alerts){copy(b, file), copy(b, group), NULL, 0, 0};
	return &b->alerts[b->n_alerts++];
}

void
batch_alert(struct batch *b, struct batch_alerts *group, const struct alert_view *v)
{
	xgrow(group->at, group->n, group->cap);
	group->at[group->n++] = (struct store_alert){
	    .name = copy(b, v->name),
	    .file = group->file,
	    .group = group->group,
	    .line = v->line,
	    .labels = labels_copy(b->mem, v->labels),
	    .annotations = labels_copy(b->mem, v->annotations),
	    .state = (enum store_alert_state)v->state,
	    .active_ms = v->active_ms,
	    .fired_ms = v->fired_ms,
	    .resolved_ms = v->resolved_ms,
	    .keep_firing_since_ms = v->keep_firing_since_ms,
	    .last_sent_ms = v->last_sent_ms,
	    .for_ms = v->for_ms,
	    .value = v->value,
	    .value_ms = v->value_ms,
	    .expr = copy(b, v->expr),
	    .limit_op = v->limit.found ? copy(b, v->limit.op) : "",
	    .limit = v->limit.found ? v->limit.limit : 0,
	    .value_expr = v->limit.found ? copy(b, v->limit.value_text) : "",
	};
}

static int
put_batch(const struct batch *b, struct store *st, struct err *e)
{
	for (size_t i = 0; i < b->n_increments; i++)
		if (store_put_increment(st, &b->increments[i], e) < 0)
			return -1;
	for (size_t i = 0; i < b->n_samples; i++)
		if (store_put_sample(st, &b->samples[i], e) < 0)
			return -1;
	for (size_t i = 0; i < b->n_offsets; i++)
		if (store_put_offsets(st, b->offsets[i].log, b->offsets[i].at, b->offsets[i].n, e) < 0)
			return -1;
	for (size_t i = 0; i < b->n_events; i++)
		if (store_put_event(st, &b->events[i], e) < 0)
			return -1;
	for (size_t i = 0; i < b->n_kvs; i++)
		if (store_put_kv(st, b->kvs[i].key, b->kvs[i].value, e) < 0)
			return -1;
	for (size_t i = 0; i < b->n_alerts; i++)
		if (store_put_alerts(st, b->alerts[i].file, b->alerts[i].group, b->alerts[i].at, b->alerts[i].n, e) < 0)
			return -1;
	return 0;
}

int
batch_commit(const struct batch *first, struct store *store, int64_t now_ms, struct err *e)
{
	if (store_begin(store, e) < 0)
		return -1;
	for (const struct batch *b = first; b != NULL; b = b->next)
		if (put_batch(b, store, e) < 0) {
			store_rollback(store);
			return -1;
		}
	return store_commit(store, now_ms, e);
}
