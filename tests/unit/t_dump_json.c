/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/dump_json.h"

#include "sample_dump.h"

#include "base/escape.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* To be freed. */
static char *
printed(const struct dump *d)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);
	struct err err;

	assert_int_equal(dump_json(d, fp, &err), 0);
	fclose(fp);
	return text;
}

static json_t *
object(const struct dump *d)
{
	char *text = printed(d);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	return o;
}

/* design.md section 7, with what was added behind it. */
static void
test_keys_and_their_order(void **state)
{
	struct dump *d = dump_new();
	struct dump_thread *th = dump_add_thread(d, 4242);
	struct dump_frame *f;
	char *text;

	(void)state;
	d->pid = 4242;
	d->comm = "nginx";
	d->exe = "/usr/sbin/nginx";
	d->time = (struct timespec){1795330800, 123999999};
	th->name = "nginx";
	th->state = 'S';
	sample_syscall(d, th, 232, "epoll_wait", "epoll_wait fd 5");
	th->syscall->n_args = 1;
	f = sample_frame(d, th, "epoll_wait", NULL, 0);
	f->pc = 0x7f1200001234;
	f->module = "/usr/lib/libc.so.6";
	f->build_id = "ab12";
	f->module_offset = 0x1234;
	f->function_offset = 0x5e;
	text = printed(d);
	assert_string_equal(text,
	    "{\"schema\":\"scrape-dump/1\",\"version\":\"" PACKAGE_VERSION
	    "\",\"time\":\"2026-11-22T07:00:00.123Z\",\"pid\":4242,"
	    "\"comm\":\"nginx\",\"exe\":\"/usr/sbin/nginx\",\"threads\":["
	    "{\"tid\":4242,\"name\":\"nginx\",\"state\":\"S\","
	    "\"stopped_us\":0.0,"
	    "\"syscall\":{\"number\":232,\"name\":\"epoll_wait\","
	    "\"args\":[\"0x5\"],\"text\":\"epoll_wait fd 5\"},"
	    "\"end\":\"root\",\"complete\":true,\"frames\":["
	    "{\"pc\":\"0x7f1200001234\",\"module\":\"/usr/lib/libc.so.6\","
	    "\"build_id\":\"ab12\",\"module_offset\":\"0x1234\","
	    "\"function\":\"epoll_wait\",\"system_name\":\"epoll_wait\","
	    "\"function_offset\":\"0x5e\",\"file\":null,\"line\":null,"
	    "\"inlined\":false,\"signal_frame\":false,\"guessed\":false,"
	    "\"column\":null}],\"problem\":null}],"
	    "\"ppid\":null,\"frozen_us\":null}\n");
	free(text);
	dump_free(d);
}

static const json_t *
get(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	assert_non_null(v);
	return v;
}

static const json_t *
thread_at(const json_t *o, size_t i)
{
	return json_array_get(get(o, "threads"), i);
}

static void
test_unknown_is_null(void **state)
{
	struct dump *d = dump_new();
	const json_t *th, *f;
	json_t *o;

	(void)state;
	(void)sample_frame(d, dump_add_thread(d, 1), NULL, NULL, 0);
	d->threads[0].frames[0].module = NULL;
	d->threads[0].frames[0].build_id = NULL;
	d->time = (struct timespec){INT64_MAX, 0};
	o = object(d);
	th = thread_at(o, 0);
	f = json_array_get(get(th, "frames"), 0);
	assert_true(json_is_null(get(o, "time")));
	assert_true(json_is_null(get(o, "comm")));
	assert_true(json_is_null(get(o, "exe")));
	assert_true(json_is_null(get(th, "name")));
	assert_true(json_is_null(get(th, "state")));
	assert_true(json_is_null(get(th, "syscall")));
	assert_true(json_is_null(get(f, "module")));
	assert_true(json_is_null(get(f, "build_id")));
	assert_true(json_is_null(get(f, "module_offset")));
	assert_true(json_is_null(get(f, "function")));
	assert_true(json_is_null(get(f, "system_name")));
	assert_true(json_is_null(get(f, "function_offset")));
	assert_true(json_is_null(get(f, "file")));
	assert_true(json_is_null(get(f, "line")));
	assert_true(json_is_null(get(f, "column")));
	json_decref(o);
	dump_free(d);
}

