/*
 * window.c -- prediction records into additive per-window statistics.
 *
 * Records go in with their own timestamps; increments per series and window come out. A late record simply
 * adds to its old window: increments are sums, so it does not matter whether that window is already on disk.
 *
 * Knows records, sketches, references and time. Does not know sources, rules, SQL or screens.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "window_private.h"

#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

struct windows *
windows_open(const struct window_spec *spec, const struct references *refs)
{
	struct windows *w = xcalloc(1, sizeof *w);

	w->spec = *spec;
	w->refs = refs;
	if (w->spec.width_ms <= 0)
		w->spec.width_ms = 10000;
	if (w->spec.max_series == 0)
		w->spec.max_series = 20000;
	if (w->spec.max_categories == 0)
		w->spec.max_categories = 1000;
	if (w->spec.max_features == 0)
		w->spec.max_features = 1000;
	if (w->spec.max_models == 0)
		w->spec.max_models = 100;
	w->mem = arena_open();
	w->model_names = category_names_open(w->spec.max_models);
	xgrow(w->models, w->n_models, w->cap_models);
	w->models[w->n_models++] = NULL; /* __other__, when it is needed */
	return w;
}

void
windows_close(struct windows *w)
{
	if (w == NULL)
		return;
	panes_close(w);
	events_close(w);
	models_close(w);
	versions_close(w);
	free(w->panes);
	free(w->pending);
	buf_release(&w->blobs);
	arena_close(w->mem);
	free(w);
}

static void
text_keep(struct text *to, struct text t)
{
	free((char *)to->p);
	*to = (struct text){xstrndup(t.n > 0 ? t.p : "", t.n), t.n};
}

/* The index of a class or status, remembered from the record before. */
static inline uint32_t
remembered(struct windows *w, struct category_names *names, struct text *last, uint32_t *last_index, struct text t)
{
	if (*last_index != UINT32_MAX && text_same(*last, t))
		return *last_index;
	*last_index = category_names_intern(names, t.p, t.n, text_hash(t.p, t.n));
	if (*last_index == 0)
		w->counts.folded_categories++;
	text_keep(last, t);
	return *last_index;
}

static void
add_outcome(struct windows *w, struct model *m, struct pane *p, const struct record *r)
{
	struct text class = r->failed || r->prediction.p == NULL ? (struct text){"", 0} : r->prediction;

	p->errors += r->failed;
	categories_add(p->predictions, remembered(w, m->classes, &m->last_class, &m->last_class_index, class), 1);
	if (r->status.p != NULL)
		categories_add(p->statuses,
			       remembered(w, m->statuses, &m->last_status, &m->last_status_index, r->status), 1);
	if (!isnan(r->latency_s))
		p->latencies[p->n_latencies++] = r->latency_s;
	if (!isnan(r->score))
		p->scores[p->n_scores++] = r->score;
	if (p->n_latencies == PANE_OUTCOMES || p->n_scores == PANE_OUTCOMES)
		pane_file_outcomes(p);
}

static inline void
add_number(struct feature *f, struct stat *s, double v)
{
	if (s->n_waiting == s->cap_waiting)
		pane_wait_grow(f, s);
	s->waiting[s->n_waiting++] = v;
}

static void
add_category(struct windows *w, struct feature *f, struct stat *s, const char *p, size_t n)
{
	uint8_t bad;
	uint32_t index = feature_category(w, f, p, n, &bad);

	if (s->categories == NULL)
		s->categories = categories_open_shared(f->names);
	categories_add(s->categories, index, 1);
	for (int i = 0; bad != 0; i++, bad >>= 1)
		s->invalid[i] += bad & 1;
}

static void
add_bool(struct windows *w, struct feature *f, struct stat *s, bool yes)
{
	const char *word = yes ? f->yes : f->no;

	add_category(w, f, s, word, strlen(word));
}

/* What else than JSON's own may stand for true or false. */
static bool
is_bool(const struct record_feature *f)
{
	return (f->kind == FEATURE_NUMBER && (f->number == 0 || f->number == 1)) ||
	       (f->kind == FEATURE_STRING && ((f->string.n == 4 && memcmp(f->string.p, "true", 4) == 0) ||
					      (f->string.n == 5 && memcmp(f->string.p, "false", 5) == 0)));
}

