/*
 * store_text.c -- a store as text and back: OpenMetrics with timestamps, or CSV.
 *
 * OpenMetrics wants a series in one piece and a metric's series side by side, so the series are listed and sorted first and then
 * asked for one by one; memory holds one series. What mlwatch counts itself is written as the counter that PromQL sees: its running total
 * at window ends, histograms as NAME_count and NAME_sum.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/command.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/exposition.h"
#include "mlwatch/file.h"
#include "mlwatch/histogram.h"
#include "mlwatch/num.h"
#include "mlwatch/promql.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"
#include "store_text.h"

#define IMPORT_BYTES   (INT64_C(1) << 30)
#define IMPORT_SAMPLES 50000 /* per commit */

/* ---- out ---- */

struct exporter {
	struct store *s;
	const struct store_export *what;
	FILE *to;
	struct err *e;
	struct arena *list_mem, *mem; /* of the list of series; of one series */
	struct series_list list;
	char family[256]; /* the last one whose # TYPE was written */
};

static void
add_matching(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	struct exporter *x = arg;
	struct storage st = store_storage(x->s);
	struct select q = {.matchers = m,
			   .n_matchers = n,
			   .mint = x->what->start - 1,
			   .maxt = x->what->end,
			   .flags = SELECT_LABELS_ONLY};

	(void)range_ms;
	(void)function;
	if (x->what->start == INT64_MIN)
		q.mint = INT64_MIN;
	st.select(st.self, &q, x->list_mem, &x->list, x->e);
}

static int
list_selected(struct exporter *x, const char *selector)
{
	struct expr *expr = promql_parse(selector, x->e);

	if (expr == NULL)
		return -1;
	expr_each_selector(expr, add_matching, x);
	expr_close(expr);
	return err_is_set(x->e) ? -1 : 0;
}

static int
by_labels(const void *a, const void *b)
{
	const struct series *x = a, *y = b;
	int c = strcmp(labels_get(x->labels, METRIC_NAME), labels_get(y->labels, METRIC_NAME));

	return c != 0 ? c : labels_cmp(x->labels, y->labels);
}

static int
list_series(struct exporter *x)
{
	static const char *const all[] = {"{__name__=~\".+\"}"};
	const char *const *at = x->what->n_selectors > 0 ? x->what->selectors : all;
	size_t n = x->what->n_selectors > 0 ? x->what->n_selectors : 1, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (list_selected(x, at[i]) < 0)
			return -1;
	if (x->list.n == 0)
		return 0;
	qsort(x->list.at, x->list.n, sizeof(*x->list.at), by_labels);
	for (size_t i = 1; i < x->list.n; i++) /* two selectors may mean the same */
		if (!labels_equal(x->list.at[kept].labels, x->list.at[i].labels))
			x->list.at[++kept] = x->list.at[i];
	x->list.n = kept + 1;
	return 0;
}

