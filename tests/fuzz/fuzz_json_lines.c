/*
 * fuzz_json_lines.c -- the JSON-lines decoder against jansson: same verdict, same values, whether a line is scanned or
 * walked along a learned layout. The input is a few lines; the first ones teach the decoder what the later ones look like.
 */
#include "decode_oracle.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void
line_check(struct decoder *d, struct decoder *plain, const char *line, size_t n)
{
	struct oracle o;
	char *copy = malloc(n + 1);

	memcpy(copy, line, n);
	copy[n] = '\n';
	oracle_open(&o, copy, n);
	for (int twice = 0; twice < 2; twice++) {
		oracle_check(&o, d, copy);
		oracle_check(&o, plain, copy);
	}
	oracle_close(&o);
	free(copy);
	if (o.why[0] != '\0') {
		fprintf(stderr, "%s\n", o.why);
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct decode_spec plain = oracle_spec;
	struct decoder *d, *other;
	const char *p = (const char *)data, *end = p + size;

	plain.plain = true;
	d = decoder_open(&oracle_spec, NULL);
	other = decoder_open(&plain, NULL);

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol != NULL ? eol : end) - p);

		line_check(d, other, p, n);
		p += n + 1;
	}
	decoder_close(d);
	decoder_close(other);
	return 0;
}
