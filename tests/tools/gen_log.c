/*
 * gen_log.c -- writes the prediction log of a scoring service, and the exact counts of what it wrote.
 *
 *     gen_log --rows 100000 --bad-lines 0.02 --null-rate 0.01 --error-rate 0.02 --truth truth.json -o log.jsonl
 *
 * The same arguments give the same bytes (but for --follow). Every column has random numbers of its own, so that nulls or
 * bad lines do not change other values. --rows counts good lines; bad ones come between them.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum kind { LOGNORMAL, NORMAL, UNIFORM, COUNT, CATEGORY, BOOLEAN };

struct column {
	const char *name;
	enum kind kind;
	double a, b; /* mu and sigma, mean and deviation, from and to, mean, -, share of true */
	int decimals;
	int n; /* CATEGORY: how many; names are PREFIXnnnn, or from a list */
	const char *prefix;
};

static const struct column table[] = {
    {"price", LOGNORMAL, 3.6, 1.1, 2, 0, NULL},
    {"shop_id", CATEGORY, 0, 0, 0, 4000, "shop_"},
    {"region", CATEGORY, 0, 0, 0, 60, "r"},
    {"customer_days", LOGNORMAL, 5.8, 1.0, 0, 0, NULL},
    {"orders_24h", COUNT, 3.2, 0, 0, 0, NULL},
    {"distance_km", LOGNORMAL, 1.5, 1.6, 1, 0, NULL},
    {"speed_z", NORMAL, 0, 1, 4, 0, NULL},
    {"device_score", UNIFORM, 0, 1, 4, 0, NULL},
    {"hour_of_day", UNIFORM, 0, 24, 0, 0, NULL},
    {"channel", CATEGORY, 0, 0, 0, 5, "channel_"},
    {"card", CATEGORY, 0, 0, 0, 4, "card_"},
    {"sector", CATEGORY, 0, 0, 0, 400, "sector_"},
    {"is_abroad", BOOLEAN, 0.12, 0, 0, 0, NULL},
    {"is_new", BOOLEAN, 0.07, 0, 0, 0, NULL},
    {"price_7d_mean", LOGNORMAL, 3.7, 0.8, 2, 0, NULL},
    {"price_7d_max", LOGNORMAL, 4.6, 0.9, 2, 0, NULL},
    {"price_ratio", LOGNORMAL, 0, 0.7, 4, 0, NULL},
    {"orders_1h", COUNT, 0.4, 0, 0, 0, NULL},
    {"orders_30d", COUNT, 31, 0, 0, 0, NULL},
    {"refused_30d", COUNT, 1.3, 0, 0, 0, NULL},
    {"age", NORMAL, 43, 14, 1, 0, NULL},
    {"latitude", NORMAL, 47, 4.5, 4, 0, NULL},
    {"network", CATEGORY, 0, 0, 0, 900, "AS"},
    {"embedding", NORMAL, 0, 0.35, 5, 0, NULL},
};
#define TABLE_N     (sizeof table / sizeof *table)
#define MAX_COLUMNS 1000

struct stream {
	uint64_t s;
};

struct state { /* of one column */
	struct column spec;
	char name[40];
	struct stream value, null, drift;
	double *cumulative; /* CATEGORY: Zipf's law; COUNT: Poisson's */
	int n_cumulative;
	bool drifts;
	uint64_t n, nulls, missing, news, *counts;
	double sum, min, max;
};

struct options {
	const char *output, *truth, *reference, *model;
	uint64_t rows, reference_rows, rotate_lines;
	int features, models, drift_features;
	double rps, bad, null, missing, error, drift_at, drift_size;
	uint64_t seed;
	int64_t start_ms;
	const char *rotate; /* rename, copytruncate, delete */
	bool follow;
};

enum bad { TRUNCATED, WRONG_TYPE, NOT_OBJECT, TEXT, BINARY, BAD_UTF8, NAN_VALUE, LONG, BLANK, BADS };
static const char *const bad_word[BADS] = {"truncated", "wrong_type", "not_object", "text", "binary",
					   "bad_utf8",  "nan",        "long",       "empty"};

struct generator {
	struct options o;
	struct state column[MAX_COLUMNS];
	struct stream ids, latency, errors, score, models, bads;
	double *latencies;
	uint64_t status[4], prediction[3], bad[BADS], lines, bytes, rotations, model_count[MAX_COLUMNS];
	double score_sum;
	FILE *to;
	char line[1 << 17];
};

