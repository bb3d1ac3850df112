/*
 * banner.c -- what must be known on every page: that what is shown is old or cannot be read, that a new configuration was refused, that a
 * silence ends soon. Each with the command or the key that helps. While nothing could be read at all, that stands in place of the page.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "frame.h"
#include "keys.h"
#include "mlwatch/clock.h"
#include "screen.h"
#include "wrap.h"

#define BANNERS 2 /* at most, the first ones of the table */

struct banner {
	char text[512];
	char helps[280]; /* at the right, never cut */
	enum style style;
};
/* false: there is nothing to say. */
typedef bool banner_fn(const struct screen *s, struct banner *b);

/* The whole hint where there is room beside the text, else the first thing that it says. */
static void
hint_beside(const struct screen *s, struct banner *b, const char *hint)
{
	snprintf(b->helps, sizeof b->helps, "%s", hint);
	if (text_width(b->text) + text_width(b->helps) + 3 > s->grid->w)
		b->helps[strcspn(b->helps, ",;")] = '\0';
	if (b->helps[0] == '\0' || text_width(b->helps) > s->grid->w / 3)
		snprintf(b->helps, sizeof b->helps, "mlwatch check store");
}

static bool
store_unreadable(const struct screen *s, struct banner *b)
{
	const char *hint = s->live->error_hint;

	if (s->live->error == NULL)
		return false;
	snprintf(b->text, sizeof b->text, "STORE UNREADABLE: %.480s", s->live->error);
	hint_beside(s, b, hint != NULL ? hint : "");
	return true;
}

static bool
agent_stopped(const struct screen *s, struct banner *b)
{
	static const char *const said[2][2] = {
	    /* narrow, wide; today, with its date */
	    {"AGENT NOT RUNNING since %s, %s ago: all below is old.", "AGENT NOT RUNNING since %s (%s): all is old."},
	    {"AGENT NOT RUNNING since %s (%s ago): all below is that old and nobody is notified.",
	     "AGENT NOT RUNNING since %s (%s ago): all is that old and nobody is notified."}};
	const struct view_agent *a = &s->live->o.agent;
	char since[20], age[16];

	if (a->state != AGENT_STOPPED)
		return false;
	clock_since(s, since, a->heartbeat_ms);
	agent_age_text(s, age);
	snprintf(b->text, sizeof b->text, said[wide(s)][strlen(since) > 8], since, age);
	snprintf(b->helps, sizeof b->helps, wide(s) ? "systemctl status mlwatch" : "systemctl status");
	return true;
}

static bool
agent_stalled(const struct screen *s, struct banner *b)
{
	const struct view_agent *a = &s->live->o.agent;
	char age[16];

	if (a->state != AGENT_STALLED)
		return false;
	agent_age_text(s, age);
	snprintf(b->text, sizeof b->text, "AGENT STALLED: no commit for %s%s%s", age,
		 a->disk_full ? ", the disk is full" : "",
		 wide(s) ? ": all below is that old and nobody is notified" : ": all below is old");
	snprintf(b->helps, sizeof b->helps, a->disk_full ? "df -h" : "journalctl -u mlwatch");
	return true;
}

static bool
replayed(const struct screen *s, struct banner *b)
{
	const struct view_agent *a = &s->live->o.agent;
	const time_t at = (time_t)(a->heartbeat_ms / MS_SECOND) + (s->set.utc ? 0 : (time_t)s->utc_offset_s);
	char day[32];
	struct tm tm;

	if (a->state != AGENT_REPLAYED)
		return false;
	strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", gmtime_r(&at, &tm));
	snprintf(b->text, sizeof b->text, "A REPLAY%s: all below is as of %s", wide(s) ? " of past logs" : "", day);
	snprintf(b->helps, sizeof b->helps, "mlwatch run watches live");
	b->style = STYLE_WARN;
	return true;
}

static bool
agent_never(const struct screen *s, struct banner *b)
{
	if (s->live->o.agent.state != AGENT_NEVER)
		return false;
	snprintf(b->text, sizeof b->text, "NO AGENT HAS RUN on this store");
	snprintf(b->helps, sizeof b->helps, "mlwatch run -c mlwatch.yml");
	return true;
}

