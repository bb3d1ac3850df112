/*
 * decode_oracle.h -- what a line of a JSON log means according to jansson: the yardstick of the decoder's unit test and
 * of its fuzz target. Shares nothing with src/decode but the record.
 */
#ifndef MLWATCH_TESTS_DECODE_ORACLE_H
#define MLWATCH_TESTS_DECODE_ORACLE_H

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/decode.h"
#include "mlwatch/utf8.h"

static const struct decode_spec oracle_spec = {
    .format = FORMAT_JSON,
    .timestamp = {.path = (char *)"ts"},
    .model = {.path = (char *)"model"},
    .version = {.path = (char *)"meta.version"},
    .request_id = {.path = (char *)"request_id"},
    .latency = {.path = (char *)"latency_ms", .unit = UNIT_MS},
    .status = {.path = (char *)"status"},
    .prediction = {.path = (char *)"out.prediction"},
    .score = {.path = (char *)"out.score"},
    .features = (char *)"in.features",
};

/* Compares one decoded line (at most one call of either) with what jansson makes of it. */
struct oracle {
	const char *line;
	size_t n;
	json_t *root;
	unsigned records, bads;
	enum bad_reason expect_bad;
	bool expect_record;
	char why[400]; /* "" as long as all agrees */
};

static inline void
oracle_says(struct oracle *o, const char *what)
{
	if (o->why[0] == '\0')
		snprintf(o->why, sizeof o->why, "%s: %.300s", what, o->line);
}

static inline json_t *
oracle_get(json_t *root, const char *path)
{
	char part[64];

	while (root != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		snprintf(part, sizeof part, "%.*s", (int)n, path);
		root = json_object_get(root, part); /* NULL for what is no object */
		path += n + (path[n] == '.');
	}
	return root;
}

/* A text that must be a JSON number as written. */
static inline bool
oracle_same_number(struct text t, json_t *v)
{
	char copy[2048];

	if (t.n >= sizeof copy)
		return true;
	memcpy(copy, t.p, t.n);
	copy[t.n] = '\0';
	return strtod(copy, NULL) == json_number_value(v);
}

static inline bool
oracle_same_text(struct text t, json_t *v)
{
	if (v == NULL || json_is_null(v))
		return t.p == NULL;
	if (t.p == NULL)
		return false;
	if (json_is_string(v))
		return t.n == json_string_length(v) && memcmp(t.p, json_string_value(v), t.n) == 0;
	if (json_is_boolean(v))
		return json_is_true(v) ? t.n == 4 && memcmp(t.p, "true", 4) == 0
				       : t.n == 5 && memcmp(t.p, "false", 5) == 0;
	return json_is_number(v) && oracle_same_number(t, v);
}

/* A numeric text as mlwatch reads it in mapped fields; the cases of the generators need no more. */
static inline bool
oracle_text_number(json_t *v, double *out)
{
	const char *s = json_string_value(v);
	char *end;

	if (s == NULL || *s == '\0' || strlen(s) != json_string_length(v) ||
	    strpbrk(s, "xXpPnNiI \t\r\n\v\f") != NULL || strlen(s) > 64)
		return false;
	*out = strtod(s, &end);
	return *end == '\0' && !isinf(*out);
}

static inline int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* 1: usable, 0: not, -1: too subtle for this oracle */
static inline int
oracle_time(json_t *v, int64_t *ms)
{
	double x;
	int64_t i;

	if (json_is_string(v)) {
		if (rfc3339_parse(json_string_value(v), json_string_length(v), ms) == 0)
			return 1;
		return oracle_text_number(v, &x) ? -1 : 0;
	}
	if (json_is_real(v))
		return -1;
	if (!json_is_integer(v))
		return 0;
	i = json_integer_value(v);
	if (i < 0 && i > -1000000)
		return 0;
	x = fabs((double)i);
	*ms = x < 1e11 ? i * 1000 : x < 1e14 ? i : x < 1e17 ? floor_div(i, 1000) : floor_div(i, 1000000);
	return *ms >= 0 && *ms <= INT64_C(253402300799999);
}

static inline bool
oracle_scalar(json_t *v)
{
	return v == NULL || (!json_is_object(v) && !json_is_array(v));
}

static inline bool
oracle_types_fit(json_t *root)
{
	static const char *const texts[] = {"model", "meta.version", "request_id", "status", "out.prediction"};
	json_t *score = oracle_get(root, "out.score"), *latency = oracle_get(root, "latency_ms"),
	       *in = oracle_get(root, "in.features");
	double x;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!oracle_scalar(oracle_get(root, texts[i])))
			return false;
	if (score != NULL && !json_is_null(score) && !json_is_number(score) && !oracle_text_number(score, &x))
		return false;
	if (latency != NULL && !json_is_null(latency) && !json_is_number(latency) && !oracle_text_number(latency, &x))
		return false;
	return in == NULL || json_is_null(in) || json_is_object(in);
}

static inline bool
oracle_blank(const char *p, size_t n)
{
	for (; n > 0; p++, n--)
		if (*p != ' ' && *p != '\t' && *p != '\r')
			return false;
	return true;
}

