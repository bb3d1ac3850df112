/*
 * decode.c -- bytes of a log into lines, and lines to the decoder of their format.
 *
 * JSON lines are first offered to the walker, which takes them as long as they look like those before;
 * the line at which it stops is scanned. Vectors read a little past the end of a line, so the last lines of a chunk are
 * decoded from a copy with room behind it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decode_private.h"

#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"

const char *const bad_reason_word[BAD_REASONS] = {
    [BAD_SYNTAX] = "syntax",
    [BAD_NOT_OBJECT] = "not_object",
    [BAD_NO_TIMESTAMP] = "no_timestamp",
    [BAD_TYPE] = "type",
    [BAD_NO_MODEL] = "no_model",
    [BAD_FUTURE] = "future",
    [BAD_UTF8] = "utf8",
    [BAD_NUL] = "nul",
    [BAD_TOO_LONG] = "too_long",
};

static line_fn *const format_line[] = {
    [FORMAT_JSON] = json_line,
    [FORMAT_LOGFMT] = logfmt_line,
    [FORMAT_CSV] = csv_line,
    [FORMAT_REGEX] = regex_line_decode,
};

static void
constant(struct text *to, const struct field_spec *f)
{
	if (f->constant != NULL)
		*to = (struct text){f->constant, (uint32_t)strlen(f->constant)};
}

struct decoder *
decoder_open(const struct decode_spec *spec, struct err *e)
{
	struct decoder *d = xcalloc(1, sizeof *d);

	d->spec = spec;
	d->limit = spec->line_bytes != 0 ? spec->line_bytes : DECODE_LINE_BYTES;
	d->latest_ms = INT64_MAX;
	d->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	d->walk = json_walk_choose(spec->plain);
	d->cap_features = 64;
	d->feature = xcalloc(d->cap_features, sizeof *d->feature);
	d->blank.latency_s = d->blank.score = NAN;
	constant(&d->blank.model, &spec->model);
	constant(&d->blank.version, &spec->version);
	constant(&d->blank.prediction, &spec->prediction);
	constant(&d->blank.status, &spec->status);
	nodes_open(d);
	if ((spec->format == FORMAT_CSV && csv_open(d) < 0) ||
	    (spec->format == FORMAT_REGEX && regex_line_open(d, e) < 0)) {
		decoder_close(d);
		return NULL;
	}
	return d;
}

void
decoder_close(struct decoder *d)
{
	if (d == NULL)
		return;
	csv_close(d);
	regex_line_close(d);
	json_close(d);
	nodes_close(d);
	if (d->c_locale != (locale_t)0)
		freelocale(d->c_locale);
	free(d->feature);
	free(d->scratch);
	free(d->tail);
	free(d);
}

void
decoder_new_file(struct decoder *d)
{
	if (d->spec->format == FORMAT_CSV)
		csv_new_file(d);
}

void
decoder_clock(struct decoder *d, int64_t now_ms)
{
	d->latest_ms = now_ms + (d->spec->future_ms > 0 ? d->spec->future_ms : DECODE_FUTURE_MS);
}

/* One line that is not as expected. Returns what follows it. */
static const char *
one_line(struct decoder *d, const char *p, const struct decode_sink *sink)
{
	const char *end = rawmemchr(p, '\n');
	size_t n = (size_t)(end - p);

	if (n > d->limit)
		line_bad(d, sink, BAD_TOO_LONG, p, n, NULL, NULL);
	else if (n > 0)
		format_line[d->spec->format](d, p, n, sink);
	return end + 1;
}

/* Where keys come in any order, edges are learned in vain: after a while only every 16th line is tried, and learned from. */
static bool
worth_walking(struct decoder *d)
{
	d->learning = d->misses < 32 || ++d->turn % 16 == 0;
	return d->learning;
}

/* Lines that have DECODE_PAD readable bytes behind the last of them. */
static size_t
padded_lines(struct decoder *d, const char *p, const char *end, const struct decode_sink *sink)
{
	size_t lines = 0;

	while (p < end) {
		if (d->spec->format == FORMAT_JSON && worth_walking(d)) {
			size_t walked = d->walk(d, &p, end, sink);

			d->misses = walked > 0 ? 0 : d->misses + 1;
			lines += walked;
		}
		if (p < end) {
			p = one_line(d, p, sink);
			lines++;
		}
	}
	return lines;
}

size_t
decoder_feed(struct decoder *d, const char *p, size_t n, const struct decode_sink *sink)
{
	const char *end = p + n, *cut = p;
	size_t lines = 0, rest;

	d->part = p;
	d->part_at = 0;
	if (n > DECODE_PAD) {
		cut = memrchr(p, '\n', n - DECODE_PAD);
		cut = cut == NULL ? p : cut + 1;
		lines = padded_lines(d, p, cut, sink);
	}
	rest = (size_t)(end - cut);
	if (rest == 0)
		return lines;
	if (rest + DECODE_PAD > d->tail_cap) {
		d->tail_cap = rest + rest / 2 + DECODE_PAD;
		free(d->tail);
		d->tail = xmalloc(d->tail_cap);
	}
	d->part = d->tail;
	d->part_at = (size_t)(cut - p);
	memcpy(d->tail, cut, rest);
	memset(d->tail + rest, 0, DECODE_PAD);
	if (d->tail[rest - 1] != '\n') /* the caller owes us one */
		d->tail[rest] = '\n', rest++;
	return lines + padded_lines(d, d->tail, d->tail + rest, sink);
}
