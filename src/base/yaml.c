/*
 * yaml.c -- a YAML file as a tree in which every node knows where it stands.
 *
 * libyaml's events become nodes in one arena. An alias shares the node of its anchor, so it costs nothing here, but
 * whoever walks the tree would pay for it again and again: the size of the tree as a walker sees it is bounded.
 * What Go's strict decoder refuses is refused (a key that stands twice); only the first document is read.
 */
#include "mlwatch/yaml.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/file.h"
#include "mlwatch/secret.h"
#include "mlwatch/hash.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define FILE_MAX  ((size_t)16 << 20)
#define DEPTH_MAX 100
#define NODES_MAX 2000000 /* as a walker counts them, aliases expanded */

struct building { /* a node while it is made; node must be first */
	struct yaml_node node;
	size_t weight;
};

struct builder {
	struct yaml_file *f;
	yaml_parser_t parser;
	struct strmap *anchors;
	bool expand_env, failed;
	int depth;
};

static struct building *build_node(struct builder *b, const yaml_event_t *ev);

static void
mark_node(struct yaml_node *n, const yaml_mark_t *start, const yaml_mark_t *end)
{
	n->line = (int)start->line + 1;
	n->column = (int)start->column + 1;
	n->end_line = (int)end->line + 1;
	n->end_column = (int)end->column + 1;
}

static struct mistake *
masked(const struct yaml_file *f, struct mistake *m)
{
	if (m != NULL && m->source != NULL)
		secret_mask_line(f->source, m->line, m->source);
	return m;
}

static void *
stop(struct builder *b, const yaml_mark_t *at, const char *text, const char *hint)
{
	struct mistake *m;
	int line = (int)at->line + 1, column = (int)at->column + 1;

	if (!b->failed) {
		m = masked(b->f, errlist_add(b->f->errors, SEVERITY_ERROR, "yaml-syntax", b->f->path, b->f->source,
					     line, column, column + 1, "%s", text));
		if (hint != NULL)
			mistake_hint(m, "%s", hint);
	}
	b->failed = true;
	return NULL;
}

static bool
tab_at(const struct yaml_file *f, const yaml_mark_t *at)
{
	const char *p = f->source;
	size_t line = at->line;

	for (; line > 0 && p != NULL; line--) {
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
	}
	return p != NULL && p[strspn(p, " ")] == '\t';
}

static bool
next_event(struct builder *b, yaml_event_t *ev)
{
	const yaml_parser_t *p = &b->parser;
	struct buf text = BUF_INIT;

	if (b->failed)
		return false;
	if (yaml_parser_parse(&b->parser, ev))
		return true;
	buf_addf(&text, "not YAML: %s", p->problem != NULL ? p->problem : "cannot be read");
	if (p->context != NULL)
		buf_addf(&text, " %s", p->context);
	stop(b, p->error == YAML_READER_ERROR ? &p->mark : &p->problem_mark, buf_str(&text),
	     p->error != YAML_READER_ERROR && tab_at(b->f, &p->problem_mark)
		 ? "YAML is indented with blanks, not with tabs"
		 : NULL);
	buf_release(&text);
	return false;
}

