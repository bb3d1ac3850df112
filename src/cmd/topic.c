/*
 * topic.c -- the pages of contrib/man and docs/configuration.md are part of the program, byte for byte as they are installed;
 * here they become text for a terminal. Of roff only what those pages use.
 */
#include <stdbool.h>
#include <string.h>

#include "mlwatch/buf.h"

#include "topic.h"

/* The file's bytes, from NAME to NAME_end. The Makefile knows that this file depends on them. */
#define PAGE(name, file)                                                                                               \
	__asm__(".pushsection .rodata\n"                                                                               \
		".global " #name "\n" #name ":\n"                                                                      \
		".incbin \"" file "\"\n"                                                                               \
		".global " #name "_end\n" #name "_end:\n"                                                              \
		".byte 0\n"                                                                                            \
		".popsection\n");                                                                                      \
	extern const char name[], name##_end[]

PAGE(topic_page_configuration, "docs/configuration.md");
PAGE(topic_page_rules, "contrib/man/mlwatch-rules.5");
PAGE(topic_page_series, "contrib/man/mlwatch-series.7");

struct topic {
	const char *name, *from, *to;
	void (*print)(FILE *to, const char *p, const char *end);
};

static void
print_as_is(FILE *to, const char *p, const char *end)
{
	fwrite(p, 1, (size_t)(end - p), to);
}

/* Text without roff's escapes: \fB \- \e \& \(aq. */
static void
plain(struct buf *out, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p != '\\' || p + 1 == end) {
			buf_addc(out, *p);
			continue;
		}
		p++;
		if (*p == 'f' && p + 1 < end)
			p++;
		else if (*p == 'e')
			buf_addc(out, '\\');
		else if (*p == '(' && p + 2 < end) {
			buf_addc(out, '\'');
			p += 2;
		} else if (*p != '&')
			buf_addc(out, *p);
	}
}

/* The words of a macro; those of .BR and .RB are joined, quotes hold one together. */
static void
words(struct buf *out, const char *p, const char *end, bool join)
{
	struct buf text = BUF_INIT;
	bool quoted = false;

	for (; p < end; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p != ' ' || quoted || !join)
			buf_addc(&text, *p);
	}
	plain(out, buf_str(&text), buf_str(&text) + text.len);
	buf_release(&text);
}

static void
print_roff(FILE *to, const char *p, const char *end)
{
	bool term = false; /* .TP: the next line is not indented */

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl != NULL ? nl : end;
		struct buf line = BUF_INIT;

		if (stop - p >= 3 && strncmp(p, ".SH", 3) == 0) {
			words(&line, p + 4, stop, false);
			fprintf(to, "\n%s\n", buf_str(&line));
		} else if (stop - p >= 3 && strncmp(p, ".TP", 3) == 0) {
			fputc('\n', to);
			term = true;
		} else if (stop - p >= 3 && strncmp(p, ".PP", 3) == 0) {
			fputc('\n', to);
		} else if (*p != '.' || strncmp(p, ".B", 2) == 0 || strncmp(p, ".RB", 3) == 0) {
			if (*p != '.')
				plain(&line, p, stop);
			else if (p[2] == ' ')
				words(&line, p + 3, stop, false);
			else
				words(&line, p + 4, stop, true);
			fprintf(to, "%s%s\n", term ? "    " : "        ", buf_str(&line));
			term = false;
		}
		buf_release(&line);
		p = stop + 1;
	}
}

static const struct topic topics[] = {
    {"mlwatch.yml", topic_page_configuration, topic_page_configuration_end, print_as_is},
    {"rules", topic_page_rules, topic_page_rules_end, print_roff},
    {"series", topic_page_series, topic_page_series_end, print_roff},
};

const struct topic *
topic_find(const char *name)
{
	if (strncmp(name, "mlwatch-", 8) == 0)
		name += 8;
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
		if (strcmp(topics[i].name, name) == 0)
			return &topics[i];
	return NULL;
}

void
topic_print(FILE *to, const struct topic *t)
{
	t->print(to, t->from, t->to);
}
