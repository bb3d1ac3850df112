/*
 * values.c -- the series of a value: adding, joining, losing their names; and numbers for label sets.
 */
#include "eval.h"
#include "mlwatch/buf.h"
#include "mlwatch/num.h"
#include "mlwatch/utf8.h"

struct vseries *
value_add(struct eval *ev, struct value *v, struct labels l)
{
	struct vseries *s;

	if (eval_take(ev, ev->n) < 0)
		return NULL;
	if (v->n == v->cap) {
		size_t cap = v->cap != 0 ? v->cap * 2 : 8;

		v->at = arena_realloc(ev->mem, v->at, v->cap * sizeof *v->at, cap * sizeof *v->at);
		v->cap = cap;
	}
	s = &v->at[v->n++];
	*s = (struct vseries){.labels = l, .v = arena_alloc(ev->mem, ev->n * sizeof *s->v)};
	for (size_t i = 0; i < ev->n; i++)
		s->v[i] = absent_value();
	return s;
}

int
value_constant(struct eval *ev, double v, struct value *out)
{
	struct vseries *s;

	*out = (struct value){.type = VALUE_SCALAR};
	s = value_add(ev, out, (struct labels){NULL, 0});
	if (s == NULL)
		return -1;
	for (size_t k = 0; k < ev->n; k++)
		s->v[k] = v;
	return 0;
}

void
vseries_set_histogram(struct eval *ev, struct vseries *s, size_t step, const struct histogram *h)
{
	if (s->h == NULL)
		s->h = arena_calloc(ev->mem, ev->n, sizeof *s->h);
	s->h[step] = h;
	s->v[step] = 0;
}

bool
vseries_empty(const struct eval *ev, const struct vseries *s)
{
	for (size_t i = 0; i < ev->n; i++)
		if (!is_absent(s->v[i]))
			return false;
	return true;
}

void
value_drop_empty(const struct eval *ev, struct value *v)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->n; i++)
		if (!vseries_empty(ev, &v->at[i]))
			v->at[kept++] = v->at[i];
	v->n = kept;
}

static uint32_t *
numbering_slot(const struct numbering *t, struct labels l, uint64_t hash)
{
	size_t mask = t->n_slots - 1, i = (size_t)hash & mask;

	while (t->slots[i] != 0 && (t->hash[t->slots[i] - 1] != hash || !labels_equal(t->at[t->slots[i] - 1], l)))
		i = (i + 1) & mask;
	return &t->slots[i];
}

static void
numbering_grow(struct numbering *t)
{
	size_t cap = t->cap != 0 ? t->cap * 2 : 32;

	t->at = arena_realloc(t->mem, t->at, t->cap * sizeof *t->at, cap * sizeof *t->at);
	t->hash = arena_realloc(t->mem, t->hash, t->cap * sizeof *t->hash, cap * sizeof *t->hash);
	t->cap = cap;
	t->n_slots = cap * 2;
	t->slots = arena_calloc(t->mem, t->n_slots, sizeof *t->slots);
	for (size_t i = 0; i < t->n; i++)
		*numbering_slot(t, t->at[i], t->hash[i]) = (uint32_t)(i + 1);
}

size_t
numbering_of(struct numbering *t, struct labels l)
{
	uint64_t hash = labels_hash(l);
	uint32_t *slot;

	if (t->n == t->cap)
		numbering_grow(t);
	slot = numbering_slot(t, l, hash);
	if (*slot == 0) {
		t->at[t->n] = l;
		t->hash[t->n] = hash;
		*slot = (uint32_t)++t->n;
	}
	return *slot - 1;
}

bool
numbering_find(const struct numbering *t, struct labels l, size_t *at)
{
	uint32_t slot = t->n != 0 ? *numbering_slot(t, l, labels_hash(l)) : 0;

	*at = slot - 1;
	return slot != 0;
}

