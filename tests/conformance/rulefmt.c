/*
 * rulefmt.c -- rule files that promtool accepts or refuses. rulefmt DIR: DIR/manifest.tsv and DIR/own/manifest.tsv say
 * which (a line: file, ok or bad, what promtool says).
 *
 * Some verdicts come from a promtool 2.42; since Prometheus 3.0 label and annotation names may be any UTF-8, so a file that
 * was bad only for such a name is ok now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/rules.h"

struct count {
	size_t passed, failed;
};

static bool
only_a_name_of_old(const char *message)
{
	static const char *const complaints[] = {"invalid label name: ", "invalid annotation name: "};

	for (size_t i = 0; i < 2; i++) {
		const char *at = strstr(message, complaints[i]);
		if (at != NULL)
			return strcmp(at + strlen(complaints[i]), METRIC_NAME) != 0;
	}
	return false;
}

static void
check(const char *folder, const char *name, bool ok, struct count *c)
{
	struct errlist mistakes = ERRLIST_INIT;
	char path[1024];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	struct rule_file *f = rule_file_load(path, &mistakes);
	if ((f != NULL) == ok && (ok || (mistakes.n > 0 && mistakes.at[0].line > 0))) {
		c->passed++;
	} else {
		c->failed++;
		fprintf(stderr, "FAIL %s: expected %s\n", path, ok ? "ok" : "bad, with a position");
		errlist_print(&mistakes, stderr, false);
	}
	rule_file_close(f);
	errlist_release(&mistakes);
}

static void
check_folder(const char *folder, struct count *c)
{
	char path[1024], *text, *save = NULL;
	size_t n;
	struct err e = ERR_INIT;

	snprintf(path, sizeof path, "%s/manifest.tsv", folder);
	if (file_read(path, 1 << 20, &text, &n, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		c->failed++;
		return;
	}
	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *verdict = strchr(line, '\t'), *message;
		if (verdict == NULL || strncmp(line, "file\t", 5) == 0)
			continue;
		*verdict++ = '\0';
		message = strchr(verdict, '\t');
		if (message != NULL)
			*message++ = '\0';
		bool ok = strcmp(verdict, "ok") == 0 || (message != NULL && only_a_name_of_old(message));
		check(folder, line, ok, c);
	}
	free(text);
}

int
main(int argc, char **argv)
{
	struct count c = {0};
	char own[1024];

	if (argc < 2)
		return 2;
	check_folder(argv[argc - 1], &c);
	snprintf(own, sizeof own, "%s/own", argv[argc - 1]);
	check_folder(own, &c);
	printf("rulefmt: %zu passed, %zu failed\n", c.passed, c.failed);
	return c.failed > 0;
}
