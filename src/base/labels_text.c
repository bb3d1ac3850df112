/* labels_text.c -- label sets as people and PromQL write them: name{a="b",c="d"}. */
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/labels.h"
#include "mlwatch/utf8.h"

static bool
word_char(char c, bool first, bool colon)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':') ||
	       (!first && c >= '0' && c <= '9');
}

static size_t
word_length(const char *s, bool colon)
{
	size_t n = 0;

	while (word_char(s[n], n == 0, colon))
		n++;
	return n;
}

bool
metric_name_is_legacy(const char *s)
{
	size_t n = word_length(s, true);

	return n > 0 && s[n] == '\0';
}

bool
label_name_is_legacy(const char *s)
{
	size_t n = word_length(s, false);

	return n > 0 && s[n] == '\0';
}

/* As Go has it: of what takes no room or turns the direction nothing is printable; what only changes the shape of the character before it is. */
static bool
is_printable(uint32_t cp)
{
	return cp != 0xa0 && (!utf8_is_harmful(cp) || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xfffc || cp == 0xfffd);
}

void
labels_quote(struct buf *out, const char *s)
{
	static const char escape[256] = {['\a'] = 'a', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
					 ['\t'] = 't', ['\v'] = 'v', ['"'] = '"',  ['\\'] = '\\'};
	size_t left = strlen(s), n;
	uint32_t cp;

	buf_addc(out, '"');
	for (; left > 0; s += n, left -= n) {
		unsigned char c = (unsigned char)*s;

		n = utf8_decode(s, left, &cp);
		if (escape[c] != 0)
			buf_addf(out, "\\%c", escape[c]);
		else if (c < 0x20 || c == 0x7F || (n == 1 && c >= 0x80))
			buf_addf(out, "\\x%02x", c);
		else if (!is_printable(cp))
			buf_addf(out, cp > 0xffff ? "\\U%08x" : "\\u%04x", cp);
		else
			buf_add(out, s, n);
	}
	buf_addc(out, '"');
}

void
labels_format(struct buf *out, struct labels l)
{
	const char *name = labels_get(l, METRIC_NAME);
	bool outside = metric_name_is_legacy(name), comma = false;
	size_t i;

	if (outside)
		buf_addstr(out, name);
	if (outside && l.n == 1)
		return;
	buf_addc(out, '{');
	if (!outside && name[0] != '\0') {
		labels_quote(out, name);
		comma = true;
	}
	for (i = 0; i < l.n; i++) {
		if (strcmp(l.at[i].name, METRIC_NAME) == 0)
			continue;
		if (comma)
			buf_addc(out, ',');
		comma = true;
		if (label_name_is_legacy(l.at[i].name))
			buf_addstr(out, l.at[i].name);
		else
			labels_quote(out, l.at[i].name);
		buf_addc(out, '=');
		labels_quote(out, l.at[i].value);
	}
	buf_addc(out, '}');
}

struct reader {
	struct arena *mem;
	const char *text, *p;
	struct err *e;
};

static void
skip_blank(struct reader *r)
{
	r->p += strspn(r->p, " \t\r\n");
}

