/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stops.h - the threads that are asked to stop, until they are let go
 *
 *	due -> asked -> stopped -> copied -> let go
 *		 |	   (the stop window, target/capture.h)
 *		 +-> gone, or another program's by exec: a stray
 *
 * Who has not stopped by the deadline of a tick stays asked, and is taken when
 * it stops. The copies are in the sampling that the samplers share.
 */
#ifndef SCRAPE_SESSION_STOPS_H
#define SCRAPE_SESSION_STOPS_H

#include <stdbool.h>
#include <stddef.h>

struct sampler;
struct thread;

/* Asks the first n of those that are due, and takes who stops in time. */
void stops_make(struct sampler *s, size_t n_due);
/* Takes all who have stopped. */
void stops_take(struct sampler *s);
/* Before a sleep in which those may stop that are asked. */
void stops_await(struct sampler *s);
/*
 * Still asked after a while: do we hold it at all? An exec by another thread may
 * have taken its place, and where the process is our own child that is no end
 * which stopper_poll() would hear of. Whether it is still asked.
 */
bool stops_is_still_asked(struct sampler *s, struct thread *th);

#endif
