/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/capture.h"

#include "../child.h"
#include "base/attr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#define PAGE 4096u

static struct slabs slabs;

static int
setup(void **state)
{
	(void)state;
	child_setup();
	return slabs_init(&slabs, 1) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	slabs_deinit(&slabs);
	return 0;
}

/* Stops the child, takes it all, and lets it go again. */
static struct snapshot
capture_child(pid_t child, const struct mappings *maps, size_t want,
    bool *ret_repaired)
{
	struct remote_mem rm = {.pid = child, .mem_fd = -1};
	struct stop stop = stop_now(child);
	struct snapshot snap = {.stack = slab(&slabs, 0)};
	bool taken;

	memset(snap.stack, 0xee, CAPTURE_STACK_MAX);
	taken = capture(&stop, &rm, maps, want, &snap, ret_repaired, NULL);
	stopper_release(&stop);
	assert_true(taken);
	return snap;
}

/* ---- registers and stack ------------------------------------------------- */

/* A stack of two pages, with nothing below and nothing above. */
static uint8_t *stack;
#define STACK_SIZE ((size_t)2 * PAGE)
#define STACK_TOP  ((uint64_t)(uintptr_t)stack + STACK_SIZE)

static struct mapping stack_mapping;
static const struct mappings stack_maps = {.v = &stack_mapping, .n = 1};
static const struct mappings no_maps;

