/* rule_test_file.c -- a file of rule unit tests into structs, with promtool's strictness. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/num.h"
#include "rule_test_private.h"

/* Readers need the file's arena; a yaml_file stands first in its test_file. */
static struct test_file *
file_of(struct yaml_file *y)
{
	return (struct test_file *)y;
}

static bool
read_text(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	return yaml_string(y, v, field);
}

static bool
read_texts(struct yaml_file *y, const struct yaml_node *v, const char ***out, size_t *n)
{
	bool good = true;

	if (!yaml_expect(y, v, YAML_LIST, "a list"))
		return false;
	*out = arena_calloc(file_of(y)->mem, v->n + 1, sizeof **out);
	for (size_t i = 0; i < v->n; i++)
		good = yaml_string(y, v->items[i], &(*out)[(*n)++]) && good;
	return good;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

/* Empty values stay: promtool compares what was written. */
static bool
read_labels(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct labels *l = field;
	bool good = true;

	if (!yaml_expect(y, v, YAML_MAP, "a mapping"))
		return false;
	struct label *at = arena_calloc(file_of(y)->mem, v->n + 1, sizeof *at);
	for (size_t i = 0; i < v->n; i++) {
		at[i] = (struct label){v->keys[i]->text, ""};
		good = yaml_string(y, v->items[i], &at[i].value) && good;
	}
	if (v->n > 1)
		qsort(at, v->n, sizeof *at, by_name);
	*l = (struct labels){at, v->n};
	return good;
}

/* A list of mappings, each read by a table into an element of an array. */
static bool
read_list(struct yaml_file *y, const struct yaml_node *v, const struct yaml_key *keys, size_t n_keys, size_t size,
	  const char *what, void **out, size_t *n)
{
	bool good = true;

	if (!yaml_expect(y, v, YAML_LIST, "a list"))
		return false;
	*out = arena_calloc(file_of(y)->mem, v->n + 1, size);
	for (size_t i = 0; i < v->n; i++) {
		if (v->items[i]->kind != YAML_NULL)
			good = yaml_read_map(y, v->items[i], keys, n_keys, (char *)*out + *n * size, what) && good;
		(*n)++;
	}
	return good;
}

#define LIST(y, v, keys, what, array, count)                                                                           \
	read_list(y, v, keys, sizeof(keys) / sizeof *(keys), sizeof *(array), what, (void **)&(array), &(count))

/* ---- tables ---- */

static bool
read_start(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	const char *s;
	double seconds;

	if (!yaml_string(y, v, &s))
		return false;
	if (rfc3339_parse(s, strlen(s), field) == 0)
		return true;
	if (num_parse(s, strlen(s), &seconds) && fabs(seconds) < 1e12) {
		*(int64_t *)field = (int64_t)(seconds * 1000);
		return true;
	}
	yaml_error(y, v, "bad-value", "not a time: '%.100s'", s);
	return false;
}

/* A number as YAML has them: 0x10 and 1_000 too. */
static bool
read_value(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	char digits[64], *end;
	size_t n = 0;

	if (v->kind == YAML_SCALAR && v->style == 0 && strpbrk(v->text, "xX_") != NULL &&
	    strlen(v->text) < sizeof digits) {
		for (const char *c = v->text; *c != '\0'; c++) {
			if (*c != '_')
				digits[n++] = *c;
		}
		digits[n] = '\0';
		long long i = strtoll(digits, &end, strpbrk(digits, "xX") != NULL ? 16 : 10);
		if (*end == '\0' && n > 0) {
			*(double *)field = (double)i;
			return true;
		}
	}
	return yaml_double(y, v, field);
}

static bool
keep_series(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_series *s = field;

	s->series_node = v;
	return yaml_string(y, v, &s->series);
}

static bool
keep_values(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_series *s = field;

	s->values_node = v;
	return yaml_string(y, v, &s->values);
}

static const struct yaml_key series_keys[] = {
    {"series", keep_series, 0, false},
    {"values", keep_values, 0, false},
};

static const struct yaml_key alert_keys[] = {
    {"exp_labels", read_labels, offsetof(struct test_alert, labels), false},
    {"exp_annotations", read_labels, offsetof(struct test_alert, annotations), false},
};

static bool
read_alerts(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_alerts *a = field;

	return LIST(y, v, alert_keys, "an expected alert", a->at, a->n);
}

static const struct yaml_key alert_test_keys[] = {
    {"eval_time", yaml_read_duration, offsetof(struct test_alerts, eval_ms), false},
    {"alertname", read_text, offsetof(struct test_alerts, alertname), false},
    {"exp_alerts", read_alerts, 0, false},
};

static const struct yaml_key sample_keys[] = {
    {"labels", read_text, offsetof(struct test_sample, labels), false},
    {"value", read_value, offsetof(struct test_sample, value), false},
    {"histogram", read_text, offsetof(struct test_sample, histogram), false},
};

static bool
read_samples(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_expr *x = field;

	return LIST(y, v, sample_keys, "an expected sample", x->at, x->n);
}

static const struct yaml_key expr_test_keys[] = {
    {"expr", read_text, offsetof(struct test_expr, expr), false},
    {"eval_time", yaml_read_duration, offsetof(struct test_expr, eval_ms), false},
    {"exp_samples", read_samples, 0, false},
};

static bool
read_series(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_case *c = field;

	return LIST(y, v, series_keys, "an input series", c->series, c->n_series);
}

static bool
read_alert_tests(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_case *c = field;

	return LIST(y, v, alert_test_keys, "an alert test", c->alerts, c->n_alerts);
}

static bool
read_expr_tests(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_case *c = field;

	return LIST(y, v, expr_test_keys, "an expression test", c->exprs, c->n_exprs);
}

static const struct yaml_key case_keys[] = {
    {"name", read_text, offsetof(struct test_case, name), false},
    {"interval", yaml_read_duration, offsetof(struct test_case, interval_ms), false},
    {"start_timestamp", read_start, offsetof(struct test_case, start_ms), false},
    {"external_labels", read_labels, offsetof(struct test_case, external_labels), false},
    {"external_url", read_text, offsetof(struct test_case, external_url), false},
    {"input_series", read_series, 0, false},
    {"alert_rule_test", read_alert_tests, 0, false},
    {"promql_expr_test", read_expr_tests, 0, false},
};

static bool
read_rule_files(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_file *f = field;

	return read_texts(y, v, &f->rule_files, &f->n_rule_files);
}

static bool
read_order(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_file *f = field;

	return read_texts(y, v, &f->order, &f->n_order);
}

static bool
read_cases(struct yaml_file *y, const struct yaml_node *v, void *field)
{
	struct test_file *f = field;

	return LIST(y, v, case_keys, "a test", f->cases, f->n_cases);
}

static const struct yaml_key file_keys[] = {
    {"rule_files", read_rule_files, 0, false},
    {"evaluation_interval", yaml_read_duration, offsetof(struct test_file, evaluation_interval_ms), false},
    {"group_eval_order", read_order, 0, false},
    {"fuzzy_compare", yaml_read_bool, offsetof(struct test_file, fuzzy), false},
    {"tests", read_cases, 0, false},
};

/* ---- the file ---- */

static void
fill_in(struct test_file *f)
{
	if (f->evaluation_interval_ms == 0)
		f->evaluation_interval_ms = MS_MINUTE;
	for (size_t i = 0; i < f->n_cases; i++) {
		struct test_case *c = &f->cases[i];
		if (c->interval_ms == 0)
			c->interval_ms = f->evaluation_interval_ms;
		c->name = c->name != NULL ? c->name : "";
		c->external_url = c->external_url != NULL ? c->external_url : "";
		for (size_t k = 0; k < c->n_alerts; k++)
			c->alerts[k].alertname = c->alerts[k].alertname != NULL ? c->alerts[k].alertname : "";
		for (size_t k = 0; k < c->n_exprs; k++)
			c->exprs[k].expr = c->exprs[k].expr != NULL ? c->exprs[k].expr : "";
	}
}

int
test_file_read(struct test_file *f, const char *path, struct errlist *mistakes)
{
	size_t before = mistakes->errors;

	*f = (struct test_file){.mem = arena_open()};
	if (yaml_load(&f->yaml, path, false, mistakes) < 0)
		return -1;
	if (f->yaml.root != NULL && f->yaml.root->kind != YAML_NULL)
		yaml_read_map(&f->yaml, f->yaml.root, file_keys, sizeof file_keys / sizeof *file_keys, f,
			      "a test file");
	fill_in(f);
	return mistakes->errors == before ? 0 : -1;
}

void
test_file_release(struct test_file *f)
{
	yaml_release(&f->yaml);
	arena_close(f->mem);
}
