/*
 * message.c -- what a notification says: common labels, the order of alerts, and the values that templates see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/utf8.h"

uint64_t
fingerprint(struct labels l)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < l.n; i++) {
		for (int part = 0; part < 2; part++) {
			const char *s = part == 0 ? l.at[i].name : l.at[i].value;
			for (; *s != '\0'; s++)
				h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
			h = (h ^ 255) * UINT64_C(1099511628211);
		}
	}
	return h;
}

void
fingerprint_text(char out[17], uint64_t fp)
{
	snprintf(out, 17, "%016llx", (unsigned long long)fp);
}

/* Fewer labels first, then by the first name that differs: the one that lacks it comes first. */
static int
labels_before(struct labels a, struct labels b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	for (size_t i = 0; i < a.n; i++) {
		int c = strcmp(a.at[i].name, b.at[i].name);
		if (c != 0)
			return c < 0 ? 1 : -1; /* b lacks a's smaller name */
		c = strcmp(a.at[i].value, b.at[i].value);
		if (c != 0)
			return c;
	}
	return 0;
}

int
message_order(struct labels a, struct labels b)
{
	static const char *const first[] = {"job", "instance"};

	for (size_t i = 0; i < 2; i++) {
		bool has_a = labels_has(a, first[i]), has_b = labels_has(b, first[i]);
		if (has_a != has_b)
			return has_a ? -1 : 1;
		int c = has_a ? strcmp(labels_get(a, first[i]), labels_get(b, first[i])) : 0;
		if (c != 0)
			return c;
	}
	return labels_before(a, b);
}

void
time_text(char out[40], int64_t ms)
{
	char text[32];

	if (ms == 0) {
		strcpy(out, "0001-01-01T00:00:00Z");
		return;
	}
	rfc3339_format(text, ms); /* 2026-03-01T00:00:00.120Z */
	size_t n = strcspn(text, "Z");
	if (memchr(text, '.', n) != NULL) {
		while (text[n - 1] == '0')
			n--;
		if (text[n - 1] == '.')
			n--;
	}
	snprintf(out, 40, "%.*sZ", (int)n, text);
}

const char *
message_shorten(struct arena *mem, const char *s, size_t max)
{
	size_t bytes = strlen(s), at = 0, chars = 0, keep = 0;
	uint32_t cp;

	while (at < bytes && chars < max) {
		if (chars + 1 == max)
			keep = at;
		at += utf8_decode(s + at, bytes - at, &cp);
		chars++;
	}
	if (at >= bytes)
		return s;
	return arena_printf(mem, "%.*s\xe2\x80\xa6", (int)keep, s);
}

/* The right side of the last comparison outside brackets and quotes. A guess for people: "" when it is no plain number. */
const char *
message_limit(struct arena *mem, const char *expr)
{
	const char *hit = NULL;
	int depth = 0;
	char quote = '\0';

	for (const char *p = expr != NULL ? expr : ""; *p != '\0'; p++) {
		if (quote != '\0') {
			if (*p == '\\' && p[1] != '\0')
				p++;
			else if (*p == quote)
				quote = '\0';
			continue;
		}
		if (*p == '"' || *p == '\'' || *p == '`')
			quote = *p;
		depth += strchr("([{", *p) != NULL ? 1 : strchr(")]}", *p) != NULL ? -1 : 0;
		if (depth == 0 && (*p == '<' || *p == '>' || ((*p == '=' || *p == '!') && p[1] == '=')))
			hit = p;
		if (hit != NULL && p > hit + 1 && depth == 0 && strchr("+*/", *p) != NULL)
			hit = NULL;
	}
	if (hit == NULL)
		return "";
	const char *number = hit + 1 + (hit[1] == '=');
	while (*number == ' ' || *number == '\n')
		number++;
	char *end;
	strtod(number, &end);
	if (end == number || (*end != '\0' && *end != ' ' && *end != '\n'))
		return "";
	return arena_printf(mem, "%.*s %.*s", hit[1] == '=' ? 2 : 1, hit, (int)(end - number), number);
}

static struct labels
common(struct arena *mem, const struct message *m, bool annotations)
{
	struct labels first = {0};

	if (m->n == 0)
		return first;
	first = annotations ? m->alerts[0].annotations : m->alerts[0].labels;
	struct label *kept = arena_alloc(mem, (first.n + 1) * sizeof *kept);
	size_t n = 0;
	for (size_t i = 0; i < first.n; i++) {
		bool same = true;
		for (size_t k = 1; same && k < m->n; k++) {
			struct labels l = annotations ? m->alerts[k].annotations : m->alerts[k].labels;
			same = strcmp(labels_get(l, first.at[i].name), first.at[i].value) == 0;
		}
		if (same)
			kept[n++] = first.at[i];
	}
	return (struct labels){kept, n};
}