/* ${VAR} in *text; $${VAR} stays as ${VAR}. */
static const char *
expand(struct builder *b, const struct yaml_node *n, const char *text)
{
	struct buf out = BUF_INIT;
	const char *p = text, *close, *value, *result;
	char *name;

	while (*p != '\0') {
		size_t word = p[0] == '$' && p[1] == '{' && (p[2] < '0' || p[2] > '9')
				  ? strspn(p + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")
				  : 0;

		close = p + 2 + word;
		if (p[0] == '$' && p[1] == '$' && p[2] == '{') {
			buf_addstr(&out, "${");
			p += 3;
			continue;
		}
		if (word == 0 || *close != '}') {
			buf_addc(&out, *p++);
			continue;
		}
		name = xstrndup(p + 2, word);
		value = getenv(name);
		if (value != NULL)
			buf_addstr(&out, value);
		else
			mistake_hint(
			    yaml_error(b->f, n, "unset-variable", "environment variable '%s' is not set", name),
			    "write $${%s} when the text itself is meant", name);
		free(name);
		p = close + 1;
	}
	result = arena_strndup(b->f->mem, buf_str(&out), out.len);
	buf_release(&out);
	return result;
}

static bool
is_null(const yaml_event_t *ev)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};
	const char *text = (const char *)ev->data.scalar.value;
	size_t i;

	if (ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || ev->data.scalar.tag != NULL)
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static struct building *
build_scalar(struct builder *b, const yaml_event_t *ev)
{
	struct building *n = arena_calloc(b->f->mem, 1, sizeof(*n));
	const char *text = (const char *)ev->data.scalar.value;
	static const char styles[] = {[YAML_SINGLE_QUOTED_SCALAR_STYLE] = '\'',
				      [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = '"',
				      [YAML_LITERAL_SCALAR_STYLE] = '|',
				      [YAML_FOLDED_SCALAR_STYLE] = '>'};

	mark_node(&n->node, &ev->start_mark, &ev->end_mark);
	n->weight = 1;
	n->node.kind = is_null(ev) ? YAML_NULL : YAML_SCALAR;
	if ((size_t)ev->data.scalar.style < sizeof(styles))
		n->node.style = styles[ev->data.scalar.style];
	if (strlen(text) != ev->data.scalar.length) {
		stop(b, &ev->start_mark, "a NUL character in a value", NULL);
		return NULL;
	}
	n->node.text =
	    b->expand_env && strstr(text, "${") != NULL ? expand(b, &n->node, text) : arena_strdup(b->f->mem, text);
	return n;
}

static struct building *
build_alias(struct builder *b, const yaml_event_t *ev)
{
	const char *name = (const char *)ev->data.alias.anchor;
	struct building *n = strmap_get(b->anchors, name);

	if (n == NULL)
		return stop(b, &ev->start_mark, "alias without an anchor before it", NULL);
	return n;
}

struct pairs { /* of a list: only values */
	const struct yaml_node **keys, **items;
	size_t n, cap, weight;
};

static void
add_pair(struct builder *b, struct pairs *p, const struct yaml_node *key, const struct yaml_node *item)
{
	size_t was = p->cap * sizeof(*p->items);

	if (p->n == p->cap) {
		p->cap = p->cap != 0 ? p->cap * 2 : 8;
		p->keys = arena_realloc(b->f->mem, p->keys, was, p->cap * sizeof(*p->keys));
		p->items = arena_realloc(b->f->mem, p->items, was, p->cap * sizeof(*p->items));
	}
	p->keys[p->n] = key;
	p->items[p->n++] = item;
}

static const struct yaml_node *
find_key(const struct pairs *p, const char *key)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->keys[i]->text, key) == 0)
			return p->keys[i];
	return NULL;
}

/* << : the merged mapping's pairs that the mapping has not got itself. Called when all of its own are known. */
static void
merge(struct builder *b, struct pairs *p, const struct yaml_node *from)
{
	size_t i;

	if (from->kind == YAML_LIST) {
		for (i = 0; i < from->n; i++)
			merge(b, p, from->items[i]);
		return;
	}
	if (from->kind != YAML_MAP) {
		yaml_error(b->f, from, "bad-merge", "'<<' needs a mapping or a list of mappings");
		return;
	}
	for (i = 0; i < from->n; i++)
		if (find_key(p, from->keys[i]->text) == NULL)
			add_pair(b, p, from->keys[i], from->items[i]);
}

static void
finish(struct builder *b, struct building *n, const struct pairs *p, const yaml_mark_t *end)
{
	n->node.keys = n->node.kind == YAML_MAP ? p->keys : NULL;
	n->node.items = p->items;
	n->node.n = p->n;
	n->node.end_line = (int)end->line + 1;
	n->node.end_column = (int)end->column + 1;
	n->weight = p->weight + 1;
	if (n->weight > NODES_MAX)
		stop(b, end, "aliases that expand to more than 2000000 nodes", NULL);
}