static int
join(struct eval *ev, struct vseries *into, const struct vseries *from)
{
	for (size_t i = 0; i < ev->n; i++) {
		if (is_absent(from->v[i]))
			continue;
		if (!is_absent(into->v[i]))
			return eval_fail(ev, "vector cannot contain metrics with the same labelset");
		into->v[i] = from->v[i];
		if (vseries_h(from, i) != NULL)
			vseries_set_histogram(ev, into, i, from->h[i]);
	}
	return 0;
}

int
value_merge_same(struct eval *ev, struct value *v)
{
	struct numbering seen = {.mem = ev->mem};
	size_t kept = 0;

	if (v->n < 2)
		return 0;
	for (size_t i = 0; i < v->n; i++) {
		size_t at = numbering_of(&seen, v->at[i].labels);

		if (at < kept) {
			if (join(ev, &v->at[at], &v->at[i]) < 0)
				return -1;
		} else {
			v->at[kept++] = v->at[i];
		}
	}
	v->n = kept;
	return 0;
}

static bool
is_metadata(const char *name)
{
	return name[0] == '_' &&
	       (strcmp(name, METRIC_NAME) == 0 || strcmp(name, "__type__") == 0 || strcmp(name, "__unit__") == 0);
}

struct labels
labels_without_metadata(struct arena *mem, struct labels l)
{
	struct label *at;
	size_t n = 0, first;

	for (first = 0; first < l.n && !is_metadata(l.at[first].name); first++)
		;
	if (first == l.n)
		return l;
	/* The name is nearly always the first label: what follows can be shared. */
	if (first == 0 && (l.n == 1 || !is_metadata(l.at[1].name)) && (l.n < 3 || !is_metadata(l.at[2].name)))
		return (struct labels){l.at + 1, l.n - 1};
	at = arena_alloc(mem, l.n * sizeof *at);
	for (size_t i = 0; i < l.n; i++)
		if (!is_metadata(l.at[i].name))
			at[n++] = l.at[i];
	return (struct labels){at, n};
}

int
value_drop_names(struct eval *ev, struct value *v)
{
	bool any = false;

	for (size_t i = 0; i < v->n; i++) {
		if (!v->at[i].drop_name)
			continue;
		v->at[i].labels = labels_without_metadata(ev->mem, v->at[i].labels);
		v->at[i].drop_name = false;
		any = true;
	}
	return any || ev->n == 1 ? value_merge_same(ev, v) : 0;
}

bool
label_name_is_utf8(const char *s)
{
	return *s != '\0' && utf8_valid(s, strlen(s));
}

const char *
quoted_text(struct arena *mem, const char *s)
{
	struct buf b = BUF_INIT;
	size_t n = strlen(s);
	const char *out;

	buf_addc(&b, '"');
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);

		if (cp == 0xFFFD && len == 1)
			buf_addf(&b, "\\x%02x", (unsigned)(unsigned char)s[i]);
		else if (cp == '"' || cp == '\\')
			buf_addf(&b, "\\%c", (char)cp);
		else if (cp < 0x20 || cp == 0x7f)
			buf_addf(&b, "\\x%02x", cp);
		else
			buf_add(&b, s + i, len);
		i += len;
	}
	buf_addc(&b, '"');
	out = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return out;
}

const char *
labels_text(struct arena *mem, struct labels l)
{
	struct buf b = BUF_INIT;
	const char *out;

	buf_addc(&b, '{');
	for (size_t i = 0; i < l.n; i++) {
		const char *name = l.at[i].name;

		buf_addf(&b, "%s%s=%s", i > 0 ? ", " : "", label_name_is_legacy(name) ? name : quoted_text(mem, name),
			 quoted_text(mem, l.at[i].value));
	}
	buf_addc(&b, '}');
	out = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return out;
}

const char *
float_text(struct arena *mem, double v)
{
	char num[NUM_MAX];

	num_g(num, v);
	return arena_strdup(mem, num);
}
