/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/capture.h"

#include "base/resident.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

/* What of them is ready from the start, and by how much that grows. */
#define READY_BYTES (4 * CAPTURE_STACK_FIRST)

/* include/linux/errno.h; NOHAND: restart the call unless a handler runs. */
#define KERNEL_ERESTARTSYS	     512
#define KERNEL_ERESTARTNOINTR	     513
#define KERNEL_ERESTARTNOHAND	     514
#define KERNEL_ERESTART_RESTARTBLOCK 516

bool
slabs_init(struct slabs *s, size_t n)
{
	size_t size = n * CAPTURE_STACK_MAX;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	*s = (struct slabs){.base = p, .n = n};
	slabs_ready(s, n, READY_BYTES);
	return true;
}

void
slabs_ready(struct slabs *s, size_t n, size_t bytes)
{
	if (bytes > CAPTURE_STACK_MAX)
		bytes = CAPTURE_STACK_MAX;
	for (size_t i = 0; i < n && i < s->n && i < CAPTURE_READY_SLABS; i++)
		while (s->ready[i] < bytes) {
			resident_lock(slab(s, i) + s->ready[i], READY_BYTES);
			s->ready[i] += READY_BYTES;
		}
}

void
slabs_deinit(struct slabs *s)
{
	if (s->base != NULL)
		(void)munmap(s->base, s->n * CAPTURE_STACK_MAX);
	s->base = NULL;
}

uint8_t *
slab(const struct slabs *s, size_t i)
{
	return s->base + i * CAPTURE_STACK_MAX;
}

static void
fill_regs(const struct user_regs_struct *u, struct regs *regs)
{
	/* In DWARF order: psABI figure 3.36. */
	const uint64_t r[] = {u->rax, u->rdx, u->rcx, u->rbx, u->rsi, u->rdi,
	    u->rbp, u->rsp, u->r8, u->r9, u->r10, u->r11, u->r12, u->r13,
	    u->r14, u->r15, u->rip};

	regs->known = 0;
	for (unsigned i = 0; i < sizeof(r) / sizeof(r[0]); i++)
		regs_set(regs, i, r[i]);
}

/*
 * The calls that a stop makes fail with EINTR even where no handler runs
 * (signal(7), "Interruption of system calls ... by stop signals"): those of a
 * socket when it has a timeout. All of them have had no effect when they say
 * EINTR. Never close(2): that has had it.
 */
static bool
is_broken_by_stops(uint64_t nr)
{
	switch (nr) {
	case SYS_fallocate: /* of huge pages; of an older tmpfs, too */
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
#ifdef SYS_epoll_pwait2
	case SYS_epoll_pwait2:
#endif
	case SYS_semop:
	case SYS_semtimedop:
	case SYS_rt_sigtimedwait:
	case SYS_io_getevents:
#ifdef SYS_io_pgetevents
	case SYS_io_pgetevents:
#endif
#ifdef SYS_io_uring_enter
	case SYS_io_uring_enter:
#endif
	case SYS_accept:
	case SYS_accept4:
	case SYS_connect:
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmmsg:
	case SYS_recvmsg:
	case SYS_sendmmsg:
	case SYS_sendmsg:
	case SYS_sendto:
	case SYS_write:
	case SYS_writev:
		return true;
	default:
		return false;
	}
}

/*
 * A thread can block between our look and our stop; the stop then breaks its
 * call. With -ERESTARTNOHAND in rax the kernel restarts the call at release, or
 * still gives EINTR where a real handler runs (research/peers.md 5).
 */
static bool
repair_eintr(pid_t tid, const struct user_regs_struct *u)
{
	if ((int64_t)u->rax != -EINTR || !is_broken_by_stops(u->orig_rax))
		return false;
	return ptrace(PTRACE_POKEUSER, tid,
		   (void *)offsetof(struct user_regs_struct, rax),
		   (void *)(intptr_t)-KERNEL_ERESTARTNOHAND) == 0;
}

