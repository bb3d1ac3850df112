/*
 * test_scrape.c -- the fetcher against a real HTTP server (libmicrohttpd, a thread per connection): what comes back, how
 * failures are worded, what is sent, and that nothing waits for a slow endpoint.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <microhttpd.h>
#include <uv.h>

#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/scrape.h"

/* python3 -c "import gzip; gzip.compress(b'metric 1\n' * 100, mtime=0)" */
static const unsigned char packed[] = {31, 139, 8,  0,  0,   0,   0,   0,   2,   3,   203, 77, 45,
				       41, 202, 76, 86, 48,  228, 202, 29,  101, 140, 50,  70, 25,
				       3,  193, 0,  0,  245, 133, 104, 184, 132, 3,   0,   0};

struct server {
	struct MHD_Daemon *daemon;
	int port;
	atomic_int connections;
	atomic_bool released; /* ends the wait of /hang */
	char seen[4096];      /* the last request: method, path, headers, body; written before the answer */
	size_t n_body;
	char *cert, *key;
};

struct upload {
	char body[1024];
	size_t n;
};

static enum MHD_Result
note_header(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	char *seen = arg;

	(void)kind;
	snprintf(seen + strlen(seen), 4096 - strlen(seen), "%s: %s\n", key, value);
	return MHD_YES;
}

static ssize_t
broken_body(void *arg, uint64_t pos, char *buf, size_t max)
{
	(void)arg;
	(void)max;
	if (pos != 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(buf, "half", 4);
	return 4;
}

static struct MHD_Response *
response_for(struct server *s, const char *path, unsigned *status)
{
	struct MHD_Response *r = NULL;

	*status = 200;
	for (int i = 0; strcmp(path, "/hang") == 0 && i < 1000 && !s->released; i++)
		usleep(10 * 1000);
	if (strcmp(path, "/large") == 0) {
		static char large[100000];
		memset(large, 'x', sizeof large);
		r = MHD_create_response_from_buffer(sizeof large, large, MHD_RESPMEM_PERSISTENT);
	} else if (strcmp(path, "/gzip") == 0) {
		r = MHD_create_response_from_buffer(sizeof packed, (void *)(uintptr_t)packed, MHD_RESPMEM_PERSISTENT);
		MHD_add_response_header(r, "Content-Encoding", "gzip");
	} else if (strcmp(path, "/broken") == 0) {
		r = MHD_create_response_from_callback(1000, 100, broken_body, NULL, NULL);
	} else {
		r = MHD_create_response_from_buffer(5, (void *)(uintptr_t) "hello", MHD_RESPMEM_PERSISTENT);
	}
	if (strcmp(path, "/missing") == 0)
		*status = 404;
	if (strcmp(path, "/busy") == 0) {
		*status = 429;
		MHD_add_response_header(r, "Retry-After", "7");
	}
	if (strcmp(path, "/moved") == 0) {
		*status = 302;
		MHD_add_response_header(r, "Location", "/ok");
	}
	if (strcmp(path, "/elsewhere") == 0) {
		*status = 302;
		MHD_add_response_header(r, "Location", "file:///etc/passwd");
	}
	MHD_add_response_header(r, "Content-Type", "text/plain; version=0.0.4");
	return r;
}

static enum MHD_Result
handle(void *arg, struct MHD_Connection *c, const char *path, const char *method, const char *version, const char *data,
       size_t *n, void **state)
{
	struct server *s = arg;
	struct upload *u = *state;
	struct MHD_Response *r;
	enum MHD_Result rc;
	unsigned status;

	(void)version;
	if (u == NULL) {
		*state = calloc(1, sizeof *u);
		return MHD_YES;
	}
	if (*n != 0) {
		assert_true(u->n + *n < sizeof u->body);
		memcpy(u->body + u->n, data, *n);
		u->n += *n;
		*n = 0;
		return MHD_YES;
	}
	snprintf(s->seen, sizeof s->seen, "%s %s\n", method, path);
	MHD_get_connection_values(c, MHD_HEADER_KIND, note_header, s->seen);
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, note_header, s->seen);
	snprintf(s->seen + strlen(s->seen), sizeof s->seen - strlen(s->seen), "\n%s", u->body);
	free(u);
	*state = NULL;
	r = response_for(s, path, &status);
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static void
ended(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)c;
	(void)why;
	free(*state);
}

