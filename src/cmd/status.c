/*
 * status.c -- `mlwatch status`: the Overview as text, one page, once. The dashboard's words and numbers (view.h).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/command.h"
#include "mlwatch/reader.h"
#include "mlwatch/view.h"
#include "mlwatch/view_json.h"

struct status_options {
	int64_t watch;
	bool nagios, exit_code;
};

#define AT(f) offsetof(struct status_options, f)
static const struct option_spec options[] = {
    {"watch", 0, OPTION_DURATION, "EVERY", "again and again (default off; without a value every 2s)", AT(watch), "2s"},
    {"nagios", 0, OPTION_FLAG, NULL,
     "one line with perfdata, exit 0 ok, 1 warning, 2 critical, 3 unknown (default off)", AT(nagios), NULL},
    {"exit-code", 0, OPTION_FLAG, NULL, "exit 1 when something fires or nothing can be known (default off)",
     AT(exit_code), NULL},
};
static const struct status_options defaults = {0, false, false};

#define RESET "\033[0m"
#define CLEAR "\033[H\033[2J"
static const char *const health_colour[] = {"\033[32m", "\033[36m", "\033[33m", "\033[1;31m", "\033[2m", "\033[35m"};

struct page {
	const struct view_overview *o;
	bool colour;
	int64_t now;
};

static void
glyph(const struct page *p, enum health h, const char *text)
{
	printf("%s%s%s", p->colour ? health_colour[h] : "", text, p->colour ? RESET : "");
}

static void
mark(const struct page *p, enum health h)
{
	glyph(p, h, health_glyph[h]);
}

static const char *
age(char out[16], int64_t now, int64_t then)
{
	if (then <= 0)
		return "-";
	duration_human(out, now > then ? now - then : 0);
	return out;
}

/* Pads by columns, not bytes: "µ" is one. */
static void
field(const char *text, int width)
{
	int w = 0;

	for (const char *s = text; *s != '\0'; s++)
		w += ((unsigned char)*s & 0xc0) != 0x80;
	printf("%s%*s", text, w < width ? width - w : 0, "");
}

static void
number(double v, int decimals)
{
	if (isnan(v))
		printf(" %7s", "-");
	else
		printf(" %7.*f", decimals, v);
}

static void
change(double share)
{
	char text[16] = "-";

	if (!isnan(share))
		snprintf(text, sizeof text, "%+.0f %%", share * 100);
	printf(" %7s", text);
}

static void
state_line(const struct page *p)
{
	static const char *const word[] = {"running", "stalled", "not running", "never ran here",
					   "none, this was a replay"};
	const struct view_agent *a = &p->o->agent;
	char since[16], text[32];

	mark(p, p->o->health);
	printf(" %s%s%s  %d critical  %d warning  %d pending  %d silenced\n",
	       p->colour ? health_colour[p->o->health] : "", health_word[p->o->health], p->colour ? RESET : "",
	       p->o->critical, p->o->warning, p->o->pending, p->o->silenced);
	printf("agent    %s", word[a->state]);
	if (a->state == AGENT_OK) {
		rfc3339_format(text, a->started_ms);
		printf(" since %s, pid %lld, mlwatch %s, last commit %s ago", text, (long long)a->pid, a->version,
		       age(since, p->now, a->heartbeat_ms));
	} else if (a->heartbeat_ms > 0) {
		rfc3339_format(text, a->heartbeat_ms);
		if (a->state == AGENT_STALLED && a->disk_full)
			printf(", the disk is full");
		printf(", last commit %s, %s ago: all below is as of then", text,
		       age(since, a->heartbeat_ms + a->age_ms, a->heartbeat_ms));
	}
	printf("\n");
	if (a->config_refused)
		printf("config   refused %s ago, the old one goes on: %s\n", age(since, p->now, a->config_refused_ms),
		       a->config_error);
}

static void
likely_line(const struct page *p)
{
	const struct view_overview *o = p->o;
	char since[16];

	if (o->likely_start_ms > 0)
		printf("  likely start %s ago: %d %s%schange%s%s%s\n", age(since, p->now, o->likely_start_ms),
		       o->likely_changes, o->likely_kind, o->likely_kind[0] != '\0' ? " " : "",
		       o->likely_changes == 1 ? "" : "s", o->likely_model[0] != '\0' ? " on " : "", o->likely_model);
}

static void
alerts_part(const struct page *p)
{
	printf("\nalerts   %zu active\n", p->o->n_alerts);
	for (size_t i = 0; i < p->o->n_alerts; i++) {
		const struct view_alert *a = &p->o->alerts[i];
		char since[16], value[32], limit[32] = "";

		quantity_text(value, a->value);
		if (a->limit_op != NULL)
			quantity_text(limit, a->limit);
		printf("  ");
		mark(p, a->health);
		printf(" %-8s %4s  ", a->severity[0] != '\0' ? a->severity : "-",
		       age(since, p->now, a->state == VIEW_PENDING ? a->active_ms : a->fired_ms));
		field(a->name, 18);
		printf(" ");
		field(a->on, 22);
		printf(" %10s  %s %-10s %s\n", value, a->limit_op != NULL ? a->limit_op : " ", limit, a->state_text);
		if (a->summary[0] != '\0')
			printf("      %s\n", a->summary);
	}
	likely_line(p);
}

