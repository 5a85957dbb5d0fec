/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stop_window.h - the time in which threads may be held, and must not wait
 *
 *	  closed --- open ---> open --- close ---> closed --- await ---> awaited
 *	                        ^                                          |
 *	                        +------------------- open -----------------+
 *
 * Open it is from the first thread that is asked to stop to the last that is let
 * go. Awaited it is while we sleep and somebody asked has not stopped yet. In
 * both the thread that calls this goes before all ordinary ones, where that is
 * allowed: for who is held, to wait until we are given a CPU is to be held. It
 * is not in front when it unwinds, writes, or looks at thousands of threads,
 * and it never spins for long.
 *
 * While it is open nothing is allocated: a build with sanitizers ends itself
 * with a message, a unit test fails.
 *
 * Each thread has its own, closed when the thread begins.
 */
#ifndef SCRAPE_SESSION_STOP_WINDOW_H
#define SCRAPE_SESSION_STOP_WINDOW_H

#include <stdbool.h>

void stop_window_open(void);
void stop_window_close(void);
/* Closed, but a stop may come while we sleep. */
void stop_window_await(void);
bool stop_window_is_open(void);
/* Open or awaited, and allowed to be. */
bool stop_window_is_in_front(void);

#endif
