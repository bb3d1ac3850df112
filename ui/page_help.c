/*
 * page_help.c -- help: first the view that it was asked from (what it answers, its own keys), then the key table as people read it.
 */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "mlwatch/buf.h"
#include "screen.h"
#include "wrap.h"

/* What a view answers. */
static const char *const answers[N_PAGES] = {
    [PAGE_ALERTS] =
	"what is active, which rules are nearest to firing, what is silenced, what is over. NOW is the left side of a "
	"rule's comparison, LIMIT its constant, × how many times over; WORST NOW the worst of the rule's series. An "
	"acknowledgement is for the present firing.",
    [PAGE_MODELS] =
	"how each model does: traffic against a day ago, errors, latency, score, drift. Figures are of the last 5 "
	"minutes; DRIFTED counts features over their limit.",
    [PAGE_DRIFT] = "which features drift, and since when: a cell is the statistic over its own stretch of time, ? too "
		   "few rows for "
		   "a judgement. The limit is the smallest that a loaded rule compares the statistic with, else 0.1.",
    [PAGE_TARGETS] = "what is scraped and checked: is it there, how long does it take, why is it down.",
    [PAGE_LOGS] = "what is read: rate, bytes behind, bad lines by reason with the last ones, what limits folded away.",
    [PAGE_NOTIFY] =
	"who is told: receivers, what waits with its next try, what was sent and how it was answered. Given up is what "
	"trying again cannot heal: correct the receiver, then send it again.",
    [PAGE_EVENTS] = "one timeline of everything that happened in the range.",
    [PAGE_QUERY] = "any PromQL expression over the store, as a chart and a table. The largest series come first, at "
		   "most three are "
		   "drawn.",
    [PAGE_ALERT] = "why this alert: when it became pending and fired, its value against the limit, what is behind it, "
		   "what changed "
		   "around its start, who was told of it.",
    [PAGE_FEATURE] =
	"this feature against its reference: shares per decile or category, the statistic over time, and numbers.",
};

/* What keys of everywhere are for in a view; keys as in hints: "{open}" is the key of that action. */
#define ON(page) (1u << PAGE_##page)
static const struct own_key {
	unsigned pages;
	const char *keys, *text;
} own_keys[] = {
    {ON(ALERTS), "{open}", "the alert; a rule's value in Query, or why it is broken"},
    {ON(ALERT), "{open}", "in a list below: that feature, series or event"},
    {ON(MODELS), "{open}", "its features, in Drift"},
    {ON(DRIFT), "{open}", "the feature: its distribution now and before"},
    {ON(TARGETS), "{open}", "last answer and error of this one alone"},
    {ON(LOGS), "{open}", "its bad lines"},
    {ON(NOTIFY), "{open}", "the message as it was sent"},
    {ON(EVENTS), "{open}", "to what it is about"},
    {ON(QUERY), "{open}",
     "asks; in the line Tab completes functions, metrics, labels and values, Up goes back, Esc leaves it"},
    {ON(ALERT), "{next-match} {previous-match}", "next, previous alert"},
    {ON(FEATURE), "{down} {up}", "next, previous feature"},
    {ON(DRIFT), "h l", "the time cursor"},
    {ON(ALERTS), "{mark}", "mark several, for one acknowledgement or silence"},
    {ON(QUERY), "{mark}", "draws this series"},
    {ON(ALERTS) | ON(ALERT), "{acknowledge}", "acknowledge: I am on it"},
    {ON(ALERTS) | ON(ALERT), "{silence}", "silence it; on a silence: change how long it lasts"},
    {ON(ALERTS), "{renew}", "make a silence last longer"},
    {ON(ALERTS) | ON(ALERT), "{take-back}", "take back an acknowledgement, end a silence"},
    {ON(ALERT), "{show-link} {copy-link}", "show, copy the link of the runbook"},
    {ON(LOGS), "{copy}", "copy the bad line"},
    {ON(QUERY), "{copy}", "copy the command line that prints the same"},
    {ON(ALERTS) | ON(TARGETS) | ON(LOGS), "{problems}", "problems only"},
    {ON(EVENTS), "{problem}", "next problem"},
    {ON(EVENTS), "{filter}", "filter, also by kind: type=alert"},
    {ON(ALERTS) | ON(MODELS) | ON(TARGETS) | ON(NOTIFY) | ON(EVENTS) | ON(QUERY), "{sort}", "sort by a column"},
    {ON(ALERTS) | ON(MODELS) | ON(LOGS) | ON(NOTIFY) | ON(ALERT) | ON(FEATURE), "{pane}", "next list or chart"},
    {ON(FEATURE) | ON(QUERY), "{choose-range}", "another stretch of time"},
    {ON(NOTIFY), ":test RECEIVER", "has the agent send a test"},
    {ON(EVENTS), ":note TEXT", "adds an event, for everybody"},
};

