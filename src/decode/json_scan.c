/*
 * json_scan.c -- one line of JSON, read without expecting anything: what json_walk.c falls back to, and learns from.
 *
 * A single pass from left to right. Objects on the way to something mapped are entered, all other values are
 * checked and left. What stood between two values of a good line goes to the node of the first as an edge: from then on a line that has
 * the same bytes there needs no scanning. Lines in which a key comes twice teach nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decode_private.h"

#include "mlwatch/xalloc.h"

struct lesson {
	struct node *from, *to;
	const char *text;
	uint32_t n, n_enter;
	struct node *enter[EDGE_ENTERS];
};

struct learned {
	struct lesson *at;
	size_t n, cap;
	bool useless;      /* the line is not a good example */
	struct node *last; /* whose value came last */
	const char *last_end;
	struct node *enter[EDGE_ENTERS];
	uint32_t n_enter;
};

static inline const char *
blanks(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

static void
lesson_add(struct learned *l, const char *p, struct node *to)
{
	struct lesson *it;

	if (l->last == NULL || l->n_enter > EDGE_ENTERS) {
		l->useless = true;
	} else {
		xgrow(l->at, l->n, l->cap);
		it = &l->at[l->n++];
		*it = (struct lesson){l->last, to, l->last_end, (uint32_t)(p - l->last_end), l->n_enter, {NULL}};
		memcpy(it->enter, l->enter, sizeof it->enter);
	}
	l->last = to;
	l->n_enter = 0;
}

static void
lesson_enter(struct learned *l, struct node *object)
{
	if (l->n_enter < EDGE_ENTERS)
		l->enter[l->n_enter] = object;
	l->n_enter++;
}

static void
lessons_keep(struct learned *l)
{
	if (!l->useless)
		for (size_t i = 0; i < l->n; i++)
			node_edge_learn(l->at[i].from, l->at[i].text, l->at[i].n, l->at[i].to, l->at[i].enter,
					l->at[i].n_enter);
}

static const char *
leaf_read(struct decoder *d, const char *p, struct value *v, int depth)
{
	v->kind = VALUE_OTHER;
	d->fail = p;
	switch (*p) {
	case '"':
		v->kind = VALUE_STRING;
		return json_quoted(d, p + 1, &v->text);
	case '{':
	case '[':
		return json_skip(d, p, depth);
	case 't':
		v->kind = VALUE_TRUE;
		return memcmp(p, "true", 4) == 0 ? p + 4 : NULL;
	case 'f':
		v->kind = VALUE_FALSE;
		return memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
	case 'n':
		v->kind = VALUE_NULL;
		return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
	default:
		v->kind = VALUE_NUMBER;
		p = number_scan(p, &v->digits);
		if (p == NULL || !number_value(&v->digits, d->c_locale, &v->number))
			return NULL;
		v->text = (struct text){v->digits.p, v->digits.n};
		return p;
	}
}

static const char *
leaf(struct decoder *d, const char *p, struct node *node, int depth)
{
	struct value v = {VALUE_OTHER};
	bool again = false;

	d->at = p;
	if (node == NULL) {
		d->learned->useless = true;
	} else {
		again = node->seen == d->line;
		if (again) {
			d->learned->useless = true;
			if (node->interior)
				build_forget(d, node);
		}
		node->seen = d->line;
		lesson_add(d->learned, p, node);
	}
	p = leaf_read(d, p, &v, depth);
	if (p == NULL)
		return NULL;
	if (node != NULL)
		build_value(d, node, &v, again);
	d->learned->last_end = p;
	return p;
}

static const char *members(struct decoder *d, const char *p, struct node *object, int depth);

static const char *
enter(struct decoder *d, const char *p, struct node *node, int depth)
{
	const struct value object = {VALUE_OTHER};

	if (node->seen == d->line) {
		d->learned->useless = true;
		build_forget(d, node);
	}
	node->seen = d->line;
	d->at = p;
	if (node->fields != 0) {
		d->learned->useless = true; /* an object where a value should be: a bad line */
		build_fields(d, node->fields, &object);
	}
	lesson_enter(d->learned, node);
	return members(d, p + 1, node, depth);
}

/* "key" of a member: its node (NULL: none) and where its value begins. */
static const char *
member_key(struct decoder *d, const char *p, struct node *object, struct node **node)
{
	struct text key;

	d->fail = p;
	if (*p != '"')
		return NULL;
	p = json_quoted(d, p + 1, &key);
	if (p == NULL)
		return NULL;
	*node = node_find(d, object, key.p, key.n);
	p = blanks(p);
	d->fail = p;
	return *p == ':' ? blanks(p + 1) : NULL;
}

/* p is behind the brace. Objects that are entered are those on mapped paths, so the recursion is as deep as the longest of these. */
static const char *
members(struct decoder *d, const char *p, struct node *object, int depth)
{
	struct node *node;

	p = blanks(p);
	if (*p == '}')
		return p + 1;
	for (;;) {
		p = member_key(d, p, object, &node);
		if (p == NULL)
			return NULL;
		if (*p == '{' && node != NULL && node->interior)
			p = enter(d, p, node, depth + 1);
		else
			p = leaf(d, p, node, depth + 1);
		if (p == NULL)
			return NULL;
		p = blanks(p);
		d->fail = p;
		if (*p == '}')
			return p + 1;
		if (*p != ',')
			return NULL;
		p = blanks(p + 1);
	}
}

/* A line that does not begin with a brace: JSON of another kind, or none. */
static void
not_object(struct decoder *d, const char *start, const char *p, size_t n, const struct decode_sink *sink)
{
	p = json_skip(d, p, 1);
	if (p != NULL) {
		p = blanks(p);
		d->fail = p;
	}
	if (p == start + n)
		line_bad(d, sink, BAD_NOT_OBJECT, start, n, start, NULL);
	else
		line_bad(d, sink, BAD_SYNTAX, start, n, d->fail, NULL);
}

void
json_line(struct decoder *d, const char *start, size_t n, const struct decode_sink *sink)
{
	const char *p = blanks(start);
	struct learned *l = d->learned;

	if (p == start + n)
		return; /* nothing on it */
	build_begin(d);
	if (l == NULL)
		l = d->learned = xcalloc(1, sizeof *l);
	l->n = l->n_enter = 0;
	l->useless = !d->learning;
	l->last = d->nodes[0];
	l->last_end = start;
	d->line++;
	if (*p != '{') {
		not_object(d, start, p, n, sink);
		return;
	}
	p = members(d, p + 1, d->nodes[0], 1);
	if (p != NULL) {
		p = blanks(p);
		d->fail = p;
	}
	if (p != start + n) {
		line_bad(d, sink, BAD_SYNTAX, start, n, d->fail, NULL);
		return;
	}
	lesson_add(l, p + 1, NULL);
	lessons_keep(l);
	build_finish(d, sink, start, n);
}

void
json_close(struct decoder *d)
{
	if (d->learned != NULL)
		free(d->learned->at);
	free(d->learned);
}
