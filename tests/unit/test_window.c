/*
 * test_window.c -- records into increments. Records come from the decoder, as in life; what is expected is counted by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/decode.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/window.h"

static const struct decode_spec decode = {.timestamp = {.path = (char *)"t"},
					  .model = {.path = (char *)"m"},
					  .version = {.path = (char *)"v"},
					  .latency = {.path = (char *)"l", .unit = UNIT_S},
					  .status = {.path = (char *)"s"},
					  .prediction = {.path = (char *)"p"},
					  .score = {.path = (char *)"c"},
					  .features = (char *)"f"};

struct world {
	struct windows *w;
	struct decoder *d;
	struct buf text; /* increments as text, one a line, sorted */
	char *line[20000];
	size_t n;
};

static void
on_record(void *arg, const struct record *r)
{
	windows_add(((struct world *)arg)->w, r);
}

static void
on_bad(void *arg, const struct bad_line *b)
{
	(void)arg;
	fail_msg("bad line (%s): %.*s", b->reason, (int)b->n, b->line);
}

static struct world
world_open(const struct window_spec *spec, const struct references *refs)
{
	struct window_spec s = spec != NULL ? *spec : (struct window_spec){0};

	s.width_ms = 10000;
	s.job = (char *)"j";
	return (struct world){.w = windows_open(&s, refs), .d = decoder_open(&decode, NULL)};
}

static void
feed(struct world *x, const char *lines)
{
	const struct decode_sink sink = {x, on_record, on_bad};

	decoder_feed(x->d, lines, strlen(lines), &sink);
}

static void
put_category(void *arg, const char *name, size_t n, uint64_t count)
{
	buf_addf(arg, " '%.*s'=%llu", (int)n, name, (unsigned long long)count);
}

static const struct edges *
find_edges(void *arg, uint64_t id)
{
	const struct increment *i = arg;

	assert_non_null(i->edges);
	assert_true(i->edges->id == id);
	return i->edges;
}

