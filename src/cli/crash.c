/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/crash.h"

#include "base/attr.h"
#include "base/signals.h"
#include "base/xalloc.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define STACK_SIZE (64u << 10)

static void (*restore_terminal)(void);

static void
say(const char *text)
{
	(void)!write(STDERR_FILENO, text, strlen(text));
}

static void
on_crash(int signal)
{
	/* SA_RESETHAND: a second crash in here ends it. */
	restore_terminal();
	say("scrape: it crashed: SIG");
	say(sigabbrev_np(signal));
	say("\n  why: a bug in scrape " PACKAGE_VERSION
	    "; the target runs on untouched\n"
	    "  try: report the command you typed and, of the core file if there "
	    "is one, gdb's \"bt full\"\n");
	(void)raise(signal);
}

/* From outside, and no request that we know: it ends us, as it would anybody. */
static void
on_death(int signal)
{
	restore_terminal();
	(void)raise(signal);
}

static void
handle(const int *signals, size_t n, void (*handler)(int signal))
{
	const struct sigaction action = {
	    .sa_handler = handler, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};

	for (size_t i = 0; i < n; i++)
		if (!signal_is_ignored(signals[i]))
			(void)sigaction(signals[i], &action, NULL);
}

void
crash_watch(void (*restore)(void))
{
	static const int crashes[] = {
	    SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	static const int deaths[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
	    SIGPROF, SIGXCPU, SIGPIPE, SIGIO, SIGPWR, SIGSTKFLT};
	/* A stack that has overflowed is none to run a handler on. */
	static char handler_stack[STACK_SIZE];
	const stack_t stack = {
	    .ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};

	restore_terminal = restore;
	xalloc_before_death(restore);
	(void)sigaltstack(&stack, NULL);
	handle(crashes, ARRAY_SIZE(crashes), on_crash);
	handle(deaths, ARRAY_SIZE(deaths), on_death);
}
