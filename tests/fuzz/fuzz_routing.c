/*
 * fuzz_routing.c -- a routing file, then matchers and a label set, of any bytes: never a crash, never a hang; what is refused has a
 * mistake to show, what is accepted can be asked for routes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count(void *arg, const char *receiver, const char *path)
{
	*(size_t *)arg += strlen(receiver) + strlen(path);
}

static void
try_matchers(const char *text)
{
	struct matcher *m = NULL;
	size_t n = 0;
	struct err e = ERR_INIT;

	if (notify_matchers_parse(&m, &n, text, true, &e) < 0 && !err_is_set(&e))
		abort();
	for (size_t i = 0; i < n; i++)
		matcher_release(&m[i]);
	free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], *text = malloc(size + 1);
	struct errlist l = ERRLIST_INIT;
	struct notify_config *c = NULL;
	int fd = memfd_create("routing", 0);

	memcpy(text, data, size);
	text[size] = '\0';
	if (size < 512)
		try_matchers(text);
	if (fd >= 0 && write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (notify_config_load(&c, path, &l) == 0) {
			const struct label at[] = {{"alertname", "A"}, {"severity", "critical"}};
			size_t n = 0;
			notify_config_routes(c, (struct labels){at, 2}, count, &n);
			if (n == 0)
				abort();
		} else if (l.errors == 0) {
			abort();
		}
	}
	close(fd);
	notify_config_close(c);
	errlist_release(&l);
	free(text);
	return 0;
}
