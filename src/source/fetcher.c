/*
 * fetcher.c -- libcurl's multi interface on a libuv loop.
 *
 * libcurl says which sockets it wants watched and when it wants to be woken; libuv watches and wakes; whatever
 * happened is passed to curl_multi_socket_action. Nothing here blocks: names are resolved by libcurl's threads. Connections are kept and
 * used again by the multi handle.
 *
 * A request that cannot be started (a secret file is missing) is answered from the loop like any other, never from
 * within fetcher_get. Secrets in files are read in a worker. Handles live in the fetcher, which is freed when the last of them is closed
 * and the last job is over.
 */
#include "fetch_private.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"

struct watch { /* one socket */
	uv_poll_t poll;
	curl_socket_t fd;
	struct fetcher *owner;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Of what libcurl frees, much held a secret: a request's headers, its body, its URL. */
static void
free_wiped(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *
realloc_wiped(void *p, size_t n)
{
	size_t was = p != NULL ? malloc_usable_size(p) : 0;
	void *moved = n <= was && n >= was / 2 ? p : malloc(n);

	if (moved == NULL || moved == p || p == NULL)
		return moved;
	memcpy(moved, p, was < n ? was : n);
	free_wiped(p);
	return moved;
}

static void
global_init(void)
{
	curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, free_wiped, realloc_wiped, strdup, calloc);
}

/* ---- requests ---- */

static void
list_add(struct fetch **list, struct fetch *f)
{
	f->prev = NULL;
	f->next = *list;
	if (*list != NULL)
		(*list)->prev = f;
	*list = f;
}

static void
list_remove(struct fetch **list, struct fetch *f)
{
	if (f->prev != NULL)
		f->prev->next = f->next;
	else
		*list = f->next;
	if (f->next != NULL)
		f->next->prev = f->prev;
}

static void
answer(struct fetch *f, const char *error)
{
	struct fetch_result r = {
	    .error = error, .body = buf_str(&f->body), .n = f->body.len, .retry_after_ms = -1, .sent = f};
	long status = 0;
	curl_off_t wait = 0, spent = 0;
	char *type = NULL;

	if (f->easy != NULL) {
		curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(f->easy, CURLINFO_CONTENT_TYPE, &type);
		curl_easy_getinfo(f->easy, CURLINFO_RETRY_AFTER, &wait);
		curl_easy_getinfo(f->easy, CURLINFO_TOTAL_TIME_T, &spent);
	}
	r.status = (int)status;
	r.content_type = type;
	r.seconds = (double)spent / 1e6;
	if (wait > 0)
		r.retry_after_ms = (int64_t)wait * 1000;
	f->fn(f->arg, &r);
	fetch_release(f);
}

static void
read_messages(struct fetcher *f)
{
	CURLMsg *m;
	int left;

	while (!f->closing && (m = curl_multi_info_read(f->multi, &left)) != NULL) {
		struct fetch *request;
		CURLcode code = m->data.result;
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&request);
		curl_multi_remove_handle(f->multi, request->easy);
		list_remove(&f->active, request);
		if (code == CURLE_OK && token_refused(request))
			continue;
		f->n_active--;
		answer(request, fetch_words(request, code));
	}
}

static void
on_later(uv_timer_t *timer)
{
	struct fetcher *f = timer->data;

	while (f->unstarted != NULL) {
		struct fetch *request = f->unstarted;
		list_remove(&f->unstarted, request);
		f->n_active--;
		answer(request, request->failed);
	}
}

void
fetcher_fail(struct fetcher *f, struct fetch *request, const char *why)
{
	request->failed = xstrdup(why);
	list_add(&f->unstarted, request);
	if (!f->closing)
		uv_timer_start(&f->later, on_later, 0, 0);
}

void
fetcher_start(struct fetcher *f, struct fetch *request)
{
	curl_easy_setopt(request->easy, CURLOPT_PRIVATE, request);
	request->bearer.next = request->headers;
	curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER,
			 request->bearer.data != NULL ? &request->bearer : request->headers);
	if (f->closing)
		fetcher_fail(f, request, "cancelled");
	else if (curl_multi_add_handle(f->multi, request->easy) != CURLM_OK)
		fetcher_fail(f, request, "cannot start a transfer");
	else
		list_add(&f->active, request);
}

static void
go_on(struct fetcher *f, struct fetch *request)
{
	if (f->closing)
		fetcher_fail(f, request, "cancelled");
	else if (err_is_set(&request->err))
		fetcher_fail(f, request, request->err.text);
	else if (request->has_auth && request->auth.oauth2 != NULL)
		token_get(f, request);
	else
		fetcher_start(f, request);
}

static void
read_secrets(uv_work_t *w)
{
	struct fetch *request = w->data;

	fetch_secrets(request, &request->err);
}

static void
secrets_read(uv_work_t *w, int status)
{
	struct fetch *request = w->data;
	struct fetcher *f = request->owner;

	(void)status;
	go_on(f, request);
	fetcher_closed(f);
}

