/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit_brackets.h - template arguments and parameters, left out to save cells */
#ifndef SCRAPE_TUI_FIT_BRACKETS_H
#define SCRAPE_TUI_FIT_BRACKETS_H

#include "tui/glyphs.h"

/*
 * Puts dots in the place of what brackets, '<' or '(', hold, the innermost ones
 * first, until the width is kept: a<b<c>, d> becomes a<b<..>, d>, then a<..>.
 * The signs in "operator<" and "->" are no brackets, nor are those without a
 * partner.
 */
void brackets_empty(
    struct glyphs *g, char open, int width, struct glyph dots);

#endif
