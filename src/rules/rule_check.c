/*
 * rule_check.c -- what can be wrong in one rule: its names, its expression, its templates. Positions inside expressions and
 * templates are those of the character in the file, also in block scalars and behind quotes.
 */
#include <string.h>

#include "mlwatch/utf8.h"
#include "rules_private.h"

bool
rule_label_name_ok(const char *name)
{
	return *name != '\0' && strcmp(name, METRIC_NAME) != 0 && utf8_valid(name, strlen(name));
}

/* Byte offset of line:column (from 1, in characters) in text. */
static size_t
offset_of(const char *text, int line, int column)
{
	const char *p = text;
	uint32_t cp;

	for (; line > 1; line--) {
		const char *end = strchr(p, '\n');
		if (end == NULL)
			break;
		p = end + 1;
	}
	for (; column > 1 && *p != '\0' && *p != '\n'; column--)
		p += utf8_decode(p, strlen(p), &cp);
	return (size_t)(p - text);
}

/* A mistake at a place inside a scalar's text. */
static void
mistake_inside(struct rule_file *f, const struct yaml_node *n, const char *code, const struct err *e)
{
	int line, column, end_line, end_column;

	if (e->line == 0) {
		yaml_error(&f->yaml, n, code, "%s", e->text);
		return;
	}
	size_t from = offset_of(n->text, e->line, e->column);
	size_t to = e->end_column > e->column ? offset_of(n->text, e->line, e->end_column) : from + 1;
	yaml_position(&f->yaml, n, from, &line, &column);
	yaml_position(&f->yaml, n, to, &end_line, &end_column);
	if (end_line != line || end_column <= column)
		end_column = column + 1;
	struct mistake *m = errlist_add(f->yaml.errors, SEVERITY_ERROR, code, f->yaml.path, f->yaml.source, line,
					column, end_column, "%s", e->text);
	if (e->hint[0] != '\0')
		mistake_hint(m, "%s", e->hint);
}

static void
check_expression(struct rule_file *f, struct rule_def *r)
{
	struct err e = ERR_INIT;

	if (r->expr_node != NULL && r->expr_node->kind != YAML_SCALAR)
		return; /* said already */
	if (*r->text == '\0') {
		yaml_error(&f->yaml, r->expr_node != NULL ? r->expr_node : r->node, "no-expr",
			   "field 'expr' must be set in rule");
		return;
	}
	r->expr = promql_parse(r->text, &e);
	if (r->expr == NULL)
		mistake_inside(f, r->expr_node, "bad-expr", &e);
	else
		r->limit = expr_limit(r->expr);
}

static void
check_record_name(struct rule_file *f, const struct rule_def *r)
{
	if (strpbrk(r->name, "{}") != NULL)
		yaml_error(&f->yaml, r->name_node, "bad-record",
			   "braces present in the recording rule name; should it be in expr?: '%.200s'", r->name);
	else if (!utf8_valid(r->name, strlen(r->name)))
		yaml_error(&f->yaml, r->name_node, "bad-record", "invalid recording rule name: '%.200s'", r->name);
}

static void
check_template(struct rule_file *f, const struct rule_def *r, const struct yaml_node *value)
{
	struct err e = ERR_INIT;

	if (value->kind == YAML_SCALAR && expand_check(r->name, value->text, &e) < 0)
		mistake_inside(f, value, "bad-template", &e);
}

/* Names and values of labels or annotations; templates only in alerts. */
static void
check_map(struct rule_file *f, const struct rule_def *r, const struct yaml_node *map, bool labels)
{
	for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->n; i++) {
		const char *name = map->keys[i]->text;
		if (labels ? !rule_label_name_ok(name) : *name == '\0' || !utf8_valid(name, strlen(name)))
			yaml_error(&f->yaml, map->keys[i], "bad-label", "invalid %s name: '%.100s'",
				   labels ? "label" : "annotation", name);
		if (r->alerting)
			check_template(f, r, map->items[i]);
	}
}

void
rule_check(struct rule_file *f, const struct group_def *g, struct rule_def *r)
{
	(void)g;
	check_expression(f, r);
	if (!r->alerting)
		check_record_name(f, r);
	check_map(f, r, r->labels_node, true);
	check_map(f, r, r->annotations_node, false);
}
