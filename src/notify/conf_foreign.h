/* conf_foreign.h -- what is known of receivers that mlwatch has no sender for: tables, and the questions that no table can ask. */
#ifndef NOTIFY_CONF_FOREIGN_H
#define NOTIFY_CONF_FOREIGN_H

#include "conf.h"

/* of a value */
enum type { TEXT, BOOL, INT, URL, SECRET_URL, GO_TIME, TIME, PAIRS, LIST, ANY, HTTP };

struct field {
	const char *name;
	enum type type;
};

enum rule_kind { ONE_OF, NOT_BOTH };

/* ONE_OF: a or b must be set, or one of the global keys ga, gb. NOT_BOTH: a and b must not both be set. */
struct rule {
	enum rule_kind kind;
	const char *a, *b, *ga, *gb;
	const char *text;
};

#define MAX_FIELDS 28
#define MAX_RULES  6

struct foreign {
	const char *key, *name;
	struct field fields[MAX_FIELDS];
	struct rule rules[MAX_RULES];
	const char *(*check)(const struct yaml_node *map); /* what no rule can say; NULL when all is well */
};

extern const struct foreign foreign_table[];
extern const struct field foreign_globals[]; /* keys of `global` that only these kinds use */
extern const struct rule foreign_rules[];    /* between those */
extern const size_t foreign_n, foreign_n_globals, foreign_n_rules;

bool foreign_is_set(const struct yaml_node *map, const char *key);

#endif
