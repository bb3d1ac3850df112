/*
 * reference_parse.c -- a reference file into a reference. It comes from elsewhere: everything is checked before it is
 * believed, and what is wrong is named with its line.
 *
 * jansson gives positions for broken JSON only. For a wrong value the place is found again in the text: the feature's name, then
 * the key after it.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "reference_private.h"

#define FILE_MAX  ((size_t)256 << 20)
#define COUNT_MAX 0x1p53

struct parse {
	const char *text;
	const char *kind, *feature; /* "feature" and the one being read, NULL before */
	struct arena *mem;
	struct err *e;
};

/* The place of "key" after the name of the feature; the start of the file when it is not found. */
static const char *
place_of(const struct parse *p, const char *key)
{
	const char *from = p->text, *found;
	char *quoted;

	if (p->feature != NULL) {
		json_t *name = json_string(p->feature);
		char *dumped = json_dumps(name, JSON_ENCODE_ANY);

		found = dumped != NULL ? strstr(from, dumped) : NULL;
		from = found != NULL ? found : from;
		free(dumped);
		json_decref(name);
	}
	quoted = arena_printf(p->mem, "\"%s\"", key);
	found = strstr(from, quoted);
	return found != NULL ? found : from;
}

static int
wrong(const struct parse *p, const char *key, const char *what)
{
	const char *at = place_of(p, key), *start = p->text;
	int line = 1;

	for (const char *c = p->text; c < at; c++)
		if (*c == '\n') {
			line++;
			start = c + 1;
		}
	if (p->feature != NULL)
		return err_at(p->e, line, (int)(at - start) + 1, (int)(at - start) + 3 + (int)strlen(key),
			      "%s '%.100s': '%s' %s", p->kind, p->feature, key, what);
	return err_at(p->e, line, (int)(at - start) + 1, (int)(at - start) + 3 + (int)strlen(key), "'%s' %s", key,
		      what);
}

static int
get_string(struct parse *p, const json_t *o, const char *key, const char **out)
{
	const json_t *v = json_object_get(o, key);

	*out = "";
	if (v == NULL)
		return 0;
	if (!json_is_string(v))
		return wrong(p, key, "is not a string");
	*out = json_string_value(v);
	return 0;
}

static int
get_count(struct parse *p, const json_t *o, const char *key, uint64_t *out)
{
	const json_t *v = json_object_get(o, key);
	double d = json_number_value(v);

	if (v == NULL)
		return wrong(p, key, "is missing");
	if (!json_is_number(v) || d < 0 || d > COUNT_MAX || d != floor(d))
		return wrong(p, key, "is not a count");
	*out = (uint64_t)d;
	return 0;
}

static int
get_number(struct parse *p, const json_t *o, const char *key, double *out)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL)
		return wrong(p, key, "is missing");
	if (!json_is_number(v))
		return wrong(p, key, "is not a number");
	*out = json_number_value(v);
	return 0;
}

/* *out stays NULL when the list is absent and may be. */
static int
get_list(struct parse *p, const json_t *o, const char *key, bool optional, double **out, size_t *n)
{
	const json_t *v = json_object_get(o, key);

	*out = NULL;
	*n = 0;
	if (v == NULL)
		return optional ? 0 : wrong(p, key, "is missing");
	if (!json_is_array(v))
		return wrong(p, key, "is not a list");
	*n = json_array_size(v);
	*out = arena_alloc(p->mem, (*n + 1) * sizeof **out);
	for (size_t i = 0; i < *n; i++) {
		if (!json_is_number(json_array_get(v, i)))
			return wrong(p, key, "has an element that is not a number");
		(*out)[i] = json_number_value(json_array_get(v, i));
	}
	return 0;
}

static int
check_counts(struct parse *p, const char *key, const double *v, size_t n, double *total)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i] < 0 || v[i] > COUNT_MAX || v[i] != floor(v[i]))
			return wrong(p, key, "has an element that is not a count");
		*total += v[i];
	}
	return 0;
}

struct lists {
	double *edges, *at, *between, *sums;
	size_t n, n_at, n_between, n_sums;
};

