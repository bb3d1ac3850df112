/*
 * relabel.c -- relabel_configs applied to a label set, one rule after the other, as Prometheus does it.
 *
 * The set being worked on is an unsorted array, because a rule may set any label; it is sorted and rid of empty
 * values at the end. The regular expressions are anchored. What a rule sets to nothing is removed.
 *
 * Reading from YAML is in relabel_read.c.
 */
#include "mlwatch/relabel.h"

#include <ctype.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wctype.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/matcher.h"
#include "mlwatch/md5.h"
#include "mlwatch/utf8.h"

struct work {
	struct arena *mem;
	struct label *at;
	size_t n, cap;
	struct buf value; /* the source labels, joined */
	struct buf scratch;
	bool changed;
};

static const char *
get(const struct work *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->at[i].name, name) == 0)
			return w->at[i].value;
	return "";
}

/* value "" removes; both are copied. */
static void
set(struct work *w, const char *name, const char *value)
{
	size_t i = 0;

	while (i < w->n && strcmp(w->at[i].name, name) != 0)
		i++;
	if (i == w->n && value[0] == '\0')
		return;
	w->changed = true;
	value = arena_strdup(w->mem, value);
	if (i < w->n) {
		w->at[i].value = value;
		return;
	}
	if (w->n == w->cap) {
		size_t cap = w->cap * 2 + 8;
		w->at = arena_realloc(w->mem, w->at, w->cap * sizeof *w->at, cap * sizeof *w->at);
		w->cap = cap;
	}
	w->at[w->n++] = (struct label){arena_strdup(w->mem, name), value};
}

static void
replace(struct work *w, const struct relabel_rule *r, const char *value)
{
	const char *target;

	buf_reset(&w->scratch);
	if (!regex_expand(r->re, value, r->target_label, &w->scratch))
		return;
	target = arena_strdup(w->mem, buf_str(&w->scratch));
	buf_reset(&w->scratch);
	regex_expand(r->re, value, r->replacement, &w->scratch);
	if (!label_name_is_legacy(target) || w->scratch.len == 0)
		set(w, r->target_label, "");
	else
		set(w, target, buf_str(&w->scratch));
}

static void
change_case(struct work *w, const struct relabel_rule *r, const char *value, bool upper)
{
	size_t n = strlen(value), step;
	locale_t loc = (locale_t)0;
	uint32_t cp;

	buf_reset(&w->scratch);
	for (const char *end = value + n; value < end; value += step) {
		step = utf8_decode(value, (size_t)(end - value), &cp);
		if (cp < 0x80) {
			buf_addc(&w->scratch, (char)(upper ? toupper((int)cp) : tolower((int)cp)));
			continue;
		}
		if (loc == (locale_t)0)
			loc = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
		if (loc != (locale_t)0)
			cp = (uint32_t)(upper ? towupper_l((wint_t)cp, loc) : towlower_l((wint_t)cp, loc));
		utf8_encode(&w->scratch, cp);
	}
	if (loc != (locale_t)0)
		freelocale(loc);
	set(w, r->target_label, buf_str(&w->scratch));
}

/* The last eight bytes of the MD5 sum as a big-endian number. */
static void
hashmod(struct work *w, const struct relabel_rule *r, const char *value)
{
	uint8_t sum[16];
	uint64_t v = 0;
	char text[24];

	md5(value, strlen(value), sum);
	for (int i = 8; i < 16; i++)
		v = v << 8 | sum[i];
	snprintf(text, sizeof text, "%" PRIu64, v % r->modulus);
	set(w, r->target_label, text);
}

static void
labelmap(struct work *w, const struct relabel_rule *r)
{
	size_t n = w->n; /* labels that come into being are not mapped */

	for (size_t i = 0; i < n; i++) {
		if (w->at[i].value[0] == '\0')
			continue;
		buf_reset(&w->scratch);
		if (regex_expand(r->re, w->at[i].name, r->replacement, &w->scratch))
			set(w, buf_str(&w->scratch), w->at[i].value);
	}
}

static void
drop_labels(struct work *w, const struct relabel_rule *r, bool matching)
{
	for (size_t i = 0; i < w->n; i++)
		if (regex_match(r->re, w->at[i].name) == matching)
			set(w, w->at[i].name, "");
}

static void
join(struct work *w, const struct relabel_rule *r)
{
	buf_reset(&w->value);
	for (size_t i = 0; i < r->n_source; i++) {
		if (i != 0)
			buf_addstr(&w->value, r->separator);
		buf_addstr(&w->value, get(w, r->source_labels[i]));
	}
}

/* false: the set is dropped. */
static bool
apply(struct work *w, const struct relabel_rule *r)
{
	const char *value;

	join(w, r);
	value = buf_str(&w->value);
	switch (r->action) {
	case RELABEL_REPLACE:
		replace(w, r, value);
		return true;
	case RELABEL_KEEP:
		return regex_match(r->re, value);
	case RELABEL_DROP:
		return !regex_match(r->re, value);
	case RELABEL_KEEPEQUAL:
		return strcmp(get(w, r->target_label), value) == 0;
	case RELABEL_DROPEQUAL:
		return strcmp(get(w, r->target_label), value) != 0;
	case RELABEL_LABELMAP:
		labelmap(w, r);
		return true;
	case RELABEL_LABELDROP:
		drop_labels(w, r, true);
		return true;
	case RELABEL_LABELKEEP:
		drop_labels(w, r, false);
		return true;
	case RELABEL_HASHMOD:
		hashmod(w, r, value);
		return true;
	case RELABEL_LOWERCASE:
	case RELABEL_UPPERCASE:
		change_case(w, r, value, r->action == RELABEL_UPPERCASE);
		return true;
	}
	return true;
}

bool
relabel_apply(const struct relabel *r, struct arena *mem, struct labels *l)
{
	struct work w = {.mem = mem, .value = BUF_INIT, .scratch = BUF_INIT};
	bool keep = true;

	if (r->n == 0)
		return true;
	w.cap = l->n + 8;
	w.at = arena_alloc(mem, w.cap * sizeof *w.at);
	w.n = l->n;
	if (l->n != 0)
		memcpy(w.at, l->at, l->n * sizeof *w.at);
	for (size_t i = 0; i < r->n && keep; i++)
		keep = apply(&w, &r->rules[i]);
	if (keep && w.changed)
		*l = labels_make(mem, w.at, w.n);
	buf_release(&w.value);
	buf_release(&w.scratch);
	return keep;
}
