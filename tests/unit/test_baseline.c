/* test_baseline.c -- data sets: read as they are meant, made into references, compared, on any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#include "drift_rows.h"
#include "mlwatch/baseline.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

/* ---- numbers ---- */

static void
numbers__are_read_as_strtod_reads_them(void **state)
{
	static const char *const good[] = {"0",
					   "-0",
					   "1",
					   "-1.5",
					   "+2",
					   ".5",
					   "5.",
					   "1e3",
					   "1E-3",
					   "123456789012345678901234567890",
					   "0.1",
					   "1e22",
					   "1e23",
					   "9007199254740993",
					   "0.30000000000000004",
					   "-4.9e-324",
					   "1.7976931348623157e308",
					   "3.141592653589793115997963468544185161590576171875",
					   "000123.450",
					   " 7 ",
					   "2.2250738585072011e-308",
					   "-0.00012345678901234567",
					   "8.41",
					   "99999999.99999999"};
	static const char *const bad[] = {"",    " ",    "-",   "+",   ".",   "e5",  "1e",  "1e+",  "1.2.3",
					  "1,5", "0x10", "nan", "inf", "1 2", "12a", "--1", "1e999"};
	struct lcg g = {5};
	double v;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(table_number(good[i], strlen(good[i]), &v));
		assert_true(v == strtod(good[i], NULL));
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (table_number(bad[i], strlen(bad[i]), &v))
			fail_msg("'%s' was read as %g", bad[i], v);
	for (int i = 0; i < 20000; i++) {
		char text[64];
		double want = (lcg_uniform(&g) - 0.5) * pow(10, floor(lcg_uniform(&g) * 600) - 300);
		int n = snprintf(text, sizeof text, "%.*g", 1 + i % 17, want);

		assert_true(table_number(text, (size_t)n, &v));
		assert_true(v == strtod(text, NULL));
	}
}

/* ---- reading ---- */

struct seen {
	struct buf text;
	size_t columns;
};

static void
see_column(void *arg, const char *name)
{
	struct seen *s = arg;

	buf_addf(&s->text, "%s%s", s->columns++ > 0 ? "," : "", name);
}

static void
see_row(void *arg, const struct cell *cells, size_t n)
{
	static const char kind[] = "tnsb0o";
	struct seen *s = arg;

	buf_addc(&s->text, '|');
	for (size_t i = 0; i < n; i++)
		buf_addf(&s->text, "%s%zu%c<%.*s>", i > 0 ? " " : "", cells[i].column, kind[cells[i].kind],
			 (int)cells[i].n, cells[i].p);
}

