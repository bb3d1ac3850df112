/* http_auth.c -- http_config of Prometheus and Alertmanager into a struct. */
#include "mlwatch/http_auth.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"

#define AT(f)      offsetof(struct http_auth, f)
#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

void
http_auth_release(struct http_auth *a)
{
	free(a->username);
	free(a->password_file);
	secret_free(a->password);
	free(a->authorization_type);
	free(a->credentials_file);
	secret_free(a->credentials);
	free(a->ca_file);
	free(a->cert_file);
	free(a->key_file);
	free(a->server_name);
	free(a->proxy_url);
	memset(a, 0, sizeof(*a));
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
	char **path = field;
	struct stat st;

	if (!yaml_read_path(f, v, field))
		return false;
	if (stat(*path, &st) < 0)
		yaml_warn(f, v, "missing-secret", "no such file: '%s'", *path);
	else if (S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0)
		mistake_hint(yaml_warn(f, v, "open-secret", "others may read the secret '%s'", *path), "chmod o-r %s",
			     *path);
	return true;
}

bool
http_auth_read_basic(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	static const struct yaml_key rows[] = {
	    {"username", yaml_read_str, AT(username), true},
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

bool
http_auth_check(struct yaml_file *f, const struct yaml_node *at, const struct http_auth *a)
{
	if (a->username == NULL || a->authorization_type == NULL)
		return true;
	yaml_error(f, at, "conflict", "only one of 'basic_auth' and 'authorization'");
	return false;
}

bool
http_auth_read(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	static const struct yaml_key rows[] = {HTTP_AUTH_ROWS(0)};

	return yaml_read_map(f, v, ROWS(rows), auth, "http_config") && http_auth_check(f, v, auth);
}
