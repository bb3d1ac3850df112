/* frame.h -- where the frame's clickable things stand. */
#ifndef UI_FRAME_H
#define UI_FRAME_H

struct screen;

int frame_view_at(const struct screen *s, int x);     /* of row 1: which view, from 0; -1: none */
int frame_function_at(const struct screen *s, int x); /* of the last row: which function key, from 1; 0: none */

#endif