static int
read_lists(struct parse *p, const json_t *o, struct lists *l, double rows)
{
	double total = 0;

	if (get_list(p, o, "edges", false, &l->edges, &l->n) < 0 || get_list(p, o, "at", false, &l->at, &l->n_at) < 0 ||
	    get_list(p, o, "between", true, &l->between, &l->n_between) < 0 ||
	    get_list(p, o, "sums", l->between == NULL, &l->sums, &l->n_sums) < 0)
		return -1;
	for (size_t i = 1; i < l->n; i++)
		if (!(l->edges[i] > l->edges[i - 1]))
			return wrong(p, "edges", "are not ascending");
	if (l->n_at != l->n)
		return wrong(p, "at", "has not one count per edge");
	if (l->between != NULL && l->n_between != l->n + 1)
		return wrong(p, "between", "has not one count per gap");
	if (l->sums != NULL && l->n_sums != l->n_between)
		return wrong(p, "sums", "has not one sum per gap");
	if (check_counts(p, "at", l->at, l->n_at, &total) < 0 ||
	    check_counts(p, "between", l->between, l->n_between, &total) < 0)
		return -1;
	return total == rows ? 0 : wrong(p, "at", "does not add up to rows without missing");
}

static void
fill_bins(struct parse *p, const struct lists *l, struct reference_feature *f)
{
	struct histogram *h = arena_calloc(p->mem, 1, sizeof *h);
	struct edge_bins *b = arena_calloc(p->mem, 1, sizeof *b);
	size_t max = 2 * l->n + 1;
	uint32_t *bin = arena_alloc(p->mem, max * sizeof *bin);
	double *count = arena_alloc(p->mem, max * sizeof *count), *sum = arena_alloc(p->mem, max * sizeof *sum);

	for (uint32_t i = 0; i < max; i++) {
		size_t k = i / 2;
		double n = i % 2 == 1 ? l->at[k] : l->between != NULL ? l->between[k] : 0;

		if (n == 0)
			continue;
		bin[b->n] = i;
		count[b->n] = n;
		sum[b->n] = i % 2 == 1 ? n * l->edges[k] : l->sums[k];
		h->count += n;
		h->sum += sum[b->n++];
	}
	f->edges = edges_make(l->edges, l->n, f->mean);
	*b = (struct edge_bins){f->edges, b->n, bin, count, sum, f->min, f->max, 0, h->count * f->stddev * f->stddev};
	h->schema = HIST_EDGES;
	h->bins = b;
	f->hist = h;
}

static int
read_numeric(struct parse *p, const json_t *o, struct reference_feature *f)
{
	struct lists l;

	if (get_number(p, o, "min", &f->min) < 0 || get_number(p, o, "max", &f->max) < 0 ||
	    get_number(p, o, "mean", &f->mean) < 0 || get_number(p, o, "stddev", &f->stddev) < 0)
		return -1;
	if (json_object_get(o, "rank_error") != NULL && get_number(p, o, "rank_error", &f->rank_error) < 0)
		return -1;
	if (f->min > f->max)
		return wrong(p, "min", "is above 'max'");
	if (f->stddev < 0)
		return wrong(p, "stddev", "is negative");
	if (f->rank_error < 0 || f->rank_error > 1)
		return wrong(p, "rank_error", "is not between 0 and 1");
	if (read_lists(p, o, &l, (double)(f->rows - f->missing)) < 0)
		return -1;
	fill_bins(p, &l, f);
	return 0;
}

static int
read_categories(struct parse *p, const json_t *o, struct reference_feature *f)
{
	json_t *v, *all = json_object_get(o, "categories");
	struct category_count *c;
	const char *key;
	double total = 0;
	size_t n = 0;

	if (all == NULL)
		return wrong(p, "categories", "is missing");
	if (!json_is_object(all))
		return wrong(p, "categories", "is not an object");
	c = arena_alloc(p->mem, (json_object_size(all) + 1) * sizeof *c);
	json_object_foreach(all, key, v)
	{
		double count = json_number_value(v);

		if (!json_is_number(v) || check_counts(p, "categories", &count, 1, &total) < 0)
			return wrong(p, "categories", "has an element that is not a count");
		c[n++] = (struct category_count){key, count};
	}
	if (total != (double)(f->rows - f->missing))
		return wrong(p, "categories", "does not add up to rows without missing");
	f->categorical = true;
	f->categories = (struct category_set){c, n};
	return 0;
}

/* f->edges is the caller's, whatever comes of it. */
static int
read_values(struct parse *p, const json_t *o, struct reference_feature *f)
{
	const char *type;

	if (get_string(p, o, "type", &type) < 0 || get_count(p, o, "rows", &f->rows) < 0 ||
	    get_count(p, o, "missing", &f->missing) < 0)
		return -1;
	if (f->missing > f->rows)
		return wrong(p, "missing", "is more than 'rows'");
	if (strcmp(type, "numeric") == 0)
		return read_numeric(p, o, f);
	if (strcmp(type, "categorical") == 0)
		return read_categories(p, o, f);
	return wrong(p, "type", "is neither 'numeric' nor 'categorical'");
}

