/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_text.h"

#include "base/attr.h"
#include "base/clock.h"
#include "target/fd_name.h"
#include "target/line.h"
#include "target/syscall.h"
#include "target/syscall_table.h"
#include "own_target.h"

#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <cmocka.h>

/*
 * The test's own memory and descriptors are those of the thread that would be
 * in such a call.
 */
static struct target target;
static struct fd_names names;
static char pipe_name[32]; /* "fd N pipe" of ... */
static int pipe_fd;
static uint8_t *page; /* the page behind it is not there */

#define PAGE 4096u

static int
setup(void **state)
{
	int fds[2];

	(void)state;
	target = own_target_open();
	if (pipe(fds) != 0)
		return -1;
	pipe_fd = fds[0];
	snprintf(pipe_name, sizeof(pipe_name), "fd %d pipe", pipe_fd);
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page != MAP_FAILED && munmap(page + PAGE, PAGE) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	fd_names_deinit(&names);
	target_close(&target);
	return 0;
}

#define P(pointer)   ((uint64_t)(uintptr_t)(pointer))
#define ARGS(...)    ((const uint64_t[SYSCALL_ARGS]){__VA_ARGS__})
#define UNREADABLE   16
#define NO_ARGUMENTS ((const uint64_t[SYSCALL_ARGS]){0})

static char *
text_of(int64_t number, const uint64_t *args)
{
	struct syscall_state s = {.number = number};

	memcpy(s.args, args, sizeof(s.args));
	return syscall_text(&target, &names, &s);
}

static void assert_text(int64_t number, const uint64_t *args, const char *fmt,
    ...) printf_like(3, 4);

