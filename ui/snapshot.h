/*
 * snapshot.h -- what the dashboard shows, as it was read from the store: immutable, and made of parts.
 *
 * A part is what one or more panes show (the state, the figures of models, charts, ...). Parts are counted references: a snapshot shares
 * with the one before it every part that need not be read again, so that a view that stands still costs next to nothing. Which page needs
 * which parts, how often each is read again and what it depends on is one table (load.c).
 *
 * Knows view.h and what a part holds. Does not know cells, keys or curses.
 */
#ifndef UI_SNAPSHOT_H
#define UI_SNAPSHOT_H

#include "mlwatch/view.h"
#include "page_names.h"

struct err;

#define CHART_POINTS 240 /* of a track */

enum part {
	PART_STATE,    /* agent, alerts, targets, logs, recent events, notifications: rows and documents, no figures */
	PART_MODELS,   /* figures of every model */
	PART_CHANGES,  /* what changed over the range; in o, in place of what did in the last hour */
	PART_SPARKS,   /* the last hour of every active alert */
	PART_RULES,    /* rules that do not fire, silences, what was resolved */
	PART_CHARTS,   /* latency, traffic, errors of a model over the range */
	PART_FEATURES, /* drift of a model's features, now */
	PART_HEAT,     /* ... and over the range */
	PART_CELL,     /* one feature in one stretch of the range, in numbers */
	PART_FEATURE,  /* one feature against its reference */
	PART_ALERT,    /* one alert: value over the range, history, who was told, what is behind it */
	PART_MODEL,    /* one model: answers, scores, labels, where its numbers come from */
	PART_TARGETS,  /* the last hour of every target */
	PART_LOGS,     /* the last hour of every log */
	PART_NOTIFY,   /* receivers, messages waiting and sent, the chosen one whole */
	PART_EVENTS,   /* the timeline over the range */
	PART_QUERY,    /* the answer to the query line */
	PART_NAMES,    /* what the query line is completed with */
	N_PARTS
};

/* CHART_POINTS values at equal steps over (from, to]; NAN where there is nothing. v NULL: not read. */
struct track {
	const double *v;
	double last; /* the newest that is there; NAN */
};
struct time_span {
	int64_t from, to; /* ms */
};

struct part_rules {
	struct view_rule *rules;
	size_t n_rules, all_rules; /* that do not fire; in all */
	struct view_silence *silences;
	size_t n_silences, expired; /* not over, which come first; over */
	struct view_alert *resolved;
	size_t n_resolved;
	size_t fired_30d; /* alerts, in the last 30 days; FIRINGS_MAX: or more */
};
#define FIRINGS_MAX 2000

struct part_sparks { /* of o.alerts[i] by its fingerprint */
	struct spark {
		const char *fingerprint;
		const double *v;
		size_t n;
	} * at;
	size_t n;
};

struct part_charts {
	struct time_span span;
	struct track p50, p95, p99, rps, rps_before, errors;
	double latency_limit, error_limit; /* that a rule sets to this model; NAN: none does */
	double latency_quantile;           /* whose limit latency_limit is */
};

struct part_features {
	struct view_feature *at;
	size_t n;
	struct time_span window; /* of "now" */
	const char *against;     /* "reference fraud-3.2.0 of 2026-10-30", "the same time a week ago" */
	bool no_reference;       /* and it is what they are to be compared with */
};

/* The statistic of the features over cells of the range, each over its own rows alone. */
struct part_heat {
	struct time_span span; /* whole cells; the last one may not be over yet */
	int64_t width_ms;      /* of a cell */
	size_t n_cells;
	struct heat_row {
		const char *name;
		const double *v; /* NAN: no data */
		const bool *few; /* rows */
	} * at;
	size_t n;
};

struct part_cell { /* one feature in the cell under the cursor, or now */
	const char *feature;
	struct time_span span;
	struct view_feature numbers;
	double week_ago;                      /* the statistic in the same stretch a week before; NAN */
	int64_t first_over_ms, last_below_ms; /* cells of the map that begin then; 0: none */
};

/* A feature on one side. NAN: not known. */
struct feature_side {
	const char *name; /* "reference", "now", "week ago"; NULL: there is none */
	double rows, missing_share, invalid, mean, stddev, min, p50, p90, max, below_share, above_share, categories;
};
enum { SIDE_REFERENCE, SIDE_NOW, SIDE_WEEK, SIDE_BEFORE, N_SIDES };

