/*
 * template_private.h -- what the files of template/ share: tokens, the tree, formatting as Go's fmt does it.
 */
#ifndef MLWATCH_TEMPLATE_PRIVATE_H
#define MLWATCH_TEMPLATE_PRIVATE_H

#include "mlwatch/template.h"

/* Bounds: what a template of a rule file or a message could need, many times over. */
#define MAX_NESTING  200 /* of control structures and parentheses */
#define MAX_CALLS    100 /* of templates by templates */
#define MAX_STEPS    200000
#define MAX_MEMORY   ((size_t)64 << 20) /* that values may take while a template runs */
#define MAX_OUTPUT   (4u << 20)
#define MAX_TEMPLATE (4u << 20)

enum token_kind {
	TK_EOF,
	TK_ERROR,
	TK_TEXT,
	TK_LEFT,
	TK_RIGHT,
	TK_SPACE,
	TK_ASSIGN,
	TK_DECLARE,
	TK_PIPE,
	TK_LPAREN,
	TK_RPAREN,
	TK_COMMA,
	TK_CHAR,
	TK_DOT,
	TK_FIELD,
	TK_VARIABLE,
	TK_IDENT,
	TK_NUMBER,
	TK_STRING,
	TK_BOOL,
	TK_NIL,
	TK_BLOCK,
	TK_BREAK,
	TK_CONTINUE,
	TK_DEFINE,
	TK_ELSE,
	TK_END,
	TK_IF,
	TK_RANGE,
	TK_TEMPLATE,
	TK_WITH,
};

struct token {
	enum token_kind kind;
	size_t at, n;      /* bytes of the source */
	const char *error; /* TK_ERROR */
};

struct source {
	const char *name, *text;
	size_t n;
};

struct tokens {
	struct token *at;
	size_t n;
};
struct tokens template_lex(struct arena *mem, const struct source *s);

/* literal.c. s is n bytes with its quotes. */
bool literal_unquote(struct buf *out, const char *s, size_t n);
const struct tvalue *literal_number(struct arena *mem, const char *s); /* NULL: it is none */

enum node_kind {
	N_TEXT,
	N_ACTION,
	N_IF,
	N_WITH,
	N_RANGE,
	N_TEMPLATE,
	N_BREAK,
	N_CONTINUE,
	N_PIPE,
	N_FIELD,
	N_VARIABLE,
	N_CHAIN,
	N_DOT,
	N_NIL,
	N_CONST,
	N_FUNC,
};

struct node;
struct node_list {
	struct node **at;
	size_t n, cap;
};

enum special { CALL_PLAIN, CALL_AND, CALL_OR }; /* functions that the executor does itself */

struct builtin {
	struct tfunc f;
	enum special special;
};

struct node {
	enum node_kind kind;
	const struct source *source;
	size_t from, to;              /* bytes of the source, for error texts */
	size_t pos;                   /* what errors call its position: of $x.y and .x.y the second word */
	struct node *pipe;            /* ACTION, IF, WITH, RANGE, TEMPLATE (may be NULL) */
	struct node_list body, other; /* IF, WITH, RANGE */
	const char *text;             /* TEXT, TEMPLATE: its name, FUNC: its name */
	size_t n_text;
	/* PIPE */
	const char **declares;
	size_t n_declares;
	bool assigns;
	struct node_list *commands; /* each a list of operands */
	size_t n_commands;
	/* FIELD, VARIABLE (first is its name), CHAIN */
	const char **idents;
	size_t n_idents;
	struct node *first;         /* CHAIN: what the fields are of */
	const struct tvalue *value; /* CONST */
	const struct tfunc *func;   /* FUNC */
	void *func_arg;
	enum special special;
};

struct definition {
	const char *name;
	struct node_list body;
};

struct definitions {
	struct definition *at;
	size_t n, cap;
};
const struct definition *definition_find(const struct definitions *d, const char *name);
/* Adds name and everything that text defines to *into; all memory from mem. */
int template_parse_text(struct arena *mem, const struct templates *set, const struct source *s,
			struct definitions *into, struct err *e);
/* The function of that name; *special and *arg come with it. */
const struct tfunc *
template_function(const struct templates *set, const char *name, size_t n, void **arg, enum special *special);

struct run {
	const struct templates *set;
	const struct definitions *defs, *more; /* more: what a one-off text defined; looked at first; may be NULL */
	struct arena *mem;
	bool html;
};
int template_run_definition(const struct run *r, const char *name, const struct tvalue *dot, struct buf *out,
			    struct err *e);

extern const struct builtin template_builtins[];
extern const size_t template_n_builtins;

/* compare.c: eq, ne, lt, le, gt, ge */
tfunc_fn template_eq, template_ne, template_lt, template_le, template_gt, template_ge;

/* gofmt.c, gofmt_printf.c */
struct verb {
	bool plus, minus, sharp, space, zero;
	int width, precision; /* -1: none */
	uint32_t c;
};
void go_pad(struct buf *out, const struct verb *f, const char *s, size_t n);
void go_format(struct buf *out, const struct tvalue *v, const struct verb *f, int depth);
void go_sprintf(struct arena *mem, struct buf *out, const char *format, const struct tvalue *const *args, size_t n);
void go_sprint(struct buf *out, const struct tvalue *const *args, size_t n);
void go_sprintln(struct buf *out, const struct tvalue *const *args, size_t n);
void go_value(struct buf *out, const struct tvalue *v); /* %v */

/* gotime.c, gotime_methods.c */
struct civil {
	int64_t year, days;
	unsigned month, day, hour, minute, second, ms, weekday, yearday;
};
struct civil go_civil(int64_t ms);
extern const char *const go_month_names[], *const go_day_names[];
void go_time_format(struct buf *out, int64_t ms, const char *layout);
void go_time_string(struct buf *out, int64_t ms);
void go_duration_string(struct buf *out, int64_t ns);
extern const struct tmethod go_time_methods[], go_duration_methods[];
extern const size_t go_n_time_methods, go_n_duration_methods;

/* escape.c */
void escape_html(struct buf *out, const char *s, size_t n); /* text/template's html */
void escape_js(struct buf *out, const char *s, size_t n);
void escape_query(struct buf *out, const char *s, size_t n);
/* html/template: where in a document we are, told by the literal text so far. */
struct html_place {
	enum { HTML_TEXT, HTML_TAG, HTML_ATTRIBUTE, HTML_COMMENT } in;
	char quote;          /* of an attribute value; 0: unquoted */
	bool url, url_begun; /* the value is an address; something of it was written */
	bool url_query;      /* ... up to ? or # */
	char name[16];       /* of the attribute being read */
	size_t n_name;
	char close[4]; /* last characters, to see the end of a comment */
};
void html_place_text(struct html_place *p, struct buf *out, const char *s, size_t n); /* writes it, without comments */
void html_place_value(struct html_place *p, struct buf *out, const struct tvalue *v, const char *text, size_t n);

/* text_case.c */
void text_upper(struct buf *out, const char *s, size_t n);
void text_lower(struct buf *out, const char *s, size_t n);
void text_title(struct buf *out, const char *s, size_t n, bool lower_rest);

/* humanize.c */
bool template_number(const struct tvalue *v, double *out, struct err *e);
tfunc_fn template_humanize, template_humanize_1024, template_humanize_duration, template_humanize_percentage;
tfunc_fn template_humanize_timestamp, template_to_time, template_to_duration;

/* functions_text.c: what both tables have */
const struct tvalue *template_take(struct arena *mem, struct buf *b);
tfunc_fn template_upper, template_lower, template_re_replace_all, template_match, template_safe_html;

#endif
