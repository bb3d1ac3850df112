/*
 * top.c -- `mlwatch top`: the dashboard.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "mlwatch/command.h"
#include "mlwatch/ui.h"

struct top_options {
	const char *snapshot, *size, *keys;
	int64_t at;
	int glyphs;
	bool attrs, readonly;
};

#define AT(f) offsetof(struct top_options, f)
static const struct option_spec options[] = {
    {"glyphs", 0, OPTION_CHOICE, "auto|braille|block|ascii",
     "how charts are drawn (default auto: by the locale and TERM)", AT(glyphs), NULL},
    {"readonly", 0, OPTION_FLAG, NULL, "no acknowledging, no silencing (default off)", AT(readonly), NULL},
    {"snapshot", 0, OPTION_STRING, "VIEW", "print this view as text and leave (default: the terminal)", AT(snapshot),
     NULL},
    {"size", 0, OPTION_STRING, "WxH", "of the snapshot (default 120x36)", AT(size), NULL},
    {"at", 0, OPTION_TIME, "TIME", "what time the snapshot shows (default now)", AT(at), NULL},
    {"keys", 0, OPTION_FILE, "FILE", "keys to play before: j, <Enter>, /text<Enter>, :snapshot NAME (default none)",
     AT(keys), NULL},
    {"attrs", 0, OPTION_FLAG, NULL, "colours and attributes as {style} in the snapshot (default off)", AT(attrs), NULL},
};
static const struct top_options defaults = {NULL, "120x36", NULL, 0, UI_GLYPHS_AUTO, false, false};

static int
run(const struct command_line *line)
{
	const struct top_options *o = line->options;
	struct ui_spec spec = {.glyphs = (enum ui_glyphs)o->glyphs,
			       .utc = line->common->utc,
			       .read_only = o->readonly,
			       .colour = line->common->color == COLOR_ALWAYS,
			       .view = o->snapshot,
			       .at = o->at,
			       .keys = o->keys,
			       .attrs = o->attrs};
	struct err e = ERR_INIT;
	char *path;
	int rc;

	if (line->n_args > 0)
		return command_usage(line, "unexpected argument '%s'", line->args[0]);
	if (sscanf(o->size, "%dx%d", &spec.width, &spec.height) != 2 || spec.width < 1 || spec.height < 1 ||
	    spec.width > 1000 || spec.height > 1000)
		return command_usage(line, "not a size: '%s', try 120x36", o->size);
	path = command_store_path(line, &rc);
	if (path == NULL)
		return rc;
	spec.store_path = path;
	setlocale(LC_CTYPE, "C.UTF-8"); /* widths of characters; the terminal's own locale is chosen in ui_run */
	rc = o->snapshot != NULL ? ui_print_snapshot(&spec, &e) : ui_run(&spec, &e);
	if (e.kind != ERR_NONE)
		rc = command_fail(line, &e);
	free(path);
	return rc;
}

const struct command command_top = {
    .name = "top",
    .also = "ui",
    .summary = "the dashboard: what is broken, since when, how bad, what changed, what to do",
    .usage = "top [--glyphs braille|block|ascii] [--readonly]\ntop --snapshot VIEW [--size WxH] [--at TIME] [--keys "
	     "FILE] [--attrs]",
    .description = "Reads the store; the agent may run or not. ? shows the keys. Views: overview, alerts, models, "
		   "drift, targets, logs, "
		   "notify, events, query, and alert, feature, help.",
    .examples = "top\ntop --snapshot overview --size 80x24\n",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct top_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_UTC,
    .run = run,
};