static const int statuses[4] = {200, 500, 503, 504};
static const char *const classes[3] = {"accept", "refuse", ""};

static uint64_t
next(struct stream *r) /* splitmix64 */
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static double
uniform(struct stream *r) /* in (0, 1) */
{
	return ((double)(next(r) >> 12) + 0.5) * 0x1p-52;
}

static double
gauss(struct stream *r)
{
	double u = uniform(r), v = uniform(r);

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static struct stream
stream_for(uint64_t seed, const char *name, int salt)
{
	struct stream r = {seed * 1000003u + (uint64_t)salt};

	for (; *name != '\0'; name++)
		r.s = (r.s ^ (unsigned char)*name) * 0x100000001b3u;
	next(&r);
	return r;
}

static void
fail(const char *what, const char *about)
{
	fprintf(stderr, "gen_log: %s '%s'\n", what, about);
	exit(2);
}

static void
cumulate(struct state *c)
{
	double total = 0, p = exp(-c->spec.a);
	int n = c->spec.kind == CATEGORY ? c->spec.n : (int)(c->spec.a + 12 * sqrt(c->spec.a) + 12);

	c->cumulative = calloc((size_t)n, sizeof *c->cumulative);
	c->n_cumulative = n;
	for (int k = 0; k < n; k++) {
		total += c->spec.kind == CATEGORY ? pow(k + 1, -1.1) : p;
		c->cumulative[k] = total;
		p *= c->spec.a / (k + 1);
	}
}

static int
pick(const struct state *c, struct stream *r)
{
	double x = uniform(r) * c->cumulative[c->n_cumulative - 1];
	int lo = 0, hi = c->n_cumulative - 1;

	while (lo < hi) {
		int mid = (lo + hi) / 2;

		if (c->cumulative[mid] < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
column_open(struct state *c, int i, uint64_t seed)
{
	c->spec = table[(size_t)i % TABLE_N];
	if ((size_t)i < TABLE_N)
		snprintf(c->name, sizeof c->name, "%s", c->spec.name);
	else
		snprintf(c->name, sizeof c->name, "%s_%d", c->spec.name, i / (int)TABLE_N + 1);
	c->value = stream_for(seed, c->name, 1);
	c->null = stream_for(seed, c->name, 2);
	c->drift = stream_for(seed, c->name, 3);
	c->min = INFINITY;
	c->max = -INFINITY;
	if (c->spec.kind == CATEGORY || c->spec.kind == COUNT)
		cumulate(c);
	c->counts = calloc((size_t)c->spec.n + 3, sizeof *c->counts);
}

static double
number(struct state *c, double weight)
{
	const struct column *s = &c->spec;
	double spread = s->kind == UNIFORM ? (s->b - s->a) / sqrt(12) : s->kind == COUNT ? sqrt(s->a) : s->b, x;

	switch (s->kind) {
	case LOGNORMAL:
		return exp(s->a + s->b * (gauss(&c->value) + weight));
	case NORMAL:
		x = s->a + s->b * gauss(&c->value);
		break;
	case UNIFORM:
		x = s->a + (s->b - s->a) * uniform(&c->value);
		break;
	default:
		x = pick(c, &c->value);
	}
	x += weight * spread;
	return s->decimals == 0 ? floor(x) : x;
}

/* Writes the value as JSON; counts it when count is set. */
static int
value_write(struct state *c, char *to, double weight, bool count)
{
	const struct column *s = &c->spec;
	int n, k;
	double v;

	if (s->kind == CATEGORY) {
		bool fresh = c->drifts && uniform(&c->drift) < weight / (1 + weight);

		k = pick(c, &c->value);
		c->counts[fresh ? s->n : k] += count;
		n = fresh ? sprintf(to, "\"never_seen\"") : sprintf(to, "\"%s%d\"", s->prefix, k + 1);
	} else if (s->kind == BOOLEAN) {
		k = uniform(&c->value) < s->a;
		c->counts[k] += count;
		n = sprintf(to, k ? "true" : "false");
	} else {
		n = sprintf(to, "%.*f", s->decimals, number(c, weight));
		v = strtod(to, NULL);
		if (count) {
			c->sum += v;
			c->min = fmin(c->min, v);
			c->max = fmax(c->max, v);
		}
	}
	c->n += count;
	return n;
}

static int
features_write(struct generator *g, char *to, uint64_t row)
{
	char *start = to;
	double weight = g->o.drift_at >= 0 && (double)row >= g->o.drift_at * (double)g->o.rows ? g->o.drift_size : 0;

	for (int i = 0; i < g->o.features; i++) {
		struct state *c = &g->column[i];
		char value[64];
		double u = g->o.null + g->o.missing > 0 ? uniform(&c->null) : 1;
		int n = value_write(c, value, c->drifts ? weight : 0, u >= g->o.null + g->o.missing);

		if (u >= g->o.null && u < g->o.null + g->o.missing) {
			c->missing++;
			continue;
		}
		if (u < g->o.null) {
			c->nulls++;
			n = sprintf(value, "null");
		}
		to += sprintf(to, "%s\"%s\":%.*s", to > start ? "," : "", c->name, n, value);
	}
	return (int)(to - start);
}

static void
time_write(char *to, int64_t ms)
{
	time_t s = ms / 1000;
	struct tm tm;

	gmtime_r(&s, &tm);
	sprintf(to, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		tm.tm_min, tm.tm_sec, (int)(ms % 1000));
}

static int
line_write(struct generator *g, uint64_t row, int64_t ms)
{
	double latency = 25 * exp(0.55 * gauss(&g->latency)) * (uniform(&g->latency) < 0.005 ? 8 : 1),
	       score = pow(uniform(&g->score), 8);
	bool failed = uniform(&g->errors) < g->o.error;
	int status = failed ? 1 + (int)(next(&g->errors) % 3) : 0, class = failed ? 2 : score >= 0.5;
	int model = (int)(next(&g->models) % (uint64_t)g->o.models), n;
	char when[80], text[32], name[80];
	char *p = g->line;

	time_write(when, ms);
	snprintf(name, sizeof name, g->o.models > 1 ? "%s_%05d" : "%s", g->o.model, model);
	snprintf(text, sizeof text, "%.3f", latency);
	g->latencies[row] = strtod(text, NULL);
	g->status[status]++;
	g->prediction[class]++;
	g->model_count[model]++;
	p += sprintf(p,
		     "{\"ts\":\"%s\",\"request_id\":\"%016llx\",\"model\":\"%s\",\"version\":\"1.4.0\",\"latency_ms\":%"
		     "s,\"status\":%d,",
		     when, (unsigned long long)next(&g->ids), name, text, statuses[status]);
	if (failed) {
		p += sprintf(p, "\"prediction\":null,\"score\":null,\"error\":\"inference failed\",");
	} else {
		snprintf(text, sizeof text, "%.4f", score);
		g->score_sum += strtod(text, NULL);
		p += sprintf(p, "\"prediction\":\"%s\",\"score\":%s,", classes[class], text);
	}
	p += sprintf(p, "\"features\":{");
	n = features_write(g, p, row);
	p += n;
	p += sprintf(p, "}}\n");
	return (int)(p - g->line);
}

static void
put(struct generator *g, const char *p, size_t n)
{
	if (fwrite(p, 1, n, g->to) != n)
		fail(strerror(errno), g->o.output);
	g->lines++;
	g->bytes += n;
}

/* line: the good one that comes next, n bytes with its newline. */
static void
bad_put(struct generator *g, const char *line, int n)
{
	static const int weight[BADS] = {6, 6, 3, 4, 3, 3, 3, 1, 2};
	static const char *const wrong[] = {
	    "{\"ts\":true,\"model\":[\"x\"],\"latency_ms\":\"fast\",\"features\":[1,2]}\n",
	    "{\"ts\":\"yesterday\",\"latency_ms\":[],\"features\":\"none\"}\n",
	    "{\"ts\":\"2026-13-45T99:99:99Z\",\"model\":7,\"features\":null}\n"};
	static const char *const other[] = {"[1,2,3]\n", "\"word\"\n", "42\n", "null\n",
					    "[{\"ts\":\"2026-03-01T00:00:00Z\"}]\n"};
	static const char *const text[] = {"Traceback (most recent call last):\n",
					   "  File \"/srv/app/model.py\", line 88, in predict\n", "GET /health 200\n"};
	static char buffer[1 << 18];
	uint64_t r = next(&g->bads);
	int kind = 0, left = (int)(r % 31), k;
	const char *p = buffer;

	for (; left >= weight[kind]; kind++)
		left -= weight[kind];
	g->bad[kind]++;
	switch (kind) {
	case TRUNCATED:
		k = 1 + (int)(next(&g->bads) % (uint64_t)(n - 3));
		memcpy(buffer, line, (size_t)k);
		strcpy(buffer + k, "\n");
		break;
	case WRONG_TYPE:
		p = wrong[r / 31 % 3];
		break;
	case NOT_OBJECT:
		p = other[r / 31 % 5];
		break;
	case TEXT:
		p = text[r / 31 % 3];
		break;
	case BINARY:
		for (k = 0; k < 100; k++)
			buffer[k] = (char)(next(&g->bads) | 0x80);
		memcpy(buffer + 50, "\0\xff\0", 3);
		put(g, strcpy(buffer + 100, "\n") - 100, 101);
		return;
	case BAD_UTF8:
		k = (int)(strstr(line, "\"version\":\"") + 11 - line);
		memcpy(buffer, line, (size_t)k);
		strcpy(stpcpy(buffer + k, "\xc3"), line + k);
		break;
	case NAN_VALUE:
		p = "{\"ts\":\"2026-03-01T00:00:00.000Z\",\"model\":\"x\",\"latency_ms\":NaN,\"score\":-Infinity,"
		    "\"features\":{}}\n";
		break;
	case LONG:
		strcpy(buffer, "{\"request_id\":\"");
		memset(buffer + 15, 'x', 200000);
		strcpy(buffer + 200015, "\"\n");
		break;
	default:
		p = r & 64 ? "\n" : "   \n";
	}
	put(g, p, strlen(p));
}

static void
rotate(struct generator *g)
{
	char old[4096];

	fflush(g->to);
	snprintf(old, sizeof old, "%s.%llu", g->o.output, (unsigned long long)++g->rotations);
	if (strcmp(g->o.rotate, "rename") == 0) {
		rename(g->o.output, old);
	} else if (strcmp(g->o.rotate, "delete") == 0) {
		unlink(g->o.output);
	} else {
		char command[9000];

		snprintf(command, sizeof command, "cp -- '%s' '%s'", g->o.output, old);
		if (system(command) != 0 || truncate(g->o.output, 0) != 0)
			fail("cannot copy", g->o.output);
	}
	fclose(g->to);
	g->to = fopen(g->o.output, "ae");
	if (g->to == NULL)
		fail(strerror(errno), g->o.output);
}

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
column_truth(FILE *f, const struct state *c, bool last)
{
	bool first = true;
	int n = c->spec.kind == CATEGORY ? c->spec.n + 1 : c->spec.kind == BOOLEAN ? 2 : 0;

	fprintf(f, "  \"%s\": {\"type\": \"%s\", \"count\": %llu, \"null\": %llu, \"missing\": %llu", c->name,
		n > 0 ? "categorical" : "numeric", (unsigned long long)c->n, (unsigned long long)c->nulls,
		(unsigned long long)c->missing);
	if (n == 0 && c->n > 0)
		fprintf(f, ", \"sum\": %.17g, \"min\": %.17g, \"max\": %.17g", c->sum, c->min, c->max);
	if (n > 0)
		fprintf(f, ", \"categories\": {");
	for (int k = 0; k < n; k++) {
		if (c->counts[k] == 0)
			continue;
		fprintf(f, "%s", first ? "" : ", ");
		first = false;
		if (c->spec.kind == BOOLEAN)
			fprintf(f, "\"%s\": ", k ? "true" : "false");
		else if (k == c->spec.n)
			fprintf(f, "\"never_seen\": ");
		else
			fprintf(f, "\"%s%d\": ", c->spec.prefix, k + 1);
		fprintf(f, "%llu", (unsigned long long)c->counts[k]);
	}
	fprintf(f, "%s}%s\n", n > 0 ? "}" : "", last ? "" : ",");
}

static void
counts_truth(FILE *f, const char *name, size_t n, const char *const *word, const uint64_t *count)
{
	const char *sep = "";

	fprintf(f, " \"%s\": {", name);
	for (size_t i = 0; i < n; i++) {
		if (count[i] == 0)
			continue;
		fprintf(f, "%s\"%s\": %llu", sep, word[i], (unsigned long long)count[i]);
		sep = ", ";
	}
	fprintf(f, "},\n");
}

static void
truth_write(struct generator *g)
{
	static const char *const status_word[] = {"200", "500", "503", "504"};
	static const struct {
		const char *name;
		double q;
	} quantile[] = {{"p50", .5}, {"p90", .9}, {"p95", .95}, {"p99", .99}, {"p999", .999}, {"max", 1}};
	uint64_t n = g->o.rows;
	FILE *f = fopen(g->o.truth, "we");

	if (f == NULL)
		fail(strerror(errno), g->o.truth);
	fprintf(f, "{\"lines\": %llu, \"bytes\": %llu, \"good\": %llu, \"rotations\": %llu, \"errors\": %llu,\n",
		(unsigned long long)g->lines, (unsigned long long)g->bytes, (unsigned long long)n,
		(unsigned long long)g->rotations, (unsigned long long)(g->status[1] + g->status[2] + g->status[3]));
	counts_truth(f, "bad", BADS, bad_word, g->bad);
	counts_truth(f, "status", 4, status_word, g->status);
	counts_truth(f, "predictions", 3, classes, g->prediction);
	fprintf(f, " \"models\": %d, \"score\": {\"count\": %llu, \"sum\": %.17g},\n \"latency_ms\": {\"count\": %llu",
		g->o.models, (unsigned long long)g->status[0], g->score_sum, (unsigned long long)n);
	qsort(g->latencies, n, sizeof *g->latencies, double_cmp);
	for (size_t i = 0; n > 0 && i < sizeof quantile / sizeof *quantile; i++)
		fprintf(f, ", \"%s\": %.17g", quantile[i].name,
			g->latencies[(uint64_t)ceil(quantile[i].q * (double)n) - 1]);
	fprintf(f, "},\n \"features\": {\n");
	for (int i = 0; i < g->o.features; i++)
		column_truth(f, &g->column[i], i + 1 == g->o.features);
	fprintf(f, "}}\n");
	if (fclose(f) != 0)
		fail(strerror(errno), g->o.truth);
}

/* A training set of the same features, without drift: CSV. */
static void
reference_write(const struct options *o)
{
	FILE *f = fopen(o->reference, "we");
	static struct state column[MAX_COLUMNS];
	char value[64];

	if (f == NULL)
		fail(strerror(errno), o->reference);
	for (int i = 0; i < o->features; i++) {
		column_open(&column[i], i, o->seed + 7919);
		fprintf(f, "%s%s", i > 0 ? "," : "", column[i].name);
	}
	fputc('\n', f);
	for (uint64_t row = 0; row < o->reference_rows; row++) {
		for (int i = 0; i < o->features; i++) {
			int n = value_write(&column[i], value, 0, false);

			if (value[0] == '"')
				fprintf(f, "%s%.*s", i > 0 ? "," : "", n - 2, value + 1);
			else
				fprintf(f, "%s%.*s", i > 0 ? "," : "", n, value);
		}
		fputc('\n', f);
	}
	if (fclose(f) != 0)
		fail(strerror(errno), o->reference);
}

static void
generate(struct generator *g)
{
	double step = 1000 / g->o.rps;
	struct timespec began, now;

	clock_gettime(CLOCK_REALTIME, &began);
	if (g->o.follow)
		g->o.start_ms = began.tv_sec * 1000 + began.tv_nsec / 1000000;
	for (uint64_t row = 0; row < g->o.rows; row++) {
		int64_t ms = g->o.start_ms + (int64_t)((double)row * step);
		int n = line_write(g, row, ms);

		clock_gettime(CLOCK_REALTIME, &now);
		while (g->o.follow && now.tv_sec * 1000 + now.tv_nsec / 1000000 < ms) {
			fflush(g->to);
			usleep(20000);
			clock_gettime(CLOCK_REALTIME, &now);
		}
		if (g->o.bad > 0 && uniform(&g->bads) < g->o.bad)
			bad_put(g, g->line, n);
		put(g, g->line, (size_t)n);
		if (g->o.rotate_lines > 0 && (row + 1) % g->o.rotate_lines == 0)
			rotate(g);
	}
}

static void
usage(void)
{
	fputs("usage: gen_log [-o FILE] [--rows N] [--features N] [--seed N] [--rps N] [--start UNIX_MS] [--model "
	      "NAME] [--models N]\n"
	      "               [--bad-lines RATE] [--null-rate P] [--missing-rate P] [--error-rate P]\n"
	      "               [--drift-at FRACTION] [--drift-features N] [--drift-size S] [--rotate "
	      "rename|copytruncate|delete:LINES]\n"
	      "               [--truth FILE] [--reference FILE.csv] [--reference-rows N] [--follow]\n",
	      stderr);
	exit(2);
}

static struct options
arguments(int argc, char **argv)
{
	static const struct option longs[] = {{"rows", 1, NULL, 'r'},
					      {"features", 1, NULL, 'f'},
					      {"seed", 1, NULL, 's'},
					      {"rps", 1, NULL, 'p'},
					      {"start", 1, NULL, 'S'},
					      {"model", 1, NULL, 'm'},
					      {"models", 1, NULL, 'M'},
					      {"bad-lines", 1, NULL, 'b'},
					      {"null-rate", 1, NULL, 'n'},
					      {"missing-rate", 1, NULL, 'i'},
					      {"error-rate", 1, NULL, 'e'},
					      {"drift-at", 1, NULL, 'd'},
					      {"drift-features", 1, NULL, 'D'},
					      {"drift-size", 1, NULL, 'z'},
					      {"rotate", 1, NULL, 'R'},
					      {"truth", 1, NULL, 't'},
					      {"reference", 1, NULL, 'x'},
					      {"reference-rows", 1, NULL, 'X'},
					      {"follow", 0, NULL, 'F'},
					      {"output", 1, NULL, 'o'},
					      {NULL, 0, NULL, 0}};
	struct options o = {.output = "-",
			    .model = "credit",
			    .rows = 100000,
			    .reference_rows = 10000,
			    .features = 10,
			    .models = 1,
			    .drift_features = 1,
			    .rps = 100,
			    .error = 0.005,
			    .drift_at = -1,
			    .drift_size = 1,
			    .seed = 1,
			    .start_ms = INT64_C(1772323200000)};
	int c;

	while ((c = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			o.output = optarg;
			break;
		case 'r':
			o.rows = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			o.features = atoi(optarg);
			break;
		case 's':
			o.seed = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			o.rps = strtod(optarg, NULL);
			break;
		case 'S':
			o.start_ms = strtoll(optarg, NULL, 10);
			break;
		case 'm':
			o.model = optarg;
			break;
		case 'M':
			o.models = atoi(optarg);
			break;
		case 'b':
			o.bad = strtod(optarg, NULL);
			break;
		case 'n':
			o.null = strtod(optarg, NULL);
			break;
		case 'i':
			o.missing = strtod(optarg, NULL);
			break;
		case 'e':
			o.error = strtod(optarg, NULL);
			break;
		case 'd':
			o.drift_at = strtod(optarg, NULL);
			break;
		case 'D':
			o.drift_features = atoi(optarg);
			break;
		case 'z':
			o.drift_size = strtod(optarg, NULL);
			break;
		case 't':
			o.truth = optarg;
			break;
		case 'x':
			o.reference = optarg;
			break;
		case 'X':
			o.reference_rows = strtoull(optarg, NULL, 10);
			break;
		case 'F':
			o.follow = true;
			break;
		case 'R':
			o.rotate_lines = strchr(optarg, ':') != NULL ? strtoull(strchr(optarg, ':') + 1, NULL, 10) : 0;
			*strchrnul(optarg, ':') = '\0';
			o.rotate = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind < argc || o.features < 0 || o.features > 200 || o.models < 1 || o.models > MAX_COLUMNS ||
	    o.rps <= 0 || (o.rotate_lines > 0 && strcmp(o.output, "-") == 0))
		usage();
	return o;
}

int
main(int argc, char **argv)
{
	struct generator *g = calloc(1, sizeof *g);

	g->o = arguments(argc, argv);
	if (g->o.reference != NULL)
		reference_write(&g->o);
	for (int i = 0; i < g->o.features; i++) {
		column_open(&g->column[i], i, g->o.seed);
		g->column[i].drifts = i < g->o.drift_features;
	}
	g->ids = stream_for(g->o.seed, "id", 0);
	g->latency = stream_for(g->o.seed, "latency", 0);
	g->errors = stream_for(g->o.seed, "error", 0);
	g->score = stream_for(g->o.seed, "score", 0);
	g->models = stream_for(g->o.seed, "model", 0);
	g->bads = stream_for(g->o.seed, "bad", 0);
	g->latencies = calloc(g->o.rows + 1, sizeof *g->latencies);
	if (g->o.rows > 0) {
		g->to = strcmp(g->o.output, "-") == 0 ? stdout : fopen(g->o.output, "we");
		if (g->to == NULL)
			fail(strerror(errno), g->o.output);
		generate(g);
		if (fflush(g->to) != 0)
			fail(strerror(errno), g->o.output);
	}
	if (g->o.truth != NULL)
		truth_write(g);
	return 0;
}
