/* http_auth.c -- http_config of Prometheus and Alertmanager into a struct. */
#include "mlwatch/http_auth.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_headers.h"
#include "mlwatch/file.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"
#include "oauth2.h"

#define AT(f)      offsetof(struct http_auth, f)
#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

/* Which of the strings are secrets. */
static const struct {
	size_t at;
	bool secret;
} strings[] = {
    {AT(username), false},         {AT(username_file), false},      {AT(password_file), false}, {AT(password), true},
    {AT(credentials), true},       {AT(authorization_type), false}, {AT(ca_file), false},       {AT(cert_file), false},
    {AT(credentials_file), false}, {AT(key_file), false},           {AT(server_name), false},   {AT(proxy_url), true},
    {AT(no_proxy), false},
};

static char **
string_at(const struct http_auth *a, size_t i)
{
	return (char **)((uintptr_t)a + strings[i].at);
}

void
http_auth_release(struct http_auth *a)
{
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
		char *s = *string_at(a, i);
		if (strings[i].secret)
			secret_free(s);
		else
			free(s);
	}
	oauth2_close(a->oauth2);
	http_headers_release(&a->headers);
	http_headers_release(&a->connect_headers);
	memset(a, 0, sizeof(*a));
}

void
http_auth_copy(struct http_auth *to, const struct http_auth *from)
{
	*to = *from;
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		*string_at(to, i) = xstrdup_any(*string_at(from, i));
	to->oauth2 = oauth2_copy(from->oauth2);
	to->headers = http_headers_copy(&from->headers);
	to->connect_headers = http_headers_copy(&from->connect_headers);
}

bool
yaml_read_path(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	char **out = field;
	const char *text;

	if (!yaml_string(f, v, &text))
		return false;
	if (text[0] == '\0') {
		yaml_error(f, v, "bad-value", "a path must not be empty");
		return false;
	}
	free(*out);
	*out = path_beside(f->path, text);
	return true;
}

bool
yaml_read_secret_file(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	char **name = field;
	const char *text;

	if (!yaml_string(f, v, &text))
		return false;
	if (text[0] == '\0') {
		yaml_error(f, v, "bad-value", "a path must not be empty");
		return false;
	}
	free(*name);
	*name = secret_beside(f->path, text);
	switch (secret_look(*name)) {
	case SECRET_MISSING:
		yaml_warn(f, v, "missing-secret", "cannot read the secret '%s': %s", *name, strerror(errno));
		break;
	case SECRET_OPEN:
		mistake_hint(yaml_warn(f, v, "open-secret", "others may read the secret '%s'", *name), "chmod o-r %s",
			     *name);
		break;
	case SECRET_UNSET:
		yaml_error(f, v, "unset-secret", "the environment variable '%s' is not set", secret_variable(*name));
		return false;
	case SECRET_GOOD:
		break;
	}
	return true;
}

bool
yaml_read_tls_version(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const char *const known[] = {"TLS10", "TLS11", "TLS12", "TLS13"};
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	for (int i = 0; i < 4; i++)
		if (strcmp(known[i], s) == 0) {
			*(int *)field = 10 + i;
			return true;
		}
	mistake_hint(yaml_error(f, v, "tls", "unknown TLS version: %s", s), "TLS10, TLS11, TLS12 or TLS13");
	return false;
}

bool
http_auth_read_basic(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	static const struct yaml_key rows[] = {
	    {"username", yaml_read_str, AT(username), false},
	    {"username_file", yaml_read_secret_file, AT(username_file), false},
	    {"password", yaml_read_str, AT(password), false},
	    {"password_file", yaml_read_secret_file, AT(password_file), false},
	};
	struct http_auth *a = auth;

	if (!yaml_read_map(f, v, ROWS(rows), a, "basic_auth"))
		return false;
	if (a->password != NULL && a->password_file != NULL) {
		yaml_error(f, v, "conflict", "only one of 'password' and 'password_file'");
		return false;
	}
	if ((a->username != NULL) == (a->username_file != NULL)) {
		yaml_error(f, v, "conflict", "one of 'username' and 'username_file' is needed");
		return false;
	}
	return true;
}

