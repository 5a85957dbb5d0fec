/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wall.h - the time that passes for each thread, and the stack that carries it
 *
 * A sample of a running thread carries the time since the thread was last seen
 * anywhere. A thread that sleeps is looked at once: its stack carries all the
 * time until it is known to have run, which is put down when that is known, when
 * somebody asks, and at the end. So the sum is the time that each thread was
 * watched, and sleepers cost nothing.
 *
 * Where wall time is not weighed (struct session_opts), nothing is put down.
 */
#ifndef SCRAPE_SESSION_WALL_H
#define SCRAPE_SESSION_WALL_H

#include "core/end_reason.h"

#include <stdbool.h>
#include <stdint.h>

struct sampler;
struct stack;
struct thread;

/* Of a thread. */
struct wall {
	uint64_t since_ns;  /* what was before is put down; 0: not begun */
	uint64_t since_turn; /* and of which tick that was */
	uint64_t waited_ns; /* of its task.waited_ns: what is put down */
	bool is_asleep;	    /* in a stack that is known: */
	uint32_t node;
	enum end_reason end;
};

/* Its time counts from now on. */
void wall_begin(struct sampler *s, struct thread *th);
/* Puts down what it slept until now; it goes on. */
void wall_settle(struct sampler *s, struct thread *th);
/*
 * It has run since the tick before this one, up to which it slept: turn, that
 * tick's.
 */
void wall_wake(struct sampler *s, struct thread *th, uint64_t turn);
/* Of a stack in which it sleeps, with state as in /proc/PID/stat. */
uint32_t wall_node(struct sampler *s, struct thread *th, char state,
    const struct stack *stack);
/* It sleeps there: that takes all its time from the last that was put down. */
void wall_sleep(struct sampler *s, struct thread *th, uint32_t node,
    enum end_reason end);
/*
 * It runs there. What it waited for a CPU is put down here; the rest, for the
 * caller to count with its CPU time, goes to the labels in *ret_labels.
 */
uint64_t wall_run(struct sampler *s, struct thread *th,
    const struct stack *stack, uint32_t *ret_labels);
/* Nobody saw where it was: that is a row. */
void wall_skip(struct sampler *s, struct thread *th);

#endif
