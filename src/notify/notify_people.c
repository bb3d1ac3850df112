/*
 * notify_people.c -- what people put into the store meanwhile: silences and acknowledgements, rows that they retry or drop.
 */
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

#define KNOW_ENDED_MS MS_MINUTE

/* ---- who is quiet ---- */

struct quiet {
	struct silence_row *silences;
	size_t n_silences, cap_silences;
	struct ack_row *acks;
	size_t n_acks, cap_acks;
	uint64_t silences_digest, acks_digest;
};

static void
digest_silence(void *arg, const struct store_silence *x)
{
	struct quiet *q = arg;

	q->silences_digest = hash_mix(hash_mix(q->silences_digest, hash_str(x->id)),
				      hash_mix(hash_str(x->matchers), (uint64_t)(x->starts_ms ^ x->ends_ms)));
}

static void
read_silence(void *arg, const struct store_silence *x)
{
	struct quiet *q = arg;
	struct silence_row s = {.starts = x->starts_ms, .ends = x->ends_ms};

	if (matchers_parse(&s.matchers, x->matchers, NULL) < 0) {
		matcher_list_release(&s.matchers);
		return;
	}
	s.id = xstrdup(x->id);
	xgrow(q->silences, q->n_silences, q->cap_silences);
	q->silences[q->n_silences++] = s;
}

static void
read_ack(void *arg, const struct store_ack *a)
{
	struct quiet *q = arg;

	q->acks_digest = hash_mix(hash_mix(q->acks_digest, a->fingerprint), (uint64_t)(a->starts_ms ^ a->at_ms));
	xgrow(q->acks, q->n_acks, q->cap_acks);
	q->acks[q->n_acks++] = (struct ack_row){a->fingerprint, a->starts_ms, xstrdup(a->by), xstrdup(a->comment)};
}

/* They must be known at every flush, and most times they are the same: only what changed is read as what it means. */
static int
read_silences(struct turn *t, struct quiet *q, struct err *e)
{
	struct store *s = t->n->spec.store;
	int64_t since = t->now - KNOW_ENDED_MS;

	if (store_silences(s, since, digest_silence, q, e) < 0)
		return -1;
	if (q->silences_digest == t->silences_digest)
		return 0;
	if (store_silences(s, since, read_silence, q, e) < 0)
		return -1;
	dispatch_silences(t->dispatch, q->silences, q->n_silences);
	t->silences_digest = q->silences_digest;
	return 0;
}

int
people_read_quiet(struct turn *t, struct err *e)
{
	struct store *s = t->n->spec.store;
	struct quiet q = {.silences_digest = 1, .acks_digest = 1};
	int64_t version = store_data_version(s);

	if (version == t->quiet_version)
		return 0;
	int rc = read_silences(t, &q, e);
	if (rc == 0)
		rc = store_acks(s, read_ack, &q, e);
	if (rc == 0 && q.acks_digest != t->acks_digest) {
		dispatch_acks(t->dispatch, q.acks, q.n_acks);
		t->acks_digest = q.acks_digest;
		q.n_acks = 0;
	}
	for (size_t i = 0; i < q.n_acks; i++)
		ack_release(&q.acks[i]);
	free(q.acks);
	if (rc == 0)
		t->quiet_version = version;
	return rc;
}

/* ---- rows ---- */

struct open_rows {
	int64_t *at;
	size_t n, cap;
};

static void
read_open(void *arg, const struct store_notification *x)
{
	struct open_rows *o = arg;

	xgrow(o->at, o->n, o->cap);
	o->at[o->n++] = x->id;
}

/* Rows that are open and that nobody here knows: somebody said retry. */
static int
take_retried(struct turn *t, const struct open_rows *o, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < o->n && rc >= 0; i++)
		if (fpmap_get(&t->open, (uint64_t)o->at[i]) == NULL)
			rc = store_notification(t->n->spec.store, o->at[i], rows_take, t, e);
	return rc < 0 ? -1 : 0;
}

static int
id_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Rows on their way that somebody dropped: as good as delivered. */
static void
drop_rows(struct turn *t, struct open_rows *o)
{
	int64_t *gone = xcalloc(t->open.n + 1, sizeof *gone);
	size_t n = 0, i = 0;
	void *v;

	if (o->n > 1)
		qsort(o->at, o->n, sizeof *o->at, id_order);
	while ((v = fpmap_next(&t->open, &i)) != NULL) {
		int64_t id = (int64_t)((uintptr_t)v >> 1);
		const struct channel *c = fpmap_get(&t->dispatch->rows, (uint64_t)id);
		if ((c == NULL || !c->sending) &&
		    (o->n == 0 || bsearch(&id, o->at, o->n, sizeof *o->at, id_order) == NULL))
			gone[n++] = id;
	}
	for (i = 0; i < n; i++) {
		made_remove(t, gone[i]);
		dispatch_done(t->dispatch, gone[i], true, t->now);
	}
	free(gone);
}

/* The list may be long, and our own commits count as changes too: once a second. */
int
people_read_rows(struct turn *t, struct err *e)
{
	struct store *s = t->n->spec.store;
	struct open_rows o = {0};
	int64_t version = store_data_version(s);

	if (version == t->rows_version || (t->now < t->rows_at + MS_SECOND && t->rows_at <= t->now))
		return 0;
	int rc = store_notifications(s, OUTBOX_OPEN, 0, false, read_open, &o, e);
	if (rc == 0)
		rc = take_retried(t, &o, e);
	if (rc == 0) {
		drop_rows(t, &o);
		t->rows_version = version;
		t->rows_at = t->now;
	}
	free(o.at);
	return rc;
}
