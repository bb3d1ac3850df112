/* text_case.c -- upper, lower and title case of UTF-8, in the C.UTF-8 locale whatever the process' is. */
#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "template_private.h"

enum change { UPPER, LOWER, TITLE, TITLE_LOWER };

static uint32_t
mapped(uint32_t cp, bool upper, locale_t *loc)
{
	if (cp < 128) {
		bool letter = upper ? cp >= 'a' && cp <= 'z' : cp >= 'A' && cp <= 'Z';
		return letter ? cp ^ 0x20 : cp;
	}
	if (*loc == (locale_t)0)
		*loc = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (*loc == (locale_t)0)
		return cp;
	return (uint32_t)(upper ? towupper_l((wint_t)cp, *loc) : towlower_l((wint_t)cp, *loc));
}

/* An apostrophe is inside a word for Alertmanager's title (O'neil), not for Prometheus' (O'Neil). */
static bool
in_word(uint32_t cp, enum change how)
{
	return cp >= 0x80 || (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') ||
	       cp == '_' || (cp == '\'' && how == TITLE_LOWER);
}

static void
change(struct buf *out, const char *s, size_t n, enum change how)
{
	locale_t loc = (locale_t)0;
	bool inside = false;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);
		if (how == UPPER || (how >= TITLE && !inside))
			utf8_encode(out, mapped(cp, true, &loc));
		else if (how == LOWER || how == TITLE_LOWER)
			utf8_encode(out, mapped(cp, false, &loc));
		else
			buf_add(out, s + i, len);
		if (how != TITLE_LOWER || cp < '0' || cp > '9') /* 3rd is 3Rd for Alertmanager */
			inside = in_word(cp, how);
		i += len;
	}
	if (loc != (locale_t)0)
		freelocale(loc);
}

void
text_upper(struct buf *out, const char *s, size_t n)
{
	change(out, s, n, UPPER);
}

void
text_lower(struct buf *out, const char *s, size_t n)
{
	change(out, s, n, LOWER);
}

void
text_title(struct buf *out, const char *s, size_t n, bool lower_rest)
{
	change(out, s, n, lower_rest ? TITLE_LOWER : TITLE);
}