static void
models_part(const struct page *p)
{
	if (p->o->n_models == 0)
		return;
	printf("\nmodels   last 5m, latency in ms\n    %-16s %-10s %-11s %7s %7s %7s %7s %7s %7s %7s %8s\n", "MODEL",
	       "VERSION", "STATE", "REQ/S", "1d AGO", "ERR %", "P50", "P95", "P99", "SCORE", "DRIFTED");
	for (size_t i = 0; i < p->o->n_models; i++) {
		const struct view_model *m = &p->o->models[i];
		char drifted[24];

		printf("  ");
		mark(p, m->health);
		printf(" ");
		field(m->model, 16);
		printf(" ");
		field(m->version, 10);
		printf(" %-11s", m->state_text);
		number(m->rps, m->rps < 10 ? 1 : 0);
		change(m->rps_change);
		number(m->error_share * 100, 2);
		number(m->p50 * 1000, 1);
		number(m->p95 * 1000, 1);
		number(m->p99 * 1000, 1);
		number(m->score, 2);
		view_drifted_text(drifted, m);
		printf(" %8s\n", drifted);
	}
}

/* Why it is down, and when it was well. */
static void
target_trouble(const struct page *p, const struct view_target *t)
{
	char since[16], took[32];

	if (t->error[0] == '\0')
		return;
	printf("      down for %s: %s", age(since, p->now, t->down_since_ms), t->error);
	if (t->failures > 1)
		printf(", %lld times in a row", (long long)t->failures);
	printf("\n");
	if (t->good.t > 0) {
		quantity_text(took, (struct quantity){t->good.seconds, UNIT_SECONDS, NULL});
		printf("      last good answer %s ago: %d in %s%s%s\n", age(since, p->now, t->good.t), t->good.status,
		       took, t->good.body[0] != '\0' ? ": " : "", t->good.body);
	}
}

static void
targets_part(const struct page *p)
{
	if (p->o->n_targets > 0)
		printf("\ntargets  %zu\n", p->o->n_targets);
	for (size_t i = 0; i < p->o->n_targets; i++) {
		const struct view_target *t = &p->o->targets[i];
		char since[16], took[32];

		quantity_text(took, (struct quantity){t->seconds, UNIT_SECONDS, NULL});
		printf("  ");
		mark(p, t->health);
		printf(" %-5s ", !t->ever ? "?" : !t->up ? "down" : t->slow ? "slow" : "up");
		field(t->job, 16);
		printf(" %s  last %s ago, took %s\n", t->url, age(since, p->now, t->last_ms), took);
		target_trouble(p, t);
	}
}

static void
file_line(const struct page *p, const struct view_log_file *f)
{
	char size[32], lag[32], since[16];

	quantity_text(size, (struct quantity){(double)f->size, UNIT_BYTES, NULL});
	quantity_text(lag, (struct quantity){(double)f->lag_bytes, UNIT_BYTES, NULL});
	printf("  ");
	glyph(p, f->health, view_file_glyph(f));
	printf(" ");
	field(f->job, 12);
	printf(" %s  %s%s, %s behind", f->path, size, f->rotated ? ", rotated" : f->deleted ? ", deleted" : "", lag);
	if (!isnan(f->lines_per_s))
		printf(", %.0f lines/s", f->lines_per_s);
	if (f->lag_bytes > 0 && !isnan(f->caught_up_s)) {
		duration_human(since, (int64_t)(f->caught_up_s * 1000));
		printf(", caught up in about %s", since);
	}
	printf(", %lld lines, %lld bad in 1h, last line %s ago%s%s\n", (long long)f->lines, (long long)f->bad_1h,
	       age(since, p->now, f->last_line_ms), f->error[0] != '\0' ? ": " : "", f->error);
}

static void
bad_lines(const struct page *p, const struct view_log *l)
{
	char since[16];

	for (size_t i = 0; i < l->n_reasons; i++)
		printf("    %s: %lld bad line%s in 1h: %s, the last %s ago\n", l->job, (long long)l->reasons[i].lines,
		       l->reasons[i].lines == 1 ? "" : "s", l->reasons[i].reason,
		       age(since, p->now, l->reasons[i].last_ms));
	if (l->n_reasons > 0 && l->reasons[0].example.t > 0) {
		const struct view_example *x = &l->reasons[0].example;

		printf("      byte %lld: %s\n      %s%s%s\n", (long long)x->byte, x->line, x->what,
		       x->hint[0] != '\0' ? "; " : "", x->hint);
	}
}

