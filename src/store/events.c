/*
 * events.c -- the timeline: what changed and when, as rows for the dashboard, notifications and `mlwatch events`.
 *
 * A minute holds at most MINUTE_EVENTS of a kind; what comes beyond them is one row that counts. The count stands in the rows
 * themselves, so it is right after a rollback, across processes, and for events of the past.
 */
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "store_private.h"

/* A model that flaps for a year must not fill the disk with its story. */
#define KEEP_EVENTS_MS (400 * MS_DAY)
#define MAX_EVENTS     200000
#define MINUTE_EVENTS  60

enum { SQL_PUT, SQL_LIST, SQL_CELLS, SQL_EXPIRE, SQL_MINUTE, SQL_ONE_MORE };

#define MORE " more events of this kind in this minute"

static const char *const sql[] = {
    [SQL_PUT] = "INSERT INTO event(t, kind, severity, subject, model, text, ref) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_LIST] = "SELECT id, t, kind, severity, subject, model, text, ref FROM event WHERE t >= ?1 AND t <= ?2"
		 " ORDER BY t DESC, id DESC LIMIT ?3",
    [SQL_CELLS] = "SELECT (t - ?4) / ?3, sum(severity = 'problem'), sum(severity = 'warning'), count(*) FROM event"
		  " WHERE t >= ?1 AND t <= ?2 GROUP BY 1 ORDER BY 1",
    [SQL_EXPIRE] = "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE t < ?1 LIMIT 500)"
		   " OR id <= (SELECT max(id) FROM event) - ?2",
    [SQL_MINUTE] = "SELECT count(*), coalesce(max(CASE WHEN text LIKE '%" MORE "' THEN id END), 0)"
		   " FROM event INDEXED BY event_t WHERE t >= ?1 AND t < ?1 + 60000 AND kind = ?2",
    [SQL_ONE_MORE] = "UPDATE event SET text = (CAST(text AS INTEGER) + 1) || '" MORE "',"
		     " severity = CASE ?2 WHEN 'problem' THEN ?2 ELSE severity END WHERE id = ?1",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE event("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, t INTEGER NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL,"
	"  subject TEXT NOT NULL, model TEXT NOT NULL, text TEXT NOT NULL, ref TEXT NOT NULL);"
	"CREATE INDEX event_t ON event(t);"},
};

const struct store_part store_events_part = STORE_PART("events", schema, sql);

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static int
put(struct store *s, const struct store_event *ev, struct err *e)
{
	return store_exec(s, PART_EVENTS, SQL_PUT, e, "issssss", ev->t, or_empty(ev->kind), or_empty(ev->severity),
			  or_empty(ev->subject), or_empty(ev->model), or_empty(ev->text), or_empty(ev->ref));
}

/* How many of the kind stand in the minute already, and the row that counts the rest of them (0: none yet). */
static int
look_at_minute(struct store *s, const struct store_event *ev, int64_t *n, int64_t *rest, struct err *e)
{
	const int64_t minute = ev->t - ((ev->t % MS_MINUTE) + MS_MINUTE) % MS_MINUTE;
	sqlite3_stmt *q = store_query(s, PART_EVENTS, SQL_MINUTE, e, "is", minute, or_empty(ev->kind));

	if (q == NULL || store_step(s, q, e) != 1)
		return -1;
	*n = sqlite3_column_int64(q, 0);
	*rest = sqlite3_column_int64(q, 1);
	store_end(q);
	return 0;
}

int
store_put_event(struct store *s, const struct store_event *ev, struct err *e)
{
	struct store_event more = *ev;
	int64_t n, rest;
	int rc;

	if (store_txn_begin(s, e) < 0)
		return -1;
	rc = look_at_minute(s, ev, &n, &rest, e);
	if (rc == 0 && rest != 0) {
		rc = store_exec(s, PART_EVENTS, SQL_ONE_MORE, e, "is", rest, or_empty(ev->severity));
	} else if (rc == 0) {
		if (n >= MINUTE_EVENTS) {
			more.subject = "mlwatch";
			more.model = more.ref = "";
			more.text = "1" MORE;
		}
		rc = put(s, &more, e);
	}
	return store_txn_end(s, rc, e);
}

int
store_events(struct store *s, int64_t from_ms, int64_t to_ms, size_t max, store_event_fn *fn, void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *st = store_reopen_if_needed(s, e) < 0 ? NULL
							    : store_query(s, PART_EVENTS, SQL_LIST, e, "iii", from_ms,
									  to_ms, (int64_t)(max > 0 ? max : 1000));
	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		struct store_event ev = {
		    .id = sqlite3_column_int64(st, 0),
		    .t = sqlite3_column_int64(st, 1),
		    .kind = store_text(st, 2),
		    .severity = store_text(st, 3),
		    .subject = store_text(st, 4),
		    .model = store_text(st, 5),
		    .text = store_text(st, 6),
		    .ref = store_text(st, 7),
		};
		fn(arg, &ev);
	}
	store_unlock(s);
	return rc;
}

int
store_event_cells(struct store *s, int64_t from_ms, int64_t to_ms, int64_t origin_ms, int64_t cell_ms,
		  store_event_cell_fn *fn, void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *st = store_reopen_if_needed(s, e) < 0
			       ? NULL
			       : store_query(s, PART_EVENTS, SQL_CELLS, e, "iiii", from_ms, to_ms, cell_ms, origin_ms);
	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		const int64_t problems = sqlite3_column_int64(st, 1), warnings = sqlite3_column_int64(st, 2);
		const struct store_event_cell c = {sqlite3_column_int64(st, 0), problems, warnings,
						   sqlite3_column_int64(st, 3) - problems - warnings};
		fn(arg, &c);
	}
	store_unlock(s);
	return rc;
}

int
events_expire(struct store *s, int64_t now_ms, struct err *e)
{
	return store_exec(s, PART_EVENTS, SQL_EXPIRE, e, "ii", now_ms - KEEP_EVENTS_MS, (int64_t)MAX_EVENTS);
}
