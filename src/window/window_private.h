/*
 * window_private.h -- what the files of this folder share.
 *
 * A model is one (model, version); it has features; a pane is one window of one model that is still being
 * filled. A series is what increments are labelled with; it belongs to its model or feature and lives as long.
 */
#ifndef MLWATCH_WINDOW_PRIVATE_H
#define MLWATCH_WINDOW_PRIVATE_H

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/decode.h"
#include "mlwatch/drift.h"
#include "mlwatch/window.h"

#define PANE_BATCH      128         /* numeric values wait for this many before they are filed */
#define PANE_OUTCOMES   32          /* the same of latencies and scores */
#define PANE_BYTES      (8u << 20)  /* open panes above this are closed, the longest unused first ... */
#define PANE_BYTES_MOST (64u << 20) /* ... unless they are all in use: many models in one log */
#define PANE_IN_USE     4000        /* used within this many records */
#define PANES_MAX       4096
#define CLASSES_MAX     50 /* of ml_predictions_total */
#define STATUSES_MAX    100
#define ZERO_EVERY_MS   60000  /* a count that stays zero is said so this often, to keep its series alive */
#define BURST_MS        600000 /* an event is not repeated while its cause was seen within this time */

/* The first and the last bytes of a string, at most 8 each. Up to 16 bytes, they and the length are all of it. */
struct text_key {
	uint64_t a, b;
};

static inline struct text_key
text_key(const char *s, size_t n)
{
	struct text_key k = {0, 0};

	if (n >= 8) {
		__builtin_memcpy(&k.a, s, 8);
		__builtin_memcpy(&k.b, s + n - 8, 8);
	} else if (n >= 4) {
		uint32_t x, y;

		__builtin_memcpy(&x, s, 4);
		__builtin_memcpy(&y, s + n - 4, 4);
		k.a = (uint64_t)x << 32 | y;
	} else if (n > 0) {
		k.a = (uint64_t)(unsigned char)s[0] << 16 | (uint64_t)(unsigned char)s[n >> 1] << 8 |
		      (unsigned char)s[n - 1];
	}
	return k;
}

