/*
 * page_help.c -- help: first the view that it was asked from (what it answers, its own keys), then the key table as people read it.
 */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "screen.h"

/* What a view answers; lines that fit into 80 columns. */
#define ANSWERS 6
static const char *const answers[N_PAGES][ANSWERS] = {
    [PAGE_ALERTS] = {"what is active, which rules are nearest to firing, what is silenced, what is",
		     "over. NOW is the left side of a rule's comparison, LIMIT its constant, × how",
		     "many times over; WORST NOW the worst of the rule's series. Enter on a rule",
		     "opens its value in Query, or says why it is broken. S on a silence makes it",
		     "last longer, U ends it. An acknowledgement is for the present firing."},
    [PAGE_MODELS] = {"how each model does: traffic against a day ago, errors, latency, score,",
		     "drift. Figures are of the last 5 minutes; DRIFTED counts features over their", "limit."},
    [PAGE_DRIFT] = {"which features drift, and since when: a cell is the statistic over its own",
		    "stretch of time, ? too few rows for a judgement. The limit is the smallest",
		    "that a loaded rule compares the statistic with, else 0.1."},
    [PAGE_TARGETS] = {"what is scraped and checked: is it there, how long does it take, why is it", "down."},
    [PAGE_LOGS] = {"what is read: rate, bytes behind, bad lines by reason with the last ones, what",
		   "limits folded away."},
    [PAGE_NOTIFY] = {"who is told: receivers, what waits with its next try, what was sent and how it",
		     "was answered. Given up is what trying again cannot heal: correct the",
		     "receiver, then send it again."},
    [PAGE_EVENTS] = {"one timeline of everything; Enter goes to the thing, :note TEXT adds an event."},
    [PAGE_QUERY] = {"any PromQL expression over the store, as a chart and a table. Enter runs it,",
		    "Tab completes functions, metrics, labels and values, Up goes back in what was",
		    "asked, Esc leaves the line. The largest series come first; Space chooses",
		    "which are drawn, at most three. y takes the command line that prints the same."},
    [PAGE_ALERT] = {"why this alert: when it became pending and fired, its value against the limit,",
		    "what is behind it, what changed around its start, who was told of it. n and N",
		    "go to the next and the previous alert."},
    [PAGE_FEATURE] = {"this feature against its reference: shares per decile or category, the",
		      "statistic over time, and numbers."},
};

struct help_line {
	const char *keys, *text; /* keys NULL: a heading; both NULL: a blank row */
};
#define LINES_MAX 96
struct help_lines {
	struct help_line at[LINES_MAX];
	size_t n;
};

static void
add(struct help_lines *l, const char *keys, const char *text)
{
	if (l->n < LINES_MAX)
		l->at[l->n++] = (struct help_line){keys, text};
}

/* As a person bound them, else as the table says it best. */
static const char *
shown_keys(const struct screen *s, size_t i)
{
	return s->set.keys[i] != NULL ? s->set.keys[i] : key_row(i)->shown;
}

/* A heading; on wide screens with room before it. */
static void
add_heading(struct help_lines *l, bool is_wide, const char *text)
{
	if (is_wide && l->n > 0)
		add(l, NULL, NULL);
	add(l, NULL, text);
}

static void
add_group(const struct screen *s, struct help_lines *l, enum key_group group, int room)
{
	add_heading(l, wide(s), key_group_title[group]);
	for (size_t i = 0; i < key_count(); i++) {
		const struct key_row *k = key_row(i);

		if (k->group == group && k->help != NULL)
			add(l, shown_keys(s, i), k->brief != NULL && text_width(k->help) > room ? k->brief : k->help);
	}
}

static void
add_view(const struct screen *s, struct help_lines *l, enum page view)
{
	const size_t before = l->n;

	for (size_t i = 0; i < ANSWERS && answers[view][i] != NULL; i++)
		add(l, "", answers[view][i]);
	if (l->n == before)
		return;
	add(l, NULL, NULL);
	for (size_t i = 0; i < key_count(); i++) {
		const struct key_row *k = key_row(i);

		if (k->help != NULL && k->pages & 1u << view)
			add(l, shown_keys(s, i), k->help);
	}
	add(l, "j", "all keys");
}

static void
add_states(struct help_lines *l)
{
	add_heading(l, true, "STATES");
	add(l, "", "✗ critical   ▲ warning   ◔ pending");
	add(l, "", "z silenced   a acknowledged   ✓ ok   ? no data");
}

/* ---- drawing ---- */

struct place {
	int x, keys, text, end; /* of headings, keys, what they do; the column after it */
};

static void
draw_lines(struct pane p, const struct place *at, const struct help_lines *l, size_t from, int rows)
{
	for (int y = 0; y < rows && from + (size_t)y < l->n; y++) {
		const struct help_line *line = &l->at[from + (size_t)y];

		if (line->text == NULL)
			continue;
		if (line->keys == NULL) {
			put_left(p, at->x, y, at->end - at->x, STYLE_HEAD, line->text);
		} else if (line->keys[0] == '\0') {
			put_left(p, at->keys, y, at->end - at->keys, STYLE_TEXT, line->text);
		} else {
			put_left(p, at->keys, y, at->text - at->keys - 1, STYLE_KEY, line->keys);
			put_left(p, at->text, y, at->end - at->text, STYLE_TEXT, line->text);
		}
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
	add_states(&l);
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
	const struct place at = {1, 1, 22, p.w};
	const bool states = p.h > 6;
	const int rows = states ? p.h - 2 : p.h;
	struct help_lines l = {.n = 0};

	for (int g = 0; g < KEYS_VIEW; g++)
		add_group(s, &l, (enum key_group)g, at.end - at.text);
	if (page >= 0)
		draw_lines(p, &at, &l, (size_t)(page * rows), rows);
	if (page >= 0)
		put_left(p, 1, p.h - 1, p.w - 1, STYLE_TEXT,
			 "✗ critical  ▲ warning  ◔ pending  z silenced  a acknowledged  ✓ ok  ? no data");
	return pages_of(&l, rows);
}

static void
draw_view(struct screen *s, struct pane p, const struct help_lines *l)
{
	const struct place at = {wide(s) ? 2 : 1, wide(s) ? 2 : 1, wide(s) ? 20 : 12, p.w};

	draw_lines(pane_inside(p, 0, wide(s), p.w, p.h - wide(s)), &at, l, 0, p.h);
}

static void
draw_help(struct screen *s, struct pane p)
{
	const enum page view = asked_from(s);
	struct help_lines own = {.n = 0};
	char title[64] = "Keys";
	struct pane in;
	int first;

	add_view(s, &own, view);
	first = own.n > 0; /* a page of its own */
	const struct pane inner = pane_inside(p, wide(s), 1, p.w - 2 * wide(s), p.h - frame_rows(s));
	s->help_pages = first + (wide(s) ? draw_wide(s, inner, -1) : draw_narrow(s, inner, -1));
	if (s->help_top >= s->help_pages)
		s->help_top = s->help_pages - 1;
	if (s->help_top < first)
		snprintf(title, sizeof title, "%s", page_kind(view)->full);
	in = pane_open(s, p, title, "mlwatch " MLWATCH_VERSION);
	if (s->help_top < first)
		draw_view(s, in, &own);
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
