/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts as in /proc/PID/stack, and the real one of a child that sleeps. */
#include "config.h"

#include "target/kernel_stack.h"

#include "../child.h"
#include "target/target.h"

static struct kernel_stack stack;

static void
each_line_is_a_call(void **state)
{
	(void)state;
	kernel_stack_parse("[<0>] do_epoll_wait+0x6a/0x100\n"
			   "[<ffffffff81000000>] ext4_read+0x1/0x2 [ext4]\n"
			   "[<0>] entry_SYSCALL_64_after_hwframe+0x76/0x7e\n",
	    &stack);
	assert_int_equal(stack.n, 3);
	assert_string_equal(stack.names[0], "do_epoll_wait");
	assert_string_equal(stack.names[1], "ext4_read");
	assert_string_equal(
	    stack.names[2], "entry_SYSCALL_64_after_hwframe");
}

static void
odd_texts(void **state)
{
	char many[201 * 16] = "", name[1000] = "[<0>] ";

	(void)state;
	kernel_stack_parse("", &stack);
	assert_int_equal(stack.n, 0);
	kernel_stack_parse("\n\nword\n[<0>]\n[<0>] \n", &stack);
	assert_int_equal(stack.n, 0);
	kernel_stack_parse("[<0>] last", &stack);
	assert_int_equal(stack.n, 1);
	assert_string_equal(stack.names[0], "last");
	for (int i = 0; i < 200; i++)
		(void)strcat(many, "[<0>] f+0x1/0x2\n");
	kernel_stack_parse(many, &stack);
	assert_int_equal(stack.n, KERNEL_FRAMES_MAX);
	memset(name + 6, 'x', sizeof(name) - 7);
	kernel_stack_parse(name, &stack);
	assert_int_equal(strlen(stack.names[0]), KERNEL_NAME_MAX - 1);
}

static void
sleep_for_ever(void)
{
	shared->ready = 1;
	for (;;)
		pause();
}

static void
a_sleeping_child(void **state)
{
	struct target target;
	struct err err;
	pid_t child;

	(void)state;
	child = child_start(sleep_for_ever);
	await(&shared->ready);
	assert_true(comes_to_state(child, 'S'));
	assert_int_equal(target_open(child, &target, &err), 0);
	if (kernel_stack_is_permitted()) {
		assert_true(kernel_stack_read(&target, child, &stack));
		assert_true(stack.n > 0);
		assert_non_null(strstr(stack.names[0], "pause"));
	} else {
		assert_false(kernel_stack_read(&target, child, &stack));
	}
	assert_false(kernel_stack_read(&target, 1 << 22, &stack));
	target_close(&target);
	child_end(child);
}

static int
setup(void **state)
{
	(void)state;
	child_setup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_line_is_a_call),
	    cmocka_unit_test(odd_texts),
	    cmocka_unit_test(a_sleeping_child),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
