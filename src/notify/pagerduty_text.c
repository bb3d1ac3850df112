/*
 * pagerduty_text.c -- PagerDuty's events: trigger and resolve, one incident per group.
 *
 * The incident's key is the SHA-256 of the group key, as in Alertmanager, so that a switch from one to the other goes on with the same
 * incidents. Limits kept: summary and description 1024 characters, an event 512 kB, a severity that PagerDuty knows.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "message.h"
#include "pagerduty_conf.h"
#include "sha256.h"

#define SUMMARY_MAX 1024
#define EVENT_MAX   (512000 - 512) /* the key is still to come */

const struct pd_link_kind pd_link_keys = {{"href", "text", NULL}, "a link"};
const struct pd_link_kind pd_image_keys = {{"src", "alt", "href"}, "an image"};

/* ---- severity ---- */

/* What PagerDuty would refuse, as what it is nearest to. */
static const struct {
	const char *word, *severity;
} severities[] = {
    {"critical", "critical"}, {"error", "error"},    {"warning", "warning"},    {"info", "info"},
    {"page", "critical"},     {"fatal", "critical"}, {"emergency", "critical"}, {"crit", "critical"},
    {"warn", "warning"},      {"medium", "warning"}, {"minor", "warning"},      {"notice", "info"},
    {"low", "info"},          {"none", "info"},      {"debug", "info"},         {"information", "info"},
};

static int
put_severity(json_t *p, const struct message *m, const char *text, struct err *e)
{
	const char *s = message_text(m, text, e), *severity = "error";

	if (s == NULL)
		return -1;
	for (size_t i = 0; i < sizeof severities / sizeof *severities; i++)
		if (strcasecmp(severities[i].word, s) == 0)
			severity = severities[i].severity;
	json_object_set_new(p, "severity", json_string(severity));
	return 0;
}

/* ---- parts of both versions ---- */

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
			rc = kind_put(o, m, defaults[i].name, defaults[i].value, false, 0, e);
	for (size_t i = 0; i < c->details.n && rc == 0; i++)
		rc = kind_put(o, m, c->details.at[i].name, c->details.at[i].value, false, 0, e);
	return rc;
}

static int
links(const struct pd_links *l, const struct pd_link_kind *k, const char *key, const struct message *m, json_t *o,
      struct err *e)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < l->n && rc == 0; i++) {
		const char *text[] = {l->at[i].a, l->at[i].b, l->at[i].c};
		json_t *one = json_object();
		for (size_t j = 0; j < 3 && k->key[j] != NULL && rc == 0; j++)
			rc = kind_put(one, m, k->key[j], text[j], true, 0, e);
		if (rc == 0 && json_object_get(one, k->key[0]) != NULL)
			json_array_append(list, one);
		json_decref(one);
	}
	kind_put_list(o, key, list);
	return rc;
}

/* An event that is too large loses its details. */
static void
fit(json_t *event, json_t *owner, const char *key)
{
	char *text = json_dumps(event, JSON_COMPACT);

	if (text != NULL && strlen(text) > EVENT_MAX)
		json_object_set_new(owner, key,
				    json_pack("{s:s}", "error",
					      "Custom details have been removed because the original event exceeds the "
					      "maximum size of 512KB"));
	free(text);
}

/* ---- v2 ---- */

#define AT(m) offsetof(struct pagerduty_conf, m)

static int
payload_part(const struct pagerduty_conf *c, const struct message *m, json_t *p, struct err *e)
{
	static const struct kind_text texts[] = {
	    {"summary", AT(description), false, SUMMARY_MAX},
	    {"source", AT(source), false, SUMMARY_MAX},
	    {"class", AT(class_), true, 0},
	    {"component", AT(component), true, 0},
	    {"group", AT(group), true, 0},
	};
	json_t *d = json_object();
	int rc = kind_put_all(p, m, c, texts, sizeof texts / sizeof *texts, e);

	if (rc == 0)
		rc = put_severity(p, m, c->severity, e);
	if (rc == 0)
		rc = details(c, m, d, e);
	json_object_set_new(p, "custom_details", d);
	return rc;
}

static const struct kind_text client_texts[] = {
    {"client", AT(client), true, 0},
    {"client_url", AT(client_url), true, 0},
};

static int
render_v2(const struct pagerduty_conf *c, const struct message *m, const char *key, struct buf *payload, struct err *e)
{
	json_t *p = json_object();
	json_t *j = json_pack("{s:s, s:s, s:o}", "dedup_key", key, "event_action",
			      m->n_firing > 0 ? "trigger" : "resolve", "payload", p);
	int rc = payload_part(c, m, p, e);

	if (rc == 0)
		rc = kind_put_all(j, m, c, client_texts, 2, e);
	if (rc == 0)
		rc = links(&c->images, &pd_image_keys, "images", m, j, e);
	if (rc == 0)
		rc = links(&c->links, &pd_link_keys, "links", m, j, e);
	fit(j, p, "custom_details");
	return kind_payload(j, rc, payload, e);
}

/* ---- v1 ---- */

static int
render_v1(const struct pagerduty_conf *c, const struct message *m, const char *key, struct buf *payload, struct err *e)
{
	json_t *d = json_object();
	json_t *j = json_pack("{s:s, s:s, s:o}", "incident_key", key, "event_type",
			      m->n_firing > 0 ? "trigger" : "resolve", "details", d);
	int rc = kind_put(j, m, "description", c->description, true, SUMMARY_MAX, e);

	if (rc == 0 && m->n_firing > 0)
		rc = kind_put_all(j, m, c, client_texts, 2, e);
	if (rc == 0)
		rc = details(c, m, d, e);
	fit(j, j, "details");
	return kind_payload(j, rc, payload, e);
}

int
pagerduty_render(const struct integration *in, const struct message *m, struct buf *payload, struct err *e)
{
	const struct pagerduty_conf *c = (const struct pagerduty_conf *)in->conf;
	char key[65];

	sha256_hex(m->group_key, strlen(m->group_key), key);
	return c->v1 ? render_v1(c, m, key, payload, e) : render_v2(c, m, key, payload, e);
}
