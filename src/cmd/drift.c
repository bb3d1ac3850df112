/*
 * drift.c -- mlwatch drift REF DATA: one data set against a reference, without agent or store. For CI and notebooks.
 */
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/json_out.h"
#include "mlwatch/sketch.h"
#include "mlwatch/utf8.h"

#include "command_private.h"
#include "dataset.h"

#define LIMIT_DEFAULT 0.1
#define SHARE_DEFAULT 0.3

struct drift_options {
	struct dataset_options data;
	double limit, share;
	int judge, correction;
};

#define AT(f) offsetof(struct drift_options, f)
static const struct option_spec options[] = {
    {"limit", 0, OPTION_DOUBLE, "SIZE", "KS or total variation that is drift; 2.5 times it is critical (default 0.1)",
     AT(limit), NULL},
    {"judge", 0, OPTION_CHOICE, "size|pvalue",
     "size: over the limit and p < 0.05; pvalue: p < 0.05, critical p < 0.001 (default size)", AT(judge), NULL},
    {"correction", 0, OPTION_CHOICE, "none|bonferroni|holm|bh",
     "of the p-values for the number of columns (default none)", AT(correction), NULL},
    {"share", 0, OPTION_DOUBLE, "SHARE", "of the columns that may drift before action is required (default 0.3)",
     AT(share), NULL},
    {"model", 0, OPTION_STRING, "MODEL", "only records of this model (default: all)", AT(data.model), NULL},
    {"model-version", 0, OPTION_STRING, "VERSION", "only records of this version (default: all)", AT(data.version),
     NULL},
    DATASET_OPTIONS(struct drift_options, data),
};
static const struct drift_options defaults = {.limit = LIMIT_DEFAULT, .share = SHARE_DEFAULT};

/* ---- JSON ---- */

static json_t *
number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *
side_json(const struct drift_side *s, bool categorical)
{
	if (categorical)
		return json_pack("{sI}", "missing", (json_int_t)s->missing);
	return json_pack("{so so so so sI}", "mean", number(s->mean), "stddev", number(s->stddev), "min",
			 number(s->min), "max", number(s->max), "missing", (json_int_t)s->missing);
}

static json_t *
feature_json(const struct drift_feature *f)
{
	bool categorical = f->reference->categorical;
	json_t *o = json_pack("{so ss sI sI sb}", "name", json_text(f->reference->name), "type",
			      categorical ? "categorical" : "numeric", "n_reference", (json_int_t)f->n_reference,
			      "n_current", (json_int_t)f->n_current, "analysed", f->analysed);

	if (categorical)
		json_object_set_new(o, "chi2",
				    json_pack("{so so so}", "statistic", number(f->analysed ? f->chi2.statistic : NAN),
					      "dof", number(f->analysed ? f->chi2.dof : NAN), "pvalue",
					      number(f->pvalue)));
	else
		json_object_set_new(o, "ks",
				    json_pack("{so so ss so}", "statistic", number(f->ks.statistic), "pvalue",
					      number(f->pvalue), "method", ks_method_word[f->method], "bound",
					      number(f->ks.bound)));
	json_object_set_new(o, "pvalue_adjusted", number(f->pvalue_adjusted));
	json_object_set_new(o, "psi", number(f->psi));
	json_object_set_new(o, "psi_pvalue", number(f->psi_pvalue));
	json_object_set_new(o, "js", number(f->js));
	json_object_set_new(o, "hellinger", number(f->hellinger));
	json_object_set_new(o, "tvd", number(f->tvd));
	json_object_set_new(o, "wasserstein", number(f->wasserstein));
	json_object_set_new(o, "wasserstein_normed", number(f->wasserstein_normed));
	json_object_set_new(o, "wasserstein_bound", number(f->wasserstein_bound));
	if (categorical)
		json_object_set_new(o, "new_share", number(f->new_share));
	json_object_set_new(o, "invalid", json_integer((json_int_t)f->invalid));
	json_object_set_new(o, "reference", side_json(&f->ref, categorical));
	json_object_set_new(o, "current", side_json(&f->cur, categorical));
	json_object_set_new(o, "severity", json_string(drift_severity_word[f->severity]));
	return o;
}

