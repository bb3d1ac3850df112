/* conf_view.c -- the routing file as people see it: its tree, its receivers, where a label set goes. */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "kinds.h"
#include "mlwatch/buf.h"
#include "mlwatch/notify.h"
#include "mlwatch/xalloc.h"

static void
walk(const struct route *r, int depth, notify_route_fn *fn, void *arg)
{
	struct buf matchers = BUF_INIT, group_by = BUF_INIT;

	buf_addc(&matchers, '{');
	for (size_t i = 0; i < r->matchers.n; i++) {
		if (i > 0)
			buf_addc(&matchers, ',');
		matcher_format(&matchers, &r->matchers.at[i]);
	}
	buf_addc(&matchers, '}');
	for (size_t i = 0; i < r->group_by.n; i++)
		buf_addf(&group_by, "%s%s", i > 0 ? ", " : "", r->group_by.at[i]);
	if (r->group_by_all)
		buf_addstr(&group_by, "...");
	const struct notify_route_view v = {
	    r->path,           r->receiver->name,  buf_str(&matchers), depth, r->keep_going, r->group_wait,
	    r->group_interval, r->repeat_interval, buf_str(&group_by)};
	fn(arg, &v);
	buf_release(&matchers);
	buf_release(&group_by);
	for (size_t i = 0; i < r->n_routes; i++)
		walk(r->routes[i], depth + 1, fn, arg);
}

void
notify_config_tree(const struct notify_config *c, notify_route_fn *fn, void *arg)
{
	walk(c->root, 0, fn, arg);
}

void
notify_config_receivers(const struct notify_config *c, notify_receiver_fn *fn, void *arg)
{
	for (size_t i = 0; i < c->n_receivers; i++) {
		const struct receiver *r = &c->receivers[i];
		const char **names = xcalloc(r->n + 1, sizeof *names);
		for (size_t k = 0; k < r->n; k++)
			names[k] = r->at[k].kind->name;
		fn(arg, r->name, names, r->n);
		free(names);
	}
}

void
notify_config_routes(const struct notify_config *c, struct labels labels, route_fn *fn, void *arg)
{
	const struct route **hit = xcalloc(c->n_routes + 1, sizeof *hit);
	size_t n = route_match(c->root, labels, hit, c->n_routes);

	for (size_t i = 0; i < n; i++)
		fn(arg, hit[i]->receiver->name, hit[i]->path);
	free(hit);
}
