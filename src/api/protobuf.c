/*
 * protobuf.c -- see protobuf.h. The numbers are those of the fields in metrics.proto.
 */
#include "protobuf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/histogram.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2 };
enum { FAMILY_NAME = 1, FAMILY_HELP = 2, FAMILY_TYPE = 3, FAMILY_METRIC = 4 };
enum { METRIC_LABEL = 1, METRIC_GAUGE = 2, METRIC_COUNTER = 3, METRIC_HISTOGRAM = 7 };
enum { BUCKET_COUNT = 1, BUCKET_BOUND = 2 };
enum {
	HIST_COUNT = 1,
	HIST_SUM = 2,
	HIST_BUCKET = 3,
	HIST_SCHEMA = 5,
	HIST_ZERO_THRESHOLD = 6,
	HIST_ZERO_COUNT = 7,
	HIST_NEGATIVE = 9, /* spans; the deltas follow */
	HIST_POSITIVE = 12,
};

static void
varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (char)(unsigned char)(v | 0x80));
	buf_addc(b, (char)v);
}

static uint64_t
zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static void
number(struct buf *b, unsigned field, uint64_t v)
{
	varint(b, field << 3 | VARINT);
	varint(b, v);
}

static void
real(struct buf *b, unsigned field, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	varint(b, field << 3 | FIXED64);
	for (int i = 0; i < 64; i += 8)
		buf_addc(b, (char)(unsigned char)(bits >> i));
}

static void
bytes(struct buf *b, unsigned field, const char *p, size_t n)
{
	varint(b, field << 3 | BYTES);
	varint(b, n);
	buf_add(b, p, n);
}

/* Releases what it appends. */
static void
message(struct buf *b, unsigned field, struct buf *m)
{
	bytes(b, field, buf_str(m), m->len);
	buf_release(m);
}

static void
labels(struct buf *metric, struct labels l)
{
	for (size_t i = 0; i < l.n; i++) {
		struct buf pair = BUF_INIT;

		if (strcmp(l.at[i].name, METRIC_NAME) == 0)
			continue;
		bytes(&pair, 1, l.at[i].name, strlen(l.at[i].name));
		bytes(&pair, 2, l.at[i].value, strlen(l.at[i].value));
		message(metric, METRIC_LABEL, &pair);
	}
}

void
protobuf_family(struct buf *family, const char *name, const char *help, enum protobuf_type type)
{
	bytes(family, FAMILY_NAME, name, strlen(name));
	bytes(family, FAMILY_HELP, help, strlen(help));
	number(family, FAMILY_TYPE, type);
}

void
protobuf_value(struct buf *family, enum protobuf_type type, struct labels l, double v)
{
	struct buf metric = BUF_INIT, value = BUF_INIT;

	labels(&metric, l);
	real(&value, 1, v);
	message(&metric, type == PROTOBUF_COUNTER ? METRIC_COUNTER : METRIC_GAUGE, &value);
	message(family, FAMILY_METRIC, &metric);
}

/* Spans, and the counts as differences to the one before. */
static void
side(struct buf *h, unsigned field, const struct buckets *k)
{
	struct buf deltas = BUF_INIT;
	int64_t last = 0;

	for (size_t i = 0; i < k->n_spans; i++) {
		struct buf span = BUF_INIT;

		number(&span, 1, zigzag(k->spans[i].offset));
		number(&span, 2, k->spans[i].length);
		message(h, field, &span);
	}
	for (size_t i = 0; i < k->n; i++) {
		varint(&deltas, zigzag((int64_t)k->counts[i] - last));
		last = (int64_t)k->counts[i];
	}
	if (k->n > 0)
		bytes(h, field + 1, deltas.p, deltas.len);
	buf_release(&deltas);
}

void
protobuf_histogram(struct buf *family, struct labels l, const struct histogram *h, const struct protobuf_bucket *bucket,
		   size_t n)
{
	struct buf metric = BUF_INIT, out = BUF_INIT;

	labels(&metric, l);
	number(&out, HIST_COUNT, (uint64_t)h->count);
	real(&out, HIST_SUM, h->sum);
	for (size_t i = 0; i < n; i++) {
		struct buf one = BUF_INIT;

		number(&one, BUCKET_COUNT, (uint64_t)bucket[i].cumulative);
		real(&one, BUCKET_BOUND, bucket[i].le);
		message(&out, HIST_BUCKET, &one);
	}
	if (h->schema >= -4 && h->schema <= 8) {
		number(&out, HIST_SCHEMA, zigzag(h->schema));
		real(&out, HIST_ZERO_THRESHOLD, h->zero_threshold);
		number(&out, HIST_ZERO_COUNT, (uint64_t)h->zero_count);
		side(&out, HIST_NEGATIVE, &h->neg);
		side(&out, HIST_POSITIVE, &h->pos);
	}
	message(&metric, METRIC_HISTOGRAM, &out);
	message(family, FAMILY_METRIC, &metric);
}

void
protobuf_append(struct buf *out, const struct buf *family)
{
	varint(out, family->len);
	buf_add(out, buf_str(family), family->len);
}
