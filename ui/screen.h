/*
 * screen.h -- the dashboard's state, what it shows (a snapshot, read by the loader) and the drawing of its pages.
 *
 * Three parts that only meet here: the loader fills snapshots (load.c), keys change the state (keys.c), pages draw state and snapshot
 * into a grid (page_*.c). None of them knows curses.
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "form.h"
#include "grid.h"
#include "mlwatch/view.h"

enum page {
	PAGE_OVERVIEW,
	PAGE_ALERTS,
	PAGE_MODELS,
	PAGE_DRIFT,
	PAGE_TARGETS,
	PAGE_LOGS,
	PAGE_NOTIFY,
	PAGE_EVENTS,
	PAGE_QUERY,
	PAGE_ALERT,   /* one alert */
	PAGE_FEATURE, /* one feature */
	PAGE_HELP,
	N_PAGES
};
#define N_VIEWS 9 /* the pages with a number */

#define CHART_POINTS 240
#define HEAT_CELLS   30

/* Series for a chart: CHART_POINTS values over the snapshot's range, NAN where there is nothing. */
struct track {
	const double *v;
	double last;
};

struct snapshot {
	struct arena *mem;
	enum page page;
	int64_t t, from; /* the range shown: (from, t] */
	int64_t clock;   /* when it was read */
	double took;     /* seconds */
	struct view_overview o;
	struct track p50, p95, p99, rps, rps_before, errors,
	    value;            /* of the selected model; value: of the selected alert */
	double latency_limit; /* NAN: no rule says one */
	struct view_feature *features;
	size_t n_features;
	struct view_rule *rules;
	size_t n_rules;
	struct view_silence *silences;
	size_t n_silences;
	struct view_alert *resolved;
	size_t n_resolved;
	struct view_receiver *receivers;
	size_t n_receivers;
	struct view_message *waiting, *sent;
	size_t n_waiting, n_sent;
	struct view_event *events;
	size_t n_events;
	const char *model, *version; /* whose charts and features these are */
	const char *alert;           /* fingerprint of the alert whose value this is */
	/* of that alert: the value farthest over the limit in this firing, and what was sent for it */
	double peak;
	int fired_30d, sent_for, waiting_for, given_up_for;
	int64_t fired_30d_ms; /* how long in all */
	const char *feature;
	const struct reference_feature *reference; /* of the feature; lives with the reader */
	const char *reference_created;
	const double *decile_ref, *decile_now; /* shares per bin, n_bins */
	const char **decile_label;
	size_t n_bins;
	struct view_series *query; /* the query page */
	size_t n_query;
	const char *query_error;
	const char *error; /* the store could not be read */
};

/* What the loader is to read next. */
struct request {
	enum page page;
	int64_t at; /* 0: now */
	int64_t
	    clock; /* what time it is taken to be; 0: the clock's (snapshots of the past are judged as they were then) */
	int64_t range_ms;
	char model[128], version[64], feature[128], alert[24], query[2048];
};

struct reader;
struct snapshot *snapshot_load(struct reader *r, const struct request *q);
struct snapshot *snapshot_failed(const struct request *q, const char *why);
void snapshot_close(struct snapshot *s); /* NULL is fine */

enum input { INPUT_NONE, INPUT_FILTER, INPUT_COMMAND, INPUT_QUERY };

struct screen {
	struct grid *grid;
	const struct snapshot *snap; /* borrowed; NULL before the first */
	enum page page, back;
	int sel[N_PAGES], top[N_PAGES];
	int col;                  /* drift: the time cursor, from the right */
	int64_t range_ms, end_ms; /* end 0: live */
	bool paused, zoom, problems, utc, help_open, read_only, quit;
	int held; /* snapshots that came while paused */
	char filter[256], line[2048];
	enum input input;
	char hint[256];   /* said once, instead of the page's hint */
	struct form form; /* over the page while its kind is not FORM_NONE */
	char *copy;       /* for the clipboard; whoever shows the grid takes it */
	int theme;
	bool form_sent; /* what is due has been handed over */
	const char *read_only_why;
	int64_t now; /* the clock of the frame */
	int utc_offset_s;
};

void screen_open(struct screen *s, struct grid *g);
void screen_close(struct screen *s); /* not the grid, not the snapshot */
/* One key by name ("j", "Enter", "F1", "C-l", "Up"): changes the state. */
void screen_key(struct screen *s, const char *key);
void screen_request(const struct screen *s, struct request *q);
/* Draws everything. */
void screen_draw(struct screen *s);

/* ---- for the pages ---- */
typedef void page_fn(struct screen *s, struct pane body);
page_fn draw_overview, draw_alerts, draw_models, draw_drift, draw_targets, draw_logs, draw_notify, draw_events,
    draw_query, draw_alert, draw_feature, draw_help;
extern const char *const page_hint[N_PAGES];
int page_rows(const struct screen *s); /* selectable rows of the page as it is now */
bool wide(const struct screen *s);     /* at least 120 columns: frames, and the wide tables */
unsigned health_style(enum health h);
/* HH:MM or HH:MM:SS in the screen's time zone. */
void clock_hm(const struct screen *s, char out[16], int64_t ms);
void clock_hms(const struct screen *s, char out[16], int64_t ms);
void age_text(const struct screen *s, char out[16], int64_t then);
#define N_THEMES 4
extern const char *const theme_word[N_THEMES];
enum health row_health(const struct screen *s, int i);                         /* of a row of the page */
bool row_passes(const struct screen *s, enum health health, const char *text); /* filter and problems only */
bool filter_passes(const struct screen *s, const char *text);
const struct view_model *selected_model(const struct screen *s);
const struct view_alert *selected_alert(const struct screen *s);

/* ---- tables (list.c) ---- */
struct column {
	const char *title;
	int x, w;
	bool right;
	int flex; /* its share of the columns that the pane has more than the table needs */
};
struct list {
	struct pane pane;
	const struct column *cols;
	size_t n;
	int need, y;
};
/* need: the width the table was drawn for. Prints the head unless all titles are NULL. */
struct list list_open(struct pane p, const struct column *cols, size_t n, int need);
void list_cell(const struct list *t, size_t col, unsigned attr, const char *text);
struct pane list_field(const struct list *t, size_t col); /* for sparklines */
/* The end of a row; selected: reversed. */
void list_row_end(struct list *t, bool selected);
bool list_full(const struct list *t);

/* ---- charts of a track (tracks.c) ---- */
struct plot {
	const struct track *track[3];
	enum style style[3];
	double scale, limit, top; /* values are multiplied; top 0: from the data */
	const char *unit;         /* appended to the top label: " %" */
	int label_width, time_labels;
};
void plot_draw(struct screen *s, struct pane p, const struct plot *q);

#endif