static void
make_stack(void)
{
	uint8_t *p = mmap(NULL, STACK_SIZE + (size_t)2 * PAGE,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	stack = p + PAGE;
	munmap(p, PAGE);
	munmap(stack + STACK_SIZE, PAGE);
	for (size_t i = 0; i < STACK_SIZE; i++)
		stack[i] = (uint8_t)(i * 13 + i / 256);
	stack_mapping = (struct mapping){.start = STACK_TOP - STACK_SIZE,
	    .end = STACK_TOP,
	    .flags = MAPPING_READ | MAPPING_WRITE};
}

/* Every register by its DWARF number holds a value that tells it apart. */
#define VALUE(reg) (0x5c5c000000000000ull + (reg) * 0x10001)

/*
 * Loads every register and counts on; rdi's is the address of the counter, and
 * rsp's the first of the words that the test sets. Where the loop stands is
 * told in the second and third.
 */
static void
load_registers_and_count(void)
{
	static uint64_t values[16];
	uint64_t begin, end;

	for (unsigned i = 0; i < 16; i++)
		values[i] = VALUE(i);
	values[X86_64_RSP] = shared->words[0];
	values[X86_64_RDI] = (uintptr_t)&shared->counter;
	__asm__("lea 1f(%%rip), %0\n\tlea 2f(%%rip), %1"
		: "=r"(begin), "=r"(end));
	shared->words[1] = begin;
	shared->words[2] = end;
	shared->ready = 1;
	__asm__ volatile("mov 8(%%rax), %%rdx\n\t"
			 "mov 16(%%rax), %%rcx\n\t"
			 "mov 24(%%rax), %%rbx\n\t"
			 "mov 32(%%rax), %%rsi\n\t"
			 "mov 40(%%rax), %%rdi\n\t"
			 "mov 48(%%rax), %%rbp\n\t"
			 "mov 56(%%rax), %%rsp\n\t"
			 "mov 64(%%rax), %%r8\n\t"
			 "mov 72(%%rax), %%r9\n\t"
			 "mov 80(%%rax), %%r10\n\t"
			 "mov 88(%%rax), %%r11\n\t"
			 "mov 96(%%rax), %%r12\n\t"
			 "mov 104(%%rax), %%r13\n\t"
			 "mov 112(%%rax), %%r14\n\t"
			 "mov 120(%%rax), %%r15\n\t"
			 "mov (%%rax), %%rax\n"
			 "1:\n\t"
			 "incq (%%rdi)\n\t"
			 "jmp 1b\n"
			 "2:"
			 :
			 : "a"(values)
			 : "memory");
	__builtin_unreachable();
}

static void
wait_and_load_registers(void)
{
	await(&shared->go);
	load_registers_and_count();
}

static struct snapshot
capture_at(uint64_t sp, const struct mappings *maps, size_t want)
{
	struct snapshot snap;
	bool repaired = true;
	pid_t child = child_start(wait_and_load_registers);

	shared->words[0] = sp;
	shared->go = 1;
	assert_true(is_counting());
	snap = capture_child(child, maps, want, &repaired);
	assert_false(repaired);
	assert_true(is_counting());
	child_end(child);
	return snap;
}

static void
assert_stack(const struct snapshot *snap, uint64_t addr, size_t len)
{
	assert_int_equal(snap->stack_addr, addr);
	assert_int_equal(snap->stack_len, len);
	assert_memory_equal(
	    snap->stack, stack + (addr - (uintptr_t)stack), len);
	/* Not a byte more than it says */
	assert_int_equal(snap->stack[len], 0xee);
}

static void
registers(void **state)
{
	struct snapshot snap;

	(void)state;
	need_ptrace();
	make_stack();
	snap = capture_at(STACK_TOP - 512, &stack_maps, PAGE);
	assert_int_equal(snap.regs.known, 0x1ffff);
	for (unsigned i = 0; i < X86_64_RIP; i++)
		if (i != X86_64_RSP && i != X86_64_RDI)
			assert_int_equal(snap.regs.r[i], VALUE(i));
	assert_int_equal(snap.regs.r[X86_64_RSP], STACK_TOP - 512);
	assert_int_equal(
	    snap.regs.r[X86_64_RDI], (uintptr_t)&shared->counter);
	assert_true(snap.regs.r[X86_64_RIP] >= shared->words[1]);
	assert_true(snap.regs.r[X86_64_RIP] < shared->words[2]);
}

static void
stack_to_the_end_of_its_mapping(void **state)
{
	struct snapshot snap;

	(void)state;
	need_ptrace();
	make_stack();
	snap = capture_at(STACK_TOP - 512, &stack_maps, CAPTURE_STACK_MAX);
	assert_stack(&snap, STACK_TOP - 512 - SNAPSHOT_BELOW_SP,
	    512 + SNAPSHOT_BELOW_SP);
	/* The last word of all */
	snap = capture_at(STACK_TOP - 8, &stack_maps, CAPTURE_STACK_MAX);
	assert_stack(&snap, STACK_TOP - 8 - SNAPSHOT_BELOW_SP,
	    8 + SNAPSHOT_BELOW_SP);
}

static void
as_much_stack_as_is_wanted(void **state)
{
	struct snapshot snap;

	(void)state;
	need_ptrace();
	make_stack();
	snap = capture_at(STACK_TOP - PAGE, &stack_maps, 1000);
	assert_stack(&snap, STACK_TOP - PAGE - SNAPSHOT_BELOW_SP, 1000);
}

/* A stack that has grown since the maps were read lies in none of them. */
static void
stack_in_no_known_mapping(void **state)
{
	struct snapshot snap;

	(void)state;
	need_ptrace();
	make_stack();
	snap = capture_at(STACK_TOP - 512, &no_maps, CAPTURE_STACK_MAX);
	assert_stack(&snap, STACK_TOP - 512 - SNAPSHOT_BELOW_SP,
	    512 + SNAPSHOT_BELOW_SP);
}

/* sp on the lowest word: what lies below cannot be read, and need not be. */
static void
stack_used_up(void **state)
{
	struct snapshot snap;

	(void)state;
	need_ptrace();
	make_stack();
	snap = capture_at(STACK_TOP - STACK_SIZE, &stack_maps, 1024);
	assert_stack(&snap, STACK_TOP - STACK_SIZE, 1024);
	snap = capture_at(STACK_TOP - STACK_SIZE + 8, &stack_maps, 1024);
	assert_stack(&snap, STACK_TOP - STACK_SIZE + 8, 1024);
}

/* Registers are worth having without a stack. */
static void
a_stack_pointer_to_nowhere(void **state)
{
	static const uint64_t nowhere[] = {
	    0, 8, 0x5000, 0x8000000000000000, UINT64_MAX - 7};

	(void)state;
	need_ptrace();
	make_stack();
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		struct snapshot snap =
		    capture_at(nowhere[i], &stack_maps, PAGE);

		assert_int_equal(snap.stack_len, 0);
		assert_true(snap.regs.r[X86_64_RSP] == nowhere[i]);
		assert_int_equal(snap.regs.r[X86_64_RBX], VALUE(X86_64_RBX));
	}
}

