/*
 * frame.c -- what every page has: the state in row 0, the views in row 1, a banner when what is shown is old, the hint, the function
 * keys. And small helpers of the pages.
 */
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"

bool
wide(const struct screen *s)
{
	return s->grid->w >= 120 && s->grid->h >= 30;
}

unsigned
health_style(enum health h)
{
	static const enum style style[] = {
	    [HEALTH_OK] = STYLE_GOOD,    [HEALTH_PENDING] = STYLE_PENDING, [HEALTH_WARNING] = STYLE_WARN,
	    [HEALTH_BROKEN] = STYLE_BAD, [HEALTH_MUTED] = STYLE_MUTED,     [HEALTH_UNKNOWN] = STYLE_MUTED};

	return style[h];
}

void
clock_hms(const struct screen *s, char out[16], int64_t ms)
{
	int64_t t = ms / 1000 + (s->utc ? 0 : s->utc_offset_s);

	snprintf(out, 16, "%02d:%02d:%02d", (int)(t / 3600 % 24), (int)(t / 60 % 60), (int)(t % 60));
}

void
clock_hm(const struct screen *s, char out[16], int64_t ms)
{
	clock_hms(s, out, ms);
	out[5] = '\0';
}

void
age_text(const struct screen *s, char out[16], int64_t then)
{
	const int64_t at = s->snap != NULL ? s->snap->t : s->now;

	if (then <= 0)
		snprintf(out, 16, "-");
	else
		duration_human(out, at > then ? at - then : 0);
}

static bool
contains(const char *text, const char *word, size_t n)
{
	for (; *text != '\0'; text++)
		if (strncasecmp(text, word, n) == 0)
			return true;
	return n == 0;
}

/* Words are all wanted; !word must not be there. */
bool
filter_passes(const struct screen *s, const char *text)
{
	const char *p = s->filter;

	while (*p != '\0') {
		const size_t n = strcspn(p, " ");
		const bool not = p[0] == '!' && n > 1;

		if (n > 0 && contains(text, p + not, n - not ) == not )
			return false;
		p += n + (p[n] == ' ');
	}
	return true;
}

bool
row_passes(const struct screen *s, enum health health, const char *text)
{
	if (s->problems && (health == HEALTH_OK || health == HEALTH_UNKNOWN))
		return false;
	return filter_passes(s, text);
}

const struct view_model *
selected_model(const struct screen *s)
{
	const struct view_overview *o = s->snap != NULL ? &s->snap->o : NULL;

	if (o == NULL || o->n_models == 0)
		return NULL;
	if (s->page == PAGE_MODELS && s->sel[PAGE_MODELS] < (int)o->n_models)
		return &o->models[s->sel[PAGE_MODELS]];
	for (size_t i = 0; i < o->n_models && s->snap->model != NULL; i++)
		if (strcmp(o->models[i].model, s->snap->model) == 0 &&
		    strcmp(o->models[i].version, s->snap->version) == 0)
			return &o->models[i];
	return &o->models[0];
}

const struct view_alert *
selected_alert(const struct screen *s)
{
	const struct view_overview *o = s->snap != NULL ? &s->snap->o : NULL;
	const int i = s->sel[s->page == PAGE_ALERTS || s->back == PAGE_ALERTS ? PAGE_ALERTS : PAGE_OVERVIEW];

	if (o == NULL || i < 0 || i >= (int)o->n_alerts)
		return NULL;
	return &o->alerts[i];
}

/* ---- row 0 ---- */

static void
counts_text(const struct view_overview *o, bool is_wide, char out[160])
{
	const struct {
		int n;
		const char *full, *brief;
	} part[] = {{o->critical, "critical", "crit"},
		    {o->warning, "warning", "warn"},
		    {o->pending, "pending", "pend"},
		    {o->silenced, "silenced", "sil"}};
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < 4 && used < 140; i++)
		if (part[i].n > 0)
			used +=
			    (size_t)snprintf(out + used, 160 - used, "%s%d %s", used > 0 ? (is_wide ? "  " : " ") : "",
					     part[i].n, is_wide ? part[i].full : part[i].brief);
}

