/*
 * bench_pipeline.c -- lines per second with everything on: following the file, decoding, windows, categories, and SQLite commits once
 * a second with the offsets in the same transaction. One core does all of it.
 *
 *   bench_pipeline CONFIG STORE
 *
 * The configuration names the log; the store must not exist yet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../../src/agent/batch.h"
#include "../../src/agent/pipeline.h"
#include "mlwatch/clock.h"
#include "mlwatch/config.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"

#define READ_BYTES ((size_t)192 << 20)
#define READ_MS    700

static double
cpu_seconds(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}

static int
fail(const struct err *e, struct errlist *l)
{
	errlist_print(l, stderr, false);
	fprintf(stderr, "bench_pipeline: %s\n", e->text);
	return 1;
}

int
main(int argc, char **argv)
{
	struct errlist mistakes = ERRLIST_INIT;
	struct err e = ERR_INIT;
	struct config *c;
	struct store_spec spec = {0};
	struct references *refs = references_open();
	struct store *store;
	struct pipeline *p;
	struct rusage ru;
	int64_t t0, commits = 0, commit_ms = 0;
	double cpu;
	bool more = true;

	if (argc != 3) {
		fprintf(stderr, "usage: bench_pipeline CONFIG STORE\n");
		return 2;
	}
	c = config_load(argv[1], &mistakes);
	if (c == NULL)
		return fail(&e, &mistakes);
	for (size_t i = 0; i < c->n_references; i++) {
		struct reference *r;

		if (reference_load(&r, c->references[i].file, &e) < 0)
			return fail(&e, &mistakes);
		references_add_as(refs, r, c->references[i].model,
				  c->references[i].version != NULL ? c->references[i].version : "");
	}
	spec.path = argv[2];
	if (store_open(&store, &spec, STORE_AGENT, &e) < 0 || pipeline_open(&p, c, refs, store, &e) < 0)
		return fail(&e, &mistakes);
	t0 = clock_monotonic();
	cpu = cpu_seconds();
	while (more) {
		struct batch *b = batch_open();
		int64_t t1;

		more = pipeline_read(p, clock_now(), READ_BYTES, READ_MS, b);
		t1 = clock_monotonic();
		if (batch_commit(b, store, clock_now(), &e) < 0)
			return fail(&e, &mistakes);
		pipeline_committed(p);
		batch_close(b);
		store_housekeep(store, pipeline_totals(p).newest_ms, &e);
		commit_ms += clock_monotonic() - t1;
		commits++;
	}
	t0 = clock_monotonic() - t0;
	cpu = cpu_seconds() - cpu;
	getrusage(RUSAGE_SELF, &ru);
	struct pipeline_totals t = pipeline_totals(p);
	printf("pipeline: %lld lines (%lld bad), %.0f MB in %.2f s: %.2f M lines/s, %.0f MB/s; cpu %.2f s, %.2f M "
	       "lines/s of cpu; "
	       "%lld commits, %.0f ms in them; %.1f MB resident at most\n",
	       (long long)t.lines, (long long)t.bad_lines, (double)t.bytes / 1e6, (double)t0 / 1e3,
	       (double)t.lines / (double)t0 / 1e3, (double)t.bytes / (double)t0 / 1e3, cpu, (double)t.lines / cpu / 1e6,
	       (long long)commits, (double)commit_ms, (double)ru.ru_maxrss / 1024);
	pipeline_close(p);
	store_close(store);
	references_close(refs);
	config_close(c);
	errlist_release(&mistakes);
	return 0;
}
