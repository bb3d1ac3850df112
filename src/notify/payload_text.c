/*
 * payload_text.c -- the message of an outbox row, as it was sent, in lines for people. Each kind has its own; what no kind wrote is shown as
 * it is.
 */
#include <jansson.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/notify.h"

/* "Name: text" when there is a text; more than a line of it stands below. */
static void
line(struct buf *out, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	buf_addf(out, "%s:%s%s\n", name, strchr(text, '\n') != NULL ? "\n" : " ", text);
}

static const char *
get(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

struct named {
	const char *key, *name;
};

static void
lines(struct buf *out, const json_t *o, const struct named *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		line(out, at[i].name, get(o, at[i].key));
}
#define LINES(out, o, table) lines((out), (o), (table), sizeof(table) / sizeof((table)[0]))

static void
paragraph(struct buf *out, const char *text)
{
	size_t n = text != NULL ? strlen(text) : 0;

	while (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0)
		buf_addf(out, "\n%.*s\n", (int)n, text);
}

/* Every member that is a text. */
static void
members(struct buf *out, json_t *o, const char *indent)
{
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v)
	{
		const char *text = json_string_value(v);
		if (text == NULL || text[0] == '\0')
			continue;
		buf_addf(out, "%s%s: ", indent, key);
		for (; *text != '\0' && strcmp(text, "\n") != 0; text++)
			if (*text == '\n')
				buf_addf(out, "\n%s  ", indent);
			else
				buf_addc(out, *text);
		buf_addc(out, '\n');
	}
}

/* ---- the kinds ---- */

static void
email(struct buf *out, json_t *doc)
{
	json_t *to;
	size_t i;

	line(out, "From", get(doc, "from"));
	json_array_foreach(json_object_get(doc, "to"), i, to) line(out, "To", json_string_value(to));
	line(out, "Subject", get(doc, "subject"));
	paragraph(out, get(doc, "text") != NULL ? get(doc, "text") : get(doc, "mail"));
}

static void
slack_attachment(struct buf *out, json_t *att)
{
	static const struct named head[] = {{"pretext", "Pretext"}, {"title", "Title"}, {"title_link", "Link"}};
	static const struct named foot[] = {{"footer", "Footer"},
					    {"image_url", "Image"},
					    {"thumb_url", "Thumbnail"},
					    {"color", "Colour"},
					    {"fallback", "Fallback"}};
	json_t *o;
	size_t i;

	LINES(out, att, head);
	paragraph(out, get(att, "text"));
	buf_addc(out, '\n');
	json_array_foreach(json_object_get(att, "fields"), i, o)
	    line(out, get(o, "title") != NULL ? get(o, "title") : "Field", get(o, "value"));
	json_array_foreach(json_object_get(att, "actions"), i, o) buf_addf(
	    out, "[%s] %s\n", get(o, "text") != NULL ? get(o, "text") : "", get(o, "url") != NULL ? get(o, "url") : "");
	LINES(out, att, foot);
}

static void
slack(struct buf *out, json_t *doc)
{
	static const struct named head[] = {{"channel", "Channel"}, {"username", "From"}};
	json_t *att;
	size_t i;

	LINES(out, doc, head);
	json_array_foreach(json_object_get(doc, "attachments"), i, att) slack_attachment(out, att);
}

static void
pagerduty(struct buf *out, json_t *doc)
{
	static const struct named head[] = {
	    {"event_action", "Action"}, {"event_type", "Action"}, {"description", "Summary"}};
	static const struct named payload[] = {{"severity", "Severity"},   {"summary", "Summary"},
					       {"source", "Source"},       {"class", "Class"},
					       {"component", "Component"}, {"group", "Group"}};
	static const struct named foot[] = {{"client", "Client"},
					    {"client_url", "Client URL"},
					    {"dedup_key", "Incident"},
					    {"incident_key", "Incident"}};
	json_t *p = json_object_get(doc, "payload"), *link;
	size_t i;

	LINES(out, doc, head);
	LINES(out, p, payload);
	LINES(out, doc, foot);
	json_array_foreach(json_object_get(doc, "links"), i, link)
	    buf_addf(out, "Link: %s %s\n", get(link, "text") != NULL ? get(link, "text") : "", get(link, "href"));
	json_t *details = json_object_get(p != NULL ? p : doc, p != NULL ? "custom_details" : "details");
	if (json_object_size(details) > 0) {
		buf_addstr(out, "\n");
		members(out, details, "");
	}
}

static void
alerts(struct buf *out, json_t *list)
{
	json_t *a;
	size_t i;

	json_array_foreach(list, i, a)
	{
		const char *status = get(a, "status"), *ends = get(a, "endsAt");
		buf_addf(out, "\n%s since %s", status != NULL ? status : "alert", get(a, "startsAt"));
		if (ends != NULL && strncmp(ends, "0001", 4) != 0)
			buf_addf(out, " until %s", ends);
		buf_addc(out, '\n');
		members(out, json_object_get(a, "labels"), "  ");
		members(out, json_object_get(a, "annotations"), "  ");
	}
}

static void
webhook(struct buf *out, json_t *doc)
{
	static const struct named head[] = {{"status", "Status"}, {"receiver", "Receiver"}, {"groupKey", "Group"}};
	json_int_t left_out = json_integer_value(json_object_get(doc, "truncatedAlerts"));

	LINES(out, doc, head);
	alerts(out, json_object_get(doc, "alerts"));
	if (left_out > 0)
		buf_addf(out, "\nand %lld more alerts that were left out\n", (long long)left_out);
}

static void
alertmanager(struct buf *out, json_t *doc)
{
	alerts(out, doc);
}

static const struct {
	const char *kind;
	void (*text)(struct buf *out, json_t *doc);
} texts[] = {
    {"email", email}, {"slack", slack}, {"pagerduty", pagerduty}, {"webhook", webhook}, {"alertmanager", alertmanager},
};

void
notify_message_text(struct buf *out, const char *kind, const char *payload)
{
	json_t *doc = json_loads(payload, 0, NULL);

	for (size_t i = 0; doc != NULL && i < sizeof texts / sizeof *texts; i++)
		if (strcmp(texts[i].kind, kind) == 0) {
			texts[i].text(out, doc);
			json_decref(doc);
			return;
		}
	json_decref(doc);
	buf_addf(out, "%s%s", payload, payload[0] != '\0' ? "\n" : "");
}
