/*
 * conf_mask.c -- mistakes are shown with the line they are in; secrets in that line are not. Each character becomes an asterisk, so that
 * the caret stays where it belongs.
 */
#include <ctype.h>
#include <string.h>

#include "conf.h"

/* A key is followed by its secret when it ends in one of these. */
static const char *const endings[] = {"password",    "secret",   "api_key",     "token",   "token_id",   "routing_key",
				      "service_key", "user_key", "credentials", "api_url", "webhook_url"};

static bool
is_secret(const char *key, size_t n)
{
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t len = strlen(endings[i]);
		if (n >= len && strncmp(key + n - len, endings[i], len) == 0)
			return true;
	}
	return false;
}

static char *
mask_value(char *p)
{
	while (*p == ' ')
		p++;
	char quote = *p == '"' || *p == '\'' ? *p++ : '\0';
	for (; *p != '\0'; p++) {
		if (quote != '\0' ? *p == quote : strchr(",}]", *p) != NULL || (*p == ' ' && p[1] == '#'))
			break;
		*p = '*';
	}
	return p;
}

void
mask_line(char *line)
{
	for (char *p = strchr(line, ':'); p != NULL; p = strchr(p, ':')) {
		char *key = p;
		while (key > line && (isalnum((unsigned char)key[-1]) || key[-1] == '_'))
			key--;
		bool hit = is_secret(key, (size_t)(p - key));
		p++;
		if (hit)
			p = mask_value(p);
	}
}

/* An expression of two lines (a block scalar) is not looked for: no secret is written like that. */
void
mask_mistakes(struct errlist *l, size_t from)
{
	for (size_t i = from; i < l->n; i++)
		if (l->at[i].source != NULL)
			mask_line(l->at[i].source);
}