static void
assert_text(int64_t number, const uint64_t *args, const char *fmt, ...)
{
	char *text = text_of(number, args), expected[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(expected, sizeof(expected), fmt, ap);
	va_end(ap);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void
in_no_call(void **state)
{
	struct syscall_state running = {.is_running = true, .number = -1};

	(void)state;
	assert_null(text_of(-1, NO_ARGUMENTS));
	assert_null(syscall_text(&target, &names, &running));
}

static void
not_known(void **state)
{
	(void)state;
	assert_text(1999, ARGS(1, 2, 3, 4, 5, UINT64_MAX),
	    "system call 1999 0x1 0x2 0x3 0x4 0x5 0xffffffffffffffff");
}

static void
descriptors(void **state)
{
	(void)state;
	assert_text(SYS_read, ARGS((uint64_t)pipe_fd), "read %s", pipe_name);
	/* Of an int, the upper half of the register is nothing. */
	assert_text(SYS_read, ARGS(0xdead00000000 | (uint64_t)pipe_fd),
	    "read %s", pipe_name);
	assert_text(SYS_read, ARGS(UINT64_MAX), "read fd -1");
	assert_text(SYS_read, ARGS(9999), "read fd 9999");
	assert_text(SYS_sendfile, ARGS((uint64_t)pipe_fd, 9999),
	    "sendfile %s fd 9999", pipe_name);
	assert_text(SYS_mmap, ARGS(0, 4096, 0, 0, UINT64_MAX),
	    "mmap 0x0 4096 bytes");
	assert_text(SYS_mmap, ARGS(0, 4096, 0, 0, (uint64_t)pipe_fd),
	    "mmap 0x0 4096 bytes %s", pipe_name);
}

#ifdef SYS_poll
static void
assert_poll(const struct pollfd *fds, uint64_t n, int ms, const char *expected)
{
	assert_text(SYS_poll, ARGS(P(fds), n, (uint64_t)ms), "poll %s",
	    expected);
}

static void
polls(void **state)
{
	struct pollfd fds[10] = {{.fd = 4000}, {.fd = -1}, {.fd = 5000},
	    {.fd = 5001}, {.fd = 5002}, {.fd = 5003}, {.fd = 5004},
	    {.fd = 5005}, {.fd = 5006}, {.fd = 5007}};

	(void)state;
	assert_poll(fds, 1, -1, "fd 4000, no timeout");
	assert_poll(fds, 2, 0, "fd 4000, timeout 0 s");
	assert_poll(fds, 3, 2500, "2 fds: 4000, 5000, timeout 2.5 s");
	assert_poll(fds, 10, -1, "9 fds: 4000, 5000, 5001, 5002, 5003, 5004,"
				 " 5005, ..., no timeout");
	assert_poll(fds, 0, 100, "no fds, timeout 100 ms");
	assert_poll((void *)UNREADABLE, 3, -1, "3 fds, no timeout");
	assert_poll((void *)UNREADABLE, 1, -1, "1 fd, no timeout");
	assert_poll(fds + 1, 1, -1, "no fds, no timeout");
	/* Eight are read, whatever the count says. */
	memcpy(page + PAGE - 8 * sizeof(*fds), fds, 8 * sizeof(*fds));
	assert_poll((void *)(page + PAGE - 8 * sizeof(*fds)), UINT32_MAX, -1,
	    "4294967294 fds: 4000, 5000, 5001, 5002, 5003, 5004, 5005, ...,"
	    " no timeout");
}
#endif

static void
assert_select(int n, fd_set *in, fd_set *out, const char *expected)
{
	assert_text(SYS_pselect6,
	    ARGS((uint64_t)n, P(in), P(out), 0, 0), "pselect6%s", expected);
}

static void
selects(void **state)
{
	fd_set in, out;

	(void)state;
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(500, &in);
	assert_select(501, &in, NULL, " fd 500, no timeout");
	FD_SET(63, &out);
	FD_SET(64, &out);
	FD_SET(500, &out);
	assert_select(501, &in, &out, " 3 fds: 63, 64, 500, no timeout");
	/* What is not below the count is not waited for. */
	assert_select(500, &in, &out, " 2 fds: 63, 64, no timeout");
	assert_select(64, &in, &out, " fd 63, no timeout");
	assert_select(63, &in, &out, " no fds, no timeout");
	assert_select(0, NULL, NULL, " no fds, no timeout");
	assert_select(-1, &in, &out, ", no timeout");
	assert_select(INT32_MAX, &in, NULL, " fd 500, no timeout");
	assert_select(8, (void *)UNREADABLE, NULL, ", no timeout");
	memset(&in, 0xff, sizeof(in));
	assert_select(1024, &in, NULL,
	    " 1024 fds: 0, 1, 2, 3, 4, 5, 6, 7, ..., no timeout");
}

static void
assert_sleep(int64_t s, int64_t ns, const char *expected)
{
	struct timespec ts = {.tv_sec = s, .tv_nsec = ns};

	assert_text(SYS_nanosleep, ARGS(P(&ts)), "nanosleep%s", expected);
}

static void
durations(void **state)
{
	(void)state;
	assert_sleep(2, 500000000, " 2.5 s");
	assert_sleep(3600, 0, " 3600 s");
	assert_sleep(1, 1000000, " 1.001 s");
	assert_sleep(1, 999999, " 1 s");
	assert_sleep(0, 10000000, " 10 ms");
	assert_sleep(0, 1500, " 1.5 us");
	assert_sleep(0, 1050, " 1.05 us");
	assert_sleep(0, 999, " 999 ns");
	assert_sleep(0, 0, " 0 s");
	assert_sleep(-1, 0, "");
	assert_sleep(0, -1, "");
	assert_sleep(0, NS_PER_SEC, "");
	assert_sleep(INT64_MAX, 999999999, "");
	assert_sleep(INT64_MIN, INT64_MIN, "");
	assert_text(SYS_nanosleep, ARGS(0), "nanosleep");
	assert_text(SYS_nanosleep, ARGS(UNREADABLE), "nanosleep");
}

#ifdef SYS_select
static void
timevals(void **state)
{
	struct timeval tv = {.tv_sec = 1, .tv_usec = 250000};

	(void)state;
	assert_text(SYS_select, ARGS(0, 0, 0, 0, P(&tv)),
	    "select no fds, timeout 1.25 s");
	tv.tv_usec = INT64_MAX;
	assert_text(SYS_select, ARGS(0, 0, 0, 0, P(&tv)), "select no fds");
	assert_text(SYS_select, ARGS(0), "select no fds, no timeout");
}
#endif

/* That text begins so and tells seconds left between low and high. */
static void
assert_left(int64_t number, const uint64_t *args, const char *start,
    double low, double high)
{
	char *text = text_of(number, args);
	size_t len = strlen(start);
	double s = -1;
	int end = 0;

	assert_memory_equal(text, start, len);
	assert_int_equal(sscanf(text + len, ", %lf s left%n", &s, &end), 1);
	assert_int_equal(text[len + (size_t)end], '\0');
	assert_true(s >= low && s <= high);
	free(text);
}

static void
deadlines(void **state)
{
	struct timespec ts;
	const uint64_t *args =
	    ARGS(CLOCK_MONOTONIC, TIMER_ABSTIME, P(&ts), 0);

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += 3600;
	assert_left(SYS_clock_nanosleep, args, "clock_nanosleep", 3000, 3600);
	/* Past, broken, and for ever */
	ts.tv_sec -= 3601;
	assert_text(SYS_clock_nanosleep, args, "clock_nanosleep");
	ts.tv_sec = INT64_MIN;
	assert_text(SYS_clock_nanosleep, args, "clock_nanosleep");
	ts.tv_sec = INT64_MAX;
	assert_text(SYS_clock_nanosleep, args, "clock_nanosleep");
	/* A CPU clock is the target's own. */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	ts.tv_sec += 3600;
	assert_text(SYS_clock_nanosleep,
	    ARGS(CLOCK_THREAD_CPUTIME_ID, TIMER_ABSTIME, P(&ts)),
	    "clock_nanosleep");
	assert_text(SYS_clock_nanosleep,
	    ARGS(CLOCK_MONOTONIC, 0, P(&(struct timespec){.tv_sec = 7})),
	    "clock_nanosleep 7 s");
}

static void
futexes(void **state)
{
	uint32_t word = FUTEX_WAITERS | 4243;
	struct timespec ts = {.tv_sec = 5};
	char start[64];

	(void)state;
	snprintf(start, sizeof(start), "futex %p", (void *)&word);
	assert_text(SYS_futex, ARGS(P(&word), FUTEX_WAIT_PRIVATE), "%s wait",
	    start);
	assert_text(SYS_futex, ARGS(P(&word), FUTEX_WAIT, 0, P(&ts)),
	    "%s wait, timeout 5 s", start);
	assert_text(SYS_futex, ARGS(P(&word), FUTEX_LOCK_PI_PRIVATE),
	    "%s lock_pi, owner 4243", start);
	assert_text(SYS_futex, ARGS(UNREADABLE, FUTEX_LOCK_PI),
	    "futex 0x10 lock_pi");
	assert_text(SYS_futex, ARGS(P(&word), FUTEX_WAKE, 1), "%s wake", start);
	assert_text(SYS_futex, ARGS(P(&word), 99), "%s operation 99", start);
	strcat(start, " wait_bitset");
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += 60;
	assert_left(SYS_futex, ARGS(P(&word), FUTEX_WAIT_BITSET, 0, P(&ts)),
	    start, 1, 60);
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 60;
	assert_left(SYS_futex,
	    ARGS(P(&word), FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, P(&ts)),
	    start, 1, 60);
}

/* As the threads of glibc 2.36 have it; the layout is older than they. */
static void
mutexes(void **state)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	int32_t words[3] = {2, 1, 0};
	const uint64_t *wait = ARGS(P(words), FUTEX_WAIT_PRIVATE, 2);

	(void)state;
	pthread_mutex_lock(&mutex);
	assert_text(SYS_futex, ARGS(P(&mutex), FUTEX_WAIT_PRIVATE, 2),
	    "futex %p wait", (void *)&mutex);
	*(int32_t *)&mutex = 2; /* as when another comes */
	assert_text(SYS_futex, ARGS(P(&mutex), FUTEX_WAIT_PRIVATE, 2),
	    "futex %p wait, mutex of %d", (void *)&mutex, (int)gettid());
	pthread_mutex_unlock(&mutex);

	/* Not of a thread here, not contended, not waited for as such */
	assert_text(SYS_futex, wait, "futex %p wait", (void *)words);
	words[2] = -1;
	assert_text(SYS_futex, wait, "futex %p wait", (void *)words);
	words[2] = INT32_MAX;
	assert_text(SYS_futex, wait, "futex %p wait", (void *)words);
	words[2] = (int32_t)gettid();
	assert_text(SYS_futex, wait, "futex %p wait, mutex of %d",
	    (void *)words, (int)gettid());
	assert_text(SYS_futex, ARGS(P(words), FUTEX_WAIT_PRIVATE, 1),
	    "futex %p wait", (void *)words);
	words[0] = 1;
	assert_text(SYS_futex, wait, "futex %p wait", (void *)words);
}

static void
several_futexes(void **state)
{
	/* struct futex_waitv: value, address, flags */
	const uint64_t waiters[][3] = {{0, 0x1000, 2}, {0, 0x2000, 2},
	    {0, 0x3000, 2}, {0, 0x4000, 2}, {0, 0x5000, 2}};

	(void)state;
	assert_text(449, ARGS(P(waiters), 2),
	    "futex_waitv any of 2: 0x1000, 0x2000");
	assert_text(449, ARGS(P(waiters), 5),
	    "futex_waitv any of 5: 0x1000, 0x2000, 0x3000, 0x4000, ...");
	assert_text(449, ARGS(UNREADABLE, UINT32_MAX),
	    "futex_waitv any of 4294967295");
	assert_text(455, ARGS(0x1000, 1, 2, 3), "futex_wait 0x1000");
}

static void
addresses(void **state)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons(5432),
	    .sin_addr.s_addr = htonl(0x0a000001)};

	(void)state;
	assert_text(SYS_connect, ARGS(7, P(&sin), sizeof(sin)),
	    "connect fd 7 10.0.0.1:5432");
	assert_text(SYS_connect, ARGS(7, P(&sin), 4), "connect fd 7");
	assert_text(SYS_connect, ARGS(7, P(&sin), UINT64_MAX), "connect fd 7");
	assert_text(SYS_connect, ARGS(7, P(page), 4096), "connect fd 7");
	assert_text(SYS_connect, ARGS(7, UNREADABLE, sizeof(sin)),
	    "connect fd 7");
	assert_text(SYS_sendto,
	    ARGS((uint64_t)pipe_fd, 0, 0, 0, P(&sin), sizeof(sin)),
	    "sendto %s to 10.0.0.1:5432", pipe_name);
	assert_text(SYS_sendto, ARGS((uint64_t)pipe_fd), "sendto %s",
	    pipe_name);
}

