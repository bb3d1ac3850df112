/*
 * dataset.c -- see dataset.h.
 */
#include "dataset.h"

#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/file.h"

#define INTERRUPTED   130
#define REFERENCE_MAX ((size_t)256 << 20)

int
dataset_spec(struct table_spec *out, const struct dataset_options *o, const char *path, struct err *e)
{
	*out = (struct table_spec){.path = path, .format = (enum table_format)o->format, .no_header = o->no_header};
	out->features = o->features;
	out->model = o->model;
	out->version = o->version;
	if (o->separator == NULL)
		return 0;
	if (strcmp(o->separator, "tab") == 0 || strcmp(o->separator, "\\t") == 0)
		out->separator = '\t';
	else if (strlen(o->separator) == 1 && strchr("\"\r\n", o->separator[0]) == NULL)
		out->separator = o->separator[0];
	else
		return err_set(e, ERR_USAGE, "--separator is one character or 'tab', not '%s'", o->separator);
	return 0;
}

/* The handler's only way to speak: a flag that the reader looks at between chunks. */
static volatile bool interrupted;

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = true;
}

static int64_t
file_size(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
}

static void
update(void *arg, int64_t bytes, int64_t rows)
{
	progress_update(arg, bytes, rows);
}

static void
closing_line(const struct command_line *line, const char *title, const struct table_spec *spec,
	     const struct table_stats *s, int64_t took_ms)
{
	char bytes[16], rate[16];

	if (line->common->quiet || (took_ms < MS_SECOND && s->bad_rows == 0 && !s->cancelled))
		return;
	size_human(bytes, s->bytes);
	size_human(rate, s->bytes * MS_SECOND / (took_ms > 0 ? took_ms : 1));
	fprintf(stderr, "%s: %s: %lld rows, %s in %.1f s (%s/s)", title, spec->path, (long long)s->rows, bytes,
		(double)took_ms / 1000, rate);
	if (s->skipped_rows > 0)
		fprintf(stderr, ", %lld of another model or version", (long long)s->skipped_rows);
	if (s->bad_rows > 0)
		fprintf(stderr, ", %lld bad rows skipped (the first in line %lld)", (long long)s->bad_rows,
			(long long)s->first_bad_line);
	fprintf(stderr, "%s\n", s->cancelled ? ", interrupted: nothing was written" : "");
}

int
dataset_read(const struct command_line *line, const char *title, struct table_spec *spec,
	     const struct table_sink *sinks, size_t n)
{
	struct sigaction act = {.sa_handler = on_interrupt}, old;
	struct table_stats stats;
	struct err e = ERR_INIT;
	int64_t start = clock_monotonic();
	int rc;

	sigaction(SIGINT, &act, &old);
	spec->cancel = &interrupted;
	spec->progress_arg =
	    progress_open(title, "rows", file_size(spec->path),
			  line->common->quiet ? PROGRESS_NEVER : (enum progress_mode)line->common->progress);
	spec->progress = update;
	rc = table_read(spec, sinks, n, &stats, &e);
	progress_close(spec->progress_arg);
	sigaction(SIGINT, &old, NULL);
	if (rc < 0)
		return command_fail(line, &e);
	closing_line(line, title, spec, &stats, clock_monotonic() - start);
	if (stats.cancelled)
		return INTERRUPTED;
	if (stats.rows == 0) {
		err_set(&e, ERR_FILE, "'%s' has no rows%s", spec->path,
			stats.bad_rows > 0       ? " that can be read"
			: stats.skipped_rows > 0 ? " of this model and version"
						 : "");
		return command_fail(line, &e);
	}
	return 0;
}

void
dataset_note(void *arg, const char *column, enum column_note note, const char *text)
{
	const struct command_line *line = arg;

	if (line->common->quiet || ((note == NOTE_CONSTANT || note == NOTE_SAMPLED) && line->common->verbose == 0))
		return;
	fprintf(stderr, "%s '%s': %s\n", note == NOTE_IDENTIFIER || note == NOTE_EMPTY ? "left out" : "note:", column,
		text);
}

int
dataset_load_reference(const struct command_line *line, const char *path, struct reference **out)
{
	struct errlist all = ERRLIST_INIT;
	struct err e = ERR_INIT;
	char *text;
	size_t n;
	int rc;

	*out = NULL;
	if (file_read(path, REFERENCE_MAX, &text, &n, &e) < 0)
		return command_fail(line, &e);
	rc = reference_parse(out, text, n, &e);
	if (rc < 0) {
		errlist_add_err(&all, path, text, &e);
		command_errors(line, &all);
		errlist_release(&all);
	}
	free(text);
	return rc < 0 ? (int)e.kind : 0;
}

bool
dataset_is_reference(const char *path)
{
	char head[512];
	FILE *f = strcmp(path, "-") != 0 ? fopen(path, "re") : NULL;
	size_t n = f != NULL ? fread(head, 1, sizeof head - 1, f) : 0, i = 0;

	if (f != NULL)
		fclose(f);
	head[n] = '\0';
	while (i < n && strchr(" \t\r\n", head[i]) != NULL)
		i++;
	if (head[i] != '{')
		return false;
	i++;
	i += strspn(head + i, " \t\r");
	return strstr(head, "\"mlwatch.reference") != NULL ||
	       head[i] == '\n'; /* JSON over several lines is no JSON lines */
}

bool
dataset_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int
dataset_width(void)
{
	struct winsize w;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

const char *
dataset_block(double share)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
	int level = share > 0 ? 1 + (int)(share * 7.999) : 0;

	level = level > 8 ? 8 : level;
	return (dataset_utf8() ? blocks : ascii)[level];
}
