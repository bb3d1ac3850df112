/* command_private.h -- between the files of the command framework. */
#ifndef CMD_COMMAND_PRIVATE_H
#define CMD_COMMAND_PRIVATE_H

#include "mlwatch/command.h"

/* ---- command.c ---- */
extern const struct command *const commands[];
extern const size_t n_commands;
const struct command *command_find(const char *name);
/* The nearest command's name, or NULL. */
const char *command_suggest(const char *name);

/* ---- command_options.c ---- */
extern const struct option_spec common_options[];
extern const size_t n_common_options;
/* Does this common flag belong to the command? */
bool common_applies(const struct command *c, size_t i);

struct parsed {
	struct command_common common;
	void *options;     /* owned */
	const char **args; /* owned, NULL-terminated */
	size_t n_args;
};
/* argv[0] is the first word after the command. -1: *e says what is wrong. Release *p in either case. */
int options_parse(const struct command *c, int argc, char **argv, int64_t now, struct parsed *p, struct err *e);
void parsed_release(const struct command *c, struct parsed *p);

/* ---- command_help.c ---- */
void help_list(FILE *to);                           /* mlwatch alone */
void help_all(FILE *to);                            /* mlwatch --help */
void help_short(FILE *to, const struct command *c); /* at most 24 lines */
void help_long(FILE *to, const struct command *c);
void help_man(FILE *to, const struct command *c); /* NULL: mlwatch(1) */

#endif
