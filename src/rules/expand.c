/*
 * expand.c -- templates in labels and annotations of alerts: what they see ($labels, $value, ...) and the functions that
 * know series and time: query, first, value, label, sortByLabel, ...
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/histogram.h"
#include "mlwatch/template.h"
#include "mlwatch/xalloc.h"
#include "rules_private.h"

/* In front of every template; on its first line, so that only columns there are moved. */
static const char prefix[] = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
			     "{{$externalURL := .ExternalURL}}{{$value := .Value}}";

#define FUNC(name)                                                                                                     \
	static const struct tvalue *name(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n,     \
					 struct err *e)

static const struct tvalue *
labels_value(struct arena *mem, struct labels l)
{
	struct tpair *p = arena_alloc(mem, (l.n + 1) * sizeof *p);

	for (size_t i = 0; i < l.n; i++)
		p[i] = (struct tpair){arena_strdup(mem, l.at[i].name),
				      tv_string(mem, l.at[i].value)}; /* results are released */
	return tv_string_map(mem, p, l.n);
}

static const struct tvalue *
number_value(struct arena *mem, double v, const struct histogram *h)
{
	struct buf b = BUF_INIT;

	if (h == NULL)
		return tv_float(mem, v);
	histogram_format(&b, h);
	const struct tvalue *text = tv_string(mem, buf_str(&b));
	buf_release(&b);
	return text;
}

static const struct tvalue *
sample_value(struct arena *mem, const struct vector_sample *s)
{
	struct tpair p[] = {{"Labels", labels_value(mem, s->labels)}, {"Value", number_value(mem, s->v, s->h)}};
	struct tvalue *v = (struct tvalue *)tv_object(mem, p, 2, NULL, 0);

	v->type = "*template.sample";
	return v;
}

static const struct tvalue *
query_result(struct arena *mem, const struct promql_result *r, struct err *e)
{
	if (r->type == VALUE_SCALAR) {
		const struct vector_sample one = {.labels = {NULL, 0}, .v = r->scalar};
		const struct tvalue *item = sample_value(mem, &one);
		return tv_list(mem, &item, 1);
	}
	if (r->type != VALUE_VECTOR) {
		err_set(e, ERR_FILE, "rule result is not a vector or scalar");
		return NULL;
	}
	const struct tvalue **items = arena_alloc(mem, (r->n + 1) * sizeof *items);
	for (size_t i = 0; i < r->n; i++)
		items[i] = sample_value(mem, &r->vector[i]);
	return tv_list(mem, items, r->n);
}

FUNC(f_query)
{
	const struct expand_context *c = arg;
	const char *text = tv_want_string(args, 0, e);
	struct promql_result r = {0};
	const struct tvalue *v = NULL;
	struct err own = ERR_INIT;

	(void)n;
	if (text == NULL)
		return NULL;
	struct expr *x = promql_parse(text, &own);
	if (x == NULL) {
		err_set(e, ERR_FILE, "%d:%d: parse error: %s", own.line, own.column, own.text);
		return NULL;
	}
	if (promql_instant(c->promql, x, c->query_t, &r, e) == 0)
		v = query_result(mem, &r, e);
	promql_result_release(&r);
	expr_close(x);
	return v;
}

FUNC(f_first)
{
	(void)arg;
	(void)mem;
	(void)n;
	if (args[0]->kind == T_LIST && args[0]->n > 0)
		return args[0]->items[0];
	err_set(e, ERR_FILE, args[0]->kind == T_LIST ? "first() called on vector with no elements" : "not a vector");
	return NULL;
}

static const struct tvalue *
part_of(const struct tvalue *sample, const char *part, struct err *e)
{
	const struct tvalue *v = tv_get(sample, part);

	if (v == NULL)
		err_set(e, ERR_FILE, "wrong type for value; expected *template.sample; got %s", tv_type(sample));
	return v;
}

FUNC(f_value)
{
	(void)arg;
	(void)mem;
	(void)n;
	return part_of(args[0], "Value", e);
}

static const struct tvalue *
label_of(struct arena *mem, const struct tvalue *sample, const char *name, struct err *e)
{
	const struct tvalue *labels = part_of(sample, "Labels", e);
	const struct tvalue *v = labels == NULL ? NULL : tv_get(labels, name);

	return labels == NULL || v != NULL ? v : tv_string(mem, "");
}

FUNC(f_label)
{
	const char *name = tv_want_string(args, 0, e);

	(void)arg;
	(void)n;
	return name == NULL ? NULL : label_of(mem, args[1], name, e);
}

FUNC(f_strvalue)
{
	(void)arg;
	(void)n;
	return label_of(mem, args[0], "__value__", e);
}

struct sort_item {
	const char *key;
	size_t at;
	const struct tvalue *v;
};

static int
by_key(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c != 0 ? c : (x->at > y->at) - (x->at < y->at);
}

