/*
 * explain.c -- why a line is bad, for people: a reason of which there are few, what is wrong in this line, and the setting that it is held
 * against. Only for lines that are bad already, so nothing here need be fast.
 */
#include <stdio.h>
#include <string.h>

#include "decode_private.h"

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/utf8.h"

struct words { /* what a bad_line points to */
	char reason[96], what[160], says[64];
};

static const struct {
	const char *key;
	size_t spec; /* offset of its struct field_spec */
	const char *wanted;
} field[FIELDS + 1] = {
#define F(name) "fields." #name, offsetof(struct decode_spec, name)
    [FIELD_TIMESTAMP] = {F(timestamp), "a time"}, [FIELD_MODEL] = {F(model), "text"},
    [FIELD_VERSION] = {F(version), "text"},       [FIELD_REQUEST_ID] = {F(request_id), "text"},
    [FIELD_LATENCY] = {F(latency), "a number"},   [FIELD_STATUS] = {F(status), "a status"},
    [FIELD_PREDICTION] = {F(prediction), "text"}, [FIELD_SCORE] = {F(score), "a number"},
    [FIELD_ERROR] = {F(error), "a value"},        [FIELDS] = {"fields.features", 0, "an object"},
#undef F
};

static const char *
path_of(const struct decode_spec *s, int f)
{
	const char *path =
	    f == FIELDS ? s->features : ((const struct field_spec *)((const char *)s + field[f].spec))->path;

	return path != NULL ? path : "";
}

/* Is what stands at p, up to the end of the line, the beginning of something that the end cut off? */
static bool
is_cut_off(const char *p, const char *end)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t n;

	while (p < end && strchr(",:{[ \t\r", *p) != NULL)
		p++;
	n = (size_t)(end - p);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (n < strlen(words[i]) && memcmp(p, words[i], n) == 0)
			return true;
	while (p < end && strchr("+-.0123456789eE", *p) != NULL)
		p++;
	return p == end;
}

static void
json_words(struct bad_line *b, struct words *w, const char *at)
{
	const char *end = b->line + b->n;
	struct buf c = BUF_INIT;

	if (is_cut_off(at, end)) {
		b->column = b->n + 1;
		snprintf(w->reason, sizeof w->reason, "not JSON: unexpected end of line");
		snprintf(w->what, sizeof w->what, "the line ends too early");
		return;
	}
	utf8_plain(&c, at, (size_t)(end - at), 1);
	snprintf(w->reason, sizeof w->reason, "not JSON: unexpected character");
	snprintf(w->what, sizeof w->what, "unexpected '%s'", buf_str(&c));
	buf_release(&c);
}

static void
syntax_words(struct decoder *d, struct bad_line *b, struct words *w, const char *at, const char *text)
{
	static const char *const format[] = {
	    [FORMAT_JSON] = "json", [FORMAT_LOGFMT] = "logfmt", [FORMAT_CSV] = "csv", [FORMAT_REGEX] = "regex"};
	static const char *const name[] = {[FORMAT_LOGFMT] = "not logfmt", [FORMAT_CSV] = "not CSV"};

	b->key = "format";
	snprintf(w->says, sizeof w->says, "%s", format[d->spec->format]);
	if (d->spec->format == FORMAT_JSON) {
		json_words(b, w, at != NULL ? at : b->line);
	} else if (d->spec->format == FORMAT_REGEX) {
		b->key = "regex";
		snprintf(w->says, sizeof w->says, "%.60s", d->spec->regex);
		snprintf(w->reason, sizeof w->reason, "no match of the regex");
		snprintf(w->what, sizeof w->what, "the line does not match");
	} else {
		snprintf(w->reason, sizeof w->reason, "%s: %s", name[d->spec->format], text);
		snprintf(w->what, sizeof w->what, "%s", text);
	}
}

static void
limit_words(const struct decode_spec *s, struct bad_line *b, struct words *w)
{
	const size_t limit = s->line_bytes != 0 ? s->line_bytes : DECODE_LINE_BYTES;
	char size[16];

	size_human(size, (int64_t)limit);
	b->key = "limits.line_bytes";
	snprintf(w->says, sizeof w->says, "%s", size);
	snprintf(w->reason, sizeof w->reason, "too long");
	snprintf(w->what, sizeof w->what, "the line is over the limit");
}

static void
byte_words(struct bad_line *b, struct words *w)
{
	size_t good = 0, len;
	uint32_t cp;

	if (b->why == BAD_NUL) {
		b->column = (size_t)((const char *)memchr(b->line, '\0', b->n) - b->line) + 1;
		snprintf(w->reason, sizeof w->reason, "a NUL byte");
		snprintf(w->what, sizeof w->what, "a NUL byte");
		return;
	}
	while (good < b->n) {
		len = utf8_decode(b->line + good, b->n - good, &cp);
		if (len == 1 && (unsigned char)b->line[good] >= 0x80)
			break;
		good += len;
	}
	b->column = good + 1;
	snprintf(w->reason, sizeof w->reason, "not UTF-8");
	snprintf(w->what, sizeof w->what, "byte 0x%02x is no UTF-8", good < b->n ? (unsigned char)b->line[good] : 0u);
}

static void
hand_over(const struct decoder *d, const struct decode_sink *sink, struct bad_line *b, const struct words *w,
	  const char *at)
{
	b->offset = d->part_at + (size_t)(b->line - d->part);
	if (b->column == 0 && at != NULL)
		b->column = (size_t)(at - b->line) + 1;
	b->reason = w->reason;
	b->what = w->what;
	b->says = w->says;
	sink->bad(sink->arg, b);
}

