/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample.h - a thread's copy to a stack in the profile */
#ifndef SCRAPE_SESSION_SAMPLE_H
#define SCRAPE_SESSION_SAMPLE_H

#include "core/end_reason.h"
#include "object/core_image.h"
#include "target/kernel_stack.h"

#include <stdbool.h>
#include <stdint.h>

struct sampler;
struct snapshot;
struct thread;

/* What may stand before the leaf: a kernel's stack, and a marker. */
#define SAMPLE_ROOM (KERNEL_FRAMES_MAX + 1)

/* Frames of the profile, leaf first; there is SAMPLE_ROOM before the leaf. */
struct stack {
	uint32_t *frames;
	unsigned n;
	unsigned walked; /* of them: not a marker, not the kernel's */
	enum end_reason end; /* where it is not the root, a marker says so */
};

/* Valid until the next call. */
struct stack sample_walk(
    struct sampler *s, struct thread *th, const struct snapshot *snap);
/* Saves what was walked last, and only what counts: where that is asked for. */
void sample_save(struct sampler *s, const struct thread *th,
    const struct snapshot *snap, const struct stack *stack,
    enum core_kind kind, char state);
/*
 * A copy that a stop made. was_asleep: the thread was stopped to learn where it
 * sleeps, and it slept.
 */
void sample_add(struct sampler *s, struct thread *th,
    const struct snapshot *snap, bool was_asleep);

#endif
