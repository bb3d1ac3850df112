/* fuzz_regex.c -- any pattern on any value: an answer within the limits, and the fast ways agree with PCRE. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The first byte says where the pattern ends and the value begins. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char pattern[300], grouped[310], value[300];
	struct regex *r, *same;
	struct buf out = BUF_INIT;
	size_t cut;

	if (n < 2 || n > 250)
		return 0;
	cut = data[0] % (n - 1);
	snprintf(pattern, sizeof(pattern), "%.*s", (int)cut, (const char *)data + 1);
	snprintf(value, sizeof(value), "%.*s", (int)(n - 1 - cut), (const char *)data + 1 + cut);
	r = regex_open(pattern, NULL);
	if (r != NULL) {
		/* "(?:...){1}" is the same language, but no fast way knows it. */
		snprintf(grouped, sizeof(grouped), "(?:%s){1}", pattern);
		same = strstr(pattern, "\\Q") == NULL ? regex_open(grouped, NULL) : NULL;
		if (same != NULL && regex_match(r, value) != regex_match(same, value)) {
			fprintf(stderr, "'%s' on '%s'\n", pattern, value);
			abort();
		}
		regex_close(same);
		regex_expand(r, value, "$1-${x}-$0", &out);
		regex_close(r);
	}
	r = regex_open_search(pattern, NULL);
	if (r != NULL) {
		regex_replace_all(r, value, "<$0$1>", &out);
		regex_close(r);
	}
	buf_release(&out);
	return 0;
}