static void
a_thread_that_is_not_held(void **state)
{
	struct stop stop = {.kind = STOP_OURS};
	struct remote_mem rm = {.mem_fd = -1};
	struct snapshot snap = {.stack = slab(&slabs, 0)};
	bool repaired = true;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	stop.tid = rm.pid = child;
	assert_false(capture(&stop, &rm, &no_maps, PAGE, &snap, &repaired, NULL));
	assert_false(repaired);
	child_end(child);
}

/* ---- calls that a stop breaks -------------------------------------------- */

/* How a child waits, what wakes it, and what the waiting then returns. */
struct blocking_call {
	const char *name;
	int (*wait)(void);
	void (*wake)(pid_t child);
	int result;
};

static const struct blocking_call *call; /* the one under test */
static int event_fd, epoll_fd, semaphores, sockets[2], listener;

static int
wait_epoll(void)
{
	struct epoll_event event;

	return epoll_wait(epoll_fd, &event, 1, -1);
}

static int
wait_epoll_pwait2(void)
{
	struct timespec timeout = {.tv_sec = 1000};
	struct epoll_event event;

	return (int)syscall(
	    SYS_epoll_pwait2, epoll_fd, &event, 1, &timeout, NULL, 8);
}

static void
wake_epoll(pid_t child)
{
	uint64_t one = 1;

	(void)child;
	assert_int_equal(write(event_fd, &one, sizeof(one)), sizeof(one));
}

static int
wait_semop(void)
{
	struct sembuf op = {.sem_op = -1};

	return semop(semaphores, &op, 1);
}

static int
wait_semtimedop(void)
{
	struct sembuf op = {.sem_op = -1};
	struct timespec timeout = {.tv_sec = 1000};

	return semtimedop(semaphores, &op, 1, &timeout);
}

static void
wake_semop(pid_t child)
{
	struct sembuf op = {.sem_op = 1};

	(void)child;
	assert_int_equal(semop(semaphores, &op, 1), 0);
}

static int
wait_signal(void)
{
	struct timespec timeout = {.tv_sec = 1000};
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &timeout);
}

static void
wake_signal(pid_t child)
{
	assert_int_equal(kill(child, SIGUSR2), 0);
}

/* Sockets that have a timeout are not restarted by the kernel either. */
static int
wait_recv(void)
{
	char byte;

	return (int)recv(sockets[0], &byte, 1, 0);
}

static int
wait_read(void)
{
	char byte;

	return (int)read(sockets[0], &byte, 1);
}

static int
wait_recvmsg(void)
{
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	return (int)recvmsg(sockets[0], &msg, 0);
}

static void
wake_recv(pid_t child)
{
	(void)child;
	assert_int_equal(write(sockets[1], "", 1), 1);
}

static int
wait_accept(void)
{
	int fd = accept(listener, NULL, NULL);

	return fd >= 0 ? 1 : -1;
}

static void
wake_accept(pid_t child)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)child;
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, len), 0);
	close(fd);
}

/* Room for nothing more in the socket: filled by open_waits(). */
static int
wait_send(void)
{
	return (int)send(sockets[1], "", 1, 0);
}

static int
wait_write(void)
{
	return (int)write(sockets[1], "", 1);
}

static void
wake_send(pid_t child)
{
	char bytes[4096];

	(void)child;
	while (!shared->go)
		(void)recv(sockets[0], bytes, sizeof(bytes), MSG_DONTWAIT);
}

/* A ring of one entry; ring_fd is -1 where the kernel gives none. */
static int ring_fd = -1;
static struct io_uring_params ring;
static uint8_t *ring_indices;
static struct io_uring_sqe *ring_entries;

