/*
 * minutes.c -- see minutes.h.
 */
#include "minutes.h"

#include <string.h>

#include "mlwatch/clock.h"

/* The clock may be set back: then what is of later minutes is dropped. */
static void
turn_to(struct minutes *m, int64_t minute)
{
	if (minute - m->newest >= MINUTES || minute < m->newest - MINUTES)
		memset(m->n, 0, sizeof m->n);
	else
		for (int64_t i = m->newest + 1; i <= minute; i++)
			m->n[i % MINUTES] = 0;
	for (int64_t i = minute + 1; i <= m->newest && i <= minute + MINUTES; i++)
		m->n[i % MINUTES] = 0;
	m->newest = minute;
}

void
minutes_add(struct minutes *m, int64_t now_ms, uint32_t n)
{
	const int64_t minute = now_ms / MS_MINUTE;

	if (minute != m->newest)
		turn_to(m, minute);
	m->n[minute % MINUTES] += n;
}

/* The first of the 60 minutes up to now that the ring still has, and the last. */
static void
span(const struct minutes *m, int64_t now_ms, int64_t *from, int64_t *to)
{
	const int64_t minute = now_ms / MS_MINUTE, oldest = minute - MINUTES + 1, kept = m->newest - MINUTES + 1;

	*from = oldest > kept ? oldest : kept;
	*to = minute < m->newest ? minute : m->newest;
	if (*from < 0)
		*from = 0;
}

int64_t
minutes_sum(const struct minutes *m, int64_t now_ms)
{
	int64_t from, to, sum = 0;

	span(m, now_ms, &from, &to);
	for (int64_t i = from; i <= to; i++)
		sum += m->n[i % MINUTES];
	return sum;
}

int64_t
minutes_first(const struct minutes *m, int64_t now_ms)
{
	int64_t from, to;

	span(m, now_ms, &from, &to);
	for (int64_t i = from; i <= to; i++)
		if (m->n[i % MINUTES] > 0)
			return i * MS_MINUTE;
	return 0;
}

json_t *
minutes_json(const struct minutes *m, int64_t now_ms)
{
	json_t *list = json_array();
	int64_t from, to;

	span(m, now_ms, &from, &to);
	for (int64_t i = from; i <= to; i++)
		if (m->n[i % MINUTES] > 0)
			json_array_append_new(list, json_pack("[I, I]", (json_int_t)i, (json_int_t)m->n[i % MINUTES]));
	return list;
}

struct minutes
minutes_read(const json_t *list)
{
	struct minutes m = {0};
	json_t *pair;
	size_t i;

	json_array_foreach(list, i, pair)
	{
		const json_int_t minute = json_integer_value(json_array_get(pair, 0)),
				 n = json_integer_value(json_array_get(pair, 1));

		if (minute > 0 && minute < INT64_MAX / MS_MINUTE && minute >= m.newest && n > 0 && n < UINT32_MAX)
			minutes_add(&m, (int64_t)minute * MS_MINUTE, (uint32_t)n);
	}
	return m;
}
