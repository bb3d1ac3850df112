/* auth.h -- who may ask: bearer token or basic authentication from files, read anew when they change; what a listener that is not
 * loopback requires. Compared in constant time. */
#ifndef API_AUTH_H
#define API_AUTH_H

#include <stdbool.h>

struct MHD_Connection;
struct auth;
struct config;
struct err;

/* -1: the secrets cannot be read, or the listener is not loopback and has none. */
int auth_open(struct auth **out, const struct config *c, bool loopback, struct err *e);
void auth_close(struct auth *a); /* NULL is fine */
/* 0: go on; 401; 403 (changes are off: read-only, or not loopback and not authenticated). flags: ROUTE_ bits. */
int auth_check(struct auth *a, struct MHD_Connection *c, unsigned flags);

#endif
