/* check_files.c -- the files that a configuration names, and exposition text: one verb per kind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/drift.h"
#include "mlwatch/exposition.h"
#include "mlwatch/file.h"
#include "mlwatch/notify.h"
#include "mlwatch/rules.h"

#include "check_private.h"

#define MOST_BYTES ((size_t)64 << 20)

bool
check_wants(void *check, const char *code)
{
	const struct check *k = check;
	const char *list = k->options->lint;
	size_t n = strlen(code), len;

	if (strcmp(list, "all") == 0)
		return true;
	for (; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len == n && strncmp(list, code, n) == 0)
			return true;
	}
	return false;
}

void
check_rule_file(struct check *k, const char *path)
{
	struct rule_file *f = rule_file_load(path, &k->errors);
	struct rule_lint lint = {.scrape_interval_ms = k->scrape_interval_ms,
				 .wanted = check_wants,
				 .metric_known = check_metric_known,
				 .arg = k};

	k->files++;
	if (f == NULL)
		return;
	k->rules += rule_file_rules(f);
	rule_file_lint(f, &lint, &k->errors);
	rule_file_close(f);
}

void
check_routing(struct check *k, const char *path)
{
	struct notify_config *c = NULL;

	k->files++;
	if (notify_config_load(&c, path, &k->errors) == 0)
		notify_config_close(c);
}

/* Reports e with the line of the file under it. */
static void
report(struct check *k, const char *path, const char *text, const struct err *e)
{
	errlist_add_err(&k->errors, path, text, e);
}

void
check_reference(struct check *k, const char *path)
{
	struct reference *r = NULL;
	struct err e = ERR_INIT;
	char *text = NULL;

	k->files++;
	if (reference_load(&r, path, &e) == 0) {
		reference_close(r);
		return;
	}
	file_read(path, MOST_BYTES, &text, NULL, NULL);
	report(k, path, text, &e);
	free(text);
}

static int
read_stdin(struct buf *b, struct err *e)
{
	size_t got;

	do {
		buf_reserve(b, 65536);
		got = fread(b->p + b->len, 1, 65536, stdin);
		b->len += got;
		b->p[b->len] = '\0';
		if (b->len > MOST_BYTES)
			return err_set(e, ERR_FILE, "more than 64 MiB");
	} while (got > 0);
	return 0;
}

/* The format is told by its end: OpenMetrics must close with "# EOF". */
static const char *
content_type(const struct buf *b)
{
	size_t n = b->len;

	while (n > 0 && (b->p[n - 1] == '\n' || b->p[n - 1] == '\r'))
		n--;
	return n >= 5 && memcmp(b->p + n - 5, "# EOF", 5) == 0 ? "application/openmetrics-text; version=1.0.0"
							       : "text/plain; version=0.0.4";
}

void
check_exposition(struct check *k, const char *path)
{
	bool standard_input = strcmp(path, "-") == 0;
	struct arena *mem = arena_open();
	struct exposition out = {0};
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	char *text = NULL;
	size_t n;

	k->files++;
	if (standard_input ? read_stdin(&b, &e) < 0 : file_read(path, MOST_BYTES, &text, &n, &e) < 0)
		goto done;
	if (text != NULL)
		buf_add(&b, text, n);
	buf_reserve(&b, 0);
	exposition_parse(mem, b.p, b.len, content_type(&b), &out, &e);
done:
	if (err_is_set(&e))
		report(k, standard_input ? "stdin" : path, buf_str(&b), &e);
	free(text);
	buf_release(&b);
	arena_close(mem);
}
