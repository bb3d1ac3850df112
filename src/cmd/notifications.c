/*
 * notifications.c -- `mlwatch notifications`: the outbox. What waits, what was sent, what was given up and why.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/store_rows.h"
#include "people.h"

struct notifications_options {
	int64_t limit;
	bool open, failed;
};

#define AT(f) offsetof(struct notifications_options, f)
static const struct option_spec options[] = {
    {"limit", 0, OPTION_INT, "N", "the newest N (default 50)", AT(limit), NULL},
    {"open", 0, OPTION_FLAG, NULL, "only what is not sent yet (default off)", AT(open), NULL},
    {"failed", 0, OPTION_FLAG, NULL, "only what was given up (default off)", AT(failed), NULL},
};
static const struct notifications_options defaults = {50, false, false};

struct listing {
	struct people *p;
	struct table t;
	json_t *out;
};

static json_t *
row_json(const struct store_notification *n, bool whole)
{
	json_t *j = json_pack(
	    "{s:I, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:I, s:I, s:s, s:o, s:o, s:o}", "id", (json_int_t)n->id, "state",
	    store_outbox_words[n->state], "receiver", n->receiver, "kind", n->kind, "index", (json_int_t)n->index,
	    "created", json_time(n->created_ms), "next", n->done_ms == 0 ? json_time(n->next_ms) : json_null(), "done",
	    json_time(n->done_ms), "attempts", (json_int_t)n->attempts, "status", (json_int_t)n->status, "group",
	    n->group_key, "title", json_text(n->title), "reason", json_text(n->reason), "error", json_text(n->error));

	if (whole && n->payload != NULL)
		json_object_set_new(j, "payload", json_text(n->payload));
	return j;
}

static void
add_row(void *arg, const struct store_notification *n)
{
	struct listing *l = arg;
	char id[24], tries[24];

	json_array_append_new(l->out, row_json(n, false));
	if (people_for_programs(l->p))
		return;
	if (l->t.n == 0)
		table_row(&l->t, (const char *const[]){"ID", "STATE", "CREATED", "TO", "TRIES", "TITLE", "ERROR"}, 7);
	snprintf(id, sizeof id, "%lld", (long long)n->id);
	snprintf(tries, sizeof tries, "%lld", (long long)n->attempts);
	table_row(&l->t,
		  (const char *const[]){id, store_outbox_words[n->state], people_time(l->p, n->created_ms),
					arena_printf(l->p->mem, "%s (%s)", n->receiver, n->kind), tries, n->title,
					n->error},
		  7);
}

static int
list(struct people *p)
{
	const struct notifications_options *o = p->line->options;
	unsigned states = o->open ? OUTBOX_OPEN : o->failed ? OUTBOX_BIT(OUTBOX_GIVEN_UP) : OUTBOX_ALL;
	struct listing l = {p, {0}, json_array()};
	struct err e = ERR_INIT;
	int code = 0;

	if (store_notifications(p->store, states, (size_t)o->limit, false, add_row, &l, &e) < 0)
		code = command_fail(p->line, &e);
	else if (people_for_programs(p))
		return people_json(p, "mlwatch.notifications/1", "notifications", l.out);
	else if (l.t.n == 0 && !p->line->common->quiet)
		fprintf(stderr, "no notifications\n");
	table_print(&l.t);
	json_decref(l.out);
	return code;
}

static void
show_row(void *arg, const struct store_notification *n)
{
	const struct people *p = arg;

	if (p->line->common->json) {
		json_t *j = row_json(n, true);
		json_object_set_new(j, "schema", json_string("mlwatch.notification/1"));
		json_print(stdout, j, 2);
		return;
	}
	printf("%lld  %s  %s\n", (long long)n->id, store_outbox_words[n->state], n->title);
	printf("  to        %s (%s %lld)\n", n->receiver, n->kind, (long long)n->index);
	printf("  group     %s\n", n->group_key);
	printf("  why       %s\n", strncmp(n->reason, "sent: ", 6) == 0 ? n->reason + 6 : n->reason);
	printf("  created   %s\n", people_time(p, n->created_ms));
	printf("  tries     %lld, last status %lld\n", (long long)n->attempts, (long long)n->status);
	if (n->done_ms == 0)
		printf("  next try  %s (%s)\n", people_time(p, n->next_ms), people_ago(p, n->next_ms));
	else
		printf("  done      %s\n", people_time(p, n->done_ms));
	if (n->error[0] != '\0')
		printf("  error     %s\n", n->error);
	struct buf text = BUF_INIT;
	notify_message_text(&text, n->kind, n->payload);
	printf("\n%s", buf_str(&text));
	buf_release(&text);
}

static int
id_of(const struct people *p, size_t i, int64_t *id)
{
	char *end;

	*id = strtoll(p->line->args[i], &end, 10);
	return *end == '\0' && *id > 0 ? 0
				       : command_usage(p->line, "'%s' is no notification's number", p->line->args[i]);
}

static int
show(struct people *p)
{
	struct err e = ERR_INIT;
	int64_t id;

	if (p->line->n_args < 2)
		return command_usage(p->line, "which one? Give its number");
	int code = id_of(p, 1, &id);
	if (code != 0)
		return code;
	int found = store_notification(p->store, id, show_row, p, &e);
	if (found < 0)
		return command_fail(p->line, &e);
	return found == 1 ? 0 : command_usage(p->line, "there is no notification %lld", (long long)id);
}

static void
ignore(void *arg, const struct store_notification *n)
{
	(void)arg;
	(void)n;
}

/* Stands in for the verbs with --dry-run. */
static int
look_only(struct store *s, int64_t id, const char *by, int64_t now, struct err *e)
{
	int found = store_notification(s, id, ignore, NULL, e);

	(void)by;
	(void)now;
	return found == 0 ? err_set(e, ERR_USAGE, "there is no notification %lld", (long long)id) : found < 0 ? -1 : 0;
}