static void
offset_text(const struct screen *s, char out[16])
{
	const int m = s->utc ? 0 : s->utc_offset_s / 60;

	snprintf(out, 16, "%c%02d:%02d", m < 0 ? '-' : '+', (m < 0 ? -m : m) / 60, (m < 0 ? -m : m) % 60);
}

static void
agent_text(const struct screen *s, bool is_wide, char out[96])
{
	const struct view_agent *a = &s->snap->o.agent;
	char clock[16], zone[16], age[16];

	clock_hms(s, clock, s->now);
	offset_text(s, zone);
	duration_human(age, a->age_ms > 0 ? a->age_ms : 0);
	if (a->state == AGENT_OK)
		snprintf(out, 96, is_wide ? "agent ok · %s old · %s %s" : "agent ok %s  %s %s", age, clock, zone);
	else if (a->state == AGENT_STALLED)
		snprintf(out, 96, is_wide ? "AGENT STALLED %s · %s %s" : "STALLED %s  %s %s", age, clock, zone);
	else
		snprintf(out, 96, is_wide ? "AGENT DOWN %s · %s %s" : "AGENT DOWN %s  %s %s", age, clock, zone);
}

static void
draw_state(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	const bool is_wide = wide(s), old = o->agent.state != AGENT_OK;
	const enum health h = old ? HEALTH_UNKNOWN : o->health;
	char right[96], counts[160];
	int x = 0;

	agent_text(s, is_wide, right);
	counts_text(o, is_wide, counts);
	if (is_wide)
		x = 1 + put(p, 1, 0, STYLE_TITLE, "mlwatch") + 2;
	x += put(p, x, 0, STYLE_TEXT | ATTR_BOLD, o->agent.host);
	x = is_wide && x < 25 - (old ? 2 : 0) ? 25 - (old ? 2 : 0) : x + 1;
	x += putf(p, x, 0, health_style(h) | ATTR_BOLD, "%s %s", health_glyph[h], health_word[h]);
	x += is_wide ? 2 : 1;
	if (old && o->agent.state != AGENT_NEVER)
		x += put(p, x, 0, STYLE_DIM, "last known: ");
	put(p, x, 0, STYLE_TEXT, counts);
	if (text_width(right) < p.w - 12) {
		const int at = p.w - text_width(right) - (is_wide ? 1 : 0);

		put(p, at - 1, 0, STYLE_TEXT, " ");
		put(p, at, 0, old ? STYLE_BAD | ATTR_BOLD : STYLE_DIM, right);
	}
}

/* ---- row 1 ---- */

static int
problems_of(const struct view_overview *o, enum page page)
{
	int n = 0;

	switch (page) {
	case PAGE_ALERTS:
		return o->critical + o->warning + o->pending;
	case PAGE_DRIFT:
		for (size_t i = 0; i < o->n_models; i++)
			n += o->models[i].drifted;
		return n;
	case PAGE_TARGETS:
		for (size_t i = 0; i < o->n_targets; i++)
			n += o->targets[i].health == HEALTH_BROKEN;
		return n;
	case PAGE_LOGS:
		for (size_t i = 0; i < o->n_files; i++)
			n += o->files[i].health == HEALTH_BROKEN;
		return n;
	case PAGE_NOTIFY:
		return (int)o->given_up;
	default:
		return 0;
	}
}

static void
range_text(const struct screen *s, bool is_wide, char out[64])
{
	char range[24], from[16], to[16];
	const int64_t minutes = s->range_ms / MS_MINUTE;

	if (minutes % (24 * 60) == 0 && minutes > 24 * 60)
		snprintf(range, sizeof range, "%lldd", (long long)(minutes / 1440));
	else if (minutes % 60 == 0)
		snprintf(range, sizeof range, "%lldh", (long long)(minutes / 60));
	else
		snprintf(range, sizeof range, "%lldm", (long long)minutes);
	if (s->paused) {
		snprintf(out, 64, "paused, %d held", s->held);
	} else if (s->end_ms == 0) {
		snprintf(out, 64, is_wide ? "last %s, live" : "%s live", range);
	} else {
		clock_hm(s, from, s->end_ms - s->range_ms);
		clock_hm(s, to, s->end_ms);
		snprintf(out, 64, is_wide ? "%s–%s, not live" : "%s–%s", from, to);
	}
}