struct help_line {
	const char *keys, *text; /* keys NULL: a heading; text NULL: a blank row */
	size_t n;                /* bytes of the text in this row */
};
#define LINES_MAX 192
#define OWN_MAX   24
struct help_lines {
	struct help_line at[LINES_MAX];
	size_t n;
	char own[OWN_MAX][32]; /* keys as they are bound */
	size_t n_own;
};

/* Over as many rows as it needs. */
static void
add(struct help_lines *l, const char *keys, const char *text, int room)
{
	do {
		const size_t n = text != NULL ? wrap_bytes(text, room > 8 ? room : 8) : 0;

		if (l->n < LINES_MAX)
			l->at[l->n++] = (struct help_line){keys, text, n};
		if (text == NULL)
			return;
		text += n + strspn(text + n, " ");
		keys = keys != NULL ? "" : NULL;
	} while (*text != '\0');
}

/* As a person bound them, else as the table says it best. */
static const char *
shown_keys(const struct screen *s, size_t i)
{
	return s->set.keys[i] != NULL ? s->set.keys[i] : key_row(i)->shown;
}

/* A heading; on wide screens with room before it. */
static void
add_heading(struct help_lines *l, bool is_wide, const char *text, int room)
{
	if (is_wide && l->n > 0)
		add(l, NULL, NULL, 0);
	add(l, NULL, text, room);
}

static void
add_group(const struct screen *s, struct help_lines *l, enum key_group group, int room)
{
	add_heading(l, wide(s), key_group_title[group], room);
	for (size_t i = 0; i < key_count(); i++) {
		const struct key_row *k = key_row(i);

		if (k->group == group && k->help != NULL)
			add(l, shown_keys(s, i), k->brief != NULL && text_width(k->help) > room ? k->brief : k->help,
			    room);
	}
}

static void
add_own(const struct screen *s, struct help_lines *l, const struct own_key *k, int room)
{
	struct buf keys = BUF_INIT;

	hint_add(s, &keys, k->keys);
	snprintf(l->own[l->n_own], sizeof *l->own, "%s", buf_str(&keys));
	add(l, l->own[l->n_own++], k->text, room);
	buf_release(&keys);
}

static void
add_view(const struct screen *s, struct help_lines *l, enum page view, int width, int room)
{
	if (answers[view] == NULL)
		return;
	add(l, "", answers[view], width);
	add(l, NULL, NULL, 0);
	for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
		if (own_keys[i].pages & 1u << view && l->n_own < OWN_MAX)
			add_own(s, l, &own_keys[i], room);
	for (size_t i = 0; i < key_count(); i++) {
		const struct key_row *k = key_row(i);

		if (k->help != NULL && k->pages & 1u << view)
			add(l, shown_keys(s, i), k->help, room);
	}
	add(l, "j", "all keys", room);
}

static void
add_states(struct help_lines *l, int room)
{
	add_heading(l, true, "STATES", room);
	add(l, "", "✗ critical   ▲ warning   ◔ pending", room);
	add(l, "", "z silenced   a acknowledged   ✓ ok   ? no data", room);
}

/* ---- drawing ---- */

struct place {
	int x, keys, text, end; /* of headings, keys, what they do; the column after it */
};

static void
draw_lines(struct pane p, const struct place *at, const struct help_lines *l, size_t from, int rows)
{
	bool of_keys = false; /* a row that goes on where the one above it began */

	for (size_t i = 0; i < l->n && i < from + (size_t)rows; i++) {
		const struct help_line *line = &l->at[i];
		const bool plain = line->keys == NULL || line->keys[0] == '\0';
		const int x = line->keys == NULL  ? at->x
			      : plain && !of_keys ? at->keys
						  : at->text,
			  y = (int)i - (int)from;

		of_keys = line->text != NULL && line->keys != NULL && (!plain || of_keys);
		if (i < from || line->text == NULL)
			continue;
		if (!plain)
			put_left(p, at->keys, y, at->text - at->keys - 1, STYLE_KEY, line->keys);
		putn(pane_inside(p, 0, 0, at->end, p.h), x, y, line->keys == NULL ? STYLE_HEAD : STYLE_TEXT, line->text,
		     line->n);
	}
}

