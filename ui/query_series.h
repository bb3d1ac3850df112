/* query_series.h -- the series of an answer as a list: which of them are drawn, with what mark, and their numbers. */
#ifndef UI_QUERY_SERIES_H
#define UI_QUERY_SERIES_H

#include <stdbool.h>
#include <stddef.h>

struct columns;
struct screen;

#define DRAWN_SERIES 3
/*
 * The rows of the answer that are drawn, at most DRAWN_SERIES: those that are marked, else the first ones of the list as it is filtered and
 * sorted; the row under the cursor instead of the last of them. Returns how many.
 */
size_t series_drawn(const struct screen *s, size_t row[DRAWN_SERIES]);
/* Columns that have room for the names that there are; in brief: without the labels that all of them share, because there is none. */
const struct columns *series_columns(const struct screen *s);
bool series_are_brief(const struct screen *s);
int series_name_width(const struct screen *s);
/* Three significant digits, whatever the size. */
void series_number(char out[16], double v);

#endif
