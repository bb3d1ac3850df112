/*
 * kind_pagerduty.c -- PagerDuty: settings, request, answer. With a routing_key its Events API v2, with a service_key v1, as in
 * Alertmanager. The key is put into a message only when it is sent. The message itself is made in pagerduty_text.c.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"
#include "pagerduty_conf.h"

#define V1_URL "https://events.pagerduty.com/generic/2010-04-15/create_event.json"

static bool
read_list(struct yaml_file *f, const struct yaml_node *v, struct pd_links *out, const struct pd_link_kind *k)
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
	return read_list(f, v, field, &pd_link_keys);
}

static bool
read_images(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_list(f, v, field, &pd_image_keys);
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
pagerduty_read(struct loader *l, const struct yaml_node *v, struct integration *in)
{
	struct pagerduty_conf *c = (struct pagerduty_conf *)in->conf;

	c->client = xstrdup("{{ template \"pagerduty.default.client\" . }}");
	c->client_url = xstrdup("{{ template \"pagerduty.default.clientURL\" . }}");
	c->description = xstrdup("{{ template \"pagerduty.default.description\" .}}");
	if (!yaml_read_map(&l->f, v, rows, sizeof rows / sizeof *rows, c, "pagerduty_configs"))
		return false;
	if (!secret_set(&c->routing_key) && !secret_set(&c->service_key))
		return kind_refuse(l, v, "missing service or routing key in PagerDuty config");
	if (c->routing_key.text != NULL && c->routing_key.text[0] != '\0' && c->routing_key.file != NULL)
		return kind_refuse(l, v, "at most one of routing_key & routing_key_file must be configured");
	if (c->service_key.text != NULL && c->service_key.text[0] != '\0' && c->service_key.file != NULL)
		return kind_refuse(l, v, "at most one of service_key & service_key_file must be configured");
	c->v1 = secret_set(&c->service_key);
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

/* A JSON string. Not by jansson, which would keep a copy of it. */
static void
add_quoted(struct buf *out, const char *s)
{
	buf_addc(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			buf_addf(out, "\\u%04x", (unsigned char)*s);
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

static int
pagerduty_request(const struct integration *in, const char *payload, struct request *r, struct err *e)
{
	const struct pagerduty_conf *c = (const struct pagerduty_conf *)in->conf;

	r->secret = secret_get(c->v1 ? &c->service_key : &c->routing_key, "PagerDuty key", e);
	if (r->secret == NULL)
		return -1;
	buf_reserve(&r->body,
		    strlen(payload) + 6 * strlen(r->secret) + 64); /* does not move: no copy of the key stays behind */
	buf_addf(&r->body, "{\"%s\":", c->v1 ? "service_key" : "routing_key");
	add_quoted(&r->body, r->secret);
	buf_addf(&r->body, ",%s", payload + 1);
	r->url = xstrdup(c->v1 ? V1_URL : c->url);
	r->auth = &in->conf->http;
	request_header(r, "Content-Type: application/json");
	return 0;
}

/* v1 answers 403 to whom it asks to slow down. */
static enum verdict
pagerduty_judge(const struct integration *in, const struct fetch_result *r, char *why, size_t n)
{
	const struct pagerduty_conf *c = (const struct pagerduty_conf *)in->conf;
	enum verdict v = verdict_http(r, why, n);

	return c->v1 && r->status == 403 ? VERDICT_LIMITED : v;
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
    .judge = pagerduty_judge,
};
