/*
 * test_routes.c -- `mlwatch test routes` and `mlwatch test notify`: where an alert would go and by which routes; one marked message to
 * a receiver, to see that it arrives.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/config.h"
#include "mlwatch/json_out.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"
#include "mlwatch/suggest.h"
#include "mlwatch/xalloc.h"
#include "test_private.h"

/* What a test needs of the configuration. */
struct tested {
	struct notify_config *routing;
	char *external_url;
};

static void
tested_release(struct tested *t)
{
	notify_config_close(t->routing);
	free(t->external_url);
}

/* The routing file that the configuration names. routing NULL: *code. */
static struct tested
load_routing(const struct command_line *line, int *code)
{
	struct errlist mistakes = ERRLIST_INIT;
	struct tested t = {0};
	struct config *c = command_load_config(line, code);
	struct buf url = BUF_INIT;

	if (c == NULL)
		return t;
	if (c->alerting_file == NULL) {
		fprintf(stderr, "mlwatch: '%s' names no routing file (alerting: config_file:)\n", c->path);
		*code = ERR_FILE;
	} else if (notify_config_load(&t.routing, c->alerting_file, &mistakes) < 0) {
		command_errors(line, &mistakes);
		*code = ERR_FILE;
	}
	if (c->http.external_url != NULL)
		buf_addstr(&url, c->http.external_url);
	else
		buf_addf(&url, "http://%s", c->http.listen != NULL ? c->http.listen : "localhost");
	t.external_url = buf_steal(&url);
	errlist_release(&mistakes);
	config_close(c);
	return t;
}

struct hits {
	const struct command_line *line;
	char **receivers, **paths;
	size_t n;
	json_t *routes;
};

static void
add_hit(void *arg, const char *receiver, const char *path)
{
	struct hits *h = arg;

	h->receivers = xreallocarray(h->receivers, h->n + 1, sizeof *h->receivers);
	h->paths = xreallocarray(h->paths, h->n + 1, sizeof *h->paths);
	h->receivers[h->n] = xstrdup(receiver);
	h->paths[h->n++] = xstrdup(path);
}

static void
hits_release(struct hits *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->receivers[i]);
		free(h->paths[i]);
	}
	free(h->receivers);
	free(h->paths);
	json_decref(h->routes);
}

static bool
is_hit(const struct hits *h, const char *path)
{
	for (size_t i = 0; i < h->n; i++)
		if (strcmp(h->paths[i], path) == 0)
			return true;
	return false;
}

static void
print_route(void *arg, const struct notify_route_view *r)
{
	const struct hits *h = arg;
	struct buf wait = BUF_INIT;

	duration_format(&wait, r->group_wait_ms);
	buf_addc(&wait, '/');
	duration_format(&wait, r->group_interval_ms);
	buf_addc(&wait, '/');
	duration_format(&wait, r->repeat_interval_ms);
	printf("%s %*s%s%s  receiver: %s\n", is_hit(h, r->path) ? "*" : " ", 2 * r->depth, "",
	       r->depth == 0 ? "default-route" : r->matchers, r->keep_going ? "  continue: true" : "", r->receiver);
	if (h->line->common->verbose > 0)
		printf("  %*s  group_by [%s]  wait/interval/repeat %s\n", 2 * r->depth, "", r->group_by,
		       buf_str(&wait));
	buf_release(&wait);
}

/* Why a route was taken: its matchers, those of the routes above included. */
static void
explain(void *arg, const struct notify_route_view *r)
{
	struct hits *h = arg;

	if (!is_hit(h, r->path))
		return;
	json_array_append_new(h->routes, json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "receiver", r->receiver,
						   "route", r->path, "matchers", r->matchers, "continue", r->keep_going,
						   "group_wait", json_seconds(r->group_wait_ms), "group_interval",
						   json_seconds(r->group_interval_ms), "repeat_interval",
						   json_seconds(r->repeat_interval_ms)));
	if (!h->line->common->json)
		printf("%s  by %s %s\n", r->receiver, r->path,
		       r->depth == 0 ? "(no route below matches)" : r->matchers);
}

static int
verify(const struct hits *h, const char *wanted)
{
	struct buf got = BUF_INIT;

	for (size_t i = 0; i < h->n; i++)
		buf_addf(&got, "%s%s", i > 0 ? "," : "", h->receivers[i]);
	int code = strcmp(buf_str(&got), wanted) == 0 ? 0 : 1;
	if (code != 0)
		fprintf(stderr, "expected receivers %s, the alert reaches %s\n", wanted, buf_str(&got));
	buf_release(&got);
	return code;
}

