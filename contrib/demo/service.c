/*
 * service.c -- the demo's model service: a real little classifier behind HTTP, as a team would run it.
 *
 *   service IRIS.csv LOG [PORT]
 *
 * POST /predict with {"sepal_length":5.1,...} answers the species and a score, and writes a line to the prediction log;
 * /health and /metrics are what one expects. With {"sleep_ms":N} the answer is slow, with {"fail":true} or a missing
 * feature it fails with 500: the load driver uses both. Prints the port it listens on.
 */
#include <jansson.h>
#include <math.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "prediction.h"

#define BODY_MAX 4096

struct service {
	struct iris_data data;
	struct iris_model model;
	FILE *log;
	pthread_mutex_t log_lock;
	atomic_ulong requests, errors, by_class[IRIS_CLASSES];
	double started;
};

struct request {
	char body[BODY_MAX];
	size_t n;
};

static double
now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
log_prediction(struct service *s, const struct prediction *p)
{
	char line[1024];
	const size_t n = prediction_line(line, sizeof line, &s->data, p);

	pthread_mutex_lock(&s->log_lock);
	fwrite(line, 1, n, s->log);
	fflush(s->log);
	pthread_mutex_unlock(&s->log_lock);
}

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, const char *text)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	MHD_add_response_header(r, "Content-Type", type);
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result
predict(struct service *s, struct MHD_Connection *c, const struct request *q)
{
	const double t0 = now_seconds();
	struct prediction p = {.id = atomic_fetch_add(&s->requests, 1), .t = t0, .species = -1};
	bool good = true;
	json_t *doc = json_loadb(q->body, q->n, 0, NULL);
	char text[128];

	for (int i = 0; i < IRIS_FEATURES; i++) {
		json_t *v = json_object_get(doc, iris_feature_name[i]);

		p.has[i] = json_is_number(v);
		good = good && p.has[i];
		p.x[i] = json_number_value(v);
	}
	usleep((useconds_t)(json_integer_value(json_object_get(doc, "sleep_ms")) * 1000));
	if (good && !json_is_true(json_object_get(doc, "fail"))) {
		p.species = iris_classify(&s->model, p.x, &p.score);
		atomic_fetch_add(&s->by_class[p.species], 1);
	} else {
		atomic_fetch_add(&s->errors, 1);
	}
	json_decref(doc);
	p.latency = now_seconds() - t0;
	log_prediction(s, &p);
	if (p.species < 0)
		return answer(c, 500, "application/json", "{\"error\":\"null field\"}\n");
	snprintf(text, sizeof text, "{\"prediction\":\"%s\",\"score\":%.4f}\n", s->data.species[p.species], p.score);
	return answer(c, 200, "application/json", text);
}

static enum MHD_Result
metrics(struct service *s, struct MHD_Connection *c)
{
	char text[1024];
	int n = snprintf(text, sizeof text,
			 "# TYPE http_requests_total counter\nhttp_requests_total %lu\n"
			 "# TYPE http_errors_total counter\nhttp_errors_total %lu\n"
			 "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.3f\n"
			 "# TYPE predictions_total counter\n",
			 atomic_load(&s->requests), atomic_load(&s->errors), s->started);

	for (int k = 0; k < IRIS_CLASSES; k++)
		n += snprintf(text + n, sizeof text - (size_t)n, "predictions_total{class=\"%s\"} %lu\n",
			      s->data.species[k], atomic_load(&s->by_class[k]));
	return answer(c, 200, "text/plain; version=0.0.4", text);
}

static enum MHD_Result
handle(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
       size_t *n, void **state)
{
	struct service *s = arg;
	struct request *q = *state;

	(void)version;
	if (q == NULL) {
		*state = calloc(1, sizeof *q);
		return *state != NULL ? MHD_YES : MHD_NO;
	}
	if (*n > 0) {
		size_t take = *n < BODY_MAX - q->n ? *n : BODY_MAX - q->n;

		memcpy(q->body + q->n, data, take);
		q->n += take;
		*n = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/predict") == 0 && strcmp(method, "POST") == 0)
		return predict(s, c, q);
	if (strcmp(url, "/health") == 0)
		return answer(c, 200, "application/json", "{\"status\":\"ok\",\"model_loaded\":true}\n");
	if (strcmp(url, "/metrics") == 0)
		return metrics(s, c);
	return answer(c, 404, "text/plain", "not here\n");
}

static void
done(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)c;
	(void)why;
	free(*state);
}

int
main(int argc, char **argv)
{
	static struct service s;
	struct MHD_Daemon *d;
	sigset_t stop;
	int sig;

	if (argc < 3) {
		fprintf(stderr, "usage: service IRIS.csv LOG [PORT]\n");
		return 2;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	s.started = now_seconds();
	pthread_mutex_init(&s.log_lock, NULL);
	if (iris_load(&s.data, argv[1]) < 0)
		return 3;
	iris_fit(&s.model, &s.data);
	s.log = fopen(argv[2], "a");
	if (s.log == NULL) {
		fprintf(stderr, "service: cannot open '%s'\n", argv[2]);
		return 4;
	}
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)(argc > 3 ? atoi(argv[3]) : 0)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	d = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, handle, &s,
			     MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_NOTIFY_COMPLETED, done, NULL,
			     MHD_OPTION_END);
	if (d == NULL) {
		fprintf(stderr, "service: cannot listen\n");
		return 4;
	}
	printf("%u\n", (unsigned)MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	sigwait(&stop, &sig);
	MHD_stop_daemon(d);
	fclose(s.log);
	return 0;
}
