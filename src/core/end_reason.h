/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * end_reason.h - why a walk ended
 *
 * An end is data, not an error: it is stored with the sample, counted in the
 * profile and drawn as a marker frame at the root side of the stack.
 */
#ifndef SCRAPE_CORE_END_REASON_H
#define SCRAPE_CORE_END_REASON_H

enum end_reason {
	END_ROOT,	/* the outermost frame: a whole stack */
	END_NO_CFI,	/* code without CFI, and no safe guess */
	END_BAD_CFI,	/* CFI that contradicts itself or needs what is lost */
	END_UNREADABLE, /* the stack, or what the CFI points to, cannot be read */
	END_DEPTH,	/* --max-depth reached, or too much time taken */
	END_LOOP,	/* the walk stopped moving towards the root */
	END_LATE,	/* the rest of the stack changed before it was read */
	END_NR,
};

/* "root", "no-cfi", ...: the words of --stats and of the marker frames. */
const char *end_reason_name(enum end_reason end);

#endif