static char *
temporary(const void *bytes, size_t n)
{
	char *path = strdup("/tmp/test_baseline.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
	return path;
}

static void
forget(char *path)
{
	unlink(path);
	free(path);
}

static struct table_stats
reads_as(struct table_spec spec, const char *text, const char *want)
{
	struct seen s = {0};
	struct table_sink sink = {&s, see_column, see_row};
	struct table_stats stats;
	struct err e = ERR_INIT;
	char *path = temporary(text, strlen(text));

	spec.path = path;
	assert_int_equal(table_read(&spec, &sink, 1, &stats, &e), 0);
	assert_string_equal(buf_str(&s.text), want);
	buf_release(&s.text);
	forget(path);
	return stats;
}

static void
csv__is_read_as_rfc_4180_says(void **state)
{
	const struct table_spec guess = {0}, bare = {.no_header = true}, semicolon = {.separator = ';'};
	struct table_stats s;

	(void)state;
	reads_as(guess, "a,b\n1,x\n2,y\n", "a,b|0t<1> 1t<x>|0t<2> 1t<y>");
	reads_as(guess, "a,b\r\n1,x\r\n2,\r\n", "a,b|0t<1> 1t<x>|0t<2> 1t<>");
	reads_as(guess, "a,b\n1,x\n2,y", "a,b|0t<1> 1t<x>|0t<2> 1t<y>");
	reads_as(guess, "\"a\",\"b \"\"c\"\"\"\n\"1\",\"x,\ny\"\n", "a,b \"c\"|0t<1> 1t<x,\ny>");
	reads_as(guess, "a,b\n\n1,x\n\r\n\n2,y\n", "a,b|0t<1> 1t<x>|0t<2> 1t<y>");
	reads_as(guess,
		 "\xef\xbb\xbf"
		 "a;b\n1,5;x\n",
		 "a,b|0t<1,5> 1t<x>");
	reads_as(guess, "a\tb\n1\t\n", "a,b|0t<1> 1t<>");
	reads_as(semicolon, "a,b;c\n1;2\n", "a,b,c|0t<1> 1t<2>");
	reads_as(guess, "a,a,,a\n1,2,3,4\n", "a,a.1,c3,a.2|0t<1> 1t<2> 2t<3> 3t<4>");
	reads_as(bare, "1,x\n2,y\n", "c1,c2|0t<1> 1t<x>|0t<2> 1t<y>");
	reads_as(guess, "a,b\n5\" pipe,x\n", "a,b|0t<5\" pipe> 1t<x>");
	reads_as(guess, "a\n1\n\n2\n", "a|0t<1>|0t<>|0t<2>"); /* of one column an empty line is an empty value */
	s = reads_as(guess, "a,b\n1,x\n1,2,3\n\"x\ny\",z\n7\n", "a,b|0t<1> 1t<x>|0t<x\ny> 1t<z>");
	assert_true(s.rows == 2 && s.bad_rows == 2 && s.first_bad_line == 3);
	reads_as(guess, "", "");
	reads_as(guess, "a,b\n", "a,b");
}

static void
csv__rows_of_another_model_are_skipped(void **state)
{
	const struct table_spec fraud = {.model = "fraud", .version = "2"};
	struct table_stats s = reads_as(fraud, "model,version,x\nfraud,2,1\nchurn,2,2\nfraud,1,3\n,2,4\n",
					"model,version,x|0t<fraud> 1t<2> 2t<1>|0t<> 1t<2> 2t<4>");

	(void)state;
	assert_true(s.rows == 2 && s.skipped_rows == 2 && s.bad_rows == 0);
}

static void
json__members_or_those_of_features(void **state)
{
	const struct table_spec guess = {0}, inputs = {.features = "inputs"}, nested = {.features = "x.y"},
				fraud = {.model = "fraud"};
	struct table_stats s;

	(void)state;
	reads_as(guess, "{\"a\":1,\"b\":\"x\"}\n{\"b\":null,\"a\":-2.5e3}\n", "a,b|0n<1> 1s<x>|10<null> 0n<-2.5e3>");
	reads_as(guess, "{\"model\":\"m\",\"features\":{\"a\":true,\"c\":[1,{\"z\":\"]\"}]},\"t\":1}\n",
		 "a,c|0b<true> 1o<[1,{\"z\":\"]\"}]>");
	reads_as(guess, "{\"a\":1,\"b\":2,\"a\":3}\n{\"a\":4}\n", "a,b|0n<3> 1n<2>|0n<4>"); /* the last one counts */
	reads_as(inputs, "{\"features\":{\"a\":1},\"inputs\":{\"b\":2}}\n", "b|0n<2>");
	reads_as(nested, "{\"a\":1,\"x\":{\"c\":{},\"y\":{\"b\":2}}}\n{\"x\":{\"y\":3}}\n{\"x\":{\"y\":{\"b\":4}}}\n",
		 "b|0n<2>||0n<4>");
	reads_as(guess, "{\"\\u00e9\\n\":\"\\ud83d\\ude00\\\"\"}\n", "\xc3\xa9\n|0s<\xf0\x9f\x98\x80\">");
	s = reads_as(guess,
		     "{\"a\":1}\nnot json\n{\"a\":}\n[1]\n{\"a\":1}x\n{\"a\":01x}\n{\"a\":\"\\q\"}\n\n{\"a\":2}\n",
		     "a|0n<1>|0n<2>");
	assert_true(s.rows == 2 && s.bad_rows == 6 && s.first_bad_line == 2);
	s = reads_as(fraud, "{\"model\":\"fraud\",\"features\":{\"a\":1}}\n{\"model\":\"x\",\"features\":{\"a\":2}}\n",
		     "a|0n<1>");
	assert_true(s.skipped_rows == 1);
}

static void
json__members_beside_the_features(void **state)
{
	const char *names[] = {"p", "s"};
	const struct table_spec beside = {.beside = {names, 2}}, fraud = {.beside = {names, 2}, .model = "fraud"};
	struct table_stats s;

	(void)state;
	reads_as(beside, "{\"s\":0.5,\"features\":{\"a\":1},\"t\":9,\"p\":\"yes\"}\n{\"features\":{\"a\":2}}\n",
		 "a,s,p|0n<1> 1n<0.5> 2s<yes>|0n<2>");
	/* of a record without an object of features every member is a column, once */
	reads_as(beside, "{\"a\":1,\"p\":\"no\"}\n", "a,p|0n<1> 1s<no>");
	s = reads_as(fraud, "{\"model\":\"x\",\"p\":1,\"features\":{\"a\":2}}\n", "");
	assert_true(s.skipped_rows == 1 && s.rows == 0);
}

static void
gzip__is_read_like_the_plain_file_and_refused_when_cut(void **state)
{
	static const char text[] = "a,b\n1,x\n2,y\n";
	unsigned char packed[200];
	struct seen s = {0};
	struct table_sink sink = {&s, see_column, see_row};
	struct table_stats stats;
	struct err e = ERR_INIT;
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)text,
		      .avail_in = sizeof text - 1,
		      .next_out = packed,
		      .avail_out = sizeof packed};
	char *path;
	size_t n;

	(void)state;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	n = sizeof packed - z.avail_out;
	deflateEnd(&z);
	path = temporary(packed, n);
	assert_int_equal(table_read(&(struct table_spec){.path = path}, &sink, 1, &stats, &e), 0);
	assert_string_equal(buf_str(&s.text), "a,b|0t<1> 1t<x>|0t<2> 1t<y>");
	forget(path);
	path = temporary(packed, n - 9);
	assert_int_equal(table_read(&(struct table_spec){.path = path}, &sink, 1, &stats, &e), -1);
	assert_int_equal(e.kind, ERR_FILE);
	forget(path);
	buf_release(&s.text);
}