struct feature_bin {                /* or category */
	const char *label;          /* of deciles: the per cent of the reference at or below its upper end */
	double upper;               /* NAN: none */
	double reference, now, psi; /* shares; what it adds to PSI, NAN when another bin has it */
};

struct part_feature {
	struct view_feature f;
	struct time_span window; /* of "now" */
	const char *against;     /* as in part_features */
	int edges;               /* of the reference; 0: not known */
	bool by_value;           /* bins are single values, not deciles */
	double wasserstein;      /* in the feature's own unit */
	struct feature_side side[N_SIDES];
	struct feature_bin *bins;
	size_t n_bins;
	/* Over the reference's cumulative share, which makes the reference a diagonal: CHART_POINTS of now's. NULL: none. */
	const double *curve;
	const char *curve_label[6]; /* the values at 0, 20, 40, 60, 80, 100 % */
	struct track over_time;
	struct time_span span;
	int64_t width_ms;             /* what each point of it is over */
	const char *fresh, *vanished; /* categories, as text; NULL: none */
	double chi2, chi2_dof;
};

struct part_alert {
	const char *fingerprint;
	struct time_span span;
	struct track value;
	double peak;                /* of this firing; NAN: not known */
	int64_t peak_ms;            /* 0: not known */
	int fired_30d;              /* times, with this one */
	int64_t fired_30d_ms;       /* in all */
	int64_t next_evaluation_ms; /* 0: not known */
	/* series behind an aggregate, or the feature that it is about; worst first */
	struct behind {
		const char *name;
		bool is_feature;
		const char *what; /* "mean ×100: unit?", "silenced" */
		struct quantity value;
		double rows; /* NAN: not known */
		enum health health;
	} * behind;
	size_t n_behind;
	size_t over, of;          /* how many are over the limit, of how many; of 0: there is no limit */
	const char *behind_title; /* "features behind it"; NULL: nothing is */
	const char *behind_op;    /* "" : compared with nothing */
	double behind_limit;
	struct view_event *events; /* what changed around its start */
	size_t n_events;
	struct time_span events_span;
	struct told {                   /* a message about it */
		int64_t id, t, next_ms; /* next: of the next try; 0: there is none */
		const char *receiver, *result, *detail;
		enum health health;
	} * told;
	size_t n_told;
	int sent, retrying, given_up; /* of them */
};

struct part_model {
	struct answer {
		const char *name;
		double share, other; /* now, in what it is compared with; NAN */
	} * answers;
	size_t n_answers;
	const char *answers_against, *score_against; /* "ref", "1d ago"; NULL: nothing */
	double low, high;                            /* of the scores; SCORE_BINS equal parts */
	const double *score, *score_other;           /* shares; NULL: none */
	double score_mean, score_other_mean;
	const char **sources; /* "where its numbers come from", a line each */
	size_t n_sources;
	const char *labels; /* true labels, short */
};
#define SCORE_BINS 10

struct part_strips { /* of o.targets[i] or o.files[i]: read anew when these are others or come in another order */
	struct strip {
		const double *v; /* the last hour: share up, lines a second; NAN: unknown. NULL: all of it is */
		size_t n;
		double share; /* of the last day: up; NAN */
	} * at;
	size_t n;
};

struct part_notify {
	struct view_outbox box;
	const char *message_id, *message_to; /* of the chosen one; NULL: none */
	const char **message;                /* as lines, secrets masked */
	size_t n_message;
};

struct part_events {
	struct time_span span;
	struct view_event *at; /* the newest of it */
	size_t n;
	int64_t total;
	/* the whole range in stretches of cell_ms that begin at multiples of it */
	struct event_cell {
		int64_t problems, warnings, others;
	} * cells;
	size_t n_cells;
	int64_t cell_ms, first_ms; /* when the first begins */
};

/* The answer to an expression over the range; to one that has only a value at a time (a range of samples, a string), that at its end. */
struct part_query {
	const char *text; /* what was asked; "": nothing */
	struct time_span span;
	bool instant;
	struct answer_series {
		struct labels labels;
		const char *name, *brief;   /* they as text; those that not all series share */
		const double *v;            /* CHART_POINTS over the span */
		double now, min, mean, max; /* NAN: no number is there */
		int64_t max_ms;
		size_t n;            /* values */
		bool histograms;     /* it has no numbers but histograms; now is the count of the last */
	} * at;                      /* the largest first */
	size_t n, n_all;             /* at most ANSWER_ROWS of n_all */
	const char *common;          /* the labels that all share; "" */
	const char *string;          /* NULL: it is none */
	const char *fault;           /* why there is no answer; NULL: there is one */
	int fault_column, fault_end; /* of the text, from 1; 0: nowhere in it */
	const char *warning, *unit;  /* "" */
	double seconds; /* how long it took; NAN: not told, in a picture that is to be the same each time */
	int64_t rows;   /* read for it: samples and windows */
};

