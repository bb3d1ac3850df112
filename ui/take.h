/* take.h -- taking away what the screen shows: into the clipboard (screen.copy) or a file. */
#ifndef UI_TAKE_H
#define UI_TAKE_H

#include <stdbool.h>

#define COPY_MAX 70000 /* bytes; more does not go through OSC 52 everywhere */

struct buf;
struct screen;

void screen_take_row(struct screen *s, bool json);
void screen_take_link(struct screen *s, bool copy); /* copy, or only show it in the hint row */
void screen_take_file(struct screen *s, const char *path);
/* OSC 52 with the text; wrapped for tmux. */
void clipboard_sequence(struct buf *out, const char *text, bool tmux);

#endif
