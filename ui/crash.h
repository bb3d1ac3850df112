/*
 * crash.h -- a crash leaves the terminal as it was: what ends us abnormally first puts it back, then goes on to end us.
 */
#ifndef UI_CRASH_H
#define UI_CRASH_H

/* Before curses changes the terminal; fd is the terminal. */
void crash_guard(int fd);
void crash_unguard(void);

#endif
