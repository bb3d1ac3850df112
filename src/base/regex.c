/*
 * regex.c -- regular expressions as Prometheus users write them (RE2's dialect), run by PCRE2.
 *
 * What is RE2's and not PCRE's is refused (look-around, back references, atomic groups, recursion, callouts), because a
 * rule that works here and is refused by Prometheus would lock its author in. What RE2 has and PCRE lacks is
 * translated: (?P<n>) both know; (?U) and \z mean the same. PCRE backtracks, so every match runs under limits.
 *
 * Most patterns in matchers are constants, alternatives (a|b|c), prefixes or everything; those never reach PCRE.
 * A compiled regex is immutable; match data is made per call, so threads may share one.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/matcher.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define MATCH_LIMIT    1000000
#define DEPTH_LIMIT    250000
#define HEAP_LIMIT_KIB 65536
#define PATTERN_MAX    ((size_t)64 * 1024)
#define GROUPS_MAX     100

enum fast {
	FAST_NONE,
	FAST_WORDS,  /* one of the words, exactly */
	FAST_PREFIX, /* word 0, then anything */
	FAST_SUFFIX, /* anything, then word 0 */
	FAST_INSIDE, /* anything, word 0, anything */
	FAST_ALL,    /* .* */
	FAST_SOME,   /* .+ */
};

struct regex {
	char *pattern;
	enum fast fast;
	char **words;
	size_t *lengths;
	size_t n_words;
	pcre2_code *utf, *bytes; /* the second for subjects that are not UTF-8 */
	pcre2_match_context *limits;
};

/* ---- what RE2 refuses ---- */

struct refusal {
	const char *start, *what;
};
static const struct refusal after_paren[] = {
    {"?=", "look-ahead"},         {"?!", "look-ahead"},          {"?<=", "look-behind"},      {"?<!", "look-behind"},
    {"?>", "an atomic group"},    {"?#", "a comment"},           {"?|", "a branch reset"},    {"?R", "recursion"},
    {"?&", "recursion"},          {"?P>", "recursion"},          {"?P=", "a back reference"}, {"?(", "a condition"},
    {"?C", "a callout"},          {"?0", "recursion"},           {"?1", "recursion"},         {"?+", "recursion"},
    {"*", "a backtracking verb"}, {"?'", "a quoted group name"},
};
static const struct refusal after_backslash[] = {
    {"1", "a back reference"},
    {"2", "a back reference"},
    {"3", "a back reference"},
    {"4", "a back reference"},
    {"5", "a back reference"},
    {"6", "a back reference"},
    {"7", "a back reference"},
    {"8", "a back reference"},
    {"9", "a back reference"},
    {"k", "a back reference"},
    {"g", "a back reference"},
    {"Z", "\\Z"},
    {"G", "\\G"},
    {"K", "\\K"},
    {"X", "\\X"},
    {"R", "\\R"},
    {"h", "\\h"},
    {"H", "\\H"},
    {"V", "\\V"},
    {"N", "\\N"},
    {"c", "\\c"},
    {"e", "\\e"},
    {"o", "\\o"},
    {"u", "\\u"},
    {"y", "\\y"},
    {"i", "\\i"},
    {"j", "\\j"},
    {"l", "\\l"},
    {"L", "\\L"},
    {"m", "\\m"},
    {"q", "\\q"},
    {"U", "\\U"},
    {"T", "\\T"},
    {"Y", "\\Y"},
};

static const char *
refused(const struct refusal *rows, size_t n, const char *at)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncmp(at, rows[i].start, strlen(rows[i].start)) == 0)
			return rows[i].what;
	return NULL;
}

/* "(?i" and the like at p, behind the parenthesis: RE2 knows the flags i, m, s and U. */
static const char *
refused_flag(const char *p)
{
	if (*p != '?' || strchr("P<'&R>=!|#(C+*0123456789", p[1]) != NULL)
		return NULL;
	p += 1 + strspn(p + 1, "imsU-");
	return *p == ':' || *p == ')' ? NULL : "this flag";
}

/* The end of a class [...] that begins at p, as RE2 reads it; NULL when it has none. */
static const char *
class_end(const char *p)
{
	p++;
	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	for (; *p != '\0' && *p != ']'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (p[0] == '[' && p[1] == ':') {
			const char *end = strstr(p + 2, ":]");

			if (end != NULL)
				p = end + 1;
		}
	}
	return *p == ']' ? p : NULL;
}

