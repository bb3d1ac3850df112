/*
 * posted.c -- shows what the demo's catcher kept, as the people at the other end would have seen it.
 *
 *   posted FILE START          every message with its second after START (Unix seconds)
 *   posted FILE --first ALERT  when the first message that names the alert came, Unix milliseconds; nothing when none did
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (1 << 20)

static json_t *
body_of(json_t *kept)
{
	json_t *body = json_object_get(kept, "body");

	return json_is_string(body) ? json_loads(json_string_value(body), 0, NULL) : json_incref(body);
}

static void
show(json_t *kept, long start)
{
	json_t *body = body_of(kept), *a = json_array_get(json_object_get(body, "attachments"), 0);
	json_t *payload = json_object_get(body, "payload");
	const char *path = json_string_value(json_object_get(kept, "path"));
	double after = (double)json_integer_value(json_object_get(kept, "t")) / 1000 - (double)start;

	if (a != NULL)
		printf("  %5.1f s  %-10s %s\n", after, path, json_string_value(json_object_get(a, "title")));
	else if (payload != NULL || json_object_get(body, "event_action") != NULL)
		printf("  %5.1f s  %-10s %s: %s\n", after, path,
		       json_string_value(json_object_get(body, "event_action")),
		       payload != NULL ? json_string_value(json_object_get(payload, "summary")) : "");
	if (a != NULL && json_is_string(json_object_get(a, "text")) &&
	    json_string_length(json_object_get(a, "text")) > 0)
		printf("           %s\n", json_string_value(json_object_get(a, "text")));
	json_decref(body);
}

int
main(int argc, char **argv)
{
	static char line[LINE_MAX_BYTES];
	const bool first = argc == 4 && strcmp(argv[2], "--first") == 0;
	FILE *f = argc >= 3 ? fopen(argv[1], "r") : NULL;

	if (f == NULL) {
		fprintf(stderr, "usage: posted FILE START | posted FILE --first ALERT\n");
		return argc >= 3 ? 4 : 2;
	}
	while (fgets(line, sizeof line, f) != NULL) {
		json_t *kept = json_loads(line, 0, NULL);

		if (kept == NULL)
			continue;
		if (!first) {
			show(kept, atol(argv[2]));
		} else if (strstr(line, argv[3]) != NULL) {
			printf("%lld\n", (long long)json_integer_value(json_object_get(kept, "t")));
			return 0;
		}
		json_decref(kept);
	}
	fclose(f);
	return 0;
}
