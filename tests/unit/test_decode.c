/*
 * test_decode.c -- lines into records. JSON is held against jansson (decode_oracle.h), the other formats and all numbers and
 * times against values worked out by hand or by the C library.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode_oracle.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"

static uint64_t
rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static void
check_line(struct decoder *d, const char *line, size_t n)
{
	struct decode_spec plain = oracle_spec;
	struct decoder *fresh = decoder_open(&oracle_spec, NULL), *other;
	char *copy = malloc(n + 1);
	struct oracle o;

	plain.plain = true;
	other = decoder_open(&plain, NULL);

	memcpy(copy, line, n);
	copy[n] = '\n';
	oracle_open(&o, copy, n);
	oracle_check(&o, fresh, copy); /* scanned */
	oracle_check(&o, fresh, copy); /* walked, if it was good */
	oracle_check(&o, d, copy);     /* after others */
	oracle_check(&o, other, copy);
	oracle_check(&o, other, copy);
	decoder_close(other);
	oracle_close(&o);
	free(copy);
	decoder_close(fresh);
	if (o.why[0] != '\0')
		fail_msg("%s", o.why);
}

#define GOOD                                                                                                           \
	"{\"ts\":\"2026-03-01T00:00:00.123Z\",\"request_id\":\"9c1d\",\"model\":\"fraud\",\"meta\":{\"version\":\"3."  \
	"2.0\",\"host\":\"a\"},"                                                                                       \
	"\"latency_ms\":41.7,\"status\":200,\"out\":{\"prediction\":\"legit\",\"score\":0.0312},"                      \
	"\"in\":{\"features\":{\"amount\":129.90,\"merchant\":\"m_8841\",\"new\":true,\"nothing\":null,\"list\":[1,{"  \
	"\"a\":2}]}}}"