/* A quantifier at p ("*", "+", "?", "{2,}"): its length, else 0. */
static size_t
quantifier(const char *p)
{
	size_t n;

	if (*p == '*' || *p == '+' || *p == '?')
		return 1;
	if (*p != '{')
		return 0;
	n = 1 + strspn(p + 1, "0123456789");
	if (n == 1)
		return 0;
	if (p[n] == ',')
		n += 1 + strspn(p + n + 1, "0123456789");
	return p[n] == '}' ? n + 1 : 0;
}

static bool
too_often(const char *p)
{
	char *end;

	return *p == '{' && (strtoul(p + 1, &end, 10) > 1000 || (*end == ',' && strtoul(end + 1, NULL, 10) > 1000));
}

static const char *
find_refused(const char *p)
{
	const char *what;
	size_t q;

	for (; *p != '\0'; p++) {
		what = NULL;
		if (p[0] == '\\' && p[1] == 'Q') {
			p = strstr(p, "\\E");
			if (p == NULL)
				return NULL;
			p++;
		} else if (*p == '\\' && p[1] != '\0') {
			what = refused(after_backslash, sizeof(after_backslash) / sizeof(*after_backslash), p + 1);
			p++;
		} else if (*p == '(') {
			what = refused(after_paren, sizeof(after_paren) / sizeof(*after_paren), p + 1);
			if (what == NULL)
				what = refused_flag(p + 1);
		} else if (*p == '[') {
			const char *end = class_end(p);

			if (end == NULL)
				return NULL; /* PCRE says it better */
			p = end;
		}
		if (what != NULL)
			return what;
		q = p[0] != '\0' && *p != '(' && *p != '|' ? quantifier(p + 1) : 0;
		if (q > 0) {
			if (too_often(p + 1))
				return "a repetition over 1000";
			p += q;
			if (p[1] == '+')
				return "a possessive quantifier";
			if (p[1] == '?')
				p++;
			else if (p[1] == '*')
				return "a repeated quantifier";
		}
	}
	return NULL;
}

/* ---- the fast ways ---- */

static const char META[] = "\\.+*?()|[]{}^$";

/* One literal alternative into out; stops at '|' or the end. false: it is not literal. */
static bool
literal(const char **at, const char *end, struct buf *out)
{
	const char *p = *at;

	for (; p < end && *p != '|'; p++) {
		if (*p == '\\') {
			if (p + 1 >= end || strchr("\\.+*?()|[]{}^$-/_:;,=@#%&~<>!\"' ", p[1]) == NULL)
				return false;
			p++;
		} else if (strchr(META, *p) != NULL) {
			return false;
		}
		buf_addc(out, *p);
	}
	*at = p;
	return true;
}

static void
add_word(struct regex *r, struct buf *word)
{
	r->words = xreallocarray(r->words, r->n_words + 1, sizeof(*r->words));
	r->lengths = xreallocarray(r->lengths, r->n_words + 1, sizeof(*r->lengths));
	r->lengths[r->n_words] = word->len;
	r->words[r->n_words++] = buf_steal(word);
}

static void
drop_words(struct regex *r)
{
	size_t i;

	for (i = 0; i < r->n_words; i++)
		free(r->words[i]);
	free(r->words);
	free(r->lengths);
	r->words = NULL;
	r->lengths = NULL;
	r->n_words = 0;
}

static bool
read_words(struct regex *r, const char *p, const char *end)
{
	struct buf word = BUF_INIT;

	for (;; p++) {
		if (!literal(&p, end, &word)) {
			buf_release(&word);
			drop_words(r);
			return false;
		}
		add_word(r, &word);
		if (p == end)
			return true;
	}
}

/* Looks for the shapes that need no PCRE. A subject may hold newlines: dot matches them all. */
static void
find_fast(struct regex *r)
{
	const char *p = r->pattern, *end = p + strlen(p), *inside;
	bool front, back;

	if (strcmp(p, ".*") == 0 || strcmp(p, ".+") == 0) {
		r->fast = p[1] == '*' ? FAST_ALL : FAST_SOME;
		return;
	}
	front = strncmp(p, ".*", 2) == 0;
	back = end - p >= 2 + 2 * front && strcmp(end - 2, ".*") == 0;
	if (back && end - p >= 3 && end[-3] == '\\')
		return; /* "\.*" */
	inside = p + (front ? 2 : 0);
	end -= back ? 2 : 0;
	if (*p == '(' && end[-1] == ')' && !front && !back) { /* (a|b), also (?:a|b) */
		inside = p + (strncmp(p, "(?:", 3) == 0 ? 3 : 1);
		end--;
		if (end[-1] == '\\' || end < inside)
			return;
	}
	if (!read_words(r, inside, end))
		return;
	if (!front && !back)
		r->fast = FAST_WORDS;
	else if (r->n_words != 1)
		drop_words(r);
	else
		r->fast = front && back ? FAST_INSIDE : front ? FAST_SUFFIX : FAST_PREFIX;
}

