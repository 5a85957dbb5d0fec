/* SPDX-License-Identifier: GPL-3.0-or-later */
/* descriptors.h - as many open files as we are allowed */
#ifndef SCRAPE_BASE_DESCRIPTORS_H
#define SCRAPE_BASE_DESCRIPTORS_H

/*
 * Each thread that is looked at costs a descriptor, and so does each file that
 * a target has mapped; the usual soft limit of 1024 is there for select(2),
 * which is not used.
 */
void descriptors_raise_limit(void);

#endif
