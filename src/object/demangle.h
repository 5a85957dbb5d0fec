/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demangle.h - C++ and Rust names as people write them, through libiberty */
#ifndef SCRAPE_OBJECT_DEMANGLE_H
#define SCRAPE_OBJECT_DEMANGLE_H

/*
 * A new string to free(): the demangled name with its parameters and without
 * its return type or Rust's hash, or a copy of name where it is not mangled,
 * malformed, or longer than the bound named in the .c.
 */
char *demangle(const char *name);

#endif
