/*
 * traffic.h -- how much each model is asked, against the same hour a day ago: an event when it is 30 % more or less, and one when it is back.
 *
 * Asked of the store once a minute; what was told stands there, too, and is committed with the event.
 */
#ifndef AGENT_TRAFFIC_H
#define AGENT_TRAFFIC_H

#include <stdint.h>

#include "mlwatch/clock.h"

struct batch;
struct err;
struct store;

#define TRAFFIC_SPAN_MS (10 * MS_MINUTE) /* of which is said whether it is much: there must be as many of logs */

enum traffic { TRAFFIC_USUAL, TRAFFIC_LOW, TRAFFIC_HIGH };

/* Pure. now: records in the last ten minutes; before: in the hour around the same time a day ago. Leaves the usual at 30 %, comes back
 * to it at 20 %, and neither by chance: four standard deviations of what two Poisson counts differ. Too few a day ago to say: usual. */
enum traffic traffic_next(enum traffic was, double now, double before);
/* -0.38: what now is against before; NAN: nothing to compare with. */
double traffic_change(double now, double before);

/* Looks at every model at t; what is to be told goes into out. */
int traffic_look(struct store *store, int64_t t, struct batch *out, struct err *e);

#endif