static int
complain(struct reader *r, const char *what)
{
	int column = (int)utf8_count(r->text, (size_t)(r->p - r->text)) + 1;

	if (*r->p == '\0')
		return err_at(r->e, 1, column, column, "%s expected at the end of '%s'", what, r->text);
	return err_at(r->e, 1, column, column + 1, "%s expected before '%s'", what, r->p);
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static bool
read_hex(const char **at, int n, uint32_t *value)
{
	*value = 0;
	for (; n > 0; n--, (*at)++) {
		int d = hex_digit(**at);

		if (d < 0)
			return false;
		*value = *value << 4 | (uint32_t)d;
	}
	return true;
}

/* What stands behind a backslash, at *at; false when it is no escape. */
static bool
read_escape(const char **at, struct buf *out)
{
	static const char plain[256] = {['a'] = '\a', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r',
					['t'] = '\t', ['v'] = '\v', ['"'] = '"',  ['\\'] = '\\', ['\''] = '\''};
	char c = *(*at)++;
	uint32_t v;

	if (c == 'x' || c == 'u' || c == 'U') {
		if (!read_hex(at, c == 'x' ? 2 : c == 'u' ? 4 : 8, &v) || v == 0)
			return false;
		if (c == 'x')
			buf_addc(out, (char)v);
		else
			utf8_encode(out, v);
		return true;
	}
	if (plain[(unsigned char)c] == 0)
		return false;
	buf_addc(out, plain[(unsigned char)c]);
	return true;
}

static const char *
read_quoted(struct reader *r)
{
	struct buf b = BUF_INIT;
	char quote = *r->p++;
	const char *s = NULL;

	while (*r->p != '\0' && *r->p != quote) {
		if (*r->p == '\\' && quote != '`') {
			r->p++;
			if (*r->p == '\0' || !read_escape(&r->p, &b)) {
				err_set(r->e, ERR_FILE, "unknown escape in '%s'", r->text);
				goto done;
			}
		} else {
			buf_addc(&b, *r->p++);
		}
	}
	if (*r->p == '\0') {
		err_set(r->e, ERR_FILE, "quote without its end in '%s'", r->text);
		goto done;
	}
	r->p++;
	s = arena_strndup(r->mem, buf_str(&b), b.len);
done:
	buf_release(&b);
	return s;
}

static bool
at_quote(const struct reader *r)
{
	return *r->p == '"' || *r->p == '\'' || *r->p == '`';
}

/* One name="value" (or a quoted metric name alone) into *l. */
static int
read_pair(struct reader *r, struct label *l)
{
	bool quoted = at_quote(r);
	size_t n;

	if (quoted) {
		l->name = read_quoted(r);
		if (l->name == NULL)
			return -1;
	} else {
		n = word_length(r->p, false);
		if (n == 0)
			return complain(r, "label name");
		l->name = arena_strndup(r->mem, r->p, n);
		r->p += n;
	}
	skip_blank(r);
	if (quoted && (*r->p == ',' || *r->p == '}')) { /* {"metric.name",...} */
		l->value = l->name;
		l->name = METRIC_NAME;
		return 0;
	}
	if (*r->p != '=')
		return complain(r, "'='");
	r->p++;
	skip_blank(r);
	if (!at_quote(r))
		return complain(r, "quoted value");
	l->value = read_quoted(r);
	return l->value != NULL ? 0 : -1;
}

static int
read_pairs(struct reader *r, struct label **at, size_t *n)
{
	size_t cap = *n;

	r->p++;
	for (skip_blank(r); *r->p != '}'; skip_blank(r)) {
		if (*n >= cap) {
			size_t was = cap;

			cap = cap * 2 + 8;
			*at = arena_realloc(r->mem, *at, was * sizeof(**at), cap * sizeof(**at));
		}
		if (read_pair(r, &(*at)[*n]) < 0)
			return -1;
		(*n)++;
		skip_blank(r);
		if (*r->p == ',')
			r->p++;
		else if (*r->p != '}')
			return complain(r, "',' or '}'");
	}
	r->p++;
	return 0;
}

int
labels_parse(struct arena *a, const char *text, struct labels *out, struct err *e)
{
	struct reader r = {a, text, text, e};
	struct label *at = NULL;
	size_t n = 0, len;

	skip_blank(&r);
	len = word_length(r.p, true);
	if (len > 0) {
		at = arena_alloc(a, sizeof(*at));
		at[n++] = (struct label){METRIC_NAME, arena_strndup(a, r.p, len)};
		r.p += len;
		skip_blank(&r);
	}
	if (*r.p == '{' && read_pairs(&r, &at, &n) < 0)
		return -1;
	skip_blank(&r);
	if (*r.p != '\0' || (len == 0 && r.p == text))
		return complain(&r, "label set");
	*out = labels_make(a, at, n);
	return 0;
}
