/*
 * prom_json.c -- see prom_json.h. Written straight into a buffer: an answer may hold millions of samples.
 */
#include "mlwatch/prom_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"
#include "mlwatch/promql.h"
#include "mlwatch/utf8.h"

static void
escape(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\') {
			buf_addc(out, '\\');
			buf_addc(out, (char)c);
		} else if (c == '\n') {
			buf_addstr(out, "\\n");
		} else if (c < 0x20 || c == 0x7f) {
			buf_addf(out, "\\u%04x", c);
		} else {
			buf_addc(out, (char)c);
		}
	}
}

void
prom_json_string(struct buf *out, const char *s)
{
	const size_t n = strlen(s);

	buf_addc(out, '"');
	if (utf8_valid(s, n)) {
		escape(out, s, n);
	} else {
		struct buf good = BUF_INIT;

		utf8_repair(&good, s, n);
		escape(out, buf_str(&good), good.len);
		buf_release(&good);
	}
	buf_addc(out, '"');
}

void
prom_json_labels(struct buf *out, struct labels l)
{
	buf_addc(out, '{');
	for (size_t i = 0; i < l.n; i++) {
		if (i > 0)
			buf_addc(out, ',');
		prom_json_string(out, l.at[i].name);
		buf_addc(out, ':');
		prom_json_string(out, l.at[i].value);
	}
	buf_addc(out, '}');
}

void
prom_json_time(struct buf *out, int64_t ms)
{
	int64_t s = ms / 1000, rest = ms % 1000;

	if (rest == 0)
		buf_addf(out, "%lld", (long long)s);
	else
		buf_addf(out, "%s%lld.%03lld", ms < 0 ? "-" : "", (long long)(s < 0 ? -s : s),
			 (long long)(rest < 0 ? -rest : rest));
}

void
prom_json_value(struct buf *out, double v)
{
	char text[NUM_MAX];

	num_api(text, v);
	buf_addc(out, '"');
	buf_addstr(out, text);
	buf_addc(out, '"');
}

static void
bucket_json(struct buf *out, const struct bucket *b)
{
	int ends = b->lower_inclusive ? (b->upper_inclusive ? 3 : 1) : (b->upper_inclusive ? 0 : 2);

	buf_addf(out, "[%d,", ends);
	prom_json_value(out, b->lower);
	buf_addc(out, ',');
	prom_json_value(out, b->upper);
	buf_addc(out, ',');
	prom_json_value(out, b->count);
	buf_addc(out, ']');
}

void
prom_json_histogram(struct buf *out, const struct histogram *h)
{
	struct bucket_iter it;
	struct bucket b;
	bool any = false;

	buf_addstr(out, "{\"count\":");
	prom_json_value(out, h->count);
	buf_addstr(out, ",\"sum\":");
	prom_json_value(out, h->sum);
	histogram_each(&it, h);
	while (bucket_next(&it, &b)) {
		if (b.count == 0)
			continue;
		buf_addstr(out, any ? "," : ",\"buckets\":[");
		any = true;
		bucket_json(out, &b);
	}
	buf_addstr(out, any ? "]}" : "}");
}

static void
pair(struct buf *out, int64_t t, double v, const struct histogram *h)
{
	buf_addc(out, '[');
	prom_json_time(out, t);
	buf_addc(out, ',');
	if (h != NULL)
		prom_json_histogram(out, h);
	else
		prom_json_value(out, v);
	buf_addc(out, ']');
}

static void
points(struct buf *out, const char *key, const struct matrix_series *s, bool histograms)
{
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct point *p = &s->points[i];

		if ((p->h != NULL) != histograms)
			continue;
		buf_addf(out, any ? "," : ",\"%s\":[", key);
		any = true;
		pair(out, p->t, p->v, p->h);
	}
	if (any)
		buf_addc(out, ']');
}

static void
matrix_series_json(struct buf *out, const struct matrix_series *s)
{
	buf_addstr(out, "{\"metric\":");
	prom_json_labels(out, s->labels);
	points(out, "values", s, false);
	points(out, "histograms", s, true);
	buf_addc(out, '}');
}

