/*
 * fetch_request.c -- a fetch_spec as a libcurl handle: method, headers, authentication, TLS, limits.
 *
 * Secrets are read at every request, so that a rotated token needs no reload; they are wiped when the request is over. A proxy
 * comes from the environment only when the configuration says so. libcurl does not pass authentication on to another host when it is
 * redirected.
 */
#include "fetch_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/quantity.h"
#include "mlwatch/secret.h"
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

static void
add_authorization(struct fetch *f, const char *type, const char *secret)
{
	struct buf line = BUF_INIT;

	buf_reserve(&line, strlen(type) + strlen(secret) + 32); /* does not move: no copy stays behind */
	buf_addf(&line, "Authorization: %s %s", type, secret);
	add_header(f, buf_str(&line));
	f->secrets = curl_slist_append(f->secrets, secret);
	secret_wipe(&line);
}

static int
add_header_of(struct fetch *f, struct curl_slist **list, const struct http_header *h, struct err *e)
{
	char *value = secret_of(h->text, h->file, e);
	struct buf line = BUF_INIT;

	if (value == NULL)
		return -1;
	buf_reserve(&line, strlen(h->name) + strlen(value) + 8);
	/* an empty one, as libcurl wants it */
	buf_addf(&line, value[0] != '\0' ? "%s: %s" : "%s;", h->name, value);
	*list = curl_slist_append(*list, buf_str(&line));
	if (h->secret)
		f->secrets = curl_slist_append(f->secrets, value);
	secret_wipe(&line);
	secret_free(value);
	return 0;
}

/* As a header of ours: libcurl would keep the password for as long as the connection is open. */
static int
set_basic(struct fetch *f, const struct http_auth *a, struct err *e)
{
	char *user = secret_of(a->username, a->username_file, e);
	char *password = user != NULL ? secret_of(a->password, a->password_file, e) : NULL;
	struct buf both = BUF_INIT, coded = BUF_INIT;

	if (password != NULL) {
		buf_reserve(&both, strlen(user) + strlen(password) + 2);
		buf_addf(&both, "%s:%s", user, password);
		buf_base64(&coded, both.p, both.len);
		add_authorization(f, "Basic", buf_str(&coded));
	}
	secret_wipe(&both);
	secret_wipe(&coded);
	secret_free(user);
	secret_free(password);
	return password != NULL ? 0 : -1;
}

static int
set_authorization(struct fetch *f, const struct http_auth *a, struct err *e)
{
	char *secret = secret_of(a->credentials, a->credentials_file, e);

	if (secret == NULL)
		return -1;
	add_authorization(f, a->authorization_type != NULL ? a->authorization_type : "Bearer", secret);
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

static long
tls_versions(const struct http_auth *a)
{
	static const long least[] = {CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_TLSv1_2,
				     CURL_SSLVERSION_TLSv1_3},
			  most[] = {CURL_SSLVERSION_MAX_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_1,
				    CURL_SSLVERSION_MAX_TLSv1_2, CURL_SSLVERSION_MAX_TLSv1_3};

	return (a->tls_min >= 10 ? least[a->tls_min - 10] : CURL_SSLVERSION_DEFAULT) |
	       (a->tls_max >= 10 ? most[a->tls_max - 10] : 0);
}

static int
set_key(CURL *easy, const char *name, struct err *e)
{
	char *pem;

	if (secret_variable(name) == NULL) {
		curl_easy_setopt(easy, CURLOPT_SSLKEY, name);
		return 0;
	}
	if (secret_read(name, &pem, e) < 0)
		return -1;
	struct curl_blob blob = {pem, strlen(pem), CURL_BLOB_COPY};
	curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &blob);
	secret_free(pem);
	return 0;
}

int
fetch_tls(void *easy, const struct http_auth *a, struct err *e)
{
	if (a->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, a->ca_file);
	if (a->cert_file != NULL)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, a->cert_file);
	if (a->tls_min != 0 || a->tls_max != 0)
		curl_easy_setopt(easy, CURLOPT_SSLVERSION, tls_versions(a));
	if (a->insecure_skip_verify) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	return a->key_file != NULL ? set_key(easy, a->key_file, e) : 0;
}

