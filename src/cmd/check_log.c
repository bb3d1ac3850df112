/*
 * check_log.c -- mlwatch check log FILE: how would the lines of this log be read?
 *
 * Takes the decoder of the prediction log that would follow the file (by its paths, or --job), shows the first records as they
 * are understood, and every kind of bad line with its first examples.
 */
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/config.h"
#include "mlwatch/decode.h"
#include "mlwatch/file.h"
#include "mlwatch/num.h"
#include "mlwatch/utf8.h"

#include "check_private.h"
#include "command_private.h"

#define MOST_BYTES ((size_t)256 << 20)
#define EXAMPLES   3

struct shown {
	struct check *k;
	const char *path, *text;
	int64_t left; /* records still to print */
	size_t n_records, bad[BAD_REASONS];
	int line;       /* the one that is being read, from 1 */
	char entry[48]; /* prediction_logs[0] */
};

static void
print_text(const char *name, struct text t)
{
	if (t.p != NULL)
		printf("  %s=%.*s", name, (int)t.n, t.p);
}

static void
print_number(const char *name, double v, const char *unit)
{
	char text[NUM_MAX];

	if (isnan(v))
		return;
	num_g(text, v);
	printf("  %s=%s%s", name, text, unit);
}

static void
print_feature(const struct record_feature *f)
{
	static const char *const words[] = {[FEATURE_NULL] = "null", [FEATURE_OTHER] = "(not a value)"};

	printf("    %.*s = ", (int)f->name.n, f->name.p);
	if (f->kind == FEATURE_NULL || f->kind == FEATURE_OTHER)
		printf("%s\n", words[f->kind]);
	else
		printf("%.*s\n", (int)f->string.n, f->string.p);
}

static void
on_record(void *arg, const struct record *r)
{
	struct shown *s = arg;
	char time[32];
	size_t i;

	s->n_records++;
	if (s->left-- <= 0)
		return;
	rfc3339_format(time, r->time_ms);
	printf("%s%s", time, r->failed ? "  failed" : "");
	print_text("model", r->model);
	print_text("version", r->version);
	print_text("status", r->status);
	print_text("prediction", r->prediction);
	print_number("latency", r->latency_s, " s");
	print_number("score", r->score, "");
	putchar('\n');
	for (i = 0; i < r->n_features; i++)
		print_feature(&r->features[i]);
}

static void
on_bad(void *arg, const struct bad_line *b)
{
	struct shown *s = arg;
	int at = b->column != 0 ? (int)utf8_count(b->line, b->column - 1) + 1 : 1;
	struct buf why = BUF_INIT, hint = BUF_INIT;

	if (s->bad[b->why]++ >= EXAMPLES) {
		s->k->errors.errors++;
		return;
	}
	bad_line_explain(&why, b, s->entry);
	bad_line_hint(&hint, b, NULL);
	mistake_hint(errlist_add(&s->k->errors, SEVERITY_ERROR, bad_reason_word[b->why], s->path, s->text, s->line, at,
				 at + 1, "bad line: %s", buf_str(&why)),
		     "%s", buf_str(&hint));
	buf_release(&why);
	buf_release(&hint);
}

static bool
follows(const struct config_log *l, const char *path)
{
	char *real = realpath(path, NULL), *pattern;
	bool hit = false;
	size_t i;

	for (i = 0; i < l->tail.n_paths && !hit; i++) {
		hit = fnmatch(l->tail.paths[i], path, FNM_PATHNAME) == 0;
		pattern = realpath(l->tail.paths[i], NULL);
		if (real != NULL)
			hit = hit || fnmatch(l->tail.paths[i], real, FNM_PATHNAME) == 0 ||
			      (pattern != NULL && strcmp(real, pattern) == 0);
		free(pattern);
	}
	free(real);
	return hit;
}

static const struct config_log *
choose(const struct config *c, const char *job, const char *path)
{
	size_t i;

	for (i = 0; i < c->n_logs; i++)
		if (job != NULL ? strcmp(c->logs[i].job, job) == 0 : follows(&c->logs[i], path))
			return &c->logs[i];
	return job == NULL && c->n_logs == 1 ? &c->logs[0] : NULL;
}

/* One at a time, so that the number of each is known. A half line at the end is not read yet, as in run. */
static size_t
feed_lines(struct decoder *d, struct shown *s, const char *text, size_t n)
{
	const struct decode_sink sink = {s, on_record, on_bad};
	const char *p = text, *end = text + n, *newline;

	for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))) != NULL; p = newline + 1) {
		s->line++;
		decoder_feed(d, p, (size_t)(newline + 1 - p), &sink);
	}
	return (size_t)s->line;
}

static int
read_log(struct check *k, const struct config *c, const struct config_log *log, const char *path, struct err *e)
{
	struct shown s = {.k = k, .path = path, .left = k->options->lines};
	struct decoder *d;
	char *text;
	size_t n, lines;

	if (file_read(path, MOST_BYTES, &text, &n, e) < 0)
		return -1;
	d = decoder_open(&log->decode, e);
	if (d != NULL) {
		s.text = text;
		snprintf(s.entry, sizeof s.entry, "prediction_logs[%d]", (int)(log - c->logs));
		decoder_clock(d, clock_now());
		decoder_new_file(d);
		lines = feed_lines(d, &s, text, n);
		printf("%s, as '%s': %zu lines, %zu records, %zu bad lines\n", path, log->job, lines, s.n_records,
		       k->errors.errors);
	}
	decoder_close(d);
	free(text);
	return d != NULL ? 0 : -1;
}

int
check_log(const struct command_line *line, struct check *k)
{
	struct err e = ERR_INIT;
	const struct config_log *log;
	struct config *c;
	int code = 0;

	if (line->n_args != 2)
		return command_usage(line, "which log? check log FILE");
	c = command_load_config(line, &code);
	if (c == NULL)
		return code;
	log = choose(c, k->options->job, line->args[1]);
	if (log == NULL && k->options->job != NULL)
		err_set(&e, ERR_USAGE, "the configuration has no prediction log of job '%s'", k->options->job);
	else if (log == NULL)
		err_set(&e, ERR_USAGE, "no prediction log of the configuration follows '%s'; choose one with --job",
			line->args[1]);
	else
		read_log(k, c, log, line->args[1], &e);
	config_close(c);
	if (err_is_set(&e))
		return command_fail(line, &e);
	if (k->errors.n > 0)
		command_errors(line, &k->errors);
	return k->errors.errors > 0;
}