/* Megabytes of rows with quotes and newlines inside: whatever the number of workers, every row is there once. */
struct sums {
	double x;
	uint64_t rows, quoted;
};

static void
no_column(void *arg, const char *name)
{
	(void)arg, (void)name;
}

static void
sum_row(void *arg, const struct cell *cells, size_t n)
{
	struct sums *s = arg;
	double v;

	assert_int_equal(n, 3);
	assert_true(table_number(cells[1].p, cells[1].n, &v));
	s->x += v;
	s->rows++;
	s->quoted += memchr(cells[2].p, '\n', cells[2].n) != NULL;
}

static void
chunks__every_row_is_read_once_by_any_number_of_workers(void **state)
{
	enum { ROWS = 60000 };
	struct buf b = BUF_INIT;
	struct lcg g = {9};
	char *path;

	(void)state;
	buf_addstr(&b, "text,x,more\n");
	for (int i = 0; i < ROWS; i++)
		buf_addf(&b, "\"%d, \"\"%.*s\",%d,%s\n", i, (int)lcg_below(&g, 60),
			 "............................................................", i,
			 i % 7 == 0 ? "\"a\nb,\n\"\"c\"" : "plain");
	path = temporary(b.p, b.len);
	for (size_t workers = 1; workers <= 3; workers++) {
		struct sums s[3] = {{0}};
		struct table_sink sinks[3];
		struct table_stats stats;
		double x = 0;
		uint64_t rows = 0, quoted = 0;

		for (size_t i = 0; i < workers; i++)
			sinks[i] = (struct table_sink){&s[i], no_column, sum_row};
		assert_int_equal(table_read(&(struct table_spec){.path = path}, sinks, workers, &stats, NULL), 0);
		for (size_t i = 0; i < workers; i++) {
			x += s[i].x;
			rows += s[i].rows;
			quoted += s[i].quoted;
		}
		assert_int_equal(rows, ROWS);
		assert_int_equal(stats.rows, ROWS);
		assert_int_equal(quoted, (ROWS + 6) / 7);
		assert_true(x == (double)ROWS * (ROWS - 1) / 2 && stats.bad_rows == 0);
	}
	buf_release(&b);
	forget(path);
}

/* ---- references from data ---- */

static void
note(void *arg, const char *column, enum column_note what, const char *text)
{
	(void)text;
	buf_addf(arg, "%s:%d ", column, what);
}

static struct reference *
baseline_of(const struct baseline_spec *spec, const char *text, size_t n, struct buf *notes)
{
	struct baseline *b = baseline_open(spec);
	struct table_sink sink = baseline_sink(b);
	struct table_stats stats;
	struct reference *r;
	char *path = temporary(text, n);

	assert_int_equal(table_read(&(struct table_spec){.path = path}, &sink, 1, &stats, NULL), 0);
	r = baseline_finish(b, note, notes);
	baseline_close(b);
	forget(path);
	return r;
}

