/* test_reference.c -- reference files: what is written is read, what is wrong is refused where it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mlwatch/buf.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

static const char good[] = "{\n"
			   "  \"format\": \"mlwatch.reference/1\",\n"
			   "  \"model\": \"fraud\",\n"
			   "  \"version\": \"3.2.0\",\n"
			   "  \"created\": \"2026-03-01\",\n"
			   "  \"rows\": 7,\n"
			   "  \"features\": [\n"
			   "    {\n"
			   "      \"name\": \"amount\",\n"
			   "      \"type\": \"numeric\",\n"
			   "      \"rows\": 7,\n"
			   "      \"missing\": 1,\n"
			   "      \"min\": -1.5,\n"
			   "      \"max\": 9,\n"
			   "      \"mean\": 3.25,\n"
			   "      \"stddev\": 0.1,\n"
			   "      \"rank_error\": 0,\n"
			   "      \"edges\": [-1.5, 2, 9],\n"
			   "      \"at\": [1, 2, 1],\n"
			   "      \"between\": [0, 0, 2, 0],\n"
			   "      \"sums\": [0, 0, 8.125, 0]\n"
			   "    },\n"
			   "    {\n"
			   "      \"name\": \"country\",\n"
			   "      \"type\": \"categorical\",\n"
			   "      \"rows\": 7,\n"
			   "      \"missing\": 0,\n"
			   "      \"categories\": {\n"
			   "        \"de\": 4,\n"
			   "        \"fr\": 3}\n"
			   "    }\n"
			   "  ]\n"
			   "}\n";

static struct reference *
parse(const char *text)
{
	struct reference *r;
	struct err e = ERR_INIT;

	if (reference_parse(&r, text, strlen(text), &e) < 0)
		fail_msg("%d:%d: %s", e.line, e.column, e.text);
	return r;
}

static void
reference__is_read_and_written_alike(void **state)
{
	struct reference *r = parse(good);
	const struct reference_feature *f = reference_feature_find(r, "amount"),
				       *c = reference_feature_find(r, "country");
	struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(reference_model(r), "fraud");
	assert_string_equal(reference_version(r), "3.2.0");
	assert_int_equal(reference_rows(r), 7);
	assert_false(f->categorical);
	assert_true(f->hist->count == 6 && f->hist->sum == -1.5 + 4 + 8.125 + 9);
	assert_int_equal(f->hist->bins->n, 4);
	assert_true(f->edges->center == 3.25);
	assert_true(c->categorical && c->categories.n == 2 && c->categories.at[1].count == 3);
	assert_null(reference_feature_find(r, "age"));
	reference_format(&b, r);
	assert_string_equal(buf_str(&b), good);
	buf_release(&b);
	reference_close(r);
}

/* The good file with the first `from` replaced. */
static void
replaced(struct buf *b, const char *from, const char *to)
{
	const char *at = strstr(good, from);

	assert_non_null(at);
	buf_add(b, good, (size_t)(at - good));
	buf_addstr(b, to);
	buf_addstr(b, at + strlen(from));
}

/* Tells where the complaint is. */
static void
refused(const char *from, const char *to, int line, const char *says)
{
	struct buf b = BUF_INIT;
	struct reference *r;
	struct err e = ERR_INIT;

	replaced(&b, from, to);
	assert_int_equal(reference_parse(&r, b.p, b.len, &e), -1);
	assert_null(r);
	if (e.line != line || strstr(e.text, says) == NULL)
		fail_msg("'%s' for '%s': line %d, %s", to, from, e.line, e.text);
	assert_int_equal(e.kind, ERR_FILE);
	buf_release(&b);
}

static void
reference__a_wrong_one_is_refused_where_it_is_wrong(void **state)
{
	(void)state;
	refused("mlwatch.reference/1", "mlwatch.reference/2", 2, "'format' is not 'mlwatch.reference/1'");
	refused("\"fraud\"", "17", 3, "'model' is not a string");
	refused("\"rows\": 7", "\"rows\": -7", 6, "'rows' is not a count");
	refused("\"numeric\"", "\"number\"", 10, "neither 'numeric' nor 'categorical'");
	refused("\"missing\": 1", "\"missing\": 9", 12, "'missing' is more than 'rows'");
	refused("\"min\": -1.5", "\"min\": 12", 13, "'min' is above 'max'");
	refused("\"stddev\": 0.1", "\"stddev\": -0.1", 16, "negative");
	refused("[-1.5, 2, 9]", "[-1.5, 9, 2]", 18, "'edges' are not ascending");
	refused("[1, 2, 1]", "[1, 2]", 19, "one count per edge");
	refused("[1, 2, 1]", "[1, 2, 0.5]", 19, "not a count");
	refused("[1, 2, 1]", "[1, 2, 2]", 19, "does not add up");
	refused("[0, 0, 2, 0]", "[0, 0, 2]", 20, "one count per gap");
	refused("[0, 0, 8.125, 0]", "[0, \"x\", 8.125, 0]", 21, "not a number");
	refused("\"name\": \"country\"", "\"name\": \"amount\"", 24, "twice");
	refused("\"fr\": 3", "\"fr\": 4", 28, "does not add up");
	refused("\"fr\": 3", "\"fr\": 3,,", 30, "");
	refused("\"features\": [", "\"feature\": [", 1, "'features' is not a list");
}

#define SCORE                                                                                                          \
	"  \"score\":\n    {\n      \"name\": \"p\",\n      \"type\": \"numeric\",\n      \"rows\": 7,\n"              \
	"      \"missing\": 5,\n      \"min\": 0.25,\n      \"max\": 0.5,\n      \"mean\": 0.375,\n"                   \
	"      \"stddev\": 0.125,\n      \"rank_error\": 0,\n      \"edges\": [0.25, 0.5],\n      \"at\": [1, 1]\n   " \
	" },\n"