/* ---- values for templates ---- */

static struct tvalue *
value(struct arena *mem, enum tkind kind)
{
	struct tvalue *v = arena_calloc(mem, 1, sizeof *v);

	v->kind = kind;
	return v;
}

static const struct tvalue *
list(struct arena *mem, const struct tvalue *const *items, size_t n, const struct tmethod *methods, size_t n_methods)
{
	struct tvalue *v = value(mem, T_LIST);

	v->items = items;
	v->n = n;
	v->methods = methods;
	v->n_methods = n_methods;
	return v;
}

static const struct tvalue *
pair_member(const struct tvalue *pair, const char *key)
{
	for (size_t i = 0; i < pair->n; i++)
		if (strcmp(pair->pairs[i].key, key) == 0)
			return pair->pairs[i].value;
	return NULL;
}

/* Names and Values of a list of pairs. */
static const struct tvalue *
column(struct arena *mem, const struct tvalue *self, const char *key)
{
	const struct tvalue **items = arena_alloc(mem, (self->n + 1) * sizeof *items);

	for (size_t i = 0; i < self->n; i++)
		items[i] = pair_member(self->items[i], key);
	return list(mem, items, self->n, NULL, 0);
}

static const struct tvalue *
pairs_names(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	(void)args;
	(void)n;
	(void)e;
	return column(mem, self, "Name");
}

static const struct tvalue *
pairs_values(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	(void)args;
	(void)n;
	(void)e;
	return column(mem, self, "Value");
}

static const struct tmethod pairs_methods[] = {{"Names", pairs_names}, {"Values", pairs_values}};

static const struct tvalue *
pair_value(struct arena *mem, const struct tpair *p)
{
	struct tpair two[2] = {{"Name", tv_string(mem, p->key)}, {"Value", p->value}};
	return tv_object(mem, two, 2, NULL, 0);
}

/* By name, alertname before all others. */
static const struct tvalue *
kv_sorted(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	const struct tvalue **items = arena_alloc(mem, (self->n + 1) * sizeof *items);
	size_t out = 0;

	(void)args;
	(void)n;
	(void)e;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < self->n; i++)
			if ((strcmp(self->pairs[i].key, "alertname") == 0) == (pass == 0))
				items[out++] = pair_value(mem, &self->pairs[i]);
	return list(mem, items, out, pairs_methods, 2);
}

static const struct tvalue *
kv_names(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	return column(mem, kv_sorted(mem, self, args, n, e), "Name");
}

static const struct tvalue *
kv_values(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	return column(mem, kv_sorted(mem, self, args, n, e), "Value");
}

static const struct tvalue *kv(struct arena *mem, const struct tpair *pairs, size_t n);

static const struct tvalue *
kv_remove(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	struct tpair *kept = arena_alloc(mem, (self->n + 1) * sizeof *kept);
	size_t out = 0;

	if (n != 1 || args[0]->kind != T_LIST) {
		err_set(e, ERR_FILE, "Remove wants one list of names");
		return NULL;
	}
	for (size_t i = 0; i < self->n; i++) {
		bool drop = false;
		for (size_t k = 0; k < args[0]->n; k++) {
			const struct tvalue *name = args[0]->items[k];
			drop = drop || (name->kind == T_STRING && name->n == strlen(self->pairs[i].key) &&
					memcmp(name->s, self->pairs[i].key, name->n) == 0);
		}
		if (!drop)
			kept[out++] = self->pairs[i];
	}
	return kv(mem, kept, out);
}

static const struct tmethod kv_methods[] = {
    {"Names", kv_names}, {"Remove", kv_remove}, {"SortedPairs", kv_sorted}, {"Values", kv_values}};

static const struct tvalue *
kv(struct arena *mem, const struct tpair *pairs, size_t n)
{
	struct tvalue *v = value(mem, T_MAP);

	v->pairs = pairs;
	v->n = n;
	v->string_map = true;
	v->methods = kv_methods;
	v->n_methods = sizeof kv_methods / sizeof *kv_methods;
	return v;
}

static const struct tvalue *
kv_labels(struct arena *mem, struct labels l)
{
	struct tpair *pairs = arena_alloc(mem, (l.n + 1) * sizeof *pairs);

	for (size_t i = 0; i < l.n; i++)
		pairs[i] = (struct tpair){l.at[i].name, tv_string(mem, l.at[i].value)};
	return kv(mem, pairs, l.n);
}

