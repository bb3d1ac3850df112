/*
 * incident_traffic.h -- what the three models answered in the last hour, a day and a week ago, and their references. Lines of a log go through the
 * decoder and windows.c as they would in the agent; each stands for a power of two of them, so that the rates are those of the drawings.
 *
 * Values come from quantiles at evenly spread points, so that few lines have the shape of many.
 */
#ifndef TESTS_INCIDENT_TRAFFIC_H
#define TESTS_INCIDENT_TRAFFIC_H

#include <math.h>

#include "incident.h"
#include "made_fields.h"
#include "mlwatch/buf.h"
#include "mlwatch/decode.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/window.h"

/* ---- shapes ---- */

struct shape_point {
	double u, v; /* a share of u is at most v */
};
#define SHAPE(...) ((const struct shape_point[]){__VA_ARGS__})

static inline double
quantile(const struct shape_point *at, double u)
{
	size_t i = 1;

	while (at[i].u < u)
		i++;
	return at[i - 1].v + (u - at[i - 1].u) / (at[i].u - at[i - 1].u) * (at[i].v - at[i - 1].v);
}

/* Evenly in (0, 1) for k = 0, 1, ...: multiples of the golden ratio, in another order for every stream. */
static inline double
even(uint64_t k, int stream)
{
	uint64_t in = (k * (uint64_t)(2 * stream + 1) + (uint64_t)stream) % 64;

	in ^= in >> 3;
	in = in * (uint64_t)(4 * stream + 5) % 64;
	in ^= in >> 2;
	return fmod(0.5 + (double)(k / 64 * 64 + in) * 0.6180339887498949, 1);
}

/* ---- features ---- */

struct category {
	const char *name;
	double before, now; /* shares */
};

struct feature {
	const char *name;
	const struct shape_point *shape; /* numbers */
	const struct category *category; /* or these, up to a NULL */
	double missing, whole;           /* whole: rounded down to a multiple of it */
	int every;                       /* only in every so many'th record; 0: in all */
};

static const struct category merchants[] = {
    {"food", 0.40, 0.205},   {"books", 0.25, 0.278}, {"travel", 0.20, 0.11}, {"games", 0.10, 0.06},
    {"health", 0.05, 0.037}, {"m_5411", 0, 0.04},    {"m_5812", 0, 0.03},    {"m_5541", 0, 0.03},
    {"m_5912", 0, 0.03},     {"m_4111", 0, 0.02},    {"m_5311", 0, 0.02},    {"m_5999", 0, 0.02},
    {"m_7011", 0, 0.02},     {"m_5732", 0, 0.02},    {"m_5651", 0, 0.02},    {"m_4814", 0, 0.02},
    {"m_5941", 0, 0.02},     {"m_7995", 0, 0.01},    {"m_6011", 0, 0.01},    {NULL, 0, 0}};
static const struct category countries[] = {
    {"DE", 0.40, 0.461}, {"FR", 0.25, 0.25}, {"NL", 0.20, 0.20}, {"PL", 0.15, 0.089}, {NULL, 0, 0}};
static const struct category cards[] = {
    {"visa", 0.55, 0.55}, {"mastercard", 0.35, 0.35}, {"amex", 0.10, 0.10}, {NULL, 0, 0}};
static const struct category channels[] = {{"web", 0.6, 0.6}, {"app", 0.4, 0.4}, {NULL, 0, 0}};

static const struct shape_point euros[] = {{0, 0.5},    {0.1, 4.1},   {0.2, 8},       {0.3, 12.9}, {0.4, 19.9},
					   {0.5, 29.9}, {0.6, 44},    {0.7, 68.5},    {0.8, 109},  {0.9, 214},
					   {0.97, 380}, {0.995, 785}, {0.9999, 2500}, {1, 9999}};
