/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prompt.h - a line of text as it is typed; pure, no terminal */
#ifndef SCRAPE_TUI_PROMPT_H
#define SCRAPE_TUI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/* What does not fit is not taken. */
#define PROMPT_SIZE 256

struct prompt {
	char text[PROMPT_SIZE]; /* UTF-8 */
	size_t len, at;		/* at: the cursor, at a character's start */
	char last[PROMPT_SIZE]; /* what was entered before */
};

enum prompt_end {
	PROMPT_GOES_ON,
	PROMPT_ENTERED,
	PROMPT_GIVEN_UP,
	PROMPT_UNKNOWN_KEY,
};

/* Begins a new line; what was entered before is an Up away. */
void prompt_start(struct prompt *p);
/* A key as in keys.h. */
enum prompt_end prompt_key(struct prompt *p, int code);

#endif