static const char *const lines[] = {
    GOOD,
    "{}",
    "",
    "   ",
    "\r",
    "{\"ts\":\"2026-03-01T00:00:00Z\"}",
    " { \"ts\" : \"2026-03-01T00:00:00Z\" , \"in\" : { \"features\" : { } } } \r",
    "[1,2,3]",
    "\"fraud\"",
    "42",
    "null",
    "true",
    "[]",
    "[{\"ts\":\"2026-03-01T00:00:00Z\"}]",
    "nul",
    "-",
    "01",
    "1.",
    ".5",
    "1e",
    "--1",
    "[1,]",
    "[,1]",
    "{,}",
    "{\"ts\":1,}",
    "{\"ts\"}",
    "{\"ts\":}",
    "{ts:1}",
    "{\"ts\":1}x",
    "{\"ts\":1}}",
    "{\"ts\":1",
    "{",
    "}",
    "{\"a",
    "[2026-03-01 00:00:00 +0000] [17]",
    /* a key that comes twice: the last one counts, at every depth */
    "{\"ts\":\"2026-03-01T00:00:00Z\",\"ts\":\"2026-03-02T00:00:00Z\"}",
    "{\"ts\":\"2026-03-01T00:00:00Z\",\"ts\":null}",
    "{\"ts\":null,\"ts\":\"2026-03-01T00:00:00Z\",\"model\":[],\"model\":\"m\"}",
    "{\"ts\":1772323200,\"in\":{\"features\":{\"a\":1,\"b\":2,\"a\":\"x\"}}}",
    "{\"ts\":1772323200,\"in\":{\"features\":{\"a\":1}},\"in\":{\"features\":{\"b\":1}}}",
    "{\"ts\":1772323200,\"in\":{\"features\":{\"a\":1},\"features\":{\"b\":1,\"a\":2}}}",
    "{\"ts\":1772323200,\"in\":{\"features\":{\"a\":1}},\"in\":7}",
    "{\"ts\":1772323200,\"in\":{\"features\":{\"a\":1}},\"in\":{}}",
    "{\"ts\":1772323200,\"in\":{\"features\":[1]},\"in\":{\"features\":{\"a\":1}}}",
    "{\"ts\":1772323200,\"out\":{\"prediction\":{},\"score\":\"x\"},\"out\":{\"score\":1}}",
    "{\"ts\":1772323200,\"out\":{\"prediction\":\"a\"},\"x\":1,\"out\":{\"score\":1}}",
    /* types */
    "{\"ts\":true}",
    "{\"ts\":\"yesterday\"}",
    "{\"ts\":[1772323200]}",
    "{\"ts\":-5}",
    "{\"ts\":1772323200,\"model\":7,\"status\":200.5}",
    "{\"ts\":1772323200,\"model\":{\"name\":\"fraud\"}}",
    "{\"ts\":1772323200,\"latency_ms\":\"fast\"}",
    "{\"ts\":1772323200,\"latency_ms\":\"12.5\"}",
    "{\"ts\":1772323200,\"in\":{\"features\":[1,2]}}",
    "{\"ts\":1772323200,\"in\":{\"features\":null}}",
    "{\"ts\":1772323200,\"in\":\"none\"}",
    "{\"ts\":1772323200,\"out\":{\"score\":true}}",
    "{\"ts\":1772323200,\"status\":\"503\"}",
    "{\"ts\":1772323200,\"status\":503,\"out\":{\"prediction\":null}}",
    "{\"ts\":1772323200,\"status\":true,\"meta\":{\"version\":false}}",
    /* numbers */
    "{\"ts\":1772323200,\"latency_ms\":NaN}",
    "{\"ts\":1772323200,\"latency_ms\":-Infinity}",
    "{\"ts\":1772323200,\"latency_ms\":1e309}",
    "{\"ts\":1772323200,\"latency_ms\":1e308}",
    "{\"ts\":1772323200,\"latency_ms\":1e-400}",
    "{\"ts\":1772323200,\"latency_ms\":4.9e-324}",
    "{\"ts\":1772323200,\"latency_ms\":9223372036854775807}",
    "{\"ts\":1772323200,\"latency_ms\":9223372036854775808}",
    "{\"ts\":1772323200,\"latency_ms\":-9223372036854775808}",
    "{\"ts\":1772323200,\"latency_ms\":-9223372036854775809}",
    "{\"ts\":1772323200,\"latency_ms\":9223372036854775808.0}",
    "{\"ts\":1772323200,\"latency_ms\":123456789012345678901234567890}",
    "{\"ts\":1772323200,\"latency_ms\":123456789012345678901234567890.0}",
    "{\"ts\":1772323200,\"latency_ms\":0.1234567890123456789012345678901234567890}",
    "{\"ts\":1772323200,\"latency_ms\":-0}",
    "{\"ts\":1772323200,\"latency_ms\":-0.0}",
    "{\"ts\":1772323200,\"latency_ms\":0e0}",
    "{\"ts\":1772323200,\"latency_ms\":1E+2}",
    "{\"ts\":1772323200,\"latency_ms\":00}",
    "{\"ts\":1772323200,\"latency_ms\":-01}",
    "{\"ts\":1772323200,\"latency_ms\":1.e5}",
    "{\"ts\":1772323200,\"latency_ms\":1e+}",
    "{\"ts\":1772323200,\"latency_ms\":+1}",
    "{\"ts\":1772323200,\"latency_ms\":0x10}",
    "{\"ts\":1772323200,\"unmapped\":1e999}",
    "{\"ts\":1772323200,\"unmapped\":99999999999999999999}",
    "{\"ts\":1772323200,\"unmapped\":[1e999]}",
    "{\"ts\":1772323200,\"latency_ms\":1e99999999999999999999}",
    "{\"ts\":1772323200,\"latency_ms\":0e99999999999999999999}",
    /* strings */
    "{\"ts\":1772323200,\"model\":\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"}",
    "{\"ts\":1772323200,\"model\":\"caf\xc3\"}",
    "{\"ts\":1772323200,\"model\":\"\xc0\x80\"}",
    "{\"ts\":1772323200,\"model\":\"\xed\xa0\x80\"}",
    "{\"ts\":1772323200,\"model\":\"\xf4\x90\x80\x80\"}",
    "{\"ts\":1772323200,\"model\":\"\xff\"}",
    "{\"ts\":1772323200,\"x\":\"\x80\"}",
    "{\"ts\":1772323200,\"model\":\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"}",
    "{\"ts\":1772323200,\"model\":\"\\ud83d\"}",
    "{\"ts\":1772323200,\"model\":\"\\ude00\"}",
    "{\"ts\":1772323200,\"model\":\"\\ud83d\\u0041\"}",
    "{\"ts\":1772323200,\"model\":\"\\u0000\"}",
    "{\"ts\":1772323200,\"model\":\"\\x\"}",
    "{\"ts\":1772323200,\"model\":\"\\u12\"}",
    "{\"ts\":1772323200,\"model\":\"\\u12g4\"}",
    "{\"ts\":1772323200,\"model\":\"a\tb\"}",
    "{\"ts\":1772323200,\"model\":\"a\x7f\"}",
    "{\"ts\":1772323200,\"m\\u006fdel\":\"escaped key\",\"in\":{\"features\":{\"a\\\"b\":\"c\\\"d\",\"\\u00e9\":1}}}",
    "{\"ts\":1772323200,\"\\u0000\":1}",
    "{\"ts\":1772323200,\"\":1}",
    "{\"ts\":1772323200,\"in\":{\"features\":{\"\":1,\"a.b\":2}}}",
    "{\"ts\":1772323200,\"model\":\"\"}",
    "{\"ts\":1772323200,\"model\":\"unclosed}",
};

static void
decode__json_lines_mean_what_jansson_says(void **state)
{
	struct decoder *d = decoder_open(&oracle_spec, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		check_line(d, lines[i], strlen(lines[i]));
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) /* and once more, after all that it has learned */
		check_line(d, lines[i], strlen(lines[i]));
	decoder_close(d);
}

static void
decode__json_with_nul_bytes_is_refused(void **state)
{
	static const char nul[] = "{\"ts\":1772323200,\"model\":\"a\0b\"}", end[] = "{\"ts\":1772323200}\0";
	struct decoder *d = decoder_open(&oracle_spec, NULL);

	(void)state;
	check_line(d, nul, sizeof nul - 1);
	check_line(d, end, sizeof end - 1);
	check_line(d, "\0", 1);
	decoder_close(d);
}

