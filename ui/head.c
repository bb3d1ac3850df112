/*
 * head.c -- the first two rows: the state with its counts, the agent with the age of its data, the clock; the views with the number of problems in
 * each, and the stretch of time that is shown. They are of the newest snapshot, also while the picture is frozen.
 */
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "mlwatch/clock.h"
#include "screen.h"

/* ---- row 0 ---- */

static void
offset_text(const struct screen *s, char out[16])
{
	const int m = s->set.utc ? 0 : s->utc_offset_s / 60;

	snprintf(out, 16, "%c%02d:%02d", m < 0 ? '-' : '+', (m < 0 ? -m : m) / 60, (m < 0 ? -m : m) % 60);
}

int64_t
agent_age(const struct screen *s)
{
	const struct view_agent *a = &s->live->o.agent;

	return a->heartbeat_ms > 0 && s->now > a->heartbeat_ms ? s->now - a->heartbeat_ms : 0;
}

/* One that stopped says when; a count of seconds beside it would look alive, and write to the terminal all the time. */
void
agent_age_text(const struct screen *s, char out[16])
{
	const enum agent_state state = s->live->o.agent.state;
	const int64_t age = agent_age(s);

	if (!view_agent_runs(state) && age < MS_MINUTE)
		snprintf(out, 16, "<1m");
	else
		duration_human(out, age);
}

bool
is_old(const struct screen *s)
{
	return s->live->error != NULL || s->live->o.agent.state != AGENT_OK;
}

static void
agent_text(const struct screen *s, char out[64])
{
	static const char *const word[] = {[AGENT_OK] = "agent ok",
					   [AGENT_STALLED] = "AGENT STALLED",
					   [AGENT_STOPPED] = "AGENT DOWN",
					   [AGENT_NEVER] = "NO AGENT",
					   [AGENT_REPLAYED] = "REPLAY"};
	const struct view_agent *a = &s->live->o.agent;
	char age[16];

	agent_age_text(s, age);
	if (s->live->error != NULL)
		snprintf(out, 64, "STORE UNREADABLE");
	else if (a->state == AGENT_NEVER || (a->state != AGENT_OK && !wide(s)))
		snprintf(out, 64, "%s", word[a->state]); /* how long: the banner says it */
	else if (a->state == AGENT_OK && wide(s))
		snprintf(out, 64, "%s · %s old", word[a->state], age);
	else
		snprintf(out, 64, "%s %s", word[a->state], age);
}

static int
draw_agent(struct screen *s, struct pane p)
{
	char agent[64], clock[16], zone[16], text[128];
	int x;

	agent_text(s, agent);
	/* a clock that ticks makes what is shown look alive */
	if (is_old(s))
		clock_hm(s, clock, s->now);
	else
		clock_hms(s, clock, s->now);
	offset_text(s, zone);
	snprintf(text, sizeof text, wide(s) ? "%s · %s %s" : "%s  %s %s", agent, clock, zone);
	x = p.w - text_width(text) - wide(s);
	put(p, x, 0, is_old(s) ? STYLE_BAD | ATTR_BOLD : STYLE_DIM, text);
	return x;
}

/* As many as fit before column `end`: of a count, no half is shown. */
static int
draw_counts(struct screen *s, struct pane p, int x, int end)
{
	const struct view_overview *o = &s->live->o;
	const struct {
		int n;
		const char *full, *brief;
	} part[] = {{o->critical, "critical", "crit"},
		    {o->warning, "warning", "warn"},
		    {o->pending, "pending", "pend"},
		    {o->silenced, "silenced", "sil"}};

	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		char text[40];

		if (part[i].n == 0)
			continue;
		snprintf(text, sizeof text, "%d %s", part[i].n, wide(s) ? part[i].full : part[i].brief);
		if (x + text_width(text) >= end)
			break;
		x += put(p, x, 0, STYLE_TEXT, text) + (wide(s) ? 2 : 1);
	}
	return x;
}

