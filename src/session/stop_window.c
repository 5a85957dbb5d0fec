/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/stop_window.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ALLOCATION_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ALLOCATION_HOOKS 1
#endif
#endif

#ifdef HAVE_ALLOCATION_HOOKS
/* Of sanitizer/allocator_interface.h, which not every compiler comes with. */
extern int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *p, size_t size),
    void (*on_free)(const volatile void *p));
#endif

/* sched(7): of those that go before all ordinary threads. */
#define LOWEST_PRIORITY 1

/* Of this thread. */
static _Thread_local bool is_open, is_in_front, is_refused;
static _Thread_local int usual_policy;

/* Nobody inherits it; where it may not be, it is not asked for again. */
static bool
set_policy(int policy, int priority)
{
	const struct sched_param param = {.sched_priority = priority};

	return pthread_setschedparam(pthread_self(),
		   policy | SCHED_RESET_ON_FORK, &param) == 0;
}

/*
 * A real-time priority is in front of all that have none, at once: with a better
 * nice value, or a shorter slice, one still waits for the end of another's slice
 * (src/DESIGN has the figures). Whom the user has put there, or behind all
 * others, stays.
 */
static void
go_in_front(void)
{
	if (is_in_front || is_refused)
		return;
	usual_policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
	is_in_front = (usual_policy == SCHED_OTHER ||
			  usual_policy == SCHED_BATCH) &&
		      set_policy(SCHED_RR, LOWEST_PRIORITY);
	is_refused = !is_in_front;
}

static void
go_back(void)
{
	if (is_in_front)
		(void)set_policy(usual_policy, 0);
	is_in_front = false;
}

void
stop_window_open(void)
{
	go_in_front();
	is_open = true;
}

void
stop_window_close(void)
{
	is_open = false;
	go_back();
}

void
stop_window_await(void)
{
	is_open = false;
	go_in_front();
}

bool
stop_window_is_open(void)
{
	return is_open;
}

bool
stop_window_is_in_front(void)
{
	return is_in_front;
}

#ifdef HAVE_ALLOCATION_HOOKS

static void
on_allocation(const volatile void *p, size_t size)
{
	static const char text[] = "scrape: allocates while threads are held\n";

	(void)p;
	(void)size;
	if (!is_open)
		return;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	abort();
}

static void
on_free(const volatile void *p)
{
	(void)p;
}

__attribute__((constructor)) static void
watch_allocations(void)
{
	(void)__sanitizer_install_malloc_and_free_hooks(on_allocation, on_free);
}

#endif
