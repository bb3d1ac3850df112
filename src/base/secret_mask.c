/*
 * secret_mask.c -- a line of a configuration without the secrets in it, for those who show it: a mistake with its line, a status. Each
 * character becomes an asterisk, so that a caret below stays where it belongs.
 *
 * A value over several lines (a block scalar) is not looked for: no secret is written like that.
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "mlwatch/secret.h"

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

void
secret_mask_line(char *line)
{
	for (char *p = strchr(line, ':'); p != NULL; p = strchr(p, ':')) {
		char *last = p, *key, *end;
		if (last > line && (last[-1] == '"' || last[-1] == '\''))
			last--;
		for (key = last; key > line && (isalnum((unsigned char)key[-1]) || key[-1] == '_'); key--)
			continue;
		size_t n = (size_t)(last - key);
		bool plain = last == p;
		p++;
		if (plain && *p != ' ' && *p != '\0')
			continue; /* no key of YAML */
		while (*p == ' ')
			p++;
		char quote = *p == '"' || *p == '\'' ? *p++ : '\0';
		for (end = p; *end != '\0'; end++)
			if (quote != '\0' ? *end == quote
					  : strchr(",}]", *end) != NULL || (*end == ' ' && end[1] == '#'))
				break;
		if (is_secret(key, n))
			cover(p, end);
		else if (ends_in(key, n, "url"))
			cover_url(p, end);
		else
			continue;
		p = end;
	}
}
