/*
 * crash.c -- see crash.h. A signal handler can be handed nothing, so what it needs stands in the one mutable variable of this file. Everything
 * that the handler calls is safe in one.
 */
#include "crash.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct {
	int fd;
	struct termios mode;
	int known;
} terminal;

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

static void
put_back(int sig)
{
	/* no mouse reports, cursor shown, attributes off, keypad as usual, the normal screen */
	static const char text[] = "\033[?1006l\033[?1000l\033[?25h\033[0m\033[?1l\033>\033[?1049l\r\n";

	if (write(terminal.fd, text, sizeof text - 1) < 0)
		terminal.known = 0;
	if (terminal.known)
		tcsetattr(terminal.fd, TCSANOW, &terminal.mode);
	raise(sig); /* the handler is gone (SA_RESETHAND): now it ends us, with a core as usual */
}

void
crash_guard(int fd)
{
	struct sigaction a;

	memset(&a, 0, sizeof a);
	a.sa_handler = put_back;
	a.sa_flags = (int)SA_RESETHAND;
	terminal.fd = fd;
	terminal.known = tcgetattr(fd, &terminal.mode) == 0;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &a, NULL);
}

void
crash_unguard(void)
{
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], SIG_DFL);
}
