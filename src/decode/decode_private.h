/*
 * decode_private.h -- what the decoders of the formats share: the tree of keys, a value as it stands in a line, and the
 * record under construction.
 *
 * Keys. Every key that a line can have is a node below the object that it is in; what is mapped to it is
 * known once the node is found, so a key costs one lookup (or none: see json_walk.c). Flat formats have one level.
 */
#ifndef MLWATCH_DECODE_PRIVATE_H
#define MLWATCH_DECODE_PRIVATE_H

#include <locale.h>

#include "mlwatch/decode.h"
#include "number.h"

#define DECODE_MAX_SLOTS  65536u /* distinct feature names; further ones share DECODE_NO_SLOT */
#define DECODE_MAX_NODES  100000u
#define DECODE_LINE_BYTES (1u << 20)      /* a line may have, when nothing else is said */
#define DECODE_FUTURE_MS  INT64_C(600000) /* how far clocks may be apart */
#define DECODE_PAD        64              /* bytes that may be read past the end of a line */

enum field {
	FIELD_TIMESTAMP,
	FIELD_MODEL,
	FIELD_VERSION,
	FIELD_REQUEST_ID,
	FIELD_LATENCY,
	FIELD_STATUS,
	FIELD_PREDICTION,
	FIELD_SCORE,
	FIELD_ERROR,
	FIELDS
};

enum value_kind { VALUE_NULL, VALUE_FALSE, VALUE_TRUE, VALUE_NUMBER, VALUE_STRING, VALUE_OTHER };

struct value {
	enum value_kind kind;
	struct text text;     /* VALUE_STRING: its contents; VALUE_NUMBER: as written */
	double number;        /* VALUE_NUMBER */
	struct number digits; /* VALUE_NUMBER */
};

#define NODE_EDGES  4
#define EDGE_ENTERS 3

struct node;

/* What may stand between two values of a line: bytes that were once found correct there, and what they lead to. */
struct edge {
	const char *text; /* n bytes, and DECODE_PAD readable ones behind; owned */
	uint32_t n;
	uint32_t n_enter;
	struct node *to;                 /* whose value follows; NULL: the line ends */
	struct node *enter[EDGE_ENTERS]; /* objects that begin in these bytes */
};

enum node_role { NODE_SKIP, NODE_FIELDS, NODE_FEATURE };
/* What the walker does with a value there; nodes_open and node_find decide it. */
enum node_walk { WALK_ANY, WALK_SKIP, WALK_FEATURE, WALK_TEXT, WALK_NUMBER, WALK_TIME, WALK_STATUS };

struct node {
	struct edge edge[NODE_EDGES]; /* what has followed its value, likeliest first */
	uint64_t seen;                /* the number of the last line that had it */
	enum node_role role;
	enum node_walk walk;
	uint32_t offset;       /* WALK_TEXT, WALK_NUMBER: of the member of struct record */
	double divisor;        /* WALK_NUMBER */
	uint32_t fields;       /* NODE_FIELDS: set of enum field */
	uint32_t fields_below; /* fields of this node and all below it */
	uint32_t slot;         /* NODE_FEATURE */
	uint32_t place;        /* where in the record it is, when the scanner has seen it in this line */
	bool interior;         /* its members are nodes, too, when it is an object */
	bool features;         /* its members are features */
	bool features_below;   /* `features` holds here or further down */
	struct text name;      /* owned */
	struct text label;     /* NODE_FEATURE: the feature's name, part of name */
	uint32_t id, parent;
	uint64_t hash;
};

struct build { /* the record of the current line */
	struct record rec;
	uint32_t wrong; /* fields whose value was of an impossible type */
	bool has_time;
	const char *wrong_at, *time_at; /* where these values stand; NULL: unknown. Not set by the walker */
};

struct minute {        /* the last minute that was seen in a timestamp */
	char text[17]; /* 2026-03-01T00:00: */
	int64_t ms;    /* its beginning, read as UTC */
};

struct csv;
struct regex_line;

/* Reads lines as long as they follow the known layout; returns how many, *p moves behind them. */
typedef size_t json_walk_fn(struct decoder *d, const char **p, const char *end, const struct decode_sink *sink);

struct decoder {
	const struct decode_spec *spec;
	locale_t c_locale;
	json_walk_fn *walk;
	size_t limit;        /* bytes of a line */
	int64_t latest_ms;   /* a record later than this is bad */
	struct record blank; /* what every record begins with: the constants */
	struct build b;
	struct record_feature *feature; /* b.rec.features, cap_features of them */
	size_t cap_features;
	struct minute minute;
	uint64_t line; /* number of the current line (or attempt at it) */

