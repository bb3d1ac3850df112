/*
 * email_text.c -- the text of a mail: headers (RFC 5322, RFC 2047), a text and an HTML part (quoted-printable, RFC 2045), addresses.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "email_conf.h"
#include "message.h"
#include "mlwatch/arena.h"
#include "mlwatch/json_out.h"

#define MAX_RECIPIENTS 100
#define SUBJECT        "{{ template \"email.default.subject\" . }}"
#define LINE_MAX_MAIL  900 /* RFC 5322: at most 998 */

/* May stand in a header as it is. */
static bool
plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] >= 0x7f)
			return false;
	return n <= LINE_MAX_MAIL;
}

/* RFC 2047 "Q" words of at most 75 characters, cut between characters of the text. */
static void
header_value(struct buf *out, const char *s, size_t n)
{
	size_t line = 0;

	if (plain(s, n)) {
		buf_add(out, s, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		bool starts = (c & 0xc0) != 0x80;
		if (line == 0 || (line > 50 && starts)) {
			buf_addstr(out, line != 0 ? "?=\r\n =?utf-8?q?" : "=?utf-8?q?");
			line = 1;
		}
		if (isalnum(c) || (c != '\0' && strchr("!*+-/", c) != NULL)) {
			buf_addc(out, (char)c);
			line++;
		} else if (c == ' ') {
			buf_addc(out, '_');
			line++;
		} else {
			buf_addf(out, "=%02X", c);
			line += 3;
		}
	}
	buf_addstr(out, "?=");
}

/* RFC 2045 quoted-printable. No line of it is a dot, nor begins as the border between parts does. */
static void
quoted_printable(struct buf *out, const char *s)
{
	size_t line = 0;

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '\r' && s[1] == '\n')
			continue;
		if (c == '\n') {
			buf_addstr(out, "\r\n");
			line = 0;
			continue;
		}
		bool last = s[1] == '\n' || s[1] == '\0' || s[1] == '\r';
		bool bare = (c > 0x20 && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !last);
		bare = bare && !((c == '.' || c == '-') && line == 0);
		if (line + (bare ? 1 : 3) > 75) {
			buf_addstr(out, "=\r\n");
			line = 0;
		}
		if (bare)
			buf_addc(out, (char)c);
		else
			buf_addf(out, "=%02X", c);
		line += bare ? 1 : 3;
	}
	buf_addstr(out, "\r\n");
}

/* ---- HTML for those who have only letters: no tags, entities as characters, no empty lines in a row ---- */

static size_t
entity(struct buf *out, const char *s)
{
	static const struct {
		const char *name;
		char c;
	} known[] = {{"&lt;", '<'},   {"&gt;", '>'},  {"&amp;", '&'}, {"&#34;", '"'},
		     {"&#39;", '\''}, {"&#43;", '+'}, {"&nbsp;", ' '}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp(s, known[i].name, strlen(known[i].name)) == 0) {
			buf_addc(out, known[i].c);
			return strlen(known[i].name);
		}
	buf_addc(out, '&');
	return 1;
}

/* The end of the tag at s, and of what nobody reads with it. */
static const char *
after_tag(const char *s)
{
	static const char *const hidden[][2] = {{"<style", "</style>"}, {"<title", "</title>"}, {"<!--", "-->"}};
	const char *end = strchr(s, '>');

	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (strncasecmp(s, hidden[i][0], strlen(hidden[i][0])) == 0) {
			const char *last = strcasestr(s, hidden[i][1]);
			return last != NULL ? last + strlen(hidden[i][1]) : s + strlen(s);
		}
	return end != NULL ? end + 1 : s + strlen(s);
}

static bool
breaks_line(const char *tag)
{
	static const char *const tags[] = {"<br", "<p", "</p", "</tr", "</h", "</div", "</li", "</title"};

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (strncasecmp(tag, tags[i], strlen(tags[i])) == 0)
			return true;
	return false;
}

