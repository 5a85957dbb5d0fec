/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/dump_text.h"

#include "sample_dump.h"

#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct dump_text_opts usual = {.fold = true, .inlines = true};

/* To be freed. */
static char *
printed(const struct dump *d, const struct dump_text_opts *o)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);
	struct err err;

	assert_int_equal(dump_text(d, o, fp, &err), 0);
	fclose(fp);
	return text;
}

static void
assert_text(const struct dump *d, const struct dump_text_opts *o,
    const char *expected)
{
	char *text = printed(d, o);

	assert_string_equal(text, expected);
	free(text);
}

/* The line that begins so. */
static void
assert_line(const struct dump *d, const struct dump_text_opts *o,
    const char *line)
{
	char *text = printed(d, o), *at, whole[256];

	(void)snprintf(whole, sizeof(whole), "\n%s\n", line);
	at = strstr(text, whole);
	if (at == NULL)
		fail_msg("no line \"%s\" in:\n%s", line, text);
	free(text);
}

static void
test_whole_dump(void **state)
{
	struct dump *d = sample_dump();

	(void)state;
	assert_text(d, &usual,
	    "Process 4242 (nginx) /usr/sbin/nginx, 5 threads, "
	    "2026-11-22 07:00:00.123 UTC\n"
	    "\n"
	    "Thread 4242 (nginx)  sleeping  "
	    "epoll_wait fd 5 [eventpoll], 10 s left\n"
	    "   0  epoll_wait+0x10           libc.so.6\n"
	    "   1  ngx_epoll_process_events  "
	    "src/event/modules/ngx_epoll_module.c:800  nginx\n"
	    "   2  ngx_process_events        "
	    "src/event/ngx_event.c:247  [inlined]\n"
	    "   3  ngx_worker_process_cycle  "
	    "src/os/ngx_process_cycle.c:728  nginx\n"
	    "\n"
	    "Threads 4243-4244 (worker)  2 alike  running\n"
	    "   0  on_signal                src/main.c  nginx\n"
	    "   1  <signal handler called>\n"
	    "   2  0x00007f120009a3f0       libc.so.6+0x9a3f0  [guessed]\n"
	    "      end: no-cfi (code without CFI, and no safe guess)\n"
	    "\n"
	    "Thread 4245 (held)  traced\n"
	    "      no stack: it is traced by gdb (99)\n"
	    "\n"
	    "Thread 4246  unknown\n"
	    "   0  0x000055d0c0de0100\n");
	dump_free(d);
}

static void
test_unfolded(void **state)
{
	struct dump *d = sample_dump();
	struct dump_text_opts o = {.inlines = true};

	(void)state;
	assert_line(d, &o, "Thread 4243 (worker)  running");
	assert_line(d, &o, "Thread 4244 (worker)  running");
	dump_free(d);
}

static void
test_the_process_line(void **state)
{
	struct dump *d = dump_new();

	(void)state;
	assert_text(
	    d, &usual, "Process 0, 0 threads, 1970-01-01 00:00:00.000 UTC\n");
	d->pid = 7;
	d->ppid = 5;
	d->comm = "a";
	d->exe = "/a (deleted)";
	(void)dump_add_thread(d, 7);
	d->is_frozen = true;
	d->frozen_ns = 1234567;
	d->time = (struct timespec){INT64_MAX, 0};
	assert_text(d, &usual,
	    "Process 7 (a) /a (deleted), child of 5, 1 thread\n"
	    "All threads are shown at one moment; they were held for 1.2 ms\n"
	    "\n"
	    "Thread 7  unknown\n"
	    "      no frames\n");
	dump_free(d);
}

static void
test_durations(void **state)
{
	struct dump *d = dump_new();
	char begin[] = "All threads are shown at one moment; they were held "
		       "for ", line[128];
	static const struct {
		uint64_t ns;
		const char *text;
	} all[] = {{0, "0.0 us"}, {812345, "812.3 us"}, {12345678, "12.3 ms"},
	    {1500000000, "1.50 s"}};

	(void)state;
	d->is_frozen = true;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		d->frozen_ns = all[i].ns;
		(void)snprintf(line, sizeof(line), "%s%s", begin, all[i].text);
		assert_line(d, &usual, line);
	}
	dump_free(d);
}

static void
test_several_dumps_stand_apart(void **state)
{
	struct dump *d = dump_new();
	struct dump_text_opts o = {.follows = true};

	(void)state;
	assert_text(
	    d, &o, "\n\nProcess 0, 0 threads, 1970-01-01 00:00:00.000 UTC\n");
	dump_free(d);
}

