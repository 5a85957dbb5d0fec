/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/save.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What a recording is to save.c: something that has names or has not. */
struct fake {
	bool named;
	bool fail_write;
	void (*trouble)(void); /* comes while names are looked up */
};

static void
name(void *ctx)
{
	struct fake *f = ctx;

	if (f->trouble != NULL)
		f->trouble();
	f->named = true;
}

static int
write_it(void *ctx, FILE *fp, struct err *err)
{
	const struct fake *f = ctx;

	if (f->fail_write)
		return err_set(err, ERR_RUNTIME, "no room");
	(void)fputs(f->named ? "with names" : "addresses", fp);
	return 0;
}

static struct save_job
job_of(struct fake *f)
{
	return (struct save_job){.name = name, .write = write_it, .ctx = f};
}

/* --- troubles */

static void
exit_early(void)
{
	_exit(0);
}

static void
ask_parent_again(void)
{
	(void)kill(getppid(), SIGTERM);
	(void)sleep(60);
}

static void
hang_up_parent(void)
{
	(void)kill(getppid(), SIGHUP);
	(void)kill(getppid(), SIGUSR1);
	(void)usleep(20000);
}

static void
wait_a_little(void)
{
	(void)usleep(200000);
}

static void
wait_long(void)
{
	(void)sleep(60);
}

/* --- the directory that each test works in */

static int
enter_empty_dir(void **state)
{
	char dir[] = "/tmp/t_save.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return -1;
	*state = strdup(dir);
	return 0;
}

static int
remove_dir(void **state)
{
	char *dir = *state;
	int r;

	(void)unlink("out");
	(void)unlink("note");
	r = chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
	free(dir);
	return r;
}

