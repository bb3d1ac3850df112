/*
 * view_text.c -- states as words and glyphs: the same on the screen and in `mlwatch status`.
 */
#include "mlwatch/view.h"

const char *const health_glyph[] = {"✓", "◔", "▲", "✗", "z", "?"};
const char *const health_word[] = {"OK", "pending", "WARNING", "BROKEN", "silenced", "UNKNOWN"};
