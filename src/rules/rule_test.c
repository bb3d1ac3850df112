/*
 * rule_test.c -- runs rule unit tests as promtool does: time goes from the start in steps of the evaluation interval; at
 * each step the samples up to it are there, every group is evaluated, what it records can be queried, and alerts that
 * are asked for at or after it (and before the next step) are compared. Expressions are compared at the end, over all
 * that was loaded and recorded.
 */
#include "mlwatch/rule_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/matcher.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/series_notation.h"
#include "mlwatch/xalloc.h"
#include "rule_test_private.h"

#define MAX_STEPS 10000000

static void
append(char ***list, size_t *n, const char *text)
{
	*list = xreallocarray(*list, *n + 1, sizeof **list);
	(*list)[(*n)++] = xstrdup(text);
}

void
report_failure(struct rule_test_report *r, const char *text)
{
	append(&r->failures, &r->n_failures, text);
}

static void
report_warning(struct rule_test_report *r, const char *text)
{
	append(&r->warnings, &r->n_warnings, text);
}

void
rule_test_release(struct rule_test_report *r)
{
	path_list_free(r->failures, r->n_failures);
	path_list_free(r->warnings, r->n_warnings);
	*r = (struct rule_test_report){0};
}

/* ---- input series ---- */

struct input {
	struct labels labels;
	struct series_value *values;
	size_t n, next;
};

struct inputs {
	struct input *at;
	size_t n;
};

static int
series_mistake(struct test_run *run, const char *what, const char *text, const struct err *e)
{
	struct buf b = BUF_INIT;

	if (*run->c->name != '\0')
		buf_addf(&b, "    name: %s,\n", run->c->name);
	buf_addf(&b, "    %s: \"%s\", err: ", what, text);
	if (e->column > 0)
		buf_addf(&b, "%d: ", e->column);
	buf_addstr(&b, e->text);
	report_failure(run->report, buf_str(&b));
	buf_release(&b);
	return -1;
}

static int
read_inputs(struct test_run *run, struct inputs *in)
{
	const struct test_case *c = run->c;

	in->at = arena_calloc(run->mem, c->n_series + 1, sizeof *in->at);
	for (size_t i = 0; i < c->n_series; i++) {
		struct input one = {0};
		struct err e = ERR_INIT;
		const char *rest = "", *series = c->series[i].series != NULL ? c->series[i].series : "";
		const char *values = c->series[i].values != NULL ? c->series[i].values : "";
		if (series_labels_parse(run->mem, series, &one.labels, &rest, &e) < 0)
			return series_mistake(run, "series", series, &e);
		if (rest[strspn(rest, " \t\n")] != '\0') {
			err_set(&e, ERR_FILE, "unexpected text after the labels: '%.60s'", rest);
			return series_mistake(run, "series", series, &e);
		}
		if (one.labels.n == 0) {
			err_set(&e, ERR_FILE, "a series needs a label");
			return series_mistake(run, "series", series, &e);
		}
		if (series_values_parse(run->mem, values, &one.values, &one.n, &e) < 0)
			return series_mistake(run, "values", values, &e);
		size_t at = 0;
		while (at < in->n && !labels_equal(in->at[at].labels, one.labels))
			at++;
		in->at[at] = one; /* the later of two equal ones counts */
		in->n += at == in->n;
	}
	return 0;
}

static void
feed(struct test_run *run, struct inputs *in, int64_t until)
{
	const struct test_case *c = run->c;

	for (size_t i = 0; i < in->n; i++) {
		struct input *s = &in->at[i];
		for (; s->next < s->n; s->next++) {
			int64_t t = c->start_ms + (int64_t)s->next * c->interval_ms;
			const struct series_value *v = &s->values[s->next];
			if (t > until)
				break;
			if (v->omitted)
				continue;
			if (v->h != NULL)
				memory_storage_append_histogram(run->storage, s->labels, t, v->h);
			else
				memory_storage_append(run->storage, s->labels, t, v->v);
		}
	}
}

/* ---- rules ---- */