static void
children(void **state)
{
	(void)state;
	assert_text(SYS_wait4, ARGS(77), "wait4 pid 77");
	assert_text(SYS_wait4, ARGS(UINT32_MAX), "wait4 any child");
	assert_text(SYS_wait4, ARGS(0), "wait4 any child of its group");
	assert_text(SYS_wait4, ARGS((uint64_t)-77),
	    "wait4 any child of group 77");
	assert_text(SYS_wait4, ARGS(0x80000000),
	    "wait4 any child of group 2147483648");
	assert_text(SYS_waitid, ARGS(P_ALL, 5), "waitid any child");
	assert_text(SYS_waitid, ARGS(P_PID, 77), "waitid pid 77");
	assert_text(SYS_waitid, ARGS(P_PGID, 77),
	    "waitid any child of group 77");
	assert_text(SYS_waitid, ARGS(3, (uint64_t)pipe_fd), "waitid %s",
	    pipe_name);
	assert_text(SYS_waitid, ARGS(99, 1), "waitid type 99 id 1");
}

static uint64_t
set_of(const int *signals)
{
	uint64_t set = 0;

	for (; *signals != 0; signals++)
		set |= UINT64_C(1) << (*signals - 1);
	return set;
}

#define SET(...) set_of((const int[]){__VA_ARGS__, 0})

