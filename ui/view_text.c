/*
 * view_text.c -- states as words and glyphs: the same on the screen and in `mlwatch status`.
 */
#include "mlwatch/view.h"

#include <stdio.h>

#include "mlwatch/quantity.h"

const char *const health_glyph[] = {"✓", "◔", "▲", "✗", "z", "?"};
const char *const health_word[] = {"OK", "pending", "WARNING", "BROKEN", "silenced", "UNKNOWN"};

#define QUIET "·"

const char *
view_event_glyph(const struct view_event *ev)
{
	return ev->health == HEALTH_UNKNOWN ? QUIET : health_glyph[ev->health];
}

const char *
view_file_glyph(const struct view_log_file *f)
{
	return !f->open && f->health == HEALTH_OK ? QUIET : health_glyph[f->health];
}

/* Messages are timed in whole milliseconds: none of them is less than one, not nothing. */
void
view_took_text(char out[32], double seconds)
{
	if (seconds < 0.001)
		snprintf(out, 32, "<1 ms");
	else
		quantity_text(out, (struct quantity){seconds, UNIT_SECONDS, NULL});
}