static void
baseline__infers_types_and_leaves_identifiers_out(void **state)
{
	const struct baseline_spec all = {.head = {"m", "1", "2026-01-01", 0}};
	const struct column_override code = {"code", COLUMN_CATEGORICAL};
	struct baseline_spec forced = all;
	const char *only[] = {"row", "code"};
	struct buf text = BUF_INIT, notes = BUF_INIT, expected = BUF_INIT;
	struct reference *r;

	(void)state;
	buf_addstr(&text, "row,uuid,age,code,country,empty,same,odd,user_id,day,model\n");
	for (int i = 0; i < 300; i++)
		buf_addf(&text, "%d,u-%d,%d,%d,%s,NA,5,%s,%d,2026-03-%02d,m\n", i + 1, i * 7919, 20 + i % 50, i % 3,
			 i % 4 == 0 ? ""
			 : i % 2    ? "de"
				    : "fr",
			 i == 150 ? "?" : "1.5", (i * 7919) % 30011 + 100000, 1 + i % 28);
	r = baseline_of(&all, text.p, text.len, &notes);
	buf_addf(&expected, "row:%d uuid:%d empty:%d same:%d odd:%d user_id:%d day:%d ", NOTE_IDENTIFIER,
		 NOTE_IDENTIFIER, NOTE_EMPTY, NOTE_CONSTANT, NOTE_CONSTANT, NOTE_IDENTIFIER, NOTE_IDENTIFIER);
	assert_int_equal(reference_features(r), 5);
	assert_false(reference_feature_find(r, "age")->categorical);
	assert_false(reference_feature_find(r, "code")->categorical);
	assert_true(reference_feature_find(r, "country")->categorical);
	assert_int_equal(reference_feature_find(r, "country")->missing, 75);
	assert_int_equal(reference_feature_find(r, "odd")->missing, 1);
	assert_true(reference_feature_find(r, "age")->mean == 44.5);
	assert_string_equal(buf_str(&notes), buf_str(&expected));
	reference_close(r);
	forced.only = (struct table_words){only, 2};
	forced.types = &code;
	forced.n_types = 1;
	r = baseline_of(&forced, text.p, text.len, &notes);
	assert_int_equal(reference_features(r), 2);
	assert_true(reference_feature_find(r, "code")->categorical);
	assert_true(reference_feature_find(r, "row")->max == 300);
	reference_close(r);
	buf_release(&text);
	buf_release(&notes);
	buf_release(&expected);
}

static void
baseline__answers_and_scores_are_no_features(void **state)
{
	const struct baseline_spec spec = {.head = {"m", "1", "2026-01-01", 0},
					   .output = {[REFERENCE_PREDICTION] = "answer", [REFERENCE_SCORE] = "p"}};
	struct buf text = BUF_INIT, notes = BUF_INIT;
	const struct reference_feature *f;
	struct reference *r;

	(void)state;
	buf_addstr(&text, "a,answer,p\n");
	for (int i = 0; i < 200; i++) /* answers are categories although they look like numbers */
		buf_addf(&text, "%d,%d,%s\n", i % 7, i % 4 == 0, i % 2 ? "0.75" : "0.25");
	r = baseline_of(&spec, text.p, text.len, &notes);
	assert_int_equal(reference_features(r), 1);
	f = reference_output(r, REFERENCE_PREDICTION);
	assert_true(f->categorical && f->categories.n == 2);
	assert_string_equal(f->categories.at[1].name, "1");
	assert_true(f->categories.at[1].count == 50);
	f = reference_output(r, REFERENCE_SCORE);
	assert_true(!f->categorical && f->mean == 0.5 && f->stddev == 0.25 && f->edges->n == 2);
	reference_close(r);
	buf_release(&text);
	buf_release(&notes);
}

