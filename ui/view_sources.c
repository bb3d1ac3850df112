/*
 * view_sources.c -- where the numbers of a model come from: its log, its versions, its reference.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/drift.h"
#include "view_private.h"

void
view_seen_load(const struct view_source *s, struct arena *mem, struct view_overview *o)
{
	json_t *doc = view_document(s, "models"), *item;
	size_t i;

	o->seen = arena_calloc(mem, json_array_size(doc) + 1, sizeof *o->seen);
	json_array_foreach(doc, i, item) o->seen[o->n_seen++] =
	    (struct view_seen){view_text_of(mem, item, "job"), view_text_of(mem, item, "model"),
			       view_text_of(mem, item, "version"), view_int_of(item, "last_ms")};
	json_decref(doc);
}

/* The newest record of this version, or of any of several, which other models of the same log know nothing of. */
static int64_t
last_record(const struct view_overview *o, const struct view_model *m)
{
	int64_t last = 0;

	for (size_t i = 0; i < o->n_seen; i++)
		if (strcmp(o->seen[i].job, m->job) == 0 && strcmp(o->seen[i].model, m->model) == 0 &&
		    (m->together > 1 || strcmp(o->seen[i].version, m->version) == 0) && o->seen[i].last_ms > last)
			last = o->seen[i].last_ms;
	return last;
}

void
view_model_log(const struct view_overview *o, struct view_model *m)
{
	m->last_record_ms = last_record(o, m);
	for (size_t i = 0; i < o->n_logs; i++)
		if (strcmp(o->logs[i].job, m->job) == 0) {
			m->paths = o->logs[i].paths;
			m->n_paths = o->logs[i].n_paths;
			m->bad_1h = o->logs[i].bad_1h;
		}
	m->lines_per_s = NAN;
	m->lag_bytes = 0;
	for (size_t i = 0; i < o->n_files; i++) {
		const struct view_log_file *f = &o->files[i];

		if (strcmp(f->job, m->job) != 0)
			continue;
		m->lag_bytes += f->lag_bytes;
		if (!isnan(f->lines_per_s))
			m->lines_per_s = (isnan(m->lines_per_s) ? 0 : m->lines_per_s) + f->lines_per_s;
	}
}

static int
most_first(const void *x, const void *y)
{
	const struct view_version *a = x, *b = y;

	return (a->share < b->share) - (a->share > b->share);
}

void
view_model_versions(struct arena *mem, const struct promql_result *r, struct view_model *m)
{
	double sum = 0;

	m->versions = arena_calloc(mem, r->n + 1, sizeof *m->versions);
	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++) {
		struct labels l = r->vector[i].labels;

		if (strcmp(labels_get(l, "model"), m->model) != 0 || strcmp(labels_get(l, "job"), m->job) != 0 ||
		    !(r->vector[i].v > 0))
			continue;
		m->versions[m->n_versions++] =
		    (struct view_version){arena_strdup(mem, labels_get(l, "version")), r->vector[i].v};
		sum += r->vector[i].v;
	}
	for (size_t i = 0; i < m->n_versions; i++)
		m->versions[i].share /= sum;
	if (m->n_versions > 0)
		qsort(m->versions, m->n_versions, sizeof *m->versions, most_first);
}

void
view_model_reference(struct arena *mem, const struct references *all, struct view_model *m)
{
	const struct reference *r = all != NULL ? references_find(all, m->model, m->version) : NULL;
	const char *version;

	if (r == NULL)
		return;
	version = reference_version(r);
	m->reference = arena_printf(mem, "%s%s%s", m->model, version[0] != '\0' ? "-" : "", version);
	m->reference_created = arena_strdup(mem, reference_created(r));
	m->reference_features = (int)reference_features(r);
}
