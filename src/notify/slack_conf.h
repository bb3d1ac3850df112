/* slack_conf.h -- the settings of one slack_configs entry, and the message that is made with them. */
#ifndef NOTIFY_SLACK_CONF_H
#define NOTIFY_SLACK_CONF_H

#include "conf.h"
#include "kinds.h"

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

static inline bool
slack_empty(const char *s)
{
	return s == NULL || s[0] == '\0';
}

int slack_render(const struct integration *in, const struct message *m, struct buf *payload, struct err *e);

#endif
