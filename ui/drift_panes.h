/* drift_panes.h -- what the pages Drift and Feature say in the same words, and those of their panes that have a file of their own. */
#ifndef UI_DRIFT_PANES_H
#define UI_DRIFT_PANES_H

#include "grid.h"

struct part_feature;
struct screen;
struct view_feature;

void power_text(char out[16], double v);     /* "2e-9", "1e6" */
void p_text(char out[16], double p);         /* for a column: "<1e-99", "2e-16", "0.042"; "-" */
void p_sentence(char out[32], double p);     /* "p < 1e-300", "p = 2e-16"; "" */
void statistic_text(char out[16], double v); /* "0.857", "12.30" */
void ratio_text(char out[16], double ratio); /* "8.6×", "31×" */
void share_of(char out[32], double share);   /* "5 %", "21.8 %" */
int64_t now_window(const struct screen *s);  /* how long NOW is, as it is shown */
void window_text(char out[32], int64_t ms);  /* "15m" */
void span_words(char out[32], int64_t ms);   /* "15 minutes" */
/* What is known of the error: "(error < 0.001)", "(exact)"; "" for what is no KS. */
void bound_text(char out[32], const struct view_feature *f);
const char *other_word(const struct screen *s); /* what is compared with: "reference", "a week ago", "before" */

#define DRIFT_CELL_LINES 8 /* at 120 columns */
void pane_drift_cell(struct screen *s, struct pane p);
/* Inside a frame: two bars a bin, or both shares of each category. */
void feature_shares(struct screen *s, struct pane p, const struct part_feature *d);

#endif