static void
decode__nesting_ends_where_jansson_ends(void **state)
{
	struct decoder *d = decoder_open(&oracle_spec, NULL);
	char *line = malloc(10000);

	(void)state;
	for (int depth = 2040; depth < 2052; depth++) {
		int n = sprintf(line, "{\"ts\":1772323200,\"x\":");

		memset(line + n, '[', depth);
		memset(line + n + depth, ']', depth);
		line[n + 2 * depth] = '}';
		check_line(d, line, n + 2 * depth + 1);
		memmove(line + n + depth + 1, line + n + depth, depth + 1);
		line[n + depth] = '1';
		check_line(d, line, n + 2 * depth + 2);
	}
	free(line);
	decoder_close(d);
}

/* Bytes changed, dropped, doubled and swapped in good lines, pieces of other lines put in. */
static void
decode__damaged_lines_mean_what_jansson_says(void **state)
{
	static const char odd[] = "{}[]\",:\\ 0123456789.eE+-tfnu\x80\xc3\xa9\x01\x7f\r\t";
	struct decoder *d = decoder_open(&oracle_spec, NULL);
	uint64_t s = 88172645463325252u;
	char line[2048];

	(void)state;
	for (int round = 0; round < 6000; round++) {
		size_t n = strlen(GOOD), changes = rnd(&s) % 4;

		memcpy(line, GOOD, n);
		while (changes-- > 0) {
			size_t at = rnd(&s) % n, len = rnd(&s) % 12, from = rnd(&s) % n;

			if (len > n - at)
				len = n - at;
			switch (rnd(&s) % 4) {
			case 0:
				line[at] = odd[rnd(&s) % (sizeof odd - 1)];
				break;
			case 1:
				memmove(line + at, line + at + len, n - at - len);
				n -= len;
				break;
			case 2:
				if (len > n - from)
					len = n - from;
				if (n + len < sizeof line) {
					char piece[16];

					memcpy(piece, line + from, len);
					memmove(line + at + len, line + at, n - at);
					memcpy(line + at, piece, len);
					n += len;
				}
				break;
			default:
				line[at] = (char)rnd(&s);
			}
			if (n == 0)
				break;
		}
		for (size_t i = 0; i < n; i++)
			if (line[i] == '\n')
				line[i] = ' ';
		check_line(d, line, n);
	}
	decoder_close(d);
}

/* Members in any order, left out and doubled: every way through the learned edges. */
static void
decode__shuffled_members_mean_what_jansson_says(void **state)
{
	static const char *const top[] = {"\"ts\":\"2026-03-01T00:00:00Z\"",
					  "\"ts\":1772323200123",
					  "\"model\":\"a\"",
					  "\"status\":500",
					  "\"latency_ms\":1.5",
					  "\"meta\":{\"version\":\"1\"}",
					  "\"meta\":{}",
					  "\"out\":{\"prediction\":\"x\",\"score\":1}",
					  "\"out\":{\"score\":2}",
					  "\"in\":{\"features\":{}}",
					  "\"in\":null",
					  "\"in\":{\"x\":1}",
					  "\"extra\":{\"a\":[1,2]}"};
	static const char *const feature[] = {"\"a\":1", "\"b\":\"x\"", "\"c\":null", "\"a\":2.5", "\"d\":{\"a\":1}"};
	struct decoder *d = decoder_open(&oracle_spec, NULL);
	uint64_t s = 362436069;
	char line[2048];

	(void)state;
	for (int round = 0; round < 6000; round++) {
		size_t n = (size_t)sprintf(line, "{\"ts\":1772323200"), members = rnd(&s) % 5;

		while (members-- > 0) {
			if (rnd(&s) % 3 != 0) {
				n += (size_t)sprintf(line + n, ",%s", top[rnd(&s) % (sizeof top / sizeof *top)]);
				continue;
			}
			n += (size_t)sprintf(line + n, ",\"in\":{\"features\":{");
			for (size_t k = rnd(&s) % 4, i = 0; i < k; i++)
				n += (size_t)sprintf(line + n, "%s%s", i > 0 ? "," : "",
						     feature[rnd(&s) % (sizeof feature / sizeof *feature)]);
			n += (size_t)sprintf(line + n, "}}");
		}
		n += (size_t)sprintf(line + n, "}");
		check_line(d, line, n);
	}
	decoder_close(d);
}

struct seen {
	struct record r;
	struct record_feature f[8];
	unsigned records, bad[BAD_REASONS];
	char line[64], reason[100];
	size_t column, offset;
	char words[300];
};

static void
seen_record(void *arg, const struct record *r)
{
	struct seen *s = arg;

	s->r = *r;
	assert_true(r->n_features <= 8);
	if (r->n_features > 0)
		memcpy(s->f, r->features, r->n_features * sizeof *s->f);
	s->records++;
}

static void
seen_bad(void *arg, const struct bad_line *b)
{
	struct seen *s = arg;
	struct buf words = BUF_INIT;

	s->bad[b->why]++;
	s->column = b->column;
	s->offset = b->offset;
	snprintf(s->line, sizeof s->line, "%.*s", (int)(b->n < 60 ? b->n : 60), b->line);
	snprintf(s->reason, sizeof s->reason, "%s", b->reason);
	bad_line_explain(&words, b, "prediction_logs[0]");
	snprintf(s->words, sizeof s->words, "%s", buf_str(&words));
	buf_release(&words);
}

