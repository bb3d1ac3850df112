/*
 * scrape_target.c -- targets from scrape configurations, and samples from answers; see scrape_target.h.
 *
 * Like Prometheus: either all samples of a body count or none. A series that the last scrape had and this one has not gets a staleness
 * marker; a scrape that fails ends all of them.
 */
#include "mlwatch/scrape_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/exposition.h"
#include "mlwatch/hash.h"
#include "mlwatch/num.h"
#include "mlwatch/xalloc.h"

struct seen { /* what a scrape had: label sets in their own arena, found by hash */
	struct arena *mem;
	struct labels *at;
	uint64_t *hash;
	size_t n, cap;
	uint32_t *slot; /* index + 1, 0: free */
	size_t n_slots;
};

struct scrape_target {
	const struct scrape_spec *spec;
	struct labels *labels;
	char *url;
	struct seen last;
};

/* ---- label sets seen ---- */

static void
seen_open(struct seen *s)
{
	*s = (struct seen){.mem = arena_open(), .n_slots = 64};
	s->slot = xcalloc(s->n_slots, sizeof *s->slot);
}

static void
seen_close(struct seen *s)
{
	arena_close(s->mem);
	free(s->at);
	free(s->hash);
	free(s->slot);
	memset(s, 0, sizeof *s);
}

static size_t
seen_place(const struct seen *s, struct labels l, uint64_t h)
{
	size_t i = h & (s->n_slots - 1);

	while (s->slot[i] != 0) {
		uint32_t k = s->slot[i] - 1;

		if (s->hash[k] == h && labels_equal(s->at[k], l))
			break;
		i = (i + 1) & (s->n_slots - 1);
	}
	return i;
}

static void
seen_grow(struct seen *s)
{
	free(s->slot);
	s->n_slots *= 2;
	s->slot = xcalloc(s->n_slots, sizeof *s->slot);
	for (size_t k = 0; k < s->n; k++)
		s->slot[seen_place(s, s->at[k], s->hash[k])] = (uint32_t)k + 1;
}

static bool
seen_has(const struct seen *s, struct labels l)
{
	return s->mem != NULL && s->slot[seen_place(s, l, labels_hash(l))] != 0;
}

/* False: it was there already. */
static bool
seen_add(struct seen *s, struct labels l)
{
	const uint64_t h = labels_hash(l);
	size_t cap = s->cap;

	if (s->slot[seen_place(s, l, h)] != 0)
		return false;
	xgrow(s->at, s->n, cap);
	xgrow(s->hash, s->n, s->cap);
	s->at[s->n] = labels_copy(s->mem, l);
	s->hash[s->n++] = h;
	if (s->n * 2 > s->n_slots)
		seen_grow(s);
	else
		s->slot[seen_place(s, l, h)] = (uint32_t)s->n;
	return true;
}

/* ---- targets ---- */

static void
url_escape(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
		    strchr("-_.~", *s) != NULL)
			buf_addc(out, *s);
		else if (*s == ' ')
			buf_addc(out, '+');
		else
			buf_addf(out, "%%%02X", (unsigned char)*s);
	}
}

/* scheme://address/path?params, the first value of each __param_* label in place of the configured one. */
static char *
make_url(const struct scrape_spec *spec, struct labels l)
{
	struct buf url = BUF_INIT;
	bool any = false;

	buf_addf(&url, "%s://%s%s", labels_get(l, "__scheme__"), labels_get(l, "__address__"),
		 labels_get(l, "__metrics_path__"));
	for (size_t i = 0; i < l.n; i++) {
		if (strncmp(l.at[i].name, "__param_", 8) != 0)
			continue;
		buf_addstr(&url, any ? "&" : "?");
		url_escape(&url, l.at[i].name + 8);
		buf_addc(&url, '=');
		url_escape(&url, l.at[i].value);
		any = true;
	}
	for (size_t i = 0; i < spec->n_params; i++) {
		bool first = true;

		for (size_t k = 0; k < i; k++)
			first = first && strcmp(spec->params[k].name, spec->params[i].name) != 0;
		if (first)
			continue; /* it went through its label */
		buf_addstr(&url, any ? "&" : "?");
		url_escape(&url, spec->params[i].name);
		buf_addc(&url, '=');
		url_escape(&url, spec->params[i].value);
		any = true;
	}
	return buf_steal(&url);
}

