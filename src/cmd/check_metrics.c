/*
 * check_metrics.c -- the metric names that the store has seen, so that `check rules` can tell a name that nobody ever wrote and offer
 * the nearest that is there. Without a store, or with an empty one, nothing is said.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/api.h"
#include "mlwatch/arena.h"
#include "mlwatch/config.h"
#include "mlwatch/matcher.h"
#include "mlwatch/store.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"

#include "check_private.h"

struct check_metrics {
	const char **at; /* sorted, each once */
	size_t n;
	struct arena *mem;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
collect(struct check_metrics *m, const struct series_list *l)
{
	size_t n = 0;

	m->at = arena_alloc(m->mem, (l->n + 1) * sizeof *m->at);
	for (size_t i = 0; i < l->n; i++)
		m->at[n++] = labels_get(l->at[i].labels, METRIC_NAME);
	if (n > 1)
		qsort(m->at, n, sizeof *m->at, by_name);
	for (size_t i = 0; i < n; i++) {
		if (m->n == 0 || strcmp(m->at[m->n - 1], m->at[i]) != 0)
			m->at[m->n++] = m->at[i];
	}
}

static void
read_store(struct check_metrics *m, const char *path)
{
	const struct store_spec spec = {.path = path};
	struct select q = {.n_matchers = 1, .mint = INT64_MIN / 4, .maxt = INT64_MAX / 4, .flags = SELECT_LABELS_ONLY};
	struct series_list found = {0};
	struct matcher any;
	struct store *s = NULL;

	if (access(path, R_OK) != 0 || store_open(&s, &spec, STORE_READ, NULL) < 0)
		return;
	if (matcher_init(&any, MATCH_NE, METRIC_NAME, "", NULL) == 0) {
		struct storage storage = store_storage(s);
		q.matchers = &any;
		if (storage.select(storage.self, &q, m->mem, &found, NULL) == 0)
			collect(m, &found);
		matcher_release(&any);
	}
	store_close(s);
}

void
check_metrics_open(struct check *k, const struct config *c)
{
	char *path;

	if (k->metrics != NULL || config_find_store(k->store, c, &path, NULL) < 0)
		return;
	k->metrics = xcalloc(1, sizeof *k->metrics);
	k->metrics->mem = arena_open();
	read_store(k->metrics, path);
	free(path);
}

void
check_metrics_close(struct check *k)
{
	if (k->metrics == NULL)
		return;
	arena_close(k->metrics->mem);
	free(k->metrics);
	k->metrics = NULL;
}

bool
check_metric_known(void *check, const char *name, const char **nearest)
{
	const struct check_metrics *m = ((const struct check *)check)->metrics;

	/* what mlwatch counts itself may come with the first record, the first error, the first target */
	if (m == NULL || m->n == 0 || api_makes(name) || bsearch(&name, m->at, m->n, sizeof *m->at, by_name) != NULL)
		return true;
	*nearest = suggest(name, m->at, m->n, sizeof *m->at);
	return false;
}
