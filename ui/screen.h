/*
 * screen.h -- the dashboard's state: where the person is, what is typed, what is shown. Keys change it (keys.c), the loader hands it
 * snapshots, pages draw it into a grid. Knows neither curses nor SQLite.
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "chart.h"
#include "form.h"
#include "grid.h"
#include "line.h"
#include "menu.h"
#include "page.h"
#include "snapshot.h"
#include "table.h"

enum input { INPUT_NONE, INPUT_FILTER, INPUT_FIND, INPUT_COMMAND, INPUT_QUERY };

#define GLYPHS_AUTO (-1)

/* What top.yml remembers. */
#define N_THEMES 4
extern const char *const theme_word[N_THEMES];
struct settings {
	int theme;
	bool utc, mouse, bell; /* bell: for a new critical alert */
	int64_t range_ms;
	int glyphs;  /* enum glyphs, as a person wants it; GLYPHS_AUTO: what the terminal can show */
	char **keys; /* per row of the key table; NULL entries: as the table has them. Owned */
};

/* What the terminal is asked for beside the grid; whoever shows the grid takes it. */
struct wishes {
	char *copy;  /* for the clipboard; owned */
	char *plain; /* shown alone until a key is pressed; owned */
	bool plain_is_link;
	bool redraw, bell, read_again, interrupt;
	bool remember; /* settings changed */
};

struct screen {
	struct grid *grid;
	const struct snapshot *snap; /* what is shown; borrowed; NULL before the first */
	const struct snapshot *live; /* the newest: of row 0 while the picture is frozen */
	int64_t now;                 /* the clock of the frame */
	int utc_offset_s;
	struct settings set;
	enum page page, below[4]; /* below: what pages were opened from, outermost first */
	size_t n_below;
	int focus[N_PAGES];
	struct rect layout[PANES_MAX]; /* of the page as it was drawn */
	int drawing;                   /* the pane being drawn */
	bool zoom, problems;
	int help_top, help_pages; /* the page of the help that is shown, of how many */
	struct cursor cursor[N_TABLES];
	struct filter *filter[N_PAGES]; /* owned; NULL: none */
	char find[256];
	int64_t end_ms;          /* of the range; 0: now */
	int64_t drift_window_ms; /* that was chosen; 0: the rules' */
	int64_t rules_window_ms; /* what that was when another one was chosen */
	int64_t cursor_ms;       /* of the heat map: when the cell under it begins; 0: none */
	enum drift_against baseline;
	enum statistic statistic;
	bool versions_apart, behind_week; /* Models: a version a line; against a week ago */
	bool paused;
	int held; /* snapshots that came while paused */
	enum input input;
	struct line line, query; /* what is typed in the hint row; the query line */
	char asked[LINE_BYTES];  /* the query whose answer is shown: the line as it was entered last */
	struct line_history commands, queries;
	size_t completion;   /* how often Tab was pressed */
	char completed[128]; /* the word as it was when it was pressed first */
	char hint[256];      /* said once, instead of the page's hint */
	struct form form;    /* over the page while its kind is not FORM_NONE */
	struct menu menu;    /* over the page while it is open */
	struct deed deed;    /* to be carried out while its kind is not DEED_NONE */
	bool deed_sent;
	struct wishes wish;
	bool dropped; /* the query that took long is not asked again until a key is pressed */
	bool read_only, quit;
	const char *read_only_why;
	const char *store_path; /* for command lines that people copy; borrowed */
	int64_t asked_ms;       /* since when an answer is waited for; 0: none is */
	struct {
		uint64_t of; /* which chart of what */
		double top;
	} axis[4]; /* only grow while the view is open; see tracks.c */
};

void screen_open(struct screen *s, struct grid *g);
void screen_close(struct screen *s); /* not the grid, not the snapshots */
/* One key by name ("j", "Enter", "F1", "C-l", "Up"): changes the state. */
void screen_key(struct screen *s, const char *key);
/* A press of the mouse: button 0 left; 64, 65 the wheel; twice: a double click. */
void screen_mouse(struct screen *s, int button, bool twice, int x, int y);
void screen_request(const struct screen *s, struct request *q);
/* A newer snapshot than the one shown (borrowed until the next call). */
void screen_take(struct screen *s, const struct snapshot *fresh);
/* Draws everything. */
void screen_draw(struct screen *s);
/* Rows 0 to 1 and the last two are not a page's; those of the page's pane alone, without frames, as text. */
char *screen_pane_text(struct screen *s);

/* ---- for the pages ---- */
bool wide(const struct screen *s);  /* at least 120 columns: frames, and the wide tables */
bool small(const struct screen *s); /* below 60x16: the state and one list */
unsigned health_style(enum health h);
bool is_problem(enum health h);
/* HH:MM or HH:MM:SS in the screen's time zone. */
int64_t zone_ms(const struct screen *s); /* what is added to UTC for what is shown */
void clock_hm(const struct screen *s, char out[16], int64_t ms);
void clock_hms(const struct screen *s, char out[16], int64_t ms);
/* Of now, whatever is shown: HH:MM:SS, "2026-11-18 03:14" when that was not today. */
void clock_since(const struct screen *s, char out[20], int64_t ms);
/* "Fri 18:02" when it is not today. */
void clock_day(const struct screen *s, char out[16], int64_t ms);
void span_text(char out[24], int64_t ms); /* of the range: "1h", "90m", "7d" */
void age_text(const struct screen *s, char out[16], int64_t then);
void
alert_age(const struct screen *s, char out[16], const struct view_alert *a); /* since when it is pending or fires */
const struct view_model *selected_model(const struct screen *s);             /* whose charts are shown; NULL */
const struct view_alert *selected_alert(const struct screen *s);
const struct view_feature *selected_feature(const struct screen *s);
int heat_columns(const struct screen *s); /* that the heat map has room for; page_drift.c */
void say(struct screen *s, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* once, in the hint row */

/* ---- charts of a track (tracks.c) ---- */
/* A name in at most so many columns, for a title; what is longer ends in "…". */
#define BRIEF_MAX 512
struct brief {
	char at[BRIEF_MAX];
};
struct brief brief(const char *name, int columns);

struct plot {
	const struct track *track[3];
	enum style style[3];
	struct time_span span;
	double scale, limit, top;     /* values are multiplied; top 0: from the data */
	const char *unit;             /* appended to the top label: " %" */
	int label_width, time_labels; /* a long label has more */
	int axis;                     /* from 1: of screen.axis, the top only grows; 0: none */
	uint64_t axis_of;             /* of what: another model has another axis */
	struct time_span shade[2];    /* pending, firing; to 0: none */
	struct chart_mark mark;
};
void plot_draw(struct screen *s, struct pane p, const struct plot *q);

#endif
