/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * impatience.h - an end by signal, also where output takes nothing
 *
 * Who reads signals by descriptor reads none while it waits in a write: for a
 * pager that nobody leafs through, a connection that hangs.
 * Sent a signal then, it would live and sample on for as long as that lasts. So
 * what writes is put between impatience_begin() and impatience_end(). What is
 * still there a second or two after such a signal came dies of it: the kernel
 * lets the target go, and a command of ours runs on.
 */
#ifndef SCRAPE_CLI_IMPATIENCE_H
#define SCRAPE_CLI_IMPATIENCE_H

/* To be called by the one thread that writes; the others block SIGALRM. */
void impatience_open(void);
void impatience_close(void);
void impatience_begin(void);
void impatience_end(void);

#endif