/* What the model answered stands beside the features, and is none. */
static void
reference__may_hold_answers_and_scores(void **state)
{
	struct buf b = BUF_INIT, again = BUF_INIT;
	const struct reference_feature *f;
	struct reference *r;

	(void)state;
	replaced(&b, "  \"features\"",
		 "  \"prediction\":\n    {\n      \"name\": \"answer\",\n"
		 "      \"type\": \"categorical\",\n      \"rows\": 7,\n      \"missing\": 0,\n"
		 "      \"categories\": {\n        \"fraud\": 1,\n        \"legit\": 6}\n    },\n" SCORE
		 "  \"features\"");
	r = parse(buf_str(&b));
	assert_int_equal(reference_features(r), 2);
	f = reference_output(r, REFERENCE_PREDICTION);
	assert_true(f->categorical && f->categories.n == 2 && f->categories.at[1].count == 6);
	assert_null(reference_feature_find(r, "answer"));
	f = reference_output(r, REFERENCE_SCORE);
	assert_true(!f->categorical && f->mean == 0.375 && f->hist->count == 2 && f->missing == 5);
	reference_format(&again, r);
	assert_string_equal(buf_str(&again), buf_str(&b));
	reference_close(r);
	r = parse(good);
	assert_null(reference_output(r, REFERENCE_PREDICTION));
	assert_null(reference_output(r, REFERENCE_SCORE));
	reference_close(r);
	refused("  \"features\"", "  \"prediction\": 3,\n  \"features\"", 7, "'prediction' is not an object");
	refused("  \"features\"",
		"  \"score\": {\n\"type\": \"numeric\",\n\"rows\": 1, \"missing\": -1},\n  \"features\"", 9,
		"output 'score': 'missing' is not a count");
	refused("  \"features\"",
		"  \"score\": {\"type\": \"categorical\", \"rows\": 0, \"missing\": 0, \"categories\": {}},\n  "
		"\"features\"",
		7, "output 'score': 'type' is not numeric");
	buf_release(&b);
	buf_release(&again);
}

static void
reference__a_truncated_one_is_refused(void **state)
{
	struct reference *r;
	struct err e;

	(void)state;
	for (size_t n = 0; n + 2 < sizeof good; n++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(reference_parse(&r, good, n, &e), -1);
		assert_true(e.line > 0);
	}
}

static struct reference *
named(const char *model, const char *version, uint64_t rows)
{
	return reference_open(&(struct reference_head){model, version, "", rows});
}

static void
references__an_exact_version_goes_before_every_version(void **state)
{
	struct references *all = references_open();

	(void)state;
	references_add(all, named("a", "", 1));
	references_add(all, named("a", "2", 2));
	references_add(all, named("b", "1", 3));
	assert_int_equal(reference_rows(references_find(all, "a", "2")), 2);
	assert_int_equal(reference_rows(references_find(all, "a", "7")), 1);
	assert_null(references_find(all, "b", "2"));
	references_add(all, named("a", "2", 4));
	assert_int_equal(references_count(all), 3);
	assert_int_equal(reference_rows(references_find(all, "a", "2")), 4);
	references_close(all);
}

struct fetches {
	int n;
	bool gone;
};

static struct reference *
fetch(void *arg, const char *model, const char *version)
{
	struct fetches *f = arg;

	(void)model;
	f->n++;
	return f->gone ? NULL : named("as the file says", version, 7);
}

static void
references__one_that_is_fetched_later_is_fetched_once(void **state)
{
	struct references *all = references_open();
	struct fetches there = {0}, gone = {0, true};
	size_t at = 0;

	(void)state;
	references_add_later(all, "a", "1", fetch, &there);
	references_add_later(all, "b", "1", fetch, &gone);
	references_add(all, named("b", "", 5));
	assert_int_equal(references_count(all), 3);
	assert_int_equal(there.n, 0);
	assert_null(references_find(all, "c", "1"));
	assert_null(references_next(all, "c", "", &at));
	assert_int_equal(there.n, 0);
	assert_int_equal(reference_rows(references_find(all, "a", "1")), 7);
	assert_string_equal(reference_model(references_find(all, "a", "1")), "a");
	assert_int_equal(there.n, 1);
	/* one that cannot be had is as if it were not there until it can */
	assert_int_equal(reference_rows(references_find(all, "b", "1")), 5);
	assert_int_equal(gone.n, 1);
	gone.gone = false;
	assert_int_equal(reference_rows(references_find(all, "b", "1")), 7);
	assert_int_equal(gone.n, 2);
	at = 0;
	assert_int_equal(reference_rows(references_next(all, "", "", &at)), 7);
	assert_int_equal(reference_rows(references_next(all, "", "", &at)), 7);
	assert_int_equal(reference_rows(references_next(all, "", "", &at)), 5);
	assert_null(references_next(all, "", "", &at));
	/* forgotten: fetched again; the one that was given stays */
	there.n = gone.n = 0;
	references_forget(all);
	assert_int_equal(there.n, 0);
	assert_int_equal(reference_rows(references_find(all, "a", "1")), 7);
	assert_int_equal(there.n, 1);
	gone.gone = true;
	assert_int_equal(reference_rows(references_find(all, "b", "1")), 5);
	references_close(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reference__is_read_and_written_alike),
	    cmocka_unit_test(reference__a_wrong_one_is_refused_where_it_is_wrong),
	    cmocka_unit_test(reference__may_hold_answers_and_scores),
	    cmocka_unit_test(reference__a_truncated_one_is_refused),
	    cmocka_unit_test(references__an_exact_version_goes_before_every_version),
	    cmocka_unit_test(references__one_that_is_fetched_later_is_fetched_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
