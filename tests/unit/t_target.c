/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of target.c: which file stands behind a mapping. */
#include "config.h"

#include "target/target.h"

#include "../child.h"

#include <sys/stat.h>

#define SIZE 8192

static struct target target;
static bool may_open;
static pid_t child;
static struct mappings maps;
static char dir[64], path[96], other[96];

static void
write_file(const char *name, char c)
{
	char bytes[SIZE];
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	memset(bytes, c, sizeof(bytes));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	(void)close(fd);
}

static void
map_file(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) ==
	    MAP_FAILED)
		_exit(1);
	(void)close(fd);
	count_for_ever();
}

static int
start(void **state)
{
	struct err err;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/t_target.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/mapped", dir);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
	write_file(path, 'm');
	child = child_start(map_file);
	await(&shared->ready);
	may_open = target_open(child, &target, &err) == 0;
	if (!may_open)
		print_message("a child cannot be opened: %s\n", err.why);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	mappings_deinit(&maps);
	maps = (struct mappings){0};
	if (may_open)
		target_close(&target);
	child_end(child);
	(void)unlink(path);
	(void)unlink(other);
	(void)rmdir(dir);
	return 0;
}

/* The mapping of the file, as it is now. */
static struct mapping
mapped(void)
{
	if (!may_open)
		skip();
	mappings_deinit(&maps);
	assert_true(target_read_maps(&target, &maps));
	for (size_t i = 0; i < maps.n; i++)
		if (strcmp(maps.v[i].name, path) == 0)
			return maps.v[i];
	fail_msg("%s is not mapped", path);
	return (struct mapping){0};
}

/* One whose link in map_files is not there, as for who may not follow it. */
static struct mapping
mapped_by_name(void)
{
	struct mapping m = mapped();

	m.end -= 4096;
	return m;
}

static void
opens(const struct mapping *m, bool does)
{
	int fd = target_open_mapped(&target, m);
	char c = 0;

	assert_int_equal(fd >= 0, does);
	if (fd < 0)
		return;
	assert_int_equal(pread(fd, &c, 1, 0), 1);
	assert_int_equal(c, 'm');
	(void)close(fd);
}

static void
test_by_name_if_device_and_inode_agree(void **state)
{
	struct mapping m = mapped_by_name();

	(void)state;
	opens(&m, true);
	m.ino++;
	opens(&m, false);
}

static void
test_replaced_by_another(void **state)
{
	struct mapping before = mapped_by_name(), m;

	(void)state;
	before.name = path;
	write_file(other, 'x');
	assert_int_equal(rename(other, path), 0);
	opens(&before, false);
	m = mapped_by_name();
	assert_true((m.flags & MAPPING_DELETED) != 0);
	opens(&m, false);
}

/* The inode's number may be given to the next file of that name. */
static void
test_deleted_is_not_looked_for_by_name(void **state)
{
	struct mapping m = mapped_by_name();

	(void)state;
	m.flags |= MAPPING_DELETED;
	opens(&m, false);
}

/* As on an overlay, where stat gives another device than maps shows. */
static void
test_of_another_device_only_with_the_same_content(void **state)
{
	struct mapping m = mapped_by_name();

	(void)state;
	m.dev_minor++;
	opens(&m, true);
	/* what stands there is not what stands in the file */
	m.start = maps.v[0].start;
	opens(&m, false);
	/* beyond the file's end there is nothing to compare */
	m.off = SIZE;
	opens(&m, false);
}

static void
test_a_short_file_on_another_device(void **state)
{
	struct mapping m = mapped_by_name();

	(void)state;
	m.dev_minor++;
	assert_int_equal(truncate(path, 100), 0);
	opens(&m, true);
}

static void
test_what_is_no_file_is_not_opened(void **state)
{
	struct mapping m = mapped_by_name();
	struct stat st;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(stat(path, &st), 0);
	m.ino = st.st_ino;
	/* would wait for a writer */
	opens(&m, false);
	m.ino = 0;
	opens(&m, false);
}

/* The child's executable is the test's. */
static void
test_executable_without_its_name(void **state)
{
	struct mapping m = {0};
	char *exe;
	int fd;

	(void)state;
	(void)mapped();
	exe = target_exe(&target);
	assert_non_null(exe);
	for (size_t i = 0; i < maps.n && m.ino == 0; i++)
		if (strcmp(maps.v[i].name, exe) == 0)
			m = maps.v[i];
	free(exe);
	assert_true(m.ino != 0);
	m.end = m.start + 1;
	m.flags |= MAPPING_DELETED;
	fd = target_open_mapped(&target, &m);
	assert_true(fd >= 0);
	(void)close(fd);
	m.ino++;
	assert_int_equal(target_open_mapped(&target, &m), -1);
}

static void
test_its_parent(void **state)
{
	(void)state;
	if (!may_open)
		skip();
	assert_int_equal(target_parent(&target), getpid());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_by_name_if_device_and_inode_agree, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_replaced_by_another, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_deleted_is_not_looked_for_by_name, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_of_another_device_only_with_the_same_content, start,
		stop),
	    cmocka_unit_test_setup_teardown(
		test_a_short_file_on_another_device, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_what_is_no_file_is_not_opened, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_executable_without_its_name, start, stop),
	    cmocka_unit_test_setup_teardown(test_its_parent, start, stop),
	};

	child_setup();
	/* who opens what is no file may wait for ever */
	(void)alarm(6 * PATIENCE_US / 1000000);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
