/*
 * conf_route.c -- the route tree of a routing file, and walking it.
 */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"

static bool
add_matcher(struct yaml_file *f, const struct yaml_node *at, struct matcher_list *out, enum match_op op,
	    const char *name, const char *value)
{
	struct err e = ERR_INIT;
	struct matcher m;

	if (matcher_init(&m, op, name, value, &e) < 0) {
		yaml_error(f, at, "matcher", "%s", e.text);
		return false;
	}
	matcher_list_add(out, m);
	return true;
}

/* match and match_re: label name to value or expression. The key of such a route shows the expression as Alertmanager does, anchored. */
static bool
read_old(struct yaml_file *f, const struct yaml_node *v, struct matcher_list *out, enum match_op op)
{
	bool ok = true;

	if (!yaml_expect(f, v, YAML_MAP, "a mapping of labels"))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		const char *name = v->keys[i]->text, *s = "";
		if (!label_name_is_legacy(name)) {
			yaml_error(f, v->keys[i], "label-name", "invalid label name \"%s\"", name);
			ok = false;
			continue;
		}
		if (op == MATCH_RE && v->items[i]->kind == YAML_NULL) {
			yaml_error(f, v->keys[i], "matcher", "invalid regexp value for \"%s\"", name);
			ok = false;
			continue;
		}
		if (!yaml_string(f, v->items[i], &s)) {
			ok = false;
			continue;
		}
		struct buf text = BUF_INIT;
		buf_addf(&text, op == MATCH_RE ? "^(?:%s)$" : "%s", s);
		ok = add_matcher(f, v->items[i], out, op, name, buf_str(&text)) && ok;
		buf_release(&text);
	}
	return ok;
}

bool
read_match(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_old(f, v, field, MATCH_EQ);
}

bool
read_match_re(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	return read_old(f, v, field, MATCH_RE);
}

bool
read_matchers(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct string_list lines = {0};
	bool ok = read_strings(f, v, &lines);

	for (size_t i = 0; ok && i < lines.n; i++) {
		const struct yaml_node *at = v->kind == YAML_LIST ? v->items[i] : v;
		struct err e = ERR_INIT;
		if (matchers_parse(field, lines.at[i], &e) < 0) {
			mistake_hint(yaml_error(f, at, "matcher", "%s", e.text),
				     "a matcher is a label, one of = != =~ !~, and a value: severity=\"critical\"");
			ok = false;
		}
	}
	string_list_release(&lines);
	return ok;
}

static bool
read_group_by(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	struct route *r = field;
	bool ok = read_strings(f, v, &r->group_by);
	size_t kept = 0;

	for (size_t i = 0; ok && i < r->group_by.n; i++) {
		char *s = r->group_by.at[i];
		const struct yaml_node *at = v->kind == YAML_LIST ? v->items[i] : v;
		if (strcmp(s, "...") == 0) {
			r->group_by_all = true;
			free(s);
			continue;
		}
		r->group_by.at[kept++] = s;
		if (!label_name_is_legacy(s)) {
			yaml_error(f, at, "label-name", "invalid label name \"%s\" in group_by list", s);
			ok = false;
		}
		for (size_t k = 0; k + 1 < kept; k++) {
			if (strcmp(r->group_by.at[k], s) == 0) {
				yaml_error(f, at, "group-by", "duplicated label \"%s\" in group_by", s);
				ok = false;
			}
		}
		if (!ok) { /* the rest is still owned */
			for (i++; i < r->group_by.n; i++)
				r->group_by.at[kept++] = r->group_by.at[i];
			break;
		}
	}
	r->group_by.n = kept;
	if (ok && r->group_by_all && kept > 0) {
		yaml_error(f, v, "group-by", "cannot have wildcard group_by (`...`) and other labels at the same time");
		ok = false;
	}
	r->group_by_given = kept > 0;
	return ok;
}

static bool read_routes(struct yaml_file *f, const struct yaml_node *v, void *field);

#define AT(m) offsetof(struct route, m)
static const struct yaml_key route_rows[] = {
    {"receiver", yaml_read_str, AT(receiver_name), false},
    {"group_by", read_group_by, 0, false},
    {"match", read_match, AT(matchers), false},
    {"match_re", read_match_re, AT(matchers), false},
    {"matchers", read_matchers, AT(matchers), false},
    {"continue", yaml_read_bool, AT(keep_going), false},
    {"group_wait", yaml_read_duration, AT(group_wait), false},
    {"group_interval", yaml_read_duration, AT(group_interval), false},
    {"repeat_interval", yaml_read_duration, AT(repeat_interval), false},
    {"mute_time_intervals", read_strings, AT(mute), false},
    {"active_time_intervals", read_strings, AT(active), false},
    {"routes", read_routes, 0, false},
};

