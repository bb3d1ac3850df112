/*
 * store.c -- `mlwatch store`: sizes, integrity, an online copy, vacuum, OpenMetrics out and in.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/command.h"
#include "mlwatch/json_out.h"
#include "mlwatch/store.h"
#include "store_text.h"

struct store_options {
	struct option_list match;
	int64_t start, end;
};

#define AT(f) offsetof(struct store_options, f)
static const struct option_spec options[] = {
    {"match", 0, OPTION_LIST, "SELECTOR", "export only these series, may be repeated (default all)", AT(match), NULL},
    {"start", 0, OPTION_TIME, "TIME", "export from this time (default the oldest)", AT(start), NULL},
    {"end", 0, OPTION_TIME, "TIME", "export up to this time (default now)", AT(end), NULL},
};
static const struct store_options defaults = {{NULL, 0}, INT64_MIN, INT64_MAX};

static struct store *
open_store(const char *path, enum store_mode mode, struct err *e)
{
	struct store_spec spec = {.path = path};
	struct store *s;

	return store_open(&s, &spec, mode, e) < 0 ? NULL : s;
}

/* ---- info ---- */

static json_t *
width_json(const struct store_width_facts *w)
{
	return json_pack("{so so sI sI so so}", "width", json_seconds(w->width_ms), "keep", json_seconds(w->keep_ms),
			 "rows", (json_int_t)w->rows, "bytes", (json_int_t)w->bytes, "oldest", json_time(w->oldest_ms),
			 "newest", json_time(w->newest_ms));
}

static void
info_json(const char *path, const struct store_facts *f, const struct store_agent *a)
{
	json_t *widths = json_array();

	for (size_t i = 0; i < f->n_widths; i++)
		json_array_append_new(widths, width_json(&f->widths[i]));
	json_print(stdout,
		   json_pack("{ss so si sI sI sI sI sI so sI sI sI sI sI so sI sI sb sI so}", "schema",
			     "mlwatch.store/1", "path", json_text(path), "schema_version", f->schema_version,
			     "file_bytes", (json_int_t)f->file_bytes, "wal_bytes", (json_int_t)f->wal_bytes,
			     "free_bytes", (json_int_t)f->free_bytes, "sample_series", (json_int_t)f->sample_series,
			     "window_series", (json_int_t)f->window_series, "windows", widths, "totals",
			     (json_int_t)f->totals, "chunks", (json_int_t)f->chunks, "chunk_bytes",
			     (json_int_t)f->chunk_bytes, "batches", (json_int_t)f->batches, "batch_bytes",
			     (json_int_t)f->batch_bytes, "oldest_sample", json_time(f->oldest_sample_ms), "events",
			     (json_int_t)f->events, "references", (json_int_t)f->references, "agent_running",
			     a->running, "agent_pid", (json_int_t)a->pid, "heartbeat", json_time(a->heartbeat_ms)),
		   2);
}

static void
info_width(const struct store_width_facts *w)
{
	char size[16], oldest[32] = "-", newest[32] = "-", width[16], keep[16];

	size_human(size, w->bytes);
	duration_human(width, w->width_ms);
	duration_human(keep, w->keep_ms);
	if (w->rows > 0) {
		rfc3339_format(oldest, w->oldest_ms);
		rfc3339_format(newest, w->newest_ms);
	}
	printf("  %-5s kept %-5s %10lld rows %10s   %s to %s\n", width, keep, (long long)w->rows, size, oldest, newest);
}

