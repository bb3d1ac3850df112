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
#include <sys/stat.h>

#include "conf.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/file.h"
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
	char *text = NULL;
	bool others = false;

	if (s->file == NULL || s->file[0] == '\0')
		return xstrdup(s->text != NULL ? s->text : "");
	if (secret_read(s->file, &text, &others, e) < 0)
		return NULL;
	if (text[0] == '\0') {
		secret_free(text);
		err_set(e, ERR_FILE, "the file with the %s, '%s', is empty", what, s->file);
		return NULL;
	}
	return text;
}

bool
http_auth_copy(struct http_auth *to, const struct http_auth *from)
{
	char **dst[] = {&to->username,         &to->password_file, &to->password, &to->authorization_type,
			&to->credentials_file, &to->credentials,   &to->ca_file,  &to->cert_file,
			&to->key_file,         &to->server_name,   &to->proxy_url};
	char *const src[] = {from->username,         from->password_file, from->password, from->authorization_type,
			     from->credentials_file, from->credentials,   from->ca_file,  from->cert_file,
			     from->key_file,         from->server_name,   from->proxy_url};

	for (size_t i = 0; i < sizeof dst / sizeof *dst; i++)
		*dst[i] = src[i] != NULL ? xstrdup(src[i]) : NULL;
	to->insecure_skip_verify = from->insecure_skip_verify;
	to->no_follow_redirects = from->no_follow_redirects;
	return true;
}

/* A percent sign is followed by two hex digits, but after a question mark anything goes. */
static bool
escapes_ok(struct yaml_file *f, const struct yaml_node *v, const char *url)
{
	for (const char *p = url; *p != '\0' && *p != '?'; p++) {
		if (*p != '%' || (isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2])))
			continue;
		yaml_error(f, v, "url", "invalid URL escape \"%.3s\"", p);
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
	if (!escapes_ok(f, v, url))
		return false;
	for (const char *p = url; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f || (p < end && *p == ' ')) {
			yaml_error(f, v, "url", "invalid character in URL");
			return false;
		}
	}
	const char *at = memchr(host + 2, '@', (size_t)(end - host - 2));
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

/* amtool does not look at the file either; but nobody wants to find out at 3 am. */
static void
look_at_secret(struct yaml_file *f, const struct yaml_node *v, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		yaml_warn(f, v, "missing-secret", "cannot read the secret '%s': %s", path, strerror(errno));
	else if (S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0)
		mistake_hint(yaml_warn(f, v, "open-secret", "others may read the secret '%s'", path), "chmod o-r %s",
			     path);
}

bool
read_secret_file(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct secret *out = field;
	const char *s;

	if (!yaml_string(f, v, &s))
		return false;
	free(out->file);
	out->file = s[0] != '\0' ? beside_config(loader_of(f), s) : NULL;
	if (out->file != NULL)
		look_at_secret(f, v, out->file);
	return true;
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

bool
read_template(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *s;

	return yaml_string(f, v, &s) && replace(field, s);
}

bool
read_nothing(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	(void)f;
	(void)v;
	(void)field;
	return true;
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

/* ---- http_config ---- */

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
	return escapes_ok(f, v, s) && replace(field, s);
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
    {"proxy_connect_header", read_nothing, 0, false},
    {"http_headers", read_nothing, 0, false},
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
