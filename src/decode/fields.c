/*
 * fields.c -- values into the record under construction, by what they are mapped to. The same rules for
 * every format. Of a key that comes twice the last value counts; a null takes back what was there.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decode_private.h"

#include "mlwatch/xalloc.h"

#define WRONG_FEATURES      (1u << FIELDS)
#define DECODE_MAX_FEATURES 65536u /* of one record */

const double latency_divisor[] = {[UNIT_NONE] = 1, [UNIT_S] = 1, [UNIT_MS] = 1e3, [UNIT_US] = 1e6, [UNIT_NS] = 1e9};

void
build_begin(struct decoder *d)
{
	d->b.rec = d->blank;
	d->b.wrong = 0;
	d->b.has_time = false;
	d->b.wrong_at = d->b.time_at = NULL;
	d->scratch_used = 0;
}

/* A unit behind a number in text: 12.5ms, as Go prints durations. */
static bool
duration_text(struct decoder *d, struct text t, double *seconds)
{
	static const struct {
		const char *word;
		double num, den;
	} units[] = {{"ns", 1, 1e9}, {"us", 1, 1e6}, {"\xc2\xb5s", 1, 1e6}, {"ms", 1, 1e3},
		     {"s", 1, 1},    {"m", 60, 1},   {"h", 3600, 1}};
	struct number scanned;

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = strlen(units[i].word);

		if (t.n > n && memcmp(t.p + t.n - n, units[i].word, n) == 0 &&
		    number_text(t.p, t.n - n, d->c_locale, &scanned, seconds)) {
			*seconds = *seconds * units[i].num / units[i].den;
			return true;
		}
	}
	return false;
}

static bool
number_of(struct decoder *d, const struct value *v, double *out)
{
	struct number scanned;

	if (v->kind == VALUE_NUMBER)
		*out = v->number;
	else if (v->kind == VALUE_STRING)
		return number_text(v->text.p, v->text.n, d->c_locale, &scanned, out);
	else
		return false;
	return true;
}

static bool
set_time(struct decoder *d, const struct value *v)
{
	int64_t *ms = &d->b.rec.time_ms;

	d->b.time_at = d->at;
	if (v->kind == VALUE_STRING)
		d->b.has_time = timestamp_text(d, v->text.p, v->text.n, ms);
	else if (v->kind == VALUE_NUMBER)
		d->b.has_time = timestamp_number(&v->digits, v->number, d->spec->timestamp.unit, ms);
	else
		d->b.has_time = false;
	return true; /* one that is of no use makes the line bad by itself */
}

static bool
set_latency(struct decoder *d, const struct value *v)
{
	double x;

	d->b.rec.latency_s = NAN;
	if (v->kind == VALUE_NULL)
		return true;
	if (number_of(d, v, &x)) {
		d->b.rec.latency_s = x / latency_divisor[d->spec->latency.unit];
		return true;
	}
	return v->kind == VALUE_STRING && duration_text(d, v->text, &d->b.rec.latency_s);
}

static bool
set_score(struct decoder *d, const struct value *v)
{
	d->b.rec.score = NAN;
	return v->kind == VALUE_NULL || number_of(d, v, &d->b.rec.score);
}

static bool
set_text(struct text *to, const struct value *v)
{
	static const struct text word[] = {[VALUE_FALSE] = {"false", 5}, [VALUE_TRUE] = {"true", 4}};

	*to = (struct text){NULL, 0};
	switch (v->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_FALSE:
	case VALUE_TRUE:
		*to = word[v->kind];
		return true;
	case VALUE_NUMBER:
	case VALUE_STRING:
		*to = v->text;
		return true;
	case VALUE_OTHER:
		break;
	}
	return false;
}

static bool
set_status(struct decoder *d, const struct value *v)
{
	double x;

	if (d->spec->error_when == ERROR_BY_STATUS)
		d->b.rec.failed = number_of(d, v, &x) && x >= 500;
	return set_text(&d->b.rec.status, v);
}

static bool
set_error(struct decoder *d, const struct value *v)
{
	if (d->spec->error_when == ERROR_PRESENT)
		d->b.rec.failed = v->kind != VALUE_NULL && !(v->kind == VALUE_STRING && v->text.n == 0);
	else if (d->spec->error_when == ERROR_TRUE)
		d->b.rec.failed =
		    v->kind == VALUE_TRUE || (v->kind == VALUE_NUMBER && v->number != 0) ||
		    (v->kind == VALUE_STRING && (text_is(v->text, "true", 4) || text_is(v->text, "1", 1)));
	return true;
}