static void
connected(void *arg, struct MHD_Connection *c, void **ctx, enum MHD_ConnectionNotificationCode what)
{
	(void)c;
	(void)ctx;
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		((struct server *)arg)->connections++;
}

static void
server_open(struct server *s, bool tls)
{
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | (tls ? MHD_USE_TLS : 0u);
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}}, certs[3];
	size_t n;

	memset(s, 0, sizeof *s);
	if (tls) {
		assert_int_equal(file_read("tests/data/tls/server.crt", 1 << 16, &s->cert, &n, NULL), 0);
		assert_int_equal(file_read("tests/data/tls/server.key", 1 << 16, &s->key, &n, NULL), 0);
		certs[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert};
		certs[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, s->key};
		certs[2] = none[0];
	}
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, s, MHD_OPTION_SOCK_ADDR, &any,
				     MHD_OPTION_NOTIFY_COMPLETED, ended, NULL, MHD_OPTION_NOTIFY_CONNECTION, connected,
				     s, MHD_OPTION_ARRAY, tls ? certs : none, MHD_OPTION_END);
	assert_non_null(s->daemon);
	s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static void
server_close(struct server *s)
{
	s->released = true;
	MHD_stop_daemon(s->daemon);
	free(s->cert);
	free(s->key);
}

struct got {
	int calls, status;
	char error[300], body[200], type[100];
	bool failed;
	size_t n;
	int64_t retry_after_ms;
	double seconds;
};

static void
on_fetched(void *arg, const struct fetch_result *r)
{
	struct got *g = arg;

	g->calls++;
	g->status = r->status;
	g->failed = r->error != NULL;
	snprintf(g->error, sizeof g->error, "%s", r->error != NULL ? r->error : "");
	snprintf(g->body, sizeof g->body, "%s", r->body);
	snprintf(g->type, sizeof g->type, "%s", r->content_type != NULL ? r->content_type : "");
	g->n = r->n;
	g->retry_after_ms = r->retry_after_ms;
	g->seconds = r->seconds;
}

static void
count(void *arg)
{
	++*(int *)arg;
}

static struct fetch_spec
spec_for(const struct server *s, const char *path, char url[128])
{
	snprintf(url, 128, "http://127.0.0.1:%d%s", s->port, path);
	return (struct fetch_spec){.url = url, .timeout_ms = 30000};
}

/* Not UV_RUN_ONCE: that waits for a further event when the answer came with a timer. */
static void
turn_until(uv_loop_t *loop, const int *calls)
{
	while (*calls == 0) {
		uv_run(loop, UV_RUN_NOWAIT);
		usleep(200);
	}
}