struct part_names {
	const char **metrics;
	size_t n_metrics;
	const char *of; /* what was wanted, as in struct request: whose labels and values these are */
	const char **labels, **values;
	size_t n_labels, n_values;
};

struct part_box;
struct snapshot {
	struct part_box *box[N_PARTS]; /* private to load.c */
	struct arena *mem;
	int64_t t, from; /* the range shown: (from, t] */
	int64_t clock;   /* when it was read */
	bool live;
	const char *error;      /* the store could not be read */
	const char *error_hint; /* what helps; NULL */
	bool blank;             /* nothing of it ever was */
	const char *trouble;    /* a part could not be read: why */
	struct view_overview o; /* of PART_STATE and PART_MODELS */
	bool has_models;
	/* what the request came to: whose charts and features these are; NULL: none */
	const char *model, *version, *job, *alert, *feature;
	/* of the parts; NULL: not read yet */
	const struct part_sparks *sparks;
	const struct part_rules *rules;
	const struct part_charts *charts;
	const struct part_features *features;
	const struct part_heat *heat;
	const struct part_cell *cell;
	const struct part_feature *detail;
	const struct part_alert *about;
	const struct part_model *of_model;
	const struct part_strips *targets, *logs;
	const struct part_notify *notify;
	const struct part_events *events;
	const struct part_query *query;
	const struct part_names *names;
};

/* What is to be shown. Compared byte by byte: made from zeroed memory. */
struct request {
	enum page page;
	int64_t at; /* end of the range; 0: now */
	int64_t
	    clock; /* what time it is taken to be; 0: the clock's (pictures of the past are judged as they were then) */
	int64_t range_ms;
	int64_t drift_window_ms; /* of NOW in Drift; 0: the rules' */
	char model[128], version[64], job[128], feature[128], alert[24], message[24];
	int64_t cursor_ms; /* when the cell under the time cursor begins; 0: none */
	int heat_columns;  /* that the heat map has room for */
	enum drift_against baseline;
	enum statistic statistic;
	bool versions_apart, behind_week;
	bool brief; /* only the state is read; the rest stays as it is: somebody dropped a query that took long */
	char query[2048];
	char
	    complete[256]; /* "metric{label": whose labels and values the query line waits for; either may be missing */
};

struct reader;
/* What the loader keeps from one reading to the next: the newest parts. */
struct parts;
struct parts *parts_open(void);
void parts_close(struct parts *p);
/* All is to be read again; what cannot be is shown as it was. */
void parts_doubt(struct parts *p);
/* What only other pages than the one that was read last show is let go after a while. Was there anything? */
bool parts_tidy(struct parts *p);
/* From any thread: what is read now is not wanted any more, until snapshot_read is called again. */
void parts_cancel(struct parts *p);

/*
 * Reads what q asks for, as far as it is not in p and still good. hand gets (and owns) a snapshot as soon as there is something to show that
 * was not there before (the state before the charts), and at the end; nothing when nothing is new and nothing else was asked for, or when it
 * was cancelled.
 */
typedef void snapshot_fn(void *arg, struct snapshot *s);
void snapshot_read(struct parts *p, struct reader *r, const struct request *q, snapshot_fn *hand, void *arg);
/* The whole in one go, for pictures. */
struct snapshot *snapshot_load(struct reader *r, const struct request *q);
/* What was read last, with an error: the store cannot be opened. */
struct snapshot *snapshot_failed(const struct parts *p, const struct request *q, const struct err *e);
void snapshot_close(struct snapshot *s); /* NULL is fine */
/* The row of its model; NULL. */
const struct view_model *snapshot_model(const struct snapshot *s);
/* The spark of an alert; NULL. */
const struct spark *snapshot_spark(const struct snapshot *s, const char *fingerprint);
/* The cell that holds t; -1: none. */
int heat_cell(const struct part_heat *h, int64_t t);

#endif