void
line_bad(struct decoder *d, const struct decode_sink *sink, enum bad_reason why, const char *line, size_t n,
	 const char *at, const char *text)
{
	struct bad_line b = {.why = why, .line = line, .n = n};
	struct words w = {"", "", ""};

	if (sink->bad == NULL)
		return;
	if (why == BAD_SYNTAX && memchr(line, '\0', n) != NULL)
		b.why = BAD_NUL;
	else if (why == BAD_SYNTAX && !utf8_valid(line, n))
		b.why = BAD_UTF8;
	if (b.why == BAD_TOO_LONG) {
		limit_words(d->spec, &b, &w);
	} else if (b.why == BAD_NOT_OBJECT) {
		b.key = "format";
		snprintf(w.says, sizeof w.says, "json");
		snprintf(w.reason, sizeof w.reason, "not a JSON object");
		snprintf(w.what, sizeof w.what, "JSON, but no object");
	} else if (b.why == BAD_SYNTAX) {
		syntax_words(d, &b, &w, at, text);
	} else {
		byte_words(&b, &w);
	}
	hand_over(d, sink, &b, &w, at);
}

static void
missing_words(struct words *w, const char *path)
{
	snprintf(w->reason, sizeof w->reason, "field missing: %.60s", path);
	snprintf(w->what, sizeof w->what, "no field \"%.100s\"", path);
}

/* To the nearest hour, minute or second, as duration_human cuts off. */
static void
about(char out[16], int64_t ms)
{
	duration_human(out, ms + (ms >= MS_HOUR ? MS_HOUR : ms >= MS_MINUTE ? MS_MINUTE : MS_SECOND) / 2);
}

/* The field that is to blame. */
static int
blame(const struct decoder *d, struct bad_line *b, struct words *w)
{
	char ahead[16], allowed[16];
	int f = FIELD_TIMESTAMP;

	if (!d->b.has_time) {
		b->why = BAD_NO_TIMESTAMP;
		if (d->b.time_at == NULL) {
			missing_words(w, path_of(d->spec, f));
			return f;
		}
		snprintf(w->reason, sizeof w->reason, "timestamp not usable");
		snprintf(w->what, sizeof w->what, "this is no time");
	} else if (d->b.wrong != 0) {
		f = __builtin_ctz(d->b.wrong);
		b->why = BAD_TYPE;
		snprintf(w->reason, sizeof w->reason, "wrong type: %.60s", path_of(d->spec, f));
		snprintf(w->what, sizeof w->what, "this is not %s", field[f].wanted);
	} else if (d->b.rec.model.n == 0 && d->spec->needs_model) {
		f = FIELD_MODEL;
		b->why = BAD_NO_MODEL;
		missing_words(w, path_of(d->spec, f));
	} else {
		const int64_t most = d->spec->future_ms > 0 ? d->spec->future_ms : DECODE_FUTURE_MS;

		b->why = BAD_FUTURE;
		b->key = "limits.future";
		duration_human(allowed, most);
		about(ahead, d->b.rec.time_ms - (d->latest_ms - most));
		snprintf(w->says, sizeof w->says, "%s", allowed);
		snprintf(w->reason, sizeof w->reason, "timestamp in the future by %s", ahead);
		snprintf(w->what, sizeof w->what, "this is %s from now", ahead);
	}
	return f;
}

void
record_bad(struct decoder *d, const struct decode_sink *sink, const char *line, size_t n)
{
	struct bad_line b = {.line = line, .n = n};
	struct words w = {"", "", ""};
	const char *at;
	int f;

	if (sink->bad == NULL)
		return;
	f = blame(d, &b, &w);
	if (b.key == NULL) {
		b.key = field[f].key;
		snprintf(w.says, sizeof w.says, "%.60s", path_of(d->spec, f));
	}
	at = b.why == BAD_TYPE ? d->b.wrong_at : b.why == BAD_NO_MODEL ? NULL : d->b.time_at;
	hand_over(d, sink, &b, &w, at != NULL ? at : line);
}

void
decoder_too_long(struct decoder *d, const char *start, size_t n, const struct decode_sink *sink)
{
	d->part = start;
	d->part_at = 0;
	line_bad(d, sink, BAD_TOO_LONG, start, n, NULL, NULL);
}

void
bad_line_explain(struct buf *out, const struct bad_line *b, const char *entry)
{
	buf_addstr(out, b->what);
	if (b->key != NULL && b->says[0] != '\0')
		buf_addf(out, "; %s.%s says %s", entry, b->key, b->says);
}

void
bad_line_hint(struct buf *out, const struct bad_line *b, const char *model)
{
	static const char *const hint[BAD_REASONS] = {
	    [BAD_SYNTAX] = "is every line written whole, with one write?",
	    [BAD_NOT_OBJECT] = "a record is an object: {\"ts\": ..., \"model\": ...}",
	    [BAD_NO_TIMESTAMP] = "a time is RFC 3339 with an offset, or seconds, ms, us or ns since 1970",
	    [BAD_FUTURE] = "is the writer's clock right, and its offset from UTC?",
	    [BAD_UTF8] = "logs are read as UTF-8",
	    [BAD_NUL] = "a file that was truncated while its writer did not append has such holes",
	    [BAD_TOO_LONG] = "raise  limits: {line_bytes: ...}  if such lines are meant",
	};

	if (b->why == BAD_NO_MODEL)
		buf_addf(out, "add  model: {value: %s}  for a constant", model != NULL ? model : "NAME");
	else if (hint[b->why] != NULL)
		buf_addstr(out, hint[b->why]);
}