static size_t
feed(struct decoder *d, struct seen *s, const char *text)
{
	const struct decode_sink sink = {s, seen_record, seen_bad};

	memset(s, 0, sizeof *s);
	return decoder_feed(d, text, strlen(text), &sink);
}

static bool
is(struct text t, const char *s)
{
	return t.p != NULL && t.n == strlen(s) && memcmp(t.p, s, t.n) == 0;
}

static void
decode__numbers_are_read_exactly(void **state)
{
	struct decode_spec plain = oracle_spec;
	struct decoder *d[2] = {decoder_open(&oracle_spec, NULL), NULL};
	uint64_t s = 123456789;
	char line[256], number[64];
	struct seen seen;

	(void)state;
	plain.plain = true;
	d[1] = decoder_open(&plain, NULL);
	for (int i = 0; i < 90000; i++) {
		uint64_t bits = rnd(&s);
		double v;

		switch (i % 6) {
		case 0: /* any double, to any number of digits */
			memcpy(&v, &bits, sizeof v);
			if (!isfinite(v))
				continue;
			snprintf(number, sizeof number, "%.*e", (int)(rnd(&s) % 25), v);
			break;
		case 1: /* as Python prints a ratio */
			snprintf(number, sizeof number, "%.17g",
				 (double)(bits % 1000003) / (double)(rnd(&s) % 9999991 + 1));
			break;
		case 2: /* prices */
			snprintf(number, sizeof number, "%.*f", (int)(rnd(&s) % 8),
				 (double)(bits % 100000000) / 1000.0);
			break;
		case 3: /* half-way between two doubles, and next to it */
			snprintf(number, sizeof number, "%llu%s",
				 (unsigned long long)((bits >> 10 << 1 | 1) + (UINT64_C(1) << 54) % (bits | 1)) >> 1,
				 bits & 1 ? ".5" : "");
			break;
		case 4: /* 15 to 24 digits, zeros in front, either sign */
			v = (double)(int64_t)bits * pow(10, -(double)(rnd(&s) % 24));
			snprintf(number, sizeof number, "%.*f", (int)(rnd(&s) % 23 + 1), v);
			break;
		default:
			snprintf(number, sizeof number, "%lld", (long long)bits >> (rnd(&s) % 60));
		}
		snprintf(line, sizeof line, "{\"ts\":\"2026-03-01T00:00:00Z\",\"out\":{\"score\":%s}}\n", number);
		assert_int_equal(feed(d[i / 6 % 2], &seen, line), 1);
		if (seen.records != 1)
			fail_msg("refused: %s", number);
		v = strtod(number, NULL);
		if (memcmp(&v, &seen.r.score, sizeof v) != 0 && !(v == 0 && seen.r.score == 0))
			fail_msg("%s: read as %.17g, is %.17g", number, seen.r.score, v);
	}
	decoder_close(d[0]);
	decoder_close(d[1]);
}

static void
decode__timestamps_of_every_kind(void **state)
{
	/* expected by GNU date: date -u -d ... +%s%3N */
	static const struct {
		const char *json;
		enum time_unit unit;
		int64_t ms; /* -1: not usable */
	} cases[] = {
	    {"\"2026-03-01T00:00:00Z\"", UNIT_NONE, INT64_C(1772323200000)},
	    {"\"2026-03-01T00:00:00.1Z\"", UNIT_NONE, INT64_C(1772323200100)},
	    {"\"2026-03-01T00:00:00.123456789Z\"", UNIT_NONE, INT64_C(1772323200123)},
	    {"\"2026-03-01T00:00:00.1234567891Z\"", UNIT_NONE, -1},
	    {"\"2026-03-01T01:30:00.5+01:30\"", UNIT_NONE, INT64_C(1772323200500)},
	    {"\"2026-02-28T19:00:00-05:00\"", UNIT_NONE, INT64_C(1772323200000)},
	    {"\"2026-03-01t00:00:00z\"", UNIT_NONE, INT64_C(1772323200000)},
	    {"\"2026-03-01 00:00:00+00:00\"", UNIT_NONE, INT64_C(1772323200000)},
	    {"\"2024-02-29T12:00:00Z\"", UNIT_NONE, INT64_C(1709208000000)},
	    {"\"2023-02-29T12:00:00Z\"", UNIT_NONE, -1},
	    {"\"2026-13-45T99:99:99Z\"", UNIT_NONE, -1},
	    {"\"2026-03-01T00:00:00\"", UNIT_NONE, -1},
	    {"\"2026-03-01T00:00:00.Z\"", UNIT_NONE, -1},
	    {"\"2026-03-01T00:00:61Z\"", UNIT_NONE, -1},
	    {"\"2026-03-01T24:00:00Z\"", UNIT_NONE, -1},
	    {"\"2026-03-01T00:00:00+1:00\"", UNIT_NONE, -1},
	    {"1772323200", UNIT_NONE, INT64_C(1772323200000)},
	    {"1772323200.123", UNIT_NONE, INT64_C(1772323200123)},
	    {"1772323200.123999", UNIT_NONE, INT64_C(1772323200123)},
	    {"1.772323200123e9", UNIT_NONE, INT64_C(1772323200123)},
	    {"1772323200123", UNIT_NONE, INT64_C(1772323200123)},
	    {"1772323200123456", UNIT_NONE, INT64_C(1772323200123)},
	    {"1772323200123456789", UNIT_NONE, INT64_C(1772323200123)},
	    {"1772323200", UNIT_MS, INT64_C(1772323200)},
	    {"1772323200123", UNIT_S, -1},
	    {"1772323200123", UNIT_US, INT64_C(1772323200)},
	    {"1772323200123456789", UNIT_NS, INT64_C(1772323200123)},
	    {"\"1772323200.5\"", UNIT_NONE, INT64_C(1772323200500)},
	    {"0", UNIT_NONE, 0},
	    {"-1", UNIT_NONE, -1},
	    {"1e300", UNIT_NONE, -1},
	    {"null", UNIT_NONE, -1},
	    {"{}", UNIT_NONE, -1},
	};
	char line[128];
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct decode_spec spec = oracle_spec;
		struct decoder *d;

		spec.timestamp.unit = cases[i].unit;
		d = decoder_open(&spec, NULL);
		snprintf(line, sizeof line, "{\"ts\":%s}\n", cases[i].json);
		for (int twice = 0; twice < 2; twice++) {
			feed(d, &seen, line);
			if (seen.records != (cases[i].ms >= 0) || seen.bad[BAD_NO_TIMESTAMP] != (cases[i].ms < 0))
				fail_msg("%s: wrong verdict", cases[i].json);
			if (cases[i].ms >= 0 && seen.r.time_ms != cases[i].ms)
				fail_msg("%s: %lld", cases[i].json, (long long)seen.r.time_ms);
		}
		decoder_close(d);
	}
}

