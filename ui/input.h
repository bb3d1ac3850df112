/*
 * input.h -- what is typed and clicked, by name. Knows curses' codes and the mouse protocol (1000 + 1006); not what a key does.
 */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include <stdbool.h>

enum input_event { EVENT_NONE, EVENT_KEY, EVENT_MOUSE, EVENT_RESIZE, EVENT_SUSPEND };
struct input_got {
	enum input_event what;
	char key[16];     /* EVENT_KEY: "j", "Enter", "C-l", "F1" */
	int button, x, y; /* EVENT_MOUSE: a press; 0 left, 64 and 65 the wheel */
};

void input_open(void);                /* after newterm */
bool input_next(struct input_got *g); /* false: nothing more is there now */
void input_mouse(bool on);            /* asks the terminal to report */

#endif
