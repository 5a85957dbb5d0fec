/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of our own code, from a child that gets into all kinds of trouble. */
#include "config.h"

#include "session/namer.h"

#include "../child.h"
#include "base/clock.h"
#include "object/module.h"
#include "own_target.h"
#include "session/names.h"
#include "session/session.h"
#include "session/space.h"
#include "target/children.h"

#include <dirent.h>
#include <poll.h>
#include <search.h>
#include <sys/auxv.h>
#include <sys/resource.h>

/* Long enough for anything; then the test has failed. */
#define PATIENCE_NS (60 * NS_PER_SEC)
/* Code of this program, a frame for every so many bytes of it. */
#define OWN_BYTES 6000
#define OWN_STEP  3

static const struct namer_opts usual = {
    .inlines = true, .lines = true, .search = {.root_fd = -1}};

static struct target target;
static struct profile profile; /* what the namer names */
static struct space space;
static struct namer *namer;

static int
setup(void **state)
{
	(void)state;
	target = own_target_open();
	profile_init(&profile, 0, 0);
	namer = namer_new(&usual);
	if (!space_init(&space, &target, &profile, &debug_search_default))
		return -1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	namer_free(namer);
	namer = NULL;
	space_deinit(&space);
	profile_deinit(&profile);
	(void)close(target.proc_fd);
	return 0;
}

/* ---- frames and modules of our own */

static uint64_t
address_of(void (*fn)(void **))
{
	return (uint64_t)(uintptr_t)fn;
}

static void names_are_those_of_a_recording(void **state);

static void
add_frames(struct space *s)
{
	uint64_t own = address_of(names_are_those_of_a_recording);
	uint64_t vdso = getauxval(AT_SYSINFO_EHDR);

	for (uint64_t i = 0; i < OWN_BYTES; i += OWN_STEP)
		(void)space_frame(s, own + i);
	for (uint64_t i = 0; vdso != 0 && i < 4096; i += 16)
		(void)space_frame(s, vdso + i);
	(void)space_frame(s, (uint64_t)(uintptr_t)qsort);
	(void)space_frame(s, (uint64_t)(uintptr_t)strtol + 1);
}

static bool
has_module(uint32_t mapping)
{
	return mapping < space.all->n_past &&
	       space.all->past[mapping].module != NULL;
}

/* What the session would tell of a mapping. */
static struct module_origin
origin_of(uint32_t id)
{
	const struct module *module = space.all->past[id].module;
	struct module_origin o = {.mapping = id,
	    .bias = space.all->past[id].bias,
	    .kind = MODULE_FILE,
	    .pid = getpid(),
	    .path = strdup(module_path(module))};

	o.fd = fcntl(module_fd(module), F_DUPFD_CLOEXEC, 0);
	if (o.fd < 0) {
		o.kind = MODULE_VDSO;
		o.start = profile.mappings[id].start;
		o.size = profile.mappings[id].limit - o.start;
	}
	return o;
}

static void
add_modules(void)
{
	for (uint32_t id = 0; id < profile.n_mappings; id++) {
		struct module_origin o;

		if (!has_module(id))
			continue;
		o = origin_of(id);
		namer_add_module(namer, &o);
		assert_int_equal(o.fd, -1);
	}
}

static size_t
ask_all(void)
{
	size_t n = 0;

	for (uint32_t i = 0; i < profile.n_frames; i++) {
		const struct profile_frame *f = &profile.frames[i];

		if (!has_module(f->mapping))
			continue;
		namer_ask(namer, i, f->mapping, f->addr);
		n++;
	}
	assert_int_equal(namer_pending(namer), n);
	return n;
}

static size_t
n_named(const struct profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_frames; i++)
		n += p->frames[i].n_lines > 0;
	return n;
}

/* ---- what /proc says of the helpers */

