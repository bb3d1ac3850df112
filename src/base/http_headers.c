/*
 * http_headers.c -- http_headers and proxy_connect_header of an http_config: what is sent with every request beside what we send anyway.
 */
#include "http_headers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

/* What a request says of itself, or what another setting is for. The names are those that Prometheus refuses. */
static const char *const reserved[] = {
    "Authorization",
    "Host",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "User-Agent",
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Www-Authenticate",
    "Accept-Encoding",
    "X-Prometheus-Remote-Write-Version",
    "X-Prometheus-Remote-Read-Version",
    "X-Prometheus-Scrape-Timeout-Seconds",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Amz-Content-Sha256",
};

void
http_headers_release(struct http_headers *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->list[i].name);
		secret_free(h->list[i].text);
		free(h->list[i].file);
	}
	free(h->list);
	*h = (struct http_headers){NULL, 0};
}

struct http_headers
http_headers_copy(const struct http_headers *from)
{
	struct http_headers to = {xcalloc(from->n + 1, sizeof *to.list), from->n};

	for (size_t i = 0; i < from->n; i++) {
		const struct http_header *h = &from->list[i];

		to.list[i] =
		    (struct http_header){xstrdup(h->name), xstrdup_any(h->text), xstrdup_any(h->file), h->secret};
	}
	return to;
}

/* RFC 9110, 5.6.2: a token. */
static bool
name_ok(struct yaml_file *f, const struct yaml_node *key)
{
	const char *name = key->text;

	if (name[0] == '\0' ||
	    name[strspn(name, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] !=
		'\0') {
		yaml_error(f, key, "header", "'%s' is no name of a header", name);
		return false;
	}
	return true;
}

static bool
name_free(struct yaml_file *f, const struct yaml_node *key)
{
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcasecmp(reserved[i], key->text) == 0) {
			yaml_error(f, key, "header", "setting header \"%s\" is not allowed", reserved[i]);
			return false;
		}
	return true;
}

static bool
value_ok(struct yaml_file *f, const struct yaml_node *v, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f) {
			yaml_error(f, v, "header",
				   "a header's value cannot have a line break or another control character");
			return false;
		}
	return true;
}

/* A header being read: its name, and where its values go. */
struct reading {
	const char *name;
	struct http_headers *to;
};

/* Takes text and file. */
static void
add(const struct reading *r, char *text, char *file, bool secret)
{
	struct http_headers *h = r->to;

	h->list = xreallocarray(h->list, h->n + 1, sizeof *h->list);
	h->list[h->n++] = (struct http_header){xstrdup(r->name), text, file, secret};
}

static bool
read_texts(struct yaml_file *f, const struct yaml_node *v, const struct reading *r, bool secret)
{
	const char *s;

	if (!yaml_expect(f, v, YAML_LIST, "a list"))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		if (!yaml_string(f, v->items[i], &s) || !value_ok(f, v->items[i], s))
			return false;
		add(r, xstrdup(s), NULL, secret);
	}
	return true;
}

static bool
read_values(struct yaml_file *f, const struct yaml_node *v, void *reading)
{
	return read_texts(f, v, reading, false);
}

static bool
read_secrets(struct yaml_file *f, const struct yaml_node *v, void *reading)
{
	return read_texts(f, v, reading, true);
}

static bool
read_files(struct yaml_file *f, const struct yaml_node *v, void *reading)
{
	if (!yaml_expect(f, v, YAML_LIST, "a list"))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		char *name = NULL;

		if (!yaml_read_secret_file(f, v->items[i], &name)) {
			free(name);
			return false;
		}
		add(reading, NULL, name, true);
	}
	return true;
}

static bool
read_described(struct yaml_file *f, const struct yaml_node *v, void *reading)
{
	static const struct yaml_key rows[] = {
	    {"values", read_values, 0, false},
	    {"secrets", read_secrets, 0, false},
	    {"files", read_files, 0, false},
	};

	return yaml_read_map(f, v, rows, sizeof rows / sizeof *rows, reading, "a header");
}

typedef bool read_fn(struct yaml_file *f, const struct yaml_node *v, void *reading);

static bool
read_each(struct yaml_file *f, const struct yaml_node *v, struct http_headers *to, bool any_name, read_fn *read)
{
	http_headers_release(to);
	if (!yaml_expect(f, v, YAML_MAP, "a mapping of headers"))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		struct reading r = {v->keys[i]->text, to};

		if (!name_ok(f, v->keys[i]) || !(any_name || name_free(f, v->keys[i])))
			return false;
		if (v->items[i]->kind != YAML_NULL && !read(f, v->items[i], &r))
			return false;
	}
	return true;
}

bool
http_auth_read_headers(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	return read_each(f, v, &((struct http_auth *)auth)->headers, false, read_described);
}

bool
http_auth_read_connect_headers(struct yaml_file *f, const struct yaml_node *v, void *auth)
{
	return read_each(f, v, &((struct http_auth *)auth)->connect_headers, true, read_secrets);
}
