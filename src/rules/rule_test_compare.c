/*
 * rule_test_compare.c -- what a rule unit test expected against what came out, and the words of promtool when they
 * differ.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"
#include "mlwatch/series_notation.h"
#include "rule_test_private.h"

/* ---- text ---- */

static void
add_quoted(struct buf *out, const char *s)
{
	buf_addc(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else if (*s == '\n' || *s == '\t' || *s == '\r')
			buf_addf(out, "\\%c", *s == '\n' ? 'n' : *s == '\t' ? 't' : 'r');
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

/* {__name__="up", job="a"} */
static void
add_labels(struct buf *out, struct labels l)
{
	buf_addc(out, '{');
	for (size_t i = 0; i < l.n; i++) {
		if (i > 0)
			buf_addstr(out, ", ");
		if (label_name_is_legacy(l.at[i].name))
			buf_addstr(out, l.at[i].name);
		else
			add_quoted(out, l.at[i].name);
		buf_addc(out, '=');
		add_quoted(out, l.at[i].value);
	}
	buf_addc(out, '}');
}

/* Shortest digits, always with an exponent of two digits: 1.25E+00. */
static void
add_value(struct buf *out, double v)
{
	char text[64];
	double back;

	if (isnan(v) || isinf(v)) {
		buf_addstr(out, isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
		return;
	}
	for (int digits = 0; digits < 18; digits++) {
		snprintf(text, sizeof text, "%.*E", digits, v);
		if (num_parse(text, strlen(text), &back) && back == v)
			break;
	}
	buf_addstr(out, text);
}

static void
add_duration(struct buf *out, int64_t ms)
{
	duration_format(out, ms);
}

/* ---- alerts ---- */

struct alert_list {
	struct arena *mem;
	const char *name;
	struct test_alert *at;
	size_t n, cap;
};

static void
list_add(struct alert_list *l, struct labels labels, struct labels annotations)
{
	if (l->n == l->cap) {
		size_t more = l->cap == 0 ? 8 : l->cap * 2;
		l->at = arena_realloc(l->mem, l->at, l->cap * sizeof *l->at, more * sizeof *l->at);
		l->cap = more;
	}
	l->at[l->n++] = (struct test_alert){labels, annotations};
}

static void
collect_firing(void *arg, const struct alert_view *v)
{
	struct alert_list *l = arg;

	if (v->state == ALERT_FIRING && strcmp(v->name, l->name) == 0)
		list_add(l, labels_copy(l->mem, v->labels), labels_copy(l->mem, v->annotations));
}

static int
by_labels(const void *a, const void *b)
{
	const struct test_alert *x = a, *y = b;
	int c = labels_cmp(x->labels, y->labels);

	return c != 0 ? c : labels_cmp(x->annotations, y->annotations);
}

static bool
same_alerts(const struct alert_list *a, const struct alert_list *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = labels_equal(a->at[i].labels, b->at[i].labels) &&
		       labels_equal(a->at[i].annotations, b->at[i].annotations);
	return same;
}

static void
add_alerts(struct buf *out, const struct alert_list *l)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < l->n; i++) {
		buf_addf(out, "%s\n            %zu:\n              Labels:", i > 0 ? "," : "", i);
		add_labels(out, l->at[i].labels);
		buf_addstr(out, "\n              Annotations:");
		add_labels(out, l->at[i].annotations);
	}
	buf_addstr(out, l->n > 0 ? "\n            ]" : "]");
}

static struct labels
with_alertname(struct arena *mem, struct labels l, const char *name)
{
	struct label *at = arena_alloc(mem, (l.n + 1) * sizeof *at);
	size_t n = 0;
	bool put = false;

	for (size_t i = 0; i < l.n; i++) {
		int c = strcmp(l.at[i].name, "alertname");
		if (c >= 0 && !put) {
			at[n++] = (struct label){"alertname", name};
			put = true;
		}
		if (c != 0)
			at[n++] = l.at[i];
	}
	if (!put)
		at[n++] = (struct label){"alertname", name};
	return (struct labels){at, n};
}

static int
compare_lists(const void *a, const void *b)
{
	return by_labels(a, b);
}

void
test_compare_alerts(struct test_run *run, const struct test_alerts *expected)
{
	struct alert_list exp = {.mem = run->mem}, got = {.mem = run->mem, .name = expected->alertname};
	struct buf b = BUF_INIT;

	rule_set_alerts(run->rules, collect_firing, &got);
	for (size_t i = 0; i < expected->n; i++)
		list_add(&exp, with_alertname(run->mem, expected->at[i].labels, expected->alertname),
			 expected->at[i].annotations);
	if (exp.n > 1)
		qsort(exp.at, exp.n, sizeof *exp.at, compare_lists);
	if (got.n > 1)
		qsort(got.at, got.n, sizeof *got.at, compare_lists);
	if (same_alerts(&exp, &got))
		return;
	if (*run->c->name != '\0')
		buf_addf(&b, "    name: %s,\n", run->c->name);
	buf_addf(&b, "    alertname: %s, time: ", expected->alertname);
	add_duration(&b, expected->eval_ms);
	buf_addstr(&b, ", \n        exp:");
	add_alerts(&b, &exp);
	buf_addstr(&b, ", \n        got:");
	add_alerts(&b, &got);
	report_failure(run->report, buf_str(&b));
	buf_release(&b);
}

/* ---- expressions ---- */

struct sample {
	struct labels labels;
	double v;
	const char *histogram; /* in series notation; NULL for a number */
};

static int
sample_cmp(const void *a, const void *b)
{
	return labels_cmp(((const struct sample *)a)->labels, ((const struct sample *)b)->labels);
}

static const char *
histogram_text(struct arena *mem, const struct histogram *h)
{
	struct buf b = BUF_INIT;

	histogram_format_test(&b, histogram_compact(mem, h));
	const char *text = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return text;
}

static void
expr_failed(struct test_run *run, const struct test_expr *x, const char *why)
{
	struct buf b = BUF_INIT;

	if (*run->c->name != '\0')
		buf_addf(&b, "    name: %s,\n", run->c->name);
	buf_addstr(&b, "    expr: ");
	add_quoted(&b, x->expr);
	buf_addstr(&b, ", time: ");
	add_duration(&b, x->eval_ms);
	buf_addf(&b, ", err: %s", why);
	report_failure(run->report, buf_str(&b));
	buf_release(&b);
}

static int
expect_sample(struct test_run *run, const struct test_sample *from, struct sample *to, struct err *e)
{
	const char *rest;
	struct series_value *values;
	size_t n;

	to->v = from->value;
	if (from->labels != NULL && from->labels[strspn(from->labels, " \t\n")] != '\0') {
		if (series_labels_parse(run->mem, from->labels, &to->labels, &rest, e) < 0)
			return -1;
		if (rest[strspn(rest, " \t\n")] != '\0')
			return err_set(e, ERR_FILE, "unexpected text after the labels: '%.60s'", rest);
	}
	if (from->histogram == NULL || *from->histogram == '\0')
		return 0;
	if (series_values_parse(run->mem, from->histogram, &values, &n, e) < 0)
		return -1;
	if (n != 1)
		return err_set(e, ERR_FILE, "expected 1 value, got %zu", n);
	if (values[0].h == NULL)
		return err_set(e, ERR_FILE, "expected histogram, got a number");
	to->histogram = histogram_text(run->mem, values[0].h);
	return 0;
}

static void
add_samples(struct buf *out, const struct sample *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addstr(out, ", ");
		add_labels(out, s[i].labels);
		buf_addc(out, ' ');
		if (s[i].histogram != NULL)
			buf_addstr(out, s[i].histogram);
		else
			add_value(out, s[i].v);
	}
	if (n == 0)
		buf_addstr(out, "nil");
}