/* The nursery and its child; 0: not there. */
static void
find_helpers(pid_t ret[2])
{
	size_t n;
	struct process *v = children_of(getpid(), &n);

	ret[0] = ret[1] = 0;
	for (size_t i = 0; i < n; i++)
		if (v[i].ppid == getpid())
			ret[0] = v[i].pid;
	for (size_t i = 0; i < n; i++)
		if (ret[0] != 0 && v[i].ppid == ret[0] &&
		    state_of(v[i].pid) != 'Z')
			ret[1] = v[i].pid;
	free(v);
}

/* The child, which is there soon after something was asked. */
static pid_t
find_child(void)
{
	pid_t helpers[2];

	for (int us = 0; us < PATIENCE_US; us += 100) {
		find_helpers(helpers);
		if (helpers[1] != 0)
			return helpers[1];
		(void)usleep(100);
	}
	fail_msg("there is no child");
	return 0;
}

static pid_t
find_nursery(void)
{
	pid_t helpers[2];

	find_helpers(helpers);
	assert_true(helpers[0] > 0);
	return helpers[0];
}

static size_t
count_descriptors(const char *pid)
{
	char path[64];
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

/* ---- tests */

static const char *
string(const struct profile *p, uint32_t id)
{
	return interned(&p->strings, id);
}

static void
assert_same_line(const struct profile *a, const struct profile_line *la,
    const struct profile *b, const struct profile_line *lb)
{
	const struct profile_function *fa = &a->functions[la->function];
	const struct profile_function *fb = &b->functions[lb->function];

	assert_string_equal(string(a, fa->name), string(b, fb->name));
	assert_string_equal(
	    string(a, fa->system_name), string(b, fb->system_name));
	assert_string_equal(string(a, fa->file), string(b, fb->file));
	assert_int_equal(fa->start_line, fb->start_line);
	assert_int_equal(la->line, lb->line);
	assert_int_equal(la->column, lb->column);
}

static void
assert_same_frame(const struct profile *a, const struct profile_frame *fa,
    const struct profile *b, const struct profile_frame *fb)
{
	assert_int_equal(fa->addr, fb->addr);
	assert_int_equal(fa->n_lines, fb->n_lines);
	assert_int_equal(fa->unnamed, fb->unnamed);
	for (uint32_t i = 0; i < fa->n_lines; i++)
		assert_same_line(a, &a->lines[fa->first_line + i], b,
		    &b->lines[fb->first_line + i]);
}

static void
assert_same_mapping(
    const struct profile_mapping *a, const struct profile_mapping *b)
{
	assert_int_equal(a->start, b->start);
	assert_int_equal(a->looked_up, b->looked_up);
	assert_int_equal(a->unresolved, b->unresolved);
	assert_int_equal(a->has_files, b->has_files);
	assert_int_equal(a->has_lines, b->has_lines);
	assert_int_equal(a->has_inlines, b->has_inlines);
}

static void
assert_same_names(const struct profile *a, const struct profile *b)
{
	assert_int_equal(a->n_frames, b->n_frames);
	assert_int_equal(a->n_mappings, b->n_mappings);
	for (size_t i = 0; i < a->n_frames; i++)
		assert_same_frame(a, &a->frames[i], b, &b->frames[i]);
	for (size_t i = 0; i < a->n_mappings; i++)
		assert_same_mapping(&a->mappings[i], &b->mappings[i]);
}

static void
names_are_those_of_a_recording(void **state)
{
	const struct session_opts opts = {.inlines = true, .lines = true};
	struct profile recorded;
	struct space s;
	size_t asked;

	(void)state;
	add_frames(&space);
	add_modules();
	asked = ask_all();
	namer_finish(namer, &profile, PATIENCE_NS);
	assert_int_equal(namer_pending(namer), 0);
	assert_int_equal(namer_given_up(namer), 0);
	assert_int_equal(n_named(&profile), asked);
	assert_true(namer_cpu_ns(namer) > 0);

	profile_init(&recorded, 0, 0);
	assert_true(
	    space_init(&s, &target, &recorded, &debug_search_default));
	add_frames(&s);
	names_resolve(s.all, &recorded, &opts);
	assert_same_names(&profile, &recorded);
	space_deinit(&s);
	profile_deinit(&recorded);
}

static void
begin(void)
{
	add_frames(&space);
	add_modules();
	(void)ask_all();
}

static void
finish(void)
{
	namer_finish(namer, &profile, PATIENCE_NS);
	assert_int_equal(namer_pending(namer), 0);
}

static void
assert_all_named(void)
{
	finish();
	assert_int_equal(namer_given_up(namer), 0);
	for (uint32_t i = 0; i < profile.n_frames; i++)
		if (has_module(profile.frames[i].mapping))
			assert_true(profile.frames[i].n_lines > 0);
}

static void
names_come_in_the_loop_of_the_caller(void **state)
{
	uint64_t end = now_ns() + PATIENCE_NS;
	size_t named = 0;

	(void)state;
	begin();
	while (namer_pending(namer) > 0 && now_ns() < end) {
		struct pollfd fd;

		named += namer_work(namer, &profile);
		fd = (struct pollfd){.fd = namer_fd(namer), .events = POLLIN};
		(void)poll(&fd, 1, 10);
	}
	assert_int_equal(namer_pending(namer), 0);
	assert_int_equal(named, n_named(&profile));
}

/* A frame that is no more, or has no mapping, has no name. */
static void
answers_that_nobody_needs_do_no_harm(void **state)
{
	(void)state;
	add_frames(&space);
	add_modules();
	namer_ask(namer, (uint32_t)profile.n_frames, 0,
	    address_of(names_are_those_of_a_recording));
	namer_ask(namer, 0, PROFILE_NO_MAPPING, 0);
	namer_ask(namer, 0, (uint32_t)profile.n_mappings, 0);
	assert_int_equal(namer_pending(namer), 1);
	finish();
	assert_int_equal(n_named(&profile), 0);
}

/* lfind() is one that no sanitizer has put its own before. */
static void
module_out_of_memory(void **state)
{
	const struct mapping *header, *m;
	struct module_origin o;
	const char *name;
	uint32_t frame, mapping;

	(void)state;
	frame = space_frame(&space, (uint64_t)(uintptr_t)lfind);
	mapping = profile.frames[frame].mapping;
	m = mappings_find(&space.maps, (uint64_t)(uintptr_t)lfind);
	header = &space.maps.v[space.headers[m - space.maps.v]];
	o = origin_of(mapping);
	(void)close(o.fd);
	o.fd = -1;
	o.kind = MODULE_MEMORY;
	o.start = header->start;
	namer_add_module(namer, &o);
	namer_ask(namer, frame, mapping, profile.frames[frame].addr);
	finish();
	assert_int_equal(profile.frames[frame].n_lines, 1);
	name = string(&profile,
	    profile.functions[profile.lines[profile.frames[frame].first_line]
				  .function]
		.name);
	assert_string_equal(name, "lfind");
}

static void
wait_for_ever(void)
{
	shared->ready = 1;
	for (;;)
		(void)pause();
}

/* Before the child could look at its memory. */
static void
target_gone_while_asked(void **state)
{
	pid_t pid = child_start(wait_for_ever);
	uint32_t frame, mapping;
	struct module_origin o;

	(void)state;
	await(&shared->ready);
	frame = space_frame(&space, (uint64_t)(uintptr_t)qsort);
	mapping = profile.frames[frame].mapping;
	o = origin_of(mapping);
	(void)close(o.fd);
	o.fd = -1;
	o.kind = MODULE_MEMORY;
	o.start = profile.mappings[mapping].start;
	o.pid = pid;
	namer_add_module(namer, &o);
	namer_ask(namer, frame, mapping, profile.frames[frame].addr);
	child_end(pid);
	finish();
	assert_int_equal(namer_given_up(namer), 0);
	assert_int_equal(profile.frames[frame].n_lines, 0);
}

/* By anybody: nothing is lost by it. */
static void
a_child_that_is_killed_is_started_again(void **state)
{
	pid_t before, child;

	(void)state;
	begin();
	(void)namer_work(namer, &profile);
	before = find_child();
	(void)kill(before, SIGKILL);
	assert_all_named();
	child = find_child();
	assert_int_not_equal(child, before);

	/* and one that has nothing to do */
	(void)kill(child, SIGKILL);
	(void)space_frame(&space, (uint64_t)(uintptr_t)bsearch);
	namer_ask(namer, (uint32_t)profile.n_frames - 1,
	    profile.frames[profile.n_frames - 1].mapping,
	    (uint64_t)(uintptr_t)bsearch);
	assert_all_named();
}

static void
a_child_that_hangs_is_started_again(void **state)
{
	pid_t before;

	(void)state;
	begin();
	(void)namer_work(namer, &profile);
	before = find_child();
	(void)kill(before, SIGSTOP);
	assert_all_named();
	assert_int_not_equal(find_child(), before);
	assert_int_equal(kill(before, 0), -1);
}

/* No child ever answers: the nursery is held, and forks none. */
static void
a_place_that_hangs_twice_is_given_up(void **state)
{
	pid_t nursery = find_nursery();
	uint32_t first, second, mapping;

	(void)state;
	first = space_frame(&space, (uint64_t)(uintptr_t)qsort);
	second = space_frame(&space, (uint64_t)(uintptr_t)strtol);
	mapping = profile.frames[first].mapping;
	assert_int_equal(profile.frames[second].mapping, mapping);
	add_modules();
	namer_ask(namer, first, mapping, profile.frames[first].addr);
	(void)kill(nursery, SIGSTOP);
	finish();
	assert_int_equal(namer_given_up(namer), 1);
	assert_int_equal(n_named(&profile), 0);

	/* The module goes on for others. */
	(void)kill(nursery, SIGCONT);
	namer_ask(namer, second, mapping, profile.frames[second].addr);
	finish();
	assert_int_equal(namer_given_up(namer), 1);
	assert_int_equal(profile.frames[second].n_lines > 0, 1);
}

static void
without_a_nursery_all_is_given_up(void **state)
{
	(void)state;
	begin();
	assert_false(namer_is_over(namer));
	(void)kill(find_nursery(), SIGKILL);
	finish();
	assert_true(namer_is_over(namer));
	assert_int_equal(
	    namer_given_up(namer) + n_named(&profile), profile.n_frames);
	assert_true(namer_given_up(namer) > 0);
}

static void
what_a_terminal_sends_is_not_for_the_child(void **state)
{
	static const int signals[] = {
	    SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGTERM, SIGWINCH};
	pid_t nursery = find_nursery(), child;

	(void)state;
	begin();
	(void)namer_work(namer, &profile);
	child = find_child();
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		(void)kill(nursery, signals[i]);
		(void)kill(child, signals[i]);
	}
	assert_all_named();
	assert_int_equal(find_child(), child);
	assert_int_equal(find_nursery(), nursery);
}

