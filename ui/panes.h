/* panes.h -- panes that more than one page shows, or that have a file of their own. */
#ifndef UI_PANES_H
#define UI_PANES_H

#include "screen.h"

/* The alerts, on a small screen: without titles and frames. */
void pane_small_alerts(struct screen *s, struct pane p);
/* page_alerts_below.c */
#define ALERTS_SILENCES 2 /* its place among the panes of Alerts */
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

/* model_charts.c: the charts of the selected model. model_charts: NULL, and the pane says why, while there are none; the plots then need
 * time_labels only. */
const struct part_charts *model_charts(struct screen *s, struct pane p, const char *title);
struct plot latency_plot(const struct screen *s);
struct plot traffic_plot(const struct screen *s, bool with_before);
struct plot errors_plot(const struct screen *s);
void decimal_text(char out[16], double v, int decimals);     /* "-" of NaN */
void rate_text(char out[16], double v);                      /* "183", "3.0", "0.04" */
void ms_text(char out[16], double seconds);                  /* "421", "7.0" */
void errors_text(char out[16], double share);                /* "3.1", "0.02" */
void latency_text(char out[64], const struct view_model *m); /* "p50 84  p95 421  p99 655" */

#endif
