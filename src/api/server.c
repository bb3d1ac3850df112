/*
 * server.c -- libmicrohttpd on the loop.
 *
 * The daemon runs without threads of its own: its epoll descriptor is one handle of the loop, its timeout one timer. A request is
 * read whole (within the body limit), authenticated, routed; a worker route suspends the connection, runs in libuv's pool on a
 * read handle, and resumes it. So a slow client holds a descriptor and a slow query holds a worker, never the loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "api_private.h"
#include "auth.h"
#include "connections.h"
#include "mlwatch/clock.h"
#include "mlwatch/config.h"
#include "mlwatch/file.h"
#include "mlwatch/log.h"
#include "mlwatch/reader.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

#define BODY_MAX       ((size_t)10 << 20)
#define CONNECTION_MEM ((size_t)64 << 10) /* request line and headers of one connection */
#define IDLE_SECONDS   30u
#define READERS_MAX    4
#define WORKERS_MAX    2 /* queries at once: the pool's other threads stay with ingestion and rules */
#define FD_RESERVE     ((rlim_t)512)
#define GZIP_FROM      1400
#define PAUSE_MS       2000 /* so long a reload waits for queries */
#define PEM_MAX        ((size_t)256 << 10)

struct call { /* one request */
	struct api *api;
	struct MHD_Connection *connection;
	struct MHD_PostProcessor *form;
	const struct api_route *route;
	struct buf body;
	struct api_request q;
	struct api_answer answer;
	uv_work_t work;
	char *method, *path;
	struct call *next_waiting;
	size_t cap_params, value_len, value_cap; /* of the parameter that is coming in */
	size_t received;
	int64_t waits_since;
	int refuse; /* status decided before the body came; 0: none */
	bool working, done, too_large;
};

struct api {
	struct api_spec spec;
	struct MHD_Daemon *daemon;
	struct auth *auth;
	uv_poll_t poll;
	uv_timer_t timer, watch;
	struct connections connections;
	uv_prepare_t prepare;
	int fd, open_handles;
	struct reader *readers[READERS_MAX];
	size_t n_readers;
	size_t working;
	struct call *first_waiting, *last_waiting; /* requests that wait for a worker */
	char *key_pem, *cert_pem;
	atomic_bool closing; /* queries that are under way end at once */
	bool loopback, paused;
	int64_t paused_at;
	void (*idle)(void *arg); /* NULL: nobody waits for queries to end */
	void (*closed)(void *arg);
	void *idle_arg, *closed_arg;
};

/* ---- the loop drives the daemon ---- */

static void
turn(struct api *a)
{
	if (a->daemon != NULL)
		MHD_run(a->daemon);
}

static void
on_readable(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	turn(p->data);
}

static void
on_timer(uv_timer_t *t)
{
	turn(t->data);
}

/* Before the loop sleeps: when must the daemon be looked at again? */
static void
before_sleep(uv_prepare_t *p)
{
	struct api *a = p->data;
	MHD_UNSIGNED_LONG_LONG ms;

	if (a->daemon != NULL && MHD_get_timeout(a->daemon, &ms) == MHD_YES)
		uv_timer_start(&a->timer, on_timer, ms < 1000 ? ms : 1000, 0);
	else
		uv_timer_stop(&a->timer);
}

/* ---- clients that take too long ---- */

static struct connection *
connection_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

static void
on_connection(void *arg, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode what)
{
	struct api *a = arg;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

		*context = connection_add(&a->connections, info->connect_fd, clock_now());
	} else if (*context != NULL) {
		connection_remove(&a->connections, *context);
		*context = NULL;
	}
}

/* ---- answers ---- */

static bool
wants_gzip(struct MHD_Connection *c)
{
	const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept-Encoding");

	return accept != NULL && strstr(accept, "gzip") != NULL;
}

static bool
gzip(const struct buf *in, struct buf *out)
{
	z_stream z = {0};
	int rc;

	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	buf_reserve(out, deflateBound(&z, in->len));
	z.next_in = (Bytef *)in->p;
	z.avail_in = (uInt)in->len;
	z.next_out = (Bytef *)out->p;
	z.avail_out = (uInt)out->cap - 1;
	rc = deflate(&z, Z_FINISH);
	out->len = z.total_out;
	deflateEnd(&z);
	return rc == Z_STREAM_END;
}