static void
assert_leads_nowhere(pid_t pid, int fd)
{
	char path[64], to[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	assert_true(readlink(path, to, sizeof(to) - 1) > 0);
	assert_string_equal(to, "/dev/null");
}

/* It closes the child's socket when the child has begun. */
static bool
comes_to_hold(const char *pid, size_t n)
{
	for (int us = 0; us < PATIENCE_US; us += 100) {
		if (count_descriptors(pid) == n)
			return true;
		(void)usleep(100);
	}
	return false;
}

/* "." and "..", three that lead nowhere, a socket. */
#define NURSERY_ENTRIES 6

static void
the_helpers_hold_no_descriptors_of_ours(void **state)
{
	char pid[16];

	(void)state;
	begin();
	assert_all_named();
	(void)snprintf(pid, sizeof(pid), "%d", find_nursery());
	assert_true(comes_to_hold(pid, NURSERY_ENTRIES));
	for (int fd = 0; fd < 3; fd++) {
		assert_leads_nowhere(find_nursery(), fd);
		assert_leads_nowhere(find_child(), fd);
	}
}

static void
the_child_has_bounds(void **state)
{
	static const int resources[] = {RLIMIT_DATA, RLIMIT_CPU};
	struct rlimit lim;
	pid_t child;

	(void)state;
	begin();
	assert_all_named();
	child = find_child();
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(prlimit(child, resources[i], NULL, &lim), 0);
		assert_true(lim.rlim_cur != RLIM_INFINITY);
	}
	assert_int_equal(prlimit(child, RLIMIT_CORE, NULL, &lim), 0);
	assert_int_equal(lim.rlim_cur, 0);
}

