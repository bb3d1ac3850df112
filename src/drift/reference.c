/*
 * reference.c -- what the features of one model version looked like in training, and the set of all that are loaded.
 *
 * A reference is immutable once others see it. Its numeric features hold a histogram value on their own edges, so that the
 * statistics compare like with like.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/drift.h"
#include "mlwatch/hash.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"

struct reference {
	struct arena *mem;
	struct reference_head head;
	struct reference_feature *at;
	size_t n, cap;
	struct strmap *by_name;                               /* index + 1 as a pointer */
	struct reference_feature output[N_REFERENCE_OUTPUTS]; /* name NULL: not known */
};

struct held {
	char *model, *version;
	struct reference *ref;
	reference_fetch_fn *fetch; /* when ref is NULL; NULL: it was given */
	void *arg;
};

const char *const reference_output_word[] = {[REFERENCE_PREDICTION] = "prediction", [REFERENCE_SCORE] = "score"};

struct references {
	struct held *at;
	size_t n, cap;
};

struct reference *
reference_open(const struct reference_head *head)
{
	struct reference *r = xcalloc(1, sizeof *r);

	r->mem = arena_open();
	r->head = (struct reference_head){
	    arena_strdup(r->mem, head->model != NULL ? head->model : ""),
	    arena_strdup(r->mem, head->version != NULL ? head->version : ""),
	    arena_strdup(r->mem, head->created != NULL ? head->created : ""),
	    head->rows,
	};
	r->by_name = strmap_open();
	return r;
}

void
reference_close(struct reference *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		edges_unref(r->at[i].edges);
	for (int i = 0; i < N_REFERENCE_OUTPUTS; i++)
		edges_unref(r->output[i].edges);
	strmap_close(r->by_name);
	arena_close(r->mem);
	free(r->at);
	free(r);
}

static void *
copied(struct arena *mem, const void *p, size_t n)
{
	void *to = arena_alloc(mem, n + 1);

	if (n > 0)
		memcpy(to, p, n);
	return to;
}

static const struct histogram *
copy_histogram(struct arena *mem, const struct histogram *h, const struct edges *edges)
{
	struct histogram *to = copied(mem, h, sizeof *h);
	struct edge_bins *b = copied(mem, h->bins, sizeof *b);

	b->edges = edges;
	b->bin = copied(mem, h->bins->bin, b->n * sizeof *b->bin);
	b->count = copied(mem, h->bins->count, b->n * sizeof *b->count);
	b->sum = copied(mem, h->bins->sum, b->n * sizeof *b->sum);
	to->bins = b;
	return to;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct category_count *)a)->name, ((const struct category_count *)b)->name);
}

static void
copy_feature(struct reference *r, struct reference_feature *to, const struct reference_feature *f)
{
	*to = *f;
	to->name = arena_strdup(r->mem, f->name);
	if (f->edges != NULL) {
		to->edges = edges_ref(f->edges);
		to->hist = copy_histogram(r->mem, f->hist, to->edges);
	}
	if (f->categorical) {
		struct category_count *c = copied(r->mem, f->categories.at, f->categories.n * sizeof *c);

		for (size_t i = 0; i < f->categories.n; i++)
			c[i].name = arena_strdup(r->mem, c[i].name);
		qsort(c, f->categories.n, sizeof *c, by_name);
		to->categories.at = c;
	}
}

void
reference_add(struct reference *r, const struct reference_feature *f)
{
	xgrow(r->at, r->n, r->cap);
	copy_feature(r, &r->at[r->n], f);
	strmap_set(r->by_name, r->at[r->n].name, (void *)(uintptr_t)(r->n + 1));
	r->n++;
}

void
reference_set_output(struct reference *r, enum reference_output which, const struct reference_feature *f)
{
	copy_feature(r, &r->output[which], f);
}

