/* config_http.c -- the http section of mlwatch.yml: where mlwatch itself answers, and for whom. */
#include <stdlib.h>
#include <string.h>

#include "config_private.h"

/* host:port, [v6]:port, :port, or unix:/path */
static bool
read_listen(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *text, *colon;
	char *end;
	long port;

	if (!yaml_string(f, v, &text))
		return false;
	colon = strrchr(text, ':');
	port = colon != NULL ? strtol(colon + 1, &end, 10) : -1;
	if (strncmp(text, "unix:/", 6) != 0 &&
	    (colon == NULL || colon[1] < '0' || colon[1] > '9' || *end != '\0' || port > 65535)) {
		mistake_hint(yaml_error(f, v, "bad-value", "not an address to listen on: '%s'", text),
			     "host:port, as in 127.0.0.1:9464");
		return false;
	}
	return yaml_read_str(f, v, field);
}

static bool
read_count(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return yaml_int(f, v, 1, INT64_C(1000000000000), field);
}

#define AT(f) offsetof(struct config_http, f)
static const struct yaml_key rows[] = {
    {"listen", read_listen, AT(listen), true},
    {"bearer_token_file", yaml_read_secret_file, AT(bearer_token_file), false},
    {"username", yaml_read_str, AT(username), false},
    {"password_file", yaml_read_secret_file, AT(password_file), false},
    {"cert_file", yaml_read_path, AT(cert_file), false},
    {"key_file", yaml_read_secret_file, AT(key_file), false},
    {"external_url", yaml_read_str, AT(external_url), false},
    {"read_only", yaml_read_bool, AT(read_only), false},
    {"enable_reload", yaml_read_bool, AT(enable_reload), false},
    {"cors", yaml_read_bool, AT(cors), false},
    {"max_connections", read_count, AT(max_connections), false},
    {"query_timeout", config_read_positive_duration, AT(query_timeout_ms), false},
    {"query_max_samples", read_count, AT(query_max_samples), false},
};
#undef AT

static bool
local_only(const char *listen)
{
	static const char *const local[] = {"127.", "localhost:", "[::1]:", "unix:/"};
	size_t i;

	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (strncmp(listen, local[i], strlen(local[i])) == 0)
			return true;
	return false;
}

bool
config_read_http(struct yaml_file *f, const struct yaml_node *v, void *http)
{
	struct config_http *h = http;

	bool good = yaml_read_map(f, v, ROWS(rows), h, "http");

	if ((h->cert_file != NULL) != (h->key_file != NULL)) {
		yaml_error(f, v, "conflict", "'cert_file' and 'key_file' belong together");
		good = false;
	}
	if ((h->username != NULL) != (h->password_file != NULL)) {
		yaml_error(f, v, "conflict", "'username' and 'password_file' belong together");
		good = false;
	}
	if (good && !local_only(h->listen) && !h->read_only && h->bearer_token_file == NULL && h->username == NULL)
		mistake_hint(yaml_warn(f, yaml_get(v, "listen"), "open-http",
				       "everybody who reaches '%s' may silence alerts", h->listen),
			     "set bearer_token_file, username and password_file, or read_only: true");
	return good;
}

void
config_http_release(struct config_http *h)
{
	free(h->listen);
	free(h->bearer_token_file);
	free(h->username);
	free(h->password_file);
	free(h->cert_file);
	free(h->key_file);
	free(h->external_url);
}
