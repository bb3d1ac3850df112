/*
 * load_names.c -- what the query line is completed with: metrics, labels and their values of the last hour. One question to the store, which
 * reads no values for it.
 */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/matcher.h"
#include "view_private.h"

struct names {
	const char **at;
	size_t n, cap;
};

static void
add(struct arena *mem, struct names *s, const char *name)
{
	if (s->n > 0 && strcmp(s->at[s->n - 1], name) == 0)
		return;
	if (s->n == s->cap) {
		const size_t cap = s->cap > 0 ? s->cap * 2 : 64;

		s->at = arena_realloc(mem, s->at, s->cap * sizeof *s->at, cap * sizeof *s->at);
		s->cap = cap;
	}
	s->at[s->n++] = name;
}

static int
by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* In order, each once, in mem. */
static const char **
settle(struct arena *mem, const struct names *s, size_t *n)
{
	const char **out = arena_alloc(mem, (s->n + 1) * sizeof *out);

	*n = 0;
	if (s->n > 0)
		qsort(s->at, s->n, sizeof *s->at, by_name);
	for (size_t i = 0; i < s->n; i++)
		if (*n == 0 || strcmp(out[*n - 1], s->at[i]) != 0)
			out[(*n)++] = arena_strdup(mem, s->at[i]);
	return out;
}

/* The series of the last hour without their values, in mem. */
static struct series_list
all_series(struct loading *l, struct arena *mem)
{
	const struct storage *storage = l->src.promql->storage;
	struct series_list list = {NULL, 0, 0};
	struct matcher some;
	const struct select q = {.matchers = &some,
				 .n_matchers = 1,
				 .mint = l->src.now - MS_HOUR,
				 .maxt = l->src.now,
				 .flags = SELECT_LABELS_ONLY};

	if (matcher_init(&some, MATCH_NE, METRIC_NAME, "", &l->err) < 0)
		return list;
	storage->select(storage->self, &q, mem, &list, &l->err);
	matcher_release(&some);
	return list;
}

const char *const *
metric_names(struct loading *l, size_t *n)
{
	struct arena *mem = arena_open();
	const struct series_list list = all_series(l, mem);
	struct names names = {NULL, 0, 0};
	const char **out;

	for (size_t i = 0; i < list.n; i++)
		add(mem, &names, labels_get(list.at[i].labels, METRIC_NAME));
	out = settle(l->mem, &names, n);
	arena_close(mem);
	return out;
}

/* "metric{label": of which metric ("": any) the labels and of which label ("": none) the values are wanted. */
static void
split(const char *wanted, char metric[128], char label[128])
{
	const size_t n = strcspn(wanted, "{");

	metric[0] = label[0] = '\0';
	if (n < 128) {
		memcpy(metric, wanted, n);
		metric[n] = '\0';
	}
	if (wanted[n] == '{' && strlen(wanted + n + 1) < 128)
		strcpy(label, wanted + n + 1);
}

void *
load_names(struct loading *l)
{
	struct part_names *p = arena_calloc(l->mem, 1, sizeof *p);
	struct arena *mem = arena_open();
	const struct series_list list = all_series(l, mem);
	struct names metrics = {NULL, 0, 0}, labels = metrics, values = metrics;
	char metric[128], label[128];

	split(l->q->complete, metric, label);
	for (size_t i = 0; i < list.n; i++) {
		const struct labels s = list.at[i].labels;
		const char *name = labels_get(s, METRIC_NAME);

		add(mem, &metrics, name);
		if (metric[0] != '\0' && strcmp(metric, name) != 0)
			continue;
		for (size_t k = 0; k < s.n; k++)
			if (strcmp(s.at[k].name, METRIC_NAME) != 0)
				add(mem, &labels, s.at[k].name);
		if (label[0] != '\0' && labels_has(s, label))
			add(mem, &values, labels_get(s, label));
	}
	p->of = arena_strdup(l->mem, l->q->complete);
	p->metrics = settle(l->mem, &metrics, &p->n_metrics);
	p->labels = settle(l->mem, &labels, &p->n_labels);
	p->values = settle(l->mem, &values, &p->n_values);
	arena_close(mem);
	return p;
}
