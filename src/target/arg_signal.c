/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_arg.h"

#include <signal.h>
#include <string.h>

/* The kernel's sigset_t is one word: bit N - 1 is signal N. */
#define N_SIGNALS 64
/* glibc's; the two real-time signals before it are its own. */
#define LIBC_RTMIN 34

/* A set of more is told by its size. */
#define SIGNALS_SHOWN 6

static uint64_t
bit_of(int signal)
{
	return UINT64_C(1) << (signal - 1);
}

static void
add_signal(struct call *c, int signal)
{
	const char *name = sigabbrev_np(signal);

	if (name != NULL)
		line_add(&c->line, " SIG%s", name);
	else if (signal == LIBC_RTMIN)
		line_add_text(&c->line, " SIGRTMIN");
	else if (signal > LIBC_RTMIN && signal <= N_SIGNALS)
		line_add(&c->line, " SIGRTMIN+%d", signal - LIBC_RTMIN);
	else
		line_add(&c->line, " signal %d", signal);
}

static void
add_set(struct call *c, uint64_t set)
{
	const char *comma = "";

	if (__builtin_popcountll(set) > SIGNALS_SHOWN) {
		line_add(&c->line, " %d signals", __builtin_popcountll(set));
		return;
	}
	for (int signal = 1; signal <= N_SIGNALS; signal++) {
		if ((set & bit_of(signal)) == 0)
			continue;
		line_add_text(&c->line, comma);
		add_signal(c, signal);
		comma = ",";
	}
}

void
arg_signal(struct call *c, unsigned i)
{
	add_signal(c, call_int(c, i));
}

void
arg_waitset(struct call *c, unsigned i)
{
	uint64_t set;

	if (call_read(c, c->args[i], &set, sizeof(set)))
		add_set(c, set);
}

/*
 * Of those that are blocked and those that are not, the shorter list; without
 * the ones that no program can block, by the kernel's or the libc's will.
 */
void
arg_mask(struct call *c, unsigned i)
{
	const uint64_t never = bit_of(SIGKILL) | bit_of(SIGSTOP) |
			       bit_of(LIBC_RTMIN - 1) | bit_of(LIBC_RTMIN - 2);
	uint64_t blocked, waited;

	if (!call_read(c, c->args[i], &blocked, sizeof(blocked)))
		return;
	blocked &= ~never;
	waited = ~(blocked | never);
	if (__builtin_popcountll(waited) <= __builtin_popcountll(blocked)) {
		add_set(c, waited);
	} else if (blocked == 0) {
		line_add_text(&c->line, " any signal");
	} else {
		line_add_text(&c->line, " all signals but");
		add_set(c, blocked);
	}
}