static const struct yaml_node *
node_at(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *v = yaml_get(map, key);
	return v != NULL ? v : map;
}

static bool
resolve_receiver(struct loader *l, struct route *r, const struct yaml_node *v)
{
	if (r->receiver_name == NULL || r->receiver_name[0] == '\0') {
		if (r->parent != NULL) {
			r->receiver = r->parent->receiver;
			return true;
		}
		yaml_error(&l->f, v, "receiver", "root route must specify a default receiver");
		return false;
	}
	r->receiver = receiver_find(l->c, r->receiver_name);
	if (r->receiver != NULL)
		return true;
	const char *near = suggest(r->receiver_name, l->c->n_receivers != 0 ? &l->c->receivers[0].name : NULL,
				   l->c->n_receivers, sizeof *l->c->receivers);
	struct mistake *m = yaml_error(&l->f, node_at(v, "receiver"), "receiver",
				       "undefined receiver \"%s\" used in route", r->receiver_name);
	if (near != NULL)
		mistake_hint(m, "did you mean '%s'?", near);
	return false;
}

static bool
resolve_intervals(struct loader *l, const struct string_list *names, const struct time_interval ***out,
		  const struct yaml_node *v)
{
	bool ok = true;

	*out = xcalloc(names->n + 1, sizeof **out);
	for (size_t i = 0; i < names->n; i++) {
		for (size_t k = 0; k < l->c->n_intervals; k++)
			if (strcmp(l->c->intervals[k].name, names->at[i]) == 0)
				(*out)[i] = &l->c->intervals[k];
		if ((*out)[i] == NULL) {
			yaml_error(&l->f, v, "time-interval", "undefined time interval \"%s\" used in route",
				   names->at[i]);
			ok = false;
		}
	}
	return ok;
}

static bool
not_zero(struct loader *l, const struct yaml_node *v, const char *key, int64_t value)
{
	if (value != 0)
		return true;
	yaml_error(&l->f, node_at(v, key), "duration", "%s cannot be zero", key);
	return false;
}

static bool
root_is_plain(struct loader *l, const struct route *r, const struct yaml_node *v)
{
	const struct {
		bool bad;
		const char *key, *text;
	} checks[] = {
	    {r->matchers.n > 0, "matchers", "root route must not have any matchers"},
	    {r->mute.n > 0, "mute_time_intervals", "root route must not have any mute time intervals"},
	    {r->active.n > 0, "active_time_intervals", "root route must not have any active time intervals"},
	    {r->keep_going, "continue", "cannot have continue in root route"},
	};
	bool ok = true;

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		if (!checks[i].bad)
			continue;
		yaml_error(&l->f, node_at(v, checks[i].key), "root-route", "%s", checks[i].text);
		ok = false;
	}
	return ok;
}

static void
inherit(struct route *r)
{
	const struct route *p = r->parent;

	if (!r->group_by_given && !r->group_by_all && p != NULL) {
		r->group_by_all = p->group_by_all;
		r->group_by.at = xcalloc(p->group_by.n + 1, sizeof *r->group_by.at);
		for (r->group_by.n = 0; r->group_by.n < p->group_by.n; r->group_by.n++)
			r->group_by.at[r->group_by.n] = xstrdup(p->group_by.at[r->group_by.n]);
	}
	if (r->group_wait < 0)
		r->group_wait = p != NULL ? p->group_wait : 30 * MS_SECOND;
	if (r->group_interval < 0)
		r->group_interval = p != NULL ? p->group_interval : 5 * MS_MINUTE;
	if (r->repeat_interval < 0)
		r->repeat_interval = p != NULL ? p->repeat_interval : 4 * MS_HOUR;
}

static void
escape(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			buf_addstr(out, "\\n");
		else if (*s == '"' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else
			buf_addc(out, *s);
	}
}

/* Alertmanager's key of a route, which its group keys and PagerDuty's dedup keys are made of. */
static void
make_key(struct route *r)
{
	static const char *const ops[] = {[MATCH_EQ] = "=", [MATCH_NE] = "!=", [MATCH_RE] = "=~", [MATCH_NRE] = "!~"};
	struct buf b = BUF_INIT;

	if (r->parent != NULL)
		buf_addf(&b, "%s/", r->parent->key);
	buf_addc(&b, '{');
	for (size_t i = 0; i < r->matchers.n; i++) {
		const struct matcher *m = &r->matchers.at[i];
		buf_addf(&b, "%s%s%s\"", i > 0 ? "," : "", m->name, ops[m->op]);
		escape(&b, m->value);
		buf_addc(&b, '"');
	}
	buf_addc(&b, '}');
	r->key = buf_steal(&b);
}