static void
build_list(struct builder *b, struct building *n)
{
	struct pairs p = {0};
	struct building *item;
	yaml_event_t ev;
	bool end;

	n->node.kind = YAML_LIST;
	while (next_event(b, &ev)) {
		end = ev.type == YAML_SEQUENCE_END_EVENT;
		item = end ? NULL : build_node(b, &ev);
		if (end)
			finish(b, n, &p, &ev.end_mark);
		yaml_event_delete(&ev);
		if (item == NULL)
			break;
		p.weight += item->weight;
		add_pair(b, &p, NULL, &item->node);
	}
}

static void
complain_twice(struct builder *b, const struct yaml_node *key, const struct yaml_node *first)
{
	yaml_error(b->f, key, "duplicate-key", "key '%s' stands twice, first in line %d", key->text, first->line);
}

/* The value that belongs to a key; NULL when the file ends in a mistake. */
static struct building *
build_value(struct builder *b)
{
	struct building *n = NULL;
	yaml_event_t ev;

	if (next_event(b, &ev)) {
		n = build_node(b, &ev);
		yaml_event_delete(&ev);
	}
	return n;
}

static void
build_pair(struct builder *b, struct pairs *p, struct strmap *seen, struct building *key,
	   const struct yaml_node **merged)
{
	struct building *value = build_value(b);
	const struct yaml_node *first;

	if (value == NULL)
		return;
	p->weight += key->weight + value->weight;
	if (key->node.kind == YAML_NULL)
		key->node.kind = YAML_SCALAR;
	if (key->node.kind != YAML_SCALAR) {
		yaml_error(b->f, &key->node, "bad-key", "a key must be a word");
		return;
	}
	if (strcmp(key->node.text, "<<") == 0 && key->node.style == 0) {
		*merged = &value->node;
		return;
	}
	first = strmap_get(seen, key->node.text);
	if (first != NULL) {
		complain_twice(b, &key->node, first);
		return;
	}
	strmap_set(seen, key->node.text, key);
	add_pair(b, p, &key->node, &value->node);
}

static void
build_map(struct builder *b, struct building *n)
{
	struct strmap *seen = strmap_open();
	const struct yaml_node *merged = NULL;
	struct pairs p = {0};
	struct building *key;
	yaml_event_t ev;
	bool end;

	n->node.kind = YAML_MAP;
	while (next_event(b, &ev)) {
		end = ev.type == YAML_MAPPING_END_EVENT;
		key = end ? NULL : build_node(b, &ev);
		if (end && merged != NULL)
			merge(b, &p, merged);
		if (end)
			finish(b, n, &p, &ev.end_mark);
		yaml_event_delete(&ev);
		if (key == NULL)
			break;
		build_pair(b, &p, seen, key, &merged);
	}
	strmap_close(seen);
}

static struct building *
build_collection(struct builder *b, const yaml_event_t *ev)
{
	struct building *n = arena_calloc(b->f->mem, 1, sizeof(*n));

	mark_node(&n->node, &ev->start_mark, &ev->end_mark);
	if (b->depth >= DEPTH_MAX)
		return stop(b, &ev->start_mark, "nested more than 100 deep", NULL);
	b->depth++;
	if (ev->type == YAML_SEQUENCE_START_EVENT)
		build_list(b, n);
	else
		build_map(b, n);
	b->depth--;
	return n;
}

static struct building *
build_node(struct builder *b, const yaml_event_t *ev)
{
	const yaml_char_t *anchor = NULL;
	struct building *n = NULL;

	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		return build_alias(b, ev);
	case YAML_SCALAR_EVENT:
		anchor = ev->data.scalar.anchor;
		n = build_scalar(b, ev);
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		n = build_collection(b, ev);
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		n = build_collection(b, ev);
		break;
	default:
		return NULL;
	}
	if (b->failed)
		return NULL;
	if (anchor != NULL)
		strmap_set(b->anchors, (const char *)anchor, n);
	return n;
}

