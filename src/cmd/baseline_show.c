/*
 * baseline_show.c -- mlwatch baseline show: a reference as a table with small histograms; baseline diff: what changed between two.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/histogram.h"
#include "mlwatch/json_out.h"
#include "mlwatch/sketch.h"
#include "mlwatch/utf8.h"

#include "baseline_private.h"
#include "command_private.h"

#define SHAPE 16

static bool
as_json(const struct command_line *line)
{
	return ((const struct baseline_options *)line->options)->json;
}

static int
wider(int width, const char *name)
{
	const int n = (int)utf8_count(name, strlen(name));

	return n > width ? n : width;
}

static int
name_width(const struct reference *r)
{
	int width = 7;

	for (size_t i = 0; i < reference_features(r); i++)
		width = wider(width, reference_feature_at(r, i)->name);
	for (int i = 0; i < N_REFERENCE_OUTPUTS; i++)
		if (reference_output(r, (enum reference_output)i) != NULL)
			width = wider(width, reference_output(r, (enum reference_output)i)->name);
	return width;
}

static void
print_name(const char *name, int width)
{
	printf("%s%*s", name, width - (int)utf8_count(name, strlen(name)), "");
}

/* Shares in equal steps from the 1 % to the 99 % quantile; the tails go to the ends. */
static void
shape_of(const struct histogram *h, double *out)
{
	const struct edge_bins *b = h->bins;
	double lo = histogram_quantile(h, 0.01), hi = histogram_quantile(h, 0.99);

	for (size_t i = 0; i < b->n; i++) {
		double v = b->sum[i] / b->count[i], place = hi > lo ? floor((v - lo) / (hi - lo) * SHAPE) : SHAPE / 2;

		place = place < 0 ? 0 : place > SHAPE - 1 ? SHAPE - 1 : place;
		out[(size_t)place] += b->count[i];
	}
}

static void
print_blocks(const double *v, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, v[i]);
	for (size_t i = 0; i < n; i++)
		fputs(dataset_block(v[i] / most), stdout);
}

static int
by_count(const void *a, const void *b)
{
	double x = ((const struct category_count *)a)->count, y = ((const struct category_count *)b)->count;

	return (x < y) - (x > y);
}

/* Groups of columns, the first to go first when the terminal is narrow. Name, mean, deviation, range and shape always stay. */
enum group { GROUP_EDGES, GROUP_TYPE, GROUP_ROWS, GROUP_MISSING, GROUPS };
static const int group_width[GROUPS] = {[GROUP_EDGES] = 26, [GROUP_TYPE] = 13, [GROUP_ROWS] = 12, [GROUP_MISSING] = 12};
#define ALWAYS_WIDTH (4 * 11 + 2 + SHAPE)

struct look {
	bool show[GROUPS];
	int name_width, left; /* what is left of the line behind the groups, 0: no end */
};

static struct look
look_of(const struct reference *r)
{
	struct look l = {{true, true, true, true}, name_width(r), 0};
	int width = dataset_width(), beside = ALWAYS_WIDTH + l.name_width;

	for (int g = 0; g < GROUPS; g++)
		beside += group_width[g];
	for (int g = 0; g < GROUPS && width > 0 && beside > width; g++) {
		l.show[g] = false;
		beside -= group_width[g];
	}
	l.left = width > 0 ? ALWAYS_WIDTH + (width > beside ? width - beside : 0) : 0;
	return l;
}

/* How many bytes the first so many characters have. */
static int
shortened(const char *s, int characters)
{
	size_t n = strlen(s), at = 0;
	uint32_t cp;

	while (at < n && characters-- > 0)
		at += utf8_decode(s + at, n - at, &cp);
	return (int)at;
}

static void
print_categories(const struct reference_feature *f, int left)
{
	double n = (double)(f->rows - f->missing);
	struct category_count *c = calloc(f->categories.n + 1, sizeof *c);
	size_t i, most = left > 0 ? (size_t)left / 20 : 5;

	if (c == NULL)
		return;
	memcpy(c, f->categories.at, f->categories.n * sizeof *c);
	qsort(c, f->categories.n, sizeof *c, by_count);
	printf("  %zu categories: ", f->categories.n);
	for (i = 0; i < f->categories.n && i < most; i++)
		printf("%s%.*s %.3g %%", i > 0 ? ", " : "",
		       left > 0 ? shortened(c[i].name, 16) : (int)strlen(c[i].name), c[i].name, 100 * c[i].count / n);
	puts(f->categories.n > most ? ", ..." : "");
	free(c);
}

