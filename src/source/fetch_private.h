/*
 * fetch_private.h -- one request, between fetcher.c (the loop), fetch_request.c (what is asked for) and fetch_token.c (OAuth2).
 *
 * A request's life: prepared (no file is touched), its secrets read (in a worker when they are in files), a token waited for when it
 * needs one, under way, answered. Until it is under way it is in no list of libcurl's.
 */
#ifndef FETCH_PRIVATE_H
#define FETCH_PRIVATE_H

#include <curl/curl.h>
#include <uv.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/scrape.h"

struct token;

struct fetcher {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t timer; /* when libcurl wants to be woken */
	uv_timer_t later; /* answers requests that could not be started */
	struct fetch *active;
	struct fetch *unstarted;
	struct token *tokens;
	size_t n_active;
	size_t n_open; /* handles, and jobs in workers */
	bool closing;
	void (*done)(void *arg);
	void *done_arg;
};

struct fetch {
	struct fetcher *owner;
	struct fetch *next, *prev;
	CURL *easy;
	struct curl_slist *headers, *connect_to, *proxy_headers;
	struct curl_slist *secrets; /* what is secret in them */
	struct curl_slist bearer;   /* the token's header, before the others; data owned */
	struct http_auth auth;      /* a copy */
	bool has_auth;
	struct token *token; /* NULL: needs none */
	bool again;          /* the second time: the first token was refused */
	uv_work_t work;      /* reads its secrets */
	struct err err;
	fetch_fn *fn;
	void *arg;
	int64_t timeout_ms;
	size_t limit;
	bool too_large;
	struct buf body;
	char *failed; /* owned; why it could not even be started */
	char text[CURL_ERROR_SIZE];
};

/* Fills f->easy and what hangs on it, but for secrets. -1: the URL is none. */
int fetch_prepare(struct fetch *f, const struct fetch_spec *spec, struct err *e);
bool fetch_needs_files(const struct fetch *f); /* for its secrets */
/* Puts the secrets in. Any thread. */
int fetch_secrets(struct fetch *f, struct err *e);
/* What went wrong, in words for people; NULL when nothing did. May use f->text. */
const char *fetch_words(struct fetch *f, CURLcode code);
void fetch_release(struct fetch *f);

/* fetcher.c */
void fetcher_start(struct fetcher *f, struct fetch *request);
void fetcher_fail(struct fetcher *f, struct fetch *request, const char *why); /* answers it from the loop */
void fetcher_opened(struct fetcher *f);                                       /* one more handle or job, */
void fetcher_closed(struct fetcher *f);                                       /* one less */

/* fetch_token.c */
void token_get(struct fetcher *f, struct fetch *request); /* then it is started, or fails */
/* The server did not like its token: true when it gets another one. */
bool token_refused(struct fetch *request);
void tokens_close(struct fetcher *f); /* those who wait are told "cancelled" */
void tokens_free(struct fetcher *f);

#endif
