#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""unread.py COMMAND ARG... - on a terminal between the command and ours

What is typed goes in, what is drawn comes out; but as long as there is a file
named "unread" in the working directory nobody reads what is drawn, as when an
ssh connection hangs. The command's process is in "top.pid"; when it has ended,
"modes" says whether they are as before, and "status" what it ended with.
"""

import fcntl
import os
import pty
import select
import signal
import sys
import termios
import tty

POLL_S = 0.05


def copy(source, to):
    data = os.read(source, 65536)
    while data:
        data = data[os.write(to, data):]


def start(command, slave):
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(slave, fd)
        os.execvp(command[0], command)
    return pid


def put(name, text):
    with open(name + ".new", "w", encoding="ascii") as f:
        f.write(text + "\n")
    os.rename(name + ".new", name)


def is_readable(fd):
    return bool(select.select([fd], [], [], 0)[0])


def main():
    master, slave = pty.openpty()
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
    before = termios.tcgetattr(slave)
    pid = start(sys.argv[1:], slave)
    put("top.pid", str(pid))
    ours = termios.tcgetattr(0)
    tty.setraw(0)
    signal.signal(signal.SIGHUP, lambda *_: os.kill(pid, signal.SIGHUP))
    status = None
    while status is None:
        watched = [0] if os.path.exists("unread") else [0, master]
        for fd in select.select(watched, [], [], POLL_S)[0]:
            copy(fd, master if fd == 0 else 1)
        ended, status = os.waitpid(pid, os.WNOHANG)
        status = status if ended else None
    while is_readable(master):
        copy(master, 1)
    termios.tcsetattr(0, termios.TCSANOW, ours)
    put("modes", "same" if termios.tcgetattr(slave) == before else "other")
    put("status", str(os.waitstatus_to_exitcode(status)))


main()