static int
load_rules(struct test_run *run, const char *path, struct errlist *mistakes)
{
	const struct test_file *f = run->file;
	const struct rule_set_spec spec = {f->evaluation_interval_ms, run->c->external_labels, run->c->external_url};
	struct rule_file **files = NULL;
	size_t n = 0, cap = 0;
	bool good = true;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < f->n_rule_files; i++) {
		char *pattern = path_beside(path, f->rule_files[i]), **found = NULL;
		size_t n_found = 0;
		if (path_glob(pattern, &found, &n_found, &e) < 0)
			n_found = 0;
		for (size_t k = 0; k < n_found; k++) {
			struct rule_file *file = rule_file_load(found[k], mistakes);
			good = good && file != NULL;
			if (file == NULL)
				continue;
			xgrow(files, n, cap);
			files[n++] = file;
		}
		path_list_free(found, n_found);
		free(pattern);
	}
	run->rules = rule_set_open(&spec);
	rule_set_load(run->rules, files, n, NULL, &e);
	free(files);
	return good ? 0 : -1;
}

static size_t
order_of(const struct test_file *f, const struct rule_group *g)
{
	for (size_t i = 0; i < f->n_order; i++) {
		if (strcmp(f->order[i], rule_group_name(g)) == 0)
			return i;
	}
	return 0; /* as promtool: with the first */
}

/* Stable, so that groups without a place keep the order of the files. */
static void
order_groups(struct test_run *run)
{
	size_t n = rule_set_groups(run->rules);

	run->groups = arena_alloc(run->mem, (n + 1) * sizeof *run->groups);
	for (size_t i = 0; i < n; i++) {
		struct rule_group *g = rule_set_group(run->rules, i);
		size_t at = i;
		while (at > 0 && order_of(run->file, run->groups[at - 1]) > order_of(run->file, g)) {
			run->groups[at] = run->groups[at - 1];
			at--;
		}
		run->groups[at] = g;
	}
}

static void
record(void *arg, struct labels l, int64_t t, double v, const struct histogram *h)
{
	struct test_run *run = arg;

	if (h != NULL)
		memory_storage_append_histogram(run->storage, l, t, h);
	else
		memory_storage_append(run->storage, l, t, v);
}

static void
rule_failed(struct test_run *run, const struct rule *r, int64_t since)
{
	struct buf b = BUF_INIT;

	if (*run->c->name != '\0')
		buf_addf(&b, "    name: %s,\n", run->c->name);
	buf_addf(&b, "    rule: %s, time: ", r->def->name);
	duration_format(&b, since);
	buf_addf(&b, ", err: %s", r->error);
	report_failure(run->report, buf_str(&b));
	buf_release(&b);
}

/* All groups at t. -1 when a rule failed: the test ends there. */
static int
evaluate_groups(struct test_run *run, int64_t t)
{
	const struct rule_sink sink = {.arg = run, .sample = record};
	size_t failed = 0;

	for (size_t i = 0; i < rule_set_groups(run->rules); i++) {
		struct rule_group *g = run->groups[i];
		if (rule_group_eval(g, &run->promql, t, &sink) == 0)
			continue;
		for (size_t k = 0; k < g->n_rules; k++) {
			if (g->rules[k].error == NULL)
				continue;
			rule_failed(run, &g->rules[k], t - run->c->start_ms);
			failed++;
		}
	}
	return failed == 0 ? 0 : -1;
}

/* ---- one test ---- */

static int64_t
last_eval_time(const struct test_case *c)
{
	int64_t last = 0;

	for (size_t i = 0; i < c->n_alerts; i++)
		last = c->alerts[i].eval_ms > last ? c->alerts[i].eval_ms : last;
	for (size_t i = 0; i < c->n_exprs; i++)
		last = c->exprs[i].eval_ms > last ? c->exprs[i].eval_ms : last;
	return last;
}

static int
check_alert_tests(struct test_run *run)
{
	const struct test_case *c = run->c;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < c->n_alerts; i++) {
		if (*c->alerts[i].alertname != '\0')
			continue;
		buf_addstr(&b, "an item under alert_rule_test misses required attribute alertname at eval_time ");
		duration_format(&b, c->alerts[i].eval_ms);
		if (*c->name != '\0')
			buf_addf(&b, " (in TestGroup %s)", c->name);
		report_failure(run->report, buf_str(&b));
		buf_release(&b);
		return -1;
	}
	return 0;
}

/* The alert tests whose time is in [since, until), in the order of their times. */
static void
compare_due(struct test_run *run, int64_t since, int64_t until)
{
	const struct test_case *c = run->c;
	int64_t done = since - 1;

	for (;;) {
		int64_t next = until;
		for (size_t i = 0; i < c->n_alerts; i++) {
			int64_t t = c->alerts[i].eval_ms;
			if (t > done && t >= since && t < next)
				next = t;
		}
		if (next == until)
			return;
		for (size_t i = 0; i < c->n_alerts; i++) {
			if (c->alerts[i].eval_ms == next)
				test_compare_alerts(run, &c->alerts[i]);
		}
		done = next;
	}
}

