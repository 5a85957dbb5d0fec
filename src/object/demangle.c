/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/demangle.h"

#include "base/xalloc.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Longer names are not demangled. libiberty draws the line for C++ there
 * itself, as long as its recursion limit is on: it gives up where the name has
 * over half as many characters.
 */
#define MANGLED_MAX DEMANGLE_RECURSION_LIMIT
/*
 * Longer results are cut. A few substitutions that each name the one before
 * twice make a result that no memory holds, out of a name of a hundred bytes.
 */
#define DEMANGLED_MAX 16384

#define OPTIONS (DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP)

struct out {
	char *buf; /* DEMANGLED_MAX + 1 bytes */
	size_t len;
	jmp_buf full;
};

/*
 * The demanglers cannot be told to stop, so the first byte that does not fit
 * jumps out of them. Their callback forms keep everything on the stack, but for
 * a Rust identifier in Punycode: that leaks, once, bounded by MANGLED_MAX.
 */
static void
append(const char *s, size_t len, void *opaque)
{
	struct out *out = opaque;
	size_t room = DEMANGLED_MAX - out->len;

	memcpy(out->buf + out->len, s, len < room ? len : room);
	out->len += len < room ? len : room;
	if (len > room)
		longjmp(out->full, 1);
}

typedef int demangler(const char *, int, demangle_callbackref, void *);

/* False where name is not of this demangler's language. */
static bool
run(demangler *fn, const char *name, struct out *out)
{
	out->len = 0;
	if (setjmp(out->full) != 0)
		return true;
	return fn(name, OPTIONS, append, out) != 0 && out->len > 0;
}

/* Rust first: its older names are well-formed C++ names that end in a hash. */
static bool
run_all(const char *name, struct out *out)
{
	return run(rust_demangle_callback, name, out) ||
	       run(cplus_demangle_v3_callback, name, out);
}

char *
demangle(const char *name)
{
	struct out out;

	if (name[0] != '_' || strnlen(name, MANGLED_MAX + 1) > MANGLED_MAX)
		return xstrdup(name);
	out.buf = xmalloc(DEMANGLED_MAX + 1);
	if (!run_all(name, &out)) {
		free(out.buf);
		return xstrdup(name);
	}
	out.buf[out.len] = '\0';
	return xreallocarray(out.buf, out.len + 1, 1);
}
