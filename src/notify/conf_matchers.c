/*
 * conf_matchers.c -- label matchers as Alertmanager's files and commands write them.
 *
 * Two grammars live side by side. The classic one is a regular expression with a forgiving idea of quotes: a=b, a="b",
 * foo=~"a|b", spurious backslashes are literal, names are ASCII. The newer one is a real grammar in which names may be any UTF-8,
 * quoted when they need it. A text that the classic grammar reads means what it always meant; only what it cannot read goes to the
 * newer one. That is Alertmanager's own order where the two disagree.
 */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool
word_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
	       (!first && c >= '0' && c <= '9');
}

void
matcher_list_add(struct matcher_list *m, struct matcher one)
{
	xgrow(m->at, m->n, m->cap);
	m->at[m->n++] = one;
}

void
matcher_list_release(struct matcher_list *m)
{
	for (size_t i = 0; i < m->n; i++)
		matcher_release(&m->at[i]);
	free(m->at);
	*m = (struct matcher_list){0};
}

static int
matcher_order(const void *pa, const void *pb)
{
	const struct matcher *a = pa, *b = pb;
	int c = strcmp(a->name, b->name);

	if (c == 0)
		c = strcmp(a->value, b->value);
	if (c == 0)
		c = (int)a->op - (int)b->op;
	return c;
}

void
matcher_list_sort(struct matcher_list *m)
{
	if (m->n > 1)
		qsort(m->at, m->n, sizeof *m->at, matcher_order);
}

/* Longest operators first, so that the ~ of =~ is not read as the value. */
static const char *
operator_at(const char *s, enum match_op *op)
{
	static const struct {
		const char *text;
		enum match_op op;
	} ops[] = {{"=~", MATCH_RE}, {"!~", MATCH_NRE}, {"!=", MATCH_NE}, {"=", MATCH_EQ}};

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (strncmp(s, ops[i].text, strlen(ops[i].text)) == 0) {
			*op = ops[i].op;
			return s + strlen(ops[i].text);
		}
	}
	return NULL;
}

/* Backslash n, quote and backslash are escapes; any other backslash stands for itself. */
static int
classic_value(const char *raw, size_t n, struct buf *out, struct err *e)
{
	bool quoted = n > 0 && raw[0] == '"';
	const char *all = raw;
	size_t all_n = n;

	if (quoted) {
		raw++;
		n--;
	}
	for (size_t i = 0; i < n; i++) {
		char c = raw[i];
		if (c == '\\' && i + 1 < n) {
			char d = raw[++i];
			if (d == 'n')
				d = '\n';
			else if (d != '"' && d != '\\')
				buf_addc(out, '\\');
			buf_addc(out, d);
		} else if (c == '"') {
			if (!quoted || i + 1 < n)
				goto stray;
			quoted = false;
		} else {
			buf_addc(out, c);
		}
	}
	if (!quoted)
		return 0;
stray:
	return err_set(e, ERR_FILE, "matcher value contains an unescaped double quote: %.*s", (int)all_n, all);
}

static int
classic_one(struct matcher_list *out, const char *s, size_t n, struct err *e)
{
	const char *end = s + n, *p = s;
	enum match_op op;

	while (p < end && blank(*p))
		p++;
	const char *name = p;
	while (p < end && word_char(*p, p == name))
		p++;
	size_t name_n = (size_t)(p - name);
	while (p < end && blank(*p))
		p++;
	const char *value = name_n != 0 && p < end ? operator_at(p, &op) : NULL;
	if (value == NULL || value > end)
		return err_set(e, ERR_FILE, "bad matcher format: %.*s", (int)n, s);
	while (value < end && blank(*value))
		value++;
	while (end > value && blank(end[-1]))
		end--;
	if (!utf8_valid(value, (size_t)(end - value)))
		return err_set(e, ERR_FILE, "matcher value is not valid UTF-8: %.*s", (int)n, s);
	struct buf v = BUF_INIT;
	int rc = classic_value(value, (size_t)(end - value), &v, e);
	if (rc == 0) {
		char *nm = xstrndup(name, name_n);
		struct matcher m;
		rc = matcher_init(&m, op, nm, buf_str(&v), e);
		if (rc == 0)
			matcher_list_add(out, m);
		free(nm);
	}
	buf_release(&v);
	return rc;
}

/* Splits at commas outside quotes. As in Alertmanager an empty piece at the end is nothing, elsewhere a mistake. */
static int
classic(struct matcher_list *out, const char *s, struct err *e)
{
	size_t n = strlen(s), start = 0;
	bool quoted = false, escaped = false;

	if (n > 0 && s[0] == '{') {
		s++;
		n--;
	}
	if (n > 0 && s[n - 1] == '}')
		n--;
	for (size_t i = 0; i <= n; i++) {
		if (i < n && s[i] == '"' && !escaped)
			quoted = !quoted;
		bool cut = i == n || (s[i] == ',' && !quoted);
		escaped = i < n && s[i] == '\\' && !escaped;
		if (!cut)
			continue;
		bool empty = true;
		for (size_t k = start; k < i; k++)
			empty = empty && blank(s[k]);
		if (!(i == n && empty) && classic_one(out, s + start, i - start, e) < 0)
			return -1;
		start = i + 1;
	}
	return 0;
}

