/*
 * secret.h -- secrets: where they come from, and that they are wiped.
 *
 * A secret is named by a file or, as "env:NAME", by a variable of the environment. It is read when it is used, so a new one needs no
 * restart (of a file), and wiped as soon as it was used. Does not know what it is for.
 */
#ifndef MLWATCH_SECRET_H
#define MLWATCH_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;

/* The variable's name, or NULL when `name` is that of a file. */
const char *secret_variable(const char *name);
/* `name` as it stands in `file`: a path that is not absolute is beside that. The caller frees. */
char *secret_beside(const char *file, const char *name);
/* Without trailing blanks and newlines; at most 64 KiB. To be given to secret_free. */
int secret_read(const char *name, char **secret, struct err *e);
/* The text itself when name is NULL or "", else what it names. To be given to secret_free; NULL with err. */
char *secret_of(const char *text, const char *name, struct err *e);
void secret_free(char *secret);  /* wipes; NULL is fine */
void secret_wipe(struct buf *b); /* wipes and releases */

enum secret_state {
	SECRET_GOOD,
	SECRET_OPEN,    /* a file that others may read */
	SECRET_MISSING, /* a file that cannot be read now */
	SECRET_UNSET    /* a variable that is not set, or empty */
};
enum secret_state secret_look(const char *name);

/* The lines of a configuration one after the other, for people: each character of a value that is a secret by its key becomes an asterisk. */
struct secret_mask {
	int column; /* of a key above whose secret goes on; -1: none */
};
#define SECRET_MASK_INIT                                                                                               \
	{                                                                                                              \
		-1                                                                                                     \
	}
void secret_mask_next(struct secret_mask *m, char *line);
/* Only `line`, a copy of the one with that number (from 1) of the text. */
void secret_mask_line(const char *text, int number, char *line);

/* A text of n bytes that somebody else wrote: each character of the secret in it becomes an asterisk. NULL, or under 4 characters:
 * nothing is looked for. */
void secret_hide(char *text, size_t n, const char *secret);
/* The same for what is secret in a URL, all behind its host: as a whole and in its parts. */
void secret_hide_url(char *text, size_t n, const char *url);

/* No core dump of this process, and nobody of the same user may look into its memory. */
void secret_no_dumps(void);

#endif
