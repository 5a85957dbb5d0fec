/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mini_debug.h - .gnu_debugdata: a whole ELF file, xz-compressed, in a section
 *
 * Fedora and its kin leave the function symbols that .dynsym lacks in it.
 * libdwfl could unpack it for us, but with no bound on what it unpacks to, and
 * in one piece with its own search for debug files; liblzma is in the process
 * already, through libdw.
 */
#ifndef SCRAPE_OBJECT_MINI_DEBUG_H
#define SCRAPE_OBJECT_MINI_DEBUG_H

#include <stddef.h>
#include <stdint.h>

/* The unpacked bytes, to free(), or NULL: damaged, or over a bound. */
uint8_t *mini_debug_unpack(
    const uint8_t *data, size_t size, size_t *ret_size);

#endif
