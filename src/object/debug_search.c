/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debug_search.h"

#include "base/cleanup.h"
#include "base/open_in_root.h"
#include "base/xalloc.h"
#include "object/build_id.h"
#include "object/debug_file.h"
#include "object/debuginfod.h"
#include "object/debuglink.h"
#include "object/module.h"
#include "object/module_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYSTEM_DIR "/usr/lib/debug"

const struct debug_search debug_search_default = {.root_fd = -1};

/* A search: what is wanted, and what has been found. */
struct hunt {
	const struct debug_search *where;
	struct module *m;     /* NULL: a shared file */
	const char *build_id; /* "": none */
	bool has_link;
	struct debuglink link;
	bool by_crc; /* what a file without build-id is judged by; else not */
	char *dir;   /* of the module, as the target calls it: "/usr/bin" */
	struct debug_file *found;
};

static bool
same_file(int a, int b)
{
	struct stat sa, sb;

	return b >= 0 && fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* The module itself, which a debug link may name, has its build-id too. */
static bool
belongs(const struct hunt *h, struct debug_file *df, enum debug_how how)
{
	struct build_id id;

	if (h->m != NULL && same_file(debug_file_fd(df), module_fd(h->m)))
		return false;
	(void)build_id_read(debug_file_elf(df), &id);
	if (h->build_id[0] != '\0' && id.hex[0] != '\0')
		return strcmp(id.hex, h->build_id) == 0;
	return how == DEBUG_LINK && h->by_crc &&
	       debuglink_fits(&h->link, debug_file_fd(df));
}

/* Takes path over. */
static void
try_file(struct hunt *h, int root, enum debug_how how, char *path)
{
	struct debug_file *df = NULL;

	if (h->found == NULL)
		df = debug_file_new(open_in_root(root, path), path, how);
	if (df != NULL && belongs(h, df, how))
		h->found = df;
	else
		debug_file_free(df);
	free(path);
}

/* Below the target's root, then below ours; takes path over. */
static void
try_roots(struct hunt *h, enum debug_how how, char *path)
{
	if (h->where->root_fd >= 0)
		try_file(h, h->where->root_fd, how, xstrdup(path));
	try_file(h, -1, how, path);
}

/* PLACE and then tail, which begins with a slash; takes tail over. */
static void
try_places(struct hunt *h, enum debug_how how, char *tail)
{
	const struct debug_search *s = h->where;

	for (size_t i = 0; i < s->n_paths; i++)
		try_file(h, -1, how, xasprintf("%s%s", s->paths[i], tail));
	try_roots(h, how, xasprintf("%s%s", SYSTEM_DIR, tail));
	free(tail);
}

static char *
build_id_tail(const char *build_id)
{
	return xasprintf("/.build-id/%.2s/%s.debug", build_id, build_id + 2);
}

static void
by_build_id(struct hunt *h)
{
	if (strlen(h->build_id) > 2)
		try_places(h, DEBUG_BUILD_ID, build_id_tail(h->build_id));
}

/* The order is gdb's, for each of the two roots. */
static void
by_link(struct hunt *h)
{
	const struct debug_search *s = h->where;
	const char *name = h->link.name;

	if (!h->has_link)
		return;
	for (size_t i = 0; i < s->n_paths; i++) {
		try_file(h, -1, DEBUG_LINK, xasprintf("%s%s/%s",
		    s->paths[i], h->dir, name));
		try_file(h, -1, DEBUG_LINK,
		    xasprintf("%s/%s", s->paths[i], name));
	}
	for (int ours = s->root_fd < 0; ours < 2; ours++) {
		int root = ours ? -1 : s->root_fd;

		try_file(h, root, DEBUG_LINK,
		    xasprintf("%s/%s", h->dir, name));
		try_file(h, root, DEBUG_LINK,
		    xasprintf("%s/.debug/%s", h->dir, name));
		try_file(h, root, DEBUG_LINK,
		    xasprintf("%s%s/%s", SYSTEM_DIR, h->dir, name));
	}
}

static const char *
base_name(const struct module *m)
{
	const char *slash = strrchr(module_path(m), '/');

	return slash != NULL ? slash + 1 : module_path(m);
}

/* DIR/usr/bin/NAME.debug, as older distributions have it. */
static void
by_path(struct hunt *h)
{
	try_places(h, DEBUG_PATH,
	    xasprintf("%s/%s.debug", h->dir, base_name(h->m)));
}

static void
by_network(struct hunt *h)
{
	char *path = NULL;
	int fd;

	if (h->found != NULL || !h->where->debuginfod ||
	    h->build_id[0] == '\0')
		return;
	fd = debuginfod_fetch(h->build_id, &path);
	h->found = debug_file_new(fd, path, DEBUG_DEBUGINFOD);
	free(path);
	if (h->found == NULL ||
	    belongs(h, h->found, DEBUG_DEBUGINFOD))
		return;
	debug_file_free(h->found);
	h->found = NULL;
}

/*
 * The module's directory, "/usr/bin", "" for the root; or NULL where the name
 * is not that of a file ("[vdso]", "/memfd:x") or would lead about: it is the
 * target's to choose.
 */
static char *
directory_of(const struct module *m)
{
	const char *path = module_path(m), *slash = strrchr(path, '/');

	if (path[0] != '/' || strstr(path, "/../") != NULL)
		return NULL;
	return xasprintf("%.*s", (int)(slash - path), path);
}

struct debug_file *
debug_search_by_build_id(const struct debug_search *s, struct module *m)
{
	struct hunt h = {.where = s,
	    .m = m,
	    .build_id = module_build_id(m),
	    .dir = directory_of(m)};

	if (h.build_id[0] != '\0') {
		by_build_id(&h);
		if (h.dir != NULL) {
			h.has_link = debuglink_read(m, &h.link);
			by_link(&h);
			by_path(&h);
		}
	}
	free(h.dir);
	return h.found;
}

struct debug_file *
debug_search_by_crc(const struct debug_search *s, struct module *m)
{
	struct hunt h = {.where = s,
	    .m = m,
	    .build_id = module_build_id(m),
	    .by_crc = true,
	    .dir = directory_of(m)};

	h.has_link = debuglink_read(m, &h.link);
	if (h.dir != NULL)
		by_link(&h);
	free(h.dir);
	return h.found;
}

struct debug_file *
debug_search_network(const struct debug_search *s, struct module *m)
{
	struct hunt h = {
	    .where = s, .m = m, .build_id = module_build_id(m)};

	by_network(&h);
	return h.found;
}

/*
 * dir/.dwz/x86_64-linux-gnu/coreutils.debug. Debian writes this path into the
 * files that share it, Fedora one relative to each of them ("../../.dwz/..."):
 * what follows ".dwz/" is the same. A bare name is that of a file beside the
 * module. Any other that a target chose is not for us to open.
 */
struct debug_file *
debug_search_shared(const struct debug_search *s, struct module *m,
    const char *build_id, const char *name)
{
	struct hunt h = {.where = s, .m = m, .build_id = build_id};
	const char *tail = strstr(name, "/.dwz/");
	_cleanup_free_ char *dir = directory_of(m);

	if (build_id[0] == '\0')
		return NULL;
	by_build_id(&h);
	if (tail != NULL && strstr(tail, "/../") == NULL)
		try_places(&h, DEBUG_BUILD_ID, xstrdup(tail));
	else if (dir != NULL && strchr(name, '/') == NULL)
		try_roots(&h, DEBUG_BUILD_ID, xasprintf("%s/%s", dir, name));
	by_network(&h);
	return h.found;
}

char *
debug_file_expected(struct module *m)
{
	const struct debug_search *s = module_search(m);
	const char *place = s->n_paths > 0 ? s->paths[0] : SYSTEM_DIR;
	const char *build_id = module_build_id(m);
	_cleanup_free_ char *dir = directory_of(m), *tail = NULL;
	struct debuglink link;

	if (strlen(build_id) > 2)
		tail = build_id_tail(build_id);
	else if (dir != NULL && debuglink_read(m, &link))
		tail = xasprintf("%s/%s", dir, link.name);
	else if (dir != NULL)
		tail = xasprintf("%s/%s.debug", dir, base_name(m));
	return tail != NULL ? xasprintf("%s%s", place, tail) : NULL;
}
