/*
 * kind_slack.c -- Slack: an incoming webhook, or chat.postMessage with a bot token. One attachment, as Alertmanager sends it.
 *
 * Slack's limits are kept by shortening with an ellipsis, never by a message that Slack would refuse. A label or annotation value
 * cannot call people: "<!channel>" and its like arrive as text, while the configuration's own templates may use them.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "message.h"
#include "mlwatch/arena.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

#define TITLE_MAX       1024
#define TEXT_MAX        8000
#define FALLBACK_MAX    4000
#define FOOTER_MAX      300
#define FIELD_MAX       2000
#define ACTION_TEXT_MAX 75
#define ACTIONS_MAX     5
#define FIELDS_MAX      40

struct slack_field {
	char *title, *value;
	bool has_short, is_short;
};
struct slack_confirm {
	char *title, *text, *ok_text, *dismiss_text;
};
struct slack_action {
	char *type, *text, *url, *style, *name, *value;
	bool has_confirm;
	struct slack_confirm confirm;
};

struct slack_conf {
	struct conf_base base;
	struct secret url, token;
	char *app_url;
	char *channel, *username, *color, *title, *title_link, *pretext, *text, *footer, *fallback, *callback_id,
	    *icon_emoji, *icon_url, *image_url, *thumb_url;
	bool short_fields, link_names;
	struct string_list mrkdwn_in;
	struct slack_field *fields;
	size_t n_fields;
	struct slack_action *actions;
	size_t n_actions;
};

static bool
missing(struct yaml_file *f, const struct yaml_node *v, const char *what, const char *where)
{
	yaml_error(f, v, "receiver", "missing %s in Slack %s configuration", what, where);
	return false;
}

static bool
empty(const char *s)
{
	return s == NULL || s[0] == '\0';
}

static bool
read_short(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct slack_field *s = field;

	s->has_short = true;
	return yaml_bool(f, v, &s->is_short);
}

static bool
read_fields(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    {"title", read_template, offsetof(struct slack_field, title), false},
	    {"value", read_template, offsetof(struct slack_field, value), false},
	    {"short", read_short, 0, false},
	};
	struct slack_conf *c = field;
	bool ok = true;

	if (!yaml_expect(f, v, YAML_LIST, "a list"))
		return false;
	c->fields = xcalloc(v->n + 1, sizeof *c->fields);
	for (size_t i = 0; i < v->n; i++) {
		struct slack_field *s = &c->fields[c->n_fields++];
		if (!yaml_read_map(f, v->items[i], rows, 3, s, "a Slack field"))
			ok = false;
		else if (empty(s->title))
			ok = missing(f, v->items[i], "title", "field");
		else if (empty(s->value))
			ok = missing(f, v->items[i], "value", "field");
	}
	return ok;
}

static bool
read_confirm(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    {"title", read_template, offsetof(struct slack_confirm, title), false},
	    {"text", read_template, offsetof(struct slack_confirm, text), false},
	    {"ok_text", read_template, offsetof(struct slack_confirm, ok_text), false},
	    {"dismiss_text", read_template, offsetof(struct slack_confirm, dismiss_text), false},
	};
	struct slack_action *a = field;

	a->has_confirm = true;
	if (!yaml_read_map(f, v, rows, 4, &a->confirm, "a Slack confirmation"))
		return false;
	return empty(a->confirm.text) ? missing(f, v, "text", "confirmation") : true;
}

static bool
read_actions(struct yaml_file *f, const struct yaml_node *v, void *field)
{
#define A(m) offsetof(struct slack_action, m)
	static const struct yaml_key rows[] = {
	    {"type", read_template, A(type), false}, {"text", read_template, A(text), false},
	    {"url", read_template, A(url), false},   {"style", read_template, A(style), false},
	    {"name", read_template, A(name), false}, {"value", read_template, A(value), false},
	    {"confirm", read_confirm, 0, false},
	};
#undef A
	struct slack_conf *c = field;
	bool ok = true;

	if (!yaml_expect(f, v, YAML_LIST, "a list"))
		return false;
	c->actions = xcalloc(v->n + 1, sizeof *c->actions);
	for (size_t i = 0; i < v->n; i++) {
		struct slack_action *a = &c->actions[c->n_actions++];
		if (!yaml_read_map(f, v->items[i], rows, sizeof rows / sizeof *rows, a, "a Slack action"))
			ok = false;
		else if (empty(a->type))
			ok = missing(f, v->items[i], "type", "action");
		else if (empty(a->text))
			ok = missing(f, v->items[i], "text", "action");
		else if (empty(a->url) && empty(a->name))
			ok = missing(f, v->items[i], "name or url", "action");
	}
	return ok;
}

#define AT(m) offsetof(struct slack_conf, m)
static const struct yaml_key rows[] = {
    {"send_resolved", yaml_read_bool, AT(base.send_resolved), false},
    {"http_config", read_http, AT(base), false},
    {"api_url", read_secret_url, AT(url), false},
    {"api_url_file", read_secret_file, AT(url), false},
    {"app_token", read_secret, AT(token), false},
    {"app_token_file", read_secret_file, AT(token), false},
    {"app_url", read_url, AT(app_url), false},
    {"channel", read_template, AT(channel), false},
    {"username", read_template, AT(username), false},
    {"color", read_template, AT(color), false},
    {"title", read_template, AT(title), false},
    {"title_link", read_template, AT(title_link), false},
    {"pretext", read_template, AT(pretext), false},
    {"text", read_template, AT(text), false},
    {"fields", read_fields, 0, false},
    {"short_fields", yaml_read_bool, AT(short_fields), false},
    {"footer", read_template, AT(footer), false},
    {"fallback", read_template, AT(fallback), false},
    {"callback_id", read_template, AT(callback_id), false},
    {"icon_emoji", read_template, AT(icon_emoji), false},
    {"icon_url", read_template, AT(icon_url), false},
    {"image_url", read_template, AT(image_url), false},
    {"thumb_url", read_template, AT(thumb_url), false},
    {"link_names", yaml_read_bool, AT(link_names), false},
    {"mrkdwn_in", read_strings, AT(mrkdwn_in), false},
    {"actions", read_actions, 0, false},
    {"message_text", read_ignored, 0, false},
    {"timeout", read_ignored, 0, false},
};

static const struct {
	size_t at;
	const char *text;
} defaults[] = {
    {AT(color), "{{ if eq .Status \"firing\" }}danger{{ else }}good{{ end }}"},
    {AT(username), "{{ template \"slack.default.username\" . }}"},
    {AT(title), "{{ template \"slack.default.title\" . }}"},
    {AT(title_link), "{{ template \"slack.default.titlelink\" . }}"},
    {AT(icon_emoji), "{{ template \"slack.default.iconemoji\" . }}"},
    {AT(icon_url), "{{ template \"slack.default.iconurl\" . }}"},
    {AT(pretext), "{{ template \"slack.default.pretext\" . }}"},
    {AT(text), "{{ template \"slack.default.text\" . }}"},
    {AT(fallback), "{{ template \"slack.default.fallback\" . }}"},
    {AT(callback_id), "{{ template \"slack.default.callbackid\" . }}"},
    {AT(footer), "{{ template \"slack.default.footer\" . }}"},
};

static bool
slack_fill(struct loader *l, const struct yaml_node *v, struct slack_conf *c)
{
	const struct global_conf *g = &l->c->global;
	bool own_auth = c->base.has_http && (c->base.http.credentials != NULL || c->base.http.credentials_file != NULL);

	if (secret_set(&c->token) && own_auth) {
		yaml_error(&l->f, v, "receiver", "http authorization can't be set when using Slack App tokens");
		return false;
	}
	if (secret_set(&c->url))
		return true;
	if (!secret_set(&c->token) && !own_auth)
		secret_copy(&c->token, &g->slack_token);
	if (secret_set(&c->token)) {
		if (c->app_url == NULL)
			c->app_url = xstrdup(g->slack_app_url);
		return true;
	}
	if (!secret_set(&g->slack_url)) {
		mistake_hint(
		    yaml_error(&l->f, v, "receiver", "no Slack API URL nor App token set either inline or in a file"),
		    "set api_url_file here or slack_api_url_file in global");
		return false;
	}
	secret_copy(&c->url, &g->slack_url);
	return true;
}

static bool
slack_read(struct loader *l, const struct yaml_node *v, struct integration *in)
{
	struct slack_conf *c = (struct slack_conf *)in->conf;

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		*(char **)((char *)c + defaults[i].at) = xstrdup(defaults[i].text);
	if (!yaml_read_map(&l->f, v, rows, sizeof rows / sizeof *rows, c, "slack_configs"))
		return false;
	if (c->url.text != NULL && c->url.file != NULL) {
		yaml_error(&l->f, v, "receiver", "at most one of api_url & api_url_file must be configured");
		return false;
	}
	if (c->token.text != NULL && c->token.file != NULL) {
		yaml_error(&l->f, v, "receiver", "at most one of app_token & app_token_file must be configured");
		return false;
	}
	return slack_fill(l, v, c);
}

static void
slack_release(void *conf)
{
	struct slack_conf *c = conf;
	char *const own[] = {c->app_url,     c->channel,    c->username, c->color,     c->title,
			     c->title_link,  c->pretext,    c->text,     c->footer,    c->fallback,
			     c->callback_id, c->icon_emoji, c->icon_url, c->image_url, c->thumb_url};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		free(own[i]);
	for (size_t i = 0; i < c->n_fields; i++) {
		free(c->fields[i].title);
		free(c->fields[i].value);
	}
	free(c->fields);
	for (size_t i = 0; i < c->n_actions; i++) {
		struct slack_action *a = &c->actions[i];
		char *const parts[] = {
		    a->type,  a->text,          a->url,          a->style,           a->name,
		    a->value, a->confirm.title, a->confirm.text, a->confirm.ok_text, a->confirm.dismiss_text};
		for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
			free(parts[k]);
	}
	free(c->actions);
	string_list_release(&c->mrkdwn_in);
	secret_release(&c->url);
	secret_release(&c->token);
}

/* ---- rendering ---- */

