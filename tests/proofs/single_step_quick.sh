#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# single_step_quick.sh - what of single_step.sh make check has time for
set -eu

exec "${srcdir:-.}/tests/proofs/single_step.sh" -q