static void
print_json(const struct drift_report *r, const struct reference *ref, const struct drift_options *o)
{
	static const char *const judges[] = {"size", "pvalue"}, *const corrections[] = {"none", "bonferroni", "holm",
											"bh"};
	json_t *features = json_array();

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(features, feature_json(&r->at[i]));
	json_print(stdout,
		   json_pack("{ss so so s{sf ss ss sf} so s{sI sI sf sb}}", "schema", "mlwatch.drift/1", "model",
			     json_text(reference_model(ref)), "version", json_text(reference_version(ref)), "policy",
			     "limit", o->limit, "judge", judges[o->judge], "correction", corrections[o->correction],
			     "share", o->share, "features", features, "summary", "columns", (json_int_t)r->columns,
			     "drifted", (json_int_t)r->drifted, "share", r->share_drifted, "action_required",
			     r->action_required),
		   isatty(STDOUT_FILENO));
}

static void
print_jsonl(const struct drift_report *r)
{
	for (size_t i = 0; i < r->n; i++)
		json_print(stdout, feature_json(&r->at[i]), 0);
}

static void
csv_name(const char *s)
{
	if (strpbrk(s, ",\"\r\n") == NULL) {
		fputs(s, stdout);
		return;
	}
	putchar('"');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			putchar('"');
		putchar(*s);
	}
	putchar('"');
}

static void
csv_number(double v)
{
	if (isfinite(v))
		printf(",%.17g", v);
	else
		putchar(',');
}

static void
print_csv(const struct drift_report *r)
{
	puts("name,type,n_reference,n_current,statistic,pvalue,psi,js,hellinger,tvd,wasserstein,reference_mean,current_"
	     "mean,severity");
	for (size_t i = 0; i < r->n; i++) {
		const struct drift_feature *f = &r->at[i];
		const double v[] = {f->statistic, f->pvalue,      f->psi,      f->js,      f->hellinger,
				    f->tvd,       f->wasserstein, f->ref.mean, f->cur.mean};

		csv_name(f->reference->name);
		printf(",%s,%.0f,%.0f", f->reference->categorical ? "categorical" : "numeric", f->n_reference,
		       f->n_current);
		for (size_t k = 0; k < sizeof v / sizeof *v; k++)
			csv_number(v[k]);
		printf(",%s\n", drift_severity_word[f->severity]);
	}
}

/* ---- text ---- */

/* Groups of columns, the first to go first when the terminal is narrow. Name, statistic, p-value, PSI and severity always stay. */
enum group { GROUP_SHAPES, GROUP_MEANS, GROUP_TYPE, GROUP_SIZES, GROUPS };
static const int group_width[GROUPS] = {[GROUP_SHAPES] = 19, [GROUP_MEANS] = 22, [GROUP_TYPE] = 13, [GROUP_SIZES] = 22};
#define ALWAYS_WIDTH 45
#define NAME_MIN     8

struct look {
	bool color, utf8, show[GROUPS];
	int name_width;
};

static struct look
look_of(const struct command_line *line, const struct drift_report *r)
{
	struct look l = {command_color(line->common, stdout), dataset_utf8(), {true, true, true, true}, NAME_MIN};
	int width = dataset_width(), beside = ALWAYS_WIDTH;

	for (size_t i = 0; i < r->n; i++) {
		const char *name = r->at[i].reference->name;
		int n = (int)utf8_count(name, strlen(name));

		l.name_width = n > l.name_width ? n : l.name_width;
	}
	if (width == 0)
		return l;
	for (int g = 0; g < GROUPS; g++)
		beside += group_width[g];
	for (int g = 0; g < GROUPS && beside + l.name_width > width; g++) {
		l.show[g] = false;
		beside -= group_width[g];
	}
	if (beside + l.name_width > width)
		l.name_width = width - beside > NAME_MIN ? width - beside : NAME_MIN;
	return l;
}

static void
print_name(const char *name, int width)
{
	size_t n = strlen(name), at = 0;
	int used = 0;
	uint32_t cp;

	while (at < n && used < width) {
		at += utf8_decode(name + at, n - at, &cp);
		used++;
	}
	printf("%.*s%*s", (int)at, name, width - used, "");
}

static void
print_number(int width, double v)
{
	if (isfinite(v))
		printf("  %*.4g", width, v);
	else
		printf("  %*s", width, "-");
}

