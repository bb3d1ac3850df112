/*
 * pipeline_facts.c -- what is told of the logs: the status documents "logs" and "models", mlwatch_log_* samples, bursts of bad lines as events. All
 * of it under the pipeline's lock, so that it fits together.
 */
#include "pipeline_private.h"

#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/xalloc.h"

/* The model of a log that is about one; NULL: of several or of none yet. */
static const char *
only_model(const struct log *l)
{
	const char *name = NULL;
	size_t n = windows_versions(l->windows);

	for (size_t i = 0; i < n; i++) {
		const char *other = windows_version(l->windows, i).model;

		if (name != NULL && strcmp(name, other) != 0)
			return NULL;
		name = other;
	}
	return name;
}

void
facts_chunk(struct log *l, const struct tail_offset *file, int64_t at)
{
	l->file = log_file_of(&l->facts->files, file);
	l->path = file->path;
	l->chunk_at = at > 0 ? at : 0;
	l->model = only_model(l);
}

void
facts_lines(struct log *l, int64_t lines)
{
	l->lines += lines;
	minutes_add(&l->facts->lines, l->owner->now_ms, (uint32_t)lines);
}

void
facts_bad_line(struct log *l, const struct bad_line *b)
{
	const struct bad_place where = {
	    .path = l->path, .byte = l->chunk_at + (int64_t)b->offset, .entry = l->entry, .model = l->model};

	l->bad[b->why]++;
	l->bad_lines++;
	minutes_add(&l->facts->bad_minutes, l->owner->now_ms, 1);
	minutes_add(&l->file->bad, l->owner->now_ms, 1);
	bad_lines_add(&l->facts->bad, b, &where, l->owner->now_ms);
}

void
facts_events(struct log *l, struct batch *b, bool at_end)
{
	struct buf text = BUF_INIT;
	const int64_t began = bad_lines_burst(&l->facts->bad, l->owner->now_ms, at_end, &text);
	const struct store_event ev = {.t = began,
				       .kind = "log",
				       .severity = "warning",
				       .subject = l->config->job,
				       .model = only_model(l),
				       .text = buf_str(&text),
				       .ref = l->path};

	if (began > 0)
		batch_event(b, &ev);
	buf_release(&text);
}

void
facts_close(struct log_facts *f)
{
	if (f == NULL)
		return;
	bad_lines_release(&f->bad);
	log_files_release(&f->files);
	free(f);
}

/* ---- documents ---- */

static json_t *
limits_json(const struct log *l)
{
	const struct window_spec *w = &l->config->window;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f}", "line_bytes", (json_int_t)l->config->decode.line_bytes,
			 "categories", (json_int_t)w->max_categories, "series", (json_int_t)w->max_series, "features",
			 (json_int_t)w->max_features, "models", (json_int_t)w->max_models, "future_seconds",
			 (double)l->config->decode.future_ms / 1000);
}

static json_t *
paths_json(const struct log *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->config->tail.n_paths; i++)
		json_array_append_new(list, json_text(l->config->tail.paths[i]));
	return list;
}

static json_t *
reasons_json(const struct log *l)
{
	json_t *all = json_object();

	for (size_t r = 0; r < BAD_REASONS; r++)
		json_object_set_new(all, bad_reason_word[r], json_integer(l->bad[r]));
	return all;
}

static int64_t
newest_record(const struct log *l)
{
	int64_t t = 0;

	for (size_t i = 0, n = windows_versions(l->windows); i < n; i++)
		if (windows_version(l->windows, i).last_ms > t)
			t = windows_version(l->windows, i).last_ms;
	return t;
}

static json_t *
log_json(struct log *l, int64_t now_ms)
{
	struct log_facts *f = l->facts;
	struct window_counts w = windows_counts(l->windows);
	struct tail_status *files;
	size_t n = log_status(l, &files);
	json_t *o = json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "job", json_text(l->config->job), "paths",
	    paths_json(l), "files", log_files_look(&f->files, files, n, now_ms), "bad", reasons_json(l), "reasons",
	    bad_lines_json(&f->bad, now_ms), "lines", (json_int_t)l->lines, "records", (json_int_t)w.records,
	    "lines_1h", (json_int_t)minutes_sum(&f->lines, now_ms), "bad_1h",
	    (json_int_t)minutes_sum(&f->bad_minutes, now_ms), "line_minutes", minutes_json(&f->lines, now_ms),
	    "bad_minutes", minutes_json(&f->bad_minutes, now_ms), "limits", limits_json(l));

	free(files);
	json_object_update_new(
	    o, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "newest_ms", (json_int_t)newest_record(l), "series",
			 (json_int_t)w.series, "folded_categories", (json_int_t)w.folded_categories, "folded_features",
			 (json_int_t)w.folded_features, "folded_models", (json_int_t)w.folded_models, "refused_series",
			 (json_int_t)w.refused_series, "error", json_text(l->last_error)));
	return o;
}