static bool
match_words(const struct regex *r, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < r->n_words; i++)
		if (r->lengths[i] == n && memcmp(r->words[i], s, n) == 0)
			return true;
	return false;
}

static bool
match_fast(const struct regex *r, const char *s)
{
	size_t n = strlen(s), len = r->n_words != 0 ? r->lengths[0] : 0;

	switch (r->fast) {
	case FAST_WORDS:
		return match_words(r, s, n);
	case FAST_PREFIX:
		return n >= len && memcmp(s, r->words[0], len) == 0;
	case FAST_SUFFIX:
		return n >= len && memcmp(s + n - len, r->words[0], len) == 0;
	case FAST_INSIDE:
		return strstr(s, r->words[0]) != NULL;
	case FAST_SOME:
		return n > 0;
	default:
		return true;
	}
}

/* ---- PCRE ---- */

static pcre2_code *
compile(const char *pattern, bool anchored, bool utf, struct err *e)
{
	uint32_t options = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);
	struct buf text = BUF_INIT;
	PCRE2_UCHAR message[200];
	PCRE2_SIZE at;
	pcre2_code *code;
	int number;

	/* ^(?s:pattern)$ is how Prometheus anchors; the options do the same here. */
	if (anchored)
		options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	else
		options &= ~(uint32_t)PCRE2_DOTALL;
	if (utf)
		options |= PCRE2_UTF;
	pcre2_set_parens_nest_limit(ctx, 200);
	buf_addstr(&text, pattern);
	code = pcre2_compile((PCRE2_SPTR)buf_str(&text), text.len, options, &number, &at, ctx);
	if (code == NULL) {
		pcre2_get_error_message(number, message, sizeof(message));
		err_set(e, ERR_FILE, "cannot read the regular expression '%.200s': %s (at character %zu)", pattern,
			(const char *)message, utf8_count(pattern, at < text.len ? at : text.len) + 1);
	}
	pcre2_compile_context_free(ctx);
	buf_release(&text);
	return code;
}

