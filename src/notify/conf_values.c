/*
 * conf_values.c -- readers for the values of a routing file: URLs, secrets, lists, http_config. What they refuse is what Alertmanager
 * refuses.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/file.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

char *
beside_config(struct loader *l, const char *path)
{
	return path_beside(l->c->path, path);
}

void
string_list_release(struct string_list *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i]);
	free(s->at);
	*s = (struct string_list){0};
}

void
pair_list_release(struct pair_list *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free((char *)(uintptr_t)p->at[i].name);
		free((char *)(uintptr_t)p->at[i].value);
	}
	free(p->at);
	*p = (struct pair_list){0};
}

const char *
pair_get(const struct pair_list *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->at[i].name, key) == 0)
			return p->at[i].value;
	return NULL;
}

void
secret_release(struct secret *s)
{
	secret_free(s->text);
	free(s->file);
	*s = (struct secret){0};
}

char *
secret_get(const struct secret *s, const char *what, struct err *e)
{
	char *text = secret_of(s->text, s->file, e);

	if (text != NULL && text[0] == '\0' && s->file != NULL && s->file[0] != '\0') {
		secret_free(text);
		err_set(e, ERR_FILE, "the file with the %s, '%s', is empty", what, s->file);
		return NULL;
	}
	return text;
}

char *
secret_get_url(const struct secret *s, const char *what, struct err *e)
{
	char *url = secret_get(s, what, e);

	if (url == NULL || strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0)
		return url;
	secret_free(url);
	err_set(e, ERR_FILE, "the %s of '%s' is no http or https URL", what, s->file != NULL ? s->file : "");
	return NULL;
}

void
secret_copy(struct secret *to, const struct secret *from)
{
	secret_release(to);
	to->text = xstrdup_any(from->text);
	to->file = xstrdup_any(from->file);
}

/* A percent sign is followed by two hex digits, but after a question mark anything goes. */
bool
url_escapes_ok(struct yaml_file *f, const struct yaml_node *v, const char *url)
{
	for (const char *p = url; *p != '\0' && *p != '?'; p++) {
		if (*p != '%' || (isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2])))
			continue;
		yaml_error(f, v, "url", "invalid URL escape \"%.3s\"", p);
		return false;
	}
	return true;
}

/* As Go sees the part between "//" and the path: before the "@" only some signs, in the host no escape of an ASCII character. */
static bool
authority_ok(const char *begin, const char *host, const char *end)
{
	for (const char *p = begin; p < host; p++)
		if (!isalnum((unsigned char)*p) && strchr("-._~!$&'()*+,;=:%@", *p) == NULL)
			return false;
	for (const char *p = host; p < end; p++) {
		if (strchr("`^{}|\\ ", *p) != NULL)
			return false;
		if (*p == '%' && end - p > 2 && p[1] < '8')
			return false;
	}
	return true;
}

/* As Go's url.Parse sees it: a scheme is letters, digits, + - . before the first colon. */
static bool
url_ok(struct yaml_file *f, const struct yaml_node *v, const char *url)
{
	size_t n = 0;

	while (isalnum((unsigned char)url[n]) || (n > 0 && strchr("+-.", url[n]) != NULL && url[n] != '\0'))
		n++;
	if (url[n] == ':' && n == 0) {
		yaml_error(f, v, "url", "missing protocol scheme");
		return false;
	}
	if (url[n] != ':')
		n = 0;
	if (!(n == 4 && strncasecmp(url, "http", 4) == 0) && !(n == 5 && strncasecmp(url, "https", 5) == 0)) {
		struct mistake *m =
		    yaml_error(f, v, "url", "unsupported scheme \"%.*s\" for URL", (int)(n < 32 ? n : 32), url);
		mistake_hint(m, "a URL begins with http:// or https://");
		return false;
	}
	const char *host = url + n + 1;
	if (strncmp(host, "//", 2) != 0 || host[2] == '\0' || strchr("/?#", host[2]) != NULL) {
		yaml_error(f, v, "url", "missing host for URL");
		return false;
	}
	const char *end = host + 2 + strcspn(host + 2, "/?#");
	const char *at = memchr(host + 2, '@', (size_t)(end - host - 2));
	if (!url_escapes_ok(f, v, url))
		return false;
	bool clean = authority_ok(host + 2, at != NULL ? at + 1 : host + 2, end);
	for (const char *p = url; *p != '\0'; p++)
		clean = clean && (unsigned char)*p >= 0x20 && *p != 0x7f;
	if (!clean) {
		yaml_error(f, v, "url", "invalid character in URL");
		return false;
	}
	const char *port = at != NULL ? at : host + 2;
	while (port < end && *port != ':' && *port != '[')
		port++;
	if (port < end && *port == '[')
		return true;
	for (port = port < end ? port + 1 : end; port < end; port++) {
		if (!isdigit((unsigned char)*port)) {
			yaml_error(f, v, "url", "invalid port in URL");
			return false;
		}
	}
	return true;
}