static int
read_feature(struct parse *p, const json_t *o, struct reference *r)
{
	struct reference_feature f = {0};
	int rc;

	p->feature = NULL;
	if (!json_is_object(o))
		return wrong(p, "features", "has an element that is not an object");
	if (get_string(p, o, "name", &f.name) < 0)
		return -1;
	if (f.name[0] == '\0')
		return wrong(p, "features", "has an element without a name");
	p->kind = "feature";
	p->feature = f.name;
	if (reference_feature_find(r, f.name) != NULL)
		return wrong(p, "name", "is there twice");
	rc = read_values(p, o, &f);
	if (rc == 0)
		reference_add(r, &f);
	edges_unref(f.edges);
	return rc;
}

static int
read_output(struct parse *p, const json_t *root, enum reference_output which, struct reference *r)
{
	const char *word = reference_output_word[which];
	const json_t *o = json_object_get(root, word);
	struct reference_feature f = {0};
	int rc;

	p->feature = NULL;
	if (o == NULL)
		return 0;
	if (!json_is_object(o))
		return wrong(p, word, "is not an object");
	p->kind = "output";
	p->feature = word;
	if (get_string(p, o, "name", &f.name) < 0)
		return -1;
	rc = read_values(p, o, &f);
	if (rc == 0 && f.categorical != (which == REFERENCE_PREDICTION))
		rc = wrong(p, "type", f.categorical ? "is not numeric" : "is not categorical");
	if (rc == 0)
		reference_set_output(r, which, &f);
	edges_unref(f.edges);
	return rc;
}

static int
read_head(struct parse *p, const json_t *root, struct reference_head *head)
{
	const char *format;

	if (!json_is_object(root))
		return err_at(p->e, 1, 1, 2, "not a reference: no JSON object");
	if (get_string(p, root, "format", &format) < 0)
		return -1;
	if (strcmp(format, REFERENCE_FORMAT) != 0) {
		wrong(p, "format", format[0] == '\0' ? "is missing: not a reference" : "is not '" REFERENCE_FORMAT "'");
		return err_hint(p->e, "references are made by mlwatch baseline");
	}
	if (get_string(p, root, "model", &head->model) < 0 || get_string(p, root, "version", &head->version) < 0 ||
	    get_string(p, root, "created", &head->created) < 0 || get_count(p, root, "rows", &head->rows) < 0)
		return -1;
	if (!json_is_array(json_object_get(root, "features")))
		return wrong(p, "features", "is not a list");
	return 0;
}

static struct reference *
read_all(struct parse *p, const json_t *root)
{
	struct reference_head head = {"", "", "", 0};
	struct reference *r;
	size_t i;
	json_t *o;

	if (read_head(p, root, &head) < 0)
		return NULL;
	r = reference_open(&head);
	for (int which = 0; which < N_REFERENCE_OUTPUTS; which++)
		if (read_output(p, root, (enum reference_output)which, r) < 0) {
			reference_close(r);
			return NULL;
		}
	json_array_foreach(json_object_get(root, "features"), i, o)
	{
		if (read_feature(p, o, r) < 0) {
			reference_close(r);
			return NULL;
		}
	}
	return r;
}

int
reference_parse(struct reference **out, const char *json, size_t n, struct err *e)
{
	json_error_t at;
	json_t *root;
	struct parse p = {.e = e};

	*out = NULL;
	if (n > FILE_MAX)
		return err_set(e, ERR_FILE, "a reference of more than 256 MiB");
	root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &at);
	if (root == NULL)
		return err_at(e, at.line > 0 ? at.line : 1, at.column > 0 ? at.column : 1, 0, "%s", at.text);
	p.mem = arena_open();
	p.text = arena_strndup(p.mem, json, n);
	*out = read_all(&p, root);
	arena_close(p.mem);
	json_decref(root);
	return *out != NULL ? 0 : -1;
}

int
reference_load(struct reference **out, const char *path, struct err *e)
{
	char *text;
	size_t n;
	int rc;

	*out = NULL;
	if (file_read(path, FILE_MAX, &text, &n, e) < 0)
		return -1;
	rc = reference_parse(out, text, n, e);
	free(text);
	return rc;
}
