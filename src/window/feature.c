/*
 * feature.c -- what is known of a feature: its type, what its values may be, its categories.
 *
 * The type is the one declared in mlwatch.yml, else the reference's, else what the first value looks like. What a value may be
 * likewise: declared limits go before the range and the categories of the reference.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "window_private.h"

#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"

static const enum feature_type declared_type[] = {
    [EXPECT_ANY] = TYPE_UNKNOWN,
    [EXPECT_NUMERIC] = TYPE_NUMERIC,
    [EXPECT_CATEGORICAL] = TYPE_CATEGORICAL,
    [EXPECT_BOOL] = TYPE_BOOL,
};

static const struct feature_expect *
expectation(const struct windows *w, const char *name)
{
	for (size_t i = 0; i < w->spec.n_expect; i++)
		if (strcmp(w->spec.expect[i].name, name) == 0)
			return &w->spec.expect[i];
	return NULL;
}

static void
verdicts_grow(struct feature *f, size_t n)
{
	if (n <= f->n_verdicts)
		return;
	n = n < 64 ? 64 : n * 2;
	f->verdict = xreallocarray(f->verdict, n, 1);
	memset(f->verdict + f->n_verdicts, 0, n - f->n_verdicts);
	f->n_verdicts = n;
}

/* The violations in a category, of the bytes alone. */
static uint8_t
judge(const struct feature *f, const char *s, size_t n, bool known)
{
	const struct feature_expect *x = f->expect;
	bool allowed = known || f->any_category;
	uint8_t bad = 0;

	if (x != NULL && x->n_allowed > 0) {
		allowed = false;
		for (size_t i = 0; i < x->n_allowed && !allowed; i++)
			allowed = strlen(x->allowed[i]) == n && memcmp(x->allowed[i], s, n) == 0;
	}
	if (!allowed)
		bad |= 1u << BAD_VALUE_CATEGORY;
	if (f->pattern != NULL) {
		char *copy = xstrndup(s, n);

		if (!regex_match(f->pattern, copy))
			bad |= 1u << BAD_VALUE_PATTERN;
		free(copy);
	}
	return bad;
}

/* pandas writes True and False into a CSV; logs have true and false. */
static void
spell_bools(struct feature *f)
{
	static const char *const spellings[][2] = {{"true", "false"}, {"True", "False"}, {"TRUE", "FALSE"}};
	const struct category_set *set = &f->ref->categories;

	for (size_t k = 0; k < sizeof spellings / sizeof *spellings; k++)
		for (size_t i = 0; i < set->n; i++)
			if (strcmp(set->at[i].name, spellings[k][0]) == 0 ||
			    strcmp(set->at[i].name, spellings[k][1]) == 0) {
				f->yes = spellings[k][0];
				f->no = spellings[k][1];
				return;
			}
}

static void
known_categories(struct windows *w, struct feature *f)
{
	const struct category_set *set = &f->ref->categories;

	f->any_category = false;
	for (size_t i = 0; i < set->n; i++) {
		const char *name = set->at[i].name;
		uint32_t index = category_names_intern(f->names, name, strlen(name), text_hash(name, strlen(name)));

		if (index == 0)
			f->any_category = true; /* the reference itself could not name them all */
		if (index > f->n_known) {
			f->n_known = index;
			w->n_series++;
		}
		verdicts_grow(f, index + 1u);
		f->verdict[index] = judge(f, name, strlen(name), true);
	}
}

/* How many categories to tell apart. Where the reference folded the rare ones, so must we, for the two to be comparable. */
static size_t
category_limit(const struct windows *w, const struct feature *f)
{
	size_t max =
	    f->expect != NULL && f->expect->max_categories > 0 ? f->expect->max_categories : w->spec.max_categories;
	const struct category_set *set = f->ref != NULL && f->ref->categorical ? &f->ref->categories : NULL;

	if (set == NULL)
		return max;
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->at[i].name, CATEGORY_OTHER) == 0)
			return set->n - 1;
	return set->n > max ? set->n : max;
}

static void
make_categorical(struct windows *w, struct feature *f)
{
	f->names = category_names_open(category_limit(w, f));
	f->cache = xcalloc(CATEGORY_CACHE, sizeof *f->cache);
	verdicts_grow(f, 1);
	if (f->expect != NULL && f->expect->pattern != NULL)
		f->pattern = regex_open(f->expect->pattern, NULL);
	f->any_category = true;
	f->yes = "true";
	f->no = "false";
	if (f->ref != NULL && f->ref->categorical) {
		spell_bools(f);
		known_categories(w, f);
	}
}

static void
make_numeric(struct feature *f)
{
	const struct feature_expect *x = f->expect;
	bool ref = f->ref != NULL && !f->ref->categorical && f->ref->rows > f->ref->missing;

	f->lowest = -INFINITY;
	f->highest = INFINITY;
	if (ref) {
		f->edges = f->ref->edges;
		f->lowest = f->ref->min;
		f->highest = f->ref->max;
	}
	if (x != NULL && x->has_min)
		f->lowest = x->min;
	if (x != NULL && x->has_max)
		f->highest = x->max;
	f->bounded = ref || (x != NULL && (x->has_min || x->has_max));
}

