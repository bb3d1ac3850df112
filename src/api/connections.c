/*
 * connections.c -- see connections.h. Knows descriptors and time, not requests.
 */
#include "connections.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "mlwatch/xalloc.h"

struct connection {
	int fd;
	enum connection_phase phase;
	int64_t since;
	struct connection *next, *prev;
};

static const int64_t limit_ms[] = {
    [CONN_FRESH] = 10000, [CONN_IDLE] = 40000, [CONN_BODY] = 60000, [CONN_WORK] = 0, [CONN_ANSWER] = 300000};

struct connection *
connection_add(struct connections *all, int fd, int64_t now)
{
	struct connection *c = xcalloc(1, sizeof *c);

	c->fd = fd;
	c->since = now;
	c->next = all->first;
	if (c->next != NULL)
		c->next->prev = c;
	all->first = c;
	return c;
}

void
connection_remove(struct connections *all, struct connection *c)
{
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		all->first = c->next;
	free(c);
}

void
connection_is(struct connection *c, enum connection_phase phase, int64_t now)
{
	if (c == NULL || c->phase == phase)
		return;
	c->phase = phase;
	c->since = now;
}

void
connections_cut(struct connections *all, int64_t now)
{
	for (struct connection *c = all->first; c != NULL; c = c->next)
		if (limit_ms[c->phase] > 0 && now - c->since > limit_ms[c->phase])
			shutdown(c->fd, SHUT_RDWR);
}
