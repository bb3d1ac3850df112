/*
 * leave.h -- that a signal ends the dashboard also while its terminal takes nothing: somebody stopped the output, or the line is dead and
 * nobody has noticed yet. Whoever draws then hangs in write(2). Knows file descriptors; no screen.
 */
#ifndef UI_LEAVE_H
#define UI_LEAVE_H

struct leave;

/* Watches `signals` (readable when one is there; never read) beside the loop, whose thread calls this; takes SIGUSR1. What `terminal` does not take is thrown away, from 30 ms
 * after a signal on, unless the loop has ended by then. NULL: no thread; all goes on without. */
struct leave *leave_open(int signals, int terminal);
void leave_loop_ended(struct leave *l);
void leave_close(struct leave *l); /* NULL is fine */

#endif
