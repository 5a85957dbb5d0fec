/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sampled_child.h - a child that does what a test says, and a sampler on it */
#ifndef SCRAPE_TESTS_UNIT_SAMPLED_CHILD_H
#define SCRAPE_TESTS_UNIT_SAMPLED_CHILD_H

#include "../child.h"
#include "profile/profile.h"
#include "session/sampler.h"
#include "session/session.h"
#include "target/target.h"

#include <stdlib.h>

static struct target target;
static struct profile profile;
static struct sampling *sampling;
static struct sampler *sampler;
static pid_t child;

/* Opens what a session would; skips where that may not be. */
static inline void
begin_with(void (*run)(void), const struct session_opts *opts)
{
	struct err err;

	need_ptrace();
	child = child_start(run);
	await(&shared->ready);
	if (target_open(child, &target, &err) < 0) {
		child_end(child);
		print_message("a child cannot be opened: %s\n", err.why);
		skip();
	}
	profile_init(&profile, 0, 0);
	sampling = calloc(1, sizeof(*sampling));
	sampler = calloc(1, sizeof(*sampler));
	assert_non_null(sampling);
	assert_non_null(sampler);
	sampling_init(sampling, &profile, opts);
	assert_int_equal(
	    sampler_init(sampler, sampling, &target, false, &err), 0);
}

static inline void
tick(unsigned n, unsigned gap_us)
{
	while (n-- > 0) {
		sampler_tick(sampler);
		(void)usleep(gap_us);
	}
}

static inline void
settle(void)
{
	uint64_t start = now_ns();

	while (sampler_settle(sampler, start))
		sampler_nap();
}

static inline void
finish(void)
{
	settle();
	sampler_finish(sampler);
	assert_int_equal(sampler->n_asked, 0);
}

static inline void
end(void)
{
	sampling_deinit(sampling);
	sampler_deinit(sampler);
	free(sampler);
	free(sampling);
	profile_deinit(&profile);
	target_close(&target);
	child_end(child);
}

#endif
