/*
 * promqltest.c -- runs scripts of Prometheus' promqltest format against the engine.
 *
 *     promqltest [--suite NAME] [-v] FILE...
 *
 * Every instant eval is run again with @ on its selectors at other times and inside a range query, as the original
 * runner does. Prints one line: NAME: N passed, M failed; what failed goes to stderr.
 */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/matcher.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/num.h"
#include "mlwatch/promql.h"
#include "mlwatch/series_notation.h"
#include "mlwatch/xalloc.h"

#include "../../src/promql/ast.h" /* where selectors end */

/* The original allows 10,000, but counts only what a series has in one range, where we count all that is loaded. */
#define MAX_SAMPLES 50000

enum expect_kind {
	EXPECT_FAIL,
	EXPECT_WARN,
	EXPECT_INFO,
	EXPECT_NO_WARN,
	EXPECT_NO_INFO,
	EXPECT_ORDERED,
	EXPECT_STRING,
	EXPECT_RANGE
};

struct expect {
	enum expect_kind kind;
	char how; /* 0, 'm'essage, 'r'egex */
	char *text;
};

struct wanted {
	struct labels labels;
	struct series_value *values;
	size_t n;
};

struct test { /* one eval */
	const char *file;
	int line;
	bool range, type_and_unit;
	int64_t start, end, step;
	const char *expr;
	struct expect expects[32];
	size_t n_expects;
	struct wanted *wanted;
	size_t n_wanted, cap_wanted;
	bool has_scalar;
	double scalar;
	int64_t rv_start, rv_end, rv_step;
	struct arena *mem;
	struct buf why;
};

struct script {
	const char *file;
	char **lines;
	size_t n, at;
	struct memory_storage *storage;
	size_t passed, failed, unreadable;
	bool verbose;
};

static const char *
skip(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* What cannot be read fails the eval or load that it is in, not the whole run. */
static void
bad(struct script *s, const char *what)
{
	fprintf(stderr, "FAIL %s:%zu: %s: %s\n", s->file, s->at + 1, what, s->at < s->n ? s->lines[s->at] : "");
	s->unreadable++;
}

static void
because(struct test *t, const char *fmt, ...)
{
	va_list ap;

	buf_addstr(&t->why, "    ");
	va_start(ap, fmt);
	buf_vaddf(&t->why, fmt, ap);
	va_end(ap);
	buf_addc(&t->why, '\n');
}

/* --- comparing --- */

static bool
same_float(double a, double b)
{
	double sum, diff;

	if (num_is_stale(a) || num_is_stale(b))
		return num_is_stale(a) && num_is_stale(b);
	if ((isnan(a) && isnan(b)) || a == b)
		return true;
	sum = fabs(a) + fabs(b);
	diff = fabs(a - b);
	if (a == 0 || b == 0 || sum < 2.2250738585072014e-308)
		return diff < 1e-6 * 2.2250738585072014e-308;
	return diff / fmin(sum, 1.7976931348623157e308) < 1e-6;
}

static bool
same_side(const struct buckets *a, const struct buckets *b)
{
	if (a->n_spans != b->n_spans || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n_spans; i++)
		if (a->spans[i].offset != b->spans[i].offset || a->spans[i].length != b->spans[i].length)
			return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_float(a->counts[i], b->counts[i]))
			return false;
	return true;
}

static bool
same_histogram(struct arena *mem, const struct histogram *want, const struct histogram *got)
{
	want = histogram_compact(mem, want);
	if (want->hint != RESET_UNKNOWN && want->hint != got->hint)
		return false;
	got = histogram_compact(mem, got);
	if (want->schema != got->schema || want->zero_threshold != got->zero_threshold ||
	    want->n_custom != got->n_custom)
		return false;
	for (size_t i = 0; i < want->n_custom; i++)
		if (want->custom[i] != got->custom[i])
			return false;
	return same_float(want->count, got->count) && same_float(want->sum, got->sum) &&
	       same_float(want->zero_count, got->zero_count) && same_side(&want->pos, &got->pos) &&
	       same_side(&want->neg, &got->neg);
}

static const char *
value_text(struct arena *mem, double v, const struct histogram *h)
{
	char num[NUM_MAX];
	struct buf b = BUF_INIT;
	const char *s;

	if (h == NULL) {
		snprintf(num, sizeof num, "%.17g", v);
		return arena_strdup(mem, num);
	}
	histogram_format_test(&b, h);
	s = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return s;
}

