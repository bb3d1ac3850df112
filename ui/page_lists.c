/*
 * page_lists.c -- the pages that are lists: targets, logs, notifications, events, query, help.
 */
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "keys.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"

/* ---- targets ---- */

static const struct column target_wide[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},    {"HEALTH", 3, 8, false, 0}, {"JOB", 12, 13, false, 1},
    {"URL", 26, 30, false, 2},  {"LAST", 57, 5, true, 0},  {"TOOK", 63, 6, true, 0},   {"SAMPLES", 70, 7, true, 0},
    {"UP 24h", 78, 6, true, 0}, {"WHY", 86, 32, false, 2},
};
static const struct column target_narrow[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},   {"HEALTH", 3, 8, false, 0}, {"JOB", 12, 13, false, 1},
    {"URL", 26, 26, false, 2},  {"LAST", 53, 4, true, 0}, {"TOOK", 58, 6, true, 0},   {NULL, 0, 0, false, 0},
    {"UP 24h", 65, 6, true, 0}, {NULL, 0, 0, false, 0},
};

static void
target_row(struct screen *s, struct list *t, const struct view_target *x, bool selected)
{
	char text[40], age[16];

	if (x->up)
		snprintf(text, sizeof text, "%s", x->slow ? "slow" : "up");
	else if (!x->ever)
		snprintf(text, sizeof text, "unknown");
	else {
		age_text(s, age, x->down_since_ms);
		snprintf(text, sizeof text, "down %s", age);
	}
	list_cell(t, 0, STYLE_TEXT, selected ? "▸" : " ");
	list_cell(t, 1, health_style(x->health), health_glyph[x->health]);
	list_cell(t, 2, health_style(x->health), text);
	list_cell(t, 3, STYLE_TEXT, x->job);
	list_cell(t, 4, STYLE_TEXT, x->url);
	age_text(s, age, x->last_ms);
	list_cell(t, 5, STYLE_DIM, age);
	quantity_text(text, (struct quantity){x->ever ? x->seconds : NAN, UNIT_SECONDS, NULL});
	list_cell(t, 6, STYLE_TEXT, text);
	if (isnan(x->up_24h))
		snprintf(text, sizeof text, "-");
	else
		snprintf(text, sizeof text, x->up_24h >= 0.9995 ? "%.0f %%" : "%.1f %%", x->up_24h * 100);
	list_cell(t, 8, STYLE_TEXT, text);
	if (wide(s)) {
		count_text(text, x->health_check ? NAN : x->samples);
		list_cell(t, 7, STYLE_TEXT, text);
		list_cell(t, 9, STYLE_DIM, x->error);
	}
	list_row_end(t, false);
}

void
draw_targets(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	const int edge = wide(s) ? 2 : 1, tail = edge + 5, list = p.h - tail;
	const int sel = s->sel[PAGE_TARGETS];
	char title[96], right[64], since[16], age[16];
	int down = 0, slow = 0;
	struct list t;

	for (size_t i = 0; i < o->n_targets; i++) {
		down += o->targets[i].health == HEALTH_BROKEN;
		slow += o->targets[i].slow;
	}
	snprintf(title, sizeof title, "Scrape targets and health checks: %zu", o->n_targets);
	snprintf(right, sizeof right, "%d down, %d slow", down, slow);
	t = list_open(pane_frame(pane_inside(p, 0, 0, p.w, list), title, right, wide(s)),
		      wide(s) ? target_wide : target_narrow, 10, wide(s) ? 118 : 80);
	for (size_t i = (size_t)s->top[PAGE_TARGETS]; i < o->n_targets && !list_full(&t); i++)
		if (row_passes(s, o->targets[i].health, o->targets[i].job) ||
		    row_passes(s, o->targets[i].health, o->targets[i].url))
			target_row(s, &t, &o->targets[i], (int)i == sel);
	if (sel < 0 || sel >= (int)o->n_targets)
		return;
	const struct view_target *x = &o->targets[sel];
	struct pane in = pane_frame(pane_inside(p, 0, list, p.w, tail), x->job, NULL, wide(s));

	if (!x->up && x->ever) {
		clock_hms(s, since, x->down_since_ms);
		age_text(s, age, x->down_since_ms);
		putf(in, 1, 0, STYLE_BAD, "✗ down for %s, since %s: %s", age, since, x->error);
	} else {
		putf(in, 1, 0, STYLE_GOOD, "%s %s", health_glyph[x->health], x->up ? "answers" : "not asked yet");
	}
	putf(in, 1, 1, STYLE_TEXT, "%s", x->url);
	putf(in, 1, 2, STYLE_TEXT, "interval %llds   timeout %llds", (long long)(x->interval_ms / 1000),
	     (long long)(x->timeout_ms / 1000));
	putf(in, 1, 3, STYLE_DIM,
	     x->health_check ? "series   ml_health{job=\"%s\"}  ml_health_seconds"
			     : "series   up{job=\"%s\"}  scrape_duration_seconds",
	     x->job);
}