	struct node **nodes; /* nodes[0] is the root */
	size_t n_nodes, cap_nodes;
	uint32_t *slots_of_nodes; /* hash table over (parent, name) */
	size_t n_table;
	uint32_t n_slots;
	size_t prefix; /* flat formats: names that begin with this much of spec->features are features */

	char *scratch; /* strings with escapes of the current line */
	size_t scratch_used, scratch_cap;
	char *tail; /* copy of a chunk's last lines, padded */
	size_t tail_cap;
	bool learning;
	uint32_t misses, turn;   /* lines in a row that no edge fitted; see decode.c */
	const char *part;        /* the lines being decoded ... */
	size_t part_at;          /* ... and where they begin in what was fed */
	const char *fail;        /* where the last attempt failed */
	const char *at;          /* the value that is being read; not set by the walker */
	struct learned *learned; /* edges of the current line, see json_scan.c */
	struct csv *csv;
	struct regex_line *regex;
};

/* nodes.c */
void nodes_open(struct decoder *d);
void nodes_close(struct decoder *d);
/* The node of a key in an object; makes one if there is room. NULL: unknown and no room. */
struct node *node_find(struct decoder *d, struct node *parent, const char *name, size_t n);
void node_edge_learn(struct node *from, const char *text, size_t n, struct node *to, struct node *const *enter,
		     size_t n_enter);

/* fields.c */
extern const double latency_divisor[]; /* by unit: how many make a second */
void build_begin(struct decoder *d);
void build_fields(struct decoder *d, uint32_t fields, const struct value *v);
/* replace: the line may already have a value for it */
void build_feature(struct decoder *d, struct node *node, const struct value *v, bool replace);
void build_forget(struct decoder *d, const struct node *node); /* all that came from it and from below it */
void build_value(struct decoder *d, struct node *node, const struct value *v, bool replace);
/* The value of flat formats: everything is text there. */
void build_text(struct decoder *d, struct node *node, const char *p, size_t n, bool quoted);
/* Hands the record over, or says why it cannot be one. line: n bytes without newline. */
void build_finish(struct decoder *d, const struct decode_sink *sink, const char *line, size_t n);

/* explain.c: reports a bad line, and why; when its bytes explain it (NUL, UTF-8) that is the reason. text: what the format says is
 * wrong, after its name; NULL: nothing. */
void line_bad(struct decoder *d, const struct decode_sink *sink, enum bad_reason why, const char *line, size_t n,
	      const char *at, const char *text);
/* The same of a line that can be read but makes no record. */
void record_bad(struct decoder *d, const struct decode_sink *sink, const char *line, size_t n);

/* timestamp.c */
bool timestamp_text(struct decoder *d, const char *p, size_t n, int64_t *ms);
bool timestamp_number(const struct number *v, double approximate, enum time_unit unit, int64_t *ms);

/* json_text.c: p is behind the opening quote; returns what is behind the closing one, NULL when the string is wrong. */
const char *json_quoted(struct decoder *d, const char *p, struct text *out);
/* Checks one value and what is in it without looking for anything. depth: of the value, from 1. */
const char *json_skip(struct decoder *d, const char *p, int depth);

/* One line of a format; it begins at p, has n bytes, p[n] is '\n'. */
typedef void line_fn(struct decoder *d, const char *p, size_t n, const struct decode_sink *sink);
line_fn json_line, logfmt_line, csv_line, regex_line_decode;
json_walk_fn *json_walk_choose(bool plain); /* the best for this processor */

int csv_open(struct decoder *d);
void csv_new_file(struct decoder *d);
void csv_close(struct decoder *d);
int regex_line_open(struct decoder *d, struct err *e);
void regex_line_close(struct decoder *d);
void json_close(struct decoder *d);

/* Can the line be counted? If not, record_bad says why. */
static inline bool
record_good(const struct decoder *d)
{
	return d->b.has_time && d->b.wrong == 0 && d->b.rec.time_ms <= d->latest_ms &&
	       (d->b.rec.model.n > 0 || !d->spec->needs_model);
}

static inline bool
text_is(struct text t, const char *s, size_t n)
{
	return t.n == n && __builtin_memcmp(t.p, s, n) == 0;
}

#endif
