/*
 * query.c -- /api/v1/query, query_range, query_exemplars, format_query, parse_query.
 */
#include <math.h>
#include <string.h>

#include "api_private.h"
#include "mlwatch/config.h"
#include "mlwatch/prom_json.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"

#define MAX_POINTS 11000
#define TIMEOUT_MS 120000

static struct expr *
parse_query(const struct api_request *q, struct api_answer *a)
{
	const char *text = api_param(q, "query");
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(text != NULL ? text : "", &e);

	if (x == NULL)
		api_error(a, "bad_data", "invalid parameter \"query\": %d:%d: parse error: %s", e.line, e.column,
			  e.text);
	return x;
}

/* The engine's settings: the client's timeout counts where it is the shorter one. */
static int
limits(const struct api_request *q, struct promql *p, struct api_answer *a)
{
	const struct config *c = q->spec->config;
	const int64_t most = c->http.query_timeout_ms > 0 ? c->http.query_timeout_ms : TIMEOUT_MS;
	int64_t lookback;

	*p = *reader_promql(q->reader);
	if (api_duration_param(q, "timeout", most, &p->limits.timeout_ms, a) < 0 ||
	    api_duration_param(q, "lookback_delta", 0, &lookback, a) < 0)
		return -1;
	if (p->limits.timeout_ms <= 0 || p->limits.timeout_ms > most)
		p->limits.timeout_ms = most;
	p->lookback_ms = lookback;
	p->limits.max_samples = (size_t)c->http.query_max_samples;
	p->limits.cancel = q->gone;
	p->no_delayed_names = true;
	return 0;
}

static void
failed(struct api_answer *a, const struct err *e)
{
	if (strstr(e->text, "timed out") != NULL)
		api_error(a, "timeout", "%s", e->text);
	else if (strstr(e->text, "canceled") != NULL || strstr(e->text, "cancelled") != NULL)
		api_error(a, "canceled", "%s", e->text);
	else
		api_error(a, "execution", "%s", e->text);
}

static void
answer_result(const struct api_request *q, struct api_answer *a, struct promql_result *r)
{
	size_t limit;

	if (api_limit_param(q, &limit, a) < 0)
		return;
	if (limit > 0 && r->n > limit && (r->type == VALUE_VECTOR || r->type == VALUE_MATRIX)) {
		r->n = limit;
		prom_json_success_warned(&a->body, r, "results truncated due to limit");
		return;
	}
	prom_json_success(&a->body, r);
}

static void
handle_query(const struct api_request *q, struct api_answer *a)
{
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	struct promql p;
	struct expr *x;
	int64_t t;

	if (api_time_param(q, "time", q->now, &t, a) < 0 || limits(q, &p, a) < 0)
		return;
	x = parse_query(q, a);
	if (x == NULL)
		return;
	if (promql_instant(&p, x, t, &r, &e) < 0)
		failed(a, &e);
	else
		answer_result(q, a, &r);
	promql_result_release(&r);
	expr_close(x);
}

static int
range_params(const struct api_request *q, int64_t *start, int64_t *end, int64_t *step, struct api_answer *a)
{
	static const char *const needed[] = {"start", "end", "step"};

	for (size_t i = 0; i < 3; i++)
		if (api_param(q, needed[i]) == NULL)
			return api_error(a, "bad_data", "invalid parameter \"%s\": cannot parse \"\" to a valid %s",
					 needed[i], i < 2 ? "timestamp" : "duration");
	for (size_t i = 0; i < 2; i++)
		if (api_time_parse(api_param(q, needed[i]), i == 0 ? start : end) < 0)
			return api_error(a, "bad_data",
					 "invalid parameter \"%s\": cannot parse \"%.200s\" to a valid timestamp",
					 needed[i], api_param(q, needed[i]));
	if (*end < *start)
		return api_error(a, "bad_data",
				 "invalid parameter \"end\": end timestamp must not be before start time");
	if (api_duration_param(q, "step", 0, step, a) < 0)
		return -1;
	if (*step <= 0)
		return api_error(a, "bad_data",
				 "invalid parameter \"step\": zero or negative query resolution step widths are not "
				 "accepted. Try a positive integer");
	if ((*end - *start) / *step > MAX_POINTS)
		return api_error(a, "bad_data",
				 "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
				 "query resolution (?step=XX)");
	return 0;
}

static void
handle_query_range(const struct api_request *q, struct api_answer *a)
{
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	int64_t start, end, step;
	struct promql p;
	struct expr *x;

	if (range_params(q, &start, &end, &step, a) < 0 || limits(q, &p, a) < 0)
		return;
	x = parse_query(q, a);
	if (x == NULL)
		return;
	if (expr_type(x) != VALUE_SCALAR && expr_type(x) != VALUE_VECTOR)
		api_error(a, "bad_data",
			  "invalid expression type \"%s\" for range query, must be Scalar or instant Vector",
			  expr_type(x) == VALUE_STRING ? "string" : "range vector");
	else if (promql_range(&p, x, start, end, step, &r, &e) < 0)
		failed(a, &e);
	else
		answer_result(q, a, &r);
	promql_result_release(&r);
	expr_close(x);
}

static void
handle_exemplars(const struct api_request *q, struct api_answer *a)
{
	struct expr *x = parse_query(q, a);

	if (x == NULL)
		return;
	expr_close(x);
	api_success(a, "[]");
}

static void
handle_parse(const struct api_request *q, struct api_answer *a)
{
	struct expr *x = parse_query(q, a);

	if (x == NULL)
		return;
	buf_addstr(&a->body, "{\"status\":\"success\",\"data\":");
	expr_json(&a->body, x);
	buf_addc(&a->body, '}');
	expr_close(x);
}

static void
handle_format(const struct api_request *q, struct api_answer *a)
{
	struct expr *x = parse_query(q, a);
	struct buf text = BUF_INIT;

	if (x == NULL)
		return;
	expr_pretty(&text, x);
	buf_addstr(&a->body, "{\"status\":\"success\",\"data\":");
	prom_json_string(&a->body, buf_str(&text));
	buf_addc(&a->body, '}');
	buf_release(&text);
	expr_close(x);
}

const struct api_route api_query_routes[] = {
    {"GET", "/api/v1/query", handle_query, ROUTE_WORKER},
    {"POST", "/api/v1/query", handle_query, ROUTE_WORKER},
    {"GET", "/api/v1/query_range", handle_query_range, ROUTE_WORKER},
    {"POST", "/api/v1/query_range", handle_query_range, ROUTE_WORKER},
    {"GET", "/api/v1/query_exemplars", handle_exemplars, 0},
    {"POST", "/api/v1/query_exemplars", handle_exemplars, 0},
    {"GET", "/api/v1/format_query", handle_format, 0},
    {"POST", "/api/v1/format_query", handle_format, 0},
    {"GET", "/api/v1/parse_query", handle_parse, 0},
    {"POST", "/api/v1/parse_query", handle_parse, 0},
    {NULL, NULL, NULL, 0},
};