static bool
replace(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
	return true;
}

bool
read_url(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *s;

	if (!yaml_string(f, v, &s) || !url_ok(f, v, s))
		return false;
	return replace(field, s);
}

bool
read_secret(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *s;

	return yaml_string(f, v, &s) && replace(&((struct secret *)field)->text, s);
}

bool
read_secret_url(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	/* Alertmanager lets its own mask pass, so that a printed configuration loads again. */
	if (strcmp(s, "<secret>") != 0 && !url_ok(f, v, s))
		return false;
	return replace(&((struct secret *)field)->text, s);
}

/* An empty name is none, as for Alertmanager. */
bool
read_secret_name(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	char **out = field;
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	if (s[0] != '\0')
		return yaml_read_secret_file(f, v, field);
	free(*out);
	*out = NULL;
	return true;
}

bool
read_secret_file(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_secret_name(f, v, &((struct secret *)field)->file);
}

bool
read_hostport(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	const char *colon = strrchr(s, ':');
	if (s[0] == '\0')
		return replace(field, s);
	if (colon == NULL) {
		mistake_hint(yaml_error(f, v, "address", "address %s: missing port in address", s),
			     "write host:port, for example localhost:25");
		return false;
	}
	if (s[0] != '[' && memchr(s, ':', (size_t)(colon - s)) != NULL) {
		yaml_error(f, v, "address", "address %s: too many colons in address", s);
		return false;
	}
	if (colon[1] == '\0') {
		yaml_error(f, v, "address", "address \"%s\": port cannot be empty", s);
		return false;
	}
	return replace(field, s);
}

/* Alertmanager finds a mistake in a message's template when it sends; here it is a warning at once. */
bool
read_template(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct loader *l = loader_of(f);
	struct err e = ERR_INIT;
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	if (strstr(s, "{{") != NULL && strstr(s, "define") == NULL &&
	    templates_parse(l->c->templates, "mlwatch.check", s, &e) < 0)
		yaml_warn(f, v, "template", "messages cannot be made with this template: %s", e.text);
	return replace(field, s);
}

bool
read_ignored(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	(void)field;
	yaml_warn(f, v, "ignored", "mlwatch does not use this setting");
	return true;
}

bool
read_unused_text(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *s;

	(void)field;
	return yaml_string(f, v, &s);
}

bool
read_strings(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct string_list *out = field;

	if (!yaml_expect(f, v, YAML_LIST, "a list"))
		return false;
	string_list_release(out);
	out->at = xcalloc(v->n + 1, sizeof *out->at);
	for (size_t i = 0; i < v->n; i++) {
		const char *s = "";
		if (v->items[i]->kind != YAML_NULL && !yaml_string(f, v->items[i], &s))
			return false;
		out->at[out->n++] = xstrdup(s);
	}
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

bool
read_pairs(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct pair_list *out = field;

	if (!yaml_expect(f, v, YAML_MAP, "a mapping"))
		return false;
	pair_list_release(out);
	out->at = xcalloc(v->n + 1, sizeof *out->at);
	for (size_t i = 0; i < v->n; i++) {
		const char *s = "";
		if (v->items[i]->kind != YAML_NULL && !yaml_string(f, v->items[i], &s))
			return false;
		out->at[out->n++] =
		    (struct label){xstrdup(v->keys[i]->text != NULL ? v->keys[i]->text : ""), xstrdup(s)};
	}
	if (out->n > 1)
		qsort(out->at, out->n, sizeof *out->at, by_name);
	return true;
}

/* time.ParseDuration: numbers with fractions and units, one after the other. */
bool
read_go_duration(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"\xc2\xb5s", 1e-3}, {"ms", 1}, {"h", 3.6e6}, {"m", 6e4}, {"s", 1e3}};
	const char *s, *p;
	double total = 0;
	bool any = false;

	if (!yaml_string(f, v, &s))
		return false;
	if (strcmp(s, "0") == 0) {
		*(int64_t *)field = 0;
		return true;
	}
	for (p = s + (*s == '+' || *s == '-'); *p != '\0';) {
		char *end;
		errno = 0;
		double x = isdigit((unsigned char)*p) || *p == '.' ? strtod(p, &end) : NAN;
		size_t i = 0, n = sizeof units / sizeof *units;
		while (!isnan(x) && i < n && strncmp(end, units[i].name, strlen(units[i].name)) != 0)
			i++;
		any = !isnan(x) && i < n;
		if (!any)
			break;
		total += x * units[i].ms;
		p = end + strlen(units[i].name);
	}
	if (!any || total > 9e15) {
		yaml_error(f, v, "duration", "not a duration: '%s'", s);
		return false;
	}
	*(int64_t *)field = (int64_t)(*s == '-' ? -total : total);
	return true;
}
