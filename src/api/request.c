/*
 * request.c -- parameters of a request, and the forms that answers have.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_private.h"
#include "mlwatch/clock.h"
#include "mlwatch/num.h"
#include "mlwatch/prom_json.h"

static const struct {
	const char *type;
	int status;
} error_status[] = {
    {"bad_data", 400},  {"execution", 422},   {"timeout", 503},   {"canceled", 499},
    {"not_found", 404}, {"unavailable", 503}, {"forbidden", 403}, {"unauthorized", 401},
};

const char *
api_param_next(const struct api_request *q, const char *name, size_t *i)
{
	while (*i < q->n_params) {
		const struct api_param *p = &q->params[(*i)++];

		if (strcmp(p->name, name) == 0)
			return p->value;
	}
	return NULL;
}

const char *
api_param(const struct api_request *q, const char *name)
{
	size_t i = 0;

	return api_param_next(q, name, &i);
}

int
api_time_parse(const char *text, int64_t *out)
{
	double seconds;

	if (num_parse(text, strlen(text), &seconds) && isfinite(seconds) && fabs(seconds) < 9e15) {
		*out = (int64_t)floor(seconds * 1000 + 0.5);
		return 0;
	}
	return rfc3339_parse(text, strlen(text), out) == 0 ? 0 : -1;
}

int
api_time_param(const struct api_request *q, const char *name, int64_t dflt, int64_t *out, struct api_answer *a)
{
	const char *text = api_param(q, name);

	*out = dflt;
	if (text == NULL || text[0] == '\0' || api_time_parse(text, out) == 0)
		return 0;
	return api_error(
	    a, "bad_data",
	    "invalid parameter \"%s\": Invalid time value for '%s': cannot parse \"%.200s\" to a valid timestamp", name,
	    name, text);
}

int
api_duration_param(const struct api_request *q, const char *name, int64_t dflt, int64_t *out, struct api_answer *a)
{
	const char *text = api_param(q, name);
	double seconds;

	*out = dflt;
	if (text == NULL || text[0] == '\0')
		return 0;
	if (num_parse(text, strlen(text), &seconds) && isfinite(seconds) && fabs(seconds) < 9e15) {
		*out = (int64_t)(seconds * 1000);
		return 0;
	}
	if (duration_parse(text, out) == 0)
		return 0;
	return api_error(a, "bad_data", "invalid parameter \"%s\": cannot parse \"%.200s\" to a valid duration", name,
			 text);
}

int
api_limit_param(const struct api_request *q, size_t *out, struct api_answer *a)
{
	const char *text = api_param(q, "limit");
	char *end;
	long long v;

	*out = 0;
	if (text == NULL || text[0] == '\0')
		return 0;
	v = strtoll(text, &end, 10);
	if (*end != '\0' || end == text)
		return api_error(a, "bad_data",
				 "invalid parameter \"limit\": strconv.Atoi: parsing \"%.100s\": invalid syntax", text);
	if (v < 0)
		return api_error(a, "bad_data", "invalid parameter \"limit\": limit must be non-negative");
	*out = (size_t)v;
	return 0;
}

int
api_error(struct api_answer *a, const char *type, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	a->status = 500;
	for (size_t i = 0; i < sizeof error_status / sizeof *error_status; i++)
		if (strcmp(error_status[i].type, type) == 0)
			a->status = error_status[i].status;
	buf_reset(&a->body);
	prom_json_error(&a->body, type, text);
	return -1;
}

void
api_success(struct api_answer *a, const char *data)
{
	buf_addf(&a->body, "{\"status\":\"success\",\"data\":%s}", data);
}
