/*
 * load.h -- how a part of a snapshot is read: one function per part, in the files load_*.c. Each returns its payload, allocated in l->mem
 * like all that it points to; NULL with l->err when it cannot be read. Runs in the loader's thread.
 */
#ifndef UI_LOAD_H
#define UI_LOAD_H

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "snapshot.h"

struct reader;

struct loading {
	const struct request *q;
	const struct snapshot *s; /* what is read so far: the parts before this one, and what the request came to */
	struct view_source src;   /* src.now: the end of the range */
	struct reader *reader;
	struct arena *mem;
	const void *before; /* the payload as it was read last, when only time has passed since; NULL */
	int64_t back_ms;    /* how far behind its time the expression of a track looks: windows are wider there */
	struct err err;
};

typedef void *load_fn(struct loading *l);
load_fn load_models, load_changes, load_sparks, load_rules, load_charts, load_features, load_heat, load_cell,
    load_feature, load_alert, load_model, load_targets, load_logs, load_notify, load_events, load_query, load_names;

/*
 * The first series of an expression as CHART_POINTS values over the span. A span ends at a multiple of its step, so that a later one shares
 * its points: before (may be NULL) are the values over an earlier span of the same length, and only the new tail is asked for.
 */
struct time_span chart_span(const struct loading *l);
struct track load_track(struct loading *l, const char *expr, struct time_span span, const struct track *before,
			struct time_span before_span);
/* Those of the last hour, in order. */
const char *const *metric_names(struct loading *l, size_t *n);
/* ... or the series that is an alert's, when a is not NULL. */
struct track load_alert_track(struct loading *l, const char *expr, const struct view_alert *a, struct time_span span,
			      const struct track *before, struct time_span before_span);
/* What is behind the alert, into p: load_behind.c. */
void load_behind(struct loading *l, const struct view_alert *a, struct part_alert *p);
/* The rows of the features in p->behind and what is the matter with them, over the stretch of time that expr is about; with drift: how far they
 * drifted, too. load_what.c. */
void load_what(struct loading *l, const struct view_alert *a, const char *expr, bool drift, struct part_alert *p);
/* Are these labels, as far as the alert has them, the alert's? */
bool is_of_alert(struct labels l, const struct view_alert *a);
/* The series of an expression that is an alert's: of several the one with most of its labels; NULL. */
const struct view_series *series_for(const struct view_series *series, size_t n, const struct view_alert *a);
const struct view_alert *alert_by_fingerprint(const struct view_overview *o, const char *fingerprint);

#endif
