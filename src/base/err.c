/*
 * err.c -- errors as values: one complaint (struct err) or all of a run (struct errlist).
 *
 * Knows how cli-spec wants a mistake to look; does not decide what is one.
 */
#include "mlwatch/err.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

static int
set(struct err *e, enum err_kind kind, const char *fmt, va_list ap)
{
	if (e == NULL || e->kind != ERR_NONE)
		return -1;
	e->kind = kind;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	return -1;
}

int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, kind, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_at(struct err *e, int line, int column, int end_column, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL || e->kind != ERR_NONE)
		return -1;
	va_start(ap, fmt);
	set(e, ERR_FILE, fmt, ap);
	va_end(ap);
	e->line = line;
	e->column = column;
	e->end_column = end_column;
	return -1;
}

int
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL || e->hint[0] != '\0')
		return -1;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return -1;
}

bool
err_is_set(const struct err *e)
{
	return e->kind != ERR_NONE;
}

void
err_clear(struct err *e)
{
	e->kind = ERR_NONE;
	e->line = e->column = e->end_column = 0;
	e->text[0] = e->hint[0] = '\0';
}

/* A copy of line number `line` of the text, without its end. NULL when there is none. */
static char *
copy_line(const char *source, int line)
{
	const char *p = source, *end;

	if (source == NULL || line < 1)
		return NULL;
	for (; line > 1; line--) {
		p = strchr(p, '\n');
		if (p == NULL)
			return NULL;
		p++;
	}
	end = p + strcspn(p, "\n");
	if (end > p && end[-1] == '\r')
		end--;
	return xstrndup(p, (size_t)(end - p));
}

static size_t
count_of_file(const struct errlist *l, const char *file)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		n += strcmp(l->at[i].file, file) == 0;
	return n;
}

static char *
vtext(const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	return xstrdup(text);
}

/* Of what YAML names twice (an anchor and its aliases) a mistake is found twice, and is one. */
static struct mistake *
said_before(const struct errlist *l, enum severity sev, const char *file, int line, int column, const char *text)
{
	for (size_t i = 0; i < l->n && line > 0; i++) {
		struct mistake *m = &l->at[i];

		if (m->severity == sev && m->line == line && m->column == column && strcmp(m->file, file) == 0 &&
		    strcmp(m->text, text) == 0)
			return m;
	}
	return NULL;
}

struct mistake *
errlist_add(struct errlist *l, enum severity sev, const char *code, const char *file, const char *source, int line,
	    int column, int end_column, const char *fmt, ...)
{
	struct mistake *m;
	char *text;
	va_list ap;

	if (file == NULL)
		file = "";
	va_start(ap, fmt);
	text = vtext(fmt, ap);
	va_end(ap);
	m = said_before(l, sev, file, line, column, text);
	if (m != NULL) {
		free(text);
		return m;
	}
	if (sev == SEVERITY_ERROR)
		l->errors++;
	else
		l->warnings++;
	if (count_of_file(l, file) >= ERRLIST_MAX_PER_FILE) {
		free(text);
		return NULL;
	}
	xgrow(l->at, l->n, l->cap);
	m = &l->at[l->n++];
	*m = (struct mistake){.file = xstrdup(file),
			      .line = line,
			      .column = column,
			      .end_column = end_column,
			      .severity = sev,
			      .code = xstrdup(code),
			      .text = text,
			      .source = copy_line(source, line)};
	return m;
}

void
mistake_hint(struct mistake *m, const char *fmt, ...)
{
	va_list ap;

	if (m == NULL)
		return;
	free(m->hint);
	va_start(ap, fmt);
	m->hint = vtext(fmt, ap);
	va_end(ap);
}

void
errlist_add_err(struct errlist *l, const char *file, const char *source, const struct err *e)
{
	struct mistake *m = errlist_add(l, SEVERITY_ERROR, e->kind == ERR_WORLD ? "unavailable" : "error", file, source,
					e->line, e->column, e->end_column, "%s", e->text);

	if (e->hint[0] != '\0')
		mistake_hint(m, "%s", e->hint);
}

void
errlist_sort(struct errlist *l, size_t first)
{
	struct mistake m;
	size_t i, k;

	/* At most fifty of a file, mostly in order already. */
	for (i = first + 1; i < l->n; i++) {
		m = l->at[i];
		for (k = i;
		     k > first && strcmp(l->at[k - 1].file, m.file) == 0 &&
		     (l->at[k - 1].line > m.line || (l->at[k - 1].line == m.line && l->at[k - 1].column > m.column));
		     k--)
			l->at[k] = l->at[k - 1];
		l->at[k] = m;
	}
}

#define INDENT "        "

/* What came from a file must not steer the terminal. */
static void
print_plain(const char *line, FILE *to)
{
	for (; *line != '\0'; line++)
		fputc(((unsigned char)*line < 0x20 && *line != '\t') || *line == 0x7F ? '?' : *line, to);
	fputc('\n', to);
}

/* The line with a mark under the fault. Tabs before it are kept in the mark's line, so that it stands right at any tab width. */
static void
print_source(const struct mistake *m, FILE *to, bool colour)
{
	const char *p = m->source;
	size_t left = strlen(p), len;
	int column, width = m->end_column > m->column ? m->end_column - m->column : 1;
	uint32_t cp;

	print_plain(m->source, to);
	if (m->column < 1)
		return;
	for (column = 1; column < m->column; column++) {
		len = left > 0 ? utf8_decode(p, left, &cp) : 0;
		fputc(len != 0 && *p == '\t' ? '\t' : ' ', to);
		p += len;
		left -= len;
	}
	/* Not past the end of the line: a fault that goes on over several lines is marked where it begins. */
	if ((size_t)width > utf8_count(p, left))
		width = left > 0 ? (int)utf8_count(p, left) : 1;
	fputs(colour ? "\033[1;31m" : "", to);
	while (width-- > 0)
		fputc('^', to);
	fputs(colour ? "\033[0m\n" : "\n", to);
}

static void
print_one(const struct mistake *m, FILE *to, bool colour)
{
	fputs(colour ? "\033[1m" : "", to);
	if (m->file[0] != '\0')
		fputs(m->file, to);
	if (m->line > 0)
		fprintf(to, ":%d", m->line);
	if (m->line > 0 && m->column > 0)
		fprintf(to, ":%d", m->column);
	fprintf(to, "%s%s", m->file[0] != '\0' ? ": " : "", colour ? "\033[0m" : "");
	fprintf(to, "%s%s\n", m->severity == SEVERITY_WARNING ? "warning: " : "", m->text);
	if (m->source != NULL && m->source[0] != '\0')
		print_source(m, to, colour);
	if (m->hint != NULL)
		fprintf(to, INDENT "%s\n", m->hint);
}

void
errlist_print(const struct errlist *l, FILE *to, bool colour)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		print_one(&l->at[i], to, colour);
	if (l->errors + l->warnings > l->n)
		fprintf(to, "and %zu more\n", l->errors + l->warnings - l->n);
}

void
errlist_release(struct errlist *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->at[i].file);
		free(l->at[i].code);
		free(l->at[i].text);
		free(l->at[i].hint);
		free(l->at[i].source);
	}
	free(l->at);
	*l = (struct errlist)ERRLIST_INIT;
}
