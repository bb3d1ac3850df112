/*
 * notified.h -- what was sent to receivers, as events: one for each change of a group, however many receivers were told of it. Repeats are
 * no news. Asked of the outbox; how far it was looked at stands in the store and is committed with the events.
 */
#ifndef AGENT_NOTIFIED_H
#define AGENT_NOTIFIED_H

#include <stdint.h>

struct batch;
struct buf;
struct err;
struct store;

/* Looks at what was sent since the last look (t: now); what is to be told goes into out. */
int notified_look(struct store *store, int64_t t, struct batch *out, struct err *e);
/* "notified: ErrorRateHigh fraud" out of a message's title "[FIRING:1] ErrorRateHigh fraud". */
void notified_words(struct buf *out, const char *title);

#endif
