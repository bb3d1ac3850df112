/*
 * kind_pagerduty.c -- PagerDuty's Events API v2: trigger and resolve, one incident per group.
 *
 * The dedup_key is the SHA-256 of the group key, as in Alertmanager, so that a switch from one to the other goes on with the same
 * incidents. The routing key is put into a message only when it is sent. Limits kept: summary 1024 characters, an event 512 KiB.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "message.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"
#include "sha256.h"

#define SUMMARY_MAX 1024
#define EVENT_MAX   512000

struct pd_link { /* href and text, or src, alt and href */
	char *a, *b, *c;
};
struct pd_links {
	struct pd_link *at;
	size_t n;
};

struct pagerduty_conf {
	struct conf_base base;
	struct secret routing_key, service_key;
	char *url, *client, *client_url, *description, *source, *severity, *class_, *component, *group;
	struct pair_list details;
	struct pd_links images, links;
};

struct link_kind {
	const char *key[3];
	const char *what;
};
static const struct link_kind link_keys = {{"href", "text", NULL}, "a link"};
static const struct link_kind image_keys = {{"src", "alt", "href"}, "an image"};

static bool
read_list(struct yaml_file *f, const struct yaml_node *v, struct pd_links *out, const struct link_kind *k)
{
	bool ok = true;

	if (!yaml_expect(f, v, YAML_LIST, "a list"))
		return false;
	out->at = xcalloc(v->n + 1, sizeof *out->at);
	for (size_t i = 0; i < v->n; i++) {
		struct pd_link *l = &out->at[out->n++];
		struct yaml_key keys[3] = {{k->key[0], yaml_read_str, offsetof(struct pd_link, a), false},
					   {k->key[1], yaml_read_str, offsetof(struct pd_link, b), false},
					   {k->key[2], yaml_read_str, offsetof(struct pd_link, c), false}};
		ok = yaml_read_map(f, v->items[i], keys, k->key[2] != NULL ? 3 : 2, l, k->what) && ok;
	}
	return ok;
}

static bool
read_links(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_list(f, v, field, &link_keys);
}

static bool
read_images(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_list(f, v, field, &image_keys);
}

#define AT(m) offsetof(struct pagerduty_conf, m)
static const struct yaml_key rows[] = {
    {"send_resolved", yaml_read_bool, AT(base.send_resolved), false},
    {"http_config", read_http, AT(base), false},
    {"routing_key", read_secret, AT(routing_key), false},
    {"routing_key_file", read_secret_file, AT(routing_key), false},
    {"service_key", read_secret, AT(service_key), false},
    {"service_key_file", read_secret_file, AT(service_key), false},
    {"url", read_url, AT(url), false},
    {"client", read_template, AT(client), false},
    {"client_url", read_template, AT(client_url), false},
    {"description", read_template, AT(description), false},
    {"details", read_pairs, AT(details), false},
    {"images", read_images, AT(images), false},
    {"links", read_links, AT(links), false},
    {"source", read_template, AT(source), false},
    {"severity", read_template, AT(severity), false},
    {"class", read_template, AT(class_), false},
    {"component", read_template, AT(component), false},
    {"group", read_template, AT(group), false},
    {"timeout", read_ignored, 0, false},
};

static bool
complain(struct loader *l, const struct yaml_node *v, const char *text)
{
	yaml_error(&l->f, v, "receiver", "%s", text);
	return false;
}

static bool
pagerduty_read(struct loader *l, const struct yaml_node *v, struct integration *in)
{
	struct pagerduty_conf *c = (struct pagerduty_conf *)in->conf;

	c->client = xstrdup("{{ template \"pagerduty.default.client\" . }}");
	c->client_url = xstrdup("{{ template \"pagerduty.default.clientURL\" . }}");
	c->description = xstrdup("{{ template \"pagerduty.default.description\" .}}");
	if (!yaml_read_map(&l->f, v, rows, sizeof rows / sizeof *rows, c, "pagerduty_configs"))
		return false;
	if (!secret_set(&c->routing_key) && !secret_set(&c->service_key))
		return complain(l, v, "missing service or routing key in PagerDuty config");
	if (c->routing_key.text != NULL && c->routing_key.text[0] != '\0' && c->routing_key.file != NULL)
		return complain(l, v, "at most one of routing_key & routing_key_file must be configured");
	if (c->service_key.text != NULL && c->service_key.text[0] != '\0' && c->service_key.file != NULL)
		return complain(l, v, "at most one of service_key & service_key_file must be configured");
	if (!secret_set(&c->routing_key))
		yaml_warn(&l->f, v, "receiver",
			  "mlwatch speaks PagerDuty's Events API v2 only: service_key is used as the routing_key");
	if (c->source == NULL || c->source[0] == '\0') {
		free(c->source);
		c->source = xstrdup(c->client);
	}
	if (c->severity == NULL || c->severity[0] == '\0') {
		free(c->severity);
		c->severity = xstrdup("error");
	}
	if (c->url == NULL && l->c->global.pagerduty_url != NULL)
		c->url = xstrdup(l->c->global.pagerduty_url);
	return true;
}

static void
links_release(struct pd_links *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->at[i].a);
		free(l->at[i].b);
		free(l->at[i].c);
	}
	free(l->at);
}

static void
pagerduty_release(void *conf)
{
	struct pagerduty_conf *c = conf;
	char *const own[] = {c->url,      c->client, c->client_url, c->description, c->source,
			     c->severity, c->class_, c->component,  c->group};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		free(own[i]);
	secret_release(&c->routing_key);
	secret_release(&c->service_key);
	pair_list_release(&c->details);
	links_release(&c->images);
	links_release(&c->links);
}

