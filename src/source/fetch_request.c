/*
 * fetch_request.c -- a fetch_spec as a libcurl handle: method, headers, authentication, TLS, limits.
 *
 * Secrets are read from their files at every request, so that a rotated token needs no reload; they are wiped
 * when the request is over. Proxies come from the configuration only, never from the environment. libcurl does not pass
 * authentication on to another host when it is redirected.
 */
#include "fetch_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/quantity.h"
#include "mlwatch/xalloc.h"

#if LIBCURL_VERSION_NUM >= 0x075700
#define SET_QUICK_EXIT(easy) curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L)
#else
#define SET_QUICK_EXIT(easy) ((void)0)
#endif

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;

	if (size * n > f->limit - f->body.len) {
		f->too_large = true;
		return 0;
	}
	buf_add(&f->body, p, size * n);
	return size * n;
}

static void
add_header(struct fetch *f, const char *line)
{
	f->headers = curl_slist_append(f->headers, line);
}

/* The secret itself, or that of its file. NULL and e when it cannot be read; "" when there is none. */
static char *
secret_of(const char *inline_secret, const char *file, struct err *e)
{
	char *secret;
	bool others;

	if (file == NULL)
		return xstrdup(inline_secret != NULL ? inline_secret : "");
	return secret_read(file, &secret, &others, e) < 0 ? NULL : secret;
}

static int
set_basic(struct fetch *f, const struct http_auth *a, struct err *e)
{
	char *password = secret_of(a->password, a->password_file, e);

	if (password == NULL)
		return -1;
	curl_easy_setopt(f->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	curl_easy_setopt(f->easy, CURLOPT_USERNAME, a->username != NULL ? a->username : "");
	curl_easy_setopt(f->easy, CURLOPT_PASSWORD, password);
	secret_free(password);
	return 0;
}

static int
set_authorization(struct fetch *f, const struct http_auth *a, struct err *e)
{
	char *secret = secret_of(a->credentials, a->credentials_file, e);
	struct buf line = BUF_INIT;

	if (secret == NULL)
		return -1;
	buf_addf(&line, "Authorization: %s %s", a->authorization_type != NULL ? a->authorization_type : "Bearer",
		 secret);
	add_header(f, buf_str(&line));
	explicit_bzero(line.p, line.len);
	buf_release(&line);
	secret_free(secret);
	return 0;
}

/* The certificate is to be for another name than the URL's host: asks for that name, connects to the host. */
static int
set_server_name(struct fetch *f, const char *url, const char *name, struct err *e)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL, *changed = NULL;
	struct buf to = BUF_INIT, header = BUF_INIT;
	int rc = -1;

	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_HOST, name, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_URL, &changed, 0) == CURLUE_OK) {
		buf_addf(&to, "%s:%s:%s:%s", name, port, host, port);
		buf_addf(&header, "Host: %s:%s", host, port);
		f->connect_to = curl_slist_append(NULL, buf_str(&to));
		curl_easy_setopt(f->easy, CURLOPT_CONNECT_TO, f->connect_to);
		curl_easy_setopt(f->easy, CURLOPT_URL, changed);
		add_header(f, buf_str(&header));
		rc = 0;
	} else {
		err_set(e, ERR_FILE, "not a URL: '%s'", url);
	}
	curl_free(host);
	curl_free(port);
	curl_free(changed);
	curl_url_cleanup(u);
	buf_release(&to);
	buf_release(&header);
	return rc;
}

