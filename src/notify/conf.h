/*
 * conf.h -- the routing file as structs. Private to notify.
 *
 * A configuration is immutable once loaded. Secrets are either text from the file or the name of one (secret.h) that is read at each
 * use; both live only here and in the request, never in a row or a message.
 */
#ifndef NOTIFY_CONF_H
#define NOTIFY_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/err.h"
#include "mlwatch/labels.h"
#include "mlwatch/matcher.h"
#include "mlwatch/scrape.h"
#include "mlwatch/template.h"
#include "mlwatch/yaml.h"

struct kind;

struct secret {
	char *text, *file; /* at most one is set; file is a resolved path or env:NAME */
};
static inline bool
secret_set(const struct secret *s)
{
	return (s->text != NULL && s->text[0] != '\0') || (s->file != NULL && s->file[0] != '\0');
}
/* A copy to be given to secret_free(). NULL with err when the file cannot be read or is empty. */
char *secret_get(const struct secret *s, const char *what, struct err *e);
char *secret_get_url(const struct secret *s, const char *what,
		     struct err *e); /* the same; one that is no URL is not told to anybody */
void secret_copy(struct secret *to, const struct secret *from);

struct conf_base { /* what every kind's own struct begins with */
	bool send_resolved;
	bool has_http;
	struct http_auth http;
};

struct integration {
	const struct kind *kind;
	size_t index; /* among the receiver's integrations of this kind */
	struct conf_base *conf;
};

struct receiver {
	char *name;
	struct integration *at;
	size_t n, cap;
};

struct string_list {
	char **at;
	size_t n;
};

struct pair_list { /* a map from strings to strings, sorted by key */
	struct label *at;
	size_t n;
};

struct matcher_list {
	struct matcher *at;
	size_t n, cap;
};

struct time_range {
	int begin, end;
};
struct time_ranges {
	struct time_range *at;
	size_t n;
	bool given; /* an empty list that is given never matches */
};
struct tz;
struct time_span { /* one time_intervals entry; all given parts must hold */
	struct time_ranges times, weekdays, days, months, years;
	struct tz *tz; /* NULL: UTC */
};
struct time_interval {
	char *name;
	struct time_span *at;
	size_t n;
};

struct route {
	struct route *parent;
	struct matcher_list matchers;
	char *receiver_name; /* as given; NULL: the parent's */
	const struct receiver *receiver;
	struct string_list group_by;
	bool group_by_given, group_by_all, keep_going;
	int64_t group_wait, group_interval, repeat_interval; /* -1: the parent's; after loading always set */
	struct string_list mute, active;
	const struct time_interval **mute_at, **active_at;
	struct route **routes;
	size_t n_routes;
	size_t number; /* in order of the file, root 0 */
	char *key;     /* Alertmanager's: {}/{a="b"} */
	char *path;    /* for people: route.routes[1] */
	int line;
};

struct inhibit_rule {
	struct matcher_list source, target;
	struct string_list equal;
};

struct global_conf {
	struct conf_base base; /* http_config */
	int64_t resolve_timeout;
	char *smtp_from, *smtp_hello, *smtp_smarthost, *smtp_user, *smtp_identity;
	struct secret smtp_password, smtp_secret;
	bool smtp_require_tls;
	bool has_smtp_tls;
	struct http_auth smtp_tls;
	struct secret slack_url, slack_token;
	char *slack_app_url;
	char *pagerduty_url;
	uint64_t
	    /* which keys are set that only kinds need that mlwatch has no sender for: FOREIGN_ bits of conf_foreign.c */
	    others;
};

struct notify_config {
	char *path;
	struct global_conf global;
	struct receiver *receivers;
	size_t n_receivers;
	struct time_interval *intervals;
	size_t n_intervals;
	struct inhibit_rule *inhibits;
	size_t n_inhibits;
	struct route *root;
	struct route **all; /* by number */
	size_t n_routes;
	struct templates *templates;
};

/* While a file is read: the readers of yaml_read_map get &l.f and find the rest beside it. */
struct loader {
	struct yaml_file f; /* first */
	struct notify_config *c;
	struct errlist *errors;
};
static inline struct loader *
loader_of(struct yaml_file *f)
{
	return (struct loader *)f;
}

