/*
 * conf_http.c -- http_config and tls_config of a routing file. What excludes each other is what Alertmanager refuses; the reader that
 * mlwatch.yml uses (http_auth.h) is stricter and knows less.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf.h"
#include "mlwatch/xalloc.h"

struct basic_conf {
	char *username;
	struct secret password, user_file;
};
struct authorization_conf {
	char *type;
	struct secret credentials;
};
struct oauth_conf {
	char *client_id, *token_url;
	struct secret secret;
};
struct http_conf {
	struct basic_conf basic;
	struct authorization_conf authorization;
	struct oauth_conf oauth;
	struct secret bearer;
	bool has_basic, has_authorization, has_oauth, follow, http2, from_env;
	struct http_auth tls;
	struct secret proxy;
	char *no_proxy;
};

#define ROW(type, key, fn, member)                                                                                     \
	{                                                                                                              \
		key, fn, offsetof(type, member), false                                                                 \
	}

static bool
read_basic(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    ROW(struct basic_conf, "username", yaml_read_str, username),
	    ROW(struct basic_conf, "username_file", read_secret_file, user_file),
	    ROW(struct basic_conf, "password", read_secret, password),
	    ROW(struct basic_conf, "password_file", read_secret_file, password),
	};
	struct http_conf *h = field;

	h->has_basic = true;
	if (!yaml_read_map(f, v, rows, sizeof rows / sizeof *rows, &h->basic, "basic_auth"))
		return false;
	if (h->basic.password.text != NULL && h->basic.password.text[0] != '\0' && h->basic.password.file != NULL) {
		yaml_error(f, v, "auth", "at most one of basic_auth password & password_file must be configured");
		return false;
	}
	return true;
}

static bool
read_authorization(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    ROW(struct authorization_conf, "type", yaml_read_str, type),
	    ROW(struct authorization_conf, "credentials", read_secret, credentials),
	    ROW(struct authorization_conf, "credentials_file", read_secret_file, credentials),
	};
	struct http_conf *h = field;

	h->has_authorization = true;
	if (!yaml_read_map(f, v, rows, sizeof rows / sizeof *rows, &h->authorization, "authorization"))
		return false;
	const struct authorization_conf *a = &h->authorization;
	if (a->type != NULL && strcasecmp(a->type, "basic") == 0) {
		yaml_error(f, v, "auth", "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
		return false;
	}
	if (a->credentials.text != NULL && a->credentials.text[0] != '\0' && a->credentials.file != NULL) {
		yaml_error(f, v, "auth",
			   "at most one of authorization credentials & credentials_file must be configured");
		return false;
	}
	return true;
}

static bool
read_tls_version(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const char *const known[] = {"TLS10", "TLS11", "TLS12", "TLS13"};
	const char *s;

	(void)field;
	if (!yaml_string(f, v, &s))
		return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i], s) == 0)
			return true;
	mistake_hint(yaml_error(f, v, "tls", "unknown TLS version: %s", s), "TLS10, TLS11, TLS12 or TLS13");
	return false;
}

/* A proxy may have any scheme, but must have one if it has a colon in front. */
static bool
read_proxy(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	if (s[0] == ':') {
		yaml_error(f, v, "url", "parse \"%s\": missing protocol scheme", s);
		return false;
	}
	return url_escapes_ok(f, v, s) && yaml_read_str(f, v, field);
}

static const struct yaml_key tls_rows[] = {
    ROW(struct http_auth, "ca_file", yaml_read_str, ca_file),
    ROW(struct http_auth, "cert_file", yaml_read_str, cert_file),
    ROW(struct http_auth, "key_file", yaml_read_str, key_file),
    ROW(struct http_auth, "server_name", yaml_read_str, server_name),
    ROW(struct http_auth, "insecure_skip_verify", yaml_read_bool, insecure_skip_verify),
    {"min_version", read_tls_version, 0, false},
    {"max_version", read_tls_version, 0, false},
};

static void
resolve_path(struct loader *l, char **path)
{
	if (*path == NULL || **path == '\0')
		return;
	char *full = beside_config(l, *path);
	free(*path);
	*path = full;
}

bool
read_tls(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct http_auth *a = field;

	if (!yaml_read_map(f, v, tls_rows, sizeof tls_rows / sizeof *tls_rows, a, "tls_config"))
		return false;
	resolve_path(loader_of(f), &a->ca_file);
	resolve_path(loader_of(f), &a->cert_file);
	resolve_path(loader_of(f), &a->key_file);
	return true;
}

