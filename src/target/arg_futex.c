/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_arg.h"

#include "base/attr.h"
#include "target/target.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <unistd.h>

#ifndef FUTEX_LOCK_PI2 /* Linux 5.14 */
#define FUTEX_LOCK_PI2 13
#endif

#define FUTEXES_SHOWN 4

static void
add_address(struct call *c, uint64_t addr)
{
	line_add(&c->line, " 0x%" PRIx64, addr);
}

/* The word of a priority-inheriting lock says who holds it: futex(2). */
static void
add_pi_owner(struct call *c, uint64_t addr)
{
	uint32_t word;

	if (call_read(c, addr, &word, sizeof(word)) &&
	    (word & FUTEX_TID_MASK) != 0)
		line_add(&c->line, ", owner %" PRIu32, word & FUTEX_TID_MASK);
}

/* How a pthread_mutex_t of glibc begins, on all machines. */
struct mutex {
	uint32_t lock; /* MUTEX_CONTENDED when somebody waits */
	uint32_t count;
	int32_t owner;
};

#define MUTEX_CONTENDED 2

static bool
is_thread_of(const struct call *c, int32_t tid)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "task/%d", tid);
	return tid > 0 && faccessat(c->t->proc_fd, path, F_OK, 0) == 0;
}

/*
 * Who holds a mutex is not for the kernel to know. But a wait for a word to
 * change from 2, with the id of a thread two words on, is hardly anything else.
 */
static void
add_mutex_owner(struct call *c, uint64_t addr, uint32_t value)
{
	struct mutex m;

	if (value == MUTEX_CONTENDED && call_read(c, addr, &m, sizeof(m)) &&
	    m.lock == MUTEX_CONTENDED && is_thread_of(c, m.owner))
		line_add(&c->line, ", mutex of %d", m.owner);
}

static void
add_operation(struct call *c, unsigned op)
{
	static const char *const names[] = {
	    [FUTEX_WAIT] = "wait",
	    [FUTEX_WAKE] = "wake",
	    [FUTEX_FD] = "fd",
	    [FUTEX_REQUEUE] = "requeue",
	    [FUTEX_CMP_REQUEUE] = "cmp_requeue",
	    [FUTEX_WAKE_OP] = "wake_op",
	    [FUTEX_LOCK_PI] = "lock_pi",
	    [FUTEX_UNLOCK_PI] = "unlock_pi",
	    [FUTEX_TRYLOCK_PI] = "trylock_pi",
	    [FUTEX_WAIT_BITSET] = "wait_bitset",
	    [FUTEX_WAKE_BITSET] = "wake_bitset",
	    [FUTEX_WAIT_REQUEUE_PI] = "wait_requeue_pi",
	    [FUTEX_CMP_REQUEUE_PI] = "cmp_requeue_pi",
	    [FUTEX_LOCK_PI2] = "lock_pi2",
	};

	if (op < ARRAY_SIZE(names))
		line_add(&c->line, " %s", names[op]);
	else
		line_add(&c->line, " operation %u", op);
}

/* Each operation measures its time in a way of its own: futex(2). */
void
arg_futex(struct call *c, unsigned i)
{
	uint64_t addr = c->args[i], time = c->args[i + 3];
	unsigned flags = (unsigned)call_int(c, i + 1);
	unsigned op = flags & (unsigned)FUTEX_CMD_MASK;
	clockid_t clock =
	    flags & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;

	add_address(c, addr);
	add_operation(c, op);
	switch (op) {
	case FUTEX_WAIT:
		add_mutex_owner(c, addr, (uint32_t)c->args[i + 2]);
		add_timeout(c, time);
		break;
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
		add_deadline(c, clock, time);
		break;
	case FUTEX_LOCK_PI:
		add_pi_owner(c, addr);
		add_deadline(c, CLOCK_REALTIME, time);
		break;
	case FUTEX_LOCK_PI2:
		add_pi_owner(c, addr);
		add_deadline(c, clock, time);
		break;
	default:
		break;
	}
}

/* struct futex_waitv, Linux 5.16 */
struct waiter {
	uint64_t value, addr;
	uint32_t flags, reserved;
};

void
arg_futexes(struct call *c, unsigned i)
{
	struct waiter waiters[FUTEXES_SHOWN];
	unsigned n = (unsigned)call_int(c, i + 1);
	unsigned n_shown = n < FUTEXES_SHOWN ? n : FUTEXES_SHOWN;

	line_add(&c->line, " any of %u", n);
	if (call_read(c, c->args[i], waiters, n_shown * sizeof(*waiters))) {
		for (unsigned k = 0; k < n_shown; k++)
			line_add(&c->line, "%s 0x%" PRIx64, k == 0 ? ":" : ",",
			    waiters[k].addr);
		if (n_shown < n)
			line_add_text(&c->line, ", ...");
	}
	add_deadline(c, call_int(c, i + 4), c->args[i + 3]);
}

/* futex_wait(uaddr, val, mask, flags, timeout, clock), Linux 6.7 */
void
arg_futexwait(struct call *c, unsigned i)
{
	add_address(c, c->args[i]);
	add_deadline(c, call_int(c, i + 5), c->args[i + 4]);
}
