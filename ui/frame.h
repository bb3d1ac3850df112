/*
 * frame.h -- the parts of the frame around a page, and where its clickable things stand.
 */
#ifndef UI_FRAME_H
#define UI_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "grid.h"

struct screen;

int frame_view_at(const struct screen *s, int x);     /* of row 1: which view, from 0; -1: none */
int frame_function_at(const struct screen *s, int x); /* of the last row: which function key, from 1; 0: none */

/* head.c: rows 0 and 1; on a small screen row 0 */
void head_draw(struct screen *s, struct pane p);
void head_draw_small(struct screen *s, struct pane p);
/* What is shown is not of now: the agent is not there, or the store cannot be read. */
bool is_old(const struct screen *s);
/* How long ago the agent committed last; goes on while nothing new comes. */
int64_t agent_age(const struct screen *s);
void agent_age_text(const struct screen *s, char out[16]);

/* banner.c: what must be known on every page, a row each; returns how many */
int banners_draw(struct screen *s, struct pane p);
/* Instead of a page, while nothing could be read yet: why, and what to run. */
void blank_draw(struct screen *s, struct pane p);

#endif
