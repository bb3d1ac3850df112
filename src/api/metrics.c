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

static void
family(struct buf *out, const char *name, bool histogram, bool openmetrics)
{
	const bool counter = ends_with(name, "_total");
	const int n = (int)strlen(name) - (counter && openmetrics ? 6 : 0);

	buf_addf(out, "# TYPE %.*s %s\n", n, name, histogram ? "histogram" : counter ? "counter" : "gauge");
}

static void
handle_metrics(const struct api_request *q, struct api_answer *a)
{
	const bool openmetrics = q->accept != NULL && strstr(q->accept, "application/openmetrics-text") != NULL;
	struct promql p = *reader_promql(q->reader);
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	struct expr *x = promql_parse("sort_by_label({__name__=~\"ml_.+|mlwatch_.+|process_.+\"}, \"__name__\")", &e);
	const char *last = "";

	if (x == NULL || promql_instant(&p, x, q->now, &r, &e) < 0) {
		api_error(a, "internal", "%s", e.text);
	} else {
		a->type = openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				      : "text/plain; version=0.0.4; charset=utf-8";
		for (size_t i = 0; i < r.n; i++) {
			const struct vector_sample *s = &r.vector[i];
			const char *name = labels_get(s->labels, METRIC_NAME);

			if (strncmp(name, "process_", 8) == 0 && strcmp(labels_get(s->labels, "job"), "mlwatch") != 0)
				continue;
			if (strcmp(name, last) != 0)
				family(&a->body, name, s->h != NULL, openmetrics);
			last = name;
			if (s->h != NULL)
				histogram_lines(&a->body, name, s->labels, s->h);
			else
				line(&a->body, name, "", s->labels, NULL, s->v);
		}
		if (openmetrics)
			buf_addstr(&a->body, "# EOF\n");
	}
	promql_result_release(&r);
	expr_close(x);
}

const struct api_route api_metrics_routes[] = {
    {"GET", "/metrics", handle_metrics, ROUTE_WORKER},
    {NULL, NULL, NULL, 0},
};