static json_t *
versions_json(const struct log *l, json_t *list)
{
	for (size_t k = 0, n = windows_versions(l->windows); k < n; k++) {
		const struct window_version v = windows_version(l->windows, k);

		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:I}", "job", json_text(l->config->job), "model",
						      json_text(v.model), "version", json_text(v.version), "last_ms",
						      (json_int_t)v.last_ms));
	}
	return list;
}

void
facts_documents(struct pipeline *p, struct batch *b)
{
	json_t *logs = json_array(), *models = json_array();

	for (size_t i = 0; i < p->n; i++) {
		json_array_append_new(logs, log_json(&p->logs[i], p->now_ms));
		versions_json(&p->logs[i], models);
	}
	batch_document(b, "logs", logs);
	batch_document(b, "models", models);
	p->told_ms = p->now_ms;
}

/* ---- what an earlier agent left ---- */

static struct log *
log_of_job(struct pipeline *p, const json_t *o)
{
	const char *job = json_string_value(json_object_get(o, "job"));

	for (size_t i = 0; job != NULL && i < p->n; i++)
		if (strcmp(p->logs[i].config->job, job) == 0)
			return &p->logs[i];
	return NULL;
}

static json_t *
document(struct store *store, const char *key)
{
	char *text = store_get_kv(store, key);
	json_t *doc = text != NULL ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return doc;
}

static void
recall_log(struct log *l, const json_t *o)
{
	bad_lines_read(&l->facts->bad, json_object_get(o, "reasons"));
	log_files_read(&l->facts->files, json_object_get(o, "files"));
	l->facts->lines = minutes_read(json_object_get(o, "line_minutes"));
	l->facts->bad_minutes = minutes_read(json_object_get(o, "bad_minutes"));
}

void
facts_recall(struct pipeline *p, struct store *store)
{
	json_t *logs = document(store, "logs"), *models = document(store, "models"), *o;
	struct log *l;
	size_t i;

	json_array_foreach(logs, i, o) if ((l = log_of_job(p, o)) != NULL) recall_log(l, o);
	json_array_foreach(models, i, o)
	{
		const char *model = json_string_value(json_object_get(o, "model")),
			   *version = json_string_value(json_object_get(o, "version"));

		l = log_of_job(p, o);
		if (l != NULL && model != NULL && version != NULL)
			windows_version_known(l->windows, model, version,
					      (int64_t)json_integer_value(json_object_get(o, "last_ms")));
	}
	json_decref(logs);
	json_decref(models);
}

/* ---- metrics ---- */

static void
metric(struct batch *b, int64_t t, const char *name, const char *job, const char *label, const char *value, double v)
{
	const struct label all[] = {{METRIC_NAME, name}, {"job", job}, {label, value}};

	batch_sample(b, labels_make(b->mem, all, label != NULL ? 3 : 2), t, v);
}

static void
file_metrics(struct batch *b, int64_t t, const char *job, const struct tail_status *s)
{
	if (!s->open && s->rotated)
		return; /* nothing happens there any more */
	metric(b, t, "mlwatch_log_lag_bytes", job, "path", s->path, (double)s->lag_bytes);
	if (s->inode != 0)
		metric(b, t, "mlwatch_log_file_lines_total", job, "path", s->path, (double)s->lines);
}

void
pipeline_metrics(struct pipeline *p, struct batch *b, int64_t t)
{
	for (size_t i = 0; i < p->n; i++) {
		struct log *l = &p->logs[i];
		const char *job = l->config->job;
		struct window_counts w = windows_counts(l->windows);
		struct tail_status *files;
		size_t n = log_status(l, &files);

		metric(b, t, "mlwatch_log_lines_total", job, NULL, NULL, (double)l->lines);
		for (size_t r = 0; r < BAD_REASONS; r++)
			metric(b, t, "mlwatch_log_bad_lines_total", job, "reason", bad_reason_word[r],
			       (double)l->bad[r]);
		for (size_t k = 0; k < n; k++)
			file_metrics(b, t, job, &files[k]);
		metric(b, t, "mlwatch_folded_categories_total", job, NULL, NULL, (double)w.folded_categories);
		metric(b, t, "mlwatch_refused_series_total", job, NULL, NULL, (double)w.refused_series);
		free(files);
	}
}
