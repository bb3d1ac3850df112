/*
 * bench_ingest.c -- lines per second of processor time through decoder and windows on one core, with what else one could do with the same bytes
 * beside it: counting newlines (nothing can be faster) and parsing every line with jansson.
 *
 *     bench_ingest [--rounds N] [--only NAME] [FILE...]     without files: generated ones, of 10 and of 47 features
 *
 * "with reference": every numeric feature is counted at and between 1,000 edges, categories are held against known ones.
 * Increments are drained once a second, as the agent commits them, and at the end; encoding them is in the figure, SQLite is not.
 */
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/decode.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/window.h"

#define REFERENCE_ROWS 10000
#define EDGES          1000

static const struct decode_spec spec = {.timestamp = {.path = (char *)"ts"},
					.model = {.path = (char *)"model"},
					.version = {.path = (char *)"version"},
					.request_id = {.path = (char *)"request_id"},
					.latency = {.path = (char *)"latency_ms", .unit = UNIT_MS},
					.status = {.path = (char *)"status"},
					.prediction = {.path = (char *)"prediction"},
					.score = {.path = (char *)"score"},
					.features = (char *)"features"};

struct log {
	const char *p;
	size_t n, lines;
};

struct sampler { /* values of the first rows, by feature */
	size_t rows, n;
	struct sample {
		char name[64];
		size_t n, slots;
		double *v;
		char **s;
		bool categorical;
	} at[256];
};

struct bench {
	const struct log *log;
	const struct references *refs;
	struct windows *windows;
	uint64_t records, blob_bytes, increments;
	double next_drain;
};

static double
seconds(void) /* of processor time: what else the machine does is not measured */
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
sample_record(void *arg, const struct record *r)
{
	struct sampler *s = arg;

	if (s->rows++ >= REFERENCE_ROWS)
		return;
	for (size_t i = 0; i < r->n_features && i < 256; i++) {
		const struct record_feature *f = &r->features[i];
		struct sample *to = &s->at[f->slot];

		if (f->slot >= 256 || f->kind == FEATURE_NULL || f->kind == FEATURE_OTHER)
			continue;
		if (f->slot >= s->n)
			s->n = f->slot + 1;
		snprintf(to->name, sizeof to->name, "%.*s", (int)f->name.n, f->name.p);
		if (to->v == NULL) {
			to->v = calloc(REFERENCE_ROWS, sizeof *to->v);
			to->s = calloc(REFERENCE_ROWS, sizeof *to->s);
			to->categorical = f->kind != FEATURE_NUMBER;
		}
		to->v[to->n] = f->number;
		to->s[to->n++] = strndup(f->string.p, f->string.n);
	}
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
numeric_reference(struct reference *ref, struct sample *s)
{
	double at[EDGES], sum = 0, sumsq = 0;
	size_t n = 0;
	struct reference_feature f = {.name = s->name, .rows = s->n};
	struct histogram h = {.schema = HIST_EDGES};
	struct edge_bins bins = {0};

	qsort(s->v, s->n, sizeof *s->v, by_value);
	for (size_t k = 1; k <= EDGES; k++) {
		double v = s->v[s->n * k / EDGES - (k == EDGES)];

		if (n == 0 || v > at[n - 1])
			at[n++] = v;
	}
	for (size_t i = 0; i < s->n; i++) {
		sum += s->v[i];
		sumsq += s->v[i] * s->v[i];
	}
	f.min = s->v[0];
	f.max = s->v[s->n - 1];
	f.mean = sum / (double)s->n;
	f.stddev = sqrt(sumsq / (double)s->n - f.mean * f.mean);
	f.edges = edges_make(at, n, f.mean);
	bins.edges = f.edges;
	h.bins = &bins;
	f.hist = &h;
	reference_add(ref, &f);
	edges_unref(f.edges);
}

static void
categorical_reference(struct reference *ref, struct sample *s)
{
	struct category_count *at = calloc(s->n, sizeof *at);
	struct reference_feature f = {.name = s->name, .categorical = true, .rows = s->n, .categories = {at, 0}};

	qsort(s->s, s->n, sizeof *s->s, by_text);
	for (size_t i = 0; i < s->n; i++) {
		if (f.categories.n == 0 || strcmp(at[f.categories.n - 1].name, s->s[i]) != 0)
			at[f.categories.n++] = (struct category_count){s->s[i], 0};
		at[f.categories.n - 1].count++;
	}
	reference_add(ref, &f);
	free(at);
}

/* A reference from the first rows of a log. */
static struct references *
references_of(const struct log *log)
{
	const struct reference_head head = {"credit", "", "2026-03-01", REFERENCE_ROWS};
	struct references *refs = references_open();
	struct reference *ref = reference_open(&head);
	struct sampler *s = calloc(1, sizeof *s);
	struct decoder *d = decoder_open(&spec, NULL);
	const struct decode_sink sink = {s, sample_record, NULL};
	size_t n = log->n < (64u << 20) ? log->n : 64u << 20;

	while (log->p[n - 1] != '\n')
		n--;
	decoder_feed(d, log->p, n, &sink);
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i].n > 0 && s->at[i].categorical)
			categorical_reference(ref, &s->at[i]);
		else if (s->at[i].n > 0)
			numeric_reference(ref, &s->at[i]);
	}
	decoder_close(d);
	references_add(refs, ref);
	return refs;
}

static size_t
count_newlines(struct bench *b)
{
	const char *p = b->log->p, *end = p + b->log->n;
	size_t lines = 0;

	for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	return lines;
}

