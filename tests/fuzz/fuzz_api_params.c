/*
 * fuzz_api_params.c -- any path and any parameters through the routes and the readers of parameters: an answer in Prometheus' form, no
 * more. The input is "path?name=value&name=value"; values are what stands there, libmicrohttpd has decoded them by then.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/api/api_private.h"
#include "mlwatch/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t
split(char *text, struct api_param *p, size_t most)
{
	size_t n = 0;
	char *rest = strchr(text, '?'), *pair;

	if (rest == NULL)
		return 0;
	*rest++ = '\0';
	while (n < most && (pair = strsep(&rest, "&")) != NULL) {
		char *value = strchr(pair, '=');

		if (value != NULL)
			*value++ = '\0';
		p[n++] = (struct api_param){pair, value != NULL ? value : pair + strlen(pair)};
	}
	return n;
}

static void
read_all(const struct api_request *q)
{
	static const char *const names[] = {"time", "start", "end", "step", "timeout"};
	size_t limit;
	int64_t v;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct api_answer a = {0};

		api_time_param(q, names[i], 0, &v, &a);
		api_duration_param(q, names[i], 0, &v, &a);
		api_limit_param(q, &limit, &a);
		buf_release(&a.body);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct config config;
	static const struct api_spec spec = {.config = &config, .config_path = "/dev/null"};
	struct api_param params[32];
	struct buf body = BUF_INIT;
	struct api_answer a = {0};
	struct api_request q = {.spec = &spec, .method = "GET", .params = params, .body = &body, .now = 1000};
	const struct api_route *r;
	char *text;
	int status;

	if (n > 4096)
		return 0;
	text = malloc(n + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	buf_add(&body, data, n);
	q.n_params = split(text, params, 32);
	q.path = text;
	read_all(&q);
	r = route_find("GET", text, &q.rest, &status);
	/* What a worker answers needs a store, and Alertmanager's part a notifier: those have their own tests. */
	if (r != NULL && !(r->flags & (ROUTE_WORKER | ROUTE_CHANGES)) && strncmp(text, "/api/v1/", 8) == 0 &&
	    strstr(text, "status") == NULL) {
		r->handle(&q, &a);
		if (a.body.len == 0 || a.body.p[0] != '{' || a.body.p[a.body.len - 1] != '}')
			abort();
	}
	buf_release(&a.body);
	buf_release(&body);
	free(text);
	return 0;
}