static bool
read_oauth(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    ROW(struct oauth_conf, "client_id", yaml_read_str, client_id),
	    ROW(struct oauth_conf, "client_secret", read_secret, secret),
	    ROW(struct oauth_conf, "client_secret_file", read_secret_file, secret),
	    ROW(struct oauth_conf, "token_url", yaml_read_str, token_url),
	    {"scopes", read_nothing, 0, false},
	    {"endpoint_params", read_nothing, 0, false},
	    {"tls_config", read_nothing, 0, false},
	    {"proxy_url", read_nothing, 0, false},
	    {"no_proxy", read_nothing, 0, false},
	    {"proxy_from_environment", read_nothing, 0, false},
	    {"proxy_connect_header", read_nothing, 0, false},
	};
	struct http_conf *h = field;

	h->has_oauth = true;
	return yaml_read_map(f, v, rows, sizeof rows / sizeof *rows, &h->oauth, "oauth2");
}

static const struct yaml_key http_rows[] = {
    {"basic_auth", read_basic, 0, false},
    {"authorization", read_authorization, 0, false},
    {"oauth2", read_oauth, 0, false},
    ROW(struct http_conf, "bearer_token", read_secret, bearer),
    ROW(struct http_conf, "bearer_token_file", read_secret_file, bearer),
    ROW(struct http_conf, "tls_config", read_tls, tls),
    ROW(struct http_conf, "proxy_url", read_proxy, proxy.text),
    ROW(struct http_conf, "no_proxy", yaml_read_str, no_proxy),
    ROW(struct http_conf, "proxy_from_environment", yaml_read_bool, from_env),
    {"proxy_connect_header", read_ignored, 0, false},
    {"http_headers", read_ignored, 0, false},
    ROW(struct http_conf, "follow_redirects", yaml_read_bool, follow),
    ROW(struct http_conf, "enable_http2", yaml_read_bool, http2),
};

static const char *
http_conflict(const struct http_conf *h)
{
	bool text = h->bearer.text != NULL && h->bearer.text[0] != '\0';
	bool bearer = secret_set(&h->bearer);

	if (text && h->bearer.file != NULL)
		return "at most one of bearer_token & bearer_token_file must be configured";
	if ((h->has_basic || h->has_oauth) && bearer)
		return "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured";
	if (h->has_authorization && bearer)
		return "authorization is not compatible with bearer_token & bearer_token_file";
	if (h->has_basic + h->has_oauth + h->has_authorization > 1)
		return "at most one of basic_auth, oauth2 & authorization must be configured";
	if (h->has_oauth && (h->oauth.client_id == NULL || h->oauth.client_id[0] == '\0'))
		return "oauth2 client_id must be configured";
	if (h->has_oauth && (h->oauth.token_url == NULL || h->oauth.token_url[0] == '\0'))
		return "oauth2 token_url must be configured";
	if (h->has_oauth && h->oauth.secret.text != NULL && h->oauth.secret.file != NULL)
		return "at most one of oauth2 client_secret & client_secret_file must be configured";
	return NULL;
}

/* Moves what was read into the form that requests use. */
static void
http_take(struct http_conf *h, struct http_auth *a)
{
	http_auth_release(a);
	*a = h->tls;
	a->username = h->basic.username;
	a->password = h->basic.password.text;
	a->password_file = h->basic.password.file;
	struct secret *bearer = h->has_authorization ? &h->authorization.credentials : &h->bearer;
	a->credentials = bearer->text;
	a->credentials_file = bearer->file;
	*bearer = (struct secret){0};
	a->authorization_type = h->authorization.type;
	a->proxy_url = h->proxy.text;
	a->no_follow_redirects = !h->follow;
	h->tls = (struct http_auth){0};
	h->basic.username = h->basic.password.text = h->basic.password.file = h->authorization.type = h->proxy.text =
	    NULL;
}

static void
http_conf_release(struct http_conf *h)
{
	free(h->basic.username);
	secret_release(&h->basic.password);
	secret_release(&h->basic.user_file);
	free(h->authorization.type);
	secret_release(&h->authorization.credentials);
	free(h->oauth.client_id);
	free(h->oauth.token_url);
	secret_release(&h->oauth.secret);
	secret_release(&h->bearer);
	http_auth_release(&h->tls);
	secret_release(&h->proxy);
	free(h->no_proxy);
}

bool
read_http(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct conf_base *out = field;
	struct http_conf h = {.follow = true, .http2 = true};
	bool ok = yaml_read_map(f, v, http_rows, sizeof http_rows / sizeof *http_rows, &h, "http_config");
	const char *conflict = http_conflict(&h);

	if (conflict != NULL) {
		yaml_error(f, v, "http-config", "%s", conflict);
		ok = false;
	}
	if (h.has_oauth && ok)
		yaml_warn(f, v, "oauth2", "oauth2 is not supported by mlwatch: requests are sent without a token");
	http_take(&h, &out->http);
	out->has_http = true;
	http_conf_release(&h);
	return ok;
}
