/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open_in_root.h - a regular file below somebody else's root directory
 *
 * A container's file system belongs to whoever is in the container: a symbolic
 * link there to /etc/shadow means its own, not ours, and a name that looks like
 * a file may be a device or a pipe. Nothing is opened for reading before it is
 * known to be a regular file.
 */
#ifndef SCRAPE_BASE_OPEN_IN_ROOT_H
#define SCRAPE_BASE_OPEN_IN_ROOT_H

/*
 * A descriptor to read path with, or -1 and errno. root is a directory that
 * "/", ".." and symbolic links do not lead out of, or -1 for our own root.
 */
int open_in_root(int root, const char *path);

/*
 * What open_in_root() does where the kernel has no openat2 (before 5.6, or a
 * seccomp filter that refuses it). A descriptor of O_PATH, of anything.
 */
int walk_in_root(int root, const char *path);

#endif
