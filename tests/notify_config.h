/* notify_config.h -- a routing file from a text, for the tests of notification. Included after cmocka.h. */
#ifndef TESTS_NOTIFY_CONFIG_H
#define TESTS_NOTIFY_CONFIG_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/notify.h"

#define T0 INT64_C(1772000000000) /* 2026-02-25T06:13:20Z */

static struct notify_config *
config(const char *text)
{
	char path[] = "/tmp/test_notifyXXXXXX";
	int fd = mkstemp(path);
	struct errlist l = ERRLIST_INIT;
	struct notify_config *c = NULL;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	if (notify_config_load(&c, path, &l) < 0)
		errlist_print(&l, stderr, false);
	errlist_release(&l);
	unlink(path);
	assert_non_null(c);
	return c;
}

#endif