static void
decode__a_minute_is_remembered_rightly(void **state)
{
	struct decoder *d = decoder_open(&oracle_spec, NULL);
	struct seen seen;
	char line[128], text[32];
	uint64_t s = 77;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		int64_t ms = (int64_t)(rnd(&s) % 200000) +
			     (i % 3 == 0 ? (int64_t)(rnd(&s) % INT64_C(250000000000000)) : INT64_C(1772323200000));

		rfc3339_format(text, ms);
		snprintf(line, sizeof line, "{\"ts\":\"%s\"}\n", text);
		feed(d, &seen, line);
		assert_int_equal(seen.records, 1);
		assert_int_equal(seen.r.time_ms, ms);
	}
	decoder_close(d);
}

static void
decode__a_long_line_is_counted_and_the_next_is_intact(void **state)
{
	struct decode_spec spec = oracle_spec;
	struct decoder *d;
	char *text = malloc(5000);
	struct seen seen;
	int n;

	(void)state;
	spec.line_bytes = 1000;
	d = decoder_open(&spec, NULL);
	for (int twice = 0; twice < 2; twice++) { /* the second time along the learned layout */
		n = sprintf(text, "{\"ts\":\"2026-03-01T00:00:00Z\",\"model\":\"");
		memset(text + n, 'x', 2000);
		sprintf(text + n + 2000, "\"}\n{\"ts\":\"2026-03-01T00:00:00Z\",\"model\":\"b\"}\n\n");
		assert_int_equal(feed(d, &seen, text), 3);
		assert_int_equal(seen.bad[BAD_TOO_LONG], 1);
		assert_int_equal(seen.records, 1);
		assert_true(is(seen.r.model, "b"));
	}
	free(text);
	decoder_close(d);
}

static void
decode__a_bad_line_leaves_the_next_intact(void **state)
{
	struct decoder *d = decoder_open(&oracle_spec, NULL);
	char *text = malloc(1 << 16);
	size_t n = 0, good = 0;
	struct seen seen;
	uint64_t s = 5;

	(void)state;
	for (int i = 0; i < 100; i++) {
		n += (size_t)sprintf(text + n, "%s\n", GOOD);
		good++;
		if (rnd(&s) % 2 == 0) {
			size_t k = rnd(&s) % strlen(GOOD);

			memcpy(text + n, GOOD, k);
			n += k;
			text[n++] = '\n';
		}
	}
	text[n] = '\0';
	feed(d, &seen, text);
	assert_int_equal(seen.records, good);
	assert_true(is(seen.r.model, "fraud"));
	assert_true(is(seen.r.version, "3.2.0"));
	assert_true(is(seen.r.prediction, "legit"));
	assert_true(seen.r.latency_s == 0.0417);
	assert_int_equal(seen.r.n_features, 5);
	assert_true(is(seen.f[1].name, "merchant") && is(seen.f[1].string, "m_8841") && seen.f[1].slot == 1);
	free(text);
	decoder_close(d);
}

static void
decode__constants_and_dotted_names(void **state)
{
	struct decode_spec spec = {.timestamp = {.path = (char *)"time"},
				   .model = {.constant = (char *)"iris"},
				   .status = {.path = (char *)"http.status"}};
	struct decoder *d = decoder_open(&spec, NULL);
	struct seen seen;

	(void)state;
	feed(d, &seen, "{\"time\":1772323200,\"http.status\":500}\n");
	assert_true(is(seen.r.model, "iris"));
	assert_true(is(seen.r.status, "500") && seen.r.failed);
	feed(d, &seen, "{\"time\":1772323200,\"http\":{\"status\":404}}\n");
	assert_true(is(seen.r.status, "404") && !seen.r.failed);
	decoder_close(d);
}