static void
draw_views(struct screen *s, struct pane p)
{
	static const char *const full[N_VIEWS] = {"Overview", "Alerts", "Models", "Drift", "Targets",
						  "Logs",     "Notify", "Events", "Query"};
	static const char *const brief[N_VIEWS] = {"Over", "Alert", "Model", "Drift", "Targ",
						   "Logs", "Notif", "Event", "Query"};
	const bool is_wide = wide(s);
	const enum page at = s->page < N_VIEWS         ? s->page
			     : s->page == PAGE_ALERT   ? PAGE_ALERTS
			     : s->page == PAGE_FEATURE ? PAGE_DRIFT
						       : s->back;
	char right[64];
	int x = is_wide ? 1 : 0;

	range_text(s, is_wide, right);
	for (int i = 0; i < N_VIEWS; i++) {
		char text[32];
		const int bad = s->snap != NULL ? problems_of(&s->snap->o, (enum page)i) : 0;
		const bool here = (int)at == i;

		snprintf(text, sizeof text, is_wide ? "%d %s" : "%d%s", i + 1, is_wide ? full[i] : brief[i]);
		if (bad > 0)
			snprintf(text + strlen(text), sizeof text - strlen(text), is_wide ? " %d!" : "%d!", bad);
		if (here)
			put(p, x, 1, STYLE_KEY | ATTR_BOLD, "[");
		else if (is_wide)
			put(p, x, 1, STYLE_TEXT, " ");
		x += is_wide || here;
		x += put(p, x, 1, here ? STYLE_KEY | ATTR_BOLD : bad > 0 ? STYLE_WARN : STYLE_TEXT, text);
		if (here)
			put(p, x, 1, STYLE_KEY | ATTR_BOLD, "]");
		x += is_wide || here ? 1 : 0;
		x += is_wide ? 0 : 1;
	}
	if (x + text_width(right) + 1 <= p.w)
		put(p, p.w - text_width(right) - (is_wide ? 1 : 0), 1,
		    s->end_ms != 0 || s->paused ? STYLE_TEXT | ATTR_REVERSE : STYLE_DIM, right);
}

/* ---- banner, hint, function keys ---- */

static bool
draw_banner(struct screen *s, struct pane p, int y)
{
	const struct view_agent *a = &s->snap->o.agent;
	char since[16], age[16], text[256];

	if (s->snap->error != NULL) {
		snprintf(text, sizeof text, "STORE UNREADABLE: %s   mlwatch check store", s->snap->error);
	} else if (a->state == AGENT_STALLED) {
		duration_human(age, a->age_ms);
		snprintf(text, sizeof text, "AGENT STALLED: no commit for %s   journalctl -u mlwatch", age);
	} else if (a->state == AGENT_STOPPED) {
		clock_hms(s, since, a->heartbeat_ms);
		duration_human(age, a->age_ms);
		snprintf(text, sizeof text,
			 wide(s) ? "AGENT NOT RUNNING since %s (%s ago): everything below is that old and nobody is "
				   "notified.   systemctl status mlwatch"
				 : "AGENT NOT RUNNING since %s, %s ago: all below is old.  systemctl status",
			 since, age);
	} else if (a->state == AGENT_NEVER) {
		snprintf(text, sizeof text, "NO AGENT HAS RUN on this store   mlwatch run -c mlwatch.yml");
	} else if (a->config_refused) {
		clock_hm(s, since, a->config_refused_ms);
		snprintf(text, sizeof text, "configuration refused %s: %s", since, a->config_error);
	} else {
		return false;
	}
	put_left(p, 0, y, p.w, STYLE_BANNER | ATTR_REVERSE, text);
	return true;
}

static void
draw_hint(struct screen *s, struct pane p, int y)
{
	const int x = wide(s) ? 1 : 0;

	if (s->input != INPUT_NONE && s->input != INPUT_QUERY)
		putf(p, 0, y, STYLE_TEXT, "%c%s_", s->input == INPUT_FILTER ? '/' : ':', s->line);
	else if (s->form.kind != FORM_NONE)
		put_left(p, x, y, p.w - x, STYLE_DIM,
			 "Tab next field   Space toggles, h l choose   Enter presses   Esc cancels");
	else if (s->hint[0] != '\0')
		put_left(p, x, y, p.w - x, STYLE_TEXT, s->hint);
	else if (page_hint[s->page] != NULL)
		put_left(p, x, y, p.w - x, STYLE_DIM, page_hint[s->page]);
}