static void
html_text(struct buf *out, const char *s)
{
	while (*s != '\0') {
		bool at_start = out->len == 0 || out->p[out->len - 1] == '\n';
		if (*s == '<') {
			if (breaks_line(s) && !at_start)
				buf_addc(out, '\n');
			s = after_tag(s);
		} else if (*s == '&') {
			s += entity(out, s);
		} else if (isspace((unsigned char)*s)) {
			if (!at_start && out->p[out->len - 1] != ' ')
				buf_addc(out, ' ');
			s++;
		} else {
			buf_addc(out, *s++);
		}
	}
}

/* ---- addresses: "Some One <a@b>, c@d" ---- */

struct address { /* the texts are not ended by a NUL */
	const char *name, *at;
	size_t name_n, n;
};

static void
trim(const char **s, size_t *n)
{
	while (*n > 0 && isspace((unsigned char)(*s)[0])) {
		++*s;
		--*n;
	}
	while (*n > 0 && isspace((unsigned char)(*s)[*n - 1]))
		--*n;
}

/* The next one that is any; false: there is none. */
static bool
next_address(const char **s, struct address *out)
{
	while (**s != '\0') {
		size_t n = 0;
		bool quoted = false, clean;
		for (; (*s)[n] != '\0' && (quoted || (*s)[n] != ','); n++)
			quoted = quoted != ((*s)[n] == '"');
		const char *begin = *s, *angle = memchr(begin, '<', n),
			   *close = angle != NULL ? memchr(angle, '>', (size_t)(begin + n - angle)) : NULL;
		*s += n + ((*s)[n] == ',');
		*out = (struct address){.at = begin, .n = n};
		if (close != NULL)
			*out = (struct address){begin, angle + 1, (size_t)(angle - begin), (size_t)(close - angle - 1)};
		trim(&out->name, &out->name_n);
		trim(&out->at, &out->n);
		clean = out->n > 0;
		for (size_t i = 0; i < out->n; i++)
			clean = clean && (unsigned char)out->at[i] > 0x20 && strchr("<>", out->at[i]) == NULL;
		if (clean)
			return true;
	}
	return false;
}

static json_t *
addresses(const char *s)
{
	json_t *list = json_array();
	struct address a;

	while (json_array_size(list) < MAX_RECIPIENTS && next_address(&s, &a))
		json_array_append_new(list, json_stringn(a.at, a.n));
	return list;
}

/* A name that is no ASCII is encoded, the address never. */
static void
address_header(struct buf *mail, const char *name, const char *text)
{
	const char *sep = "";
	struct address a;

	buf_addf(mail, "%s: ", name);
	if (plain(text, strlen(text))) {
		buf_addf(mail, "%s\r\n", text);
		return;
	}
	while (next_address(&text, &a)) {
		bool quoted = a.name_n >= 2 && a.name[0] == '"' && a.name[a.name_n - 1] == '"';
		buf_addstr(mail, sep);
		if (a.name_n > 0 && plain(a.name, a.name_n))
			buf_addf(mail, "%.*s <%.*s>", (int)a.name_n, a.name, (int)a.n, a.at);
		else if (a.name_n > 0) {
			header_value(mail, a.name + quoted, a.name_n - 2 * (size_t)quoted);
			buf_addf(mail, " <%.*s>", (int)a.n, a.at);
		} else {
			buf_add(mail, a.at, a.n);
		}
		sep = ",\r\n ";
	}
	buf_addstr(mail, "\r\n");
}

