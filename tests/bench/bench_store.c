/*
 * bench_store.c -- what the store costs: commits of a live agent and of bulk reading, questions of rules, samples.
 * Prints one line per figure. All on a temporary folder (TMPDIR), times of one core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/matcher.h"
#include "mlwatch/store.h"
#include "mlwatch/window.h"

#define W INT64_C(10000)

static char path[256];

static double
cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double
wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const struct err *e)
{
	fprintf(stderr, "bench_store: %s\n", e->text);
	exit(1);
}

static struct store *
open_store(enum store_mode mode)
{
	struct store_spec spec = {.path = path};
	struct store *s;
	struct err e = ERR_INIT;

	if (store_open(&s, &spec, mode, &e) < 0)
		die(&e);
	return s;
}

static double
normal(void)
{
	double v = 0;

	for (int i = 0; i < 12; i++)
		v += drand48();
	return v - 6;
}

struct blobs {
	struct buf count, latency, feature, categories;
	struct edges *edges;
};

/* What n records leave behind in one window. */
static struct blobs
make_blobs(size_t n)
{
	struct blobs b = {.count = BUF_INIT};
	static double at[1000];
	static const char *const names[] = {"setosa", "versicolor", "virginica"};

	for (int i = 0; i < 1000; i++)
		at[i] = i / 100.0 - 5;
	b.edges = edges_make(at, 1000, 0);
	struct expo *x = expo_open();
	struct edgehist *h = edgehist_open(b.edges);
	struct categories *c = categories_open(100);
	for (size_t i = 0; i < n; i++) {
		expo_add(x, 0.02 * (1 + 0.3 * normal()));
		edgehist_add(h, normal());
		const char *name = names[(size_t)(drand48() * 3)];
		categories_add(c, categories_intern(c, name, strlen(name), (uint64_t)name[1]), 1);
	}
	sketch_count_encode(&b.count, n);
	expo_encode(&b.latency, x);
	edgehist_encode(&b.feature, h);
	categories_encode(&b.categories, c);
	expo_close(x);
	edgehist_close(h);
	categories_close(c);
	return b;
}

static void
put(struct store *s, const char *name, int which, int64_t start, enum sketch_kind kind, const struct blobs *b)
{
	char value[16];
	struct label at[] = {
	    {"__name__", name}, {"feature", value}, {"job", "bench"}, {"model", "fraud"}, {"version", "1"}};
	const struct buf *blob = kind == SKETCH_COUNT   ? &b->count
				 : kind == SKETCH_EXPO  ? &b->latency
				 : kind == SKETCH_EDGES ? &b->feature
							: &b->categories;
	struct increment i = {.labels = {at, 5},
			      .by = kind == SKETCH_CATEGORIES ? "prediction" : NULL,
			      .start = start,
			      .kind = kind,
			      .blob = blob->p,
			      .n = blob->len,
			      .edges = kind == SKETCH_EDGES ? b->edges : NULL};
	struct err e = ERR_INIT;

	snprintf(value, sizeof(value), "f%d", which);
	if (store_put_increment(s, &i, &e) < 0)
		die(&e);
}

/* 50 series: 20 counts, 10 latencies, 15 features, 5 sets of categories */
static void
put_all(struct store *s, int64_t start, const struct blobs *b)
{
	for (int i = 0; i < 50; i++)
		put(s,
		    i < 20   ? "ml_errors_total"
		    : i < 30 ? "ml_latency_seconds"
		    : i < 45 ? "ml_feature"
			     : "ml_predictions_total",
		    i, start,
		    i < 20   ? SKETCH_COUNT
		    : i < 30 ? SKETCH_EXPO
		    : i < 45 ? SKETCH_EDGES
			     : SKETCH_CATEGORIES,
		    b);
}

static void
commit(struct store *s, int64_t now)
{
	struct err e = ERR_INIT;

	if (store_commit(s, now, &e) < 0)
		die(&e);
}