/* "<!" begins Slack's calls to everybody; in a value it is only text. */
static const char *
harmless(struct arena *mem, const char *s)
{
	struct buf b = BUF_INIT;
	const char *hit = strstr(s, "<!");

	if (hit == NULL)
		return s;
	for (; hit != NULL; hit = strstr(s, "<!")) {
		buf_add(&b, s, (size_t)(hit - s));
		buf_addstr(&b, "&lt;!");
		s = hit + 2;
	}
	buf_addstr(&b, s);
	const char *out = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return out;
}

static struct labels
harmless_labels(struct arena *mem, struct labels l)
{
	struct label *at = arena_alloc(mem, (l.n + 1) * sizeof *at);

	for (size_t i = 0; i < l.n; i++)
		at[i] = (struct label){l.at[i].name, harmless(mem, l.at[i].value)};
	return (struct labels){at, l.n};
}

static void
harmless_message(const struct message *m, struct message *out)
{
	struct message_alert *alerts = arena_alloc(m->mem, (m->n + 1) * sizeof *alerts);

	*out = *m;
	for (size_t i = 0; i < m->n; i++) {
		alerts[i] = m->alerts[i];
		alerts[i].labels = harmless_labels(m->mem, alerts[i].labels);
		alerts[i].annotations = harmless_labels(m->mem, alerts[i].annotations);
	}
	out->alerts = alerts;
	out->group_labels = harmless_labels(m->mem, m->group_labels);
	message_prepare(out);
}