FUNC(f_sort_by_label)
{
	const char *name = tv_want_string(args, 0, e);

	(void)arg;
	(void)n;
	if (name == NULL)
		return NULL;
	if (args[1]->kind != T_LIST) {
		err_set(e, ERR_FILE, "not a vector");
		return NULL;
	}
	struct sort_item *s = arena_alloc(mem, (args[1]->n + 1) * sizeof *s);
	const struct tvalue **items = arena_alloc(mem, (args[1]->n + 1) * sizeof *items);
	for (size_t i = 0; i < args[1]->n; i++) {
		const struct tvalue *label = label_of(mem, args[1]->items[i], name, e);
		if (label == NULL)
			return NULL;
		s[i] = (struct sort_item){label->s, i, args[1]->items[i]};
	}
	if (args[1]->n > 1)
		qsort(s, args[1]->n, sizeof *s, by_key);
	for (size_t i = 0; i < args[1]->n; i++)
		items[i] = s[i].v;
	return tv_list(mem, items, args[1]->n);
}

FUNC(f_external_url)
{
	const struct expand_context *c = arg;

	(void)args;
	(void)n;
	(void)e;
	return tv_string(mem, c->external_url);
}

FUNC(f_path_prefix)
{
	const struct expand_context *c = arg;
	const char *host = strstr(c->external_url, "://");
	const char *path = host == NULL ? c->external_url : strchr(host + 3, '/');

	(void)args;
	(void)n;
	(void)e;
	return tv_strn(mem, path == NULL ? "" : path, path == NULL ? 0 : strcspn(path, "?#"));
}

FUNC(f_now)
{
	const struct expand_context *c = arg;

	(void)args;
	(void)n;
	(void)e;
	return tv_float(mem, (double)c->t / 1000);
}

static const struct tfunc functions[] = {
    {"query", 1, 1, f_query},
    {"first", 1, 1, f_first},
    {"value", 1, 1, f_value},
    {"label", 2, 2, f_label},
    {"strvalue", 1, 1, f_strvalue},
    {"sortByLabel", 2, 2, f_sort_by_label},
    {"externalURL", 0, 0, f_external_url},
    {"pathPrefix", 0, 0, f_path_prefix},
    {"now", 0, 0, f_now},
};

struct templates *
expand_open(struct expand_context *c)
{
	struct templates *t = templates_open();

	templates_functions(t, template_prometheus_functions, template_prometheus_n, NULL);
	templates_functions(t, functions, sizeof functions / sizeof *functions, c);
	return t;
}

int
expand_check(const char *name, const char *text, struct err *e)
{
	struct expand_context nothing = {.external_url = ""};
	struct err own = ERR_INIT;
	char full[300];
	int rc = 0;

	if (strstr(text, "{{") == NULL)
		return 0;
	snprintf(full, sizeof full, "__alert_%.200s", name);
	struct templates *t = expand_open(&nothing);
	struct buf b = BUF_INIT;
	buf_addstr(&b, prefix);
	buf_addstr(&b, text);
	if (templates_parse(t, full, buf_str(&b), &own) < 0) {
		int moved = own.line == 1 ? (int)sizeof prefix - 1 : 0;
		int column = own.column > moved ? own.column - moved : 1;
		rc = err_at(e, own.line, column, column + 1, "%s", own.text);
	}
	buf_release(&b);
	templates_close(t);
	return rc;
}

const struct tvalue *
expand_dot(const struct expand_context *c, struct labels labels, double v, const struct histogram *h, struct arena *mem)
{
	struct tpair p[] = {
	    {"Labels", labels_value(mem, labels)},
	    {"ExternalLabels", labels_value(mem, c->external_labels)},
	    {"ExternalURL", tv_string(mem, c->external_url)},
	    {"Value", number_value(mem, v, h)},
	};

	return tv_object(mem, p, sizeof p / sizeof *p, NULL, 0);
}

struct text *
text_open(const struct templates *t, const char *alert, const char *text)
{
	struct text *x = xcalloc(1, sizeof *x);
	struct err e = ERR_INIT;
	char *name, *full;

	x->plain = xstrdup(text);
	if (strstr(text, "{{") == NULL)
		return x;
	if (asprintf(&name, "__alert_%s", alert) < 0 || asprintf(&full, "%s%s", prefix, text) < 0)
		abort();
	x->name = name;
	x->parsed = template_open(t, name, full, &e);
	if (x->parsed == NULL) { /* only in a group's labels, which nobody checks */
		free(x->plain);
		if (asprintf(&x->plain, "<error expanding template: error parsing template %s: %s>", name, e.text) < 0)
			abort();
	}
	free(full);
	return x;
}

void
text_close(struct text *x)
{
	template_close(x->parsed);
	free(x->name);
	free(x->plain);
	free(x);
}

const char *
text_expand(const struct text *x, const struct tvalue *dot, struct arena *scratch, struct arena *mem)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	const char *result;

	if (x->parsed == NULL)
		return x->plain;
	if (template_run(x->parsed, dot, scratch, &b, &e) == 0)
		result = arena_strdup(mem, buf_str(&b));
	else
		result =
		    arena_printf(mem, "<error expanding template: error executing template %s: %s>", x->name, e.text);
	buf_release(&b);
	return result;
}
