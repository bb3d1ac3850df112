/*
 * kind_webhook.c -- Alertmanager's webhook: a JSON document of version 4 posted to a URL.
 */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "message.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/xalloc.h"

struct webhook_conf {
	struct conf_base base;
	struct secret url;
	int64_t max_alerts, timeout;
};

/* A whole number as YAML 1.1 writes it for Go: 12, 1_000, 0x1f, 0o17, 017, 0b11. */
static bool
whole_number(const char *text, double *n)
{
	static const struct {
		const char *prefix;
		int base;
	} bases[] = {{"0x", 16}, {"0o", 8}, {"0b", 2}, {"0", 8}, {"", 10}};
	char digits[32];
	size_t len = 0;
	char *end;

	for (; *text != '\0' && len + 1 < sizeof digits; text++)
		if (*text != '_')
			digits[len++] = *text;
	digits[len] = '\0';
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
		size_t skip = strlen(bases[i].prefix);
		if (strncmp(digits, bases[i].prefix, skip) != 0 || !isxdigit((unsigned char)digits[skip]))
			continue;
		errno = 0;
		*n = (double)strtoull(digits + skip, &end, bases[i].base);
		return *text == '\0' && *end == '\0' && errno == 0;
	}
	return false;
}

/* As Alertmanager, which cuts a fraction off. */
static bool
read_count(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	double n;

	if (!yaml_expect(f, v, YAML_SCALAR, "a number"))
		return false;
	if (v->style != 0 || !whole_number(v->text, &n))
		if (!yaml_double(f, v, &n))
			return false;
	if (!(n >= 0 && n <= 18446744073709551615.0)) {
		yaml_error(f, v, "bad-value", "not a count: '%s'", v->text);
		return false;
	}
	*(int64_t *)field = n < 1e15 ? (int64_t)n : INT64_C(1000000000000000);
	return true;
}

#define AT(m) offsetof(struct webhook_conf, m)
static const struct yaml_key rows[] = {
    {"send_resolved", yaml_read_bool, AT(base.send_resolved), false},
    {"http_config", read_http, AT(base), false},
    {"url", read_url, AT(url.text), false},
    {"url_file", read_secret_file, AT(url), false},
    {"max_alerts", read_count, AT(max_alerts), false},
    {"timeout", yaml_read_duration, AT(timeout), false},
    {"payload", read_ignored, 0, false},
};

static bool
webhook_read(struct loader *l, const struct yaml_node *v, struct integration *in)
{
	struct webhook_conf *c = (struct webhook_conf *)in->conf;

	if (!yaml_read_map(&l->f, v, rows, sizeof rows / sizeof *rows, c, "webhook_configs"))
		return false;
	if (!secret_set(&c->url))
		return kind_refuse(l, v, "missing URL in webhook config");
	if (c->url.text != NULL && c->url.file != NULL)
		return kind_refuse(l, v, "at most one of url & url_file must be configured");
	return true;
}

static void
webhook_release(void *conf)
{
	secret_release(&((struct webhook_conf *)conf)->url);
}

static json_t *
alert_object(const struct message_alert *a)
{
	char starts[40], ends[40], fp[17];

	time_text(starts, a->starts_ms);
	time_text(ends, a->ends_ms);
	fingerprint_text(fp, a->fingerprint);
	return json_pack("{s:s, s:o, s:o, s:s, s:s, s:s, s:s}", "status", a->resolved ? "resolved" : "firing", "labels",
			 json_labels(a->labels), "annotations", json_labels(a->annotations), "startsAt", starts,
			 "endsAt", ends, "generatorURL", a->generator_url != NULL ? a->generator_url : "",
			 "fingerprint", fp);
}

static int
webhook_render(const struct integration *in, const struct message *all, struct buf *payload, struct err *e)
{
	const struct webhook_conf *c = (const struct webhook_conf *)in->conf;
	struct message m;
	size_t keep = c->max_alerts > 0 && (uint64_t)c->max_alerts < all->n ? (size_t)c->max_alerts : all->n;

	message_cut(all, keep, &m);
	json_t *alerts = json_array();
	for (size_t i = 0; i < m.n; i++)
		json_array_append_new(alerts, alert_object(&m.alerts[i]));
	json_t *j = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:I}", "receiver", m.receiver, "status",
			      m.n_firing > 0 ? "firing" : "resolved", "alerts", alerts, "groupLabels",
			      json_labels(m.group_labels), "commonLabels", json_labels(m.common_labels),
			      "commonAnnotations", json_labels(m.common_annotations), "externalURL", m.external_url,
			      "version", "4", "groupKey", m.group_key, "truncatedAlerts", (json_int_t)(all->n - keep));
	return kind_payload(j, 0, payload, e);
}

static int
webhook_request(const struct integration *in, const char *payload, struct request *r, struct err *e)
{
	const struct webhook_conf *c = (const struct webhook_conf *)in->conf;

	r->url = secret_get_url(&c->url, "webhook URL", e);
	if (r->url == NULL)
		return -1;
	r->auth = &in->conf->http;
	r->timeout_ms = c->timeout;
	buf_addstr(&r->body, payload);
	request_header(r, "Content-Type: application/json");
	return 0;
}

const struct kind kind_webhook = {
    .name = "webhook",
    .key = "webhook_configs",
    .send_resolved = true,
    .size = sizeof(struct webhook_conf),
    .at_once = 4,
    .per_second = 0,
    .read = webhook_read,
    .release = webhook_release,
    .render = webhook_render,
    .request = webhook_request,
};