static inline uint64_t
fold_product(uint64_t x, uint64_t y)
{
	__uint128_t m = (__uint128_t)x * y;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t
key_hash(struct text_key k, size_t n) /* wyhash's mixing step */
{
	return fold_product(k.a ^ UINT64_C(0x8ebc6af09c88c6e3), k.b ^ UINT64_C(0x589965cc75374cc3) ^ n);
}

static inline uint64_t
text_hash(const char *s, size_t n)
{
	struct text_key k = text_key(s, n);

	for (size_t i = 8; i + 8 < n; i += 8) { /* what the key leaves out */
		uint64_t x;

		__builtin_memcpy(&x, s + i, 8);
		k.a = fold_product(k.a ^ x, UINT64_C(0xa0761d6478bd642f));
	}
	return key_hash(k, n);
}

static inline bool
text_same(struct text x, struct text y)
{
	struct text_key a, b;

	if (x.n != y.n)
		return false;
	if (x.n > 16)
		return __builtin_memcmp(x.p, y.p, x.n) == 0;
	a = text_key(x.p, x.n);
	b = text_key(y.p, y.n);
	return a.a == b.a && a.b == b.b;
}

enum violation {
	BAD_VALUE_TYPE,
	BAD_VALUE_BELOW,
	BAD_VALUE_ABOVE,
	BAD_VALUE_CATEGORY,
	BAD_VALUE_PATTERN,
	BAD_VALUE_REQUIRED,
	VIOLATIONS
};

enum feature_type { TYPE_UNKNOWN, TYPE_NUMERIC, TYPE_CATEGORICAL, TYPE_BOOL };

struct series {
	struct labels labels;
	const char *by;
};

struct burst {
	int64_t last;
	bool seen;
}; /* event time at which the cause of an event was seen last */

struct sums {
	uint64_t n;
	double sum, sumsq;
};

/* What an event of a feature will sum up: what came since its cause was first seen. */
struct gathering {
	struct model *model;
	struct feature *feature;
	int64_t begin_ms; /* event time */
	int64_t since_ms; /* of the clock, when it was asked for first; 0: not yet */
	uint64_t rows;
	struct sums values; /* numeric */
	uint64_t below, above;
	uint64_t unknown; /* categorical: rows in categories that the reference does not know */
	size_t kinds;     /* of these; more when folded */
	bool folded;
	uint32_t first; /* index of the category that came first; 0: folded */
	uint8_t *seen;  /* by index of a category */
	size_t n_seen;
};

/* Where a category of at most 16 bytes was found last time; saves the lookup for the head of the distribution. */
struct remembered_category {
	struct text_key key;
	uint32_t n, index; /* n 0: empty, as is the empty string */
	uint8_t bad;
};
#define CATEGORY_CACHE 256

struct feature {
	char *name;
	uint32_t index; /* in its model */
	enum feature_type type;
	const struct feature_expect *expect; /* borrowed, may be NULL */
	const struct reference_feature *ref; /* borrowed, may be NULL */
	struct edges *edges;                 /* borrowed from the reference; NULL: exponential */
	bool bounded;
	double lowest, highest; /* declared or the reference's */
	struct regex *pattern;
	struct category_names *names;      /* categorical */
	const char *yes, *no;              /* how the reference spells true and false */
	struct remembered_category *cache; /* CATEGORY_CACHE of them */
	uint8_t *verdict;                  /* by index of a category: bits of 1 << enum violation */
	size_t n_verdicts;
	uint32_t n_known;  /* indexes up to this are the reference's categories */
	bool any_category; /* the reference has __other__, or there is none */
	struct series *values, *missing, *invalid[VIOLATIONS];
	int64_t zero_at; /* start of the last window in which `missing` was said to be zero */
	/* for events */
	struct sums fresh, unjudged; /* of values since a pane was closed; since the mean was last judged */
	struct burst new_categories, out_of_range, off;
	struct gathering *gathering; /* NULL: nothing is going on */
	int64_t seen;                /* number of the last record that had it */
};

struct version { /* of a model, in this run or an earlier one */
	char *model, *version;
	int64_t last_ms; /* of its newest record as of the last drain; 0: nobody knows */
	bool known;      /* seen in an earlier run or drain */
	bool active;     /* it was seen within the last hour of its model */
};

struct model {
	char *name, *version;
	int64_t first_ms, last_ms;           /* times of the first record and of the newest one, in this run */
	struct version *version_seen;        /* NULL before the first drain */
	struct text name_text, version_text; /* the same */
	const struct reference *ref;
	struct feature **features; /* by index */
	size_t n_features, cap_features;
	struct feature **by_slot; /* NULL: not yet known */
	size_t n_slots;
	struct feature **declared; /* those of window_spec.expect */
	size_t n_declared;
	struct category_names *classes, *statuses;
	struct text last_class, last_status; /* owned copies; what the indexes below stand for */
	uint32_t last_class_index, last_status_index;
	struct series *predictions, *errors, *responses, *latency, *score;
	struct pane *pane;  /* the one last used */
	struct pane *panes; /* all open ones, through pane->sibling */
};

struct stat {            /* a feature in a window */
	double *waiting; /* numeric values not yet filed */
	uint32_t n_waiting, cap_waiting;
	uint32_t below, above;
	struct expo *expo;
	struct edgehist *edgehist;
	struct categories *categories;
	uint64_t missing, invalid[VIOLATIONS];
};

struct pane {
	struct model *model;
	int64_t start, end;
	uint64_t records, errors;
	struct categories *predictions, *statuses;
	struct expo *latency, *score;
	double latencies[PANE_OUTCOMES], scores[PANE_OUTCOMES]; /* that wait */
	uint32_t n_latencies, n_scores;
	struct stat *stats; /* by index of the feature */
	size_t n_stats;
	size_t bytes;  /* about what it holds */
	uint64_t used; /* when, in records */
	struct pane *sibling;
};

struct pending {
	struct series *series;
	struct edges *edges;
	int64_t start;
	enum sketch_kind kind;
	size_t at, n, order;
};

struct happened {
	const char *kind, *severity, *model, *version, *feature;
	int64_t t;
	char *text;
};

struct windows {
	struct window_spec spec; /* borrows job and expect */
	const struct references *refs;
	struct arena *mem; /* labels */
	struct model **models;
	size_t n_models, cap_models;
	struct category_names *model_names; /* "model\x1fversion" -> index in models; 0: folded */
	struct version **versions;
	size_t n_versions, cap_versions;
	struct model *last;
	struct pane **panes;
	size_t n_panes, cap_panes, pane_bytes;
	size_t n_series;
	struct buf blobs;
	struct pending *pending;
	size_t n_pending, cap_pending;
	struct gathering **gatherings;
	size_t n_gatherings, cap_gatherings;
	struct happened *events, *told; /* told: the last answer of windows_events */
	struct window_event *answer;
	size_t n_events, cap_events, n_told;
	struct window_counts counts;
};

/* model.c */
struct model *model_of(struct windows *w, const struct record *r);
void models_close(struct windows *w);
struct series *series_make(struct windows *w, const char *name, const struct model *m, const char *feature,
			   const char *reason, const char *by);
/* Room for n more series? Counts a refusal when not. */
bool series_room(struct windows *w, size_t n);

/* feature.c */
struct feature *feature_of(struct windows *w, struct model *m, const struct record_feature *f); /* NULL: folded */
void feature_close(struct feature *f);
/* Which category this is, and *bad: the violations in it. */
uint32_t feature_category(struct windows *w, struct feature *f, const char *s, size_t n, uint8_t *bad);
/* The features that mlwatch.yml names, so that their absence is seen. */
void features_declare(struct windows *w, struct model *m);

/* pane.c */
struct pane *pane_of(struct windows *w, struct model *m, int64_t t);
void pane_file_outcomes(struct pane *p);
void pane_wait_grow(struct feature *f, struct stat *s);
struct stat *pane_stat(struct pane *p, const struct feature *f);
void pane_close(struct windows *w, struct pane *p); /* encodes it into w->pending */
void panes_close(struct windows *w);                /* all */

/* events.c */
void event_add(struct windows *w, const struct happened *h, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void events_close(struct windows *w);

/* feature_events.c */
void feature_events(struct windows *w, struct pane *p); /* before it is encoded, when nothing waits */
void gathered_events(struct windows *w, int64_t now_ms);
void gathering_close(struct windows *w, size_t i);

/* versions.c: after the panes are closed */
void versions_judge(struct windows *w);
void versions_close(struct windows *w);

#endif
