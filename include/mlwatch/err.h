/*
 * err.h -- errors as values.
 *
 * struct err holds one complaint (the first; later ones are usually its echo) and travels down
 * as the last argument of whatever may fail. struct errlist collects every independent mistake
 * of the files of one run, each with its position, and can print them as cli-spec says:
 *
 *     file:line:column: text
 *     the line as it stands in the file
 *         ^^^^
 *             hint
 *
 * Wording: lower case, no full stop, what failed first, the thing in quotes.
 */
#ifndef MLWATCH_ERR_H
#define MLWATCH_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum err_kind { /* also the exit code that a command answers with, see cli-spec */
		ERR_NONE = 0,
		ERR_USAGE = 2,
		ERR_FILE = 3,  /* a file that the command needs is wrong */
		ERR_WORLD = 4, /* no store, no permission, disk full, nobody answers: trying again may help */
		ERR_BUG = 70,
};

struct err {
	enum err_kind kind;
	int line, column, end_column; /* from 1, in characters; 0: no position */
	char text[512];
	char hint[256];
};

#define ERR_INIT                                                                                                       \
	{                                                                                                              \
		ERR_NONE, 0, 0, 0, "", ""                                                                              \
	}

/* All return -1, so that "return err_set(...)" reads well. Keep the first complaint. e may be NULL. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_at(struct err *e, int line, int column, int end_column, const char *fmt, ...)
    __attribute__((format(printf, 5, 6))); /* kind ERR_FILE */
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool err_is_set(const struct err *e);
void err_clear(struct err *e);

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct mistake {
	char *file;                   /* owned; may be "" */
	int line, column, end_column; /* 0: unknown */
	enum severity severity;
	char *code;   /* owned, a short stable word: "unknown-key"; never NULL */
	char *text;   /* owned */
	char *hint;   /* owned, may be NULL */
	char *source; /* owned copy of the line in the file, NULL when unknown */
};

#define ERRLIST_MAX_PER_FILE 50

struct errlist {
	struct mistake *at;
	size_t n, cap;
	size_t errors, warnings; /* all that were reported, also past the cap per file */
};

#define ERRLIST_INIT                                                                                                   \
	{                                                                                                              \
		NULL, 0, 0, 0, 0                                                                                       \
	}

/* Copies all its arguments. source is the text of the whole file (NULL: no line is shown). Returns
 * the new mistake (to put a hint on), or NULL when the file has had its 50. */
struct mistake *
errlist_add(struct errlist *l, enum severity sev, const char *code, const char *file, const char *source, int line,
	    int column, int end_column, const char *fmt, ...) __attribute__((format(printf, 9, 10)));
void mistake_hint(struct mistake *m, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* m NULL is fine */
void errlist_add_err(struct errlist *l, const char *file, const char *source, const struct err *e);
/* Those from number `first` on by line and column, of each file by itself: what a reader finds late may stand early in the file. */
void errlist_sort(struct errlist *l, size_t first);
void errlist_print(const struct errlist *l, FILE *to, bool colour);
void errlist_release(struct errlist *l);
/* errlist_json() is in json_out.h, so that this header stays free of jansson. */

#endif
