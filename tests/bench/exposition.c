/* exposition.c -- how fast /metrics bodies are parsed: exposition FILE [ROUNDS]; without a file, one made up. Prints MB/s. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/exposition.h"
#include "mlwatch/file.h"

static void
make_body(struct buf *b)
{
	for (int f = 0; f < 200; f++) {
		buf_addf(b, "# HELP service_%d_seconds How long it took.\n# TYPE service_%d_seconds histogram\n", f, f);
		for (int i = 0; i < 40; i++)
			buf_addf(b, "service_%d_seconds_bucket{handler=\"/predict\",code=\"200\",le=\"0.%02d\"} %d\n",
				 f, i, i * 1017);
		buf_addf(b, "service_%d_seconds_sum{handler=\"/predict\",code=\"200\"} %.9f\n", f, f * 17.123456789);
	}
}

int
main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 100;
	struct buf made = BUF_INIT;
	struct arena *mem = arena_open();
	struct exposition x;
	struct err e = ERR_INIT;
	struct timespec a, b;
	size_t n, samples = 0;
	char *body;

	make_body(&made);
	body = made.p;
	n = made.len;
	if (argc > 1 && file_read(argv[1], 64 << 20, &body, &n, &e) < 0)
		return 1;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int i = 0; i < rounds; i++) {
		arena_reset(mem);
		if (exposition_parse(mem, body, n, NULL, &x, &e) < 0)
			return 1;
		samples += x.n;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("exposition: %.0f MB/s, %.1f million samples/s\n", (double)n * rounds / s / 1e6,
	       (double)samples / s / 1e6);
	arena_close(mem);
	return 0;
}
