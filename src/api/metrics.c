/*
 * metrics.c -- /metrics: mlwatch's own health and everything that it derives from prediction logs, in the text format or OpenMetrics.
 *
 * Counters are the running totals. Histograms become classic ones: latencies and other exponential histograms on powers of two,
 * which are bucket bounds, so their counts are exact; features with a reference on some of its edges, exact too, and the same on
 * every host that has the reference, so that a fleet's sums can be compared with it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api_private.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"
#include "mlwatch/prom_json.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"
#include "mlwatch/sketch.h"
#include "protobuf.h"

#define EDGES_SHOWN 20
#define POWER_FIRST (-10)
#define POWER_LAST  10

static bool
ends_with(const char *s, const char *end)
{
	const size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

static void
escaped(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '"')
			buf_addc(out, '\\');
		if (*s == '\n')
			buf_addstr(out, "\\n");
		else
			buf_addc(out, *s);
	}
}

/* name{labels,le="..."} value */
static void
line(struct buf *out, const char *name, const char *suffix, struct labels l, const char *le, double v)
{
	char number[NUM_MAX];
	bool any = false;

	buf_addf(out, "%s%s", name, suffix);
	for (size_t i = 0; i < l.n; i++) {
		if (strcmp(l.at[i].name, METRIC_NAME) == 0)
			continue;
		buf_addf(out, "%c%s=\"", any ? ',' : '{', l.at[i].name);
		escaped(out, l.at[i].value);
		buf_addc(out, '"');
		any = true;
	}
	if (le != NULL) {
		buf_addf(out, "%cle=\"%s\"", any ? ',' : '{', le);
		any = true;
	}
	num_g(number, v);
	buf_addf(out, "%s %s\n", any ? "}" : "", number);
}

static double
at_most(const struct histogram *h, double le)
{
	return h->count > 0 ? round(histogram_fraction(h, -INFINITY, le) * h->count) : 0;
}

static size_t
bounds_of(const struct histogram *h, double out[64])
{
	size_t n = 0;

	if (h->schema == HIST_EDGES && h->bins != NULL && h->bins->edges->n > 0) {
		const struct edges *e = h->bins->edges;
		const size_t shown = e->n < EDGES_SHOWN ? e->n : EDGES_SHOWN;

		for (size_t i = 0; i < shown; i++)
			out[n++] = e->at[shown > 1 ? i * (e->n - 1) / (shown - 1) : 0];
		return n;
	}
	for (int p = POWER_FIRST; p <= POWER_LAST; p++)
		out[n++] = ldexp(1, p);
	return n;
}

static void
histogram_lines(struct buf *out, const char *name, struct labels l, const struct histogram *h)
{
	double bound[64];
	const size_t n = bounds_of(h, bound);
	char le[NUM_MAX];

	for (size_t i = 0; i < n; i++) {
		num_g(le, bound[i]);
		line(out, name, "_bucket", l, le, at_most(h, bound[i]));
	}
	line(out, name, "_bucket", l, "+Inf", h->count);
	line(out, name, "_sum", l, NULL, h->sum);
	line(out, name, "_count", l, NULL, h->count);
}

/* ---- the formats ---- */

enum format { FORMAT_TEXT, FORMAT_OPENMETRICS, FORMAT_PROTOBUF };

static const char *const content_type[] = {
    [FORMAT_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
    [FORMAT_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
    [FORMAT_PROTOBUF] = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
};

/* A client that knows protocol buffers wants native histograms. */
static enum format
format_for(const char *accept)
{
	if (accept == NULL)
		return FORMAT_TEXT;
	if (strstr(accept, "application/vnd.google.protobuf") != NULL && strstr(accept, "delimited") != NULL)
		return FORMAT_PROTOBUF;
	return strstr(accept, "application/openmetrics-text") != NULL ? FORMAT_OPENMETRICS : FORMAT_TEXT;
}

static enum protobuf_type
type_of(const char *name, const struct vector_sample *s)
{
	return s->h != NULL ? PROTOBUF_HISTOGRAM : ends_with(name, "_total") ? PROTOBUF_COUNTER : PROTOBUF_GAUGE;
}

static void
text_family(struct buf *out, const char *name, enum protobuf_type type, bool openmetrics)
{
	static const char *const word[] = {
	    [PROTOBUF_COUNTER] = "counter", [PROTOBUF_GAUGE] = "gauge", [PROTOBUF_HISTOGRAM] = "histogram"};
	const int n = (int)strlen(name) - (type == PROTOBUF_COUNTER && openmetrics ? 6 : 0);

	buf_addf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", n, name, api_help(name), n, name, word[type]);
}

static void
text_sample(struct buf *out, const char *name, const struct vector_sample *s)
{
	if (s->h != NULL)
		histogram_lines(out, name, s->labels, s->h);
	else
		line(out, name, "", s->labels, NULL, s->v);
}

static void
protobuf_sample(struct buf *family, const char *name, const struct vector_sample *s)
{
	struct protobuf_bucket bucket[64];
	double bound[64];
	size_t n;

	if (s->h == NULL) {
		protobuf_value(family, type_of(name, s), s->labels, s->v);
		return;
	}
	n = bounds_of(s->h, bound);
	for (size_t i = 0; i < n; i++)
		bucket[i] = (struct protobuf_bucket){bound[i], at_most(s->h, bound[i])};
	protobuf_histogram(family, s->labels, s->h, bucket, n);
}

/* A family's samples stand together; sorted by name they do. */
static void
write_all(struct buf *out, const struct promql_result *r, enum format format)
{
	struct buf family = BUF_INIT;
	const char *last = "";

	for (size_t i = 0; i < r->n; i++) {
		const struct vector_sample *s = &r->vector[i];
		const char *name = labels_get(s->labels, METRIC_NAME);

		if (strncmp(name, "process_", 8) == 0 && strcmp(labels_get(s->labels, "job"), "mlwatch") != 0)
			continue;
		if (strcmp(name, last) != 0 && format == FORMAT_PROTOBUF) {
			if (family.len > 0)
				protobuf_append(out, &family);
			buf_reset(&family);
			protobuf_family(&family, name, api_help(name), type_of(name, s));
		} else if (strcmp(name, last) != 0) {
			text_family(out, name, type_of(name, s), format == FORMAT_OPENMETRICS);
		}
		last = name;
		if (format == FORMAT_PROTOBUF)
			protobuf_sample(&family, name, s);
		else
			text_sample(out, name, s);
	}
	if (family.len > 0)
		protobuf_append(out, &family);
	if (format == FORMAT_OPENMETRICS)
		buf_addstr(out, "# EOF\n");
	buf_release(&family);
}

static void
handle_metrics(const struct api_request *q, struct api_answer *a)
{
	const enum format format = format_for(q->accept);
	struct promql p = *reader_promql(q->reader);
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	struct expr *x = promql_parse("sort_by_label({__name__=~\"ml_.+|mlwatch_.+|process_.+\"}, \"__name__\")", &e);

	if (x == NULL || promql_instant(&p, x, q->now, &r, &e) < 0) {
		api_error(a, "internal", "%s", e.text);
	} else {
		a->type = content_type[format];
		write_all(&a->body, &r, format);
	}
	promql_result_release(&r);
	expr_close(x);
}

const struct api_route api_metrics_routes[] = {
    {"GET", "/metrics", handle_metrics, ROUTE_WORKER},
    {NULL, NULL, NULL, 0},
};
