/*
 * parts.c -- the files of this folder that keep tables of their own: the schema and the SQL of the whole store is what this table
 * lists. And what they do when the handle is opened, committed, rolled back and closed.
 */
#include "store_private.h"
#include "store_samples.h"
#include "store_series.h"
#include "store_windows.h"

extern const struct store_part store_core_part, store_series_part, store_windows_part, store_rollup_part,
    store_totals_part, store_select_part, store_samples_part, store_compact_part, store_sample_select_part,
    store_offsets_part, store_events_part, store_documents_part, store_care_part, store_widths_part,
    store_histograms_part;
extern const struct store_part store_alerts_part, store_outbox_part, store_nflog_part, store_silences_part;

const struct store_part *const store_parts[N_PARTS] = {
    [PART_CORE] = &store_core_part,
    [PART_SERIES] = &store_series_part,
    [PART_WINDOWS] = &store_windows_part,
    [PART_WIDTHS] = &store_widths_part,
    [PART_ROLLUP] = &store_rollup_part,
    [PART_TOTALS] = &store_totals_part,
    [PART_SELECT] = &store_select_part,
    [PART_SAMPLES] = &store_samples_part,
    [PART_COMPACT] = &store_compact_part,
    [PART_SAMPLE_SELECT] = &store_sample_select_part,
    [PART_HISTOGRAMS] = &store_histograms_part,
    [PART_OFFSETS] = &store_offsets_part,
    [PART_EVENTS] = &store_events_part,
    [PART_DOCUMENTS] = &store_documents_part,
    [PART_CARE] = &store_care_part,
    [PART_ALERTS] = &store_alerts_part,
    [PART_OUTBOX] = &store_outbox_part,
    [PART_NFLOG] = &store_nflog_part,
    [PART_SILENCES] = &store_silences_part,
};

int
store_open_parts(struct store *s, struct err *e)
{
	if (s->documents == NULL)
		documents_open(s);
	if (core_open(s, e) < 0 || series_open(s, e) < 0 || windows_open_rows(s, e) < 0)
		return -1;
	return samples_open(s, e);
}

int
store_flush_parts(struct store *s, int64_t now_ms, struct err *e)
{
	return windows_flush(s, e) < 0 ? -1 : samples_flush(s, now_ms, e);
}

void
store_forget_uncommitted(struct store *s)
{
	offsets_forget(s);
	documents_forget(s);
	series_forget(s);
	windows_forget(s);
	samples_forget(s);
}

/* Not documents: histograms of earlier answers point at edges that live there. */
void
store_close_parts(struct store *s)
{
	offsets_forget(s);
	samples_close(s);
	windows_close_rows(s);
	series_close(s);
}