static void
info_text(const char *path, const struct store_facts *f, const struct store_agent *a)
{
	char file[16], wal[16], unused[16], chunks[16], batches[16], t[32];

	size_human(file, f->file_bytes);
	size_human(wal, f->wal_bytes);
	size_human(unused, f->free_bytes);
	size_human(chunks, f->chunk_bytes);
	size_human(batches, f->batch_bytes);
	printf("%s\n  %s, of which %s are free, and %s not yet merged in (-wal); schema version %d\n", path, file,
	       unused, wal, f->schema_version);
	rfc3339_format(t, a->heartbeat_ms);
	if (a->heartbeat_ms == 0)
		printf("  no agent has written yet\n");
	else
		printf("  agent %s%lld, last commit %s\n", a->running ? "running, pid " : "not running, was pid ",
		       (long long)a->pid, t);
	printf("windows of %lld series\n", (long long)f->window_series);
	for (size_t i = 0; i < f->n_widths; i++)
		info_width(&f->widths[i]);
	printf("samples of %lld series\n  %lld chunks of an hour, %s; %lld batches not yet in chunks, %s\n",
	       (long long)f->sample_series, (long long)f->chunks, chunks, (long long)f->batches, batches);
	printf("%lld daily totals, %lld events, %lld references\n", (long long)f->totals, (long long)f->events,
	       (long long)f->references);
}

static int
info(const struct command_line *line, const char *path)
{
	struct store_facts f;
	struct store_agent a;
	struct err e = ERR_INIT;
	struct store *s = open_store(path, STORE_READ, &e);

	if (s == NULL || store_facts(s, &f, &e) < 0 || store_agent(s, &a, &e) < 0) {
		store_close(s);
		return command_fail(line, &e);
	}
	(line->common->json ? info_json : info_text)(path, &f, &a);
	store_close(s);
	return 0;
}

/* ---- check ---- */

struct problems {
	json_t *list; /* NULL: printed */
};

static void
on_problem(void *arg, const char *text)
{
	struct problems *p = arg;

	if (p->list != NULL)
		json_array_append_new(p->list, json_text(text));
	else
		printf("%s\n", text);
}

static int
check(const struct command_line *line, const char *path)
{
	struct problems p = {line->common->json ? json_array() : NULL};
	struct err e = ERR_INIT;
	struct store *s = open_store(path, STORE_READ, &e);
	int64_t n = s != NULL ? store_check(s, on_problem, &p, &e) : -1;

	store_close(s);
	if (n < 0) {
		json_decref(p.list);
		return command_fail(line, &e);
	}
	if (p.list != NULL)
		json_print(stdout,
			   json_pack("{ss so sI so}", "schema", "mlwatch.check-store/1", "path", json_text(path),
				     "problems", (json_int_t)n, "list", p.list),
			   2);
	else if (!line->common->quiet)
		printf(n == 0 ? "%s: no problems\n" : "%s: %lld problems\n", path, (long long)n);
	return n == 0 ? 0 : 1;
}

/* ---- backup, vacuum ---- */

static int
backup(const struct command_line *line, const char *path)
{
	struct err e = ERR_INIT;
	struct store *s = open_store(path, STORE_READ, &e);
	int rc = s != NULL ? store_backup(s, line->args[1], &e) : -1;

	store_close(s);
	if (rc < 0)
		return command_fail(line, &e);
	if (!line->common->quiet)
		fprintf(stderr, "copied to %s\n", line->args[1]);
	return 0;
}

static int
vacuum(const struct command_line *line, const char *path)
{
	struct store_facts before, after;
	struct err e = ERR_INIT;
	struct store *s = open_store(path, STORE_READ, &e); /* does not create what is not there */
	char was[16], is[16];
	int rc = s != NULL ? store_facts(s, &before, &e) : -1;

	store_close(s);
	s = rc == 0 ? open_store(path, STORE_AGENT, &e) : NULL;
	rc = s != NULL && store_vacuum(s, &e) == 0 ? store_facts(s, &after, &e) : -1;
	store_close(s);
	if (rc < 0)
		return command_fail(line, &e);
	size_human(was, before.file_bytes);
	size_human(is, after.file_bytes);
	if (!line->common->quiet)
		fprintf(stderr, "%s: %s, was %s\n", path, is, was);
	return 0;
}

/* ---- export, import ---- */