static const char *
labels_text(struct arena *mem, struct labels l)
{
	struct buf b = BUF_INIT;
	const char *s;

	labels_format(&b, l);
	s = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool
same_value(struct test *t, const struct series_value *want, double v, const struct histogram *h)
{
	if ((want->h != NULL) != (h != NULL))
		return false;
	return h != NULL ? same_histogram(t->mem, want->h, h) : same_float(want->v, v);
}

static void
differs(struct test *t, struct labels l, int64_t at, const struct series_value *want, double v,
	const struct histogram *h)
{
	because(t, "%s at %lld: expected %s, got %s", labels_text(t->mem, l), (long long)at,
		value_text(t->mem, want->v, want->h), value_text(t->mem, v, h));
}

static size_t
find_wanted(const struct test *t, struct labels l)
{
	size_t i = 0;

	while (i < t->n_wanted && !labels_equal(t->wanted[i].labels, l))
		i++;
	return i;
}

static bool
has_expect(const struct test *t, enum expect_kind kind)
{
	for (size_t i = 0; i < t->n_expects; i++)
		if (t->expects[i].kind == kind)
			return true;
	return false;
}

static void
compare_vector(struct test *t, const struct promql_result *r, bool ordered)
{
	bool *seen = calloc(t->n_wanted + 1, sizeof *seen);

	for (size_t i = 0; i < r->n; i++) {
		const struct vector_sample *s = &r->vector[i];
		size_t at = find_wanted(t, s->labels);

		if (at == t->n_wanted) {
			because(t, "unexpected series %s with value %s", labels_text(t->mem, s->labels),
				value_text(t->mem, s->v, s->h));
			continue;
		}
		if (seen[at])
			because(t, "series %s is there twice", labels_text(t->mem, s->labels));
		seen[at] = true;
		if (ordered && at != i)
			because(t, "expected %s at place %zu, is at %zu", labels_text(t->mem, s->labels), at, i);
		if (t->wanted[at].n == 0 || !same_value(t, &t->wanted[at].values[0], s->v, s->h))
			differs(t, s->labels, r->t, &t->wanted[at].values[0], s->v, s->h);
	}
	for (size_t i = 0; i < t->n_wanted; i++)
		if (!seen[i] && t->wanted[i].n > 0 && !t->wanted[i].values[0].omitted)
			because(t, "missing series %s", labels_text(t->mem, t->wanted[i].labels));
	free(seen);
}

static void
compare_series(struct test *t, const struct wanted *w, const struct matrix_series *m, int64_t start, int64_t step)
{
	size_t k = 0;

	for (size_t i = 0; i < w->n; i++) {
		int64_t at = start + (int64_t)i * step;

		if (w->values[i].omitted)
			continue;
		if (k >= m->n || m->points[k].t != at) {
			because(t, "%s: no point at %lld (next is %lld)", labels_text(t->mem, w->labels), (long long)at,
				k < m->n ? (long long)m->points[k].t : -1);
			return;
		}
		if (!same_value(t, &w->values[i], m->points[k].v, m->points[k].h))
			differs(t, w->labels, at, &w->values[i], m->points[k].v, m->points[k].h);
		k++;
	}
	if (k < m->n)
		because(t, "%s: unexpected point at %lld: %s", labels_text(t->mem, w->labels),
			(long long)m->points[k].t, value_text(t->mem, m->points[k].v, m->points[k].h));
}

static void
compare_matrix(struct test *t, const struct promql_result *r, int64_t start, int64_t step)
{
	for (size_t i = 0; i < r->n; i++) {
		size_t at = find_wanted(t, r->matrix[i].labels);

		if (i > 0 && labels_cmp(r->matrix[i - 1].labels, r->matrix[i].labels) >= 0)
			because(t, "matrix is not sorted by labels");
		if (at == t->n_wanted)
			because(t, "unexpected series %s, first value %s at %lld",
				labels_text(t->mem, r->matrix[i].labels),
				value_text(t->mem, r->matrix[i].points[0].v, r->matrix[i].points[0].h),
				(long long)r->matrix[i].points[0].t);
		else
			compare_series(t, &t->wanted[at], &r->matrix[i], start, step);
	}
	for (size_t i = 0; i < t->n_wanted; i++) {
		size_t k = 0;

		while (k < r->n && !labels_equal(r->matrix[k].labels, t->wanted[i].labels))
			k++;
		if (k == r->n)
			because(t, "missing series %s", labels_text(t->mem, t->wanted[i].labels));
	}
}

static bool
text_matches(const struct expect *e, const char *text)
{
	struct buf anywhere = BUF_INIT;
	struct regex *re;
	bool ok;

	if (e->how == 0)
		return true;
	if (e->how == 'm')
		return strcmp(e->text, text) == 0;
	buf_addf(&anywhere, ".*(?:%s).*", e->text);
	re = regex_open(buf_str(&anywhere), NULL);
	ok = re != NULL && regex_match(re, text);
	regex_close(re);
	buf_release(&anywhere);
	return ok;
}

static void
check_notes(struct test *t, const struct promql_result *r, bool info)
{
	enum expect_kind yes = info ? EXPECT_INFO : EXPECT_WARN, no = info ? EXPECT_NO_INFO : EXPECT_NO_WARN;
	const char *word = info ? "info" : "warning";
	size_t count = 0;
	bool texts = false;

	for (size_t i = 0; i < r->n_annotations; i++) {
		if (r->annotations[i].info != info)
			continue;
		count++;
		if (has_expect(t, no))
			because(t, "unexpected %s: %s", word, r->annotations[i].text);
	}
	if (!has_expect(t, yes))
		return;
	if (count == 0)
		because(t, "expected a %s", word);
	for (size_t k = 0; k < t->n_expects; k++) {
		bool found = false;

		if (t->expects[k].kind != yes || t->expects[k].how == 0)
			continue;
		texts = true;
		for (size_t i = 0; i < r->n_annotations; i++)
			found |= r->annotations[i].info == info && text_matches(&t->expects[k], r->annotations[i].text);
		if (!found)
			because(t, "expected %s '%s'", word, t->expects[k].text);
	}
	for (size_t i = 0; texts && i < r->n_annotations; i++) {
		bool found = r->annotations[i].info != info;

		for (size_t k = 0; k < t->n_expects; k++)
			found |= t->expects[k].kind == yes && t->expects[k].how != 0 &&
				 text_matches(&t->expects[k], r->annotations[i].text);
		if (!found)
			because(t, "unexpected %s: %s", word, r->annotations[i].text);
	}
}

/* --- running --- */

static struct promql
engine(const struct script *s, const struct test *t)
{
	return (struct promql){.storage = memory_storage_view(s->storage),
			       .limits = {.max_samples = MAX_SAMPLES, .timeout_ms = 20000},
			       .type_and_unit_labels = t->type_and_unit};
}

static void
check_failure(struct test *t, const struct err *e, bool parsing)
{
	char full[700];

	for (size_t i = 0; i < t->n_expects; i++) {
		if (t->expects[i].kind != EXPECT_FAIL)
			continue;
		snprintf(full, sizeof full, "%d:%d: parse error: %s", e->line, e->column, e->text);
		if (!text_matches(&t->expects[i], e->text) && !(parsing && text_matches(&t->expects[i], full)))
			because(t, "expected failure '%s', got '%s'", t->expects[i].text, e->text);
	}
}

static void
compare_result(struct test *t, const struct promql_result *r, bool main_run)
{
	for (size_t i = 0; i < t->n_expects; i++)
		if (t->expects[i].kind == EXPECT_STRING &&
		    (r->type != VALUE_STRING || strcmp(r->string, t->expects[i].text) != 0))
			because(t, "expected string '%s', got '%s'", t->expects[i].text,
				r->type == VALUE_STRING ? r->string : "no string");
	if (has_expect(t, EXPECT_STRING))
		return;
	if (has_expect(t, EXPECT_RANGE)) {
		compare_matrix(t, r, t->rv_start, t->rv_step);
	} else if (r->type == VALUE_SCALAR) {
		if (!t->has_scalar || !same_float(t->scalar, r->scalar))
			because(t, "expected scalar %.17g, got %.17g", t->scalar, r->scalar);
	} else if (r->type == VALUE_VECTOR) {
		if (t->has_scalar)
			because(t, "expected a scalar, got a vector");
		compare_vector(t, r, main_run && has_expect(t, EXPECT_ORDERED));
	} else if (r->type == VALUE_MATRIX) {
		compare_matrix(t, r, t->start, t->step);
	}
}

static void
run_once(struct script *s, struct test *t, const struct expr *x, int64_t at, bool main_run)
{
	struct promql p = engine(s, t);
	struct promql_result r;
	struct err e = ERR_INIT;
	int rc = t->range ? promql_range(&p, x, t->start, t->end, t->step, &r, &e) : promql_instant(&p, x, at, &r, &e);

	if (rc < 0) {
		if (has_expect(t, EXPECT_FAIL))
			check_failure(t, &e, false);
		else
			because(t, "failed: %s", e.text);
	} else if (has_expect(t, EXPECT_FAIL)) {
		because(t, "did not fail");
	} else {
		compare_result(t, &r, main_run);
		if (main_run) {
			check_notes(t, &r, false);
			check_notes(t, &r, true);
		}
	}
	promql_result_release(&r);
}

/* The step of a range query in the middle must be what the instant query gave. */
static void
run_as_range(struct script *s, struct test *t, const struct expr *x)
{
	struct promql p = engine(s, t);
	struct promql_result r, v = {.type = VALUE_VECTOR, .t = t->start};
	struct err e = ERR_INIT;

	if (promql_range(&p, x, t->start - 60000, t->start + 60000, 60000, &r, &e) < 0) {
		because(t, "as a range query: %s", e.text);
		promql_result_release(&r);
		return;
	}
	v.vector = arena_calloc(t->mem, r.n + 1, sizeof *v.vector);
	for (size_t i = 0; i < r.n; i++)
		for (size_t k = 0; k < r.matrix[i].n; k++)
			if (r.matrix[i].points[k].t == t->start)
				v.vector[v.n++] = (struct vector_sample){
				    r.matrix[i].labels, t->start, r.matrix[i].points[k].v, r.matrix[i].points[k].h};
	size_t before = t->why.len;
	if (expr_type(x) == VALUE_SCALAR) {
		if (v.n != 1 || !same_float(t->scalar, v.vector[0].v))
			because(t, "scalar differs");
	} else {
		compare_vector(t, &v, false);
	}
	if (t->why.len > before)
		because(t, "^ in a range query");
	promql_result_release(&r);
}

/* Puts @ time on every selector and subquery that has none: at the ends found by printing. */
static const char *const unsafe_at[] = {
    "time()",  "timestamp", "predict_linear", "minute(", "hour(", "month(", "year(",    "day_of",   "days_in",
    "start()", "end()",     "step()",         "range()", "info(", "STEP()", "smoothed", "anchored", "start_timestamp"};

static bool
at_safe(const char *expr)
{
	for (size_t i = 0; i < sizeof unsafe_at / sizeof *unsafe_at; i++)
		if (strstr(expr, unsafe_at[i]) != NULL)
			return false;
	return true;
}

/* These say something else in a range query. */
static bool
of_query(const char *expr)
{
	return strstr(expr, "start()") != NULL || strstr(expr, "end()") != NULL || strstr(expr, "step()") != NULL ||
	       strstr(expr, "range()") != NULL;
}

struct ends {
	uint32_t at[256];
	size_t n;
};

static void
find_ends(const struct node *n, struct ends *e)
{
	const struct node *m = n->kind == N_MATRIX ? n->matrix.selector : n;

	switch (n->kind) {
	case N_SUBQUERY: /* what is inside keeps its own times */
	case N_SELECTOR:
	case N_MATRIX:
		if (m->mod.at == AT_NONE && e->n < 256)
			e->at[e->n++] = n->end;
		break;
	case N_PAREN:
		find_ends(n->paren.expr, e);
		break;
	case N_UNARY:
		find_ends(n->unary.expr, e);
		break;
	case N_BINARY:
		find_ends(n->binary.lhs, e);
		find_ends(n->binary.rhs, e);
		break;
	case N_AGGREGATE:
		if (n->aggregate.param != NULL)
			find_ends(n->aggregate.param, e);
		find_ends(n->aggregate.expr, e);
		break;
	case N_CALL:
		for (size_t i = 0; i < n->call.n_args; i++)
			find_ends(n->call.args[i], e);
		break;
	default:
		break;
	}
}

static char *
with_at(struct test *t, const struct expr *x)
{
	struct ends ends = {.n = 0};
	struct buf b = BUF_INIT;
	size_t from = 0;
	char *s;

	find_ends(x->root, &ends);
	for (size_t i = 0; i < ends.n; i++) {
		buf_add(&b, t->expr + from, ends.at[i] - from);
		buf_addf(&b, " @ %lld.%03lld", (long long)t->start / 1000, (long long)t->start % 1000);
		from = ends.at[i];
	}
	buf_addstr(&b, t->expr + from);
	s = arena_strdup(t->mem, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
run_with_at(struct script *s, struct test *t, const struct expr *x)
{
	int64_t times[] = {-10 * t->start, 0, t->start / 5, t->start, 10 * t->start};
	struct err e = ERR_INIT;
	char *text = with_at(t, x);
	struct expr *y = promql_parse(text, &e);

	if (y == NULL) {
		because(t, "cannot parse with @: %s (%s)", e.text, text);
		return;
	}
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		size_t before = t->why.len;

		run_once(s, t, y, times[i], false);
		if (t->why.len > before) {
			because(t, "^ as '%s' at %lld", text, (long long)times[i]);
			break;
		}
	}
	expr_close(y);
}

static void
round_trip(struct test *t, const struct expr *x)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct err e = ERR_INIT;
	struct expr *y;

	expr_print(&a, x);
	y = promql_parse(buf_str(&a), &e);
	if (y == NULL) {
		because(t, "printed as '%s', which does not parse: %s", buf_str(&a), e.text);
	} else {
		expr_print(&b, y);
		if (strcmp(buf_str(&a), buf_str(&b)) != 0)
			because(t, "printed as '%s' and then as '%s'", buf_str(&a), buf_str(&b));
	}
	expr_close(y);
	buf_release(&a);
	buf_release(&b);
}

static void
run_test(struct script *s, struct test *t)
{
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(t->expr, &e);
	bool plain = !has_expect(t, EXPECT_FAIL) && !has_expect(t, EXPECT_STRING) && !has_expect(t, EXPECT_RANGE);

	if (x == NULL) {
		if (has_expect(t, EXPECT_FAIL))
			check_failure(t, &e, true);
		else
			because(t, "does not parse: %d:%d: %s", e.line, e.column, e.text);
	} else {
		round_trip(t, x);
		run_once(s, t, x, t->start, true);
		if (!t->range && plain && at_safe(t->expr))
			run_with_at(s, t, x);
		if (!t->range && plain && !has_expect(t, EXPECT_ORDERED) && !of_query(t->expr))
			run_as_range(s, t, x);
	}
	expr_close(x);
	if (t->why.len == 0) {
		s->passed++;
		return;
	}
	s->failed++;
	fprintf(stderr, "FAIL %s:%d: %s\n%s", t->file, t->line, t->expr, s->verbose ? buf_str(&t->why) : "");
	if (!s->verbose)
		fprintf(stderr, "%.*s\n", (int)strcspn(buf_str(&t->why), "\n"), buf_str(&t->why));
}

/* --- reading the script --- */

static char *
trim(char *line)
{
	char *end;

	while (isspace((unsigned char)*line))
		line++;
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return *line == '#' ? line + strlen(line) : line;
}

static void
read_script(struct script *s, const char *file)
{
	FILE *f = fopen(file, "r");
	char *line = NULL;
	size_t cap = 0, n_cap = 0;

	s->file = file;
	if (f == NULL) {
		perror(file);
		exit(2);
	}
	while (getline(&line, &cap, f) >= 0) {
		xgrow(s->lines, s->n, n_cap);
		s->lines[s->n++] = xstrdup(trim(line));
	}
	free(line);
	fclose(f);
}

static int64_t
read_duration(struct script *s, const char **p)
{
	char word[64];
	size_t n;
	int64_t ms;

	*p = skip(*p);
	n = strcspn(*p, " \t");
	snprintf(word, sizeof word, "%.*s", (int)n, *p);
	*p += n;
	if (duration_parse(word, &ms) < 0) {
		bad(s, "bad duration");
		return 0;
	}
	return ms;
}

static bool
take_word(const char **p, const char *word)
{
	const char *q = skip(*p);
	size_t n = strlen(word);

	if (strncasecmp(q, word, n) != 0 || !(q[n] == '\0' || isspace((unsigned char)q[n])))
		return false;
	*p = skip(q + n);
	return true;
}

/* Start times: durations relative to the samples, "_ -30s-1mx2 0-1mx4". */
static int64_t
signed_duration(struct script *s, const char **p)
{
	char word[64];
	int64_t ms = 0;
	bool minus = **p == '-';
	size_t n;

	if (**p == '-' || **p == '+')
		++*p;
	n = strspn(*p, "0123456789msh");
	snprintf(word, sizeof word, "%.*s", (int)n, *p);
	*p += n;
	if (strcmp(word, "0ms") != 0 && duration_parse(word, &ms) < 0)
		bad(s, "bad start time");
	return minus ? -ms : ms;
}

static void
load_starts(struct script *s, struct labels l, int64_t step, const char *p)
{
	int64_t i = 0;

	for (p = skip(p); *p != '\0'; p = skip(p)) {
		int64_t v, d = 0;
		long times = 0;

		if (*p == '_') {
			p++;
			i += *p == 'x' ? strtol(p + 1, (char **)&p, 10) : 1;
			continue;
		}
		v = signed_duration(s, &p);
		if (*p == '-' || *p == '+')
			d = signed_duration(s, &p);
		if (*p == 'x')
			times = strtol(p + 1, (char **)&p, 10);
		for (long k = 0; k <= times; k++, i++, v += d)
			memory_storage_start(s->storage, l, i * step, i * step + v);
	}
}

struct nhcb {
	struct labels base;
	int64_t t;
	double le, v;
	char part;
};

struct nhcb_list {
	struct nhcb *at;
	size_t n, cap;
};

static bool
ends_with(const char *s, const char *end, size_t *cut)
{
	size_t n = strlen(s), k = strlen(end);

	*cut = n - k;
	return n > k && strcmp(s + n - k, end) == 0;
}

static void
collect_classic(struct nhcb_list *list, struct arena *mem, struct labels l, int64_t t, double v)
{
	static const struct {
		const char *suffix;
		char part;
	} parts[] = {{"_bucket", 'b'}, {"_count", 'c'}, {"_sum", 's'}};
	const char *name = labels_get(l, METRIC_NAME), *le = labels_get(l, "le");
	size_t cut;

	for (size_t i = 0; i < 3; i++) {
		struct nhcb n = {.t = t, .v = v, .part = parts[i].part};

		if (!ends_with(name, parts[i].suffix, &cut))
			continue;
		if (n.part == 'b' && !num_parse(le, strlen(le), &n.le))
			return;
		n.base = labels_with(mem, labels_with(mem, l, "le", ""), METRIC_NAME, arena_strndup(mem, name, cut));
		xgrow(list->at, list->n, list->cap);
		list->at[list->n++] = n;
	}
}

static int
compare_nhcb(const void *a, const void *b)
{
	const struct nhcb *x = a, *y = b;
	int c = labels_cmp(x->base, y->base);

	if (c == 0)
		c = x->t < y->t ? -1 : x->t > y->t;
	if (c == 0)
		c = x->part < y->part ? -1 : x->part > y->part;
	return c != 0 ? c : x->le < y->le ? -1 : x->le > y->le;
}

/* One histogram from the parts [from, to) of one series at one time. */
static void
store_nhcb(struct script *s, const struct nhcb *p, size_t n)
{
	double custom[512], counts[512], prev = 0, highest = 0;
	struct histogram h = {.schema = HIST_CUSTOM, .custom = custom};
	struct span span;
	size_t k = 0;
	bool has_count = false, any = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i].part == 'c') {
			h.count = p[i].v;
			has_count = true;
		} else if (p[i].part == 's') {
			h.sum = p[i].v;
		}
		any |= p[i].part != 's';
	}
	for (size_t i = 0; i < n && k < 511; i++) {
		if (p[i].part != 'b')
			continue;
		highest = fmax(highest, p[i].v);
		if (isinf(p[i].le)) {
			if (!has_count)
				h.count = p[i].v;
			has_count = true;
			continue;
		}
		if (k > 0 && custom[k - 1] == p[i].le)
			continue;
		custom[k] = p[i].le;
		counts[k++] = p[i].v - prev;
		prev = p[i].v;
	}
	if (!any)
		return;
	if (!has_count)
		h.count = highest;
	counts[k] = h.count - prev;
	h.n_custom = k;
	span = (struct span){0, (uint32_t)k + 1};
	h.pos = (struct buckets){1, k + 1, &span, counts};
	struct arena *mem = arena_open();
	memory_storage_append_histogram(s->storage, p[0].base, p[0].t, histogram_compact(mem, &h));
	arena_close(mem);
}

