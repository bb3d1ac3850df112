/*
 * lean.h -- memory that was needed once and is not any more goes back to the system: a dashboard stands open for days.
 */
#ifndef UI_LEAN_H
#define UI_LEAN_H

/* What starting touched of the program and its libraries: most of it serves other commands (HTTP, TLS). It is read again from the
 * files should it be needed after all. Some 100 page faults later; call it once, when the first picture is whole. */
void lean_after_start(void);
/* What free() kept for later. Takes about a millisecond; for after a reading, now and then. */
void lean_after_reading(void);

#endif