/* Decile edges are reference values whatever the number of bins; counts add up; the file form brings all of it back. */
static void
baseline__many_values_become_quantile_edges_with_the_deciles(void **state)
{
	const struct baseline_spec spec = {.head = {"m", "", "2026-01-01", 0}, .max_bins = 137};
	enum { N = 5000 };
	static double v[N];
	struct lcg g = {31};
	struct buf text = BUF_INIT, notes = BUF_INIT, json = BUF_INIT;
	struct reference *r, *back;
	const struct reference_feature *f;

	(void)state;
	buf_addstr(&text, "x,y\n");
	for (int i = 0; i < N; i++) {
		v[i] = exp(lcg_bell(&g));
		buf_addf(&text, "%.17g,%d\n", v[i], i % 2);
	}
	r = baseline_of(&spec, text.p, text.len, &notes);
	f = reference_feature_find(r, "x");
	raw_sort(v, N);
	assert_true(f->hist->count == N && f->edges->n > 137 && f->edges->n < 137 + 40);
	assert_true(f->min == v[0] && f->max == v[N - 1] && f->rank_error == 0);
	for (size_t k = 1; k <= 9; k++) {
		bool found = false;

		for (size_t i = 0; i < f->edges->n; i++)
			found = found || f->edges->at[i] == v[(N * k + 9) / 10 - 1];
		assert_true(found);
	}
	reference_format(&json, r);
	assert_int_equal(reference_parse(&back, json.p, json.len, NULL), 0);
	assert_true(reference_feature_find(back, "x")->edges->id == f->edges->id);
	assert_true(reference_feature_find(back, "x")->hist->bins->n == f->hist->bins->n);
	assert_true(reference_feature_find(back, "x")->stddev == f->stddev);
	reference_close(back);
	reference_close(r);
	buf_release(&text);
	buf_release(&notes);
	buf_release(&json);
}

static void
compare__gives_the_same_with_any_number_of_workers(void **state)
{
	const struct baseline_spec spec = {.head = {"m", "", "", 0}};
	const struct drift_policy policy = {JUDGE_SIZE, 0.1, CORRECTION_NONE, 0.3};
	struct lcg g = {8};
	struct buf a = BUF_INIT, b = BUF_INIT, notes = BUF_INIT;
	struct reference *r;
	char *path;
	double ks[3], p[3], tvd[3];

	(void)state;
	buf_addstr(&a, "x,c\n");
	buf_addstr(&b, "c,x,extra\n");
	for (int i = 0; i < 2000; i++)
		buf_addf(&a, "%.6f,%c\n", lcg_bell(&g), 'a' + (char)lcg_below(&g, 4));
	for (int i = 0; i < 90000; i++)
		buf_addf(&b, "%c,%.6f,%s\n", 'a' + (char)lcg_below(&g, 5), lcg_bell(&g) + 0.5,
			 i % 100 == 0 ? "" : "extra words to fill the chunk");
	r = baseline_of(&spec, a.p, a.len, &notes);
	path = temporary(b.p, b.len);
	for (size_t workers = 1; workers <= 3; workers++) {
		struct compare *c = compare_open(r, NULL, workers);
		struct table_sink sinks[3];
		struct table_stats stats;
		struct drift_report report;

		for (size_t i = 0; i < workers; i++)
			sinks[i] = compare_sink(c, i);
		assert_int_equal(table_read(&(struct table_spec){.path = path}, sinks, workers, &stats, NULL), 0);
		report = compare_finish(c, &policy);
		assert_int_equal(report.columns, 2);
		assert_int_equal(report.drifted, 2);
		assert_true(report.action_required);
		ks[workers - 1] = report.at[0].ks.statistic;
		p[workers - 1] = report.at[0].pvalue;
		tvd[workers - 1] = report.at[1].tvd;
		assert_true(fabs(report.at[1].new_share - 0.2) < 0.01);
		assert_true(report.at[0].n_current == 90000);
		compare_close(c);
	}
	assert_true(ks[0] == ks[1] && ks[1] == ks[2] && p[0] == p[2] && tvd[0] == tvd[2]);
	reference_close(r);
	forget(path);
	buf_release(&a);
	buf_release(&b);
	buf_release(&notes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers__are_read_as_strtod_reads_them),
	    cmocka_unit_test(csv__is_read_as_rfc_4180_says),
	    cmocka_unit_test(csv__rows_of_another_model_are_skipped),
	    cmocka_unit_test(json__members_or_those_of_features),
	    cmocka_unit_test(json__members_beside_the_features),
	    cmocka_unit_test(gzip__is_read_like_the_plain_file_and_refused_when_cut),
	    cmocka_unit_test(chunks__every_row_is_read_once_by_any_number_of_workers),
	    cmocka_unit_test(baseline__infers_types_and_leaves_identifiers_out),
	    cmocka_unit_test(baseline__answers_and_scores_are_no_features),
	    cmocka_unit_test(baseline__many_values_become_quantile_edges_with_the_deciles),
	    cmocka_unit_test(compare__gives_the_same_with_any_number_of_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
