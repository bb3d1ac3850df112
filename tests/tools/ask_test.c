/*
 * ask_test.c -- asks the agent of a store for a test message, as the dashboard does, and prints the number of the row that asks.
 *
 *     ask_test STORE RECEIVER
 */
#include <stdio.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"

int
main(int argc, char **argv)
{
	struct store *s = NULL;
	struct err e = ERR_INIT;
	int64_t id = 0;

	if (argc != 3)
		return 2;
	const struct store_spec spec = {.path = argv[1]};
	if (store_open(&s, &spec, STORE_WRITE, &e) < 0 ||
	    notify_ask_test(s, argv[2], "tester", clock_now(), &id, &e) < 0) {
		fprintf(stderr, "%s%s%s\n", e.text, e.hint[0] != '\0' ? ", " : "", e.hint);
		store_close(s);
		return (int)e.kind;
	}
	printf("%lld\n", (long long)id);
	store_close(s);
	return 0;
}
