/*
 * yaml_position.c -- from a character of a scalar's value back to the character in the file.
 *
 * The value is walked beside its source: folding, indentation, quotes and escapes are what make the two
 * differ. A value in which ${VAR} was expanded is off behind the variable, which is as good as can be said.
 */
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "mlwatch/yaml.h"

struct place {
	const char *p, *end;
	int line, column;
};

static void
step(struct place *at)
{
	uint32_t cp;

	if (at->p >= at->end)
		return;
	if (*at->p == '\n') {
		at->line++;
		at->column = 1;
		at->p++;
		return;
	}
	at->p += utf8_decode(at->p, (size_t)(at->end - at->p), &cp);
	at->column++;
}

static char
look(const struct place *at, size_t ahead)
{
	return (size_t)(at->end - at->p) > ahead ? at->p[ahead] : '\0';
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct place
place_of(const struct yaml_file *f, int line, int column)
{
	struct place at = {f->source, f->source + f->source_len, 1, 1};
	const char *newline;

	while (at.line < line && (newline = memchr(at.p, '\n', (size_t)(at.end - at.p))) != NULL) {
		at.p = newline + 1;
		at.line++;
	}
	while (at.column < column && at.p < at.end)
		step(&at);
	return at;
}

/* Past "&anchor" and "!tag", which libyaml counts as part of the node. */
static void
skip_properties(struct place *at)
{
	while (look(at, 0) == '&' || look(at, 0) == '!') {
		while (at->p < at->end && !blank(*at->p))
			step(at);
		while (at->p < at->end && blank(*at->p))
			step(at);
	}
}

/* A run of blanks with a line end in it is one blank in the value, or as many line ends as it has less one. */
static size_t
step_blanks(struct place *at)
{
	const char *q = at->p;
	size_t newlines = 0;

	for (; q < at->end && blank(*q); q++)
		newlines += *q == '\n';
	if (newlines == 0) {
		step(at);
		return 1;
	}
	while (at->p < q)
		step(at);
	return newlines == 1 ? 1 : newlines - 1;
}

static size_t
step_escape(struct place *at)
{
	static const unsigned char digits[256] = {['x'] = 2, ['u'] = 4, ['U'] = 8};
	static const unsigned char wide[256] = {['N'] = 2, ['_'] = 2, ['L'] = 3, ['P'] = 3};
	unsigned char c = (unsigned char)look(at, 1);
	size_t i, made = wide[c] != 0 ? wide[c] : 1;
	uint32_t cp = 0;

	step(at);
	if (c == '\n') {
		step(at);
		while (look(at, 0) == ' ' || look(at, 0) == '\t')
			step(at);
		return 0;
	}
	step(at);
	for (i = 0; i < digits[c] && at->p < at->end; i++) {
		char d = *at->p;

		cp = cp << 4 | (uint32_t)(d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10);
		step(at);
	}
	if (digits[c] != 0)
		made = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	return made;
}

static void
walk_flow(struct place *at, char style, size_t offset)
{
	size_t made = 0;
	const char *before;

	if (style != 0)
		step(at); /* the quote */
	while (made < offset && at->p < at->end) {
		before = at->p;
		if (blank(*at->p)) {
			made += step_blanks(at);
		} else if (style == '"' && *at->p == '\\') {
			made += step_escape(at);
		} else if (style == '\'' && look(at, 0) == '\'' && look(at, 1) == '\'') {
			step(at);
			step(at);
			made++;
		} else {
			step(at);
			made += (size_t)(at->p - before);
		}
	}
	/* A line end that is escaped away makes nothing: what is looked for stands behind it. */
	while (style == '"' && look(at, 0) == '\\' && look(at, 1) == '\n')
		step_escape(at);
}

static size_t
line_length(const struct place *at)
{
	const char *newline = memchr(at->p, '\n', (size_t)(at->end - at->p));

	return (size_t)((newline != NULL ? newline : at->end) - at->p);
}

static void
next_line(struct place *at)
{
	size_t n = line_length(at);

	at->p += n;
	step(at);
	at->column = 1;
}

/* How far the lines of a block scalar are indented: where its first line with anything in it meets the value. */
static size_t
block_indent(struct place at, const char *value)
{
	size_t n, content;

	value += strspn(value, "\n");
	content = strcspn(value, "\n");
	for (; at.p < at.end; next_line(&at)) {
		n = line_length(&at);
		if (n > 0 && at.p[n - 1] == '\r')
			n--;
		if (strspn(at.p, " ") >= n)
			continue;
		/* folded: the line is only the beginning of the value's line */
		if (content < n)
			return n - content <= strspn(at.p, " ") ? n - content : strspn(at.p, " ");
		return strspn(at.p, " ");
	}
	return 0;
}

static void
walk_block(struct place *at, const struct yaml_node *scalar, size_t offset)
{
	const char *v = scalar->text, *target = v + offset;
	size_t indent, n;
	struct place last;

	next_line(at); /* the header: |, >-, |2 */
	indent = block_indent(*at, v);
	for (last = *at; at->p < at->end; next_line(at)) {
		n = line_length(at);
		if (n > 0 && at->p[n - 1] == '\r')
			n--;
		n = n > indent ? n - indent : 0;
		if (n > 0) {
			while (*v == '\n' || (*v == ' ' && at->p[indent] != ' ' && scalar->style == '>'))
				v++;
			if (v > target)
				break;
			at->p += indent;
			at->column += (int)indent;
			last = *at;
			if (target < v + n) {
				while (v < target && at->p < at->end) {
					const char *before = at->p;

					step(at);
					v += at->p - before;
				}
				return;
			}
			v += n;
			last.p += n;
			last.column += (int)utf8_count(last.p - n, n);
		}
		if (*v == '\0' || v >= target)
			break;
	}
	*at = last;
}

void
yaml_position(const struct yaml_file *f, const struct yaml_node *scalar, size_t offset, int *line, int *column)
{
	struct place at = place_of(f, scalar->line, scalar->column);
	size_t n = scalar->text != NULL ? strlen(scalar->text) : 0;

	if (offset > n)
		offset = n;
	skip_properties(&at);
	if (scalar->style == '|' || scalar->style == '>')
		walk_block(&at, scalar, offset);
	else
		walk_flow(&at, scalar->style, offset);
	*line = at.line;
	*column = at.column;
}
