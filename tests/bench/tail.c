/* tail.c -- how fast the tail hands out lines from the page cache: tail [FILE [ROUNDS]]; without a file, one made up. Prints GB/s. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

#define LINE  363
#define LINES 1000

/* 363 MB of lines of the usual length. */
static int
make_file(char *path)
{
	static char block[LINE * LINES];
	int fd = mkstemp(path);

	memset(block, 'x', sizeof block);
	for (size_t i = LINE - 1; i < sizeof block; i += LINE)
		block[i] = '\n';
	for (int i = 0; i < 1000; i++)
		if (fd < 0 || write(fd, block, sizeof block) != (ssize_t)sizeof block)
			return -1;
	return close(fd);
}

static void
read_all(char *path, size_t *bytes)
{
	struct tail_spec spec = {.paths = &path, .n_paths = 1};
	struct tail_sink sink = {.arg = bytes, .lines = on_lines};
	struct err e = ERR_INIT;
	struct tail *t = tail_open(&spec, NULL, 0, &e);

	while (t != NULL && tail_poll(t, clock_now(), 8 << 20, &sink, &e) > 0)
		tail_commit(t);
	tail_close(t);
}

int
main(int argc, char **argv)
{
	char made[] = "/tmp/mlwatch-bench-XXXXXX", *path = argc > 1 ? argv[1] : made;
	int rounds = argc > 2 ? atoi(argv[2]) : 5;
	size_t bytes = 0;
	struct timespec a, b;

	if (argc < 2 && make_file(made) < 0) {
		fprintf(stderr, "cannot write '%s'\n", made);
		return 1;
	}
	read_all(path, &bytes); /* into the page cache */
	bytes = 0;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int i = 0; i < rounds; i++)
		read_all(path, &bytes);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	if (argc < 2)
		unlink(made);
	double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("tail: %.2f GB/s from the page cache (%zu bytes in %.3f s of CPU)\n", (double)bytes / s / 1e9, bytes, s);
	return 0;
}
