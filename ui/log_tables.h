/*
 * log_tables.h -- the two lists of the logs page: followed files, and why lines of a log were bad.
 *
 * Reasons are of a log, which may have several files: those of the log of the chosen file are shown.
 */
#ifndef UI_LOG_TABLES_H
#define UI_LOG_TABLES_H

#include "mlwatch/view.h"

struct screen;

enum { LOGS_FILES, LOGS_REASONS, LOGS_LINE }; /* the panes of the page */

/* What the cursors are at; NULL when there is none. */
const struct view_log_file *log_file_chosen(const struct screen *s);
const struct view_log *log_chosen(const struct screen *s);
const struct view_bad_kind *log_reason_chosen(const struct screen *s);

const char *log_file_name(const char *path);
void log_rate_text(char out[16], double per_second); /* lines a second; "-" for a NAN */

#endif
