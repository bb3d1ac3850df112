/* terminal.h -- does terminfo know this terminal? */
#ifndef UI_TERMINAL_H
#define UI_TERMINAL_H

#include <stdbool.h>

bool terminal_known(const char *term);

#endif