static void
draw_functions(struct screen *s, struct pane p, int y)
{
	static const char *const word[] = {"Help", "Setup", "Find",    "Filter", "Range",
					   "Sort", "Ack",   "Silence", "Pause",  "Quit"};
	int x = 0;

	for (int i = 0; i < 10; i++) {
		const bool dim = s->read_only && (i == 6 || i == 7);

		x += putf(p, x, y, STYLE_KEY | (wide(s) ? 0 : 0), "F%d", i + 1);
		if (wide(s))
			x += put(p, x, y, STYLE_TEXT, " ");
		x += put(p, x, y, dim ? STYLE_MUTED : STYLE_TEXT, word[i]);
		x = wide(s) ? (i + 1) * 12 : x + 1;
	}
}

static page_fn *const draw[N_PAGES] = {draw_overview, draw_alerts, draw_models, draw_drift, draw_targets, draw_logs,
				       draw_notify,   draw_events, draw_query,  draw_alert, draw_feature, draw_help};

static void
draw_small(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	char counts[160], value[32], age[16], line[64];
	int y = 1;

	counts_text(o, false, counts);
	putf(p, 0, 0, health_style(o->health) | ATTR_BOLD, "%s %s %s", health_glyph[o->health], health_word[o->health],
	     counts);
	duration_human(age, o->agent.age_ms);
	clock_hm(s, line, s->now);
	snprintf(line + strlen(line), sizeof line - strlen(line), " %s", age);
	if (p.w >= 34)
		put_right(p, p.w - 10, 0, 10, STYLE_DIM, line);
	for (size_t i = 0; i < o->n_alerts && y < p.h - (p.h > 6 ? 1 : 0); i++, y++) {
		const struct view_alert *a = &o->alerts[i];

		age_text(s, age, a->state == VIEW_PENDING ? a->active_ms : a->fired_ms);
		quantity_text(value, a->value);
		put(p, 0, y, health_style(a->health), health_glyph[a->health]);
		put_right(p, 2, y, 4, STYLE_TEXT, age);
		put_left(p, 7, y, p.w >= 40 ? 14 : p.w - 7, STYLE_TEXT, a->name);
		if (p.w >= 40) {
			put_left(p, 22, y, 8, STYLE_TEXT, a->on);
			put_right(p, 30, y, p.w - 30, STYLE_TEXT, value);
		}
	}
	if (p.h > 6)
		put_left(p, 0, p.h - 1, p.w, STYLE_DIM, "for all of it 80×24 is needed, q quits");
}

/* The page's first list alone. */
static bool
draw_zoomed(struct screen *s, struct pane p)
{
	if (s->page == PAGE_OVERVIEW || s->page == PAGE_ALERTS)
		alert_list(s, pane_frame(p, "Alerts", "z: all panes", wide(s)), s->page);
	else if (s->page == PAGE_MODELS)
		model_list(s, pane_frame(p, "Models", "z: all panes", wide(s)), true);
	else
		return false;
	return true;
}

void
screen_draw(struct screen *s)
{
	struct pane all = grid_pane(s->grid);
	int y = 2;

	grid_clear(s->grid);
	if (s->snap == NULL) {
		put(all, 0, 0, STYLE_DIM, "mlwatch: reading the store");
		return;
	}
	if (all.w < 60 || all.h < 16) {
		draw_small(s, all);
		return;
	}
	draw_state(s, all);
	draw_views(s, all);
	if (draw_banner(s, all, y))
		y++;
	if (!s->zoom || !draw_zoomed(s, pane_inside(all, 0, y, all.w, all.h - 2 - y)))
		draw[s->page](s, pane_inside(all, 0, y, all.w, all.h - 2 - y));
	if (s->form.kind != FORM_NONE)
		form_draw(s);
	draw_hint(s, all, all.h - 2);
	draw_functions(s, all, all.h - 1);
}
