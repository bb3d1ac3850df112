/*
 * kinds.h -- the receiver kinds: one file each, behind one table. Private to notify.
 *
 * render() makes the text that is kept in the outbox; no secret is in it. request() turns a kept text into what goes over the
 * wire, reading secrets at that moment. judge() says what an answer means. None of them does I/O besides reading secret files.
 */
#ifndef NOTIFY_KINDS_H
#define NOTIFY_KINDS_H

#include <jansson.h>

#include "conf.h"
#include "mlwatch/buf.h"

struct arena;
struct fetcher;
struct message; /* message.h */

struct request {
	char *url;
	struct buf body;  /* wiped when released: it may hold a secret */
	char *headers[8]; /* "Name: value", owned, wiped */
	size_t n_headers;
	char *secret; /* owned, wiped; in the body, NULL: there is none */
	const struct http_auth *auth;
	int64_t timeout_ms; /* 0: the usual */
	void *easy;         /* owned; a prepared CURL handle instead (SMTP); what it points to is in extra */
	void *extra;
	void (*extra_close)(void *extra);
};
void request_header(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void request_start(struct request *r, struct fetcher *f, fetch_fn *fn, void *arg);
void request_release(struct request *r);

enum verdict {
	VERDICT_SENT,
	VERDICT_RETRY,   /* it may heal */
	VERDICT_GIVE_UP, /* it cannot heal by itself */
	VERDICT_LIMITED, /* asked to come back later: the whole receiver waits */
	VERDICT_NOT_SENT /* nobody is told, and for the groups it is as if everybody were: a replay */
};

struct kind {
	const char *name;   /* in messages and rows: "slack" */
	const char *key;    /* in the file: "slack_configs" */
	bool send_resolved; /* the default */
	bool every_flush;   /* hand firing alerts over at every flush, not only when something changed */
	size_t size; /* of its conf struct, which begins with struct conf_base; 0: mlwatch has no sender for it */
	int at_once; /* requests under way at a time */
	double per_second, burst;
	bool (*read)(struct loader *l, const struct yaml_node *v, struct integration *in);
	void (*release)(void *conf);
	int (*render)(const struct integration *in, const struct message *m, struct buf *payload, struct err *e);
	int (*request)(const struct integration *in, const char *payload, struct request *r, struct err *e);
	/* NULL: verdict_http */
	enum verdict (*judge)(const struct integration *in, const struct fetch_result *r, char *why, size_t n);
};

extern const struct kind kind_slack, kind_pagerduty, kind_webhook, kind_email, kind_alertmanager;
extern const struct kind *const kinds[];
extern const size_t n_kinds;
const struct kind *kind_by_name(const char *name);

/* why: for people, without the secrets that were sent. */
enum verdict
kind_judge(const struct integration *in, const struct request *sent, const struct fetch_result *r, char *why, size_t n);
/* 2xx sent; 429 limited; 408, 425, 5xx and none retry; the rest give up. */
enum verdict verdict_http(const struct fetch_result *r, char *why, size_t n);

/* ---- what kinds share ---- */

/* A mistake of a receiver's section; false. */
bool kind_refuse(struct loader *l, const struct yaml_node *v, const char *text);
/* A template of the configuration, expanded, as a member of o; an optional one that is empty is left out. max: characters, 0: any. */
int kind_put(json_t *o, const struct message *m, const char *key, const char *text, bool optional, size_t max,
	     struct err *e);
/* Several of them, where a kind's settings hold them as char *. */
struct kind_text {
	const char *key;
	size_t at;
	bool optional;
	size_t max;
};
int
kind_put_all(json_t *o, const struct message *m, const void *conf, const struct kind_text *t, size_t n, struct err *e);
/* Writes the document; takes it. rc < 0: only takes it. */
int kind_payload(json_t *doc, int rc, struct buf *payload, struct err *e);
/* A list as a member when there is something in it; takes the list. */
void kind_put_list(json_t *o, const char *key, json_t *list);

/* Receivers that Alertmanager knows and mlwatch does not: their section is checked, and said to be without a sender. */
bool foreign_find(const char *key);
bool foreign_read(struct loader *l, const char *key, const struct yaml_node *v);
bool foreign_global(struct loader *l, const char *key, const struct yaml_node *v, bool *known);
bool foreign_global_rules(struct loader *l, const struct yaml_node *map);

#endif
