/*
 * fuzz_csv.c -- any bytes as a data set (the first byte says how it is read): no crash; one worker and two see the same rows; a
 * reference made of it is read back as it was written, and the data compared with it is no drift.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mlwatch/baseline.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct reference *
make(const struct table_spec *table, struct table_stats *stats)
{
	static const struct baseline_spec spec = {
	    .head = {"m", "v", "2026-01-01", 0}, .max_bins = 20, .max_categories = 5};
	struct baseline *b = baseline_open(&spec);
	struct table_sink sink = baseline_sink(b);
	struct reference *r = NULL;
	struct err e = ERR_INIT;

	if (table_read(table, &sink, 1, stats, &e) == 0)
		r = baseline_finish(b, NULL, NULL);
	baseline_close(b);
	return r;
}

static void
check_written(const struct reference *r)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct reference *back;
	struct err e = ERR_INIT;

	reference_format(&one, r);
	if (reference_parse(&back, one.p, one.len, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	reference_format(&two, back);
	if (one.len != two.len || memcmp(one.p, two.p, one.len) != 0)
		abort();
	reference_close(back);
	buf_release(&one);
	buf_release(&two);
}

static void
check_same(const struct table_spec *table, const struct reference *r, const struct table_stats *before)
{
	const struct drift_policy policy = {JUDGE_SIZE, 0.1, CORRECTION_BH, 0.3};
	struct compare *c = compare_open(r, NULL, 2);
	const struct table_sink sinks[2] = {compare_sink(c, 0), compare_sink(c, 1)};
	struct table_stats stats;
	struct drift_report report;

	if (table_read(table, sinks, 2, &stats, NULL) < 0 || stats.rows != before->rows ||
	    stats.bad_rows != before->bad_rows)
		abort();
	report = compare_finish(c, &policy);
	for (size_t i = 0; i < report.n; i++)
		if (report.at[i].analysed && !report.at[i].reference->categorical && report.at[i].ks.num > 0 &&
		    report.at[i].invalid == 0 && report.at[i].n_current == report.at[i].n_reference)
			abort();
	compare_close(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table_spec table = {0};
	struct table_stats stats;
	struct reference *r;
	char path[64];
	int fd;

	if (size < 1)
		return 0;
	table.format = data[0] & 3 ? (enum table_format)((data[0] & 3) - 1) : TABLE_GUESS;
	table.no_header = (data[0] & 4) != 0;
	table.model = data[0] & 8 ? "m" : NULL;
	fd = memfd_create("fuzz", 0);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	table.path = path;
	r = make(&table, &stats);
	if (r != NULL) {
		check_written(r);
		check_same(&table, r, &stats);
	}
	reference_close(r);
	close(fd);
	return 0;
}
