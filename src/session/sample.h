/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample.h - a thread's copy to a stack in the profile */
#ifndef SCRAPE_SESSION_SAMPLE_H
#define SCRAPE_SESSION_SAMPLE_H

struct sampler;
struct snapshot;
struct thread;

void sample_add(
    struct sampler *s, struct thread *th, const struct snapshot *snap);

#endif
