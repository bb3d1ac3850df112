/*
 * page.h -- pages are panes and a layout. What a pane shows is in page_*.c; focus, zoom, mouse and keys are the same for all.
 */
#ifndef UI_PAGE_H
#define UI_PAGE_H

#include "grid.h"
#include "page_names.h"
#include "table.h"

struct buf;
struct screen;

#define PANES_MAX 8

struct rect {
	int x, y, w, h; /* h 0: no room for it */
};
struct pane_kind {
	const char *name;
	enum table table;                              /* TABLE_NONE: a drawing */
	void (*draw)(struct screen *s, struct pane p); /* frame and all */
};
struct page_kind {
	const char *name, *full, *brief; /* "alerts", "Alerts", "Alert" */
	enum page view;                  /* the view that it belongs to */
	enum table list;                 /* that j and k move in when the pane with the focus has none */
	const struct pane_kind *panes;
	size_t n_panes;
	void (*lay_out)(const struct screen *s, int w, int h, struct rect at[PANES_MAX]);
	/* Below 60x16, what is to be seen whichever pane has the focus; NULL: that pane alone. */
	void (*lay_out_small)(const struct screen *s, int w, int h, struct rect at[PANES_MAX]);
	/* The hint row; "{down}" stands for the first key of the action "down". */
	const char *hint, *hint_narrow;
	void (*hint_now)(const struct screen *s, struct buf *out); /* another one at times: what it adds; may be NULL */
	/* What y takes, and what that is in words; the caller frees. NULL: the row under the cursor. */
	char *(*copy)(const struct screen *s, const char **what);
};
extern const struct page_kind page_overview, page_alerts, page_models, page_drift, page_targets, page_logs, page_notify,
    page_events, page_query, page_alert, page_feature, page_help;
const struct page_kind *page_kind(enum page p);
bool page_by_name(const char *name, enum page *out);

/* Draws the page, or its pane with the focus alone. */
void page_draw(struct screen *s, struct pane p);
void page_focus(struct screen *s, int by);     /* the next pane that is shown, or the one before */
enum table page_table(const struct screen *s); /* of the focus, else the page's list; TABLE_NONE */
/* The panes of the page one below the other: wants[i] rows, those with a weight share what is left. For lay_out. */
struct stack {
	int want, least, weight; /* want 0: nothing to show; least: not drawn below that */
};
void stack_rows(int h, const struct stack *s, size_t n, int rows[]);

/* A hint with the keys that its actions have now. */
void hint_add(const struct screen *s, struct buf *out, const char *hint);
/* A pane's frame with titles, marked when it has the focus. Returns what is inside. */
struct pane pane_open(const struct screen *s, struct pane p, const char *title, const char *right);
/* Rows that a frame or rule takes. */
int frame_rows(const struct screen *s);

/* Goes to a page that the number keys reach; opens one on top of the present one; goes back. */
void page_go(struct screen *s, enum page p);
void page_open(struct screen *s, enum page p);
bool page_back(struct screen *s); /* false: it was a view */

#endif