static void
assert_suspend(uint64_t blocked, const char *expected)
{
	assert_text(SYS_rt_sigsuspend, ARGS(P(&blocked), 8),
	    "rt_sigsuspend %s", expected);
}

static void
signals(void **state)
{
	uint64_t set = SET(SIGINT, SIGTERM);

	(void)state;
	assert_text(SYS_rt_sigtimedwait, ARGS(P(&set), 0, 0, 8),
	    "rt_sigtimedwait SIGINT, SIGTERM");
	set = SET(32, 34, 35, 64);
	assert_text(SYS_rt_sigtimedwait, ARGS(P(&set), 0, 0, 8),
	    "rt_sigtimedwait signal 32, SIGRTMIN, SIGRTMIN+1, SIGRTMIN+30");
	set = 0x7f;
	assert_text(SYS_rt_sigtimedwait, ARGS(P(&set), 0, 0, 8),
	    "rt_sigtimedwait 7 signals");
	assert_text(SYS_rt_sigtimedwait, ARGS(UNREADABLE, 0, 0, 8),
	    "rt_sigtimedwait");
	assert_suspend(~SET(SIGUSR1), "SIGUSR1");
	assert_suspend(0, "any signal");
	assert_suspend(SET(SIGINT, SIGKILL), "all signals but SIGINT");
	assert_suspend(0xffff, "all signals but 15 signals");
	assert_text(SYS_kill, ARGS(77, SIGKILL), "kill pid 77 SIGKILL");
	assert_text(SYS_kill, ARGS(77, 0), "kill pid 77 signal 0");
	assert_text(SYS_kill, ARGS(77, INT32_MIN),
	    "kill pid 77 signal -2147483648");
}

