/* builtins.c -- the functions that Go's text/template always has, but for the comparisons. */
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "template_private.h"

#define FUNC(name)                                                                                                     \
	static const struct tvalue *name(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n,     \
					 struct err *e)

FUNC(f_len)
{
	const struct tvalue *v = args[0];

	(void)arg;
	(void)n;
	if (v->kind == T_STRING || v->kind == T_LIST || (v->kind == T_MAP && !v->object))
		return tv_int(mem, (int64_t)v->n);
	if (v->kind == T_NIL)
		err_set(e, ERR_FILE, "len of nil pointer");
	else
		err_set(e, ERR_FILE, "len of type %s", tv_type(v));
	return NULL;
}

FUNC(f_not)
{
	(void)arg;
	(void)n;
	(void)e;
	return tv_bool(mem, !tv_truth(args[0]));
}

static const struct tvalue *
index_one(struct arena *mem, const struct tvalue *v, const struct tvalue *by, struct err *e)
{
	if (v->kind == T_MAP && !v->object) {
		if (by->kind != T_STRING) {
			err_set(e, ERR_FILE, "value has type %s; should be string", tv_type(by));
			return NULL;
		}
		const struct tvalue *item = tv_get(v, by->s);
		if (item != NULL)
			return item;
		return v->string_map ? tv_string(mem, "") : tv_nil();
	}
	if (v->kind != T_LIST && v->kind != T_STRING) {
		err_set(e, ERR_FILE, v->kind == T_NIL ? "index of untyped nil" : "can't index item of type %s",
			tv_type(v));
		return NULL;
	}
	if (by->kind != T_INT) {
		err_set(e, ERR_FILE, "cannot index slice/array with type %s", tv_type(by));
		return NULL;
	}
	if (by->i < 0 || (uint64_t)by->i >= v->n) {
		err_set(e, ERR_FILE, "index out of range: %lld", (long long)by->i);
		return NULL;
	}
	return v->kind == T_LIST ? v->items[by->i] : tv_int(mem, (unsigned char)v->s[by->i]);
}

FUNC(f_index)
{
	const struct tvalue *v = args[0];

	(void)arg;
	for (size_t i = 1; i < n && v != NULL; i++)
		v = index_one(mem, v, args[i], e);
	return v;
}

FUNC(f_slice)
{
	const struct tvalue *v = args[0];
	size_t at[3] = {0, v->n, v->n};

	(void)arg;
	if (v->kind != T_LIST && v->kind != T_STRING) {
		err_set(e, ERR_FILE, "can't slice item of type %s", tv_type(v));
		return NULL;
	}
	if (v->kind == T_STRING && n == 4) {
		err_set(e, ERR_FILE, "cannot 3-index slice a string");
		return NULL;
	}
	for (size_t i = 1; i < n; i++) {
		if (args[i]->kind != T_INT || args[i]->i < 0 || (uint64_t)args[i]->i > v->n) {
			err_set(e, ERR_FILE, "index out of range");
			return NULL;
		}
		at[i - 1] = (size_t)args[i]->i;
	}
	if (at[0] > at[1] || at[1] > at[2]) {
		err_set(e, ERR_FILE, "invalid slice index: %zu > %zu", at[0] > at[1] ? at[0] : at[1],
			at[0] > at[1] ? at[1] : at[2]);
		return NULL;
	}
	return v->kind == T_STRING ? tv_strn(mem, v->s + at[0], at[1] - at[0])
				   : tv_list(mem, v->items + at[0], at[1] - at[0]);
}

FUNC(f_print)
{
	struct buf b = BUF_INIT;

	(void)arg;
	(void)e;
	go_sprint(&b, args, n);
	return template_take(mem, &b);
}

FUNC(f_println)
{
	struct buf b = BUF_INIT;

	(void)arg;
	(void)e;
	go_sprintln(&b, args, n);
	return template_take(mem, &b);
}

FUNC(f_printf)
{
	struct buf b = BUF_INIT;

	(void)arg;
	const char *format = tv_want_string(args, 0, e);
	if (format == NULL)
		return NULL;
	go_sprintf(mem, &b, format, args + 1, n - 1);
	return template_take(mem, &b);
}

static const struct tvalue *
escape(struct arena *mem, const struct tvalue *const *args, size_t n, void (*how)(struct buf *, const char *, size_t))
{
	struct buf text = BUF_INIT, out = BUF_INIT;

	go_sprint(&text, args, n);
	how(&out, buf_str(&text), text.len);
	buf_release(&text);
	return template_take(mem, &out);
}

/* What is escaped already is not escaped again in HTML. */
FUNC(f_html)
{
	(void)arg;
	(void)e;
	return tv_safe_html(mem, escape(mem, args, n, escape_html)->s);
}

FUNC(f_js)
{
	(void)arg;
	(void)e;
	return escape(mem, args, n, escape_js);
}

FUNC(f_urlquery)
{
	(void)arg;
	(void)e;
	return escape(mem, args, n, escape_query);
}

/* No value of ours is a function. */
FUNC(f_call)
{
	(void)arg;
	(void)mem;
	(void)n;
	err_set(e, ERR_FILE, "non-function of type %s", tv_type(args[0]));
	return NULL;
}

/* and, or are evaluated in exec.c. */
FUNC(f_never)
{
	(void)arg;
	(void)mem;
	(void)args;
	(void)n;
	err_set(e, ERR_BUG, "called past the executor");
	return NULL;
}

const struct builtin template_builtins[] = {
    {{"and", 1, -1, f_never}, CALL_AND},         {{"or", 1, -1, f_never}, CALL_OR},
    {{"not", 1, 1, f_not}, CALL_PLAIN},          {{"len", 1, 1, f_len}, CALL_PLAIN},
    {{"index", 1, -1, f_index}, CALL_PLAIN},     {{"slice", 1, 4, f_slice}, CALL_PLAIN},
    {{"print", 0, -1, f_print}, CALL_PLAIN},     {{"printf", 1, -1, f_printf}, CALL_PLAIN},
    {{"println", 0, -1, f_println}, CALL_PLAIN}, {{"html", 0, -1, f_html}, CALL_PLAIN},
    {{"js", 0, -1, f_js}, CALL_PLAIN},           {{"urlquery", 0, -1, f_urlquery}, CALL_PLAIN},
    {{"call", 1, -1, f_call}, CALL_PLAIN},       {{"eq", 1, -1, template_eq}, CALL_PLAIN},
    {{"ne", 2, 2, template_ne}, CALL_PLAIN},     {{"lt", 2, 2, template_lt}, CALL_PLAIN},
    {{"le", 2, 2, template_le}, CALL_PLAIN},     {{"gt", 2, 2, template_gt}, CALL_PLAIN},
    {{"ge", 2, 2, template_ge}, CALL_PLAIN},
};
const size_t template_n_builtins = sizeof template_builtins / sizeof *template_builtins;