static size_t
parse_jansson(struct bench *b)
{
	const char *p = b->log->p, *end = p + b->log->n, *eol;
	size_t lines = 0;

	for (; lines < 100000 && (eol = memchr(p, '\n', (size_t)(end - p))) != NULL; p = eol + 1, lines++) {
		json_t *v = json_loadb(p, (size_t)(eol - p), 0, NULL);

		b->records += v != NULL;
		json_decref(v);
	}
	return lines;
}

static void
on_nothing(void *arg, const struct record *r)
{
	struct bench *b = arg;

	b->records += r->n_features > 0;
}

static void
on_increment(void *arg, const struct increment *i)
{
	struct bench *b = arg;

	b->blob_bytes += i->n;
	b->increments++;
}

static void
on_record(void *arg, const struct record *r)
{
	struct bench *b = arg;

	windows_add(b->windows, r);
}

/* In chunks of 256 KiB, as the agent reads them. */
static size_t
feed_all(struct bench *b, struct decoder *d, const struct decode_sink *sink)
{
	const char *p = b->log->p, *end = p + b->log->n;
	size_t lines = 0;

	while (p < end) {
		const char *cut = end - p > 1 << 18 ? memrchr(p, '\n', 1 << 18) + 1 : end;

		lines += decoder_feed(d, p, (size_t)(cut - p), sink);
		p = cut;
		if (b->windows != NULL && seconds() > b->next_drain) {
			windows_drain(b->windows, on_increment, b);
			b->next_drain = seconds() + 1;
		}
	}
	return lines;
}

static size_t
decode_only(struct bench *b)
{
	const struct decode_sink sink = {b, on_nothing, NULL};
	struct decoder *d = decoder_open(&spec, NULL);
	size_t lines = feed_all(b, d, &sink);

	decoder_close(d);
	return lines;
}

static size_t
all(struct bench *b, const struct references *refs)
{
	const struct window_spec windows = {.width_ms = 10000, .job = (char *)"bench", .max_categories = 10000};
	const struct decode_sink sink = {b, on_record, NULL};
	struct decoder *d = decoder_open(&spec, NULL);
	size_t lines;

	b->next_drain = seconds() + 1;
	b->windows = windows_open(&windows, refs);
	lines = feed_all(b, d, &sink);
	windows_drain(b->windows, on_increment, b);
	windows_close(b->windows);
	b->windows = NULL;
	decoder_close(d);
	return lines;
}

static size_t
without_reference(struct bench *b)
{
	return all(b, NULL);
}

static size_t
with_reference(struct bench *b)
{
	return all(b, b->refs);
}

static const struct job {
	const char *name, *what;
	size_t (*run)(struct bench *);
} jobs[] = {
    {"newlines", "count newlines (memchr)", count_newlines},
    {"jansson", "parse with jansson", parse_jansson},
    {"decode", "mlwatch: decode", decode_only},
    {"windows", "mlwatch: decode, windows", without_reference},
    {"reference", "mlwatch: decode, windows, with reference", with_reference},
};

static void
measure(const struct log *log, const char *only, int rounds)
{
	struct bench b = {.log = log, .refs = references_of(log)};
	double jansson = 0;

	printf("%zu lines of %zu bytes\n", log->lines, log->n / log->lines);
	for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
		double best = 0;

		if (only != NULL && strcmp(only, jobs[i].name) != 0)
			continue;
		for (int k = 0; k < rounds; k++) {
			double began = seconds(), rate;

			b.increments = b.blob_bytes = 0;
			rate = (double)jobs[i].run(&b) / (seconds() - began);
			best = rate > best ? rate : best;
		}
		if (i == 1)
			jansson = best;
		printf("  %-42s %10.0f lines/s  %6.0f MB/s", jobs[i].what, best,
		       best * (double)log->n / (double)log->lines / 1e6);
		if (i > 1 && jansson > 0)
			printf("  %5.1f times jansson", best / jansson);
		if (b.increments > 0)
			printf("  (%llu increments, %.1f bytes a line)", (unsigned long long)b.increments,
			       (double)b.blob_bytes / (double)log->lines);
		printf("\n");
	}
	references_close((struct references *)b.refs);
}

static bool
log_map(struct log *log, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	struct bench b = {.log = log};

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0) {
		perror(path);
		return false;
	}
	log->n = (size_t)st.st_size;
	log->p = mmap(NULL, log->n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	log->lines = count_newlines(&b);
	return log->p != MAP_FAILED;
}

static int
generated(const char *only, int rounds)
{
	static const struct {
		const char *options;
	} kinds[] = {{"--rows 500000 --features 10"}, {"--rows 100000 --features 47"}};
	char path[64] = "/tmp/mlwatch-bench-XXXXXX", command[256];
	int fd = mkstemp(path);

	close(fd);
	for (size_t i = 0; i < 2; i++) {
		struct log log;

		snprintf(command, sizeof command, "build/tests/gen_log --rps 5000 %s -o %s", kinds[i].options, path);
		if (system(command) != 0 || !log_map(&log, path)) {
			unlink(path);
			return 1;
		}
		measure(&log, only, rounds);
		munmap((void *)log.p, log.n);
	}
	unlink(path);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *only = NULL;
	int i = 1, rounds = 3;

	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--only") == 0)
			only = argv[i + 1];
		else
			rounds = atoi(argv[i + 1]);
	}
	if (i == argc)
		return generated(only, rounds);
	for (; i < argc; i++) {
		struct log log;

		if (!log_map(&log, argv[i]))
			return 1;
		measure(&log, only, rounds);
	}
	return 0;
}
