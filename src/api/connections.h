/* connections.h -- how long a client may take: for its headers, for its body, for fetching the answer. A client that sends a byte now and
 * then is never idle, so these are limits on the whole; who exceeds them is cut off. */
#ifndef API_CONNECTIONS_H
#define API_CONNECTIONS_H

#include <stdint.h>

struct MHD_Connection;
struct connection;
enum connection_phase { CONN_FRESH, CONN_IDLE, CONN_BODY, CONN_WORK, CONN_ANSWER };

struct connections {
	struct connection *first;
};

struct connection *connection_add(struct connections *all, int fd, int64_t now);
void connection_remove(struct connections *all, struct connection *c);
void connection_is(struct connection *c, enum connection_phase phase, int64_t now); /* NULL is fine */
/* Shuts down those that are over their limit; libmicrohttpd then sees them as closed. */
void connections_cut(struct connections *all, int64_t now);

#endif
