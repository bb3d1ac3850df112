/*
 * templates.c -- a set of templates: the functions they may call, the definitions that were parsed, and the verbs of
 * template.h.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "template_private.h"

struct function_table {
	const struct tfunc *at;
	size_t n;
	void *arg;
};

struct templates {
	struct arena *mem;
	struct function_table *tables;
	size_t n_tables, cap_tables;
	struct definitions defs;
};

struct templates *
templates_open(void)
{
	struct templates *t = xcalloc(1, sizeof *t);

	t->mem = arena_open();
	return t;
}

void
templates_close(struct templates *t)
{
	if (t == NULL)
		return;
	arena_close(t->mem);
	free(t->tables);
	free(t);
}

void
templates_functions(struct templates *t, const struct tfunc *f, size_t n, void *arg)
{
	xgrow(t->tables, t->n_tables, t->cap_tables);
	t->tables[t->n_tables++] = (struct function_table){f, n, arg};
}

static bool
named(const struct tfunc *f, const char *name, size_t n)
{
	return strlen(f->name) == n && memcmp(f->name, name, n) == 0;
}

const struct tfunc *
template_function(const struct templates *set, const char *name, size_t n, void **arg, enum special *special)
{
	*special = CALL_PLAIN;
	*arg = NULL;
	for (size_t i = set->n_tables; i-- > 0;) {
		for (size_t k = 0; k < set->tables[i].n; k++) {
			if (!named(&set->tables[i].at[k], name, n))
				continue;
			*arg = set->tables[i].arg;
			return &set->tables[i].at[k];
		}
	}
	for (size_t i = 0; i < template_n_builtins; i++) {
		if (!named(&template_builtins[i].f, name, n))
			continue;
		*special = template_builtins[i].special;
		return &template_builtins[i].f;
	}
	return NULL;
}

const struct definition *
definition_find(const struct definitions *d, const char *name)
{
	for (size_t i = 0; d != NULL && i < d->n; i++) {
		if (strcmp(d->at[i].name, name) == 0)
			return &d->at[i];
	}
	return NULL;
}

static struct source *
keep_source(struct arena *mem, const char *name, const char *text)
{
	struct source *s = arena_alloc(mem, sizeof *s);

	s->name = arena_strdup(mem, name);
	s->n = strlen(text);
	s->text = arena_strndup(mem, text, s->n);
	return s;
}

int
templates_parse(struct templates *t, const char *name, const char *text, struct err *e)
{
	return template_parse_text(t->mem, t, keep_source(t->mem, name, text), &t->defs, e);
}

int
templates_run(const struct templates *t, const char *name, const struct tvalue *dot, bool html, struct arena *mem,
	      struct buf *out, struct err *e)
{
	struct run r = {t, &t->defs, NULL, mem, html};

	return template_run_definition(&r, name, dot, out, e);
}

int
templates_expand(const struct templates *t, const char *name, const char *text, const struct tvalue *dot,
		 struct arena *mem, struct buf *out, struct err *e)
{
	struct definitions own = {0};
	struct run r = {t, &t->defs, &own, mem, false};

	if (template_parse_text(mem, t, keep_source(mem, name, text), &own, e) < 0)
		return -1;
	return template_run_definition(&r, name, dot, out, e);
}

struct template
{
	struct arena *mem;
	const struct templates *set;
	const char *name;
	struct definitions own;
};

struct template *
template_open(const struct templates *t, const char *name, const char *text, struct err *e)
{
	struct arena *mem = arena_open();
	struct template *p = arena_calloc(mem, 1, sizeof *p);

	p->mem = mem;
	p->set = t;
	p->name = arena_strdup(mem, name);
	if (template_parse_text(mem, t, keep_source(mem, name, text), &p->own, e) < 0) {
		template_close(p);
		return NULL;
	}
	return p;
}

void
template_close(struct template *p)
{
	if (p != NULL)
		arena_close(p->mem); /* p is in it */
}

int
template_run(const struct template *p, const struct tvalue *dot, struct arena *mem, struct buf *out, struct err *e)
{
	struct run r = {p->set, &p->set->defs, &p->own, mem, false};

	return template_run_definition(&r, p->name, dot, out, e);
}
