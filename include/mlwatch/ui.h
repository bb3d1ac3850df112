/*
 * ui.h -- the dashboard. Reads the store and nothing else; the agent may run, be stopped, or be killed beside it.
 */
#ifndef MLWATCH_UI_H
#define MLWATCH_UI_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum ui_glyphs { UI_GLYPHS_AUTO, UI_GLYPHS_BRAILLE, UI_GLYPHS_BLOCK, UI_GLYPHS_ASCII };

struct ui_spec {
	const char *store_path;
	enum ui_glyphs glyphs;
	bool utc, read_only, colour; /* colour: --color always */
	/* --snapshot: draws one view as text instead of a terminal */
	const char *view; /* "overview", "alerts", ..., "alert", "feature", "help"; NULL: the terminal */
	int width, height;
	int64_t at;       /* 0: now */
	const char *keys; /* a file of keys to play before drawing, or NULL */
	bool attrs;
};

/* Runs until the user leaves. The exit code. */
int ui_run(const struct ui_spec *spec, struct err *e);
int ui_print_snapshot(const struct ui_spec *spec, struct err *e);

#endif
