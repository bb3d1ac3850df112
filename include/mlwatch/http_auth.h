/*
 * http_auth.h -- how to speak to an HTTP server: http_config of Prometheus and Alertmanager, and reading it from YAML.
 * Does not know how requests are made. A *_file names a secret as secret.h says: a path, or env:NAME.
 */
#ifndef MLWATCH_HTTP_AUTH_H
#define MLWATCH_HTTP_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "mlwatch/yaml.h"

struct label;

struct http_header {
	char *name;
	char *text; /* the value, */
	char *file; /* or the name of a secret */
	bool secret;
};

struct http_headers {
	struct http_header *list; /* owned; in the order they are sent in */
	size_t n;
};

struct http_auth {
	/* Strings owned, paths resolved. At most one of password and password_file, credentials and credentials_file, and at
	 * most one of basic (username), authorization and oauth2. Secrets are never printed. */
	char *username, *username_file, *password_file, *password;
	char *authorization_type, *credentials_file, *credentials; /* type NULL: "Bearer" */
	char *ca_file, *cert_file, *key_file, *server_name;
	char *proxy_url, *no_proxy;
	bool proxy_from_environment, insecure_skip_verify, no_follow_redirects;
	int tls_min, tls_max;  /* 10, 11, 12, 13; 0: not said */
	struct oauth2 *oauth2; /* owned; NULL: none */
	struct http_headers headers;
	struct http_headers connect_headers; /* for the proxy, with CONNECT */
};

struct oauth2 { /* client credentials (RFC 6749, 4.4) */
	char *client_id, *client_secret, *client_secret_file, *token_url;
	char **scopes;
	size_t n_scopes;
	struct label *params; /* endpoint_params */
	size_t n_params;
	struct http_auth via; /* tls_config and the proxy for requests to token_url */
};

void http_auth_release(struct http_auth *a);
void http_auth_copy(struct http_auth *to, const struct http_auth *from); /* to is overwritten */
void oauth2_close(struct oauth2 *o);                                     /* NULL is fine */

/* Rows for yaml_read_map: basic_auth, authorization, oauth2, bearer_token, bearer_token_file, tls_config, proxy_url, no_proxy,
 * proxy_from_environment, proxy_connect_header, http_headers, follow_redirects, enable_http2. `at` is the offset of the struct http_auth in the base. Afterwards call http_auth_check. */
#define HTTP_AUTH_ROWS(at)                                                                                             \
	{"basic_auth", http_auth_read_basic, (at), false},                                                             \
	    {"authorization", http_auth_read_authorization, (at), false},                                              \
	    {"oauth2", http_auth_read_oauth2, (at), false}, {"bearer_token", http_auth_read_bearer, (at), false},      \
	    {"bearer_token_file", http_auth_read_bearer_file, (at), false},                                            \
	    {"tls_config", http_auth_read_tls, (at), false}, {"proxy_url", http_auth_read_proxy, (at), false},         \
	    {"no_proxy", http_auth_read_no_proxy, (at), false},                                                        \
	    {"proxy_from_environment", http_auth_read_proxy_env, (at), false},                                         \
	    {"proxy_connect_header", http_auth_read_connect_headers, (at), false},                                     \
	    {"http_headers", http_auth_read_headers, (at), false},                                                     \
	    {"follow_redirects", http_auth_read_follow, (at), false},                                                  \
	{                                                                                                              \
		"enable_http2", http_auth_read_http2, (at), false                                                      \
	}

bool http_auth_read_basic(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_authorization(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_bearer(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_bearer_file(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_tls(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_oauth2(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_proxy(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_no_proxy(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_proxy_env(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_connect_headers(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_headers(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_follow(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_http2(struct yaml_file *f, const struct yaml_node *v, void *auth);
/* A whole http_config mapping (field: struct http_auth), checked. */
bool http_auth_read(struct yaml_file *f, const struct yaml_node *v, void *auth);
/* What is wrong with proxy_url, no_proxy, proxy_from_environment and proxy_connect_header together, as Prometheus says it; or NULL. */
const char *http_auth_proxy_conflict(const struct http_auth *a);
/* What excludes each other; at: where to report it. */
bool http_auth_check(struct yaml_file *f, const struct yaml_node *at, const struct http_auth *a);

/* What an oauth2 section may hold besides TLS and proxy. */
bool oauth2_read_scopes(struct yaml_file *f, const struct yaml_node *v, void *oauth2);
bool oauth2_read_params(struct yaml_file *f, const struct yaml_node *v, void *oauth2);

/* A path relative to the file (field: char *, owned). */
bool yaml_read_path(struct yaml_file *f, const struct yaml_node *v, void *field);
/* The same for the name of a secret: warns when others may read the file or it is not there (yet); a variable that is not set is a
 * mistake. */
bool yaml_read_secret_file(struct yaml_file *f, const struct yaml_node *v, void *field);
bool yaml_read_tls_version(struct yaml_file *f, const struct yaml_node *v, void *field); /* int: TLS10 .. TLS13 */

#endif
