/*
 * alertmanager_config.c -- routing files against the verdict of `amtool check-config`.
 *
 *     alertmanager_config [-v] MANIFEST...
 *
 * A manifest is a table (tabs): file beside it, ok or bad, a note. -v prints what is said about every bad file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/notify.h"

static bool
check(const char *path, bool good, const char *note, bool verbose)
{
	struct errlist l = ERRLIST_INIT;
	struct notify_config *c = NULL;
	bool loaded = notify_config_load(&c, path, &l) == 0;

	if (loaded != good) {
		fprintf(stderr, "%s: should be %s (%s)\n", path, good ? "ok" : "bad", note);
		errlist_print(&l, stderr, false);
	} else if (verbose && !loaded) {
		printf("%s: %s\n", path, note);
		errlist_print(&l, stdout, false);
	}
	notify_config_close(c);
	errlist_release(&l);
	return loaded == good;
}

static int
run(const char *manifest, bool verbose, size_t counts[2])
{
	char *text = NULL, *save = NULL;
	size_t n;
	struct err e = ERR_INIT;

	if (file_read(manifest, 1 << 20, &text, &n, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return -1;
	}
	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *verdict = strchr(line, '\t');
		if (verdict == NULL || strncmp(line, "file\t", 5) == 0)
			continue;
		*verdict++ = '\0';
		char *note = strchr(verdict, '\t');
		if (note != NULL)
			*note++ = '\0';
		char *path = path_beside(manifest, line);
		counts[check(path, strcmp(verdict, "ok") == 0, note != NULL ? note : "", verbose) ? 0 : 1]++;
		free(path);
	}
	free(text);
	return 0;
}

int
main(int argc, char **argv)
{
	size_t counts[2] = {0};
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	int rc = 0;

	for (int i = verbose ? 2 : 1; i < argc; i++)
		if (run(argv[i], verbose, counts) < 0)
			rc = 1;
	printf("alertmanager_config: %zu passed, %zu failed\n", counts[0], counts[1]);
	return rc != 0 || counts[1] != 0 || counts[0] == 0;
}