static enum MHD_Result
send_answer(struct call *k)
{
	struct api_answer *a = &k->answer;
	struct buf packed = BUF_INIT;
	const bool pack = a->body.len >= GZIP_FROM && a->body.len < UINT32_MAX && wants_gzip(k->connection) &&
			  gzip(&a->body, &packed);
	const size_t n = pack ? packed.len : a->body.len;
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(n, pack ? buf_steal(&packed) : buf_steal(&a->body), MHD_RESPMEM_MUST_FREE);
	enum MHD_Result rc;

	buf_release(&packed);
	connection_is(connection_of(k->connection), CONN_ANSWER, clock_now());
	MHD_add_response_header(r, "Content-Type", a->type != NULL ? a->type : "application/json");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (pack)
		MHD_add_response_header(r, "Content-Encoding", "gzip");
	if (a->status == 401)
		MHD_add_response_header(r, "WWW-Authenticate", "Basic realm=\"mlwatch\", charset=\"UTF-8\"");
	if (k->api->spec.config->http.cors)
		MHD_add_response_header(r, "Access-Control-Allow-Origin", "*");
	rc = MHD_queue_response(k->connection, (unsigned)(a->status != 0 ? a->status : 200), r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result
refuse(struct call *k, int status, const char *text)
{
	k->answer.status = status;
	k->answer.type = "text/plain; charset=utf-8";
	buf_reset(&k->answer.body);
	buf_addf(&k->answer.body, "%s\n", text);
	return send_answer(k);
}

/* ---- workers ---- */

/* NULL: the worker opens one. */
static struct reader *
reader_take(struct api *a)
{
	return a->n_readers > 0 ? a->readers[--a->n_readers] : NULL;
}

static void
reader_give(struct api *a, struct reader *r)
{
	if (r == NULL)
		return;
	if (a->n_readers < READERS_MAX)
		a->readers[a->n_readers++] = r;
	else
		reader_close(r);
}

static void
work(uv_work_t *w)
{
	struct call *k = w->data;
	struct err e = ERR_INIT;

	if (atomic_load(&k->api->closing)) /* it waited for a worker: a stop does not wait for it */
		api_error(&k->answer, "unavailable", "mlwatch is stopping or loads another configuration");
	else if ((k->q.reader == NULL && reader_open(&k->q.reader, k->api->spec.config->store_path, &e) < 0) ||
		 reader_refresh(k->q.reader, &e) < 0)
		api_error(&k->answer, "unavailable", "%s", e.text);
	else
		k->route->handle(&k->q, &k->answer);
}

static void start_waiting(struct api *a);

static void
tell_idle(struct api *a)
{
	void (*idle)(void *) = a->idle;

	if (idle == NULL || a->working > 0)
		return;
	a->idle = NULL;
	idle(a->idle_arg);
}

static void
worked(uv_work_t *w, int status)
{
	struct call *k = w->data;
	struct api *a = k->api;

	(void)status;
	reader_give(a, k->q.reader);
	k->q.reader = NULL;
	k->working = false;
	k->done = true;
	a->working--;
	MHD_resume_connection(k->connection);
	turn(a);
	start_waiting(a);
	tell_idle(a);
}

static void
start_work(struct call *k)
{
	struct api *a = k->api;

	k->q.reader = reader_take(a);
	a->working++;
	k->working = true;
	k->work.data = k;
	uv_queue_work(a->spec.loop, &k->work, work, worked);
}

static void
start_waiting(struct api *a)
{
	while (!a->paused && a->first_waiting != NULL && a->working < WORKERS_MAX) {
		struct call *k = a->first_waiting;

		a->first_waiting = k->next_waiting;
		if (a->first_waiting == NULL)
			a->last_waiting = NULL;
		start_work(k);
	}
}

static void
enqueue(struct call *k)
{
	struct api *a = k->api;

	connection_is(connection_of(k->connection), CONN_WORK, k->q.now);
	k->waits_since = k->q.now;
	MHD_suspend_connection(k->connection);
	if (a->last_waiting != NULL)
		a->last_waiting->next_waiting = k;
	else
		a->first_waiting = k;
	a->last_waiting = k;
	start_waiting(a);
}

/* ---- a request comes in ---- */

static void
add_param(struct call *k, const char *name, const char *value, size_t n)
{
	if (k->q.n_params >= 1000)
		return;
	xgrow(k->q.params, k->q.n_params, k->cap_params);
	k->q.params[k->q.n_params++] = (struct api_param){xstrdup(name), xstrndup(value != NULL ? value : "", n)};
	k->value_len = n;
	k->value_cap = n + 1;
}

static enum MHD_Result
on_param(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	add_param(arg, name, value, value != NULL ? strlen(value) : 0);
	return MHD_YES;
}

static enum MHD_Result
on_form(void *arg, enum MHD_ValueKind kind, const char *name, const char *file, const char *type, const char *encoding,
	const char *data, uint64_t offset, size_t n)
{
	struct call *k = arg;
	struct api_param *last = k->q.n_params > 0 ? &k->q.params[k->q.n_params - 1] : NULL;

	(void)kind;
	(void)file;
	(void)type;
	(void)encoding;
	if (offset == 0 || last == NULL) {
		add_param(k, name, data, n);
	} else { /* a long value comes in pieces */
		if (k->value_len + n + 1 > k->value_cap) {
			k->value_cap = 2 * (k->value_len + n + 1);
			last->value = xrealloc(last->value, k->value_cap);
		}
		memcpy(last->value + k->value_len, data, n);
		k->value_len += n;
		last->value[k->value_len] = '\0';
	}
	return MHD_YES;
}

/* A request that waited for a worker as long as a query may take gets none. */
static void
expire_waiting(struct api *a, int64_t now)
{
	const int64_t most = a->spec.config->http.query_timeout_ms;

	while (a->first_waiting != NULL && most > 0 && now - a->first_waiting->waits_since > most) {
		struct call *k = a->first_waiting;

		a->first_waiting = k->next_waiting;
		if (a->first_waiting == NULL)
			a->last_waiting = NULL;
		api_error(&k->answer, "timeout", "query timed out in query queue");
		k->done = true;
		MHD_resume_connection(k->connection);
	}
}

static void
on_watch(uv_timer_t *t)
{
	struct api *a = t->data;

	connections_cut(&a->connections, clock_now());
	expire_waiting(a, clock_now());
	if (a->paused && clock_monotonic() - a->paused_at > PAUSE_MS)
		a->closing = true;
	turn(a);
}

static struct call *
call_open(struct api *a, struct MHD_Connection *c, const char *method, const char *path)
{
	struct call *k = xcalloc(1, sizeof *k);
	int status;

	k->api = a;
	k->connection = c;
	k->method = xstrdup(method);
	k->path = xstrdup(path);
	k->route = route_find(method, k->path, &k->q.rest, &status);
	k->refuse = k->route == NULL ? status : auth_check(a->auth, c, k->route->flags);
	k->q.spec = &a->spec;
	k->q.method = k->method;
	k->q.path = k->path;
	k->q.body = &k->body;
	k->q.gone = &a->closing;
	k->q.accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept");
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, on_param, k);
	if (strcmp(method, "POST") == 0)
		k->form = MHD_create_post_processor(c, 4096, on_form, k); /* NULL when it is no form */
	return k;
}

static void
on_end(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct call *k = *state;

	(void)arg;
	(void)why;
	connection_is(connection_of(c), CONN_IDLE, clock_now());
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->q.n_params; i++) {
		free(k->q.params[i].name);
		free(k->q.params[i].value);
	}
	free(k->q.params);
	if (k->form != NULL)
		MHD_destroy_post_processor(k->form);
	buf_release(&k->body);
	buf_release(&k->answer.body);
	free(k->method);
	free(k->path);
	free(k);
	*state = NULL;
}

