/*
 * table.h -- lists in which people move. A kind says what its rows are, a cursor where the person is in it; filter, sorting, marks, drawing
 * and the mouse are the same for all. The cursor stays on what it was on, wherever that comes to stand: a key that acts never hits a row
 * that moved under it.
 */
#ifndef UI_TABLE_H
#define UI_TABLE_H

#include "filter.h"
#include "list.h"
#include "mlwatch/view.h"

struct screen;
struct snapshot;

enum table {
	TABLE_ALERTS,
	TABLE_MODELS,
	TABLE_CHANGES, /* events of the last hour */
	TABLE_RULES,
	TABLE_SILENCES,
	TABLE_RESOLVED,
	TABLE_BEHIND, /* an alert's series */
	TABLE_AROUND, /* events around an alert's start */
	TABLE_TOLD,   /* who was told of an alert */
	TABLE_FEATURES,
	TABLE_TARGETS,
	TABLE_FILES,
	TABLE_REASONS, /* why lines were bad */
	TABLE_RECEIVERS,
	TABLE_OUTBOX,
	TABLE_SENT,
	TABLE_EVENTS,
	TABLE_SERIES,
	N_TABLES,
	TABLE_NONE = N_TABLES
};

#define TABLE_FIELDS 48 /* of a row, for the filter */
struct table_fields {
	struct filter_field at[TABLE_FIELDS];
	size_t n;
};
void
table_field(struct table_fields *f, const char *name, const char *value); /* borrows; what is too much is left out */

struct sort_value {
	double number;
	const char *text; /* NULL: number counts; NAN comes last */
};

struct table_kind {
	const char *name;            /* "alerts" */
	struct columns wide, narrow; /* of the same columns; column 0 is the cursor's mark */
	const char *nothing;         /* said when there is no row at all */
	bool (*why)(const struct snapshot *n, char *out, size_t size); /* ... better than that; NULL: never */
	bool leads; /* other panes follow its cursor: that is shown without the focus too */
	size_t (*rows)(const struct snapshot *n);
	uint64_t (*id)(const struct snapshot *n, size_t row); /* of the thing, the same in every snapshot */
	/* Whether a row is of what is chosen in another list; NULL: all are shown. */
	bool (*belongs)(const struct screen *s, size_t row);
	enum health (*health)(const struct snapshot *n, size_t row);
	void (*fields)(const struct snapshot *n, size_t row, struct table_fields *f);
	void (*draw)(const struct screen *s, const struct list *l, size_t row); /* the cells after the mark */
	/* What a column is sorted by; false: it is not. NULL: none is. */
	bool (*value)(const struct snapshot *n, size_t row, size_t column, struct sort_value *v);
	char *(*json)(const struct snapshot *n, size_t row); /* the caller frees; NULL: has none */
	void (*open)(struct screen *s, size_t row);          /* Enter; NULL: nothing opens */
	size_t (*unread)(const struct snapshot *n);          /* rows beside these, too many to be read; NULL: none */
};
extern const struct table_kind table_alerts, table_models, table_changes, table_rules, table_silences, table_resolved,
    table_behind, table_around, table_told, table_features, table_targets, table_files, table_reasons, table_receivers,
    table_outbox, table_sent, table_events, table_series;
const struct table_kind *table_kind(enum table t);

struct cursor {
	size_t *order; /* the rows that pass the filter, in their order; owned */
	size_t n, cap;
	uint64_t id; /* what it is on */
	bool placed;
	bool awaited;   /* that is not among the rows yet */
	size_t at, top; /* in order; the first row that is shown */
	int sort;       /* a column; -1: as they come, worst first */
	bool reverse;
	uint64_t *marked; /* ids; owned */
	size_t n_marked, cap_marked;
	struct pane pane; /* where it was drawn last; w 0: not */
	int head;         /* rows of titles in it */
};

/* Brings the order up to date with the snapshot, the filter and the sorting. */
void table_refresh(struct screen *s, enum table t);
void table_move(struct screen *s, enum table t, long by); /* clipped */
void table_go(struct screen *s, enum table t, size_t at);
/* The snapshot's row under the cursor; SIZE_MAX: none. */
size_t table_at(const struct screen *s, enum table t);
bool table_seek(struct screen *s, enum table t, uint64_t id);  /* false: not among the rows that pass */
void table_await(struct screen *s, enum table t, uint64_t id); /* the same, as soon as it is there */
bool table_is_marked(const struct screen *s, enum table t, uint64_t id);
void table_mark(struct screen *s, enum table t);
void table_unmark_all(struct screen *s, enum table t);
/* The column of this title, if rows can be sorted by it; -1. */
int table_sort_column(const struct screen *s, enum table t, const char *title);
/* Draws it; columns NULL: the kind's own, by the width of the screen. */
void table_draw(struct screen *s, struct pane p, enum table t, const struct columns *columns);
/* The frame of its pane: to the right in its title how many rows there is no room for, and the filter, the sorting or `right` (NULL: nothing).
 * foot: rows inside that are not the list's. Returns what is inside. */
struct pane table_frame(struct screen *s, struct pane p, enum table t, const char *title, const char *right, int foot);

#endif