enum { AMOUNT, MERCHANT, AVERAGE, COUNT, DEVICE_AGE, COUNTRY, EMAIL_AGE, HOUR, IP_RISK, CARD, ITEMS, CHANNEL, FRAUD };
static const struct feature fraud_features[FRAUD] = {
    [AMOUNT] = {"amount", euros, .whole = 0.01},
    [MERCHANT] = {"merchant_cat", .category = merchants},
    [AVERAGE] = {"amount_avg_7d", euros, .missing = 0.001, .whole = 0.01},
    [COUNT] = {"tx_count_24h", SHAPE({0, 0}, {0.5, 4}, {0.9, 14}, {0.99, 30}, {1, 60}), .whole = 1},
    [DEVICE_AGE] = {"device_age", SHAPE({0, 0}, {0.5, 240}, {0.9, 900}, {1, 2400}), .missing = 0.012, .whole = 1},
    [COUNTRY] = {"country", .category = countries},
    [EMAIL_AGE] = {"email_age", SHAPE({0, 0}, {0.5, 700}, {0.9, 2500}, {1, 5000}), .missing = 0.115, .whole = 1},
    [HOUR] = {"hour", SHAPE({0, 0}, {1, 24}), .whole = 1},
    [IP_RISK] = {"ip_risk", SHAPE({0, 0}, {0.8, 0.2}, {1, 1}), .whole = 0.001},
    [CARD] = {"card_type", .category = cards},
    [ITEMS] = {"n_items", SHAPE({0, 1}, {0.7, 2}, {1, 9}), .whole = 1},
    [CHANNEL] = {"channel", .category = channels, .every = 770},
};

/* The others have one that moves and many that are like each other. */
static const struct feature tenure = {"tenure_months", SHAPE({0, 0}, {0.3, 6}, {0.8, 48}, {1, 120}), .whole = 1};
static const struct feature plain = {NULL, SHAPE({0, 0}, {0.5, 10}, {0.9, 25}, {1, 60}), .whole = 0.1};

/* ---- models ---- */

static const struct shape_point churn_latency[] = {{0, 0.004},    {0.5, 0.012},  {0.9, 0.024},
						   {0.95, 0.031}, {0.99, 0.058}, {1, 0.08}};
static const struct shape_point ranker_latency[] = {{0, 0.002},    {0.5, 0.007},  {0.9, 0.014},
						    {0.95, 0.019}, {0.99, 0.044}, {1, 0.06}};

static const struct model {
	const char *name, *version;
	double rate, rate_before;
	int doubled; /* how often a line is */
	const struct shape_point *latency, *latency_before;
	double score, score_before;
	int n_features;
	const struct feature *features, *first;
	const char *usual, *other; /* what it answers */
} models[] = {
    {.name = "fraud",
     .version = "3.2.0",
     .rate = 182,
     .rate_before = 293,
     .doubled = 5,
     .latency = SHAPE({0, 0.020}, {0.5, 0.084}, {0.9, 0.26}, {0.95, 0.421}, {0.99, 0.655}, {1, 0.9}),
     .latency_before = SHAPE({0, 0.015}, {0.5, 0.058}, {0.9, 0.13}, {0.95, 0.165}, {0.99, 0.190}, {1, 0.26}),
     .score = 0.61,
     .score_before = 0.83,
     .n_features = FRAUD,
     .features = fraud_features,
     .usual = "legit",
     .other = "fraud"},
    {.name = "churn",
     .version = "1.9.4",
     .rate = 41,
     .rate_before = 40.2,
     .doubled = 5,
     .latency = churn_latency,
     .latency_before = churn_latency,
     .score = 0.77,
     .score_before = 0.77,
     .n_features = 4,
     .first = &tenure,
     .usual = "stays",
     .other = "leaves"},
    {.name = "ranker-eu",
     .version = "2026.11",
     .rate = 960,
     .rate_before = 950,
     .doubled = 9,
     .latency = ranker_latency,
     .latency_before = ranker_latency,
     .score = 0.83,
     .score_before = 0.83,
     .n_features = 3,
     .usual = "shown",
     .other = "hidden"},
};
enum { N_MODELS = sizeof models / sizeof *models };

static inline struct feature
feature_of(struct work *w, const struct model *m, int f)
{
	struct feature one = plain;

	if (m->features != NULL)
		return m->features[f];
	if (f == 0 && m->first != NULL)
		return *m->first;
	one.name = arena_printf(w->mem, "f_%02d", f);
	return one;
}

static inline const char *
category_at(const struct category *c, double u, bool now)
{
	double sum = 0;

	for (; c[1].name != NULL; c++) {
		sum += now ? c->now : c->before;
		if (u < sum)
			break;
	}
	return c->name;
}

static inline double
number_at(const struct feature *f, double u)
{
	const double v = quantile(f->shape, u);

	return f->whole > 0 ? floor(v / f->whole) * f->whole : v;
}

/* ---- references ---- */

