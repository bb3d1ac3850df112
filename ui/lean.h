/*
 * lean.h -- memory that was needed once and is not any more goes back to the system: a dashboard stands open for days.
 */
#ifndef UI_LEAN_H
#define UI_LEAN_H

/* What was touched of the program and its libraries: most of it serves other commands (HTTP, TLS) or a page that was left. What is needed
 * after all is read from the files again, some 100 page faults later; for after the start, and when a page is done with. */
void lean_text(void);
/* What free() kept for later. About a millisecond. */
void lean_heap(void);

#endif