static void
housekeep(struct store *s, int64_t now)
{
	struct err e = ERR_INIT;

	while (store_housekeep(s, now, &e))
		;
	if (err_is_set(&e))
		die(&e);
}

static void
live(struct store *s, int64_t base, int seconds, size_t records)
{
	struct blobs b[8];
	struct err e = ERR_INIT;
	double worst = 0;

	for (int i = 0; i < 8; i++)
		b[i] = make_blobs(records);
	double start = cpu();
	for (int i = 0; i < seconds; i++) {
		int64_t now = base + i * INT64_C(1000);
		double t = wall();
		if (store_begin(s, &e) < 0)
			die(&e);
		put_all(s, now / W * W, &b[i % 8]);
		commit(s, now);
		housekeep(s, now);
		t = wall() - t;
		worst = t > worst ? t : worst;
	}
	printf("live commit, 50 series (15 with 1,000 edges), %zu records/s: %.2f ms CPU a second, worst %.1f ms\n",
	       records, (cpu() - start) / seconds * 1e3, worst * 1e3);
}

static void
idle(struct store *s, int64_t base)
{
	struct err e = ERR_INIT;
	double start = cpu();

	for (int i = 0; i < 1000; i++) {
		if (store_begin(s, &e) < 0)
			die(&e);
		commit(s, base + i * 1000);
		housekeep(s, base + i * 1000);
	}
	printf("idle commit (heartbeat and housekeeping): %.3f ms CPU a second\n", (cpu() - start) / 1000 * 1e3);
}

static void
bulk(struct store *s, int64_t base)
{
	struct err e = ERR_INIT;
	struct blobs b = make_blobs(100);
	double start = cpu(), worst = 0;
	int commits = 20;

	for (int i = 0; i < commits; i++) { /* 40 windows of 50 series: 400 s of log in a second */
		double t = wall();
		if (store_begin(s, &e) < 0)
			die(&e);
		for (int w = 0; w < 40; w++)
			put_all(s, base + (i * 40 + w) * W, &b);
		commit(s, clock_now());
		t = wall() - t;
		worst = t > worst ? t : worst;
	}
	printf("bulk commit, 2,000 rows of the past: %.1f ms CPU, worst %.1f ms\n", (cpu() - start) / commits * 1e3,
	       worst * 1e3);
}

static size_t
ask(struct store *s, const char *name, int64_t mint, int64_t maxt, int64_t step, int64_t range, unsigned flags)
{
	struct arena *mem = arena_open();
	struct matcher m;
	struct series_list out = {0};
	struct err e = ERR_INIT;
	size_t n = 0;

	matcher_init(&m, MATCH_EQ, "__name__", name, NULL);
	struct select q = {.matchers = &m,
			   .n_matchers = 1,
			   .mint = mint,
			   .maxt = maxt,
			   .step_ms = step,
			   .range_ms = range,
			   .flags = flags};
	struct storage st = store_storage(s);
	if (st.select(st.self, &q, mem, &out, &e) < 0)
		die(&e);
	for (size_t i = 0; i < out.n; i++)
		n += out.at[i].n;
	matcher_release(&m);
	arena_close(mem);
	return n;
}

static void
time_ask(struct store *s, const char *what, const char *name, int64_t t, int64_t step, int64_t back, int64_t range,
	 unsigned flags)
{
	double start = cpu();
	size_t n = 0;
	int times = 50;

	for (int i = 0; i < times; i++)
		n = ask(s, name, t + i * (step > 0 ? 0 : 1000) - back - range, t + i * (step > 0 ? 0 : 1000), step,
			range, flags);
	printf("%s: %.2f ms (%zu windows)\n", what, (cpu() - start) / times * 1e3, n);
}

static void
put_sample(struct store *s, int which, int64_t t, double v)
{
	char value[16];
	struct label at[] = {{"__name__", "node_metric"}, {"device", value}, {"instance", "a:9100"}, {"job", "node"}};
	struct store_sample x = {.labels = {at, 4}, .t = t, .v = v};
	struct err e = ERR_INIT;

	snprintf(value, sizeof(value), "%d", which);
	if (store_put_sample(s, &x, &e) < 0)
		die(&e);
}

