/* people.h -- what `alerts`, `silence` and `notifications` share: the store, matchers from arguments, tables. */
#ifndef CMD_PEOPLE_H
#define CMD_PEOPLE_H

#include <jansson.h>

#include "mlwatch/arena.h"
#include "mlwatch/command.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"

struct people {
	const struct command_line *line;
	struct store *store;
	struct arena *mem;
	struct notify_view view;
	struct matcher *matchers;
	size_t n_matchers;
	int64_t now;
};

/* Opens the store (to write when write) and reads the view. 0, or an exit code; release in any case. */
int people_open(struct people *p, const struct command_line *line, bool write);
void people_release(struct people *p);
/* The arguments from `from` on as matchers. 0, or an exit code. */
int people_matchers(struct people *p, size_t from);
const char *people_author(const char *given); /* --author, else notify_author() */

/* A table: cells of a row separated by tabs; columns are aligned when it is printed. */
struct table {
	char ***rows;
	size_t n, cap, columns;
};
void table_row(struct table *t, const char *const *cells, size_t n);
void table_print(struct table *t); /* and releases it */
void table_release(struct table *t);

const char *people_time(const struct people *p, int64_t ms);        /* local or, with --utc, UTC */
const char *people_ago(const struct people *p, int64_t ms);         /* 3m, "in 2h"; "-" for 0 */
const char *people_labels(const struct people *p, struct labels l); /* a="b", c="d" without alertname */
/* Results for programs, people_json prints them: -o json, jsonl, csv. */
bool people_for_programs(const struct people *p);
/* Prints the document ({"schema": ..., KEY: list}), with -o jsonl its elements, with -o csv rows. Takes list. */
int people_json(const struct people *p, const char *schema, const char *key, json_t *list);

#endif
