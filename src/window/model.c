/*
 * model.c -- the models that records are of, and the labels of their series.
 *
 * There is room for spec.max_models pairs of (model, version); records of further ones are counted under
 * model="__other__" and no version.
 */
#include <stdlib.h>
#include <string.h>

#include "window_private.h"

#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

struct series *
series_make(struct windows *w, const char *name, const struct model *m, const char *feature, const char *reason,
	    const char *by)
{
	const struct label all[] = {{METRIC_NAME, name}, {"feature", feature}, {"job", w->spec.job},
				    {"model", m->name},  {"reason", reason},   {"version", m->version}};
	struct label some[sizeof all / sizeof *all];
	struct series *s = xcalloc(1, sizeof *s);
	size_t n = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].value != NULL && all[i].value[0] != '\0')
			some[n++] = (struct label){all[i].name, arena_strdup(w->mem, all[i].value)};
	s->labels = labels_make(w->mem, some, n);
	s->by = by;
	w->n_series++;
	return s;
}

bool
series_room(struct windows *w, size_t n)
{
	if (w->n_series + n <= w->spec.max_series)
		return true;
	w->counts.refused_series++;
	return false;
}

static struct model *
model_make(struct windows *w, const char *name, size_t n, const char *version, size_t vn)
{
	struct model *m = xcalloc(1, sizeof *m);

	m->name = xstrndup(name, n);
	m->version = xstrndup(version, vn);
	m->name_text = (struct text){m->name, (uint32_t)n};
	m->version_text = (struct text){m->version, (uint32_t)vn};
	m->ref = w->refs != NULL ? references_find(w->refs, m->name, m->version) : NULL;
	m->classes = category_names_open(CLASSES_MAX);
	m->statuses = category_names_open(STATUSES_MAX);
	m->last_class_index = m->last_status_index = UINT32_MAX;
	m->last_ms = INT64_MIN;
	m->predictions = series_make(w, "ml_predictions_total", m, NULL, NULL, "prediction");
	m->responses = series_make(w, "ml_responses_total", m, NULL, NULL, "status");
	m->errors = series_make(w, "ml_errors_total", m, NULL, NULL, NULL);
	m->latency = series_make(w, "ml_latency_seconds", m, NULL, NULL, NULL);
	m->score = series_make(w, "ml_score", m, NULL, NULL, NULL);
	features_declare(w, m);
	return m;
}

static void
model_close(struct model *m)
{
	struct series *own[] = {m->predictions, m->responses, m->errors, m->latency, m->score};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		free(own[i]);
	for (size_t i = 0; i < m->n_features; i++)
		feature_close(m->features[i]);
	category_names_close(m->classes);
	category_names_close(m->statuses);
	free(m->features);
	free(m->by_slot);
	free(m->declared);
	free((char *)m->last_class.p);
	free((char *)m->last_status.p);
	free(m->name);
	free(m->version);
	free(m);
}

/* NULs do not come in JSON strings here, and in a label they would end it. */
static size_t
without_nul(struct text t)
{
	return t.p == NULL ? 0 : strnlen(t.p, t.n);
}

static struct model *
other_model(struct windows *w)
{
	w->counts.folded_models++;
	if (w->models[0] == NULL)
		w->models[0] = model_make(w, CATEGORY_OTHER, strlen(CATEGORY_OTHER), "", 0);
	return w->models[0];
}

static struct model *
model_find(struct windows *w, const struct record *r)
{
	size_t n = without_nul(r->model), vn = without_nul(r->version);
	char key[2 * CATEGORY_NAME_MAX];
	uint32_t index;

	if (n + 1 + vn > CATEGORY_NAME_MAX)
		return other_model(w);
	if (n > 0)
		memcpy(key, r->model.p, n);
	key[n] = '\x1f';
	if (vn > 0)
		memcpy(key + n + 1, r->version.p, vn);
	index = category_names_intern(w->model_names, key, n + 1 + vn, text_hash(key, n + 1 + vn));
	if (index == 0)
		return other_model(w);
	if (index == w->n_models) {
		struct model *m = model_make(w, n > 0 ? r->model.p : "", n, vn > 0 ? r->version.p : "", vn);

		xgrow(w->models, w->n_models, w->cap_models);
		w->models[w->n_models++] = m;
		m->first_ms = r->time_ms;
	}
	return w->models[index];
}

struct model *
model_of(struct windows *w, const struct record *r)
{
	struct model *m = w->last;

	if (m != NULL && text_same(r->model, m->name_text) && text_same(r->version, m->version_text))
		return m;
	m = model_find(w, r);
	if (m != w->models[0])
		w->last = m;
	return m;
}

void
models_close(struct windows *w)
{
	for (size_t i = 0; i < w->n_models; i++)
		if (w->models[i] != NULL)
			model_close(w->models[i]);
	free(w->models);
	category_names_close(w->model_names);
}
