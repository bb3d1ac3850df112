/*
 * value.c -- the values that templates see, and what Go would say of them: their type, their truth.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "template_private.h"

static struct tvalue *
make(struct arena *m, enum tkind kind)
{
	struct tvalue *v = arena_calloc(m, 1, sizeof *v);

	v->kind = kind;
	return v;
}

const struct tvalue *
tv_nil(void)
{
	static const struct tvalue nil = {.kind = T_NIL};

	return &nil;
}

const struct tvalue *
tv_strn(struct arena *m, const char *s, size_t n)
{
	struct tvalue *v = make(m, T_STRING);

	v->s = arena_strndup(m, s, n);
	v->n = n;
	return v;
}

const struct tvalue *
tv_string(struct arena *m, const char *s)
{
	return tv_strn(m, s, strlen(s));
}

const struct tvalue *
tv_safe_html(struct arena *m, const char *s)
{
	struct tvalue *v = make(m, T_STRING);

	v->n = strlen(s);
	v->s = arena_strndup(m, s, v->n);
	v->safe_html = true;
	return v;
}

const struct tvalue *
tv_float(struct arena *m, double f)
{
	struct tvalue *v = make(m, T_FLOAT);

	v->f = f;
	return v;
}

const struct tvalue *
tv_int(struct arena *m, int64_t i)
{
	struct tvalue *v = make(m, T_INT);

	v->i = i;
	return v;
}

const struct tvalue *
tv_bool(struct arena *m, bool b)
{
	struct tvalue *v = make(m, T_BOOL);

	v->b = b;
	return v;
}

const struct tvalue *
tv_time(struct arena *m, int64_t ms)
{
	struct tvalue *v = make(m, T_TIME);

	v->i = ms;
	v->methods = go_time_methods;
	v->n_methods = go_n_time_methods;
	return v;
}

const struct tvalue *
tv_duration(struct arena *m, int64_t ns)
{
	struct tvalue *v = make(m, T_DURATION);

	v->i = ns;
	v->methods = go_duration_methods;
	v->n_methods = go_n_duration_methods;
	return v;
}

const struct tvalue *
tv_list(struct arena *m, const struct tvalue *const *items, size_t n)
{
	struct tvalue *v = make(m, T_LIST);
	const struct tvalue **copy = arena_alloc(m, (n + 1) * sizeof *copy);

	if (n > 0)
		memcpy(copy, items, n * sizeof *copy);
	v->items = copy;
	v->n = n;
	return v;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct tpair *)a)->key, ((const struct tpair *)b)->key);
}

static struct tvalue *
pairs_value(struct arena *m, const struct tpair *pairs, size_t n)
{
	struct tvalue *v = make(m, T_MAP);
	struct tpair *copy = arena_alloc(m, (n + 1) * sizeof *copy);

	if (n > 0)
		memcpy(copy, pairs, n * sizeof *copy);
	v->pairs = copy;
	v->n = n;
	return v;
}

const struct tvalue *
tv_map(struct arena *m, const struct tpair *pairs, size_t n)
{
	struct tvalue *v = pairs_value(m, pairs, n);

	if (n > 1)
		qsort((struct tpair *)v->pairs, n, sizeof *v->pairs, by_key);
	return v;
}

const struct tvalue *
tv_string_map(struct arena *m, const struct tpair *pairs, size_t n)
{
	struct tvalue *v = (struct tvalue *)tv_map(m, pairs, n);

	v->string_map = true;
	return v;
}

const struct tvalue *
tv_object(struct arena *m, const struct tpair *pairs, size_t n, const struct tmethod *methods, size_t n_methods)
{
	struct tvalue *v = pairs_value(m, pairs, n);

	v->object = true;
	v->methods = methods;
	v->n_methods = n_methods;
	return v;
}

const struct tvalue *
tv_get(const struct tvalue *map, const char *key)
{
	for (size_t i = 0; map->kind == T_MAP && i < map->n; i++) {
		if (strcmp(map->pairs[i].key, key) == 0)
			return map->pairs[i].value;
	}
	return NULL;
}

bool
tv_truth(const struct tvalue *v)
{
	switch (v->kind) {
	case T_NIL:
		return false;
	case T_BOOL:
		return v->b;
	case T_INT:
	case T_DURATION:
		return v->i != 0;
	case T_FLOAT:
		return v->f != 0;
	case T_TIME:
		return true;
	case T_MAP:
		return v->object || v->n > 0;
	case T_STRING:
	case T_LIST:
		break;
	}
	return v->n > 0;
}

const char *
tv_type(const struct tvalue *v)
{
	static const char *const names[] = {[T_NIL] = "<nil>",
					    [T_BOOL] = "bool",
					    [T_INT] = "int",
					    [T_FLOAT] = "float64",
					    [T_STRING] = "string",
					    [T_LIST] = "[]interface {}",
					    [T_MAP] = "map[string]interface {}",
					    [T_TIME] = "time.Time",
					    [T_DURATION] = "time.Duration"};

	if (v->type != NULL)
		return v->type;
	if (v->kind == T_MAP && v->object)
		return "struct";
	return v->kind == T_MAP && v->string_map ? "map[string]string" : names[v->kind];
}

void
tv_print(struct buf *out, const struct tvalue *v)
{
	if (v->kind == T_NIL)
		buf_addstr(out, "<no value>");
	else
		go_value(out, v);
}

const char *
tv_want_string(const struct tvalue *const *args, size_t i, struct err *e)
{
	if (args[i]->kind == T_STRING)
		return args[i]->s;
	err_set(e, ERR_FILE, "wrong type for value; expected string; got %s", tv_type(args[i]));
	return NULL;
}
