/*
 * check_counts.c -- reads logs through the decoder and the windows, adds all increments up, and compares them with the truth that
 * the generator wrote beside the log: counts exactly, latency quantiles within 0.3 %, sums to twelve digits.
 *
 *     check_counts TRUTH.json LOG...        exit 0 when all agrees; every difference is a line on stderr
 */
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/decode.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/window.h"

struct total { /* of one series, over all windows */
	struct buf blob;
};

struct checker {
	struct windows *windows;
	struct strmap *totals;
	uint64_t bad[BAD_REASONS], lines, records, increments;
	unsigned wrong;
};

static void
differ(struct checker *c, const char *what, const char *of, double got, double expected)
{
	fprintf(stderr, "%s %s: %.17g, should be %.17g\n", what, of, got, expected);
	c->wrong++;
}

static void
on_record(void *arg, const struct record *r)
{
	struct checker *c = arg;

	windows_add(c->windows, r);
	c->records++;
}

static void
on_bad(void *arg, const struct bad_line *b)
{
	struct checker *c = arg;

	c->bad[b->why]++;
}

static void
on_increment(void *arg, const struct increment *i)
{
	struct checker *c = arg;
	struct buf key = BUF_INIT, sum = BUF_INIT;
	struct total *t;

	for (size_t k = 0; k < i->labels.n; k++) /* all models together */
		if (strcmp(i->labels.at[k].name, "__name__") == 0 || strcmp(i->labels.at[k].name, "feature") == 0 ||
		    strcmp(i->labels.at[k].name, "reason") == 0)
			buf_addf(&key, "%s ", i->labels.at[k].value);
	t = strmap_get(c->totals, buf_str(&key));
	if (t == NULL) {
		t = calloc(1, sizeof *t);
		buf_add(&t->blob, i->blob, i->n);
		strmap_set(c->totals, buf_str(&key), t);
	} else if (sketch_merge(&sum, t->blob.p, t->blob.len, i->blob, i->n, NULL) == 0) {
		buf_release(&t->blob);
		t->blob = sum;
	} else {
		differ(c, "cannot merge", buf_str(&key), 0, 0);
	}
	c->increments++;
	buf_release(&key);
}

static const struct total *
total_of(struct checker *c, const char *name, const char *feature)
{
	char key[300];

	/* labels come sorted by name: __name__ before feature */
	snprintf(key, sizeof key, feature != NULL ? "%s %s " : "%s ", name, feature);
	return strmap_get(c->totals, key);
}

static double
count_of(struct checker *c, const char *name, const char *feature)
{
	const struct total *t = total_of(c, name, feature);

	return t == NULL ? 0 : sketch_blob_count(t->blob.p, t->blob.len);
}

static void
expect(struct checker *c, const char *what, const char *of, double got, json_t *expected)
{
	if (expected != NULL && got != json_number_value(expected))
		differ(c, what, of, got, json_number_value(expected));
}

struct comparison {
	struct checker *c;
	json_t *expected;
	const char *what;
	size_t seen, matched;
};

static void
on_category(void *arg, const char *name, size_t n, uint64_t count)
{
	struct comparison *x = arg;
	json_t *expected = json_object_getn(x->expected, name, n);
	char copy[300];

	x->seen++;
	if (expected == NULL)
		return;
	x->matched++;
	snprintf(copy, sizeof copy, "%.*s", (int)n, name);
	expect(x->c, x->what, copy, (double)count, expected);
}

/* The counts of a series by category against an object of the truth. Returns how many categories there were. */
static size_t
categories_check(struct checker *c, const char *name, const char *feature, json_t *expected)
{
	const struct total *t = total_of(c, name, feature);
	struct comparison x = {c, expected, feature != NULL ? feature : name, 0, 0};

	if (t != NULL)
		sketch_categories(t->blob.p, t->blob.len, on_category, &x, NULL);
	if (x.matched != json_object_size(expected))
		differ(c, "categories of", x.what, (double)x.matched, (double)json_object_size(expected));
	return x.seen;
}

static void
latency_check(struct checker *c, json_t *truth)
{
	static const struct {
		const char *name;
		double q;
	} quantile[] = {{"p50", .5}, {"p90", .9}, {"p95", .95}, {"p99", .99}, {"p999", .999}};
	const struct total *t = total_of(c, "ml_latency_seconds", NULL);
	struct arena *mem = arena_open();
	struct histogram *h = NULL;

	expect(c, "latencies", "", count_of(c, "ml_latency_seconds", NULL), json_object_get(truth, "count"));
	if (t != NULL && sketch_histogram(mem, t->blob.p, t->blob.len, NULL, NULL, &h, NULL) == 0) {
		for (size_t i = 0; i < sizeof quantile / sizeof *quantile; i++) {
			double got = histogram_quantile(h, quantile[i].q) * 1000;
			double exact = json_number_value(json_object_get(truth, quantile[i].name));

			printf("latency %s %.4f ms, exactly %.4f: off by %.3f %%\n", quantile[i].name, got, exact,
			       100 * fabs(got / exact - 1));
			if (!(fabs(got / exact - 1) <= 0.003))
				differ(c, "latency", quantile[i].name, got, exact);
		}
	}
	arena_close(mem);
}

