/*
 * scrape.h -- fetching metrics and health over HTTP: libcurl multi on the caller's libuv loop. Hands out a body and how it
 * went; does not know what the bytes mean. Bodies are capped; a slow endpoint delays only itself.
 */
#ifndef MLWATCH_SCRAPE_H
#define MLWATCH_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/http_auth.h"

struct uv_loop_s;
struct err;
struct fetch;

#define FETCH_BODY_LIMIT ((size_t)64 << 20) /* when no other is given */

struct fetch_spec {
	char *url;                    /* complete, with parameters */
	const char *accept;           /* Accept header, may be NULL */
	const struct http_auth *auth; /* may be NULL */
	int64_t timeout_ms;
	size_t body_limit;  /* 0: FETCH_BODY_LIMIT */
	const char *method; /* NULL: GET, or POST when there is a body */
	const char *body;
	size_t body_len; /* what is sent; copied */
	const char *const *headers;
	size_t n_headers; /* "Name: value"; copied */
};

struct fetch_result {
	int status;        /* HTTP status; 0: never got one */
	const char *error; /* NULL when the body came whole; wording for people: "connection refused" */
	const char *body;
	size_t n; /* borrowed until the callback returns; uncompressed */
	const char *content_type;
	int64_t retry_after_ms; /* of the header Retry-After (seconds or a date); -1: none */
	double seconds;
	const struct fetch *sent; /* for fetch_hide; may be NULL */
};
/* Servers repeat what they were sent: each character of a secret of the request in a text becomes an asterisk. */
void fetch_hide(const struct fetch_result *r, char *text, size_t n);
typedef void fetch_fn(void *arg, const struct fetch_result *r);

struct fetcher;
struct fetcher *fetcher_open(struct uv_loop_s *loop, struct err *e);
/* Starts one request; fn is called once on the loop. fetch_spec is copied. Secrets are read at each request, in a worker; a token of
 * OAuth2 is asked for when there is none, and kept for as long as it is good. */
void fetcher_get(struct fetcher *f, const struct fetch_spec *spec, fetch_fn *fn, void *arg);
/* For other protocols (SMTP): drives a prepared CURL easy handle to its end on the same loop. Takes easy; the result has status
 * (the protocol's last response code), error, seconds. CURLOPT_PRIVATE is the fetcher's. */
void fetcher_run(struct fetcher *f, void *easy, fetch_fn *fn, void *arg);
/* The TLS settings of auth for a handle of fetcher_run; reads a key from the environment. Any thread. */
int fetch_tls(void *easy, const struct http_auth *auth, struct err *e);
size_t fetcher_active(const struct fetcher *f);
/* Cancels what is under way (callbacks are called with error "cancelled") and calls done when nothing is left. */
void fetcher_close(struct fetcher *f, void (*done)(void *arg), void *arg);

#endif
