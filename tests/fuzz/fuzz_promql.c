/*
 * fuzz_promql.c -- any bytes as a PromQL expression: no crash, a printed tree parses to the same tree, and evaluating
 * it over a few series ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/promql.h"
#include "mlwatch/series_notation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add(struct memory_storage *m, struct arena *mem, const char *line)
{
	struct err e = ERR_INIT;
	struct series_value *v;
	struct labels l;
	const char *rest;
	size_t n;

	if (series_labels_parse(mem, line, &l, &rest, &e) < 0 || series_values_parse(mem, rest, &v, &n, &e) < 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (v[i].h != NULL)
			memory_storage_append_histogram(m, l, (int64_t)i * 30000, v[i].h);
		else if (!v[i].omitted)
			memory_storage_append(m, l, (int64_t)i * 30000, v[i].v);
	}
}

static struct memory_storage *
storage(void)
{
	struct memory_storage *m = memory_storage_open();
	struct arena *mem = arena_open();

	add(m, mem, "a{b=\"1\"} 1+1x20");
	add(m, mem, "a{b=\"2\"} 1 _ 3 stale NaN Inf -1 {{schema:1 count:3 sum:4 buckets:[1 2]}}x3 5");
	add(m, mem,
	    "h{b=\"1\"} {{schema:0 count:3 sum:4 z_bucket:1 buckets:[1 1]}}+{{schema:0 count:3 sum:4 buckets:[1 "
	    "2]}}x10");
	add(m, mem, "c_bucket{le=\"1\"} 0+1x20");
	add(m, mem, "c_bucket{le=\"+Inf\"} 0+2x20");
	for (int i = 0; i < 10; i++)
		memory_storage_append_window(m, labels_make(mem, (struct label[]){{METRIC_NAME, "w"}}, 1), i * 10000,
					     i * 10000 + 10000, i, NULL, 60000);
	arena_close(mem);
	return m;
}

static void
evaluate(const struct expr *x)
{
	struct memory_storage *m = storage();
	struct promql p = {.storage = memory_storage_view(m), .limits = {.max_samples = 20000, .timeout_ms = 1000}};
	struct promql_result r;
	struct err e = ERR_INIT;

	promql_instant(&p, x, 200000, &r, &e);
	promql_result_release(&r);
	err_clear(&e);
	promql_range(&p, x, 0, 300000, 50000, &r, &e);
	promql_result_release(&r);
	memory_storage_close(m);
}

static void
same_again(const struct expr *x, void (*print)(struct buf *, const struct expr *))
{
	struct buf first = BUF_INIT, once = BUF_INIT, again = BUF_INIT;
	struct err e = ERR_INIT;
	struct expr *y;

	expr_print(&first, x);
	print(&once, x);
	y = promql_parse(buf_str(&once), &e);
	if (y == NULL) {
		fprintf(stderr, "printed as: %s\nerror: %s\n", buf_str(&once), e.text);
		abort();
	}
	expr_print(&again, y);
	if (strcmp(buf_str(&first), buf_str(&again)) != 0) {
		fprintf(stderr, "%s\n%s\n", buf_str(&first), buf_str(&again));
		abort();
	}
	expr_close(y);
	buf_release(&first);
	buf_release(&once);
	buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct err e = ERR_INIT;
	struct expr *x;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	x = promql_parse(text, &e);
	if (x != NULL && strlen(text) < 4096) {
		same_again(x, expr_print);
		same_again(x, expr_pretty);
		evaluate(x);
	}
	expr_close(x);
	free(text);
	return 0;
}
