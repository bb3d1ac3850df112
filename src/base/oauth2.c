/*
 * oauth2.c -- the oauth2 section of an http_config: client credentials as Prometheus and Alertmanager write them. Who gets a token with
 * them, and when, is the fetcher's business.
 */
#include "oauth2.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/labels.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

#define AT(f) offsetof(struct oauth2, f)

static void
scopes_free(struct oauth2 *o)
{
	for (size_t i = 0; i < o->n_scopes; i++)
		free(o->scopes[i]);
	free(o->scopes);
	o->scopes = NULL;
	o->n_scopes = 0;
}

static void
params_free(struct oauth2 *o)
{
	for (size_t i = 0; i < o->n_params; i++) {
		free((char *)(uintptr_t)o->params[i].name);
		secret_free((char *)(uintptr_t)o->params[i].value);
	}
	free(o->params);
	o->params = NULL;
	o->n_params = 0;
}

void
oauth2_close(struct oauth2 *o)
{
	if (o == NULL)
		return;
	free(o->client_id);
	secret_free(o->client_secret);
	free(o->client_secret_file);
	free(o->token_url);
	scopes_free(o);
	params_free(o);
	http_auth_release(&o->via);
	free(o);
}

struct oauth2 *
oauth2_copy(const struct oauth2 *from)
{
	if (from == NULL)
		return NULL;
	struct oauth2 *o = xcalloc(1, sizeof *o);
	o->client_id = xstrdup_any(from->client_id);
	o->client_secret = xstrdup_any(from->client_secret);
	o->client_secret_file = xstrdup_any(from->client_secret_file);
	o->token_url = xstrdup_any(from->token_url);
	o->scopes = xcalloc(from->n_scopes + 1, sizeof *o->scopes);
	for (; o->n_scopes < from->n_scopes; o->n_scopes++)
		o->scopes[o->n_scopes] = xstrdup(from->scopes[o->n_scopes]);
	o->params = xcalloc(from->n_params + 1, sizeof *o->params);
	for (; o->n_params < from->n_params; o->n_params++)
		o->params[o->n_params] =
		    (struct label){xstrdup(from->params[o->n_params].name), xstrdup(from->params[o->n_params].value)};
	http_auth_copy(&o->via, &from->via);
	return o;
}

bool
oauth2_read_scopes(struct yaml_file *f, const struct yaml_node *v, void *oauth2)
{
	struct oauth2 *o = oauth2;
	const char *s;

	if (!yaml_expect(f, v, YAML_LIST, "a list"))
		return false;
	scopes_free(o);
	o->scopes = xcalloc(v->n + 1, sizeof *o->scopes);
	for (size_t i = 0; i < v->n; i++) {
		if (!yaml_string(f, v->items[i], &s))
			return false;
		o->scopes[o->n_scopes++] = xstrdup(s);
	}
	return true;
}

bool
oauth2_read_params(struct yaml_file *f, const struct yaml_node *v, void *oauth2)
{
	struct oauth2 *o = oauth2;

	if (!yaml_expect(f, v, YAML_MAP, "a mapping"))
		return false;
	params_free(o);
	o->params = xcalloc(v->n + 1, sizeof *o->params);
	for (size_t i = 0; i < v->n; i++) {
		const char *s = "";
		if (v->items[i]->kind != YAML_NULL && !yaml_string(f, v->items[i], &s))
			return false;
		o->params[o->n_params++] = (struct label){xstrdup(v->keys[i]->text), xstrdup(s)};
	}
	return true;
}

static bool
complain(struct yaml_file *f, const struct yaml_node *v, const char *text)
{
	yaml_error(f, v, "conflict", "%s", text);
	return false;
}

#define VIA(f) (offsetof(struct oauth2, via) + offsetof(struct http_auth, f))

bool
http_auth_read_oauth2(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	static const struct yaml_key rows[] = {
	    {"client_id", yaml_read_str, AT(client_id), true},
	    {"client_secret", yaml_read_str, AT(client_secret), false},
	    {"client_secret_file", yaml_read_secret_file, AT(client_secret_file), false},
	    {"token_url", yaml_read_str, AT(token_url), true},
	    {"scopes", oauth2_read_scopes, 0, false},
	    {"endpoint_params", oauth2_read_params, 0, false},
	    {"tls_config", http_auth_read_tls, AT(via), false},
	    {"proxy_url", yaml_read_str, VIA(proxy_url), false},
	    {"no_proxy", yaml_read_str, VIA(no_proxy), false},
	    {"proxy_from_environment", yaml_read_bool, VIA(proxy_from_environment), false},
	    {"proxy_connect_header", http_auth_read_connect_headers, AT(via), false},
	};
	struct http_auth *a = auth;

	oauth2_close(a->oauth2);
	a->oauth2 = xcalloc(1, sizeof *a->oauth2);
	if (!yaml_read_map(f, v, rows, sizeof rows / sizeof *rows, a->oauth2, "oauth2"))
		return false;
	if (a->oauth2->client_secret != NULL && a->oauth2->client_secret_file != NULL)
		return complain(f, v, "only one of 'client_secret' and 'client_secret_file'");
	return http_auth_check(f, v, &a->oauth2->via);
}