static void
store_all_nhcb(struct script *s, struct nhcb_list *list)
{
	qsort(list->at, list->n, sizeof *list->at, compare_nhcb);
	for (size_t i = 0, k; i < list->n; i = k) {
		for (k = i + 1;
		     k < list->n && labels_equal(list->at[i].base, list->at[k].base) && list->at[i].t == list->at[k].t;
		     k++)
			;
		store_nhcb(s, &list->at[i], k - i);
	}
	free(list->at);
}

static void
load_line(struct script *s, struct arena *mem, const char *line, int64_t step, struct nhcb_list *classic)
{
	struct err e = ERR_INIT;
	struct labels l;
	struct series_value *v;
	const char *rest;
	size_t n;

	if (series_labels_parse(mem, line, &l, &rest, &e) < 0) {
		bad(s, e.text);
		return;
	}
	if (strncmp(rest, "@st", 3) == 0)
		return;
	if (series_values_parse(mem, rest, &v, &n, &e) < 0) {
		bad(s, e.text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i].omitted)
			continue;
		if (v[i].h != NULL)
			memory_storage_append_histogram(s->storage, l, (int64_t)i * step, v[i].h);
		else
			memory_storage_append(s->storage, l, (int64_t)i * step, v[i].v);
		if (classic != NULL && v[i].h == NULL)
			collect_classic(classic, mem, l, (int64_t)i * step, v[i].v);
	}
}