/* ---- logs ---- */

static const struct column log_wide[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},   {"JOB", 4, 11, false, 1},
    {"FILE", 16, 40, false, 3}, {"SIZE", 57, 8, true, 0}, {"BEHIND", 67, 9, true, 0},
    {"LINES", 78, 12, true, 0}, {"BAD", 92, 9, true, 0},  {"LAST READ", 103, 12, true, 0},
};
static const struct column log_narrow[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},   {"JOB", 3, 9, false, 1},
    {"FILE", 13, 24, false, 3}, {"SIZE", 38, 7, true, 0}, {"BEHIND", 46, 7, true, 0},
    {"LINES", 54, 10, true, 0}, {"BAD", 65, 6, true, 0},  {"LAST", 72, 6, true, 0},
};

static const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static const struct view_log *
log_of(const struct view_overview *o, const char *job)
{
	for (size_t i = 0; i < o->n_logs; i++)
		if (strcmp(o->logs[i].job, job) == 0)
			return &o->logs[i];
	return NULL;
}

static void
draw_bad_lines(struct screen *s, struct pane p, const struct view_log *l)
{
	char time[16], count[16];
	int y = 0;

	put(p, 0, y, STYLE_HEAD, "REASON");
	put_right(p, 24, y++, 8, STYLE_HEAD, "LINES");
	for (size_t i = 0; i < l->n_bad && y < p.h; i++, y++) {
		count_text(count, (double)l->bad[i].lines);
		put_left(p, 0, y, 24, STYLE_TEXT, l->bad[i].reason);
		put_right(p, 24, y, 8, STYLE_WARN, count);
	}
	y++;
	for (size_t i = 0; i < l->n_kept && y + 1 < p.h; i++) {
		clock_hms(s, time, l->kept[i].t);
		putf(p, 0, y++, STYLE_DIM, "%s  %s%s", time, l->kept[i].reason,
		     l->kept[i].column > 0 ? ", at the caret" : "");
		put_left(p, 2, y, p.w - 2, STYLE_TEXT, l->kept[i].line);
		y++;
		if (l->kept[i].column > 0 && l->kept[i].column < p.w - 2 && y < p.h)
			put(p, 1 + (int)l->kept[i].column, y++, STYLE_BAD, "^");
	}
	if (y < p.h)
		putf(p, 0, p.h - 1, STYLE_DIM, "folded away: %lld categories, %lld series",
		     (long long)l->folded_categories, (long long)l->refused_series);
}