static void
logs_part(const struct page *p)
{
	if (p->o->n_files > 0)
		printf("\nlogs     %zu file%s\n", p->o->n_files, p->o->n_files == 1 ? "" : "s");
	for (size_t i = 0; i < p->o->n_files; i++)
		file_line(p, &p->o->files[i]);
	for (size_t i = 0; i < p->o->n_logs; i++)
		bad_lines(p, &p->o->logs[i]);
}

static void
events_part(const struct page *p)
{
	const size_t n = p->o->changed.n < 8 ? p->o->changed.n : 8;

	if (n > 0)
		printf("\nchanged  %zu in the last hour\n", p->o->changed.total);
	for (size_t i = 0; i < n; i++) {
		const struct view_event *ev = &p->o->changed.at[i];
		char since[16];

		printf("  ");
		glyph(p, ev->health, view_event_glyph(ev));
		printf(" %4s ago  ", age(since, p->now, ev->t));
		field(ev->subject, 16);
		printf(" %s\n", ev->text);
	}
}

static void
print_page(const struct page *p)
{
	state_line(p);
	alerts_part(p);
	models_part(p);
	targets_part(p);
	logs_part(p);
	printf("\nnotify   %lld queued, %lld sent, %lld failed, %lld given up\n", (long long)p->o->queued,
	       (long long)p->o->sent, (long long)p->o->failed, (long long)p->o->given_up);
	events_part(p);
}

static int
nagios(const struct view_overview *o)
{
	static const int code[] = {[HEALTH_OK] = 0,     [HEALTH_PENDING] = 0, [HEALTH_WARNING] = 1,
				   [HEALTH_BROKEN] = 2, [HEALTH_MUTED] = 0,   [HEALTH_UNKNOWN] = 3};
	static const char *const word[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	printf("MLWATCH %s - %d critical, %d warning, %d pending", word[code[o->health]], o->critical, o->warning,
	       o->pending);
	if (o->n_alerts > 0)
		printf(", first %s on %s", o->alerts[0].name, o->alerts[0].on);
	printf(" | critical=%d;;1 warning=%d;1 pending=%d age=%.1fs\n", o->critical, o->warning, o->pending,
	       (double)o->agent.age_ms / 1000);
	return code[o->health];
}

static void
print_json(const struct view_overview *o)
{
	char *text = view_overview_json(o);

	printf("%s\n", text);
	free(text);
}

static int
once(const struct command_line *line, struct reader *rd, struct err *e)
{
	const struct status_options *o = line->options;
	const int64_t now = clock_now();
	struct view_source src = {reader_store(rd), reader_promql(rd), now, now};
	struct arena *mem = arena_open();
	struct view_overview all;
	int rc = 0;

	view_source_settle(&src);
	if (reader_refresh(rd, e) < 0 || view_overview(&src, mem, &all, e) < 0)
		rc = command_fail(line, e);
	else if (o->nagios)
		rc = nagios(&all);
	else if (line->common->json)
		print_json(&all);
	else if (!line->common->quiet)
		print_page(&(struct page){&all, command_color(line->common, stdout), src.now});
	if (rc == 0 && o->exit_code && (all.critical + all.warning > 0 || all.health == HEALTH_UNKNOWN))
		rc = 1;
	arena_close(mem);
	return rc;
}

static int
run(const struct command_line *line)
{
	const struct status_options *o = line->options;
	struct err e = ERR_INIT;
	struct reader *rd = NULL;
	char *path;
	int rc;

	path = command_store_path(line, &rc);
	if (path == NULL)
		return rc;
	if (reader_open(&rd, path, &e) < 0)
		rc = o->nagios ? (printf("MLWATCH UNKNOWN - %s\n", e.text), 3) : command_fail(line, &e);
	else
		rc = once(line, rd, &e);
	while (rd != NULL && o->watch > 0 && !command_reader_gone() && e.kind == ERR_NONE) {
		fflush(stdout);
		usleep((useconds_t)(o->watch * 1000));
		if (isatty(STDOUT_FILENO) && write(STDOUT_FILENO, CLEAR, strlen(CLEAR)) < 0)
			break;
		rc = once(line, rd, &e);
	}
	reader_close(rd);
	free(path);
	return rc;
}

const struct command command_status = {
    .name = "status",
    .summary = "what is broken, since when, how bad: one page, once",
    .usage = "status [--watch[=2s]] [--nagios] [--json] [--exit-code]",
    .description = "Reads the store, whether the agent runs or not, and says how old what it shows is.",
    .examples = "status\nstatus --json\nstatus --watch=5s\n",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .defaults = &defaults,
    .options_size = sizeof(struct status_options),
    .common = COMMON_CONFIG | COMMON_STORE | COMMON_OUTPUT | COMMON_UTC | COMMON_PLAIN,
    .run = run,
};