static void
print_shape(const float *v, size_t n)
{
	float most = 0;

	for (size_t i = 0; i < n; i++)
		most = v[i] > most ? v[i] : most;
	putchar(' ');
	for (size_t i = 0; i < n; i++)
		fputs(dataset_block(most > 0 ? v[i] / most : 0), stdout);
	printf("%*s", (int)(8 - n), "");
}

static void
print_severity(const struct drift_feature *f, const struct look *l)
{
	static const char *const glyph[] = {"✓ ", "▲ ", "✗ "}, *const color[] = {"", "\033[33m", "\033[31m"};
	const char *word = f->severity == DRIFT_NONE ? "ok" : drift_severity_word[f->severity];

	printf("  %s", l->color ? color[f->severity] : "");
	if (l->utf8)
		fputs(f->analysed ? glyph[f->severity] : "- ", stdout);
	printf("%-8s%s", f->analysed ? word : "no data", l->color && f->severity != DRIFT_NONE ? "\033[0m" : "");
}

static void
print_feature(const struct drift_feature *f, const struct look *l)
{
	print_name(f->reference->name, l->name_width);
	if (l->show[GROUP_TYPE])
		printf("  %-11s", f->reference->categorical ? "categorical" : "numeric");
	if (l->show[GROUP_SIZES])
		printf("  %9.0f  %9.0f", f->n_reference, f->n_current);
	print_number(9, f->statistic);
	if (f->pvalue == 0) /* not nothing, but less than a double can say */
		printf("  %10s", "<1e-300");
	else
		print_number(10, f->pvalue);
	print_number(8, f->psi);
	print_severity(f, l);
	if (l->show[GROUP_MEANS]) {
		print_number(9, f->ref.mean);
		print_number(9, f->cur.mean);
	}
	if (l->show[GROUP_SHAPES]) {
		putchar(' ');
		print_shape(f->shape_ref, f->n_shape);
		print_shape(f->shape_cur, f->n_shape);
	}
	putchar('\n');
}

static void
print_heading(const struct look *l)
{
	print_name("FEATURE", l->name_width);
	if (l->show[GROUP_TYPE])
		printf("  %-11s", "TYPE");
	if (l->show[GROUP_SIZES])
		printf("  %9s  %9s", "N REF", "N CURRENT");
	printf("  %9s  %10s  %8s  %-*s", "STATISTIC", "P-VALUE", "PSI", l->utf8 ? 10 : 8, "SEVERITY");
	if (l->show[GROUP_MEANS])
		printf("  %9s  %9s", "REF MEAN", "CUR MEAN");
	puts(l->show[GROUP_SHAPES] ? "  REF      CURRENT" : "");
}

/* What the table has no column for. */
static void
print_remarks(const struct drift_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct drift_feature *f = &r->at[i];
		const char *name = f->reference->name;

		if (f->invalid > 0)
			printf("'%s': values that are no numbers: %llu\n", name, (unsigned long long)f->invalid);
		else if (!f->analysed)
			printf("'%s': no values in the data\n", name);
		if (f->new_share > 0)
			printf("'%s': %.3g %% of the rows are in categories that the reference has not\n", name,
			       100 * f->new_share);
	}
}

static void
print_text(const struct command_line *line, const struct drift_report *r)
{
	struct look l = look_of(line, r);

	print_heading(&l);
	for (size_t i = 0; i < r->n; i++)
		print_feature(&r->at[i], &l);
	putchar('\n');
	print_remarks(r);
	printf("%zu column%s analysed, %zu drifted (%.0f %%): %s\n", r->columns, r->columns == 1 ? "" : "s", r->drifted,
	       100 * r->share_drifted, r->action_required ? "action required" : "no action required");
}

/* ---- the command ---- */

/* A reference file, or one made of a data set for this comparison only. */
static int
open_reference(const struct command_line *line, const char *path, struct reference **out)
{
	const struct drift_options *o = line->options;
	struct baseline_spec spec = {
	    .head = {"", "", "", 0}, .fine = true, .missing = {o->data.missing.at, o->data.missing.n}};
	struct table_sink sink;
	struct table_spec table;
	struct baseline *b;
	struct err e = ERR_INIT;
	int code;

	if (dataset_is_reference(path))
		return dataset_load_reference(line, path, out);
	if (dataset_spec(&table, &o->data, path, &e) < 0)
		return command_fail(line, &e);
	b = baseline_open(&spec);
	sink = baseline_sink(b);
	code = dataset_read(line, "reference", &table, &sink, 1);
	if (code == 0)
		*out = baseline_finish(b, dataset_note, (void *)(uintptr_t)line);
	baseline_close(b);
	malloc_trim(0); /* the values are not needed any more, their pages are */
	return code;
}

