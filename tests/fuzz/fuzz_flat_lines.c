/*
 * fuzz_flat_lines.c -- the decoders of logfmt, CSV and regular expressions: no crash, one verdict per line, records that hold
 * together. The first byte chooses the format.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/decode.h"
#include "mlwatch/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct seen {
	size_t verdicts, slots;
};

static void
check_text(struct text t)
{
	if (t.p != NULL && !utf8_valid(t.p, t.n))
		abort();
}

static void
on_record(void *arg, const struct record *r)
{
	struct seen *s = arg;

	s->verdicts++;
	check_text(r->model);
	check_text(r->prediction);
	check_text(r->status);
	for (size_t i = 0; i < r->n_features; i++) {
		check_text(r->features[i].name);
		check_text(r->features[i].string);
		if (r->features[i].slot >= s->slots && r->features[i].slot != DECODE_NO_SLOT)
			abort();
	}
}

static void
on_bad(void *arg, const struct bad_line *b)
{
	struct seen *s = arg;

	s->verdicts++;
	if (b->why >= BAD_REASONS || memchr(b->line, '\n', b->n) != NULL || b->column > b->n + 1 ||
	    b->reason[0] == '\0' || b->what[0] == '\0')
		abort();
}

static void
feed(struct decoder *d, const char *p, size_t n)
{
	struct seen s = {0, 100000};
	const struct decode_sink sink = {&s, on_record, on_bad};
	size_t lines = decoder_feed(d, p, n, &sink);

	if (s.verdicts > lines) /* fewer: empty lines, a header */
		abort();
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const enum log_format_kind kinds[] = {FORMAT_LOGFMT, FORMAT_CSV, FORMAT_REGEX};
	struct decode_spec spec = {.timestamp = {.path = (char *)"ts"},
				   .model = {.path = (char *)"model"},
				   .latency = {.path = (char *)"took", .unit = UNIT_MS},
				   .status = {.path = (char *)"status"},
				   .prediction = {.path = (char *)"class"},
				   .features = (char *)"f_",
				   .regex = (char *)"^(?<ts>\\S+) (?<model>\\w+) (?<took>[^ ]*)(?: (?<f_a>.*))?"};
	struct decoder *d;
	char *copy;

	if (size < 2)
		return 0;
	spec.format = kinds[data[0] % 3];
	d = decoder_open(&spec, NULL);
	copy = malloc(size);
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\n';
	feed(d, copy, size);
	decoder_new_file(d);
	feed(d, copy, size);
	free(copy);
	decoder_close(d);
	return 0;
}
