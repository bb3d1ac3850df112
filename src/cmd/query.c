/*
 * query.c -- `mlwatch query`: PromQL now, over a range, and which series and labels there are. Reads the store.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/command.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"
#include "mlwatch/prom_json.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"
#include "query_http.h"
#include "query_print.h"

struct query_options {
	int64_t time, start, end, step;
	bool fail_on_empty;
	const char *url;
};

#define AT(f) offsetof(struct query_options, f)
static const struct option_spec options[] = {
    {"time", 't', OPTION_TIME, "TIME", "evaluate at this time (default now)", AT(time), NULL},
    {"start", 0, OPTION_TIME, "TIME", "begin of the range (default an hour before the end)", AT(start), NULL},
    {"end", 0, OPTION_TIME, "TIME", "end of the range (default now)", AT(end), NULL},
    {"step", 0, OPTION_DURATION, "DURATION", "one value each (default the range by 250)", AT(step), NULL},
    {"url", 0, OPTION_STRING, "URL", "ask this server instead of the store, Prometheus' API (default: the store)",
     AT(url), NULL},
    {"fail-on-empty", 0, OPTION_FLAG, NULL, "exit 1 when there is no result (default off)", AT(fail_on_empty), NULL},
};
static const struct query_options defaults = {-1, -1, -1, 0, false, NULL};

/* ---- results for people ---- */

static void
print_value(double v, const struct histogram *h)
{
	struct buf text = BUF_INIT;
	char number[NUM_MAX];

	if (h != NULL)
		histogram_format(&text, h);
	num_api(number, v);
	printf("%s", h != NULL ? buf_str(&text) : number);
	buf_release(&text);
}

static void
print_labels(struct labels l)
{
	struct buf text = BUF_INIT;

	labels_format(&text, l);
	printf("%s", buf_str(&text));
	buf_release(&text);
}

static void
print_matrix(const struct promql_result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		print_labels(r->matrix[i].labels);
		printf(" =>\n");
		for (size_t k = 0; k < r->matrix[i].n; k++) {
			const struct point *p = &r->matrix[i].points[k];
			char t[32];

			rfc3339_format(t, p->t);
			print_value(p->v, p->h);
			printf(" @[%s]\n", t);
		}
	}
}

static void
print_result(const struct promql_result *r)
{
	char t[32];

	rfc3339_format(t, r->t);
	switch (r->type) {
	case VALUE_SCALAR:
		printf("scalar: ");
		print_value(r->scalar, NULL);
		printf(" @[%s]\n", t);
		break;
	case VALUE_STRING:
		printf("%s\n", r->string);
		break;
	case VALUE_MATRIX:
		print_matrix(r);
		break;
	default:
		for (size_t i = 0; i < r->n; i++) {
			print_labels(r->vector[i].labels);
			printf(" => ");
			print_value(r->vector[i].v, r->vector[i].h);
			rfc3339_format(t, r->vector[i].t);
			printf(" @[%s]\n", t);
		}
		break;
	}
}

static int
show(const struct command_line *line, const struct promql_result *r)
{
	const struct query_options *o = line->options;
	const bool empty = (r->type == VALUE_VECTOR || r->type == VALUE_MATRIX) && r->n == 0;

	if (line->common->output != OUTPUT_TEXT) {
		query_print(line, r);
	} else {
		print_result(r);
		for (size_t i = 0; i < r->n_annotations; i++)
			fprintf(stderr, "%s: %s\n", r->annotations[i].info ? "info" : "warning",
				r->annotations[i].text);
		if (empty && !line->common->quiet)
			fprintf(stderr, "no result\n");
	}
	return empty && o->fail_on_empty ? 1 : 0;
}

/* ---- the verbs ---- */

/* An error in the expression is the user's: the line, a caret, as in a file. */
static int
bad_expression(const struct command_line *line, const char *text, const struct err *e)
{
	struct errlist all = ERRLIST_INIT;

	errlist_add_err(&all, "query", text, e);
	command_errors(line, &all);
	errlist_release(&all);
	return ERR_USAGE;
}

