/*
 * kind_slack.c -- Slack: an incoming webhook, or chat.postMessage with a bot token: settings, request, answer. The message itself is
 * made in slack_text.c.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"
#include "slack_conf.h"

static bool
missing(struct yaml_file *f, const struct yaml_node *v, const char *what, const char *where)
{
	yaml_error(f, v, "receiver", "missing %s in Slack %s configuration", what, where);
	return false;
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
		else if (slack_empty(s->title))
			ok = missing(f, v->items[i], "title", "field");
		else if (slack_empty(s->value))
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
	return slack_empty(a->confirm.text) ? missing(f, v, "text", "confirmation") : true;
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
		else if (slack_empty(a->type))
			ok = missing(f, v->items[i], "type", "action");
		else if (slack_empty(a->text))
			ok = missing(f, v->items[i], "text", "action");
		else if (slack_empty(a->url) && slack_empty(a->name))
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

	if (secret_set(&c->token) && own_auth)
		return kind_refuse(l, v, "http authorization can't be set when using Slack App tokens");
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
	if (c->url.text != NULL && c->url.file != NULL)
		return kind_refuse(l, v, "at most one of api_url & api_url_file must be configured");
	if (c->token.text != NULL && c->token.file != NULL)
		return kind_refuse(l, v, "at most one of app_token & app_token_file must be configured");
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
		r->url = secret_get_url(&c->url, "Slack URL", e);
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
slack_judge(const struct integration *in, const struct fetch_result *r, char *why, size_t n)
{
	static const char *const may_heal[] = {"ratelimited",           "rate_limited",        "internal_error",
					       "fatal_error",           "service_unavailable", "request_timeout",
					       "message_limit_exceeded"};
	enum verdict v = verdict_http(r, why, n);

	(void)in;
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