static int export(const struct command_line *line, const char *path)
{
	const struct store_options *o = line->options;
	struct err e = ERR_INIT;
	struct store *s = open_store(path, STORE_READ, &e);
	struct store_export what = {.selectors = o->match.at,
				    .n_selectors = o->match.n,
				    .start = o->start,
				    .end = o->end,
				    .csv = line->common->output == OUTPUT_CSV,
				    .stop = command_reader_gone};
	int rc = s != NULL ? store_export(s, &what, stdout, &e) : -1;

	store_close(s);
	return rc < 0 ? command_fail(line, &e) : 0;
}

static int
import(const struct command_line *line, const char *path)
{
	struct err e = ERR_INIT;
	struct store_import_result r = {0};
	struct store *s = open_store(path, STORE_AGENT, &e);
	int rc = s != NULL ? store_import(s, line->args[1], &r, &e) : -1;

	store_close(s);
	if (rc < 0)
		return command_fail(line, &e);
	if (!line->common->quiet)
		fprintf(stderr, "%lld samples of %lld series into %s\n", (long long)r.samples, (long long)r.series,
			path);
	return 0;
}

static const struct verb {
	const char *name;
	size_t args; /* after the verb */
	int (*run)(const struct command_line *line, const char *path);
	const char *missing;
} verbs[] = {
    {"info", 0, info, ""},     {"check", 0, check, ""},   {"backup", 1, backup, "which file is the copy to be?"},
    {"vacuum", 0, vacuum, ""}, {"export", 0, export, ""}, {"import", 1, import, "which file?"},
};

static int
run(const struct command_line *line)
{
	size_t n = sizeof(verbs) / sizeof(verbs[0]), i = 0;
	int code;

	if (line->n_args == 0)
		return command_usage(line, "info, check, backup FILE, vacuum, export or import FILE?");
	while (i < n && strcmp(verbs[i].name, line->args[0]) != 0)
		i++;
	if (i == n)
		return command_usage(line, "'%s' is none of info, check, backup, vacuum, export, import",
				     line->args[0]);
	if (line->n_args - 1 < verbs[i].args)
		return command_usage(line, "%s", verbs[i].missing);
	if (line->n_args - 1 > verbs[i].args)
		return command_usage(line, "'%s' is too much", line->args[1 + verbs[i].args]);
	if (verbs[i].run == export && line->common->json)
		return command_usage(line, "export writes OpenMetrics (text) or -o csv");
	if (verbs[i].run != export && command_no_list(line) != 0)
		return ERR_USAGE;
	char *path = command_store_path(line, &code);
	if (path == NULL)
		return code;
	code = verbs[i].run(line, path);
	free(path);
	return code;
}

static const char *const verb_names[] = {"info", "check", "backup", "vacuum", "export", "import", NULL};

const struct command command_store = {
    .name = "store",
    .summary = "the store's sizes, integrity, copies; OpenMetrics out and in",
    .usage = "store info|check|vacuum\nstore backup FILE\nstore export [--match SELECTOR] [--start TIME] [--end TIME] "
	     "[-o csv]\nstore import FILE",
    .description = "info: how big, since when, which widths. check: SQLite's integrity check, then ours: rows decode "
		   "and wide windows are the sum of the "
		   "narrow ones; exit 1 when something is wrong. backup: a copy while the agent runs, as one file. "
		   "vacuum: gives free pages "
		   "back; the agent must be stopped.\n\n"
		   "export: OpenMetrics text with timestamps (or CSV) on stdout: samples as they are, counts from "
		   "prediction logs as counters at window "
		   "ends, histograms as their _count and _sum. import: OpenMetrics text with timestamps into sample "
		   "series, the agent stopped; of "
		   "two samples of one series and time the one in the store stays.",
    .examples = "store info\nstore backup /backup/mlwatch.db\nstore export --match 'ml_errors_total{model=\"fraud\"}' "
		"--start -1h\n",
    .verbs = verb_names,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .defaults = &defaults,
    .options_size = sizeof(struct store_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_LISTS,
    .run = run,
};
