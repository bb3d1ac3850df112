/*
 * target_facts.h -- what is known of a target or health check from its answers: since when it is down and why, how often in a row, the last good
 * answer. What a further answer changes is the verdict. Pure: time is an argument; who asks and who is told is agent_scrape.c's.
 */
#ifndef AGENT_TARGET_FACTS_H
#define AGENT_TARGET_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct buf;
struct scrape_answer;

#define TARGET_BODY_CHARS 200

struct target_answer {
	int64_t t;
	int status; /* HTTP; 0: none came */
	double seconds, samples;
	char body[4 * TARGET_BODY_CHARS + 1]; /* its beginning, harmless; "" where bodies are not kept */
};

struct target_facts {
	bool ever, up;
	int64_t down_since_ms, last_down_ms;
	int64_t failures; /* in a row */
	int64_t flaps;    /* times that it went down, each within ten minutes of the time before */
	double process_start;
	char error[4 * 256 + 1];
	struct target_answer last, good; /* good.t 0: there was none */
};

enum target_change {
	TARGET_SAME,
	TARGET_DOWN,
	TARGET_UP,
	TARGET_FLAPS,  /* down once more, and from now on it is not told every time */
	TARGET_STEADY, /* up for ten minutes after that */
};

/* why: what is wrong with the answer, "" when it is good. */
enum target_change target_note(struct target_facts *f, const struct scrape_answer *a, const char *why, double samples,
			       bool keep_body, int64_t now);
/* The event of a change, about what is called `name`: "127.0.0.1:8000/health down: no answer within 2 s". */
void target_change_words(struct buf *out, const struct target_facts *f, enum target_change c, const char *name,
			 int64_t down_since_ms, int64_t now);
/* Into the target's part of the status document and back. */
void target_write(const struct target_facts *f, json_t *o);
void target_read(struct target_facts *f, const json_t *o);

#endif