/* 10000 ml_predictions_total{job="j",model="a"} prediction: 'x'=2 */
static void
on_increment(void *arg, const struct increment *i)
{
	struct world *x = arg;
	struct buf b = BUF_INIT;
	struct arena *mem = arena_open();
	struct histogram *h;

	buf_addf(&b, "%lld ", (long long)i->start);
	labels_format(&b, i->labels);
	if (i->kind == SKETCH_CATEGORIES) {
		buf_addf(&b, " %s:", i->by);
		assert_int_equal(sketch_categories(i->blob, i->n, put_category, &b, NULL), 0);
	} else if (i->kind == SKETCH_COUNT) {
		buf_addf(&b, " %g", sketch_blob_count(i->blob, i->n));
	} else {
		assert_int_equal(sketch_histogram(mem, i->blob, i->n, find_edges, (void *)i, &h, NULL), 0);
		buf_addf(&b, " %s n=%g sum=%g", i->kind == SKETCH_EDGES ? "edges" : "expo", h->count, h->sum);
	}
	assert_int_equal(sketch_blob_kind(i->blob, i->n), i->kind);
	assert_true(x->n < sizeof x->line / sizeof *x->line);
	x->line[x->n++] = buf_steal(&b);
	arena_close(mem);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *
drained(struct world *x)
{
	buf_reset(&x->text);
	windows_drain(x->w, on_increment, x);
	qsort(x->line, x->n, sizeof *x->line, by_text);
	for (size_t i = 0; i < x->n; i++) {
		buf_addf(&x->text, "%s\n", x->line[i]);
		free(x->line[i]);
	}
	x->n = 0;
	return buf_str(&x->text);
}

/* Drains and looks for whole lines. */
static void
expect_lines(struct world *x, size_t n, const char *const *lines)
{
	const char *all = drained(x);

	for (size_t i = 0; i < n; i++) {
		char line[300];

		snprintf(line, sizeof line, "%s\n", lines[i]);
		if (strstr(all, line) == NULL)
			fail_msg("not there: %sin:\n%s", line, all);
	}
}
#define EXPECT(x, ...)                                                                                                 \
	expect_lines((x), sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void
world_close(struct world *x)
{
	windows_close(x->w);
	decoder_close(x->d);
	buf_release(&x->text);
}

static void
window__a_record_gives_all_its_series(void **state)
{
	struct world x = world_open(NULL, NULL);

	(void)state;
	feed(&x, "{\"t\":12,\"m\":\"a\",\"v\":\"1\",\"l\":0.5,\"s\":200,\"p\":\"yes\",\"c\":0.25,\"f\":{\"n\":1.5,"
		 "\"k\":\"red\",\"b\":true,\"z\":null}}\n");
	assert_string_equal(
	    drained(&x),
	    "10000 ml_errors_total{job=\"j\",model=\"a\",version=\"1\"} 0\n"
	    "10000 ml_feature_category_total{feature=\"b\",job=\"j\",model=\"a\",version=\"1\"} category: 'true'=1\n"
	    "10000 ml_feature_category_total{feature=\"k\",job=\"j\",model=\"a\",version=\"1\"} category: 'red'=1\n"
	    "10000 ml_feature_missing_total{feature=\"b\",job=\"j\",model=\"a\",version=\"1\"} 0\n"
	    "10000 ml_feature_missing_total{feature=\"k\",job=\"j\",model=\"a\",version=\"1\"} 0\n"
	    "10000 ml_feature_missing_total{feature=\"n\",job=\"j\",model=\"a\",version=\"1\"} 0\n"
	    "10000 ml_feature_missing_total{feature=\"z\",job=\"j\",model=\"a\",version=\"1\"} 1\n"
	    "10000 ml_feature{feature=\"n\",job=\"j\",model=\"a\",version=\"1\"} expo n=1 sum=1.5\n"
	    "10000 ml_latency_seconds{job=\"j\",model=\"a\",version=\"1\"} expo n=1 sum=0.5\n"
	    "10000 ml_predictions_total{job=\"j\",model=\"a\",version=\"1\"} prediction: 'yes'=1\n"
	    "10000 ml_responses_total{job=\"j\",model=\"a\",version=\"1\"} status: '200'=1\n"
	    "10000 ml_score{job=\"j\",model=\"a\",version=\"1\"} expo n=1 sum=0.25\n");
	assert_string_equal(drained(&x), "");
	world_close(&x);
}

static void
window__a_failed_prediction_counts_under_no_class(void **state)
{
	struct world x = world_open(NULL, NULL);

	(void)state;
	feed(&x, "{\"t\":12,\"s\":200,\"p\":\"yes\"}\n{\"t\":12,\"s\":503,\"p\":\"yes\"}\n{\"t\":12,\"s\":500,\"p\":"
		 "null}\n{\"t\":12}\n");
	EXPECT(&x, "10000 ml_predictions_total{job=\"j\"} prediction: ''=3 'yes'=1",
	       "10000 ml_errors_total{job=\"j\"} 2",
	       "10000 ml_responses_total{job=\"j\"} status: '200'=1 '500'=1 '503'=1");
	world_close(&x);
}

static void
window__late_record_adds_to_its_old_window(void **state)
{
	struct world x = world_open(NULL, NULL);

	(void)state;
	feed(&x, "{\"t\":19.999,\"p\":\"a\"}\n{\"t\":20,\"p\":\"b\"}\n{\"t\":15,\"p\":\"c\"}\n{\"t\":0,\"p\":\"d\"}\n");
	EXPECT(&x, "0 ml_predictions_total{job=\"j\"} prediction: 'd'=1",
	       "10000 ml_predictions_total{job=\"j\"} prediction: 'a'=1 'c'=1",
	       "20000 ml_predictions_total{job=\"j\"} prediction: 'b'=1");
	feed(&x, "{\"t\":11,\"p\":\"a\"}\n");
	EXPECT(&x, "10000 ml_predictions_total{job=\"j\"} prediction: 'a'=1");
	assert_int_equal(windows_counts(x.w).records, 5);
	assert_int_equal(windows_counts(x.w).newest_ms, 20000);
	world_close(&x);
}

static void
window__models_and_versions_are_kept_apart(void **state)
{
	struct world x = world_open(NULL, NULL);
	const struct window_event *ev;

	(void)state;
	for (int i = 0; i < 3; i++)
		feed(&x, "{\"t\":12,\"m\":\"a\",\"v\":\"1\",\"f\":{\"x\":1}}\n{\"t\":12,\"m\":\"a\",\"v\":\"2\",\"f\":{"
			 "\"y\":\"q\",\"x\":2}}\n{\"t\":12,\"m\":\"b\",\"f\":{\"x\":\"w\"}}\n");
	EXPECT(&x, "10000 ml_feature{feature=\"x\",job=\"j\",model=\"a\",version=\"1\"} expo n=3 sum=3",
	       "10000 ml_feature{feature=\"x\",job=\"j\",model=\"a\",version=\"2\"} expo n=3 sum=6",
	       "10000 ml_feature_category_total{feature=\"y\",job=\"j\",model=\"a\",version=\"2\"} category: 'q'=3",
	       "10000 ml_feature_category_total{feature=\"x\",job=\"j\",model=\"b\"} category: 'w'=3");
	assert_int_equal(windows_events(x.w, 0, &ev), 3);
	assert_string_equal(ev[0].kind, "model");
	assert_string_equal(ev[0].text, "first seen, version 1");
	assert_string_equal(ev[1].kind, "version");
	assert_string_equal(ev[1].version, "2");
	assert_string_equal(ev[1].text, "version 2 first seen, beside 1");
	assert_string_equal(ev[2].text, "first seen");
	assert_int_equal(windows_events(x.w, 0, &ev), 0);
	windows_version_known(x.w, "old", "7", 0);
	feed(&x, "{\"t\":12,\"m\":\"old\",\"v\":\"7\"}\n{\"t\":12,\"m\":\"old\",\"v\":\"8\"}\n");
	drained(&x);
	assert_int_equal(windows_events(x.w, 0, &ev), 1);
	assert_string_equal(ev[0].version, "8");
	assert_string_equal(ev[0].text, "version 8 first seen, beside 7");
	world_close(&x);
}

static void
window__a_zero_is_said_again_to_stay_alive(void **state)
{
	struct world x = world_open(NULL, NULL);
	char line[100];
	int zeros = 0;

	(void)state;
	for (int t = 0; t < 600; t += 5) {
		snprintf(line, sizeof line, "{\"t\":%d,\"f\":{\"x\":1}}\n", 1000 + t);
		feed(&x, line);
	}
	for (const char *p = drained(&x); (p = strstr(p, "missing_total")) != NULL; p++)
		zeros++;
	assert_int_equal(zeros, 10); /* once a minute, not once a window */
	world_close(&x);
}

static void
window__everything_that_can_grow_is_bounded(void **state)
{
	const struct window_spec spec = {.max_categories = 5, .max_features = 4, .max_models = 3};
	struct world x = world_open(&spec, NULL);
	char line[200];
	const char *all;

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof line,
			 "{\"t\":12,\"m\":\"m\",\"p\":\"p%d\",\"s\":%d,\"f\":{\"k\":\"c%d\",\"f%d\":1}}\n", i, i, i, i);
		feed(&x, line);
	}
	for (int i = 0; i < 10; i++) {
		snprintf(line, sizeof line, "{\"t\":12,\"m\":\"m%d\"}\n", i);
		feed(&x, line);
	}
	all = drained(&x);
	assert_non_null(strstr(all, "ml_feature_category_total{feature=\"k\",job=\"j\",model=\"m\"} category: "
				    "'__other__'=195 'c0'=1 'c1'=1 'c2'=1 'c3'=1 'c4'=1\n"));
	assert_non_null(strstr(all, "ml_predictions_total{job=\"j\",model=\"m\"} prediction: '__other__'=150 "));
	assert_non_null(strstr(all, " '99'=1 '__other__'=100\n"));
	assert_non_null(strstr(all, "ml_feature{feature=\"f2\""));
	assert_null(strstr(all, "ml_feature{feature=\"f3\""));
	assert_non_null(strstr(all, "ml_predictions_total{job=\"j\",model=\"__other__\"} prediction: ''=8\n"));
	assert_int_equal(windows_counts(x.w).folded_features, 197);
	assert_int_equal(windows_counts(x.w).folded_models, 8);
	assert_true(windows_counts(x.w).folded_categories >= 195 + 150 + 100);
	world_close(&x);
}

