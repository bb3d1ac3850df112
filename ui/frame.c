/*
 * frame.c -- what every page has: the state in row 0, the views in row 1, a banner when what is shown is old, the hint, the function
 * keys. And small helpers of the pages.
 */
#include "frame.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "mlwatch/buf.h"
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
	int64_t t = ms / 1000 + (s->set.utc ? 0 : s->utc_offset_s);

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

bool
is_problem(enum health h)
{
	return h == HEALTH_BROKEN || h == HEALTH_WARNING || h == HEALTH_PENDING;
}

void
clock_day(const struct screen *s, char out[16], int64_t ms)
{
	static const char *const day[] = {"Thu", "Fri", "Sat", "Sun",
					  "Mon", "Tue", "Wed"}; /* the epoch was a Thursday */
	const int64_t zone = s->set.utc ? 0 : s->utc_offset_s * MS_SECOND, now = s->snap != NULL ? s->snap->t : s->now;
	char time[16];

	clock_hm(s, time, ms);
	if ((ms + zone) / MS_DAY == (now + zone) / MS_DAY)
		memcpy(out, time, sizeof time);
	else
		snprintf(out, 16, "%.3s %.5s", day[(ms + zone) / MS_DAY % 7], time);
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
	const int m = s->set.utc ? 0 : s->utc_offset_s / 60;

	snprintf(out, 16, "%c%02d:%02d", m < 0 ? '-' : '+', (m < 0 ? -m : m) / 60, (m < 0 ? -m : m) % 60);
}

/* Of what is known: it goes on while nothing new comes. */
static int64_t
agent_age(const struct screen *s)
{
	const struct view_agent *a = &s->live->o.agent;

	return a->heartbeat_ms > 0 && s->now > a->heartbeat_ms ? s->now - a->heartbeat_ms : 0;
}

static void
agent_text(const struct screen *s, bool is_wide, char out[96])
{
	const struct view_agent *a = &s->live->o.agent;
	const int64_t old = agent_age(s);
	char clock[16], zone[16], age[16];

	/* a clock that ticks makes what is shown look alive */
	if (a->state == AGENT_OK)
		clock_hms(s, clock, s->now);
	else
		clock_hm(s, clock, s->now);
	offset_text(s, zone);
	duration_human(age, old);
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
	const struct view_overview *o = &s->live->o;
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
	const int64_t minutes = s->set.range_ms / MS_MINUTE;

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
		clock_hm(s, from, s->end_ms - s->set.range_ms);
		clock_hm(s, to, s->end_ms);
		snprintf(out, 64, is_wide ? "%s–%s, not live" : "%s–%s", from, to);
	}
}

