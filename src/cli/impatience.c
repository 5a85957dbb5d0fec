/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/impatience.h"

#include "base/attr.h"
#include "base/signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#define LOOK_S 1

/* One that waits to be read; 0: none. Those that are ignored never wait. */
static int
signal_that_waits(void)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	sigset_t pending;

	(void)sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (sigismember(&pending, ends[i]) == 1)
			return ends[i];
	return 0;
}

static void
die_of(int signo)
{
	sigset_t set;

	(void)signal(signo, SIG_DFL);
	(void)raise(signo);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, signo);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The first look may come right behind the signal. */
static void
on_look(int unused)
{
	static volatile sig_atomic_t seen;
	int signo = signal_that_waits();

	(void)unused;
	if (signo != 0 && seen == signo)
		die_of(signo);
	seen = signo;
}

void
impatience_open(void)
{
	const struct sigaction action = {
	    .sa_handler = on_look, .sa_flags = SA_RESTART};
	sigset_t set;

	(void)sigaction(SIGALRM, &action, NULL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* What was due last comes now, if at all. */
void
impatience_close(void)
{
	impatience_end();
	(void)signal(SIGALRM, SIG_DFL);
}

static void
look_every(time_t seconds)
{
	const struct itimerval every = {
	    .it_interval = {.tv_sec = seconds}, .it_value = {.tv_sec = seconds}};

	(void)setitimer(ITIMER_REAL, &every, NULL);
}

void
impatience_begin(void)
{
	look_every(LOOK_S);
}

void
impatience_end(void)
{
	look_every(0);
}
