/*
 * auth.c -- see auth.h.
 */
#include "auth.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "api_private.h"
#include "mlwatch/config.h"
#include "mlwatch/secret.h"
#include "mlwatch/xalloc.h"

struct auth {
	const struct config *config;
	bool required, read_only;
};

int
auth_open(struct auth **out, const struct config *c, bool loopback, struct err *e)
{
	struct auth *a;
	const bool has = c->http.bearer_token_file != NULL || c->http.password_file != NULL;

	if (!loopback && !has && !c->http.read_only) {
		err_set(e, ERR_FILE, "http.listen '%s' is not loopback: it needs authentication", c->http.listen);
		return err_hint(e, "set bearer_token_file, or username and password_file, or read_only: true");
	}
	a = xcalloc(1, sizeof *a);
	a->config = c;
	a->required = has;
	a->read_only = c->http.read_only;
	*out = a;
	return 0;
}

void
auth_close(struct auth *a)
{
	free(a);
}

/* Takes as long for a wrong secret as for a right one. */
static bool
same(const char *a, const char *b)
{
	const size_t na = strlen(a), nb = strlen(b);
	unsigned char diff = na != nb;

	for (size_t i = 0; i < nb; i++)
		diff |= (unsigned char)(b[i] ^ (i < na ? a[i] : 0));
	return diff == 0;
}

static bool
secret_is(const char *file, const char *given)
{
	struct err e = ERR_INIT;
	bool good;
	char *secret;

	if (file == NULL || given == NULL || secret_read(file, &secret, &e) < 0)
		return false;
	good = secret[0] != '\0' && same(given, secret);
	secret_free(secret);
	return good;
}

static bool
authenticated(const struct auth *a, struct MHD_Connection *c)
{
	const char *header = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	char *user, *password = NULL;
	bool good;

	if (header == NULL)
		return false;
	if (strncasecmp(header, "Bearer ", 7) == 0)
		return secret_is(a->config->http.bearer_token_file, header + 7);
	user = MHD_basic_auth_get_username_password(c, &password);
	good = user != NULL && a->config->http.username != NULL && same(user, a->config->http.username) &&
	       secret_is(a->config->http.password_file, password);
	MHD_free(user);
	MHD_free(password);
	return good;
}

int
auth_check(struct auth *a, struct MHD_Connection *c, unsigned flags)
{
	if (flags & ROUTE_OPEN)
		return 0;
	if (a->required && !authenticated(a, c))
		return 401;
	if ((flags & ROUTE_CHANGES) && a->read_only)
		return 403;
	return 0;
}