static int
instant(const struct command_line *line, struct reader *rd, const struct expr *x)
{
	const struct query_options *o = line->options;
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	int rc;

	if (promql_instant(reader_promql(rd), x, o->time >= 0 ? o->time : clock_now(), &r, &e) < 0)
		rc = e.line > 0 ? bad_expression(line, expr_text(x), &e) : command_fail(line, &e);
	else
		rc = show(line, &r);
	promql_result_release(&r);
	return rc;
}

static int
range(const struct command_line *line, struct reader *rd, const struct expr *x)
{
	const struct query_options *o = line->options;
	const int64_t end = o->end >= 0 ? o->end : clock_now();
	const int64_t start = o->start >= 0 ? o->start : end - MS_HOUR;
	int64_t step = o->step > 0 ? o->step : (end - start) / 250 / MS_SECOND * MS_SECOND;
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	int rc;

	if (end < start)
		return command_usage(line, "--end is before --start");
	if (step < MS_SECOND && o->step == 0)
		step = MS_SECOND;
	if (promql_range(reader_promql(rd), x, start, end, step, &r, &e) < 0)
		rc = e.line > 0 ? bad_expression(line, expr_text(x), &e) : command_fail(line, &e);
	else
		rc = show(line, &r);
	promql_result_release(&r);
	return rc;
}

struct select_context {
	struct arena *mem;
	struct series_list list;
	const struct storage *storage;
	int64_t mint, maxt;
	struct err *e;
	int rc;
};

static void
on_selector(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	struct select_context *c = arg;
	const struct select q = {
	    .matchers = m, .n_matchers = n, .mint = c->mint, .maxt = c->maxt, .flags = SELECT_LABELS_ONLY};

	(void)range_ms;
	(void)function;
	if (c->storage->select(c->storage->self, &q, c->mem, &c->list, c->e) < 0)
		c->rc = -1;
}

static int
by_labels(const void *a, const void *b)
{
	return labels_cmp(((const struct series *)a)->labels, ((const struct series *)b)->labels);
}

/* Series that a selector matches in the range; every series when there is none. */
static int
select_series(const struct command_line *line, struct reader *rd, const char *const *selectors, size_t n,
	      struct select_context *c)
{
	const struct query_options *o = line->options;

	c->storage = reader_promql(rd)->storage;
	c->maxt = o->end >= 0 ? o->end : clock_now();
	c->mint = o->start >= 0 ? o->start : 0;
	for (size_t i = 0; i < n && c->rc == 0; i++) {
		struct expr *x = promql_parse(selectors[i], c->e);

		if (x == NULL)
			return bad_expression(line, selectors[i], c->e);
		expr_each_selector(x, on_selector, c);
		expr_close(x);
	}
	if (c->rc < 0)
		return command_fail(line, c->e);
	if (c->list.n > 0)
		qsort(c->list.at, c->list.n, sizeof *c->list.at, by_labels);
	return 0;
}

static void
print_series(const struct command_line *line, const struct series_list *l)
{
	struct query_list list = query_list_begin(line, "series");

	for (size_t i = 0; i < l->n; i++)
		if (i == 0 || !labels_equal(l->at[i].labels, l->at[i - 1].labels))
			query_list_labels(&list, l->at[i].labels);
	query_list_end(&list);
}

