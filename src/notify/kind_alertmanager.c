/*
 * kind_alertmanager.c -- hands alerts to an existing Alertmanager over its v2 API. Ours; Alertmanager has no such receiver:
 *
 *     alertmanager_configs:
 *       - url: http://am-1:9093
 *       - url: http://am-2:9093          # each is served on its own
 *
 * An Alertmanager takes an alert for resolved once its endsAt has passed, so firing alerts are handed over again at every flush of
 * their group, each time with an endsAt of three group intervals and a minute ahead: one lost flush does not end them.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "message.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/xalloc.h"

struct alertmanager_conf {
	struct conf_base base;
	char *url;
};

#define AT(m) offsetof(struct alertmanager_conf, m)
static const struct yaml_key rows[] = {
    {"send_resolved", yaml_read_bool, AT(base.send_resolved), false},
    {"http_config", read_http, AT(base), false},
    {"url", read_url, AT(url), true},
};

static bool
alertmanager_read(struct loader *l, const struct yaml_node *v, struct integration *in)
{
	return yaml_read_map(&l->f, v, rows, sizeof rows / sizeof *rows, in->conf, "alertmanager_configs");
}

static void
alertmanager_release(void *conf)
{
	free(((struct alertmanager_conf *)conf)->url);
}

static int
alertmanager_render(const struct integration *in, const struct message *m, struct buf *payload, struct err *e)
{
	json_t *list = json_array();

	(void)in;
	for (size_t i = 0; i < m->n; i++) {
		const struct message_alert *a = &m->alerts[i];
		char starts[40], ends[40];
		time_text(starts, a->starts_ms);
		time_text(ends, a->resolved ? a->ends_ms : m->now_ms + 3 * m->group_interval_ms + MS_MINUTE);
		json_array_append_new(list, json_pack("{s:o, s:o, s:s, s:s, s:s}", "labels", json_labels(a->labels),
						      "annotations", json_labels(a->annotations), "startsAt", starts,
						      "endsAt", ends, "generatorURL",
						      a->generator_url != NULL ? a->generator_url : ""));
	}
	return kind_payload(list, 0, payload, e);
}

static int
alertmanager_request(const struct integration *in, const char *payload, struct request *r, struct err *e)
{
	const struct alertmanager_conf *c = (const struct alertmanager_conf *)in->conf;
	struct buf url = BUF_INIT;
	size_t n = strlen(c->url);

	(void)e;
	while (n > 0 && c->url[n - 1] == '/')
		n--;
	buf_add(&url, c->url, n);
	buf_addstr(&url, "/api/v2/alerts");
	r->url = buf_steal(&url);
	r->auth = &in->conf->http;
	buf_addstr(&r->body, payload);
	request_header(r, "Content-Type: application/json");
	return 0;
}

const struct kind kind_alertmanager = {
    .name = "alertmanager",
    .key = "alertmanager_configs",
    .send_resolved = true,
    .size = sizeof(struct alertmanager_conf),
    .at_once = 2,
    .per_second = 0,
    .every_flush = true,
    .read = alertmanager_read,
    .release = alertmanager_release,
    .render = alertmanager_render,
    .request = alertmanager_request,
};