static void
locks(void **state)
{
	struct flock lock = {.l_type = F_RDLCK, .l_start = 5, .l_len = -1};
	const uint64_t fd = (uint64_t)pipe_fd;

	(void)state;
	assert_text(SYS_flock, ARGS(fd, LOCK_EX), "flock %s exclusive",
	    pipe_name);
	assert_text(SYS_flock, ARGS(fd, 99), "flock %s", pipe_name);
	assert_text(SYS_fcntl, ARGS(fd, F_SETLKW, P(&lock)),
	    "fcntl %s lock read, from byte 5, length -1", pipe_name);
	lock = (struct flock){.l_type = F_WRLCK};
	assert_text(SYS_fcntl, ARGS(fd, F_OFD_SETLKW, P(&lock)),
	    "fcntl %s open file lock write", pipe_name);
	lock.l_type = 99;
	assert_text(SYS_fcntl, ARGS(fd, F_SETLKW, P(&lock)), "fcntl %s lock",
	    pipe_name);
	assert_text(SYS_fcntl, ARGS(fd, F_SETLKW, UNREADABLE),
	    "fcntl %s lock", pipe_name);
	assert_text(SYS_fcntl, ARGS(fd, F_GETFL, 0), "fcntl %s 3 0x0",
	    pipe_name);
}

static void
paths(void **state)
{
	char *at_end = (char *)page + PAGE - 5;
	char *text;

	(void)state;
	assert_text(SYS_openat, ARGS((uint64_t)AT_FDCWD, P("/etc/passwd")),
	    "openat /etc/passwd");
	assert_text(SYS_openat, ARGS((uint64_t)pipe_fd, P("x")),
	    "openat %s x", pipe_name);
	/* Its end, or none, before the page that is not there */
	memcpy(at_end, "/end", 5);
	assert_text(SYS_chdir, ARGS(P(at_end)), "chdir /end");
	memcpy(at_end, "/none", 5);
	assert_text(SYS_chdir, ARGS(P(at_end)), "chdir");
	assert_text(SYS_chdir, ARGS(0), "chdir");
	assert_text(SYS_chdir, ARGS(UINT64_MAX), "chdir");
	assert_text(SYS_chdir, ARGS(P("")), "chdir");
	/* As long as a path may be, and longer */
	memset(page, 'a', PAGE);
	text = text_of(SYS_chdir, ARGS(P(page)));
	assert_int_equal(strlen(text), LINE_MAX_BYTES);
	assert_string_equal(text + LINE_MAX_BYTES - 4, "a...");
	free(text);
}

static void
numbers(void **state)
{
	(void)state;
	assert_text(SYS_exit_group, ARGS(UINT32_MAX), "exit_group -1");
	assert_text(SYS_ftruncate, ARGS((uint64_t)pipe_fd, UINT32_MAX),
	    "ftruncate %s 4294967295", pipe_name);
	assert_text(SYS_semop, ARGS(5), "semop id 5");
	assert_text(SYS_getrandom, ARGS(0, 16), "getrandom 16 bytes");
	assert_text(SYS_munmap, ARGS(0x1000, 4096),
	    "munmap 0x1000 4096 bytes");
	assert_text(SYS_sched_yield, NO_ARGUMENTS, "sched_yield");
	assert_text(SYS_restart_syscall, NO_ARGUMENTS, "restart_syscall");
}

/* Any call with any arguments ends, in a line that is not too long. */
static void
every_call(void **state)
{
	uint64_t values[] = {0, 1, UINT64_MAX, UINT64_MAX - 7, INT64_MAX,
	    INT32_MAX, UINT32_MAX, UNREADABLE, P(page), P(page) + PAGE - 1};
	const size_t n_values = sizeof(values) / sizeof(values[0]);
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < PAGE; i++)
		page[i] = (uint8_t)(i * 37 + (i >> 5));
	for (int64_t nr = 0; nr < 1000; nr++) {
		for (unsigned round = 0; round < 20; round++) {
			uint64_t args[SYSCALL_ARGS];
			char *text;

			for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
				seed = seed * 6364136223846793005u + 1;
				args[i] = values[(seed >> 33) % n_values];
			}
			text = text_of(nr, args);
			assert_non_null(text);
			assert_true(strlen(text) <= LINE_MAX_BYTES);
			if (syscall_name(nr) != NULL)
				assert_memory_equal(text, syscall_name(nr),
				    strlen(syscall_name(nr)));
			free(text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_no_call),
	    cmocka_unit_test(not_known),
	    cmocka_unit_test(descriptors),
#ifdef SYS_poll
	    cmocka_unit_test(polls),
#endif
	    cmocka_unit_test(selects),
	    cmocka_unit_test(durations),
#ifdef SYS_select
	    cmocka_unit_test(timevals),
#endif
	    cmocka_unit_test(deadlines),
	    cmocka_unit_test(futexes),
	    cmocka_unit_test(mutexes),
	    cmocka_unit_test(several_futexes),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(children),
	    cmocka_unit_test(signals),
	    cmocka_unit_test(locks),
	    cmocka_unit_test(paths),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(every_call),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