static int64_t
file_size(const char *suffix)
{
	char name[300];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void
samples(struct store *s, int64_t base)
{
	enum { SERIES = 1000, TICKS = 6 * 240 };
	static double v[SERIES];
	struct err e = ERR_INIT;
	struct store_facts f;
	double start = cpu(), t0 = wall();

	for (int i = 0; i < TICKS; i++) {
		int64_t now = base + i * 15000;
		if (store_begin(s, &e) < 0)
			die(&e);
		for (int j = 0; j < SERIES; j++) { /* a third constant, a third counters, a third gauges */
			v[j] += j % 3 == 0 ? 0 : j % 3 == 1 ? (double)(int)(drand48() * 20) : normal();
			put_sample(s, j, now, v[j]);
		}
		commit(s, now);
		housekeep(s, now);
	}
	double used = cpu() - start;
	printf("samples: %.0f a second of CPU (%.0f a second in all), compaction included\n", SERIES * TICKS / used,
	       SERIES * TICKS / (wall() - t0));
	housekeep(s, base + 8 * MS_HOUR);
	if (store_facts(s, &f, &e) < 0)
		die(&e);
	store_close(s);
	printf("samples: %.2f bytes each in chunks (a third constant, a third counters, a third of random bits)\n",
	       (double)f.chunk_bytes / (SERIES * TICKS));
	s = open_store(STORE_READ);
	start = cpu();
	size_t n = ask(s, "node_metric", base, base + 6 * MS_HOUR, 60000, 0, 0);
	printf("samples: 1,000 series over 6 h: %.0f ms (%zu samples)\n", (cpu() - start) * 1e3, n);
	start = cpu();
	n = ask(s, "node_metric", base + 6 * MS_HOUR - 300000, base + 6 * MS_HOUR, 0, 0, 0);
	printf("samples: 1,000 series, the last 5 minutes: %.1f ms (%zu samples)\n", (cpu() - start) * 1e3, n);
	store_close(s);
}

int
main(void)
{
	char dir[200], command[300];
	int64_t base = clock_now() / W * W;

	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(dir, sizeof(dir), "%s/mlwatch-bench-XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/m.db", dir);
	struct store *s = open_store(STORE_AGENT);
	idle(s, base);
	live(s, base, 1200, 20);
	live(s, base + 1200 * 1000, 600, 500);
	int64_t now = base + 1800 * 1000;
	struct store *r = open_store(STORE_READ);
	double t = cpu();
	ask(r, "ml_latency_seconds", now - 300000, now, 0, 300000, 0);
	printf("first question of a new reader: %.2f ms\n", (cpu() - t) * 1e3);
	time_ask(r, "rate(ml_errors_total[5m]), 20 series, every second", "ml_errors_total", now - 60000, 0, 0, 300000,
		 0);
	time_ask(r, "rate(ml_latency_seconds[5m]), 10 series, every second", "ml_latency_seconds", now - 60000, 0, 0,
		 300000, 0);
	time_ask(r, "rate(ml_feature[5m]), 15 series of 1,000 edges, every second", "ml_feature", now - 60000, 0, 0,
		 300000, 0);
	time_ask(r, "ml_predictions_total, 5 series, every second", "ml_predictions_total", now - 60000, 0, 0, 300000,
		 SELECT_TOTALS);
	time_ask(r, "chart of rate(ml_latency_seconds[1m]) over 30m, step 10s", "ml_latency_seconds", now, 10000,
		 1800000, 60000, 0);
	store_close(r);
	bulk(s, base - 10 * MS_HOUR);
	samples(s, base + MS_HOUR);
	printf("file %.1f MB, wal %.1f MB\n", (double)file_size("") / 1e6, (double)file_size("-wal") / 1e6);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}
