/* SPDX-License-Identifier: GPL-3.0-or-later */
/* units.h - numbers as the screen shows them, in few cells; pure */
#ifndef SCRAPE_TUI_UNITS_H
#define SCRAPE_TUI_UNITS_H

#include <stdint.h>

/* Long enough for each of them. */
#define UNITS_SIZE 32

/* All write into buf, UNITS_SIZE long, and return it. */
char *units_time(char *buf, uint64_t ns);     /* "0", "340ms", "1.99s", "2m05s" */
char *units_span(char *buf, double seconds);  /* "5s", "2.5s", "1m", "1h05m" */
char *units_clock(char *buf, double seconds); /* "00:00:42" */
char *units_age(char *buf, double seconds);   /* "42s", "3d04h" */
char *units_count(char *buf, uint64_t n);     /* "7 863", "12.4M" */
/* A share of something: "21.4", "100", "-" where there is nothing. */
char *units_share(char *buf, uint64_t part, uint64_t whole);
/* Of one that is a share already: "99.2%", "0.04%". */
char *units_percent(char *buf, double share);

#endif