static void
command_load(struct script *s, const char *p, bool nhcb)
{
	struct arena *mem = arena_open();
	int64_t step = read_duration(s, &p);
	struct nhcb_list classic = {0};
	size_t first = ++s->at;

	for (; s->at < s->n && *s->lines[s->at] != '\0'; s->at++)
		load_line(s, mem, s->lines[s->at], step, nhcb ? &classic : NULL);
	for (size_t i = first; i < s->at; i++) {
		struct err e = ERR_INIT;
		struct labels l;
		const char *rest;

		if (series_labels_parse(mem, s->lines[i], &l, &rest, &e) == 0 && strncmp(rest, "@st", 3) == 0)
			load_starts(s, l, step, rest + 3);
	}
	if (nhcb)
		store_all_nhcb(s, &classic);
	arena_close(mem);
}

static char *
unquote(struct arena *mem, const char *p)
{
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(p, &e);
	struct promql q = {0};
	struct promql_result r;
	char *s = NULL;

	if (x != NULL && promql_instant(&q, x, 0, &r, &e) == 0 && r.type == VALUE_STRING)
		s = arena_strdup(mem, r.string);
	promql_result_release(&r);
	expr_close(x);
	return s;
}

static void
read_expect(struct script *s, struct test *t, const char *p)
{
	static const struct {
		const char *word;
		enum expect_kind kind;
	} words[] = {{"fail", EXPECT_FAIL},       {"warn", EXPECT_WARN},       {"info", EXPECT_INFO},
		     {"no_warn", EXPECT_NO_WARN}, {"no_info", EXPECT_NO_INFO}, {"ordered", EXPECT_ORDERED},
		     {"string", EXPECT_STRING},   {"range", EXPECT_RANGE}};
	struct expect *e = &t->expects[t->n_expects];
	size_t i = 0, n = sizeof words / sizeof *words;

	while (i < n && !take_word(&p, words[i].word))
		i++;
	if (i == n || t->n_expects == sizeof t->expects / sizeof *t->expects) {
		bad(s, "unknown expect, or too many");
		return;
	}
	t->n_expects++;
	e->kind = words[i].kind;
	e->text = arena_strdup(t->mem, "");
	if (e->kind == EXPECT_STRING) {
		e->text = unquote(t->mem, p);
	} else if (e->kind == EXPECT_RANGE) {
		take_word(&p, "vector");
		take_word(&p, "from");
		t->rv_start = read_duration(s, &p);
		take_word(&p, "to");
		t->rv_end = read_duration(s, &p);
		take_word(&p, "step");
		t->rv_step = read_duration(s, &p);
	} else if (strncmp(p, "msg:", 4) == 0 || strncmp(p, "regex:", 6) == 0) {
		e->how = p[0] == 'm' ? 'm' : 'r';
		e->text = arena_strdup(t->mem, skip(strchr(p, ':') + 1));
	}
}