static void
window__series_are_bounded(void **state)
{
	const struct window_spec spec = {.max_series = 12};
	struct world x = world_open(&spec, NULL);
	char line[200];
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(line, sizeof line, "{\"t\":12,\"m\":\"m\",\"f\":{\"f%d\":1}}\n", i);
		feed(&x, line);
	}
	for (const char *p = drained(&x); (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	assert_true(lines <= 12);
	assert_int_equal(windows_counts(x.w).refused_series, 47);
	world_close(&x);
}

static void
window__declared_expectations_are_held_against_values(void **state)
{
	char *colours[] = {(char *)"red", (char *)"green"};
	const struct feature_expect expect[] = {
	    {.name = (char *)"n",
	     .type = EXPECT_NUMERIC,
	     .required = true,
	     .has_min = true,
	     .min = 0,
	     .has_max = true,
	     .max = 10},
	    {.name = (char *)"k", .type = EXPECT_CATEGORICAL, .allowed = colours, .n_allowed = 2},
	    {.name = (char *)"id", .type = EXPECT_CATEGORICAL, .pattern = (char *)"m_[0-9]+"},
	    {.name = (char *)"b", .type = EXPECT_BOOL}};
	const struct window_spec spec = {.expect = expect, .n_expect = 4};
	struct world x = world_open(&spec, NULL);

	(void)state;
	feed(&x, "{\"t\":12,\"f\":{\"n\":5,\"k\":\"red\",\"id\":\"m_1\",\"b\":true}}\n"
		 "{\"t\":12,\"f\":{\"n\":-1,\"k\":\"blue\",\"id\":\"x\",\"b\":0}}\n"
		 "{\"t\":12,\"f\":{\"n\":11,\"k\":\"blue\",\"id\":\"m_\",\"b\":\"maybe\"}}\n"
		 "{\"t\":12,\"f\":{\"n\":\"five\",\"k\":7,\"id\":\"m_1\",\"b\":2}}\n"
		 "{\"t\":12,\"f\":{\"n\":null,\"k\":[]}}\n"
		 "{\"t\":12,\"f\":{\"k\":\"green\",\"b\":\"false\",\"id\":12}}\n"
		 "{\"t\":12}\n");
	EXPECT(&x, "10000 ml_feature{feature=\"n\",job=\"j\"} expo n=3 sum=15",
	       "10000 ml_feature_missing_total{feature=\"n\",job=\"j\"} 2",
	       "10000 ml_feature_invalid_total{feature=\"n\",job=\"j\",reason=\"below\"} 1",
	       "10000 ml_feature_invalid_total{feature=\"n\",job=\"j\",reason=\"above\"} 1",
	       "10000 ml_feature_invalid_total{feature=\"n\",job=\"j\",reason=\"type\"} 1",
	       "10000 ml_feature_invalid_total{feature=\"n\",job=\"j\",reason=\"required\"} 2",
	       "10000 ml_feature_category_total{feature=\"k\",job=\"j\"} category: '7'=1 'blue'=2 'green'=1 'red'=1",
	       "10000 ml_feature_invalid_total{feature=\"k\",job=\"j\",reason=\"category\"} 3",
	       "10000 ml_feature_invalid_total{feature=\"k\",job=\"j\",reason=\"type\"} 1",
	       "10000 ml_feature_invalid_total{feature=\"id\",job=\"j\",reason=\"pattern\"} 3",
	       "10000 ml_feature_missing_total{feature=\"id\",job=\"j\"} 1",
	       "10000 ml_feature_category_total{feature=\"b\",job=\"j\"} category: 'false'=2 'true'=1",
	       "10000 ml_feature_invalid_total{feature=\"b\",job=\"j\",reason=\"type\"} 2",
	       "10000 ml_feature_missing_total{feature=\"b\",job=\"j\"} 1");
	world_close(&x);
}

static struct references *
references_make(void)
{
	const struct reference_head head = {"m", "", "2026-03-01", 100};
	struct references *refs = references_open();
	struct reference *ref = reference_open(&head);
	const double at[] = {1, 2, 3, 4};
	const struct category_count kinds[] = {{"red", 60}, {"green", 40}}, bools[] = {{"False", 70}, {"True", 30}},
				    some[] = {{"__other__", 10}, {"x", 90}};
	struct reference_feature n = {.name = "n", .rows = 100, .min = 1, .max = 4, .mean = 2.5, .stddev = 0.5},
				 k = {.name = "k", .categorical = true, .rows = 100, .categories = {kinds, 2}},
				 b = {.name = "b", .categorical = true, .rows = 100, .categories = {bools, 2}},
				 c = {.name = "c", .categorical = true, .rows = 100, .categories = {some, 2}};
	struct histogram h = {.schema = HIST_EDGES};
	struct edge_bins bins = {0};

	n.edges = edges_make(at, 4, 2.5);
	bins.edges = n.edges;
	h.bins = &bins;
	n.hist = &h;
	reference_add(ref, &n);
	reference_add(ref, &k);
	reference_add(ref, &b);
	reference_add(ref, &c);
	edges_unref(n.edges);
	references_add(refs, ref);
	return refs;
}

static void
window__a_reference_gives_edges_range_and_categories(void **state)
{
	struct references *refs = references_make();
	struct world x = world_open(NULL, refs);
	const struct window_event *ev;
	size_t n;

	(void)state;
	for (int i = 0; i < 200; i++) /* more than a batch */
		feed(&x, "{\"t\":12,\"m\":\"m\",\"f\":{\"n\":2.5,\"k\":\"red\",\"new\":1}}\n");
	feed(&x, "{\"t\":12,\"m\":\"m\",\"f\":{\"n\":0.5,\"k\":\"blue\"}}\n{\"t\":12,\"m\":\"m\",\"f\":{\"n\":4.5,"
		 "\"k\":\"blue\"}}\n{\"t\":12,\"m\":\"m\",\"f\":{\"n\":4,\"k\":\"green\"}}\n");
	EXPECT(&x, "10000 ml_feature{feature=\"n\",job=\"j\",model=\"m\"} edges n=203 sum=509",
	       "10000 ml_feature{feature=\"new\",job=\"j\",model=\"m\"} expo n=200 sum=200",
	       "10000 ml_feature_invalid_total{feature=\"n\",job=\"j\",model=\"m\",reason=\"below\"} 1",
	       "10000 ml_feature_invalid_total{feature=\"n\",job=\"j\",model=\"m\",reason=\"above\"} 1",
	       "10000 ml_feature_invalid_total{feature=\"k\",job=\"j\",model=\"m\",reason=\"category\"} 2",
	       "10000 ml_feature_category_total{feature=\"k\",job=\"j\",model=\"m\"} category: 'blue'=2 'green'=1 "
	       "'red'=200");
	n = windows_events(x.w, 1000, &ev);
	assert_int_equal(n, 1); /* the model; categories are gathered for a while */
	feed(&x, "{\"t\":22,\"m\":\"m\",\"f\":{\"k\":\"blue\"}}\n{\"t\":23,\"m\":\"m\",\"f\":{\"k\":\"grey\"}}\n");
	drained(&x);
	assert_int_equal(windows_events(x.w, 30999, &ev), 0);
	assert_int_equal(windows_events(x.w, 31000, &ev), 1);
	assert_string_equal(ev[0].kind, "category");
	assert_string_equal(ev[0].severity, "warning");
	assert_string_equal(ev[0].feature, "k");
	assert_int_equal(ev[0].t, 10000);
	/* 4 of 205 */
	assert_string_equal(ev[0].text, "k: 2 new categories, 2.0 % of rows, first blue");
	feed(&x, "{\"t\":40,\"m\":\"m\",\"f\":{\"k\":\"pink\"}}\n{\"t\":80,\"m\":\"m\",\"f\":{\"k\":\"red\"}}\n");
	drained(&x);
	assert_int_equal(windows_events(x.w, 99000, &ev), 0); /* the same burst */
	feed(&x, "{\"t\":700,\"m\":\"m\",\"f\":{\"k\":\"pink\"}}\n{\"t\":1000,\"m\":\"m\",\"f\":{\"k\":\"red\"}}\n");
	drained(&x);
	assert_int_equal(windows_events(x.w, 99000, &ev), 1); /* ten minutes after the last one */
	assert_string_equal(ev[0].text, "k: 1 new category, 100 % of rows, first pink");
	world_close(&x);
	references_close(refs);
}

static void
window__what_the_reference_folded_is_folded(void **state)
{
	struct references *refs = references_make();
	struct world x = world_open(NULL, refs);

	(void)state;
	feed(&x, "{\"t\":12,\"m\":\"m\",\"f\":{\"c\":\"x\"}}\n{\"t\":12,\"m\":\"m\",\"f\":{\"c\":\"y\"}}\n{\"t\":12,"
		 "\"m\":\"m\",\"f\":{\"c\":\"z\"}}\n");
	EXPECT(&x,
	       "10000 ml_feature_category_total{feature=\"c\",job=\"j\",model=\"m\"} category: '__other__'=2 'x'=1");
	assert_null(strstr(buf_str(&x.text), "invalid")); /* they may have been in it */
	world_close(&x);
	references_close(refs);
}

static void
window__bools_are_spelled_as_in_the_reference(void **state)
{
	struct references *refs = references_make();
	struct world x = world_open(NULL, refs);

	(void)state;
	feed(&x,
	     "{\"t\":12,\"m\":\"m\",\"f\":{\"b\":true,\"other\":true}}\n{\"t\":12,\"m\":\"m\",\"f\":{\"b\":false}}\n");
	EXPECT(&x, "10000 ml_feature_category_total{feature=\"b\",job=\"j\",model=\"m\"} category: 'False'=1 'True'=1",
	       "10000 ml_feature_category_total{feature=\"other\",job=\"j\",model=\"m\"} category: 'true'=1");
	assert_null(strstr(buf_str(&x.text), "invalid"));
	world_close(&x);
	references_close(refs);
}

static void
window__a_mean_off_by_a_unit_is_an_event(void **state)
{
	/* the reference has 1 to 4, mean 2.5; values are 2 and 3 times the factor */
	static const struct {
		double factor;
		const char *says;
	} cases[] = {{10, "n: mean 2.50 → 25 (×10: a unit change?), 100 % above the reference maximum"},
		     {0.001, "n: mean 2.50 → 0.00 (÷1000: a unit change?), 100 % below the reference minimum"},
		     {60, "n: mean 2.50 → 150 (×60: a unit change?), 100 % above the reference maximum"},
		     {1.0 / 3600, "n: mean 2.50 → 0.000694 (÷3600: a unit change?), 100 % below the reference minimum"},
		     {1024, "n: mean 2.50 → 2560 (×1024: a unit change?), 100 % above the reference maximum"},
		     {1, NULL},
		     {7, "n: 100 % above the reference maximum"},
		     {100.5, "n: mean 2.50 → 251 (×100: a unit change?), 100 % above the reference maximum"},
		     {104, "n: 100 % above the reference maximum"}};
	struct references *refs = references_make();
	char line[120];

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct world x = world_open(NULL, refs);
		const struct window_event *ev;
		size_t n;

		for (int i = 0; i < 100; i++) {
			snprintf(line, sizeof line, "{\"t\":%d,\"m\":\"m\",\"f\":{\"n\":%.12g}}\n", 12 + i,
				 (2 + i % 2) * cases[c].factor);
			feed(&x, line);
		}
		drained(&x);
		n = windows_events(x.w, 0, &ev);
		assert_int_equal(n, cases[c].says != NULL ? 2 : 1); /* and that the model is there */
		if (cases[c].says != NULL) {
			assert_string_equal(ev[1].text, cases[c].says);
			assert_string_equal(ev[1].severity, "problem");
			assert_int_equal(ev[1].t, 10000);
		}
		world_close(&x);
	}
	references_close(refs);
}