static void
put_quoted(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_addc(b, '\\');
		if (*s == '\n')
			buf_addstr(b, "\\n");
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

/* name{a="b"}, or {"odd name",a="b"} */
static void
put_series(struct buf *b, const char *name, struct labels l)
{
	bool plain = metric_name_is_legacy(name);
	const char *separator = "";

	if (plain)
		buf_addstr(b, name);
	if (plain && l.n <= 1)
		return;
	buf_addc(b, '{');
	if (!plain) {
		put_quoted(b, name);
		separator = ",";
	}
	for (size_t i = 0; i < l.n; i++) {
		if (strcmp(l.at[i].name, METRIC_NAME) == 0)
			continue;
		buf_addstr(b, separator);
		if (label_name_is_legacy(l.at[i].name))
			buf_addstr(b, l.at[i].name);
		else
			put_quoted(b, l.at[i].name);
		buf_addc(b, '=');
		put_quoted(b, l.at[i].value);
		separator = ",";
	}
	buf_addc(b, '}');
}

static void
put_line(struct exporter *x, const char *series, int64_t t, double v)
{
	char number[NUM_MAX], when[32];

	num_g(number, v);
	if (x->what->csv) {
		rfc3339_format(when, t);
		command_csv_field(x->to, series);
		fprintf(x->to, ",%s,%s\n", when, number);
		return;
	}
	int64_t ms = ((t % 1000) + 1000) % 1000, s = (t - ms) / 1000;
	fprintf(x->to, "%s %s %lld.%03d\n", series, number, (long long)s, (int)ms);
}

static void
put_type(struct exporter *x, const char *name, bool counter)
{
	size_t n = strlen(name);
	char family[256];

	if (x->what->csv)
		return;
	if (counter && n > 6 && strcmp(name + n - 6, "_total") == 0)
		n -= 6;
	else
		counter = false;
	snprintf(family, sizeof(family), "%.*s", (int)n, name);
	if (strcmp(family, x->family) == 0 || !metric_name_is_legacy(name))
		return;
	snprintf(x->family, sizeof(x->family), "%s", family);
	fprintf(x->to, "# TYPE %s %s\n", family, counter ? "counter" : "unknown");
}

static void
put_samples(struct exporter *x, const struct series *r)
{
	const char *name = labels_get(r->labels, METRIC_NAME);
	struct buf b = BUF_INIT;

	put_type(x, name, false);
	put_series(&b, name, r->labels);
	for (size_t i = 0; i < r->n; i++)
		if (!num_is_stale(r->points[i].v) && r->points[i].h == NULL)
			put_line(x, buf_str(&b), r->points[i].t, r->points[i].v);
	buf_release(&b);
}

/* The running total of one part of a window series: of its counts or of its sums. */
static void
put_total(struct exporter *x, const struct series *r, const char *suffix, bool sums)
{
	struct buf b = BUF_INIT;
	char name[512];
	double total = sums ? (r->total_before_h != NULL ? r->total_before_h->sum : 0) : r->total_before;

	snprintf(name, sizeof(name), "%s%s", labels_get(r->labels, METRIC_NAME), suffix);
	put_type(x, name, suffix[0] == '\0');
	put_series(&b, name, r->labels);
	for (size_t i = 0; i < r->n; i++) {
		const struct window_point *w = &r->windows[i];
		total += sums ? w->h->sum : w->count;
		put_line(x, buf_str(&b), w->end, total);
	}
	buf_release(&b);
}

static void
put_one(struct exporter *x, const struct series *r, int part)
{
	bool histogram = r->kind == SERIES_WINDOWS && r->n > 0 && r->windows[0].h != NULL;

	if (r->kind == SERIES_SAMPLES && part == 0)
		put_samples(x, r);
	else if (r->kind == SERIES_WINDOWS && !histogram && part == 0)
		put_total(x, r, "", false);
	else if (histogram)
		put_total(x, r, part == 0 ? "_count" : "_sum", part == 1);
}

/* One listed series, by all its labels. Those that have it as a part of theirs are left to their own turn. */
static int
export_series(struct exporter *x, const struct series *one, int part)
{
	struct storage st = store_storage(x->s);
	struct series_list out = {0};
	size_t n = one->labels.n;
	struct matcher *m = xcalloc(n, sizeof(*m));
	int rc = 0;

	arena_reset(x->mem);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = matcher_init(&m[i], MATCH_EQ, one->labels.at[i].name, one->labels.at[i].value, x->e);
	/* a step of one second: every window by itself, at the width that is kept */
	struct select q = {.matchers = m,
			   .n_matchers = n,
			   .maxt = x->what->end,
			   .step_ms = 1000,
			   .range_ms = 1000,
			   .mint = x->what->start == INT64_MIN ? INT64_MIN : x->what->start - 1,
			   .flags = SELECT_TOTALS};
	if (rc == 0)
		rc = st.select(st.self, &q, x->mem, &out, x->e);
	for (size_t i = 0; i < out.n && rc == 0; i++)
		if (out.at[i].kind == one->kind && labels_equal(out.at[i].labels, one->labels))
			put_one(x, &out.at[i], part);
	for (size_t i = 0; i < n; i++)
		matcher_release(&m[i]);
	free(m);
	return rc;
}

/* All series of one metric: first their values or counts, then, of histograms, their sums. */
static int
export_metric(struct exporter *x, size_t first, size_t end)
{
	for (int part = 0; part < 2; part++)
		for (size_t i = first; i < end; i++) {
			if (part == 1 && x->list.at[i].kind == SERIES_SAMPLES)
				continue;
			if (x->what->stop != NULL && x->what->stop())
				return 0;
			if (export_series(x, &x->list.at[i], part) < 0)
				return -1;
		}
	return 0;
}

static int
export_all(struct exporter *x)
{
	if (x->what->csv)
		fputs("series,time,value\n", x->to);
	for (size_t i = 0, j; i < x->list.n; i = j) {
		const char *name = labels_get(x->list.at[i].labels, METRIC_NAME);
		for (j = i + 1; j < x->list.n && strcmp(labels_get(x->list.at[j].labels, METRIC_NAME), name) == 0; j++)
			;
		if (export_metric(x, i, j) < 0)
			return -1;
	}
	if (!x->what->csv)
		fputs("# EOF\n", x->to);
	return 0;
}

int
store_export(struct store *s, const struct store_export *what, FILE *to, struct err *e)
{
	struct err own = ERR_INIT;
	struct exporter x = {.s = s, .what = what, .to = to, .e = e != NULL ? e : &own};

	x.list_mem = arena_open();
	x.mem = arena_open();
	int rc = list_series(&x);
	if (rc == 0)
		rc = export_all(&x);
	arena_close(x.mem);
	arena_close(x.list_mem);
	return rc;
}

/* ---- in ---- */

static int
put_imported(struct store *s, const struct exposition *x, struct store_import_result *out, struct err *e)
{
	for (size_t i = 0; i < x->n; i += IMPORT_SAMPLES) {
		if (store_begin(s, e) < 0)
			return -1;
		for (size_t j = i; j < x->n && j < i + IMPORT_SAMPLES; j++) {
			struct store_sample one = {x->samples[j].labels, x->samples[j].t, x->samples[j].v};
			if (store_put_sample(s, &one, e) < 0) {
				store_rollback(s);
				return -1;
			}
			out->samples++;
			if (j == 0 || !labels_equal(x->samples[j].labels, x->samples[j - 1].labels))
				out->series++;
		}
		if (store_commit(s, clock_now(), e) < 0)
			return -1;
		while (store_housekeep(s, clock_now(), e))
			;
		if (err_is_set(e))
			return -1;
	}
	return 0;
}

static int
all_have_times(const struct exposition *x, const char *file, struct err *e)
{
	for (size_t i = 0; i < x->n; i++)
		if (!x->samples[i].has_time) {
			struct buf b = BUF_INIT;
			labels_format(&b, x->samples[i].labels);
			err_set(e, ERR_FILE, "'%s': a sample of %s has no time", file, buf_str(&b));
			buf_release(&b);
			return -1;
		}
	return 0;
}

int
store_import(struct store *s, const char *file, struct store_import_result *out, struct err *e)
{
	struct arena *mem = arena_open();
	struct exposition x = {0};
	struct err where = ERR_INIT;
	char *text;
	size_t n;
	int rc = file_read(file, (size_t)IMPORT_BYTES, &text, &n, e);

	if (rc == 0) {
		rc = exposition_parse(mem, text, n, "application/openmetrics-text; version=1.0.0", &x, &where);
		if (rc < 0)
			err_set(e, ERR_FILE, "%s:%d:%d: %s", file, where.line, where.column, where.text);
		else if (all_have_times(&x, file, e) < 0)
			rc = -1;
		else
			rc = put_imported(s, &x, out, e);
		free(text);
	}
	arena_close(mem);
	return rc;
}
