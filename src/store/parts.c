/*
 * parts.c -- the files of this folder that keep tables of their own: the schema and the SQL of the whole store is what this table
 * lists. And what they do when the handle is opened, committed, rolled back and closed.
 */
#include "store_private.h"

extern const struct store_part store_core_part, store_series_part, store_windows_part, store_samples_part,
    store_offsets_part, store_events_part, store_documents_part, store_alerts_part;

const struct store_part *const store_parts[N_PARTS] = {
    [PART_CORE] = &store_core_part,
    [PART_OFFSETS] = &store_offsets_part,
    [PART_EVENTS] = &store_events_part,
    [PART_DOCUMENTS] = &store_documents_part,
    [PART_ALERTS] = &store_alerts_part,
    /* [PART_OUTBOX] = &store_outbox_part, */
    /* [PART_SILENCES] = &store_silences_part, */
};

int
store_open_parts(struct store *s, struct err *e)
{
	documents_open(s);
	return core_open(s, e);
}

int
store_flush_parts(struct store *s, struct err *e)
{
	(void)s;
	(void)e;
	return 0;
}

void
store_forget_uncommitted(struct store *s)
{
	offsets_forget(s);
	documents_forget(s);
}

void
store_close_parts(struct store *s)
{
	offsets_forget(s);
	documents_close(s);
}
