/*
 * slack_text.c -- Slack's message: one attachment, as Alertmanager sends it.
 *
 * Slack's limits (docs.slack.dev: attachments, Block Kit's texts) are kept by shortening with an ellipsis, never by a message that
 * Slack would refuse. What a label says is text: Slack would read "<!channel>" as a call to everybody, "<@U1>" as one to somebody and
 * "<x>" as a link, so the "<" of these becomes "&lt;". Annotations are written by those who write the rules and may hold links and
 * mentions, but no calls to everybody; the configuration's own templates may use all.
 */
#include <jansson.h>
#include <string.h>

#include "message.h"
#include "mlwatch/arena.h"
#include "slack_conf.h"

#define USERNAME_MAX     80
#define TITLE_MAX        1024
#define TEXT_MAX         8000
#define FALLBACK_MAX     4000
#define FOOTER_MAX       300
#define FIELD_MAX        2000
#define FIELDS_MAX       40
#define ACTIONS_MAX      5
#define BUTTON_MAX       75
#define BUTTON_VALUE_MAX 2000
#define URL_MAX          3000
#define ASK_TITLE_MAX    100
#define ASK_TEXT_MAX     300
#define ASK_BUTTON_MAX   30

/* ---- values are text ---- */

struct taming {
	bool label, names; /* names: "@channel" without brackets calls, too (link_names) */
};

static bool
calls_all(const char *at)
{
	static const char *const words[] = {"channel", "here", "everyone"};

	for (size_t i = 0; i < 3; i++)
		if (strncasecmp(at + 1, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static bool
slack_reads(const char *angle, bool label)
{
	return angle[1] == '!' || (label && (angle[1] == '@' || angle[1] == '#' || strchr(angle, '>') != NULL));
}

static const char *
tame(struct arena *mem, const char *s, const struct taming *how)
{
	struct buf b = BUF_INIT;
	const char *from = s;

	for (const char *p = s; *p != '\0'; p++) {
		const char *instead = *p == '<' && slack_reads(p, how->label) ? "&lt;"
				      : *p == '@' && how->names && calls_all(p)
					  ? "@\xe2\x80\x8b" /* a space of no width */
					  : NULL;
		if (instead == NULL)
			continue;
		buf_add(&b, from, (size_t)(p - from));
		buf_addstr(&b, instead);
		from = p + 1;
	}
	if (from == s)
		return s;
	buf_addstr(&b, from);
	const char *out = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return out;
}

static struct labels
tame_labels(struct arena *mem, struct labels l, const struct taming *how)
{
	struct label *at = arena_alloc(mem, (l.n + 1) * sizeof *at);

	for (size_t i = 0; i < l.n; i++)
		at[i] = (struct label){l.at[i].name, tame(mem, l.at[i].value, how)};
	return (struct labels){at, l.n};
}

static void
tame_message(const struct message *m, struct message *out, bool names)
{
	struct message_alert *alerts = arena_alloc(m->mem, (m->n + 1) * sizeof *alerts);
	const struct taming label = {true, names}, note = {false, names};

	*out = *m;
	for (size_t i = 0; i < m->n; i++) {
		alerts[i] = m->alerts[i];
		alerts[i].labels = tame_labels(m->mem, alerts[i].labels, &label);
		alerts[i].annotations = tame_labels(m->mem, alerts[i].annotations, &note);
		if (alerts[i].ack_by != NULL) {
			alerts[i].ack_by = tame(m->mem, alerts[i].ack_by, &label);
			alerts[i].ack_comment = tame(m->mem, alerts[i].ack_comment, &label);
		}
	}
	out->alerts = alerts;
	out->group_labels = tame_labels(m->mem, m->group_labels, &label);
	message_prepare(out);
}

/* ---- the message ---- */

static int
put_fields(json_t *att, const struct message *m, const struct slack_conf *c, struct err *e)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < c->n_fields && i < FIELDS_MAX && rc == 0; i++) {
		const struct slack_field *s = &c->fields[i];
		json_t *o = json_object();
		rc = kind_put(o, m, "title", s->title, true, FIELD_MAX, e);
		if (rc == 0)
			rc = kind_put(o, m, "value", s->value, true, FIELD_MAX, e);
		json_object_set_new(o, "short", json_boolean(s->has_short ? s->is_short : c->short_fields));
		json_array_append_new(list, o);
	}
	kind_put_list(att, "fields", list);
	return rc;
}

static int
put_confirm(json_t *o, const struct message *m, const struct slack_confirm *k, struct err *e)
{
	static const struct kind_text texts[] = {
	    {"title", offsetof(struct slack_confirm, title), true, ASK_TITLE_MAX},
	    {"text", offsetof(struct slack_confirm, text), true, ASK_TEXT_MAX},
	    {"ok_text", offsetof(struct slack_confirm, ok_text), true, ASK_BUTTON_MAX},
	    {"dismiss_text", offsetof(struct slack_confirm, dismiss_text), true, ASK_BUTTON_MAX},
	};
	json_t *j = json_object();
	int rc = kind_put_all(j, m, k, texts, sizeof texts / sizeof *texts, e);

	json_object_set_new(o, "confirm", j);
	return rc;
}

/* A button is a link, or it has a name and a value and may ask before it acts. */
static int
put_action(json_t *o, const struct message *m, const struct slack_action *a, struct err *e)
{
#define A(m) offsetof(struct slack_action, m)
	static const struct kind_text texts[] = {
	    {"type", A(type), true, 0},     {"text", A(text), true, BUTTON_MAX},
	    {"url", A(url), true, URL_MAX}, {"style", A(style), true, 0},
	    {"name", A(name), true, 0},     {"value", A(value), true, BUTTON_VALUE_MAX},
	};
#undef A
	bool link = !slack_empty(a->url);
	int rc = kind_put_all(o, m, a, texts, link ? 4 : 6, e);

	return rc == 0 && !link && a->has_confirm ? put_confirm(o, m, &a->confirm, e) : rc;
}

static int
put_actions(json_t *att, const struct message *m, const struct slack_conf *c, struct err *e)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < c->n_actions && i < ACTIONS_MAX && rc == 0; i++) {
		json_t *o = json_object();
		rc = put_action(o, m, &c->actions[i], e);
		json_array_append_new(list, o);
	}
	kind_put_list(att, "actions", list);
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

