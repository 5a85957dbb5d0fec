/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/end_reason.h"

static const char *const names[END_NR] = {
    [END_ROOT] = "root",
    [END_NO_CFI] = "no-cfi",
    [END_BAD_CFI] = "bad-cfi",
    [END_UNREADABLE] = "unreadable",
    [END_DEPTH] = "depth",
    [END_LOOP] = "loop",
    [END_LATE] = "late",
};

const char *
end_reason_name(enum end_reason end)
{
	return (unsigned)end < END_NR ? names[end] : "unknown";
}
