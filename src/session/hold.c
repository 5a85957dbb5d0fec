/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/hold.h"

bool
holds_want_watch(const struct holds *h)
{
	return h->ns.n % HOLD_WATCH_EVERY == 1;
}

void
holds_add_comeback(struct holds *h, uint64_t ns)
{
	h->n_watched++;
	h->comebacks_ns += ns;
}

/* The mean. */
static uint64_t
comeback(const struct holds *h)
{
	return h->n_watched > 0 ? h->comebacks_ns / h->n_watched : 0;
}

void
holds_add(struct holds *h, uint64_t ns, bool has_woken_us)
{
	histogram_add(&h->ns, has_woken_us ? ns + comeback(h) : ns);
}

uint64_t
holds_sum(const struct holds *h)
{
	return h->ns.sum + h->ns.n * comeback(h);
}

uint64_t
holds_quantile(const struct holds *h, double q)
{
	return h->ns.n > 0 ? histogram_quantile(&h->ns, q) + comeback(h) : 0;
}

uint64_t
holds_max(const struct holds *h)
{
	return h->ns.n > 0 ? h->ns.max + comeback(h) : 0;
}
