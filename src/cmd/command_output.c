/* command_output.c -- what commands say when something is wrong, and where they find configuration and store. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/config.h"
#include "mlwatch/json_out.h"

#include "command_private.h"

int
command_usage(const struct command_line *line, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	struct err e = ERR_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (line->common->json) {
		err_set(&e, ERR_USAGE, "%s", buf_str(&text));
		err_hint(&e, "'mlwatch %s -h' shows how", line->command->name);
		command_fail(line, &e);
	} else {
		fprintf(stderr, "mlwatch %s: %s\n'mlwatch %s -h' shows how\n", line->command->name, buf_str(&text),
			line->command->name);
	}
	buf_release(&text);
	return ERR_USAGE;
}

int
command_no_list(const struct command_line *line)
{
	const int o = line->common->output;

	if (o != OUTPUT_CSV && o != OUTPUT_JSONL)
		return 0;
	return command_usage(line, "-o %s is for lists: '%s' writes text or json", o == OUTPUT_CSV ? "csv" : "jsonl",
			     line->n_args > 0 ? line->args[0] : line->command->name);
}

void
command_csv_field(FILE *to, const char *s)
{
	if (strpbrk(s, ",\"\r\n") == NULL) {
		fputs(s, to);
		return;
	}
	fputc('"', to);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			fputc('"', to);
		fputc(*s, to);
	}
	fputc('"', to);
}

bool
command_color(const struct command_common *common, FILE *to)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	if (common->color != COLOR_AUTO)
		return common->color == COLOR_ALWAYS;
	return isatty(to == stderr ? STDERR_FILENO : STDOUT_FILENO) && (none == NULL || none[0] == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

bool
command_reader_gone(void)
{
	return fflush(stdout) != 0 || ferror(stdout) != 0;
}

void
command_errors(const struct command_line *line, const struct errlist *errors)
{
	if (line->common->output == OUTPUT_JSON || line->common->output == OUTPUT_JSONL)
		json_print(stdout, errlist_json(errors), line->common->output == OUTPUT_JSON && isatty(STDOUT_FILENO));
	else
		errlist_print(errors, stderr, command_color(line->common, stderr));
}

int
command_fail(const struct command_line *line, const struct err *e)
{
	struct errlist one = ERRLIST_INIT;

	if (line->common->output == OUTPUT_JSON || line->common->output == OUTPUT_JSONL) {
		errlist_add_err(&one, "", NULL, e);
		command_errors(line, &one);
		errlist_release(&one);
	} else {
		fprintf(stderr, "mlwatch: %s\n", e->text);
		if (e->hint[0] != '\0')
			fprintf(stderr, "%s\n", e->hint);
	}
	return e->kind != ERR_NONE ? (int)e->kind : ERR_BUG;
}

static struct config *
load(const struct command_line *line, const char *path, int *code)
{
	struct errlist errors = ERRLIST_INIT;
	struct config *c = config_load(path, &errors);

	if (c == NULL || (errors.warnings > 0 && line->common->verbose > 0))
		command_errors(line, &errors);
	*code = c == NULL ? ERR_FILE : 0;
	errlist_release(&errors);
	return c;
}

struct config *
command_load_config(const struct command_line *line, int *code)
{
	struct err e = ERR_INIT;
	struct config *c;
	const char *why;
	char *path;

	if (config_find(line->common->config, &path, &why, &e) < 0) {
		*code = command_fail(line, &e);
		return NULL;
	}
	c = load(line, path, code);
	free(path);
	return c;
}

char *
command_store_path(const struct command_line *line, int *code)
{
	const char *env = getenv("MLWATCH_STORE"), *why;
	char *path = NULL, *config_path = NULL;
	struct config *c = NULL;
	struct err e = ERR_INIT, none = ERR_INIT;
	bool named = line->common->store != NULL || (line->common->config == NULL && env != NULL && env[0] != '\0');

	*code = 0;
	if (!named && config_find(line->common->config, &config_path, &why, &none) == 0) {
		c = load(line, config_path, code);
		free(config_path);
		if (c == NULL)
			return NULL;
	} else if (!named && line->common->config != NULL) {
		*code = command_fail(line, &none);
		return NULL;
	}
	if (config_find_store(line->common->store, c, &path, &e) < 0)
		*code = command_fail(line, &e);
	config_close(c);
	return path;
}