struct part {
	const char *key;
	size_t at;
	bool optional; /* left out when empty */
	size_t max;
};

static int
put(json_t *o, const struct message *m, const char *key, const char *text, bool optional, size_t max, struct err *e)
{
	const char *s = text != NULL ? message_text(m, text, e) : "";

	if (s == NULL)
		return -1;
	if (s[0] != '\0' || !optional)
		json_object_set_new(o, key, json_string(max != 0 ? message_shorten(m->mem, s, max) : s));
	return 0;
}

static int
put_parts(json_t *o, const struct message *m, const struct slack_conf *c, const struct part *p, size_t n, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = put(o, m, p[i].key, *(char *const *)((const char *)c + p[i].at), p[i].optional, p[i].max, e);
	return rc;
}

static int
put_fields(json_t *att, const struct message *m, const struct slack_conf *c, struct err *e)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < c->n_fields && i < FIELDS_MAX && rc == 0; i++) {
		const struct slack_field *s = &c->fields[i];
		json_t *o = json_object();
		rc = put(o, m, "title", s->title, true, FIELD_MAX, e);
		if (rc == 0)
			rc = put(o, m, "value", s->value, true, FIELD_MAX, e);
		json_object_set_new(o, "short", json_boolean(s->has_short ? s->is_short : c->short_fields));
		json_array_append_new(list, o);
	}
	if (json_array_size(list) > 0)
		json_object_set(att, "fields", list);
	json_decref(list);
	return rc;
}

