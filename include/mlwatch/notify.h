/*
 * notify.h -- from alerts to messages: Alertmanager's routing, grouping, inhibition, silences and time intervals,
 * a durable outbox, one file per receiver kind. Does not know PromQL or rules.
 *
 * Two halves. The dispatcher is a pure state machine over alerts and time: it decides which notification of which group is
 * due, and when it must be woken next. The sender takes rows from the outbox and talks HTTP or SMTP (libcurl multi on libuv).
 */
#ifndef MLWATCH_NOTIFY_H
#define MLWATCH_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/alert.h"
#include "mlwatch/err.h"
#include "mlwatch/labels.h"

struct log;
struct store;
struct uv_loop_s;

/* The routing file (Alertmanager's format). */
struct notify_config;
int notify_config_load(struct notify_config **out, const char *path, struct errlist *errors);
void notify_config_close(struct notify_config *c);
/* Which receivers a label set reaches, in order, with the route's path ("route.routes[1]") for `mlwatch test routes`. */
typedef void route_fn(void *arg, const char *receiver, const char *route_path);
void notify_config_routes(const struct notify_config *c, struct labels labels, route_fn *fn, void *arg);

struct notify;
struct notify_spec {
	const char *external_url;     /* of this mlwatch, for links */
	struct uv_loop_s *loop;
	struct store *store;          /* outbox, groups, notification log, silences, acks live here */
	struct log *log;
};
/* Takes the configuration. Restores groups, timers and outbox from the store. */
int notify_open(struct notify **out, const struct notify_spec *spec, struct notify_config *c, struct err *e);
void notify_reload(struct notify *n, struct notify_config *c);   /* takes; groups keep their timers */
/* Alerts from rules or POST /api/v2/alerts; copies. Thread-safe. */
void notify_alerts(struct notify *n, const struct alert *a, size_t count, int64_t now_ms);
/* Runs on the loop: dispatches what is due, fills the outbox, starts requests. Returns when to be called again (ms). */
int64_t notify_step(struct notify *n, int64_t now_ms);
void notify_close(struct notify *n, void (*done)(void *arg), void *arg);

struct notify_counts { uint64_t queued, sent, failed, given_up; };
struct notify_counts notify_counts(const struct notify *n);

#endif