static void
set_proxy(struct fetch *f, const struct http_auth *a)
{
	if (a->proxy_from_environment)
		return;
	curl_easy_setopt(f->easy, CURLOPT_PROXY, a->proxy_url != NULL ? a->proxy_url : "");
	if (a->no_proxy != NULL)
		curl_easy_setopt(f->easy, CURLOPT_NOPROXY, a->no_proxy);
}

static int
set_auth(struct fetch *f, const struct fetch_spec *spec, struct err *e)
{
	static const struct http_auth none;
	const struct http_auth *a = spec->auth != NULL ? spec->auth : &none;
	const char *name = a->server_name;

	curl_easy_setopt(f->easy, CURLOPT_FOLLOWLOCATION, a->no_follow_redirects ? 0L : 1L);
	set_proxy(f, a);
	if (spec->auth != NULL) {
		http_auth_copy(&f->auth, spec->auth);
		f->has_auth = true;
	}
	if (name != NULL && name[0] != '\0' && strncasecmp(spec->url, "https:", 6) == 0)
		return set_server_name(f, spec->url, name, e);
	return 0;
}

bool
fetch_needs_files(const struct fetch *f)
{
	const struct http_auth *a = &f->auth;
	bool header = false;

	for (size_t i = 0; i < a->headers.n; i++)
		header = header || a->headers.list[i].file != NULL;
	return f->has_auth &&
	       (header || a->username_file != NULL || a->password_file != NULL || a->credentials_file != NULL);
}

/* Those of the proxy are for its CONNECT: to a server without TLS it would pass them on. */
static int
set_configured_headers(struct fetch *f, const struct http_auth *a, struct err *e)
{
	char *url = NULL;

	curl_easy_getinfo(f->easy, CURLINFO_EFFECTIVE_URL, &url);
	for (size_t i = 0; i < a->headers.n; i++)
		if (add_header_of(f, &f->headers, &a->headers.list[i], e) < 0)
			return -1;
	if (a->connect_headers.n == 0 || url == NULL || strncasecmp(url, "https:", 6) != 0)
		return 0;
	for (size_t i = 0; i < a->connect_headers.n; i++)
		if (add_header_of(f, &f->proxy_headers, &a->connect_headers.list[i], e) < 0)
			return -1;
	curl_easy_setopt(f->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	curl_easy_setopt(f->easy, CURLOPT_PROXYHEADER, f->proxy_headers);
	return 0;
}

int
fetch_secrets(struct fetch *f, struct err *e)
{
	const struct http_auth *a = &f->auth;
	bool basic = a->username != NULL || a->username_file != NULL || a->password != NULL || a->password_file != NULL;

	if (!f->has_auth)
		return 0;
	if (basic && set_basic(f, a, e) < 0)
		return -1;
	if ((a->credentials != NULL || a->credentials_file != NULL) && set_authorization(f, a, e) < 0)
		return -1;
	if (set_configured_headers(f, a, e) < 0)
		return -1;
	return fetch_tls(f->easy, a, e);
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
	set_headers(f, spec);
	return set_auth(f, spec, e);
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
	if (code == CURLE_SSL_CONNECT_ERROR && strstr(f->text, "wrong version number") != NULL)
		return "what answers there does not speak TLS";
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].code == code)
			return table[i].words;
	return f->text[0] != '\0' ? f->text : curl_easy_strerror(code);
}

void
fetch_hide(const struct fetch_result *r, char *text, size_t n)
{
	static const char bearer[] = "Authorization: Bearer ";
	const struct fetch *f = r->sent;

	if (f == NULL)
		return;
	for (const struct curl_slist *s = f->secrets; s != NULL; s = s->next)
		secret_hide(text, n, s->data);
	if (f->bearer.data != NULL)
		secret_hide(text, n, f->bearer.data + sizeof bearer - 1);
}

void
fetch_release(struct fetch *f)
{
	if (f->easy != NULL)
		curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers); /* libcurl wipes what it frees, fetcher.c */
	curl_slist_free_all(f->connect_to);
	curl_slist_free_all(f->proxy_headers);
	curl_slist_free_all(f->secrets);
	secret_free(f->bearer.data);
	http_auth_release(&f->auth);
	buf_release(&f->body);
	free(f->failed);
	free(f);
}
