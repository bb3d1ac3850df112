/*
 * fetch_token.c -- OAuth2 tokens for client credentials (RFC 6749, 4.4), as Go's clientcredentials gets them.
 *
 * Requests with the same settings share a token. The first asks for it and all wait; later ones use what is there. When four fifths of
 * its life are over, a request that uses it has the next one fetched behind its back, so that none waits for it. A token that a server
 * answers with 401 is forgotten, and the request made once more with another.
 *
 * How the client says who it is (Basic authentication, or in the body) differs between servers: the first is tried, then the second.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_private.h"
#include "mlwatch/clock.h"
#include "mlwatch/labels.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

#define ASK_TIMEOUT_MS (15 * MS_SECOND)
#define ANSWER_MAX     65536
#define EARLY_MS       (10 * MS_SECOND) /* not used so shortly before its end */
#define FOREVER_MS     (365 * MS_DAY)

struct token {
	struct fetcher *owner;
	struct token *next;
	struct http_auth auth;        /* of the request that asked first; only oauth2 is looked at */
	char *header;                 /* NULL: none */
	int64_t good_until, renew_at; /* monotonic */
	struct fetch *waiting;        /* a list by next */
	bool asking, in_body, style_known;
	uv_work_t work;
	char *secret; /* while it is asked for */
	struct err err;
};

/* ---- which token ---- */

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool
same_settings(const struct oauth2 *a, const struct oauth2 *b)
{
	bool same = same_text(a->client_id, b->client_id) && same_text(a->client_secret, b->client_secret) &&
		    same_text(a->client_secret_file, b->client_secret_file) && same_text(a->token_url, b->token_url) &&
		    a->n_scopes == b->n_scopes && a->n_params == b->n_params;

	for (size_t i = 0; same && i < a->n_scopes; i++)
		same = strcmp(a->scopes[i], b->scopes[i]) == 0;
	for (size_t i = 0; same && i < a->n_params; i++)
		same = strcmp(a->params[i].name, b->params[i].name) == 0 &&
		       strcmp(a->params[i].value, b->params[i].value) == 0;
	return same;
}

static struct token *
token_of(struct fetcher *f, const struct http_auth *auth)
{
	for (struct token *t = f->tokens; t != NULL; t = t->next)
		if (same_settings(t->auth.oauth2, auth->oauth2))
			return t;
	struct token *t = xcalloc(1, sizeof *t);
	t->owner = f;
	http_auth_copy(&t->auth, auth);
	t->next = f->tokens;
	f->tokens = t;
	return t;
}

/* ---- asking for it ---- */

static void
add_form(struct buf *body, CURL *escape, const char *key, const char *value)
{
	char *k = curl_easy_escape(escape, key, 0), *v = curl_easy_escape(escape, value, 0);

	buf_addf(body, "%s%s=%s", body->len > 0 ? "&" : "", k, v);
	curl_free(k);
	curl_free(v);
}

static void
make_body(struct buf *body, const struct token *t, CURL *escape)
{
	const struct oauth2 *o = t->auth.oauth2;
	struct buf scopes = BUF_INIT;

	buf_reserve(body, 4096 + 3 * strlen(t->secret)); /* does not move: no copy of the secret stays behind */
	add_form(body, escape, "grant_type", "client_credentials");
	for (size_t i = 0; i < o->n_scopes; i++)
		buf_addf(&scopes, "%s%s", i > 0 ? " " : "", o->scopes[i]);
	if (o->n_scopes > 0)
		add_form(body, escape, "scope", buf_str(&scopes));
	for (size_t i = 0; i < o->n_params; i++)
		add_form(body, escape, o->params[i].name, o->params[i].value);
	if (t->in_body) {
		add_form(body, escape, "client_id", o->client_id);
		add_form(body, escape, "client_secret", t->secret);
	}
	buf_release(&scopes);
}

static void on_answer(void *arg, const struct fetch_result *r);

static void
ask(struct token *t)
{
	static const char *const form[] = {"Content-Type: application/x-www-form-urlencoded"};
	const struct oauth2 *o = t->auth.oauth2;
	CURL *escape = curl_easy_init();
	struct http_auth auth;
	struct buf body = BUF_INIT;

	http_auth_copy(&auth, &o->via);
	if (!t->in_body) {
		char *id = curl_easy_escape(escape, o->client_id, 0), *secret = curl_easy_escape(escape, t->secret, 0);
		auth.username = xstrdup(id);
		auth.password = xstrdup(secret);
		curl_free(id);
		curl_free(secret);
	}
	make_body(&body, t, escape);
	const struct fetch_spec spec = {.url = o->token_url,
					.accept = "application/json",
					.auth = &auth,
					.timeout_ms = ASK_TIMEOUT_MS,
					.body_limit = ANSWER_MAX,
					.body = buf_str(&body),
					.body_len = body.len,
					.headers = form,
					.n_headers = 1};
	fetcher_get(t->owner, &spec, on_answer, t);
	secret_wipe(&body);
	http_auth_release(&auth);
	curl_easy_cleanup(escape);
}

static void
read_secret(uv_work_t *w)
{
	struct token *t = w->data;
	const struct oauth2 *o = t->auth.oauth2;

	t->secret = secret_of(o->client_secret, o->client_secret_file, &t->err);
}

/* ---- what came of it ---- */

static void
asked(struct token *t)
{
	secret_free(t->secret);
	t->secret = NULL;
	t->asking = false;
}

