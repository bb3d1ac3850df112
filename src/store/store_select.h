/*
 * store_select.h -- answers for the PromQL engine. Private to src/store.
 */
#ifndef STORE_SELECT_H
#define STORE_SELECT_H

#include "mlwatch/storage.h"
#include "store_series.h"

/* whole: in one transaction, however long. 1: it was not, and what was read is to be read again: rows went in between. */
int select_windows(struct store *s, const struct select *q, bool whole, struct arena *mem, struct series_list *out,
		   struct err *e);
int select_samples(struct store *s, const struct select *q, struct arena *mem, struct series_list *out, struct err *e);
void series_list_add(struct arena *mem, struct series_list *out, struct series one);
/* Window series from `first` on that have the same labels become one; the later one wins where both have a window. */
void join_same_labels(struct arena *mem, struct series_list *out, size_t first);
int too_many_samples(struct err *e);
/* Times that come from outside (the beginning of all time) into what can be calculated with. */
static inline int64_t
sane_time(int64_t t)
{
	const int64_t far = INT64_C(1) << 50;

	return t < -far ? -far : t > far ? far : t;
}

#endif