static void
take_body(struct call *k, const char *data, size_t n)
{
	k->received += n;
	if (k->received > BODY_MAX)
		k->too_large = true;
	else if (k->refuse != 0) /* nobody will look at it */
		return;
	else if (k->form == NULL || MHD_post_process(k->form, data, n) != MHD_YES)
		buf_add(&k->body, data, n);
}

static enum MHD_Result
finish(struct call *k)
{
	static const struct {
		int status;
		const char *text;
	} words[] = {
	    {401, "unauthorized"}, {403, "forbidden"}, {404, "404 page not found"}, {405, "method not allowed"}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (k->refuse == words[i].status)
			return refuse(k, k->refuse, words[i].text);
	if (k->too_large)
		return refuse(k, 413, "the body is larger than 10 MiB");
	k->q.now = clock_now();
	if (k->route->flags & ROUTE_WORKER) {
		enqueue(k);
		return MHD_YES;
	}
	k->route->handle(&k->q, &k->answer);
	return send_answer(k);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version,
	   const char *data, size_t *n, void **state)
{
	struct api *a = arg;
	struct call *k = *state;

	(void)version;
	if (k == NULL) {
		*state = call_open(a, c, method, url);
		connection_is(connection_of(c), CONN_BODY, clock_now());
		return MHD_YES;
	}
	if (k->done)
		return send_answer(k);
	if (*n > 0) {
		take_body(k, data, *n);
		*n = 0;
		return MHD_YES;
	}
	return finish(k);
}

/* ---- open and close ---- */

static int
listen_on(const char *text, bool *loopback, struct err *e)
{
	char host[256];
	const char *colon = strrchr(text, ':');
	struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
	int fd = -1, one = 1;
	size_t n;

	if (colon == NULL)
		return err_set(e, ERR_FILE, "http.listen: '%s' is no HOST:PORT", text);
	n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	snprintf(host, sizeof host, "%.*s", (int)n, text);
	if (getaddrinfo(n > 0 ? host : NULL, colon + 1, &want, &found) != 0)
		return err_set(e, ERR_WORLD, "cannot listen on '%s': no such address", text);
	*loopback =
	    (found->ai_family == AF_INET &&
	     (ntohl(((struct sockaddr_in *)found->ai_addr)->sin_addr.s_addr) >> 24) == 127) ||
	    (found->ai_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)found->ai_addr)->sin6_addr));
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, 1024) < 0) {
		err_set(e, ERR_WORLD, "cannot listen on '%s': %s", text, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static int
load_tls(struct api *a, const struct config *c, struct err *e)
{
	size_t n;

	if (c->http.cert_file == NULL && c->http.key_file == NULL)
		return 0;
	if (c->http.cert_file == NULL || c->http.key_file == NULL)
		return err_set(e, ERR_FILE, "http: TLS needs both cert_file and key_file");
	if (file_read(c->http.cert_file, PEM_MAX, &a->cert_pem, &n, e) < 0 ||
	    secret_read(c->http.key_file, &a->key_pem, e) < 0)
		return -1;
	if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return err_set(e, ERR_WORLD, "this libmicrohttpd was built without TLS");
	return 0;
}

/* Connections must never take the descriptors that logs and the store need. */
static unsigned
connection_limit(const struct config *c)
{
	const rlim_t want =
	    c->http.max_connections > 0 && c->http.max_connections < 100000 ? (rlim_t)c->http.max_connections : 1024;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == RLIM_INFINITY || r.rlim_cur >= want + FD_RESERVE)
		return (unsigned)want;
	r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max > want + FD_RESERVE ? want + FD_RESERVE : r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	return (unsigned)(r.rlim_cur >= want + FD_RESERVE ? want : r.rlim_cur / 2);
}

static struct MHD_Daemon *
start_daemon(struct api *a, const struct config *c)
{
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, a->key_pem},
				       {MHD_OPTION_HTTPS_MEM_CERT, 0, a->cert_pem},
				       {MHD_OPTION_END, 0, NULL}};

	if (a->cert_pem == NULL)
		tls[0] = tls[2];
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (a->cert_pem != NULL ? MHD_USE_TLS : 0), 0,
				NULL, NULL, on_request, a, MHD_OPTION_LISTEN_SOCKET, a->fd, MHD_OPTION_CONNECTION_LIMIT,
				connection_limit(c), MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEM, MHD_OPTION_NOTIFY_COMPLETED, on_end,
				a, MHD_OPTION_NOTIFY_CONNECTION, on_connection, a, MHD_OPTION_ARRAY, tls,
				MHD_OPTION_END);
}