static void
feature_check(struct checker *c, const char *name, json_t *truth)
{
	bool numeric = strcmp(json_string_value(json_object_get(truth, "type")), "numeric") == 0;
	json_t *categories = json_object_get(truth, "categories"), *top = json_object_get(truth, "top");
	struct arena *mem = arena_open();
	struct histogram *h;
	const struct total *t;

	expect(c, "values of", name, count_of(c, numeric ? "ml_feature" : "ml_feature_category_total", name),
	       json_object_get(truth, "count"));
	expect(c, "missing of", name, count_of(c, "ml_feature_missing_total", name), json_object_get(truth, "null"));
	if (!numeric) {
		size_t n =
		    categories_check(c, "ml_feature_category_total", name, categories != NULL ? categories : top);

		if (top != NULL)
			expect(c, "distinct categories of", name, (double)n, json_object_get(truth, "distinct"));
	}
	t = numeric ? total_of(c, "ml_feature", name) : NULL;
	if (t != NULL && sketch_histogram(mem, t->blob.p, t->blob.len, NULL, NULL, &h, NULL) == 0) {
		double sum = json_number_value(json_object_get(truth, "sum"));

		if (fabs(h->sum - sum) > 1e-12 * fmax(fabs(sum), h->count))
			differ(c, "sum of", name, h->sum, sum);
	}
	arena_close(mem);
}

static void
truth_check(struct checker *c, json_t *truth)
{
	uint64_t bad = 0, expected_bad = 0;
	const char *name;
	json_t *value;

	for (int i = 0; i < BAD_REASONS; i++)
		bad += c->bad[i];
	json_object_foreach(json_object_get(truth, "bad"), name, value) if (strcmp(name, "empty") != 0) expected_bad +=
	    (uint64_t)json_integer_value(value);
	if (bad != expected_bad)
		differ(c, "bad lines", "", (double)bad, (double)expected_bad);
	expect(c, "lines", "", (double)c->lines, json_object_get(truth, "lines"));
	expect(c, "records", "", (double)c->records, json_object_get(truth, "good"));
	expect(c, "predictions", "", count_of(c, "ml_predictions_total", NULL), json_object_get(truth, "good"));
	expect(c, "errors", "", count_of(c, "ml_errors_total", NULL), json_object_get(truth, "errors"));
	categories_check(c, "ml_predictions_total", NULL, json_object_get(truth, "predictions"));
	categories_check(c, "ml_responses_total", NULL, json_object_get(truth, "status"));
	expect(c, "scores", "", count_of(c, "ml_score", NULL),
	       json_object_get(json_object_get(truth, "score"), "count"));
	latency_check(c, json_object_get(truth, "latency_ms"));
	json_object_foreach(json_object_get(truth, "features"), name, value) feature_check(c, name, value);
}

static void
log_read(struct checker *c, struct decoder *d, const char *path)
{
	const struct decode_sink sink = {c, on_record, on_bad};
	static char chunk[1 << 20];
	size_t have = 0, size = 1000;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		perror(path);
		exit(2);
	}
	while ((n = read(fd, chunk + have, size - have)) > 0) {
		const char *last;

		have += (size_t)n;
		last = memrchr(chunk, '\n', have);
		size = have < size || last != NULL ? size : sizeof chunk; /* a long line */
		if (last != NULL) {
			size_t whole = (size_t)(last + 1 - chunk);

			c->lines += decoder_feed(d, chunk, whole, &sink);
			have -= whole;
			memmove(chunk, chunk + whole, have);
			size = 1000 + (size * 7919) % (sizeof chunk - 1000); /* chunks of every length */
			if (size <= have)
				size = sizeof chunk;
		}
		if (c->lines % 7 == 0)
			windows_drain(c->windows, on_increment, c);
	}
	close(fd);
}

int
main(int argc, char **argv)
{
	const struct decode_spec spec = {.timestamp = {.path = (char *)"ts"},
					 .model = {.path = (char *)"model"},
					 .version = {.path = (char *)"version"},
					 .request_id = {.path = (char *)"request_id"},
					 .latency = {.path = (char *)"latency_ms", .unit = UNIT_MS},
					 .status = {.path = (char *)"status"},
					 .prediction = {.path = (char *)"prediction"},
					 .score = {.path = (char *)"score"},
					 .features = (char *)"features"};
	const struct window_spec windows = {.width_ms = 10000,
					    .job = (char *)"check",
					    .max_categories = 100000,
					    .max_series = 1000000,
					    .max_models = 10000};
	struct checker c = {.windows = windows_open(&windows, NULL), .totals = strmap_open()};
	struct decoder *d = decoder_open(&spec, NULL);
	json_error_t at;
	json_t *truth;

	if (argc < 3) {
		fputs("usage: check_counts TRUTH.json LOG...\n", stderr);
		return 2;
	}
	truth = json_load_file(argv[1], 0, &at);
	if (truth == NULL) {
		fprintf(stderr, "%s: %s\n", argv[1], at.text);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		log_read(&c, d, argv[i]);
	windows_drain(c.windows, on_increment, &c);
	truth_check(&c, truth);
	printf("%llu lines, %llu records, %llu increments: %u differences\n", (unsigned long long)c.lines,
	       (unsigned long long)c.records, (unsigned long long)c.increments, c.wrong);
	for (int i = 0; i < BAD_REASONS; i++)
		if (c.bad[i] > 0)
			printf("  %s %llu\n", bad_reason_word[i], (unsigned long long)c.bad[i]);
	return c.wrong > 0;
}