static void
descriptors_are_given_back(void **state)
{
	size_t before = count_descriptors("self"), during;

	(void)state;
	/* that of setup() is one of those counted */
	begin();
	assert_all_named();
	during = count_descriptors("self");
	for (int i = 0; i < 3; i++) {
		(void)kill(find_child(), SIGKILL);
		namer_ask(namer, 0, profile.frames[0].mapping,
		    profile.frames[0].addr);
		finish();
	}
	assert_int_equal(count_descriptors("self"), during);
	namer_free(namer);
	namer = NULL;
	assert_int_equal(count_descriptors("self"), before - 1);
}

static void
use_a_namer(void)
{
	pid_t helpers[2];

	namer_free(namer);
	namer = namer_new(&usual);
	begin();
	(void)namer_work(namer, &profile);
	helpers[0] = find_nursery();
	helpers[1] = find_child();
	shared->words[0] = (uint64_t)helpers[0];
	shared->words[1] = (uint64_t)helpers[1];
	wait_for_ever();
}

static bool
goes(pid_t pid)
{
	for (int us = 0; us < PATIENCE_US; us += 100) {
		char state = state_of(pid);

		/* whoever inherits it may be slow to take its status */
		if (state == '?' || state == 'Z')
			return true;
		(void)usleep(100);
	}
	return false;
}