/* Everything but a number for a numeric feature and a string for a categorical one. */
static void
add_unusual(struct windows *w, struct feature *f, struct stat *s, const struct record_feature *rf)
{
	if (rf->kind == FEATURE_NULL) {
		s->missing++;
		if (f->expect != NULL && f->expect->required)
			s->invalid[BAD_VALUE_REQUIRED]++;
	} else if (f->type == TYPE_NUMERIC && (rf->kind == FEATURE_NUMBER || rf->kind == FEATURE_BOOL)) {
		add_number(f, s, rf->number);
	} else if (f->type != TYPE_NUMERIC && rf->kind == FEATURE_BOOL) {
		add_bool(w, f, s, rf->number != 0);
	} else if (f->type == TYPE_BOOL && is_bool(rf)) {
		add_bool(w, f, s, rf->kind == FEATURE_STRING ? rf->string.n == 4 : rf->number != 0);
	} else if (f->type == TYPE_CATEGORICAL && rf->kind != FEATURE_OTHER && rf->string.p != NULL) {
		add_category(w, f, s, rf->string.p, rf->string.n);
	} else {
		s->invalid[BAD_VALUE_TYPE]++;
	}
}

static void
add_feature(struct windows *w, struct model *m, struct pane *p, const struct record_feature *rf)
{
	struct feature *f = rf->slot < m->n_slots ? m->by_slot[rf->slot] : NULL;
	struct stat *s;

	if (f == NULL || f->type == TYPE_UNKNOWN) {
		f = feature_of(w, m, rf);
		if (f == NULL)
			return;
	}
	f->seen = (int64_t)w->counts.records;
	s = f->index < p->n_stats ? &p->stats[f->index] : pane_stat(p, f);
	if (rf->kind == FEATURE_NUMBER && f->type == TYPE_NUMERIC)
		add_number(f, s, rf->number);
	else if (rf->kind == FEATURE_STRING && f->type == TYPE_CATEGORICAL)
		add_category(w, f, s, rf->string.p, rf->string.n);
	else
		add_unusual(w, f, s, rf);
}

/* Declared features that a record with features does not have. */
static void
add_absent(struct windows *w, struct model *m, struct pane *p)
{
	for (size_t i = 0; i < m->n_declared; i++) {
		struct feature *f = m->declared[i];
		struct stat *s;

		if (f->seen == (int64_t)w->counts.records)
			continue;
		s = pane_stat(p, f);
		s->missing++;
		s->invalid[BAD_VALUE_REQUIRED] += f->expect->required;
	}
}

void
windows_add(struct windows *w, const struct record *r)
{
	struct model *m = model_of(w, r);
	struct pane *p = pane_of(w, m, r->time_ms);

	w->counts.records++;
	p->records++;
	if (r->time_ms > m->last_ms)
		m->last_ms = r->time_ms;
	add_outcome(w, m, p, r);
	for (size_t i = 0; i < r->n_features; i++)
		add_feature(w, m, p, &r->features[i]);
	if (m->n_declared > 0 && r->n_features > 0)
		add_absent(w, m, p);
}

static int
pending_cmp(const void *a, const void *b)
{
	const struct pending *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

void
windows_drain(struct windows *w, increment_fn *fn, void *arg)
{
	panes_close(w);
	versions_judge(w);
	if (w->n_pending > 0)
		qsort(w->pending, w->n_pending, sizeof *w->pending, pending_cmp);
	for (size_t i = 0; i < w->n_pending; i++) {
		const struct pending *at = &w->pending[i];
		const struct increment out = {at->series->labels,  at->series->by, at->start, at->kind,
					      w->blobs.p + at->at, at->n,          at->edges};

		fn(arg, &out);
	}
	w->n_pending = 0;
	if (w->blobs.cap > (4u << 20))
		buf_release(&w->blobs);
	else
		buf_reset(&w->blobs);
}

size_t
windows_waiting_bytes(const struct windows *w)
{
	return w->blobs.len + w->n_pending * sizeof *w->pending;
}

struct window_counts
windows_counts(const struct windows *w)
{
	struct window_counts c = w->counts;

	c.models = w->n_versions;
	c.series = w->n_series;
	c.newest_ms = INT64_MIN;
	for (size_t i = 0; i < w->n_models; i++)
		if (w->models[i] != NULL && w->models[i]->last_ms > c.newest_ms)
			c.newest_ms = w->models[i]->last_ms;
	return c;
}