/* Of what is old: of when it is. */
static int
draw_last_known(struct screen *s, struct pane p, int x, int end)
{
	const struct view_overview *o = &s->live->o;
	const int64_t known = o->agent.heartbeat_ms;
	char at[20], text[64];

	/* narrow rows have no room for when: without counts that follow, there is nothing to say */
	if (known == 0 || (!wide(s) && o->critical + o->warning + o->pending + o->silenced == 0))
		return x;
	clock_since(s, at, known);
	snprintf(text, sizeof text,
		 !wide(s)         ? "  last known: "
		 : strlen(at) > 8 ? "  last known %s: " /* with its date */
				  : "  last known at %s: ",
		 at);
	return x + text_width(text) < end ? x + put(p, x, 0, STYLE_DIM, text) : x;
}

static void
draw_state(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->live->o;
	const bool is_wide = wide(s), old = is_old(s);
	const enum health h = old ? HEALTH_UNKNOWN : o->health;
	const int end = draw_agent(s, p), column = old ? 23 : 25;
	char refused[48], at[16];
	int x = 0;

	if (is_wide)
		x = 1 + put(p, 1, 0, STYLE_TITLE, "mlwatch") + 2;
	if (p.w >= 72) /* else the counts need the room */
		x += put(p, x, 0, STYLE_TEXT | ATTR_BOLD, o->agent.host) + 1;
	x = is_wide && x < column ? column : x;
	x += putf(p, x, 0, health_style(h) | ATTR_BOLD, "%s %s", health_glyph[h], health_word[h]);
	x += is_wide && !old ? 2 : 1;
	if (old)
		x = draw_last_known(s, p, x, end);
	x = draw_counts(s, p, x, end);
	if (old || !o->agent.config_refused)
		return;
	clock_hm(s, at, o->agent.config_refused_ms);
	snprintf(refused, sizeof refused, "configuration refused %s", at);
	if (x + text_width(refused) < end)
		put(p, x, 0, STYLE_WARN | ATTR_BOLD, refused);
}

/* ---- row 1 ---- */

static int
count_broken_targets(const struct view_overview *o)
{
	int n = 0;

	for (size_t i = 0; i < o->n_targets; i++)
		n += o->targets[i].health == HEALTH_BROKEN;
	return n;
}

static int
count_broken_files(const struct view_overview *o)
{
	int n = 0;

	for (size_t i = 0; i < o->n_files; i++)
		n += o->files[i].health == HEALTH_BROKEN;
	return n;
}

/* As of alerts: what somebody silenced is no problem. */
static int
count_drifted(const struct view_overview *o)
{
	int n = 0;

	for (size_t i = 0; i < o->n_models; i++) {
		int here = o->models[i].drifted;

		for (size_t k = 0; k < o->n_alerts; k++)
			here -= o->alerts[k].silenced_by != NULL && o->alerts[k].feature[0] != '\0' &&
				strcmp(o->alerts[k].model, o->models[i].model) == 0;
		n += here > 0 ? here : 0;
	}
	return n;
}

static int
problems_of(const struct view_overview *o, enum page page)
{
	switch (page) {
	case PAGE_ALERTS:
		return o->critical + o->warning + o->pending;
	case PAGE_DRIFT:
		return count_drifted(o);
	case PAGE_TARGETS:
		return count_broken_targets(o);
	case PAGE_LOGS:
		return count_broken_files(o);
	case PAGE_NOTIFY:
		return (int)o->given_up;
	default:
		return 0;
	}
}

static void
range_text(const struct screen *s, char out[64])
{
	char range[24], from[16], to[16];

	span_text(range, s->set.range_ms);
	if (s->paused) {
		snprintf(out, 64, "paused, %d held", s->held);
	} else if (s->end_ms == 0) {
		snprintf(out, 64, wide(s) ? "last %s, live" : "%s live", range);
	} else {
		clock_day(s, from, s->end_ms - s->set.range_ms);
		clock_day(s, to, s->end_ms);
		snprintf(out, 64, "%s–%s, not live", from, to);
	}
}

/* How the views are named: in full, in brief, by their numbers. */
enum naming { FULL, BRIEF, NUMBERS };
struct view_word {
	char text[32];
	int x, w;
	bool here, bad;
};