static void
start_handles(struct api *a)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	uv_poll_init(a->spec.loop, &a->poll, info->epoll_fd);
	uv_timer_init(a->spec.loop, &a->timer);
	uv_prepare_init(a->spec.loop, &a->prepare);
	uv_timer_init(a->spec.loop, &a->watch);
	a->poll.data = a->timer.data = a->prepare.data = a->watch.data = a;
	a->open_handles = 4;
	uv_timer_start(&a->watch, on_watch, 1000, 1000);
	uv_poll_start(&a->poll, UV_READABLE, on_readable);
	uv_prepare_start(&a->prepare, before_sleep);
}

static void
api_free(struct api *a)
{
	for (size_t i = 0; i < a->n_readers; i++)
		reader_close(a->readers[i]);
	auth_close(a->auth);
	secret_free(a->key_pem);
	free(a->cert_pem);
	free(a);
}

int
api_open(struct api **out, const struct api_spec *spec, struct err *e)
{
	struct api *a = xcalloc(1, sizeof *a);
	const struct config *c = spec->config;

	a->spec = *spec;
	a->fd = listen_on(c->http.listen, &a->loopback, e);
	if (a->fd < 0)
		goto fail;
	if (auth_open(&a->auth, c, a->loopback, e) < 0 || load_tls(a, c, e) < 0)
		goto fail;
	a->daemon = start_daemon(a, c);
	if (a->daemon == NULL) {
		err_set(e, ERR_WORLD, "cannot listen on '%s'%s", c->http.listen,
			a->cert_pem != NULL ? " (is the certificate good?)" : "");
		goto fail;
	}
	start_handles(a);
	*out = a;
	return 0;
fail:
	if (a->fd >= 0)
		close(a->fd);
	api_free(a);
	return -1;
}

