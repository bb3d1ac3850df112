/* conf_inhibit.c -- the section `inhibit_rules` of a routing file. */
#include <stdlib.h>

#include "conf.h"
#include "mlwatch/xalloc.h"

static bool
read_equal(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct string_list *s = field;
	bool ok = read_strings(f, v, s);

	for (size_t i = 0; ok && i < s->n; i++) {
		if (!label_name_is_legacy(s->at[i])) {
			yaml_error(f, v, "label-name", "\"%s\" is not a valid label name", s->at[i]);
			ok = false;
		}
	}
	return ok;
}

#define AT(m) offsetof(struct inhibit_rule, m)
static const struct yaml_key inhibit_rows[] = {
    {"name", read_unused_text, 0, false},
    {"source_match", read_match, AT(source), false},
    {"source_match_re", read_match_re, AT(source), false},
    {"source_matchers", read_matchers, AT(source), false},
    {"target_match", read_match, AT(target), false},
    {"target_match_re", read_match_re, AT(target), false},
    {"target_matchers", read_matchers, AT(target), false},
    {"equal", read_equal, AT(equal), false},
};

bool
read_inhibit_rules(struct loader *l, const struct yaml_node *v)
{
	bool ok = true;

	if (!yaml_expect(&l->f, v, YAML_LIST, "a list of inhibition rules"))
		return false;
	l->c->inhibits = xcalloc(v->n + 1, sizeof *l->c->inhibits);
	for (size_t i = 0; i < v->n; i++) {
		if (v->items[i]->kind == YAML_NULL)
			continue;
		ok = yaml_read_map(&l->f, v->items[i], inhibit_rows, sizeof inhibit_rows / sizeof *inhibit_rows,
				   &l->c->inhibits[l->c->n_inhibits++], "an inhibition rule") &&
		     ok;
	}
	return ok;
}

void
inhibit_release(struct notify_config *c)
{
	for (size_t i = 0; i < c->n_inhibits; i++) {
		matcher_list_release(&c->inhibits[i].source);
		matcher_list_release(&c->inhibits[i].target);
		string_list_release(&c->inhibits[i].equal);
	}
	free(c->inhibits);
}