static int
files_here(void)
{
	DIR *d = opendir(".");
	int n = -2; /* . and .. */

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

static void
put(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	(void)fputs(text, fp);
	assert_int_equal(fclose(fp), 0);
}

static void
expect_file(const char *path, const char *expected)
{
	char text[64] = "";
	FILE *fp = fopen(path, "r");

	assert_non_null(fp);
	assert_non_null(fgets(text, sizeof(text), fp));
	(void)fclose(fp);
	assert_string_equal(text, expected);
}

/* --- tests */

static void
names_and_writes(void **state)
{
	struct fake f = {0};
	struct save_job job = job_of(&f);
	struct save_result result;
	struct err err;

	(void)state;
	assert_int_equal(save_run(&job, "out", &result, &err), 0);
	assert_int_equal(result.end, SAVE_NAMED);
	assert_int_equal(result.size, 10);
	expect_file("out", "with names");
	assert_int_equal(files_here(), 1);
	assert_false(f.named); /* it happened in the child */
}

static void
a_crash_costs_the_names_only(void **state)
{
	struct fake f = {.trouble = abort};
	struct save_job job = job_of(&f);
	struct save_result result;
	struct err err;

	(void)state;
	assert_int_equal(save_run(&job, "out", &result, &err), 0);
	assert_int_equal(result.end, SAVE_UNNAMED);
	assert_int_equal(result.signal, SIGABRT);
	assert_int_equal(result.size, 9);
	expect_file("out", "addresses");
	assert_int_equal(files_here(), 1);
}

static void
an_early_exit_is_a_crash_too(void **state)
{
	struct fake f = {.trouble = exit_early};
	struct save_job job = job_of(&f);
	struct save_result result;
	struct err err;

	(void)state;
	assert_int_equal(save_run(&job, "out", &result, &err), 0);
	assert_int_equal(result.end, SAVE_UNNAMED);
	assert_int_equal(result.signal, 0);
	expect_file("out", "addresses");
}

static void
a_failed_write_is_told(void **state)
{
	struct fake f = {.fail_write = true};
	struct save_job job = job_of(&f);
	struct save_result result;
	struct err err;

	(void)state;
	put("out", "older");
	assert_int_equal(save_run(&job, "out", &result, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "out: no room");
	expect_file("out", "older");
	assert_int_equal(files_here(), 1);
}

static void
a_second_request_aborts(void **state)
{
	struct fake f = {.trouble = ask_parent_again};
	struct save_job job = job_of(&f);
	struct save_result result;
	struct err err;

	(void)state;
	put("out", "older");
	assert_int_equal(save_run(&job, "out", &result, &err), 0);
	assert_int_equal(result.end, SAVE_ABORTED);
	expect_file("out", "older");
	assert_int_equal(files_here(), 1);
}

static void
a_lost_terminal_does_not(void **state)
{
	struct fake f = {.trouble = hang_up_parent};
	struct save_job job = job_of(&f);
	struct save_result result;
	struct err err;

	(void)state;
	assert_int_equal(save_run(&job, "out", &result, &err), 0);
	assert_int_equal(result.end, SAVE_NAMED);
	expect_file("out", "with names");
}

/* Runs where the background save runs. */
static void
take_note(void *ctx, const char *path, int rc, const struct save_result *result,
    struct err *err)
{
	char text[64];

	(void)ctx;
	(void)err;
	(void)snprintf(
	    text, sizeof(text), "%s %d %d", path, rc, (int)result->end);
	put("note", text);
}

static void
background_leaves_us_free(void **state)
{
	struct fake f = {.trouble = wait_a_little};
	struct save_job job = job_of(&f);
	pid_t pid = save_start(&job, "out", take_note);

	(void)state;
	assert_true(pid > 0);
	assert_false(save_is_over(pid));
	while (!save_is_over(pid))
		(void)usleep(5000);
	expect_file("out", "with names");
	expect_file("note", "out 0 0");
	assert_int_equal(files_here(), 2);
}

static void
background_survives_the_terminal(void **state)
{
	struct fake f = {.trouble = wait_a_little};
	struct save_job job = job_of(&f);
	pid_t pid = save_start(&job, "out", take_note);

	(void)state;
	(void)kill(pid, SIGINT);
	(void)kill(pid, SIGTERM);
	(void)kill(pid, SIGHUP);
	assert_true(save_wait(pid));
	expect_file("out", "with names");
}

static void
background_crash_costs_the_names_only(void **state)
{
	struct fake f = {.trouble = abort};
	struct save_job job = job_of(&f);
	pid_t pid = save_start(&job, "out", take_note);

	(void)state;
	assert_true(save_wait(pid));
	expect_file("out", "addresses");
	expect_file("note", "out 0 1");
}

static void
abort_reaches_the_background(void **state)
{
	struct fake f = {.trouble = wait_long};
	struct save_job job = job_of(&f);
	pid_t pid = save_start(&job, "out", take_note);

	(void)state;
	while (files_here() == 0)
		(void)usleep(1000); /* until it has its file open */
	(void)raise(SIGINT);	    /* held back until it is waited for */
	assert_false(save_wait(pid));
	expect_file("note", "out 0 2");
	assert_int_equal(files_here(), 1);
}

/* ---- a command runs beside ---- */

static pid_t command;

static void
press_ctrl_c(void)
{
	(void)kill(getppid(), SIGINT);
	(void)usleep(20000);
	(void)kill(getppid(), SIGINT);
	(void)usleep(20000);
}

static void
end_parent(void)
{
	(void)kill(getppid(), SIGTERM);
	(void)usleep(20000);
}

/* To be the last: there is no way back. */
static void
a_command_has_the_signals_first(void **state)
{
	struct fake f = {.trouble = press_ctrl_c};
	struct save_job job = job_of(&f);
	struct save_result result;
	struct err err;
	int status;

	(void)state;
	command = fork();
	if (command == 0)
		for (;;)
			(void)pause();
	save_beside_command(command);
	assert_int_equal(save_run(&job, "out", &result, &err), 0);
	assert_int_equal(result.end, SAVE_NAMED);
	expect_file("out", "with names");
	assert_int_equal(waitpid(command, &status, WNOHANG), 0);
	f.trouble = end_parent;
	assert_int_equal(save_run(&job, "out", &result, &err), 0);
	assert_int_equal(result.end, SAVE_NAMED);
	/* It holds SIGTERM back, as we do. */
	(void)kill(command, SIGKILL);
	assert_int_equal(waitpid(command, &status, 0), command);
	assert_int_equal(save_run(&job, "out", &result, &err), 0);
	assert_int_equal(result.end, SAVE_ABORTED);
}

static void
what_came_meanwhile_is_dropped(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
	sigset_t pending;

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)raise(signals[i]);
	save_drop_signals();
	assert_int_equal(sigpending(&pending), 0);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		assert_int_equal(sigismember(&pending, signals[i]), 0);
}

static void
a_file_may_be_too_large(void **state)
{
	struct rlimit before, four_bytes;
	struct fake f = {0};
	struct save_job job = job_of(&f);
	struct save_result result;
	struct err err;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	four_bytes = before;
	four_bytes.rlim_cur = 4;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &four_bytes), 0);
	assert_int_equal(save_run(&job, "out", &result, &err), -ERR_RUNTIME);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(files_here(), 0);
}

int
main(void)
{
#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, enter_empty_dir, remove_dir)
	const struct CMUnitTest tests[] = {
	    TEST(names_and_writes),
	    TEST(a_crash_costs_the_names_only),
	    TEST(an_early_exit_is_a_crash_too),
	    TEST(a_failed_write_is_told),
	    TEST(a_second_request_aborts),
	    TEST(a_lost_terminal_does_not),
	    TEST(background_leaves_us_free),
	    TEST(background_survives_the_terminal),
	    TEST(background_crash_costs_the_names_only),
	    TEST(abort_reaches_the_background),
	    TEST(what_came_meanwhile_is_dropped),
	    TEST(a_file_may_be_too_large),
	    TEST(a_command_has_the_signals_first),
	};

	save_hold_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
