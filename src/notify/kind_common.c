/*
 * kind_common.c -- what the receiver kinds share: messages as JSON, requests, and what an HTTP answer means.
 */
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "message.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/scrape.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

#define TIMEOUT_MS (15 * MS_SECOND)
#define ANSWER_MAX 65536

void
request_header(struct request *r, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (r->n_headers < sizeof r->headers / sizeof *r->headers)
		r->headers[r->n_headers++] = buf_steal(&b);
	else
		buf_release(&b);
}

void
request_start(struct request *r, struct fetcher *f, fetch_fn *fn, void *arg)
{
	const struct fetch_spec spec = {
	    .url = r->url,
	    .auth = r->auth,
	    .timeout_ms = r->timeout_ms > 0 ? r->timeout_ms : TIMEOUT_MS,
	    .body_limit = ANSWER_MAX,
	    .method = "POST",
	    .body = buf_str(&r->body),
	    .body_len = r->body.len,
	    .headers = (const char *const *)r->headers,
	    .n_headers = r->n_headers,
	};
	void *easy = r->easy;

	r->easy = NULL;
	if (easy != NULL)
		fetcher_run(f, easy, fn, arg);
	else
		fetcher_get(f, &spec, fn, arg);
}

void
request_release(struct request *r)
{
	secret_wipe(&r->body);
	for (size_t i = 0; i < r->n_headers; i++)
		secret_free(r->headers[i]);
	secret_free(r->url);
	secret_free(r->secret);
	curl_easy_cleanup(r->easy);
	if (r->extra_close != NULL)
		r->extra_close(r->extra);
	*r = (struct request){0};
}

enum verdict
verdict_http(const struct fetch_result *r, char *why, size_t n)
{
	why[0] = '\0';
	if (r->status >= 200 && r->status < 300)
		return VERDICT_SENT; /* even when the rest of the answer got lost: it was taken */
	if (r->status == 0) {
		snprintf(why, n, "%s", r->error != NULL ? r->error : "no answer");
		return VERDICT_RETRY;
	}
	int len = r->body != NULL ? (int)(r->n < 160 ? r->n : 160) : 0;
	while (len > 0 && (r->body[len - 1] == '\n' || r->body[len - 1] == ' '))
		len--;
	snprintf(why, n, "HTTP status %d%s%.*s", r->status, len > 0 ? ": " : "", len, len > 0 ? r->body : "");
	for (char *p = why; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	if (r->status == 429 || (r->status == 503 && r->retry_after_ms >= 0))
		return VERDICT_LIMITED;
	if (r->status >= 500 || r->status == 408 || r->status == 425)
		return VERDICT_RETRY;
	return VERDICT_GIVE_UP;
}

static void
hide_sent(char *text, size_t n, const struct request *sent, const struct fetch_result *r)
{
	secret_hide_url(text, n, sent->url);
	secret_hide(text, n, sent->secret);
	fetch_hide(r, text, n);
}

/* Servers, and proxies before them, answer with what they were sent: "no such token ...", "/services/... was not found". */
enum verdict
kind_judge(const struct integration *in, const struct request *sent, const struct fetch_result *r, char *why, size_t n)
{
	struct fetch_result shown = *r;
	char *body = r->body != NULL ? xstrndup(r->body, r->n) : NULL;

	if (body != NULL) {
		shown.body = body;
		shown.n = strlen(body);
		hide_sent(body, shown.n, sent, r);
	}
	enum verdict v = in->kind->judge != NULL ? in->kind->judge(in, &shown, why, n) : verdict_http(&shown, why, n);
	hide_sent(why, strlen(why), sent, r);
	free(body);
	return v;
}

/* ---- messages as JSON ---- */

bool
kind_refuse(struct loader *l, const struct yaml_node *v, const char *text)
{
	yaml_error(&l->f, v, "receiver", "%s", text);
	return false;
}

int
kind_put(json_t *o, const struct message *m, const char *key, const char *text, bool optional, size_t max,
	 struct err *e)
{
	const char *s = text != NULL ? message_text(m, text, e) : "";

	if (s == NULL)
		return -1;
	if (s[0] != '\0' || !optional)
		json_object_set_new(o, key, json_text(max != 0 ? message_shorten(m->mem, s, max) : s));
	return 0;
}

int
kind_put_all(json_t *o, const struct message *m, const void *conf, const struct kind_text *t, size_t n, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = kind_put(o, m, t[i].key, *(char *const *)((const char *)conf + t[i].at), t[i].optional, t[i].max,
			      e);
	return rc;
}

void
kind_put_list(json_t *o, const char *key, json_t *list)
{
	if (json_array_size(list) > 0)
		json_object_set(o, key, list);
	json_decref(list);
}

int
kind_payload(json_t *doc, int rc, struct buf *payload, struct err *e)
{
	char *text = rc == 0 ? json_dumps(doc, JSON_COMPACT) : NULL;

	if (text != NULL)
		buf_addstr(payload, text);
	else if (rc == 0)
		rc = err_set(e, ERR_BUG, "cannot write the message as JSON");
	free(text);
	json_decref(doc);
	return rc;
}
