/*
 * terminal.c -- does terminfo know this terminal? By itself because <term.h> defines words like "lines" as macros.
 */
#include "terminal.h"

#include <ncurses.h>
#include <term.h>
#include <unistd.h>

bool
terminal_known(const char *term)
{
	int status;

	return setupterm(term, STDOUT_FILENO, &status) == OK;
}