static struct labels
before_relabel(struct arena *mem, const struct scrape_spec *spec, const char *address, const struct label *labels,
	       size_t n)
{
	struct label *all = arena_calloc(mem, n + spec->n_params + 4, sizeof *all);
	size_t k = 0;

	all[k++] = (struct label){"job", spec->job};
	all[k++] = (struct label){"__address__", address};
	all[k++] = (struct label){"__scheme__", spec->scheme};
	all[k++] = (struct label){"__metrics_path__", spec->metrics_path};
	for (size_t i = spec->n_params; i > 0;
	     i--) /* the first value of a name is its label: labels_make keeps the last */
		all[k++] = (struct label){arena_printf(mem, "__param_%s", spec->params[i - 1].name),
					  spec->params[i - 1].value};
	for (size_t i = 0; i < n; i++)
		all[k++] = labels[i];
	return labels_make(mem, all, k);
}

static struct labels
without_meta(struct arena *mem, struct labels l)
{
	struct label *all = arena_calloc(mem, l.n + 1, sizeof *all);
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++)
		if (strncmp(l.at[i].name, "__", 2) != 0)
			all[n++] = l.at[i];
	return labels_make(mem, all, n);
}

struct scrape_target *
scrape_target_open(const struct scrape_spec *spec, const char *address, const struct label *labels, size_t n_labels)
{
	struct arena *mem = arena_open();
	struct labels l = before_relabel(mem, spec, address, labels, n_labels);
	struct scrape_target *t = NULL;

	if (relabel_apply(spec->relabel, mem, &l) && labels_has(l, "__address__")) {
		t = xcalloc(1, sizeof *t);
		t->spec = spec;
		t->url = make_url(spec, l);
		if (!labels_has(l, "instance"))
			l = labels_with(mem, l, "instance", labels_get(l, "__address__"));
		t->labels = labels_dup(without_meta(mem, l));
	}
	arena_close(mem);
	return t;
}

void
scrape_target_close(struct scrape_target *t)
{
	if (t == NULL)
		return;
	if (t->last.mem != NULL)
		seen_close(&t->last);
	free(t->labels);
	free(t->url);
	free(t);
}

const char *
scrape_target_url(const struct scrape_target *t)
{
	return t->url;
}

struct labels
scrape_target_labels(const struct scrape_target *t)
{
	return *t->labels;
}

int64_t
scrape_target_offset(const struct scrape_target *t)
{
	const int64_t every = t->spec->interval_ms;
	const uint64_t h = hash_mix(labels_hash(*t->labels), hash_str(t->url));

	return every > 0 ? (int64_t)(h % (uint64_t)every) : 0;
}

/* ---- samples ---- */

/* The target's labels win, and what they displace is kept as exported_NAME; with honor_labels the sample's win. */
static struct labels
with_target(struct arena *mem, const struct scrape_target *t, struct labels l)
{
	struct labels out = l;

	for (size_t i = 0; i < t->labels->n; i++) {
		const char *name = t->labels->at[i].name, *had = labels_get(l, name);

		if (t->spec->honor_labels) {
			if (!labels_has(l, name))
				out = labels_with(mem, out, name, t->labels->at[i].value);
			continue;
		}
		if (labels_has(l, name)) {
			const char *other = arena_printf(mem, "exported_%s", name);

			while (labels_has(l, other) || labels_has(*t->labels, other))
				other = arena_printf(mem, "exported_%s", other);
			out = labels_with(mem, out, other, had);
		}
		out = labels_with(mem, out, name, t->labels->at[i].value);
	}
	return out;
}

/* What one scrape comes to, before any of it is handed out: all or nothing. */
struct taking {
	struct scrape_target *t;
	struct arena *mem;
	struct seen now;
	struct scraped_sample *kept;
	size_t n_kept, n_counted;
};

