/*
 * yaml.h -- a YAML file as a tree in which every node knows where it stands (libyaml events).
 * Only the first document is read. A key that stands twice in a mapping is a mistake. Anchors and
 * aliases and merge keys (<<) are resolved; expansion is bounded.
 *
 * Readers walk the tree with the yaml_get_* verbs, which report mistakes into the file's errlist
 * with file:line:column and go on, so that every independent mistake of a file is found in one run.
 */
#ifndef MLWATCH_YAML_H
#define MLWATCH_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/err.h"

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	int line, column; /* of the node's first character, from 1 */
	int end_line, end_column;
	char style;                     /* scalars: 0 plain, '\'', '"', '|', '>' */
	const char *text;               /* scalars: the value; null: as written ("", "~"); else NULL */
	size_t n;                       /* list items or map pairs */
	const struct yaml_node **keys;  /* map: n keys (scalars) */
	const struct yaml_node **items; /* list: n items; map: n values */
};

struct yaml_file {
	char *path;   /* as given: what positions are printed with */
	char *source; /* the whole text */
	size_t source_len;
	const struct yaml_node *root; /* NULL: empty file or syntax error */
	struct errlist *errors;       /* borrowed */
	struct arena *mem;
};

/* Reads and parses; a file that cannot be read or parsed is a mistake in *errors and -1. *f is always
 * to be released. With expand_env, ${VAR} in scalars is replaced; an unset variable is a mistake. */
int yaml_load(struct yaml_file *f, const char *path, bool expand_env, struct errlist *errors);
int
yaml_parse(struct yaml_file *f, const char *path, const char *text, size_t n, bool expand_env, struct errlist *errors);
void yaml_release(struct yaml_file *f);

/* The position in the file of character `offset` (bytes, from 0) of a scalar's value: right for plain,
 * quoted and block scalars over several lines. For mistakes inside an expression. */
void yaml_position(const struct yaml_file *f, const struct yaml_node *scalar, size_t offset, int *line, int *column);

struct mistake *yaml_error(struct yaml_file *f, const struct yaml_node *at, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
struct mistake *yaml_warn(struct yaml_file *f, const struct yaml_node *at, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key); /* NULL when absent or null */

/* Each reads one scalar; a wrong one is a mistake and false. what: "a duration" is said by them. */
bool yaml_string(struct yaml_file *f, const struct yaml_node *n, const char **out);
/* true/false (YAML 1.2 core + yes/no/on/off) */
bool yaml_bool(struct yaml_file *f, const struct yaml_node *n, bool *out);
bool yaml_int(struct yaml_file *f, const struct yaml_node *n, int64_t min, int64_t max, int64_t *out);
bool yaml_double(struct yaml_file *f, const struct yaml_node *n, double *out);
bool yaml_duration(struct yaml_file *f, const struct yaml_node *n, int64_t *ms);
bool yaml_size(struct yaml_file *f, const struct yaml_node *n, int64_t *bytes);
bool yaml_expect(struct yaml_file *f, const struct yaml_node *n, enum yaml_kind kind, const char *what);

/*
 * A mapping as a table: for each key the file has, the row's read function is called with the
 * address base + offset; keys without a row are mistakes with a "did you mean" over the rows.
 */
struct yaml_key {
	const char *name;
	bool (*read)(struct yaml_file *f, const struct yaml_node *value, void *field);
	size_t offset;
	bool required;
};
bool yaml_read_map(struct yaml_file *f, const struct yaml_node *map, const struct yaml_key *rows, size_t n_rows,
		   void *base, const char *what /* "a rule", "a receiver" */);
/* Readers for rows: the field's type follows the name. Strings are owned by the field (free()). */
bool yaml_read_str(struct yaml_file *f, const struct yaml_node *v, void *field);      /* char * */
bool yaml_read_bool(struct yaml_file *f, const struct yaml_node *v, void *field);     /* bool */
bool yaml_read_duration(struct yaml_file *f, const struct yaml_node *v, void *field); /* int64_t ms */
bool yaml_read_size(struct yaml_file *f, const struct yaml_node *v, void *field);     /* int64_t bytes */

#endif
