/*
 * catcher.c -- an HTTP server that keeps what it gets: the other end of every notification test and of the demo.
 *
 *     catcher [--port N] [--port-file F] [--out F] [--pretty] [--answer PATH=STEP,STEP,...]...
 *
 * Each request becomes one JSON line in --out (default: stdout): t (ms), method, path, headers, body, code. The next request to
 * PATH is answered with the next STEP of its list, then with 200 again ("STEP*" stays forever):
 *     500          that status           429:3     with "Retry-After: 3"      slow:5   200, a byte at a time over 5 s
 *     hang:5       silence for 5 s       half      200 promising more bytes than it sends, then closes
 *     close        closes without a word
 *     echo       400, with the path, Authorization and body that it got
 * More steps can be given while it runs: POST /_answer?path=/x&steps=500,429:2. GET /_count answers how many requests came.
 * --cert F --key F (PEM): over TLS. --pretty prints Slack and PagerDuty messages for people instead of JSON.
 */
#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_PATHS 64
#define MAX_BODY  (64u << 20)

struct script {
	char path[256];
	char steps[2048];
	size_t at;
};

struct catcher {
	pthread_mutex_t lock;
	FILE *out;
	bool pretty;
	struct script scripts[MAX_PATHS];
	size_t n_scripts;
	unsigned long count;
};

struct body {
	char *p;
	size_t n, cap;
};

struct drip {
	int seconds, sent;
};

static struct script *
script_for(struct catcher *c, const char *path, bool create)
{
	for (size_t i = 0; i < c->n_scripts; i++)
		if (strcmp(c->scripts[i].path, path) == 0)
			return &c->scripts[i];
	if (!create || c->n_scripts == MAX_PATHS)
		return NULL;
	struct script *s = &c->scripts[c->n_scripts++];
	snprintf(s->path, sizeof s->path, "%s", path);
	return s;
}

static void
script_add(struct catcher *c, const char *path, const char *steps)
{
	struct script *s = script_for(c, path, true);

	if (s == NULL)
		return;
	if (s->steps[s->at] == '\0') {
		s->at = 0;
		s->steps[0] = '\0';
	}
	size_t n = strlen(s->steps);
	snprintf(s->steps + n, sizeof s->steps - n, "%s%s", n != 0 ? "," : "", steps);
}

/* The next step for path into out ("200" when there is none). */
static void
script_next(struct catcher *c, const char *path, char out[32])
{
	struct script *s = script_for(c, path, false);

	snprintf(out, 32, "200");
	if (s == NULL || s->steps[s->at] == '\0')
		return;
	size_t n = strcspn(s->steps + s->at, ",");
	snprintf(out, 32, "%.*s", (int)n, s->steps + s->at);
	size_t len = strlen(out);
	if (len > 0 && out[len - 1] == '*') {
		out[len - 1] = '\0';
		return;
	}
	s->at += n;
	if (s->steps[s->at] == ',')
		s->at++;
}

static enum MHD_Result
add_header(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	json_object_set_new((json_t *)arg, key, json_string(value != NULL ? value : ""));
	return MHD_YES;
}

static const char *
str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s != NULL ? s : "";
}

static void
pretty(FILE *out, const char *path, const char *text)
{
	json_t *j = json_loads(text, 0, NULL);
	char when[16];
	time_t now = time(NULL);
	struct tm tm;

	strftime(when, sizeof when, "%H:%M:%S", localtime_r(&now, &tm));
	json_t *att = json_array_get(json_object_get(j, "attachments"), 0);
	if (att != NULL) {
		fprintf(out, "%s  Slack      %s  %s\n", when, str(j, "channel"), str(att, "title"));
		if (str(att, "text")[0] != '\0')
			fprintf(out, "%s\n", str(att, "text"));
	} else if (json_object_get(j, "event_action") != NULL) {
		fprintf(out, "%s  PagerDuty  %s  %s\n", when, str(j, "event_action"),
			str(json_object_get(j, "payload"), "summary"));
	} else {
		fprintf(out, "%s  POST %s  %zu bytes\n", when, path, strlen(text));
	}
	json_decref(j);
	fflush(out);
}

