/*
 * clock.h -- times and durations as text, and the one place that asks what time it is.
 * Times are int64 milliseconds since the epoch, UTC. Durations are int64 milliseconds.
 */
#ifndef MLWATCH_CLOCK_H
#define MLWATCH_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

#define MS_SECOND INT64_C(1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR   (60 * MS_MINUTE)
#define MS_DAY    (24 * MS_HOUR)

int64_t clock_now(void);          /* wall clock, ms */
int64_t clock_monotonic(void);    /* only for timers, ms */
int64_t clock_monotonic_us(void); /* the same in microseconds: how long something took */

/* Prometheus durations: 1y2w3d4h5m6s7ms, each unit at most once and in this order, or 0. Returns -1
 * when s is none. Never negative. */
int duration_parse(const char *s, int64_t *ms);
void duration_format(struct buf *out, int64_t ms); /* as Prometheus prints it: 1h30m, 5m, 0s */
void duration_human(char out[16], int64_t ms);     /* for people: <1s, 28m, 3h, 3d */

int size_parse(const char *s, int64_t *bytes); /* 64KiB 1.5GiB 10MB 512B; a bare number is refused */
void size_human(char out[16], int64_t bytes);

/* RFC 3339 with any offset and 0 to 9 fraction digits, 'T' or blank, 'Z' or 'z'. Not NUL-terminated.
 * Truncates below ms. Returns -1 when it is none (day 31 of April, hour 24, ...; second 60 is read as 59.999). */
int rfc3339_parse(const char *s, size_t n, int64_t *ms);
void rfc3339_format(char out[32], int64_t ms); /* 2026-03-01T00:00:00.000Z */
/* A time on a command line: RFC 3339, -1h, now, 02:36 (local), Unix seconds with fraction. */
int time_parse(const char *s, int64_t now, int64_t *ms, struct err *e);
/* Civil date from days since the epoch and back, proleptic Gregorian. */
int64_t days_from_civil(int64_t y, unsigned m, unsigned d);
void civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d);

#endif