/* Each of so many values equally often, give or take one, the largest once more, and each an edge: statistics against it are exact. */
static void
reference_number(struct work *w, struct reference *r, const struct feature *f, uint64_t rows)
{
	enum { VALUES = 250 };
	struct reference_feature all = {.name = f->name, .rows = rows};
	double v[VALUES + 1], edge[VALUES + 1], sum = 0;
	uint64_t times[VALUES + 1];
	size_t n = 0;

	for (uint64_t i = 0; i <= VALUES; i++) {
		v[i] = number_at(f, i < VALUES ? ((double)i + 0.5) / VALUES : 1);
		times[i] = i < VALUES ? (rows - 1 + i) / VALUES : 1;
		sum += v[i] * (double)times[i];
		if (n == 0 || v[i] > edge[n - 1])
			edge[n++] = v[i];
	}
	all.min = v[0];
	all.max = v[VALUES];
	all.mean = sum / (double)rows;
	all.edges = edges_make(edge, n, all.mean);
	struct edgehist *h = edgehist_open(all.edges);
	for (size_t i = 0; i <= VALUES; i++)
		edgehist_add_times(h, v[i], times[i]);
	all.hist = edgehist_histogram(w->mem, h);
	all.stddev = histogram_moments(all.hist).stddev;
	reference_add(r, &all);
	edgehist_close(h);
	edges_unref(all.edges);
}

static int
by_name(const void *x, const void *y)
{
	return strcmp(((const struct category_count *)x)->name, ((const struct category_count *)y)->name);
}

static void
reference_categories(struct reference *r, const struct feature *f, uint64_t rows)
{
	struct category_count counts[8];
	size_t n = 0;

	for (const struct category *c = f->category; c->name != NULL; c++)
		if (c->before > 0)
			counts[n++] = (struct category_count){c->name, round(c->before * (double)rows)};
	qsort(counts, n, sizeof *counts, by_name);
	const struct reference_feature all = {
	    .name = f->name, .categorical = true, .rows = rows, .categories = {counts, n}};
	reference_add(r, &all);
}

static void
put_references(struct work *w, struct references *refs)
{
	const uint64_t rows = 412306;
	struct err e = ERR_INIT;

	for (const struct model *m = models; m < models + N_MODELS; m++) {
		const struct reference_head head = {m->name, m->version, "2026-10-30", rows};
		struct reference *r = reference_open(&head);
		struct buf json = BUF_INIT;

		for (int i = 0; i < m->n_features; i++) {
			const struct feature f = feature_of(w, m, i);

			if (f.category != NULL)
				reference_categories(r, &f, rows);
			else
				reference_number(w, r, &f, rows);
		}
		reference_format(&json, r);
		must(store_put_reference(w->s, m->name, m->version, buf_str(&json), &e), &e);
		references_add(refs, r);
		buf_release(&json);
	}
}

/* ---- records ---- */

/* From 0 before a to 1 after b. */
static inline double
ramp(int64_t t, int64_t a, int64_t b)
{
	return t <= a ? 0 : t >= b ? 1 : (double)(t - a) / (double)(b - a);
}

static inline double
rate_at(const struct model *m, int64_t t)
{
	return m->rate_before + (m->rate - m->rate_before) * ramp(t, CLOCK(2, 57, 0), CLOCK(3, 6, 0));
}

/* What became of the value of a feature of fraud. which: evenly in (0, 1), apart from the value. */
static inline double
drifted(int f, double v, double which, int64_t t)
{
	const bool cents = t >= CENTS_SINCE;

	switch (f) {
	case AMOUNT:
		return cents ? v * 100 : v;
	case AVERAGE:
		return cents && which < 0.34 ? v * 40 : v;
	case COUNT:
		return cents && which < 0.17 ? v + 11 : v;
	case DEVICE_AGE:
		return t > MIDNIGHT && which < 0.16 ? v + 900 : v;
	case EMAIL_AGE:
		return t > MIDNIGHT && which < 0.05 ? v + 1200 : v;
	default:
		return v;
	}
}

static void
feature_text(struct buf *out, struct work *w, const struct model *m, int f, uint64_t k, int64_t t)
{
	const struct feature at = feature_of(w, m, f);
	const uint64_t every = at.every > 0 ? (uint64_t)at.every : 1;
	const double u = even(k / every, 2 * f + 1), which = even(k, 2 * f + 202);
	const char *category;

	if (k % every != 0)
		return;
	buf_addf(out, "%s\"%s\":", out->p[out->len - 1] == '{' ? "" : ",", at.name);
	if (which > 1 - at.missing) {
		buf_addstr(out, "null");
	} else if (at.category != NULL) {
		category = category_at(at.category, u, at.category == merchants ? t >= CENTS_SINCE : t > MIDNIGHT);
		if (w->hostile && category[0] == 'm' && category[1] == '_')
			category = "m\\u001b]0;x\\u0007\\u202e\\u6f22";
		buf_addf(out, "\"%s\"", category);
	} else if (m->features != NULL) {
		buf_addf(out, "%.6g", drifted(f, number_at(&at, u), which, t));
	} else {
		const bool moved = m->first != NULL && f == 0 && t > CLOCK(3, 5, 0);

		buf_addf(out, "%.6g", number_at(&at, u) + (moved && which < 0.265 ? 40 : 0));
	}
}

