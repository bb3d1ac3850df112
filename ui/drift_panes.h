/* drift_panes.h -- what the pages Drift and Feature share. */
#ifndef UI_DRIFT_PANES_H
#define UI_DRIFT_PANES_H

#include "grid.h"

struct screen;
struct view_feature;

void p_text(char out[24], double p); /* "<1e-99", "2e-16", "0.042" */
void pane_numbers(struct screen *s, struct pane p, const struct view_feature *f);

#endif