static void
open_ring(void)
{
	ring = (struct io_uring_params){0};
	ring_fd = (int)syscall(SYS_io_uring_setup, 1, &ring);
	if (ring_fd < 0)
		return;
	ring_indices = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
	    ring_fd, IORING_OFF_SQ_RING);
	ring_entries = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
	    ring_fd, IORING_OFF_SQES);
	assert_true(ring_indices != MAP_FAILED && ring_entries != MAP_FAILED);
}

static int
wait_ring(void)
{
	return (int)syscall(SYS_io_uring_enter, ring_fd, 0, 1,
	    IORING_ENTER_GETEVENTS, NULL, 0);
}

static void
wake_ring(pid_t child)
{
	uint32_t *array =
	    (uint32_t *)(void *)(ring_indices + ring.sq_off.array);
	_Atomic uint32_t *tail =
	    (_Atomic uint32_t *)(void *)(ring_indices + ring.sq_off.tail);

	(void)child;
	ring_entries[0] = (struct io_uring_sqe){.opcode = IORING_OP_NOP};
	array[0] = 0;
	(*tail)++;
	assert_int_equal(
	    syscall(SYS_io_uring_enter, ring_fd, 1, 0, 0, NULL, 0), 1);
}

static const struct blocking_call calls[] = {
    {"epoll_wait", wait_epoll, wake_epoll, 1},
    {"epoll_pwait2", wait_epoll_pwait2, wake_epoll, 1},
    {"semop", wait_semop, wake_semop, 0},
    {"semtimedop", wait_semtimedop, wake_semop, 0},
    {"sigtimedwait", wait_signal, wake_signal, SIGUSR2},
    {"recv", wait_recv, wake_recv, 1},
    {"recvmsg", wait_recvmsg, wake_recv, 1},
    {"read", wait_read, wake_recv, 1},
    {"accept", wait_accept, wake_accept, 1},
    {"io_uring_enter", wait_ring, wake_ring, 0},
    {"send", wait_send, wake_send, 1},
    {"write", wait_write, wake_send, 1},
};

static void
set_timeout(int fd, int option)
{
	struct timeval long_time = {.tv_sec = 1000};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, option, &long_time,
			     sizeof(long_time)),
	    0);
}

static void
open_sockets(void)
{
	static const char bytes[4096];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	set_timeout(sockets[0], SO_RCVTIMEO);
	set_timeout(sockets[1], SO_SNDTIMEO);
	if (call->wake == wake_send)
		while (send(sockets[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			continue;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	set_timeout(listener, SO_RCVTIMEO);
	assert_int_equal(listen(listener, 1), 0);
}

static void
open_waits(void)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};

	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	assert_int_equal(
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &event), 0);
	semaphores = semget(IPC_PRIVATE, 1, 0600);
	assert_true(semaphores >= 0);
	open_sockets();
	open_ring();
}

static void
close_waits(void)
{
	close(event_fd);
	close(epoll_fd);
	close(sockets[0]);
	close(sockets[1]);
	close(listener);
	if (ring_fd >= 0) {
		munmap(ring_indices, PAGE);
		munmap(ring_entries, PAGE);
		close(ring_fd);
	}
	semctl(semaphores, 0, IPC_RMID);
}

static void
on_signal(int signal)
{
	(void)signal;
	shared->counter++;
}

static void
wait_once(void)
{
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t set;

	/* One with a handler, one to be waited for, one that is ignored */
	(void)sigaction(SIGUSR1, &sa, NULL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR2);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGWINCH, SIG_IGN);
	errno = 0;
	shared->ready = 1;
	shared->result = call->wait();
	shared->words[0] = (uint64_t)errno;
	shared->go = 1;
	for (;;)
		pause();
}

static pid_t
start_waiting(void)
{
	pid_t child = child_start(wait_once);

	await(&shared->ready);
	assert_true(comes_to_state(child, 'S'));
	return child;
}

static void
woken_up_all_right(pid_t child)
{
	assert_false(shared->go);
	call->wake(child);
	await(&shared->go);
	if (shared->result != call->result)
		fail_msg("%s returned %d: %s", call->name, shared->result,
		    strerror((int)shared->words[0]));
}