static void
set_type(struct windows *w, struct model *m, struct feature *f, enum feature_type type)
{
	f->type = type;
	if (type == TYPE_NUMERIC) {
		make_numeric(f);
		f->values = series_make(w, "ml_feature", m, f->name, NULL, NULL);
	} else {
		make_categorical(w, f);
		f->values = series_make(w, "ml_feature_category_total", m, f->name, NULL, "category");
	}
}

static struct feature *
feature_make(struct windows *w, struct model *m, const char *name, size_t n)
{
	struct feature *f;

	if (m->n_features >= w->spec.max_features || n > CATEGORY_NAME_MAX) {
		w->counts.folded_features++;
		return NULL;
	}
	if (!series_room(w, 2))
		return NULL;
	f = xcalloc(1, sizeof *f);
	f->name = xstrndup(name, n);
	f->index = (uint32_t)m->n_features;
	f->expect = expectation(w, f->name);
	f->ref = m->ref != NULL ? reference_feature_find(m->ref, f->name) : NULL;
	f->missing = series_make(w, "ml_feature_missing_total", m, f->name, NULL, NULL);
	f->zero_at = INT64_MIN / 2;
	f->seen = -1;
	xgrow(m->features, m->n_features, m->cap_features);
	m->features[m->n_features++] = f;
	if (f->expect != NULL && f->expect->type != EXPECT_ANY)
		set_type(w, m, f, declared_type[f->expect->type]);
	else if (f->ref != NULL)
		set_type(w, m, f, f->ref->categorical ? TYPE_CATEGORICAL : TYPE_NUMERIC);
	return f;
}

void
features_declare(struct windows *w, struct model *m)
{
	m->declared = xcalloc(w->spec.n_expect + 1, sizeof *m->declared);
	for (size_t i = 0; i < w->spec.n_expect; i++) {
		const char *name = w->spec.expect[i].name;
		struct feature *f = feature_make(w, m, name, strlen(name));

		if (f != NULL)
			m->declared[m->n_declared++] = f;
	}
}

static struct feature *
find_declared(struct model *m, const struct record_feature *f)
{
	for (size_t i = 0; i < m->n_declared; i++)
		if (strlen(m->declared[i]->name) == f->name.n &&
		    memcmp(m->declared[i]->name, f->name.p, f->name.n) == 0)
			return m->declared[i];
	return NULL;
}

struct feature *
feature_of(struct windows *w, struct model *m, const struct record_feature *rf)
{
	struct feature *f;

	if (rf->slot == DECODE_NO_SLOT) {
		w->counts.folded_features++;
		return NULL;
	}
	if (rf->slot >= m->n_slots) {
		size_t n = (size_t)rf->slot + 16;

		m->by_slot = xreallocarray(m->by_slot, n, sizeof *m->by_slot);
		memset(m->by_slot + m->n_slots, 0, (n - m->n_slots) * sizeof *m->by_slot);
		m->n_slots = n;
	}
	f = m->by_slot[rf->slot];
	if (f == NULL)
		f = m->by_slot[rf->slot] = find_declared(m, rf);
	if (f == NULL)
		f = m->by_slot[rf->slot] = feature_make(w, m, rf->name.p, strnlen(rf->name.p, rf->name.n));
	if (f != NULL && f->type == TYPE_UNKNOWN && rf->kind == FEATURE_NUMBER)
		set_type(w, m, f, TYPE_NUMERIC);
	else if (f != NULL && f->type == TYPE_UNKNOWN && (rf->kind == FEATURE_STRING || rf->kind == FEATURE_BOOL))
		set_type(w, m, f, TYPE_CATEGORICAL);
	return f;
}

static uint32_t
category_look_up(struct windows *w, struct feature *f, const char *s, size_t n, uint8_t *bad)
{
	size_t before = category_names_count(f->names);
	uint64_t hash = text_hash(s, n);
	uint32_t index = w->n_series < w->spec.max_series ? category_names_intern(f->names, s, n, hash)
							  : category_names_find(f->names, s, n, hash);

	if (index == 0) {
		w->counts.folded_categories++;
		*bad = judge(f, s, n, false);
		return 0;
	}
	if (index >= before) { /* a new one */
		w->n_series++;
		verdicts_grow(f, index + 1u);
		f->verdict[index] = judge(f, s, n, false);
	}
	*bad = f->verdict[index];
	return index;
}

uint32_t
feature_category(struct windows *w, struct feature *f, const char *s, size_t n, uint8_t *bad)
{
	struct text_key key = text_key(s, n);
	struct remembered_category *c = &f->cache[key_hash(key, n) % CATEGORY_CACHE];
	uint32_t index;

	if (c->n == n && c->key.a == key.a && c->key.b == key.b && n - 1 < 16) {
		*bad = c->bad;
		w->counts.folded_categories += c->index == 0;
		return c->index;
	}
	index = category_look_up(w, f, s, n, bad);
	if (n - 1 < 16)
		*c = (struct remembered_category){key, (uint32_t)n, index, *bad};
	return index;
}

void
feature_close(struct feature *f)
{
	free(f->name);
	regex_close(f->pattern);
	category_names_close(f->names);
	free(f->cache);
	free(f->verdict);
	free(f->values);
	free(f->missing);
	for (int i = 0; i < VIOLATIONS; i++)
		free(f->invalid[i]);
	free(f);
}
