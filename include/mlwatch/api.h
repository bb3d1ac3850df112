/*
 * api.h -- the HTTP listener: Prometheus' query API, Alertmanager's v2 API, /metrics, health and mlwatch's own JSON.
 *
 * libmicrohttpd on the caller's libuv loop: requests are read and answered there, what may take long (queries) runs in a worker
 * on a read handle of its own, so nothing a client does can stall the agent. Everything it tells is read from the store or asked of
 * notify; it knows neither rules' nor the agent's insides.
 */
#ifndef MLWATCH_API_H
#define MLWATCH_API_H

#include <stdbool.h>
#include <stdint.h>

struct api;
struct config;
struct err;
struct log;
struct notify;
struct uv_loop_s;

struct api_spec {
	const struct config *config; /* borrowed until api_close or the next api_resume; http.* says what is allowed */
	const char *config_path;
	const char *external_url;
	struct uv_loop_s *loop;
	struct notify *notify; /* may be NULL: nothing is routed */
	struct log *log;
	int64_t started_ms;
	void *arg;
	void (*reload)(void *arg);  /* POST /-/reload, when enabled */
	bool (*ready)(void *arg);   /* /-/ready */
	bool (*healthy)(void *arg); /* /-/healthy: the loop turns and commits succeed */
};

/* Listens; -1 when it cannot (port taken, certificate wrong, not loopback without authentication). Copies the spec. */
int api_open(struct api **out, const struct api_spec *spec, struct err *e);
/* Is this a name that mlwatch counts under itself, whether or not anything was counted yet? */
bool api_makes(const char *name);
/* For a reload: when done is called (on the loop), no query is under way and none begins; those that come wait. Queries that take long are
 * ended. */
void api_pause(struct api *a, void (*done)(void *arg), void *arg);
/* Can the listener go on with this configuration? If not: api_close and api_open. */
bool api_can_stay(const struct api *a, const struct config *next);
/* Ends the pause; spec (NULL: as before) is what holds from now on. */
int api_resume(struct api *a, const struct api_spec *spec, struct err *e);
/* Requests under way are ended; done is called on the loop when nothing is left. */
void api_close(struct api *a, void (*done)(void *arg), void *arg);

#endif