const struct reference_feature *
reference_output(const struct reference *r, enum reference_output which)
{
	return r->output[which].name != NULL ? &r->output[which] : NULL;
}

const char *
reference_model(const struct reference *r)
{
	return r->head.model;
}

const char *
reference_version(const struct reference *r)
{
	return r->head.version;
}

const char *
reference_created(const struct reference *r)
{
	return r->head.created;
}

uint64_t
reference_rows(const struct reference *r)
{
	return r->head.rows;
}

size_t
reference_features(const struct reference *r)
{
	return r->n;
}

const struct reference_feature *
reference_feature_at(const struct reference *r, size_t i)
{
	return &r->at[i];
}

const struct reference_feature *
reference_feature_find(const struct reference *r, const char *name)
{
	size_t i = (uintptr_t)strmap_get(r->by_name, name);

	return i > 0 ? &r->at[i - 1] : NULL;
}

struct references *
references_open(void)
{
	return xcalloc(1, sizeof(struct references));
}

void
references_close(struct references *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++) {
		reference_close(r->at[i].ref);
		free(r->at[i].model);
		free(r->at[i].version);
	}
	free(r->at);
	free(r);
}

static struct held *
find(const struct references *r, const char *model, const char *version)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->at[i].model, model) == 0 && strcmp(r->at[i].version, version) == 0)
			return &r->at[i];
	return NULL;
}

/* The place of a model and version, empty. */
static struct held *
place(struct references *r, const char *model, const char *version)
{
	struct held *h = find(r, model, version);

	if (h == NULL) {
		xgrow(r->at, r->n, r->cap);
		h = &r->at[r->n++];
		*h = (struct held){.model = xstrdup(model), .version = xstrdup(version)};
	}
	reference_close(h->ref);
	h->ref = NULL;
	h->fetch = NULL;
	return h;
}

void
references_add(struct references *r, struct reference *ref)
{
	place(r, ref->head.model, ref->head.version)->ref = ref;
}

void
references_add_as(struct references *r, struct reference *ref, const char *model, const char *version)
{
	ref->head.model = arena_strdup(ref->mem, model);
	ref->head.version = arena_strdup(ref->mem, version);
	references_add(r, ref);
}

void
references_add_later(struct references *r, const char *model, const char *version, reference_fetch_fn *fetch, void *arg)
{
	struct held *h = place(r, model, version);

	h->fetch = fetch;
	h->arg = arg;
}

static const struct reference *
fetched(struct held *h)
{
	if (h->ref == NULL && h->fetch != NULL) {
		h->ref = h->fetch(h->arg, h->model, h->version);
		if (h->ref != NULL) {
			h->ref->head.model = arena_strdup(h->ref->mem, h->model);
			h->ref->head.version = arena_strdup(h->ref->mem, h->version);
		}
	}
	return h->ref;
}

void
references_forget(struct references *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->at[i].fetch == NULL)
			continue;
		reference_close(r->at[i].ref);
		r->at[i].ref = NULL;
	}
}

const struct reference *
references_find(const struct references *r, const char *model, const char *version)
{
	struct held *h = r != NULL ? find(r, model, version) : NULL;
	const struct reference *ref = h != NULL ? fetched(h) : NULL;

	if (ref == NULL && r != NULL && (h = find(r, model, "")) != NULL)
		ref = fetched(h);
	return ref;
}

static bool
agree(const char *a, const char *b)
{
	return a[0] == '\0' || b[0] == '\0' || strcmp(a, b) == 0;
}

const struct reference *
references_next(const struct references *r, const char *model, const char *version, size_t *at)
{
	while (r != NULL && *at < r->n) {
		struct held *h = &r->at[(*at)++];
		const struct reference *ref = agree(model, h->model) && agree(version, h->version) ? fetched(h) : NULL;

		if (ref != NULL)
			return ref;
	}
	return NULL;
}

size_t
references_count(const struct references *r)
{
	return r != NULL ? r->n : 0;
}