/* ---- the UTF-8 grammar ---- */

static void
skip(const char **p)
{
	while (blank(**p))
		(*p)++;
}

static bool
bare_char(char c)
{
	return c != '\0' && !blank(c) && strchr("{}!=~,\\\"'`", c) == NULL;
}

static int
quoted_word(const char **p, struct buf *out, struct err *e)
{
	const char *s = *p + 1;

	for (; *s != '\0' && *s != '"'; s++) {
		if (*s != '\\') {
			buf_addc(out, *s);
			continue;
		}
		static const char from[] = "abfnrtv\\\"'", to[] = "\a\b\f\n\r\t\v\\\"'";
		const char *hit = *++s != '\0' ? strchr(from, *s) : NULL;
		if (hit != NULL) {
			buf_addc(out, to[hit - from]);
			continue;
		}
		size_t digits = *s == 'x' ? 2 : *s == 'u' ? 4 : *s == 'U' ? 8 : 0;
		char hex[9] = "";
		if (digits == 0 || strlen(s + 1) < digits)
			return err_set(e, ERR_FILE, "invalid escape in %s", *p);
		memcpy(hex, s + 1, digits);
		char *stop;
		unsigned long cp = strtoul(hex, &stop, 16);
		if (*stop != '\0' || cp > 0x10ffff || cp == 0)
			return err_set(e, ERR_FILE, "invalid escape in %s", *p);
		if (digits == 2)
			buf_addc(out, (char)cp);
		else
			utf8_encode(out, (uint32_t)cp);
		s += digits;
	}
	if (*s != '"')
		return err_set(e, ERR_FILE, "missing closing quote: %s", *p);
	*p = s + 1;
	return 0;
}

static int
word(const char **p, struct buf *out, const char *what, struct err *e)
{
	skip(p);
	if (**p == '"')
		return quoted_word(p, out, e);
	const char *s = *p;
	while (bare_char(**p))
		(*p)++;
	if (*p == s)
		return err_set(e, ERR_FILE, "expected %s at '%s'", what, s);
	buf_add(out, s, (size_t)(*p - s));
	return 0;
}

/* A bare name of ASCII characters that the classic grammar refused is taken for a slip, as Alertmanager 0.25 does; newer ones would let
 * a-b=c pass. Such names are meant when they are quoted. */
static bool
slip(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

static int
utf8_one(struct matcher_list *out, const char **p, struct err *e)
{
	struct buf name = BUF_INIT, value = BUF_INIT;
	enum match_op op = MATCH_EQ;
	skip(p);
	bool bare = **p != '"';
	int rc = word(p, &name, "a label name", e);

	if (rc == 0 && bare && slip(buf_str(&name), name.len) && !label_name_is_legacy(buf_str(&name)))
		rc = err_set(e, ERR_FILE, "label name '%s' needs quotes", buf_str(&name));
	if (rc == 0) {
		skip(p);
		const char *after = operator_at(*p, &op);
		if (after == NULL)
			rc = err_set(e, ERR_FILE, "expected one of = != =~ !~ at '%s'", *p);
		else
			*p = after;
	}
	if (rc == 0)
		rc = word(p, &value, "a label value", e);
	if (rc == 0 && !utf8_valid(buf_str(&value), value.len))
		rc = err_set(e, ERR_FILE, "matcher value is not valid UTF-8");
	struct matcher m;
	if (rc == 0)
		rc = matcher_init(&m, op, buf_str(&name), buf_str(&value), e);
	if (rc == 0)
		matcher_list_add(out, m);
	buf_release(&name);
	buf_release(&value);
	return rc;
}

static int
utf8_matchers(struct matcher_list *out, const char *s, struct err *e)
{
	const char *p = s;
	bool braces;

	skip(&p);
	braces = *p == '{';
	if (braces)
		p++;
	skip(&p);
	while (*p != '\0' && *p != '}') {
		if (utf8_one(out, &p, e) < 0)
			return -1;
		skip(&p);
		if (*p == ',')
			p++;
		else if (*p != '\0' && *p != '}')
			return err_set(e, ERR_FILE, "expected a comma at '%s'", p);
		skip(&p);
	}
	if ((*p == '}') != braces)
		return err_set(e, ERR_FILE, braces ? "missing closing brace: %s" : "unexpected closing brace: %s", s);
	if (braces)
		p++;
	skip(&p);
	return *p == '\0' ? 0 : err_set(e, ERR_FILE, "unexpected text at '%s'", p);
}

int
matchers_parse(struct matcher_list *out, const char *text, struct err *e)
{
	struct matcher_list got = {0};
	struct err first = ERR_INIT, second = ERR_INIT;

	if (classic(&got, text, &first) < 0) {
		matcher_list_release(&got);
		if (utf8_matchers(&got, text, &second) < 0) {
			matcher_list_release(&got);
			if (e != NULL && !err_is_set(e))
				*e = first;
			return -1;
		}
	}
	for (size_t i = 0; i < got.n; i++)
		matcher_list_add(out, got.at[i]);
	free(got.at);
	return 0;
}