static bool
same_value(double a, double b, bool fuzzy)
{
	return a == b || (fuzzy && (nextafter(a, -INFINITY) == b || nextafter(a, INFINITY) == b));
}

static bool
same_samples(const struct sample *a, size_t na, const struct sample *b, size_t nb, bool fuzzy)
{
	bool same = na == nb;

	for (size_t i = 0; same && i < na; i++) {
		same = labels_equal(a[i].labels, b[i].labels) && (a[i].histogram == NULL) == (b[i].histogram == NULL);
		if (same && a[i].histogram != NULL)
			same = strcmp(a[i].histogram, b[i].histogram) == 0;
		else if (same)
			same = same_value(a[i].v, b[i].v, fuzzy);
	}
	return same;
}

static struct sample *
samples_of(struct arena *mem, const struct promql_result *r, size_t *n)
{
	struct sample *s = arena_calloc(mem, r->n + 1, sizeof *s);

	if (r->type == VALUE_SCALAR) {
		s[0].v = r->scalar;
		*n = 1;
		return s;
	}
	*n = r->n;
	for (size_t i = 0; i < r->n; i++) {
		s[i].labels = labels_copy(mem, r->vector[i].labels);
		s[i].v = r->vector[i].v;
		if (r->vector[i].h != NULL)
			s[i].histogram = histogram_text(mem, r->vector[i].h);
	}
	return s;
}