static void
warn_repeat(struct loader *l, const struct route *r, const struct yaml_node *v)
{
	if (yaml_get(v, "repeat_interval") == NULL && yaml_get(v, "group_interval") == NULL && r->parent != NULL)
		return;
	if (r->group_interval > 0 && r->repeat_interval % r->group_interval != 0) {
		struct buf a = BUF_INIT, b = BUF_INIT, c = BUF_INIT;
		duration_format(&a, r->repeat_interval);
		duration_format(&b, r->group_interval);
		duration_format(&c, (r->repeat_interval / r->group_interval + 1) * r->group_interval);
		yaml_warn(&l->f, node_at(v, "repeat_interval"), "repeat-interval",
			  "repeat_interval %s is no multiple of group_interval %s: repeats come every %s", buf_str(&a),
			  buf_str(&b), buf_str(&c));
		buf_release(&a);
		buf_release(&b);
		buf_release(&c);
	}
}

static bool
read_one(struct loader *l, const struct yaml_node *v, struct route *parent, const char *path, struct route **out)
{
	struct route *r = xcalloc(1, sizeof *r);

	*out = r;
	r->parent = parent;
	r->path = xstrdup(path);
	r->line = v->line;
	r->group_wait = r->group_interval = r->repeat_interval = -1;
	r->number = l->c->n_routes++;
	l->c->all = xreallocarray(l->c->all, l->c->n_routes, sizeof *l->c->all);
	l->c->all[r->number] = r;
	bool ok = true;
	if (!yaml_expect(&l->f, v, YAML_MAP, "a mapping (a route)"))
		return false;
	ok = yaml_read_map(&l->f, v, route_rows, sizeof route_rows / sizeof *route_rows, r, "a route") && ok;
	ok = not_zero(l, v, "group_interval", r->group_interval) && ok;
	ok = not_zero(l, v, "repeat_interval", r->repeat_interval) && ok;
	if (parent == NULL)
		ok = root_is_plain(l, r, v) && ok;
	ok = resolve_receiver(l, r, v) && ok;
	ok = resolve_intervals(l, &r->mute, &r->mute_at, node_at(v, "mute_time_intervals")) && ok;
	ok = resolve_intervals(l, &r->active, &r->active_at, node_at(v, "active_time_intervals")) && ok;
	matcher_list_sort(&r->matchers);
	inherit(r);
	make_key(r);
	if (ok)
		warn_repeat(l, r, v);
	const struct yaml_node *sub = yaml_get(v, "routes");
	if (sub == NULL || sub->kind != YAML_LIST)
		return ok;
	r->routes = xcalloc(sub->n + 1, sizeof *r->routes);
	for (size_t i = 0; i < sub->n; i++) {
		struct buf p = BUF_INIT;
		buf_addf(&p, "%s.routes[%zu]", path, i);
		ok = read_one(l, sub->items[i], r, buf_str(&p), &r->routes[r->n_routes++]) && ok;
		buf_release(&p);
	}
	return ok;
}

/* Only its shape: read_one goes into it once the parent is complete. */
static bool
read_routes(struct yaml_file *f, const struct yaml_node *v, void *field)
{
	(void)field;
	return yaml_expect(f, v, YAML_LIST, "a list of routes");
}

bool
read_route(struct loader *l, const struct yaml_node *v)
{
	return read_one(l, v, NULL, "route", &l->c->root);
}

void
route_close(struct route *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_routes; i++)
		route_close(r->routes[i]);
	free(r->routes);
	matcher_list_release(&r->matchers);
	string_list_release(&r->group_by);
	string_list_release(&r->mute);
	string_list_release(&r->active);
	free(r->mute_at);
	free(r->active_at);
	free(r->receiver_name);
	free(r->key);
	free(r->path);
	free(r);
}

static size_t
match_into(const struct route *r, struct labels l, const struct route **out, size_t max, size_t have)
{
	size_t before = have;

	if (!matchers_match(r->matchers.at, r->matchers.n, l))
		return have;
	for (size_t i = 0; i < r->n_routes; i++) {
		size_t n = match_into(r->routes[i], l, out, max, have);
		bool hit = n > have;
		have = n;
		if (hit && !r->routes[i]->keep_going)
			break;
	}
	if (have == before) {
		if (have < max)
			out[have] = r;
		have++;
	}
	return have;
}

size_t
route_match(const struct route *root, struct labels l, const struct route **out, size_t max)
{
	size_t n = match_into(root, l, out, max, 0);
	return n < max ? n : max;
}
