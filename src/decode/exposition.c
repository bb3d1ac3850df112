/*
 * exposition.c -- what an endpoint's /metrics says, as samples.
 *
 * Two grammars (exposition_text.c, exposition_om.c) share what is here: names, quoted values, label sets and errors.
 * Their verdicts are those of Prometheus' own scrape, quirks included, so that moving a target from one to the other
 * changes nothing. A label with an empty value does not exist, and takes others of its name along.
 *
 * Knows bytes. Does not know targets, relabelling or what is stored.
 */
#include "exposition_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define N 1 /* may start any name */
#define C 2 /* may start a metric's name */
#define D 4 /* may follow */
/* clang-format off */
static const unsigned char kind_of[256] = {
	['a'] = N, ['b'] = N, ['c'] = N, ['d'] = N, ['e'] = N, ['f'] = N, ['g'] = N, ['h'] = N, ['i'] = N, ['j'] = N, ['k'] = N, ['l'] = N, ['m'] = N,
	['n'] = N, ['o'] = N, ['p'] = N, ['q'] = N, ['r'] = N, ['s'] = N, ['t'] = N, ['u'] = N, ['v'] = N, ['w'] = N, ['x'] = N, ['y'] = N, ['z'] = N,
	['A'] = N, ['B'] = N, ['C'] = N, ['D'] = N, ['E'] = N, ['F'] = N, ['G'] = N, ['H'] = N, ['I'] = N, ['J'] = N, ['K'] = N, ['L'] = N, ['M'] = N,
	['N'] = N, ['O'] = N, ['P'] = N, ['Q'] = N, ['R'] = N, ['S'] = N, ['T'] = N, ['U'] = N, ['V'] = N, ['W'] = N, ['X'] = N, ['Y'] = N, ['Z'] = N,
	['_'] = N, [':'] = C,
	['0'] = D, ['1'] = D, ['2'] = D, ['3'] = D, ['4'] = D, ['5'] = D, ['6'] = D, ['7'] = D, ['8'] = D, ['9'] = D,
};
/* clang-format on */

static const char *
name_end(const char *p, const char *end, unsigned first, unsigned more)
{
	if (p == end || (kind_of[(unsigned char)*p] & first) == 0)
		return p;
	while (p < end && (kind_of[(unsigned char)*p] & more) != 0)
		p++;
	return p;
}

const char *
expo_metric_name(const char *p, const char *end)
{
	return name_end(p, end, N | C, N | C | D);
}

const char *
expo_label_name(const char *p, const char *end)
{
	return name_end(p, end, N, N | D);
}
#undef N
#undef C
#undef D

int
expo_fail(struct expo *x, const char *at, const char *fmt, ...)
{
	char text[256];
	const char *line = x->body;
	int number = 1;
	va_list ap;

	for (const char *nl; (nl = memchr(line, '\n', (size_t)(at - line))) != NULL; line = nl + 1)
		number++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *c = text; *c != '\0'; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
	return err_at(x->e, number, (int)utf8_count(line, (size_t)(at - line)) + 1, 0, "%s", text);
}

const char *
expo_word(const char *p, const char *end, const char *word)
{
	for (; *word != '\0'; word++) {
		if (p == end || *p != *word)
			return NULL;
		for (p++; p < end && *p == '\0';)
			p++;
	}
	return p;
}

const char *
expo_quoted(const char *p, const char *end, bool newlines, struct pair *out)
{
	unsigned char all = 0;
	bool nul = false;

	out->escaped = false;
	out->value.p = ++p;
	for (; p < end && *p != '"'; p++) {
		if (*p == '\\') {
			out->escaped = true;
			if (++p == end || *p == '\n')
				return NULL;
		} else if (*p == '\n' && !newlines) {
			return NULL;
		}
		all |= (unsigned char)*p;
		nul |= *p == '\0';
	}
	if (p == end)
		return NULL;
	out->value.end = p;
	out->plain = all < 0x80 && !nul;
	return p + 1;
}

bool
expo_utf8(const struct pair *pair)
{
	return pair->plain || utf8_valid(pair->value.p, (size_t)(pair->value.end - pair->value.p));
}

