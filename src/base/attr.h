/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attr.h - compiler attributes under short names */
#ifndef SCRAPE_BASE_ATTR_H
#define SCRAPE_BASE_ATTR_H

#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define nodiscard	       __attribute__((warn_unused_result))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
