/* email_conf.h -- the settings of one email_configs entry, and the mail that is made with them. */
#ifndef NOTIFY_EMAIL_CONF_H
#define NOTIFY_EMAIL_CONF_H

#include <jansson.h>

#include "conf.h"
#include "kinds.h"

struct email_conf {
	struct conf_base base; /* http: only its TLS part */
	char *to, *from, *hello, *smarthost, *user, *identity, *html, *text;
	struct secret password, secret;
	struct pair_list headers;
	bool require_tls, require_tls_given;
	char html_name[32]; /* the HTML template's name in the set */
};

/* The finished mail with its envelope as JSON: from, to, mail. */
int email_render(const struct integration *in, const struct message *m, struct buf *payload, struct err *e);

#endif
