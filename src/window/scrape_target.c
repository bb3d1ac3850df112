/*
 * scrape_target.c -- a fetched body into the samples to store.
 *
 * All or nothing: a scrape that fails in any way (no answer, a status other than 200, a bad line, a limit) stores none of its
 * samples; every series of the one before gets a staleness marker and up is 0. A series that the body no longer has
 * gets a marker, unless its samples carried their own times. Of a series twice in a body, the first sample counts.
 *
 * Knows labels, bodies and targets. Does not know how bodies are fetched or where samples go.
 */
#include <stdio.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/exposition.h"
#include "mlwatch/num.h"
#include "mlwatch/relabel.h"

#include "scrape_private.h"

#define FUTURE_MS (10 * MS_MINUTE) /* later than this is a broken clock */

struct pending { /* a sample to be written if all goes well */
	struct labels labels;
	int64_t t;
	double v;
};

struct take {
	struct scrape_target *t;
	int64_t now;
	struct scrape_report *out;
	struct pending *at;
	size_t n;
};

/* Can this set be a series? Why not, else NULL. */
static const char *
name_fault(struct labels l)
{
	const char *name = labels_get(l, METRIC_NAME);

	if (name[0] == '\0')
		return "a sample has no metric name after relabelling";
	if (!metric_name_is_legacy(name))
		return "a sample has a bad metric name after relabelling";
	for (size_t i = 0; i < l.n; i++)
		if (!label_name_is_legacy(l.at[i].name))
			return "a sample has a bad label name after relabelling";
	return NULL;
}

static bool
names_have(struct labels l, const char *name)
{
	for (size_t i = 0; i < l.n; i++)
		if (strcmp(l.at[i].name, name) == 0)
			return true;
	return false;
}

/* exported_job for a job that the body brought itself, with as many exported_ as it takes. */
static const char *
exported_name(struct arena *mem, const struct labels *exposed, const struct labels *target, const struct label *done,
	      size_t n, const char *name)
{
	do
		name = arena_printf(mem, "exported_%s", name);
	while (names_have(*exposed, name) || names_have(*target, name) || names_have((struct labels){done, n}, name));
	return name;
}

static int
by_length(const struct label *a, const struct label *b)
{
	size_t x = strlen(a->name), y = strlen(b->name);

	return (x > y) - (x < y);
}

/* The body's labels and the target's: with honor_labels the body wins, else what it brought is renamed. */
static struct labels
merge_labels(struct take *k, const struct scraped_sample *s)
{
	struct arena *mem = k->t->mem;
	struct labels target = k->t->labels;
	struct label *at = arena_alloc(mem, (s->labels.n + 2 * target.n + 1) * sizeof *at), *moved;
	size_t n = s->labels.n, n_moved = 0;

	memcpy(at, s->labels.at, n * sizeof *at);
	moved = arena_alloc(mem, (target.n + 1) * sizeof *moved);
	for (size_t i = 0; i < target.n; i++) {
		const char *theirs = labels_get(s->labels, target.at[i].name);
		if (k->t->spec->honor_labels && (theirs[0] != '\0' || names_have(s->empty, target.at[i].name)))
			continue;
		if (theirs[0] != '\0') {
			struct label l = {target.at[i].name, theirs};
			size_t j = n_moved++;
			for (; j > 0 && by_length(&moved[j - 1], &l) > 0; j--)
				moved[j] = moved[j - 1];
			moved[j] = l;
		}
		at[n++] = target.at[i]; /* the last of a name wins */
	}
	for (size_t i = 0; i < n_moved; i++) {
		moved[i].name = exported_name(mem, &s->labels, &target, moved, i, moved[i].name);
		at[n++] = moved[i];
	}
	return labels_make(mem, at, n);
}

static bool
fail(struct take *k, const char *why)
{
	if (k->out->error[0] == '\0')
		snprintf(k->out->error, sizeof k->out->error, "%s", why);
	return false;
}

/* A sample that may be stored: remembers its series and puts it into the list. */
static void
accept(struct take *k, const struct scraped_sample *s, struct labels l)
{
	bool own_time = s->has_time && k->t->spec->honor_timestamps;
	int64_t t = own_time ? s->t : k->now;
	struct known *known;

	if (t > k->now + FUTURE_MS)
		return;
	known = known_get(&k->t->known, l);
	if (known->seen == 0)
		k->out->added++;
	if (known->seen != k->t->scrape) {
		known->old_tracked = known->tracked;
		known->old_last_t = known->last_t;
		known->seen = k->t->scrape;
	}
	if (!own_time)
		known->tracked = k->t->scrape;
	if (t <= known->last_t)
		return;
	known->last_t = t;
	k->at[k->n++] = (struct pending){l, t, s->v};
}

