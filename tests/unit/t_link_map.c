/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our own list, as ld.so made it, and lists that lead nowhere. */
#include "config.h"

#include "object/link_map.h"

#include "own_module.h"
#include "target/remote_mem.h"

#include <link.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* As gdb finds it. */
static struct r_debug *
debug(void)
{
	const ElfW(Dyn) *d = _DYNAMIC;

	while (d->d_tag != DT_DEBUG)
		d++;
	return (struct r_debug *)d->d_un.d_ptr;
}

/* Reads us as if we were another. */
static bool
read_own(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct link_map *fake = ctx;
	struct remote_mem rm = {.pid = getpid(), .mem_fd = -1};

	if (fake != NULL && addr == (uint64_t)(uintptr_t)debug()->r_map)
		memcpy(buf, fake, len);
	else
		return remote_mem_read_some(&rm, addr, buf, len) == len;
	return true;
}

static bool
holds(const struct byte_ranges *r, const void *p, size_t len)
{
	uint64_t addr = (uint64_t)(uintptr_t)p;

	for (size_t i = 0; i < r->n; i++)
		if (addr >= r->v[i].addr &&
		    addr + len <= r->v[i].addr + r->v[i].len)
			return memcmp(r->v[i].bytes + (addr - r->v[i].addr), p,
				   len) == 0;
	return false;
}

static void
save(struct byte_ranges *r, struct link_map *fake)
{
	struct module *m = own_module();
	const struct mem mem = {.read = read_own, .ctx = fake};

	byte_ranges_init(r);
	link_map_save(r, m,
	    (uint64_t)(uintptr_t)__executable_start -
		own_vaddr(m, __executable_start),
	    &mem);
	module_unref(m);
}

static void
every_library_and_its_name(void **state)
{
	struct byte_ranges r;
	unsigned n = 0;

	(void)state;
	save(&r, NULL);
	byte_ranges_merge(&r);
	assert_true(holds(&r, _DYNAMIC, sizeof(_DYNAMIC[0])));
	assert_true(holds(&r, debug(), sizeof(struct r_debug)));
	for (struct link_map *m = debug()->r_map; m != NULL; m = m->l_next) {
		assert_true(holds(&r, m, sizeof(*m)));
		assert_true(holds(&r, m->l_name, strlen(m->l_name) + 1));
		n++;
	}
	assert_true(n > 2);
	byte_ranges_deinit(&r);
}

static void
a_list_that_is_a_ring_ends(void **state)
{
	struct link_map fake = {.l_name = (char *)(uintptr_t)"x",
	    .l_next = debug()->r_map};
	struct byte_ranges r;

	(void)state;
	save(&r, &fake);
	assert_true(r.n > 2 && r.n < 100000);
	byte_ranges_deinit(&r);
}

static void
a_list_that_leads_nowhere(void **state)
{
	struct link_map fake = {.l_name = (char *)8, .l_next = (void *)16};
	struct byte_ranges r;

	(void)state;
	save(&r, &fake);
	assert_int_equal(r.n, 3);
	byte_ranges_deinit(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_library_and_its_name),
	    cmocka_unit_test(a_list_that_is_a_ring_ends),
	    cmocka_unit_test(a_list_that_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