/* ---- readers (conf_values.c); all report and return false on a mistake ---- */
bool read_url(struct yaml_file *f, const struct yaml_node *v, void *field);    /* char *; http or https with a host */
bool read_secret(struct yaml_file *f, const struct yaml_node *v, void *field); /* the text of a struct secret */
bool read_secret_url(struct yaml_file *f, const struct yaml_node *v, void *field); /* the same, a URL */
bool read_secret_file(struct yaml_file *f, const struct yaml_node *v,
		      void *field); /* its file; field is the struct secret too */
bool read_secret_name(struct yaml_file *f, const struct yaml_node *v,
		      void *field); /* char *: a file, or env:NAME (secret.h) */
bool read_hostport(struct yaml_file *f, const struct yaml_node *v, void *field); /* char * */
bool read_strings(struct yaml_file *f, const struct yaml_node *v, void *field);  /* struct string_list */
bool read_pairs(struct yaml_file *f, const struct yaml_node *v, void *field);    /* struct pair_list */
bool read_http(struct yaml_file *f, const struct yaml_node *v, void *field); /* struct conf_base: has_http and http */
bool read_tls(struct yaml_file *f, const struct yaml_node *v, void *field);  /* struct http_auth */
bool read_go_duration(struct yaml_file *f, const struct yaml_node *v, void *field); /* int64_t ms; 1.5h, 300ms */
bool read_template(struct yaml_file *f, const struct yaml_node *v, void *field);    /* char * */
bool read_unused_text(struct yaml_file *f, const struct yaml_node *v, void *field); /* a text, not kept */
bool url_escapes_ok(struct yaml_file *f, const struct yaml_node *v, const char *url);
bool read_ignored(struct yaml_file *f, const struct yaml_node *v, void *field); /* warns that it has no effect here */
/* conf_route.c; struct matcher_list: what is read is added */
bool read_match(struct yaml_file *f, const struct yaml_node *v, void *field);
bool read_match_re(struct yaml_file *f, const struct yaml_node *v, void *field);
bool read_matchers(struct yaml_file *f, const struct yaml_node *v, void *field);
char *beside_config(struct loader *l, const char *path);
void string_list_release(struct string_list *s);
void pair_list_release(struct pair_list *p);
const char *pair_get(const struct pair_list *p, const char *key); /* NULL: absent */
void secret_release(struct secret *s);

/* ---- parts of the file ---- */
bool read_global(struct loader *l, const struct yaml_node *v);
void global_release(struct global_conf *g);
bool read_receivers(struct loader *l, const struct yaml_node *v);
void receivers_release(struct notify_config *c);
bool read_route(struct loader *l, const struct yaml_node *v);
void route_close(struct route *r);
bool read_inhibit_rules(struct loader *l, const struct yaml_node *v);
void inhibit_release(struct notify_config *c);
bool read_time_intervals(struct loader *l, const struct yaml_node *v, const char *what);
void intervals_release(struct notify_config *c);

/* ---- matchers as Alertmanager writes them: the classic syntax, and where that cannot read it, the UTF-8 one ---- */
int matchers_parse(struct matcher_list *out, const char *text, struct err *e);
void matcher_list_release(struct matcher_list *m);
void matcher_list_add(struct matcher_list *m, struct matcher one); /* takes */
void matcher_list_sort(struct matcher_list *m); /* name, value, operator: the order of a route's key */

/* ---- time ---- */
struct tz *tz_open(const char *name, struct err *e); /* from the zoneinfo database; no process state is touched */
void tz_close(struct tz *z);
int64_t tz_offset(const struct tz *z, int64_t t_seconds); /* seconds east of UTC; z NULL: 0 */
bool interval_contains(const struct time_interval *i, int64_t t_ms);

const struct receiver *receiver_find(const struct notify_config *c, const char *name);
const struct integration *
integration_find(const struct notify_config *c, const char *receiver, const char *kind, size_t index);
/* The routes an alert reaches, in order, at most max; returns how many. */
size_t route_match(const struct route *root, struct labels l, const struct route **out, size_t max);

#endif
