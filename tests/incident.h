/*
 * incident.h -- the night that tests/tools/make_store.c puts into a store, the one of the drawings of the dashboard. It is 03:14:22 UTC on
 * 2026-11-20. fraud sends cents instead of euros since 02:36:10, is slow since 02:48, restarted and in part failing since 03:04:58; churn and
 * ranker-eu are well.
 */
#ifndef TESTS_INCIDENT_H
#define TESTS_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/labels.h"
#include "mlwatch/store.h"

#define NOW             INT64_C(1795144462000)
#define MIDNIGHT        INT64_C(1795132800000)
#define AGO(m, s)       (NOW - ((m)*INT64_C(60) + (s)) * 1000)
#define CLOCK(h, m, s)  (MIDNIGHT + (((h)*INT64_C(60) + (m)) * 60 + (s)) * 1000)
#define CENTS_SINCE     CLOCK(2, 36, 10)
#define SLOW_SINCE      CLOCK(2, 48, 0)
#define FAILS_SINCE     CLOCK(3, 4, 58)
#define UNHEALTHY_SINCE CLOCK(3, 8, 14)

/* ESC, OSC 52, CSI in one byte, an RTL override, a combining accent, a wide and a zero-width character, a newline. */
#define HARM                                                                                                           \
	"\x1b]52;c;cm0gLXJm\x07\x1b[2J\xc2\x9b"                                                                        \
	"31m\xe2\x80\xae"                                                                                              \
	"e\xcc\x81\xe6\xbc\xa2\xe2\x80\x8b\n"

struct work {
	struct store *s;
	struct arena *mem;
	bool hostile;
};

static inline void
must(int rc, const struct err *e)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "make_store: %s\n", e->text);
	exit(1);
}

/* The text, or the harmful one around it. */
static inline const char *
outside(struct work *w, const char *text)
{
	return w->hostile ? arena_printf(w->mem, "%s" HARM "%s", text, text) : text;
}

static inline void
put_value(struct work *w, const struct label *labels, size_t n, int64_t t, double v)
{
	const struct store_sample sample = {.labels = labels_make(w->mem, labels, n), .t = t, .v = v};
	struct err e = ERR_INIT;

	must(store_put_sample(w->s, &sample, &e), &e);
}

#endif
