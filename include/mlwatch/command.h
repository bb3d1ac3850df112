/*
 * command.h -- what a subcommand is: a row of facts and a function.
 *
 * To add one: write src/cmd/NAME.c exporting `const struct command command_NAME`, and add one row to the table at the
 * top of src/cmd/command.c. The facts drive parsing, -h and --help, completion and the man page, so a fact is typed once:
 *
 *     struct query_options { bool fail_on_empty; int64_t time; const char *url; };
 *     #define AT(f) offsetof(struct query_options, f)
 *     static const struct option_spec options[] = {
 *             {"time", 't', OPTION_TIME, "TIME", "evaluate at this time (default now)", AT(time)},
 *             {"url", 0, OPTION_STRING, "URL", "ask this server over HTTP (default: the store)", AT(url)},
 *             {"fail-on-empty", 0, OPTION_FLAG, NULL, "exit 1 when there is no result (default off)", AT(fail_on_empty)},
 *     };
 *     const struct command command_query = {
 *             .name = "query", .summary = "PromQL now, over a range, or its series and labels",
 *             .usage = "query EXPR\nquery range EXPR --start TIME --end TIME --step DURATION",
 *             .description = "Paragraphs.\n\nFor --help and the manual.",
 *             .examples = "query 'rate(ml_errors_total[5m])'\n",
 *             .options = options, .n_options = sizeof(options) / sizeof(options[0]),
 *             .defaults = &defaults, .options_size = sizeof(struct query_options),
 *             .common = COMMON_STORE | COMMON_OUTPUT | COMMON_UTC, .run = query_run,
 *     };
 *
 * run gets everything parsed, answers with the exit code, prints results on stdout and all else on stderr.
 */
#ifndef MLWATCH_COMMAND_H
#define MLWATCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mlwatch/err.h"
#include "mlwatch/progress.h"

enum option_type {                  /* the field in the options struct is a ... */
		   OPTION_FLAG,     /* bool; --no-NAME turns it off */
		   OPTION_COUNT,    /* int, one more each time */
		   OPTION_STRING,   /* const char * (borrowed from argv) */
		   OPTION_FILE,     /* as STRING; completed with file names */
		   OPTION_LIST,     /* struct option_list; may be repeated */
		   OPTION_INT,      /* int64_t, not negative */
		   OPTION_DOUBLE,   /* double */
		   OPTION_DURATION, /* int64_t ms; a number without a unit is refused */
		   OPTION_SIZE,     /* int64_t bytes; likewise */
		   OPTION_TIME,     /* int64_t ms since the epoch */
		   OPTION_CHOICE,   /* int: which of the words in arg, "text|json|csv", from 0 */
};

struct option_list {
	const char **at; /* strings borrowed from argv */
	size_t n;
};

struct option_spec {
	const char *name; /* without dashes */
	char letter;      /* 0: none */
	enum option_type type;
	const char *arg;  /* what its value is called: "FILE"; NULL for flags and counts */
	const char *help; /* one line, lower case, states the default */
	size_t offset;
	const char *bare; /* not NULL: the value is optional (--watch[=2s]) and this one when it is left out */
};

enum {                      /* the common flags that a command takes; -q -v --color -h -V are always taken */
       COMMON_CONFIG = 1,   /* -c, --config FILE */
       COMMON_STORE = 2,    /* --store FILE */
       COMMON_OUTPUT = 4,   /* -o text|json and --json */
       COMMON_PROGRESS = 8, /* --progress */
       COMMON_UTC = 16,     /* --utc */
       COMMON_DRY_RUN = 32, /* -n, --dry-run */
       COMMON_YES = 64,     /* -y, --yes */
       COMMON_LISTS = 128,  /* instead of COMMON_OUTPUT: -o text|json|jsonl|csv and --json */
       COMMON_PLAIN =
	   256, /* no flag: its text is made harmless on its way out, it may be full of what came from outside */
       COMMON_SEEN = 512, /* no flag: the same, but only on a terminal: programs read it as it is */
};

enum output_format { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_CSV };
enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct command_common {
	const char *config,
	    *store;   /* as given on the command line; NULL: not given (see config_find, config_find_store) */
	int output;   /* enum output_format */
	int color;    /* enum color_mode */
	int progress; /* enum progress_mode */
	int verbose;
	bool json; /* the answer is JSON: --json, -o json, -o jsonl */
	bool utc, quiet, dry_run, yes, help_short, help, version;
};

struct command_line {
	const struct command *command;
	const struct command_common *common;
	const void *options;     /* the command's options struct, NULL when it has none */
	const char *const *args; /* what is left; NULL-terminated */
	size_t n_args;
};

struct command {
	const char *name;
	const char *also;        /* a second name, or NULL */
	const char *summary;     /* one line for the list of commands */
	const char *usage;       /* one or more lines without "mlwatch " */
	const char *description; /* paragraphs, an empty line between; may be NULL */
	const char *examples; /* lines "command line\n" without "mlwatch "; the first two are in -h. A line that begins
	                                 with '#' explains the next one (--help only) */
	/* words that the first argument may be (for completion), NULL-terminated, or NULL */
	const char *const *verbs;
	const struct option_spec *options;
	size_t n_options;
	const void *defaults; /* a struct of options_size, or NULL: zeros */
	size_t options_size;
	unsigned common;
	int (*run)(const struct command_line *line);
};

int command_main(int argc, char **argv);

/* ---- for the commands ---- */

/* "mlwatch NAME: text" and where to look, on stderr. Returns ERR_USAGE. */
int command_usage(const struct command_line *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What e says, on stderr (under --json as mlwatch.errors/1 on stdout). Returns its kind: the exit code. */
int command_fail(const struct command_line *line, const struct err *e);
/* All mistakes with lines and carets, likewise. Does not choose an exit code. */
void command_errors(const struct command_line *line, const struct errlist *errors);
/* jsonl and csv are for lists: ERR_USAGE, said, when they were asked for where there is none; else 0. */
int command_no_list(const struct command_line *line);
/* A field of CSV, quoted where it must be. */
void command_csv_field(FILE *to, const char *s);
bool command_color(const struct command_common *common, FILE *to);
/* Nobody reads stdout any more (| head): time to end, with 0. */
bool command_reader_gone(void);

struct config;
/* The configuration by its search order (the default place is mandatory), mistakes printed. NULL: *code is the exit code. */
struct config *command_load_config(const struct command_line *line, int *code);
/* The store by its search order; a configuration is read for it only when it must be. The caller frees. NULL: *code. */
char *command_store_path(const struct command_line *line, int *code);

#endif