static enum page
view_shown(const struct screen *s)
{
	const enum page p = s->page == PAGE_HELP && s->n_below > 0 ? s->below[s->n_below - 1] : s->page;

	return page_kind(p)->view;
}

/* Returns the column after the last. */
static int
lay_views(const struct screen *s, enum naming naming, struct view_word out[N_VIEWS])
{
	int x = wide(s);

	for (int i = 0; i < N_VIEWS; i++) {
		const struct page_kind *k = page_kind((enum page)i);
		const int bad = problems_of(&s->live->o, (enum page)i);
		struct view_word *v = &out[i];
		char count[16] = "";

		*v = (struct view_word){.here = view_shown(s) == (enum page)i, .bad = bad > 0};
		if (bad > 0)
			snprintf(count, sizeof count, naming == FULL ? " %d!" : naming == BRIEF ? "%d!" : ":%d!", bad);
		snprintf(v->text, sizeof v->text, naming == FULL ? "%d %s%s" : "%d%s%s", i + 1,
			 naming == FULL               ? k->full
			 : naming == BRIEF || v->here ? k->brief
						      : "",
			 count);
		v->w = text_width(v->text);
		x += naming == FULL || v->here; /* the bracket, or a blank for it */
		v->x = x;
		x += v->w + (naming == FULL || v->here) + (naming != FULL);
	}
	return x;
}

/* The first naming that leaves room for the range: that a picture is not live has to be seen. */
static void
lay_views_out(const struct screen *s, int w, struct view_word out[N_VIEWS])
{
	char range[64];

	range_text(s, range);
	for (int naming = wide(s) ? FULL : BRIEF; naming <= NUMBERS; naming++)
		if (lay_views(s, (enum naming)naming, out) + text_width(range) + wide(s) <= w)
			return;
}

static void
draw_views(struct screen *s, struct pane p)
{
	struct view_word at[N_VIEWS];
	char range[64];
	int x;

	lay_views_out(s, p.w, at);
	for (int i = 0; i < N_VIEWS; i++) {
		const unsigned attr = at[i].here ? STYLE_KEY | ATTR_BOLD : at[i].bad ? STYLE_WARN : STYLE_TEXT;

		put(p, at[i].x, 1, attr, at[i].text);
		if (at[i].here) {
			put(p, at[i].x - 1, 1, attr, "[");
			put(p, at[i].x + at[i].w, 1, attr, "]");
		}
	}
	range_text(s, range);
	x = p.w - text_width(range) - wide(s);
	put(p, x, 1, s->end_ms != 0 || s->paused ? STYLE_TEXT | ATTR_REVERSE : STYLE_DIM, range);
}

int
frame_view_at(const struct screen *s, int x)
{
	struct view_word at[N_VIEWS];

	if (small(s))
		return -1;
	lay_views_out(s, s->grid->w, at);
	for (int i = 0; i < N_VIEWS; i++)
		if (x >= at[i].x && x < at[i].x + at[i].w)
			return i;
	return -1;
}

/* ---- both ---- */

void
head_draw(struct screen *s, struct pane p)
{
	draw_state(s, p);
	draw_views(s, p);
}

void
head_draw_small(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->live->o;
	const bool old = is_old(s);
	const enum health h = old ? HEALTH_UNKNOWN : o->health;
	char age[16], clock[16], right[40];
	int x, end = p.w;

	agent_age_text(s, age);
	clock_hm(s, clock, s->now);
	snprintf(right, sizeof right, old && o->agent.heartbeat_ms > 0 ? "%s old %s" : "%2$s %1$s", age, clock);
	if (p.w >= 34) {
		end = p.w - text_width(right);
		put(p, end, 0, old ? STYLE_BAD | ATTR_BOLD : STYLE_DIM, right);
	}
	x = putf(p, 0, 0, health_style(h) | ATTR_BOLD, "%s %s", health_glyph[h], health_word[h]) + 1;
	if (old && p.w < 34 && o->agent.heartbeat_ms > 0)
		putf(p, x, 0, STYLE_BAD | ATTR_BOLD, "%s old", age);
	else
		draw_counts(s, p, x, end);
}