static void
window__range_and_few_rows(void **state)
{
	struct references *refs = references_make();
	struct world x = world_open(NULL, refs);
	const struct window_event *ev;
	char line[120];

	(void)state;
	/* one value of three is out of range: it may be the one in a thousand */
	feed(&x, "{\"t\":12,\"m\":\"m\",\"f\":{\"n\":2}}\n{\"t\":13,\"m\":\"m\",\"f\":{\"n\":9}}\n"
		 "{\"t\":14,\"m\":\"m\",\"f\":{\"n\":2}}\n{\"t\":300,\"m\":\"m\",\"f\":{\"n\":2}}\n");
	drained(&x);
	assert_int_equal(windows_events(x.w, 0, &ev), 1);
	/* 22 of 100 values in half a minute are above 4 */
	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof line, "{\"t\":%.1f,\"m\":\"m\",\"f\":{\"n\":%d}}\n", 400 + i * 0.3,
			 i % 50 < 11 ? 5 : 2);
		feed(&x, line);
	}
	drained(&x);
	assert_int_equal(windows_events(x.w, 0, &ev), 1);
	assert_string_equal(ev[0].text, "n: 22 % above the reference maximum");
	world_close(&x);
	references_close(refs);
}

static void
window__versions_come_and_go_by_event_time(void **state)
{
	struct world x = world_open(NULL, NULL);
	const struct window_event *ev;
	const int64_t hour = 3600;
	char line[200];

	(void)state;
	windows_version_known(x.w, "fraud", "3.1.9", 1000 * hour * 1000);
	/* two days and three hours later another one answers alone */
	snprintf(line, sizeof line, "{\"t\":%lld,\"m\":\"fraud\",\"v\":\"3.2.0\"}\n", (long long)(1051 * hour));
	feed(&x, line);
	drained(&x);
	assert_int_equal(windows_events(x.w, 0, &ev), 1);
	assert_string_equal(ev[0].kind, "version");
	assert_string_equal(ev[0].text, "version 3.2.0 only (3.1.9 last seen 2 days ago)");
	assert_int_equal(ev[0].t, 1051 * hour * 1000);
	/* a third joins, the second goes on for two hours, the third stops after a minute */
	for (int i = 0; i <= 120; i++) {
		snprintf(line, sizeof line, "{\"t\":%lld,\"m\":\"fraud\",\"v\":\"%s\"}\n",
			 (long long)(1051 * hour + 60 * i), i == 30 ? "3.3.0" : "3.2.0");
		feed(&x, line);
		if (i % 7 == 0)
			drained(&x);
	}
	drained(&x);
	assert_int_equal(windows_events(x.w, 0, &ev), 2);
	assert_string_equal(ev[0].text, "version 3.3.0 first seen, beside 3.2.0");
	assert_int_equal(ev[0].t, (1051 * hour + 60 * 30) * 1000);
	assert_string_equal(ev[1].text, "version 3.2.0 only (3.3.0 last seen 1h ago)");
	assert_int_equal(ev[1].t, (1052 * hour + 60 * 30) * 1000);
	assert_int_equal(windows_versions(x.w), 3);
	assert_int_equal(windows_version(x.w, 0).last_ms, 1000 * hour * 1000);
	world_close(&x);
}

