/*
 * exec.c -- runs a template: walks the tree, evaluates pipelines, writes text. Errors read as Go's do:
 * template: NAME:LINE:COLUMN: executing "NAME" at <...>: what happened.
 *
 * Bounded in steps, depth and output, so that no template can hang or exhaust whoever expands it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "template_private.h"

struct variable {
	const char *name;
	const struct tvalue *value;
};

struct exec {
	const struct run *run;
	struct arena *mem;
	struct buf *out;
	size_t out_start;
	struct err *e;
	const char *name; /* of the template that runs, for error texts */
	struct variable *vars;
	size_t n_vars, cap_vars;
	size_t steps, used_start;
	int depth;
	struct html_place place;
};

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_ERROR };

typedef const struct tvalue value;

static value *eval_pipeline(struct exec *x, value *dot, const struct node *pipe);
static enum flow walk_list(struct exec *x, value *dot, const struct node_list *l);

/* Always NULL, so that "return fail(...)" reads well. */
static value *
fail(struct exec *x, const struct node *at, const char *fmt, ...)
{
	const struct source *s = at->source;
	size_t line = 1, start = 0, n = at->to - at->from;
	char text[400];
	va_list ap;

	for (size_t i = 0; i < at->pos && i < s->n; i++) {
		if (s->text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(x->e, ERR_FILE, "template: %s:%zu:%zu: executing \"%s\" at <%.*s>: %s", s->name, line, at->pos - start,
		x->name, (int)(n > 60 ? 60 : n), s->text + at->from, text);
	return NULL;
}

static bool
step(struct exec *x, const struct node *at)
{
	if (++x->steps > MAX_STEPS)
		fail(x, at, "the template runs for too long");
	else if (x->out->len - x->out_start > MAX_OUTPUT)
		fail(x, at, "the template writes too much");
	else if (arena_used(x->mem) - x->used_start > MAX_MEMORY)
		fail(x, at, "the template needs too much memory");
	else
		return true;
	return false;
}

static void
var_push(struct exec *x, const char *name, value *v)
{
	if (x->n_vars == x->cap_vars) {
		size_t more = x->cap_vars == 0 ? 16 : x->cap_vars * 2;
		x->vars = arena_realloc(x->mem, x->vars, x->cap_vars * sizeof *x->vars, more * sizeof *x->vars);
		x->cap_vars = more;
	}
	x->vars[x->n_vars++] = (struct variable){name, v};
}

static struct variable *
var_find(struct exec *x, const char *name)
{
	for (size_t i = x->n_vars; i-- > 0;) {
		if (strcmp(x->vars[i].name, name) == 0)
			return &x->vars[i];
	}
	return NULL;
}

/* ---- operands ---- */

/* What a call has beside its name: operands still to be evaluated, and the value of the pipeline's stage before. */
struct given {
	const struct node_list *args; /* args->at[0] is the callee; NULL: none */
	value *final;                 /* NULL: none */
};

static bool
has_args(const struct given *g)
{
	return (g->args != NULL && g->args->n > 1) || g->final != NULL;
}

static value *eval_operand(struct exec *x, value *dot, const struct node *n, const struct given *g);

/* Evaluates the operands into an array; -1 after an error. */
static int
eval_args(struct exec *x, value *dot, const struct given *g, value ***out, size_t *n)
{
	size_t count = g->args == NULL ? 0 : g->args->n - 1, total = count + (g->final != NULL);
	value **at = arena_alloc(x->mem, (total + 1) * sizeof *at);
	struct given none = {0};

	for (size_t i = 0; i < count; i++) {
		const struct node *a = g->args->at[i + 1];
		at[i] = a->kind == N_NIL ? tv_nil() : eval_operand(x, dot, a, &none);
		if (at[i] == NULL)
			return -1;
	}
	if (g->final != NULL)
		at[count] = g->final;
	*out = at;
	*n = total;
	return 0;
}

/* and, or: stop at the first operand that decides. */
static value *
eval_and_or(struct exec *x, value *dot, const struct node *f, const struct given *g)
{
	bool until = f->special == CALL_OR;
	value *v = NULL;
	struct given none = {0};

	for (size_t i = 1; g->args != NULL && i < g->args->n; i++) {
		const struct node *a = g->args->at[i];
		v = a->kind == N_NIL ? tv_nil() : eval_operand(x, dot, a, &none);
		if (v == NULL || tv_truth(v) == until)
			return v;
	}
	if (g->final != NULL)
		v = g->final;
	return v != NULL ? v : fail(x, f, "wrong number of args for %s: want at least 1 got 0", f->text);
}

static value *
eval_function(struct exec *x, value *dot, const struct node *f, const struct given *g)
{
	const struct tfunc *t = f->func;
	struct err own = ERR_INIT;
	struct node whole = *f; /* the call with its operands, for error texts */
	value **args;
	size_t n;

	if (g->args != NULL)
		whole.to = g->args->at[g->args->n - 1]->to;

	if (!step(x, f))
		return NULL;
	if (f->special == CALL_AND || f->special == CALL_OR)
		return eval_and_or(x, dot, f, g);
	if (eval_args(x, dot, g, &args, &n) < 0)
		return NULL;
	if (t->max_args >= 0 && t->max_args == t->min_args && n != (size_t)t->min_args)
		return fail(x, &whole, "wrong number of args for %s: want %d got %zu", t->name, t->min_args, n);
	if (n < (size_t)t->min_args || (t->max_args >= 0 && n > (size_t)t->max_args))
		return fail(x, &whole, "wrong number of args for %s: want at least %d got %zu", t->name, t->min_args,
			    n);
	value *v = t->call(f->func_arg, x->mem, args, n, &own);
	return v != NULL ? v : fail(x, &whole, "error calling %s: %s", t->name, own.text);
}

static value *
call_method(struct exec *x, value *dot, const struct node *at, const struct tmethod *m, value *self,
	    const struct given *g)
{
	struct err own = ERR_INIT;
	value **args;
	size_t n;

	if (eval_args(x, dot, g, &args, &n) < 0)
		return NULL;
	value *v = m->call(x->mem, self, args, n, &own);
	return v != NULL ? v : fail(x, at, "error calling %s: %s", m->name, own.text);
}

static value *
eval_field(struct exec *x, value *dot, const struct node *at, const char *name, value *of, const struct given *g)
{
	for (size_t i = 0; i < of->n_methods; i++) {
		if (strcmp(of->methods[i].name, name) == 0)
			return call_method(x, dot, at, &of->methods[i], of, g);
	}
	if (of->kind == T_NIL)
		return fail(x, at, "nil pointer evaluating interface {}.%s", name);
	if (of->kind != T_MAP)
		return fail(x, at, "can't evaluate field %s in type %s", name, tv_type(of));
	value *v = tv_get(of, name);
	if (v == NULL && of->object)
		return fail(x, at, "can't evaluate field %s in type %s", name, tv_type(of));
	if (has_args(g))
		return of->object ? fail(x, at, "%s has arguments but cannot be invoked as function", name)
				  : fail(x, at, "%s is not a method but has arguments", name);
	if (v != NULL)
		return v;
	return of->string_map ? tv_string(x->mem, "") : tv_nil();
}

static value *
eval_fields(struct exec *x, value *dot, const struct node *at, const char *const *names, size_t n, value *of,
	    const struct given *g)
{
	struct given none = {0};

	for (size_t i = 0; i < n && of != NULL; i++)
		of = eval_field(x, dot, at, names[i], of, i + 1 == n ? g : &none);
	return of;
}

static value *
eval_operand(struct exec *x, value *dot, const struct node *n, const struct given *g)
{
	struct given none = {0};
	struct variable *var;
	value *v;

	if (!step(x, n))
		return NULL;
	switch (n->kind) {
	case N_FIELD:
		return eval_fields(x, dot, n, n->idents, n->n_idents, dot, g);
	case N_CHAIN:
		v = eval_operand(x, dot, n->first, &none);
		return v == NULL ? NULL : eval_fields(x, dot, n, n->idents, n->n_idents, v, g);
	case N_VARIABLE:
		var = var_find(x, n->idents[0]);
		if (var == NULL)
			return fail(x, n, "undefined variable: %s", n->idents[0]);
		if (n->n_idents > 1)
			return eval_fields(x, dot, n, n->idents + 1, n->n_idents - 1, var->value, g);
		v = var->value;
		break;
	case N_FUNC:
		return eval_function(x, dot, n, g);
	case N_PIPE:
		v = eval_pipeline(x, dot, n);
		break;
	case N_DOT:
		v = dot;
		break;
	case N_NIL:
		return fail(x, n, "nil is not a command");
	default:
		v = n->value;
		break;
	}
	if (v != NULL && has_args(g))
		return fail(x, n, "can't give argument to non-function %.*s", (int)(n->to - n->from),
			    n->source->text + n->from);
	return v;
}

static value *
eval_pipeline(struct exec *x, value *dot, const struct node *pipe)
{
	value *v = NULL;

	for (size_t i = 0; i < pipe->n_commands; i++) {
		struct given g = {&pipe->commands[i], v};
		v = eval_operand(x, dot, pipe->commands[i].at[0], &g);
		if (v == NULL)
			return NULL;
	}
	for (size_t i = 0; i < pipe->n_declares; i++) {
		struct variable *var = pipe->assigns ? var_find(x, pipe->declares[i]) : NULL;
		if (pipe->assigns && var == NULL)
			return fail(x, pipe, "undefined variable: %s", pipe->declares[i]);
		if (var != NULL)
			var->value = v;
		else
			var_push(x, pipe->declares[i], v);
	}
	return v;
}

/* ---- actions ---- */

static void
write_value(struct exec *x, value *v)
{
	if (!x->run->html) {
		tv_print(x->out, v);
		return;
	}
	struct buf text = BUF_INIT;
	if (v->kind != T_NIL) /* html/template writes nothing for what is not there */
		tv_print(&text, v);
	html_place_value(&x->place, x->out, v, buf_str(&text), text.len);
	buf_release(&text);
}

static void
write_text(struct exec *x, const struct node *n)
{
	if (x->run->html)
		html_place_text(&x->place, x->out, n->text, n->n_text);
	else
		buf_add(x->out, n->text, n->n_text);
}

static enum flow
walk_if(struct exec *x, value *dot, const struct node *n)
{
	size_t vars = x->n_vars;
	value *v = eval_pipeline(x, dot, n->pipe);
	enum flow flow = FLOW_ERROR;

	if (v != NULL && tv_truth(v))
		flow = walk_list(x, n->kind == N_WITH ? v : dot, &n->body);
	else if (v != NULL)
		flow = walk_list(x, dot, &n->other);
	x->n_vars = vars;
	return flow;
}

/* One turn of a range; the variables it declares stand at vars, vars+1. */
static enum flow
walk_turn(struct exec *x, const struct node *n, size_t vars, value *key, value *item)
{
	size_t declared = n->pipe->n_declares;
	enum flow flow;

	if (!step(x, n))
		return FLOW_ERROR;
	if (n->pipe->assigns) {
		struct variable *a = declared > 0 ? var_find(x, n->pipe->declares[0]) : NULL;
		struct variable *b = declared > 1 ? var_find(x, n->pipe->declares[1]) : NULL;
		if (a != NULL)
			a->value = declared > 1 ? key : item;
		if (b != NULL)
			b->value = item;
	} else {
		if (declared == 1)
			x->vars[vars].value = item;
		if (declared == 2) {
			x->vars[vars].value = key;
			x->vars[vars + 1].value = item;
		}
	}
	size_t mark = x->n_vars;
	flow = walk_list(x, item, &n->body);
	x->n_vars = mark;
	return flow == FLOW_CONTINUE ? FLOW_ON : flow;
}

static enum flow
walk_range(struct exec *x, value *dot, const struct node *n)
{
	size_t vars = x->n_vars, count = 0;
	enum flow flow = FLOW_ON;
	value *v = eval_pipeline(x, dot, n->pipe);

	if (v == NULL)
		return FLOW_ERROR;
	if (v->kind == T_LIST || (v->kind == T_MAP && !v->object))
		count = v->n;
	else if (v->kind == T_INT)
		count = v->i > 0 ? (size_t)v->i : 0;
	else if (v->kind != T_NIL) {
		struct buf b = BUF_INIT;
		tv_print(&b, v);
		fail(x, n->pipe, "range can't iterate over %s", buf_str(&b));
		buf_release(&b);
		return FLOW_ERROR;
	}
	for (size_t i = 0; i < count && flow == FLOW_ON; i++) {
		value *key = v->kind == T_MAP ? tv_string(x->mem, v->pairs[i].key) : tv_int(x->mem, (int64_t)i);
		value *item = v->kind == T_MAP ? v->pairs[i].value : v->kind == T_LIST ? v->items[i] : key;
		flow = walk_turn(x, n, vars, key, item);
	}
	x->n_vars = vars;
	if (count == 0)
		return walk_list(x, dot, &n->other);
	return flow == FLOW_BREAK ? FLOW_ON : flow;
}

static enum flow
run_template(struct exec *x, const struct node *at, const char *name, value *dot)
{
	const struct definition *d = definition_find(x->run->more, name);

	if (d == NULL)
		d = definition_find(x->run->defs, name);
	if (d == NULL) {
		fail(x, at, "template \"%s\" not defined", name);
		return FLOW_ERROR;
	}
	if (x->depth == MAX_CALLS) {
		fail(x, at, "exceeded maximum template depth (%d)", MAX_CALLS);
		return FLOW_ERROR;
	}
	/* A template sees no variables of its caller but its own $. */
	struct variable *vars = x->vars;
	size_t n = x->n_vars, cap = x->cap_vars;
	const char *was = x->name;
	x->vars = NULL;
	x->n_vars = x->cap_vars = 0;
	x->name = d->name;
	x->depth++;
	var_push(x, "$", dot);
	enum flow flow = walk_list(x, dot, &d->body);
	x->depth--;
	x->name = was;
	x->vars = vars;
	x->n_vars = n;
	x->cap_vars = cap;
	return flow;
}

static enum flow
walk(struct exec *x, value *dot, const struct node *n)
{
	value *v;

	if (!step(x, n))
		return FLOW_ERROR;
	switch (n->kind) {
	case N_TEXT:
		write_text(x, n);
		return FLOW_ON;
	case N_ACTION:
		v = eval_pipeline(x, dot, n->pipe);
		if (v != NULL && n->pipe->n_declares == 0)
			write_value(x, v);
		return v == NULL ? FLOW_ERROR : FLOW_ON;
	case N_IF:
	case N_WITH:
		return walk_if(x, dot, n);
	case N_RANGE:
		return walk_range(x, dot, n);
	case N_TEMPLATE:
		v = n->pipe == NULL ? tv_nil() : eval_pipeline(x, dot, n->pipe);
		return v == NULL ? FLOW_ERROR : run_template(x, n, n->text, v);
	case N_BREAK:
		return FLOW_BREAK;
	default:
		return FLOW_CONTINUE;
	}
}

static enum flow
walk_list(struct exec *x, value *dot, const struct node_list *l)
{
	enum flow flow = FLOW_ON;

	for (size_t i = 0; i < l->n && flow == FLOW_ON; i++)
		flow = walk(x, dot, l->at[i]);
	return flow;
}

int
template_run_definition(const struct run *r, const char *name, const struct tvalue *dot, struct buf *out, struct err *e)
{
	struct err own = ERR_INIT;
	struct exec x = {.run = r,
			 .mem = r->mem,
			 .out = out,
			 .out_start = out->len,
			 .e = e != NULL ? e : &own,
			 .name = name,
			 .used_start = arena_used(r->mem)};

	if (definition_find(r->more, name) == NULL && definition_find(r->defs, name) == NULL)
		return err_set(e, ERR_FILE, "template: no template \"%s\"", name);
	struct node at = {.source = &(struct source){name, "", 0}};
	return run_template(&x, &at, name, dot) == FLOW_ERROR ? -1 : 0;
}
