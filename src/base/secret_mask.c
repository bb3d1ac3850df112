/*
 * secret_mask.c -- lines of a configuration without the secrets in them, for those who show them: a mistake with its line, a status. Each
 * character becomes an asterisk, so that a caret below stays where it belongs.
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

/* A key is followed by its secret when it ends in one of these. */
static const char *const endings[] = {"password",    "secret",   "api_key",     "token",   "token_id",   "routing_key",
				      "service_key", "user_key", "credentials", "api_url", "webhook_url"};

static bool
ends_in(const char *key, size_t n, const char *ending)
{
	size_t len = strlen(ending);

	return n >= len && strncmp(key + n - len, ending, len) == 0;
}

static bool
is_secret(const char *key, size_t n)
{
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (ends_in(key, n, endings[i]))
			return true;
	return false;
}

static void
cover(char *p, const char *end)
{
	while (p < end)
		*p++ = '*';
}

/* Where the scheme and the host are anybody's business, and the rest may be a password or a token. */
static void
cover_url(char *p, char *end)
{
	char *host = memmem(p, (size_t)(end - p), "://", 3);

	if (host == NULL)
		return;
	host += 3;
	char *path = host + strcspn(host, "/?#");
	if (path > end)
		path = end;
	char *at = memrchr(host, '@', (size_t)(path - host));
	if (at != NULL)
		cover(host, at);
	if (path < end)
		cover(path + 1, end);
}

#define SECRET_LEAST 4
#define PART_LEAST   8 /* shorter ones are words: "services", "v2" */

static void
hide(char *text, size_t n, const char *secret, size_t len)
{
	for (char *p = text; (p = memmem(p, n - (size_t)(p - text), secret, len)) != NULL; p += len)
		cover(p, p + len);
}

void
secret_hide(char *text, size_t n, const char *secret)
{
	size_t len = secret != NULL ? strlen(secret) : 0;

	if (len >= SECRET_LEAST)
		hide(text, n, secret, len);
}

void
secret_hide_url(char *text, size_t n, const char *url)
{
	const char *host = url != NULL ? strstr(url, "://") : NULL;

	if (host == NULL)
		return;
	const char *path = host + 3 + strcspn(host + 3, "/?#");
	if (strlen(path) >= PART_LEAST)
		secret_hide(text, n, path);
	for (const char *p = path; *p != '\0';) {
		size_t len = strcspn(p, "/?#&=");
		if (len > PART_LEAST)
			hide(text, n, p, len);
		p += len + (p[len] != '\0');
	}
}

/* All that is in it is secret, whatever its own keys say. */
static bool
is_list_of_secrets(const char *key, size_t n)
{
	return ends_in(key, n, "secrets") || ends_in(key, n, "proxy_connect_header") ||
	       ends_in(key, n, "endpoint_params");
}

/* Of the value at p, and of a list or a mapping as a whole. */
static char *
end_of_value(char *p, bool whole)
{
	int depth = 0;

	for (char quote = '\0'; *p != '\0'; p++) {
		if (quote != '\0') {
			if (*p == quote && depth == 0)
				return p;
			quote = *p == quote ? '\0' : quote;
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (whole && (*p == '[' || *p == '{')) {
			depth++;
		} else if (depth > 0 && (*p == ']' || *p == '}')) {
			depth--;
		} else if (depth == 0 && (strchr(",}]", *p) != NULL || (*p == ' ' && p[1] == '#'))) {
			break;
		}
	}
	return p;
}

/* The value ends on another line. */
static bool
goes_on(const char *p, const char *end)
{
	if (*p == '"' || *p == '\'')
		return *end == '\0';
	return *p == '\0' || *p == '#' || *p == '|' || *p == '>' ||
	       ((*p == '[' || *p == '{') && *end == '\0' && end[-1] != ']' && end[-1] != '}');
}

/* Where a value that goes on below has to stand to the right of. */
static int
column_of(const char *line, size_t indent, const char *key)
{
	return (int)(memchr(line, '{', (size_t)(key - line)) != NULL ? indent : (size_t)(key - line));
}

/* What goes on from a line above belongs to a key further left, or to one that is just above a list's dash. */
static bool
still_inside(const struct secret_mask *m, const char *line, size_t indent)
{
	return indent > (size_t)m->column || (indent == (size_t)m->column && line[indent] == '-');
}

struct key {
	const char *name;
	size_t n;
};

/* The next key of YAML at or behind *p, which is then where its value begins. */
static bool
next_key(char *line, char **p, struct key *out)
{
	while ((*p = strchr(*p, ':')) != NULL) {
		char *last = *p, *name;

		if (last > line && (last[-1] == '"' || last[-1] == '\''))
			last--;
		for (name = last; name > line && (isalnum((unsigned char)name[-1]) || name[-1] == '_'); name--)
			continue;
		const bool plain = last == *p;
		(*p)++;
		if (plain && **p != ' ' && **p != '\0')
			continue;
		*p += strspn(*p, " ");
		*out = (struct key){name, (size_t)(last - name)};
		return true;
	}
	return false;
}

void
secret_mask_next(struct secret_mask *m, char *line)
{
	const size_t indent = strspn(line, " ");
	struct key key;

	if (line[indent] == '\0')
		return;
	if (m->column >= 0 && still_inside(m, line, indent)) {
		cover(line + indent, line + strlen(line));
		return;
	}
	m->column = -1;
	for (char *p = line; next_key(line, &p, &key);) {
		const bool list = is_list_of_secrets(key.name, key.n);
		char *end = end_of_value(p, list);

		if (list || is_secret(key.name, key.n)) {
			if (goes_on(p, end))
				m->column = column_of(line, indent, key.name);
			cover(p + (*p == '"' || *p == '\''), end);
			p = end;
		} else if (ends_in(key.name, key.n, "url")) {
			cover_url(p, end);
			p = end;
		}
	}
}

void
secret_mask_line(const char *text, int number, char *line)
{
	struct secret_mask m = SECRET_MASK_INIT;
	const char *end;

	for (; number > 1 && (end = strchr(text, '\n')) != NULL; number--) {
		char *before = xstrndup(text, (size_t)(end - text));

		secret_mask_next(&m, before);
		secret_free(before);
		text = end + 1;
	}
	secret_mask_next(&m, line);
}
