/*
 * test_message.c -- a message that says it is a test: what is in it, and sending one at once past the outbox.
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
	enum verdict v = kind_judge(t->in, &t->request, r, why, sizeof why);

	report(t, r->status, r->seconds, v == VERDICT_SENT ? NULL : why);
}

static void
send_one(struct fetcher *f, struct trial *t, const struct message *m)
{
	struct buf payload = BUF_INIT;
	struct err e = ERR_INIT;

	if (t->in->kind->render(t->in, m, &payload, &e) < 0 ||
	    t->in->kind->request(t->in, buf_str(&payload), &t->request, &e) < 0)
		report(t, 0, 0, e.text);
	else
		request_start(&t->request, f, on_answer, t);
	buf_release(&payload);
}

static void
nothing(void *arg)
{
	(void)arg;
}

void
test_message(struct message *m, const struct notify_config *c, const char *receiver, const char *external_url,
	     const char *who, int64_t now, struct arena *mem)
{
	static const struct label labels[] = {{"alertname", "MlwatchTest"}, {"severity", "info"}};
	struct label *notes = arena_alloc(mem, 2 * sizeof *notes);
	struct message_alert *a = arena_alloc(mem, sizeof *a);

	notes[0] = (struct label){"description", arena_printf(mem, "%s. Nothing is wrong.", who)};
	notes[1] = (struct label){"summary", "This is a test of mlwatch. Nothing is wrong."};
	*a = (struct message_alert){.labels = {labels, 2},
				    .annotations = {notes, 2},
				    .starts_ms = now,
				    .generator_url = external_url,
				    .expr = "",
				    .fingerprint = fingerprint((struct labels){labels, 2})};
	*m = (struct message){.receiver = receiver,
			      .external_url = external_url,
			      .group_key = "{}:{alertname=\"MlwatchTest\"}",
			      .group_labels = {labels, 1},
			      .alerts = a,
			      .n = 1,
			      .now_ms = now,
			      .group_interval_ms = MS_MINUTE,
			      .templates = c->templates,
			      .mem = mem};
	message_prepare(m);
}

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
	struct message m;
	test_message(&m, c, r->name, external_url, "Somebody ran 'mlwatch test notify'", clock_now(), mem);
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
