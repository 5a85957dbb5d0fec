/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals.h - what a signal means to a program, beside arriving */
#ifndef SCRAPE_BASE_SIGNALS_H
#define SCRAPE_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * Whether we were started to ignore it, as nohup(1), and a shell without job
 * control, start a program. Such a signal is left alone, and not blocked: a
 * blocked one would stay pending and be read.
 */
static inline bool
signal_is_ignored(int signal)
{
	struct sigaction sa;

	return sigaction(signal, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

#endif
