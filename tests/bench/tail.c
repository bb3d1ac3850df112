/* tail.c -- how fast the tail hands out lines from the page cache: tail FILE [ROUNDS]. Prints GB/s. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/tail.h"

static void
on_lines(void *arg, const struct tail_offset *file, const char *p, size_t n)
{
	*(size_t *)arg += n;
	(void)file;
	(void)p;
}

int
main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 5;
	size_t bytes = 0;
	struct timespec a, b;

	if (argc < 2)
		return 2;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int i = 0; i < rounds; i++) {
		struct tail_spec spec = {.paths = &argv[1], .n_paths = 1};
		struct tail_sink sink = {&bytes, on_lines, NULL, NULL, NULL, NULL};
		struct err e = ERR_INIT;
		struct tail *t = tail_open(&spec, NULL, 0, &e);
		while (t != NULL && tail_poll(t, clock_now(), 8 << 20, &sink, &e) > 0)
			tail_commit(t);
		tail_close(t);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("tail: %.2f GB/s from the page cache (%zu bytes in %.3f s of CPU)\n", (double)bytes / s / 1e9, bytes, s);
	return 0;
}