/* ---- a reload ---- */

void
api_pause(struct api *a, void (*done)(void *arg), void *arg)
{
	a->paused = true;
	a->paused_at = clock_monotonic();
	a->idle = done;
	a->idle_arg = arg;
	tell_idle(a);
}

/* Certificates are read when the listener opens. */
bool
api_can_stay(const struct api *a, const struct config *next)
{
	const struct config *now = a->spec.config;
	struct auth *auth = NULL;

	if (next->http.listen == NULL || strcmp(next->http.listen, now->http.listen) != 0 || a->cert_pem != NULL ||
	    next->http.cert_file != NULL || next->http.max_connections != now->http.max_connections ||
	    auth_open(&auth, next, a->loopback, NULL) < 0)
		return false;
	auth_close(auth);
	return true;
}

int
api_resume(struct api *a, const struct api_spec *spec, struct err *e)
{
	if (spec != NULL) {
		auth_close(a->auth);
		a->auth = NULL;
		a->spec = *spec;
		if (auth_open(&a->auth, spec->config, a->loopback, e) < 0)
			return -1;
	}
	a->paused = false;
	a->closing = false;
	start_waiting(a);
	return 0;
}

static void
handle_closed(uv_handle_t *h)
{
	struct api *a = h->data;

	if (--a->open_handles > 0)
		return;
	void (*closed)(void *) = a->closed;
	void *arg = a->closed_arg;

	api_free(a);
	closed(arg);
}

static void
close_when_idle(uv_timer_t *t)
{
	struct api *a = t->data;

	if (a->working > 0) /* a query that is under way sees that its client is gone and ends soon */
		return;
	for (struct call *k = a->first_waiting; k != NULL; k = k->next_waiting)
		MHD_resume_connection(k->connection);
	a->first_waiting = NULL;
	MHD_stop_daemon(a->daemon);
	a->daemon = NULL;
	uv_close((uv_handle_t *)&a->poll, handle_closed);
	uv_close((uv_handle_t *)&a->prepare, handle_closed);
	uv_close((uv_handle_t *)&a->timer, handle_closed);
	uv_close((uv_handle_t *)&a->watch, handle_closed);
}

void
api_close(struct api *a, void (*done)(void *arg), void *arg)
{
	a->closed = done;
	a->closed_arg = arg;
	a->closing = true;
	uv_poll_stop(&a->poll);
	uv_prepare_stop(&a->prepare);
	uv_timer_stop(&a->watch);
	uv_timer_start(&a->timer, close_when_idle, 0, 20);
}
