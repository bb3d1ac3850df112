/*
 * events.c -- `mlwatch events`: the timeline as text, the same rows as the dashboard's eighth view.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "mlwatch/reader.h"
#include "mlwatch/view.h"
#include "mlwatch/view_json.h"
#include "people.h"

struct events_options {
	int64_t since, limit;
	const char *model, *kind;
	bool problems;
};

#define AT(f) offsetof(struct events_options, f)
static const struct option_spec options[] = {
    {"since", 's', OPTION_DURATION, "DURATION",
     "how far back from now, or from the last commit of an agent that is stopped (default 24h)", AT(since), NULL},
    {"model", 'm', OPTION_STRING, "NAME", "only about this model (default all)", AT(model), NULL},
    {"kind", 'k', OPTION_STRING, "KIND",
     "only these: alert, model, version, reference, config, target, log, feature, traffic, ... (default all)", AT(kind),
     NULL},
    {"problems", 0, OPTION_FLAG, NULL, "only what is wrong (default off)", AT(problems), NULL},
    {"limit", 0, OPTION_INT, "N", "at most so many, the newest (default 1000)", AT(limit), NULL},
};
static const struct events_options defaults = {.since = MS_DAY, .limit = 1000};

#define EVENTS_MAX 100000

static bool
wanted(const struct events_options *o, const struct view_event *ev)
{
	return (o->model == NULL || strcmp(o->model, ev->model) == 0) &&
	       (o->kind == NULL || strcmp(o->kind, ev->kind) == 0) &&
	       (!o->problems || ev->health == HEALTH_BROKEN || ev->health == HEALTH_WARNING);
}

static void
print_text(const struct people *p, const struct view_event *at, size_t n)
{
	struct table t = {0};

	for (size_t i = 0; i < n; i++) {
		const struct view_event *ev = &at[i];
		const char *mark = ev->health == HEALTH_UNKNOWN ? "·" : health_glyph[ev->health];

		table_row(&t, (const char *[]){people_time(p, ev->t), mark, ev->kind, ev->subject, ev->text}, 5);
	}
	if (n > 0)
		table_print(&t);
	else
		printf("nothing happened\n");
}

static void
print_json(const struct people *p, const struct view_event *at, size_t n)
{
	char *text = view_events_json(at, n);

	if (p->line->common->output != OUTPUT_JSON) {
		json_t *doc = json_loads(text, 0, NULL);

		people_json(p, "mlwatch.events/1", "events", json_incref(json_object_get(doc, "events")));
		json_decref(doc);
	} else {
		fputs(text, stdout);
		if (text[0] != '\0' && text[strlen(text) - 1] != '\n')
			putchar('\n');
	}
	free(text);
}

static int
print_events(struct people *p, struct reader *r)
{
	const struct events_options *o = p->line->options;
	struct view_source source = {reader_store(r), reader_promql(r), p->now, p->now};
	const size_t max = o->limit < EVENTS_MAX ? (size_t)o->limit : EVENTS_MAX;
	struct err e = ERR_INIT;
	struct view_event *at;
	size_t n, kept = 0;

	/* filters come before the limit */
	view_source_settle(&source);
	if (view_events(&source, p->mem, source.now - o->since, p->now, EVENTS_MAX, &at, &n, &e) < 0)
		return command_fail(p->line, &e);
	for (size_t i = 0; i < n && kept < max; i++)
		if (wanted(o, &at[i]))
			at[kept++] = at[i];
	if (people_for_programs(p))
		print_json(p, at, kept);
	else
		print_text(p, at, kept);
	return 0;
}

static int
events_run(const struct command_line *line)
{
	struct people p = {.line = line, .mem = arena_open(), .now = clock_now()};
	struct reader *r = NULL;
	struct err e = ERR_INIT;
	char *path;
	int code = 0;

	if (line->n_args > 0)
		code = command_usage(line, "unexpected argument '%s'", line->args[0]);
	path = code == 0 ? command_store_path(line, &code) : NULL;
	if (path != NULL)
		code = reader_open(&r, path, &e) < 0 ? command_fail(line, &e) : print_events(&p, r);
	reader_close(r);
	free(path);
	arena_close(p.mem);
	return code;
}

const struct command command_events = {
    .name = "events",
    .summary = "the timeline: what changed, newest first",
    .usage = "events [--since DURATION] [--model NAME] [--kind KIND] [--problems]",
    .description = "Alerts, model versions, references, reloads, targets, logs, drift, traffic, notifications and what "
		   "people did, "
		   "in one list. "
		   "The dashboard's view 8 shows the same rows.",
    .examples = "events --since 2h\nevents --model fraud --problems --json\n",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct events_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_LISTS | COMMON_UTC,
    .run = events_run,
};