static void
decode__errors_by_a_field(void **state)
{
	struct decode_spec spec = {.timestamp = {.path = (char *)"ts"},
				   .status = {.path = (char *)"status"},
				   .error = {.path = (char *)"error"},
				   .error_when = ERROR_PRESENT};
	struct decoder *d = decoder_open(&spec, NULL);
	struct seen seen;

	(void)state;
	feed(d, &seen, "{\"ts\":1772323200,\"status\":500}\n");
	assert_false(seen.r.failed);
	feed(d, &seen, "{\"ts\":1772323200,\"error\":\"boom\"}\n");
	assert_true(seen.r.failed);
	feed(d, &seen, "{\"ts\":1772323200,\"error\":null}\n");
	assert_false(seen.r.failed);
	decoder_close(d);
	spec.error_when = ERROR_TRUE;
	d = decoder_open(&spec, NULL);
	feed(d, &seen, "{\"ts\":1772323200,\"error\":true}\n");
	assert_true(seen.r.failed);
	feed(d, &seen, "{\"ts\":1772323200,\"error\":false}\n");
	assert_false(seen.r.failed);
	decoder_close(d);
}

static struct decode_spec
flat_spec(enum log_format_kind format)
{
	return (struct decode_spec){.format = format,
				    .timestamp = {.path = (char *)"ts"},
				    .model = {.path = (char *)"model"},
				    .latency = {.path = (char *)"took", .unit = UNIT_MS},
				    .status = {.path = (char *)"status"},
				    .prediction = {.path = (char *)"class"},
				    .features = (char *)"f."};
}

static void
decode__logfmt(void **state)
{
	struct decode_spec spec = flat_spec(FORMAT_LOGFMT);
	struct decoder *d = decoder_open(&spec, NULL);
	struct seen seen;

	(void)state;
	assert_int_equal(feed(d, &seen,
			      "level=info ts=2026-03-01T00:00:00.5Z model=fraud took=12.5 status=503 class=\"not "
			      "\\\"so\\\" bad\" f.amount=1.25 f.country=FR f.new=true f.none= flag\n"),
			 1);
	assert_int_equal(seen.records, 1);
	assert_int_equal(seen.r.time_ms, INT64_C(1772323200500));
	assert_true(seen.r.latency_s == 0.0125 && seen.r.failed);
	assert_true(is(seen.r.prediction, "not \"so\" bad"));
	assert_int_equal(seen.r.n_features, 4);
	assert_true(is(seen.f[0].name, "amount") && seen.f[0].kind == FEATURE_NUMBER && seen.f[0].number == 1.25);
	assert_true(is(seen.f[1].name, "country") && seen.f[1].kind == FEATURE_STRING && is(seen.f[1].string, "FR"));
	assert_int_equal(seen.f[2].kind, FEATURE_BOOL);
	assert_int_equal(seen.f[3].kind, FEATURE_NULL);
	feed(d, &seen, "ts=2026-03-01T00:00:00Z took=90µs\n");
	assert_true(seen.records == 1 && seen.r.latency_s == 90 / 1e6);
	feed(d, &seen,
	     "Traceback (most recent call last):\nts=2026-03-01T00:00:00Z class=\"open\nts=1 "
	     "=5\nmodel=x\nts=2026-03-01T00:00:00Z took=long\n\n");
	assert_int_equal(seen.bad[BAD_SYNTAX], 3);
	assert_int_equal(seen.bad[BAD_NO_TIMESTAMP], 1);
	assert_int_equal(seen.bad[BAD_TYPE], 1);
	decoder_close(d);
}

static void
decode__csv(void **state)
{
	struct decode_spec spec = flat_spec(FORMAT_CSV);
	struct decoder *d = decoder_open(&spec, NULL);
	struct seen seen;

	(void)state;
	assert_int_equal(feed(d, &seen,
			      "\xef\xbb\xbfts,\"model\",took,status,class,f.amount,\"f.a,b\"\r\n2026-03-01T00:00:00Z,"
			      "fraud,12.5,200,\"a \"\"b\"\", c\",1e3,NaN\r\n"),
			 2);
	assert_int_equal(seen.records, 1);
	assert_true(is(seen.r.prediction, "a \"b\", c") && is(seen.r.model, "fraud") && seen.r.latency_s == 0.0125);
	assert_int_equal(seen.r.n_features, 2);
	assert_true(seen.f[0].number == 1000 && is(seen.f[1].name, "a,b") && seen.f[1].kind == FEATURE_NULL);
	feed(d, &seen,
	     "2026-03-01T00:00:00Z,fraud\n2026-03-01T00:00:00Z,fraud,1,200,a,1,2,3\n2026-03-01T00:00:00Z,fr\"aud,1,200,"
	     "a,1,2\n2026-03-01T00:00:00Z,\"fraud,1,200,a,1,2\n,,,,,,\n");
	assert_int_equal(seen.bad[BAD_SYNTAX], 4);
	assert_int_equal(seen.bad[BAD_NO_TIMESTAMP], 1);
	decoder_new_file(d);
	feed(d, &seen, "model,ts\niris,1772323200\n");
	assert_true(seen.records == 1 && is(seen.r.model, "iris") && seen.r.n_features == 0);
	decoder_close(d);
}

