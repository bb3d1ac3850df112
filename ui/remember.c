/*
 * remember.c -- top.yml in $XDG_CONFIG_HOME/mlwatch (~/.config/mlwatch): theme, glyphs, mouse, range, time zone, bell, sorting, keys. Read at
 * the start, written whole and atomically when one of them changes.
 */
#include "remember.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/xalloc.h"
#include "mlwatch/yaml.h"
#include "screen.h"

static bool
folder(struct buf *out)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (xdg != NULL && xdg[0] == '/')
		buf_addf(out, "%s/mlwatch", xdg);
	else if (home != NULL && home[0] == '/')
		buf_addf(out, "%s/.config/mlwatch", home);
	return out->len > 0;
}

/* ---- reading ---- */

static int
word_index(struct yaml_file *f, const char *key, const char *const *words, int n, int otherwise)
{
	const struct yaml_node *at = yaml_get(f->root, key);
	const char *text;

	if (at == NULL || !yaml_string(f, at, &text))
		return otherwise;
	for (int i = 0; i < n; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	yaml_error(f, at, "value", "unknown %s '%s'", key, text);
	return otherwise;
}

static void
read_flag(struct yaml_file *f, const char *key, bool *out)
{
	const struct yaml_node *at = yaml_get(f->root, key);

	if (at != NULL)
		yaml_bool(f, at, out);
}

/* "keys: {down: j Down, silence: S}": by the names of actions. */
static void
read_keys(struct screen *s, struct yaml_file *f)
{
	const struct yaml_node *map = yaml_get(f->root, "keys");
	const char *text;

	if (map == NULL || !yaml_expect(f, map, YAML_MAP, "keys"))
		return;
	for (size_t i = 0; i < map->n; i++) {
		size_t row = 0;

		while (row < key_count() && strcmp(key_row(row)->name, map->keys[i]->text) != 0)
			row++;
		if (row == key_count()) {
			yaml_error(f, map->keys[i], "key", "no action '%s'", map->keys[i]->text);
		} else if (yaml_string(f, map->items[i], &text)) {
			if (!keys_valid(text)) {
				yaml_error(f, map->items[i], "value", "not keys: '%s'", text);
				continue;
			}
			free(s->set.keys[row]);
			s->set.keys[row] = xstrdup(text);
		}
	}
}

/* "sort: {models: REQ/S}": by the names of tables and the titles of their columns. */
static void
read_sorting(struct screen *s, struct yaml_file *f)
{
	const struct yaml_node *map = yaml_get(f->root, "sort");
	const char *text;

	if (map == NULL || !yaml_expect(f, map, YAML_MAP, "sort"))
		return;
	for (size_t i = 0; i < map->n; i++) {
		int t = 0;

		while (t < N_TABLES && strcmp(table_kind((enum table)t)->name, map->keys[i]->text) != 0)
			t++;
		if (t == N_TABLES) {
			yaml_error(f, map->keys[i], "key", "no list '%s'", map->keys[i]->text);
		} else if (yaml_string(f, map->items[i], &text)) {
			s->cursor[t].sort = table_sort_column(s, (enum table)t, text);
			if (s->cursor[t].sort < 0)
				yaml_error(f, map->items[i], "value", "nothing to sort by called '%s'", text);
		}
	}
}

static void
read_file(struct screen *s, struct yaml_file *f)
{
	const struct yaml_node *at;
	int64_t ms;

	if (f->root == NULL || f->root->kind != YAML_MAP)
		return;
	s->set.theme = word_index(f, "theme", theme_word, N_THEMES, s->set.theme);
	/* only ever down: what the terminal cannot show is not asked of it */
	s->set.glyphs = word_index(f, "glyphs", glyphs_word, N_GLYPHS, GLYPHS_AUTO);
	if (s->set.glyphs > (int)s->grid->glyphs)
		s->grid->glyphs = (enum glyphs)s->set.glyphs;
	if ((at = yaml_get(f->root, "range")) != NULL && yaml_duration(f, at, &ms) && ms >= MS_MINUTE &&
	    ms <= 400 * MS_DAY)
		s->set.range_ms = ms;
	read_flag(f, "utc", &s->set.utc);
	read_flag(f, "mouse", &s->set.mouse);
	if ((at = yaml_get(f->root, "bell")) != NULL) {
		static const char *const words[] = {"off", "critical"};

		s->set.bell = word_index(f, "bell", words, 2, 0) == 1;
	}
	read_keys(s, f);
	read_sorting(s, f);
}

void
remembered_load(struct screen *s)
{
	struct errlist errors = {0};
	struct yaml_file f = {0};
	struct buf path = BUF_INIT;

	if (folder(&path)) {
		buf_addstr(&path, "/top.yml");
		if (access(buf_str(&path), R_OK) == 0) {
			yaml_load(&f, buf_str(&path), false, &errors);
			read_file(s, &f);
			yaml_release(&f);
		}
	}
	if (errors.n > 0)
		say(s, "top.yml:%d:%d: %.180s", errors.at[0].line, errors.at[0].column, errors.at[0].text);
	buf_release(&path);
	errlist_release(&errors);
}

/* ---- writing ---- */

static void
make_folder(const char *path)
{
	struct buf part = BUF_INIT;

	for (const char *p = strchr(path + 1, '/');; p = strchr(p + 1, '/')) {
		buf_reset(&part);
		buf_add(&part, path, p != NULL ? (size_t)(p - path) : strlen(path));
		if (mkdir(buf_str(&part), 0700) < 0 && p == NULL)
			break; /* it is there, or writing says why not */
		if (p == NULL)
			break;
	}
	buf_release(&part);
}

static void
write_keys(const struct screen *s, struct buf *out)
{
	bool head = false;

	for (size_t i = 0; i < key_count(); i++) {
		if (s->set.keys[i] == NULL)
			continue;
		buf_addf(out, "%s  %s: \"%s\"\n", head ? "" : "keys:\n", key_row(i)->name, s->set.keys[i]);
		head = true;
	}
}

static void
write_sorting(const struct screen *s, struct buf *out)
{
	bool head = false;

	for (int t = 0; t < N_TABLES; t++) {
		const struct table_kind *k = table_kind((enum table)t);

		if (s->cursor[t].sort < 0)
			continue;
		buf_addf(out, "%s  %s: \"%s\"\n", head ? "" : "sort:\n", k->name, k->wide.at[s->cursor[t].sort].title);
		head = true;
	}
}

void
remembered_save(struct screen *s)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	struct err e = ERR_INIT;

	if (folder(&path)) {
		make_folder(buf_str(&path));
		buf_addstr(&path, "/top.yml");
		buf_addf(&text, "# written by mlwatch top\ntheme: %s\n", theme_word[s->set.theme]);
		if (s->set.glyphs != GLYPHS_AUTO)
			buf_addf(&text, "glyphs: %s\n", glyphs_word[s->set.glyphs]);
		buf_addf(&text, "mouse: %s\nrange: ", s->set.mouse ? "true" : "false");
		duration_format(&text, s->set.range_ms);
		buf_addf(&text, "\nutc: %s\nbell: %s\n", s->set.utc ? "true" : "false",
			 s->set.bell ? "critical" : "\"off\"");
		write_sorting(s, &text);
		write_keys(s, &text);
		if (file_write_atomic(buf_str(&path), text.p, text.len, 0600, &e) < 0)
			say(s, "not remembered: %.200s", e.text);
	}
	buf_release(&path);
	buf_release(&text);
}
