/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc_maps.h - /proc/PID/maps, parsed from text
 *
 * No file and no pid, so that a test needs only a string. See proc(5) and
 * show_map_vma() in fs/proc/task_mmu.c.
 */
#ifndef SCRAPE_TARGET_PROC_MAPS_H
#define SCRAPE_TARGET_PROC_MAPS_H

#include "core/mapping.h"

#include <stddef.h>

/* A process may have 65530 mappings by default; ten times that is a lie. */
#define PROC_MAPS_MAX 1000000

/*
 * Lines that make no sense, overlap, or stand out of order are dropped and
 * counted in the result; ret is initialised here.
 */
size_t proc_maps_parse(const char *text, size_t len, struct mappings *ret);

#endif