static void
decode__regex(void **state)
{
	struct decode_spec spec = flat_spec(FORMAT_REGEX);
	struct err e = ERR_INIT;
	struct decoder *d;
	struct seen seen;

	(void)state;
	spec.features = (char *)"f_";
	spec.regex =
	    (char *)"^(?<ts>\\S+) (?<model>\\w+) (?<status>\\d+) (?<took>[\\d.]+)(?: amount=(?<f_amount>\\d+))?";
	d = decoder_open(&spec, &e);
	feed(d, &seen, "2026-03-01T00:00:00Z fraud 500 12.5 amount=77 and more\n");
	assert_int_equal(seen.records, 1);
	assert_true(seen.r.failed && seen.r.latency_s == 0.0125 && seen.r.n_features == 1 && seen.f[0].number == 77 &&
		    is(seen.f[0].name, "amount"));
	feed(d, &seen, "2026-03-01T00:00:00Z fraud 200 1\nnothing of the kind\nx fraud 200 1\n");
	assert_true(seen.records == 1 && seen.r.n_features == 0);
	assert_int_equal(seen.bad[BAD_SYNTAX], 1);
	assert_int_equal(seen.bad[BAD_NO_TIMESTAMP], 1);
	decoder_close(d);
	spec.regex = (char *)"(?<ts>x";
	assert_null(decoder_open(&spec, &e));
	assert_non_null(strstr(e.text, "bad regular expression"));
	err_clear(&e);
	spec.regex = (char *)"x+";
	assert_null(decoder_open(&spec, &e));
	assert_non_null(strstr(e.text, "no named groups"));
}

/* What people are told of a line: where, why, and against which setting. */
struct told {
	const char *line, *reason, *words;
	enum bad_reason why;
	size_t column;
};

static void
expect_told(const struct decode_spec *spec, const char *good, const struct told *cases, size_t n)
{
	struct decoder *d = decoder_open(spec, NULL);
	struct buf text = BUF_INIT;
	struct seen seen;

	decoder_clock(d, INT64_C(1772323200000)); /* 2026-03-01T00:00:00Z */
	/* beside each a line of the usual layout: the walker meets the bad ones, too */
	for (size_t i = 0; i < n; i++) {
		buf_reset(&text);
		buf_addf(&text, "%s\n%s\n%s\n", good, cases[i].line, good);
		assert_int_equal(feed(d, &seen, buf_str(&text)), 3);
		if (seen.records != 2 || seen.bad[cases[i].why] != 1)
			fail_msg("%s: %u records, said: %s", cases[i].line, seen.records, seen.reason);
		assert_string_equal(seen.reason, cases[i].reason);
		assert_string_equal(seen.words, cases[i].words);
		assert_int_equal(seen.column, cases[i].column);
		assert_int_equal(seen.offset, strlen(good) + 1);
	}
	buf_release(&text);
	decoder_close(d);
}

static void
decode__a_bad_line_is_explained(void **state)
{
	static const struct told cases[] = {
	    {"{\"ts\":1772323200,\"request_id\":\"9f21\",\"status\":200}", "field missing: model",
	     "no field \"model\"; prediction_logs[0].fields.model says model", BAD_NO_MODEL, 1},
	    {"{\"ts\":1772323200,\"model\":\"m\",\"status\":200,\"x\":\"fra", "not JSON: unexpected end of line",
	     "the line ends too early; prediction_logs[0].format says json", BAD_SYNTAX, 51},
	    {"{\"ts\":1772323200,\"model\":\"m\",\"status\":20", "not JSON: unexpected end of line",
	     "the line ends too early; prediction_logs[0].format says json", BAD_SYNTAX, 41},
	    {"{\"ts\":1772323200,\"model\":\"m\",\"x\":tru", "not JSON: unexpected end of line",
	     "the line ends too early; prediction_logs[0].format says json", BAD_SYNTAX, 37},
	    {"{\"ts\":1772323200,\"model\":\"m\",\"x\":None}", "not JSON: unexpected character",
	     "unexpected 'N'; prediction_logs[0].format says json", BAD_SYNTAX, 34},
	    {"Traceback (most recent call last):", "not JSON: unexpected character",
	     "unexpected 'T'; prediction_logs[0].format says json", BAD_SYNTAX, 1},
	    {"[1]", "not a JSON object", "JSON, but no object; prediction_logs[0].format says json", BAD_NOT_OBJECT, 1},
	    {"{\"model\":\"m\"}", "field missing: ts", "no field \"ts\"; prediction_logs[0].fields.timestamp says ts",
	     BAD_NO_TIMESTAMP, 1},
	    {"{\"ts\":\"yesterday\",\"model\":\"m\"}", "timestamp not usable",
	     "this is no time; prediction_logs[0].fields.timestamp says ts", BAD_NO_TIMESTAMP, 7},
	    {"{\"ts\":1772323200,\"model\":\"m\",\"latency_ms\":\"fast\"}", "wrong type: latency_ms",
	     "this is not a number; prediction_logs[0].fields.latency says latency_ms", BAD_TYPE, 43},
	    {"{\"ts\":1772323200,\"model\":{\"name\":\"m\"}}", "wrong type: model",
	     "this is not text; prediction_logs[0].fields.model says model", BAD_TYPE, 26},
	    {"{\"ts\":1772323200,\"model\":\"m\",\"in\":{\"features\":[1]}}", "wrong type: in.features",
	     "this is not an object; prediction_logs[0].fields.features says in.features", BAD_TYPE, 47},
	    {"{\"ts\":\"2026-03-01T03:00:00Z\",\"model\":\"m\"}", "timestamp in the future by 3h",
	     "this is 3h from now; prediction_logs[0].limits.future says 10m", BAD_FUTURE, 7},
	    {"{\"ts\":1772323801,\"model\":\"m\"}", "timestamp in the future by 10m",
	     "this is 10m from now; prediction_logs[0].limits.future says 10m", BAD_FUTURE, 7},
	    {"{\"ts\":1772323200,\"model\":\"m\xff\"}", "not UTF-8", "byte 0xff is no UTF-8", BAD_UTF8, 28},
	    {"{\"ts\":1772323200,\"model\":null}", "field missing: model",
	     "no field \"model\"; prediction_logs[0].fields.model says model", BAD_NO_MODEL, 1},
	};
	struct decode_spec spec = oracle_spec;

	(void)state;
	spec.needs_model = true;
	for (int plain = 0; plain < 2; plain++) {
		spec.plain = plain == 1;
		expect_told(&spec, "{\"ts\":1772323800,\"model\":\"m\",\"latency_ms\":1}", cases,
			    sizeof cases / sizeof *cases);
	}
}

