/*
 * api_load.c -- PORT SECONDS CLIENTS: clients that ask the HTTP API one query after the other on kept connections. Prints queries per
 * second and percentiles of their latencies. Run by api.sh; without arguments it says so.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 1000000

struct client {
	int port, number;
	double until;
	float *ms;
	size_t n, failed;
};

static const char *const queries[] = {
    "sum(rate(ml_predictions_total%5B5m%5D))",
    "sum+by+(model)+(increase(ml_errors_total%5B15m%5D))",
    "histogram_quantile(0.95,sum(increase(ml_latency_seconds%5B5m%5D)))",
    "histogram_avg(increase(ml_score%5B15m%5D))",
};

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

/* Until the whole body of one answer is there. */
static int
take(int fd)
{
	static _Thread_local char in[1 << 20];
	size_t n = 0, want = sizeof in;

	while (n < want) {
		ssize_t got = recv(fd, in + n, sizeof in - 1 - n, 0);
		const char *body, *length;

		if (got <= 0)
			return -1;
		n += (size_t)got;
		in[n] = '\0';
		body = strstr(in, "\r\n\r\n");
		length = strcasestr(in, "content-length:");
		if (body != NULL && length != NULL)
			want = (size_t)(body - in) + 4 + strtoul(length + 15, NULL, 10);
	}
	return strncmp(in, "HTTP/1.1 200", 12) == 0 ? 0 : 1;
}

static void *
run(void *arg)
{
	struct client *c = arg;
	int fd = dial(c->port);

	for (size_t i = (size_t)c->number; seconds() < c->until && c->n < MOST; i++) {
		char out[512];
		const int n = snprintf(out, sizeof out, "GET /api/v1/query?query=%s HTTP/1.1\r\nHost: x\r\n\r\n",
				       queries[i % (sizeof queries / sizeof *queries)]);
		const double from = seconds();

		if (send(fd, out, (size_t)n, MSG_NOSIGNAL) != n || take(fd) != 0)
			c->failed++;
		c->ms[c->n++] = (float)((seconds() - from) * 1000);
	}
	close(fd);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	const int n = argc > 3 ? atoi(argv[3]) : 0, length = argc > 2 ? atoi(argv[2]) : 0;
	struct client *client;
	pthread_t *thread;
	size_t all = 0, failed = 0;
	float *ms;

	if (n < 1 || n > 64 || length < 1) {
		puts("run by tests/bench/api.sh");
		return 0;
	}
	client = calloc((size_t)n, sizeof *client);
	thread = calloc((size_t)n, sizeof *thread);
	ms = malloc(sizeof *ms * MOST * (size_t)n);
	if (client == NULL || thread == NULL || ms == NULL)
		return 1;
	for (int i = 0; i < n; i++) {
		client[i] = (struct client){atoi(argv[1]), i, seconds() + length, malloc(sizeof *ms * MOST), 0, 0};
		pthread_create(&thread[i], NULL, run, &client[i]);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(thread[i], NULL);
		memcpy(ms + all, client[i].ms, client[i].n * sizeof *ms);
		all += client[i].n;
		failed += client[i].failed;
		free(client[i].ms);
	}
	if (all == 0)
		return 1;
	qsort(ms, all, sizeof *ms, compare);
	printf("%d clients: %.0f queries/s, %zu failed; latency ms p50 %.1f p95 %.1f p99 %.1f max %.1f\n", n,
	       (double)all / length, failed, (double)ms[all / 2], (double)ms[all * 95 / 100],
	       (double)ms[all * 99 / 100], (double)ms[all - 1]);
	free(ms);
	free(client);
	free(thread);
	return failed > 0;
}
