/*
 * pulse.c -- does a server's loop turn? Asks URL every 10 ms for so many seconds, on one connection, and prints how many answers came
 * and what the slowest took: "412 answers, slowest 3 ms". Exit 1 when one did not come.
 *
 *     pulse URL SECONDS
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mlwatch/clock.h"

static size_t
drop(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

int
main(int argc, char **argv)
{
	int64_t until, slowest = 0;
	long answers = 0;

	if (argc != 3)
		return 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURL *h = curl_easy_init();
	curl_easy_setopt(h, CURLOPT_URL, argv[1]);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, 10L);
	until = clock_monotonic() + (int64_t)(atof(argv[2]) * 1000);
	while (clock_monotonic() < until) {
		int64_t t0 = clock_monotonic(), took;
		if (curl_easy_perform(h) != CURLE_OK) {
			printf("no answer after %lld ms\n", (long long)(clock_monotonic() - t0));
			return 1;
		}
		took = clock_monotonic() - t0;
		slowest = took > slowest ? took : slowest;
		answers++;
		usleep(10000);
	}
	printf("%ld answers, slowest %lld ms\n", answers, (long long)slowest);
	curl_easy_cleanup(h);
	return 0;
}