static void
read_result_line(struct script *s, struct test *t, const char *line)
{
	struct err e = ERR_INIT;
	struct wanted w = {0};
	const char *rest;

	if (num_parse(line, strlen(line), &t->scalar)) {
		t->has_scalar = true;
		return;
	}
	if (series_labels_parse(t->mem, line, &w.labels, &rest, &e) < 0 ||
	    series_values_parse(t->mem, rest, &w.values, &w.n, &e) < 0) {
		bad(s, e.text);
		return;
	}
	xgrow(t->wanted, t->n_wanted, t->cap_wanted);
	t->wanted[t->n_wanted++] = w;
}

static void
command_eval(struct script *s, const char *p, const char *old)
{
	struct test t = {.file = s->file,
			 .line = (int)s->at + 1,
			 .mem = arena_open(),
			 .type_and_unit = strstr(s->file, "type_and_unit") != NULL};

	size_t unreadable = s->unreadable;

	if (old != NULL)
		read_expect(s, &t, old);
	if (take_word(&p, "instant")) {
		take_word(&p, "at");
		t.start = t.end = read_duration(s, &p);
	} else {
		take_word(&p, "range");
		t.range = true;
		take_word(&p, "from");
		t.start = read_duration(s, &p);
		take_word(&p, "to");
		t.end = read_duration(s, &p);
		take_word(&p, "step");
		t.step = read_duration(s, &p);
	}
	t.expr = skip(p);
	for (s->at++; s->at < s->n && *s->lines[s->at] != '\0'; s->at++) {
		const char *line = s->lines[s->at];

		if (take_word(&line, "expect"))
			read_expect(s, &t, line);
		else
			read_result_line(s, &t, s->lines[s->at]);
	}
	if (s->unreadable > unreadable) {
		s->unreadable = unreadable;
		s->failed++;
	} else {
		run_test(s, &t);
	}
	buf_release(&t.why);
	free(t.wanted);
	arena_close(t.mem);
}