static struct regex *
open_regex(const char *pattern, bool anchored, struct err *e)
{
	struct regex *r;
	const char *what;
	size_t n = strlen(pattern);
	bool utf = utf8_valid(pattern, n);

	if (n > PATTERN_MAX) {
		err_set(e, ERR_FILE, "regular expression of more than %zu characters", PATTERN_MAX);
		return NULL;
	}
	what = find_refused(pattern);
	if (what != NULL) {
		err_set(e, ERR_FILE, "cannot use %s in the regular expression '%.200s'", what, pattern);
		err_hint(e, "regular expressions are RE2's, as in Prometheus: no look-around, no back references");
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->pattern = xstrdup(pattern);
	if (anchored)
		find_fast(r);
	r->utf = compile(pattern, anchored, utf, e);
	r->bytes = r->utf != NULL && utf ? compile(pattern, anchored, false, NULL) : NULL;
	if (r->utf == NULL) {
		regex_close(r);
		return NULL;
	}
	if (r->fast == FAST_NONE)
		pcre2_jit_compile(r->utf, PCRE2_JIT_COMPLETE); /* where that is forbidden, it runs without */
	r->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(r->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(r->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(r->limits, HEAP_LIMIT_KIB);
	return r;
}

struct regex *
regex_open(const char *pattern, struct err *e)
{
	return open_regex(pattern, true, e);
}

struct regex *
regex_open_search(const char *pattern, struct err *e)
{
	return open_regex(pattern, false, e);
}

void
regex_close(struct regex *r)
{
	if (r == NULL)
		return;
	drop_words(r);
	pcre2_code_free(r->utf);
	pcre2_code_free(r->bytes);
	pcre2_match_context_free(r->limits);
	free(r->pattern);
	free(r);
}

/* Which code reads this subject; PCRE must not be given bad UTF-8 in its UTF mode. */
static const pcre2_code *
code_for(const struct regex *r, const char *s, size_t n)
{
	return r->bytes == NULL || utf8_valid(s, n) ? r->utf : r->bytes;
}

static bool
run(const struct regex *r, const pcre2_code *code, const char *s, size_t n, size_t from, pcre2_match_data *data)
{
	uint32_t options = code == r->utf && r->bytes != NULL ? PCRE2_NO_UTF_CHECK : 0;
	int got = pcre2_match(code, (PCRE2_SPTR)s, n, from, options, data, r->limits);

	/* The compiled code has a small stack of its own; the interpreter has the heap, up to its limit. */
	if (got == PCRE2_ERROR_JIT_STACKLIMIT)
		got = pcre2_match(code, (PCRE2_SPTR)s, n, from, options | PCRE2_NO_JIT, data, r->limits);
	return got >= 0;
}

bool
regex_match(const struct regex *r, const char *s)
{
	pcre2_match_data *data;
	size_t n;
	bool hit;

	if (r->fast != FAST_NONE)
		return match_fast(r, s);
	n = strlen(s);
	data = pcre2_match_data_create(1, NULL);
	hit = run(r, code_for(r, s, n), s, n, 0, data);
	pcre2_match_data_free(data);
	return hit;
}

/* ---- replacement ---- */

struct groups {
	const pcre2_code *code;
	const char *subject;
	const PCRE2_SIZE *at;
	uint32_t n;
};

static void
add_group(struct buf *out, const struct groups *g, uint32_t i)
{
	if (i < g->n && g->at[2 * i] != PCRE2_UNSET && g->at[2 * i + 1] >= g->at[2 * i])
		buf_add(out, g->subject + g->at[2 * i], g->at[2 * i + 1] - g->at[2 * i]);
}

static bool
name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* $name or $1, of n characters. Names that are no group are empty, as in Go. */
static void
add_named(struct buf *out, const struct groups *g, const char *name, size_t n)
{
	char *copy = xstrndup(name, n), *end;
	unsigned long i = strtoul(copy, &end, 10);
	int number;

	if (*end == '\0') {
		if (i < GROUPS_MAX)
			add_group(out, g, (uint32_t)i);
	} else if ((number = pcre2_substring_number_from_name(g->code, (PCRE2_SPTR)copy)) > 0) {
		add_group(out, g, (uint32_t)number);
	}
	free(copy);
}

/* Go's Expand: $name takes the longest run of word characters; ${name}; $$ is a dollar; a lone $ stays. */
static void
expand(struct buf *out, const char *p, const struct groups *g)
{
	const char *close;
	size_t n;

	while (*p != '\0') {
		if (*p != '$') {
			buf_addc(out, *p++);
			continue;
		}
		if (p[1] == '$') {
			buf_addc(out, '$');
			p += 2;
			continue;
		}
		n = 0;
		if (p[1] == '{') {
			close = p + 2;
			while (name_char(*close))
				close++;
			n = *close == '}' ? (size_t)(close - p - 2) : 0;
			if (n > 0) {
				add_named(out, g, p + 2, n);
				p = close + 1;
				continue;
			}
		} else {
			while (name_char(p[1 + n]))
				n++;
		}
		if (n > 0) {
			add_named(out, g, p + 1, n);
			p += 1 + n;
		} else {
			buf_addc(out, *p++);
		}
	}
}

bool
regex_expand(const struct regex *r, const char *s, const char *replacement, struct buf *out)
{
	size_t n = strlen(s);
	const pcre2_code *code = code_for(r, s, n);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	bool hit = run(r, code, s, n, 0, data);

	if (hit)
		expand(out, replacement,
		       &(struct groups){code, s, pcre2_get_ovector_pointer(data), pcre2_get_ovector_count(data)});
	pcre2_match_data_free(data);
	return hit;
}

void
regex_replace_all(const struct regex *r, const char *s, const char *replacement, struct buf *out)
{
	size_t n = strlen(s), from = 0, copied = 0, step;
	const pcre2_code *code = code_for(r, s, n);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
	uint32_t cp;

	while (from <= n && run(r, code, s, n, from, data)) {
		/* Go: an empty match right behind the last match does not count. */
		if (at[1] > at[0] || at[0] != copied || copied == 0 || at[0] == 0) {
			buf_add(out, s + copied, at[0] - copied);
			expand(out, replacement, &(struct groups){code, s, at, pcre2_get_ovector_count(data)});
			copied = at[1];
		}
		if (at[1] > at[0]) {
			from = at[1];
			continue;
		}
		if (at[1] >= n)
			break;
		step = code == r->utf && r->bytes != NULL ? utf8_decode(s + at[1], n - at[1], &cp) : 1;
		from = at[1] + step;
	}
	buf_add(out, s + copied, n - copied);
	pcre2_match_data_free(data);
}
