/*
 * leave.c -- see leave.h.
 */
#include "leave.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "mlwatch/xalloc.h"

#define PATIENCE_US 30000

struct leave {
	pthread_t thread, drawer;
	int signals, terminal;
	atomic_bool ended;
};

static void *
watch(void *arg)
{
	struct leave *l = arg;
	struct pollfd p = {l->signals, POLLIN, 0};

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		continue;
	usleep(PATIENCE_US);
	if (atomic_load(&l->ended))
		return NULL;
	/* the loop hangs: what it writes has to go somewhere, and so has what puts the terminal back. That there is room wakes no writer */
	for (;;) {
		tcflush(l->terminal, TCOFLUSH);
		pthread_kill(l->drawer, SIGUSR1);
		usleep(PATIENCE_US);
	}
}

static void
only_wakes(int sig)
{
	(void)sig;
}

struct leave *
leave_open(int signals, int terminal)
{
	struct leave *l = xcalloc(1, sizeof *l);

	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = only_wakes}, NULL); /* no SA_RESTART */
	l->drawer = pthread_self();
	l->signals = signals;
	l->terminal = terminal;
	atomic_init(&l->ended, false);
	if (pthread_create(&l->thread, NULL, watch, l) == 0)
		return l;
	free(l);
	return NULL;
}

void
leave_loop_ended(struct leave *l)
{
	if (l != NULL)
		atomic_store(&l->ended, true);
}

void
leave_close(struct leave *l)
{
	if (l == NULL)
		return;
	pthread_cancel(l->thread);
	pthread_join(l->thread, NULL);
	free(l);
}
