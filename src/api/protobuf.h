/* protobuf.h -- Prometheus' exposition in protocol buffers (io.prometheus.client.MetricFamily, each with its length before it): the
 * format in which native histograms are scraped. */
#ifndef API_PROTOBUF_H
#define API_PROTOBUF_H

#include <stddef.h>

#include "mlwatch/labels.h"

struct buf;
struct histogram;

enum protobuf_type { PROTOBUF_COUNTER = 0, PROTOBUF_GAUGE = 1, PROTOBUF_HISTOGRAM = 4 };
struct protobuf_bucket {
	double le, cumulative;
};
/* A family is built in a buffer of its own and then appended. */
void protobuf_family(struct buf *family, const char *name, const char *help, enum protobuf_type type);
void protobuf_value(struct buf *family, enum protobuf_type type, struct labels l, double v);
/* Native when its schema is exponential, and with the classic buckets that are given. */
void protobuf_histogram(struct buf *family, struct labels l, const struct histogram *h,
			const struct protobuf_bucket *bucket, size_t n);
void protobuf_append(struct buf *out, const struct buf *family);

#endif