void
draw_logs(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	const int edge = wide(s) ? 2 : 1, want = edge + 1 + (int)o->n_files + 1, list = want > p.h / 2 ? p.h / 2 : want;
	const int sel = s->sel[PAGE_LOGS];
	char title[160], text[32];
	struct list t;
	int behind = 0;

	for (size_t i = 0; i < o->n_files; i++)
		behind += o->files[i].lag_bytes > 0;
	snprintf(title, sizeof title, "Prediction logs: %zu files, %d behind", o->n_files, behind);
	snprintf(text, sizeof text, "%zu job%s", o->n_logs, o->n_logs == 1 ? "" : "s");
	t = list_open(pane_frame(pane_inside(p, 0, 0, p.w, list), title, text, wide(s)),
		      wide(s) ? log_wide : log_narrow, 9, wide(s) ? 118 : 80);
	for (size_t i = (size_t)s->top[PAGE_LOGS]; i < o->n_files && !list_full(&t); i++) {
		const struct view_log_file *f = &o->files[i];

		if (!row_passes(s, f->health, f->path))
			continue;
		list_cell(&t, 0, STYLE_TEXT, (int)i == sel ? "▸" : " ");
		list_cell(&t, 1, health_style(f->health),
			  f->open || f->health != HEALTH_OK ? health_glyph[f->health] : "·");
		list_cell(&t, 2, STYLE_TEXT, f->job);
		list_cell(&t, 3, STYLE_TEXT, file_name(f->path));
		quantity_text(text, (struct quantity){(double)f->size, UNIT_BYTES, NULL});
		list_cell(&t, 4, STYLE_TEXT, text);
		quantity_text(text, (struct quantity){(double)f->lag_bytes, UNIT_BYTES, NULL});
		list_cell(&t, 5, f->lag_bytes > 0 ? STYLE_WARN : STYLE_TEXT, text);
		count_text(text, (double)f->lines);
		list_cell(&t, 6, STYLE_TEXT, text);
		count_text(text, (double)f->bad_lines);
		list_cell(&t, 7, f->bad_lines > 0 ? STYLE_WARN : STYLE_TEXT, text);
		age_text(s, text, f->last_read_ms);
		list_cell(&t, 8, STYLE_DIM, text);
		list_row_end(&t, false);
	}
	if (sel < 0 || sel >= (int)o->n_files || p.h - list < edge + 2)
		return;
	const struct view_log_file *f = &o->files[sel];
	const struct view_log *l = log_of(o, f->job);
	struct pane in;

	snprintf(title, sizeof title, "%s %s: %lld bad lines", f->job, file_name(f->path), (long long)f->bad_lines);
	in = pane_frame(pane_inside(p, 0, list, p.w, p.h - list), title, wide(s) ? "by reason" : NULL, wide(s));
	if (f->error[0] != '\0')
		putf(in, 1, 0, STYLE_BAD, "%s", f->error);
	else if (l != NULL)
		draw_bad_lines(s, pane_inside(in, wide(s), 0, in.w - wide(s), in.h), l);
}

/* ---- notifications ---- */

static const struct column receiver_columns[] = {
    {NULL, 1, 1, false, 0},     {"RECEIVER", 3, 19, false, 1}, {"KIND", 23, 10, false, 0},  {"SENT", 34, 5, true, 0},
    {"FAILED", 40, 6, true, 0}, {"QUEUED", 47, 6, true, 0},    {"LAST OK", 54, 8, true, 0}, {"WHY", 64, 16, false, 3},
};
static const struct column message_columns[] = {
    {NULL, 1, 1, false, 0},    {"SINCE", 3, 8, false, 0}, {"RECEIVER", 12, 18, false, 1}, {"ALERTS", 31, 22, false, 2},
    {"TRIES", 54, 5, true, 0}, {"NEXT", 60, 6, true, 0},  {"STATE", 68, 12, false, 3},
};
static const struct column sent_columns[] = {
    {"AT", 1, 8, false, 0},      {"RECEIVER", 10, 18, false, 1}, {"MESSAGE", 29, 32, false, 3},
    {"ANSWER", 62, 7, false, 0}, {"TOOK", 71, 8, true, 0},
};

