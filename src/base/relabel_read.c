/* relabel_read.c -- relabel_configs from YAML: defaults and mistakes as Prometheus has them, each with its position. */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/matcher.h"
#include "mlwatch/relabel.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"

#define NEEDS_TARGET   1u /* target_label must be there */
#define TARGET_EXPANDS 2u /* and may hold $1 */
#define ONLY_LABELS    4u /* nothing but source_labels and target_label */
#define ONLY_REGEX     8u /* nothing but regex */
#define NO_REPLACEMENT 16u

static const struct action {
	const char *word;
	enum relabel_action action;
	unsigned flags;
} actions[] = {
    {"replace", RELABEL_REPLACE, NEEDS_TARGET | TARGET_EXPANDS},
    {"keep", RELABEL_KEEP, 0},
    {"drop", RELABEL_DROP, 0},
    {"keepequal", RELABEL_KEEPEQUAL, NEEDS_TARGET | TARGET_EXPANDS | ONLY_LABELS},
    {"dropequal", RELABEL_DROPEQUAL, NEEDS_TARGET | TARGET_EXPANDS | ONLY_LABELS},
    {"hashmod", RELABEL_HASHMOD, NEEDS_TARGET},
    {"labelmap", RELABEL_LABELMAP, 0},
    {"labeldrop", RELABEL_LABELDROP, ONLY_REGEX},
    {"labelkeep", RELABEL_LABELKEEP, ONLY_REGEX},
    {"lowercase", RELABEL_LOWERCASE, NEEDS_TARGET | TARGET_EXPANDS | NO_REPLACEMENT},
    {"uppercase", RELABEL_UPPERCASE, NEEDS_TARGET | TARGET_EXPANDS | NO_REPLACEMENT},
};
#define N_ACTIONS (sizeof actions / sizeof *actions)

static const struct action *
action_of(enum relabel_action action)
{
	for (size_t i = 0; i < N_ACTIONS; i++)
		if (actions[i].action == action)
			return &actions[i];
	return &actions[0];
}

static bool
read_action(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	const char *word, *words[N_ACTIONS], *near;
	struct mistake *m;

	if (!yaml_string(f, v, &word))
		return false;
	for (size_t i = 0; i < N_ACTIONS; i++) {
		words[i] = actions[i].word;
		if (strcasecmp(word, words[i]) == 0) {
			*(enum relabel_action *)field = actions[i].action;
			return true;
		}
	}
	near = suggest(word, words, N_ACTIONS, sizeof *words);
	m = yaml_error(f, v, "bad-value", "unknown relabel action '%s'%s%s%s", word,
		       near != NULL ? ", did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
	if (near == NULL)
		mistake_hint(
		    m,
		    "replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase or "
		    "uppercase");
	return false;
}

static bool
read_sources(struct yaml_file *f, const struct yaml_node *v, void *rule)
{
	struct relabel_rule *r = rule;
	const char *name;
	bool good = true;

	if (!yaml_expect(f, v, YAML_LIST, "a list of label names"))
		return false;
	r->source_labels = xcalloc(v->n + 1, sizeof *r->source_labels);
	for (size_t i = 0; i < v->n; i++) {
		if (!yaml_string(f, v->items[i], &name)) {
			good = false;
		} else if (!label_name_is_legacy(name)) {
			yaml_error(f, v->items[i], "bad-label", "not a label name: '%s'", name);
			good = false;
		} else {
			r->source_labels[r->n_source++] = xstrdup(name);
		}
	}
	return good;
}

static bool
read_regex(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct regex **re = field;
	struct err e = ERR_INIT;
	const char *text;

	if (!yaml_string(f, v, &text))
		return false;
	*re = regex_open(text, &e);
	if (*re == NULL)
		yaml_error(f, v, "bad-regex", "%s", e.text);
	return *re != NULL;
}

static bool
read_modulus(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	int64_t n;

	if (!yaml_int(f, v, 0, INT64_MAX, &n))
		return false;
	*(uint64_t *)field = (uint64_t)n;
	return true;
}

/* [a-zA-Z_] or a reference to a group ($1, ${name}), then the same or digits. */
static bool
is_target(const char *s)
{
	bool first = true;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; first = false) {
		bool brace = s[0] == '$' && s[1] == '{';
		if (*s == '$') {
			size_t n = 0;
			s += brace ? 2 : 1;
			while (isalnum((unsigned char)s[n]) || s[n] == '_')
				n++;
			if (n == 0 || (brace && s[n] != '}'))
				return false;
			s += n + (brace ? 1 : 0);
		} else if (isalpha((unsigned char)*s) || *s == '_' || (isdigit((unsigned char)*s) && !first)) {
			s++;
		} else {
			return false;
		}
	}
	return true;
}