static void
window__names_from_outside_are_harmless_in_events(void **state)
{
	struct world x = world_open(NULL, NULL);
	const struct window_event *ev;

	(void)state;
	feed(&x, "{\"t\":12,\"m\":\"m\",\"v\":\"1\\u001b[2J\\u202e2\"}\n");
	drained(&x);
	assert_int_equal(windows_events(x.w, 0, &ev), 1);
	assert_string_equal(ev[0].text, "first seen, version 1·[2J·2");
	world_close(&x);
}

static void
window__open_windows_are_bounded_in_memory(void **state)
{
	struct world x = world_open(NULL, NULL);
	uint64_t total = 0;
	char line[200];
	const char *all;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 3000; i++) { /* 3,000 windows, each visited twice */
			snprintf(line, sizeof line, "{\"t\":%d,\"m\":\"m\",\"p\":\"a\"}\n", 1000 + i * 10);
			feed(&x, line);
			if (i % 700 == 0) {
				all = drained(&x);
				for (const char *p = all; (p = strstr(p, "'a'=")) != NULL; p++)
					total += (uint64_t)atoi(p + 4);
			}
		}
	for (const char *p = drained(&x); (p = strstr(p, "'a'=")) != NULL; p++)
		total += (uint64_t)atoi(p + 4);
	assert_int_equal(total, 6000);
	world_close(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(window__a_record_gives_all_its_series),
	    cmocka_unit_test(window__a_failed_prediction_counts_under_no_class),
	    cmocka_unit_test(window__late_record_adds_to_its_old_window),
	    cmocka_unit_test(window__models_and_versions_are_kept_apart),
	    cmocka_unit_test(window__a_zero_is_said_again_to_stay_alive),
	    cmocka_unit_test(window__everything_that_can_grow_is_bounded),
	    cmocka_unit_test(window__series_are_bounded),
	    cmocka_unit_test(window__declared_expectations_are_held_against_values),
	    cmocka_unit_test(window__a_reference_gives_edges_range_and_categories),
	    cmocka_unit_test(window__what_the_reference_folded_is_folded),
	    cmocka_unit_test(window__bools_are_spelled_as_in_the_reference),
	    cmocka_unit_test(window__a_mean_off_by_a_unit_is_an_event),
	    cmocka_unit_test(window__range_and_few_rows),
	    cmocka_unit_test(window__versions_come_and_go_by_event_time),
	    cmocka_unit_test(window__names_from_outside_are_harmless_in_events),
	    cmocka_unit_test(window__open_windows_are_bounded_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