static int
evaluate(struct test_run *run, const struct test_expr *x, struct sample **got, size_t *n, struct err *e)
{
	struct promql_result r = {0};
	struct expr *parsed = promql_parse(x->expr, e);
	int rc = -1;

	if (parsed == NULL) {
		char text[400];
		snprintf(text, sizeof text, "%d:%d: parse error: %.350s", e->line, e->column, e->text);
		err_clear(e);
		return err_set(e, ERR_FILE, "%s", text);
	}
	if (promql_instant(&run->promql, parsed, run->c->start_ms + x->eval_ms, &r, e) == 0) {
		if (r.type == VALUE_VECTOR || r.type == VALUE_SCALAR) {
			*got = samples_of(run->mem, &r, n);
			rc = 0;
		} else {
			err_set(e, ERR_FILE, "rule result is not a vector or scalar");
		}
	}
	promql_result_release(&r);
	expr_close(parsed);
	return rc;
}

void
test_compare_expr(struct test_run *run, const struct test_expr *x)
{
	struct sample *exp = arena_calloc(run->mem, x->n + 1, sizeof *exp), *got = NULL;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	size_t n = 0;

	if (evaluate(run, x, &got, &n, &e) < 0) {
		expr_failed(run, x, e.text);
		return;
	}
	for (size_t i = 0; i < x->n; i++) {
		if (expect_sample(run, &x->at[i], &exp[i], &e) < 0) {
			expr_failed(run, x,
				    arena_printf(run->mem, "labels \"%s\": %s",
						 x->at[i].labels != NULL ? x->at[i].labels : "", e.text));
			return;
		}
	}
	if (x->n > 1)
		qsort(exp, x->n, sizeof *exp, sample_cmp);
	if (n > 1)
		qsort(got, n, sizeof *got, sample_cmp);
	if (same_samples(exp, x->n, got, n, run->file->fuzzy))
		return;
	if (*run->c->name != '\0')
		buf_addf(&b, "    name: %s,\n", run->c->name);
	buf_addstr(&b, "    expr: ");
	add_quoted(&b, x->expr);
	buf_addstr(&b, ", time: ");
	add_duration(&b, x->eval_ms);
	buf_addstr(&b, ",\n        exp: ");
	add_samples(&b, exp, x->n);
	buf_addstr(&b, "\n        got: ");
	add_samples(&b, got, n);
	report_failure(run->report, buf_str(&b));
	buf_release(&b);
}
