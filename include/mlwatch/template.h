/*
 * template.h -- the Go text/template subset used by annotations and messages. Values are a small dynamic type; what
 * a template may see is handed in. Pure but for the functions the caller adds (query). Knows nothing of alerts or PromQL.
 *
 * Output and errors are those of Go's text/template (html/template's escaping for the HTML parts of e-mails is an option).
 * Evaluation is bounded: steps, output bytes, recursion.
 */
#ifndef MLWATCH_TEMPLATE_H
#define MLWATCH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct err;
struct tvalue;

enum tkind { T_NIL, T_BOOL, T_INT, T_FLOAT, T_STRING, T_LIST, T_MAP, T_TIME, T_DURATION };
/* Maps print and range in key order as Go's do. T_MAP with `object` set: a struct with fields and methods (unknown field = error;
 * in a plain map a missing key is the zero value "" / <no value>). Methods go before keys, on lists and maps too. */
struct tpair {
	const char *key;
	const struct tvalue *value;
};
typedef const struct tvalue *
tmethod_fn(struct arena *mem, const struct tvalue *self, const struct tvalue *const *args, size_t n, struct err *e);
struct tmethod {
	const char *name;
	tmethod_fn *call;
};
struct tvalue {
	enum tkind kind;
	bool b;
	int64_t i; /* T_INT; T_TIME: ms UTC; T_DURATION: ns */
	double f;
	const char *s;
	size_t n; /* T_STRING bytes; T_LIST, T_MAP: number of elements */
	const struct tvalue *const *items;
	const struct tpair *pairs; /* sorted by key */
	bool object;
	bool string_map;  /* a missing key is "" */
	bool safe_html;   /* T_STRING: is HTML already */
	const char *type; /* Go's name of an object's type, for error texts; may be NULL */
	const struct tmethod *methods;
	size_t n_methods;
};

const struct tvalue *tv_string(struct arena *m, const char *s);
const struct tvalue *tv_float(struct arena *m, double f);
const struct tvalue *tv_strn(struct arena *m, const char *s, size_t n); /* copies */
const struct tvalue *tv_int(struct arena *m, int64_t i);
const struct tvalue *tv_bool(struct arena *m, bool b);
const struct tvalue *tv_nil(void);
const struct tvalue *tv_time(struct arena *m, int64_t ms);
const struct tvalue *tv_duration(struct arena *m, int64_t ns);
const struct tvalue *tv_safe_html(struct arena *m, const char *s);
const struct tvalue *tv_list(struct arena *m, const struct tvalue *const *items, size_t n);
const struct tvalue *tv_map(struct arena *m, const struct tpair *pairs, size_t n); /* sorts; copies the array */
/* the same; a missing key is "" */
const struct tvalue *tv_string_map(struct arena *m, const struct tpair *pairs, size_t n);
const struct tvalue *tv_get(const struct tvalue *map, const char *key); /* NULL when absent */
bool tv_truth(const struct tvalue *v);                                  /* as {{ if }} sees it */
void tv_print(struct buf *out, const struct tvalue *v);                 /* as {{ }} prints it */
const char *tv_type(const struct tvalue *v);                            /* Go's type name */
/* For functions: argument i as a string; NULL and Go's complaint when it is none. */
const char *tv_want_string(const struct tvalue *const *args, size_t i, struct err *e);
const struct tvalue *
tv_object(struct arena *m, const struct tpair *pairs, size_t n, const struct tmethod *methods, size_t n_methods);

typedef const struct tvalue *
tfunc_fn(void *arg, struct arena *mem, const struct tvalue *const *args, size_t n, struct err *e);
struct tfunc {
	const char *name;
	int min_args, max_args /* -1: any */;
	tfunc_fn *call;
};

struct templates; /* a set of named templates ({{ define }}), parsed once */
struct templates *templates_open(void);
void templates_close(struct templates *t);
/* Functions must be known before what uses them is parsed (an unknown one is a parse error, as in Go). Table is borrowed. */
void templates_functions(struct templates *t, const struct tfunc *f, size_t n, void *arg);
/* Parses text as template `name` and whatever it defines; later definitions replace earlier ones. Errors: line and column. */
int templates_parse(struct templates *t, const char *name, const char *text, struct err *e);
/* Runs a parsed template. html: escape as html/template does in element text. */
int templates_run(const struct templates *t, const char *name, const struct tvalue *dot, bool html, struct arena *mem,
		  struct buf *out, struct err *e);
/* One-off: parses and runs text with the set's definitions and functions at hand. */
int templates_expand(const struct templates *t, const char *name, const char *text, const struct tvalue *dot,
		     struct arena *mem, struct buf *out, struct err *e);

/* The same, parsed once and run many times, in several threads at once; the set must outlive it. */
struct template;
struct template *template_open(const struct templates *t, const char *name, const char *text, struct err *e);
void template_close(struct template *p); /* NULL is fine */
int template_run(const struct template *p, const struct tvalue *dot, struct arena *mem, struct buf *out, struct err *e);

/* The standard functions of text/template are always there. These tables are Prometheus' (humanize, title, reReplaceAll,
 * sortByLabel, ...; without query/first/label/value, which rules add) and Alertmanager's (toUpper, join, safeHtml, ...). */
extern const struct tfunc template_prometheus_functions[];
extern const size_t template_prometheus_n;
extern const struct tfunc template_alertmanager_functions[];
extern const size_t template_alertmanager_n;

/* As in the query part of an address: url.QueryEscape. */
void template_escape_query(struct buf *out, const char *s);

#endif