static void
draw_receivers(struct screen *s, struct pane p)
{
	struct list t = list_open(p, receiver_columns, 8, 80);

	for (size_t i = 0; i < s->snap->n_receivers && !list_full(&t); i++) {
		const struct view_receiver *r = &s->snap->receivers[i];
		char text[24];

		list_cell(&t, 0, health_style(r->health), health_glyph[r->health]);
		list_cell(&t, 1, STYLE_TEXT, r->name);
		list_cell(&t, 2, STYLE_DIM, r->kind);
		count_text(text, (double)r->sent);
		list_cell(&t, 3, STYLE_TEXT, text);
		count_text(text, (double)r->failed);
		list_cell(&t, 4, r->failed > 0 ? STYLE_WARN : STYLE_TEXT, text);
		count_text(text, (double)r->queued);
		list_cell(&t, 5, r->queued > 0 ? STYLE_WARN : STYLE_TEXT, text);
		age_text(s, text, r->last_ok_ms);
		list_cell(&t, 6, STYLE_DIM, text);
		list_cell(&t, 7, STYLE_DIM, r->why);
		list_row_end(&t, false);
	}
}

static void
draw_waiting(struct screen *s, struct pane p)
{
	struct list t = list_open(p, message_columns, 7, 80);

	for (size_t i = 0; i < s->snap->n_waiting && !list_full(&t); i++) {
		const struct view_message *m = &s->snap->waiting[i];
		char at[16], tries[16], next[16] = "never";

		clock_hms(s, at, m->t);
		snprintf(tries, sizeof tries, "%d", m->attempts);
		if (m->health != HEALTH_BROKEN)
			duration_human(next, m->next_ms > s->snap->clock ? m->next_ms - s->snap->clock : 0);
		list_cell(&t, 0, health_style(m->health), health_glyph[m->health]);
		list_cell(&t, 1, STYLE_TEXT, at);
		list_cell(&t, 2, STYLE_TEXT, m->receiver);
		list_cell(&t, 3, STYLE_TEXT, m->alerts);
		list_cell(&t, 4, STYLE_TEXT, tries);
		list_cell(&t, 5, STYLE_TEXT, next);
		list_cell(&t, 6, STYLE_DIM, m->state);
		list_row_end(&t, false);
	}
}

static void
draw_sent(struct screen *s, struct pane p)
{
	struct list t = list_open(p, sent_columns, 5, 80);

	for (size_t i = 0; i < s->snap->n_sent && !list_full(&t); i++) {
		const struct view_message *m = &s->snap->sent[i];
		char at[16], took[32];

		clock_hms(s, at, m->t);
		quantity_text(took, (struct quantity){m->took, UNIT_SECONDS, NULL});
		list_cell(&t, 0, STYLE_TEXT, at);
		list_cell(&t, 1, STYLE_TEXT, m->receiver);
		list_cell(&t, 2, STYLE_TEXT, m->alerts);
		list_cell(&t, 3, STYLE_GOOD, m->answer);
		list_cell(&t, 4, STYLE_DIM, took);
		list_row_end(&t, false);
	}
}

void
draw_notify(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const int edge = wide(s) ? 2 : 1;
	const int first = edge + 1 + (n->n_receivers > 0 ? (int)n->n_receivers : 1),
		  second = edge + 1 + (n->n_waiting > 4 ? 4 : (int)n->n_waiting + 1);
	const int a = first > p.h / 3 ? p.h / 3 : first, b = second > p.h / 3 ? p.h / 3 : second;
	char title[96];
	int given_up = 0;

	for (size_t i = 0; i < n->n_waiting; i++)
		given_up += n->waiting[i].health == HEALTH_BROKEN;
	snprintf(title, sizeof title, "Receivers: %zu", n->n_receivers);
	draw_receivers(s, pane_frame(pane_inside(p, 0, 0, p.w, a), title, NULL, wide(s)));
	snprintf(title, sizeof title, "Outbox: %zu waiting, %d given up", n->n_waiting - (size_t)given_up, given_up);
	draw_waiting(s, pane_frame(pane_inside(p, 0, a, p.w, b), title, NULL, wide(s)));
	snprintf(title, sizeof title, "Sent: %lld", (long long)n->o.sent);
	draw_sent(s, pane_frame(pane_inside(p, 0, a + b, p.w, p.h - a - b), title, "secrets are never shown", wide(s)));
}

