/*
 * conf_receivers.c -- the section `receivers` of a routing file. What a kind's section may hold is the kind's business.
 */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "kinds.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"

const struct kind *const kinds[] = {&kind_slack, &kind_pagerduty, &kind_webhook, &kind_email, &kind_alertmanager};
const size_t n_kinds = sizeof kinds / sizeof *kinds;

const struct kind *
kind_by_name(const char *name)
{
	for (size_t i = 0; i < n_kinds; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

static const struct kind *
kind_by_key(const char *key)
{
	for (size_t i = 0; i < n_kinds; i++)
		if (strcmp(kinds[i]->key, key) == 0)
			return kinds[i];
	return NULL;
}

static bool
read_kind(struct loader *l, struct receiver *r, const struct kind *k, const struct yaml_node *v)
{
	bool ok = true;

	if (!yaml_expect(&l->f, v, YAML_LIST, "a list"))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		if (v->items[i]->kind == YAML_NULL) {
			yaml_error(&l->f, v->items[i], "receiver", "nothing is written here");
			ok = false;
			continue;
		}
		xgrow(r->at, r->n, r->cap);
		struct integration *in = &r->at[r->n++];
		*in = (struct integration){.kind = k, .index = i, .conf = xcalloc(1, k->size)};
		in->conf->send_resolved = k->send_resolved;
		if (!k->read(l, v->items[i], in)) {
			ok = false;
			continue;
		}
		if (!in->conf->has_http)
			http_auth_copy(&in->conf->http, &l->c->global.base.http);
	}
	return ok;
}

static bool
unknown(struct loader *l, const struct yaml_node *key)
{
	const char *near = NULL;

	for (size_t i = 0; near == NULL && i < n_kinds; i++)
		near = suggest(key->text, &kinds[i]->key, 1, sizeof(void *));
	if (near != NULL)
		yaml_error(&l->f, key, "unknown-key", "unknown key '%s' in a receiver, did you mean '%s'?", key->text,
			   near);
	else
		yaml_error(&l->f, key, "unknown-key", "unknown key '%s' in a receiver", key->text);
	return false;
}

static bool
read_receiver(struct loader *l, const struct yaml_node *v, struct receiver *r)
{
	const struct yaml_node *name = v->kind == YAML_MAP ? yaml_get(v, "name") : NULL;
	const char *s = "";
	bool ok = yaml_expect(&l->f, v, YAML_MAP, "a mapping (a receiver)");

	if (name != NULL)
		ok = yaml_string(&l->f, name, &s) && ok;
	r->name = xstrdup(s);
	if (ok && s[0] == '\0') {
		yaml_error(&l->f, v, "receiver", "missing name in receiver");
		ok = false;
	}
	for (size_t i = 0; v->kind == YAML_MAP && i < v->n; i++) {
		const struct yaml_node *key = v->keys[i], *value = v->items[i];
		const struct kind *k = kind_by_key(key->text);
		if (strcmp(key->text, "name") == 0)
			continue;
		if (k == NULL && !foreign_find(key->text))
			ok = unknown(l, key);
		else if (value->kind == YAML_NULL)
			continue;
		else if (k != NULL)
			ok = read_kind(l, r, k, value) && ok;
		else
			ok = foreign_read(l, key->text, value) && ok;
	}
	return ok;
}

bool
read_receivers(struct loader *l, const struct yaml_node *v)
{
	struct notify_config *c = l->c;
	bool ok = true;

	if (!yaml_expect(&l->f, v, YAML_LIST, "a list of receivers"))
		return false;
	c->receivers = xcalloc(v->n + 1, sizeof *c->receivers);
	for (size_t i = 0; i < v->n; i++) {
		if (v->items[i]->kind == YAML_NULL)
			continue;
		struct receiver *r = &c->receivers[c->n_receivers];
		ok = read_receiver(l, v->items[i], r) && ok;
		if (receiver_find(c, r->name) != NULL && r->name[0] != '\0') {
			yaml_error(&l->f, v->items[i], "receiver", "notification config name \"%s\" is not unique",
				   r->name);
			ok = false;
		}
		c->n_receivers++;
	}
	return ok;
}

void
receivers_release(struct notify_config *c)
{
	for (size_t i = 0; i < c->n_receivers; i++) {
		struct receiver *r = &c->receivers[i];
		for (size_t k = 0; k < r->n; k++) {
			if (r->at[k].kind->release != NULL)
				r->at[k].kind->release(r->at[k].conf);
			http_auth_release(&r->at[k].conf->http);
			free(r->at[k].conf);
		}
		free(r->at);
		free(r->name);
	}
	free(c->receivers);
}

const struct receiver *
receiver_find(const struct notify_config *c, const char *name)
{
	for (size_t i = 0; i < c->n_receivers; i++)
		if (strcmp(c->receivers[i].name, name) == 0)
			return &c->receivers[i];
	return NULL;
}

const struct integration *
integration_find(const struct notify_config *c, const char *receiver, const char *kind, size_t index)
{
	const struct receiver *r = receiver_find(c, receiver);

	for (size_t i = 0; r != NULL && i < r->n; i++)
		if (r->at[i].index == index && strcmp(r->at[i].kind->name, kind) == 0)
			return &r->at[i];
	return NULL;
}
