/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/stats.h"

double
stats_mean_rate(const struct stats *s)
{
	return s->wall_s > 0
		   ? (double)(s->ticks + s->missed_ticks) / s->wall_s
		   : 0.0;
}

double
stats_complete_share(const struct stats *s)
{
	uint64_t all = 0;

	for (int i = 0; i < END_NR; i++)
		all += s->ends[i];
	return all == 0 ? 1.0 : (double)s->ends[END_ROOT] / (double)all;
}
