/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/outfile.h"

#include "base/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Every test works in an empty directory of its own. */
static char dir[] = "/tmp/t_outfile.XXXXXX";

static int
set_up(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) < 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	char *command = xasprintf("rm -rf '%s'", dir);
	int r;

	(void)state;
	r = chdir("/") < 0 || system(command) != 0 ? -1 : 0;
	free(command);
	return r;
}

static size_t
n_files(void)
{
	DIR *d = opendir(".");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
put(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	assert_int_equal(fputs(text, fp) >= 0, 1);
	assert_int_equal(fclose(fp), 0);
}

static void
assert_holds(const char *path, const char *text)
{
	char buf[256];
	FILE *fp = fopen(path, "r");
	size_t n;

	assert_non_null(fp);
	n = fread(buf, 1, sizeof(buf) - 1, fp);
	buf[n] = '\0';
	fclose(fp);
	assert_string_equal(buf, text);
}

static void
write_whole(const char *path, const char *text)
{
	struct outfile f;
	struct err err;
	off_t size = -1;

	assert_int_equal(outfile_open(&f, path, &err), 0);
	fputs(text, f.fp);
	assert_int_equal(outfile_commit(&f, &size, &err), 0);
	assert_int_equal(size, strlen(text));
}

static void
assert_refused(const char *path, const char *why)
{
	struct outfile f;
	struct err err;

	assert_int_equal(outfile_check(path, &err), -ERR_RUNTIME);
	assert_non_null(strstr(err.what, path));
	if (strstr(err.why, why) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", why, err.why);
	assert_int_equal(outfile_open(&f, path, &err), -ERR_RUNTIME);
}

static void
test_check_writes_nothing(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(outfile_check("new", &err), 0);
	assert_int_equal(n_files(), 0);
}

static void
test_there_only_after_commit(void **state)
{
	struct outfile f;
	struct err err;

	(void)state;
	put("out", "old");
	assert_int_equal(outfile_open(&f, "out", &err), 0);
	fputs("new", f.fp);
	assert_int_equal(fflush(f.fp), 0);
	assert_holds("out", "old");
	assert_int_equal(n_files(), 2);
	assert_int_equal(outfile_commit(&f, NULL, &err), 0);
	assert_holds("out", "new");
	assert_int_equal(n_files(), 1);
}

static void
test_abort_leaves_nothing(void **state)
{
	struct outfile f;
	struct err err;

	(void)state;
	put("out", "old");
	assert_int_equal(outfile_open(&f, "out", &err), 0);
	fputs("new", f.fp);
	outfile_abort(&f);
	outfile_abort(&f);
	assert_holds("out", "old");
	assert_int_equal(n_files(), 1);
}

static void
test_path_with_directories(void **state)
{
	char *path = xasprintf("%s/sub/out", dir);

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	write_whole("sub/out", "one");
	assert_holds(path, "one");
	write_whole(path, "two");
	assert_holds("sub/out", "two");
	free(path);
}

static void
test_mode_is_what_umask_leaves(void **state)
{
	mode_t old = umask(027);
	struct stat st;

	(void)state;
	write_whole("out", "x");
	assert_int_equal(umask(old), 027);
	assert_int_equal(stat("out", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void
test_link_stays(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	put("sub/file", "old");
	assert_int_equal(symlink("sub/file", "link"), 0);
	write_whole("link", "new");
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_holds("sub/file", "new");
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_refused("dangling", "link to no file");
}

static void
test_refusals(void **state)
{
	char *name = malloc(NAME_MAX + 1);
	struct err err;

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	put("file", "");
	assert_refused("sub", "it is a directory");
	assert_refused("sub/", "it is a directory");
	assert_refused("none/", "it is a directory");
	assert_refused("none/out", "none: No such file or directory");
	assert_refused("file/out", "file: Not a directory");
	memset(name, 'a', NAME_MAX);
	name[NAME_MAX] = '\0';
	assert_int_equal(outfile_check(name, &err), -ERR_RUNTIME);
	assert_string_equal(err.why, "the name is too long");
	assert_int_equal(outfile_check("", &err), -ERR_USAGE);
	free(name);
}

static void
test_directory_that_may_not_be_written(void **state)
{
	(void)state;
	assert_int_equal(mkdir("sub", 0500), 0);
	if (geteuid() == 0) {
		/* Root may write anywhere; nobody may not. */
		assert_int_equal(chmod(dir, 0755), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	assert_refused("sub/out", "sub: Permission denied");
	assert_int_equal(seteuid(getuid()), 0);
}

static void
test_file_of_another_in_a_sticky_directory(void **state)
{
	struct err err;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(chmod("sub", 01777), 0);
	put("sub/root", "");
	assert_int_equal(chmod("sub/root", 0666), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_refused("sub/root", "sticky");
	assert_int_equal(outfile_check("sub/mine", &err), 0);
	assert_int_equal(seteuid(0), 0);
}

static void
test_special_files_are_written_in_place(void **state)
{
	struct stat st;
	char buf[16];
	int reader;

	(void)state;
	write_whole("/dev/null", "gone");
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));

	assert_int_equal(mkfifo("fifo", 0600), 0);
	reader = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	write_whole("fifo", "through");
	assert_int_equal(read(reader, buf, sizeof(buf)), 7);
	assert_memory_equal(buf, "through", 7);
	assert_int_equal(n_files(), 1);
	close(reader);
}

/* Standard output into a file; returns what undoes it. */
static int
catch_stdout(const char *path)
{
	int saved = dup(STDOUT_FILENO);
	int to = open(path, O_WRONLY | O_CREAT, 0600);

	fflush(stdout);
	assert_int_equal(dup2(to, STDOUT_FILENO), STDOUT_FILENO);
	close(to);
	return saved;
}

static void
release_stdout(int saved)
{
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

static void
test_stdout(void **state)
{
	int saved = catch_stdout("caught");

	(void)state;
	write_whole("-", "product");
	/* It is still open for others. */
	assert_int_equal(write(STDOUT_FILENO, "!", 1), 1);
	release_stdout(saved);
	assert_holds("caught", "product!");
	assert_int_equal(n_files(), 1);
}

static void
test_stdout_gets_nothing_more_after_abort(void **state)
{
	int saved = catch_stdout("caught");
	struct outfile f;
	struct err err;

	(void)state;
	assert_int_equal(outfile_open(&f, "-", &err), 0);
	fputs("half", f.fp);
	outfile_abort(&f);
	release_stdout(saved);
	assert_holds("caught", "");
}

static void
test_full_disk_names_file_and_cause(void **state)
{
	struct outfile f;
	struct err err;

	(void)state;
	assert_int_equal(outfile_open(&f, "/dev/full", &err), 0);
	fputs("small", f.fp);
	assert_int_equal(outfile_commit(&f, NULL, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "cannot write /dev/full");
	assert_string_equal(err.why, "No space left on device");
	outfile_abort(&f);
}

/*
 * A limit on the size of files fails as a full disk does, in the middle, and
 * the cause is still known at the end although the writer paid no attention.
 */
static void
test_failure_in_the_middle(void **state)
{
	struct rlimit old, small;
	struct outfile f;
	struct err err;
	int r;

	(void)state;
	put("out", "old");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 100000;
	assert_int_equal(outfile_open(&f, "out", &err), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 300000; i++)
		fputc('x', f.fp);
	errno = 0;
	r = outfile_commit(&f, NULL, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(r, -ERR_RUNTIME);
	assert_string_equal(err.what, "cannot write out");
	assert_string_equal(err.why, "File too large");
	assert_holds("out", "old");
	assert_int_equal(n_files(), 1);
}

#define in_own_dir(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    in_own_dir(test_check_writes_nothing),
	    in_own_dir(test_there_only_after_commit),
	    in_own_dir(test_abort_leaves_nothing),
	    in_own_dir(test_path_with_directories),
	    in_own_dir(test_mode_is_what_umask_leaves),
	    in_own_dir(test_link_stays),
	    in_own_dir(test_refusals),
	    in_own_dir(test_directory_that_may_not_be_written),
	    in_own_dir(test_file_of_another_in_a_sticky_directory),
	    in_own_dir(test_special_files_are_written_in_place),
	    in_own_dir(test_stdout),
	    in_own_dir(test_stdout_gets_nothing_more_after_abort),
	    in_own_dir(test_full_disk_names_file_and_cause),
	    in_own_dir(test_failure_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