static void
draw_views(struct screen *s, struct pane p)
{
	const bool is_wide = wide(s);
	const enum page at = s->page != PAGE_HELP ? page_kind(s->page)->view
			     : s->n_below > 0     ? page_kind(s->below[s->n_below - 1])->view
						  : PAGE_OVERVIEW;
	char right[64];
	int x = is_wide ? 1 : 0;

	range_text(s, is_wide, right);
	for (int i = 0; i < N_VIEWS; i++) {
		char text[32];
		const int bad = problems_of(&s->live->o, (enum page)i);
		const bool here = (int)at == i;

		snprintf(text, sizeof text, is_wide ? "%d %s" : "%d%s", i + 1,
			 is_wide ? page_kind((enum page)i)->full : page_kind((enum page)i)->brief);
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
	const struct view_agent *a = &s->live->o.agent;
	char since[16], age[16], text[256];

	duration_human(age, agent_age(s));
	if (s->live->error != NULL) {
		snprintf(text, sizeof text, "STORE UNREADABLE: %s   mlwatch check store", s->live->error);
	} else if (a->state == AGENT_STALLED) {
		snprintf(text, sizeof text, "AGENT STALLED: no commit for %s   journalctl -u mlwatch", age);
	} else if (a->state == AGENT_STOPPED) {
		clock_hms(s, since, a->heartbeat_ms);
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

/* "{down}" becomes the key that the action has now. */
static void
expand_hint(const struct screen *s, const char *hint, struct buf *out)
{
	while (*hint != '\0') {
		const char *end = *hint == '{' ? strchr(hint, '}') : NULL;
		char name[32], key[16];

		if (end != NULL && end - hint > 2 && end - hint < (int)sizeof name) {
			snprintf(name, sizeof name, "%.*s", (int)(end - hint - 1), hint + 1);
			key_of(s, name, key);
			if (key[0] != '\0') {
				buf_addstr(out, key);
				hint = end + 1;
				continue;
			}
		}
		buf_addc(out, *hint++);
	}
}

static void
draw_typed(struct screen *s, struct pane p, int y)
{
	static const char *const sign[] = {"", "/", "find: ", ":", ""};
	const struct line *l = &s->line;
	int x = put(p, 0, y, STYLE_KEY, sign[s->input]);

	x += putn(p, x, y, STYLE_TEXT, l->text, l->cursor);
	if (l->text[l->cursor] == '\0')
		x += put(p, x, y, STYLE_TEXT, "_") + 3;
	else
		x += put(p, x, y, STYLE_TEXT | ATTR_UNDERLINE, l->text + l->cursor) + 3;
	if (s->hint[0] != '\0')
		put_left(p, x, y, p.w - x, STYLE_DIM, s->hint);
}

static void
draw_hint(struct screen *s, struct pane p, int y)
{
	const struct page_kind *k = page_kind(s->page);
	const char *hint = wide(s) ? k->hint : k->hint_narrow;
	const int x = wide(s) ? 1 : 0;
	struct buf text = BUF_INIT;

	if (s->input != INPUT_NONE && s->input != INPUT_QUERY) {
		draw_typed(s, p, y);
		return;
	}
	if (s->form.kind != FORM_NONE)
		buf_addf(&text, "%s: Tab next field   Space toggle   Esc cancel", form_title(s));
	else if (s->hint[0] != '\0')
		buf_addstr(&text, s->hint);
	else if (s->live->trouble != NULL && s->live->error == NULL)
		buf_addf(&text, "not all could be read: %s", s->live->trouble);
	else
		expand_hint(s, hint, &text);
	put_left(p, x, y, p.w - x, s->hint[0] != '\0' ? STYLE_TEXT : STYLE_DIM, buf_str(&text));
	buf_release(&text);
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
	page_draw(s, pane_inside(all, 0, y, all.w, all.h - 2 - y));
	if (s->form.kind != FORM_NONE)
		form_draw(s);
	if (s->menu.kind != MENU_NONE)
		menu_draw(s);
	draw_hint(s, all, all.h - 2);
	draw_functions(s, all, all.h - 1);
}

/* ---- for the mouse: the words of a row, as they were drawn ---- */

static bool
begins_at(const struct grid *g, int y, int x, const char *text)
{
	for (; *text != '\0'; text++, x++)
		if (x >= g->w || g->cell[y * g->w + x].ch != (uint32_t)(unsigned char)*text)
			return false;
	return true;
}

int
frame_view_at(const struct screen *s, int x)
{
	for (int i = 0; i < N_VIEWS; i++) {
		const struct page_kind *k = page_kind((enum page)i);
		char text[32];

		snprintf(text, sizeof text, wide(s) ? "%d %s" : "%d%s", i + 1, wide(s) ? k->full : k->brief);
		for (int at = x; at >= 0 && at > x - (int)strlen(text); at--)
			if (begins_at(s->grid, 1, at, text))
				return i;
	}
	return -1;
}

int
frame_function_at(const struct screen *s, int x)
{
	for (int i = 10; i >= 1; i--) {
		char text[16];

		snprintf(text, sizeof text, "F%d", i);
		for (int at = x; at >= 0 && at > x - 11; at--)
			if (begins_at(s->grid, s->grid->h - 1, at, text) &&
			    (i == 10 || s->grid->cell[(s->grid->h - 1) * s->grid->w + at + 2].ch != '0'))
				return i;
	}
	return 0;
}