static const struct yaml_node *
node_or(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *v = yaml_get(map, key);

	return v != NULL ? v : map;
}

static bool
check_target(struct yaml_file *f, const struct yaml_node *map, const struct relabel_rule *r, const struct action *a)
{
	if (r->target_label[0] == '\0') {
		yaml_error(f, node_or(map, "target_label"), "missing-key", "the action '%s' needs 'target_label'",
			   a->word);
		return false;
	}
	if ((a->flags & TARGET_EXPANDS) != 0 ? is_target(r->target_label) : label_name_is_legacy(r->target_label))
		return true;
	yaml_error(f, node_or(map, "target_label"), "bad-label", "not a target label: '%s'", r->target_label);
	return false;
}

static bool
refuse(struct yaml_file *f, const struct yaml_node *at, const char *action, const char *only)
{
	yaml_error(f, at, "conflict", "the action '%s' takes only %s", action, only);
	return false;
}

/* What an action has no use for must be as it is by default. */
static bool
check_rest(struct yaml_file *f, const struct yaml_node *map, const struct relabel_rule *r, const struct action *a)
{
	bool replaced = strcmp(r->replacement, "$1") != 0, separated = strcmp(r->separator, ";") != 0;

	if (a->action == RELABEL_HASHMOD && r->modulus == 0) {
		yaml_error(f, node_or(map, "modulus"), "missing-key", "the action 'hashmod' needs a 'modulus' above 0");
		return false;
	}
	if (a->action == RELABEL_LABELMAP && !is_target(r->replacement)) {
		yaml_error(f, node_or(map, "replacement"), "bad-label", "not a label name: '%s'", r->replacement);
		return false;
	}
	if ((a->flags & ONLY_REGEX) != 0 &&
	    (r->source_labels != NULL || r->target_label[0] != '\0' || r->modulus != 0 || separated || replaced))
		return refuse(f, map, a->word, "'regex'");
	if ((a->flags & ONLY_LABELS) != 0 && (r->re != NULL || r->modulus != 0 || separated || replaced))
		return refuse(f, map, a->word, "'source_labels' and 'target_label'");
	if ((a->flags & NO_REPLACEMENT) != 0 && replaced) {
		yaml_error(f, node_or(map, "replacement"), "conflict", "the action '%s' takes no 'replacement'",
			   a->word);
		return false;
	}
	return true;
}

static void
set_default(char **field, const char *text)
{
	if (*field == NULL)
		*field = xstrdup(text);
}

#define AT(f) offsetof(struct relabel_rule, f)
static const struct yaml_key rows[] = {
    {"source_labels", read_sources, 0, false},
    {"separator", yaml_read_str, AT(separator), false},
    {"target_label", yaml_read_str, AT(target_label), false},
    {"regex", read_regex, AT(re), false},
    {"modulus", read_modulus, AT(modulus), false},
    {"replacement", yaml_read_str, AT(replacement), false},
    {"action", read_action, AT(action), false},
};
#undef AT

static bool
read_rule(struct yaml_file *f, const struct yaml_node *map, struct relabel_rule *r)
{
	const struct action *a;
	bool good;

	r->action = RELABEL_REPLACE;
	good = yaml_read_map(f, map, rows, sizeof rows / sizeof *rows, r, "a relabel rule");
	set_default(&r->separator, ";");
	set_default(&r->replacement, "$1");
	set_default(&r->target_label, "");
	if (good) {
		a = action_of(r->action);
		good = ((a->flags & NEEDS_TARGET) == 0 || check_target(f, map, r, a)) && check_rest(f, map, r, a);
	}
	if (r->re == NULL)
		r->re = regex_open("(.*)", NULL);
	return good;
}

bool
relabel_read(struct yaml_file *f, const struct yaml_node *list, void *field)
{
	struct relabel *r = field;
	bool good = true;

	if (!yaml_expect(f, list, YAML_LIST, "a list of relabel rules"))
		return false;
	relabel_release(r);
	r->rules = xcalloc(list->n + 1, sizeof *r->rules);
	r->n = list->n;
	for (size_t i = 0; i < list->n; i++)
		good &= read_rule(f, list->items[i], &r->rules[i]);
	return good;
}

void
relabel_release(struct relabel *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct relabel_rule *rule = &r->rules[i];
		for (size_t j = 0; j < rule->n_source; j++)
			free(rule->source_labels[j]);
		free(rule->source_labels);
		free(rule->separator);
		free(rule->target_label);
		free(rule->replacement);
		regex_close(rule->re);
	}
	free(r->rules);
	*r = (struct relabel){NULL, 0};
}
