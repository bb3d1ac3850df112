/* people.h -- what people do to notification leaves an event. Private to notify. */
#ifndef NOTIFY_PEOPLE_H
#define NOTIFY_PEOPLE_H

#include <stdint.h>

struct err;
struct store;

/* "BY DID WHAT" */
int people_event(struct store *s, const char *by, const char *did, const char *what, const char *ref, int64_t now,
		 struct err *e);

#endif
