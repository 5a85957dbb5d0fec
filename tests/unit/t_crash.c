/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child process crashes; what it writes to standard error is read. */
#include "config.h"

#include "cli/crash.h"

#include "base/attr.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char said[1024];

static void
give_back(void)
{
	(void)!write(STDERR_FILENO, "[given back]", 12);
}

/* As a terminal would be that is given back and crashes once more. */
static void
crash_again(void)
{
	give_back();
	(void)raise(SIGSEGV);
}

static void
crash(int signal)
{
	(void)raise(signal);
}

/* Bounded, lest it does not overflow. */
static int
overflow(int depth)
{
	volatile char page[4096] = {0};

	page[depth % 4096] = (char)depth;
	return depth == 1 << 20 ? 0 : overflow(depth + 1) + page[depth % 7];
}

static void
use_up_the_stack(int signal)
{
	(void)signal;
	(void)overflow(1);
}

/* Its wait status; what it said is in said[]. */
static int
run(void (*restore)(void), void (*act)(int), int signal)
{
	int out[2], status;
	size_t n = 0;
	ssize_t r;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		const struct rlimit none = {0, 0};

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)dup2(out[1], STDERR_FILENO);
		crash_watch(restore);
		act(signal);
		_exit(0);
	}
	(void)close(out[1]);
	while ((r = read(out[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)r;
	said[n] = '\0';
	(void)close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
assert_died_of(int status, int signal)
{
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), signal);
}

static void
the_terminal_comes_first_then_words_then_the_signal(void **state)
{
	static const struct {
		int signal;
		const char *said;
	} crashes[] = {
	    {SIGSEGV, "scrape: it crashed: SIGSEGV\n"},
	    {SIGBUS, "scrape: it crashed: SIGBUS\n"},
	    {SIGABRT, "scrape: it crashed: SIGABRT\n"},
	    {SIGFPE, "scrape: it crashed: SIGFPE\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++) {
		char expected[128];

		assert_died_of(run(give_back, crash, crashes[i].signal),
		    crashes[i].signal);
		(void)snprintf(expected, sizeof(expected), "[given back]%s",
		    crashes[i].said);
		assert_memory_equal(said, expected, strlen(expected));
		assert_non_null(strstr(said, "\n  why: a bug in scrape "));
		assert_non_null(strstr(said, "\n  try: report "));
	}
}

static void
other_signals_are_as_they_were(void **state)
{
	(void)state;
	assert_died_of(run(give_back, crash, SIGTERM), SIGTERM);
	assert_string_equal(said, "");
	assert_int_equal(run(give_back, crash, SIGWINCH), 0);
}

static void
who_is_ended_from_outside_has_not_crashed(void **state)
{
	static const int signals[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		assert_died_of(
		    run(give_back, crash, signals[i]), signals[i]);
		assert_string_equal(said, "[given back]");
	}
}

/* There is no stack left to tell it on, but the handler's own. */
static void
a_stack_that_overflows_is_told(void **state)
{
	(void)state;
	assert_died_of(run(give_back, use_up_the_stack, 0), SIGSEGV);
	assert_non_null(strstr(said, "[given back]scrape: it crashed: SIGSEGV"));
}

static void
a_second_crash_ends_it(void **state)
{
	(void)state;
	assert_died_of(run(crash_again, crash, SIGSEGV), SIGSEGV);
	assert_memory_equal(said, "[given back]", 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		the_terminal_comes_first_then_words_then_the_signal),
	    cmocka_unit_test(who_is_ended_from_outside_has_not_crashed),
	    cmocka_unit_test(other_signals_are_as_they_were),
	    cmocka_unit_test(a_stack_that_overflows_is_told),
	    cmocka_unit_test(a_second_crash_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
