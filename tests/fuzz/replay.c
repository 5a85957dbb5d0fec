/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c - a fuzz target run over files, one TAP line each
 *
 * The main() of a target that is built without libFuzzer. Arguments are files;
 * without any, all of the target's corpus, $srcdir/fixtures/corpus/NAME for
 * fuzz_NAME. A target has no wrong answer but to crash, to trip a sanitizer or
 * to hang: each ends the process, and the last line printed names the file.
 */
#include "config.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than any input takes under sanitizers on a busy machine. */
#define HANG_SECONDS 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a block of exactly its size, so that AddressSanitizer sees one byte over. */
static uint8_t *
slurp(const char *path, size_t *ret_size)
{
	FILE *fp = fopen(path, "re");
	struct stat st;
	uint8_t *data;

	if (fp == NULL || fstat(fileno(fp), &st) != 0)
		err(EXIT_FAILURE, "%s", path);
	*ret_size = (size_t)st.st_size;
	data = malloc(*ret_size);
	if (data == NULL && *ret_size > 0)
		err(EXIT_FAILURE, "%s", path);
	if (fread(data, 1, *ret_size, fp) != *ret_size)
		errx(EXIT_FAILURE, "%s: cannot be read whole", path);
	(void)fclose(fp);
	return data;
}

static void
replay(int number, const char *path)
{
	size_t size;
	uint8_t *data = slurp(path, &size);

	printf("# %s\n", path);
	(void)fflush(stdout);
	alarm(HANG_SECONDS);
	(void)LLVMFuzzerTestOneInput(data, size);
	alarm(0);
	printf("ok %d - %s\n", number, basename(path));
	free(data);
}

static int
is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
replay_corpus(const char *target)
{
	const char *srcdir = getenv("srcdir");
	struct dirent **entries;
	char *dir, *path;
	int n;

	if (asprintf(&dir, "%s/fixtures/corpus/%s",
		srcdir != NULL ? srcdir : ".", target) < 0)
		err(EXIT_FAILURE, NULL);
	n = scandir(dir, &entries, is_visible, alphasort);
	if (n <= 0)
		errx(EXIT_FAILURE, "%s: no corpus there", dir);
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		if (asprintf(&path, "%s/%s", dir, entries[i]->d_name) < 0)
			err(EXIT_FAILURE, NULL);
		replay(i + 1, path);
		free(path);
		free(entries[i]);
	}
	free(entries);
	free(dir);
}

int
main(int argc, char *argv[])
{
	if (argc < 2) {
		const char *name = program_invocation_short_name;

		if (strncmp(name, "fuzz_", strlen("fuzz_")) != 0)
			errx(EXIT_FAILURE, "not named fuzz_NAME");
		replay_corpus(name + strlen("fuzz_"));
		return EXIT_SUCCESS;
	}
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++)
		replay(i, argv[i]);
	return EXIT_SUCCESS;
}
