/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/mini_debug.h"

#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *
pack(const uint8_t *plain, size_t size, size_t *ret_size)
{
	size_t room = lzma_stream_buffer_bound(size);
	uint8_t *packed = malloc(room);

	*ret_size = 0;
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL,
			     plain, size, packed, ret_size, room),
	    LZMA_OK);
	return packed;
}

static void
test_unpacks_what_was_packed(void **state)
{
	enum { SIZE = 200000 };
	uint8_t *plain = malloc(SIZE), *packed, *out;
	size_t packed_size, size;

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		plain[i] = (uint8_t)(i * i >> 8);
	packed = pack(plain, SIZE, &packed_size);
	out = mini_debug_unpack(packed, packed_size, &size);
	assert_non_null(out);
	assert_int_equal(size, SIZE);
	assert_memory_equal(out, plain, SIZE);
	free(out);
	free(packed);
	free(plain);
}

static void
test_damage_gives_nothing(void **state)
{
	uint8_t plain[1000] = {1, 2, 3}, *packed;
	size_t packed_size, size;

	(void)state;
	packed = pack(plain, sizeof(plain), &packed_size);
	assert_null(mini_debug_unpack(packed, packed_size - 1, &size));
	assert_null(mini_debug_unpack(packed, 0, &size));
	packed[packed_size / 2] ^= 1;
	assert_null(mini_debug_unpack(packed, packed_size, &size));
	assert_null(mini_debug_unpack(
	    (const uint8_t *)"not xz at all", 13, &size));
	free(packed);
}

/* A quarter of a gibibyte of zeros, out of some ten kilobytes. */
static void
test_bomb_is_given_up(void **state)
{
	enum { SIZE = (256 << 20) + 1 };
	uint8_t *plain = calloc(SIZE, 1), *packed;
	size_t packed_size, size;

	(void)state;
	packed = pack(plain, SIZE, &packed_size);
	free(plain);
	assert_true(packed_size < 1 << 20);
	assert_null(mini_debug_unpack(packed, packed_size, &size));
	free(packed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unpacks_what_was_packed),
	    cmocka_unit_test(test_damage_gives_nothing),
	    cmocka_unit_test(test_bomb_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