static void
run_steps(struct test_run *run)
{
	const struct test_case *c = run->c;
	int64_t step = run->file->evaluation_interval_ms, last = last_eval_time(c);
	struct inputs in = {0};

	if (read_inputs(run, &in) < 0 || check_alert_tests(run) < 0)
		return;
	if (last / step > MAX_STEPS) {
		report_failure(run->report, "    more than 10000000 evaluations up to the last eval_time");
		return;
	}
	for (int64_t since = 0; since <= last; since += step) {
		feed(run, &in, c->start_ms + since);
		if (evaluate_groups(run, c->start_ms + since) < 0)
			return;
		compare_due(run, since, since + step);
	}
	feed(run, &in, INT64_MAX);
	for (size_t i = 0; i < c->n_exprs; i++)
		test_compare_expr(run, &c->exprs[i]);
}

static void
run_case(const struct test_file *f, const struct test_case *c, const char *path, const struct rule_test_options *o,
	 struct rule_test_report *r, struct errlist *mistakes)
{
	struct test_run run = {.file = f, .c = c, .report = r, .mem = arena_open(), .storage = memory_storage_open()};

	run.promql = (struct promql){.storage = memory_storage_view(run.storage),
				     .references = o->references,
				     .subquery_step_ms = f->evaluation_interval_ms};
	r->tests++;
	if (load_rules(&run, path, mistakes) == 0) {
		order_groups(&run);
		run_steps(&run);
	}
	rule_set_close(run.rules);
	memory_storage_close(run.storage);
	arena_close(run.mem);
}

/* ---- one file ---- */

/* Patterns that match nothing are told, and the same rule file's mistakes only once. */
static bool
check_rule_files(const struct test_file *f, const char *path, struct rule_test_report *r, struct errlist *mistakes)
{
	bool good = true;

	for (size_t i = 0; i < f->n_rule_files; i++) {
		struct err e = ERR_INIT;
		char *pattern = path_beside(path, f->rule_files[i]), **found = NULL, text[512];
		size_t n = 0;
		if (path_glob(pattern, &found, &n, &e) < 0 || n == 0) {
			snprintf(text, sizeof text, "no file match pattern %.400s", pattern);
			report_warning(r, text);
		}
		for (size_t k = 0; k < n; k++) {
			struct rule_file *file = rule_file_load(found[k], mistakes);
			good = good && file != NULL;
			rule_file_close(file);
		}
		path_list_free(found, n);
		free(pattern);
	}
	return good;
}

static bool
check_order(const struct test_file *f, struct rule_test_report *r)
{
	char text[300];

	for (size_t i = 0; i < f->n_order; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(f->order[i], f->order[k]) != 0)
				continue;
			snprintf(text, sizeof text, "group name repeated in evaluation order: %.200s", f->order[i]);
			report_failure(r, text);
			return false;
		}
	}
	return true;
}

static bool
wanted(const struct rule_test_options *o, struct regex *re, const char *name)
{
	return o->run == NULL || regex_match(re, name);
}

bool
rule_test_file(const char *path, const struct rule_test_options *o, struct rule_test_report *r,
	       struct errlist *mistakes)
{
	size_t before = mistakes->errors;
	struct regex *re = NULL;
	struct err e = ERR_INIT;
	struct test_file f;

	*r = (struct rule_test_report){0};
	if (o->run != NULL && (re = regex_open_search(o->run, &e)) == NULL) {
		report_failure(r, e.text);
		return false;
	}
	if (test_file_read(&f, path, mistakes) == 0 && check_order(&f, r) && check_rule_files(&f, path, r, mistakes)) {
		for (size_t i = 0; i < f.n_cases; i++) {
			char unnamed[40];
			snprintf(unnamed, sizeof unnamed, "unnamed#%zu", i);
			if (wanted(o, re, *f.cases[i].name != '\0' ? f.cases[i].name : unnamed))
				run_case(&f, &f.cases[i], path, o, r, mistakes);
		}
	}
	test_file_release(&f);
	regex_close(re);
	return r->n_failures == 0 && mistakes->errors == before;
}