static int
verb_series(const struct command_line *line, struct reader *rd)
{
	struct err e = ERR_INIT;
	struct select_context c = {.mem = arena_open(), .e = &e};
	int rc;

	if (line->n_args < 2)
		rc = command_usage(line, "which series? give a selector like '{job=\"fraud\"}'");
	else
		rc = select_series(line, rd, line->args + 1, line->n_args - 1, &c);
	if (rc == 0)
		print_series(line, &c.list);
	arena_close(c.mem);
	return rc;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
print_words(const struct command_line *line, const char **word, size_t n)
{
	struct query_list list = query_list_begin(line, line->n_args > 1 ? line->args[1] : "label");

	qsort(word, n, sizeof *word, by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(word[i], word[i - 1]) != 0)
			query_list_word(&list, word[i]);
	query_list_end(&list);
}

/* `labels NAME`: its values; `labels`: the names. */
static int
verb_labels(const struct command_line *line, struct reader *rd)
{
	static const char *const all[] = {"{__name__!=\"\"}"};
	struct err e = ERR_INIT;
	struct select_context c = {.mem = arena_open(), .e = &e};
	int rc = select_series(line, rd, line->n_args > 2 ? line->args + 2 : all,
			       line->n_args > 2 ? line->n_args - 2 : 1, &c);
	const char *name = line->n_args > 1 ? line->args[1] : NULL;
	size_t n = 0, most = 1;
	const char **word;

	for (size_t i = 0; i < c.list.n; i++)
		most += c.list.at[i].labels.n;
	word = arena_calloc(c.mem, most, sizeof *word);
	for (size_t i = 0; i < c.list.n; i++) {
		struct labels l = c.list.at[i].labels;

		for (size_t k = 0; k < l.n; k++)
			if (name == NULL)
				word[n++] = l.at[k].name;
			else if (strcmp(l.at[k].name, name) == 0)
				word[n++] = l.at[k].value;
	}
	if (rc == 0)
		print_words(line, word, n);
	arena_close(c.mem);
	return rc;
}

static int
evaluate(const struct command_line *line, struct reader *rd)
{
	const bool is_range = strcmp(line->args[0], "range") == 0;
	const bool has_verb = is_range || strcmp(line->args[0], "instant") == 0;
	struct err e = ERR_INIT;
	struct expr *x;
	int rc;

	if (line->n_args != (has_verb ? 2u : 1u))
		return command_usage(line, line->n_args < 2 ? "which expression?" : "one expression, please: quote it");
	x = promql_parse(line->args[has_verb ? 1 : 0], &e);
	if (x == NULL)
		return bad_expression(line, line->args[has_verb ? 1 : 0], &e);
	rc = is_range ? range(line, rd, x) : instant(line, rd, x);
	expr_close(x);
	return rc;
}

static int
run(const struct command_line *line)
{
	const struct query_options *o = line->options;
	struct reader *rd;
	struct err e = ERR_INIT;
	char *path;
	int rc;

	if (line->n_args == 0)
		return command_usage(line, "which expression?");
	if (o->url != NULL)
		return query_over_http(line, o->url, o->time, o->start, o->end, o->step);
	path = command_store_path(line, &rc);
	if (path == NULL)
		return rc;
	if (reader_open(&rd, path, &e) < 0)
		rc = command_fail(line, &e);
	else if (strcmp(line->args[0], "series") == 0)
		rc = verb_series(line, rd);
	else if (strcmp(line->args[0], "labels") == 0)
		rc = verb_labels(line, rd);
	else
		rc = evaluate(line, rd);
	if (e.kind == ERR_NONE)
		reader_close(rd);
	free(path);
	return rc;
}

static const char *const verbs[] = {"instant", "range", "series", "labels", NULL};

const struct command command_query = {
    .name = "query",
    .summary = "PromQL now or over a range; which series and labels there are",
    .usage = "query EXPR\nquery range EXPR [--start TIME] [--end TIME] [--step DURATION]\nquery series "
	     "SELECTOR...\nquery labels [NAME [SELECTOR...]]",
    .description = "Reads the store, whether the agent runs or not. --json prints the body that Prometheus' HTTP API "
		   "would, -o jsonl a series per line, -o csv a value per line.",
    .examples = "query 'sum by (model) (rate(ml_predictions_total[5m]))'\nquery range 'drift_ks(ml_feature[15m])' "
		"--start -6h --step 5m\n",
    .verbs = verbs,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct query_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_LISTS | COMMON_UTC | COMMON_SEEN,
    .run = run,
};