static void
run_script(struct script *s)
{
	while (s->at < s->n) {
		const char *p = s->lines[s->at];

		if (*p == '\0')
			s->at++;
		else if (take_word(&p, "clear"))
			memory_storage_clear(s->storage), s->at++;
		else if (take_word(&p, "load"))
			command_load(s, p, false);
		else if (take_word(&p, "load_with_nhcb"))
			command_load(s, p, true);
		else if (take_word(&p, "eval"))
			command_eval(s, p, NULL);
		else if (take_word(&p, "eval_fail"))
			command_eval(s, p, "fail");
		else if (take_word(&p, "eval_ordered"))
			command_eval(s, p, "ordered");
		else if (take_word(&p, "eval_warn"))
			command_eval(s, p, "warn");
		else if (take_word(&p, "eval_info"))
			command_eval(s, p, "info");
		else
			bad(s, "unknown command"), s->at++;
	}
}

int
main(int argc, char **argv)
{
	const char *suite = "promqltest";
	size_t passed = 0, failed = 0;
	bool verbose = false;

	for (int i = 1; i < argc; i++) {
		struct script s = {.storage = memory_storage_open()};

		if (strcmp(argv[i], "-v") == 0) {
			verbose = true;
		} else if (strcmp(argv[i], "--suite") == 0 && i + 1 < argc) {
			suite = argv[++i];
		} else {
			s.verbose = verbose;
			read_script(&s, argv[i]);
			run_script(&s);
			if (verbose && s.failed > 0)
				fprintf(stderr, "-- %s: %zu passed, %zu failed\n", argv[i], s.passed, s.failed);
		}
		passed += s.passed;
		failed += s.failed + s.unreadable;
		for (size_t k = 0; k < s.n; k++)
			free(s.lines[k]);
		free(s.lines);
		memory_storage_close(s.storage);
	}
	printf("%s: %zu passed, %zu failed\n", suite, passed, failed);
	return failed > 0;
}
