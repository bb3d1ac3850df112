/*
 * kind_email.c -- e-mail over SMTP through libcurl: STARTTLS or TLS, authentication, a text and an HTML part.
 *
 * What is kept in the outbox is the finished mail (RFC 5322, lines ended by CRLF) with its envelope; credentials are added when it is
 * sent. Header values that come from labels are encoded (RFC 2047), so that no label can add a header or a recipient.
 */
#include <ctype.h>
#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "email_conf.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

static bool
read_require_tls(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct email_conf *c = field;

	c->require_tls_given = true;
	return yaml_bool(f, v, &c->require_tls);
}

static bool
read_mail_tls(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct conf_base *b = field;

	b->has_http = true;
	return read_tls(f, v, &b->http);
}

#define AT(m) offsetof(struct email_conf, m)
static const struct yaml_key rows[] = {
    {"send_resolved", yaml_read_bool, AT(base.send_resolved), false},
    {"to", read_template, AT(to), false},
    {"from", read_template, AT(from), false},
    {"hello", yaml_read_str, AT(hello), false},
    {"smarthost", read_hostport, AT(smarthost), false},
    {"auth_username", yaml_read_str, AT(user), false},
    {"auth_password", read_secret, AT(password), false},
    {"auth_password_file", read_secret_file, AT(password), false},
    {"auth_secret", read_secret, AT(secret), false},
    {"auth_secret_file", read_secret_file, AT(secret), false},
    {"auth_identity", yaml_read_str, AT(identity), false},
    {"headers", read_pairs, AT(headers), false},
    {"html", read_template, AT(html), false},
    {"text", read_template, AT(text), false},
    {"require_tls", read_require_tls, 0, false},
    {"tls_config", read_mail_tls, AT(base), false},
    {"force_implicit_tls", read_ignored, 0, false},
    {"threading", read_ignored, 0, false},
};

static void
fall_back(char **field, const char *from)
{
	if ((*field == NULL || **field == '\0') && from != NULL) {
		free(*field);
		*field = xstrdup(from);
	}
}

static bool
email_fill(struct loader *l, const struct yaml_node *v, struct email_conf *c)
{
	const struct global_conf *g = &l->c->global;

	fall_back(&c->smarthost, g->smtp_smarthost);
	fall_back(&c->from, g->smtp_from);
	fall_back(&c->hello, g->smtp_hello);
	fall_back(&c->user, g->smtp_user);
	fall_back(&c->identity, g->smtp_identity);
	if (!secret_set(&c->password))
		secret_copy(&c->password, &g->smtp_password);
	if (!secret_set(&c->secret))
		secret_copy(&c->secret, &g->smtp_secret);
	if (!c->require_tls_given)
		c->require_tls = g->smtp_require_tls;
	if (!c->base.has_http)
		http_auth_copy(&c->base.http, &g->smtp_tls);
	c->base.has_http = true; /* the HTTP settings of global are not for mail */
	if (c->smarthost == NULL || c->smarthost[0] == '\0')
		return kind_refuse(l, v, "no global SMTP smarthost set");
	if (c->from == NULL || c->from[0] == '\0')
		return kind_refuse(l, v, "no global SMTP from set");
	return true;
}

static bool
email_html(struct loader *l, const struct yaml_node *v, struct email_conf *c, size_t index)
{
	struct err e = ERR_INIT;

	if (c->html == NULL || c->html[0] == '\0')
		return true;
	snprintf(c->html_name, sizeof c->html_name, "mlwatch.html.%zu.%zu", l->c->n_receivers, index);
	if (templates_parse(l->c->templates, c->html_name, c->html, &e) == 0)
		return true;
	/* Alertmanager finds this out at the first mail; so do we, but say it now */
	yaml_warn(&l->f, v, "template", "the HTML template cannot be read, mails go without it: %s", e.text);
	c->html_name[0] = '\0';
	return true;
}

static bool
email_read(struct loader *l, const struct yaml_node *v, struct integration *in)
{
	struct email_conf *c = (struct email_conf *)in->conf;

	c->html = xstrdup("{{ template \"email.default.html\" . }}");
	if (!yaml_read_map(&l->f, v, rows, sizeof rows / sizeof *rows, c, "email_configs"))
		return false;
	if (c->to == NULL || c->to[0] == '\0')
		return kind_refuse(l, v, "missing to address in email config");
	for (size_t i = 0; i < c->headers.n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcasecmp(c->headers.at[i].name, c->headers.at[k].name) == 0)
				return kind_refuse(l, v, "duplicate header in email config");
	if (c->password.text != NULL && c->password.text[0] != '\0' && c->password.file != NULL)
		yaml_warn(&l->f, v, "receiver", "auth_password_file is used, auth_password is not");
	return email_fill(l, v, c) && email_html(l, v, c, in->index);
}

static void
email_release(void *conf)
{
	struct email_conf *c = conf;
	char *const own[] = {c->to, c->from, c->hello, c->smarthost, c->user, c->identity, c->html, c->text};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		free(own[i]);
	secret_release(&c->password);
	secret_release(&c->secret);
	pair_list_release(&c->headers);
}

/* ---- sending ---- */