static void
test_complete_is_for_the_root_only(void **state)
{
	struct dump *d = dump_new();
	json_t *o;

	(void)state;
	for (int end = 0; end < END_NR; end++)
		dump_add_thread(d, end)->end = (enum end_reason)end;
	dump_add_thread(d, END_NR)->problem = "it is gone";
	o = object(d);
	for (int end = 0; end < END_NR; end++) {
		const json_t *th = thread_at(o, (size_t)end);

		assert_string_equal(json_string_value(get(th, "end")),
		    end_reason_name((enum end_reason)end));
		assert_int_equal(
		    json_is_true(get(th, "complete")), end == END_ROOT);
		assert_true(json_is_null(get(th, "problem")));
	}
	assert_true(json_is_null(get(thread_at(o, END_NR), "end")));
	assert_true(json_is_false(get(thread_at(o, END_NR), "complete")));
	assert_string_equal(
	    json_string_value(get(thread_at(o, END_NR), "problem")),
	    "it is gone");
	json_decref(o);
	dump_free(d);
}

static void
test_times_are_microseconds(void **state)
{
	struct dump *d = dump_new();
	json_t *o;

	(void)state;
	dump_add_thread(d, 1)->stopped_ns = 12345;
	d->frozen_ns = 5;
	d->ppid = 77;
	o = object(d);
	/* Nobody asked for --freeze. */
	assert_true(json_is_null(get(o, "frozen_us")));
	assert_int_equal(json_integer_value(get(o, "ppid")), 77);
	assert_true(
	    json_real_value(get(thread_at(o, 0), "stopped_us")) == 12.345);
	json_decref(o);
	d->is_frozen = true;
	d->frozen_ns = 0;
	o = object(d);
	assert_true(json_is_real(get(o, "frozen_us")));
	json_decref(o);
	dump_free(d);
}

/* Valid, and the same names come out, but for what is not UTF-8. */
static void
test_hostile_names(void **state)
{
	struct dump *d = hostile_dump();
	char *text = printed(d), *name = utf8_repaired(HOSTILE);
	json_t *o = object(d);
	const json_t *th = thread_at(o, 0);

	(void)state;
	for (const char *s = text; *s != '\0'; s++)
		assert_true((*s >= ' ' && *s <= '\x7f') || *s == '\n');
	assert_string_equal(json_string_value(get(o, "comm")), name);
	assert_string_equal(json_string_value(get(th, "name")), name);
	assert_string_equal(
	    json_string_value(get(get(th, "syscall"), "text")), name);
	assert_int_equal(
	    json_array_size(get(get(th, "syscall"), "args")), SYSCALL_ARGS);
	assert_string_equal(json_string_value(get(thread_at(o, 1), "problem")),
	    name);
	json_decref(o);
	free(name);
	free(text);
	dump_free(d);
}

static void
test_huge_symbol(void **state)
{
	size_t size = 100000;
	char *name = malloc(size + 1);
	struct dump *d = dump_new();
	json_t *o;
	const json_t *f;

	(void)state;
	memset(name, '\xff', size);
	name[size] = '\0';
	(void)sample_frame(d, dump_add_thread(d, 1), name, NULL, 0);
	o = object(d);
	f = json_array_get(get(thread_at(o, 0), "frames"), 0);
	assert_int_equal(json_string_length(get(f, "function")), 3 * size);
	json_decref(o);
	dump_free(d);
	free(name);
}

/* The text of a frame is used again only where the frame is the same. */
static void
test_frames_are_not_mixed_up(void **state)
{
	struct dump *d = dump_new();
	json_t *o;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct dump_thread *th = dump_add_thread(d, i);
		struct dump_frame *f = sample_frame(d, th, "f", "a.c", 1);

		/* Neither of the two is in the hash. */
		f->function = i % 3 == 0 ? "g" : "f";
		f->guessed = i % 2;
	}
	o = object(d);
	for (int i = 0; i < 300; i++) {
		const json_t *f = json_array_get(
		    get(thread_at(o, (size_t)i), "frames"), 0);

		assert_string_equal(json_string_value(get(f, "function")),
		    i % 3 == 0 ? "g" : "f");
		assert_int_equal(json_is_true(get(f, "guessed")), i % 2);
	}
	json_decref(o);
	dump_free(d);
}

static void
test_full_disk_is_told(void **state)
{
	struct dump *d = big_dump(100, 10, 0);
	FILE *fp = fopen("/dev/full", "w");
	struct err err;

	(void)state;
	assert_non_null(fp);
	assert_int_equal(dump_json(d, fp, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "write: No space left on device");
	fclose(fp);
	dump_free(d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys_and_their_order),
	    cmocka_unit_test(test_unknown_is_null),
	    cmocka_unit_test(test_complete_is_for_the_root_only),
	    cmocka_unit_test(test_times_are_microseconds),
	    cmocka_unit_test(test_hostile_names),
	    cmocka_unit_test(test_huge_symbol),
	    cmocka_unit_test(test_frames_are_not_mixed_up),
	    cmocka_unit_test(test_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
