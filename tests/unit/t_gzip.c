/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/gzip.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Larger than gzip's own buffer even when compressed. */
#define NOISE_SIZE 300000

static uint8_t *
noise(void)
{
	uint8_t *v = xmalloc(NOISE_SIZE);
	uint32_t x = 1;

	for (size_t i = 0; i < NOISE_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		v[i] = (uint8_t)(x >> 24);
	}
	return v;
}

/* Compresses in pieces of the given size; the result is to be freed. */
static char *
compress_by(const uint8_t *data, size_t len, size_t piece, size_t *ret_size)
{
	char *out = NULL;
	FILE *fp = open_memstream(&out, ret_size);
	struct gzip *g = xmalloc(sizeof(*g));
	struct err err;

	gzip_init(g, fp);
	for (size_t at = 0; at < len; at += piece)
		gzip_write(g, data + at, len - at < piece ? len - at : piece);
	assert_int_equal(gzip_finish(g, &err), 0);
	fclose(fp);
	free(g);
	return out;
}

static void
assert_inflates_to(char *gz, size_t size, const uint8_t *data, size_t len)
{
	uint8_t *out = xmalloc(len + 1);
	z_stream z = {
	    .next_in = (Bytef *)gz,
	    .avail_in = (uInt)size,
	    .next_out = out,
	    .avail_out = (uInt)len + 1,
	};

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, len);
	assert_int_equal(z.avail_in, 0);
	assert_memory_equal(out, data, len);
	inflateEnd(&z);
	free(out);
}

static void
test_round_trip(void **state)
{
	static const size_t pieces[] = {1, 7, 16384, NOISE_SIZE};
	uint8_t *data = noise();

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t size;
		char *gz = compress_by(data, NOISE_SIZE, pieces[i], &size);

		assert_memory_equal(gz, "\x1f\x8b", 2);
		assert_inflates_to(gz, size, data, NOISE_SIZE);
		free(gz);
	}
	free(data);
}

static void
test_nothing_is_a_whole_file_too(void **state)
{
	size_t size;
	char *gz = compress_by(NULL, 0, 1, &size);

	(void)state;
	assert_inflates_to(gz, size, (const uint8_t *)"", 0);
	free(gz);
}

static void
test_no_time_in_the_header(void **state)
{
	size_t size;
	char *gz = compress_by((const uint8_t *)"x", 1, 1, &size);

	(void)state;
	assert_memory_equal(gz + 3, "\0\0\0\0\0", 5); /* flags, mtime */
	free(gz);
}

static void
test_full_disk_is_told(void **state)
{
	FILE *fp = fopen("/dev/full", "w");
	struct gzip *g = xmalloc(sizeof(*g));
	uint8_t *data = noise();
	struct err err;

	(void)state;
	assert_non_null(fp);
	gzip_init(g, fp);
	gzip_write(g, data, NOISE_SIZE);
	assert_int_equal(gzip_finish(g, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "write: No space left on device");
	/* The last few bytes fail in the flush. */
	clearerr(fp);
	gzip_init(g, fp);
	gzip_write(g, data, 1);
	assert_int_equal(gzip_finish(g, &err), -ERR_RUNTIME);
	fclose(fp);
	free(data);
	free(g);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_nothing_is_a_whole_file_too),
	    cmocka_unit_test(test_no_time_in_the_header),
	    cmocka_unit_test(test_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