/* false: this sample fails the scrape. */
static bool
take_sample(struct take *k, const struct scraped_sample *s, bool *over)
{
	const struct scrape_spec *spec = k->t->spec;
	struct labels l = merge_labels(k, s);
	const char *fault;
	char text[200];

	k->out->scraped++;
	if (spec->metric_relabel != NULL && (!relabel_apply(spec->metric_relabel, k->t->mem, &l) || l.n == 0))
		return true;
	if ((fault = name_fault(l)) != NULL)
		return fail(k, fault);
	if (spec->label_limit > 0 && (int64_t)l.n > spec->label_limit) {
		snprintf(text, sizeof text, "label_limit exceeded: '%.50s' has %zu labels, limit is %lld",
			 labels_get(l, METRIC_NAME), l.n, (long long)spec->label_limit);
		return fail(k, text);
	}
	k->out->kept++;
	if (spec->sample_limit > 0 && (int64_t)k->out->kept > spec->sample_limit)
		*over = true; /* go on, so that the number of samples is known */
	else
		accept(k, s, l);
	return true;
}

static bool
take_body(struct take *k, const struct scrape_answer *a)
{
	struct exposition x;
	struct err e = ERR_INIT;
	bool over = false, parsed = exposition_parse(k->t->mem, a->body, a->n, a->content_type, &x, &e) == 0;
	char text[sizeof k->out->error];

	k->at = arena_alloc(k->t->mem, (x.n + 1) * sizeof *k->at);
	for (size_t i = 0; i < x.n; i++)
		if (!take_sample(k, &x.samples[i], &over))
			return false;
	if (!parsed) {
		snprintf(text, sizeof text, "line %d, column %d: %.200s", e.line, e.column, e.text);
		return fail(k, text);
	}
	if (over) {
		snprintf(text, sizeof text, "sample_limit exceeded: %zu samples, limit is %lld", k->out->kept,
			 (long long)k->t->spec->sample_limit);
		return fail(k, text);
	}
	return true;
}

static bool
answered(struct take *k, const struct scrape_answer *a)
{
	char text[80];

	if (a->error != NULL)
		return fail(k, a->error);
	if (a->status == 200)
		return true;
	snprintf(text, sizeof text, "status %d", a->status);
	return fail(k, text);
}

/* A series whose time has not come yet, because its last sample carried a later one, cannot end earlier. */
static void
mark_stale(struct scrape_target *t, int64_t now, bool all, scrape_sample_fn *fn, void *arg, size_t *marked)
{
	for (size_t i = 0; i < t->known.size; i++) {
		struct known *k = &t->known.at[i];
		if (k->labels == NULL || k->tracked == 0 || (!all && k->tracked == t->scrape))
			continue;
		k->tracked = 0;
		if (now <= k->last_t)
			continue;
		k->last_t = now;
		fn(arg, *k->labels, now, num_stale());
		++*marked;
	}
}

static void
report(struct scrape_target *t, const char *name, int64_t now, double v, scrape_sample_fn *fn, void *arg)
{
	fn(arg, labels_with(t->mem, t->labels, METRIC_NAME, name), now, v);
}

/* values NULL: the end of them. */
static void
report_all(struct scrape_target *t, int64_t now, const double *values, scrape_sample_fn *fn, void *arg)
{
	static const char *const names[] = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
					    "scrape_samples_post_metric_relabeling", "scrape_series_added"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		report(t, names[i], now, values != NULL ? values[i] : num_stale(), fn, arg);
}

/* What a failed scrape had half read was not written. */
static void
forget_half(struct scrape_target *t)
{
	for (size_t i = 0; i < t->known.size; i++) {
		struct known *k = &t->known.at[i];
		if (k->labels == NULL || k->seen != t->scrape)
			continue;
		k->tracked = k->old_tracked;
		k->last_t = k->old_last_t;
	}
}

struct scrape_report
scrape_target_take(struct scrape_target *t, const struct scrape_answer *a, int64_t now_ms, scrape_sample_fn *fn,
		   void *arg)
{
	struct scrape_report out = {0};
	struct take k = {.t = t, .now = now_ms, .out = &out};

	arena_reset(t->mem);
	t->scrape++;
	out.up = answered(&k, a) && take_body(&k, a);
	if (out.up) {
		for (size_t i = 0; i < k.n; i++)
			fn(arg, k.at[i].labels, k.at[i].t, k.at[i].v);
	} else {
		forget_half(t);
	}
	mark_stale(t, now_ms, !out.up, fn, arg, &out.stale);
	if (out.up && a->n != 0)
		known_flush(&t->known, t->scrape);
	report_all(
	    t, now_ms,
	    (const double[]){out.up ? 1 : 0, a->seconds, (double)out.scraped, (double)out.kept, (double)out.added}, fn,
	    arg);
	return out;
}

void
scrape_target_end(struct scrape_target *t, int64_t now_ms, scrape_sample_fn *fn, void *arg)
{
	size_t marked = 0;

	arena_reset(t->mem);
	mark_stale(t, now_ms, true, fn, arg, &marked);
	if (t->scrape != 0)
		report_all(t, now_ms, NULL, fn, arg);
}

void
scrape_target_adopt(struct scrape_target *t, struct scrape_target *old)
{
	known_release(&t->known);
	t->known = old->known;
	t->scrape = old->scrape;
	old->known = (struct known_set){NULL, 0, 0};
	old->scrape = 0;
}
