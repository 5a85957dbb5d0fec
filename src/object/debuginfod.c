/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debuginfod.h"

#ifdef HAVE_DEBUGINFOD

#include "base/clock.h"

#include <dlfcn.h>
#include <elfutils/debuginfod.h>
#include <stdbool.h>
#include <stdlib.h>

#define LIMIT_NS   2000000000ull
#define LIMIT_SECS "2"

/* What we use of the library, once it is loaded. */
static struct {
	bool tried;
	bool silent; /* the servers let us wait once: not again for each file */
	__typeof__(debuginfod_begin) *begin;
	__typeof__(debuginfod_find_debuginfo) *find;
	__typeof__(debuginfod_set_progressfn) *set_progress;
	__typeof__(debuginfod_set_user_data) *set_data;
	__typeof__(debuginfod_get_user_data) *get_data;
	__typeof__(debuginfod_end) *end;
} lib;

/* The library's own limits, in seconds, beside the one of keep_going(). */
static void
limit(const char *name)
{
	(void)setenv(name, LIMIT_SECS, 1);
}

static bool
load(void)
{
	void *handle;

	if (lib.tried)
		return lib.end != NULL;
	lib.tried = true;
	handle = dlopen(DEBUGINFOD_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return false;
	lib.begin = dlsym(handle, "debuginfod_begin");
	lib.find = dlsym(handle, "debuginfod_find_debuginfo");
	lib.set_progress = dlsym(handle, "debuginfod_set_progressfn");
	lib.set_data = dlsym(handle, "debuginfod_set_user_data");
	lib.get_data = dlsym(handle, "debuginfod_get_user_data");
	if (lib.begin == NULL || lib.find == NULL ||
	    lib.set_progress == NULL || lib.set_data == NULL ||
	    lib.get_data == NULL)
		return false;
	lib.end = dlsym(handle, "debuginfod_end");
	limit(DEBUGINFOD_TIMEOUT_ENV_VAR);
	limit(DEBUGINFOD_MAXTIME_ENV_VAR);
	limit(DEBUGINFOD_RETRY_LIMIT_ENV_VAR);
	return lib.end != NULL;
}

/* Nonzero ends the transfer. */
static int
keep_going(debuginfod_client *client, long done, long all)
{
	const uint64_t *deadline = lib.get_data(client);

	(void)done;
	(void)all;
	return now_ns() >= *deadline;
}

int
debuginfod_fetch(const char *build_id, char **ret_path)
{
	uint64_t deadline = now_ns() + LIMIT_NS;
	debuginfod_client *client;
	int fd;

	if (!load() || lib.silent || (client = lib.begin()) == NULL)
		return -1;
	lib.set_data(client, &deadline);
	lib.set_progress(client, keep_going);
	fd = lib.find(
	    client, (const unsigned char *)build_id, 0, ret_path);
	lib.end(client);
	lib.silent = fd < 0 && now_ns() >= deadline;
	return fd >= 0 ? fd : -1;
}

#else

int
debuginfod_fetch(const char *build_id, char **ret_path)
{
	(void)build_id;
	(void)ret_path;
	return -1;
}

#endif