/* ---- events ---- */

void
event_list(struct screen *s, struct pane p, const struct view_event *at, size_t n, int sel, bool seconds)
{
	const int x = seconds ? 10 : 7, subject = wide(s) ? 14 : 13;
	int y = 0;

	if (n == 0)
		put_left(p, 1, 0, p.w - 1, STYLE_DIM, "nothing");
	for (size_t i = 0; i < n && y < p.h; i++) {
		const struct view_event *ev = &at[i];
		const int kind = wide(s) ? text_width(ev->kind) + 2 : 0;
		char time[16];

		if (!row_passes(s, ev->health, ev->text) && !row_passes(s, ev->health, ev->subject) &&
		    !row_passes(s, ev->health, ev->kind))
			continue;
		clock_hms(s, time, ev->t);
		if (!seconds)
			time[5] = '\0';
		if ((int)i == sel)
			put(p, 0, y, STYLE_TEXT, "▸");
		put(p, 1, y, STYLE_DIM, time);
		put(p, x, y, health_style(ev->health), ev->health == HEALTH_UNKNOWN ? "·" : health_glyph[ev->health]);
		put_left(p, x + 2, y, subject, STYLE_TEXT, ev->subject);
		put_left(p, x + 3 + subject, y, p.w - x - 3 - subject - kind, STYLE_TEXT, ev->text);
		if (kind > 0)
			put(p, p.w - kind + 1, y, STYLE_DIM, ev->kind);
		y++;
	}
}

void
draw_events(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	char title[96], filter[300];
	const int skip = s->top[PAGE_EVENTS];

	snprintf(title, sizeof title, "Events: %zu, newest first", n->n_events);
	snprintf(filter, sizeof filter, "filter: %s", s->filter[0] != '\0' ? s->filter : "none");
	event_list(s, pane_frame(p, title, filter, wide(s)), n->events + skip,
		   n->n_events > (size_t)skip ? n->n_events - (size_t)skip : 0, s->sel[PAGE_EVENTS] - skip, true);
}

/* ---- query ---- */

static void
query_table(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	static const char mark[] = {'*', '.', '^'};

	putf(p, 3, 0, STYLE_HEAD, "%-*s %9s %9s %9s %9s", p.w - 46, "SERIES", "NOW", "MIN", "MEAN", "MAX");
	for (size_t i = 0; i < n->n_query && (int)i + 1 < p.h; i++) {
		const double *v = n->query[i].v;
		double lo = NAN, hi = NAN, sum = 0;
		struct buf labels = BUF_INIT;
		char a[16], b[16], c[16], d[16];
		int count = 0;

		for (int k = 0; k < CHART_POINTS; k++) {
			if (isnan(v[k]))
				continue;
			lo = isnan(lo) || v[k] < lo ? v[k] : lo;
			hi = isnan(hi) || v[k] > hi ? v[k] : hi;
			sum += v[k];
			count++;
		}
		labels_format(&labels, n->query[i].labels);
		short_number(a, v[CHART_POINTS - 1]);
		short_number(b, lo);
		short_number(c, count > 0 ? sum / count : NAN);
		short_number(d, hi);
		putf(p, 1, (int)i + 1, i < 3 ? (unsigned)STYLE_LINE1 + (unsigned)i : STYLE_TEXT, "%c",
		     i < 3 ? mark[i] : '-');
		put_left(p, 3, (int)i + 1, p.w - 46, STYLE_TEXT, buf_str(&labels));
		putf(p, p.w - 42, (int)i + 1, STYLE_TEXT, "%9s %9s %9s %9s", a, b, c, d);
		buf_release(&labels);
	}
}

