/*
 * sender.h -- from rows of the outbox to requests. Private to notify.
 *
 * Every integration of every receiver has a lane: how many requests at a time, how many a second, when it asked us to come back. A row
 * that fails waits with exponential backoff and full jitter; a lane whose requests all fail is tried with one request at a time. Lanes
 * do not wait for each other.
 *
 * Everything here happens on the loop and nothing of it waits for a disk: what needs a file or the store (secrets, the text of a row
 * that is not in memory) is done in a worker for one row at a time. Only so many texts are kept; thousands of waiting rows cost little.
 */
#ifndef NOTIFY_SENDER_H
#define NOTIFY_SENDER_H

#include "conf.h"
#include "kinds.h"
#include "mlwatch/notify.h"

struct store;
struct uv_loop_s;

struct outcome { /* of one request, for the row; error is borrowed */
	int64_t id;
	enum verdict verdict;
	int64_t attempts, next_ms, status;
	const char *receiver, *kind, *error;
};

struct sender_spec {
	struct uv_loop_s *loop;
	struct store *store;
	const struct notify_config *config; /* borrowed until sender_config */
	void (*sending)(void *arg, int64_t id);
	/* RETRY and LIMITED: the row waits until next_ms. */
	void (*done)(void *arg, const struct outcome *o);
	void *arg;
};

struct sender_row {
	int64_t id, next_ms, expires_ms, attempts;
	const char *receiver, *kind;
	int64_t index;
	int64_t replaces; /* an older row of the same group and integration; 0: none */
	char *payload;    /* NULL: read from the store when it is sent */
};

struct sender;
int sender_open(struct sender **out, const struct sender_spec *spec, struct err *e);
void sender_config(struct sender *s, const struct notify_config *c);
/* Takes the payload. What it replaces is forgotten, or, when that is under way, not tried again, and the new row goes after it. */
void sender_add(struct sender *s, const struct sender_row *row);
bool sender_has(const struct sender *s, int64_t id);
/* A row that waits is forgotten; one under way is not stopped, but not tried again. */
void sender_remove(struct sender *s, int64_t id);
/* Starts what may be started. Returns when to come again, INT64_MAX: never by itself. */
int64_t sender_pump(struct sender *s, int64_t now_ms);
void sender_shift(struct sender *s, int64_t delta);
void sender_lanes(const struct sender *s, notify_lane_fn *fn, void *arg);
size_t sender_under_way(const struct sender *s);
size_t sender_waiting(const struct sender *s);
void sender_close(struct sender *s, void (*done)(void *arg), void *arg);

/* Milliseconds to wait after the nth failed attempt: uniform over 0 .. min(1 s * 1.5^(n-1), 60 s). u: 0 <= u < 1. */
int64_t sender_backoff(int64_t attempts, double u);

#endif