static int
keep_sample(struct taking *k, const struct scraped_sample *s, struct scrape_report *r)
{
	const struct scrape_spec *spec = k->t->spec;
	struct labels l = with_target(k->mem, k->t, s->labels);

	if (spec->metric_relabel != NULL && !relabel_apply(spec->metric_relabel, k->mem, &l))
		return 0;
	if (!labels_has(l, METRIC_NAME))
		return 0;
	k->n_counted++;
	if (spec->label_limit > 0 && (int64_t)l.n > spec->label_limit) {
		snprintf(r->error, sizeof r->error,
			 "label_limit exceeded (metric: %.80s, number of labels: %zu, limit: %lld)",
			 labels_get(l, METRIC_NAME), l.n, (long long)spec->label_limit);
		return -1;
	}
	if (spec->sample_limit > 0 && (int64_t)k->n_counted > spec->sample_limit) {
		snprintf(r->error, sizeof r->error, "sample limit exceeded: more than %lld",
			 (long long)spec->sample_limit);
		return -1;
	}
	if (!seen_add(&k->now, l))
		return 0;
	if (!seen_has(&k->t->last, l))
		r->added++;
	k->kept[k->n_kept] = *s;
	k->kept[k->n_kept++].labels = k->now.at[k->now.n - 1];
	return 0;
}

static int
read_body(struct taking *k, const struct scrape_answer *a, struct scrape_report *r)
{
	struct exposition x = {0};
	struct err e = ERR_INIT;
	int rc;

	if (a->error != NULL || a->status < 200 || a->status > 299) {
		if (a->error != NULL)
			snprintf(r->error, sizeof r->error, "%s", a->error);
		else
			snprintf(r->error, sizeof r->error, "server returned HTTP status %d", a->status);
		return -1;
	}
	rc = exposition_parse(k->mem, a->body, a->n, a->content_type, &x, &e);
	r->scraped = x.n;
	if (rc < 0) {
		snprintf(r->error, sizeof r->error, "line %d, column %d: %.200s", e.line, e.column, e.text);
		return -1;
	}
	k->kept = arena_calloc(k->mem, x.n + 1, sizeof *k->kept);
	for (size_t i = 0; i < x.n; i++)
		if (keep_sample(k, &x.samples[i], r) < 0)
			return -1;
	return 0;
}

static void
report_series(struct scrape_target *t, struct arena *mem, int64_t now_ms, const double *value, scrape_sample_fn *fn,
	      void *arg)
{
	static const char *const name[] = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
					   "scrape_samples_post_metric_relabeling", "scrape_series_added"};

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		fn(arg, labels_with(mem, *t->labels, METRIC_NAME, name[i]), now_ms,
		   value != NULL ? value[i] : num_stale());
}

struct scrape_report
scrape_target_take(struct scrape_target *t, const struct scrape_answer *a, int64_t now_ms, scrape_sample_fn *fn,
		   void *arg)
{
	struct taking k = {.t = t, .mem = arena_open()};
	struct scrape_report r = {0};

	seen_open(&k.now);
	r.up = read_body(&k, a, &r) == 0;
	if (!r.up) {
		seen_close(&k.now);
		seen_open(&k.now);
		k.n_kept = 0;
		r.added = 0;
	}
	r.kept = k.n_counted;
	for (size_t i = 0; i < k.n_kept; i++)
		fn(arg, k.kept[i].labels, k.kept[i].has_time && t->spec->honor_timestamps ? k.kept[i].t : now_ms,
		   k.kept[i].v);
	for (size_t i = 0; i < t->last.n; i++)
		if (!seen_has(&k.now, t->last.at[i]))
			fn(arg, t->last.at[i], now_ms, num_stale());
	report_series(t, k.mem, now_ms,
		      (const double[]){r.up ? 1 : 0, a->seconds, (double)r.scraped, (double)r.kept, (double)r.added},
		      fn, arg);
	if (t->last.mem != NULL)
		seen_close(&t->last);
	t->last = k.now;
	arena_close(k.mem);
	return r;
}

void
scrape_target_end(struct scrape_target *t, int64_t now_ms, scrape_sample_fn *fn, void *arg)
{
	struct arena *mem = arena_open();

	for (size_t i = 0; i < t->last.n; i++)
		fn(arg, t->last.at[i], now_ms, num_stale());
	report_series(t, mem, now_ms, NULL, fn, arg);
	arena_close(mem);
}