/* Up to the first document's root; what comes after it is not looked at. */
static void
build_root(struct builder *b)
{
	yaml_event_t ev;
	bool start;
	struct building *root = NULL;

	do {
		if (!next_event(b, &ev))
			return;
		start = ev.type == YAML_STREAM_START_EVENT || ev.type == YAML_DOCUMENT_START_EVENT;
		if (!start && ev.type != YAML_STREAM_END_EVENT)
			root = build_node(b, &ev);
		yaml_event_delete(&ev);
	} while (start);
	/* The end of the document is read too: it is where an unfinished structure shows. */
	if (root != NULL && next_event(b, &ev))
		yaml_event_delete(&ev);
	if (!b->failed && root != NULL && root->node.kind != YAML_NULL)
		b->f->root = &root->node;
}

static int
parse(struct yaml_file *f, bool expand_env)
{
	struct builder b = {.f = f, .expand_env = expand_env};
	size_t errors = f->errors->errors;

	yaml_parser_initialize(&b.parser);
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)f->source, f->source_len);
	b.anchors = strmap_open();
	build_root(&b);
	strmap_close(b.anchors);
	yaml_parser_delete(&b.parser);
	return f->errors->errors > errors && b.failed ? -1 : 0;
}

int
yaml_parse(struct yaml_file *f, const char *path, const char *text, size_t n, bool expand_env, struct errlist *errors)
{
	*f = (struct yaml_file){.path = xstrdup(path), .source = xmalloc(n + 1), .source_len = n, .errors = errors};
	if (n != 0)
		memcpy(f->source, text, n);
	f->source[n] = '\0';
	f->mem = arena_open();
	return parse(f, expand_env);
}

int
yaml_load(struct yaml_file *f, const char *path, bool expand_env, struct errlist *errors)
{
	struct err e = ERR_INIT;

	*f = (struct yaml_file){.path = xstrdup(path), .errors = errors, .mem = arena_open()};
	if (file_read(path, FILE_MAX, &f->source, &f->source_len, &e) < 0) {
		errlist_add(errors, SEVERITY_ERROR, "unreadable", path, NULL, 0, 0, 0, "%s", e.text);
		return -1;
	}
	return parse(f, expand_env);
}

void
yaml_release(struct yaml_file *f)
{
	free(f->path);
	if (f->source != NULL)
		explicit_bzero(f->source, f->source_len);
	free(f->source);
	arena_wipe(f->mem); /* there may be secrets in it */
	arena_close(f->mem);
	*f = (struct yaml_file){0};
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	size_t i;

	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (i = 0; i < map->n; i++)
		if (strcmp(map->keys[i]->text, key) == 0)
			return map->items[i]->kind != YAML_NULL ? map->items[i] : NULL;
	return NULL;
}

/* The mark under a fault: a value of one line is underlined whole, anything longer at its first character. */
static struct mistake *
vreport(struct yaml_file *f, enum severity sev, const struct yaml_node *at, const char *code, const char *fmt,
	va_list ap)
{
	static const struct yaml_node start = {.line = 1, .column = 1, .end_line = 1, .end_column = 2};
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (at == NULL)
		at = &start;
	int end = at->end_line == at->line && at->end_column > at->column ? at->end_column : at->column + 1;
	return masked(f, errlist_add(f->errors, sev, code, f->path, f->source, at->line, at->column, end, "%s", text));
}

struct mistake *
yaml_error(struct yaml_file *f, const struct yaml_node *at, const char *code, const char *fmt, ...)
{
	struct mistake *m;
	va_list ap;

	va_start(ap, fmt);
	m = vreport(f, SEVERITY_ERROR, at, code, fmt, ap);
	va_end(ap);
	return m;
}

struct mistake *
yaml_warn(struct yaml_file *f, const struct yaml_node *at, const char *code, const char *fmt, ...)
{
	struct mistake *m;
	va_list ap;

	va_start(ap, fmt);
	m = vreport(f, SEVERITY_WARNING, at, code, fmt, ap);
	va_end(ap);
	return m;
}