/* One request on a loop of its own. */
static struct got
fetch(const struct fetch_spec *spec)
{
	uv_loop_t loop;
	struct got g = {0};
	struct err e = ERR_INIT;
	int closed = 0;

	uv_loop_init(&loop);
	struct fetcher *f = fetcher_open(&loop, &e);
	assert_non_null(f);
	fetcher_get(f, spec, on_fetched, &g);
	assert_int_equal(g.calls, 0); /* never from within */
	assert_int_equal(fetcher_active(f), 1);
	turn_until(&loop, &g.calls);
	assert_int_equal(fetcher_active(f), 0);
	fetcher_close(f, count, &closed);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(closed, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(g.calls, 1);
	return g;
}

static struct got
fetch_path(const struct server *s, const char *path)
{
	char url[128];
	struct fetch_spec spec = spec_for(s, path, url);

	return fetch(&spec);
}

static void
scrape__brings_body_status_and_type(void **state)
{
	struct server s;
	struct got g;

	(void)state;
	server_open(&s, false);
	g = fetch_path(&s, "/metrics");
	assert_false(g.failed);
	assert_int_equal(g.status, 200);
	assert_string_equal(g.body, "hello");
	assert_string_equal(g.type, "text/plain; version=0.0.4");
	assert_true(g.seconds > 0 && g.seconds < 30);
	assert_int_equal(g.retry_after_ms, -1);
	g = fetch_path(&s, "/missing");
	assert_false(g.failed); /* the body came whole; what a status means is for others to say */
	assert_int_equal(g.status, 404);
	g = fetch_path(&s, "/busy");
	assert_int_equal(g.status, 429);
	assert_int_equal(g.retry_after_ms, 7000);
	server_close(&s);
}

static void
scrape__unpacks_gzip(void **state)
{
	struct server s;
	struct got g;

	(void)state;
	server_open(&s, false);
	g = fetch_path(&s, "/gzip");
	assert_false(g.failed);
	assert_int_equal(g.n, 900);
	assert_memory_equal(g.body, "metric 1\nmetric 1\n", 18);
	assert_non_null(strstr(s.seen, "Accept-Encoding: gzip"));
	server_close(&s);
}

static void
scrape__says_what_went_wrong(void **state)
{
	struct server s;
	struct got g;
	char url[128];
	struct fetch_spec spec;

	(void)state;
	server_open(&s, false);
	spec = spec_for(&s, "/large", url);
	spec.body_limit = 50000;
	g = fetch(&spec);
	assert_true(g.failed);
	assert_non_null(strstr(g.error, "over the limit"));
	spec.body_limit = 100000;
	assert_false(fetch(&spec).failed);

	spec = spec_for(&s, "/hang", url);
	spec.timeout_ms = 200;
	g = fetch(&spec);
	assert_string_equal(g.error, "no answer within 200 ms");
	assert_int_equal(g.status, 0);

	g = fetch_path(&s, "/broken");
	assert_true(g.failed);

	spec = (struct fetch_spec){.url = (char *)(uintptr_t) "http://127.0.0.1:1/", .timeout_ms = 1000};
	assert_string_equal(fetch(&spec).error, "connection refused");
	spec.url = (char *)(uintptr_t) "http://name.invalid/";
	assert_true(fetch(&spec).failed);
	spec.url = (char *)(uintptr_t) "gopher://127.0.0.1/";
	assert_string_equal(fetch(&spec).error, "not an http or https URL");
	spec.url = (char *)(uintptr_t) "http://";
	assert_true(fetch(&spec).failed);
	server_close(&s);
}

static void
scrape__follows_redirects_unless_told_not_to(void **state)
{
	struct server s;
	struct got g;
	char url[128];
	struct http_auth auth = {.no_follow_redirects = true};
	struct fetch_spec spec;

	(void)state;
	server_open(&s, false);
	g = fetch_path(&s, "/moved");
	assert_int_equal(g.status, 200);
	assert_non_null(strstr(s.seen, "GET /ok\n"));
	spec = spec_for(&s, "/moved", url);
	spec.auth = &auth;
	assert_int_equal(fetch(&spec).status, 302);
	g = fetch_path(&s, "/elsewhere"); /* never into the file system */
	assert_true(g.failed);
	assert_null(strstr(g.body, "root:"));
	server_close(&s);
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
scrape__authenticates_with_secrets_read_at_each_request(void **state)
{
	struct server s;
	char url[128], path[] = "/tmp/mlwatch-secret-XXXXXX";
	struct fetch_spec spec;
	struct http_auth auth = {.username = (char *)(uintptr_t) "anna"};
	struct got g;

	(void)state;
	close(mkstemp(path));
	server_open(&s, false);
	spec = spec_for(&s, "/", url);
	spec.auth = &auth;
	auth.password = (char *)(uintptr_t) "geheim";
	fetch(&spec);
	assert_non_null(strstr(s.seen, "Authorization: Basic YW5uYTpnZWhlaW0=\n")); /* printf anna:geheim | base64 */
	auth.password = NULL;
	auth.password_file = path;
	write_file(path, "anders\n");
	fetch(&spec);
	assert_non_null(strstr(s.seen, "Authorization: Basic YW5uYTphbmRlcnM=\n"));

	auth = (struct http_auth){.credentials_file = path};
	fetch(&spec);
	assert_non_null(strstr(s.seen, "Authorization: Bearer anders\n"));
	write_file(path, "rotated");
	fetch(&spec);
	assert_non_null(strstr(s.seen, "Authorization: Bearer rotated\n"));
	auth.authorization_type = (char *)(uintptr_t) "GenieKey";
	fetch(&spec);
	assert_non_null(strstr(s.seen, "Authorization: GenieKey rotated\n"));

	s.seen[0] = '\0';
	unlink(path);
	g = fetch(&spec); /* nothing is sent without the secret */
	assert_true(g.failed);
	assert_non_null(strstr(g.error, path));
	assert_string_equal(s.seen, "");
	server_close(&s);
}

static void
scrape__sends_method_body_and_headers(void **state)
{
	static const char *const headers[] = {"Content-Type: application/json",
					      "X-Prometheus-Scrape-Timeout-Seconds: 3"};
	struct server s;
	char url[128];
	struct fetch_spec spec;

	(void)state;
	server_open(&s, false);
	spec = spec_for(&s, "/hook?a=b%20c", url);
	spec.body = "{\"a\": 1}ignored";
	spec.body_len = 8;
	spec.headers = headers;
	spec.n_headers = 2;
	spec.accept = "application/openmetrics-text";
	assert_int_equal(fetch(&spec).status, 200);
	assert_memory_equal(s.seen, "POST /hook\n", 11);
	assert_non_null(strstr(s.seen, "Content-Type: application/json\n"));
	assert_non_null(strstr(s.seen, "X-Prometheus-Scrape-Timeout-Seconds: 3\n"));
	assert_non_null(strstr(s.seen, "Accept: application/openmetrics-text\n"));
	assert_non_null(strstr(s.seen, "User-Agent: mlwatch/"));
	assert_non_null(strstr(s.seen, "a: b c\n"));
	assert_null(strstr(s.seen, "Expect"));
	assert_string_equal(strstr(s.seen, "\n\n"), "\n\n{\"a\": 1}");
	spec.method = "PUT";
	fetch(&spec);
	assert_memory_equal(s.seen, "PUT /hook\n", 10);
	server_close(&s);
}

static void
scrape__reuses_connections_and_waits_for_nobody(void **state)
{
	struct server s;
	uv_loop_t loop;
	struct err e = ERR_INIT;
	struct got slow = {0}, fast[4] = {{0}};
	char url[128], slow_url[128];
	struct fetch_spec spec, hang;
	int closed = 0;

	(void)state;
	server_open(&s, false);
	uv_loop_init(&loop);
	struct fetcher *f = fetcher_open(&loop, &e);
	hang = spec_for(&s, "/hang", slow_url);
	spec = spec_for(&s, "/ok", url);
	fetcher_get(f, &hang, on_fetched, &slow);
	for (int i = 0; i < 4; i++) {
		fetcher_get(f, &spec, on_fetched, &fast[i]);
		turn_until(&loop, &fast[i].calls);
		assert_int_equal(fast[i].status, 200);
	}
	if (slow.calls != 0)
		fail_msg("the slow one was answered: %d %s", slow.status, slow.error);
	assert_int_equal(s.connections, 2);
	fetcher_close(f, count, &closed);
	assert_int_equal(slow.calls, 1);
	assert_string_equal(slow.error, "cancelled");
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(closed, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
	server_close(&s);
}

static void
scrape__checks_certificates(void **state)
{
	struct server s;
	char url[128];
	struct http_auth auth = {0};
	struct fetch_spec spec;

	(void)state;
	server_open(&s, true);
	spec = spec_for(&s, "/", url);
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", s.port);
	spec.auth = &auth;
	assert_true(fetch(&spec).failed);
	auth.insecure_skip_verify = true;
	assert_int_equal(fetch(&spec).status, 200);
	auth.insecure_skip_verify = false;
	auth.ca_file = (char *)(uintptr_t) "tests/data/tls/server.crt";
	assert_true(fetch(&spec).failed); /* the certificate is for another name */
	auth.server_name = (char *)(uintptr_t) "mlwatch.test";
	assert_int_equal(fetch(&spec).status, 200);
	auth.server_name = (char *)(uintptr_t) "other.test";
	assert_true(fetch(&spec).failed);
	server_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scrape__brings_body_status_and_type),
	    cmocka_unit_test(scrape__unpacks_gzip),
	    cmocka_unit_test(scrape__says_what_went_wrong),
	    cmocka_unit_test(scrape__follows_redirects_unless_told_not_to),
	    cmocka_unit_test(scrape__authenticates_with_secrets_read_at_each_request),
	    cmocka_unit_test(scrape__sends_method_body_and_headers),
	    cmocka_unit_test(scrape__reuses_connections_and_waits_for_nobody),
	    cmocka_unit_test(scrape__checks_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
