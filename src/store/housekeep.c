/*
 * housekeep.c -- what the store does for itself: roll up, total, compact, delete. A bounded piece per call and transaction, so that the
 * agent, which calls this after every commit, is never held up.
 */
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "store_samples.h"
#include "store_windows.h"

static int
expire_series(struct store *s, int64_t now, struct err *e)
{
	const struct window_rows *w = s->windows;
	int64_t newest, before;
	bool any = false;

	if (windows_newest(s, now, &newest, e) < 0 || samples_expire_before(s, now, &before, e) < 0 ||
	    histogram_rows_expire(s, before, e) < 0 || series_expire(s, SERIES_SAMPLES, before, &any, e) < 0)
		return -1;
	return series_expire(s, SERIES_WINDOWS, newest - w->level[w->n - 1].keep_ms, &any, e);
}

#define BUDGET_MS 15

typedef int step_fn(struct store *s, int64_t now_ms, bool *more, struct err *e);

/* Pieces of one kind until there are no more or time is up. */
static int
run_steps(struct store *s, step_fn *step, int64_t now_ms, int64_t until, bool *more, struct err *e)
{
	int rc = 0;

	do {
		*more = false;
		rc = step(s, now_ms, more, e);
	} while (rc == 0 && *more && clock_monotonic() < until);
	return rc;
}

/* Once an hour, of the agent's clock. */
static int
hourly(struct store *s, int64_t now, bool *more, struct err *e)
{
	int64_t hour = floor_to(now, MS_HOUR);

	*more = false;
	if (s->swept_hour == hour)
		return 0;
	s->swept_hour = hour;
	return expire_series(s, now, e) < 0 ? -1 : events_expire(s, now, e);
}

bool
store_housekeep(struct store *s, int64_t now_ms, struct err *e)
{
	static step_fn *const steps[] = {
	    rollup_step,        totals_step, samples_compact_step, windows_expire_step, samples_expire_step,
	    totals_expire_step, hourly};
	bool any = false, more = false;

	if (store_begin(s, e) < 0)
		return false;
	int64_t before = sqlite3_total_changes64(s->db), until = clock_monotonic() + BUDGET_MS;
	int rc = windows_refresh(s, e) < 0 ? -1 : series_refresh(s, e);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++) {
		rc = run_steps(s, steps[i], now_ms, until, &more, e);
		any = any || more;
	}
	if (rc == 0)
		rc = windows_flush(s, e);
	if (rc == 0 && sqlite3_total_changes64(s->db) == before)
		return store_txn_end(s, 0, e) == 0 && any; /* nothing was due: nothing is written */
	return core_commit(s, now_ms, rc, e) == 0 && any;
}
