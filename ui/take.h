/* take.h -- taking away what the screen shows: into the clipboard (screen.wish.copy), onto an empty screen, or into a file. */
#ifndef UI_TAKE_H
#define UI_TAKE_H

#include <stdbool.h>

#define COPY_MAX 70000 /* bytes; more does not go through OSC 52 everywhere */

struct buf;
struct screen;

void screen_take_file(struct screen *s, const char *path);
/* OSC 52 with the text; wrapped for tmux. */
void clipboard_sequence(struct buf *out, const char *text, bool tmux);
/* OSC 8 around a link; wrapped for tmux. Plain text when it is no http(s) link. */
void link_sequence(struct buf *out, const char *link, bool tmux);

#endif
