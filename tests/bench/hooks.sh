#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# hooks.sh SOURCE BUILD PROGRAM: what the hooks of the verifier cost while it is off. Builds PROGRAM, wsk_test_steady,
# a second time below BUILD without them (OPENWSK_HOOKS=OFF), and compares the instructions a datagram of both.
set -euo pipefail

source=$1 build=$2/no-hooks program=$3
datagrams=4000 # that wsk/test_steady.c sends one by one
tolerance=20    # per mille
bad=0

command -v valgrind >/dev/null || { echo "valgrind is missing"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

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

# count PROGRAM FUNCTION: instructions of all datagrams inside the function, what it calls included, but for the
# driver's own routine of the event: whom that wakes, and how, depends on who runs when.
count() {
    local driver=()
    [ "$2" = wsk_send_to ] || driver=(--toggle-collect=received)
    valgrind --tool=callgrind --callgrind-out-file="$folder/out" --toggle-collect="$2" "${driver[@]}" \
        "$1" alone \
        >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
    sed -n 's/.*Collected : //p' "$folder/log"
}

for function in wsk_send_to wsk_dgram_received; do
    with=$(count "$program" $function)
    without=$(count "$build/tests/$(basename "$program")" $function)
    echo "$function: $((with / datagrams)) instructions a datagram, $((without / datagrams)) without hooks"
    [ $((with * 1000)) -le $((without * (1000 + tolerance))) ] || bad=1
done
[ $bad -eq 0 ] || echo "the hooks cost more than $tolerance per mille"
exit $bad