const char *
expo_text(struct expo *x, struct span s, bool quotes)
{
	size_t n = (size_t)(s.end - s.p);
	char *out = arena_alloc(x->mem, n * 3 + 1), *to = out;

	for (const char *p = s.p; p < s.end; p++) {
		char next = *p == '\\' && p + 1 < s.end ? p[1] : '\0';
		if (*p == '\0') {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
		} else if (next == 'n' || next == '\\' || (next == '"' && quotes)) {
			*to++ = next == 'n' ? '\n' : next;
			p++;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return out;
}

void
expo_pair(struct expo *x, const struct pair *pair)
{
	xgrow(x->pairs, x->n_pairs, x->cap_pairs);
	x->pairs[x->n_pairs++] = *pair;
}

static const char *
keep_name(struct expo *x, struct span s)
{
	size_t n = (size_t)(s.end - s.p);

	if (x->last_name == NULL || x->last_len != n || memcmp(x->last_name, s.p, n) != 0) {
		x->last_name = arena_strndup(x->mem, s.p, n);
		x->last_len = n;
	}
	return x->last_name;
}

/* The set sorted by name; usually it stands so already. */
static struct label *
fill_labels(struct expo *x)
{
	struct label *at;
	size_t bytes = (x->n_pairs + 1) * sizeof *at;
	char *text;

	for (size_t i = 0; i < x->n_pairs; i++)
		bytes += (size_t)(x->pairs[i].name.end - x->pairs[i].name.p) + 2 +
			 (size_t)(x->pairs[i].value.end - x->pairs[i].value.p);
	at = arena_alloc(x->mem, bytes);
	text = (char *)(at + x->n_pairs + 1);
	at[0] = (struct label){METRIC_NAME, keep_name(x, x->name)};
	for (size_t i = 0; i < x->n_pairs; i++) {
		const struct pair *pair = &x->pairs[i];
		size_t n = (size_t)(pair->name.end - pair->name.p), m = (size_t)(pair->value.end - pair->value.p);
		struct label l = {text, NULL};
		memcpy(text, pair->name.p, n);
		text[n] = '\0';
		text += n + 1;
		if (pair->escaped || !pair->plain) {
			l.value = expo_text(x, pair->value, true);
		} else {
			memcpy(text, pair->value.p, m);
			text[m] = '\0';
			l.value = text;
			text += m + 1;
		}
		size_t j = i + 1;
		for (; j > 0 && strcmp(at[j - 1].name, l.name) > 0; j--)
			at[j] = at[j - 1];
		at[j] = l;
	}
	return at;
}

/* Moves empty values to the end, with whatever else has that name. -1: a name is left twice. */
static int
unique(struct expo *x, struct label *at, size_t n, size_t *kept)
{
	*kept = 0;
	for (size_t i = 0, j; i < n; i = j) {
		bool empty = false;
		for (j = i; j < n && strcmp(at[j].name, at[i].name) == 0; j++)
			empty |= at[j].value[0] == '\0';
		if (empty)
			continue;
		if (j - i > 1)
			return expo_fail(x, x->name.p, "label name '%s' is not unique", at[i].name);
		struct label keep = at[i];
		memmove(at + *kept + 1, at + *kept, (i - *kept) * sizeof *at);
		at[(*kept)++] = keep;
	}
	return 0;
}

int
expo_sample(struct expo *x, double v, bool has_time, int64_t t)
{
	struct label *at = fill_labels(x);
	size_t n = x->n_pairs + 1, kept;

	if (unique(x, at, n, &kept) < 0)
		return -1;
	if (!labels_has((struct labels){at, kept}, METRIC_NAME))
		return expo_fail(x, x->name.p, "the label __name__ takes the metric's name away");
	if (x->out->n == x->cap_samples) {
		x->cap_samples = x->cap_samples != 0 ? x->cap_samples * 2 : 64;
		x->out->samples = xreallocarray(x->out->samples, x->cap_samples, sizeof *x->out->samples);
	}
	if (v != v)
		v = __builtin_nan("0x1"); /* never the bits of a staleness marker */
	x->out->samples[x->out->n++] = (struct scraped_sample){{at, kept}, {at + kept, n - kept}, v, has_time, t};
	return 0;
}

void
expo_meta(struct expo *x, enum meta_kind kind, struct span family, const char *text)
{
	char *name = arena_strndup(x->mem, family.p, (size_t)(family.end - family.p));
	uintptr_t i = (uintptr_t)strmap_get(x->families, name);
	struct metric_meta *m;

	if (i == 0) {
		xgrow(x->out->meta, x->out->n_meta, x->cap_meta);
		x->out->meta[x->out->n_meta++] = (struct metric_meta){name, "unknown", "", ""};
		i = x->out->n_meta;
		strmap_set(x->families, name, (void *)i);
	}
	m = &x->out->meta[i - 1];
	*(kind == META_HELP ? &m->help : kind == META_TYPE ? &m->type : &m->unit) = text;
}

static bool
is_openmetrics(const char *content_type)
{
	static const char word[] = "application/openmetrics-text";
	size_t n;

	if (content_type == NULL)
		return false;
	content_type += strspn(content_type, " \t");
	n = strcspn(content_type, "; \t");
	return n == sizeof word - 1 && strncasecmp(content_type, word, n) == 0;
}

/* The arrays grew outside the arena, where growing leaves nothing behind. */
static void
move_into_arena(struct arena *mem, void **p, size_t size)
{
	void *copy = size == 0 ? NULL : arena_alloc(mem, size);

	if (size != 0)
		memcpy(copy, *p, size);
	free(*p);
	*p = copy;
}

int
exposition_parse(struct arena *mem, const char *body, size_t n, const char *content_type, struct exposition *out,
		 struct err *e)
{
	struct expo x = {.mem = mem, .out = out, .e = e, .body = body, .p = body, .end = body + n};
	int rc;

	*out = (struct exposition){NULL, 0, NULL, 0};
	if (n == 0)
		x.body = x.p = x.end = "";
	x.families = strmap_open();
	rc = is_openmetrics(content_type) ? expo_read_openmetrics(&x) : expo_read_text(&x);
	strmap_close(x.families);
	free(x.pairs);
	move_into_arena(mem, (void **)&out->samples, out->n * sizeof *out->samples);
	move_into_arena(mem, (void **)&out->meta, out->n_meta * sizeof *out->meta);
	return rc;
}