static const struct tvalue *alerts_with(struct arena *mem, const struct tvalue *self, const char *status);

static const struct tvalue *
alerts_firing(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	(void)args;
	(void)n;
	(void)e;
	return alerts_with(mem, self, "firing");
}

static const struct tvalue *
alerts_resolved(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e)
{
	(void)args;
	(void)n;
	(void)e;
	return alerts_with(mem, self, "resolved");
}

static const struct tmethod alerts_methods[] = {{"Firing", alerts_firing}, {"Resolved", alerts_resolved}};

static const struct tvalue *
alerts_with(struct arena *mem, const struct tvalue *self, const char *status)
{
	const struct tvalue **items = arena_alloc(mem, (self->n + 1) * sizeof *items);
	size_t n = 0;

	for (size_t i = 0; i < self->n; i++)
		if (strcmp(pair_member(self->items[i], "Status")->s, status) == 0)
			items[n++] = self->items[i];
	return list(mem, items, n, alerts_methods, 2);
}

static const struct tvalue *
time_value(struct arena *mem, int64_t ms)
{
	return tv_time(mem, ms != 0 ? ms : INT64_C(-62135596800000));
}

static const struct tvalue *
alert_value(struct arena *mem, const struct message_alert *a)
{
	char fp[17];

	fingerprint_text(fp, a->fingerprint);
	const struct tpair pairs[] = {
	    {"AckBy", tv_string(mem, a->ack_by != NULL ? a->ack_by : "")},
	    {"AckComment", tv_string(mem, a->ack_comment != NULL ? a->ack_comment : "")},
	    {"Annotations", kv_labels(mem, a->annotations)},
	    {"EndsAt", time_value(mem, a->ends_ms)},
	    {"Expr", tv_string(mem, a->expr != NULL ? a->expr : "")},
	    {"Fingerprint", tv_string(mem, fp)},
	    {"GeneratorURL", tv_string(mem, a->generator_url != NULL ? a->generator_url : "")},
	    {"HasValue", tv_bool(mem, a->has_value)},
	    {"Labels", kv_labels(mem, a->labels)},
	    {"Limit", tv_string(mem, message_limit(mem, a->expr))},
	    {"StartsAt", time_value(mem, a->starts_ms)},
	    {"Status", tv_string(mem, a->resolved ? "resolved" : "firing")},
	    {"Value", tv_float(mem, a->value)},
	};
	return tv_object(mem, pairs, sizeof pairs / sizeof *pairs, NULL, 0);
}

static void
make_data(struct message *m)
{
	struct arena *mem = m->mem;
	const struct tvalue **items = arena_alloc(mem, (m->n + 1) * sizeof *items);

	for (size_t i = 0; i < m->n; i++)
		items[i] = alert_value(mem, &m->alerts[i]);
	const struct tpair pairs[] = {
	    {"Alerts", list(mem, items, m->n, alerts_methods, 2)},
	    {"CommonAnnotations", kv_labels(mem, m->common_annotations)},
	    {"CommonLabels", kv_labels(mem, m->common_labels)},
	    {"ExternalURL", tv_string(mem, m->external_url)},
	    {"GroupLabels", kv_labels(mem, m->group_labels)},
	    {"Receiver", tv_string(mem, m->receiver)},
	    {"Status", tv_string(mem, m->n_firing > 0 ? "firing" : "resolved")},
	};
	m->data = tv_object(mem, pairs, sizeof pairs / sizeof *pairs, NULL, 0);
}

void
message_prepare(struct message *m)
{
	m->n_firing = 0;
	for (size_t i = 0; i < m->n; i++)
		m->n_firing += !m->alerts[i].resolved;
	m->common_labels = common(m->mem, m, false);
	m->common_annotations = common(m->mem, m, true);
	make_data(m);
}

void
message_cut(const struct message *m, size_t n, struct message *out)
{
	*out = *m;
	if (n >= m->n)
		return;
	out->n = n;
	message_prepare(out);
}

int
message_expand(const struct message *m, const char *text, struct buf *out, struct err *e)
{
	if (text == NULL || text[0] == '\0')
		return 0;
	if (strstr(text, "{{") == NULL) {
		buf_addstr(out, text);
		return 0;
	}
	return templates_expand(m->templates, "", text, m->data, m->mem, out, e);
}

const char *
message_text(const struct message *m, const char *text, struct err *e)
{
	struct buf b = BUF_INIT;
	const char *s = NULL;

	if (message_expand(m, text, &b, e) == 0)
		s = arena_strdup(m->mem, buf_str(&b));
	buf_release(&b);
	return s;
}
