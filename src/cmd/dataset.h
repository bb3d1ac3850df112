/*
 * dataset.h -- what `mlwatch baseline` and `mlwatch drift` share: their flags about data sets, reading one with a progress
 * line and an interrupt, and what stays on the screen after it.
 */
#ifndef MLWATCH_CMD_DATASET_H
#define MLWATCH_CMD_DATASET_H

#include "mlwatch/baseline.h"
#include "mlwatch/command.h"

struct dataset_options {
	int format; /* enum table_format */
	const char *separator, *features;
	bool no_header;
	const char *model, *version;
	struct option_list missing;
};

/* Rows of a const struct option_spec[]; base is the offset of the struct dataset_options in the command's own. */
#define DATASET_OPTIONS(S, M)                                                                                          \
	{"format",                                                                                                     \
	 0,                                                                                                            \
	 OPTION_CHOICE,                                                                                                \
	 "auto|csv|json",                                                                                              \
	 "what data sets are: CSV or JSON lines (default: by the first byte)",                                         \
	 offsetof(S, M.format),                                                                                        \
	 NULL},                                                                                                        \
	    {"separator",                                                                                              \
	     0,                                                                                                        \
	     OPTION_STRING,                                                                                            \
	     "CHAR",                                                                                                   \
	     "between the fields of CSV, 'tab' for tabs (default: guessed from the header)",                           \
	     offsetof(S, M.separator),                                                                                 \
	     NULL},                                                                                                    \
	    {"no-header",                                                                                              \
	     0,                                                                                                        \
	     OPTION_FLAG,                                                                                              \
	     NULL,                                                                                                     \
	     "the first line of CSV is data; columns are c1, c2, ... (default off)",                                   \
	     offsetof(S, M.no_header),                                                                                 \
	     NULL},                                                                                                    \
	    {"features",                                                                                               \
	     0,                                                                                                        \
	     OPTION_STRING,                                                                                            \
	     "MEMBER",                                                                                                 \
	     "JSON: the object whose members are the features, a.b for one inside another (default: features, else "   \
	     "the line)",                                                                                              \
	     offsetof(S, M.features),                                                                                  \
	     NULL},                                                                                                    \
	{                                                                                                              \
		"missing", 0, OPTION_LIST, "WORD",                                                                     \
		    "a spelling of 'no value' beside NA, null, ... (default none; repeatable)",                        \
		    offsetof(S, M.missing), NULL                                                                       \
	}

/* Fills in a spec; -1 with err for a separator that is none. */
int dataset_spec(struct table_spec *out, const struct dataset_options *o, const char *path, struct err *e);
/* Reads it all with progress. 0, or the exit code: 130 after an interrupt, else err's. The closing line goes to stderr. */
int dataset_read(const struct command_line *line, const char *title, struct table_spec *spec,
		 const struct table_sink *sinks, size_t n);
/* A note about a column, on stderr unless quiet: a baseline_note_fn with the command line as arg. */
void dataset_note(void *arg, const char *column, enum column_note note, const char *text);
/* A reference file; mistakes are printed with their line and a caret. 0 or the exit code. */
int dataset_load_reference(const struct command_line *line, const char *path, struct reference **out);
/* Does the file hold a reference (rather than data)? */
bool dataset_is_reference(const char *path);
/* Eight levels of blocks, or ASCII where the locale has none. */
const char *dataset_block(double share_of_max);
bool dataset_utf8(void);
int dataset_width(void); /* columns of the terminal on stdout; 0: it is none */

#endif
