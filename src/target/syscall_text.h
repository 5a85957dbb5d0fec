/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syscall_text.h - what a thread waits for, in one line for people
 *
 * "epoll_wait fd 5", "read fd 3 /var/log/x", "connect fd 7 10.0.0.1:5432",
 * "futex 0x7f1234 wait", "wait4 pid 77". The call and what it waits for come
 * first, then ", " and what is good to know, as a timeout.
 */
#ifndef SCRAPE_TARGET_SYSCALL_TEXT_H
#define SCRAPE_TARGET_SYSCALL_TEXT_H

struct fd_names;
struct syscall_state;
struct target;

/*
 * At most LINE_MAX_BYTES (target/line.h), raw, to free(); NULL when the thread
 * is in no call. Reads the target's memory and descriptors where the call has
 * more to say; what cannot be read is left out. The thread is not held and may
 * have gone on since: then the text may mix two calls.
 *
 * names serves all threads of a dump.
 */
char *syscall_text(const struct target *t, struct fd_names *names,
    const struct syscall_state *s);

#endif