bool
capture_begins_anew(const struct stopped_call *call)
{
	return call->number == SYS_fallocate;
}

/*
 * A call that a stop interrupts has its end postponed: rax holds one of the
 * kernel's own restart codes (include/linux/errno.h), or EINTR. Behind a call
 * that has returned orig_rax stays, and means nothing.
 */
static bool
is_interrupted(const struct user_regs_struct *u)
{
	int64_t result = (int64_t)u->rax;

	return (int64_t)u->orig_rax >= 0 &&
	       (result == -EINTR || result == -KERNEL_ERESTARTSYS ||
		   result == -KERNEL_ERESTARTNOINTR ||
		   result == -KERNEL_ERESTARTNOHAND ||
		   result == -KERNEL_ERESTART_RESTARTBLOCK);
}

static void
fill_call(const struct user_regs_struct *u, struct stopped_call *ret)
{
	*ret = (struct stopped_call){.number = -1};
	if (is_interrupted(u))
		*ret = (struct stopped_call){.number = (int64_t)u->orig_rax,
		    .args = {u->rdi, u->rsi, u->rdx, u->r10, u->r8, u->r9}};
}

static size_t
stack_length(const struct mappings *maps, uint64_t from, uint64_t sp, size_t want)
{
	const struct mapping *m = mappings_find(maps, sp);
	size_t len = want < CAPTURE_STACK_MAX ? want : CAPTURE_STACK_MAX;

	/* An unknown mapping is read as far as it goes. */
	if (m != NULL && m->end - from < len)
		len = (size_t)(m->end - from);
	return len;
}

static void
read_stack(struct remote_mem *rm, const struct mappings *maps, uint64_t sp,
    size_t want, struct snapshot *snap)
{
	snap->stack_addr = sp - SNAPSHOT_BELOW_SP;
	snap->stack_len = remote_mem_read_some(rm, snap->stack_addr,
	    snap->stack, stack_length(maps, snap->stack_addr, sp, want));
	if (snap->stack_len > 0)
		return;
	/* Right at the low end of a mapping: nothing lies below sp. */
	snap->stack_addr = sp;
	snap->stack_len = remote_mem_read_some(
	    rm, sp, snap->stack, stack_length(maps, sp, sp, want));
}

void
capture_unstopped(struct remote_mem *rm, const struct mappings *maps,
    uint64_t pc, uint64_t sp, size_t want, struct snapshot *snap)
{
	snap->regs.known = 0;
	regs_set(&snap->regs, X86_64_RIP, pc);
	regs_set(&snap->regs, X86_64_RSP, sp);
	read_stack(rm, maps, sp, want, snap);
}

void
capture_call_args(const uint64_t args[6], struct snapshot *snap)
{
	/* rdi, rsi, rdx, r10, r8, r9: psABI A.2.1; in DWARF's numbers. */
	static const unsigned regs[] = {5, 4, 1, 10, 8, 9};

	for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		regs_set(&snap->regs, regs[i], args[i]);
}

bool
capture(const struct stop *stop, struct remote_mem *rm,
    const struct mappings *maps, size_t want, struct snapshot *snap,
    bool *ret_repaired, struct stopped_call *ret_call)
{
	struct user_regs_struct u;
	struct iovec iov = {.iov_base = &u, .iov_len = sizeof(u)};

	*ret_repaired = false;
	if (ptrace(PTRACE_GETREGSET, stop->tid, (void *)NT_PRSTATUS, &iov) !=
		0 ||
	    iov.iov_len != sizeof(u))
		return false;
	if (stop->kind != STOP_GROUP)
		*ret_repaired = repair_eintr(stop->tid, &u);
	if (ret_call != NULL)
		fill_call(&u, ret_call);
	fill_regs(&u, &snap->regs);
	read_stack(rm, maps, u.rsp, want, snap);
	return true;
}