/* line: n bytes without newline, and without one in them */
static inline void
oracle_open(struct oracle *o, const char *line, size_t n)
{
	int64_t ms;

	memset(o, 0, sizeof *o);
	o->line = line;
	o->n = n;
	o->expect_bad = BAD_REASONS;
	if (oracle_blank(line, n))
		return;
	o->root = json_loadb(line, n, JSON_DECODE_ANY, NULL);
	if (memchr(line, '\0', n) != NULL) /* jansson overlooks one behind a number; here none is ever right */
		o->expect_bad = BAD_NUL;
	else if (o->root == NULL)
		o->expect_bad = !utf8_valid(line, n) ? BAD_UTF8 : BAD_SYNTAX;
	else if (!json_is_object(o->root))
		o->expect_bad = BAD_NOT_OBJECT;
	else if (oracle_time(json_object_get(o->root, "ts"), &ms) == 0)
		o->expect_bad = BAD_NO_TIMESTAMP;
	else if (!oracle_types_fit(o->root))
		o->expect_bad = BAD_TYPE;
	else
		o->expect_record = true;
}

static inline void
oracle_number(struct oracle *o, double got, json_t *v, double divisor, const char *what)
{
	double x = NAN;

	if (json_is_number(v))
		x = json_number_value(v) / divisor;
	else if (json_is_string(v) && oracle_text_number(v, &x))
		x /= divisor;
	if (!(isnan(x) ? isnan(got) : x == got))
		oracle_says(o, what);
}

static inline void
oracle_feature(struct oracle *o, const struct record_feature *f, json_t *v)
{
	bool ok = false;

	if (json_is_null(v))
		ok = f->kind == FEATURE_NULL;
	else if (json_is_number(v))
		ok = f->kind == FEATURE_NUMBER && f->number == json_number_value(v) && oracle_same_text(f->string, v);
	else if (json_is_string(v))
		ok = f->kind == FEATURE_STRING && oracle_same_text(f->string, v);
	else if (json_is_boolean(v))
		ok = f->kind == FEATURE_BOOL && f->number == json_is_true(v) && oracle_same_text(f->string, v);
	else if (v != NULL)
		ok = f->kind == FEATURE_OTHER;
	if (!ok)
		oracle_says(o, "a feature differs");
}

static inline void
oracle_record(void *arg, const struct record *r)
{
	struct oracle *o = arg;
	json_t *features, *status;
	int64_t ms;

	o->records++;
	if (!o->expect_record) {
		oracle_says(o, "accepted, jansson does not");
		return;
	}
	if (oracle_time(json_object_get(o->root, "ts"), &ms) == 1 && ms != r->time_ms)
		oracle_says(o, "time differs");
	if (!oracle_same_text(r->model, oracle_get(o->root, "model")) ||
	    !oracle_same_text(r->version, oracle_get(o->root, "meta.version")) ||
	    !oracle_same_text(r->request_id, oracle_get(o->root, "request_id")) ||
	    !oracle_same_text(r->status, oracle_get(o->root, "status")) ||
	    !oracle_same_text(r->prediction, oracle_get(o->root, "out.prediction")))
		oracle_says(o, "a text differs");
	oracle_number(o, r->latency_s, oracle_get(o->root, "latency_ms"), 1e3, "latency differs");
	oracle_number(o, r->score, oracle_get(o->root, "out.score"), 1, "score differs");
	status = oracle_get(o->root, "status");
	if (json_is_number(status) && r->failed != (json_number_value(status) >= 500))
		oracle_says(o, "failed differs");
	features = oracle_get(o->root, "in.features");
	if (r->n_features != json_object_size(features))
		oracle_says(o, "number of features differs");
	for (size_t i = 0; i < r->n_features; i++)
		oracle_feature(o, &r->features[i],
			       json_object_getn(features, r->features[i].name.p, r->features[i].name.n));
}

static inline void
oracle_bad(void *arg, const struct bad_line *b)
{
	struct oracle *o = arg;

	o->bads++;
	if (b->n != o->n || memcmp(b->line, o->line, b->n) != 0 || b->column > b->n + 1 || b->reason[0] == '\0')
		oracle_says(o, "a bad line was handed over wrongly");
	if (o->expect_record)
		oracle_says(o, "refused, jansson does not");
	else if (b->why != o->expect_bad && !(b->why == BAD_NO_TIMESTAMP && o->expect_bad == BAD_TYPE))
		oracle_says(o, "refused for another reason");
}

static inline void
oracle_check(struct oracle *o, struct decoder *d, const char *with_newline)
{
	const struct decode_sink sink = {o, oracle_record, oracle_bad};
	bool maybe = o->expect_record && oracle_time(json_object_get(o->root, "ts"), &(int64_t){0}) == -1;

	o->records = o->bads = 0;
	if (maybe) /* numbers as timestamps are checked by name elsewhere */
		return;
	if (decoder_feed(d, with_newline, o->n + 1, &sink) != 1)
		oracle_says(o, "not one line");
	if (o->records != (o->expect_record ? 1 : 0) || o->bads != (o->expect_bad != BAD_REASONS ? 1 : 0))
		oracle_says(o, "not one verdict");
}

static inline void
oracle_close(struct oracle *o)
{
	json_decref(o->root);
}

#endif