static bool
configuration_refused(const struct screen *s, struct banner *b)
{
	const struct view_agent *a = &s->live->o.agent;
	char at[20];

	if (!a->config_refused)
		return false;
	clock_since(s, at, a->config_refused_ms);
	at[at[2] == ':' ? 5 : 16] = '\0'; /* without seconds */
	snprintf(b->text, sizeof b->text, "configuration refused %s, the old one goes on: %.440s", at, a->config_error);
	snprintf(b->helps, sizeof b->helps, "mlwatch check");
	b->style = STYLE_WARN;
	return true;
}

/* What no other silence keeps quiet for longer. */
static size_t
gets_loud(const struct screen *s, const struct view_silence *x, const struct view_alert **first)
{
	const struct view_overview *o = &s->live->o;
	size_t n = 0;

	for (size_t i = 0; i < o->n_alerts; i++)
		if (o->alerts[i].silenced_by != NULL && o->alerts[i].silenced_until_ms == x->end_ms && n++ == 0)
			*first = &o->alerts[i];
	return n;
}

static bool
silence_ends(const struct screen *s, struct banner *b)
{
	const struct view_overview *o = &s->live->o;
	const struct view_silence *x = o->ending;
	const struct view_alert *first = NULL;
	char left[16], at[16], key[16], loud[256];
	size_t n;

	if (o->n_ending == 0 || x->end_ms <= s->now)
		return false;
	n = gets_loud(s, x, &first);
	if (n == 0)
		snprintf(loud, sizeof loud, "nothing that it silences fires now");
	else if (n == 1)
		snprintf(loud, sizeof loud, "%.80s on %.120s gets loud", first->name, first->on);
	else
		snprintf(loud, sizeof loud, "%.80s on %.120s and %zu more get loud", first->name, first->on, n - 1);
	duration_human(left, x->end_ms - s->now);
	clock_hm(s, at, x->end_ms);
	snprintf(b->text, sizeof b->text, "silence %.4s ends in %s, at %s: %s", x->id, left, at, loud);
	key_of(s, "renew", key);
	snprintf(b->helps, sizeof b->helps, "%s renews it", key);
	b->style = STYLE_WARN;
	return true;
}

static banner_fn *const banners[] = {store_unreadable, agent_stopped,         agent_stalled, replayed,
				     agent_never,      configuration_refused, silence_ends};

static void
draw_banner(struct pane p, int y, const struct banner *b)
{
	const int helps = text_width(b->helps) + 1;

	put_left(p, 0, y, p.w, b->style | ATTR_REVERSE, b->text);
	if (helps >= p.w)
		return;
	put_left(p, 0, y, p.w - helps - 1, b->style | ATTR_REVERSE, b->text);
	fill(p, p.w - helps - 1, y, helps + 1, b->style | ATTR_REVERSE, ' ');
	put(p, p.w - helps, y, b->style | ATTR_REVERSE, b->helps);
}

int
banners_draw(struct screen *s, struct pane p)
{
	int n = 0;

	for (size_t i = 0; i < sizeof banners / sizeof *banners && n < BANNERS && n + 8 < p.h; i++) {
		struct banner b = {.style = STYLE_BANNER};

		if (banners[i](s, &b))
			draw_banner(p, n++, &b);
	}
	return n;
}

/* ---- nothing to show ---- */

void
blank_draw(struct screen *s, struct pane p)
{
	static const char *const runs[][2] = {{"mlwatch run -c FILE", "the agent: it makes the store and fills it"},
					      {"mlwatch version --paths", "which store is meant here, and why"},
					      {"mlwatch top --store FILE", "another store"},
					      {"mlwatch check store FILE", "is it whole?"}};
	const int x = p.w >= 60 ? 2 : 0;
	int y = p.h > 10;

	put_left(p, x, y++, p.w - x, STYLE_WARN | ATTR_BOLD, s->snap->error);
	if (s->snap->error_hint != NULL)
		y += put_wrapped(p, x, y, p.w - x, 3, STYLE_TEXT, s->snap->error_hint);
	y += p.h > 10;
	for (size_t i = 0; i < sizeof runs / sizeof *runs && y < p.h - 1; i++, y++) {
		put_left(p, x + 2, y, 26, STYLE_KEY, runs[i][0]);
		put_left(p, x + 28, y, p.w - x - 28, STYLE_DIM, runs[i][1]);
	}
	y += p.h > 10;
	put_left(p, x, y, p.w - x, STYLE_TEXT, "it is shown as soon as it can be read; q quits");
}
