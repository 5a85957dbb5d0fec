/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each test writes a profile, reads it back with the generated decoder, and
 * first of all holds it against everything that readers reject or get wrong
 * (research/interface.md 1.3 and 1.9): see assert_valid().
 */
#include "config.h"

#include "output/output.h"
#include "output/profile.pb-c.h"

#include "profile/profile.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#define MAX_PROFILE_SIZE (1 << 24)

typedef Perftools__Profiles__Profile Profile;
typedef Perftools__Profiles__Sample Sample;
typedef Perftools__Profiles__Location Location;
typedef Perftools__Profiles__Function Function;
typedef Perftools__Profiles__Mapping Mapping;
typedef Perftools__Profiles__Line Line;

struct fixture {
	struct profile p;
	uint32_t exe, lib;
	Profile *read;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	profile_init(&f->p, 0, 0);
	f->exe = profile_mapping(
	    &f->p, 0x400000, 0x500000, 0x1000, "/usr/bin/prog", "abcd");
	f->lib =
	    profile_mapping(&f->p, 0x7f0000, 0x800000, 0, "/lib/libz.so.1", "");
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->read != NULL)
		perftools__profiles__profile__free_unpacked(f->read, NULL);
	profile_deinit(&f->p);
	free(f);
	return 0;
}

static void
write_file(const struct profile *p, char **ret, size_t *ret_size)
{
	FILE *fp = open_memstream(ret, ret_size);
	struct err err;

	assert_int_equal(output_pprof.write(p, fp, &err), 0);
	fclose(fp);
}

static void
assert_string(const Profile *r, int64_t id)
{
	assert_true(id >= 0 && (uint64_t)id < r->n_string_table);
}

static const char *
text(const Profile *r, int64_t id)
{
	assert_string(r, id);
	return r->string_table[id];
}

static void
assert_no_controls(const char *s)
{
	for (; *s != '\0'; s++)
		assert_true((unsigned char)*s >= ' ' && *s != '\x7f');
}