static int
put_confirm(json_t *o, const struct message *m, const struct slack_confirm *k, struct err *e)
{
	json_t *j = json_object();
	int rc = put(j, m, "title", k->title, true, 0, e);

	if (rc == 0)
		rc = put(j, m, "text", k->text, true, 0, e);
	if (rc == 0)
		rc = put(j, m, "ok_text", k->ok_text, true, 0, e);
	if (rc == 0)
		rc = put(j, m, "dismiss_text", k->dismiss_text, true, 0, e);
	json_object_set_new(o, "confirm", j);
	return rc;
}

static int
put_actions(json_t *att, const struct message *m, const struct slack_conf *c, struct err *e)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < c->n_actions && i < ACTIONS_MAX && rc == 0; i++) {
		const struct slack_action *a = &c->actions[i];
		bool link = !empty(a->url);
		const struct {
			const char *key, *text;
		} parts[] = {{"type", a->type},
			     {"text", a->text},
			     {"url", a->url},
			     {"style", a->style},
			     {"name", link ? NULL : a->name},
			     {"value", link ? NULL : a->value}};
		json_t *o = json_object();
		for (size_t k = 0; k < sizeof parts / sizeof *parts && rc == 0; k++)
			rc = put(o, m, parts[k].key, parts[k].text, true, k == 1 ? ACTION_TEXT_MAX : 0, e);
		if (rc == 0 && !link && a->has_confirm)
			rc = put_confirm(o, m, &a->confirm, e);
		json_array_append_new(list, o);
	}
	if (json_array_size(list) > 0)
		json_object_set(att, "actions", list);
	json_decref(list);
	return rc;
}

static json_t *
markdown_in(const struct slack_conf *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->mrkdwn_in.n; i++)
		json_array_append_new(list, json_string(c->mrkdwn_in.at[i]));
	if (c->mrkdwn_in.n != 0)
		return list;
	json_decref(list);
	return json_pack("[s, s, s]", "fallback", "pretext", "text");
}

static const struct part message_parts[] = {
    {"channel", AT(channel), true, 0},
    {"username", AT(username), true, 80},
    {"icon_emoji", AT(icon_emoji), true, 0},
    {"icon_url", AT(icon_url), true, 0},
};
static const struct part attachment_parts[] = {
    {"title", AT(title), true, TITLE_MAX},           {"title_link", AT(title_link), true, 0},
    {"pretext", AT(pretext), true, TEXT_MAX},        {"text", AT(text), false, TEXT_MAX},
    {"fallback", AT(fallback), false, FALLBACK_MAX}, {"callback_id", AT(callback_id), false, 0},
    {"image_url", AT(image_url), true, 0},           {"thumb_url", AT(thumb_url), true, 0},
    {"footer", AT(footer), false, FOOTER_MAX},       {"color", AT(color), true, 0},
};

