/*
 * remember.c -- top.yml in $XDG_CONFIG_HOME/mlwatch (~/.config/mlwatch): theme, glyphs, range, time zone. Read at the start, written whole
 * and atomically when one of them changes.
 */
#include "remember.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/yaml.h"
#include "screen.h"

static const char *const glyph_words[] = {"braille", "block", "ascii"};

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
	return otherwise;
}

static void
read_file(struct screen *s, struct yaml_file *f)
{
	const struct yaml_node *at;
	int64_t ms;
	bool utc;

	if (f->root == NULL || f->root->kind != YAML_MAP)
		return;
	s->theme = word_index(f, "theme", theme_word, N_THEMES, s->theme);
	/* only ever down: what the terminal cannot show is not asked of it */
	const int glyphs = word_index(f, "glyphs", glyph_words, 3, 0);
	if (glyphs > (int)s->grid->glyphs)
		s->grid->glyphs = (enum glyphs)glyphs;
	if ((at = yaml_get(f->root, "range")) != NULL && yaml_duration(f, at, &ms) && ms >= MS_MINUTE &&
	    ms <= 30 * MS_DAY)
		s->range_ms = ms;
	if ((at = yaml_get(f->root, "utc")) != NULL && yaml_bool(f, at, &utc) && utc)
		s->utc = true;
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
	buf_release(&path);
	errlist_release(&errors);
}

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

void
remembered_save(struct screen *s)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	struct err e = ERR_INIT;

	if (folder(&path)) {
		make_folder(buf_str(&path));
		buf_addstr(&path, "/top.yml");
		buf_addf(&text, "# written by mlwatch top\ntheme: %s\nglyphs: %s\nrange: %lldm\nutc: %s\n",
			 theme_word[s->theme], glyph_words[s->grid->glyphs], (long long)(s->range_ms / MS_MINUTE),
			 s->utc ? "true" : "false");
		if (file_write_atomic(buf_str(&path), text.p, text.len, 0600, &e) < 0)
			snprintf(s->hint, sizeof s->hint, "not remembered: %.200s", e.text);
	}
	buf_release(&path);
	buf_release(&text);
}
