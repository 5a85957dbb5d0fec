/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/remote_mem.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE 4096u

/* Two pages with made-up contents, and one behind them that is not there. */
static uint8_t *pages;

static int
map_pages(void **state)
{
	(void)state;
	pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || munmap(pages + 2 * PAGE, PAGE) != 0)
		return -1;
	for (size_t i = 0; i < 2 * PAGE; i++)
		pages[i] = (uint8_t)(i * 7 + (i >> 8));
	return 0;
}

static int
unmap_pages(void **state)
{
	(void)state;
	return munmap(pages, 2 * PAGE);
}

static int
open_mem(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The same must hold whichever of the two ways is taken. */
static void
check_own_memory(struct remote_mem *rm)
{
	struct mem mem = remote_mem_as_mem(rm);
	uint64_t at = (uintptr_t)pages, word;
	uint8_t buf[3 * PAGE];

	/* Within a page, across two, up to the last byte */
	assert_true(mem_read(&mem, at, buf, 2 * PAGE));
	assert_memory_equal(buf, pages, 2 * PAGE);
	assert_true(mem_read(&mem, at + PAGE - 3, buf, 8));
	assert_memory_equal(buf, pages + PAGE - 3, 8);
	assert_true(mem_read_u64(&mem, at + 2 * PAGE - 8, &word));
	assert_memory_equal(&word, pages + 2 * PAGE - 8, 8);

	/* One byte of it not there: not at all */
	assert_false(mem_read(&mem, at, buf, 2 * PAGE + 1));
	assert_false(mem_read_u64(&mem, at + 2 * PAGE - 7, &word));
	assert_false(mem_read(&mem, at + 2 * PAGE, buf, 1));
	assert_false(mem_read(&mem, 0, buf, 1));
	assert_false(mem_read(&mem, UINT64_MAX, buf, 1));
	assert_false(mem_read(&mem, UINT64_MAX - 7, buf, 8));
	assert_false(mem_read(&mem, 0x8000000000000000, buf, 8));

	/* As many bytes as there are */
	assert_int_equal(
	    remote_mem_read_some(rm, at + PAGE, buf, sizeof(buf)), PAGE);
	assert_memory_equal(buf, pages + PAGE, PAGE);
	assert_int_equal(
	    remote_mem_read_some(rm, at + 2 * PAGE - 1, buf, 9), 1);
	assert_int_equal(remote_mem_read_some(rm, at + 2 * PAGE, buf, 9), 0);
}

static void
by_process_vm_readv(void **state)
{
	struct remote_mem rm = {.pid = getpid(), .mem_fd = -1};

	(void)state;
	check_own_memory(&rm);
	assert_false(rm.vm_readv_gone);
}

static void
by_the_mem_file(void **state)
{
	struct remote_mem rm = {.pid = getpid(),
	    .mem_fd = open_mem(getpid()),
	    .vm_readv_gone = true};

	(void)state;
	assert_true(rm.mem_fd >= 0);
	check_own_memory(&rm);
	close(rm.mem_fd);
}

static void
neither_is_left(void **state)
{
	struct remote_mem rm = {
	    .pid = getpid(), .mem_fd = -1, .vm_readv_gone = true};
	uint8_t byte;

	(void)state;
	assert_int_equal(
	    remote_mem_read_some(&rm, (uintptr_t)pages, &byte, 1), 0);
}

/* Where to read is wrong: that says nothing about the way. */
static void
a_bad_address_does_not_change_the_way(void **state)
{
	struct remote_mem rm = {.pid = getpid(), .mem_fd = -1};
	uint8_t byte;

	(void)state;
	assert_int_equal(remote_mem_read_some(&rm, 8, &byte, 1), 0);
	assert_int_equal(
	    remote_mem_read_some(&rm, (uintptr_t)pages, &byte, 1), 1);
	assert_int_equal(byte, pages[0]);
}

static pid_t
start_sleeper(void)
{
	pid_t child = fork();

	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return child;
}

static void
another_process(void **state)
{
	pid_t child = start_sleeper();
	struct remote_mem rm = {.pid = child, .mem_fd = open_mem(child)};
	uint8_t buf[64];

	(void)state;
	assert_true(child > 0);
	if (rm.mem_fd < 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		print_message("may not read the memory of a child\n");
		skip();
	}
	assert_int_equal(remote_mem_read_some(
			     &rm, (uintptr_t)pages, buf, sizeof(buf)),
	    sizeof(buf));
	assert_memory_equal(buf, pages, sizeof(buf));

	/* Once it has ended there is nothing to read, and that is all. */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(remote_mem_read_some(
			     &rm, (uintptr_t)pages, buf, sizeof(buf)),
	    0);
	close(rm.mem_fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_process_vm_readv),
	    cmocka_unit_test(by_the_mem_file),
	    cmocka_unit_test(neither_is_left),
	    cmocka_unit_test(a_bad_address_does_not_change_the_way),
	    cmocka_unit_test(another_process),
	};

	return cmocka_run_group_tests(tests, map_pages, unmap_pages);
}