static void
test_states(void **state)
{
	static const struct {
		char letter;
		const char *words;
	} all[] = {{'R', "running"}, {'S', "sleeping"},
	    {'D', "disk sleep (uninterruptible)"}, {'T', "stopped"},
	    {'t', "traced"}, {'Z', "zombie"}, {'I', "idle"}, {'X', "dead"},
	    {'x', "dead"}, {'?', "unknown"}, {'\033', "unknown"}};
	struct dump *d = dump_new();
	char line[64];

	(void)state;
	(void)dump_add_thread(d, 1);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		d->threads[0].state = all[i].letter;
		(void)snprintf(
		    line, sizeof(line), "Thread 1  %s", all[i].words);
		assert_line(d, &usual, line);
	}
	dump_free(d);
}

/* Each end but the root is told, and in words. */
static void
test_ends(void **state)
{
	struct dump *d = dump_new();
	char begin[64];

	(void)state;
	(void)sample_frame(d, dump_add_thread(d, 1), "f", NULL, 0);
	for (int end = 0; end <= END_NR; end++) {
		char *text;

		d->threads[0].end = (enum end_reason)end;
		(void)snprintf(begin, sizeof(begin), "\n      end: %s (",
		    end_reason_name(d->threads[0].end));
		text = printed(d, &usual);
		assert_int_equal(strstr(text, begin) != NULL, end != END_ROOT);
		free(text);
	}
	dump_free(d);
}

static struct dump *
pool(const pid_t *tids, size_t n)
{
	struct dump *d = dump_new();

	for (size_t i = 0; i < n; i++) {
		struct dump_thread *th = dump_add_thread(d, tids[i]);

		th->name = "pool";
		th->state = 'S';
		sample_syscall(d, th, 202, "futex", "futex 0x7f12 wait");
	}
	return d;
}

static void
test_tids_of_a_group(void **state)
{
	static const pid_t some[] = {3, 4, 5, 9, 11, 12};
	static const pid_t many[] = {1, 3, 5, 7, 9, 11, 13, 15, 17};
	struct dump *d = pool(some, 6);

	(void)state;
	assert_line(d, &usual,
	    "Threads 3-5, 9, 11-12 (pool)  6 alike  sleeping  "
	    "futex 0x7f12 wait");
	dump_free(d);
	d = pool(many, 9);
	assert_line(d, &usual,
	    "Threads 1, 3, 5, 7, 9, 11, and 3 more (pool)  9 alike  "
	    "sleeping  futex 0x7f12 wait");
	dump_free(d);
	d = pool(many, 6);
	assert_line(d, &usual,
	    "Threads 1, 3, 5, 7, 9, 11 (pool)  6 alike  "
	    "sleeping  futex 0x7f12 wait");
	dump_free(d);
}

static void
test_names_of_a_group(void **state)
{
	static const pid_t tids[] = {1, 2, 3};
	struct dump *d = pool(tids, 3);
	struct dump_thread *th = d->threads;

	(void)state;
	th[0].name = "pool-9-thread-1";
	th[1].name = "pool-9-thread-10";
	th[2].name = "pool-9-thread-1";
	assert_line(d, &usual,
	    "Threads 1-3 (pool-*-thread-*)  3 alike  sleeping  "
	    "futex 0x7f12 wait");
	th[1].name = th[0].name;
	assert_line(d, &usual,
	    "Threads 1-3 (pool-9-thread-1)  3 alike  sleeping  "
	    "futex 0x7f12 wait");
	th[0].name = th[1].name = th[2].name = NULL;
	assert_line(d, &usual,
	    "Threads 1-3  3 alike  sleeping  futex 0x7f12 wait");
	dump_free(d);
}

static void
test_system_calls_of_a_group(void **state)
{
	static const pid_t tids[] = {1, 2, 3};
	struct dump *d = pool(tids, 3);
	struct dump_thread *th = d->threads;

	(void)state;
	th[2].syscall->text = "futex 0x7f99 wait";
	assert_line(d, &usual,
	    "Threads 1-3 (pool)  3 alike  sleeping  futex (arguments differ)");
	th[2].syscall->text = NULL;
	assert_line(d, &usual,
	    "Threads 1-3 (pool)  3 alike  sleeping  futex (arguments differ)");
	th[0].syscall->text = th[1].syscall->text = NULL;
	assert_line(d, &usual, "Threads 1-3 (pool)  3 alike  sleeping  futex");
	for (int i = 0; i < 3; i++) {
		th[i].syscall->name = NULL;
		th[i].syscall->number = 999;
	}
	assert_line(d, &usual,
	    "Threads 1-3 (pool)  3 alike  sleeping  system call 999");
	dump_free(d);
}