static bool
set_field(struct decoder *d, enum field f, const struct value *v)
{
	struct record *r = &d->b.rec;

	switch (f) {
	case FIELD_TIMESTAMP:
		return set_time(d, v);
	case FIELD_MODEL:
		return set_text(&r->model, v);
	case FIELD_VERSION:
		return set_text(&r->version, v);
	case FIELD_REQUEST_ID:
		return set_text(&r->request_id, v);
	case FIELD_LATENCY:
		return set_latency(d, v);
	case FIELD_STATUS:
		return set_status(d, v);
	case FIELD_PREDICTION:
		return set_text(&r->prediction, v);
	case FIELD_SCORE:
		return set_score(d, v);
	case FIELD_ERROR:
		return set_error(d, v);
	case FIELDS:
		break;
	}
	return true;
}

void
build_fields(struct decoder *d, uint32_t fields, const struct value *v)
{
	while (fields != 0) {
		int f = __builtin_ctz(fields);

		fields &= fields - 1;
		d->b.wrong &= ~(1u << f);
		if (!set_field(d, (enum field)f, v)) {
			d->b.wrong |= 1u << f;
			d->b.wrong_at = d->at;
		}
	}
}

static struct record_feature *
feature_place(struct decoder *d, struct node *node, bool replace)
{
	size_t n = d->b.rec.n_features;

	if (replace && node->place < n && d->feature[node->place].name.p == node->label.p)
		return &d->feature[node->place];
	if (n == d->cap_features) {
		if (n >= DECODE_MAX_FEATURES)
			return NULL;
		d->cap_features *= 2;
		d->feature = xreallocarray(d->feature, d->cap_features, sizeof *d->feature);
	}
	d->b.rec.n_features++;
	node->place = (uint32_t)n;
	return &d->feature[n];
}

void
build_feature(struct decoder *d, struct node *node, const struct value *v, bool replace)
{
	static const enum feature_value kind[] = {
	    [VALUE_NULL] = FEATURE_NULL,     [VALUE_FALSE] = FEATURE_BOOL,    [VALUE_TRUE] = FEATURE_BOOL,
	    [VALUE_NUMBER] = FEATURE_NUMBER, [VALUE_STRING] = FEATURE_STRING, [VALUE_OTHER] = FEATURE_OTHER};
	struct record_feature *f = feature_place(d, node, replace);

	if (f == NULL)
		return;
	f->name = node->label;
	f->slot = node->slot;
	f->kind = kind[v->kind];
	f->number = v->kind == VALUE_NUMBER ? v->number : v->kind == VALUE_TRUE;
	set_text(&f->string, v);
}

/* A value before it: the same key again, or an object's that came again. */
void
build_forget(struct decoder *d, const struct node *node)
{
	const struct value none = {VALUE_NULL};

	build_fields(d, node->fields_below, &none);
	d->b.wrong &= ~node->fields_below;
	if ((node->fields_below & 1u << FIELD_TIMESTAMP) != 0)
		d->b.has_time = false;
	if (node->features_below) {
		d->b.rec.n_features = 0;
		d->b.wrong &= ~WRONG_FEATURES;
	}
}

void
build_value(struct decoder *d, struct node *node, const struct value *v, bool replace)
{
	if (node->fields != 0)
		build_fields(d, node->fields, v);
	if (node->role == NODE_FEATURE)
		build_feature(d, node, v, replace);
	if (node->features && v->kind != VALUE_NULL) {
		d->b.wrong |= WRONG_FEATURES; /* not an object */
		d->b.wrong_at = d->at;
	}
}

/* Words that stand for "no value" in CSV files and text logs. */
static bool
is_missing(const char *p, size_t n)
{
	static const struct text word[] = {{"", 0},    {"null", 4}, {"NULL", 4}, {"None", 4}, {"nan", 3},
					   {"NaN", 3}, {"NAN", 3},  {"NA", 2},   {"N/A", 3},  {"<NA>", 4},
					   {"\\N", 2}, {"nil", 3},  {"-", 1}};

	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (text_is(word[i], p, n))
			return true;
	return false;
}

void
build_text(struct decoder *d, struct node *node, const char *p, size_t n, bool quoted)
{
	struct value v = {VALUE_STRING, {p, (uint32_t)n}};

	if (node->role == NODE_SKIP)
		return;
	d->at = quoted ? d->fail : p;
	if (!quoted || n == 0) {
		if (is_missing(p, n))
			v.kind = VALUE_NULL;
		else if (number_text(p, n, d->c_locale, &v.digits, &v.number))
			v.kind = VALUE_NUMBER;
		else if (text_is(v.text, "true", 4) || text_is(v.text, "True", 4))
			v.kind = VALUE_TRUE;
		else if (text_is(v.text, "false", 5) || text_is(v.text, "False", 5))
			v.kind = VALUE_FALSE;
	}
	build_value(d, node, &v, node->seen == d->line);
	node->seen = d->line;
}

void
build_finish(struct decoder *d, const struct decode_sink *sink, const char *line, size_t n)
{
	d->b.rec.features = d->feature;
	if (!record_good(d))
		record_bad(d, sink, line, n);
	else if (sink->record != NULL)
		sink->record(sink->arg, &d->b.rec);
}