int
test_routes(const struct command_line *line, const char *const *args, size_t n)
{
	const struct test_options *o = line->options;
	struct arena *mem = arena_open();
	struct label *l = arena_alloc(mem, (n + 1) * sizeof *l);
	struct hits h = {.line = line, .routes = json_array()};
	int code = 0;

	for (size_t i = 0; i < n && code == 0; i++) {
		const char *eq = strchr(args[i], '=');
		if (eq == NULL || eq == args[i])
			code = command_usage(line, "'%s' is no label: write name=value", args[i]);
		else
			l[i] = (struct label){arena_strndup(mem, args[i], (size_t)(eq - args[i])), eq + 1};
	}
	struct tested t = code == 0 ? load_routing(line, &code) : (struct tested){0};
	struct notify_config *c = t.routing;
	if (c != NULL) {
		notify_config_routes(c, labels_make(mem, l, n), add_hit, &h);
		if (o->tree && !line->common->json)
			notify_config_tree(c, print_route, &h);
		else
			notify_config_tree(c, explain, &h);
		if (line->common->json)
			json_print(stdout, json_pack("{s:s, s:O}", "schema", "mlwatch.routes/1", "routes", h.routes),
				   isatty(STDOUT_FILENO) ? 2 : 0);
		code = o->verify != NULL ? verify(&h, o->verify) : 0;
	}
	hits_release(&h);
	tested_release(&t);
	arena_close(mem);
	return code;
}

/* ---- notify ---- */

struct trial {
	const struct command_line *line;
	json_t *out;
	size_t good, bad;
};

static void
on_result(void *arg, const struct notify_test_result *r)
{
	struct trial *t = arg;

	if (r->error == NULL)
		t->good++;
	else
		t->bad++;
	json_array_append_new(t->out,
			      json_pack("{s:s, s:s, s:I, s:i, s:f, s:o}", "receiver", r->receiver, "kind", r->kind,
					"index", (json_int_t)r->index, "status", r->status, "seconds", r->seconds,
					"error", r->error != NULL ? json_text(r->error) : json_null()));
	if (!t->line->common->json)
		printf("%s (%s %lld): %s%s, %.0f ms\n", r->receiver, r->kind, (long long)r->index,
		       r->error == NULL ? "taken" : "not taken: ", r->error == NULL ? "" : r->error, 1000 * r->seconds);
}

static void
name_receiver(void *arg, const char *name, const char *const *kind_names, size_t n)
{
	struct hits *h = arg;

	(void)kind_names;
	(void)n;
	add_hit(h, name, "");
}

/* "did you mean" over the receivers that there are. */
static void
suggest_receiver(const struct notify_config *c, const char *word)
{
	struct hits h = {0};

	notify_config_receivers(c, name_receiver, &h);
	const char *near = h.n > 0 ? suggest(word, &h.receivers[0], h.n, sizeof *h.receivers) : NULL;
	if (near != NULL)
		fprintf(stderr, "did you mean '%s'?\n", near);
	hits_release(&h);
}

/* A person's action is an event; a store that an agent has not made yet has no timeline. */
static void
leave_event(const struct command_line *line, const char *receiver)
{
	int code = 0;
	char *path = command_store_path(line, &code);
	const struct store_spec spec = {.path = path};
	struct store *s = NULL;
	struct err e = ERR_INIT;

	if (path != NULL && access(path, F_OK) == 0 &&
	    (store_open(&s, &spec, STORE_WRITE, &e) < 0 ||
	     notify_tested(s, receiver, notify_author(), clock_now(), &e) < 0))
		fprintf(stderr, "mlwatch: the test is not in the list of events: %s\n", e.text);
	store_close(s);
	free(path);
}

int
test_notify(const struct command_line *line, const char *const *args, size_t n)
{
	const struct test_options *o = line->options;
	struct trial t = {.line = line, .out = json_array()};
	struct err e = ERR_INIT;
	int code = 0;

	if (n != 1) {
		json_decref(t.out);
		return command_usage(line, "which receiver? Give one name");
	}
	struct tested in = load_routing(line, &code);
	if (in.routing != NULL && notify_test(in.routing, args[0], o->kind, in.external_url, on_result, &t, &e) < 0) {
		code = command_fail(line, &e);
		suggest_receiver(in.routing, args[0]);
	} else if (in.routing != NULL) {
		if (line->common->json)
			json_print(stdout, json_pack("{s:s, s:O}", "schema", "mlwatch.test_notify/1", "results", t.out),
				   0);
		if (t.good + t.bad == 0)
			fprintf(stderr, "receiver '%s' has no %s%sintegration that mlwatch can send to\n", args[0],
				o->kind != NULL ? o->kind : "", o->kind != NULL ? " " : "");
		else
			leave_event(line, args[0]);
		code = t.bad > 0 || t.good == 0 ? 1 : 0;
	}
	json_decref(t.out);
	tested_release(&in);
	return code;
}