typedef int change_fn(struct store *s, int64_t id, const char *by, int64_t now_ms, struct err *e);

static int
change(struct people *p, change_fn *fn)
{
	struct err e = ERR_INIT;

	if (p->line->n_args < 2)
		return command_usage(p->line, "which one? Give its number");
	for (size_t i = 1; i < p->line->n_args; i++) {
		int64_t id;
		int code = id_of(p, i, &id);
		if (code != 0)
			return code;
		if ((p->line->common->dry_run ? look_only : fn)(p->store, id, people_author(NULL), p->now, &e) < 0)
			return command_fail(p->line, &e);
	}
	return 0;
}

static int
retry_one(struct people *p)
{
	return change(p, notify_retry);
}

static int
drop_one(struct people *p)
{
	return change(p, notify_drop);
}

static const struct verb {
	const char *name;
	int (*run)(struct people *p);
	bool writes;
} verbs[] = {{"list", list, false}, {"show", show, false}, {"retry", retry_one, true}, {"drop", drop_one, true}};
static const char *const verb_names[] = {"list", "show", "retry", "drop", NULL};

static int
notifications_run(const struct command_line *line)
{
	const struct verb *v = line->n_args == 0 ? &verbs[0] : NULL;
	struct people p;

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs && line->n_args > 0; i++)
		if (strcmp(verbs[i].name, line->args[0]) == 0)
			v = &verbs[i];
	if (v == NULL)
		return command_usage(line, "unknown verb '%s'", line->args[0]);
	if (v != &verbs[0] && command_no_list(line) != 0)
		return ERR_USAGE;
	int code = people_open(&p, line, v->writes && !line->common->dry_run);
	if (code == 0)
		code = v->run(&p);
	people_release(&p);
	return code;
}

const struct command command_notifications = {
    .name = "notifications",
    .summary = "the outbox: list, show, retry, drop",
    .usage = "notifications [list]\nnotifications show ID\nnotifications retry ID...\nnotifications drop ID...",
    .description = "Every notification is a row before it is a request. The list shows what waits, what was sent and "
		   "what was given up; `show` all about "
		   "one, with its text (secrets are not in it). `retry` sends one again at once, `drop` makes sure "
		   "that one that waits is never sent.",
    .examples = "notifications --failed\nnotifications retry 17\n",
    .verbs = verb_names,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct notifications_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_LISTS | COMMON_UTC | COMMON_DRY_RUN | COMMON_PLAIN,
    .run = notifications_run,
};