static void
mail_date(char out[64], int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	gmtime_r(&t, &tm);
	snprintf(out, 64, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, names[tm.tm_mon],
		 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static int
put_header(struct buf *mail, const struct message *m, const char *name, const char *text, struct err *e)
{
	const char *s = message_text(m, text, e);

	if (s == NULL)
		return -1;
	buf_addf(mail, "%s: ", name);
	header_value(mail, s, strlen(s));
	buf_addstr(mail, "\r\n");
	return 0;
}

static int
put_headers(struct buf *mail, const struct email_conf *c, const struct message *m, const char *from, const char *to,
	    struct err *e)
{
	static const char *const names[] = {"From", "To", "Subject"};
	const char *const values[] = {from, to, SUBJECT};
	char host[128] = "localhost", date[64];
	int rc = 0;

	for (size_t i = 0; i < 3 && rc == 0; i++) {
		bool given = false;
		for (size_t k = 0; k < c->headers.n; k++)
			given = given || strcasecmp(c->headers.at[k].name, names[i]) == 0;
		if (given)
			continue;
		if (i == 2)
			rc = put_header(mail, m, names[i], values[i], e);
		else
			address_header(mail, names[i], values[i]);
	}
	for (size_t k = 0; k < c->headers.n && rc == 0; k++)
		rc = put_header(mail, m, c->headers.at[k].name, c->headers.at[k].value, e);
	gethostname(host, sizeof host - 1);
	mail_date(date, m->now_ms);
	buf_addf(mail, "Message-Id: <%lld.%016llx@%s>\r\nDate: %s\r\nMIME-Version: 1.0\r\n", (long long)m->now_ms,
		 (unsigned long long)fingerprint(m->group_labels), host, date);
	return rc;
}

static int
put_part(struct buf *mail, const char *type, const char *text)
{
	buf_addf(
	    mail,
	    "--mlwatch-part\r\nContent-Type: %s; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
	    type);
	quoted_printable(mail, text);
	return 0;
}

/* The parts; *readable is the text of one of them, for those who look at the outbox. */
static int
put_body(struct buf *mail, const struct email_conf *c, const struct message *m, struct buf *readable, struct err *e)
{
	struct buf html = BUF_INIT;
	int rc = 0;

	buf_addstr(mail, "Content-Type: multipart/alternative; boundary=\"mlwatch-part\"\r\n\r\n");
	if (c->text != NULL && c->text[0] != '\0') {
		rc = message_expand(m, c->text, readable, e);
		if (rc == 0)
			put_part(mail, "text/plain", buf_str(readable));
	}
	if (rc == 0 && c->html_name[0] != '\0') {
		rc = templates_run(m->templates, c->html_name, m->data, true, m->mem, &html, e);
		if (rc == 0)
			put_part(mail, "text/html", buf_str(&html));
		if (rc == 0 && readable->len == 0)
			html_text(readable, buf_str(&html));
	}
	buf_addstr(mail, "--mlwatch-part--\r\n");
	buf_release(&html);
	return rc;
}

/* One line: a header cannot be given a second one. */
static const char *
one_line(const struct message *m, const char *text, struct err *e)
{
	const char *s = message_text(m, text, e);
	char *copy = s != NULL ? arena_strdup(m->mem, s) : NULL;

	for (char *p = copy; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	return copy;
}

static const char *
subject_of(const struct email_conf *c, const struct message *m, struct err *e)
{
	for (size_t i = 0; i < c->headers.n; i++)
		if (strcasecmp(c->headers.at[i].name, "subject") == 0)
			return message_text(m, c->headers.at[i].value, e);
	return message_text(m, SUBJECT, e);
}

/* What SMTP is told, the mail, and what of it a person reads. */
static json_t *
document(const char *from, const char *to, const struct buf *mail, const char *subject, const char *text)
{
	json_t *sender = addresses(from), *all = addresses(to), *j = NULL;

	if (json_array_size(all) > 0 && json_array_size(sender) > 0)
		j = json_pack("{s:O, s:O, s:o, s:o, s:o}", "from", json_array_get(sender, 0), "to", all, "mail",
			      json_stringn_nocheck(buf_str(mail), mail->len), "subject", json_text(subject), "text",
			      json_text(text));
	json_decref(sender);
	json_decref(all);
	return j;
}

int
email_render(const struct integration *in, const struct message *m, struct buf *payload, struct err *e)
{
	const struct email_conf *c = (const struct email_conf *)in->conf;
	struct buf mail = BUF_INIT, readable = BUF_INIT;
	const char *from = one_line(m, c->from, e), *to = one_line(m, c->to, e), *subject = subject_of(c, m, e);
	int rc = from != NULL && to != NULL && subject != NULL ? put_headers(&mail, c, m, from, to, e) : -1;

	if (rc == 0)
		rc = put_body(&mail, c, m, &readable, e);
	if (rc == 0) {
		json_t *j = document(from, to, &mail, subject, buf_str(&readable));
		if (j == NULL)
			rc = err_set(e, ERR_FILE, "no address in from '%s' or to '%s'", from, to);
		else
			rc = kind_payload(j, 0, payload, e);
	}
	buf_release(&mail);
	buf_release(&readable);
	return rc;
}