static void
send_with(struct token *t, struct fetch *request)
{
	secret_free(request->bearer.data);
	request->bearer.data = xstrdup(t->header);
	fetcher_start(t->owner, request);
}

static struct fetch *
next_waiting(struct token *t)
{
	struct fetch *request = t->waiting;

	if (request != NULL)
		t->waiting = request->next;
	return request;
}

static void
give_up(struct token *t, const char *why)
{
	struct fetch *request;

	asked(t);
	while ((request = next_waiting(t)) != NULL)
		fetcher_fail(t->owner, request, why);
}

static void
secret_there(uv_work_t *w, int status)
{
	struct token *t = w->data;
	struct fetcher *f = t->owner;

	(void)status;
	if (f->closing)
		give_up(t, "cancelled");
	else if (t->secret == NULL)
		give_up(t, t->err.text);
	else
		ask(t);
	fetcher_closed(f);
}

static void
token_ask(struct token *t)
{
	if (t->asking)
		return;
	t->asking = true;
	err_clear(&t->err);
	t->work.data = t;
	fetcher_opened(t->owner);
	uv_queue_work(t->owner->loop, &t->work, read_secret, secret_there);
}

static const char *
type_of(const json_t *doc)
{
	const char *type = json_string_value(json_object_get(doc, "token_type"));

	return type == NULL || strcasecmp(type, "bearer") == 0 ? "Bearer" : type;
}

static bool
take_token(struct token *t, const struct fetch_result *r)
{
	json_t *doc = json_loadb(r->body, r->n, 0, NULL);
	const char *text = json_string_value(json_object_get(doc, "access_token"));
	const json_t *expires = json_object_get(doc, "expires_in");
	double seconds = json_is_string(expires) ? atof(json_string_value(expires)) : json_number_value(expires);
	struct buf line = BUF_INIT;

	if (text == NULL || text[0] == '\0') {
		json_decref(doc);
		return false;
	}
	buf_reserve(&line, strlen(text) + 128);
	buf_addf(&line, "Authorization: %s %s", type_of(doc), text);
	secret_free(t->header);
	t->header = buf_steal(&line);
	int64_t now = clock_monotonic(), life = seconds > 0 && seconds < 1e9 ? (int64_t)(seconds * 1000) : FOREVER_MS;
	t->good_until = now + life - EARLY_MS;
	t->renew_at = now + life / 5 * 4;
	explicit_bzero((char *)(uintptr_t)text, strlen(text));
	json_decref(doc);
	return true;
}

/* The server's own words, when it has any: its "error" and "error_description". */
static void
complaint(struct buf *out, const struct token *t, const struct fetch_result *r)
{
	json_t *doc = r->status != 0 ? json_loadb(r->body, r->n, 0, NULL) : NULL;
	const char *error = json_string_value(json_object_get(doc, "error"));
	const char *more = json_string_value(json_object_get(doc, "error_description"));

	buf_addf(out, "cannot get a token from '%s': ", t->auth.oauth2->token_url);
	if (r->status == 0)
		buf_addstr(out, r->error != NULL ? r->error : "no answer");
	else if (r->status / 100 == 2)
		buf_addstr(out, "there is none in the answer");
	else
		buf_addf(out, "HTTP status %d%s%s%s%s", r->status, error != NULL ? ": " : "",
			 error != NULL ? error : "", more != NULL ? ": " : "", more != NULL ? more : "");
	json_decref(doc);
}

static void
on_answer(void *arg, const struct fetch_result *r)
{
	struct token *t = arg;
	struct buf why = BUF_INIT;
	struct fetch *request;

	if (r->status / 100 == 2 && take_token(t, r)) {
		t->style_known = true;
		asked(t);
		while ((request = next_waiting(t)) != NULL)
			send_with(t, request);
		return;
	}
	if (r->status / 100 == 4 && !t->style_known && !t->in_body) {
		t->in_body = true;
		ask(t);
		return;
	}
	if (!t->style_known)
		t->in_body = false;
	complaint(&why, t, r);
	secret_hide(why.p, why.len, t->secret);
	fetch_hide(r, why.p, why.len);
	give_up(t, buf_str(&why));
	buf_release(&why);
}

void
token_get(struct fetcher *f, struct fetch *request)
{
	struct token *t = token_of(f, &request->auth);
	int64_t now = clock_monotonic();
	bool good = t->header != NULL && now < t->good_until;

	request->token = t;
	if (good) {
		send_with(t, request);
	} else {
		request->next = t->waiting;
		t->waiting = request;
	}
	if (!good || now >= t->renew_at)
		token_ask(t);
}

bool
token_refused(struct fetch *request)
{
	struct token *t = request->token;
	long status = 0;

	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t == NULL || status != 401 || request->again)
		return false;
	request->again = true;
	buf_reset(&request->body);
	if (t->header != NULL && strcmp(t->header, request->bearer.data) == 0) {
		secret_free(t->header);
		t->header = NULL;
	}
	token_get(request->owner, request);
	return true;
}

void
tokens_close(struct fetcher *f)
{
	for (struct token *t = f->tokens; t != NULL; t = t->next) {
		struct fetch *request;
		while ((request = next_waiting(t)) != NULL)
			fetcher_fail(f, request, "cancelled");
	}
}

void
tokens_free(struct fetcher *f)
{
	while (f->tokens != NULL) {
		struct token *t = f->tokens;
		f->tokens = t->next;
		secret_free(t->header);
		http_auth_release(&t->auth);
		free(t);
	}
}
