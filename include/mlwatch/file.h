/* file.h -- whole files and paths. */
#ifndef MLWATCH_FILE_H
#define MLWATCH_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* Reads at most max bytes (more is an error). The caller frees *text (NUL-terminated). */
int file_read(const char *path, size_t max, char **text, size_t *n, struct err *e);
/* Temporary file in the same folder, fsync, rename. A link stays a link; what is no file (a device, a pipe) is written to in place. */
int file_write_atomic(const char *path, const void *bytes, size_t n, int mode, struct err *e);
/* path if absolute, else relative to the folder of `file`. The caller frees. */
char *path_beside(const char *file, const char *path);
/* Expands a glob; sorted; the caller frees with path_list_free. n may be 0. */
int path_glob(const char *pattern, char ***out, size_t *n, struct err *e);
void path_list_free(char **list, size_t n);

#endif
