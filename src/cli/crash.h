/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crash.h - when scrape itself is ended while it has the terminal
 *
 * The terminal is given back and, when it has crashed, the user told what to
 * report; then the signal does what it does. Nothing is held by then: with the process the kernel lets
 * every thread go (target/stopper.h).
 */
#ifndef SCRAPE_CLI_CRASH_H
#define SCRAPE_CLI_CRASH_H

/* From here on; restore is called first, in a signal handler. */
void crash_watch(void (*restore)(void));

#endif