static void
decode__a_bad_line_of_flat_formats_is_explained(void **state)
{
	static const struct told logfmt[] = {
	    {"Traceback (most recent call last):", "not logfmt: no key=value pair",
	     "no key=value pair; prediction_logs[0].format says logfmt", BAD_SYNTAX, 1},
	    {"ts=2026-03-01T00:00:00Z class=\"open", "not logfmt: a quote is not closed",
	     "a quote is not closed; prediction_logs[0].format says logfmt", BAD_SYNTAX, 30},
	    {"ts=2026-03-01T00:00:00Z model=m took=long", "wrong type: took",
	     "this is not a number; prediction_logs[0].fields.latency says took", BAD_TYPE, 38}};
	struct decode_spec spec = flat_spec(FORMAT_LOGFMT);

	(void)state;
	expect_told(&spec, "ts=2026-03-01T00:00:00Z model=m", logfmt, sizeof logfmt / sizeof *logfmt);
	static const struct told regex[] = {
	    {"nothing of the kind", "no match of the regex",
	     "the line does not match; prediction_logs[0].regex says ^(?<ts>\\S+Z) (?<model>.*)", BAD_SYNTAX, 1}};
	spec = flat_spec(FORMAT_REGEX);
	spec.features = NULL;
	spec.regex = (char *)"^(?<ts>\\S+Z) (?<model>.*)";
	expect_told(&spec, "2026-03-01T00:00:00Z m", regex, 1);
}

static void
decode__a_bad_line_of_csv_is_explained(void **state)
{
	static const struct {
		const char *line, *reason;
		size_t column;
	} cases[] = {{"2026-03-01T00:00:00Z", "not CSV: fewer fields than the header", 1},
		     {"2026-03-01T00:00:00Z,m,1,2", "not CSV: more fields than the header", 26},
		     {"2026-03-01T00:00:00Z,\"m,1", "not CSV: a quote in the wrong place", 22}};
	struct decode_spec spec = flat_spec(FORMAT_CSV);
	struct decoder *d = decoder_open(&spec, NULL);
	struct seen seen;
	char line[100];

	(void)state;
	feed(d, &seen, "ts,model,took\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(line, sizeof line, "%s\n", cases[i].line);
		feed(d, &seen, line);
		assert_string_equal(seen.reason, cases[i].reason);
		assert_int_equal(seen.column, cases[i].column);
	}
	decoder_close(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decode__json_lines_mean_what_jansson_says),
	    cmocka_unit_test(decode__json_with_nul_bytes_is_refused),
	    cmocka_unit_test(decode__nesting_ends_where_jansson_ends),
	    cmocka_unit_test(decode__damaged_lines_mean_what_jansson_says),
	    cmocka_unit_test(decode__shuffled_members_mean_what_jansson_says),
	    cmocka_unit_test(decode__numbers_are_read_exactly),
	    cmocka_unit_test(decode__timestamps_of_every_kind),
	    cmocka_unit_test(decode__a_minute_is_remembered_rightly),
	    cmocka_unit_test(decode__a_long_line_is_counted_and_the_next_is_intact),
	    cmocka_unit_test(decode__a_bad_line_leaves_the_next_intact),
	    cmocka_unit_test(decode__constants_and_dotted_names),
	    cmocka_unit_test(decode__errors_by_a_field),
	    cmocka_unit_test(decode__logfmt),
	    cmocka_unit_test(decode__csv),
	    cmocka_unit_test(decode__regex),
	    cmocka_unit_test(decode__a_bad_line_is_explained),
	    cmocka_unit_test(decode__a_bad_line_of_flat_formats_is_explained),
	    cmocka_unit_test(decode__a_bad_line_of_csv_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