struct mail_extra {
	json_t *doc;
	const char *text;
	size_t n, at;
	struct curl_slist *rcpt, *connect_to;
};

static size_t
mail_read(char *to, size_t size, size_t count, void *arg)
{
	struct mail_extra *x = arg;
	size_t n = x->n - x->at < size * count ? x->n - x->at : size * count;

	memcpy(to, x->text + x->at, n);
	x->at += n;
	return n;
}

static void
mail_extra_close(void *arg)
{
	struct mail_extra *x = arg;

	curl_slist_free_all(x->rcpt);
	curl_slist_free_all(x->connect_to);
	json_decref(x->doc);
	free(x);
}

static int
mail_login(const struct email_conf *c, CURL *h, struct err *e)
{
	if (c->user == NULL || c->user[0] == '\0')
		return 0;
	bool cram = !secret_set(&c->password) && secret_set(&c->secret);
	char *password = secret_get(cram ? &c->secret : &c->password, "SMTP password", e);
	if (password == NULL)
		return -1;
	curl_easy_setopt(h, CURLOPT_USERNAME, c->user);
	curl_easy_setopt(h, CURLOPT_PASSWORD, password);
	if (cram)
		curl_easy_setopt(h, CURLOPT_LOGIN_OPTIONS, "AUTH=CRAM-MD5");
	if (c->identity != NULL && c->identity[0] != '\0')
		curl_easy_setopt(h, CURLOPT_SASL_AUTHZID, c->identity);
	secret_free(password);
	return 0;
}

/* Where to connect, and under which name: the certificate's, when tls_config says another than the smarthost's. */
static void
mail_address(const struct email_conf *c, CURL *h, struct mail_extra *x)
{
	struct buf url = BUF_INIT, to = BUF_INIT;
	const char *port = strrchr(c->smarthost, ':'), *name = c->base.http.server_name;
	const char *scheme = strcmp(port, ":465") == 0 ? "smtps" : "smtp", *hello = c->hello != NULL ? c->hello : "";

	if (name != NULL && name[0] != '\0') {
		buf_addf(&url, "%s://%s%s/%s", scheme, name, port, hello);
		buf_addf(&to, "::%s", c->smarthost);
		x->connect_to = curl_slist_append(NULL, buf_str(&to));
		curl_easy_setopt(h, CURLOPT_CONNECT_TO, x->connect_to);
	} else {
		buf_addf(&url, "%s://%s/%s", scheme, c->smarthost, hello);
	}
	curl_easy_setopt(h, CURLOPT_URL, buf_str(&url));
	buf_release(&url);
	buf_release(&to);
}

static int
email_request(const struct integration *in, const char *payload, struct request *r, struct err *e)
{
	const struct email_conf *c = (const struct email_conf *)in->conf;
	json_t *doc = json_loads(payload, 0, NULL);
	const char *mail = json_string_value(json_object_get(doc, "mail"));
	CURL *h = curl_easy_init();

	if (mail == NULL || h == NULL || mail_login(c, h, e) < 0 || fetch_tls(h, &c->base.http, e) < 0) {
		json_decref(doc);
		curl_easy_cleanup(h);
		return err_set(e, ERR_BUG, "cannot prepare the mail");
	}
	struct mail_extra *x = xcalloc(1, sizeof *x);
	x->doc = doc;
	x->text = mail;
	x->n = strlen(mail);
	const json_t *to = json_object_get(doc, "to");
	for (size_t i = 0; i < json_array_size(to); i++)
		x->rcpt = curl_slist_append(x->rcpt, json_string_value(json_array_get(to, i)));
	mail_address(c, h, x);
	curl_easy_setopt(h, CURLOPT_MAIL_FROM, json_string_value(json_object_get(doc, "from")));
	curl_easy_setopt(h, CURLOPT_MAIL_RCPT, x->rcpt);
	curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, mail_read);
	curl_easy_setopt(h, CURLOPT_READDATA, x);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, 30000L);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROXY, ""); /* else that of the environment: it is for the web */
	curl_easy_setopt(h, CURLOPT_USE_SSL, (long)(c->require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	r->easy = h;
	r->extra = x;
	r->extra_close = mail_extra_close;
	return 0;
}

/* SMTP: 2yz taken, 4yz try again, 5yz never; without TLS or a login where they are demanded there is an error and no such code. */
static enum verdict
email_judge(const struct integration *in, const struct fetch_result *r, char *why, size_t n)
{
	(void)in;
	why[0] = '\0';
	if (r->error == NULL)
		return VERDICT_SENT;
	snprintf(why, n, "%s", r->error);
	if (r->status >= 400)
		snprintf(why, n, "%s, SMTP reply %d", r->error, r->status);
	return r->status >= 500 && r->status < 600 ? VERDICT_GIVE_UP : VERDICT_RETRY;
}

const struct kind kind_email = {
    .name = "email",
    .key = "email_configs",
    .send_resolved = false,
    .size = sizeof(struct email_conf),
    .at_once = 2,
    .per_second = 5,
    .burst = 50,
    .read = email_read,
    .release = email_release,
    .render = email_render,
    .request = email_request,
    .judge = email_judge,
};
