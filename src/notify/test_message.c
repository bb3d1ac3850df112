/*
 * test_message.c -- one message that says it is a test, sent at once past the outbox; and the routing file as people see it.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "kinds.h"
#include "message.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/notify.h"
#include "mlwatch/xalloc.h"

struct trial {
	const struct integration *in;
	const char *receiver;
	struct request request;
	notify_test_fn *fn;
	void *arg;
};

static void
report(struct trial *t, int status, double seconds, const char *error)
{
	const struct notify_test_result r = {t->receiver, t->in->kind->name, (int64_t)t->in->index,
					     status,      seconds,           error};

	t->fn(t->arg, &r);
	request_release(&t->request);
}

static void
on_answer(void *arg, const struct fetch_result *r)
{
	struct trial *t = arg;
	char why[256];
	enum verdict v = kind_judge(t->in, r, why, sizeof why);

	report(t, r->status, r->seconds, v == VERDICT_SENT ? NULL : why);
}

static void
send_one(struct fetcher *f, struct trial *t, const struct message *m)
{
	struct buf payload = BUF_INIT;
	struct err e = ERR_INIT;

	if (t->in->kind->render(t->in, m, &payload, &e) < 0 ||
	    t->in->kind->request(t->in, buf_str(&payload), &t->request, &e) < 0) {
		report(t, 0, 0, e.text);
	} else if (t->request.easy != NULL) {
		fetcher_run(f, request_easy(&t->request), on_answer, t);
	} else {
		const struct fetch_spec spec = {.url = t->request.url,
						.auth = t->request.auth,
						.timeout_ms = 15 * MS_SECOND,
						.body_limit = 65536,
						.method = "POST",
						.body = buf_str(&t->request.body),
						.body_len = t->request.body.len,
						.headers = (const char *const *)t->request.headers,
						.n_headers = t->request.n_headers};
		fetcher_get(f, &spec, on_answer, t);
	}
	buf_release(&payload);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static const struct label test_labels[] = {{"alertname", "MlwatchTest"}, {"severity", "info"}};
static const struct label test_notes[] = {{"description", "Somebody ran 'mlwatch test notify'. Nothing is wrong."},
					  {"summary", "This is a test of mlwatch. Nothing is wrong."}};

int
notify_test(const struct notify_config *c, const char *receiver, const char *kind, const char *external_url,
	    notify_test_fn *fn, void *arg, struct err *e)
{
	const struct receiver *r = receiver_find(c, receiver);
	uv_loop_t loop;

	if (r == NULL)
		return err_set(e, ERR_USAGE, "no receiver is called '%s'", receiver);
	uv_loop_init(&loop);
	struct fetcher *f = fetcher_open(&loop, e);
	if (f == NULL) {
		uv_loop_close(&loop);
		return -1;
	}
	struct arena *mem = arena_open();
	struct message_alert a = {.labels = {test_labels, 2},
				  .annotations = {test_notes, 2},
				  .starts_ms = clock_now(),
				  .generator_url = external_url,
				  .expr = ""};
	a.fingerprint = fingerprint(a.labels);
	struct message m = {.receiver = r->name,
			    .external_url = external_url,
			    .group_key = "{}:{alertname=\"MlwatchTest\"}",
			    .group_labels = {test_labels, 1},
			    .alerts = &a,
			    .n = 1,
			    .now_ms = a.starts_ms,
			    .group_interval_ms = MS_MINUTE,
			    .templates = c->templates,
			    .mem = mem,
			    .test = true};
	message_prepare(&m);
	struct trial *trials = xcalloc(r->n + 1, sizeof *trials);
	for (size_t i = 0; i < r->n; i++) {
		if (kind != NULL && strcmp(kind, r->at[i].kind->name) != 0)
			continue;
		trials[i] = (struct trial){&r->at[i], r->name, {0}, fn, arg};
		send_one(f, &trials[i], &m);
	}
	while (fetcher_active(f) > 0 && uv_run(&loop, UV_RUN_ONCE) != 0)
		continue;
	fetcher_close(f, nothing, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	free(trials);
	arena_close(mem);
	return 0;
}

/* ---- the routing file ---- */

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