static int
set_tls(struct fetch *f, const struct fetch_spec *spec, struct err *e)
{
	const struct http_auth *a = spec->auth;

	if (a->ca_file != NULL)
		curl_easy_setopt(f->easy, CURLOPT_CAINFO, a->ca_file);
	if (a->cert_file != NULL)
		curl_easy_setopt(f->easy, CURLOPT_SSLCERT, a->cert_file);
	if (a->key_file != NULL)
		curl_easy_setopt(f->easy, CURLOPT_SSLKEY, a->key_file);
	if (a->insecure_skip_verify) {
		curl_easy_setopt(f->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(f->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (a->server_name != NULL && a->server_name[0] != '\0' && strncasecmp(spec->url, "https:", 6) == 0)
		return set_server_name(f, spec->url, a->server_name, e);
	return 0;
}

static int
set_auth(struct fetch *f, const struct fetch_spec *spec, struct err *e)
{
	const struct http_auth *a = spec->auth;

	curl_easy_setopt(f->easy, CURLOPT_FOLLOWLOCATION, a != NULL && a->no_follow_redirects ? 0L : 1L);
	curl_easy_setopt(f->easy, CURLOPT_PROXY, a != NULL && a->proxy_url != NULL ? a->proxy_url : "");
	if (a == NULL)
		return 0;
	if ((a->username != NULL || a->password != NULL || a->password_file != NULL) && set_basic(f, a, e) < 0)
		return -1;
	if ((a->credentials != NULL || a->credentials_file != NULL) && set_authorization(f, a, e) < 0)
		return -1;
	return set_tls(f, spec, e);
}

static void
set_method(struct fetch *f, const struct fetch_spec *spec)
{
	if (spec->body != NULL) {
		curl_easy_setopt(f->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)spec->body_len);
		curl_easy_setopt(f->easy, CURLOPT_COPYPOSTFIELDS, spec->body);
		add_header(f, "Expect:"); /* no extra round trip */
	}
	if (spec->method == NULL)
		return;
	if (strcmp(spec->method, "HEAD") == 0)
		curl_easy_setopt(f->easy, CURLOPT_NOBODY, 1L);
	else if (strcmp(spec->method, spec->body != NULL ? "POST" : "GET") != 0)
		curl_easy_setopt(f->easy, CURLOPT_CUSTOMREQUEST, spec->method);
}

static void
set_headers(struct fetch *f, const struct fetch_spec *spec)
{
	struct buf line = BUF_INIT;

	if (spec->accept != NULL) {
		buf_addf(&line, "Accept: %s", spec->accept);
		add_header(f, buf_str(&line));
	}
	for (size_t i = 0; i < spec->n_headers; i++)
		add_header(f, spec->headers[i]);
	buf_release(&line);
	if (f->headers != NULL)
		curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
}

int
fetch_prepare(struct fetch *f, const struct fetch_spec *spec, struct err *e)
{
	f->easy = curl_easy_init();
	f->timeout_ms = spec->timeout_ms;
	f->limit = spec->body_limit != 0 ? spec->body_limit : FETCH_BODY_LIMIT;
	if (f->easy == NULL)
		return err_set(e, ERR_WORLD, "out of memory");
	curl_easy_setopt(f->easy, CURLOPT_URL, spec->url);
	curl_easy_setopt(f->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(f->easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(f->easy, CURLOPT_MAXREDIRS, 10L);
	curl_easy_setopt(f->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(f->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(f->easy, CURLOPT_USERAGENT, "mlwatch/" MLWATCH_VERSION);
	if (spec->timeout_ms > 0) {
		curl_easy_setopt(f->easy, CURLOPT_TIMEOUT_MS, (long)spec->timeout_ms);
		curl_easy_setopt(f->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)spec->timeout_ms);
	}
	curl_easy_setopt(f->easy, CURLOPT_ERRORBUFFER, f->text);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	SET_QUICK_EXIT(f->easy); /* a name server that does not answer must not hold the loop */
	set_method(f, spec);
	if (set_auth(f, spec, e) < 0)
		return -1;
	set_headers(f, spec);
	return 0;
}

static const char *
words_of_connect(struct fetch *f)
{
	long number = 0;
	char *url = NULL;

	curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &number);
	curl_easy_getinfo(f->easy, CURLINFO_EFFECTIVE_URL, &url);
	if (number == ECONNREFUSED)
		return "connection refused";
	if (number == ENETUNREACH || number == EHOSTUNREACH)
		return "no route to the host";
	return f->text[0] != '\0' ? f->text : "cannot connect";
}

static const char *
words_of_timeout(struct fetch *f)
{
	char limit[32];

	quantity_text(limit, (struct quantity){(double)f->timeout_ms / 1000, UNIT_SECONDS, NULL});
	snprintf(f->text, sizeof f->text, "no answer within %s", limit);
	return f->text;
}

static const char *
words_of_size(struct fetch *f)
{
	char limit[16];

	size_human(limit, (int64_t)f->limit);
	snprintf(f->text, sizeof f->text, "body is over the limit of %s", limit);
	return f->text;
}

const char *
fetch_words(struct fetch *f, CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *words;
	} table[] = {
	    {CURLE_GOT_NOTHING, "the connection was closed without an answer"},
	    {CURLE_PARTIAL_FILE, "the answer ended too early"},
	    {CURLE_RECV_ERROR, "the connection was lost"},
	    {CURLE_SEND_ERROR, "the connection was lost"},
	    {CURLE_TOO_MANY_REDIRECTS, "too many redirects"},
	    {CURLE_UNSUPPORTED_PROTOCOL, "not an http or https URL"},
	    {CURLE_URL_MALFORMAT, "not a URL"},
	    {CURLE_BAD_CONTENT_ENCODING, "the body's compression is broken"},
	};

	if (code == CURLE_OK)
		return NULL;
	if (f->too_large)
		return words_of_size(f);
	if (code == CURLE_COULDNT_CONNECT)
		return words_of_connect(f);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return words_of_timeout(f);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].code == code)
			return table[i].words;
	return f->text[0] != '\0' ? f->text : curl_easy_strerror(code);
}

static void
free_wiped(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l != NULL; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

void
fetch_release(struct fetch *f)
{
	if (f->easy != NULL)
		curl_easy_cleanup(f->easy);
	free_wiped(f->headers);
	curl_slist_free_all(f->connect_to);
	buf_release(&f->body);
	free(f->failed);
	free(f);
}
