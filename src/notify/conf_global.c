/*
 * conf_global.c -- the section `global` of a routing file: what receivers fall back to.
 */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "kinds.h"
#include "mlwatch/clock.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"

static bool
read_smtp_tls(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct global_conf *g = field;

	g->has_smtp_tls = true;
	return read_tls(f, v, &g->smtp_tls);
}

#define AT(m) offsetof(struct global_conf, m)
static const struct yaml_key rows[] = {
    {"resolve_timeout", yaml_read_duration, AT(resolve_timeout), false},
    {"http_config", read_http, AT(base), false},
    {"smtp_from", yaml_read_str, AT(smtp_from), false},
    {"smtp_hello", yaml_read_str, AT(smtp_hello), false},
    {"smtp_smarthost", read_hostport, AT(smtp_smarthost), false},
    {"smtp_auth_username", yaml_read_str, AT(smtp_user), false},
    {"smtp_auth_password", read_secret, AT(smtp_password), false},
    {"smtp_auth_password_file", read_secret_file, AT(smtp_password), false},
    {"smtp_auth_secret", read_secret, AT(smtp_secret), false},
    {"smtp_auth_secret_file", read_secret_file, AT(smtp_secret), false},
    {"smtp_auth_identity", yaml_read_str, AT(smtp_identity), false},
    {"smtp_require_tls", yaml_read_bool, AT(smtp_require_tls), false},
    {"smtp_tls_config", read_smtp_tls, 0, false},
    {"smtp_force_implicit_tls", read_ignored, 0, false},
    {"slack_api_url", read_secret_url, AT(slack_url), false},
    {"slack_api_url_file", read_secret_file, AT(slack_url), false},
    {"slack_app_token", read_secret, AT(slack_token), false},
    {"slack_app_token_file", read_secret_file, AT(slack_token), false},
    {"slack_app_url", read_url, AT(slack_app_url), false},
    {"pagerduty_url", read_url, AT(pagerduty_url), false},
};
static const size_t n_rows = sizeof rows / sizeof *rows;

static bool
both(const struct secret *s)
{
	return s->text != NULL && s->text[0] != '\0' && s->file != NULL;
}

static bool
check_global(struct loader *l, const struct yaml_node *v)
{
	const struct global_conf *g = &l->c->global;
	const struct {
		const struct secret *s;
		const char *name;
	} pairs[] = {{&g->slack_url, "slack_api_url"},
		     {&g->slack_token, "slack_app_token"},
		     {&g->smtp_password, "smtp_auth_password"},
		     {&g->smtp_secret, "smtp_auth_secret"}};
	bool ok = true;

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (!both(pairs[i].s))
			continue;
		yaml_error(&l->f, v, "global", "at most one of %s & %s_file must be configured", pairs[i].name,
			   pairs[i].name);
		ok = false;
	}
	return foreign_global_rules(l, v) && ok;
}

static void
defaults(struct global_conf *g)
{
	g->resolve_timeout = 5 * MS_MINUTE;
	g->smtp_require_tls = true;
	g->smtp_hello = xstrdup("localhost");
	g->pagerduty_url = xstrdup("https://events.pagerduty.com/v2/enqueue");
	g->slack_app_url = xstrdup("https://slack.com/api/chat.postMessage");
}

bool
read_global(struct loader *l, const struct yaml_node *v)
{
	bool ok = true;

	defaults(&l->c->global);
	if (v == NULL)
		return true;
	if (!yaml_expect(&l->f, v, YAML_MAP, "a mapping"))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		const struct yaml_node *key = v->keys[i], *value = v->items[i];
		size_t r = 0;
		bool known;
		while (r < n_rows && strcmp(rows[r].name, key->text) != 0)
			r++;
		if (r < n_rows) {
			if (value->kind != YAML_NULL)
				ok = rows[r].read(&l->f, value, (char *)&l->c->global + rows[r].offset) && ok;
			continue;
		}
		ok = foreign_global(l, key->text, value, &known) && ok;
		if (known)
			continue;
		const char *near = suggest(key->text, &rows[0].name, n_rows, sizeof rows[0]);
		yaml_error(&l->f, key, "unknown-key",
			   near != NULL ? "unknown key '%s' in global, did you mean '%s'?"
					: "unknown key '%s' in global",
			   key->text, near);
		ok = false;
	}
	return check_global(l, v) && ok;
}

void
global_release(struct global_conf *g)
{
	http_auth_release(&g->base.http);
	http_auth_release(&g->smtp_tls);
	char *const own[] = {g->smtp_from,     g->smtp_hello,    g->smtp_smarthost, g->smtp_user,
			     g->smtp_identity, g->pagerduty_url, g->slack_app_url};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		free(own[i]);
	secret_release(&g->smtp_password);
	secret_release(&g->smtp_secret);
	secret_release(&g->slack_url);
	secret_release(&g->slack_token);
}