static void
keep(struct catcher *c, struct MHD_Connection *con, const char *method, const char *url, const struct body *b,
     const char *step)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (c->pretty) {
		pretty(c->out, url, b->p != NULL ? b->p : "");
		return;
	}
	json_t *h = json_object();
	MHD_get_connection_values(con, MHD_HEADER_KIND, add_header, h);
	json_t *text = json_stringn(b->p != NULL ? b->p : "", b->n);
	json_t *j = json_pack("{s:I, s:s, s:s, s:o, s:o, s:s}", "t",
			      (json_int_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000, "method", method, "path", url,
			      "headers", h, "body", text != NULL ? text : json_string("(not UTF-8)"), "code", step);
	char *line = json_dumps(j, JSON_COMPACT);
	fprintf(c->out, "%s\n", line);
	fflush(c->out);
	free(line);
	json_decref(j);
}

static ssize_t
drip_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct drip *d = cls;

	(void)pos;
	(void)max;
	if (d->seconds == 0) { /* half: some bytes, then a broken end */
		if (d->sent++ > 0)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		memcpy(buf, "{\"ok\":", 6);
		return 6;
	}
	usleep((useconds_t)d->seconds * 100000u);
	if (d->sent++ >= 10)
		return MHD_CONTENT_READER_END_OF_STREAM;
	buf[0] = ' ';
	return 1;
}

static enum MHD_Result
echo(struct MHD_Connection *con, const char *url, const struct body *b)
{
	const char *auth = MHD_lookup_connection_value(con, MHD_HEADER_KIND, "Authorization");
	char text[1024];

	snprintf(text, sizeof text, "%s %s %s", url, auth != NULL ? auth : "", b->p != NULL ? b->p : "");
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result q = MHD_queue_response(con, 400, r);
	MHD_destroy_response(r);
	return q;
}

