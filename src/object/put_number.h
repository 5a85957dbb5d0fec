/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * put_number.h - numbers into a file in the making, as this machine has them
 *
 * What goes wrong shows when the file is closed.
 */
#ifndef SCRAPE_OBJECT_PUT_NUMBER_H
#define SCRAPE_OBJECT_PUT_NUMBER_H

#include <stdint.h>
#include <stdio.h>

static inline void
put_u32(FILE *fp, uint32_t v)
{
	(void)fwrite(&v, sizeof(v), 1, fp);
}

static inline void
put_u64(FILE *fp, uint64_t v)
{
	(void)fwrite(&v, sizeof(v), 1, fp);
}

#endif
