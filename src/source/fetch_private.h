/* fetch_private.h -- one request, between fetcher.c (the loop) and fetch_request.c (what is asked for). */
#ifndef FETCH_PRIVATE_H
#define FETCH_PRIVATE_H

#include <curl/curl.h>

#include "mlwatch/buf.h"
#include "mlwatch/scrape.h"

struct err;

struct fetch {
	struct fetcher *owner;
	struct fetch *next, *prev;
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	fetch_fn *fn;
	void *arg;
	int64_t timeout_ms;
	size_t limit;
	bool too_large;
	struct buf body;
	char *failed; /* owned; why it could not even be started */
	char text[CURL_ERROR_SIZE];
};

/* Fills f->easy and what hangs on it. -1 when a file cannot be read or the URL is none. */
int fetch_prepare(struct fetch *f, const struct fetch_spec *spec, struct err *e);
/* What went wrong, in words for people; NULL when nothing did. May use f->text. */
const char *fetch_words(struct fetch *f, CURLcode code);
void fetch_release(struct fetch *f);

#endif
