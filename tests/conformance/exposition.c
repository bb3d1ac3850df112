/*
 * exposition.c -- the exposition files of a folder and of its own/ against what a real Prometheus server made of them:
 * expected/FILE.json with up, samples [series, value] and metadata [family, type, unit, help].
 *
 *     exposition [-v] FOLDER
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/exposition.h"
#include "mlwatch/file.h"
#include "mlwatch/hash.h"
#include "mlwatch/num.h"
#include "mlwatch/xalloc.h"

struct list {
	char **at;
	size_t n, cap;
};

static void
add(struct list *l, char *s)
{
	xgrow(l->at, l->n, l->cap);
	l->at[l->n++] = s;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort(struct list *l)
{
	if (l->n > 1)
		qsort(l->at, l->n, sizeof *l->at, by_text);
}

static void
release(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->at[i]);
	free(l->at);
}

/* name{a="b"}, as the expected files write it. */
static char *
series(struct labels l)
{
	struct buf b = BUF_INIT;
	const char *comma = "";

	buf_addf(&b, "%s{", labels_get(l, METRIC_NAME));
	for (size_t i = 0; i < l.n; i++) {
		if (strcmp(l.at[i].name, METRIC_NAME) == 0)
			continue;
		buf_addf(&b, "%s%s=\"", comma, l.at[i].name);
		for (const char *p = l.at[i].value; *p != '\0'; p++)
			if (*p == '\n')
				buf_addstr(&b, "\\n");
			else
				buf_addf(&b, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
		buf_addc(&b, '"');
		comma = ",";
	}
	buf_addc(&b, '}');
	return buf_steal(&b);
}

static void
take_samples(const struct exposition *x, struct list *out)
{
	struct strmap *seen = strmap_open();
	char value[NUM_MAX];
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < x->n; i++) {
		char *s = series(x->samples[i].labels);
		if (strmap_get(seen, s) == NULL) {
			strmap_set(seen, s, out);
			num_api(value, x->samples[i].v);
			buf_addf(&b, "%s %s", s, value);
			add(out, buf_steal(&b));
		}
		free(s);
	}
	strmap_close(seen);
}

static void
take_expected(const json_t *rows, struct list *out)
{
	size_t i, j;
	json_t *row, *cell;

	json_array_foreach(rows, i, row)
	{
		struct buf b = BUF_INIT;
		json_array_foreach(row, j, cell) buf_addf(
		    &b, "%s%s", j != 0 ? (json_array_size(row) == 2 ? " " : "\t") : "", json_string_value(cell));
		add(out, buf_steal(&b));
	}
	sort(out);
}

static bool
same(struct list *got, struct list *want, const char *file, const char *what)
{
	bool ok = true;
	size_t i = 0, j = 0;

	sort(got);
	while (i < got->n || j < want->n) {
		int c = i == got->n ? 1 : j == want->n ? -1 : strcmp(got->at[i], want->at[j]);
		if (c != 0)
			fprintf(stderr, "%s: %s %s: %s\n", file, c < 0 ? "unexpected" : "missing", what,
				c < 0 ? got->at[i] : want->at[j]);
		ok &= c == 0;
		i += c <= 0;
		j += c >= 0;
	}
	return ok;
}

static bool
check(const char *file, const char *body, size_t n, const json_t *expected)
{
	struct arena *mem = arena_open();
	struct exposition x;
	struct err e = ERR_INIT;
	struct list got = {0}, want = {0}, got_meta = {0}, want_meta = {0};
	bool om = strstr(file, ".om.txt") != NULL, up, ok;

	up = exposition_parse(mem, body, n,
			      om ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				 : "text/plain; version=0.0.4",
			      &x, &e) == 0;
	ok = up == (json_integer_value(json_object_get(expected, "up")) == 1);
	if (!ok)
		fprintf(stderr, "%s: up is %d: %d:%d: %s\n", file, up, e.line, e.column, e.text);
	if (up)
		take_samples(&x, &got);
	for (size_t i = 0; i < x.n_meta; i++) {
		struct buf b = BUF_INIT;
		buf_addf(&b, "%s\t%s\t%s\t%s", x.meta[i].family, x.meta[i].type, x.meta[i].unit, x.meta[i].help);
		add(&got_meta, buf_steal(&b));
	}
	take_expected(json_object_get(expected, "samples"), &want);
	take_expected(json_object_get(expected, "metadata"), &want_meta);
	ok &= same(&got, &want, file, "sample");
	ok &= same(&got_meta, &want_meta, file, "metadata");
	release(&got);
	release(&want);
	release(&got_meta);
	release(&want_meta);
	arena_close(mem);
	return ok;
}

static void
run(const char *folder, int *passed, int *failed)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		struct buf path = BUF_INIT, expect = BUF_INIT;
		char *body = NULL;
		size_t n;
		json_error_t je;
		json_t *expected;
		buf_addf(&path, "%s/%s", folder, entry->d_name);
		buf_addf(&expect, "%s/expected/%s.json", folder, entry->d_name);
		expected = json_load_file(buf_str(&expect), 0, &je);
		if (expected != NULL) {
			bool ok = file_read(buf_str(&path), 64 << 20, &body, &n, NULL) == 0 &&
				  check(entry->d_name, body, n, expected);
			*(ok ? passed : failed) += 1;
		}
		json_decref(expected);
		free(body);
		buf_release(&path);
		buf_release(&expect);
	}
	if (d != NULL)
		closedir(d);
}

int
main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[argc - 1] : "";
	struct buf own = BUF_INIT;
	int passed = 0, failed = 0;

	buf_addf(&own, "%s/own", folder);
	run(folder, &passed, &failed);
	run(buf_str(&own), &passed, &failed);
	buf_release(&own);
	printf("exposition: %d passed, %d failed\n", passed, failed);
	return failed != 0 || passed == 0;
}