#define AT(m) offsetof(struct slack_conf, m)
static const struct kind_text message_texts[] = {
    {"channel", AT(channel), true, 0},
    {"username", AT(username), true, USERNAME_MAX},
    {"icon_emoji", AT(icon_emoji), true, 0},
    {"icon_url", AT(icon_url), true, URL_MAX},
};
static const struct kind_text attachment_texts[] = {
    {"title", AT(title), true, TITLE_MAX},           {"title_link", AT(title_link), true, 0},
    {"pretext", AT(pretext), true, TEXT_MAX},        {"text", AT(text), false, TEXT_MAX},
    {"fallback", AT(fallback), false, FALLBACK_MAX}, {"callback_id", AT(callback_id), false, 0},
    {"image_url", AT(image_url), true, 0},           {"thumb_url", AT(thumb_url), true, 0},
    {"footer", AT(footer), false, FOOTER_MAX},       {"color", AT(color), true, 0},
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int
slack_render(const struct integration *in, const struct message *raw, struct buf *payload, struct err *e)
{
	const struct slack_conf *c = (const struct slack_conf *)in->conf;
	json_t *j = json_object(), *att = json_object();
	struct message m;

	tame_message(raw, &m, c->link_names);
	int rc = kind_put_all(j, &m, c, message_texts, COUNT(message_texts), e);
	if (c->link_names)
		json_object_set_new(j, "link_names", json_true());
	if (rc == 0)
		rc = kind_put_all(att, &m, c, attachment_texts, COUNT(attachment_texts), e);
	if (rc == 0)
		rc = put_fields(att, &m, c, e);
	if (rc == 0)
		rc = put_actions(att, &m, c, e);
	json_object_set_new(att, "mrkdwn_in", markdown_in(c));
	json_object_set_new(j, "attachments", json_pack("[o]", att));
	return kind_payload(j, rc, payload, e);
}
