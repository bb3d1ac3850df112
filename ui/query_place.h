/* query_place.h -- where the cursor stands in a line of PromQL that is not finished yet: what may follow there. Knows text only. */
#ifndef UI_QUERY_PLACE_H
#define UI_QUERY_PLACE_H

#include <stddef.h>

struct query_place {
	enum { PLACE_EXPRESSION, PLACE_LABEL, PLACE_VALUE, PLACE_DURATION, PLACE_NOTHING } what;
	size_t from;      /* byte where the word before the cursor begins */
	char metric[128]; /* in its braces: of what metric; "" */
	char label[124];  /* in its quotes: whose value; "" */
};

void query_place(struct query_place *out, const char *text, size_t cursor);

#endif