static int
slack_render(const struct integration *in, const struct message *raw, struct buf *payload, struct err *e)
{
	const struct slack_conf *c = (const struct slack_conf *)in->conf;
	json_t *j = json_object(), *att = json_object();
	struct message m;

	harmless_message(raw, &m);
	int rc = put_parts(j, &m, c, message_parts, sizeof message_parts / sizeof *message_parts, e);
	if (c->link_names)
		json_object_set_new(j, "link_names", json_true());
	if (rc == 0)
		rc = put_parts(att, &m, c, attachment_parts, sizeof attachment_parts / sizeof *attachment_parts, e);
	if (rc == 0)
		rc = put_fields(att, &m, c, e);
	if (rc == 0)
		rc = put_actions(att, &m, c, e);
	json_object_set_new(att, "mrkdwn_in", markdown_in(c));
	json_object_set_new(j, "attachments", json_pack("[o]", att));
	char *text = rc == 0 ? json_dumps(j, JSON_COMPACT) : NULL;
	if (text != NULL)
		buf_addstr(payload, text);
	else if (rc == 0)
		rc = err_set(e, ERR_BUG, "cannot write the message as JSON");
	free(text);
	json_decref(j);
	return rc;
}

static int
slack_request(const struct integration *in, const char *payload, struct request *r, struct err *e)
{
	const struct slack_conf *c = (const struct slack_conf *)in->conf;

	if (secret_set(&c->token) && !secret_set(&c->url)) {
		char *token = secret_get(&c->token, "Slack token", e);
		if (token == NULL)
			return -1;
		request_header(r, "Authorization: Bearer %s", token);
		secret_free(token);
		r->url = xstrdup(c->app_url);
	} else {
		r->url = secret_get(&c->url, "Slack URL", e);
	}
	if (r->url == NULL)
		return -1;
	r->auth = &in->conf->http;
	buf_addstr(&r->body, payload);
	request_header(r, "Content-Type: application/json");
	return 0;
}

/* chat.postMessage answers 200 to everything and says in the document whether it liked it. */
static enum verdict
slack_judge(const struct fetch_result *r, char *why, size_t n)
{
	static const char *const may_heal[] = {"ratelimited",           "rate_limited",        "internal_error",
					       "fatal_error",           "service_unavailable", "request_timeout",
					       "message_limit_exceeded"};
	enum verdict v = verdict_http(r, why, n);

	if (v != VERDICT_SENT || r->body == NULL || r->n == 0 || r->body[0] != '{')
		return v;
	json_t *j = json_loadb(r->body, r->n, 0, NULL);
	json_t *ok = json_object_get(j, "ok");
	if (json_is_false(ok)) {
		const char *error = json_string_value(json_object_get(j, "error"));
		snprintf(why, n, "Slack says: %s", error != NULL ? error : "not ok");
		v = VERDICT_GIVE_UP;
		for (size_t i = 0; error != NULL && i < sizeof may_heal / sizeof *may_heal; i++)
			if (strcmp(error, may_heal[i]) == 0)
				v = i < 2 ? VERDICT_LIMITED : VERDICT_RETRY;
	}
	json_decref(j);
	return v;
}

const struct kind kind_slack = {
    .name = "slack",
    .key = "slack_configs",
    .send_resolved = false,
    .size = sizeof(struct slack_conf),
    .at_once = 2,
    .per_second = 5,
    .burst = 100,
    .read = slack_read,
    .release = slack_release,
    .render = slack_render,
    .request = slack_request,
    .judge = slack_judge,
};
