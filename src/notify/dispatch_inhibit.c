/*
 * dispatch_inhibit.c -- does a firing alert keep another one quiet? Source alerts are indexed by the values of the rule's equal
 * labels, so that the question costs one look-up per rule and not a walk over all alerts.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

struct bucket {
	struct alert_row **at;
	size_t n, cap;
};

struct source_index {
	struct fpmap by_equal; /* -> struct bucket */
};

struct source_index *
sources_open(const struct notify_config *c)
{
	return xcalloc(c->n_inhibits + 1, sizeof(struct source_index));
}

void
sources_close(struct source_index *s, size_t n)
{
	for (size_t i = 0; s != NULL && i < n; i++) {
		size_t k = 0;
		struct bucket *b;
		while ((b = fpmap_next(&s[i].by_equal, &k)) != NULL) {
			free(b->at);
			free(b);
		}
		fpmap_release(&s[i].by_equal);
	}
	free(s);
}

/* Never 0. An absent label and an empty one are the same. */
static uint64_t
equal_key(const struct inhibit_rule *r, struct labels l)
{
	uint64_t h = 1;

	for (size_t i = 0; i < r->equal.n; i++)
		h = hash_mix(h, hash_str(labels_get(l, r->equal.at[i])));
	return h != 0 ? h : 1;
}

static bool
equal_labels(const struct inhibit_rule *r, struct labels a, struct labels b)
{
	for (size_t i = 0; i < r->equal.n; i++)
		if (strcmp(labels_get(a, r->equal.at[i]), labels_get(b, r->equal.at[i])) != 0)
			return false;
	return true;
}

void
sources_add(struct dispatch *d, struct alert_row *a)
{
	for (size_t i = 0; i < d->config->n_inhibits; i++) {
		const struct inhibit_rule *r = &d->config->inhibits[i];
		if (!matchers_match(r->source.at, r->source.n, *a->labels))
			continue;
		uint64_t key = equal_key(r, *a->labels);
		struct bucket *b = fpmap_get(&d->sources[i].by_equal, key);
		if (b == NULL) {
			b = xcalloc(1, sizeof *b);
			fpmap_set(&d->sources[i].by_equal, key, b);
		}
		xgrow(b->at, b->n, b->cap);
		b->at[b->n++] = a;
	}
}

void
sources_remove(struct dispatch *d, struct alert_row *a)
{
	for (size_t i = 0; i < d->config->n_inhibits; i++) {
		const struct inhibit_rule *r = &d->config->inhibits[i];
		uint64_t key = equal_key(r, *a->labels);
		struct bucket *b = fpmap_get(&d->sources[i].by_equal, key);
		for (size_t k = 0; b != NULL && k < b->n; k++) {
			if (b->at[k] == a) {
				b->at[k] = b->at[--b->n];
				break;
			}
		}
		if (b != NULL && b->n == 0) {
			fpmap_set(&d->sources[i].by_equal, key, NULL);
			free(b->at);
			free(b);
		}
	}
}

/* An alert that matches both sides of a rule is not inhibited by another that does, so that no two silence each other. */
uint64_t
inhibited_by(struct dispatch *d, const struct alert_row *a, int64_t now)
{
	for (size_t i = 0; i < d->config->n_inhibits; i++) {
		const struct inhibit_rule *r = &d->config->inhibits[i];
		if (d->sources[i].by_equal.n == 0 || !matchers_match(r->target.at, r->target.n, *a->labels))
			continue;
		const struct bucket *b = fpmap_get(&d->sources[i].by_equal, equal_key(r, *a->labels));
		bool two_sided = b != NULL && matchers_match(r->source.at, r->source.n, *a->labels);
		for (size_t k = 0; b != NULL && k < b->n; k++) {
			const struct alert_row *s = b->at[k];
			if (!row_resolved(s, now) && equal_labels(r, *s->labels, *a->labels) &&
			    !(two_sided && matchers_match(r->target.at, r->target.n, *s->labels)))
				return s->fp;
		}
	}
	return 0;
}
