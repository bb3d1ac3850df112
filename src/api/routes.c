/*
 * routes.c -- which handler answers a path.
 */
#include <string.h>

#include "api_private.h"

static const struct api_route *const tables[] = {
    api_query_routes, api_meta_routes, api_status_routes, api_alertmanager_routes, api_metrics_routes, api_own_routes,
};

static bool
path_matches(const struct api_route *r, const char *path, const char **rest)
{
	const size_t n = strlen(r->path);

	if (!(r->flags & ROUTE_PREFIX))
		return strcmp(path, r->path) == 0;
	if (strncmp(path, r->path, n) != 0 || path[n] == '\0')
		return false;
	*rest = path + n;
	return true;
}

const struct api_route *
route_find(const char *method, const char *path, const char **rest, int *status)
{
	*status = 404;
	*rest = "";
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct api_route *r = tables[i]; r->handle != NULL; r++) {
			if (!path_matches(r, path, rest))
				continue;
			if (strcmp(r->method, method) == 0)
				return r;
			*status = 405;
		}
	return NULL;
}