static enum page
asked_from(const struct screen *s)
{
	return s->n_below > 0 ? s->below[s->n_below - 1] : PAGE_OVERVIEW;
}

static int
pages_of(const struct help_lines *l, int rows)
{
	return rows > 0 ? ((int)l->n + rows - 1) / rows : 1;
}

/* Two columns on wide screens: moving and finding, and what states look like; the rest. */
static int
draw_wide(const struct screen *s, struct pane p, int page)
{
	static const struct place left = {2, 4, 22, 61}, right = {61, 63, 81, 118};
	const struct pane in = pane_inside(p, 0, 1, p.w, p.h - 1);
	struct help_lines l = {.n = 0}, r = {.n = 0};

	add_group(s, &l, KEYS_MOVE, left.end - left.text);
	add_group(s, &l, KEYS_FIND, left.end - left.text);
	add_states(&l, left.end - left.keys);
	add_group(s, &r, KEYS_TIME, right.end - right.text);
	add_group(s, &r, KEYS_ACT, right.end - right.text);
	add_group(s, &r, KEYS_TAKE, right.end - right.text);
	add_group(s, &r, KEYS_TERMINAL, right.end - right.text);
	if (page >= 0) {
		draw_lines(in, &left, &l, (size_t)(page * in.h), in.h);
		draw_lines(in, &right, &r, (size_t)(page * in.h), in.h);
	}
	return pages_of(&r, in.h);
}

static int
draw_narrow(const struct screen *s, struct pane p, int page)
{
	static const char legend[] = "✗ critical  ▲ warning  ◔ pending  z silenced  a acknowledged  ✓ ok  ? no data";
	const struct place at = {1, 1, p.w < 60 ? 16 : 22, p.w};
	const bool below = p.w > text_width(legend) && p.h > 6; /* else among the other lines */
	const int rows = below ? p.h - 2 : p.h;
	struct help_lines l = {.n = 0};

	for (int g = 0; g < KEYS_VIEW; g++)
		add_group(s, &l, (enum key_group)g, at.end - at.text);
	if (!below)
		add_states(&l, at.end - at.keys);
	if (page >= 0)
		draw_lines(p, &at, &l, (size_t)(page * rows), rows);
	if (page >= 0 && below)
		put_left(p, 1, p.h - 1, p.w - 1, STYLE_TEXT, legend);
	return pages_of(&l, rows);
}

/* What is said of one view; 0 pages: nothing. */
static int
draw_view(const struct screen *s, struct pane p, enum page view, int page)
{
	const struct place at = {wide(s) ? 2 : 1, wide(s) ? 2 : 1, wide(s) ? 20 : 16, p.w - 1};
	const struct pane in = pane_inside(p, 0, wide(s), p.w, p.h - wide(s));
	struct help_lines l = {.n = 0};

	add_view(s, &l, view, at.end - at.keys, at.end - at.text);
	if (page >= 0)
		draw_lines(in, &at, &l, (size_t)(page * in.h), in.h);
	return l.n > 0 ? pages_of(&l, in.h) : 0;
}

static void
draw_help(struct screen *s, struct pane p)
{
	const struct pane inner = pane_inside(p, wide(s), 1, p.w - 2 * wide(s), p.h - frame_rows(s));
	const enum page view = asked_from(s);
	const int first = draw_view(s, inner, view, -1);
	struct pane in;

	s->help_pages = first + (wide(s) ? draw_wide(s, inner, -1) : draw_narrow(s, inner, -1));
	if (s->help_top >= s->help_pages)
		s->help_top = s->help_pages - 1;
	in = pane_open(s, p, s->help_top < first ? page_kind(view)->full : "Keys", "mlwatch " MLWATCH_VERSION);
	if (s->help_top < first)
		draw_view(s, in, view, s->help_top);
	else if (wide(s))
		draw_wide(s, in, s->help_top - first);
	else
		draw_narrow(s, in, s->help_top - first);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	(void)s;
	at[0] = (struct rect){0, 0, w, h};
}

static const struct pane_kind panes[] = {{"keys", TABLE_NONE, draw_help}};

const struct page_kind page_help = {
    .name = "help",
    .full = "Help",
    .brief = "Help",
    .view = PAGE_OVERVIEW,
    .list = TABLE_NONE,
    .panes = panes,
    .n_panes = 1,
    .lay_out = lay_out,
    .hint = "j/k next and previous page, any other key goes back",
    .hint_narrow = "j/k scroll, any other key goes back",
};