static void
assert_valid_strings(const Profile *r)
{
	assert_true(r->n_string_table > 0);
	assert_string_equal(r->string_table[0], "");
	for (size_t i = 0; i < r->n_string_table; i++) {
		assert_true(utf8_valid(r->string_table[i]));
		assert_no_controls(r->string_table[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(
			    r->string_table[i], r->string_table[j]);
	}
}

static void
assert_valid_header(const Profile *r)
{
	const char *last = r->n_sample_type == 3 ? "wall" : "cpu";

	assert_in_range(r->n_sample_type, 2, 3);
	assert_string_equal(text(r, r->sample_type[0]->type), "samples");
	assert_string_equal(text(r, r->sample_type[0]->unit), "count");
	assert_string_equal(text(r, r->sample_type[1]->type), "cpu");
	assert_string_equal(text(r, r->sample_type[1]->unit), "nanoseconds");
	assert_string_equal(
	    text(r, r->sample_type[r->n_sample_type - 1]->type), last);
	assert_string_equal(text(r, r->period_type->type), last);
	assert_string_equal(text(r, r->period_type->unit), "nanoseconds");
	assert_string_equal(text(r, r->default_sample_type), last);
	assert_int_equal(r->drop_frames, 0);
	assert_int_equal(r->keep_frames, 0);
	assert_int_equal(r->doc_url, 0);
	for (size_t i = 0; i < r->n_comment; i++)
		assert_string(r, r->comment[i]);
}

static void
assert_valid_mappings(const Profile *r)
{
	for (size_t i = 0; i < r->n_mapping; i++) {
		const Mapping *m = r->mapping[i];

		assert_int_equal(m->id, i + 1);
		assert_string_not_equal(text(r, m->filename), "");
		assert_null(strstr(text(r, m->filename), " (deleted)"));
		assert_string(r, m->build_id);
	}
}

static void
assert_valid_functions(const Profile *r)
{
	for (size_t i = 0; i < r->n_function; i++) {
		const Function *f = r->function[i];

		assert_int_equal(f->id, i + 1);
		assert_string_not_equal(text(r, f->name), "");
		assert_string(r, f->system_name);
		assert_string(r, f->filename);
		assert_true(f->start_line >= 0);
	}
}

static void
assert_valid_locations(const Profile *r)
{
	for (size_t i = 0; i < r->n_location; i++) {
		const Location *l = r->location[i];

		assert_int_equal(l->id, i + 1);
		assert_true(l->mapping_id <= r->n_mapping);
		assert_false(l->is_folded);
		if (l->mapping_id != 0) {
			const Mapping *m = r->mapping[l->mapping_id - 1];

			assert_true(l->address >= m->memory_start);
			assert_true(l->address < m->memory_limit);
		} else {
			/* Else a bare address would be all to see. */
			assert_true(l->n_line > 0);
		}
		for (size_t j = 0; j < l->n_line; j++) {
			assert_true(l->line[j]->function_id >= 1);
			assert_true(l->line[j]->function_id <= r->n_function);
			assert_true(l->line[j]->line >= 0);
		}
	}
}

static void
assert_valid_labels(const Profile *r, const Sample *s)
{
	for (size_t i = 0; i < s->n_label; i++) {
		assert_string_not_equal(text(r, s->label[i]->key), "");
		assert_string_not_equal(text(r, s->label[i]->str), "");
		assert_int_equal(s->label[i]->num, 0);
		assert_int_equal(s->label[i]->num_unit, 0);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(
			    s->label[i]->key, s->label[j]->key);
	}
}

static void
assert_valid_samples(const Profile *r)
{
	for (size_t i = 0; i < r->n_sample; i++) {
		const Sample *s = r->sample[i];

		assert_int_equal(s->n_value, r->n_sample_type);
		assert_true(s->value[0] >= 0 && s->value[1] >= 0);
		assert_true(s->value[0] > 0 || s->value[1] > 0 ||
			    (s->n_value == 3 && s->value[2] > 0));
		assert_true(s->n_location_id > 0);
		for (size_t j = 0; j < s->n_location_id; j++) {
			assert_true(s->location_id[j] >= 1);
			assert_true(s->location_id[j] <= r->n_location);
		}
		assert_valid_labels(r, s);
	}
}

static void
assert_valid(const Profile *r)
{
	assert_valid_strings(r);
	assert_valid_header(r);
	assert_valid_mappings(r);
	assert_valid_functions(r);
	assert_valid_locations(r);
	assert_valid_samples(r);
}

static const Profile *
read_back(struct fixture *f)
{
	uint8_t *raw = xmalloc(MAX_PROFILE_SIZE);
	z_stream z = {.next_out = raw, .avail_out = MAX_PROFILE_SIZE};
	char *file = NULL;
	size_t size = 0;

	write_file(&f->p, &file, &size);
	assert_memory_equal(file, "\x1f\x8b", 2);
	z.next_in = (Bytef *)file;
	z.avail_in = (uInt)size;
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	if (f->read != NULL)
		perftools__profiles__profile__free_unpacked(f->read, NULL);
	f->read = perftools__profiles__profile__unpack(NULL, z.total_out, raw);
	assert_non_null(f->read);
	inflateEnd(&z);
	free(file);
	free(raw);
	assert_valid(f->read);
	return f->read;
}

/* One sample of one stack, leaf first. */
static void
add(struct fixture *f, const uint32_t *stack, size_t n)
{
	profile_add(
	    &f->p, profile_labels(&f->p, 7, 8, "worker"), stack, n,
	    cpu_weight(1, 10));
}

static uint32_t
named(struct fixture *f, uint64_t addr, const char *name)
{
	uint32_t frame = profile_frame(&f->p, f->exe, addr);
	struct profile_line line = {
	    .function = profile_function(&f->p, name, name, "", 0)};

	profile_set_lines(&f->p, frame, &line, 1);
	return frame;
}

static const Location *
location(const Profile *r, size_t sample, size_t i)
{
	assert_true(i < r->sample[sample]->n_location_id);
	return r->location[r->sample[sample]->location_id[i] - 1];
}

static const Function *
function(const Profile *r, const Location *l, size_t line)
{
	assert_true(line < l->n_line);
	return r->function[l->line[line]->function_id - 1];
}

static const char *
name(const Profile *r, const Location *l, size_t line)
{
	return text(r, function(r, l, line)->name);
}

/* The value of a sample's label, or NULL. */
static const char *
label(const Profile *r, size_t sample, const char *key)
{
	const Sample *s = r->sample[sample];

	for (size_t i = 0; i < s->n_label; i++)
		if (strcmp(text(r, s->label[i]->key), key) == 0)
			return text(r, s->label[i]->str);
	return NULL;
}

static void
test_header(void **state)
{
	struct fixture *f = *state;
	const Profile *r;

	f->p.time_ns = 1234567890123456789;
	f->p.duration_ns = 10000000000;
	f->p.period_ns = 10000000;
	profile_comment(&f->p, "scrape 0.1.0");
	profile_comment(&f->p, "nginx");
	r = read_back(f);
	assert_int_equal(r->time_nanos, 1234567890123456789);
	assert_int_equal(r->duration_nanos, 10000000000);
	assert_int_equal(r->period, 10000000);
	assert_int_equal(r->n_comment, 2);
	assert_string_equal(text(r, r->comment[0]), "scrape 0.1.0");
	assert_string_equal(text(r, r->comment[1]), "nginx");
}

static void
test_empty_profile_has_its_types(void **state)
{
	const Profile *r = read_back(*state);

	assert_int_equal(r->n_sample, 0);
	assert_int_equal(r->n_location, 0);
	assert_int_equal(r->n_function, 0);
}

static void
test_leaf_first_addresses_as_they_are(void **state)
{
	struct fixture *f = *state;
	uint32_t stack[] = {named(f, 0x400100, "parse"),
	    named(f, 0x4001ff, "run"), named(f, 0x4002ff, "main")};
	static const uint64_t addresses[] = {0x400100, 0x4001ff, 0x4002ff};
	static const char *const names[] = {"parse", "run", "main"};
	const Profile *r;

	add(f, stack, 3);
	r = read_back(f);
	assert_int_equal(r->n_sample, 1);
	assert_int_equal(r->sample[0]->n_location_id, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(location(r, 0, i)->address, addresses[i]);
		assert_int_equal(location(r, 0, i)->mapping_id, 1);
		assert_string_equal(name(r, location(r, 0, i), 0), names[i]);
	}
}

static void
test_values(void **state)
{
	struct fixture *f = *state;
	uint32_t l = profile_labels(&f->p, 7, 8, "worker");
	uint32_t a = named(f, 0x400100, "a"), b = named(f, 0x400101, "b");
	const Profile *r;

	profile_add(&f->p, l, &a, 1, cpu_weight(3, 31000000));
	profile_add(&f->p, l, &b, 1, cpu_weight(UINT64_MAX, UINT64_MAX));
	r = read_back(f);
	assert_int_equal(r->sample[0]->value[0], 3);
	assert_int_equal(r->sample[0]->value[1], 31000000);
	assert_int_equal(r->sample[1]->value[0], INT64_MAX);
	assert_int_equal(r->sample[1]->value[1], INT64_MAX);
}

static void
test_innermost_line_first(void **state)
{
	struct fixture *f = *state;
	uint32_t frame = profile_frame(&f->p, f->exe, 0x400100);
	struct profile_line lines[] = {
	    {profile_function(&f->p, "inner()", "_Z5inner", "/a.h", 3), 5, 7},
	    {profile_function(&f->p, "outer()", "_Z5outer", "/a.cc", 9), 11, 0},
	};
	const Profile *r;
	const Location *l;

	profile_set_lines(&f->p, frame, lines, 2);
	add(f, &frame, 1);
	r = read_back(f);
	l = location(r, 0, 0);
	assert_int_equal(l->n_line, 2);
	assert_string_equal(name(r, l, 0), "inner()");
	assert_string_equal(
	    text(r, function(r, l, 0)->system_name), "_Z5inner");
	assert_string_equal(text(r, function(r, l, 0)->filename), "/a.h");
	assert_int_equal(function(r, l, 0)->start_line, 3);
	assert_int_equal(l->line[0]->line, 5);
	assert_int_equal(l->line[0]->column, 7);
	assert_string_equal(name(r, l, 1), "outer()");
	assert_int_equal(l->line[1]->line, 11);
}

static void
test_two_addresses_of_one_inline_chain_are_two(void **state)
{
	struct fixture *f = *state;
	uint32_t a = named(f, 0x400100, "f"), b = named(f, 0x400104, "f");
	const Profile *r;

	add(f, &a, 1);
	add(f, &b, 1);
	r = read_back(f);
	assert_int_equal(r->n_location, 2);
	assert_int_equal(r->n_function, 1);
	assert_int_equal(r->n_sample, 2);
}

static void
test_only_what_is_used_is_written(void **state)
{
	struct fixture *f = *state;
	uint32_t unused = named(f, 0x400100, "unused");
	uint32_t weightless = named(f, 0x400101, "weightless");
	uint32_t used = named(f, 0x400102, "used");
	const Profile *r;

	(void)unused;
	profile_add(
	    &f->p, profile_labels(&f->p, 7, 8, "nobody"), &weightless, 1,
	    cpu_weight(0, 0));
	add(f, &used, 1);
	r = read_back(f);
	assert_int_equal(r->n_sample, 1);
	assert_int_equal(r->n_location, 1);
	assert_int_equal(r->n_function, 1);
	assert_string_equal(name(r, location(r, 0, 0), 0), "used");
	for (size_t i = 0; i < r->n_string_table; i++) {
		assert_string_not_equal(r->string_table[i], "unused");
		assert_string_not_equal(r->string_table[i], "weightless");
		assert_string_not_equal(r->string_table[i], "nobody");
	}
}

static void
test_marker_is_a_function_in_no_mapping(void **state)
{
	struct fixture *f = *state;
	uint32_t stack[] = {named(f, 0x400100, "f"),
	    profile_marker(&f->p, "[truncated: no-cfi]")};
	const Profile *r;
	const Location *l;

	add(f, stack, 2);
	r = read_back(f);
	l = location(r, 0, 1);
	assert_int_equal(l->mapping_id, 0);
	assert_int_equal(l->address, 0);
	assert_int_equal(l->n_line, 1);
	assert_string_equal(name(r, l, 0), "[truncated: no-cfi]");
}

static void
test_cpu_time_without_a_sample_counts(void **state)
{
	struct fixture *f = *state;
	uint32_t marker = profile_marker(&f->p, "[not sampled]");
	const Profile *r;

	profile_add(&f->p, profile_labels(&f->p, 7, 8, "worker"), &marker, 1,
	    cpu_weight(0, 4000000));
	r = read_back(f);
	assert_int_equal(r->n_sample, 1);
	assert_int_equal(r->sample[0]->value[0], 0);
	assert_int_equal(r->sample[0]->value[1], 4000000);
}

static void
test_frames_without_lines(void **state)
{
	struct fixture *f = *state;
	uint32_t stack[] = {profile_frame(&f->p, f->lib, 0x7f0010),
	    profile_frame(&f->p, PROFILE_NO_MAPPING, 0x10),
	    profile_frame(&f->p, PROFILE_NO_MAPPING, 0x20),
	    /* Past the end of its mapping is outside all. */
	    profile_frame(&f->p, f->lib, 0x800000)};
	const Profile *r;

	add(f, stack, 4);
	r = read_back(f);
	assert_int_equal(location(r, 0, 0)->n_line, 0);
	assert_int_equal(location(r, 0, 0)->mapping_id, 2);
	for (size_t i = 1; i < 4; i++)
		assert_string_equal(name(r, location(r, 0, i), 0), "[unknown]");
	assert_int_equal(location(r, 0, 2)->address, 0x20);
	assert_int_equal(r->n_function, 1);
}

static void
test_main_binary_is_first(void **state)
{
	struct fixture *f = *state;
	uint32_t lib = profile_frame(&f->p, f->lib, 0x7f0010);
	const Profile *r;

	add(f, &lib, 1);
	r = read_back(f);
	assert_int_equal(r->n_mapping, 2);
	assert_string_equal(text(r, r->mapping[0]->filename), "/usr/bin/prog");
	assert_string_equal(text(r, r->mapping[0]->build_id), "abcd");
	assert_int_equal(r->mapping[0]->memory_start, 0x400000);
	assert_int_equal(r->mapping[0]->memory_limit, 0x500000);
	assert_int_equal(r->mapping[0]->file_offset, 0x1000);
	assert_string_equal(text(r, r->mapping[1]->build_id), "");
}

static void
test_names_of_mappings(void **state)
{
	struct fixture *f = *state;
	const Profile *r;

	(void)profile_mapping(&f->p, 1, 2, 0, "/tmp/gone (deleted)", "");
	(void)profile_mapping(&f->p, 2, 3, 0, "", "");
	(void)profile_mapping(&f->p, 3, 4, 0, "[vdso]", "");
	r = read_back(f);
	assert_string_equal(text(r, r->mapping[2]->filename), "/tmp/gone");
	assert_string_equal(text(r, r->mapping[3]->filename), "//anon");
	assert_string_equal(text(r, r->mapping[4]->filename), "[vdso]");
}

/* Any flag stops a viewer that has the file from finding better names. */
static void
test_flags_only_where_every_frame_has_its_name(void **state)
{
	struct fixture *f = *state;
	struct profile_mapping *exe = &f->p.mappings[f->exe];
	struct profile_mapping *lib = &f->p.mappings[f->lib];
	const Mapping *m;

	exe->looked_up = true;
	exe->has_files = exe->has_lines = true;
	lib->looked_up = lib->unresolved = true;
	lib->has_files = lib->has_lines = lib->has_inlines = true;
	m = read_back(f)->mapping[0];
	assert_true(m->has_functions);
	assert_true(m->has_filenames);
	assert_true(m->has_line_numbers);
	assert_false(m->has_inline_frames);
	m = f->read->mapping[1];
	assert_false(m->has_functions);
	assert_false(m->has_filenames);
	assert_false(m->has_line_numbers);
	assert_false(m->has_inline_frames);
	exe->looked_up = false;
	assert_false(read_back(f)->mapping[0]->has_functions);
}

static void
test_labels_are_strings(void **state)
{
	struct fixture *f = *state;
	uint32_t frame = named(f, 0x400100, "f");
	const Profile *r;

	add(f, &frame, 1);
	r = read_back(f);
	assert_int_equal(r->sample[0]->n_label, 2);
	assert_string_equal(label(r, 0, "thread_name"), "worker");
	assert_string_equal(label(r, 0, "thread_id"), "8");
	assert_null(label(r, 0, "pid"));
}

static void
test_wall_time_has_states(void **state)
{
	struct fixture *f = *state;
	uint32_t frame = named(f, 0x400100, "f");
	uint32_t l = profile_labels(&f->p, 7, 8, "worker");
	const Profile *r;

	f->p.has_wall = true;
	profile_add(&f->p, profile_labels_in(&f->p, l, "running"), &frame, 1,
	    (struct weight){2, 500, 800});
	profile_add(&f->p, profile_labels_in(&f->p, l, "sleeping"), &frame, 1,
	    (struct weight){.wall = 90});
	r = read_back(f);
	assert_int_equal(r->n_sample_type, 3);
	assert_int_equal(r->n_sample, 2);
	assert_int_equal(r->sample[0]->value[1], 500);
	assert_int_equal(r->sample[0]->value[2], 800);
	assert_string_equal(label(r, 0, "state"), "running");
	assert_int_equal(r->sample[1]->value[1], 0);
	assert_int_equal(r->sample[1]->value[2], 90);
	assert_string_equal(label(r, 1, "state"), "sleeping");
	assert_string_equal(label(r, 1, "thread_name"), "worker");
}

static void
test_empty_labels_are_none(void **state)
{
	struct fixture *f = *state;
	uint32_t frame = named(f, 0x400100, "f");
	const Profile *r;

	profile_add(&f->p, profile_labels(&f->p, 0, 0, ""), &frame, 1,
	    cpu_weight(1, 1));
	profile_add(&f->p, profile_labels(&f->p, 0, 5, NULL), &frame, 1,
	    cpu_weight(1, 1));
	r = read_back(f);
	assert_int_equal(r->sample[0]->n_label, 0);
	assert_int_equal(r->sample[1]->n_label, 1);
	assert_string_equal(label(r, 1, "thread_id"), "5");
}

static void
test_pid_only_when_there_are_several(void **state)
{
	struct fixture *f = *state;
	uint32_t frame = named(f, 0x400100, "f");
	const Profile *r;

	profile_add(&f->p, profile_labels(&f->p, 7, 7, "a"), &frame, 1,
	    cpu_weight(1, 1));
	profile_add(&f->p, profile_labels(&f->p, 0, 9, "b"), &frame, 1,
	    cpu_weight(1, 1));
	profile_add(&f->p, profile_labels(&f->p, 7, 8, "c"), &frame, 1,
	    cpu_weight(1, 1));
	assert_null(label(read_back(f), 0, "pid"));
	profile_add(&f->p, profile_labels(&f->p, 8, 8, "d"), &frame, 1,
	    cpu_weight(1, 1));
	r = read_back(f);
	assert_string_equal(label(r, 0, "pid"), "7");
	assert_null(label(r, 1, "pid"));
	assert_string_equal(label(r, 2, "pid"), "7");
	assert_string_equal(label(r, 3, "pid"), "8");
}

/* The API cannot count there; a sample of no location is lost on readers. */
static void
test_a_root_is_no_sample(void **state)
{
	struct fixture *f = *state;
	uint32_t frame = named(f, 0x400100, "f");

	add(f, &frame, 1);
	f->p.trie.nodes[0].w.count = 5;
	assert_int_equal(f->p.trie.nodes[0].parent, TRIE_NO_NODE);
	assert_int_equal(read_back(f)->n_sample, 1);
}

/* assert_valid() sees the rest: UTF-8, no control characters. */
static void
test_hostile_names(void **state)
{
	struct fixture *f = *state;
	uint32_t frame = named(f, 0x400100, "f\xff\x1b[2J\n\xc0\xaf");
	uint32_t empty = named(f, 0x400101, "");
	const Profile *r;

	(void)profile_mapping(&f->p, 1, 2, 0, "/tmp/\x80\n", "\xfe");
	profile_comment(&f->p, "\xed\xa0\x80\r");
	profile_add(&f->p, profile_labels(&f->p, 7, 8, "\x01\xe2\x82"), &frame,
	    1, cpu_weight(1, 1));
	add(f, &empty, 1);
	r = read_back(f);
	assert_string_equal(name(r, location(r, 0, 0), 0),
	    "f\xef\xbf\xbd?[2J?\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(name(r, location(r, 1, 0), 0), "[unknown]");
	assert_non_null(label(r, 0, "thread_name"));
}

/* Two names that differ only in what is cleaned are one string. */
static void
test_cleaned_names_meet(void **state)
{
	struct fixture *f = *state;
	uint32_t a = named(f, 0x400100, "f\n"), b = named(f, 0x400101, "f\r");
	const Profile *r;

	add(f, &a, 1);
	add(f, &b, 1);
	r = read_back(f);
	assert_int_equal(function(r, location(r, 0, 0), 0)->name,
	    function(r, location(r, 1, 0), 0)->name);
}

static void
test_what_found_no_room_is_seen(void **state)
{
	struct fixture *f = *state;
	uint32_t stack[2];
	const Profile *r;

	f->p.max_frames = 1;
	stack[0] = named(f, 0x400100, "f");
	stack[1] = profile_frame(&f->p, f->exe, 0x400200);
	add(f, stack, 2);
	add(f, NULL, 0);
	r = read_back(f);
	assert_int_equal(r->n_sample, 1);
	assert_int_equal(r->sample[0]->value[0], 2);
	assert_string_equal(name(r, location(r, 0, 0), 0), "[other stacks]");
	assert_string_equal(label(r, 0, "thread_name"), "worker");
}

static void
test_stats_are_comments(void **state)
{
	struct fixture *f = *state;
	const Profile *r;

	f->p.stats = (struct stats){
	    .ticks = 1000,
	    .missed_ticks = 2,
	    .samples = 400,
	    .ends = {[END_ROOT] = 398, [END_NO_CFI] = 2},
	    .cpu_attributed_ns = 3990000000,
	    .cpu_kernel_ns = 4000000000,
	    .folded = 3,
	};
	r = read_back(f);
	assert_int_equal(r->n_comment, 2);
	assert_string_equal(text(r, r->comment[0]),
	    "400 samples, 99.5% of their stacks complete; "
	    "3.990 s of 4.000 s CPU attributed; "
	    "2 ticks missed, 3 samples folded");
	assert_non_null(
	    strstr(text(r, r->comment[1]), "# scrape stats: {\"wall_s\":"));
	assert_non_null(strstr(text(r, r->comment[1]), "\"missed_ticks\":2,"));
}

static void
test_a_rate_that_was_lowered_is_a_comment(void **state)
{
	struct fixture *f = *state;
	const Profile *r;

	f->p.stats = (struct stats){.wall_s = 10, .ticks = 360,
	    .missed_ticks = 5, .rate = 100, .paced_ns = 9000000000};
	r = read_back(f);
	assert_int_equal(r->n_comment, 3);
	assert_string_equal(text(r, r->comment[1]),
	    "36.5 Hz on average instead of 100, so that no thread was held "
	    "longer (--max-pause)");
}

static void
test_equal_profiles_give_equal_files(void **state)
{
	struct fixture *f = *state;
	uint32_t frame = named(f, 0x400100, "f");
	char *a = NULL, *b = NULL;
	size_t na = 0, nb = 0;

	add(f, &frame, 1);
	write_file(&f->p, &a, &na);
	write_file(&f->p, &b, &nb);
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
	free(a);
	free(b);
}

/* Far more than any of the buffers on the way, and deep. */
static void
test_large(void **state)
{
	enum { STACKS = 2000, DEPTH = 300 };
	struct fixture *f = *state;
	uint32_t stack[DEPTH];
	char buf[16];
	uint64_t sum = 0;
	const Profile *r;

	for (uint32_t i = 0; i < DEPTH; i++) {
		(void)snprintf(buf, sizeof(buf), "f%u", i);
		stack[i] = named(f, 0x400100 + i, buf);
	}
	for (uint32_t i = 0; i < STACKS; i++) {
		stack[0] = profile_frame(&f->p, f->exe, 0x410000 + i);
		add(f, stack, DEPTH);
	}
	r = read_back(f);
	assert_int_equal(r->n_sample, STACKS);
	assert_int_equal(r->n_location, STACKS + DEPTH - 1);
	for (size_t i = 0; i < r->n_sample; i++) {
		assert_int_equal(r->sample[i]->n_location_id, DEPTH);
		sum += (uint64_t)r->sample[i]->value[1];
	}
	assert_int_equal(sum, STACKS * 10);
}

static void
test_full_disk_is_told(void **state)
{
	struct fixture *f = *state;
	FILE *fp = fopen("/dev/full", "w");
	struct err err;

	assert_non_null(fp);
	assert_int_equal(output_pprof.write(&f->p, fp, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "write: No space left on device");
	fclose(fp);
}

#define with_profile(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    with_profile(test_header),
	    with_profile(test_empty_profile_has_its_types),
	    with_profile(test_leaf_first_addresses_as_they_are),
	    with_profile(test_values),
	    with_profile(test_innermost_line_first),
	    with_profile(test_two_addresses_of_one_inline_chain_are_two),
	    with_profile(test_only_what_is_used_is_written),
	    with_profile(test_marker_is_a_function_in_no_mapping),
	    with_profile(test_cpu_time_without_a_sample_counts),
	    with_profile(test_frames_without_lines),
	    with_profile(test_main_binary_is_first),
	    with_profile(test_names_of_mappings),
	    with_profile(test_flags_only_where_every_frame_has_its_name),
	    with_profile(test_labels_are_strings),
	    with_profile(test_wall_time_has_states),
	    with_profile(test_empty_labels_are_none),
	    with_profile(test_pid_only_when_there_are_several),
	    with_profile(test_a_root_is_no_sample),
	    with_profile(test_hostile_names),
	    with_profile(test_cleaned_names_meet),
	    with_profile(test_what_found_no_room_is_seen),
	    with_profile(test_stats_are_comments),
	    with_profile(test_a_rate_that_was_lowered_is_a_comment),
	    with_profile(test_equal_profiles_give_equal_files),
	    with_profile(test_large),
	    with_profile(test_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
