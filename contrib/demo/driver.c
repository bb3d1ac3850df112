/*
 * driver.c -- the demo's users: requests drawn from the Iris data, with the accidents that happen to model services.
 *
 *   driver URL IRIS.csv RATE DRIFT_AT SLOW_AT FAIL_AT SECONDS
 *
 * Times are seconds after the start. From DRIFT_AT an upstream release sends millimetres instead of centimetres; from SLOW_AT three
 * answers in ten take 200 to 400 ms; from FAIL_AT one request in five comes with a null field or makes the service fail.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "iris.h"

#define THREADS 16

struct plan {
	char url[256];
	const struct iris_data *data;
	double rate, drift_at, slow_at, fail_at, seconds, t0;
	int number;
};

static double
now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
wait_until(double t)
{
	double d = t - now_seconds();

	if (d > 0) {
		struct timespec ts = {(time_t)d, (long)((d - (double)(time_t)d) * 1e9)};
		nanosleep(&ts, NULL);
	}
}

static size_t
drop(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

static void
make_body(const struct plan *p, double t, unsigned short seed[3], char *body, size_t size)
{
	const struct iris_row *r = &p->data->row[(size_t)(erand48(seed) * (double)p->data->n)];
	const bool slow = t >= p->slow_at && erand48(seed) < 0.3;
	const bool fail = t >= p->fail_at && erand48(seed) < 0.2;
	const bool null = fail && erand48(seed) < 0.5;
	size_t n = 0;

	n += (size_t)snprintf(body + n, size - n, "{");
	for (int j = 0; j < IRIS_FEATURES; j++) {
		double x = r->x[j];

		if (t >= p->drift_at)
			x *= 10;
		if (null && j == 2)
			n += (size_t)snprintf(body + n, size - n, "\"%s\":null,", iris_feature_name[j]);
		else
			n += (size_t)snprintf(body + n, size - n, "\"%s\":%.2f,", iris_feature_name[j], x);
	}
	snprintf(body + n, size - n, "\"sleep_ms\":%d,\"fail\":%s}", slow ? 200 + (int)(200 * erand48(seed)) : 0,
		 fail && !null ? "true" : "false");
}

static void *
drive(void *arg)
{
	const struct plan *p = arg;
	const double every = THREADS / p->rate;
	unsigned short seed[3] = {1936, 7, (unsigned short)p->number};
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *c = curl_easy_init();
	char body[512];

	curl_easy_setopt(c, CURLOPT_URL, p->url);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 5000L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	for (double at = p->t0 + every * p->number / THREADS; at - p->t0 < p->seconds; at += every) {
		wait_until(at);
		make_body(p, now_seconds() - p->t0, seed, body, sizeof body);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
		curl_easy_perform(c);
		if (now_seconds() > at + every)
			at = now_seconds();
	}
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	return NULL;
}

int
main(int argc, char **argv)
{
	static struct iris_data data;
	struct plan plans[THREADS];
	pthread_t threads[THREADS];

	if (argc != 8) {
		fprintf(stderr, "usage: driver URL IRIS.csv RATE DRIFT_AT SLOW_AT FAIL_AT SECONDS\n");
		return 2;
	}
	if (iris_load(&data, argv[2]) < 0 || data.n == 0)
		return 3;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	for (int i = 0; i < THREADS; i++) {
		plans[i] = (struct plan){.data = &data,
					 .rate = atof(argv[3]),
					 .drift_at = atof(argv[4]),
					 .slow_at = atof(argv[5]),
					 .fail_at = atof(argv[6]),
					 .seconds = atof(argv[7]),
					 .t0 = now_seconds(),
					 .number = i};
		snprintf(plans[i].url, sizeof plans[i].url, "%s/predict", argv[1]);
		pthread_create(&threads[i], NULL, drive, &plans[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	curl_global_cleanup();
	return 0;
}