static enum MHD_Result
answer(struct MHD_Connection *con, const char *step)
{
	struct MHD_Response *r;
	unsigned code = 200;
	unsigned seconds = 0;

	if (strcmp(step, "close") == 0)
		return MHD_NO;
	if (sscanf(step, "hang:%u", &seconds) == 1)
		sleep(seconds);
	if (strcmp(step, "half") == 0 || sscanf(step, "slow:%u", &seconds) == 1) {
		bool half = step[0] == 'h';
		struct drip *d = calloc(1, sizeof *d);
		d->seconds = half ? 0 : (int)seconds;
		r = MHD_create_response_from_callback(half ? 1000 : 10, 64, drip_read, d, free);
	} else {
		if (sscanf(step, "%u:%u", &code, &seconds) < 1 || code < 100)
			code = 200;
		const char *text = code == 200 ? "ok" : "no";
		r = MHD_create_response_from_buffer(2, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
		const char *colon = strchr(step, ':');
		if (colon != NULL && code != 200)
			MHD_add_response_header(r, "Retry-After", colon + 1);
	}
	enum MHD_Result q = MHD_queue_response(con, code, r);
	MHD_destroy_response(r);
	return q;
}

static enum MHD_Result
control(struct catcher *c, struct MHD_Connection *con, const char *url)
{
	char text[32] = "ok";

	pthread_mutex_lock(&c->lock);
	if (strcmp(url, "/_count") == 0) {
		snprintf(text, sizeof text, "%lu\n", c->count);
	} else {
		const char *path = MHD_lookup_connection_value(con, MHD_GET_ARGUMENT_KIND, "path");
		const char *steps = MHD_lookup_connection_value(con, MHD_GET_ARGUMENT_KIND, "steps");
		if (path != NULL && steps != NULL)
			script_add(c, path, steps);
	}
	pthread_mutex_unlock(&c->lock);
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result q = MHD_queue_response(con, 200, r);
	MHD_destroy_response(r);
	return q;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *con, const char *url, const char *method, const char *version,
	   const char *data, size_t *size, void **req)
{
	struct catcher *c = cls;
	struct body *b = *req;
	char step[32];

	(void)version;
	if (b == NULL) {
		*req = calloc(1, sizeof *b);
		return *req != NULL ? MHD_YES : MHD_NO;
	}
	if (*size != 0) {
		if (b->n + *size > MAX_BODY)
			return MHD_NO;
		if (b->n + *size + 1 > b->cap) {
			b->cap = (b->n + *size + 1) * 2;
			b->p = realloc(b->p, b->cap);
		}
		memcpy(b->p + b->n, data, *size);
		b->n += *size;
		b->p[b->n] = '\0';
		*size = 0;
		return MHD_YES;
	}
	if (strncmp(url, "/_", 2) == 0)
		return control(c, con, url);
	pthread_mutex_lock(&c->lock);
	script_next(c, url, step);
	c->count++;
	keep(c, con, method, url, b, step);
	pthread_mutex_unlock(&c->lock);
	return strcmp(step, "echo") == 0 ? echo(con, url, b) : answer(con, step);
}

static void
on_done(void *cls, struct MHD_Connection *con, void **req, enum MHD_RequestTerminationCode why)
{
	struct body *b = *req;

	(void)cls;
	(void)con;
	(void)why;
	if (b != NULL)
		free(b->p);
	free(b);
	*req = NULL;
}

static int
usage(void)
{
	fprintf(stderr, "usage: catcher [--port N] [--port-file F] [--out F] [--pretty] [--cert F --key F] "
			"[--answer PATH=STEPS]...\n");
	return 2;
}

static bool
read_pem(const char *path, char pem[16384])
{
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(pem, 1, 16383, f) : 0;

	if (f != NULL)
		fclose(f);
	pem[n] = '\0';
	return n > 0;
}

int
main(int argc, char **argv)
{
	static struct catcher c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	static char cert[16384], key[16384];
	unsigned port = 0;
	const char *port_file = NULL;

	c.out = stdout;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--pretty") == 0) {
			c.pretty = true;
			continue;
		}
		if (i + 1 >= argc)
			return usage();
		const char *v = argv[++i];
		if (strcmp(argv[i - 1], "--port") == 0) {
			port = (unsigned)strtoul(v, NULL, 10);
		} else if (strcmp(argv[i - 1], "--port-file") == 0) {
			port_file = v;
		} else if (strcmp(argv[i - 1], "--out") == 0) {
			c.out = fopen(v, "a");
		} else if (strcmp(argv[i - 1], "--cert") == 0) {
			if (!read_pem(v, cert))
				return usage();
		} else if (strcmp(argv[i - 1], "--key") == 0) {
			if (!read_pem(v, key))
				return usage();
		} else if (strcmp(argv[i - 1], "--answer") == 0 && strchr(v, '=') != NULL) {
			char path[256];
			snprintf(path, sizeof path, "%.*s", (int)strcspn(v, "="), v);
			script_add(&c, path, strchr(v, '=') + 1);
		} else {
			return usage();
		}
	}
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	const unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD;
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, cert}, {MHD_OPTION_HTTPS_MEM_KEY, 0, key}, {MHD_OPTION_END, 0, NULL}};
	const bool over_tls = cert[0] != '\0';
	struct MHD_Daemon *d = MHD_start_daemon(flags | (over_tls ? MHD_USE_TLS : 0u), (uint16_t)port, NULL, NULL,
						on_request, &c, MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL,
						MHD_OPTION_ARRAY, over_tls ? tls : none, MHD_OPTION_END);
	if (d == NULL || c.out == NULL) {
		fprintf(stderr, "catcher: cannot listen on port %u\n", port);
		return 4;
	}
	port = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port;
	if (port_file != NULL) {
		char tmp[512];
		snprintf(tmp, sizeof tmp, "%s.tmp", port_file);
		FILE *f = fopen(tmp, "w");
		if (f == NULL)
			return 4;
		fprintf(f, "%u\n", port);
		fclose(f);
		rename(tmp, port_file);
	} else {
		fprintf(stderr, "catcher: listening on 127.0.0.1:%u\n", port);
	}
	int sig;
	sigwait(&set, &sig);
	_exit(0); /* threads may still hang on purpose */
}
