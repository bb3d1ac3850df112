/*
 * http_auth.h -- how to speak to an HTTP server: http_config of Prometheus and Alertmanager, and reading it from YAML.
 * Does not know how requests are made.
 */
#ifndef MLWATCH_HTTP_AUTH_H
#define MLWATCH_HTTP_AUTH_H

#include <stdbool.h>

#include "mlwatch/yaml.h"

struct http_auth {
	/* Strings owned, paths resolved. At most one of password and password_file, credentials and credentials_file, and at
	 * most one of basic (username) and authorization. Secrets are never printed. */
	char *username, *password_file, *password;
	char *authorization_type, *credentials_file, *credentials; /* type NULL: "Bearer" */
	char *ca_file, *cert_file, *key_file, *server_name, *proxy_url;
	bool insecure_skip_verify, no_follow_redirects;
};

void http_auth_release(struct http_auth *a);

/* Rows for yaml_read_map: basic_auth, authorization, bearer_token, bearer_token_file, tls_config, proxy_url, follow_redirects,
 * enable_http2. `at` is the offset of the struct http_auth in the base. Afterwards call http_auth_check. */
#define HTTP_AUTH_ROWS(at)                                                                                             \
	{"basic_auth", http_auth_read_basic, (at), false},                                                             \
	    {"authorization", http_auth_read_authorization, (at), false},                                              \
	    {"bearer_token", http_auth_read_bearer, (at), false},                                                      \
	    {"bearer_token_file", http_auth_read_bearer_file, (at), false},                                            \
	    {"tls_config", http_auth_read_tls, (at), false}, {"proxy_url", http_auth_read_proxy, (at), false},         \
	    {"follow_redirects", http_auth_read_follow, (at), false},                                                  \
	{                                                                                                              \
		"enable_http2", http_auth_read_http2, (at), false                                                      \
	}
#define HTTP_AUTH_ROW_COUNT 8

bool http_auth_read_basic(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_authorization(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_bearer(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_bearer_file(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_tls(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_proxy(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_follow(struct yaml_file *f, const struct yaml_node *v, void *auth);
bool http_auth_read_http2(struct yaml_file *f, const struct yaml_node *v, void *auth);
/* A whole http_config mapping (field: struct http_auth), checked. */
bool http_auth_read(struct yaml_file *f, const struct yaml_node *v, void *auth);
/* What excludes each other; at: where to report it. */
bool http_auth_check(struct yaml_file *f, const struct yaml_node *at, const struct http_auth *a);

/* A path relative to the file (field: char *, owned). */
bool yaml_read_path(struct yaml_file *f, const struct yaml_node *v, void *field);
/* The same for a file that holds a secret: warns when others may read it or it is not there (yet). */
bool yaml_read_secret_file(struct yaml_file *f, const struct yaml_node *v, void *field);

#endif
