/*
 * conf_http.c -- http_config and tls_config of a routing file. What excludes each other is what Alertmanager refuses; the reader that
 * mlwatch.yml uses (http_auth.h) is stricter and knows less.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf.h"
#include "mlwatch/xalloc.h"

struct http_conf {
	struct http_auth auth; /* first: rows may name its members */
	struct secret bearer;
	bool has_basic, has_authorization, follow, http2;
};

#define ROW(type, key, fn, member)                                                                                     \
	{                                                                                                              \
		key, fn, offsetof(type, member), false                                                                 \
	}

static bool
given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool
complain(struct yaml_file *f, const struct yaml_node *v, const char *text)
{
	yaml_error(f, v, "auth", "%s", text);
	return false;
}

#define AUTH(member) offsetof(struct http_auth, member)

static bool
read_basic(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    {"username", yaml_read_str, AUTH(username), false},
	    {"username_file", read_secret_name, AUTH(username_file), false},
	    {"password", yaml_read_str, AUTH(password), false},
	    {"password_file", read_secret_name, AUTH(password_file), false},
	};
	struct http_conf *h = field;

	h->has_basic = true;
	if (!yaml_read_map(f, v, rows, sizeof rows / sizeof *rows, &h->auth, "basic_auth"))
		return false;
	if (given(h->auth.password) && h->auth.password_file != NULL)
		return complain(f, v, "at most one of basic_auth password & password_file must be configured");
	if (given(h->auth.username) && h->auth.username_file != NULL)
		return complain(f, v, "at most one of basic_auth username & username_file must be configured");
	return true;
}

static bool
read_authorization(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    {"type", yaml_read_str, AUTH(authorization_type), false},
	    {"credentials", yaml_read_str, AUTH(credentials), false},
	    {"credentials_file", read_secret_name, AUTH(credentials_file), false},
	};
	struct http_conf *h = field;

	h->has_authorization = true;
	if (!yaml_read_map(f, v, rows, sizeof rows / sizeof *rows, &h->auth, "authorization"))
		return false;
	if (h->auth.authorization_type != NULL && strcasecmp(h->auth.authorization_type, "basic") == 0)
		return complain(f, v, "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
	if (given(h->auth.credentials) && h->auth.credentials_file != NULL)
		return complain(f, v, "at most one of authorization credentials & credentials_file must be configured");
	return true;
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
    {"ca_file", yaml_read_str, AUTH(ca_file), false},
    {"cert_file", yaml_read_str, AUTH(cert_file), false},
    {"key_file", read_secret_name, AUTH(key_file), false},
    {"server_name", yaml_read_str, AUTH(server_name), false},
    {"insecure_skip_verify", yaml_read_bool, AUTH(insecure_skip_verify), false},
    {"min_version", yaml_read_tls_version, AUTH(tls_min), false},
    {"max_version", yaml_read_tls_version, AUTH(tls_max), false},
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
	return true;
}

#define OAUTH(member) offsetof(struct oauth2, member)

static bool
read_oauth(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct yaml_key rows[] = {
	    {"client_id", yaml_read_str, OAUTH(client_id), false},
	    {"client_secret", yaml_read_str, OAUTH(client_secret), false},
	    {"client_secret_file", read_secret_name, OAUTH(client_secret_file), false},
	    {"token_url", yaml_read_str, OAUTH(token_url), false},
	    {"scopes", oauth2_read_scopes, 0, false},
	    {"endpoint_params", oauth2_read_params, 0, false},
	    {"tls_config", read_tls, OAUTH(via), false},
	    {"proxy_url", read_proxy, OAUTH(via) + AUTH(proxy_url), false},
	    {"no_proxy", yaml_read_str, OAUTH(via) + AUTH(no_proxy), false},
	    {"proxy_from_environment", yaml_read_bool, OAUTH(via) + AUTH(proxy_from_environment), false},
	    {"proxy_connect_header", http_auth_read_connect_headers, OAUTH(via), false},
	};
	struct http_conf *h = field;

	h->auth.oauth2 = xcalloc(1, sizeof *h->auth.oauth2);
	return yaml_read_map(f, v, rows, sizeof rows / sizeof *rows, h->auth.oauth2, "oauth2");
}

#define HTTP(member) offsetof(struct http_conf, member)

static const struct yaml_key http_rows[] = {
    {"basic_auth", read_basic, 0, false},
    {"authorization", read_authorization, 0, false},
    {"oauth2", read_oauth, 0, false},
    {"bearer_token", read_secret, HTTP(bearer), false},
    {"bearer_token_file", read_secret_file, HTTP(bearer), false},
    {"tls_config", read_tls, HTTP(auth), false},
    {"proxy_url", read_proxy, AUTH(proxy_url), false},
    {"no_proxy", yaml_read_str, AUTH(no_proxy), false},
    {"proxy_from_environment", yaml_read_bool, AUTH(proxy_from_environment), false},
    {"proxy_connect_header", http_auth_read_connect_headers, HTTP(auth), false},
    {"http_headers", http_auth_read_headers, HTTP(auth), false},
    {"follow_redirects", yaml_read_bool, HTTP(follow), false},
    {"enable_http2", yaml_read_bool, HTTP(http2), false},
};

static const char *
http_conflict(const struct http_conf *h)
{
	const struct oauth2 *o = h->auth.oauth2;
	bool bearer = secret_set(&h->bearer);

	if (given(h->bearer.text) && h->bearer.file != NULL)
		return "at most one of bearer_token & bearer_token_file must be configured";
	if ((h->has_basic || o != NULL) && bearer)
		return "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured";
	if (h->has_authorization && bearer)
		return "authorization is not compatible with bearer_token & bearer_token_file";
	if (h->has_basic + (o != NULL) + h->has_authorization > 1)
		return "at most one of basic_auth, oauth2 & authorization must be configured";
	if (o != NULL && !given(o->client_id))
		return "oauth2 client_id must be configured";
	if (o != NULL && !given(o->client_secret) && o->client_secret_file == NULL)
		return "either oauth2 client_secret or client_secret_file must be configured";
	if (o != NULL && !given(o->token_url))
		return "oauth2 token_url must be configured";
	if (o != NULL && o->client_secret != NULL && o->client_secret_file != NULL)
		return "at most one of oauth2 client_secret & client_secret_file must be configured";
	if (o != NULL && http_auth_proxy_conflict(&o->via) != NULL)
		return http_auth_proxy_conflict(&o->via);
	return http_auth_proxy_conflict(&h->auth);
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
	if (ok && secret_set(&h.bearer)) {
		h.auth.credentials = h.bearer.text;
		h.auth.credentials_file = h.bearer.file;
	} else {
		secret_release(&h.bearer);
	}
	h.auth.no_follow_redirects = !h.follow;
	http_auth_release(&out->http);
	out->http = h.auth;
	out->has_http = true;
	return ok;
}
