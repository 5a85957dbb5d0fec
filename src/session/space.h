/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * space.h - the code of a target as it is mapped now, and as it ever was
 *
 * Now: what the unwinder needs, mappings with their modules. Ever: for each
 * mapping that the profile has, its module, so that frames can be named when
 * the target has long unmapped it, or ended. What is mapped now is of a process;
 * what ever was, and the files that are open for it, are of all that are
 * watched together (struct spaces): processes of one kind have the same files.
 */
#ifndef SCRAPE_SESSION_SPACE_H
#define SCRAPE_SESSION_SPACE_H

#include "base/hash.h"
#include "core/mapping.h"
#include "object/debug_search.h"
#include "core/mem.h"
#include "unwind/unwind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct profile;
struct target;

/* A target's root, to look for debug files in: one for all that have it. */
struct root {
	struct debug_search search;
	dev_t dev;
	ino_t ino;
};

/* A piece of a file, as the profile has it: where it was mapped first. */
struct file_piece {
	uint64_t off, size, start;
	uint32_t profile_id;
};

/*
 * The module of a file, open once for all the spaces that have it mapped. While
 * it is open its inode is not given away: the same numbers mean the same file.
 */
struct open_file {
	struct module *module; /* a reference */
	uint32_t dev_major, dev_minor;
	uint64_t ino;
	char *name;
	size_t n_users; /* the known_modules that have it */
	struct file_piece *segments;
	/* None: the profile has no frame of it. */
	size_t n_segments, cap_segments;
};

/*
 * A file once opened: found again by device and inode, without opening it. Kept
 * as long as it is mapped, or the profile has a frame of it.
 */
struct known_module {
	uint32_t dev_major, dev_minor;
	uint64_t ino;
	char *name;
	struct module *module; /* NULL: it could not be opened */
	struct open_file *file; /* whose module it is; NULL: no file's */
	uint64_t tried_ns;     /* when */
	/* Read out of the memory that begins here, or 0: out of its file. */
	uint64_t memory;
	bool is_mapped, is_in_profile;
};

/* What a mapping of the profile is made of. */
struct past_mapping {
	struct module *module; /* a reference; NULL: there is none */
	uint64_t bias;
	pid_t pid;	 /* the process that had it so first */
	uint64_t memory; /* as of its known_module */
	uint64_t start, size;
};

/* What the spaces of a session share. */
struct spaces {
	struct root **roots; /* stay to the end, as modules do */
	size_t n_roots, cap_roots;
	struct open_file **files;
	size_t n_files, cap_files, max_files; /* each holds a descriptor */
	size_t n_in_memory, max_in_memory; /* modules read out of memory */
	struct past_mapping *past; /* by id of the profile's mapping */
	size_t n_past, cap_past;
	uint32_t *fresh; /* ids whose module came, for who takes them out */
	size_t n_fresh, cap_fresh;
};

/* In place of a number of known: a mapping that has no file. */
#define SPACE_NOT_KNOWN SIZE_MAX

struct space {
	struct spaces *all;
	struct spaces alone; /* what all is without others */
	struct target *target;
	struct profile *profile;
	const struct debug_search *search; /* with the target's root */

	struct mappings maps;
	struct module **modules; /* borrowed from known */
	size_t *headers; /* by mapping, of mappings_headers() */
	size_t *known_ids; /* by mapping: whose modules[i] is */
	uint64_t *bias;
	uint32_t *profile_ids; /* by mapping; PROFILE_NO_MAPPING: not yet */
	uint64_t *shifts; /* by mapping: from its addresses to the profile's */
	struct code_space code; /* with both caches */
	uint64_t read_ns; /* when maps was read */
	uint64_t read_cost_ns; /* how long that took */

	struct mem mem; /* the target's */
	struct known_module *known;
	size_t n_known, cap_known;
	struct hash known_index; /* by device and inode */
};

void spaces_init(struct spaces *all);
/* Before the spaces themselves, those that are left. */
void spaces_deinit(struct spaces *all);

/*
 * Reads the maps. p may be NULL: then nothing is kept of what is unmapped, and
 * there is no space_frame(). search needs no root_fd. False when the target is
 * gone or of a machine unknown.
 */
bool space_init(struct space *s, struct target *t, struct profile *p,
    const struct debug_search *search);
/* The same as one of several. */
bool space_init_among(struct spaces *all, struct space *s, struct target *t,
    struct profile *p, const struct debug_search *search);
/* Of several: what the profile stands on stays. */
void space_deinit(struct space *s);
/* Reads the maps anew; false, and nothing changed, when the target is gone. */
bool space_refresh(struct space *s);
/*
 * The profile's frame for an address: its looked-up pc. In a file it is where
 * it would be in the process that had the file first: the same code is the same
 * frame, wherever the kernel puts it in the next process.
 */
uint32_t space_frame(struct space *s, uint64_t pc);

#endif
