/*
 * conf_foreign.c -- receivers that Alertmanager knows and mlwatch has no sender for. A file that uses them still loads: their sections
 * are checked as Alertmanager checks them (conf_foreign_table.c says how), and each is said by name to have no sender. Nothing of the
 * values is kept.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_foreign.h"
#include "kinds.h"
#include "mlwatch/suggest.h"

static bool
check_value(struct yaml_file *f, const struct yaml_node *v, enum type type)
{
	struct conf_base http = {0};
	struct pair_list pairs = {0};
	struct string_list list = {0};
	struct secret url = {0};
	const char *s;
	int64_t n;
	bool b, ok = true;

	switch (type) {
	case TEXT:
		return yaml_string(f, v, &s);
	case BOOL:
		return yaml_bool(f, v, &b);
	case INT:
		return yaml_int(f, v, INT64_MIN, INT64_MAX, &n);
	case TIME:
		return yaml_duration(f, v, &n);
	case GO_TIME:
		return read_go_duration(f, v, &n);
	case ANY:
		return true;
	case URL:
		ok = read_url(f, v, &url.text);
		break;
	case SECRET_URL:
		ok = read_secret_url(f, v, &url);
		break;
	case PAIRS:
		ok = read_pairs(f, v, &pairs);
		break;
	case LIST:
		ok = read_strings(f, v, &list);
		break;
	case HTTP:
		ok = read_http(f, v, &http);
		break;
	}
	secret_release(&url);
	pair_list_release(&pairs);
	string_list_release(&list);
	http_auth_release(&http.http);
	return ok;
}

static bool
global_is_set(const struct loader *l, const char *key)
{
	for (size_t i = 0; key != NULL && i < foreign_n_globals; i++)
		if (strcmp(foreign_globals[i].name, key) == 0)
			return (l->c->global.others >> i & 1) != 0;
	return false;
}

static bool
rule_holds(struct loader *l, const struct yaml_node *map, const struct rule *r)
{
	bool a = foreign_is_set(map, r->a), b = foreign_is_set(map, r->b);

	if (r->kind == NOT_BOTH ? !(a && b) : a || b || global_is_set(l, r->ga) || global_is_set(l, r->gb))
		return true;
	yaml_error(&l->f, map, "receiver", "%s", r->text);
	return false;
}

static bool
check_one(struct loader *l, const struct foreign *k, const struct yaml_node *v)
{
	bool ok = true;

	if (!yaml_expect(&l->f, v, YAML_MAP, "a mapping"))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		const struct yaml_node *key = v->keys[i];
		size_t n = 0;
		while (n < MAX_FIELDS && k->fields[n].name != NULL && strcmp(k->fields[n].name, key->text) != 0)
			n++;
		if (n == MAX_FIELDS || k->fields[n].name == NULL) {
			const char *near = suggest(key->text, &k->fields[0].name, n, sizeof k->fields[0]);
			struct mistake *m =
			    yaml_error(&l->f, key, "unknown-key", "unknown key '%s' in %s", key->text, k->key);
			if (near != NULL)
				mistake_hint(m, "did you mean '%s'?", near);
			ok = false;
		} else if (v->items[i]->kind != YAML_NULL) {
			ok = check_value(&l->f, v->items[i], k->fields[n].type) && ok;
		}
	}
	for (size_t i = 0; i < MAX_RULES && k->rules[i].text != NULL; i++)
		ok = rule_holds(l, v, &k->rules[i]) && ok;
	const char *wrong = k->check != NULL ? k->check(v) : NULL;
	if (wrong != NULL)
		yaml_error(&l->f, v, "receiver", "%s", wrong);
	return ok && wrong == NULL;
}

static const struct foreign *
find(const char *key)
{
	for (size_t i = 0; i < foreign_n; i++)
		if (strcmp(foreign_table[i].key, key) == 0)
			return &foreign_table[i];
	return NULL;
}

bool
foreign_find(const char *key)
{
	return find(key) != NULL;
}

bool
foreign_read(struct loader *l, const char *key, const struct yaml_node *v)
{
	const struct foreign *k = find(key);
	bool ok = true;

	if (!yaml_expect(&l->f, v, YAML_LIST, "a list"))
		return false;
	for (size_t i = 0; i < v->n; i++)
		ok = (v->items[i]->kind == YAML_NULL || check_one(l, k, v->items[i])) && ok;
	if (v->n > 0)
		yaml_warn(&l->f, v, "receiver-kind", "mlwatch has no sender for %s (%s): nothing is sent there",
			  k->name, k->key);
	return ok;
}

bool
foreign_global(struct loader *l, const char *key, const struct yaml_node *v, bool *known)
{
	*known = false;
	for (size_t i = 0; i < foreign_n_globals; i++) {
		if (strcmp(foreign_globals[i].name, key) != 0)
			continue;
		*known = true;
		if (v->kind == YAML_NULL)
			return true;
		if (!check_value(&l->f, v, foreign_globals[i].type))
			return false;
		if (v->kind == YAML_SCALAR && v->text[0] != '\0')
			l->c->global.others |= UINT64_C(1) << i;
		return true;
	}
	return false;
}

bool
foreign_global_rules(struct loader *l, const struct yaml_node *map)
{
	bool ok = true;

	for (size_t i = 0; i < foreign_n_rules; i++)
		ok = rule_holds(l, map, &foreign_rules[i]) && ok;
	return ok;
}