static void
record_text(struct buf *out, struct work *w, const struct model *m, uint64_t k, int64_t t)
{
	const double slow = ramp(t, SLOW_SINCE, CLOCK(2, 56, 0)), u = even(k, 90), a = even(k, 91);
	const double latency = quantile(m->latency_before, u) * (1 - slow) + quantile(m->latency, u) * slow;
	const bool fraud = m->features != NULL, cents = t >= CENTS_SINCE;
	const bool fails = even(k, 92) < (fraud && t >= FAILS_SINCE ? 0.031 : 0.0002);
	const double score = (cents ? m->score : m->score_before) + 0.3 * (even(k, 93) - 0.5);

	buf_addf(out, "{\"t\":%lld,\"m\":\"%s\",\"v\":\"%s\",\"l\":%.5f,\"s\":%d,\"p\":\"%s\",\"c\":%.3f,\"f\":{",
		 (long long)t, m->name, m->version, latency, fails ? 500 : 200,
		 a < (fraud && cents ? 0.092 : 0.02) ? m->other : m->usual, score);
	for (int f = 0; f < m->n_features; f++)
		feature_text(out, w, m, f, k, t);
	buf_addstr(out, "}}\n");
}

static void
on_record(void *arg, const struct record *r)
{
	windows_add(arg, r);
}

static void
on_bad(void *arg, const struct bad_line *b)
{
	(void)arg;
	fprintf(stderr, "make_store: %s: %.*s\n", b->reason, (int)b->n, b->line);
	exit(1);
}

struct doubling {
	struct work *w;
	int times;
};

static void
put_increment(void *arg, const struct increment *i)
{
	const struct doubling *d = arg;
	struct increment more = *i;
	struct buf blob[2] = {BUF_INIT, BUF_INIT};
	struct err e = ERR_INIT;

	for (int k = 0; k < d->times; k++) {
		buf_reset(&blob[k % 2]);
		must(sketch_merge(&blob[k % 2], more.blob, more.n, more.blob, more.n, &e), &e);
		more.blob = blob[k % 2].p;
		more.n = blob[k % 2].len;
	}
	must(store_put_increment(d->w->s, &more, &e), &e);
	buf_release(&blob[0]);
	buf_release(&blob[1]);
}

/* All of a model between two times, thinned once more `thin` times by two. */
static void
put_span(struct work *w, const struct references *refs, const struct model *m, int64_t from, int64_t to, int thin)
{
	const struct window_spec spec = {.width_ms = 10000, .job = (char *)m->name};
	struct doubling d = {w, m->doubled + thin};
	struct windows *windows = windows_open(&spec, refs);
	struct decoder *decoder = decoder_open(&made_fields, NULL);
	const struct decode_sink sink = {windows, on_record, on_bad};
	struct buf text = BUF_INIT;
	uint64_t k = 0;

	for (double t = (double)from; t < (double)to; k++) {
		record_text(&text, w, m, k, (int64_t)t);
		t += 1000 * ldexp(1, d.times) / rate_at(m, (int64_t)t);
	}
	decoder_feed(decoder, text.p, text.len, &sink);
	windows_drain(windows, put_increment, &d);
	decoder_close(decoder);
	windows_close(windows);
	buf_release(&text);
}

static void
put_traffic(struct work *w, const struct references *refs)
{
	for (int m = 0; m < N_MODELS; m++)
		put_span(w, refs, &models[m], NOW - 7 * MS_DAY - 20 * MS_MINUTE, NOW - 7 * MS_DAY, 3);
	for (int m = 0; m < N_MODELS; m++)
		put_span(w, refs, &models[m], NOW - MS_DAY - 75 * MS_MINUTE, NOW - MS_DAY, 2);
	for (int m = 0; m < N_MODELS; m++)
		put_span(w, refs, &models[m], AGO(80, 0), NOW, 0);
}

#endif
