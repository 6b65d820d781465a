#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# hooks.sh SOURCE BUILD PROGRAM [PER-MILLE]: what the hooks of the verifier cost while it is off. Builds PROGRAM,
# wsk_test_steady, a second time below BUILD without them (OPENWSK_HOOKS=OFF), and compares the instructions a datagram
# of both: more than PER-MILLE (20) more is too much.
set -euo pipefail

source=$1 build=$2/no-hooks program=$3
tolerance=${4:-20} # per mille
bad=0

# shellcheck source=tests/bench/callgrind.sh
. "$(dirname "$0")/callgrind.sh"

# cached NAME: what the build around has of it, so that both are compiled alike.
cached() { sed -n "s/^$1:[^=]*=/-D$1=/p" "$2/CMakeCache.txt"; }

options=()
for name in CMAKE_BUILD_TYPE CMAKE_C_COMPILER CMAKE_CXX_COMPILER CMAKE_C_FLAGS CMAKE_GENERATOR CMAKE_MAKE_PROGRAM; do
    mapfile -t -O ${#options[@]} options < <(cached $name "$2")
done
{
    cmake -S "$source" -B "$build" "${options[@]}" -DOPENWSK_HOOKS=OFF -DOPENWSK_BENCH=OFF
    cmake --build "$build" --target wsk_test_steady
} >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }

# The driver's own routine of the event does not count: whom that wakes, and how, depends on who runs when.
declare -A left_out=([wsk_send_to]="" [wsk_dgram_received]=received)

for function in wsk_send_to wsk_dgram_received; do
    with=$(count "$program" $function "${left_out[$function]}")
    without=$(count "$build/tests/$(basename "$program")" $function "${left_out[$function]}")
    echo "$function: $((with / datagrams)) instructions a datagram, $((without / datagrams)) without hooks"
    [ $((with * 1000)) -le $((without * (1000 + tolerance))) ] || bad=1
done
[ $bad -eq 0 ] || echo "the hooks cost more than $tolerance per mille"
exit $bad