bool
http_auth_read_authorization(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	static const struct yaml_key rows[] = {
	    {"type", yaml_read_str, AT(authorization_type), false},
	    {"credentials", yaml_read_str, AT(credentials), false},
	    {"credentials_file", yaml_read_secret_file, AT(credentials_file), false},
	};
	struct http_auth *a = auth;
	bool twice = a->authorization_type != NULL;

	if (!yaml_read_map(f, v, ROWS(rows), a, "authorization"))
		return false;
	if (twice) {
		yaml_error(f, v, "conflict", "only one of 'authorization', 'bearer_token' and 'bearer_token_file'");
		return false;
	}
	if (a->authorization_type == NULL)
		a->authorization_type = xstrdup("Bearer");
	if (strcasecmp(a->authorization_type, "basic") == 0) {
		mistake_hint(yaml_error(f, v, "bad-value", "authorization of type 'Basic'"), "write basic_auth");
		return false;
	}
	if (a->credentials != NULL && a->credentials_file != NULL) {
		yaml_error(f, v, "conflict", "only one of 'credentials' and 'credentials_file'");
		return false;
	}
	return true;
}

static bool
take_bearer(struct yaml_file *f, const struct yaml_node *v, struct http_auth *a, bool good)
{
	if (!good)
		return false;
	if (a->authorization_type != NULL) {
		yaml_error(f, v, "conflict", "only one of 'authorization', 'bearer_token' and 'bearer_token_file'");
		return false;
	}
	a->authorization_type = xstrdup("Bearer");
	return true;
}

bool
http_auth_read_bearer(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	struct http_auth *a = auth;

	return take_bearer(f, v, a, yaml_read_str(f, v, &a->credentials));
}

bool
http_auth_read_bearer_file(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	struct http_auth *a = auth;

	return take_bearer(f, v, a, yaml_read_secret_file(f, v, &a->credentials_file));
}

bool
http_auth_read_tls(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	static const struct yaml_key rows[] = {
	    {"ca_file", yaml_read_path, AT(ca_file), false},
	    {"cert_file", yaml_read_path, AT(cert_file), false},
	    {"key_file", yaml_read_secret_file, AT(key_file), false},
	    {"server_name", yaml_read_str, AT(server_name), false},
	    {"insecure_skip_verify", yaml_read_bool, AT(insecure_skip_verify), false},
	    {"min_version", yaml_read_tls_version, AT(tls_min), false},
	    {"max_version", yaml_read_tls_version, AT(tls_max), false},
	};
	struct http_auth *a = auth;

	if (!yaml_read_map(f, v, ROWS(rows), a, "tls_config"))
		return false;
	if ((a->cert_file != NULL) != (a->key_file != NULL)) {
		yaml_error(f, v, "conflict", "'cert_file' and 'key_file' belong together");
		return false;
	}
	return true;
}

bool
http_auth_read_proxy(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	struct http_auth *a = auth;

	return yaml_read_str(f, v, &a->proxy_url);
}

bool
http_auth_read_no_proxy(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	return yaml_read_str(f, v, &((struct http_auth *)auth)->no_proxy);
}

bool
http_auth_read_proxy_env(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	return yaml_read_bool(f, v, &((struct http_auth *)auth)->proxy_from_environment);
}

bool
http_auth_read_follow(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	struct http_auth *a = auth;
	bool follow;

	if (!yaml_bool(f, v, &follow))
		return false;
	a->no_follow_redirects = !follow;
	return true;
}

bool
http_auth_read_http2(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	bool ignored; /* libcurl settles the version with the server */

	(void)auth;
	return yaml_bool(f, v, &ignored);
}

const char *
http_auth_proxy_conflict(const struct http_auth *a)
{
	const bool url = a->proxy_url != NULL && a->proxy_url[0] != '\0';
	const bool none = a->no_proxy != NULL && a->no_proxy[0] != '\0';

	if (a->connect_headers.n > 0 && !url && !a->proxy_from_environment)
		return "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be "
		       "configured";
	if (a->proxy_from_environment && url)
		return "if proxy_from_environment is configured, proxy_url must not be configured";
	if (a->proxy_from_environment && none)
		return "if proxy_from_environment is configured, no_proxy must not be configured";
	if (!url && none)
		return "if no_proxy is configured, proxy_url must also be configured";
	return NULL;
}

bool
http_auth_check(struct yaml_file *f, const struct yaml_node *at, const struct http_auth *a)
{
	bool basic = a->username != NULL || a->username_file != NULL, good = true;

	if (basic + (a->authorization_type != NULL) + (a->oauth2 != NULL) > 1) {
		yaml_error(f, at, "conflict", "only one of 'basic_auth', 'authorization' and 'oauth2'");
		good = false;
	}
	if (http_auth_proxy_conflict(a) != NULL) {
		yaml_error(f, at, "conflict", "%s", http_auth_proxy_conflict(a));
		good = false;
	}
	return good;
}

bool
http_auth_read(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	static const struct yaml_key rows[] = {HTTP_AUTH_ROWS(0)};

	return yaml_read_map(f, v, ROWS(rows), auth, "http_config") && http_auth_check(f, v, auth);
}