void
draw_query(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const int edge = wide(s) ? 2 : 1, line = edge + 1, table = p.h / 3 > edge + 2 ? p.h / 3 : edge + 2;
	struct track t[3] = {{0}};
	struct plot q = {.scale = 1,
			 .limit = NAN,
			 .label_width = 5,
			 .time_labels = 3,
			 .style = {STYLE_LINE1, STYLE_LINE2, STYLE_LINE3}};
	struct pane in = pane_frame(pane_inside(p, 0, 0, p.w, line), "PromQL", NULL, wide(s));
	char title[96];

	putf(in, 1, 0, STYLE_TEXT, "%s%s", s->line, s->input == INPUT_QUERY ? "_" : "");
	if (n->query_error != NULL)
		snprintf(title, sizeof title, "error");
	else
		snprintf(title, sizeof title, n->took > 0 ? "%zu series, %.0f ms" : "%zu series", n->n_query,
			 n->took * 1000);
	in = pane_frame(pane_inside(p, 0, line, p.w, p.h - line - table), title, NULL, wide(s));
	if (n->query_error != NULL)
		put_left(in, 1, 0, in.w - 1, STYLE_BAD, n->query_error);
	for (size_t i = 0; i < n->n_query && i < 3; i++) {
		t[i].v = n->query[i].v;
		q.track[i] = &t[i];
	}
	if (n->n_query > 0)
		plot_draw(s, in, &q);
	query_table(s, pane_frame(pane_inside(p, 0, p.h - table, p.w, table), "last values", NULL, wide(s)));
}

/* ---- help ---- */

void
draw_help(struct screen *s, struct pane p)
{
	char right[64];
	size_t n;
	const struct key_row *k = key_rows(&n);
	const int edge = wide(s) ? 2 : 1, columns = wide(s) ? 2 : 1, rows = p.h - edge - 2 > 1 ? p.h - edge - 2 : 1;
	const int on_page = rows * columns;
	int shown = 0, pages;
	struct pane in;

	for (size_t i = 0; i < n; i++)
		shown += k[i].help != NULL;
	pages = (shown + on_page - 1) / on_page;
	if (s->top[PAGE_HELP] >= pages)
		s->top[PAGE_HELP] = pages - 1;
	snprintf(right, sizeof right, "page %d of %d, mlwatch " MLWATCH_VERSION, s->top[PAGE_HELP] + 1, pages);
	in = pane_frame(p, "Keys", right, wide(s));
	shown = -s->top[PAGE_HELP] * on_page;
	for (size_t i = 0; i < n && shown < on_page; i++) {
		const int width = in.w / columns, x = shown >= 0 ? shown / rows * width : 0;

		if (k[i].help == NULL)
			continue;
		if (shown >= 0) {
			put_left(in, x + 1, shown % rows, 18, STYLE_KEY, k[i].shown);
			put_left(in, x + 20, shown % rows, width - 21, STYLE_TEXT, k[i].help);
		}
		shown++;
	}
	put_left(in, 1, in.h - 1, in.w - 1, STYLE_TEXT,
		 "✗ critical  ▲ warning  ◔ pending  z silenced  ✓ ok  ? no data");
}

const char *const page_hint[N_PAGES] = {
    [PAGE_OVERVIEW] =
	"Enter: why, since when, what to do    1-9 views   / filter   [ ] back and forth in time   ? all keys",
    [PAGE_ALERTS] = "Enter details   a acknowledge   S silence   U take back   z alone   / filter",
    [PAGE_MODELS] = "j/k model   Enter drift of it   [ ] time   + - range",
    [PAGE_DRIFT] = "h/l time   j/k feature   Enter distribution   [ ] window   + - range",
    [PAGE_TARGETS] = "j/k target   / filter",
    [PAGE_LOGS] = "j/k file   / filter",
    [PAGE_NOTIFY] = "mlwatch notifications retry ID sends again what was given up",
    [PAGE_EVENTS] = "j/k event   e/E problem   f problems only   / filter   [ ] time   + - range",
    [PAGE_QUERY] = "Enter runs   i edits the line   + - range   Esc leaves the line",
    [PAGE_ALERT] = "Esc back   a ack   S silence   o runbook   y copy   n/N next/previous alert",
    [PAGE_FEATURE] = "Esc back   j/k next feature   [ ] move the window",
    [PAGE_HELP] = "j/k page, any other key goes back",
};