static void
print_feature(const struct reference_feature *f, const struct look *l)
{
	double shape[SHAPE] = {0};

	print_name(f->name, l->name_width);
	if (l->show[GROUP_TYPE])
		printf("  %-11s", f->categorical ? "categorical" : "numeric");
	if (l->show[GROUP_ROWS])
		printf("  %10llu", (unsigned long long)f->rows);
	if (l->show[GROUP_MISSING])
		printf("  %10llu", (unsigned long long)f->missing);
	if (f->categorical) {
		print_categories(f, l->left);
		return;
	}
	printf("  %9.4g  %9.4g  %9.4g  %9.4g  ", f->mean, f->stddev, f->min, f->max);
	shape_of(f->hist, shape);
	print_blocks(shape, SHAPE);
	if (l->show[GROUP_EDGES])
		printf("  %zu edges", f->edges->n);
	if (l->show[GROUP_EDGES] && f->rank_error > 0)
		printf(" (ranks to %.2g %%)", 100 * f->rank_error);
	putchar('\n');
}

static void
show_text(const struct reference *r)
{
	struct look l = look_of(r);

	printf("model %s  version %s  created %s  %llu rows  %zu features\n\n",
	       reference_model(r)[0] != '\0' ? reference_model(r) : "-",
	       reference_version(r)[0] != '\0' ? reference_version(r) : "every", reference_created(r),
	       (unsigned long long)reference_rows(r), reference_features(r));
	print_name("FEATURE", l.name_width);
	if (l.show[GROUP_TYPE])
		printf("  %-11s", "TYPE");
	if (l.show[GROUP_ROWS])
		printf("  %10s", "ROWS");
	if (l.show[GROUP_MISSING])
		printf("  %10s", "MISSING");
	printf("  %9s  %9s  %9s  %9s  %s\n", "MEAN", "STDDEV", "MIN", "MAX", "SHAPE (1-99 %)");
	for (size_t i = 0; i < reference_features(r); i++)
		print_feature(reference_feature_at(r, i), &l);
	for (int i = 0; i < N_REFERENCE_OUTPUTS; i++) {
		if (reference_output(r, (enum reference_output)i) == NULL)
			continue;
		printf("\n%s of the model\n", reference_output_word[i]);
		print_feature(reference_output(r, (enum reference_output)i), &l);
	}
}

static json_t *
feature_json(const struct reference_feature *f)
{
	json_t *o =
	    json_pack("{so ss sI sI}", "name", json_text(f->name), "type", f->categorical ? "categorical" : "numeric",
		      "rows", (json_int_t)f->rows, "missing", (json_int_t)f->missing);

	if (f->categorical) {
		json_t *c = json_object();

		for (size_t i = 0; i < f->categories.n; i++)
			json_object_set_new(c, f->categories.at[i].name,
					    json_integer((json_int_t)f->categories.at[i].count));
		json_object_set_new(o, "categories", c);
		return o;
	}
	json_object_set_new(o, "mean", json_number(f->mean));
	json_object_set_new(o, "stddev", json_number(f->stddev));
	json_object_set_new(o, "min", json_number(f->min));
	json_object_set_new(o, "max", json_number(f->max));
	json_object_set_new(o, "edges", json_integer((json_int_t)f->edges->n));
	json_object_set_new(o, "rank_error", json_number(f->rank_error));
	return o;
}

static json_t *
reference_json(const struct reference *r)
{
	json_t *features = json_array(), *o;

	for (size_t i = 0; i < reference_features(r); i++)
		json_array_append_new(features, feature_json(reference_feature_at(r, i)));
	o = json_pack("{ss so so ss sI}", "schema", "mlwatch.baseline/1", "model", json_text(reference_model(r)),
		      "version", json_text(reference_version(r)), "created", reference_created(r), "rows",
		      (json_int_t)reference_rows(r));
	for (int i = 0; i < N_REFERENCE_OUTPUTS; i++)
		if (reference_output(r, (enum reference_output)i) != NULL)
			json_object_set_new(o, reference_output_word[i],
					    feature_json(reference_output(r, (enum reference_output)i)));
	json_object_set_new(o, "features", features);
	return o;
}

int
baseline_show(const struct command_line *line)
{
	struct reference *r = NULL;
	int code;

	if (line->n_args != 2)
		return command_usage(line, "show takes one reference");
	code = dataset_load_reference(line, line->args[1], &r);
	if (code != 0)
		return code;
	if (as_json(line))
		json_print(stdout, reference_json(r), isatty(STDOUT_FILENO));
	else
		show_text(r);
	reference_close(r);
	return 0;
}

