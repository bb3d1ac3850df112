/*
 * target_facts.c -- see target_facts.h.
 */
#include "target_facts.h"

#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/scrape_target.h"
#include "mlwatch/utf8.h"

#define FLAP_MS   (10 * MS_MINUTE)
#define FLAPS_MAX 3

/* What comes from outside, and what is said of it. */
static void
copy_plain(char *to, size_t size, const char *from, size_t n)
{
	struct buf plain = BUF_INIT;

	utf8_plain(&plain, from, n, size / 4);
	snprintf(to, size, "%s", buf_str(&plain));
	buf_release(&plain);
}

static enum target_change
went_down(struct target_facts *f, int64_t now)
{
	f->flaps = f->last_down_ms > 0 && now - f->last_down_ms < FLAP_MS ? f->flaps + 1 : 1;
	f->last_down_ms = f->down_since_ms = now;
	return f->flaps <= FLAPS_MAX ? TARGET_DOWN : f->flaps == FLAPS_MAX + 1 ? TARGET_FLAPS : TARGET_SAME;
}

static enum target_change
change(struct target_facts *f, bool up, int64_t now)
{
	if (!up)
		return f->ever && !f->up ? TARGET_SAME : went_down(f, now);
	if (f->ever && !f->up && f->flaps <= FLAPS_MAX)
		return TARGET_UP;
	if (f->flaps > FLAPS_MAX && now - f->last_down_ms >= FLAP_MS) {
		f->flaps = 0;
		return TARGET_STEADY;
	}
	return TARGET_SAME;
}

enum target_change
target_note(struct target_facts *f, const struct scrape_answer *a, const char *why, double samples, bool keep_body,
	    int64_t now)
{
	const bool up = why[0] == '\0';
	const enum target_change c = change(f, up, now);

	f->ever = true;
	f->up = up;
	f->failures = up ? 0 : f->failures + 1;
	copy_plain(f->error, sizeof f->error, why, strlen(why));
	f->last = (struct target_answer){.t = now, .status = a->status, .seconds = a->seconds, .samples = samples};
	if (keep_body && a->body != NULL)
		copy_plain(f->last.body, sizeof f->last.body, a->body, a->n);
	if (up)
		f->good = f->last;
	return c;
}

void
target_change_words(struct buf *out, const struct target_facts *f, enum target_change c, const char *name,
		    int64_t down_since_ms, int64_t now)
{
	char length[16];

	switch (c) {
	case TARGET_SAME:
		break;
	case TARGET_DOWN:
		buf_addf(out, "%s down: %s", name, f->error);
		break;
	case TARGET_UP:
		duration_human(length, now - down_since_ms);
		buf_addf(out, "%s up again after %s", name, length);
		break;
	case TARGET_FLAPS:
		buf_addf(out, "%s goes down again and again: %s", name, f->error);
		break;
	case TARGET_STEADY:
		buf_addf(out, "%s up for 10m", name);
		break;
	}
}

/* ---- the status document ---- */

static json_t *
answer_json(const struct target_answer *a)
{
	return json_pack("{s:I, s:i, s:f, s:f, s:s}", "t", (json_int_t)a->t, "status", a->status, "seconds", a->seconds,
			 "samples", a->samples, "body", a->body);
}

void
target_write(const struct target_facts *f, json_t *o)
{
	json_object_update_new(
	    o, json_pack("{s:b, s:I, s:I, s:f, s:f, s:i, s:s, s:I, s:I, s:I, s:f, s:o}", "up", f->up, "last_ms",
			 (json_int_t)f->last.t, "down_since_ms", (json_int_t)(f->up ? 0 : f->down_since_ms), "seconds",
			 f->last.seconds, "samples", f->last.samples, "status", f->last.status, "error", f->error,
			 "failures", (json_int_t)f->failures, "last_down_ms", (json_int_t)f->last_down_ms, "flaps",
			 (json_int_t)f->flaps, "process_start", f->process_start, "answer", answer_json(&f->last)));
	if (f->good.t > 0)
		json_object_set_new(o, "good", answer_json(&f->good));
}

static int64_t
int_of(const json_t *o, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(o, key));
}

static void
read_answer(struct target_answer *a, const json_t *o)
{
	const char *body = json_string_value(json_object_get(o, "body"));

	a->t = int_of(o, "t");
	a->status = (int)int_of(o, "status");
	a->seconds = json_number_value(json_object_get(o, "seconds"));
	a->samples = json_number_value(json_object_get(o, "samples"));
	snprintf(a->body, sizeof a->body, "%s", body != NULL ? body : "");
}

void
target_read(struct target_facts *f, const json_t *o)
{
	const char *error = json_string_value(json_object_get(o, "error"));

	f->ever = int_of(o, "last_ms") > 0;
	f->up = json_is_true(json_object_get(o, "up"));
	f->down_since_ms = int_of(o, "down_since_ms");
	f->last_down_ms = int_of(o, "last_down_ms");
	f->failures = int_of(o, "failures");
	f->flaps = int_of(o, "flaps");
	f->process_start = json_number_value(json_object_get(o, "process_start"));
	snprintf(f->error, sizeof f->error, "%s", error != NULL ? error : "");
	read_answer(&f->last, json_object_get(o, "answer"));
	read_answer(&f->good, json_object_get(o, "good"));
}
