/*
 * view_logs.c -- prediction logs: files, how far reading is behind, bad lines by reason.
 */
#include <jansson.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "view_private.h"

#define SPARK_CELLS 16
#define BEHIND      1000000 /* bytes, from where on it is worth a look */

static void
read_file(struct arena *mem, const char *job, const json_t *doc, struct view_log_file *f)
{
	*f = (struct view_log_file){
	    .job = job,
	    .path = view_text_of(mem, doc, "path"),
	    .open = json_is_true(json_object_get(doc, "open")),
	    .size = view_int_of(doc, "size"),
	    .offset = view_int_of(doc, "offset"),
	    .lag_bytes = view_int_of(doc, "lag_bytes"),
	    .lines = view_int_of(doc, "lines"),
	    .bad_lines = view_int_of(doc, "bad_lines"),
	    .last_read_ms = view_int_of(doc, "last_read_ms"),
	    .last_line_ms = view_int_of(doc, "last_line_ms"),
	    .bad_1h = view_int_of(doc, "bad_1h"),
	    .rotated = json_is_true(json_object_get(doc, "rotated")),
	    .deleted = json_is_true(json_object_get(doc, "deleted")),
	    .lines_per_s = view_number_of(doc, "lines_per_s"),
	    .read_lines_per_s = view_number_of(doc, "read_lines_per_s"),
	    .lag_s = view_number_of(doc, "lag_seconds"),
	    .caught_up_s = view_number_of(doc, "caught_up_seconds"),
	    .error = view_text_of(mem, doc, "error"),
	};
	f->health = f->error[0] != '\0' ? HEALTH_BROKEN : f->lag_bytes > BEHIND ? HEALTH_WARNING : HEALTH_OK;
}

static void
read_kind(struct arena *mem, const json_t *doc, struct view_bad_kind *k)
{
	const json_t *x = json_object_get(doc, "example");

	*k = (struct view_bad_kind){.reason = view_text_of(mem, doc, "reason"),
				    .kind = view_text_of(mem, doc, "kind"),
				    .lines = view_int_of(doc, "lines"),
				    .first_ms = view_int_of(doc, "first_ms"),
				    .last_ms = view_int_of(doc, "last_ms"),
				    .example = {.t = view_int_of(x, "t"),
						.path = view_text_of(mem, x, "path"),
						.line = view_text_of(mem, x, "line"),
						.byte = view_int_of(x, "byte"),
						.column = view_int_of(x, "column"),
						.what = view_text_of(mem, x, "what"),
						.hint = view_text_of(mem, x, "hint")}};
}

static void
read_bad_lines(struct arena *mem, const json_t *doc, struct view_log *l)
{
	json_t *bad = json_object_get(doc, "bad"), *reasons = json_object_get(doc, "reasons"), *v;
	const char *key;
	size_t i;

	l->bad = arena_calloc(mem, json_object_size(bad) + 1, sizeof *l->bad);
	json_object_foreach(bad, key, v)
	{
		if (json_integer_value(v) == 0)
			continue;
		l->bad[l->n_bad].reason = arena_strdup(mem, key);
		l->bad[l->n_bad++].lines = (int64_t)json_integer_value(v);
	}
	l->reasons = arena_calloc(mem, json_array_size(reasons) + 1, sizeof *l->reasons);
	l->kept = arena_calloc(mem, json_array_size(reasons) + 1, sizeof *l->kept);
	json_array_foreach(reasons, i, v)
	{
		struct view_bad_kind *k = &l->reasons[l->n_reasons++];

		read_kind(mem, v, k);
		l->kept[l->n_kept++] =
		    (struct view_bad_line){k->example.t, k->reason, k->example.line, k->example.column};
	}
}

static void
read_log(struct arena *mem, const json_t *doc, struct view_log *l)
{
	const json_t *limits = json_object_get(doc, "limits"), *paths = json_object_get(doc, "paths");
	json_t *v;
	size_t i;

	l->job = view_text_of(mem, doc, "job");
	l->error = view_text_of(mem, doc, "error");
	l->paths = arena_calloc(mem, json_array_size(paths) + 1, sizeof *l->paths);
	json_array_foreach(paths, i, v) l->paths[l->n_paths++] = arena_strdup(mem, json_string_value(v));
	read_bad_lines(mem, doc, l);
	l->folded_categories = view_int_of(doc, "folded_categories");
	l->folded_features = view_int_of(doc, "folded_features");
	l->folded_models = view_int_of(doc, "folded_models");
	l->refused_series = view_int_of(doc, "refused_series");
	l->newest_ms = view_int_of(doc, "newest_ms");
	l->lines_1h = view_int_of(doc, "lines_1h");
	l->bad_1h = view_int_of(doc, "bad_1h");
	l->series = view_int_of(doc, "series");
	l->limits.line_bytes = view_int_of(limits, "line_bytes");
	l->limits.categories = view_int_of(limits, "categories");
	l->limits.series = view_int_of(limits, "series");
	l->limits.features = view_int_of(limits, "features");
	l->limits.models = view_int_of(limits, "models");
	l->limits.future_s = view_number_of(limits, "future_seconds");
}

int
view_log_sparks(const struct view_source *s, struct arena *mem, struct view_log_file *at, size_t n, struct err *e)
{
	struct view_series *series;
	size_t n_series;

	if (view_query_range(s, mem, "file_lines", MS_HOUR, SPARK_CELLS, &series, &n_series, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_series; k++)
			if (strcmp(labels_get(series[k].labels, "job"), at[i].job) == 0 &&
			    strcmp(labels_get(series[k].labels, "path"), at[i].path) == 0) {
				at[i].spark = series[k].v;
				at[i].n_spark = SPARK_CELLS;
			}
	return 0;
}

/* What cannot be read, what is behind, what is written, what was; of each as configured. */
static int
file_rank(const struct view_log_file *f)
{
	return f->health == HEALTH_BROKEN ? 0 : f->health == HEALTH_WARNING ? 1 : f->open ? 2 : 3;
}

static void
sort_files(struct view_log_file *at, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct view_log_file f = at[i];
		size_t k = i;

		for (; k > 0 && file_rank(&at[k - 1]) > file_rank(&f); k--)
			at[k] = at[k - 1];
		at[k] = f;
	}
}

int
view_logs_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	json_t *doc = view_document(s, "logs"), *item, *file;
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
	sort_files(o->files, o->n_files);
	json_decref(doc);
	return 0;
}
