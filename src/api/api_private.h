/*
 * api_private.h -- a request, its answer, and the table of routes. A handler gets a request whose parameters and body are
 * complete and fills in an answer; it never sees a connection.
 */
#ifndef API_PRIVATE_H
#define API_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/api.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"

struct reader;
struct promql;

struct api_param {
	char *name, *value;
};

struct api_request {
	const struct api_spec *spec;
	const char *method, *path;
	const char *rest;         /* what follows the route's prefix: the label name, the silence id */
	const char *accept;       /* header, may be NULL */
	struct api_param *params; /* of the query string and of a form */
	size_t n_params;
	const struct buf *body; /* of anything but a form */
	struct reader *reader;  /* worker routes only */
	int64_t now;
	const atomic_bool *gone; /* the client has left */
};

struct api_answer {
	int status;       /* 200 unless set */
	const char *type; /* Content-Type; application/json unless set */
	struct buf body;
};

typedef void api_handler(const struct api_request *q, struct api_answer *a);

enum { ROUTE_WORKER = 1, ROUTE_CHANGES = 2, ROUTE_PREFIX = 4, ROUTE_OPEN = 8 /* no authentication: health */ };
struct api_route {
	const char *method; /* "GET", "POST", "DELETE"; HEAD is answered as GET */
	const char *path;
	api_handler *handle;
	unsigned flags;
};
/* One table per file, NULL handle at the end. routes.c lists them. */
extern const struct api_route api_query_routes[], api_meta_routes[], api_status_routes[], api_alertmanager_routes[],
    api_metrics_routes[], api_own_routes[];

/* families.c: what mlwatch itself counts. */
struct api_family {
	const char *name, *type, *help;
};
extern const struct api_family api_families[];
extern const size_t api_n_families;
const char *api_help(const char *name); /* never NULL */

/* The route for a request; NULL with *status 404 or 405. */
const struct api_route *route_find(const char *method, const char *path, const char **rest, int *status);

/* ---- for handlers ---- */
const char *api_param(const struct api_request *q, const char *name); /* the first of that name, NULL */
/* The next of that name after *i (start with 0). */
const char *api_param_next(const struct api_request *q, const char *name, size_t *i);
int api_time_parse(const char *text, int64_t *out);
/* Unix seconds with fraction or RFC 3339; dflt when absent. -1 and an answer of bad_data. */
int api_time_param(const struct api_request *q, const char *name, int64_t dflt, int64_t *out, struct api_answer *a);
/* Seconds as a float or a duration. */
int api_duration_param(const struct api_request *q, const char *name, int64_t dflt, int64_t *out, struct api_answer *a);
int api_limit_param(const struct api_request *q, size_t *out, struct api_answer *a); /* limit=N, 0: none */
/* An error in Prometheus' form with its status: bad_data 400, execution 422, timeout 503, canceled 499, not_found 404,
 * unavailable 503, internal 500. Returns -1. */
int api_error(struct api_answer *a, const char *type, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void api_success(struct api_answer *a, const char *data); /* {"status":"success","data":...} */

#endif
