/*
 * scrapes_status.c -- the status document "targets": what is known of every target and what is expected of it.
 */
#include "scrapes_private.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/json_out.h"

/* "status 200 and model_loaded = true" */
static json_t *
expects_json(const struct probe *p)
{
	const struct config_health *c = p->health;
	struct buf text = BUF_INIT;
	json_t *words;

	if (c != NULL && c->expect_status == 0)
		buf_addstr(&text, "status 2xx");
	else
		buf_addf(&text, "status %lld", (long long)(c != NULL ? c->expect_status : 200));
	for (size_t i = 0; c != NULL && i < c->n_expect_json; i++)
		buf_addf(&text, " and %s = %s", c->expect_json[i].name, c->expect_json[i].value);
	words = json_text(buf_str(&text));
	buf_release(&text);
	return words;
}

/* 0: none. */
static json_t *
limits_json(const struct probe *p)
{
	const struct config_scrape *c = p->scrape;
	const int64_t body = c != NULL && c->body_size_limit > 0 ? c->body_size_limit : (int64_t)FETCH_BODY_LIMIT;

	return json_pack("{s:I, s:I, s:I}", "samples", (json_int_t)(c != NULL ? c->sample_limit : 0), "labels",
			 (json_int_t)(c != NULL ? c->label_limit : 0), "body_bytes", (json_int_t)body);
}

static json_t *
where_json(const struct probe *p)
{
	char where[PATH_MAX + 16];

	snprintf(where, sizeof where, "%s:%d", p->owner->agent->now.config->path,
		 p->health != NULL ? p->health->line : p->scrape->line);
	return json_text(where);
}

static json_t *
probe_json(const struct probe *p)
{
	struct labels l = *p->labels;
	json_t *o = json_pack(
	    "{s:o, s:o, s:o, s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "job", json_text(labels_get(l, "job")), "instance",
	    json_text(labels_get(l, "instance")), "url", json_text(p->url), "health_check", p->health != NULL,
	    "interval_ms", (json_int_t)p->interval_ms, "timeout_ms", (json_int_t)p->timeout_ms, "labels",
	    json_labels(l), "expects", expects_json(p), "limits", limits_json(p), "where", where_json(p));

	target_write(&p->facts, o);
	return o;
}

char *
scrapes_status(const struct agent *a)
{
	json_t *list;
	char *text;

	if (a->scrapes == NULL)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < a->scrapes->n; i++)
		json_array_append_new(list, probe_json(a->scrapes->at[i]));
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

void
scrapes_recall(struct scrapes *s)
{
	char *text = store_get_kv(s->agent->store, "targets");
	json_t *doc = text != NULL ? json_loads(text, 0, NULL) : NULL, *o;
	size_t i;

	json_array_foreach(doc, i, o)
	{
		const char *url = json_string_value(json_object_get(o, "url")),
			   *job = json_string_value(json_object_get(o, "job"));

		for (size_t k = 0; url != NULL && job != NULL && k < s->n; k++)
			if (strcmp(s->at[k]->url, url) == 0 && strcmp(labels_get(*s->at[k]->labels, "job"), job) == 0)
				target_read(&s->at[k]->facts, o);
	}
	json_decref(doc);
	free(text);
}