static struct fetch *
request_new(struct fetcher *f, fetch_fn *fn, void *arg)
{
	struct fetch *request = xcalloc(1, sizeof *request);

	request->owner = f;
	request->fn = fn;
	request->arg = arg;
	f->n_active++;
	return request;
}

void
fetcher_get(struct fetcher *f, const struct fetch_spec *spec, fetch_fn *fn, void *arg)
{
	struct fetch *request = request_new(f, fn, arg);

	if (!f->closing && fetch_prepare(request, spec, &request->err) == 0 && fetch_needs_files(request)) {
		request->work.data = request;
		fetcher_opened(f);
		uv_queue_work(f->loop, &request->work, read_secrets, secrets_read);
		return;
	}
	if (!f->closing && !err_is_set(&request->err))
		fetch_secrets(request, &request->err);
	go_on(f, request);
}

void
fetcher_run(struct fetcher *f, void *easy, fetch_fn *fn, void *arg)
{
	struct fetch *request = request_new(f, fn, arg);

	request->easy = easy;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->text);
	fetcher_start(f, request);
}

size_t
fetcher_active(const struct fetcher *f)
{
	return f->n_active;
}

/* ---- libcurl on libuv ---- */

static void
act(struct fetcher *f, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(f->multi, fd, what, &running);
	read_messages(f);
}

static void
on_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int what = status < 0 ? CURL_CSELECT_ERR : 0;

	if ((events & UV_READABLE) != 0)
		what |= CURL_CSELECT_IN;
	if ((events & UV_WRITABLE) != 0)
		what |= CURL_CSELECT_OUT;
	act(w->owner, w->fd, what);
}

static int
want_timer(CURLM *multi, long ms, void *arg)
{
	struct fetcher *f = arg;

	(void)multi;
	if (f->closing || ms < 0)
		uv_timer_stop(&f->timer);
	else
		uv_timer_start(&f->timer, on_timer, (uint64_t)ms, 0);
	return 0;
}

void
fetcher_opened(struct fetcher *f)
{
	f->n_open++;
}

void
fetcher_closed(struct fetcher *f)
{
	if (f->closing)
		on_later(&f->later);
	if (--f->n_open != 0)
		return;
	tokens_free(f);
	void (*done)(void *) = f->done;
	void *arg = f->done_arg;
	free(f);
	if (done != NULL)
		done(arg);
}

static void
on_watch_closed(uv_handle_t *h)
{
	struct watch *w = h->data;
	struct fetcher *f = w->owner;

	free(w);
	fetcher_closed(f);
}

static void
on_timer_closed(uv_handle_t *h)
{
	fetcher_closed(h->data);
}

static struct watch *
watch_open(struct fetcher *f, curl_socket_t fd)
{
	struct watch *w = xcalloc(1, sizeof *w);

	w->owner = f;
	w->fd = fd;
	if (uv_poll_init_socket(f->loop, &w->poll, fd) != 0) {
		free(w);
		return NULL;
	}
	w->poll.data = w;
	f->n_open++;
	curl_multi_assign(f->multi, fd, w);
	return w;
}

static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_data)
{
	struct fetcher *f = arg;
	struct watch *w = socket_data;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL) {
			uv_poll_stop(&w->poll);
			uv_close((uv_handle_t *)&w->poll, on_watch_closed);
			curl_multi_assign(f->multi, fd, NULL);
		}
		return 0;
	}
	if (w == NULL && (w = watch_open(f, fd)) == NULL)
		return -1;
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	return uv_poll_start(&w->poll, events, on_ready) == 0 ? 0 : -1;
}

struct fetcher *
fetcher_open(struct uv_loop_s *loop, struct err *e)
{
	struct fetcher *f;
	CURLM *multi;

	pthread_once(&once, global_init);
	multi = curl_multi_init();
	if (multi == NULL) {
		err_set(e, ERR_WORLD, "cannot start libcurl: out of memory");
		return NULL;
	}
	f = xcalloc(1, sizeof *f);
	f->loop = loop;
	f->multi = multi;
	uv_timer_init(loop, &f->timer);
	uv_timer_init(loop, &f->later);
	f->timer.data = f->later.data = f;
	f->n_open = 2;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, f);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, f);
	return f;
}

void
fetcher_close(struct fetcher *f, void (*done)(void *arg), void *arg)
{
	f->closing = true;
	f->done = done;
	f->done_arg = arg;
	while (f->active != NULL) {
		struct fetch *request = f->active;
		curl_multi_remove_handle(f->multi, request->easy);
		list_remove(&f->active, request);
		f->n_active--;
		answer(request, "cancelled");
	}
	tokens_close(f);
	on_later(&f->later);
	curl_multi_cleanup(f->multi);
	uv_close((uv_handle_t *)&f->timer, on_timer_closed);
	uv_close((uv_handle_t *)&f->later, on_timer_closed);
}