static void
vector_sample_json(struct buf *out, const struct vector_sample *s)
{
	buf_addstr(out, "{\"metric\":");
	prom_json_labels(out, s->labels);
	buf_addstr(out, s->h != NULL ? ",\"histogram\":" : ",\"value\":");
	pair(out, s->t, s->v, s->h);
	buf_addc(out, '}');
}

/* Scalars and strings are written by another part of Prometheus than samples: 1.5 and not 1.500, and never an exponent. */
static void
short_time(struct buf *out, int64_t ms)
{
	prom_json_time(out, ms);
	if (ms % 1000 != 0)
		while (out->p[out->len - 1] == '0')
			out->p[--out->len] = '\0';
}

static void
plain_value(struct buf *out, double v)
{
	char text[400], shortest[NUM_MAX];
	int digits = 0;

	if (!isfinite(v) || v == 0) {
		buf_addc(out, ',');
		prom_json_value(out, v);
		buf_addc(out, ']');
		return;
	}
	num_api(shortest, v);
	snprintf(text, sizeof text, "%.0f", v);
	while (strtod(text, NULL) != v && digits < 340)
		snprintf(text, sizeof text, "%.*f", ++digits, v);
	buf_addf(out, ",\"%s\"]", strpbrk(shortest, "eE") == NULL ? shortest : text);
}

static void
prom_json_data(struct buf *out, const struct promql_result *r)
{
	static const char *const word[] = {
	    [VALUE_SCALAR] = "scalar", [VALUE_VECTOR] = "vector", [VALUE_MATRIX] = "matrix", [VALUE_STRING] = "string"};

	buf_addf(out, "{\"resultType\":\"%s\",\"result\":", r->type == VALUE_NONE ? "none" : word[r->type]);
	switch (r->type) {
	case VALUE_SCALAR:
		buf_addc(out, '[');
		short_time(out, r->t);
		plain_value(out, r->scalar);
		break;
	case VALUE_STRING:
		buf_addc(out, '[');
		short_time(out, r->t);
		buf_addc(out, ',');
		prom_json_string(out, r->string);
		buf_addc(out, ']');
		break;
	default:
		buf_addc(out, '[');
		for (size_t i = 0; i < r->n; i++) {
			if (i > 0)
				buf_addc(out, ',');
			if (r->type == VALUE_MATRIX)
				matrix_series_json(out, &r->matrix[i]);
			else
				vector_sample_json(out, &r->vector[i]);
		}
		buf_addc(out, ']');
		break;
	}
	buf_addc(out, '}');
}

static void
annotations(struct buf *out, const char *key, const struct promql_result *r, bool info, const char *more)
{
	bool any = false;

	for (size_t i = 0; i < r->n_annotations + (more != NULL ? 1 : 0); i++) {
		if (i < r->n_annotations && r->annotations[i].info != info)
			continue;
		buf_addf(out, any ? "," : ",\"%s\":[", key);
		any = true;
		prom_json_string(out, i < r->n_annotations ? r->annotations[i].text : more);
	}
	if (any)
		buf_addc(out, ']');
}

void
prom_json_success_warned(struct buf *out, const struct promql_result *r, const char *warning)
{
	buf_addstr(out, "{\"status\":\"success\",\"data\":");
	prom_json_data(out, r);
	annotations(out, "warnings", r, false, warning);
	annotations(out, "infos", r, true, NULL);
	buf_addc(out, '}');
}

void
prom_json_success(struct buf *out, const struct promql_result *r)
{
	prom_json_success_warned(out, r, NULL);
}

void
prom_json_error(struct buf *out, const char *type, const char *text)
{
	buf_addstr(out, "{\"status\":\"error\",\"errorType\":");
	prom_json_string(out, type);
	buf_addstr(out, ",\"error\":");
	prom_json_string(out, text);
	buf_addc(out, '}');
}
