/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_arg.h"

#include "base/clock.h"

#include <inttypes.h>
#include <sys/time.h>

/* Programs write "for ever" as any large number: ten years are one. */
#define FOR_EVER_S (INT64_C(10) * 365 * 24 * 3600)

/* "2.5 s", "100 ms", "1.234 us": three decimals at most. */
static void
add_duration(struct call *c, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {
	    {NS_PER_SEC, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
	size_t u = 0;
	unsigned part, digits = 3;

	while (ns != 0 && ns < units[u].ns)
		u++;
	part = (unsigned)(
	    (unsigned __int128)(ns % units[u].ns) * 1000 / units[u].ns);
	line_add(&c->line, "%" PRIu64, ns / units[u].ns);
	if (part != 0) {
		for (; part % 10 == 0; part /= 10)
			digits--;
		line_add(&c->line, ".%0*u", (int)digits, part);
	}
	line_add(&c->line, " %s", units[u].name);
}

/* False for what the kernel would not take, and for what is for ever. */
static bool
to_ns(int64_t s, int64_t ns, uint64_t *ret)
{
	if (s < 0 || s >= FOR_EVER_S || ns < 0 || ns >= (int64_t)NS_PER_SEC)
		return false;
	*ret = (uint64_t)s * NS_PER_SEC + (uint64_t)ns;
	return true;
}

static bool
read_timespec(const struct call *c, uint64_t addr, struct timespec *ret)
{
	return addr != 0 && call_read(c, addr, ret, sizeof(*ret));
}

static bool
read_duration(const struct call *c, uint64_t addr, uint64_t *ret_ns)
{
	struct timespec ts;

	return read_timespec(c, addr, &ts) &&
	       to_ns(ts.tv_sec, ts.tv_nsec, ret_ns);
}

static void
add_timeout_ns(struct call *c, uint64_t ns)
{
	line_add_text(&c->line, ", timeout ");
	add_duration(c, ns);
}

void
add_timeout(struct call *c, uint64_t addr)
{
	uint64_t ns;

	if (read_duration(c, addr, &ns))
		add_timeout_ns(c, ns);
}

/* From now until a time on a clock of ours; false when that is past. */
static bool
time_left(clockid_t clock, const struct timespec *until, uint64_t *ret_ns)
{
	struct timespec now;
	int64_t s, ns;

	if (until->tv_sec < 0 || until->tv_nsec < 0 ||
	    until->tv_nsec >= (int64_t)NS_PER_SEC ||
	    clock_gettime(clock, &now) != 0)
		return false;
	s = until->tv_sec - now.tv_sec;
	ns = until->tv_nsec - now.tv_nsec;
	if (ns < 0) {
		ns += (int64_t)NS_PER_SEC;
		s--;
	}
	return to_ns(s, ns, ret_ns);
}

void
add_deadline(struct call *c, clockid_t clock, uint64_t addr)
{
	struct timespec until;
	uint64_t ns;

	if (!read_timespec(c, addr, &until) || !time_left(clock, &until, &ns))
		return;
	line_add_text(&c->line, ", ");
	add_duration(c, ns);
	line_add_text(&c->line, " left");
}

static void
add_no_timeout(struct call *c)
{
	line_add_text(&c->line, ", no timeout");
}

void
arg_ms(struct call *c, unsigned i)
{
	if (call_int(c, i) >= 0)
		add_timeout_ns(c, (uint64_t)call_int(c, i) * 1000000);
}

void
arg_ts(struct call *c, unsigned i)
{
	add_timeout(c, c->args[i]);
}

void
arg_pollms(struct call *c, unsigned i)
{
	if (call_int(c, i) < 0)
		add_no_timeout(c);
	else
		arg_ms(c, i);
}

void
arg_pollts(struct call *c, unsigned i)
{
	if (c->args[i] == 0)
		add_no_timeout(c);
	else
		arg_ts(c, i);
}

void
arg_polltv(struct call *c, unsigned i)
{
	struct timeval tv;
	uint64_t ns;

	if (c->args[i] == 0)
		add_no_timeout(c);
	else if (call_read(c, c->args[i], &tv, sizeof(tv)) &&
		 tv.tv_usec >= 0 && tv.tv_usec < 1000000 &&
		 to_ns(tv.tv_sec, (int64_t)tv.tv_usec * 1000, &ns))
		add_timeout_ns(c, ns);
}

void
arg_sleep(struct call *c, unsigned i)
{
	uint64_t ns;

	if (!read_duration(c, c->args[i], &ns))
		return;
	line_add_text(&c->line, " ");
	add_duration(c, ns);
}

/* A thread's or a process's CPU clock is the target's, not ours to read. */
static bool
is_common_clock(clockid_t clock)
{
	return clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID &&
	       clock != CLOCK_THREAD_CPUTIME_ID;
}

void
arg_clocksleep(struct call *c, unsigned i)
{
	clockid_t clock = call_int(c, i);

	if ((call_int(c, i + 1) & TIMER_ABSTIME) == 0)
		arg_sleep(c, i + 2);
	else if (is_common_clock(clock))
		add_deadline(c, clock, c->args[i + 2]);
}