/* Not even when they were stopped, and cannot see that the socket ended. */
static void
they_do_not_outlive_us(void **state)
{
	pid_t scrape = child_start(use_a_namer);

	(void)state;
	await(&shared->ready);
	(void)kill((pid_t)shared->words[0], SIGSTOP);
	(void)kill((pid_t)shared->words[1], SIGSTOP);
	child_end(scrape);
	assert_true(goes((pid_t)shared->words[0]));
	assert_true(goes((pid_t)shared->words[1]));
}

static void
freeing_ends_them(void **state)
{
	pid_t nursery = find_nursery(), child;

	(void)state;
	begin();
	(void)namer_work(namer, &profile);
	child = find_child();
	(void)kill(child, SIGSTOP);
	namer_free(namer);
	namer = NULL;
	assert_int_equal(kill(nursery, 0), -1);
	/* not even a zombie: who knows whether process 1 waits for them */
	assert_int_equal(kill(child, 0), -1);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(names_are_those_of_a_recording),
	    TEST(names_come_in_the_loop_of_the_caller),
	    TEST(answers_that_nobody_needs_do_no_harm),
	    TEST(module_out_of_memory),
	    TEST(target_gone_while_asked),
	    TEST(a_child_that_is_killed_is_started_again),
	    TEST(a_child_that_hangs_is_started_again),
	    TEST(a_place_that_hangs_twice_is_given_up),
	    TEST(without_a_nursery_all_is_given_up),
	    TEST(what_a_terminal_sends_is_not_for_the_child),
	    TEST(the_helpers_hold_no_descriptors_of_ours),
	    TEST(the_child_has_bounds),
	    TEST(descriptors_are_given_back),
	    TEST(they_do_not_outlive_us),
	    TEST(freeing_ends_them),
	};

	child_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
