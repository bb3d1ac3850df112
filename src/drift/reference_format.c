/*
 * reference_format.c -- a reference as JSON that people can read, diff and keep beside the model: one key a line, lists
 * wrapped at a fixed number of elements, the order of features as they were added, categories by name.
 */
#include <jansson.h>
#include <stdlib.h>

#include "mlwatch/buf.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"
#include "reference_private.h"

#define PER_LINE 10

static void
put_string(struct buf *out, const char *s)
{
	json_t *v = json_string(s);
	char *text = v != NULL ? json_dumps(v, JSON_ENCODE_ANY) : NULL;

	buf_addstr(out, text != NULL ? text : "\"\"");
	free(text);
	json_decref(v);
}

static void
put_number(struct buf *out, double v)
{
	char text[NUM_MAX];

	num_g(text, v);
	buf_addstr(out, text);
}

static void
put_list(struct buf *out, const char *key, const double *v, size_t n)
{
	buf_addf(out, ",\n      \"%s\": [", key);
	for (size_t i = 0; i < n; i++) {
		buf_addstr(out, i == 0 ? "" : i % PER_LINE == 0 ? ",\n        " : ", ");
		put_number(out, v[i]);
	}
	buf_addc(out, ']');
}

static bool
any(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] != 0)
			return true;
	return false;
}

static void
put_numeric(struct buf *out, const struct reference_feature *f)
{
	const struct edge_bins *b = f->hist->bins;
	size_t n = b->edges->n;
	double *at = xcalloc(n + 1, sizeof *at), *between = xcalloc(n + 1, sizeof *between),
	       *sums = xcalloc(n + 1, sizeof *sums);
	const struct {
		const char *key;
		double value;
	} facts[] = {
	    {"min", f->min}, {"max", f->max}, {"mean", f->mean}, {"stddev", f->stddev}, {"rank_error", f->rank_error}};

	for (size_t i = 0; i < b->n; i++) {
		size_t k = b->bin[i] / 2;

		if (b->bin[i] % 2 == 1) {
			at[k] = b->count[i];
		} else {
			between[k] = b->count[i];
			sums[k] = b->sum[i];
		}
	}
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		buf_addf(out, ",\n      \"%s\": ", facts[i].key);
		put_number(out, facts[i].value);
	}
	put_list(out, "edges", b->edges->at, n);
	put_list(out, "at", at, n);
	if (any(between, n + 1)) {
		put_list(out, "between", between, n + 1);
		put_list(out, "sums", sums, n + 1);
	}
	free(at);
	free(between);
	free(sums);
}

static void
put_categories(struct buf *out, struct category_set c)
{
	buf_addstr(out, ",\n      \"categories\": {");
	for (size_t i = 0; i < c.n; i++) {
		buf_addstr(out, i > 0 ? ",\n        " : "\n        ");
		put_string(out, c.at[i].name);
		buf_addstr(out, ": ");
		put_number(out, c.at[i].count);
	}
	buf_addc(out, '}');
}

static void
put_feature(struct buf *out, const struct reference_feature *f)
{
	buf_addstr(out, "\n    {\n      \"name\": ");
	put_string(out, f->name);
	buf_addf(out, ",\n      \"type\": \"%s\",\n      \"rows\": %llu,\n      \"missing\": %llu",
		 f->categorical ? "categorical" : "numeric", (unsigned long long)f->rows,
		 (unsigned long long)f->missing);
	if (f->categorical)
		put_categories(out, f->categories);
	else
		put_numeric(out, f);
	buf_addstr(out, "\n    }");
}

void
reference_format(struct buf *out, const struct reference *r)
{
	buf_addstr(out, "{\n  \"format\": \"" REFERENCE_FORMAT "\",\n  \"model\": ");
	put_string(out, reference_model(r));
	buf_addstr(out, ",\n  \"version\": ");
	put_string(out, reference_version(r));
	buf_addstr(out, ",\n  \"created\": ");
	put_string(out, reference_created(r));
	buf_addf(out, ",\n  \"rows\": %llu", (unsigned long long)reference_rows(r));
	for (int i = 0; i < N_REFERENCE_OUTPUTS; i++) {
		if (reference_output(r, (enum reference_output)i) == NULL)
			continue;
		buf_addf(out, ",\n  \"%s\":", reference_output_word[i]);
		put_feature(out, reference_output(r, (enum reference_output)i));
	}
	buf_addstr(out, ",\n  \"features\": [");
	for (size_t i = 0; i < reference_features(r); i++) {
		if (i > 0)
			buf_addc(out, ',');
		put_feature(out, reference_feature_at(r, i));
	}
	buf_addstr(out, "\n  ]\n}\n");
}