/* One expanded text as a member; "" is left out when optional. */
static int
put(json_t *o, const char *key, const struct message *m, const char *text, bool optional, size_t max, struct err *e)
{
	const char *s = message_text(m, text, e);

	if (s == NULL)
		return -1;
	if (optional && s[0] == '\0')
		return 0;
	if (max != 0)
		s = message_shorten(m->mem, s, max);
	json_object_set_new(o, key, json_string(s));
	return 0;
}

static int
details(const struct pagerduty_conf *c, const struct message *m, json_t *o, struct err *e)
{
	static const struct label defaults[] = {
	    {"firing", "{{ template \"pagerduty.default.instances\" .Alerts.Firing }}"},
	    {"num_firing", "{{ .Alerts.Firing | len }}"},
	    {"num_resolved", "{{ .Alerts.Resolved | len }}"},
	    {"resolved", "{{ template \"pagerduty.default.instances\" .Alerts.Resolved }}"},
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults && rc == 0; i++)
		if (pair_get(&c->details, defaults[i].name) == NULL)
			rc = put(o, defaults[i].name, m, defaults[i].value, false, 0, e);
	for (size_t i = 0; i < c->details.n && rc == 0; i++)
		rc = put(o, c->details.at[i].name, m, c->details.at[i].value, false, 0, e);
	return rc;
}

static int
links(const struct pd_links *l, const struct link_kind *k, const char *key, const struct message *m, json_t *o,
      struct err *e)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < l->n && rc == 0; i++) {
		const char *text[] = {l->at[i].a, l->at[i].b, l->at[i].c};
		json_t *one = json_object();
		for (size_t j = 0; j < 3 && k->key[j] != NULL && rc == 0; j++)
			rc = put(one, k->key[j], m, text[j] != NULL ? text[j] : "", true, 0, e);
		if (rc == 0 && json_object_get(one, k->key[0]) != NULL)
			json_array_append(list, one);
		json_decref(one);
	}
	if (json_array_size(list) > 0)
		json_object_set(o, key, list);
	json_decref(list);
	return rc;
}

static int
payload_part(const struct pagerduty_conf *c, const struct message *m, json_t *p, struct err *e)
{
	json_t *d = json_object();
	int rc = put(p, "summary", m, c->description, false, SUMMARY_MAX, e);

	if (rc == 0)
		rc = put(p, "source", m, c->source, false, SUMMARY_MAX, e);
	if (rc == 0)
		rc = put(p, "severity", m, c->severity, false, 0, e);
	if (rc == 0)
		rc = put(p, "class", m, c->class_ != NULL ? c->class_ : "", true, 0, e);
	if (rc == 0)
		rc = put(p, "component", m, c->component != NULL ? c->component : "", true, 0, e);
	if (rc == 0)
		rc = put(p, "group", m, c->group != NULL ? c->group : "", true, 0, e);
	if (rc == 0)
		rc = details(c, m, d, e);
	json_object_set_new(p, "custom_details", d);
	return rc;
}

static int
pagerduty_render(const struct integration *in, const struct message *m, struct buf *payload, struct err *e)
{
	const struct pagerduty_conf *c = (const struct pagerduty_conf *)in->conf;
	char key[65];
	json_t *p = json_object();

	sha256_hex(m->group_key, strlen(m->group_key), key);
	json_t *j = json_pack("{s:s, s:s, s:o}", "dedup_key", key, "event_action",
			      m->n_firing > 0 ? "trigger" : "resolve", "payload", p);
	int rc = payload_part(c, m, p, e);
	if (rc == 0)
		rc = put(j, "client", m, c->client, true, 0, e);
	if (rc == 0)
		rc = put(j, "client_url", m, c->client_url, true, 0, e);
	if (rc == 0)
		rc = links(&c->images, &image_keys, "images", m, j, e);
	if (rc == 0)
		rc = links(&c->links, &link_keys, "links", m, j, e);
	char *text = rc == 0 ? json_dumps(j, JSON_COMPACT) : NULL;
	if (text != NULL && strlen(text) > EVENT_MAX) {
		free(text);
		json_object_set_new(p, "custom_details",
				    json_pack("{s:s}", "error",
					      "Custom details have been removed because the original event exceeds the "
					      "maximum size of 512KB"));
		text = json_dumps(j, JSON_COMPACT);
	}
	if (text != NULL)
		buf_addstr(payload, text);
	else if (rc == 0)
		rc = err_set(e, ERR_BUG, "cannot write the message as JSON");
	free(text);
	json_decref(j);
	return rc;
}

static int
pagerduty_request(const struct integration *in, const char *payload, struct request *r, struct err *e)
{
	const struct pagerduty_conf *c = (const struct pagerduty_conf *)in->conf;
	char *key = secret_get(secret_set(&c->routing_key) ? &c->routing_key : &c->service_key, "PagerDuty key", e);

	if (key == NULL)
		return -1;
	json_t *k = json_string(key);
	char *quoted = json_dumps(k, JSON_ENCODE_ANY);
	buf_addf(&r->body, "{\"routing_key\":%s,%s", quoted != NULL ? quoted : "\"\"", payload + 1);
	if (quoted != NULL)
		explicit_bzero(quoted, strlen(quoted));
	free(quoted);
	json_decref(k);
	explicit_bzero(key, strlen(key));
	free(key);
	r->url = xstrdup(c->url);
	r->auth = &in->conf->http;
	request_header(r, "Content-Type: application/json");
	return 0;
}

const struct kind kind_pagerduty = {
    .name = "pagerduty",
    .key = "pagerduty_configs",
    .send_resolved = true,
    .size = sizeof(struct pagerduty_conf),
    .at_once = 4,
    .per_second = 20,
    .burst = 200,
    .read = pagerduty_read,
    .release = pagerduty_release,
    .render = pagerduty_render,
    .request = pagerduty_request,
};
