#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# addr2line_quick.sh - the slice of addr2line.sh that make check has time for
exec "${srcdir:-.}/tests/proofs/addr2line.sh" quick
