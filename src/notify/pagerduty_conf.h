/* pagerduty_conf.h -- the settings of one pagerduty_configs entry, and the message that is made with them. */
#ifndef NOTIFY_PAGERDUTY_CONF_H
#define NOTIFY_PAGERDUTY_CONF_H

#include "conf.h"
#include "kinds.h"

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
	bool v1; /* with the service_key */
	char *url, *client, *client_url, *description, *source, *severity, *class_, *component, *group;
	struct pair_list details;
	struct pd_links images, links;
};

struct pd_link_kind {
	const char *key[3];
	const char *what;
};
extern const struct pd_link_kind pd_link_keys, pd_image_keys;

int pagerduty_render(const struct integration *in, const struct message *m, struct buf *payload, struct err *e);

#endif
