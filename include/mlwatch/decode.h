/*
 * decode.h -- bytes of a log into prediction records. One decoder per prediction_logs entry; it
 * learns the layout of the lines. Knows lines and fields; not files, windows or SQL.
 *
 * A record borrows everything: its strings point into the chunk (or into the decoder's scratch memory, for
 * strings with escapes) and are good until the callback returns.
 */
#ifndef MLWATCH_DECODE_H
#define MLWATCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

enum time_unit {
	UNIT_NONE,
	UNIT_S,
	UNIT_MS,
	UNIT_US,
	UNIT_NS
}; /* UNIT_NONE on a timestamp: guess RFC 3339 or the magnitude */

struct field_spec { /* where a value is in a line; path "a.b.c"; or a constant */
	char *path; /* NULL when a constant or absent */
	char *constant;
	enum time_unit unit; /* latency and numeric timestamps */
};

enum log_format_kind { FORMAT_JSON, FORMAT_LOGFMT, FORMAT_CSV, FORMAT_REGEX };

struct decode_spec {
	enum log_format_kind format;
	char *regex; /* FORMAT_REGEX: named groups are fields */
	struct field_spec timestamp, model, version, request_id, latency, status, prediction, score;
	char *features; /* path of an object whose members are features; NULL: none. CSV, logfmt, regex: a prefix */
	struct field_spec error; /* error: {field: error, when: present|true|nonempty|equals...} */
	enum { ERROR_BY_STATUS, ERROR_PRESENT, ERROR_TRUE } error_when;
	size_t line_bytes; /* longer lines are skipped and counted; 0: 1 MiB */
	int64_t future_ms; /* a record so much later than decoder_clock said is bad; 0: 10 min */
	bool needs_model;  /* a record without one is bad */
	bool plain;        /* without vector instructions, as on other processors; for tests */
};

enum bad_reason {
	BAD_SYNTAX, /* not JSON (or the format's syntax) */
	BAD_NOT_OBJECT,
	BAD_NO_TIMESTAMP, /* none, or not usable */
	BAD_TYPE,         /* a mapped field of a type that it cannot have */
	BAD_NO_MODEL,     /* none, null or empty, where it is needed */
	BAD_FUTURE,       /* a time that is not yet */
	BAD_UTF8,
	BAD_NUL,
	BAD_TOO_LONG,
	BAD_REASONS
};
extern const char *const bad_reason_word[BAD_REASONS]; /* "syntax", "not_object", ... the label value */

enum feature_value { FEATURE_NULL, FEATURE_NUMBER, FEATURE_STRING, FEATURE_BOOL, FEATURE_OTHER /* array, object */ };

struct text {
	const char *p;
	uint32_t n;
};

#define DECODE_NO_SLOT UINT32_MAX /* slot of every feature name after the first 65,536 distinct ones */

struct record_feature {
	struct text name; /* good while the decoder lives, unlike the rest */
	uint32_t slot;    /* the same number for the same name while the decoder lives, or DECODE_NO_SLOT */
	enum feature_value kind;
	double number;      /* FEATURE_NUMBER; FEATURE_BOOL: 0 or 1 */
	struct text string; /* FEATURE_STRING; FEATURE_BOOL: "true"/"false"; numbers: as written */
};

struct record {
	int64_t time_ms;
	struct text model, version, request_id, prediction, status; /* p NULL: absent or null */
	double latency_s, score;                                    /* NaN: absent or null */
	bool failed;
	size_t n_features;
	const struct record_feature *features;
};

struct decoder;
struct decoder *decoder_open(const struct decode_spec *spec, struct err *e); /* borrows spec for its life */
void decoder_close(struct decoder *d);

struct bad_line { /* all borrowed until the callback returns */
	enum bad_reason why;
	const char *line; /* n bytes, without its newline */
	size_t n;
	size_t offset; /* of the line in what was fed */
	size_t column; /* of the fault, in bytes from 1; 0: unknown */
	/* for people, of few different values: "field missing: model", "not JSON: unexpected end of line" */
	const char *reason;
	const char *what;       /* what is wrong with this one: no field "model" */
	const char *key, *says; /* the setting it is held against, in its log's part of mlwatch.yml: "fields.model" */
};

struct decode_sink {
	void *arg;
	void (*record)(void *arg, const struct record *r);
	void (*bad)(void *arg, const struct bad_line *b);
};

/* no field "model"; prediction_logs[0].fields.model says model. entry: the log's part of mlwatch.yml, "prediction_logs[0]". */
void bad_line_explain(struct buf *out, const struct bad_line *b, const char *entry);
/* What to do about it: add  model: {value: fraud}  for a constant. model: one that the log is about; NULL: unknown. */
void bad_line_hint(struct buf *out, const struct bad_line *b, const char *model);

/* Decodes every whole line in [p, p+n); the last one must end in '\n'. Returns the number of lines. Empty lines are counted as
 * lines and otherwise ignored. CSV: the first line of a file is its header (decoder_new_file). */
size_t decoder_feed(struct decoder *d, const char *p, size_t n, const struct decode_sink *sink);
void decoder_new_file(struct decoder *d);
/* A line that was not even fed because it is over the limit; its first n bytes. */
void decoder_too_long(struct decoder *d, const char *start, size_t n, const struct decode_sink *sink);
/* What time it is, so that records of the future can be told. Until it is called there is no future. */
void decoder_clock(struct decoder *d, int64_t now_ms);

#endif
