/* panes.h -- panes that more than one page shows, or that have a file of their own. */
#ifndef UI_PANES_H
#define UI_PANES_H

#include "grid.h"

struct screen;

/* The alerts, on a small screen: without titles and frames. */
void pane_small_alerts(struct screen *s, struct pane p);
/* page_alerts_below.c */
void pane_rules(struct screen *s, struct pane p);
void pane_silences(struct screen *s, struct pane p);
void pane_resolved(struct screen *s, struct pane p);
/* page_alert_lists.c: of one alert; about_alert: what was read of the selected one, NULL while another is */
struct part_alert;
const struct part_alert *about_alert(const struct screen *s);
void pane_behind(struct screen *s, struct pane p);
void pane_around(struct screen *s, struct pane p);
void pane_told(struct screen *s, struct pane p);
void pane_models(struct screen *s, struct pane p, bool of_overview);
void pane_answers(struct screen *s, struct pane p);
void pane_score(struct screen *s, struct pane p);

#endif