/* ---- diff ---- */

/* b's values on a's edges: each bin of b counts where its mean lies. Exact when the edges are the same. */
static struct histogram *
rebinned(struct arena *mem, const struct reference_feature *a, const struct reference_feature *b)
{
	struct edgehist *h;
	struct histogram *out;
	const struct edge_bins *from = b->hist->bins;

	if (a->edges->id == b->edges->id)
		return (struct histogram *)(uintptr_t)b->hist;
	h = edgehist_open(a->edges);
	for (size_t i = 0; i < from->n; i++)
		edgehist_add_times(h, from->sum[i] / from->count[i], (uint64_t)from->count[i]);
	out = edgehist_histogram(mem, h);
	edgehist_close(h);
	return out;
}

struct difference {
	const char *name;
	const char *what;
	struct drift_feature drift;
};

static struct difference
difference_of(struct arena *mem, const struct reference_feature *a, const struct reference *other)
{
	const struct reference_feature *b = reference_feature_find(other, a->name);
	struct difference d = {.name = a->name};

	if (b == NULL) {
		d.what = "only in the first";
	} else if (a->categorical != b->categorical) {
		d.what = a->categorical ? "categorical, now numeric" : "numeric, now categorical";
	} else {
		drift_feature_compare(&d.drift, a, a->categorical ? NULL : rebinned(mem, a, b), b->categories, mem);
		d.drift.cur.missing = b->missing;
	}
	return d;
}

static void
print_difference(const struct difference *d, int width)
{
	print_name(d->name, width);
	if (d->what != NULL)
		printf("  %s\n", d->what);
	else
		printf("  %-11s  %9.4g  %9.4g  %9.4g  %9.4g  %9.4g\n",
		       d->drift.reference->categorical ? "categorical" : "numeric", d->drift.statistic, d->drift.pvalue,
		       d->drift.psi, d->drift.ref.mean, d->drift.cur.mean);
}

static json_t *
difference_json(const struct difference *d)
{
	if (d->what != NULL)
		return json_pack("{so ss}", "name", json_text(d->name), "difference", d->what);
	return json_pack("{so ss so so so so so}", "name", json_text(d->name), "type",
			 d->drift.reference->categorical ? "categorical" : "numeric", "statistic",
			 json_number(d->drift.statistic), "pvalue", json_number(d->drift.pvalue), "psi",
			 json_number(d->drift.psi), "mean_a", json_number(d->drift.ref.mean), "mean_b",
			 json_number(d->drift.cur.mean));
}

static void
emit_difference(const struct command_line *line, const struct difference *d, json_t *list, int width)
{
	if (!as_json(line))
		print_difference(d, width);
	else
		json_array_append_new(list, difference_json(d));
}

static void
diff(const struct command_line *line, const struct reference *a, const struct reference *b)
{
	struct arena *mem = arena_open();
	json_t *list = json_array();
	int width = name_width(a) > name_width(b) ? name_width(a) : name_width(b);

	if (!as_json(line)) {
		print_name("FEATURE", width);
		printf("  %-11s  %9s  %9s  %9s  %9s  %9s\n", "TYPE", "STATISTIC", "P-VALUE", "PSI", "MEAN A", "MEAN B");
	}
	for (size_t i = 0; i < reference_features(a); i++) {
		struct difference d = difference_of(mem, reference_feature_at(a, i), b);

		emit_difference(line, &d, list, width);
	}
	for (size_t i = 0; i < reference_features(b); i++) {
		struct difference d = {.name = reference_feature_at(b, i)->name, .what = "only in the second"};

		if (reference_feature_find(a, d.name) == NULL)
			emit_difference(line, &d, list, width);
	}
	if (as_json(line))
		json_print(stdout, json_pack("{ss sO}", "schema", "mlwatch.baseline-diff/1", "features", list),
			   isatty(STDOUT_FILENO));
	json_decref(list);
	arena_close(mem);
}

int
baseline_diff(const struct command_line *line)
{
	struct reference *a = NULL, *b = NULL;
	int code;

	if (line->n_args != 3)
		return command_usage(line, "diff takes two references");
	code = dataset_load_reference(line, line->args[1], &a);
	if (code == 0)
		code = dataset_load_reference(line, line->args[2], &b);
	if (code == 0)
		diff(line, a, b);
	reference_close(a);
	reference_close(b);
	return code;
}