/* fn for each of the calls that this kernel has, with a child in it. */
static void
with_each_call(void (*fn)(pid_t child))
{
	need_ptrace();
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		call = &calls[i];
		open_waits();
		if (call->wait != wait_ring || ring_fd >= 0) {
			pid_t child = start_waiting();

			fn(child);
			child_end(child);
		}
		close_waits();
	}
}

static bool
capture_stop(const struct stop *stop)
{
	struct remote_mem rm = {.pid = stop->tid, .mem_fd = -1};
	struct snapshot snap = {.stack = slab(&slabs, 0)};
	bool repaired;

	assert_true(capture(stop, &rm, &no_maps, PAGE, &snap, &repaired, NULL));
	stopper_release(stop);
	return repaired;
}

static void
stop_a_hundred_times(pid_t child)
{
	for (int n = 0; n < 100; n++) {
		struct stop stop;

		(void)comes_to_state(child, 'S');
		stop = stop_now(child);
		if (!capture_stop(&stop))
			fail_msg("%s: not repaired", call->name);
	}
	woken_up_all_right(child);
}

static void
stops_break_no_call(void **state)
{
	(void)state;
	with_each_call(stop_a_hundred_times);
}

static void
stop_with_a_handler(pid_t child)
{
	struct stop stop;

	assert_int_equal(stopper_interrupt(child), 0);
	kill(child, SIGUSR1);
	stop = await_stop(child);
	(void)capture_stop(&stop);
	await(&shared->go);
	assert_int_equal(shared->counter, 1);
	assert_int_equal(shared->result, -1);
	assert_int_equal(shared->words[0], EINTR);
}

/* One that a handler breaks is broken, stopped or not. */
static void
a_handler_still_breaks_it(void **state)
{
	(void)state;
	with_each_call(stop_with_a_handler);
}

static void
stop_by_an_ignored_signal(pid_t child)
{
	struct stop stop;

	assert_int_equal(ptrace(PTRACE_SEIZE, child, NULL, NULL), 0);
	kill(child, SIGWINCH);
	stop = await_stop(child);
	assert_int_equal(stop.kind, STOP_SIGNAL);
	assert_true(capture_stop(&stop));
	woken_up_all_right(child);
}

/* While it is traced, even a signal that nobody wants stops a thread. */
static void
an_ignored_signal_breaks_nothing(void **state)
{
	(void)state;
	with_each_call(stop_by_an_ignored_signal);
}

/* -EINTR in rax without a system call: orig_rax is -1 then. */
static int
fail_with_eintr_of_its_own(void)
{
	register long rax __asm__("rax") = -EINTR;

	shared->ready = 2;
	__asm__ volatile("1: cmpl $0, (%1)\n\tje 1b"
			 : "+r"(rax)
			 : "r"(&shared->words[5])
			 : "memory", "cc");
	return (int)rax;
}

static void
run_with_eintr(void)
{
	shared->result = fail_with_eintr_of_its_own();
	shared->go = 1;
	for (;;)
		pause();
}

static void
user_code_is_left_alone(void **state)
{
	bool repaired;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(run_with_eintr);
	await(&shared->ready);
	for (int i = 0; i < 20; i++) {
		(void)capture_child(child, &no_maps, PAGE, &repaired);
		assert_false(repaired);
	}
	shared->words[5] = 1;
	await(&shared->go);
	assert_int_equal(shared->result, -EINTR);
	child_end(child);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(registers),
	    cmocka_unit_test(stack_to_the_end_of_its_mapping),
	    cmocka_unit_test(as_much_stack_as_is_wanted),
	    cmocka_unit_test(stack_in_no_known_mapping),
	    cmocka_unit_test(stack_used_up),
	    cmocka_unit_test(a_stack_pointer_to_nowhere),
	    cmocka_unit_test(a_thread_that_is_not_held),
	    cmocka_unit_test(stops_break_no_call),
	    cmocka_unit_test(a_handler_still_breaks_it),
	    cmocka_unit_test(an_ignored_signal_breaks_nothing),
	    cmocka_unit_test(user_code_is_left_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