static int
check_options(const struct command_line *line, const struct drift_options *o)
{
	if (line->n_args != 2)
		return command_usage(line, "takes a reference and a data set");
	if (strcmp(line->args[0], "-") == 0 && strcmp(line->args[1], "-") == 0)
		return command_usage(line, "only one of the two can be stdin");
	if (!(o->limit >= 0 && o->limit <= 1))
		return command_usage(line, "--limit is between 0 and 1");
	if (!(o->share >= 0 && o->share <= 1))
		return command_usage(line, "--share is between 0 and 1");
	return 0;
}

static int
print_report(const struct command_line *line, const struct drift_report *r, const struct reference *ref)
{
	struct err e = ERR_INIT;

	if (r->columns == 0) {
		err_set(&e, ERR_FILE, "'%s' has no values in any column of '%s'", line->args[1], line->args[0]);
		return command_fail(line, &e);
	}
	switch (line->common->output) {
	case OUTPUT_JSON:
		print_json(r, ref, line->options);
		break;
	case OUTPUT_JSONL:
		print_jsonl(r);
		break;
	case OUTPUT_CSV:
		print_csv(r);
		break;
	default:
		print_text(line, r);
	}
	return r->action_required ? 1 : 0;
}

static int
drift_run(const struct command_line *line)
{
	const struct drift_options *o = line->options;
	const struct drift_policy policy = {(enum judge)o->judge, o->limit, (enum correction)o->correction, o->share};
	const struct table_words missing = {o->data.missing.at, o->data.missing.n};
	struct table_sink sinks[TABLE_WORKERS];
	struct table_spec table;
	struct reference *ref = NULL;
	struct compare *c = NULL;
	struct drift_report report;
	struct err e = ERR_INIT;
	int code = check_options(line, o);

	if (code == 0)
		code = open_reference(line, line->args[0], &ref);
	if (code == 0 && dataset_spec(&table, &o->data, line->args[1], &e) < 0)
		code = command_fail(line, &e);
	if (code == 0) {
		c = compare_open(ref, &missing, TABLE_WORKERS);
		for (size_t i = 0; i < TABLE_WORKERS; i++)
			sinks[i] = compare_sink(c, i);
		code = dataset_read(line, "drift", &table, sinks, TABLE_WORKERS);
	}
	if (code == 0) {
		report = compare_finish(c, &policy);
		code = print_report(line, &report, ref);
	}
	compare_close(c);
	reference_close(ref);
	return code;
}

const struct command command_drift = {
    .name = "drift",
    .summary = "a data set against a reference: which features drifted, and is action required?",
    .usage = "drift REF DATA",
    .description = "REF is a reference made by 'mlwatch baseline', or a data set; DATA is a data set: CSV or JSON "
		   "lines, plain or gzip, '-' for "
		   "stdin. Both may be larger than memory: they are read once, in chunks.\n\n"
		   "A feature drifted when its distance from the reference (KS for numbers, total variation for "
		   "categories) is over "
		   "--limit and the difference is not chance (p < 0.05). --judge pvalue gives the classical report "
		   "instead: with many rows it "
		   "calls everything drift.\n\n"
		   "Exact: counts, means, the KS statistic and all distances on bins when the reference has at most as "
		   "many distinct values as "
		   "bins (1,000 in a reference file; a data set as REF gets up to 10,000). Otherwise the KS statistic "
		   "is at most its stated bound too low.\n\n"
		   "Exit code 0: no action required; 1: action required.",
    .examples = "drift train.csv today.csv\ndrift fraud.json predictions.jsonl --json\n"
		"# gate a deployment in CI: stricter than the default\ndrift fraud.json candidate.csv --limit 0.05 "
		"--share 0.1\n",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .defaults = &defaults,
    .options_size = sizeof(struct drift_options),
    .common = COMMON_LISTS | COMMON_PROGRESS,
    .run = drift_run,
};