static void
test_verbose_says_how_long_a_thread_was_held(void **state)
{
	struct dump *d = sample_dump();
	struct dump_text_opts o = {.verbose = true};

	(void)state;
	assert_line(d, &o, "Thread 4243 (worker)  running  held 16.5 us");
	o.fold = true;
	d->threads[2].stopped_ns = 999900;
	assert_line(d, &o,
	    "Threads 4243-4244 (worker)  2 alike  running  "
	    "held at most 999.9 us");
	dump_free(d);
}

/* A path gives way to what stands behind it. */
static void
test_narrow(void **state)
{
	struct dump *d = sample_dump();
	struct dump_text_opts o = usual;
	char *text;

	(void)state;
	o.width = 74;
	text = printed(d, &o);
	assert_memory_equal(text,
	    "Process 4242 (nginx) ...sbin/nginx, 5 threads, "
	    "2026-11-22 07:00:00.123 UTC\n", 75);
	free(text);
	dump_free(d);
}

/* Columns as a terminal counts those of our samples: no escapes in them. */
static size_t
widest(const char *text)
{
	size_t column = 0, max = 0;

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			column = 0;
		else if (*text == '\033')
			text += strcspn(text, "m");
		else if (((unsigned char)*text & 0xc0) != 0x80)
			column++;
		if (column > max)
			max = column;
	}
	return max;
}

static void
test_no_width_is_ever_passed(void **state)
{
	struct dump *all[] = {sample_dump(), hostile_dump(), dump_new()};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (size_t width = 1; width < 120; width++) {
			struct dump_text_opts o = {.fold = true,
			    .inlines = true,
			    .colour = width % 2,
			    .verbose = width % 3 == 0,
			    .width = width};
			char *text = printed(all[i], &o);

			if (widest(text) > width)
				fail_msg("wider than %zu:\n%s", width, text);
			free(text);
		}
		dump_free(all[i]);
	}
}

/* Whatever a target is called, only our own colours reach the terminal. */
static void
assert_harmless(const char *text)
{
	static const char *const ours[] = {"\033[0m", "\033[1m", "\033[2m",
	    "\033[31m", "\033[33m", "\033[36m"};

	assert_true(utf8_valid(text));
	for (const char *s = text; *s != '\0'; s++) {
		bool known = (unsigned char)*s >= ' ' || *s == '\n';

		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			if (strncmp(s, ours[i], strlen(ours[i])) == 0)
				known = true;
		assert_true(known && *s != '\x7f');
	}
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "\xe2\x81\xa6"));
}

static void
test_hostile_names_are_harmless(void **state)
{
	struct dump *d = hostile_dump();
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 16; i++) {
		struct dump_text_opts o = {.fold = i & 1, .colour = i & 2,
		    .verbose = i & 4, .width = i & 8 ? 80 : 0, .inlines = true};
		char *text = printed(d, &o);

		assert_harmless(text);
		lines = 0;
		for (const char *s = text; *s != '\0'; s++)
			lines += *s == '\n';
		/* No newline in a name made one more. */
		assert_int_equal(lines, 2 + 1 + 4 + 1 + 2);
		free(text);
	}
	dump_free(d);
}

static void
test_without_colour_there_is_no_escape(void **state)
{
	struct dump *d = sample_dump();
	char *text = printed(d, &usual);
	struct dump_text_opts o = usual;

	(void)state;
	assert_null(strchr(text, '\033'));
	free(text);
	o.colour = true;
	text = printed(d, &o);
	assert_non_null(strstr(text, "\033[1mThread 4242 (nginx)\033[0m"));
	assert_non_null(strstr(text, "\033[31mend: no-cfi"));
	assert_non_null(strstr(text, "\033[33m[guessed]\033[0m"));
	free(text);
	dump_free(d);
}

static void
test_full_disk_is_told(void **state)
{
	struct dump *d = sample_dump();
	FILE *fp = fopen("/dev/full", "w");
	struct err err;

	(void)state;
	assert_non_null(fp);
	assert_int_equal(dump_text(d, &usual, fp, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "write: No space left on device");
	fclose(fp);
	dump_free(d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_dump),
	    cmocka_unit_test(test_unfolded),
	    cmocka_unit_test(test_the_process_line),
	    cmocka_unit_test(test_durations),
	    cmocka_unit_test(test_several_dumps_stand_apart),
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_tids_of_a_group),
	    cmocka_unit_test(test_names_of_a_group),
	    cmocka_unit_test(test_system_calls_of_a_group),
	    cmocka_unit_test(test_verbose_says_how_long_a_thread_was_held),
	    cmocka_unit_test(test_narrow),
	    cmocka_unit_test(test_no_width_is_ever_passed),
	    cmocka_unit_test(test_hostile_names_are_harmless),
	    cmocka_unit_test(test_without_colour_there_is_no_escape),
	    cmocka_unit_test(test_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
