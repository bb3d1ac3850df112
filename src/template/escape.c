/*
 * escape.c -- text made safe for where it goes: text/template's html, js and urlquery, and for e-mail html/template's
 * idea of escaping by place: element text, attribute values, addresses in attributes.
 *
 * The place is followed through the literal text of the template. It knows tags, quotes, comments and which attributes
 * hold addresses; scripts and style sheets are not for messages and get element-text escaping.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "template_private.h"

static const char *
html_entity(char c)
{
	switch (c) {
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\0':
		return "\xef\xbf\xbd";
	default:
		return NULL;
	}
}

void
escape_html(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *e = html_entity(s[i]);
		if (e != NULL)
			buf_addstr(out, e);
		else
			buf_addc(out, s[i]);
	}
}

void
escape_js(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);
		if (cp == '\\' || cp == '\'' || cp == '"')
			buf_addf(out, "\\%c", (int)cp);
		else if (cp < 0x20 || cp == '<' || cp == '>' || cp == '&' || cp == '=' || (cp >= 0x7f && cp < 0xa0))
			buf_addf(out, "\\u%04X", cp);
		else
			buf_add(out, s + i, len);
		i += len;
	}
}

void
escape_query(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == ' ')
			buf_addc(out, '+');
		else if (isalnum((unsigned char)s[i]) || (s[i] != '\0' && strchr("-_.~", s[i]) != NULL))
			buf_addc(out, s[i]);
		else
			buf_addf(out, "%%%02X", (unsigned char)s[i]);
	}
}

void
template_escape_query(struct buf *out, const char *s)
{
	escape_query(out, s, strlen(s));
}

/* ---- by place ---- */

static bool
holds_address(const char *name)
{
	static const char *const names[] = {"action",     "background", "cite",   "data",
					    "formaction", "href",       "poster", "src"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void
place_in_tag(struct html_place *p, char c)
{
	if (c == '>') {
		p->in = HTML_TEXT;
	} else if (c == '"' || c == '\'') {
		p->name[p->n_name] = '\0';
		p->in = HTML_ATTRIBUTE;
		p->quote = c;
		p->url = holds_address(p->name);
		p->url_begun = p->url_query = false;
		p->n_name = 0;
	} else if (isalnum((unsigned char)c) || c == '-' || c == ':') {
		if (p->n_name < sizeof p->name - 1)
			p->name[p->n_name++] = c;
	} else if (c != '=' && !isspace((unsigned char)c)) {
		p->n_name = 0;
	} else if (isspace((unsigned char)c) && p->close[3] != '=') {
		p->n_name = 0;
	}
}

/* True when the character is written: comments are not. */
static bool
place_next(struct html_place *p, const char *s, size_t left)
{
	switch (p->in) {
	case HTML_TEXT:
		if (*s == '<' && left > 3 && memcmp(s, "<!--", 4) == 0) {
			p->in = HTML_COMMENT;
			memset(p->close, 0, sizeof p->close);
			return false;
		}
		if (*s == '<' && left > 1 && (isalpha((unsigned char)s[1]) || s[1] == '/')) {
			p->in = HTML_TAG;
			p->n_name = 0;
		}
		return true;
	case HTML_TAG:
		place_in_tag(p, *s);
		return true;
	case HTML_ATTRIBUTE:
		if (*s == p->quote) {
			p->in = HTML_TAG;
			p->n_name = 0;
		} else {
			p->url_begun = true;
			p->url_query |= *s == '?' || *s == '#';
		}
		return true;
	case HTML_COMMENT:
		if (*s == '>' && p->close[2] == '-' && p->close[3] == '-')
			p->in = HTML_TEXT;
		return false;
	}
	return true;
}

void
html_place_text(struct html_place *p, struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (place_next(p, s + i, n - i))
			buf_addc(out, s[i]);
		memmove(p->close, p->close + 1, 3);
		p->close[3] = s[i];
	}
}

/* html/template writes + as an entity, too. */
static void
escape_markup(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *e = s[i] == '+' ? "&#43;" : html_entity(s[i]);
		if (e != NULL)
			buf_addstr(out, e);
		else
			buf_addc(out, s[i]);
	}
}

/* Schemes that cannot run anything. */
static bool
safe_scheme(const char *s, size_t n)
{
	static const char *const schemes[] = {"http", "https", "mailto"};
	const char *colon = memchr(s, ':', n);

	if (colon == NULL || memchr(s, '/', (size_t)(colon - s)) != NULL)
		return true;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (strlen(schemes[i]) == (size_t)(colon - s) && strncasecmp(s, schemes[i], (size_t)(colon - s)) == 0)
			return true;
	}
	return false;
}

static void
escape_address(struct html_place *p, struct buf *out, const char *s, size_t n)
{
	struct buf b = BUF_INIT;

	if (!p->url_begun && !safe_scheme(s, n)) {
		buf_addstr(out, "#ZgotmplZ");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		bool keep = isalnum((unsigned char)s[i]) ||
			    (s[i] != '\0' && strchr(p->url_query ? "-._~" : "-._~!#$&*+,/:;=?@[]", s[i]) != NULL);
		bool encoded = !p->url_query && s[i] == '%' && i + 2 < n && isxdigit((unsigned char)s[i + 1]) &&
			       isxdigit((unsigned char)s[i + 2]);
		if (keep || encoded)
			buf_addc(&b, s[i]);
		else
			buf_addf(&b, "%%%02x", (unsigned char)s[i]);
	}
	escape_markup(out, buf_str(&b), b.len);
	buf_release(&b);
	p->url_begun = true;
}

/* HTML in an attribute: its text alone, entities as they are. */
static void
add_without_tags(struct buf *out, const char *s, size_t n)
{
	bool tag = false;

	for (size_t i = 0; i < n; i++) {
		if (!tag && s[i] == '<' && i + 1 < n &&
		    (isalpha((unsigned char)s[i + 1]) || strchr("/!", s[i + 1]) != NULL))
			tag = true;
		else if (tag && s[i] == '>')
			tag = false;
		else if (!tag && (s[i] == '"' || s[i] == '\'' || s[i] == '<' || s[i] == '>'))
			buf_addstr(out, html_entity(s[i]));
		else if (!tag)
			buf_addc(out, s[i]);
	}
}

void
html_place_value(struct html_place *p, struct buf *out, const struct tvalue *v, const char *text, size_t n)
{
	if (p->in == HTML_COMMENT)
		return;
	if (p->in == HTML_ATTRIBUTE && p->url)
		escape_address(p, out, text, n);
	else if (v->kind == T_STRING && v->safe_html && p->in == HTML_TEXT)
		buf_add(out, text, n);
	else if (v->kind == T_STRING && v->safe_html && p->in == HTML_ATTRIBUTE)
		add_without_tags(out, text, n);
	else
		escape_markup(out, text, n);
}
